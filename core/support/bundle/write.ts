/** Writes a bundle where the steward wants it, whole or not at all. */
import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import yazl from 'yazl';
import { Failure } from '../../errors/failure.ts';
import type { BundleFile } from './content.ts';

export interface WrittenBundle {
  readonly bytes: number;
  /** Of the zip, hexadecimal. */
  readonly sha256: string;
}

/**
 * Writes the files as a zip; one that is there already is replaced at the end, when the new one is complete.
 * @param out the zip's path; its folder must be there
 * @throws Failure `disk-full`; `usage` where the folder is not there, may not be written to, or `out` is a folder
 */
export async function writeBundle(files: readonly BundleFile[], out: string): Promise<WrittenBundle> {
  // Beside its place, so that renaming is one step; the name cannot be guessed and is never one that is there.
  const temporary = path.join(path.dirname(out), `.rollbook-${randomBytes(8).toString('hex')}.tmp`);
  try {
    if ((await stat(out).catch(() => undefined))?.isDirectory() === true) throw systemError('EISDIR');
    const written = await writeZip(files, temporary);
    await rename(temporary, out);
    return written;
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(thrown);
  }
}

async function writeZip(files: readonly BundleFile[], target: string): Promise<WrittenBundle> {
  const zip = new yazl.ZipFile();
  // One and the same, so that the same files give the same zip; zip keeps local time, so it is made of local parts.
  const mtime = new Date(2026, 0, 1);
  for (const { name, text } of files) {
    zip.addBuffer(Buffer.from(text), name, { mtime, mode: 0o100600, forceDosTimestamp: true });
  }
  zip.end();
  const sum = createHash('sha256');
  let bytes = 0;
  const file = await open(target, 'wx', 0o600);
  try {
    for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) {
      sum.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: sum.digest('hex') };
}

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

/** Takes what the file system threw; gives what the steward can do about it, without a path or the system's words. */
export const writeFailure = (thrown: unknown): Failure => {
  switch (thrown instanceof Error && 'code' in thrown ? thrown.code : undefined) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure(
        'disk-full',
        'The support bundle was not written: the disk is full. Free some space, or save it to another disk.',
      );
    case 'ENOENT':
    case 'ENOTDIR':
      return new Failure(
        'usage',
        'The support bundle was not written: the folder it was to go to is not there. Choose a folder that exists.',
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Failure(
        'usage',
        'The support bundle was not written: this account may not write to that folder. Choose another folder, or ask for the right to write there.',
      );
    case 'EISDIR':
      return new Failure(
        'usage',
        'The support bundle was not written: there is a folder of that name. Choose a name for a file.',
      );
    case 'ENAMETOOLONG':
      return new Failure('usage', 'The support bundle was not written: its name is too long. Choose a shorter one.');
    case 'EBUSY':
      return new Failure(
        'usage',
        'The support bundle was not written: a file of that name is open in another program. Close it, or choose another name.',
      );
    default:
      return new Failure(
        'internal',
        'The support bundle was not written: the disk did not take it. Save it to another folder or disk.',
      );
  }
};
