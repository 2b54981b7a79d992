import { describe, expect, test } from 'vitest';
import { seedDescriptorMap, suggest } from '../../core/mapping/descriptors.ts';
import { loadDescriptorDefaults } from '../../core/mapping/load.ts';

const type = 'GradeLevelDescriptor';
const edfi = (value: string) => `uri://ed-fi.org/${type}#${value}`;
const state = (value: string) => `uri://state.gov/${type}#${value}`;

describe('the first descriptor map', () => {
  const defaults = { [type]: { '05': ['Fifth grade'], KG: ['Kindergarten', 'KG'] } };

  test('takes only values that the API has, the best candidate first', () => {
    expect(seedDescriptorMap(defaults, { [type]: [edfi('KG')] })).toEqual({ [type]: { KG: edfi('KG') } });
    expect(seedDescriptorMap(defaults, { [type]: [edfi('KG'), edfi('Kindergarten')] })).toEqual({
      [type]: { KG: edfi('Kindergarten') },
    });
    expect(seedDescriptorMap(defaults, {})).toEqual({});
  });

  test("takes the API's own namespace where only that has the value, and guesses between none", () => {
    expect(seedDescriptorMap(defaults, { [type]: [state('fifth grade')] })).toEqual({
      [type]: { '05': state('fifth grade') },
    });
    expect(seedDescriptorMap(defaults, { [type]: [state('Fifth grade'), edfi('Fifth grade')] })).toEqual({
      [type]: { '05': edfi('Fifth grade') },
    });
    const other = `uri://other.org/${type}#Fifth grade`;
    expect(seedDescriptorMap(defaults, { [type]: [state('Fifth grade'), other] })).toEqual({});
  });

  test('the shipped crosswalk leaves open what has no default', async () => {
    const grades = (await loadDescriptorDefaults())[type];
    expect(grades).toMatchObject({ '05': ['Fifth grade'], KG: ['Kindergarten'] });
    expect(Object.keys(grades ?? {})).not.toContain('PR');
    expect(Object.keys(grades ?? {})).not.toContain('TK');
    expect(Object.keys(grades ?? {})).not.toContain('5');
  });
});

describe('suggestions', () => {
  const known = ['Fifth grade', 'Transitional Kindergarten', 'Kindergarten', 'Grade 13', 'Adult Education'].map(edfi);
  const map = { [type]: { '05': edfi('Fifth grade') } };
  test.each([
    ['fifth GRADE', 'Fifth grade', 'same-text', 'high'],
    ['5', 'Fifth grade', 'lost-leading-zero', 'high'],
    ['Grade fifth', 'Fifth grade', 'same-words', 'medium'],
    ['TK', 'Transitional Kindergarten', 'initials', 'medium'],
    ['Education', 'Adult Education', 'part-of', 'low'],
    ['Kindergartn', 'Kindergarten', 'similar', 'low'],
  ])('%s → %s, because %s', (code, value, reason, confidence) => {
    expect(suggest(type, code, known, map)[0]).toEqual({ uri: edfi(value), reason, confidence });
  });

  test('nothing is suggested for what resembles nothing', () => {
    expect(suggest(type, 'zzz', known, map)).toEqual([]);
    expect(suggest(type, '7', known, map)).toEqual([]);
  });
});
