import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FailureCode, isFailure } from '../../core/errors/failure.ts';
import { compileMapping } from '../../core/mapping/compile.ts';
import { loadMapping, parseMapping, shippedMappingFor, shippedMappings } from '../../core/mapping/load.ts';

const model = { resources: {}, descriptors: {} };

/** The code and sentence of the Failure that something ends in. */
const failureOf = (act: () => unknown): { code: FailureCode; sentence: string } => {
  try {
    act();
  } catch (thrown) {
    if (isFailure(thrown)) return { code: thrown.code, sentence: thrown.message };
    throw thrown;
  }
  throw new Error('nothing was thrown');
};

interface Draft {
  [name: string]: unknown;
}

const draft = (): Draft & { resources: Draft[]; views: Record<string, Draft>; settings: Record<string, Draft> } => ({
  rollbook: 1,
  name: 'Test',
  version: '1',
  dataStandard: '5.2',
  source: 'oneroster',
  settings: { studentId: { title: 'Student id', choices: ['sourcedId', 'userIds:*'], required: true } },
  views: { schools: { from: { table: 'orgs', as: 'o' }, columns: { org: 'o.sourcedId' } } },
  resources: [
    {
      resource: 'students',
      from: { table: 'users', as: 'u' },
      id: ['u.sourcedId'],
      properties: { firstName: 'u.givenName' },
    },
  ],
});

const sentenceFor = (change: (mapping: ReturnType<typeof draft>) => void): string => {
  const mapping = draft();
  change(mapping);
  const failure = failureOf(() => parseMapping(JSON.stringify(mapping), 'test.json'));
  expect(failure.code).toBe('mapping-invalid');
  return failure.sentence;
};

describe('a mapping file', () => {
  test('that is right is read', () => {
    expect(parseMapping(`\ufeff${JSON.stringify(draft())}`, 'test.json')).toMatchObject({ name: 'Test' });
  });

  test('with an unknown property gets file, place, property and the nearest known one', () => {
    expect(sentenceFor((mapping) => Object.assign(mapping, { resouces: [] }))).toBe(
      'In the mapping file test.json, the top level has a property "resouces" that is not known; did you mean "resources"?',
    );
    expect(sentenceFor((mapping) => Object.assign(mapping.resources[0]!, { propertys: {} }))).toBe(
      'In the mapping file test.json, resources › students has a property "propertys" that is not known; did you mean "properties"?',
    );
    expect(
      sentenceFor((mapping) =>
        Object.assign(mapping.resources[0]!, { properties: { a: { value: 'u.x', buy: ['trim'], by: ['trim'] } } }),
      ),
    ).toBe(
      'In the mapping file test.json, resources › students › properties › a has a property "buy" that is not known; did you mean "by"?',
    );
    expect(
      sentenceFor((mapping) => Object.assign(mapping.resources[0]!, { properties: { a: { fristOf: ['u.x'] } } })),
    ).toBe(
      'In the mapping file test.json, resources › students › properties › a has a property "fristOf" that is not known; did you mean "firstOf"?',
    );
    expect(
      sentenceFor((mapping) =>
        Object.assign(mapping.resources[0]!, {
          properties: { a: { members: { b: { value: 'u.x', by: [{ padd: 1 }] } } } },
        }),
      ),
    ).toContain(
      'properties › a › members › b › by › no. 1 has a property "padd" that is not known; did you mean "pad"?',
    );
  });

  test.each<[string, (mapping: ReturnType<typeof draft>) => void, string]>([
    ['another language version', (mapping) => Object.assign(mapping, { rollbook: 2 }), 'rollbook has to be 1'],
    ['a missing name', (mapping) => Reflect.deleteProperty(mapping, 'name'), 'name is missing.'],
    [
      'a number for an expression',
      (mapping) => Object.assign(mapping.resources[0]!, { id: [7] }),
      'id › no. 1 has to be an expression',
    ],
    [
      'an empty expression',
      (mapping) => Object.assign(mapping.resources[0]!, { id: [{}] }),
      'is empty; it has to be an expression',
    ],
    [
      'a transform that is not known',
      (mapping) => Object.assign(mapping.resources[0]!, { id: [{ value: 'u.a', by: ['trimm'] }] }),
      'has to be one of "trim"',
    ],
    [
      'a date format without a day',
      (mapping) => Object.assign(mapping.resources[0]!, { id: [{ value: 'u.a', by: [{ date: ['M/yyyy'] }] }] }),
      'date',
    ],
    [
      'a join without its columns',
      (mapping) => Object.assign(mapping.resources[0]!, { steps: [{ join: 'orgs', as: 'o' }] }),
      'on is missing',
    ],
    [
      'a condition without a test',
      (mapping) => Object.assign(mapping.resources[0]!, { where: [{ of: 'u.a' }] }),
      'has a property "of" that is not known',
    ],
    [
      'a descriptor type that is none',
      (mapping) => Object.assign(mapping.resources[0]!, { id: [{ descriptor: 'term', of: 'u.a' }] }),
      'has to be a descriptor type',
    ],
    [
      'a view without rows',
      (mapping) => Object.assign(mapping.views, { a: { union: ['b'] } }),
      'views › a › union is too short',
    ],
  ])('with %s gets a sentence', (_, change, expected) => {
    expect(sentenceFor(change)).toContain(expected);
  });

  test('that is no JSON, or not there, gets a sentence', async () => {
    expect(failureOf(() => parseMapping('{', 'x.json')).sentence).toMatch(/^The mapping file x.json is not JSON/);
    await expect(loadMapping('/nowhere/at-all.json')).rejects.toThrow('The mapping file at-all.json cannot be read');
  });
});

describe('names in a mapping', () => {
  const compileSentence = (change: (mapping: ReturnType<typeof draft>) => void): string => {
    const mapping = draft();
    change(mapping);
    const spec = parseMapping(JSON.stringify(mapping), 'test.json');
    const failure = failureOf(() => compileMapping(spec, model, { studentId: 'sourcedId' }));
    expect(failure.code).toBe('mapping-invalid');
    return failure.sentence;
  };
  const property = (expression: unknown) => (mapping: ReturnType<typeof draft>) => {
    mapping.resources[0]!.properties = { a: expression };
  };

  test.each<[string, (mapping: ReturnType<typeof draft>) => void, string]>([
    ['an alias', property('v.givenName'), 'names the alias "v", which is not known'],
    ['a column', property('u.givenNam'), 'names the column "givenNam", which is not known; did you mean "givenName"?'],
    ['a credential', property('u.password'), 'never read because it is a credential'],
    ['an alias without column', property('u'), 'names "u" without a column'],
    [
      'a setting',
      property({ setting: 'studentID2' }),
      'names the setting "studentID2", which is not known; did you mean "studentId"?',
    ],
    [
      'a setting of a transform',
      property({ value: 'u.userIds', by: [{ typedId: { setting: 'x' } }] }),
      'names the setting "x"',
    ],
    ['a lookup', property({ lookup: 'ids', of: 'u.sourcedId' }), 'names the lookup "ids"'],
    [
      'the item of a list',
      property({ each: { list: 'u.grades', as: 'g' }, item: { b: 'g.x' } }),
      'is the item of a list',
    ],
    [
      'rows of a collection',
      property({ each: { rows: 'school', as: 'g', on: {} }, item: { b: 'g.x' } }),
      'did you mean "schools"?',
    ],
    [
      'a table',
      (mapping) => Object.assign(mapping.resources[0]!, { from: { table: 'user', as: 'u' } }),
      'did you mean "users"?',
    ],
    [
      'a joined table',
      (mapping) => Object.assign(mapping.resources[0]!, { steps: [{ join: 'rolls', as: 'r', on: {} }] }),
      'did you mean "roles"?',
    ],
    [
      'a joined column',
      (mapping) =>
        Object.assign(mapping.resources[0]!, { steps: [{ join: 'roles', as: 'r', on: { usr: 'u.sourcedId' } }] }),
      'names the column "usr"',
    ],
    [
      'an alias twice',
      (mapping) => Object.assign(mapping.resources[0]!, { steps: [{ join: 'roles', as: 'u', on: {} }] }),
      'uses the alias "u" twice',
    ],
    [
      'a view named like a table',
      (mapping) => Object.assign(mapping.views, { orgs: mapping.views.schools }),
      'has the name of a table',
    ],
    [
      'a view that uses itself',
      (mapping) =>
        Object.assign(mapping.views.schools!, { from: { view: 'schools', as: 'o' }, columns: { org: 'o.org' } }),
      'uses itself',
    ],
    [
      'a collection in a view',
      (mapping) => Object.assign(mapping.views.schools!, { columns: { a: { members: { b: 'o.name' } } } }),
      'which a view cannot hold',
    ],
    [
      'a column that tells rows apart',
      (mapping) => Object.assign(mapping.views.schools!, { distinct: ['og'] }),
      'did you mean "org"?',
    ],
    [
      'a union',
      (mapping) => Object.assign(mapping.views, { both: { union: ['schools', 'schoolz'] } }),
      'did you mean "schools"?',
    ],
  ])('%s that stands for nothing', (_, change, expected) => {
    expect(compileSentence(change)).toContain(expected);
  });

  test('an extension column can be declared', () => {
    const mapping = draft();
    mapping.resources[0]!.properties = { a: 'u.stateNumber' };
    mapping.extensions = { users: ['stateNumber'] };
    const spec = parseMapping(JSON.stringify(mapping), 'test.json');
    expect(compileMapping(spec, model, { studentId: 'sourcedId' }).leftOut).toEqual([{ resource: 'ed-fi/students' }]);
  });
});

describe('settings', () => {
  const spec = () => parseMapping(JSON.stringify(draft()), 'test.json');
  const sentence = (settings: Record<string, string>): string => {
    const failure = failureOf(() => compileMapping(spec(), model, settings));
    expect(failure.code).toBe('usage');
    return failure.sentence;
  };

  test('one without default is asked for, with its choices', () => {
    expect(sentence({})).toBe(
      'Choose the setting "studentId" (Student id): sourcedId, userIds:TYPE. It has no default.',
    );
  });

  test('one that is unknown, or has a value that is none of its choices', () => {
    expect(sentence({ studentId: 'sourcedId', studentid2: 'x' })).toContain('did you mean "studentId"?');
    expect(sentence({ studentId: 'name' })).toContain('has to be one of: sourcedId, userIds:TYPE.');
    expect(sentence({ studentId: 'userIds:' })).toContain('has to be one of');
  });

  test('the version follows mapping and settings', () => {
    const version = (studentId: string) => compileMapping(spec(), model, { studentId }).version;
    expect(version('sourcedId')).toBe(version('sourcedId'));
    expect(version('sourcedId')).not.toBe(version('userIds:State'));
  });
});

describe('shipped mappings', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollbook-mapping-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('are chosen by the data standard', () => {
    expect(shippedMappingFor('3.3.1-b')).toBe(shippedMappings['4.0']);
    expect(shippedMappingFor('4.0.0')).toBe(shippedMappings['4.0']);
    expect(shippedMappingFor('5.0.0')).toBe(shippedMappings['5.2']);
    expect(shippedMappingFor('6.0.0')).toBe(shippedMappings['5.2']);
  });

  test('a copy with a slip is refused by its own name', async () => {
    const copy = join(folder, 'ours.json');
    const text = JSON.stringify(await loadMapping(shippedMappings['5.2']));
    await writeFile(copy, text.replace('"missing":"issue"', '"missin":"issue"'));
    await expect(loadMapping(copy)).rejects.toThrow(
      /In the mapping file ours\.json, views › .*did you mean "missing"\?/,
    );
  });
});
