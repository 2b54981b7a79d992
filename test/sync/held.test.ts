/** What cannot be sent waits with its root cause, and goes by itself when the cause is gone; what failed is not sent blindly. */
import { expect, test } from 'vitest';
import type { SyncOutcome } from '../../core/sync/sync.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { direct } from './direct.ts';
import { type Export, get, readExport, set, table, where, writeExport } from './export.ts';
import { type Heard, problem, startProxy } from './proxy.ts';
import { bench, district, expectAccount, newFolder, practice } from './workbench.ts';

const accountOf = ({ resources }: Pick<SyncOutcome, 'resources'>, name: string) => {
  const found = resources[name];
  if (found === undefined) throw new Error(`no account of ${name}`);
  return found;
};
const written = (tables: Export): string => writeExport(tables, `${newFolder()}/export`);
const student = (tables: Export, nth: number): string[] => {
  const users = table(tables, 'users');
  const ids = new Set(
    where(table(tables, 'roles'), { role: 'student' }).map((row) => get(table(tables, 'roles'), row, 'userSourcedId')),
  );
  const row = users.rows.filter((one) => ids.has(get(users, one, 'sourcedId')))[nth];
  if (row === undefined) throw new Error('no such student');
  return row;
};
const is =
  (resource: string, member?: string, value?: unknown) =>
  (heard: Heard): boolean =>
    heard.resource === `ed-fi/${resource}` &&
    heard.method !== 'GET' &&
    (member === undefined || (heard.body as Record<string, unknown> | undefined)?.[member] === value);

test('a student without birth date holds what refers to it, and all go when the date is there', async () => {
  const tables = readExport(await district());
  const users = table(tables, 'users');
  const row = student(tables, 3);
  const id = get(users, row, 'sourcedId');
  const identifier = get(users, row, 'identifier');
  const demographics = table(tables, 'demographics');
  const [born] = where(demographics, { sourcedId: id });
  const birthDate = get(demographics, born ?? [], 'birthDate');
  set(demographics, born ?? [], 'birthDate', '');
  const api = await practice();
  const proxy = await startProxy(api);
  const { sync, call } = await bench(proxy);

  const first = await sync(written(tables));
  expectAccount(first);
  expect(accountOf(first, 'students')).toMatchObject({ rejected: 1, held: 0 });
  const dependants = [
    'studentSchoolAssociations',
    'studentEducationOrganizationAssociations',
    'studentContactAssociations',
    'studentSectionAssociations',
  ];
  for (const name of dependants) expect({ name, ...accountOf(first, name) }).toMatchObject({ rejected: 0, failed: 0 });
  expect(accountOf(first, 'studentSchoolAssociations').held).toBe(1);
  expect(first.problems).toHaveLength(1);
  expect(first.problems[0]).toMatchObject({
    code: 'required-missing',
    resource: 'students',
    path: '$.birthDate',
    records: 1,
    held: first.account.held,
  });
  expect(first.account.held).toBeGreaterThan(10);
  expect(proxy.writes.some(({ body }) => JSON.stringify(body ?? '').includes(identifier))).toBe(false);
  expect((await call('problems.list', { connection: 'here' })).groups).toEqual(first.problems);

  const quiet = await sync(written(tables));
  expect(quiet.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
  expect(quiet.problems).toEqual([{ ...first.problems[0], state: 'ongoing', lastSeen: expect.any(Number) }]);

  set(demographics, born ?? [], 'birthDate', birthDate);
  const second = await sync(written(tables));
  expectAccount(second);
  expect(second.account).toMatchObject({
    created: first.account.rejected + first.account.held,
    rejected: 0,
    held: 0,
    failed: 0,
    unchanged: first.account.created,
  });
  expect(second.requests.POST).toBe(second.account.created);
  expect(second.problems).toEqual([]);
});

test('an unmapped code is one group, and mapping it sends exactly what it blocked', async () => {
  const tables = readExport(await district());
  const users = table(tables, 'users');
  for (const nth of [1, 4, 6]) set(users, student(tables, nth), 'grades', 'Sprout');
  set(users, student(tables, 8), 'grades', 'Sapling');
  const source = written(tables);
  const { sync, call, refused } = await bench(await practice());

  const first = await sync(source);
  expectAccount(first);
  expect(accountOf(first, 'studentSchoolAssociations').rejected).toBe(4);
  expect(first.problems).toHaveLength(2);
  expect(first.problems[0]).toMatchObject({
    code: 'descriptor-unmapped',
    subject: 'GradeLevelDescriptor',
    value: 'Sprout',
    records: 3,
  });
  expect(first.problems[1]).toMatchObject({ value: 'Sapling', records: 1 });
  expect(first.problems[0]!.held + first.problems[1]!.held).toBe(first.account.held);
  expect(first.problems[0]!.held).toBeGreaterThan(first.problems[1]!.held);

  const sentence = await refused('descriptors.map', {
    connection: 'here',
    type: 'GradeLevelDescriptor',
    code: 'Sprout',
    uri: 'uri://nowhere#X',
  });
  expect(sentence.code).toBe('usage');
  await call('descriptors.map', {
    connection: 'here',
    type: 'GradeLevelDescriptor',
    code: ' SPROUT ',
    uri: 'uri://ed-fi.org/GradeLevelDescriptor#First grade',
  });
  const second = await sync(source);
  expectAccount(second);
  expect(second.account).toMatchObject({
    created: first.problems[0]!.records + first.problems[0]!.held,
    updated: 0,
    deleted: 0,
    unchanged: first.account.created,
    rejected: 1,
    held: first.problems[1]!.held,
  });
  expect(second.requests.POST).toBe(second.account.created);
  expect(second.problems).toEqual([{ ...first.problems[1], state: 'ongoing', lastSeen: expect.any(Number) }]);

  // Another code at the same record is another cause, though the record fails as before.
  set(users, student(tables, 8), 'grades', 'Seedling');
  const third = await sync(written(tables));
  expect(third.problems).toHaveLength(1);
  expect(third.problems[0]).toMatchObject({ value: 'Seedling', records: 1, held: first.problems[1]!.held });
});

test('a refused record is not sent again until its body changes, its mapping does, or on command', async () => {
  junkOnPurpose();
  const tables = readExport(await district());
  const users = table(tables, 'users');
  const row = student(tables, 2);
  const identifier = get(users, row, 'identifier');
  const source = written(tables);
  const proxy = await startProxy(await practice());
  const refusedStudent = is('students', 'studentUniqueId', identifier);
  proxy.answer = (heard) =>
    refusedStudent(heard)
      ? problem(400, 'bad-request:data-validation-failed', 'First Name is not liked here.')
      : undefined;
  const { sync, ledger, connectionId } = direct(proxy);
  const tries = (): number => proxy.writes.filter(refusedStudent).length;

  const first = await sync(source);
  expectAccount(first);
  expect(accountOf(first, 'students')).toMatchObject({ failed: 1 });
  expect(first.account.held).toBeGreaterThan(5);
  expect(tries()).toBe(1);
  const [group] = ledger.problems.groups(connectionId);
  expect(group).toMatchObject({
    resource: 'ed-fi/students',
    records: 1,
    held: first.account.held,
    file: 'users.csv',
    status: 400,
  });
  expect(group?.row).toBeGreaterThan(1);

  const writes = proxy.writes.length;
  const second = await sync(source);
  expectAccount(second);
  expect(second.account).toMatchObject({
    failed: 1,
    held: first.account.held,
    created: 0,
    unchanged: first.account.created,
  });
  expect(proxy.writes.length).toBe(writes);
  expect(ledger.problems.groups(connectionId)).toHaveLength(1);

  // The place in the file is told as it is now.
  users.rows.unshift(...users.rows.splice(users.rows.indexOf(row), 1));
  await sync(written(tables));
  expect(tries()).toBe(1);
  expect(ledger.problems.groups(connectionId)).toMatchObject([{ file: 'users.csv', row: 2 }]);

  const again = await sync(source, { retry: true });
  expect(tries()).toBe(2);
  expect(again.account).toMatchObject({ failed: 1, held: first.account.held });

  set(users, row, 'givenName', 'Another');
  await sync(written(tables));
  expect(tries()).toBe(3);

  proxy.answer = () => undefined;
  // The API has changed its mind, but nobody told: the record still waits for a command.
  expect((await sync(written(tables))).account).toMatchObject({ failed: 1, created: 0 });
  const last = await sync(written(tables), { retry: true });
  expectAccount(last);
  expect(last.account).toMatchObject({ failed: 0, held: 0, created: 1 + first.account.held });
  expect(ledger.problems.groups(connectionId)).toEqual([]);
});

test('what the server fumbled is tried once more in the batch, and releases what waits for it', async () => {
  const tables = readExport(await district());
  const identifier = get(table(tables, 'users'), student(tables, 2), 'identifier');
  const source = written(tables);
  const proxy = await startProxy(await practice());
  let left = 1;
  const fumbles = is('students', 'studentUniqueId', identifier);
  proxy.answer = (heard) => (fumbles(heard) && left-- > 0 ? problem(500, 'system', 'oh') : undefined);
  const { sync, ledger, connectionId } = direct(proxy);
  const result = await sync(source);
  expectAccount(result);
  expect(result.account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
  expect(proxy.writes.filter(fumbles)).toHaveLength(2);
  expect(ledger.problems.groups(connectionId)).toEqual([]);
  expect(proxy.writes).toHaveLength(result.account.created + 1);
});

test('a server that fumbles twice is asked again by the next batch', async () => {
  const tables = readExport(await district());
  const identifier = get(table(tables, 'users'), student(tables, 2), 'identifier');
  const source = written(tables);
  const proxy = await startProxy(await practice());
  const fumbles = is('students', 'studentUniqueId', identifier);
  proxy.answer = (heard) => (fumbles(heard) ? problem(500, 'system', 'oh') : undefined);
  const { sync } = direct(proxy);
  const first = await sync(source);
  expectAccount(first);
  expect(first.account.failed).toBe(1);
  expect(first.account.held).toBeGreaterThan(0);
  proxy.answer = () => undefined;
  const second = await sync(source);
  expectAccount(second);
  expect(second.account).toMatchObject({ created: 1 + first.account.held, failed: 0, held: 0 });
});

test('with two roots of which one recovers, a record is held by the other', async () => {
  junkOnPurpose();
  const tables = readExport(await district());
  const users = table(tables, 'users');
  const row = student(tables, 2);
  const identifier = get(users, row, 'identifier');
  const enrollments = table(tables, 'enrollments');
  const [enrollment] = where(enrollments, { userSourcedId: get(users, row, 'sourcedId') });
  const section = get(enrollments, enrollment ?? [], 'classSourcedId');
  const source = written(tables);
  const proxy = await startProxy(await practice());
  let left = 1;
  proxy.answer = (heard) => {
    if (is('students', 'studentUniqueId', identifier)(heard) && left-- > 0) return problem(500, 'system', 'oh');
    if (is('sections', 'sectionIdentifier', section)(heard)) return problem(400, 'bad-request', 'no such luck');
    return undefined;
  };
  const { sync, ledger, connectionId } = direct(proxy);
  const result = await sync(source);
  expectAccount(result);
  const groups = ledger.problems.groups(connectionId);
  // The student came in the second try: nothing is held by it any more, its place in the section is held by the section.
  expect(groups.map(({ resource }) => resource)).toEqual(['ed-fi/sections']);
  expect(groups[0]).toMatchObject({ held: result.account.held, records: result.account.failed });
  proxy.answer = () => undefined;
  const last = await sync(source, { retry: true });
  expect(last.account).toMatchObject({ failed: 0, held: 0, created: result.account.failed + result.account.held });
});

test('a missing reference at the API is tried again when it is on its way', async () => {
  const source = await district();
  const proxy = await startProxy(await practice());
  const associations = is('studentSchoolAssociations');
  let first = true;
  proxy.answer = (heard) => {
    if (!associations(heard) || !first) return undefined;
    first = false;
    return problem(409, 'data-conflict:unresolved-reference', "The referenced 'Student' item does not exist.");
  };
  const { sync } = direct(proxy);
  const result = await sync(source);
  expectAccount(result);
  expect(result.account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
});

test('when the API goes away, the batch stops, says what is left, and the next one goes on', async () => {
  const source = await district();
  const api = await practice();
  const proxy = await startProxy(api);
  let writes = 0;
  proxy.answer = (heard) => {
    if (heard.resource === undefined || heard.method === 'GET') return undefined;
    writes += 1;
    return writes > 200 ? { status: 401, body: { error: 'invalid_token' } } : undefined;
  };
  const { sync, ledger, connectionId } = direct(proxy);
  const first = await sync(source);
  expectAccount(first);
  expect(first.state).toBe('stopped');
  expect(first.stopped?.code).toBe('credentials-refused');
  const matched = accountOf(first, 'schools').read + accountOf(first, 'localEducationAgencies').read;
  expect(first.account).toMatchObject({ created: 200, failed: 0, skipped: first.left + matched });
  expect(ledger.lastBatch(connectionId)).toMatchObject({ state: 'stopped' });
  proxy.answer = () => undefined;
  const second = await sync(source);
  expectAccount(second);
  expect(second.account).toMatchObject({ created: first.left, unchanged: 200, failed: 0 });
});

test('stopped by the steward: what is under way ends, the rest is said and goes next time', async () => {
  const source = await district();
  const proxy = await startProxy(await practice());
  const { sync } = direct(proxy);
  const stop = new AbortController();
  proxy.answer = () => {
    if (proxy.writes.length === 150) stop.abort();
    return undefined;
  };
  const first = await sync(source, { signal: stop.signal });
  expectAccount(first);
  expect(first).toMatchObject({ state: 'stopped', stopped: { code: 'cancelled' } });
  expect(first.left).toBeGreaterThan(0);
  expect(first.account.created).toBeGreaterThanOrEqual(150 - 8);
  const second = await sync(source);
  expectAccount(second);
  expect(second.account).toMatchObject({ failed: 0, held: 0, unchanged: first.account.created, created: first.left });
});

test('people whom the API knows from another district become ours by their association', async () => {
  const tables = readExport(await district({ students: 20 }));
  const identifier = get(table(tables, 'users'), student(tables, 2), 'identifier');
  const source = written(tables);
  const proxy = await startProxy(await practice());
  // A first ledger sends everything, and is lost.
  const first = await direct(proxy).sync(source);
  const known = is('students', 'studentUniqueId', identifier);
  const ties = (heard: Heard): boolean =>
    is('studentSchoolAssociations')(heard) && JSON.stringify(heard.body).includes(`"${identifier}"`);
  proxy.writes.length = 0;
  proxy.answer = (heard) =>
    known(heard) && !proxy.writes.some(ties)
      ? problem(
          403,
          'security:authorization:access-denied:element:relationships',
          "No relationships have been established between the caller's claims and the resource item's 'StudentUniqueId' value.",
        )
      : undefined;
  const result = await direct(proxy).sync(source);
  expectAccount(result);
  expect(result.account).toMatchObject({ created: first.account.created, failed: 0, held: 0 });
  expect(proxy.writes.filter(known)).toHaveLength(2);
  expect(proxy.writes).toHaveLength(result.account.created + 1);
});
