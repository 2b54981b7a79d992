/** Copies of the ledger, and what a damaged one comes to, on the command line. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { copiesIn } from '../../core/ledger/backup.ts';
import { asideIn, ledgerFile, spoil, spoilInside } from '../ledger/damage.ts';
import { adding, emptyStation, practice, type Station } from './practice.ts';
import { expectSentence, jsonLines, newFolder, resultOf } from './run.ts';

const at = practice();
let whole = '';

/** A data folder that has synced a day, copied for each test. */
beforeAll(async () => {
  whole = path.join(at.day1, '..', 'with-copies');
  const here = emptyStation(at.api, whole);
  expect((await here.run(...adding(at.api), '--no-test')).code).toBe(0);
  expect((await here.sync(at.day1)).code).toBe(0);
});

function copy(): Station {
  const data = path.join(newFolder(), 'data');
  cpSync(whole, data, { recursive: true });
  return emptyStation(at.api, data);
}

test('the first sync of a day leaves a copy; backup makes one and lists them', async () => {
  const here = copy();
  const before = await here.run('backup', '--list');
  expect(before).toMatchObject({ code: 0, stderr: '' });
  expect(before.stdout).toMatch(/\d\d:\d\d +by itself +[\d,]+ kB +ledger-000001-\d{8}T\d{6}Z-daily\.db\n$/);
  const after = await here.run('backup');
  expect(after.stdout).toMatch(/asked for +[\d,]+ kB +ledger-000002-.+\n.+by itself.+ledger-000001-/);
  const [line] = jsonLines(await here.run('backup', '--list', '--json'));
  expect(line).toMatchObject({ type: 'backups', made: null, copies: [{ kind: 'asked' }, { kind: 'daily' }] });
});

test('a damaged ledger is restored by the sync that meets it, which says so and sends nothing twice', async () => {
  const here = copy();
  spoilInside(ledgerFile(here.data));
  const ran = await here.sync(at.day1, '--json');
  const notices = jsonLines(ran).filter(({ type }) => type === 'notice');
  expect(notices.map(({ code }) => code)).toEqual(expect.arrayContaining(['ledger-restored', 'ledger-behind']));
  const result = resultOf(ran);
  expect(result.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
  expect(asideIn(here.data)).toHaveLength(1);
});

test('whatever the command is that meets it: one sentence on stderr, and its own answer', async () => {
  const here = copy();
  spoil(ledgerFile(here.data), 0, 1);
  const status = await here.run('status', '--json');
  expect(status.code).toBe(0);
  expect(jsonLines(status)).toHaveLength(1);
  expect(status.stderr).toMatch(/^Note: The ledger was damaged, and its copy of .+ is in its place\..+ledger-damaged-/);
  // It is said once.
  expect((await here.run('status')).stderr).toBe('');

  spoil(ledgerFile(here.data), 0, 1);
  const restored = await here.run('restore');
  expect(restored).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Note: The ledger was damaged/) });
  expect(restored.stdout).toContain('Restored. To be brought up to date:');
});

test('a sound ledger is not replaced unless it is said by which copy; then it is set aside', async () => {
  const here = copy();
  expectSentence(await here.run('restore'), 1, /ledger is sound.+--copy NAME/);
  expectSentence(await here.run('restore', '--copy', 'ledger.db'), 1, /There is no such copy of the ledger any more/);
  expect(asideIn(here.data)).toEqual([]);
  const [{ name } = { name: '' }] = copiesIn(here.data);
  const done = await here.run('restore', '--copy', name);
  expect(done).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Note: As asked, the ledger was set aside/) });
  expect(asideIn(here.data)).toEqual([expect.stringMatching(/^ledger-replaced-/)]);
  const result = resultOf(await here.sync(at.day1, '--json'));
  expect(result.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
});

test('without a copy that could be used: exit 5, and what to do', async () => {
  const here = copy();
  rmSync(path.join(here.data, 'backups'), { recursive: true });
  expectSentence(await here.run('restore'), 1, /there is no copy of it\. rollbook backup makes one/);
  spoil(ledgerFile(here.data), 0, 1);
  expectSentence(await here.run('restore'), 5, /damaged, and there is no copy of it that could be used\..+adopt/);
  expect(existsSync(path.join(here.data, 'backups'))).toBe(false);
});
