/** A ledger that cannot be used: damaged, from the future, without its key, on a full disk. */
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { contents, freshApi } from './contents.ts';
import { adding, emptyStation, practice, type Station } from './practice.ts';
import { expectAccounts, expectSentence, jsonLines, newFolder, resultOf, rollbook } from './run.ts';

const at = practice();
let whole = '';

/** A data folder that has synced a day, copied for each test. */
beforeAll(async () => {
  whole = path.join(at.day1, '..', 'whole');
  const here = emptyStation(at.api, whole);
  expect((await here.run(...adding(at.api), '--no-test')).code).toBe(0);
  expect((await here.sync(at.day1)).code).toBe(0);
  // With a copy of it, a damaged ledger is restored (backup.test.ts).
  rmSync(path.join(whole, 'backups'), { recursive: true });
});

function copy(): Station & { file(name: string): string } {
  const data = path.join(newFolder(), 'data');
  cpSync(whole, data, { recursive: true });
  return { ...emptyStation(at.api, data), file: (name) => path.join(data, name) };
}

/** The log tells that a ledger could not be opened: it is no part of what was there. */
const isLog = (file: string): boolean => file.split(path.sep).includes('logs');

const bytesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => !isLog(path.relative(folder, file)))
      .map((file) => [path.relative(folder, file), hash('sha256', readFileSync(file))]),
  );

describe('a ledger', () => {
  test.each<[string, (here: ReturnType<typeof copy>) => void, RegExp]>([
    ['of no bytes', (here) => truncateSync(here.file('ledger.db'), 0), /ledger\.db in the data folder\) is empty/],
    ['that is a text', (here) => writeFileSync(here.file('ledger.db'), 'milk, bread\n'.repeat(500)), /damaged/],
    [
      'whose header is overwritten',
      (here) => {
        const handle = openSync(here.file('ledger.db'), 'r+');
        writeSync(handle, Buffer.alloc(100, 0x55), 0, 100, 0);
      },
      /damaged/,
    ],
    [
      'whose pages are overwritten',
      (here) => {
        const size = statSync(here.file('ledger.db')).size;
        const handle = openSync(here.file('ledger.db'), 'r+');
        writeSync(handle, Buffer.alloc(size - 4096, 0x55), 0, size - 4096, 4096);
      },
      /damaged/,
    ],
    [
      'from the future',
      (here) => {
        // SQLite keeps user_version in the four bytes from 60 on.
        const handle = openSync(here.file('ledger.db'), 'r+');
        writeSync(handle, Buffer.from([0, 0, 0, 99]), 0, 4, 60);
      },
      /written by a newer Rollbook .*99.* Update Rollbook/,
    ],
    [
      'whose key is gone',
      (here) => rmSync(here.file('ledger.key')),
      /key \(ledger\.key or ledger\.id .*is missing.* --data\.$/m,
    ],
    ['whose key is cut off', (here) => truncateSync(here.file('ledger.key'), 10), /key .*is not whole/],
  ])('%s is refused in a sentence, and left as it is', async (_, spoil, says) => {
    const here = copy();
    spoil(here);
    const before = bytesOf(here.data);
    expectSentence(await here.sync(at.day1), 5, says);
    expect(bytesOf(here.data)).toEqual(before);
  });

  test('moves with its folder', async () => {
    const here = copy();
    const moved = path.join(newFolder(), 'elsewhere');
    renameSync(here.data, moved);
    const synced = resultOf(await emptyStation(at.api, moved).sync(at.day1, '--json'));
    expect(synced.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
  });

  test('is not made below a file, and nothing is left of the attempt', async () => {
    const folder = newFolder();
    const file = path.join(folder, 'file');
    writeFileSync(file, 'mine');
    for (const data of [file, path.join(file, 'data')]) {
      expectSentence(await rollbook(['status', '--data', data]), 5, /data folder cannot be made, read or written/);
    }
    expect(bytesOf(folder)).toEqual({ file: hash('sha256', 'mine') });
  });

  test('is made once where two commands begin at the same time', async () => {
    const data = path.join(newFolder(), 'data');
    const ran = await Promise.all(
      ['a', 'b', 'c'].map((name) => rollbook([...adding(at.api, name), '--no-test'], { data, secret: 's' })),
    );
    for (const { code, stderr } of ran) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = jsonLines(await rollbook(['connect', 'list', '--json'], { data }));
    expect(lines).toMatchObject([{ connections: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }]);
  });
});

/** A disk of this size, where the account may mount one. @returns undefined where it may not */
function smallDisk(size: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = path.join(newFolder(), 'disk');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return folder;
}

const NO_DISK = 'This account may not mount a disk.';

describe('a full disk', () => {
  test('is said when a ledger is to be made, and leaves nothing half-made', async (context) => {
    const disk = smallDisk('64k');
    if (disk === undefined) return context.skip(NO_DISK);
    const filler = path.join(disk, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
    const here = emptyStation(at.api, path.join(disk, 'data'));
    expectSentence(await here.run(...adding(at.api), '--no-test'), 5, /disk with the data folder is full\. Make room/);
    rmSync(filler);
    // 64 kB hold a key, and no ledger.
    const second = await here.run(...adding(at.api), '--no-test');
    expectSentence(second, 5, /disk with the data folder is full/);
    expect(readdirSync(disk, { recursive: true, encoding: 'utf8' }).filter((file) => !isLog(file))).toEqual(['data']);
    spawnSync('mount', ['-o', 'remount,size=32m', disk]);
    expect((await here.run(...adding(at.api), '--no-test')).code).toBe(0);
  });

  test('stops a sync, which goes on when there is room again', async (context) => {
    const disk = smallDisk('64m');
    if (disk === undefined) return context.skip(NO_DISK);
    const api = await freshApi();
    const here = emptyStation(api, path.join(disk, 'data'));
    await here.run(...adding(api), '--no-test');
    const filler = path.join(disk, 'filler');
    // Full while it plans, and full while it sends.
    for (const left of ['192', '1600']) {
      spawnSync('sh', ['-c', `dd if=/dev/zero of=${filler} bs=64k; truncate -s -${left}k ${filler}`]);
      const stopped = await here.sync(at.day1);
      expectSentence(stopped, 5, /The disk .*is full/);
      rmSync(filler);
    }
    const sent = (await api.requests()).POST;
    expect(sent).toBeGreaterThan(0);
    const next = await here.sync(at.day1, '--json');
    expect(next.code).toBe(0);
    const result = resultOf(next);
    expectAccounts(result);
    expect(result.account.unchanged).toBeGreaterThan(0);
    const other = await freshApi();
    const reference = emptyStation(other);
    await reference.run(...adding(other), '--no-test');
    await reference.sync(at.day1);
    expect(await contents(api)).toEqual(await contents(other));
  });
});
