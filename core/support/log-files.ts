/** The files of the event log: `logs/events-000001.jsonl` and on, in the data folder. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

export interface LogFile {
  readonly path: string;
  readonly number: number;
  readonly bytes: number;
}

/** @param folder the data folder */
export const logFolder = (folder: string): string => path.join(folder, 'logs');

export const logFileName = (number: number): string => `events-${String(number).padStart(6, '0')}.jsonl`;

/**
 * @param folder the data folder
 * @returns the log's files, oldest first; none where there is no log. Links and whatever else lies there are no files of it.
 */
export function logFiles(folder: string): LogFile[] {
  const logs = logFolder(folder);
  if (!isRealFolder(logs)) return [];
  return readdirSync(logs, { withFileTypes: true })
    .flatMap((entry): LogFile[] => {
      const number = /^events-(\d{6,9})\.jsonl$/.exec(entry.name)?.[1];
      if (number === undefined || !entry.isFile()) return [];
      const file = path.join(logs, entry.name);
      const info = lstatSync(file, { throwIfNoEntry: false });
      return info === undefined ? [] : [{ path: file, number: Number(number), bytes: info.size }];
    })
    .sort((a, b) => a.number - b.number);
}

export const isRealFolder = (folder: string): boolean =>
  lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;

/** Windows has no such flag, and asks for rights before it makes a link. */
export const NO_LINK = constants.O_NOFOLLOW ?? 0;

/** @returns up to that many bytes from the file's beginning, or from its end */
export function peek(file: string, from: 'start' | 'end', bytes: number): string {
  const handle = openSync(file, constants.O_RDONLY | NO_LINK);
  try {
    const { size } = fstatSync(handle);
    const buffer = Buffer.alloc(Math.min(bytes, size));
    const read = readSync(handle, buffer, 0, buffer.length, from === 'start' ? 0 : size - buffer.length);
    return buffer.toString('utf8', 0, read);
  } finally {
    closeSync(handle);
  }
}

/** What stands at the head of each line. */
export interface LineHead {
  readonly at: number;
  readonly seq: number;
}

/** @returns time and number of a line; undefined for what is no line of ours */
export function headOf(line: string): LineHead | undefined {
  const [, at, seq] = /^\{"v":\d{1,6},"at":(\d{1,15}),"seq":(\d{1,15}),/.exec(line) ?? [];
  return at === undefined || !line.endsWith('}') ? undefined : { at: Number(at), seq: Number(seq) };
}
