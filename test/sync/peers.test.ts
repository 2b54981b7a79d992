/** Ten defects that others were measured to have; each of them is a test here. */
import { expect, test } from 'vitest';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { direct } from './direct.ts';
import { copyExport, type Export, get, readExport, table, writeExport } from './export.ts';
import { type Heard, problem, startProxy } from './proxy.ts';
import { bench, district, expectAccount, newFolder, practice } from './workbench.ts';

const written = (tables: Export): string => writeExport(tables, `${newFolder()}/export`);
const isStudent = (heard: Heard): boolean => heard.method === 'POST' && heard.resource === 'ed-fi/students';

/** A clean district, an API behind a proxy that refuses the first student it hears of as `refuse` says, and a ledger. */
async function withOneRefused(refuse: () => ReturnType<typeof problem> | undefined) {
  const source = await district();
  const api = await practice();
  const proxy = await startProxy(api);
  let refused: unknown;
  proxy.answer = (heard) => {
    if (!isStudent(heard)) return undefined;
    refused ??= heard.body?.studentUniqueId;
    return heard.body?.studentUniqueId === refused ? refuse() : undefined;
  };
  return { source, api, proxy, ...direct(proxy) };
}

test('1: what was refused with 429 counts as failed, never as sent, and goes the next time', async () => {
  let busy = true;
  const { source, sync, proxy } = await withOneRefused(() => (busy ? problem(429, 'too-many-requests') : undefined));
  const first = await sync(source);
  expectAccount(first);
  expect(first.account.failed).toBe(1);
  busy = false;
  proxy.writes.length = 0;
  const second = await sync(source);
  expectAccount(second);
  expect(second.account).toMatchObject({ failed: 0, held: 0, created: 1 + first.account.held });
  expect(proxy.writes).toHaveLength(second.account.created);
});

test('2: dropped sockets do not vanish: every record that was read is accounted for, and is there', async () => {
  const api = await practice({ control: true });
  const { sync } = direct(api, { attempts: 4 });
  api.faults.set({
    seed: 5,
    rules: [
      { when: { share: 0.1 }, fault: { kind: 'drop', moment: 'before' } },
      { when: { share: 0.1 }, fault: { kind: 'drop', moment: 'after' } },
    ],
  });
  const result = await sync(await district());
  expectAccount(result);
  expect(api.faults.counts().drop).toBeGreaterThan(50);
  const { created, skipped, read, failed } = result.account;
  expect({ failed, created }).toEqual({ failed: 0, created: read - skipped });
  expect(api.writes().filter((item) => item.created === 1)).toHaveLength(created);
});

test('3: a token that ends costs one refresh, and a 401 to those under way and to nobody else', async () => {
  const api = await practice({ control: true });
  const { sync } = direct(api);
  api.faults.set({ seed: 5, rules: [{ fault: { kind: 'shortTokens', requests: 300 } }] });
  const result = await sync(await district(), { concurrency: 8 });
  expectAccount(result);
  expect(result.account.failed).toBe(0);
  const renewed = api.requests().token - 1;
  expect(renewed).toBe(Math.floor((result.account.created + result.requests.retries) / 300));
  expect(result.requests.retries).toBeGreaterThanOrEqual(renewed);
  expect(result.requests.retries).toBeLessThanOrEqual(renewed * 8);
});

test('4: a second API gets all of it, from the same ledger', async () => {
  const source = await district();
  const here = direct(await practice());
  const other = await practice();
  const there = direct(other, { ledger: here.ledger, folder: here.folder, name: 'there' });
  const first = await here.sync(source);
  const second = await there.sync(source);
  expectAccount(second);
  expect(second.account).toEqual(first.account);
  expect(other.requests().POST).toBe(first.account.created);
});

test('5: columns and rows in another order send nothing', async () => {
  const source = await district();
  const { sync } = direct(await practice());
  const first = await sync(source);
  const tables = copyExport(readExport(source));
  for (const one of tables.values()) {
    one.header.reverse();
    for (const row of one.rows) row.reverse();
    // The manifest's lines are in an order; those of all else are in none.
    if (one.header.includes('sourcedId')) one.rows.reverse();
  }
  const second = await sync(written(tables));
  expectAccount(second);
  expect(second.account).toMatchObject({ created: 0, updated: 0, deleted: 0, unchanged: first.account.created });
  expect(second.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
});

test('6: equal faults are one group, whatever values their messages quote', async () => {
  junkOnPurpose();
  const proxy = await startProxy(await practice());
  proxy.answer = (heard) =>
    isStudent(heard) ? problem(400, 'bad-request', `Student ${JSON.stringify(heard.body)} is not welcome.`) : undefined;
  const { sync, ledger, connectionId } = direct(proxy);
  const result = await sync(await district());
  expectAccount(result);
  expect(result.account.failed).toBe(20);
  expect(ledger.problems.groups(connectionId)).toMatchObject([{ records: 20, held: result.account.held }]);
});

test('7: one token, however many references and records', async () => {
  const api = await practice();
  const result = await direct(api).sync(await district());
  expect(result.account.created).toBeGreaterThan(500);
  expect(api.requests().token).toBe(1);
});

test('8: a record that always fails makes nothing run again, not even itself', async () => {
  junkOnPurpose();
  const { source, sync, proxy } = await withOneRefused(() => problem(400, 'bad-request'));
  const first = await sync(source);
  expect(first.account.failed).toBe(1);
  proxy.writes.length = 0;
  const second = await sync(source);
  expectAccount(second);
  expect(proxy.writes).toEqual([]);
  expect(second.account).toMatchObject({ unchanged: first.account.created, failed: 1, held: first.account.held });
});

test('9: an interrupted run goes on with the rest', async () => {
  const source = await district();
  const proxy = await startProxy(await practice());
  const { sync } = direct(proxy);
  const stop = new AbortController();
  proxy.answer = () => {
    if (proxy.writes.length === 250) stop.abort();
    return undefined;
  };
  const first = await sync(source, { signal: stop.signal });
  expect(first.state).toBe('stopped');
  const second = await sync(source);
  expectAccount(second);
  expect(second.account).toMatchObject({ unchanged: first.account.created, created: first.left, failed: 0 });
  // Each record was sent once in both runs together.
  expect(proxy.writes).toHaveLength(first.account.created + second.account.created);
});

test('10: no value of a record reaches an event, a notice, a problem or the result', async () => {
  junkOnPurpose();
  const source = await district({ clean: false, students: 30 });
  const proxy = await startProxy(await practice());
  // A server that quotes everything it is sent.
  proxy.answer = (heard) =>
    isStudent(heard) ? problem(400, 'bad-request', `Refused: ${JSON.stringify(heard.body)}`) : undefined;
  const { sync, events } = await bench(proxy);
  const result = await sync(source);
  expect(result.account.failed).toBeGreaterThan(20);
  const users = table(readExport(source), 'users');
  const values = users.rows.flatMap((row) =>
    ['sourcedId', 'identifier', 'username', 'email', 'familyName'].map((column) => get(users, row, column)),
  );
  const said = JSON.stringify([events, result]);
  expect(said.length).toBeGreaterThan(1_000);
  expect(values.filter((value) => value.length > 3 && said.includes(value))).toEqual([]);
});
