/** Batches as a steward steers them: paused and resumed, looked at before, found again after. */
import path from 'node:path';
import { expect, test } from 'vitest';
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
  // What was on its way arrives; nothing follows.
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
