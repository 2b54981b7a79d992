/** A process that is killed in the middle loses nothing, and what was confirmed is not sent again. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openLedger } from '../../core/ledger/ledger.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { apply, type Edit } from './edits.ts';
import { createWorld } from './expectation.ts';
import { copyExport, readExport, writeExport } from './export.ts';
import { type Listening, startProxy } from './proxy.ts';
import { bench, district, expectAccount, newFolder, practice } from './workbench.ts';

const CHILD = fileURLToPath(new URL('./kill-child.ts', import.meta.url));

/** Runs a batch in a child and kills it as soon as `enough` says so. @returns whether it was killed before its end */
async function runAndKill(
  folder: string,
  source: string,
  secret: string,
  enough: (line: string) => boolean,
): Promise<boolean> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, folder, source], {
    env: { ...process.env, ROLLBOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  let line = '';
  child.stdout.on('data', (chunk: Buffer) => {
    line = chunk.toString('utf8');
    if (enough(line)) child.kill('SIGKILL');
  });
  const watch = setInterval(() => {
    if (enough(line)) child.kill('SIGKILL');
  }, 1);
  const signal = await ended;
  clearInterval(watch);
  return signal === 'SIGKILL';
}

/** How many records the ledger of a dead process holds as confirmed. */
function confirmedIn(folder: string): number {
  const key = Buffer.from(readFileSync(path.join(folder, 'ledger.key'), 'utf8'), 'base64');
  const ledger = openLedger(folder, createSeal(key));
  try {
    return ledger.connections().reduce((sum, { id }) => sum + ledger.confirmedCount(id), 0);
  } finally {
    ledger.close();
  }
}

const posts = (proxy: Listening): number => proxy.writes.filter(({ method }) => method === 'POST').length;

test('killed while planning and at several points of sending, the next run goes on to the same end', async () => {
  const api = await practice({ latencyMs: 1 });
  const proxy = await startProxy(api);
  const folder = newFolder();
  const source = await district({ students: 25, seed: 5, clean: false });
  const world = createWorld('5.2', { studentId: 'identifier' });
  const expected = await world.expect(source);
  const total = [...expected.items.values()].reduce((sum, items) => sum + items.size, 0);
  const setup = await bench(proxy, { folder, keychain: undefined });
  await setup.close();

  // While planning nothing has been sent, and nothing is known.
  expect(await runAndKill(folder, source, api.secret, (line) => line.startsWith('reading'))).toBe(true);
  expect(posts(proxy)).toBe(0);
  expect(confirmedIn(folder)).toBe(0);

  let before = 0;
  for (const share of [0.03, 0.35, 0.8]) {
    const sent = posts(proxy);
    expect(await runAndKill(folder, source, api.secret, () => posts(proxy) >= total * share)).toBe(true);
    const confirmed = confirmedIn(folder);
    expect(confirmed).toBeGreaterThan(before);
    // Sent and not confirmed is only what was under way: never more than two for each connection.
    expect(posts(proxy) - sent - (confirmed - before)).toBeLessThanOrEqual(16);
    before = confirmed;
  }

  const last = await bench(proxy, { folder, keychain: undefined, connect: false });
  const sent = posts(proxy);
  const result = await last.sync(source);
  expectAccount(result);
  expect(result.account).toMatchObject({
    created: total - before,
    unchanged: before,
    updated: 0,
    deleted: 0,
    failed: 0,
  });
  // A person whose first POST was cut off is refused once, until its association makes it ours.
  const people = proxy.writes
    .slice(-(posts(proxy) - sent))
    .filter(({ resource }) => /students|staffs|contacts$/.test(resource ?? ''));
  expect(posts(proxy) - sent - result.account.created).toBeLessThanOrEqual(people.length);
  expect(posts(proxy) - sent - result.account.created).toBeLessThanOrEqual(8);
  expect(world.compare(expected, (resource) => api.read(resource))).toEqual({ differences: [], stuck: 0 });

  const perKey = new Map<string, number>();
  for (const { method, resource, body } of proxy.writes) {
    if (method !== 'POST') continue;
    const key = `${resource} ${JSON.stringify(body)}`;
    perKey.set(key, (perKey.get(key) ?? 0) + 1);
  }
  // Four cuts with at most eight under way each.
  expect([...perKey.values()].filter((count) => count > 1).length).toBeLessThanOrEqual(3 * 16);
  expect(Math.max(...perKey.values())).toBeLessThanOrEqual(5);
  await last.close();
});

test('killed in the middle of updates, key changes and deletes', async () => {
  const api = await practice({ latencyMs: 1 });
  const proxy = await startProxy(api);
  const folder = newFolder();
  const source = await district({ students: 25, seed: 9 });
  const world = createWorld('5.2', { studentId: 'identifier' });
  const setup = await bench(proxy, { folder, keychain: undefined });
  const first = await world.expect(source);
  await setup.sync(source);
  expect(world.compare(first, (resource) => api.read(resource)).differences).toEqual([]);
  await setup.close();

  const edits: Edit[] = [
    { kind: 'session-renamed', pick: 1 },
    { kind: 'entry-date-moved', pick: 2 },
    { kind: 'teaching-date-moved', pick: 3 },
    { kind: 'course-recoded', pick: 4 },
    { kind: 'student-left', pick: 5 },
    { kind: 'student-came', pick: 6 },
    { kind: 'student-renamed', pick: 7 },
  ];
  const tables = copyExport(readExport(source));
  apply(tables, edits);
  const next = writeExport(tables, path.join(folder, 'next'));
  const expected = await world.expect(next);
  for (const share of [15, 60, 130]) {
    const start = proxy.writes.length;
    expect(await runAndKill(folder, next, api.secret, () => proxy.writes.length - start >= share)).toBe(true);
  }
  const last = await bench(proxy, { folder, keychain: undefined, connect: false });
  const result = await last.sync(next);
  expectAccount(result);
  expect(result).toMatchObject({ state: 'done', account: { failed: 0 }, problems: [] });
  expect(world.compare(expected, (resource) => api.read(resource))).toEqual({ differences: [], stuck: 0 });
  const again = await last.sync(next);
  expect(again.account).toMatchObject({ created: 0, updated: 0, deleted: 0, failed: 0 });
  await last.close();
});
