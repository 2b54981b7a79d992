/** Causes, the records behind them, and what a steward decides: through the engine, over real HTTP, in a real ledger. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyExport, drop, type Export, get, readExport, set, table, where, writeExport } from '../sync/export.ts';
import { problem, startProxy } from '../sync/proxy.ts';
import { bench, district, expectAccount, newFolder, practice } from '../sync/workbench.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';

const written = (tables: Export): string => writeExport(tables, path.join(newFolder(), 'export'));

/** A district in which one student has no birth date. */
async function withoutBirthDate() {
  const tables = readExport(await district());
  const demographics = table(tables, 'demographics');
  const [row = []] = demographics.rows;
  const birthDate = get(demographics, row, 'birthDate');
  const id = get(demographics, row, 'sourcedId');
  set(demographics, row, 'birthDate', '');
  const mended = copyExport(tables);
  const [there = []] = where(table(mended, 'demographics'), { sourcedId: id });
  set(table(mended, 'demographics'), there, 'birthDate', birthDate);
  return { broken: tables, mended, id, birthDate };
}

describe('a cause', () => {
  test('is new, ongoing, resolved and regressed, with its trend', async () => {
    const { broken, mended } = await withoutBirthDate();
    const api = await practice();
    const { sync, call } = await bench(api);
    const list = (show: 'open' | 'resolved' | 'all' = 'open') => call('problems.list', { connection: 'here', show });

    await sync(written(broken));
    const first = await list();
    expect(first.groups).toHaveLength(1);
    const [cause] = first.groups;
    expect(cause).toMatchObject({ state: 'new', code: 'required-missing', records: 1, occurrences: 1 });
    expect(cause!.held).toBeGreaterThan(5);
    expect(first.open).toEqual({ causes: 1, records: 1, held: cause!.held });

    await sync(written(broken));
    expect((await list()).groups).toMatchObject([{ group: cause!.group, state: 'ongoing', occurrences: 1 }]);

    await sync(written(mended));
    expect((await list()).groups).toEqual([]);
    expect(await list('resolved')).toMatchObject({
      groups: [{ group: cause!.group, state: 'resolved', records: 0, held: 0 }],
      resolved: 1,
    });

    // The same student loses the date again: its old item stays, and so do those that refer to it.
    await sync(written(broken));
    expect((await list()).groups).toMatchObject([
      { group: cause!.group, state: 'regressed', records: 1, occurrences: 2 },
    ]);

    const { resources, trend } = await call('problems.group', { connection: 'here', group: cause!.group });
    expect(resources[0]).toMatchObject({ resource: 'students', records: 1 });
    expect(trend.map(({ records }) => records)).toEqual([1, 1, 0, 1]);
    expect(trend[0]?.held).toBe(cause!.held);
  });

  test('that is ignored is off the list and back on it; one marked as fixed shows whether it is', async () => {
    const { broken, mended } = await withoutBirthDate();
    const api = await practice();
    const { sync, call, refused } = await bench(api);
    await sync(written(broken));
    const { groups } = await call('problems.list', { connection: 'here' });
    const group = groups[0]?.group ?? '';
    const states = async () =>
      (await call('problems.list', { connection: 'here', show: 'all' })).groups.map(({ state }) => state);

    expect(await call('problems.ignore', { connection: 'here', group, ignore: true })).toMatchObject({ records: 1 });
    expect(await call('problems.list', { connection: 'here' })).toMatchObject({
      groups: [],
      hidden: 1,
      open: { causes: 0, records: 0, held: 0 },
    });
    // What is ignored stays so from batch to batch.
    const ignored = await sync(written(broken));
    expect(ignored.problems).toEqual([]);
    expect(ignored.account.rejected).toBe(1);
    expect(await states()).toEqual(['ignored']);
    await call('problems.ignore', { connection: 'here', group, ignore: false });
    expect(await states()).toEqual(['ongoing']);

    await call('problems.fixed', { connection: 'here', group, fixed: true });
    expect(await states()).toEqual(['fixed']);
    await sync(written(broken));
    expect(await states()).toEqual(['regressed']);
    await call('problems.fixed', { connection: 'here', group, fixed: true });
    await sync(written(mended));
    expect(await states()).toEqual(['resolved']);

    expect(
      (await refused('problems.ignore', { connection: 'here', group: 'G-2222-22', ignore: true })).sentence,
    ).toContain('no cause G-2222-22');
  });

  test('that is over can be cleared, which deletes nothing before its time; one that is not over cannot', async () => {
    const { broken, mended } = await withoutBirthDate();
    const api = await practice();
    let now = Date.UTC(2026, 0, 5);
    const { sync, call, refused } = await bench(api, { now: () => now });
    await sync(written(broken));
    const [cause] = (await call('problems.list', { connection: 'here' })).groups;
    const group = cause?.group ?? '';
    expect((await refused('problems.clear', { connection: 'here', group })).sentence).toContain(
      'Ignore it, or mark it as fixed',
    );
    expect(await call('problems.clear', { connection: 'here' })).toEqual({ causes: 0, entries: 0, at: now });

    await sync(written(mended));
    // It can be walked back from: of what was cleared then, or of one cause.
    expect(await call('problems.clear', { connection: 'here' })).toEqual({ causes: 1, entries: 1, at: now });
    const back = { connection: 'here', clear: false };
    expect(await call('problems.clear', { ...back, since: now + 1 })).toMatchObject({ causes: 0, entries: 0 });
    expect(await call('problems.list', { connection: 'here', show: 'resolved' })).toMatchObject({ groups: [] });
    expect(await call('problems.clear', { ...back, since: now })).toMatchObject({ causes: 1, entries: 1 });
    expect(await call('problems.list', { connection: 'here', show: 'resolved' })).toMatchObject({
      groups: [{ group }],
      resolved: 1,
    });
    expect(await call('problems.clear', { connection: 'here', group })).toMatchObject({ causes: 1, entries: 1 });
    expect(await call('problems.clear', { ...back, group })).toMatchObject({ causes: 1, entries: 1 });
    expect(await call('problems.clear', { connection: 'here', group })).toMatchObject({ causes: 1, entries: 1 });
    expect(await call('problems.list', { connection: 'here', show: 'all' })).toMatchObject({ groups: [], resolved: 0 });
    // Hidden, and still there: by its reference it is found.
    expect(await call('problems.group', { connection: 'here', group })).toMatchObject({ group: { state: 'resolved' } });

    await call('settings.change', { problemDays: 30 });
    now += 20 * 86_400_000;
    await sync(written(mended));
    expect(await call('problems.group', { connection: 'here', group })).toMatchObject({ group: { occurrences: 1 } });
    now += 20 * 86_400_000;
    await sync(written(mended));
    expect((await refused('problems.group', { connection: 'here', group })).sentence).toContain(`no cause ${group}`);
  });
});

test('a record is shown as it is in the export, as it was mapped, sent and answered, with what waits for it', async () => {
  junkOnPurpose();
  const { broken } = await withoutBirthDate();
  const api = await practice();
  const proxy = await startProxy(api);
  const other = get(table(broken, 'demographics'), table(broken, 'demographics').rows[4] ?? [], 'sourcedId');
  const users = table(broken, 'users');
  const unlucky = get(users, where(users, { sourcedId: other })[0] ?? [], 'identifier');
  proxy.answer = ({ method, resource, body }) =>
    method === 'POST' && resource === 'ed-fi/students' && body?.studentUniqueId === unlucky
      ? problem(400, 'bad-request', `said of ${unlucky}, word for word`)
      : undefined;
  const { sync, call, refused } = await bench(proxy);
  await sync(written(broken));
  const { groups } = await call('problems.list', { connection: 'here' });
  const rejected = groups.find(({ code }) => code === 'required-missing');
  const failed = groups.find(({ code }) => code === 'unclassified');

  const { records } = await call('problems.records', { connection: 'here', group: rejected!.group });
  expect(records).toHaveLength(1 + rejected!.held);
  expect(records[0]).toMatchObject({ resource: 'students', state: 'rejected', kind: 'create', file: 'users.csv' });
  expect(records.slice(1).every(({ state }) => state === 'held')).toBe(true);
  const one = await call('problems.record', { connection: 'here', id: records[0]!.id });
  expect(one).toMatchObject({
    cause: { group: rejected!.group },
    // The log names some records of each cause.
    reference: expect.stringMatching(/^R-/),
    sent: null,
    answer: null,
    confirmed: null,
    issues: [{ code: 'required-missing', path: '$.birthDate', value: null }],
    history: [{ code: 'required-missing', status: null }],
    source: { table: 'users', file: 'users.csv', row: records[0]!.row },
  });
  const cells = Object.fromEntries(one.source?.cells.map(({ column, value }) => [column, value]) ?? []);
  expect(JSON.parse(one.mapped ?? '')).toMatchObject({
    studentUniqueId: cells.identifier,
    lastSurname: cells.familyName,
  });
  expect(one.dependants.reduce((sum, { records: count }) => sum + count, 0)).toBe(rejected!.held);

  const waiting = await call('problems.records', {
    connection: 'here',
    group: rejected!.group,
    waitingFor: records[0]!.id,
    limit: 3,
  });
  expect(waiting.records).toHaveLength(3);
  const held = await call('problems.record', { connection: 'here', id: waiting.records[0]!.id });
  expect(held).toMatchObject({ cause: { group: rejected!.group }, sent: null, history: [] });

  const [refusedOne] = (await call('problems.records', { connection: 'here', group: failed!.group })).records;
  expect(refusedOne).toMatchObject({ state: 'failed', status: 400 });
  const shown = await call('problems.record', { connection: 'here', id: refusedOne!.id });
  expect(shown).toMatchObject({
    sent: { method: 'POST', resource: 'ed-fi/students', id: null, body: shown.mapped },
    answer: { status: 400, correlationId: '0f0f0f0f-1111' },
  });
  expect(shown.answer?.text).toContain(`said of ${unlucky}, word for word`);
  expect(JSON.parse(shown.mapped ?? '')).toMatchObject({ studentUniqueId: unlucky });

  // A reference is made at first need, stays, and leads back here only.
  const { reference } = await call('records.reference', { connection: 'here', id: refusedOne!.id });
  expect(reference).toMatch(/^R-[0-9A-Z]{4}-[0-9A-Z]{2}$/);
  expect((await call('records.reference', { connection: 'here', id: refusedOne!.id })).reference).toBe(reference);
  expect(await call('records.find', { reference: reference.toLowerCase() })).toMatchObject({
    connection: 'here',
    resource: 'students',
    problem: { id: refusedOne!.id },
    confirmed: null,
    history: [{ code: 'unclassified', status: 400 }],
  });
  proxy.answer = () => undefined;
  await call('retry.run', { connection: 'here', what: { kind: 'reference', reference } });
  const found = await call('records.find', { reference });
  expect(found).toMatchObject({ problem: null, history: [{ code: 'unclassified' }] });
  expect(found.confirmed?.id).toMatch(/^[0-9a-f]{32}$/);
  const elsewhere = await bench(api);
  expect((await elsewhere.refused('records.find', { reference })).sentence).toContain('belong to the data folder');
  expect((await refused('problems.record', { connection: 'here', id: 999_999 })).code).toBe('usage');
});

test('rows of an export that waits for approval are never taken from the copy of the one before', async () => {
  const { broken } = await withoutBirthDate();
  const api = await practice();
  const { sync, call } = await bench(api);
  await sync(written(broken));
  const shorter = copyExport(broken);
  // So many vanish that the plan waits for approval.
  let nth = 0;
  drop(table(shorter, 'enrollments'), () => nth++ % 2 === 0);
  const waiting = await sync(written(shorter), { approve: false });
  expect(waiting.state).toBe('waiting');
  const [cause] = (await call('problems.list', { connection: 'here' })).groups;
  const [record] = (await call('problems.records', { connection: 'here', group: cause!.group })).records;
  expect(await call('problems.record', { connection: 'here', id: record!.id })).toMatchObject({ source: null });
});

describe('sending again', () => {
  /** A server that refuses some records for good until it is told to take them. */
  async function stubborn() {
    junkOnPurpose();
    const source = await district({ students: 30 });
    const api = await practice();
    const proxy = await startProxy(api);
    let refusing = true;
    const isRefused = new Set(['ed-fi/students', 'ed-fi/staffs']);
    proxy.answer = ({ method, resource, body }) =>
      refusing && method === 'POST' && isRefused.has(resource ?? '') && JSON.stringify(body).length % 2 === 0
        ? problem(400, resource === 'ed-fi/staffs' ? 'bad-request' : 'bad-request:data-validation-failed', 'no')
        : undefined;
    const made = await bench(proxy);
    const result = await made.sync(source);
    expect(result.account.failed).toBeGreaterThan(5);
    proxy.writes.length = 0;
    const take = (): void => {
      refusing = false;
    };
    return { ...made, source, proxy, result, take };
  }

  test('a cause sends what failed for it and what waits for it, and nothing else', async () => {
    const { call, proxy, result, take } = await stubborn();
    const [big, small] = result.problems;
    expect(result.problems).toHaveLength(2);
    take();
    const looked = await call('retry.run', {
      connection: 'here',
      what: { kind: 'group', group: big!.group },
      planOnly: true,
    });
    expect(looked).toMatchObject({ state: 'planned', selected: big!.records + big!.held });
    expect(proxy.writes).toEqual([]);
    const plain = await call('retry.run', { connection: 'here', what: { kind: 'group', group: small!.group } });
    expectAccount(plain);
    expect(plain).toMatchObject({ state: 'done', selected: small!.records + small!.held });
    expect(proxy.writes.length).toBe(plain.account.created);
    expect(plain.account.created).toBe(small!.records + small!.held);
    expect((await call('problems.list', { connection: 'here' })).groups).toMatchObject([
      { group: big!.group, records: big!.records, held: big!.held },
    ]);
  });

  test('one record goes alone; the others stay as they are', async () => {
    const { call, proxy, result, take } = await stubborn();
    take();
    const group = result.problems.find(({ resource }) => resource === 'students')?.group ?? '';
    const { records } = await call('problems.records', { connection: 'here', group });
    const again = await call('retry.run', { connection: 'here', what: { kind: 'record', id: records[0]!.id } });
    expect(again.selected).toBe(1);
    const students = proxy.writes.filter(({ resource }) => resource === 'ed-fi/students');
    expect(students.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(again.account.failed).toBe(result.account.failed - 1);
  });

  test('one that is held takes with it what it waits for', async () => {
    const { call, proxy, result, take } = await stubborn();
    take();
    const group = result.problems.find(({ resource }) => resource === 'students')?.group ?? '';
    const { records } = await call('problems.records', { connection: 'here', group, limit: 500 });
    const held = records.find(({ state, resource }) => state === 'held' && resource === 'studentSchoolAssociations');
    await call('retry.run', { connection: 'here', what: { kind: 'record', id: held!.id } });
    expect(proxy.writes.filter(({ resource }) => resource === 'ed-fi/students')).toHaveLength(1);
    const after = await call('problems.records', { connection: 'here', group, limit: 500 });
    expect(after.records.length).toBeLessThan(records.length);
  });

  test('a resource, within a span of time, with what was confirmed then', async () => {
    const source = await district({ students: 20 });
    const api = await practice();
    const proxy = await startProxy(api);
    let now = Date.UTC(2026, 8, 1);
    const { sync, call, refused } = await bench(proxy, { now: () => now });
    await sync(source);
    proxy.writes.length = 0;
    const span = (since: number, until: number) =>
      call('retry.run', {
        connection: 'here',
        what: { kind: 'resource', resource: 'studentSchoolAssociations', since, until, confirmed: true },
      });
    expect(await span(now + 1, now + 1000)).toMatchObject({ selected: 0, account: { updated: 0, created: 0 } });
    expect(proxy.writes).toEqual([]);
    now += 86_400_000;
    const again = await span(now - 2 * 86_400_000, now);
    expect(again.selected).toBe(20);
    expect(again.account).toMatchObject({ updated: 20, created: 0, failed: 0 });
    expect(new Set(proxy.writes.map(({ resource }) => resource))).toEqual(new Set(['ed-fi/studentSchoolAssociations']));
    // Confirmed today: yesterday has none any more.
    expect(await span(now - 2 * 86_400_000, now - 1000)).toMatchObject({ selected: 0 });
    expect(
      (await refused('retry.run', { connection: 'here', what: { kind: 'resource', resource: 'nonsense' } })).sentence,
    ).toContain('no such resource');
  });

  test('needs an export that was sent, and does without its files', async () => {
    const api = await practice();
    const { refused } = await bench(api);
    expect((await refused('retry.run', { connection: 'here', what: { kind: 'failed' } })).sentence).toContain(
      'Run a sync first',
    );

    const { call, source, result, take } = await stubborn();
    for (const file of readdirSync(source)) expect(file).toMatch(/csv$/);
    const { rmSync } = await import('node:fs');
    rmSync(source, { recursive: true });
    take();
    const all = await call('retry.run', { connection: 'here', what: { kind: 'failed' } });
    expect(all.account).toMatchObject({ failed: 0, held: 0, created: result.account.failed + result.account.held });
  });
});

test('the fix list names school, row and value, and goes where it is told', async () => {
  const { broken, id } = await withoutBirthDate();
  const api = await practice();
  const { sync, call } = await bench(api);
  await sync(written(broken));
  const out = path.join(newFolder(), 'lists');
  mkdirSync(out);
  const file = path.join(out, 'fix.csv');
  expect(await call('fixList.write', { connection: 'here', format: 'csv', out: file })).toEqual({
    files: [file],
    rows: 1,
  });
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('birthDate');
  expect(text).toContain(id);
  const perSchool = await call('fixList.write', {
    connection: 'here',
    format: 'xlsx',
    out: path.join(out, 'schools'),
    perSchool: true,
  });
  expect(perSchool.files).toHaveLength(1);
  expect(perSchool.files[0]).toMatch(/fix-list-\d+ \(personal data\)\.xlsx$/);
});

test('causes and records are paged by key, without a gap and without a repetition', async () => {
  const source = await district({ clean: false, students: 80 });
  const api = await practice();
  const { sync, call } = await bench(api);
  await sync(source);
  const all = await call('problems.list', { connection: 'here', limit: 500 });
  const paged = [];
  for (let after: string | undefined; ; ) {
    const page = await call('problems.list', {
      connection: 'here',
      limit: 2,
      ...(after === undefined ? {} : { after }),
    });
    paged.push(...page.groups);
    if (page.next === null) break;
    after = page.next;
  }
  expect(paged).toEqual(all.groups);
  expect(paged.length).toBeGreaterThan(2);
  const group = all.groups[0]!.group;
  const ids: number[] = [];
  for (let after: string | undefined; ; ) {
    const page = await call('problems.records', {
      connection: 'here',
      group,
      limit: 7,
      ...(after === undefined ? {} : { after }),
    });
    ids.push(...page.records.map(({ id }) => id));
    if (page.next === null) break;
    after = page.next;
  }
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBe(all.groups[0]!.records + all.groups[0]!.held);
});
