/** A disk of a few megabytes, on which room can be taken and given back: a tmpfs, which takes an administrator to mount. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const quietly = (command: string, ...words: string[]): boolean => {
  try {
    execFileSync(command, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

export interface SmallDisk {
  readonly folder: string;
  /** Takes all room but so many bytes (rounded up to a page). */
  leave(bytes: number): void;
  /** Gives it back. */
  free(): void;
  /** @returns whether it could be made so: not while a file is open for writing */
  readOnly(is: boolean): boolean;
}

/** @returns undefined where this account may not mount */
export function smallDisk(folder: string, megabytes: number): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true });
  if (
    process.platform !== 'linux' ||
    !quietly('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', folder)
  ) {
    return undefined;
  }
  onTestFinished(() => void quietly('umount', '-l', folder));
  const filler = path.join(folder, 'filler');
  return {
    folder,
    leave(bytes) {
      const { bavail, bsize } = statfsSync(folder);
      const handle = openSync(filler, 'a');
      const page = Buffer.alloc(bsize);
      try {
        for (let left = bavail - Math.ceil(bytes / bsize); left > 0; left--) writeSync(handle, page);
      } finally {
        closeSync(handle);
      }
    },
    free: () => rmSync(filler, { force: true }),
    readOnly: (is) => quietly('mount', '-o', `remount,${is ? 'ro' : 'rw'}`, folder),
  };
}
