/** What a process holds at a moment: memory after a collection, open handles by kind, and what lies in its folder. */
import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export interface Memory {
  readonly heap: number;
  /** ArrayBuffers and what else V8 knows of outside its heap. */
  readonly external: number;
  readonly rss: number;
}

/** Bytes, after two collections with a turn of the loop between them, so that what closes itself has closed. */
export async function memory(): Promise<Memory> {
  collect();
  await wait(20);
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, rss };
}

const FD = '/proc/self/fd';
const UNLINKED = 'unlinked file';
/** The practice API has a temporary table, which SQLite gives a file of its own when it thinks fit. */
const MAY_COME: Readonly<Record<string, number>> = { [UNLINKED]: 1 };

/** Open handles by kind: what the event loop holds, and, where the system shows them, sockets, files and pipes. */
export function handles(): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (kind: string): void => void counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const kind of process.getActiveResourcesInfo()) add(kind);
  if (!existsSync(FD)) return counts;
  for (const number of readdirSync(FD)) {
    try {
      const to = readlinkSync(path.join(FD, number));
      if (to.endsWith(' (deleted)')) add(UNLINKED);
      else if (to.startsWith('/') && !to.startsWith('/dev/')) add(`file ${path.basename(to).replace(/\d+/g, '#')}`);
      else add(`fd ${to.replace(/:.*$/, '')}`);
    } catch {
      // The one that listed the folder is closed by now.
    }
  }
  return counts;
}

/** @returns the kinds of which there are more than in `before`, in words; none when nothing grew */
export const grown = (before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): string[] =>
  [...now].flatMap(([kind, count]) => {
    const was = Math.max(before.get(kind) ?? 0, MAY_COME[kind] ?? 0);
    return count > was ? [`${kind} ${was} to ${count}`] : [];
  });

/** What is on its way to being closed gets a moment. @returns what is still more than `before` */
export async function leftOpen(before: ReadonlyMap<string, number>): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const more = grown(before, handles());
    if (more.length === 0 || tries === 60) return more;
    await wait(50);
  }
}

/** Bytes of each file in a folder and those below it, by its path there. */
export function filesIn(folder: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    found.set(path.relative(folder, file), statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  }
  return found;
}

/**
 * How much a row of measurements rises, by the middle of all slopes between two of them (Theil–Sen): a single high one
 * changes nothing.
 * @returns of the whole row, in the unit of its values; 0 for fewer than three
 */
export function rise(values: readonly number[]): number {
  if (values.length < 3) return 0;
  const slopes: number[] = [];
  for (let one = 0; one < values.length; one++) {
    for (let other = one + 1; other < values.length; other++) {
      slopes.push(((values[other] as number) - (values[one] as number)) / (other - one));
    }
  }
  slopes.sort((a, b) => a - b);
  return (slopes[slopes.length >> 1] as number) * (values.length - 1);
}
