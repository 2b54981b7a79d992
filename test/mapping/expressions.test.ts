import { describe, expect, test } from 'vitest';
import type { PropertyModel } from '../../core/edfi/model.ts';
import { scalar, things } from './running.ts';
import type { Sheets } from './small-district.ts';

const sheets: Sheets = {
  users: [
    ['sourcedId', 'givenName', 'familyName', 'grades', 'identifier', 'email', 'phone'],
    ['1', ' Ann ', 'Lee', '09, 10', '007', '', 'x'],
    ['2', '', 'Oak', '', '2.5E+08', 'b@example.org', ''],
  ],
  orgs: [
    ['sourcedId', 'name', 'identifier'],
    ['a', 'Alpha', '5'],
    ['b', 'Beta', ''],
  ],
};

/** What one expression makes of each of the two users. */
const values = async (expression: unknown, options: Parameters<typeof things>[2] = {}) => {
  const records = await things({ properties: { x: expression } }, sheets, options);
  return records.map((record) => record.body.x);
};

describe('expressions', () => {
  test.each<[string, unknown, unknown[]]>([
    ['a column is trimmed, and absent where empty', 'u.givenName', ['Ann', undefined]],
    ['a constant', { constant: 'c' }, ['c', 'c']],
    ['the first that has a value', { firstOf: ['u.givenName', 'u.familyName'] }, ['Ann', 'Oak']],
    [
      'concatenated with what is there',
      { concatenate: ['u.givenName', 'u.familyName'], with: ' ' },
      ['Ann Lee', 'Oak'],
    ],
    [
      'a chain of transforms',
      { value: 'u.grades', by: [{ split: ',' }, 'first', { pad: { length: 3 } }] },
      ['009', undefined],
    ],
    ['the latest and the earliest', { latest: ['u.givenName', 'u.familyName'] }, ['Lee', 'Oak']],
    ['the earliest', { earliest: ['u.givenName', 'u.familyName'] }, ['Ann', 'Oak']],
    ['weekdays', { weekdays: [{ constant: '2026-08-31' }, { constant: '2026-09-06' }] }, ['5', '5']],
    [
      'a case',
      { case: [{ when: { of: 'u.email', present: true }, use: 'u.email' }], else: 'u.phone' },
      ['x', 'b@example.org'],
    ],
    [
      'a case without else',
      { case: [{ when: { of: 'u.email', present: true }, use: 'u.email' }] },
      [undefined, 'b@example.org'],
    ],
    ['a test', { test: { of: 'u.familyName', is: 'LEE' } }, ['true', 'false']],
  ])('%s', async (_, expression, expected) => {
    expect(await values(expression)).toEqual(expected);
  });

  test('a lookup, and what to take otherwise', async () => {
    const more = { lookups: { ids: { '1': 'one' }, none: {} } };
    expect(await values({ lookup: 'ids', of: 'u.sourcedId' }, { more })).toEqual(['one', undefined]);
    expect(await values({ lookup: 'ids', of: 'u.sourcedId', otherwise: 'u.familyName' }, { more })).toEqual([
      'one',
      'Oak',
    ]);
    expect(await values({ lookup: 'none', of: 'u.sourcedId', otherwise: 'u.familyName' }, { more })).toEqual([
      'Lee',
      'Oak',
    ]);
  });

  test('a setting, whole or after its prefix; a condition on it chooses once and for all', async () => {
    const more = { settings: { pick: { title: 'Pick', choices: ['given', 'other:*'], required: true } } };
    expect(await values({ setting: 'pick' }, { more, settings: { pick: 'other:b' } })).toEqual(['other:b', 'other:b']);
    expect(await values({ setting: 'pick', after: 'other:' }, { more, settings: { pick: 'other:b' } })).toEqual([
      'b',
      'b',
    ]);
    const chosen = {
      case: [{ when: { of: { setting: 'pick' }, is: 'given' }, use: 'u.givenName' }],
      else: 'u.familyName',
    };
    expect(await values(chosen, { more, settings: { pick: 'given' } })).toEqual(['Ann', undefined]);
    expect(await values(chosen, { more, settings: { pick: 'other:b' } })).toEqual(['Lee', 'Oak']);
  });

  test.each<[string, unknown, boolean[]]>([
    ['is', { of: 'u.givenName', is: 'ann' }, [true, false]],
    ['isNot', { of: 'u.givenName', isNot: 'ann' }, [false, true]],
    ['in', { of: 'u.familyName', in: ['LEE', 'x'] }, [true, false]],
    ['notIn', { of: 'u.familyName', notIn: ['LEE', 'x'] }, [false, true]],
    ['startsWith', { of: 'u.familyName', startsWith: 'o' }, [false, true]],
    ['present', { of: 'u.givenName', present: false }, [false, true]],
    ['same, letter by letter', { same: ['u.familyName', { constant: 'lee' }] }, [false, false]],
    ['before', { before: ['u.familyName', { constant: 'M' }] }, [true, false]],
    ['before with an absent side', { before: ['u.givenName', { constant: 'Z' }] }, [true, false]],
    [
      'all',
      {
        all: [
          { of: 'u.givenName', present: true },
          { of: 'u.familyName', is: 'Lee' },
        ],
      },
      [true, false],
    ],
    [
      'any',
      {
        any: [
          { of: 'u.email', present: true },
          { of: 'u.familyName', is: 'x' },
        ],
      },
      [false, true],
    ],
    ['not', { not: { of: 'u.email', present: true } }, [true, false]],
    ['nothing to hold', { all: [] }, [true, true]],
    ['nothing that could hold', { any: [] }, [false, false]],
  ])('the condition %s', async (_, condition, expected) => {
    expect(await values({ test: condition }, { properties: [scalar('x', { type: 'boolean' })] })).toEqual(expected);
    const records = await things({ properties: { x: 'u.sourcedId' }, where: [condition] }, sheets);
    expect(records.map((record) => record.sourceId)).toEqual(['1', '2'].filter((_id, at) => expected[at]));
  });

  test("a value takes the specification's type; one that cannot is reported with its column", async () => {
    const records = await things({ properties: { x: 'u.identifier' } }, sheets, {
      properties: [scalar('x', { type: 'integer' })],
    });
    expect(records.map((record) => record.body)).toEqual([{ x: 7 }, {}]);
    expect(records[1]!.issues).toEqual([
      { code: 'value-unreadable', path: 'x', table: 'users', column: 'identifier', value: '2.5E+08' },
    ]);
    expect(await values({ constant: 12 }, { properties: [scalar('x')] })).toEqual(['12', '12']);
  });

  test('what is optional is left out with a warning; what is required is an issue', async () => {
    const number = { value: 'u.identifier', by: ['identifier'] };
    const optional = await things({ properties: { x: { optional: number } } }, sheets);
    expect(optional[1]).not.toHaveProperty('issues');
    expect(optional[1]!.warnings).toMatchObject([{ code: 'value-unreadable', path: 'x' }]);
    const required = await things({ properties: { x: { required: 'u.givenName' } } }, sheets);
    expect(required[0]).not.toHaveProperty('issues');
    expect(required[1]!.issues).toEqual([{ code: 'value-missing', path: 'x', table: 'users', column: 'givenName' }]);
    // Told once, as what it is.
    const both = await things({ properties: { x: { required: number } } }, sheets);
    expect(both[1]!.issues).toMatchObject([{ code: 'value-unreadable' }]);
    const setting = await things({ properties: { x: { required: { setting: 's' } } } }, sheets, {
      more: { settings: { s: { title: 'S' } } },
      properties: [scalar('x', { required: true })],
    });
    expect(setting[0]!.issues).toEqual([{ code: 'required-setting', path: 'x', setting: 's' }]);
  });
});

describe('descriptors', () => {
  const context = {
    descriptors: { GradeLevelDescriptor: { '09': 'uri://x#Ninth', ' Other ': 'uri://x#Other' } },
    frozen: () => undefined,
  };
  const grade = (of: unknown) => ({ descriptor: 'GradeLevelDescriptor', of });

  test('codes are compared trimmed and without regard to case, but 9 is not 09', async () => {
    expect(await values(grade({ constant: ' OTHER' }), { context })).toEqual(['uri://x#Other', 'uri://x#Other']);
    const records = await things({ properties: { x: grade({ constant: '9' }) } }, sheets, { context });
    expect(records[0]!.body).toEqual({});
    expect(records[0]!.issues).toEqual([
      { code: 'descriptor-unmapped', path: 'x', descriptor: 'GradeLevelDescriptor', value: '9' },
    ]);
  });

  test('of several codes the first that is mapped counts; the last is reported', async () => {
    const first = { value: 'u.grades', by: [{ split: ',' }, 'first'] };
    const records = await things({ properties: { x: grade(['u.givenName', first, 'u.familyName']) } }, sheets, {
      context,
    });
    expect(records[0]!.body).toEqual({ x: 'uri://x#Ninth' });
    expect(records[1]!.issues).toMatchObject([{ code: 'descriptor-unmapped', value: 'Oak' }]);
  });

  test('no code is no problem', async () => {
    const [, second] = await things({ properties: { x: grade('u.givenName') } }, sheets, { context });
    expect(second).not.toHaveProperty('issues');
  });
});

describe('objects and collections', () => {
  const base = { required: false, identity: false };
  const reference: PropertyModel = {
    ...base,
    kind: 'reference',
    name: 'schoolReference',
    entity: 'School',
    targets: [],
    members: [
      { name: 'schoolId', type: 'integer', required: true },
      { name: 'year', type: 'integer', required: false },
    ],
  };
  const collection: PropertyModel = {
    ...base,
    kind: 'collection',
    name: 'grades',
    minItems: 0,
    properties: [scalar('grade', { required: true }), scalar('note')],
  };
  const properties = [reference, collection];

  test('half a reference is none', async () => {
    const records = await things(
      { properties: { schoolReference: { members: { schoolId: 'u.sourcedId', year: 'u.givenName' } } } },
      {
        users: [
          ['sourcedId', 'givenName'],
          ['1', '2027'],
          ['2', ''],
        ],
      },
      { properties },
    );
    expect(records.map((record) => record.body)).toEqual([{ schoolReference: { schoolId: 1, year: 2027 } }, {}]);
  });

  test('a list makes items, without repeats, empty ones or an empty collection', async () => {
    const grades = { each: { list: 'u.grades', as: 'g' }, item: { grade: 'g', note: 'u.email' } };
    const records = await things(
      { properties: { grades } },
      {
        users: [
          ['sourcedId', 'grades', 'email'],
          ['1', '09,,09, 10', 'n'],
          ['2', '', 'n'],
        ],
      },
      { properties },
    );
    expect(records.map((record) => record.body)).toEqual([
      {
        grades: [
          { grade: '09', note: 'n' },
          { grade: '10', note: 'n' },
        ],
      },
      {},
    ]);
  });

  test('items are made where their condition holds and their required members are there', async () => {
    const grades = {
      items: [
        { when: { of: 'u.email', present: true }, item: { grade: 'u.email' } },
        { item: { grade: 'u.givenName', note: { constant: 'given' } } },
      ],
    };
    const records = await things({ properties: { grades } }, sheets, { properties });
    expect(records.map((record) => record.body)).toEqual([
      { grades: [{ grade: 'Ann', note: 'given' }] },
      { grades: [{ grade: 'b@example.org' }] },
    ]);
  });

  test('rows of a view make items', async () => {
    const records = await things(
      {
        properties: {
          grades: {
            each: { rows: 'orgNames', as: 'o', on: { kind: 'u.familyName' } },
            item: { grade: 'o.name', note: 'u.sourcedId' },
          },
        },
      },
      {
        users: [
          ['sourcedId', 'familyName'],
          ['1', 'school'],
          ['2', 'none'],
        ],
        orgs: [
          ['sourcedId', 'name', 'type'],
          ['a', 'A', 'school'],
          ['b', 'B', 'school'],
          ['c', 'C', 'district'],
        ],
      },
      {
        properties,
        more: {
          views: { orgNames: { from: { table: 'orgs', as: 'o' }, columns: { kind: 'o.type', name: 'o.name' } } },
        },
      },
    );
    expect(records.map((record) => record.body)).toEqual([
      {
        grades: [
          { grade: 'A', note: '1' },
          { grade: 'B', note: '1' },
        ],
      },
      {},
    ]);
  });
});

describe('frozen values', () => {
  test('a synthetic value is reported the first time, and kept whatever the file says later', async () => {
    const resource = { properties: { x: { firstOf: ['u.givenName', { freeze: 'u.familyName' }] } } };
    const first = await things(resource, sheets);
    expect(first[0]).not.toHaveProperty('frozen');
    expect(first[1]!.frozen).toEqual([{ path: 'x', value: 'Oak' }]);
    const asked: string[] = [];
    const context = {
      descriptors: {},
      frozen: (name: string, id: string, path: string) => {
        asked.push(`${name} ${id} ${path}`);
        return 'Elm';
      },
    };
    const later = await things(resource, sheets, { context });
    expect(asked).toEqual(['ed-fi/things 2 x']);
    expect(later[1]!.body).toEqual({ x: 'Elm' });
    expect(later[1]!.frozen).toEqual([{ path: 'x', value: 'Elm' }]);
  });

  test('a view freezes for the record whose value it is, and only that record reports it', async () => {
    const views = {
      names: {
        from: { table: 'users', as: 'u' },
        columns: {
          id: 'u.sourcedId',
          name: { freeze: 'u.familyName', for: { resource: 'things', id: ['u.sourcedId'], path: 'name' } },
        },
      },
    };
    const own = await things({ from: { view: 'names', as: 'n' }, id: ['n.id'], properties: { x: 'n.name' } }, sheets, {
      more: { views },
    });
    expect(own.map((record) => record.frozen)).toEqual([
      [{ path: 'name', value: 'Lee' }],
      [{ path: 'name', value: 'Oak' }],
    ]);
    const other = await things(
      { from: { view: 'names', as: 'n' }, id: [{ constant: 'z' }], properties: { x: 'n.name' } },
      sheets,
      { more: { views } },
    );
    expect(other.map((record) => record.frozen)).toEqual([undefined, undefined]);
  });
});
