/** A ledger that is damaged or gone: set aside, its last good copy in its place, and nothing lost on the way. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { isFailure } from '../../core/errors/failure.ts';
import { copiesIn, copyFile, isSuspected, suspect } from '../../core/ledger/backup.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import {
  behindOf,
  caughtUp,
  describeRestored,
  giveOrder,
  openOrRestore,
  restoredOf,
} from '../../core/ledger/restore.ts';
import { createSeal, type Seal } from '../../core/ledger/seal.ts';
import { asideIn, copyBytes, damages, filesIn, ledgerFile, spoil, spoilInside } from './damage.ts';
import { dataFolder, ledgerIn, refusal, seal } from './folder.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const always = (): boolean => true;

async function open(folder: string, by: Seal = seal, copy?: string) {
  const opened = await openOrRestore({
    folder,
    seal: by,
    random: undefined,
    now: () => NOON,
    beside: ['source'],
    copy,
  });
  onTestFinished(() => opened.ledger.close());
  return opened;
}

async function refused(work: Promise<unknown>): Promise<{ code: string; sentence: string }> {
  const thrown: unknown = await work.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );
  return refusal(() => {
    throw thrown;
  });
}

const names = (ledger: Ledger): string[] => ledger.connections().map(({ name }) => name);

/** A ledger with two copies: `first` is in both, `second` in the newer, `third` in neither. */
async function withCopies(folder = dataFolder()): Promise<string> {
  const ledger = ledgerIn(folder);
  const { id } = ledger.addConnection('first', JSON.stringify({ x: 'x'.repeat(40_000) }), 1);
  ledger.cache(id, 'source', '1', 'of an export', 1);
  ledger.cache(id, 'specification', '1', 'of an API', 1);
  await ledger.copy('daily', always);
  ledger.addConnection('second', '{}', 2);
  await ledger.copy('asked', always);
  // On another day, as far as rotation goes: both are kept, being the last two.
  ledger.addConnection('third', '{}', 3);
  ledger.close();
  expect(copiesIn(folder)).toHaveLength(2);
  return folder;
}

test.each(Object.entries(damages))('when %s: set aside as it is, and the last copy restored', async (_, damage) => {
  const folder = await withCopies();
  damage(ledgerFile(folder));
  const damaged = readFileSync(ledgerFile(folder));
  const before = copyBytes(folder);
  const { ledger, restored } = await open(folder);
  expect(names(ledger)).toEqual(['first', 'second']);
  const [newest] = copiesIn(folder);
  expect(restored).toEqual({
    at: NOON,
    copyAt: newest?.at,
    why: 'damaged',
    aside: 'ledger-damaged-20261121T120000Z.db',
  });
  expect(describeRestored(restored ?? expect.fail())).toMatch(
    /^The ledger was damaged, and its copy of .+ is in its place\. The one from before is kept as ledger-damaged-20261121T120000Z\.db\./,
  );
  expect(readFileSync(path.join(folder, 'ledger-damaged-20261121T120000Z.db')).equals(damaged)).toBe(true);
  expect(statSync(ledgerFile(folder)).mode & 0o777).toBe(0o600);
  expect(copyBytes(folder)).toEqual(before);
  // What it does not know is told, and what it knows of newer files is forgotten.
  const [first, second] = ledger.connections();
  expect(behindOf(ledger)).toEqual([first?.id, second?.id]);
  expect(ledger.cached(first?.id ?? 0, 'source')).toBeUndefined();
  expect(ledger.cached(first?.id ?? 0, 'specification')?.text).toBe('of an API');
  caughtUp(ledger, first?.id ?? 0);
  expect(behindOf(ledger)).toEqual([second?.id]);
  ledger.close();

  // The next start has nothing to do.
  const next = await open(folder);
  expect(next.restored).toBeUndefined();
  expect(restoredOf(next.ledger)).toEqual(restored);
  expect(behindOf(next.ledger)).toEqual([second?.id]);
  expect(filesIn(folder).filter((name) => name.includes('restoring') || name.includes('.new'))).toEqual([]);
});

test('a ledger that is not there although copies are: the last one, and no new ledger', async () => {
  const folder = await withCopies();
  rmSync(ledgerFile(folder));
  const { ledger, restored } = await open(folder);
  expect(names(ledger)).toEqual(['first', 'second']);
  expect(restored).toMatchObject({ why: 'missing', aside: null });
  expect(asideIn(folder)).toEqual([]);
});

test('a folder with neither ledger nor copy gets a new ledger', async () => {
  const { ledger, restored } = await open(dataFolder());
  expect([names(ledger), restored]).toEqual([[], undefined]);
});

test('a copy that is damaged too is passed over; without a good one nothing is changed, in one sentence', async () => {
  const folder = await withCopies();
  const [newer, older] = copiesIn(folder);
  truncateSync(copyFile(folder, newer?.name ?? ''), 5_000);
  spoil(ledgerFile(folder), 0, 1);
  const { ledger } = await open(folder);
  expect(names(ledger)).toEqual(['first']);
  ledger.close();

  spoil(copyFile(folder, older?.name ?? ''), 0, 1);
  spoil(ledgerFile(folder), 0, 1);
  const before = readFileSync(ledgerFile(folder));
  const aside = asideIn(folder);
  expect(await refused(open(folder))).toMatchObject({
    code: 'ledger-damaged',
    sentence: expect.stringMatching(/is damaged, and there is no copy of it that could be used\..+adopt/),
  });
  expect(readFileSync(ledgerFile(folder)).equals(before)).toBe(true);
  expect(asideIn(folder)).toEqual(aside);
});

test('with another key nothing is restored, and the sentence speaks of the key', async () => {
  const folder = await withCopies();
  const other = createSeal(Buffer.alloc(32, 9));
  // The ledger is sound: it is the key that does not fit, and nobody is asked to restore anything.
  expect((await refused(open(folder, other))).sentence).toContain('its key belongs to another ledger');
  spoil(ledgerFile(folder), 0, 1);
  expect(await refused(open(folder, other))).toMatchObject({
    code: 'ledger-damaged',
    sentence: expect.stringContaining('its copies are sealed with another key'),
  });
  expect(asideIn(folder)).toEqual([]);
  expect(names((await open(folder)).ledger)).toEqual(['first', 'second']);
});

test('a log of writes that is torn at its end is read up to there, and nothing is restored', async () => {
  const folder = await withCopies();
  const live = ledgerIn(folder);
  for (let n = 0; n < 20; n++) live.addConnection(`late ${n}`, 'x'.repeat(5_000), n);
  for (const tear of ['cut', 'garbage', 'flipped'] as const) {
    // As a machine without power leaves it: the ledger is not closed.
    const torn = dataFolder();
    cpSync(folder, torn, { recursive: true });
    const wal = `${ledgerFile(torn)}-wal`;
    const { size } = statSync(wal);
    if (tear === 'cut') truncateSync(wal, size - 6_000);
    if (tear === 'garbage') writeFileSync(wal, Buffer.alloc(9_999, 0x5a), { flag: 'a' });
    if (tear === 'flipped') {
      const bytes = readFileSync(wal);
      bytes.fill(0x77, size - 9_000, size - 8_000);
      writeFileSync(wal, bytes);
    }
    const { ledger, restored } = await open(torn);
    expect(restored).toBeUndefined();
    const late = names(ledger).filter((name) => name.startsWith('late')).length;
    expect(late, tear).toBeGreaterThan(10);
    if (tear === 'garbage') expect(late).toBe(20);
    else expect(late, tear).toBeLessThan(20);
    expect(asideIn(torn)).toEqual([]);
    ledger.close();
  }
});

test('a ledger found damaged while it was open is read through when it is opened next', async () => {
  const folder = await withCopies();
  suspect(folder);
  // A false alarm is over with that.
  const { ledger } = await open(folder);
  expect(names(ledger)).toEqual(['first', 'second', 'third']);
  expect(isSuspected(folder)).toBe(false);
  ledger.close();
  suspect(folder);
  spoilInside(ledgerFile(folder));
  expect((await open(folder)).restored?.why).toBe('damaged');
  expect(isSuspected(folder)).toBe(false);
});

test('over a sound ledger only when asked; the one from before is kept, with all that was written into it', async () => {
  const folder = await withCopies();
  const [, older] = copiesIn(folder);
  giveOrder(folder, older?.name ?? '', 'asked', NOON);
  const { ledger, restored } = await open(folder);
  expect(names(ledger)).toEqual(['first']);
  expect(restored).toMatchObject({ why: 'asked', aside: 'ledger-replaced-20261121T120000Z.db' });
  ledger.close();
  // Back again, by hand.
  renameSync(path.join(folder, 'ledger-replaced-20261121T120000Z.db'), ledgerFile(folder));
  expect(names((await open(folder)).ledger)).toEqual(['first', 'second', 'third']);
});

test('an order for a copy that is damaged leaves the ledger as it is, and is forgotten', async () => {
  const folder = await withCopies();
  const [newer] = copiesIn(folder);
  giveOrder(folder, newer?.name ?? '', 'asked', NOON);
  spoil(copyFile(folder, newer?.name ?? ''), 0, 1);
  expect(await refused(open(folder))).toMatchObject({ sentence: expect.stringContaining('left as it is') });
  expect(names((await open(folder)).ledger)).toEqual(['first', 'second', 'third']);
  expect(() => giveOrder(folder, 'ledger-000099-20261121T120000Z-daily.db', 'asked', NOON)).toThrow('no such copy');
});

test('whatever the ledger is like, the copy that is named takes its place; not while another process has it open', async () => {
  const folder = await withCopies();
  const [newer] = copiesIn(folder);
  const name = newer?.name ?? '';
  const held = ledgerIn(folder);
  expect((await refused(open(folder, seal, name))).code).toBe('ledger-in-use');
  expect(asideIn(folder)).toEqual([]);
  held.close();
  // As a newer Rollbook left it: without the name it stays as it is.
  const db = new Database(ledgerFile(folder));
  db.pragma('user_version = 99');
  db.close();
  expect((await refused(open(folder))).code).toBe('ledger-from-future');
  expect((await refused(open(folder, seal, 'ledger-000099-20261121T120000Z-daily.db'))).code).toBe('usage');
  expect((await refused(open(folder))).code).toBe('ledger-from-future');
  expect(names((await open(folder, seal, name)).ledger)).toEqual(['first', 'second']);
  expect(asideIn(folder)).toEqual(['ledger-replaced-20261121T120000Z.db']);
});

test('two that are damaged within a second are both kept', async () => {
  const folder = await withCopies();
  for (let n = 0; n < 2; n++) {
    spoil(ledgerFile(folder), 0, 1);
    (await open(folder)).ledger.close();
  }
  expect(asideIn(folder)).toEqual(['ledger-damaged-20261121T120000Z-2.db', 'ledger-damaged-20261121T120000Z.db']);
});

test('killed before any step: the next start goes on, and the damaged ledger is kept byte for byte', async () => {
  const whole = await withCopies();
  // What lies beside it goes aside as well.
  writeFileSync(`${ledgerFile(whole)}-shm`, Buffer.alloc(5_000, 1));
  spoil(ledgerFile(whole), 0, 1);
  const damaged = readFileSync(ledgerFile(whole));
  const before = copyBytes(whole);
  let killed = 0;
  for (let last = 1; ; last++) {
    const folder = dataFolder();
    cpSync(whole, folder, { recursive: true });
    const run = spawnSync(process.execPath, [child, folder, String(last)], { encoding: 'utf8' });
    if (run.signal === null) {
      expect(run.stderr).toBe('');
      expect(Number(run.stdout)).toBe(last - 1);
      break;
    }
    killed += 1;
    const { ledger } = await open(folder);
    expect(names(ledger), `killed before step ${last}`).toEqual(['first', 'second']);
    expect(behindOf(ledger)).toHaveLength(2);
    ledger.close();
    const aside = asideIn(folder);
    expect(aside.map((name) => name.replace(/\d{8}T\d{6}Z/, 'TIME'))).toEqual([
      'ledger-damaged-TIME.db',
      'ledger-damaged-TIME.db-shm',
    ]);
    expect(readFileSync(path.join(folder, aside[0] ?? '')).equals(damaged)).toBe(true);
    expect(copyBytes(folder)).toEqual(before);
    expect(filesIn(folder).filter((name) => name.includes('restoring') || name.includes('.new'))).toEqual([]);
  }
  expect(killed).toBeGreaterThan(8);
}, 120_000);

test('two that start at once: one restores, the other finds it in use or done', async () => {
  const folder = await withCopies();
  spoil(ledgerFile(folder), 0, 1);
  const both = await Promise.allSettled([open(folder), open(folder)]);
  const opened = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(opened).toHaveLength(1);
  const [refusal] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  expect(isFailure(refusal) && refusal.code).toBe('ledger-in-use');
  expect(asideIn(folder)).toHaveLength(1);
});

/** Somebody without rights of their own: root is refused nothing. */
const NOBODY = 65_534;
const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
const child = path.join(import.meta.dirname, 'restore-child.ts');
const canRun = (): boolean =>
  process.platform !== 'win32' &&
  spawnSync(process.execPath, [child, path.join(tmpdir(), 'rollbook-nowhere', 'none')], asNobody).status === 0;

test.skipIf(!canRun())('what must not be written is left as it is, in one sentence', async () => {
  const open = (folder: string): string => {
    const { stdout, stderr } = spawnSync(process.execPath, [child, folder], { encoding: 'utf8', ...asNobody });
    expect(stderr).toBe('');
    return stdout;
  };
  const stateOf = (folder: string) =>
    filesIn(folder).map((name) => [name, readFileSync(path.join(folder, name), 'hex')]);
  const give = (folder: string): void => {
    if (asNobody.uid === undefined) return;
    for (const name of ['', 'backups', ...filesIn(folder)]) chownSync(path.join(folder, name), NOBODY, NOBODY);
  };
  const sentence = expect.stringMatching(/^ledger-damaged: The data folder cannot be written\.[^\n]+\.$/);

  const sound = await withCopies();
  give(sound);
  const before = stateOf(sound);
  chmodSync(ledgerFile(sound), 0o400);
  expect(open(sound)).toEqual(sentence);
  expect(stateOf(sound)).toEqual(before);
  chmodSync(ledgerFile(sound), 0o600);
  chmodSync(sound, 0o500);
  expect(open(sound)).toEqual(sentence);
  chmodSync(sound, 0o700);
  expect(stateOf(sound)).toEqual(before);

  const damaged = await withCopies();
  spoil(ledgerFile(damaged), 0, 1);
  give(damaged);
  const spoiled = stateOf(damaged);
  chmodSync(path.join(damaged, 'backups'), 0o500);
  expect(open(damaged)).toEqual(sentence);
  expect(stateOf(damaged)).toEqual(spoiled);
});
