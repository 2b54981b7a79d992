/** The net under a plan: what would delete or change too much waits, is shown, and goes once approved. */
import { expect, test } from 'vitest';
import { guardPlan } from '../../core/sync/guard.ts';
import { emptyPlan, type ResourcePlan } from '../../core/sync/plan.ts';
import { createWorld } from './expectation.ts';
import { drop, get, readExport, table, where, writeExport } from './export.ts';
import { bench, district, expectAccount, newFolder, practice } from './workbench.ts';

const plan = (over: Partial<ResourcePlan>): ResourcePlan => ({ ...emptyPlan('ed-fi/students', 1000), ...over });
const kinds = (...plans: ResourcePlan[]): string[] => guardPlan(plans).map(({ kind }) => kind);

test('over 10 % of a resource deleted waits; 10 % goes', () => {
  expect(kinds(plan({ deletes: 100 }))).toEqual([]);
  expect(kinds(plan({ deletes: 101 }))).toEqual(['deletes-share']);
});

test('over 500 deletes in all wait, whatever the share', () => {
  const large = plan({ existing: 100_000, deletes: 250 });
  expect(kinds(large, { ...large, resource: 'ed-fi/staffs' })).toEqual([]);
  expect(kinds(large, { ...large, resource: 'ed-fi/staffs', deletes: 251 })).toEqual(['deletes-count']);
});

test('over 75 % changed waits, and a handful may change whole', () => {
  expect(kinds(plan({ updates: 750 }))).toEqual([]);
  expect(kinds(plan({ updates: 751 }))).toEqual(['changes-share']);
  expect(kinds(plan({ existing: 6, updates: 6 }))).toEqual([]);
});

test('a key change done as delete and create is a change, not a delete', () => {
  expect(kinds(plan({ creates: 700, deletes: 700, replaced: 700 }))).toEqual([]);
  expect(kinds(plan({ creates: 800, deletes: 800, replaced: 800 }))).toEqual(['changes-share']);
  expect(kinds(plan({ creates: 100, deletes: 201, replaced: 100 }))).toEqual(['deletes-share']);
});

test('an export that lost a part of its rows waits, sends nothing, and goes when it is approved', async () => {
  const api = await practice();
  const { sync, call, events } = await bench(api);
  const world = createWorld('5.2', { studentId: 'identifier' });
  const source = await district();
  const first = await world.expect(source);
  const done = await sync(source, { approve: false });
  expect(done.state).toBe('done');
  expect(world.compare(first, (resource) => api.read(resource)).differences).toEqual([]);

  const tables = readExport(source);
  const enrollments = table(tables, 'enrollments');
  const classes = new Set(
    table(tables, 'classes')
      .rows.slice(0, 20)
      .map((row) => get(table(tables, 'classes'), row, 'sourcedId')),
  );
  drop(
    enrollments,
    (row) => get(enrollments, row, 'role') === 'student' && classes.has(get(enrollments, row, 'classSourcedId')),
  );
  const half = writeExport(tables, `${newFolder()}/half`);
  const before = api.requests();
  const waiting = await sync(half, { approve: false });
  expectAccount(waiting);
  expect(waiting.state).toBe('waiting');
  expect(waiting.account).toMatchObject({ created: 0, updated: 0, deleted: 0, failed: 0 });
  expect(waiting.left).toBeGreaterThan(30);
  const after = api.requests();
  expect({ POST: after.POST, PUT: after.PUT, DELETE: after.DELETE }).toEqual({
    POST: before.POST,
    PUT: before.PUT,
    DELETE: before.DELETE,
  });
  const told = events.findLast((event) => event.type === 'plan');
  expect(told?.type === 'plan' && told.plan.guard).toEqual([expect.stringContaining('studentSectionAssociations')]);
  expect(await call('connections.list', {})).toMatchObject([{ lastBatch: { state: 'waiting', endedAt: null } }]);

  // Asked again, it waits again; approved, exactly that is sent.
  expect((await sync(half, { approve: false })).account).toEqual(waiting.account);
  const expected = await world.expect(half);
  const sent = await sync(half, { approve: true });
  expectAccount(sent);
  expect(sent).toMatchObject({ state: 'done', account: { deleted: waiting.left, failed: 0 } });
  expect(world.compare(expected, (resource) => api.read(resource)).differences).toEqual([]);
  expect(await call('connections.list', {})).toMatchObject([{ lastBatch: { state: 'done' } }]);
});

test('a plan that is only looked at leaves nothing behind', async () => {
  const api = await practice();
  const { sync, call, events } = await bench(api);
  const day1 = await district({ clean: false });
  // A plan that a person looks at carries the bodies of its samples; one that is sent does not.
  const plans = (): unknown[] =>
    events
      .filter((event) => event.type === 'plan')
      .map(
        (event) =>
          JSON.parse(JSON.stringify(event, (key, value: unknown) => (key === 'body' ? undefined : value))) as unknown,
      );

  const looked = await sync(day1, { planOnly: true });
  expectAccount(looked);
  expect(looked).toMatchObject({ state: 'planned', account: { created: 0, failed: 0 } });
  expect(looked.account.rejected).toBeGreaterThan(0);
  expect(api.requests()).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
  expect((await call('problems.list', { connection: 'here' })).groups).toEqual([]);
  expect(await call('connections.list', {})).toMatchObject([{ records: 0, lastBatch: null }]);

  const sent = await sync(day1);
  expect(plans()[1]).toEqual(plans()[0]);
  expect(sent.account.created).toBe(looked.left);

  const day2 = await district({ clean: false, day: 2 });
  const before = await call('problems.list', { connection: 'here' });
  const second = await sync(day2, { planOnly: true });
  expect(await call('problems.list', { connection: 'here' })).toEqual(before);
  const [last] = await call('connections.list', {});
  expect(last?.lastBatch?.account).toEqual(sent.account);
  const done = await sync(day2);
  expect(plans()[3]).toEqual(plans()[2]);
  expect(done.account.created + done.account.updated + done.account.deleted + done.account.failed).toBe(second.left);
});

test('dates that had to be made up stay as they were first sent', async () => {
  const api = await practice();
  const { sync } = await bench(api);
  const tables = readExport(await district({ version: '1.1' }));
  const enrollments = table(tables, 'enrollments');
  const write = (name: string): string => writeExport(tables, `${newFolder()}/${name}`);
  const world = createWorld('5.2', { studentId: 'identifier' });
  const one = write('one');
  const first = await world.expect(one);
  await sync(one);
  expect(world.compare(first, (resource) => api.read(resource)).differences).toEqual([]);
  const entry = (): string[] => api.read('ed-fi/studentSchoolAssociations').map(({ body }) => String(body.entryDate));
  const before = entry();

  // OneRoster 1.1 has no entry date: it is worked out from the enrolments, which now begin a day later.
  const student = get(enrollments, where(enrollments, { role: 'student' })[0] ?? [], 'userSourcedId');
  for (const row of where(enrollments, { userSourcedId: student })) {
    const at = enrollments.header.indexOf('beginDate');
    if (row[at] !== '') row[at] = '2026-08-24';
  }
  const two = write('two');
  const second = await world.expect(two);
  const result = await sync(two);
  expectAccount(result);
  expect(world.compare(second, (resource) => api.read(resource)).differences).toEqual([]);
  expect(entry()).toEqual(before);
  expect(result.resources.studentSchoolAssociations).toMatchObject({ created: 0, updated: 0, deleted: 0 });
  expect(result.resources.studentSectionAssociations?.updated).toBeGreaterThan(0);
});

test('two connections of one ledger do not share what was sent', async () => {
  const [one, other] = [await practice(), await practice({ key: 'other-key', secret: 'practice-secret' })];
  const { sync, call } = await bench(one);
  await call('connections.add', {
    name: 'there',
    url: other.url,
    key: other.key,
    studentId: 'identifier',
    test: false,
  });
  const source = await district();
  const first = await sync(source);
  const second = await sync(source, { connection: 'there' });
  expect(second.account).toEqual(first.account);
  expect(second.account.created).toBeGreaterThan(300);
  expect(other.requests().POST).toBe(one.requests().POST);
  await call('descriptors.map', {
    connection: 'there',
    type: 'SexDescriptor',
    code: 'x',
    uri: 'uri://ed-fi.org/SexDescriptor#Male',
  });
  expect(await call('descriptors.list', { connection: 'here' })).toEqual([]);

  expect(await call('connections.remove', { name: 'There' })).toMatchObject({ records: second.account.created });
  expect((await sync(source)).account).toMatchObject({ created: 0, unchanged: first.account.created });
  // Added again it knows nothing: all of it is sent, and found to be there.
  await call('connections.add', {
    name: 'there',
    url: other.url,
    key: other.key,
    studentId: 'identifier',
    test: false,
  });
  expect(await call('descriptors.list', { connection: 'there' })).toEqual([]);
  expect((await sync(source, { connection: 'there' })).account).toMatchObject({
    created: first.account.created,
    unchanged: 0,
  });
});
