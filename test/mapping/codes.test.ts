import { describe, expect, test } from 'vitest';
import type { PropertyModel } from '../../core/edfi/model.ts';
import { createCodes, MOST_CODES } from '../../core/mapping/codes.ts';
import { compileMapping } from '../../core/mapping/compile.ts';
import { parseMapping } from '../../core/mapping/load.ts';
import { runMapping } from '../../core/mapping/run.ts';
import { scalar, thingsMapping, thingsModel } from './running.ts';
import { type Sheets, sourceOf } from './small-district.ts';

const grades = { GradeLevelDescriptor: { KG: 'uri://g#Kindergarten', '05': 'uri://g#Fifth grade' } };
const users = (...rows: readonly (readonly [string, string, string?])[]): Sheets => ({
  users: [
    ['sourcedId', 'grades', 'role', 'primaryOrgSourcedId'],
    ...rows.map(([id, grade, role = '']) => [id, grade, role, 'S1']),
  ],
  orgs: [
    ['sourcedId', 'name', 'type'],
    ['S1', 'Prairie High', 'charter'],
  ],
});

/** What a mapping of users met, by type and code. */
const metBy = async (resource: Record<string, unknown>, sheets: Sheets): Promise<Record<string, number>> => {
  const properties = Object.entries(resource.properties as Record<string, object>).map(
    ([name, made]): PropertyModel => {
      const plain = scalar(name.replace('?', ''));
      return 'members' in made
        ? { ...plain, kind: 'object', properties: Object.keys(made.members as object).map((one) => scalar(one)) }
        : plain;
    },
  );
  const compiled = compileMapping(parseMapping(thingsMapping(resource), 'things.json'), thingsModel(properties), {});
  const run = runMapping(compiled, sourceOf(sheets), { descriptors: grades, frozen: () => undefined });
  for await (const _ of run.records('ed-fi/things'));
  return Object.fromEntries(run.codes.met().map(({ type, code, records }) => [`${type} ${code}`, records]));
};

const grade = { descriptor: 'GradeLevelDescriptor', of: 'u.grades' };

describe('codes met', () => {
  test('are counted by record, in whatever spelling, paired or not', async () => {
    const sheets = users(['1', 'KG'], ['2', ' kg '], ['3', '05'], ['4', '5'], ['5', 'Kg'], ['6', '']);
    expect(await metBy({ properties: { 'a?': { optional: grade } } }, sheets)).toEqual({
      'GradeLevelDescriptor KG': 3,
      'GradeLevelDescriptor 05': 1,
      'GradeLevelDescriptor 5': 1,
    });
  });

  test('count once in a record that has them twice', async () => {
    const sheets = users(['1', 'KG'], ['2', 'IX']);
    const properties = { 'a?': { optional: grade }, 'b?': { optional: grade } };
    expect(await metBy({ properties }, sheets)).toEqual({ 'GradeLevelDescriptor KG': 1, 'GradeLevelDescriptor IX': 1 });
  });

  test('of several that may be tried, the one that decides is met', async () => {
    const either = { optional: { descriptor: 'GradeLevelDescriptor', of: ['u.grades', 'u.role'] } };
    const sheets = users(['1', 'nine', 'KG'], ['2', 'KG', 'other'], ['3', 'ten', 'other']);
    expect(await metBy({ properties: { 'a?': either } }, sheets)).toEqual({
      'GradeLevelDescriptor KG': 2,
      'GradeLevelDescriptor other': 1,
    });
  });

  test('of a row that many records join are counted for each of them', async () => {
    const category = { optional: { descriptor: 'SchoolCategoryDescriptor', of: 'o.type' } };
    const joined = {
      steps: [{ join: 'orgs', as: 'o', on: { sourcedId: 'u.primaryOrgSourcedId' } }],
      // What is made of the joined row alone is made once.
      properties: {
        school: { members: { category, name: 'o.name' } },
        again: { members: { category, name: 'o.name' } },
      },
    };
    const sheets = users(['1', ''], ['2', ''], ['3', '']);
    expect(await metBy(joined, sheets)).toEqual({ 'SchoolCategoryDescriptor charter': 3 });
  });

  test('are bounded: those beyond are paired all the same, and how often they came is told', () => {
    const codes = createCodes({ T: { last: 'uri://t#Last' } });
    codes.record = 1;
    for (let i = 0; i < MOST_CODES; i++) codes.use('T', `free text ${i}`).records += 1;
    expect(codes.beyond).toBe(0);
    expect(codes.use('T', 'LAST').uri).toBe('uri://t#Last');
    expect(codes.use('U', 'x').uri).toBeUndefined();
    expect(codes.beyond).toBe(2);
    expect(codes.use('T', 'Free Text 7').records).toBe(1);
    expect(codes.met()).toHaveLength(MOST_CODES);
    expect(codes.beyond).toBe(2);
  });
});
