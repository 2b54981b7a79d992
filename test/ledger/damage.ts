/** What disks and people do to a ledger's file. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import path from 'node:path';
import { copiesIn, copyFile } from '../../core/ledger/backup.ts';

export const ledgerFile = (folder: string): string => path.join(folder, 'ledger.db');

/** Overwrites pages of a file, from one on, with what is none. */
export function spoil(file: string, first: number, pages: number): void {
  const handle = openSync(file, 'r+');
  for (let page = first; page < first + pages; page++)
    writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
  closeSync(handle);
}

/** Spoils the second half of it: what is read when a ledger is opened is sound. */
export const spoilInside = (file: string): void => {
  const pages = statSync(file).size / 4096;
  spoil(file, Math.ceil(pages / 2), Math.floor(pages / 2));
};

export const damages = {
  'its first page is gone': (file: string) => spoil(file, 0, 1),
  'pages in it are gone': spoilInside,
  'it was cut short': (file: string) => truncateSync(file, 3 * 4096),
  'it was cut in the middle of a page': (file: string) => truncateSync(file, 5 * 4096 + 700),
  'it is empty': (file: string) => truncateSync(file, 0),
} as const;

/** The names of what lies in a folder, copies and temporary files of them as well. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

export const asideIn = (folder: string): string[] =>
  filesIn(folder).filter((name) => /^ledger-(damaged|replaced)/.test(name));

/** The bytes of every copy, by name. */
export const copyBytes = (folder: string): Record<string, Buffer> =>
  Object.fromEntries(
    copiesIn(folder)
      .filter(({ name }) => existsSync(copyFile(folder, name)))
      .map(({ name }) => [name, readFileSync(copyFile(folder, name))]),
  );
