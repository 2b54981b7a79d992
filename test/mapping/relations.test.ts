import { describe, expect, test } from 'vitest';
import { isFailure } from '../../core/errors/failure.ts';
import { compileMapping } from '../../core/mapping/compile.ts';
import { parseMapping } from '../../core/mapping/load.ts';
import { runMapping } from '../../core/mapping/run.ts';
import { nothingFrozen, recordsOf, scalar, things, thingsMapping, thingsModel } from './running.ts';
import { type Sheets, sourceOf } from './small-district.ts';

const sheets = (): Sheets => ({
  users: [
    ['sourcedId', 'familyName', 'agentSourcedIds', 'primaryOrgSourcedId'],
    ['1', 'Lee', '2,9', 'a'],
    ['2', 'Oak', '', ''],
    ['3', 'Elm', '', 'gone'],
  ],
  orgs: [
    ['sourcedId', 'name', 'type'],
    ['a', 'Alpha', 'school'],
    ['b', 'Beta', 'school'],
  ],
  roles: [
    ['sourcedId', 'userSourcedId', 'orgSourcedId', 'role', 'beginDate'],
    ['r1', '1', 'a', 'student', '2026-09-02'],
    ['r2', '1', 'b', 'student', '2026-09-01'],
    ['r3', '2', 'a', 'teacher', ''],
    ['r4', '1', 'a', 'student', '2026-08-01'],
  ],
});

const orgOf = { join: 'orgs', as: 'o', on: { sourcedId: 'u.primaryOrgSourcedId' } };

describe('joins', () => {
  const run = (step: unknown) => things({ steps: [step], properties: { x: 'o.name' } }, sheets());

  test('go on without the row, leave it out, or report it with table and column', async () => {
    const empty = await run(orgOf);
    expect(empty.map((record) => record.body)).toEqual([{ x: 'Alpha' }, {}, {}]);
    expect(empty.flatMap((record) => record.issues ?? [])).toEqual([]);
    expect((await run({ ...orgOf, missing: 'drop' })).map((record) => record.sourceId)).toEqual(['1']);
    const issue = await run({ ...orgOf, missing: 'issue' });
    expect(issue.map((record) => record.issues)).toEqual([
      undefined,
      [{ code: 'value-missing', path: '', table: 'users', column: 'primaryOrgSourcedId' }],
      [{ code: 'row-missing', path: '', table: 'orgs', column: 'primaryOrgSourcedId', value: 'gone' }],
    ]);
  });

  test('of several rows take the first, or all', async () => {
    const roles = { join: 'roles', as: 'r', on: { userSourcedId: 'u.sourcedId' } };
    const one = await things({ steps: [roles], properties: { x: 'r.sourcedId' } }, sheets());
    expect(one.map((record) => record.body.x)).toEqual(['r1', 'r3', undefined]);
    const many = await things(
      { steps: [{ ...roles, many: true }], id: ['u.sourcedId', 'r.sourcedId'], properties: { x: 'r.sourcedId' } },
      sheets(),
    );
    expect(many.map((record) => record.sourceId)).toEqual(['1|r1', '1|r2', '1|r4', '2|r3', '3|']);
  });

  test('can go by several columns, and onward from a joined row', async () => {
    const steps = [
      {
        join: 'roles',
        as: 'r',
        on: { userSourcedId: 'u.sourcedId', role: { constant: 'student' }, orgSourcedId: { constant: 'b' } },
        missing: 'drop',
      },
      { join: 'orgs', as: 'o', on: { sourcedId: 'r.orgSourcedId' } },
    ];
    const records = await things({ steps, properties: { x: 'o.name' } }, sheets());
    expect(records.map((record) => [record.sourceId, record.body.x])).toEqual([['1', 'Beta']]);
  });

  test('a file is read only for what is used', async () => {
    const reads: string[] = [];
    const spec = parseMapping(
      thingsMapping({ steps: [orgOf], properties: { x: 'u.familyName', gone: 'o.name', y: 'u.sourcedId' } }),
      'a.json',
    );
    const compiled = compileMapping(spec, thingsModel([scalar('x'), scalar('y')]), {});
    expect(compiled.leftOut).toEqual([{ resource: 'ed-fi/things', path: 'gone' }]);
    await recordsOf(compiled, sourceOf(sheets(), reads), 'ed-fi/things');
    expect(reads).toEqual(['users']);
    expect([...compiled.tables]).toEqual([['users', ['sourcedId', 'familyName']]]);
  });

  test('what is built of one joined row is shared by the records that join it', async () => {
    const reference = {
      kind: 'reference',
      name: 'r',
      entity: 'Org',
      targets: [],
      required: false,
      identity: false,
      members: [{ name: 'n', type: 'string', required: true }],
    } as const;
    const records = await things(
      {
        from: { table: 'roles', as: 'q' },
        id: ['q.sourcedId'],
        steps: [{ join: 'orgs', as: 'o', on: { sourcedId: 'q.orgSourcedId' } }],
        properties: { r: { members: { n: 'o.name' } } },
      },
      sheets(),
      { properties: [reference] },
    );
    expect(records.map((record) => record.body)).toEqual(
      ['Alpha', 'Beta', 'Alpha', 'Alpha'].map((n) => ({ r: { n } })),
    );
    expect(records[0]!.body.r).toBe(records[2]!.body.r);
    expect(Object.isFrozen(records[0]!.body.r)).toBe(true);
  });
});

describe('each', () => {
  test('splits a list into rows; without items the row goes, stays or is reported', async () => {
    const run = (empty?: string) =>
      things(
        {
          steps: [{ each: { list: 'u.agentSourcedIds' }, as: 'agent', ...(empty === undefined ? {} : { empty }) }],
          id: ['u.sourcedId', 'agent'],
        },
        sheets(),
      );
    expect((await run()).map((record) => record.sourceId)).toEqual(['1|2', '1|9']);
    expect((await run('keep')).map((record) => record.sourceId)).toEqual(['1|2', '1|9', '2|', '3|']);
    expect((await run('issue'))[2]!.issues).toEqual([
      { code: 'value-missing', path: '', table: 'users', column: 'agentSourcedIds' },
    ]);
  });

  test('goes over several values, each once', async () => {
    const steps = [{ each: { of: ['u.sourcedId', 'u.primaryOrgSourcedId', 'u.sourcedId'] }, as: 'x' }];
    const records = await things({ steps, id: ['x'] }, sheets());
    expect(records.map((record) => record.sourceId)).toEqual(['1', 'a', '2', '3', 'gone']);
  });
});

describe('views', () => {
  const from = (view: string, columns: string[], more: object = {}) => ({
    from: { view, as: 'v' },
    id: columns.map((column) => `v.${column}`),
    ...more,
  });
  const ids = async (views: object, view: string, columns: string[], more: object = {}) =>
    (await things(from(view, columns, more), sheets(), { more: { views } })).map((record) => record.sourceId);

  test('keep the first of equal rows', async () => {
    const views = {
      a: {
        from: { table: 'roles', as: 'r' },
        columns: { id: 'r.sourcedId', user: 'r.userSourcedId', org: 'r.orgSourcedId' },
        distinct: ['user', 'org'],
      },
    };
    expect(await ids(views, 'a', ['id', 'user', 'org'])).toEqual(['r1|1|a', 'r2|1|b', 'r3|2|a']);
    const whole = { a: { ...views.a, columns: { user: 'r.userSourcedId' }, distinct: ['user'] } };
    expect(await ids(whole, 'a', ['user'])).toEqual(['1', '2']);
  });

  test('gather groups: min, max, first, list and count', async () => {
    const views = {
      a: {
        from: { table: 'roles', as: 'r' },
        group: { user: 'r.userSourcedId' },
        gather: {
          min: { min: 'r.beginDate' },
          max: { max: 'r.beginDate' },
          first: { first: 'r.beginDate' },
          orgs: { list: 'r.orgSourcedId' },
          n: { count: true },
        },
      },
    };
    expect(await ids(views, 'a', ['user', 'min', 'max', 'first', 'n'])).toEqual([
      '1|2026-08-01|2026-09-02|2026-09-02|3',
      '2||||1',
    ]);
    const split = await things(
      from('a', ['user'], { steps: [{ each: { list: 'v.orgs' }, as: 'org' }], id: ['v.user', 'org'] }),
      sheets(),
      { more: { views } },
    );
    expect(split.map((record) => record.sourceId)).toEqual(['1|a', '1|b', '2|a']);
  });

  test('gather everything into one row, to be joined by nothing', async () => {
    const views = { a: { from: { table: 'roles', as: 'r' }, group: {}, gather: { min: { min: 'r.beginDate' } } } };
    const records = await things({ steps: [{ join: 'a', as: 'a', on: {} }], properties: { x: 'a.min' } }, sheets(), {
      more: { views },
    });
    expect(records.map((record) => record.body.x)).toEqual(['2026-08-01', '2026-08-01', '2026-08-01']);
  });

  test('rank rows within a group', async () => {
    const views = {
      a: {
        from: { table: 'roles', as: 'r' },
        columns: { id: 'r.sourcedId', org: 'r.orgSourcedId', begin: 'r.beginDate' },
        rank: { within: ['org'], by: ['begin'], as: 'place', of: 'places' },
      },
    };
    expect(await ids(views, 'a', ['id', 'place', 'places'])).toEqual(['r1|3|3', 'r2|1|1', 'r3|1|3', 'r4|2|3']);
    expect(await ids(views, 'a', ['id', 'places'])).toEqual(['r1|3', 'r2|1', 'r3|3', 'r4|3']);
  });

  test('put views together, each row once', async () => {
    const part = (role: string) => ({
      from: { table: 'roles', as: 'r' },
      where: [{ of: 'r.role', is: role }],
      columns: { org: 'r.orgSourcedId', user: 'r.userSourcedId' },
    });
    const views = {
      s: part('student'),
      t: part('teacher'),
      all: { union: ['s', 't'], distinct: ['org'] },
      every: { union: ['s', 't'] },
    };
    expect(await ids(views, 'all', ['org', 'user'])).toEqual(['a|1', 'b|1']);
    expect(await ids(views, 'every', ['org', 'user'])).toEqual(['a|1', 'b|1', 'a|1', 'a|2']);
  });

  test('carry their rows’ problems: as its own to the record of the row, as inherited to others; clean ones are without', async () => {
    const views = {
      a: {
        from: { table: 'users', as: 'u' },
        steps: [{ ...orgOf, missing: 'issue' }],
        columns: { user: 'u.sourcedId', org: 'o.name' },
      },
    };
    const own = await things(from('a', ['user']), sheets(), { more: { views } });
    expect(own[2]!.issues).toMatchObject([{ code: 'row-missing' }]);
    expect(own[2]!.issues![0]).not.toHaveProperty('inherited');
    const others = await things(
      { steps: [{ join: 'a', as: 'a', on: { user: 'u.sourcedId' } }], properties: { x: 'a.org' } },
      sheets(),
      { more: { views } },
    );
    expect(others[2]!.issues).toMatchObject([{ code: 'row-missing', inherited: true }]);
    const clean = await things({ ...from('a', ['user']), from: { view: 'a', as: 'v', clean: true } }, sheets(), {
      more: { views },
    });
    expect(clean.map((record) => record.sourceId)).toEqual(['1']);
  });
});

describe('a run', () => {
  test('names file and row, keeps the first of equal records, and marks what is to be matched', async () => {
    const records = await things(
      { from: { table: 'roles', as: 'r' }, id: ['r.sourcedId'], distinct: ['r.userSourcedId'], match: { all: [] } },
      sheets(),
    );
    expect(records).toEqual([
      { resource: 'ed-fi/things', body: {}, sourceId: 'r1', file: 'roles.csv', row: 2, disposition: 'match' },
      { resource: 'ed-fi/things', body: {}, sourceId: 'r3', file: 'roles.csv', row: 4, disposition: 'match' },
    ]);
  });

  test('comes in batches, and reads a small table once for all who need it', async () => {
    const many: Sheets = {
      users: [['sourcedId', 'agentSourcedIds'], ...Array.from({ length: 2500 }, (_, at) => [`${at}`, `${at + 1}`])],
    };
    const reads: string[] = [];
    const spec = parseMapping(
      thingsMapping({
        steps: [{ join: 'users', as: 'a', on: { sourcedId: 'u.agentSourcedIds' } }],
        properties: { x: 'a.sourcedId' },
      }),
      'a.json',
    );
    const compiled = compileMapping(spec, thingsModel([scalar('x')]), {});
    const run = runMapping(compiled, sourceOf(many, reads), nothingFrozen);
    const sizes: number[] = [];
    for await (const batch of run.records('ed-fi/things')) sizes.push(batch.length);
    expect(sizes).toEqual([1000, 1000, 500]);
    expect(reads).toEqual(['users']);
    // What was let go after the last use is made again on demand.
    let again = 0;
    for await (const batch of run.records('ed-fi/things'))
      again += batch.filter((record) => record.body.x !== undefined).length;
    expect(again).toBe(2499);
  });

  test('a table that the export lacks is empty', async () => {
    const { orgs: _, ...without } = sheets();
    const records = await things({ steps: [{ ...orgOf, missing: 'issue' }], properties: { x: 'o.name' } }, without);
    expect(records[0]!.issues).toMatchObject([{ code: 'row-missing', table: 'orgs', value: 'a' }]);
  });

  test('stops when told to', async () => {
    const compiled = compileMapping(parseMapping(thingsMapping({}), 'a.json'), thingsModel([]), {});
    const context = { ...nothingFrozen, signal: AbortSignal.abort() };
    const stopped = await recordsOf(compiled, sourceOf(sheets()), 'ed-fi/things', context).catch(
      (thrown: unknown) => thrown,
    );
    expect(isFailure(stopped) && stopped.code).toBe('cancelled');
  });

  test('a resource or property written with a question mark is not missed', () => {
    const text = thingsMapping({ properties: { x: 'u.sourcedId', 'y?': 'u.sourcedId' } }).replace(
      '"resources":[',
      '"resources":[{"resource":"others?","from":{"table":"orgs","as":"o"},"id":["o.name"],"properties":{}},',
    );
    const compiled = compileMapping(parseMapping(text, 'a.json'), thingsModel([scalar('x')]), {});
    expect(compiled.leftOut).toEqual([]);
    expect(compiled.resources).toEqual([
      {
        name: 'ed-fi/things',
        disposition: 'create',
        members: ['x'],
        allowDelete: true,
        sourceTables: ['users'],
        table: 'users',
      },
    ]);
  });
});
