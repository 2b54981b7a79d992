/** Files for the steward that are there whole or not at all, and readable by this account only. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from './failure.ts';

export type Append = (content: string | Uint8Array) => Promise<void>;

export interface NewFiles {
  /**
   * Writes a file under a temporary name beside its own.
   * @param target its path; what is there already is replaced at the end.
   * @throws Failure what keeps it from being written; what `write` throws.
   */
  add(target: string, write: (append: Append) => Promise<void>): Promise<void>;
  /** Gives every file its own name. @returns their paths, in the order they were added. @throws Failure */
  keep(): Promise<string[]>;
  /** Removes what has no name of its own yet. To be called in any case. */
  discard(): Promise<void>;
}

export function createNewFiles(): NewFiles {
  const files: { readonly target: string; readonly temporary: string }[] = [];
  return {
    async add(target, write) {
      const temporary = path.join(path.dirname(target), `.rollbook-${randomBytes(8).toString('hex')}.tmp`);
      const handle = await told(target, () => open(temporary, 'wx', 0o600));
      files.push({ target, temporary });
      try {
        await write((content) => told(target, () => handle.appendFile(content)));
        await told(target, () => handle.sync());
      } finally {
        await handle.close();
      }
    },
    async keep() {
      const kept: string[] = [];
      for (const { target, temporary } of files.slice()) {
        await rename(temporary, target).catch((thrown: unknown) => {
          throw renameFailure(thrown, target);
        });
        files.shift();
        kept.push(target);
      }
      return kept;
    },
    async discard() {
      for (const { temporary } of files.splice(0)) await rm(temporary, { force: true });
    },
  };
}

/** Does something with a file; a system's error becomes a sentence about it. */
export async function told<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw writeFailure(thrown, file);
  }
}

/** A private file that texts are kept in until they are needed again, in their order. */
export interface Spool {
  /** @param text without a line end. */
  push(text: string): Promise<void>;
  texts(): AsyncIterable<string>;
  remove(): Promise<void>;
}

/** Characters that a spool holds before they go to the disk. */
const SPOOL_CHARACTERS = 64 * 1024;

/**
 * @param folder where the file is; it is made at the first need of it.
 * @param purpose the file it is kept for, for a sentence.
 */
export function createSpool(folder: string, purpose: string): Spool {
  const file = path.join(folder, `.rollbook-${randomBytes(8).toString('hex')}.tmp`);
  let waiting: string[] = [];
  let characters = 0;
  let isThere = false;
  const flush = async (): Promise<void> => {
    const text = waiting.join('');
    waiting = [];
    characters = 0;
    await told(purpose, async () => {
      // Opened for each writing: there may be more spools than a process may have files open.
      const handle = await open(file, isThere ? 'a' : 'ax', 0o600);
      isThere = true;
      try {
        await handle.appendFile(text);
      } finally {
        await handle.close();
      }
    });
  };
  return {
    async push(text) {
      waiting.push(text, '\n');
      characters += text.length;
      if (characters >= SPOOL_CHARACTERS) await flush();
    },
    async *texts() {
      if (isThere) yield* linesOf(await told(purpose, () => open(file, 'r')), purpose);
      for (let at = 0; at < waiting.length; at += 2) yield waiting[at]!;
    },
    async remove() {
      if (isThere) await rm(file, { force: true });
    },
  };
}

/** Cuts at line feeds only: readline takes other characters for line ends too, which may stand in a value. */
async function* linesOf(handle: FileHandle, purpose: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const buffer = Buffer.allocUnsafe(SPOOL_CHARACTERS);
  let rest = '';
  try {
    for (;;) {
      const { bytesRead } = await told(purpose, () => handle.read(buffer, 0, buffer.length, null));
      if (bytesRead === 0) return;
      const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    await handle.close();
  }
}

const systemCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;

/** A file's name, fit for a terminal. */
const shown = (file: string): string => {
  const plain = path.basename(file).replace(/[\p{C}\u2028\u2029]/gu, '?');
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
};

function writeFailure(thrown: unknown, file: string): unknown {
  const code = systemCode(thrown);
  if (code === undefined || thrown instanceof Failure) return thrown;
  const name = shown(file);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new Failure(
        'disk-full',
        `There is no room on the disk for ${name}; free some space, or save it elsewhere.`,
        {
          file: name,
        },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Failure('usage', `${name} may not be written there by this account; save it in another folder.`, {
        file: name,
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new Failure('usage', `The folder for ${name} is not there; make it first, or save in another folder.`, {
        file: name,
      });
    case 'ENAMETOOLONG':
      return new Failure('usage', `The name ${name} is too long; choose a shorter one.`, { file: name });
    default:
      return new Failure('usage', `${name} could not be written there; save it in another folder.`, { file: name });
  }
}

function renameFailure(thrown: unknown, file: string): unknown {
  switch (systemCode(thrown)) {
    // Windows refuses to replace a file that a spreadsheet has open.
    case 'EBUSY':
    case 'EPERM':
    case 'EACCES': {
      const name = shown(file);
      return new Failure(
        'usage',
        `${name} could not be replaced: close it where it is open (in a spreadsheet, for example), or save under another name.`,
        { file: name },
      );
    }
    default:
      return writeFailure(thrown, file);
  }
}
