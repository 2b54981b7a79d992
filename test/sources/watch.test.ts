/** Real folders and zips, and a clock of the test's own: a change is told once, when nothing changes any more. */
import { appendFile, copyFile, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { NOTHING_THERE, stampOf, type Watch, watchExport } from '../../core/sources/watch.ts';
import { export12, newFolder, removeFolders, writeFolder, writeZip } from './exports.ts';
import { fakeTimers, untilWaiting } from './fake-timers.ts';

afterEach(removeFolders);

const POLL = 10_000;
const SETTLE = 30_000;

async function watching(target: string, known?: string) {
  const timers = fakeTimers();
  const told: string[] = [];
  const watch = watchExport(target, {
    known: known ?? (await stampOf(target)),
    onSettled: (stamp) => void told.push(stamp),
    timers,
    pollMs: POLL,
    settleMs: SETTLE,
  });
  onTestFinished(() => watch.close());
  const looked = (): Promise<void> => untilWaiting(timers, 1);
  await looked();
  return { timers, told, watch, pass: (ms: number): Promise<void> => timers.advance(ms, looked) };
}

test('an export that is as it was is no news', async () => {
  const { pass, told } = await watching(await writeFolder(export12()));
  await pass(10 * 60_000);
  expect(told).toEqual([]);
});

test('a change is told once, when nothing has changed for a while', async () => {
  const folder = await writeFolder(export12());
  const { pass, told } = await watching(folder);
  await appendFile(join(folder, 'users.csv'), 'u3,,,true,cy,{a:3},Cy,Young,,0013,,05,x,,o2\n');
  await pass(POLL + SETTLE - 1);
  expect(told).toEqual([]);
  await pass(1);
  expect(told).toEqual([await stampOf(folder)]);
  await pass(60 * 60_000);
  expect(told).toHaveLength(1);
});

test('an export that is written slowly is told when it is whole, not in between', async () => {
  const folder = await newFolder();
  const { pass, told } = await watching(folder);
  expect(await stampOf(folder)).toBe(NOTHING_THERE);
  for (const [name, content] of Object.entries(export12())) {
    const text = content.toString();
    await writeFile(join(folder, name), text.slice(0, text.length / 2));
    await pass(SETTLE - POLL);
    await appendFile(join(folder, name), text.slice(text.length / 2));
    await pass(SETTLE - POLL);
    expect(told, name).toEqual([]);
  }
  await pass(POLL + SETTLE);
  expect(told).toEqual([await stampOf(folder)]);
});

test('only a time, or only a size, is a change too; another file beside the tables is none', async () => {
  const folder = await writeFolder(export12());
  const before = await stampOf(folder);
  await utimes(join(folder, 'users.csv'), 1_700_000_001, 1_700_000_001);
  const touched = await stampOf(folder);
  expect(touched).not.toBe(before);
  await appendFile(join(folder, 'users.csv'), '\n');
  await utimes(join(folder, 'users.csv'), 1_700_000_001, 1_700_000_001);
  expect(await stampOf(folder)).not.toBe(touched);
  const { pass, told } = await watching(folder);
  await writeFile(join(folder, 'notes.txt'), 'hello');
  await pass(10 * 60_000);
  expect(told).toEqual([]);
});

test.each(['users.csv.tmp', 'users.csv.part', '~users.csv', 'users.csv~', 'orgs.csv.filepart'])(
  'while %s is there, it is being written; one that nobody takes away is left over',
  async (name) => {
    const folder = await writeFolder(export12());
    const { pass, told } = await watching(folder);
    await writeFile(join(folder, name), 'half');
    await utimes(join(folder, 'orgs.csv'), 1_700_000_001, 1_700_000_001);
    await pass(5 * SETTLE);
    expect(told).toEqual([]);
    await rm(join(folder, name));
    await pass(POLL);
    expect(told).toHaveLength(1);
    await writeFile(join(folder, name), 'half');
    await utimes(join(folder, 'orgs.csv'), 1_700_000_002, 1_700_000_002);
    await pass(POLL + 19 * SETTLE);
    expect(told).toHaveLength(1);
    await pass(SETTLE);
    expect(told).toHaveLength(2);
  },
);

test('a zip is told when its list of contents can be read', async () => {
  const whole = await readFile(await writeZip(export12()));
  const zip = join(await newFolder(), 'export.zip');
  const { pass, told } = await watching(zip);
  // As a copy does that makes room first: all of its size, half of its bytes.
  const half = Buffer.alloc(whole.length);
  whole.copy(half, 0, 0, whole.length / 2);
  await writeFile(zip, half);
  await pass(5 * SETTLE);
  expect(told).toEqual([]);
  await writeFile(zip, whole);
  await pass(POLL + SETTLE);
  expect(told).toEqual([await stampOf(zip)]);
});

test('a zip that stays damaged is told in the end, so that somebody hears what is wrong', async () => {
  const zip = join(await newFolder(), 'export.zip');
  const { pass, told } = await watching(zip);
  await writeFile(zip, 'no zip at all');
  await pass(19 * SETTLE);
  expect(told).toEqual([]);
  await pass(2 * SETTLE);
  expect(told).toHaveLength(1);
});

test('a folder that vanishes and comes back as it was is no change; one that comes back otherwise is', async () => {
  const parent = await newFolder();
  const folder = await writeFolder(export12(), join(parent, 'export'));
  const { pass, told } = await watching(folder);
  await rename(folder, join(parent, 'away'));
  await pass(5 * SETTLE);
  await rename(join(parent, 'away'), folder);
  await pass(5 * SETTLE);
  expect(told).toEqual([]);
  await rm(folder, { recursive: true });
  await pass(5 * SETTLE);
  await mkdir(folder);
  await writeFolder({ ...export12(), 'orgs.csv': 'sourcedId\n' }, folder);
  await pass(POLL + SETTLE);
  expect(told).toHaveLength(1);
});

test('a zip that is replaced by a rename is a change', async () => {
  const zip = await writeZip(export12());
  const { pass, told } = await watching(zip);
  const other = await writeZip({ ...export12(), 'notes.txt': 'x' });
  await copyFile(other, `${zip}.part`);
  await pass(5 * SETTLE);
  expect(told).toEqual([]);
  await rename(`${zip}.part`, zip);
  await pass(POLL + SETTLE);
  expect(told).toHaveLength(1);
});

test('tables in a folder below count as those of the folder do', async () => {
  const folder = await newFolder();
  const { pass, told } = await watching(folder);
  await writeFolder(export12(), join(folder, '2026-09-16'));
  await pass(POLL + SETTLE);
  expect(told).toHaveLength(1);
});

test('what changed while nobody watched is told after the first looks', async () => {
  const { pass, told } = await watching(await writeFolder(export12()), 'another');
  expect(told).toEqual([]);
  await pass(SETTLE);
  expect(told).toHaveLength(1);
});

test('closed, it leaves no timer behind and tells nothing, even in the middle of a look', async () => {
  const folder = await writeFolder(export12());
  const { timers, pass, told, watch } = await watching(folder);
  await appendFile(join(folder, 'users.csv'), '\n');
  await pass(SETTLE);
  await watch.close();
  expect(timers.waiting).toBe(0);

  const told2: string[] = [];
  const early: Watch = watchExport(folder, {
    known: 'another',
    onSettled: (stamp) => void told2.push(stamp),
    timers,
    settleMs: 0,
  });
  await early.close();
  expect(timers.waiting).toBe(0);
  expect([...told, ...told2]).toEqual([]);
});
