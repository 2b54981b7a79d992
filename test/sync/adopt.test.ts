/** A ledger that is lost, or was never there: what the API has is taken over, and nothing is sent again. */
import { expect, test } from 'vitest';
import { keyHashAt, stateAt } from '../../core/ledger/records.ts';
import type { SyncOutcome } from '../../core/sync/sync.ts';
import { type Direct, direct } from './direct.ts';
import { apply, type Edit } from './edits.ts';
import { createWorld } from './expectation.ts';
import { copyExport, drop, type Export, get, readExport, set, table, where, writeExport } from './export.ts';
import { type Heard, startProxy } from './proxy.ts';
import { readingBack, sum } from './reading-back.ts';
import { district, expectAccount, newFolder, practice } from './workbench.ts';

const written = (tables: Export): string => writeExport(tables, `${newFolder()}/export`);

const counts = (writes: readonly Heard[]): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const { method, resource } of writes) {
    const name = `${method} ${resource?.replace('ed-fi/', '')}`;
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
};

interface Lost {
  readonly tables: Export;
  readonly source: string;
  readonly api: Awaited<ReturnType<typeof practice>>;
  readonly proxy: Awaited<ReturnType<typeof startProxy>>;
  readonly first: SyncOutcome;
  /** The ledger that knows everything. */
  readonly old: Direct;
  /** The empty one. */
  readonly fresh: Direct;
}

/** A district that was synced, and then its ledger is gone. */
async function lost(options: Parameters<typeof district>[0] = {}): Promise<Lost> {
  const source = await district({ students: 20, ...options });
  const tables = copyExport(readExport(source));
  const api = await practice();
  const proxy = await startProxy(api);
  const old = direct(proxy);
  const first = await old.sync(source);
  expect(first.account).toMatchObject({ failed: 0, rejected: 0, held: 0 });
  proxy.writes.length = 0;
  return { tables, source, api, proxy, first, old, fresh: direct(proxy) };
}

test('a clean district: adopted, and synced without a single write', async () => {
  const { source, proxy, first, old, fresh } = await lost({ students: 60 });
  const adopted = await (await readingBack(proxy, fresh)).adopt();
  expect(sum(adopted, 'adopted')).toBe(first.account.created);
  expect(adopted['ed-fi/schools']).toMatchObject({ adopted: 0, known: 0 });
  expect(adopted['ed-fi/schools']?.matched).toBeGreaterThan(0);
  expect(adopted['ed-fi/students']).toEqual({
    api: 60,
    adopted: 60,
    matched: 0,
    known: 0,
    relinked: 0,
    forgotten: 0,
    unnamed: 0,
  });
  expect(fresh.ledger.confirmedCount(fresh.connectionId)).toBe(old.ledger.confirmedCount(old.connectionId));
  expect(proxy.writes).toEqual([]);

  const second = await fresh.sync(source, { approve: false });
  expectAccount(second);
  expect(second.state).toBe('done');
  expect(second.account).toEqual({
    ...first.account,
    created: 0,
    updated: 0,
    unchanged: first.account.created,
  });
  expect(proxy.writes).toEqual([]);
  // From then on its records are like any other: their source identities are known.
  const moved = copyExport(readExport(source));
  apply(moved, [{ kind: 'entry-date-moved', pick: 4 }]);
  const third = await fresh.sync(written(moved), { approve: false });
  expect(third.account).toMatchObject({ created: 0, updated: 1, deleted: 0 });
  expect(counts(proxy.writes)).toEqual({ 'PUT studentSchoolAssociations': 1 });
});

test.each(['5.3', '6.2', '7.1', 'other'] as const)('so it is with a generation %s', async (generation) => {
  const source = await district({ students: 20 });
  const api = await practice({ generation });
  const first = await direct(api).sync(source);
  expect(first.account).toMatchObject({ failed: 0, held: 0 });
  const fresh = direct(api);
  const before = api.requests();
  const adopted = await (await readingBack(api, fresh)).adopt();
  expect(sum(adopted, 'adopted')).toBe(first.account.created);
  const second = await fresh.sync(source, { approve: false });
  expectAccount(second);
  expect(second.account).toMatchObject({ created: 0, updated: 0, deleted: 0, unchanged: first.account.created });
  const { POST, PUT, DELETE } = api.requests();
  expect({ POST, PUT, DELETE }).toEqual({ POST: before.POST, PUT: before.PUT, DELETE: before.DELETE });
});

test('adopting twice, or into a ledger that knows everything, changes nothing', async () => {
  const { source, proxy, old, first } = await lost();
  const again = await (await readingBack(proxy, old)).adopt();
  expect(sum(again, 'adopted') + sum(again, 'relinked') + sum(again, 'unnamed')).toBe(0);
  expect(sum(again, 'known')).toBeGreaterThanOrEqual(first.account.created);
  expect((await old.sync(source, { approve: false })).account.unchanged).toBe(first.account.created);
  expect(proxy.writes).toEqual([]);
});

const NO_KEY_CHANGES: readonly Edit[] = [
  { kind: 'student-renamed', pick: 3 },
  { kind: 'teacher-renamed', pick: 1 },
  { kind: 'student-came', pick: 7 },
  { kind: 'grade-changed', pick: 2 },
  { kind: 'class-renamed', pick: 2 },
  { kind: 'course-renamed', pick: 1 },
];

test('the next day, exactly the changes are sent', async () => {
  const both = await Promise.all([lost(), lost()]);
  const results = await Promise.all(
    both.map(async ({ tables, proxy, api, old, fresh }, n) => {
      const ledger = n === 0 ? old : fresh;
      if (n === 1) await (await readingBack(proxy, fresh)).adopt();
      apply(tables, NO_KEY_CHANGES);
      const source = written(tables);
      const world = createWorld('5.2', { studentId: 'identifier' });
      const result = await ledger.sync(source, { approve: false });
      expectAccount(result);
      expect(world.compare(await world.expect(source), (resource) => api.read(resource)).differences).toEqual([]);
      return { account: result.account, writes: counts(proxy.writes) };
    }),
  );
  expect(results[1]).toEqual(results[0]);
  expect(Object.keys(results[0]?.writes ?? {}).length).toBeGreaterThan(4);
});

test('a changed key: the new record is made, and the old one waits for the steward', async () => {
  const { tables, api, proxy, fresh } = await lost();
  await (await readingBack(proxy, fresh)).adopt();
  const before = api.read('ed-fi/studentSchoolAssociations').map(({ id }) => id);
  apply(tables, [{ kind: 'entry-date-moved', pick: 4 }]);
  const source = written(tables);
  const waiting = await fresh.sync(source, { approve: false });
  expectAccount(waiting);
  expect(waiting.state).toBe('waiting');
  expect(proxy.writes).toEqual([]);
  const guard = fresh.events.flatMap((event) => (event.type === 'plan' ? event.plan.guard : []));
  expect(guard).toEqual([
    expect.stringMatching(/^1 of the studentSchoolAssociations that were taken over from the API is not/),
  ]);
  // The plan was looked at and kept; it goes once it is approved.
  const approved = await fresh.sync(source);
  expectAccount(approved);
  expect(approved.account).toMatchObject({ created: 1, updated: 0, deleted: 1, failed: 0 });
  expect(counts(proxy.writes)).toEqual({
    'POST studentSchoolAssociations': 1,
    'DELETE studentSchoolAssociations': 1,
  });
  expect(api.read('ed-fi/studentSchoolAssociations').filter(({ id }) => before.includes(id))).toHaveLength(
    before.length - 1,
  );
  const world = createWorld('5.2', { studentId: 'identifier' });
  expect(world.compare(await world.expect(source), (resource) => api.read(resource)).differences).toEqual([]);
});

test('keys that others are made of: once approved, the API equals the source again', async () => {
  const { tables, api, proxy, fresh } = await lost();
  await (await readingBack(proxy, fresh)).adopt();
  apply(tables, [
    { kind: 'session-renamed', pick: 0 },
    { kind: 'course-recoded', pick: 1 },
    { kind: 'teaching-date-moved', pick: 2 },
    { kind: 'student-renamed', pick: 3 },
  ]);
  const source = written(tables);
  expect((await fresh.sync(source, { approve: false })).state).toBe('waiting');
  expect(proxy.writes).toEqual([]);
  const result = await fresh.sync(source);
  expectAccount(result);
  expect(result.account).toMatchObject({ failed: 0, held: 0 });
  expect(result.account.deleted).toBeGreaterThan(10);
  const world = createWorld('5.2', { studentId: 'identifier' });
  expect(world.compare(await world.expect(source), (resource) => api.read(resource)).differences).toEqual([]);
  // Nothing of it is left to be told: the next sync is quiet.
  proxy.writes.length = 0;
  expect((await fresh.sync(source, { approve: false })).state).toBe('done');
  expect(proxy.writes).toEqual([]);
});

test('what the source does not have is never deleted by itself, however little it is', async () => {
  const { tables, api, proxy, fresh } = await lost();
  await (await readingBack(proxy, fresh)).adopt();
  apply(tables, [{ kind: 'enrollment-dropped', pick: 3 }]);
  const source = written(tables);
  const count = api.read('ed-fi/studentSectionAssociations').length;
  for (let day = 0; day < 2; day++) {
    expect((await fresh.sync(source, { approve: false })).state).toBe('waiting');
    expect(proxy.writes).toEqual([]);
  }
  // Where a connection keeps what vanished there is nothing to wait for.
  const kept = await fresh.sync(source, { approve: false, vanished: 'keep' });
  expect(kept.state).toBe('done');
  expect(api.read('ed-fi/studentSectionAssociations')).toHaveLength(count);
  const approved = await fresh.sync(source);
  expect(approved.account.deleted).toBeGreaterThan(0);
  expect(api.read('ed-fi/studentSectionAssociations')).toHaveLength(count - approved.account.deleted);
});

test('another content at the API is an update by PUT to the id that it has there', async () => {
  const { source, api, proxy, fresh } = await lost();
  const { adopt, client } = await readingBack(proxy, fresh);
  const [student] = api.read('ed-fi/students');
  const { id: _id, ...body } = (await client.page('ed-fi/students', { limit: 1, offset: 0 })).items[0]?.body ?? {};
  expect(
    (await client.put('ed-fi/students', student?.id ?? '', JSON.stringify({ ...body, lastSurname: 'Tampered' })))
      .status,
  ).toBe(204);
  proxy.writes.length = 0;
  await adopt();
  const result = await fresh.sync(source, { approve: false });
  expect(result.account).toMatchObject({ created: 0, updated: 1, deleted: 0 });
  expect(proxy.writes.map(({ method, id }) => `${method} ${id}`)).toEqual([`PUT ${student?.id}`]);
  expect(api.read('ed-fi/students').find(({ id }) => id === student?.id)?.body).toEqual(student?.body);
});

test('a partial ledger keeps what it knows, and ids that are no longer right are put right', async () => {
  const { source, api, proxy, first, fresh, tables } = await lost();
  // Half of the way: the new ledger knows the students only.
  const { adopt, client } = await readingBack(proxy, fresh);
  await adopt();
  const resource = fresh.ledger.resourceId(fresh.connectionId, 'ed-fi/studentSectionAssociations');
  const loaded = fresh.ledger.records.load(resource);
  for (let i = 0; i < loaded.count; i += 2) fresh.ledger.records.remove(resource, keyHashAt(loaded, i));
  // Another system deleted a place and made it again.
  const [place] = api.read('ed-fi/studentSectionAssociations');
  await client.remove('ed-fi/studentSectionAssociations', place?.id ?? '');
  const made = await client.post('ed-fi/studentSectionAssociations', JSON.stringify(place?.body));
  expect(made.status).toBe(201);
  expect(made.id).not.toBe(place?.id);
  proxy.writes.length = 0;

  const counted = (await adopt())['ed-fi/studentSectionAssociations'];
  expect(counted).toMatchObject({ api: loaded.count, unnamed: 0, matched: 0 });
  expect((counted?.adopted ?? 0) + (counted?.known ?? 0) + (counted?.relinked ?? 0)).toBe(loaded.count);
  expect(counted?.adopted).toBeGreaterThanOrEqual(Math.floor(loaded.count / 2));
  const second = await fresh.sync(source, { approve: false });
  expect(second.account).toMatchObject({ created: 0, updated: 0, deleted: 0, unchanged: first.account.created });
  expect(proxy.writes).toEqual([]);
  // A change of the place that was made again goes to its new id.
  const enrollments = table(tables, 'enrollments');
  for (const row of where(enrollments, { role: 'student' })) set(enrollments, row, 'endDate', '2027-02-01');
  await fresh.sync(written(tables));
  const changed = api.read('ed-fi/studentSectionAssociations').find(({ id }) => id === made.id);
  expect(changed?.body.endDate).toBe('2027-02-01');
  expect(proxy.writes.filter(({ method }) => method !== 'PUT')).toEqual([]);
});

test('a made-up date of an adopted record is frozen like that of one that was sent', async () => {
  const source = await district();
  const tables = copyExport(readExport(source));
  const roles = table(tables, 'roles');
  for (const row of roles.rows) set(roles, row, 'beginDate', '');
  const api = await practice();
  const proxy = await startProxy(api);
  const undated = written(tables);
  expect((await direct(proxy).sync(undated)).account).toMatchObject({ failed: 0, rejected: 0 });
  const fresh = direct(proxy);
  await (await readingBack(proxy, fresh)).adopt();
  proxy.writes.length = 0;
  await fresh.sync(undated, { approve: false });
  expect(proxy.writes).toEqual([]);
  // The earliest enrollment, of which the entry date was made, goes away: the date stays all the same.
  const enrollments = table(tables, 'enrollments');
  const [first = []] = where(enrollments, { role: 'student' });
  const student = get(enrollments, first, 'userSourcedId');
  for (const row of where(enrollments, { role: 'student', userSourcedId: student })) {
    set(enrollments, row, 'beginDate', '2026-10-05');
  }
  const next = await fresh.sync(written(tables));
  expect(next.account.failed).toBe(0);
  expect(counts(proxy.writes)).not.toHaveProperty('PUT studentSchoolAssociations');
  expect(counts(proxy.writes)).not.toHaveProperty('POST studentSchoolAssociations');
  expect(Object.keys(counts(proxy.writes)).length).toBeGreaterThan(0);
});

test('a batch that is only planned claims nothing', async () => {
  const { source, proxy, fresh } = await lost();
  await (await readingBack(proxy, fresh)).adopt();
  const resource = fresh.ledger.resourceId(fresh.connectionId, 'ed-fi/students');
  const states = (): number[] => {
    const loaded = fresh.ledger.records.load(resource);
    return [...new Set(Array.from({ length: loaded.count }, (_, i) => stateAt(loaded, i)))];
  };
  expect(states()).toEqual([3]);
  await fresh.sync(source, { planOnly: true });
  expect(states()).toEqual([3]);
  await fresh.sync(source, { approve: false });
  expect(states()).toEqual([1]);
});

test('what was deleted at the API by somebody else is made again after it', async () => {
  const { source, proxy, old } = await lost();
  const reading = await readingBack(proxy, old);
  const [taken] = (await reading.client.page('ed-fi/studentSectionAssociations', { limit: 1, offset: 0 })).items;
  await reading.client.remove('ed-fi/studentSectionAssociations', taken?.id ?? '');
  proxy.writes.length = 0;
  expect(sum(await reading.adopt(), 'forgotten')).toBe(1);
  const again = await old.sync(source);
  expectAccount(again);
  expect(again.account).toMatchObject({ created: 1, updated: 0, deleted: 0 });
  expect(counts(proxy.writes)).toEqual({ 'POST studentSectionAssociations': 1 });
});

test('people whom the API hides from the key are sent once, held by what keeps their association back, and go with it', async () => {
  const clean = await district({ students: 20 });
  const tables = copyExport(readExport(clean));
  const users = table(tables, 'users');
  const [child = []] = where(users, { sourcedId: table(tables, 'demographics').rows[0]?.[0] ?? '' });
  const grade = get(users, child, 'grades');
  set(users, child, 'grades', 'no such grade');
  const source = written(tables);
  const api = await practice();
  const proxy = await startProxy(api);
  const first = await direct(proxy).sync(source);
  // The child and its contacts are at the API; what ties them to the district is not, so no list shows them.
  expect(first.account).toMatchObject({ rejected: 1, failed: 0 });
  const fresh = direct(proxy);
  const adopted = await (await readingBack(proxy, fresh)).adopt();
  const hidden = first.account.created - sum(adopted, 'adopted');
  expect(hidden).toBeGreaterThan(1);
  proxy.writes.length = 0;

  const second = await fresh.sync(source, { approve: false });
  expectAccount(second);
  expect(second.account).toMatchObject({
    created: 0,
    rejected: 1,
    failed: 0,
    held: first.account.held + hidden,
    unchanged: first.account.created - hidden,
  });
  expect(proxy.writes).toHaveLength(hidden);
  // One cause, and all of them wait for it.
  const open = () => fresh.ledger.problems.groups(fresh.connectionId);
  expect(open()).toMatchObject([{ code: 'descriptor-unmapped', records: 1, held: first.account.held + hidden }]);
  proxy.writes.length = 0;
  for (let day = 0; day < 2; day++) {
    const quiet = await fresh.sync(source, { approve: false });
    expectAccount(quiet);
    expect(quiet.account).toEqual(second.account);
    expect(proxy.writes).toEqual([]);
  }
  // Once the association can go, so do they, without being asked for.
  set(users, child, 'grades', grade);
  const corrected = await fresh.sync(written(tables), { approve: false });
  expectAccount(corrected);
  expect(corrected.account).toMatchObject({ rejected: 0, held: 0, failed: 0, deleted: 0 });
  const world = createWorld('5.2', { studentId: 'identifier' });
  const expected = await world.expect(written(tables));
  expect(world.compare(expected, (resource) => api.read(resource)).differences).toEqual([]);
  proxy.writes.length = 0;
  expect((await fresh.sync(written(tables), { approve: false })).account).toMatchObject({ created: 0, updated: 0 });
  expect(proxy.writes).toEqual([]);
});

test('people whom nothing ties to the district are refused once, and not sent again until something does', async () => {
  const tables = copyExport(readExport(await district({ students: 20 })));
  const [id = ''] = table(tables, 'demographics').rows[0] ?? [];
  const without = copyExport(tables);
  for (const [name, column] of [
    ['enrollments', 'userSourcedId'],
    ['roles', 'userSourcedId'],
  ] as const) {
    const of = table(without, name);
    drop(of, (row) => get(of, row, column) === id);
  }
  const api = await practice();
  const proxy = await startProxy(api);
  expect((await direct(proxy).sync(written(without))).account.failed).toBe(0);
  const fresh = direct(proxy);
  await (await readingBack(proxy, fresh)).adopt();
  proxy.writes.length = 0;
  const refused = await fresh.sync(written(without), { approve: false });
  expectAccount(refused);
  // The parents, of whom the export still tells.
  expect(refused.account.failed).toBeGreaterThan(0);
  expect(refused.account.created).toBe(0);
  expect(counts(proxy.writes)).toEqual({ 'POST contacts': refused.account.failed });
  proxy.writes.length = 0;
  expect((await fresh.sync(written(without), { approve: false })).account).toEqual(refused.account);
  expect(proxy.writes).toEqual([]);
  const tied = await fresh.sync(written(tables), { approve: false });
  expectAccount(tied);
  expect(tied.account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
});

test('what was taken over is sent again like what was sent, whether a batch has met it yet or not', async () => {
  const { source, proxy, fresh } = await lost();
  await fresh.sync(source);
  const resource = fresh.ledger.resourceId(fresh.connectionId, 'ed-fi/students');
  const loaded = fresh.ledger.records.load(resource);
  const half = Math.floor(loaded.count / 2);
  for (let i = 0; i < half; i++) fresh.ledger.records.remove(resource, keyHashAt(loaded, i));
  await (await readingBack(proxy, fresh)).adopt();
  const one = keyHashAt(loaded, 0);
  const other = keyHashAt(loaded, half);
  expect(fresh.ledger.records.state(resource, one)).toBe(3);
  const { problemRecords } = fresh.ledger;
  proxy.writes.length = 0;
  const again = (choose: () => void) => fresh.sync('', { source: undefined, choose, approve: false });
  await again(() => expect(problemRecords.resendOne(resource, one)).toBe(1));
  expect(counts(proxy.writes)).toEqual({ 'PUT students': 1 });
  // The batch has met the others, and claimed them.
  expect(fresh.ledger.records.state(resource, keyHashAt(loaded, 1))).toBe(1);
  expect(fresh.ledger.records.state(resource, other)).toBe(1);
  proxy.writes.length = 0;
  await again(() => expect(problemRecords.resend(resource, 0, Date.now())).toBe(loaded.count));
  expect(counts(proxy.writes)).toEqual({ 'PUT students': loaded.count });
});
