import { readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSource } from '../../core/sources/oneroster/open.ts';
import type { Source } from '../../core/sources/types.ts';
import { export12, newFolder, readAll, refusal, removeFolders, writeFolder, writeZip } from './exports.ts';

/** Only the clock is put forward, so that files rest without being waited for. */
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());
afterEach(removeFolders);

const later = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

async function opened(path: string, known?: string): Promise<Source> {
  const source = await openSource(path, known === undefined ? {} : { known });
  await source.close();
  return source;
}

/** The names in it, each with another hash: an export that is opened with it shows which files were not read. */
function forged(known: string): string {
  return known.replaceAll(/"hash":"[0-9a-f]{64}"/g, `"hash":"${'0'.repeat(64)}"`);
}

const namesIn = (known: string): string[] =>
  (JSON.parse(known) as { files: { name: string }[] }).files.map(({ name }) => name).sort();

const TABLES = Object.keys(export12()).sort();

describe('a file that is known', () => {
  it.each([
    ['folder', () => writeFolder(export12())],
    ['zip', () => writeZip(export12())],
  ])('is not read again while it is as it was: a %s', async (_kind, write) => {
    const path = await write();
    later(3000);
    const first = await opened(path);
    expect(namesIn(first.known!)).toEqual(TABLES);
    const again = await opened(path, first.known);
    expect([again.fingerprint, again.notices, again.tables]).toEqual([first.fingerprint, first.notices, first.tables]);
    expect(again.known).toBe(first.known);
    expect((await opened(path, forged(first.known!))).fingerprint).not.toBe(first.fingerprint);
    const source = await openSource(path, { known: first.known });
    expect((await readAll(source, 'users', ['givenName'])).rows).toEqual([['Ada'], ['Bob']]);
    await source.close();
  });

  it('is read again when it was touched, put back, or replaced by one of the same size and time', async () => {
    const folder = await writeFolder(export12());
    later(3000);
    const first = await opened(folder);
    const file = join(folder, 'enrollments.csv');
    const only = (name: string): string => {
      const known = JSON.parse(forged(first.known!)) as { version: 1; files: { name: string }[] };
      return JSON.stringify({ ...known, files: known.files.filter((one) => one.name === name) });
    };
    const known = only('enrollments.csv');
    expect((await opened(folder, known)).fingerprint).not.toBe(first.fingerprint);

    await utimes(file, 1_700_000_100, 1_700_000_100);
    expect((await opened(folder, known)).fingerprint).toBe(first.fingerprint);
    await utimes(file, 1_700_000_000, 1_700_000_000);
    expect((await opened(folder, known)).fingerprint).toBe(first.fingerprint);

    const restored = (await opened(folder)).known!;
    expect(namesIn(restored)).toEqual(TABLES);
    const other = (await readFile(file, 'utf8')).replace('teacher', 'student');
    await writeFile(file, other);
    await utimes(file, 1_700_000_000, 1_700_000_000);
    const changed = await opened(folder, restored);
    expect(changed.fingerprint).not.toBe(first.fingerprint);

    const before = (await opened(folder)).known!;
    expect(namesIn(before)).toEqual(TABLES);
    const beside = join(await newFolder(), 'enrollments.csv');
    await writeFile(beside, other.replace('e1,', 'e3,'));
    await utimes(beside, 1_700_000_000, 1_700_000_000);
    await rename(beside, file);
    const { size, mtimeMs } = await stat(file);
    expect([size, mtimeMs]).toEqual([other.length, 1_700_000_000_000]);
    expect((await opened(folder, before)).fingerprint).not.toBe(changed.fingerprint);
  });

  it('is none before it has rested: another writing might have the same time', async () => {
    const folder = await writeFolder(export12());
    // utimes puts the time of the content back, not that of the state.
    expect(namesIn((await opened(folder)).known!)).toEqual([]);
    later(3000);
    const { known } = await opened(folder);
    vi.setSystemTime(Date.now() - 60_000);
    await writeFile(join(folder, 'users.csv'), `${export12()['users.csv']}`);
    expect(namesIn((await opened(folder, known)).known!)).not.toContain('users.csv');
  });

  it('rests by the clock of the computer', async () => {
    vi.useRealTimers();
    const folder = await writeFolder(export12());
    await wait(2100);
    expect(namesIn((await opened(folder)).known!)).toEqual(TABLES);
  });

  it('is refused when it changes after it was opened', async () => {
    const folder = await writeFolder(export12());
    later(3000);
    const { known } = await opened(folder);
    const source = await openSource(folder, { known });
    await writeFile(join(folder, 'users.csv'), `${export12()['users.csv']}\n`);
    expect(await refusal(() => readAll(source, 'users'))).toMatch(/^users\.csv changed while it was read/);
    await source.close();
  });

  it.each(['', 'x', '{}', '{"version":2,"files":[]}', '{"version":1,"files":[{"name":"users.csv"}]}'])(
    'cannot be told from %j, and is read',
    async (text) => {
      const folder = await writeFolder(export12());
      expect((await opened(folder, text)).fingerprint).toBe((await opened(folder)).fingerprint);
    },
  );
});
