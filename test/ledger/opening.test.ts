import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { ledgerExists, openLedger } from '../../core/ledger/ledger.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from '../../core/ledger/migrations.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { dataFolder, ledgerIn, refusal, seal } from './folder.ts';

const fileIn = (folder: string): string => path.join(folder, 'ledger.db');

test('a new folder gets a ledger of this version, for its owner alone', () => {
  const folder = path.join(dataFolder(), 'new', 'deep');
  expect(ledgerExists(folder)).toBe(false);
  const ledger = openLedger(folder, seal);
  expect(ledger.connections()).toEqual([]);
  ledger.close();
  expect(ledgerExists(folder)).toBe(true);
  expect(statSync(fileIn(folder)).mode & 0o077).toBe(0);
  const raw = new Database(fileIn(folder), { readonly: true });
  expect(raw.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
  expect(raw.pragma('application_id', { simple: true })).toBe(APPLICATION_ID);
  expect(raw.pragma('foreign_key_check')).toEqual([]);
  raw.close();
});

test('what was written is there when it is opened again', () => {
  const folder = dataFolder();
  const first = openLedger(folder, seal);
  const { id } = first.addConnection('Home', '{"a":1}', 5);
  first.cache(id, 'specification', '7.3', 'x'.repeat(100_000), 6);
  first.close();
  const second = ledgerIn(folder);
  expect(second.connections()).toEqual([{ id, name: 'Home', profile: '{"a":1}', createdAt: 5 }]);
  expect(second.cached(id, 'specification')).toEqual({ version: '7.3', fetchedAt: 6, text: 'x'.repeat(100_000) });
});

test('an empty file becomes a ledger', () => {
  const folder = dataFolder();
  writeFileSync(fileIn(folder), '');
  expect(ledgerIn(folder).connections()).toEqual([]);
});

test('a ledger of a newer Rollbook is refused and left as it is', () => {
  const folder = dataFolder();
  openLedger(folder, seal).close();
  const raw = new Database(fileIn(folder));
  raw.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  raw.close();
  const before = readFileSync(fileIn(folder));
  const { code, sentence } = refusal(() => openLedger(folder, seal));
  expect(code).toBe('ledger-from-future');
  expect(sentence).toContain(`its format is ${SCHEMA_VERSION + 1}`);
  expect(readFileSync(fileIn(folder)).equals(before)).toBe(true);
});

test('another program’s database is refused and left as it is', () => {
  const folder = dataFolder();
  const raw = new Database(fileIn(folder));
  raw.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)');
  raw.close();
  const before = readFileSync(fileIn(folder));
  expect(refusal(() => openLedger(folder, seal))).toMatchObject({
    code: 'ledger-damaged',
    sentence: expect.stringContaining('not a Rollbook ledger'),
  });
  expect(readFileSync(fileIn(folder)).equals(before)).toBe(true);
});

test('a file that is no database, and a ledger cut short, are damaged', () => {
  const folder = dataFolder();
  writeFileSync(fileIn(folder), 'Dear diary, today I was not a database. '.repeat(200));
  expect(refusal(() => openLedger(folder, seal)).code).toBe('ledger-damaged');

  const other = dataFolder();
  const ledger = openLedger(other, seal);
  for (let n = 0; n < 200; n++) ledger.addConnection(`name ${n}`, 'x'.repeat(500), n);
  ledger.close();
  truncateSync(fileIn(other), 8192);
  expect(refusal(() => openLedger(other, seal).connections()).code).toBe('ledger-damaged');
});

test('a ledger opened with another key is refused', () => {
  const folder = dataFolder();
  openLedger(folder, seal).close();
  expect(refusal(() => openLedger(folder, createSeal(Buffer.alloc(32, 4))))).toMatchObject({
    code: 'ledger-damaged',
    sentence: expect.stringContaining('key'),
  });
  expect(ledgerIn(folder).connections()).toEqual([]);
});

test('a data folder that is a file is said to be unusable', () => {
  const file = path.join(dataFolder(), 'file');
  writeFileSync(file, 'x');
  expect(refusal(() => openLedger(file, seal)).code).toBe('ledger-damaged');
  expect(refusal(() => openLedger(path.join(file, 'below'), seal)).code).toBe('ledger-damaged');
});

test.skipIf(process.getuid?.() === 0)('a folder without the right to write is said to be so', () => {
  const folder = dataFolder();
  chmodSync(folder, 0o500);
  expect(refusal(() => openLedger(folder, seal)).code).toBe('ledger-damaged');
  chmodSync(folder, 0o700);
});

test('a second process is told that the ledger is in use, until the first one ends, however it ends', async () => {
  const folder = dataFolder();
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { openLedger } from ${JSON.stringify(new URL('../../core/ledger/ledger.ts', import.meta.url).href)};
       import { createSeal } from ${JSON.stringify(new URL('../../core/ledger/seal.ts', import.meta.url).href)};
       openLedger(${JSON.stringify(folder)}, createSeal(Buffer.alloc(32, 3)));
       console.log('open');
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise((resolve) => holder.once('exit', resolve));
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  expect(refusal(() => openLedger(folder, seal))).toMatchObject({
    code: 'ledger-in-use',
    sentence: expect.stringContaining('Another Rollbook'),
  });
  holder.kill('SIGKILL');
  await ended;
  expect(ledgerIn(folder).connections()).toEqual([]);
});

test('a second opening in the same process is refused too', () => {
  const folder = dataFolder();
  ledgerIn(folder);
  expect(refusal(() => openLedger(folder, seal)).code).toBe('ledger-in-use');
});

test('a transaction that throws leaves nothing', () => {
  const ledger = ledgerIn(dataFolder());
  expect(() =>
    ledger.transaction(() => {
      ledger.addConnection('gone', '{}', 1);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(ledger.connections()).toEqual([]);
  ledger.begin();
  ledger.addConnection('gone too', '{}', 1);
  ledger.rollback();
  ledger.rollback();
  expect(ledger.connections()).toEqual([]);
});
