/** Batches as a steward steers them: paused and resumed, looked at before, found again after. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../../core/connections/secrets.ts';
import { get, readExport, set, table, where, writeExport } from '../sync/export.ts';
import { startProxy } from '../sync/proxy.ts';
import { bench, district, expectAccount, newFolder, practice } from '../sync/workbench.ts';

test('a paused batch sends nothing, and goes on where it was', async () => {
  const api = await practice();
  const proxy = await startProxy(api);
  const { call, sync, events } = await bench(proxy);
  const source = await district({ students: 20 });
  let pausedAt = 0;
  proxy.answer = () => {
    if (proxy.writes.length === 30 && pausedAt === 0) {
      pausedAt = proxy.writes.length;
      void call('sync.pause', {});
    }
    return undefined;
  };
  const running = sync(source, { concurrency: 4 });
  for (;;) {
    const state = await call('sync.state', {});
    if (state?.paused === true) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // What was on its way arrives and is answered; nothing follows.
  await expect.poll(() => proxy.writes.every(({ status }) => status !== undefined)).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 150));
  const arrived = proxy.writes.length;
  expect(arrived).toBeLessThanOrEqual(30 + 4);
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(proxy.writes.length).toBe(arrived);
  expect(events.findLast(({ type }) => type === 'progress')).toMatchObject({ phase: 'sending', paused: true });
  expect(await call('sync.state', {})).toMatchObject({ connection: 'here', paused: true, by: 'steward' });
  await call('sync.resume', {});
  const result = await running;
  expectAccount(result);
  expect(result).toMatchObject({ state: 'done', account: { failed: 0, held: 0, skipped: expect.any(Number) } });
  expect(proxy.writes.length).toBe(result.account.created);
  expect(await call('sync.state', {})).toBeNull();
  expect(events.filter(({ type }) => type === 'batch').map((event) => (event as { what: string }).what)).toEqual([
    'started',
    'paused',
    'resumed',
    'ended',
  ]);
  const last = events.findLast((event) => event.type === 'progress' && event.resources !== undefined);
  const resources = last?.type === 'progress' ? (last.resources ?? []) : [];
  expect(resources.length).toBeGreaterThan(10);
  for (const { done, total } of resources) expect(done).toBe(total);
  // Paused and then stopped, a batch ends.
  const day2 = await district({ students: 20, day: 2 });
  proxy.answer = ({ method, resource }) => {
    if (resource !== undefined && method !== 'GET') void call('sync.pause', {}).then(() => call('sync.stop', {}));
    return undefined;
  };
  expect(await sync(day2, { concurrency: 1 })).toMatchObject({ state: 'stopped' });
});

test('an update is shown member by member before it is sent', async () => {
  const api = await practice();
  const { call, sync, events, refused } = await bench(api);
  const tables = readExport(await district());
  await sync(writeExport(tables, path.join(newFolder(), 'export')));
  const users = table(tables, 'users');
  const id = get(table(tables, 'demographics'), table(tables, 'demographics').rows[2] ?? [], 'sourcedId');
  const [row = []] = where(users, { sourcedId: id });
  const before = get(users, row, 'givenName');
  set(users, row, 'givenName', 'Another');
  await sync(writeExport(tables, path.join(newFolder(), 'export')), { planOnly: true });
  const plan = events.findLast(({ type }) => type === 'plan');
  const resources = plan?.type === 'plan' ? plan.plan.resources : [];
  const sample = resources.find(({ resource }) => resource === 'ed-fi/students' || resource === 'students')?.samples
    .update[0];
  expect(sample?.body).toContain('Another');
  expect(await call('plan.compare', { connection: 'here', resource: 'students', body: sample?.body ?? '' })).toEqual({
    isThere: true,
    differences: [{ path: 'firstName', before, after: 'Another' }],
  });
  const unknown = JSON.stringify({ ...JSON.parse(sample?.body ?? '{}'), studentUniqueId: 'nobody' });
  expect(await call('plan.compare', { connection: 'here', resource: 'students', body: unknown })).toMatchObject({
    isThere: false,
  });
  expect((await refused('plan.compare', { connection: 'here', resource: 'students', body: 'no json' })).code).toBe(
    'usage',
  );
});

test('a record is found by its identifier, whatever became of it, and can be sent again', async () => {
  const api = await practice();
  const proxy = await startProxy(api);
  const { call, sync, refused } = await bench(proxy);
  expect((await refused('records.search', { connection: 'here', text: '12345' })).sentence).toContain(
    'Nothing was sent',
  );
  const tables = readExport(await district());
  const demographics = table(tables, 'demographics');
  const [born = []] = demographics.rows;
  const lacking = get(demographics, born, 'sourcedId');
  set(demographics, born, 'birthDate', '');
  await sync(writeExport(tables, path.join(newFolder(), 'export')));
  const users = table(tables, 'users');
  const numberOf = (id: string): string => get(users, where(users, { sourcedId: id })[0] ?? [], 'identifier');
  const other = numberOf(get(demographics, demographics.rows[3] ?? [], 'sourcedId'));

  const { found, more } = await call('records.search', { connection: 'here', text: ` ${other} ` });
  expect(more).toBe(false);
  expect(found[0]).toMatchObject({
    resource: 'students',
    state: 'confirmed',
    problem: null,
    identifiers: [{ name: 'studentUniqueId', value: other }],
  });
  // Its reference leads to the same place.
  const [{ reference = '', place = null } = {}] = found;
  expect(place).not.toBeNull();
  expect(await call('records.find', { reference })).toMatchObject({ problem: null });
  expect(await call('records.place', { reference })).toEqual(place);
  expect(found.length).toBeGreaterThan(3);
  expect(found.every(({ identifiers }) => identifiers.some(({ value }) => value === other))).toBe(true);
  proxy.writes.length = 0;
  const again = await call('retry.run', {
    connection: 'here',
    what: { kind: 'reference', reference: found[0]?.reference ?? '' },
  });
  expect(again).toMatchObject({ selected: 1, account: { updated: 1 } });
  expect(proxy.writes).toHaveLength(1);

  const lost = await call('records.search', { connection: 'here', text: numberOf(lacking), limit: 2 });
  expect(lost).toMatchObject({ more: true, found: [{ resource: 'students', state: 'rejected' }, { state: 'held' }] });
  expect(lost.found[0]?.problem).not.toBeNull();
  expect(await call('records.search', { connection: 'here', text: 'nothing like it' })).toEqual({
    found: [],
    more: false,
  });
  const searching = refused('records.search', { connection: 'here', text: other });
  await call('records.stopSearch', {});
  expect(await searching).toMatchObject({ code: 'cancelled', sentence: 'The search was stopped.' });
});

test('an approval is for what was looked at, and for no more', async () => {
  const api = await practice();
  const { call, sync, events } = await bench(api);
  const tables = readExport(await district());
  await sync(writeExport(tables, path.join(newFolder(), 'export')));
  const without = (rows: number): string => {
    const less = readExport(writeExport(tables, path.join(newFolder(), 'export')));
    table(less, 'enrollments').rows.splice(0, rows);
    return writeExport(less, path.join(newFolder(), 'export'));
  };
  const fewer = without(60);
  await sync(fewer, { planOnly: true });
  const event = events.findLast(({ type }) => type === 'plan');
  const plan = event?.type === 'plan' ? event.plan : undefined;
  expect(plan?.guard.length).toBeGreaterThan(0);
  const approved = Object.fromEntries(
    (plan?.resources ?? []).map(({ resource, updates, deletes, replaced }) => [
      resource,
      { changes: updates + replaced, deletes: deletes - replaced },
    ]),
  );
  const before = (await api.requests()).DELETE;
  // The export has lost more meanwhile.
  expect(await sync(without(90), { approve: true, approved })).toMatchObject({ state: 'waiting' });
  expect((await api.requests()).DELETE).toBe(before);
  const [batch] = (await call('batches.list', { connection: 'here' })).batches;
  expect(batch).toMatchObject({ state: 'waiting', account: { deleted: 0 } });
  expect(await sync(fewer, { approve: true, approved })).toMatchObject({ state: 'done' });
  expect((await api.requests()).DELETE).toBeGreaterThan(before);
});

test('a reading back tells that it began, how far of how many it is, and how it ended', async () => {
  const api = await practice();
  const proxy = await startProxy(api);
  const { call, sync, events, refused } = await bench(proxy);
  await sync(await district());
  const heard = async (command: 'audit.run' | 'adopt.run', work: () => Promise<unknown>) => {
    events.length = 0;
    await work();
    const told = events.filter(({ type }) => type === 'batch');
    expect(told[0]).toEqual({ type: 'batch', connection: 'here', by: 'steward', kind: 'read-back', what: 'started' });
    expect(events.at(-1)).toMatchObject({ type: 'batch', kind: 'read-back', what: 'ended' });
    expect(events[0]).toBe(told[0]);
    expect(told).toHaveLength(2);
    expect(await call('sync.state', {}), command).toBeNull();
    return events.filter((event) => event.type === 'progress');
  };
  for (const command of ['audit.run', 'adopt.run'] as const) {
    const progress = await heard(command, () => call(command, { connection: 'here' }));
    const last = progress.at(-1);
    expect(last?.total, command).toBeGreaterThan(500);
    expect(last?.done).toBe(last?.total);
    expect(new Set(progress.map(({ total }) => total)).size).toBe(1);
    expect(events.at(-1)).toMatchObject({ state: 'done' });
  }
  // Of a window nobody knows before how much there is in it.
  const window = await heard('audit.run', () => call('audit.run', { connection: 'here' }));
  expect(window.every(({ total }) => total === undefined)).toBe(true);

  await heard('audit.run', () => {
    const stopped = refused('audit.run', { connection: 'here', full: true });
    void call('sync.stop', {});
    return stopped;
  });
  expect(events.at(-1)).toMatchObject({ state: 'stopped' });
  const meanwhile = call('audit.run', { connection: 'here', full: true });
  expect(await call('sync.state', {})).toMatchObject({ connection: 'here', kind: 'read-back' });
  events.length = 0;
  // What is refused because of it tells nothing of its own.
  expect((await refused('adopt.run', { connection: 'here' })).code).toBe('ledger-in-use');
  expect(events.filter(({ type }) => type === 'batch')).toEqual([]);
  await meanwhile;
});

/** A district that was sent, and an export of it that has lost a third of its enrollments. */
async function thinned() {
  const api = await practice();
  const made = await bench(api);
  const tables = readExport(await district());
  await made.sync(writeExport(tables, path.join(newFolder(), 'export')));
  const less = readExport(writeExport(tables, path.join(newFolder(), 'export')));
  const gone = table(less, 'enrollments').rows.splice(0, 60);
  return { api, ...made, tables, less, gone, source: writeExport(less, path.join(newFolder(), 'less')) };
}

test('what would be deleted is shown as the last export had it', async () => {
  const { call, sync, events, source, refused } = await thinned();
  await sync(source, { planOnly: true });
  const event = events.findLast(({ type }) => type === 'plan');
  const rows = event?.type === 'plan' ? event.plan.resources.filter(({ deletes }) => deletes > 0) : [];
  const row = rows.find(({ resource }) => resource === 'ed-fi/studentSectionAssociations');
  expect(row?.samples.delete).toHaveLength(5);
  const samples = row?.samples.delete ?? [];
  const found = await call('plan.deleted', {
    connection: 'here',
    resource: 'ed-fi/studentSectionAssociations',
    samples: [...samples, '0'.repeat(16)],
  });
  expect(found).toHaveLength(6);
  expect(found.at(-1)).toBeNull();
  for (const one of found.slice(0, 5)) {
    expect(one).toMatchObject({ file: 'enrollments.csv' });
    expect(one?.row).toBeLessThanOrEqual(61);
    expect(Object.keys(JSON.parse(one?.body ?? '{}'))).toEqual(
      expect.arrayContaining(['sectionReference', 'studentReference']),
    );
  }
  // A row of a class that goes on for several terms makes a record of each, so rows may repeat, records not.
  expect(new Set(found.map((one) => `${one?.row} ${one?.body}`)).size).toBe(6);
  // A resource that nothing was sent of has nothing to show.
  expect(await call('plan.deleted', { connection: 'here', resource: 'grades', samples })).toEqual(
    samples.map(() => null),
  );
  expect((await refused('plan.deleted', { connection: 'here', resource: 'students', samples: ['x'] })).code).toBe(
    'usage',
  );
});

test('a batch that waits is there after a restart, and goes as it was looked at', async () => {
  const { api, folder, keychain, sync, close, source, less, gone } = await (async () => {
    const keychain = createMemoryStore();
    const api = await practice();
    const made = await bench(api, { keychain });
    const tables = readExport(await district());
    await made.sync(writeExport(tables, path.join(newFolder(), 'export')));
    const less = readExport(writeExport(tables, path.join(newFolder(), 'export')));
    const gone = table(less, 'enrollments').rows.splice(0, 60);
    return { api, ...made, keychain, less, gone, source: writeExport(less, path.join(newFolder(), 'less')) };
  })();
  const waited = await sync(source, { approve: false });
  expect(waited.state).toBe('waiting');
  await close();

  const { call, events, refused } = await bench(api, { folder, keychain, connect: false });
  const { batches } = await call('batches.list', { connection: 'here' });
  const [newest, first] = batches;
  expect(newest).toMatchObject({ state: 'waiting' });
  const id = newest?.id ?? 0;
  const shown = await call('batches.show', { connection: 'here', id });
  expect(shown).toMatchObject({
    state: 'waiting',
    by: 'steward',
    left: waited.account.skipped - (first?.account?.skipped ?? 0),
    waiting: { source, export: 'same', retry: false },
  });
  expect(shown.guard.length).toBeGreaterThan(0);
  expect(shown.plan?.guard).toEqual(shown.guard);
  const sections = shown.plan?.resources.find(({ resource }) => resource === 'ed-fi/studentSectionAssociations');
  expect(sections?.deletes).toBeGreaterThan(30);
  expect(sections?.samples.delete).toHaveLength(5);
  // The samples are found though this engine has never seen the plan.
  const found = await call('plan.deleted', {
    connection: 'here',
    resource: sections?.resource ?? '',
    samples: sections?.samples.delete ?? [],
  });
  expect(found.every((one) => one?.file === 'enrollments.csv')).toBe(true);

  // One more is gone by now: that is not what was looked at.
  const kept = table(less, 'enrollments').rows.splice(0, 1);
  writeExport(less, source);
  expect(await call('batches.show', { connection: 'here', id })).toMatchObject({ waiting: { export: 'changed' } });
  const before = (await api.requests()).DELETE;
  const answer = await refused('sync.run', { connection: 'here', approves: id });
  expect(answer).toMatchObject({ code: 'usage', sentence: expect.stringContaining('has changed since') });
  expect((await api.requests()).DELETE).toBe(before);
  // As it was again, it goes, and no more than it said.
  table(less, 'enrollments').rows.unshift(...kept);
  writeExport(less, source);
  events.length = 0;
  const approved = await call('sync.run', { connection: 'here', approves: id });
  expect(approved).toMatchObject({ state: 'done', account: { failed: 0 } });
  const deletes = shown.plan?.resources.reduce((sum, one) => sum + one.deletes, 0);
  expect(approved.account.deleted).toBe(deletes);
  expect((await api.requests()).DELETE).toBe(before + (deletes ?? 0));
  expect(gone).toHaveLength(60);

  const after = await call('batches.show', { connection: 'here', id });
  expect(after).toMatchObject({ waiting: null, plan: shown.plan, approved: true });
  expect((await refused('sync.run', { connection: 'here', approves: id })).sentence).toContain('does not wait');
  const [done] = (await call('batches.list', { connection: 'here' })).batches;
  expect(await call('batches.show', { connection: 'here', id: done?.id ?? 0 })).toMatchObject({
    ...done,
    guard: shown.guard,
    left: 0,
    why: null,
    plan: null,
    waiting: null,
  });
  expect((await refused('batches.show', { connection: 'here', id: 999 })).sentence).toContain('999');
});

test('what was to be sent again, and waits, goes when it is approved', async () => {
  // Another ledger has sent more than this one's export has: once taken over, it waits to be deleted.
  const { api, source } = await thinned();
  const { call, sync } = await bench(api);
  await sync(source);
  await call('adopt.run', { connection: 'here' });
  const before = await api.requests();
  const again = await call('retry.run', {
    connection: 'here',
    what: { kind: 'resource', resource: 'students', confirmed: true },
  });
  expect(again).toMatchObject({ state: 'waiting' });
  expect(again.selected).toBeGreaterThan(10);
  const [newest] = (await call('batches.list', { connection: 'here' })).batches;
  const id = newest?.id ?? 0;
  const { waiting, plan } = await call('batches.show', { connection: 'here', id });
  expect(waiting).toEqual({ source: null, export: 'same', retry: false });
  const approved = await call('sync.run', { connection: 'here', approves: id });
  expect(approved).toMatchObject({ state: 'done', account: { updated: again.selected, failed: 0 } });
  const after = await api.requests();
  expect(after.PUT).toBe(before.PUT + again.selected);
  expect(approved.account.deleted).toBe(plan?.resources.reduce((sum, one) => sum + one.deletes, 0));
  expect(after.DELETE).toBeGreaterThan(before.DELETE);
});

test('a batch that ended early says how much it left, and why', async () => {
  const api = await practice();
  const proxy = await startProxy(api);
  const { call, sync } = await bench(proxy);
  proxy.answer = () => {
    if (proxy.writes.length === 40) void call('sync.stop', {});
    return undefined;
  };
  const result = await sync(await district(), { concurrency: 2 });
  expect(result.state).toBe('stopped');
  const [batch] = (await call('batches.list', { connection: 'here' })).batches;
  expect(await call('batches.show', { connection: 'here', id: batch?.id ?? 0 })).toMatchObject({
    state: 'stopped',
    stoppedBy: 'cancelled',
    why: result.stopped?.sentence,
    left: result.left,
    resources: result.resources,
    timings: { connections: expect.any(Number), totalMs: expect.any(Number) },
    guard: [],
  });
});
