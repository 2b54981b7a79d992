import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isFailure } from '../../core/errors/failure.ts';
import { openPrivateFolder } from '../../core/support/private-folder.ts';
import { newFolder } from './log.ts';

const isWindows = process.platform === 'win32';
const mode = (name: string): number => statSync(name).mode & 0o777;

test.skipIf(isWindows)('is its owner’s only, as are its files, whatever it was before', () => {
  const folder = newFolder();
  mkdirSync(path.join(folder, 'tmp'), { mode: 0o777 });
  const temp = openPrivateFolder(folder);
  expect(mode(temp.path)).toBe(0o700);
  expect(mode(temp.file('.csv'))).toBe(0o600);
});

test('gives each file a name of its own that tells nothing', () => {
  const temp = openPrivateFolder(newFolder());
  const files = Array.from({ length: 20 }, () => temp.file('.xlsx'));
  expect(new Set(files).size).toBe(20);
  for (const file of files) expect(path.relative(temp.path, file)).toMatch(/^[0-9a-f]{16}\.xlsx$/);
});

test('is empty when it is opened, and when it is closed', () => {
  const folder = newFolder();
  const place = path.join(folder, 'tmp');
  mkdirSync(path.join(place, 'a', 'b'), { recursive: true });
  writeFileSync(path.join(place, 'a', 'b', 'left.csv'), 'left by a crash');
  writeFileSync(path.join(place, '.hidden'), 'left by a crash');
  const temp = openPrivateFolder(folder);
  expect(readdirSync(place)).toEqual([]);
  writeFileSync(temp.file(), 'now');
  temp.close();
  expect(readdirSync(place)).toEqual([]);
  temp.close();
});

test.skipIf(isWindows)('does not follow links out of it', () => {
  const folder = newFolder();
  const elsewhere = newFolder();
  writeFileSync(path.join(elsewhere, 'keep.txt'), 'kept');
  mkdirSync(path.join(folder, 'tmp', 'inner'), { recursive: true });
  symlinkSync(elsewhere, path.join(folder, 'tmp', 'link'));
  symlinkSync(elsewhere, path.join(folder, 'tmp', 'inner', 'link'));
  symlinkSync(path.join(elsewhere, 'keep.txt'), path.join(folder, 'tmp', 'file'));
  openPrivateFolder(folder).close();
  expect(readdirSync(path.join(folder, 'tmp'))).toEqual([]);
  expect(readFileSync(path.join(elsewhere, 'keep.txt'), 'utf8')).toBe('kept');
});

test.skipIf(isWindows)('that is a link itself is put aside, and nothing behind it is touched', () => {
  const folder = newFolder();
  const elsewhere = newFolder();
  writeFileSync(path.join(elsewhere, 'keep.txt'), 'kept');
  symlinkSync(elsewhere, path.join(folder, 'tmp'));
  const temp = openPrivateFolder(folder);
  const file = temp.file();
  expect(existsSync(path.join(elsewhere, path.basename(file)))).toBe(false);
  temp.close();
  expect(readdirSync(elsewhere)).toEqual(['keep.txt']);
});

test('that cannot be made is told in a sentence', () => {
  const file = path.join(newFolder(), 'file');
  writeFileSync(file, '');
  try {
    openPrivateFolder(file);
    expect.unreachable();
  } catch (thrown) {
    expect(isFailure(thrown) && thrown.code).toBe('usage');
  }
});
