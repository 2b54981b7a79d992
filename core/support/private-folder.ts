/**
 * The one folder for temporary files: `tmp` in the data folder, for its owner only, emptied when it is opened and closed.
 * Open it with the data folder's ledger open: two programs would empty each other's.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, constants, lstatSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Failure, OTHER_FOLDER } from '../errors/failure.ts';
import { NO_LINK } from './log-files.ts';
import { codeOf } from './thrown.ts';

export interface PrivateFolder {
  readonly path: string;
  /**
   * Makes an empty file that nobody else can read, under a name that tells nothing.
   * @param ending what the name ends in (`.csv`), for programs that go by it
   * @returns its path
   * @throws Failure where it cannot be written
   */
  file(ending?: '' | '.csv' | '.xlsx' | '.zip' | '.json' | '.html' | '.db'): string;
  /** Deletes everything in it. What another program holds open stays until the next start. */
  close(): void;
}

/**
 * @param folder the data folder
 * @throws Failure where it cannot be made
 */
export function openPrivateFolder(folder: string): PrivateFolder {
  const place = path.join(folder, 'tmp');
  orFailure(() => {
    // What stands in its place (a link to elsewhere, a file) goes itself; what a link leads to is never touched.
    if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(place, { force: true });
    mkdirSync(place, { recursive: true, mode: 0o700 });
    chmodSync(place, 0o700);
  });
  empty(place);
  return {
    path: place,
    file: (ending = '') =>
      orFailure(() => {
        const name = path.join(place, `${randomBytes(8).toString('hex')}${ending}`);
        closeSync(openSync(name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_LINK, 0o600));
        return name;
      }),
    close: () => empty(place),
  };
}

/** `rmSync` deletes a link, and goes into no folder behind one. */
function empty(place: string): void {
  for (const name of namesIn(place)) {
    try {
      rmSync(path.join(place, name), { recursive: true, force: true });
    } catch {
      // Held open by another program: the next start tries again.
    }
  }
}

function namesIn(place: string): string[] {
  try {
    return lstatSync(place).isDirectory() ? readdirSync(place) : [];
  } catch {
    return [];
  }
}

function orFailure<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOSPC') {
      throw new Failure('disk-full', 'The disk with the data folder is full. Make room on it, and try again.');
    }
    throw new Failure(
      'usage',
      'The folder for temporary files (tmp in the data folder) cannot be written. Give your account the right to write there, or choose another data folder.',
      OTHER_FOLDER,
    );
  }
}
