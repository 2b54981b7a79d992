/** The names in a folder, for a page in which a file is chosen. */
import { readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { LoopbackInput, LoopbackOutput } from '../../core/contract/loopback.ts';
import { Failure } from '../../core/errors/failure.ts';

const MOST = 500;

/**
 * @returns folders, and files with one of the endings, by name; hidden ones are left out
 * @throws Failure `usage` where the folder cannot be read
 */
export async function listFolder(input: LoopbackInput<'loopback.folder'>): Promise<LoopbackOutput<'loopback.folder'>> {
  const folder = path.resolve(input.path ?? os.homedir());
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw new Failure('usage', 'This folder cannot be read: check that it is there and that your account may read it.');
  });
  const shown = entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const folders = shown.filter((entry) => entry.isDirectory());
  const files = shown.filter(
    (entry) => entry.isFile() && input.endings.includes(path.extname(entry.name).toLowerCase()),
  );
  const here = ({ name }: { readonly name: string }) => ({ name, path: path.join(folder, name) });
  const parent = path.dirname(folder);
  return {
    path: folder,
    parent: parent === folder ? null : parent,
    folders: folders.slice(0, MOST).map(here),
    files: files.slice(0, MOST).map(here),
    isCut: folders.length > MOST || files.length > MOST,
  };
}
