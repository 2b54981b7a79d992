/** Copies of a ledger: whole or not there, enough of them and not too many, whatever the clock and the disk do. */
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import {
  backupFolder,
  type Copy,
  type CopyKind,
  conditionOf,
  copiesIn,
  copyBeforeMigration,
  copyFile,
  copyLedger,
  isDue,
  outdated,
} from '../../core/ledger/backup.ts';
import { type Ledger, openLedger } from '../../core/ledger/ledger.ts';
import { migrate, SCHEMA_VERSION } from '../../core/ledger/migrations.ts';
import { RecordState } from '../../core/ledger/records.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { damages, filesIn, ledgerFile, spoilInside } from './damage.ts';
import { dataFolder, ledgerIn, refusal, seal } from './folder.ts';

const DAY = 86_400_000;
const NOON = new Date(2026, 10, 21, 12).getTime();
const always = (): boolean => true;

const asRefused = async (work: Promise<unknown>): Promise<{ code: string; sentence: string }> => {
  const thrown: unknown = await work.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );
  return refusal(() => {
    throw thrown;
  });
};

/** A ledger of some hundred kilobytes. */
function filled(folder: string, records = 2_000): { ledger: Ledger; resourceId: number } {
  const ledger = ledgerIn(folder);
  const { id } = ledger.addConnection('here', '{}', 1);
  const resourceId = ledger.resourceId(id, 'ed-fi/students');
  ledger.transaction(() => {
    for (let n = 0; n < records; n++) confirm(ledger, resourceId, n);
  });
  return { ledger, resourceId };
}

function confirm(ledger: Ledger, resourceId: number, n: number): void {
  const hash = (bytes: number): Buffer => Buffer.from(seal.digest(String(n)), 'latin1').subarray(0, bytes);
  ledger.records.confirm(
    resourceId,
    { keyHash: hash(16), fullHash: hash(12), sourceHash: hash(8), apiId: undefined, state: RecordState.confirmed },
    1,
  );
}

test('a copy has all that the ledger has, is one file for its owner alone, and is sealed with the same key', async () => {
  const folder = dataFolder();
  const { ledger } = filled(folder);
  const copy = await ledger.copy('asked', always);
  expect(copiesIn(folder)).toEqual([copy]);
  expect(filesIn(backupFolder(folder))).toEqual([copy?.name]);
  const file = copyFile(folder, copy?.name ?? '');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(backupFolder(folder)).mode & 0o777).toBe(0o700);
  expect(conditionOf(file, seal)).toBe('good');
  expect(conditionOf(file, createSeal(Buffer.alloc(32, 4)))).toBe('other-key');
  const db = new Database(file, { readonly: true });
  expect(db.prepare('SELECT count(*) FROM record').pluck().get()).toBe(2_000);
  expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
  // Looking at it left nothing beside it.
  db.close();
  expect(filesIn(backupFolder(folder))).toEqual([copy?.name]);
});

test('what is written while it is being made is in it, and the ledger is never locked', async () => {
  const folder = dataFolder();
  const { ledger, resourceId } = filled(folder, 60_000);
  const making = ledger.copy('asked', always);
  let turns = 0;
  let isDone = false;
  void making.then(() => {
    isDone = true;
  });
  while (!isDone && turns < 500) {
    ledger.transaction(() => confirm(ledger, resourceId, 1_000_000 + turns));
    turns += 1;
    await turn();
  }
  const copy = await making;
  // In steps: other work had its turn in between.
  expect(turns).toBeGreaterThan(3);
  const db = new Database(copyFile(folder, copy?.name ?? ''), { readonly: true });
  expect(db.prepare('SELECT count(*) FROM record').pluck().get()).toBeGreaterThan(60_000);
  db.close();
  expect(ledger.records.count(resourceId)).toBe(60_000 + turns);
});

test('a copy that a batch ends leaves nothing, and so does one that a process was killed in', async () => {
  const folder = dataFolder();
  const { ledger } = filled(folder, 40_000);
  let asked = 0;
  expect(await ledger.copy('daily', () => ++asked < 2)).toBeUndefined();
  expect(filesIn(backupFolder(folder))).toEqual([]);
  writeFileSync(path.join(backupFolder(folder), 'ledger-000001-20261121T120000Z-daily.db.part'), 'cut off');
  writeFileSync(path.join(backupFolder(folder), 'ledger-000001-20261121T120000Z-daily.db.part-journal'), 'cut off');
  writeFileSync(path.join(backupFolder(folder), 'notes.txt'), 'a person’s own');
  const copy = await ledger.copy('daily', always);
  expect(filesIn(backupFolder(folder))).toEqual([copy?.name, 'notes.txt']);
});

test('a transaction that is open while a copy is made does not get into it when it is taken back', async () => {
  const folder = dataFolder();
  const { ledger, resourceId } = filled(folder, 60_000);
  let steps = 0;
  const copy = await ledger.copy('asked', () => {
    steps += 1;
    if (steps === 2) {
      ledger.begin();
      for (let n = 0; n < 5_000; n++) confirm(ledger, resourceId, 500_000 + n);
    }
    if (steps === 3) ledger.rollback();
    return true;
  });
  expect(steps).toBeGreaterThan(3);
  const db = new Database(copyFile(folder, copy?.name ?? ''), { readonly: true });
  expect(db.prepare('SELECT count(*) FROM record').pluck().get()).toBe(60_000);
  db.close();
});

test('a disk with too little room: one sentence, the oldest copies go before that, the last two never', async () => {
  const folder = dataFolder();
  const db = new Database(':memory:');
  migrate(db);
  let free = Number.MAX_SAFE_INTEGER;
  const copyAt = (day: number): Promise<Copy | undefined> =>
    copyLedger(db, { folder, seal, now: () => NOON + day * DAY, freeBytes: () => free }, 'daily', always);
  for (let day = 0; day < 5; day++) await copyAt(day);
  expect(copiesIn(folder).map(({ number }) => number)).toEqual([5, 4, 3, 2, 1]);
  free = 1024;
  expect(await asRefused(copyAt(5))).toMatchObject({
    code: 'disk-full',
    sentence: expect.stringMatching(/too little room for a copy of the ledger\. Make room for \d+ MB/),
  });
  expect(copiesIn(folder).map(({ number }) => number)).toEqual([5, 4]);
  const file = (number: number): boolean => copiesIn(folder).some((copy) => copy.number === number);
  free = Number.MAX_SAFE_INTEGER;
  await copyAt(6);
  expect([file(4), file(5), file(6)]).toEqual([true, true, true]);
  db.close();
});

const copy = (number: number, at: number, kind: CopyKind = 'daily', bytes = 1): Copy => ({
  name: `${number}`,
  number,
  kind,
  at,
  bytes,
});

test('a day has one copy, whatever the clock does', () => {
  const copies: Copy[] = [];
  const tick = (at: number): boolean => {
    const due = isDue(copies, at);
    if (due) copies.unshift(copy(copies.length + 1, at));
    return due;
  };
  expect(tick(NOON)).toBe(true);
  expect(tick(NOON + 60_000)).toBe(false);
  // A day ahead, and back, and ahead: one copy for that day, and none each minute.
  expect(tick(NOON + DAY)).toBe(true);
  for (let minute = 2; minute < 60; minute++) {
    expect(tick(NOON + minute * 60_000)).toBe(false);
    expect(tick(NOON + DAY + minute * 60_000)).toBe(false);
  }
  // A day back.
  expect(tick(NOON - DAY)).toBe(true);
  expect(tick(NOON)).toBe(false);
  expect(outdated(copies)).toEqual([]);
  // One from before a migration is not the day's.
  expect(isDue([copy(1, NOON, 'migration')], NOON)).toBe(true);
});

test('of each of the last seven days the newest is kept, of two migrations the copy from before', () => {
  const week = Array.from({ length: 10 }, (_, n) => copy(10 - n, NOON - n * DAY));
  expect(outdated(week).map(({ number }) => number)).toEqual([3, 2, 1]);
  const twice = [copy(4, NOON, 'asked'), copy(3, NOON, 'asked'), copy(2, NOON), copy(1, NOON - DAY)];
  expect(outdated(twice).map(({ number }) => number)).toEqual([2]);
  const migrations = [4, 3, 2, 1].map((number) => copy(number, NOON - number * DAY, 'migration'));
  expect(outdated([copy(9, NOON), ...migrations]).map(({ number }) => number)).toEqual([2, 1]);
  // By number, not by clock: a year that a clock dreamt of does not outlive what came after it.
  const dreamt = [...Array.from({ length: 7 }, (_, n) => copy(20 - n, NOON - n * DAY)), copy(5, NOON + 4_000 * DAY)];
  expect(outdated(dreamt).map(({ number }) => number)).toEqual([5]);
  // Large ones: the last two, whatever they take.
  const large = week.map((one) => ({ ...one, bytes: 3 * 1024 ** 3 }));
  expect(outdated(large).map(({ number }) => number)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
});

test('links and folders with a copy’s name are none', async () => {
  const folder = dataFolder();
  const { ledger } = filled(folder, 10);
  await ledger.copy('asked', always);
  const [{ name } = { name: '' }] = copiesIn(folder);
  symlinkSync(copyFile(folder, name), path.join(backupFolder(folder), 'ledger-000008-20261121T120000Z-daily.db'));
  mkdirSync(path.join(backupFolder(folder), 'ledger-000009-20261121T120000Z-daily.db'));
  expect(copiesIn(folder).map((one) => one.name)).toEqual([name]);
});

test.each(Object.entries(damages))('a copy is not good when %s', async (_, damage) => {
  const folder = dataFolder();
  const { ledger } = filled(folder);
  const made = await ledger.copy('asked', always);
  const file = copyFile(folder, made?.name ?? '');
  damage(file);
  expect(conditionOf(file, seal)).toBe('damaged');
});

test('a ledger that is damaged while it is open gives no copy, and says so', async () => {
  const folder = dataFolder();
  const { ledger } = filled(folder, 40_000);
  const before = await ledger.copy('asked', always);
  ledger.close();
  spoilInside(ledgerFile(folder));
  // As a large one is opened: not read through.
  const db = new Database(ledgerFile(folder));
  const thrown = await asRefused(copyLedger(db, { folder, seal, now: () => NOON }, 'daily', always));
  db.close();
  expect(thrown.code).toBe('ledger-damaged');
  expect(copiesIn(folder)).toEqual([before]);
});

test('before a migration a copy is made of the ledger as it was; the one of a format that is known is not copied', () => {
  const folder = dataFolder();
  const raw = new Database(ledgerFile(folder));
  migrate(raw, 1);
  raw.exec("INSERT INTO connection (id, name, profile, created_at) VALUES (1, 'here', '{}', 1)");
  raw.close();
  const ledger = openLedger(folder, seal, undefined, () => NOON);
  ledger.close();
  openLedger(folder, seal).close();
  const copies = copiesIn(folder);
  expect(copies).toMatchObject([{ kind: 'migration', at: Math.floor(NOON / 1000) * 1000, number: 1 }]);
  const file = copyFile(folder, copies[0]?.name ?? '');
  expect(conditionOf(file, seal)).toBe('good');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const copied = new Database(file, { readonly: true });
  expect(copied.pragma('user_version', { simple: true })).toBe(1);
  expect(copied.prepare('SELECT name FROM connection').pluck().all()).toEqual(['here']);
  copied.close();
});

test('where no copy can be made there is no migration: one sentence, and the ledger as it was', () => {
  const folder = dataFolder();
  const raw = new Database(ledgerFile(folder));
  migrate(raw, 1);
  raw.close();
  // A file where the folder would be.
  writeFileSync(backupFolder(folder), 'in the way');
  expect(refusal(() => openLedger(folder, seal)).code).toBe('ledger-damaged');
  const again = new Database(ledgerFile(folder), { readonly: true });
  expect(again.pragma('user_version', { simple: true })).toBe(1);
  again.close();
});

test('a disk with too little room for the copy from before a migration: a sentence with how much, and no copy', () => {
  const folder = dataFolder();
  const db = new Database(ledgerFile(folder));
  migrate(db, 1);
  expect(
    refusal(() => copyBeforeMigration(db, { folder, seal, now: () => NOON, freeBytes: () => 1024 })),
  ).toMatchObject({
    code: 'disk-full',
    sentence: expect.stringMatching(/first makes a copy of it as it is.+Make room for \d+ MB.+nothing was changed/),
  });
  db.close();
  expect(filesIn(folder)).toEqual(['ledger.db']);
});
