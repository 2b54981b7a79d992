/**
 * Tells when an export has changed, and changes no more.
 *
 * It looks from time to time at names, sizes and times, and at nothing else: an operating system's own notices of changes
 * do not come from network shares, where exports mostly lie; on Windows the handle they need keeps the folder from being
 * moved away or replaced; and where they do come, they are no more than a reason to look. A look costs a folder's listing.
 */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as yauzl from 'yauzl';

/** Time that passes, apart from what the clock on the wall says: that may be put forward or back. */
export interface Timers {
  /** Milliseconds, from whenever. */
  elapsed(): number;
  /** Calls back once, after that many milliseconds. @returns what prevents it */
  after(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  elapsed: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    // No process stays for it.
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export interface WatchOptions {
  /** The stamp of the state that is not news. */
  readonly known: string;
  /** Takes the stamp of an export that changed and has settled. */
  readonly onSettled: (stamp: string) => void;
  readonly timers?: Timers;
  /** Between two looks; 10 seconds unless told. */
  readonly pollMs?: number;
  /** How long nothing may have changed; 30 seconds unless told. */
  readonly settleMs?: number;
}

export interface Watch {
  /** Looks no more; resolves when the look that is under way, if any, has let go of the disk. */
  close(): Promise<void>;
}

const POLL_MS = 10_000;
const SETTLE_MS = 30_000;
/** What has not moved for that many times the settling is as it will be: a left-over `.tmp`, a zip that is damaged. */
const PATIENCE = 20;
/** Folders below the chosen one that are looked into where it has no table itself. */
const MOST_FOLDERS = 50;

/** What a path without an export, or one that is away for a while, has for a stamp. */
export const NOTHING_THERE = 'nothing';

/**
 * Watches a folder or a zip file.
 * @param target a path; there may be nothing yet, or nothing for a while (a share that is not connected)
 */
export function watchExport(target: string, options: WatchOptions): Watch {
  const { timers = systemTimers, pollMs = POLL_MS, settleMs = SETTLE_MS, onSettled } = options;
  let { known } = options;
  let seen: string | undefined;
  let since = 0;
  let isClosed = false;
  let cancel = (): void => {};

  const lookOnce = async (): Promise<void> => {
    const { stamp, isUnfinished } = await look(target);
    const now = timers.elapsed();
    if (stamp !== seen) {
      seen = stamp;
      since = now;
      return;
    }
    // Gone for a while and back as it was is no change.
    if (stamp === known || stamp === NOTHING_THERE || now - since < settleMs) return;
    const isWhole = !isUnfinished && (await isReadable(target));
    if (isClosed || (!isWhole && now - since < settleMs * PATIENCE)) return;
    known = stamp;
    onSettled(stamp);
  };
  // The next look is set when this one has ended: a slow share is never asked twice at once.
  const loop = async (): Promise<void> => {
    await lookOnce();
    if (!isClosed) cancel = timers.after(pollMs, again);
  };
  let underWay = loop();
  function again(): void {
    underWay = loop();
  }
  return {
    async close() {
      isClosed = true;
      cancel();
      await underWay;
    },
  };
}

/**
 * Tells one state of an export from another by names, sizes and times of its files, without reading them.
 * @returns a digest, or `NOTHING_THERE`
 */
export async function stampOf(target: string): Promise<string> {
  return (await look(target)).stamp;
}

interface Look {
  readonly stamp: string;
  /** A file lies there under a name that a program gives while it writes. */
  readonly isUnfinished: boolean;
}

const NOTHING: Look = { stamp: NOTHING_THERE, isUnfinished: false };

async function look(target: string): Promise<Look> {
  try {
    const info = await stat(target, { bigint: true });
    if (!info.isDirectory()) return { stamp: digest([`${info.size} ${info.mtimeNs}`]), isUnfinished: false };
    const top = await readdir(target, { withFileTypes: true });
    const folders = top.some((item) => item.isFile() && isTable(item.name))
      ? [target]
      : [
          target,
          ...top.flatMap((item) => (item.isDirectory() ? [path.join(target, item.name)] : [])).slice(0, MOST_FOLDERS),
        ];
    const lines: string[] = [];
    let isUnfinished = false;
    for (const folder of folders) {
      const names = await readdir(folder);
      isUnfinished ||= names.some(isTemporary);
      for (const name of names.filter(isTable).sort()) {
        const file = path.join(folder, name);
        const found = await stat(file, { bigint: true });
        lines.push(`${path.relative(target, file)} ${found.size} ${found.mtimeNs}`);
      }
    }
    return lines.length === 0 ? NOTHING : { stamp: digest(lines), isUnfinished };
  } catch {
    // Away, not ours to read, or changing under our eyes: the next look will tell.
    return NOTHING;
  }
}

const digest = (lines: readonly string[]): string => createHash('sha256').update(lines.join('\n')).digest('hex');

/** Only tables count: in a folder that is used for other things too, something is always changing. */
const isTable = (name: string): boolean => /\.csv$/i.test(name) && !isTemporary(name);

/** `users.csv.tmp`, `users.csv.part`, `~users.csv`, and what transfer programs and browsers call theirs. */
const isTemporary = (name: string): boolean =>
  name.startsWith('~') || /(~|\.(tmp|temp|part|partial|filepart|crdownload|download))$/i.test(name);

/** A zip's list of contents is written last, and a copy of one may have its full size from the first byte on. */
async function isReadable(target: string): Promise<boolean> {
  if (!/\.zip$/i.test(target)) return true;
  try {
    if ((await stat(target)).isDirectory()) return true;
    const zip = await yauzl.openPromise(target, { autoClose: false, lazyEntries: true });
    try {
      for await (const _entry of zip.eachEntry());
      return true;
    } finally {
      zip.close();
    }
  } catch {
    return false;
  }
}
