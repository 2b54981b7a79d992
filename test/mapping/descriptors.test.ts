import { describe, expect, test } from 'vitest';
import { findValues, seedDescriptorMap, suggest } from '../../core/mapping/descriptors.ts';
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
    ['5th grade', 'Fifth grade', 'same-words', 'medium'],
    ['Grade 05', 'Fifth grade', 'same-words', 'medium'],
    ['TK', 'Transitional Kindergarten', 'initials', 'medium'],
    ['Education', 'Adult Education', 'part-of', 'low'],
    ['Kindergartn', 'Kindergarten', 'similar', 'low'],
  ])('%s → %s, because %s', (code, value, reason, confidence) => {
    expect(suggest(type, code, known, map)[0]).toEqual({ uri: edfi(value), reason, confidence });
  });

  test('of several for the same reason, the one that is most alike comes first', () => {
    const more = ['Adult Education Center', 'Adult Education', 'Basic Adult Education'].map(edfi);
    expect(suggest(type, 'Adult Educ', more).map(({ uri }) => uri)[0]).toBe(edfi('Adult Education'));
  });

  test('nothing is suggested for what resembles nothing', () => {
    expect(suggest(type, 'zzz', known, map)).toEqual([]);
    expect(suggest(type, '7', known, map)).toEqual([]);
  });
});

describe('values of a type', () => {
  const known = [
    'uri://b.org/T#Grade 10',
    'uri://a.org/T#Grade 9',
    'uri://a.org/T#Upgrade',
    'uri://a.org/T#Ninth grade',
    'uri://grade.org/T#Adult',
    'uri://a.org/T#Other',
    'uri://a.org/T#GRADE',
  ];
  const found = (text: string): string[] => findValues(known, text).map(({ codeValue }) => codeValue);

  test('the value itself comes first, then what begins with it, a word of it, any part, the namespace', () => {
    expect(found(' grade ')).toEqual(['GRADE', 'Grade 9', 'Grade 10', 'Ninth grade', 'Upgrade', 'Adult']);
    expect(found('nothing like it')).toEqual([]);
  });

  test('all of them where nothing is typed; a value whole, with its namespace', () => {
    expect(found('')).toHaveLength(known.length);
    expect(findValues(known, 'URI://a.org/T#other')).toEqual([
      { uri: 'uri://a.org/T#Other', namespace: 'uri://a.org/T', codeValue: 'Other' },
    ]);
  });
});
