/** A ledger that is copied every day, and one that is damaged: restored, brought up to date, and nothing sent twice. */
import { mkdirSync, rmdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryStore } from '../../core/connections/secrets.ts';
import type { EngineEvent } from '../../core/contract/schemas.ts';
import { createEngine } from '../../core/engine.ts';
import { startEngine } from '../../core/engine-host.ts';
import { isFailure } from '../../core/errors/failure.ts';
import { backupFolder, copiesIn, copyFile, isSuspected } from '../../core/ledger/backup.ts';
import type { Timers } from '../../core/sources/watch.ts';
import { asideIn, damages, filesIn, ledgerFile, spoil } from '../ledger/damage.ts';
import { apply } from '../sync/edits.ts';
import { createWorld } from '../sync/expectation.ts';
import { copyExport, readExport, writeExport } from '../sync/export.ts';
import { type Bench, bench, district, expectAccount, newFolder, practice } from '../sync/workbench.ts';

const DAY = 86_400_000;
const NOON = new Date(2026, 10, 21, 12).getTime();

type Api = Awaited<ReturnType<typeof practice>>;

/** @param before the exports that were sent before it, in their order: dates that were made up for them stay */
async function expectEqual(api: Api, source: string, ...before: readonly string[]): Promise<void> {
  const world = createWorld('5.2', { studentId: 'identifier' });
  for (const earlier of before) await world.expect(earlier);
  expect(world.compare(await world.expect(source), (resource) => api.read(resource)).differences).toEqual([]);
}

const writes = (api: Api): Record<string, number> => {
  const { POST, PUT, DELETE } = api.requests();
  return { POST, PUT, DELETE };
};

interface Scene {
  readonly api: Api;
  readonly folder: string;
  readonly keychain: ReturnType<typeof createMemoryStore>;
  readonly first: string;
  /** The export of the second day, which was sent after the last copy. */
  readonly second: string;
  open(): Promise<Bench>;
}

/** Two days: a copy was made after the first, and the second brought creates, updates and deletes. */
async function scene(options: Parameters<typeof district>[0] = {}): Promise<Scene> {
  const api = await practice();
  const folder = newFolder();
  const keychain = createMemoryStore();
  const here = await bench(api, { folder, keychain, vanished: 'delete' });
  const first = await district({ students: 60, ...options });
  await here.sync(first);
  expect(copiesIn(folder)).toMatchObject([{ kind: 'daily', number: 1 }]);
  const second = await district({ students: 60, day: 2, ...options });
  const { account } = await here.sync(second);
  expect(account.created).toBeGreaterThan(0);
  expect(account.updated).toBeGreaterThan(0);
  expect(account.deleted).toBeGreaterThan(0);
  // The day has its copy.
  expect(copiesIn(folder)).toHaveLength(1);
  await here.close();
  return { api, folder, keychain, first, second, open: () => bench(api, { folder, keychain, connect: false }) };
}

test.each(Object.entries(damages))(
  'when %s: restored, brought up to date, and nothing is sent twice',
  async (_, damage) => {
    const { api, folder, first, second, open } = await scene();
    damage(ledgerFile(folder));
    const there = await open();
    const [notice] = there.events;
    expect(notice).toMatchObject({ type: 'notice', code: 'ledger-restored' });
    expect(asideIn(folder)).toHaveLength(1);
    const shown = await there.call('backups.show', {});
    expect(shown.restored).toMatchObject({ why: 'damaged', behind: ['here'], copyAt: shown.copies[0]?.at });
    expect(notice).toMatchObject({ sentence: shown.restored?.sentence });

    const before = writes(api);
    // Nobody is there to approve anything.
    const result = await there.sync(second, { approve: false });
    expectAccount(result);
    expect(result.state).toBe('done');
    expect(result.account).toMatchObject({ created: 0, updated: 0, deleted: 0 });
    expect(result.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
    expect(writes(api)).toEqual(before);
    expect((await there.call('backups.show', {})).restored?.behind).toEqual([]);
    await expectEqual(api, second, first);

    // From then on it is a ledger like any other: only what changes is sent, and nothing is read back.
    const again = await there.sync(second, { approve: false });
    expect(again.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
    expect(again.requests.GET).toBeLessThan(result.requests.GET);
  },
);

test('restored while the export goes on: the third day sends its own changes and no others', async () => {
  const { api, folder, first, second, open } = await scene();
  const tables = copyExport(readExport(second));
  apply(tables, [
    { kind: 'student-renamed', pick: 3 },
    { kind: 'student-came', pick: 7 },
    { kind: 'grade-changed', pick: 2 },
    { kind: 'course-renamed', pick: 1 },
  ]);
  const third = writeExport(tables, path.join(newFolder(), 'export'));
  // What an undamaged ledger would send.
  const twin = await scene();
  const expected = await (await twin.open()).sync(third);
  spoil(ledgerFile(folder), 0, 1);
  const there = await open();
  const result = await there.sync(third);
  expectAccount(result);
  expect(result.account).toMatchObject({ failed: 0, held: 0, rejected: expected.account.rejected });
  expect(result.requests).toMatchObject({
    POST: expected.requests.POST,
    PUT: expected.requests.PUT,
    DELETE: expected.requests.DELETE,
  });
  await expectEqual(api, third, first, second);
});

/** The connections that a copy knows. */
const connectionsIn = (folder: string, copy: string): unknown => {
  const db = new Database(copyFile(folder, copy), { readonly: true });
  try {
    return db.prepare('SELECT name FROM connection ORDER BY id').pluck().all();
  } finally {
    db.close();
  }
};

test('a connection that is removed goes from the copies, too', async () => {
  const { folder, open } = await scene();
  const there = await open();
  await there.call('backups.make', {});
  expect(copiesIn(folder).map(({ name }) => connectionsIn(folder, name))).toEqual([['here'], ['here']]);
  await there.call('connections.remove', { name: 'here' });
  const left = copiesIn(folder);
  expect(left).toMatchObject([{ kind: 'daily', number: 3 }]);
  expect(left.map(({ name }) => connectionsIn(folder, name))).toEqual([[]]);
  expect((await there.call('backups.show', {})).copies).toHaveLength(1);
});

test('where the new copy cannot be made, those with a removed connection stay until one can', async () => {
  const { api, folder, first, open } = await scene();
  const there = await open();
  const more = { name: 'there', url: api.url, key: api.key, studentId: 'identifier', test: false } as const;
  await there.call('connections.add', more);
  const inTheWay = path.join(backupFolder(folder), 'what-is-no-file.part');
  mkdirSync(inTheWay);
  await there.call('connections.remove', { name: 'here' });
  expect((await there.call('connections.list', {})).map(({ name }) => name)).toEqual(['there']);
  expect(copiesIn(folder)).toMatchObject([{ number: 1 }]);
  expect(there.events.filter((event) => event.type === 'notice')).toMatchObject([{ code: 'ledger-not-copied' }]);
  await there.close();

  rmdirSync(inTheWay);
  const again = await open();
  await again.sync(first, { connection: 'there' });
  const left = copiesIn(folder);
  expect(left).toMatchObject([{ number: 2 }]);
  expect(left.map(({ name }) => connectionsIn(folder, name))).toEqual([['there']]);
});

test('a plan over a restored ledger reads back first, and adopt does it too', async () => {
  const { folder, second, open } = await scene();
  spoil(ledgerFile(folder), 0, 1);
  const there = await open();
  const plan = await there.sync(second, { planOnly: true, approve: false });
  const planned = there.events.flatMap((event) => (event.type === 'plan' ? event.plan.resources : []));
  expect(plan.state).toBe('planned');
  expect(planned.reduce((sum, { creates, updates, deletes }) => sum + creates + updates + deletes, 0)).toBe(0);
  await there.close();

  spoil(ledgerFile(folder), 0, 1);
  const once = await open();
  expect((await once.call('backups.show', {})).restored?.behind).toEqual(['here']);
  await once.call('adopt.run', { connection: 'here' });
  expect((await once.call('backups.show', {})).restored?.behind).toEqual([]);
  expect((await once.sync(second, { approve: false })).requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
});

test('an API that is away: nothing is sent before what it has was read', async () => {
  const { api, folder, keychain, second } = await scene();
  spoil(ledgerFile(folder), 0, 1);
  const { secret } = api;
  const there = await bench({ ...api, secret }, { folder, keychain, connect: false });
  await there.call('connections.update', { name: 'here', url: 'http://127.0.0.1:9/', test: false });
  expect((await there.refused('sync.run', { connection: 'here', source: second })).code).toBe('api-unreachable');
  expect((await there.call('backups.show', {})).restored?.behind).toEqual(['here']);
  await there.call('connections.update', { name: 'here', url: api.url, test: false });
  expect((await there.sync(second, { approve: false })).requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
});

test('damaged while it is open: the command ends in a sentence, and the engine is opened anew and restored', async () => {
  const { api, folder, keychain, second, open } = await scene();
  const db = new Database(ledgerFile(folder));
  const pages = statSync(ledgerFile(folder)).size / 4096;
  // More than SQLite keeps in memory, so that what was read through is read from the disk again.
  const fill = db.prepare("INSERT INTO setting VALUES ('filler ' || ?, ?)");
  db.transaction(() => {
    for (let n = 0; n < 400; n++) fill.run(n, 'x'.repeat(100_000));
  })();
  db.close();
  const restarts: number[] = [];
  const engine = await createEngine({
    folder,
    keychain,
    secret: api.secret,
    now: Date.now,
    emit: () => undefined,
    restart: () => restarts.push(1),
  });
  spoil(ledgerFile(folder), Math.ceil(pages / 2), Math.floor(pages / 2));
  const answer = await engine.handle('sync.run', { connection: 'here', source: second });
  expect(answer).toMatchObject({
    error: { code: 'ledger-damaged', sentence: expect.stringContaining('The next start of Rollbook') },
  });
  expect(restarts).toHaveLength(1);
  expect(isSuspected(folder)).toBe(true);
  await engine.close();
  const there = await open();
  expect((await there.call('backups.show', {})).restored).toMatchObject({ why: 'damaged' });
  expect((await there.sync(second, { approve: false })).requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
});

test('its key missing: a sentence about the key, and nothing is changed', async () => {
  const { api, folder } = await scene();
  spoil(ledgerFile(folder), 0, 1);
  const before = filesIn(folder).filter((name) => !name.startsWith('logs'));
  const thrown: unknown = await bench(api, { folder, keychain: createMemoryStore(), connect: false }).catch(
    (reason: unknown) => reason,
  );
  expect(isFailure(thrown) && thrown.message).toMatch(/key is not in this account's keychain/);
  expect(filesIn(folder).filter((name) => !name.startsWith('logs'))).toEqual(before);
});

test('a copy is asked for, listed, and put in the ledger’s place when the steward says which', async () => {
  const { folder, second, open } = await scene();
  const here = await open();
  const made = await here.call('backups.make', {});
  expect(made.kind).toBe('asked');
  await here.call('connections.update', { name: 'here', newName: 'there', test: false });
  const { copies, restored, trouble } = await here.call('backups.show', {});
  expect([copies[0], restored, trouble]).toEqual([made, null, null]);
  expect(
    (await here.refused('backups.restore', { copy: 'ledger-000009-20261121T120000Z-daily.db' })).sentence,
  ).toContain('Nothing was changed');
  await here.call('backups.restore', { copy: made.copy });
  await here.close();
  const again = await open();
  expect((await again.call('connections.list', {})).map(({ name }) => name)).toEqual(['here']);
  expect((await again.call('backups.show', {})).restored).toMatchObject({ why: 'asked', behind: ['here'] });
  expect(asideIn(folder)).toEqual([expect.stringMatching(/^ledger-replaced-/)]);
  expect((await again.sync(second, { approve: false })).requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
});

test('no copy can be made: the batch goes on, a notice once a day, and the settings say why', async () => {
  const api = await practice();
  let now = NOON;
  const here = await bench(api, { now: () => now });
  writeFileSync(backupFolder(here.folder), 'in the way');
  const source = await district();
  const noticed = () => here.events.filter((event) => event.type === 'notice' && event.code === 'ledger-not-copied');
  expect((await here.sync(source)).state).toBe('done');
  expect((await here.sync(source)).state).toBe('done');
  expect(noticed()).toHaveLength(1);
  expect((await here.call('backups.show', {})).trouble).toContain('cannot be written');
  rmSync(backupFolder(here.folder));
  now += DAY;
  await here.call('backups.make', {});
  expect((await here.call('backups.show', {})).trouble).toBeNull();
});

test('a host that stays looks from time to time: one copy a day, none while a batch runs', async () => {
  const api = await practice();
  const keychain = createMemoryStore();
  const folder = newFolder();
  const here = await bench(api, { folder, keychain });
  await here.close();
  expect(copiesIn(folder)).toEqual([]);
  let now = NOON;
  const alarms = new Set<() => void>();
  const timers: Timers = {
    elapsed: () => now,
    after(_, run) {
      alarms.add(run);
      return () => void alarms.delete(run);
    },
  };
  const engine = await createEngine({
    folder,
    keychain,
    secret: api.secret,
    host: 'desktop',
    now: () => now,
    emit: () => undefined,
    timers,
  });
  const ring = async (): Promise<void> => {
    const due = [...alarms];
    alarms.clear();
    for (const run of due) run();
    // Another look is arranged when this one is over.
    await expect.poll(() => alarms.size).toBeGreaterThan(0);
    await engine.handle('backups.show', {});
  };
  for (let n = 0; n < 5; n++) await ring();
  await expect.poll(() => copiesIn(folder).length).toBe(1);
  now += DAY;
  for (let n = 0; n < 5; n++) await ring();
  await expect.poll(() => copiesIn(folder).length).toBe(2);
  // The clock goes back a day, and ahead again.
  for (const jump of [-DAY, DAY, -DAY, DAY]) {
    now += jump;
    for (let n = 0; n < 3; n++) await ring();
  }
  expect(copiesIn(folder).map(({ number }) => number)).toEqual([2, 1]);
  await engine.close();
});

test('an engine that is closed while it copies leaves no half of one', async () => {
  const { folder, open } = await scene();
  const here = await open();
  const making = here.refused('backups.make', {}).catch(() => undefined);
  await here.close();
  await making;
  expect(filesIn(backupFolder(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  truncateSync(ledgerFile(folder), 0);
  expect((await (await open()).call('backups.show', {})).restored?.why).toBe('damaged');
});

test('in its own thread: when a restore is asked for, the engine answers, ends, and does it when it is started again', async () => {
  const api = await practice();
  const folder = newFolder();
  const data = { folder, secrets: 'none', secret: api.secret } as const;
  const engine = await startEngine(data, () => undefined);
  onTestFinished(() => engine.close());
  const key = { key: api.key, secretFile: path.join(newFolder(), 'secret') };
  writeFileSync(key.secretFile, api.secret);
  await engine.call('connections.add', { name: 'here', url: api.url, ...key, studentId: 'identifier', test: false });
  const { copy } = await engine.call('backups.make', {});
  await engine.call('connections.update', { name: 'here', newName: 'there', test: false });
  expect(await engine.call('backups.restore', { copy })).toEqual({});
  await engine.ended;
  const events: EngineEvent[] = [];
  const again = await startEngine(data, (event) => void events.push(event));
  onTestFinished(() => again.close());
  expect(events).toMatchObject([{ type: 'notice', code: 'ledger-restored' }]);
  expect((await again.call('connections.list', {})).map(({ name }) => name)).toEqual(['here']);
});
