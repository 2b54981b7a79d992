/** Lines into the log's files: appended at once, one file after the other, the oldest deleted. */
import { chmodSync, closeSync, constants, fstatSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { EVENT_SCHEMA_VERSION } from './events.ts';
import {
  headOf,
  isRealFolder,
  type LineHead,
  type LogFile,
  logFileName,
  logFiles,
  logFolder,
  NO_LINK,
  peek,
} from './log-files.ts';

export interface Retention {
  /** Files whose last line is older are deleted. */
  readonly days: number;
  /** The oldest files are deleted while all together are larger. */
  readonly megabytes: number;
}

export interface LogWriter {
  /**
   * Writes events as they are, each a JSON object, all or (as far as can be seen) none of them.
   * @param at milliseconds since 1970
   * @throws Error where the disk does not take them
   */
  append(events: readonly string[], at: number): void;
  /**
   * Keeps no more than this from now on, and deletes what is beyond.
   * @param at milliseconds since 1970
   * @throws Error where the disk does not let it
   */
  retain(retention: Retention, at: number): void;
  close(): void;
}

interface OpenFile {
  readonly handle: number;
  readonly number: number;
  bytes: number;
  /** Time of the first line; undefined as long as there is none. */
  first: number | undefined;
  /** Its last line was cut off: the next one begins on a line of its own. */
  torn: boolean;
}

const DAY_MS = 24 * 3_600_000;
/** More than the longest line. */
const PEEK_BYTES = 512 * 1024;
/** What stands before an event in its line, at most. */
const HEAD_BYTES = 60;
/** Names that are passed over where something stands there that cannot be written. */
const MOST_PASSED_OVER = 20;

/**
 * @param folder the data folder; nothing is touched there before the first line
 * @param fileBytes a file that would become larger is followed by the next
 */
export function createLogWriter(folder: string, kept: Retention, fileBytes: number): LogWriter {
  let retention = kept;
  let file: OpenFile | undefined;
  let seq = 0;

  const isFull = (open: OpenFile, at: number, bytes: number): boolean =>
    (open.bytes > 0 && open.bytes + bytes > fileBytes) ||
    (open.first !== undefined && Math.abs(at - open.first) >= DAY_MS);

  const close = (): void => {
    const { handle } = file ?? {};
    file = undefined;
    if (handle !== undefined) closeSync(handle);
  };

  const fileFor = (at: number, bytes: number): OpenFile => {
    if (file !== undefined && !isFull(file, at, bytes)) return file;
    let open = file;
    if (open === undefined) {
      const files = logFiles(folder);
      seq = Math.max(seq, lastHead(files)?.seq ?? 0);
      open = openFrom(folder, files.at(-1)?.number ?? 1);
    }
    if (isFull(open, at, bytes)) {
      closeSync(open.handle);
      file = undefined;
      open = openFrom(folder, open.number + 1);
    }
    file = open;
    prune(logFiles(folder), retention, at, open.number, fileBytes);
    return open;
  };

  return {
    append(events, at) {
      const bytes = events.reduce((sum, event) => sum + event.length + HEAD_BYTES, 0);
      const open = fileFor(at, bytes);
      const lines = events.map(
        (event, i) => `{"v":${EVENT_SCHEMA_VERSION},"at":${at},"seq":${seq + 1 + i},${event.slice(1)}\n`,
      );
      const data = Buffer.from(`${open.torn ? '\n' : ''}${lines.join('')}`);
      // Until all of it is there, it may have been cut off anywhere.
      open.torn = true;
      for (let done = 0; done < data.length; ) done += writeSync(open.handle, data, done);
      open.torn = false;
      open.bytes += data.length;
      open.first ??= at;
      seq += events.length;
    },
    retain(next, at) {
      retention = next;
      const files = logFiles(folder);
      const current = file?.number ?? files.at(-1)?.number;
      if (current !== undefined) prune(files, retention, at, current, fileBytes);
    },
    close,
  };
}

/** Time and number of the log's last line. */
function lastHead(files: readonly LogFile[]): LineHead | undefined {
  for (const file of files.toReversed()) {
    const head = headIn(file.path, 'end');
    if (head !== undefined) return head;
  }
  return undefined;
}

/** Time and number of a file's first or last whole line; undefined where it has none, or cannot be read. */
function headIn(file: string, from: 'start' | 'end'): LineHead | undefined {
  try {
    const lines = peek(file, from, PEEK_BYTES).split('\n').map(headOf);
    return from === 'start' ? lines.find((head) => head !== undefined) : lines.findLast((head) => head !== undefined);
  } catch {
    return undefined;
  }
}

/** Opens the file with that number; the next, where something is in its place that cannot be written. */
function openFrom(folder: string, number: number): OpenFile {
  const logs = logFolder(folder);
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  if (!isRealFolder(logs)) throw new Error('The folder of the log leads elsewhere.');
  chmodSync(logs, 0o700);
  for (let passed = 0; ; passed++) {
    try {
      return openFile(path.join(logs, logFileName(number + passed)), number + passed);
    } catch (thrown) {
      if (passed === MOST_PASSED_OVER) throw thrown;
    }
  }
}

function openFile(name: string, number: number): OpenFile {
  const handle = openSync(name, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | NO_LINK, 0o600);
  try {
    const info = fstatSync(handle);
    if (!info.isFile()) throw new Error('No file of the log.');
    chmodSync(name, 0o600);
    return {
      handle,
      number,
      bytes: info.size,
      first: info.size === 0 ? undefined : headIn(name, 'start')?.at,
      // A process that was killed in mid-line: what is left of it is no line, and must not spoil the next.
      torn: info.size > 0 && !peek(name, 'end', 1).endsWith('\n'),
    };
  } catch (thrown) {
    closeSync(handle);
    throw thrown;
  }
}

/** Deletes what is too old or too much, never the file that is written now. */
function prune(all: readonly LogFile[], retention: Retention, at: number, current: number, currentBytes: number): void {
  const files = all.filter(({ number }) => number !== current);
  let bytes = files.reduce((sum, file) => sum + file.bytes, currentBytes);
  for (const file of files) {
    const last = headIn(file.path, 'end')?.at;
    const isOld = last !== undefined && at - last > retention.days * DAY_MS;
    if (!isOld && bytes <= retention.megabytes * 1024 * 1024) continue;
    rmSync(file.path, { force: true });
    bytes -= file.bytes;
  }
}
