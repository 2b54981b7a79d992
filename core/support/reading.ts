/** Reads the log back. A line is taken for an event only after it was checked again, as if anybody could have written it. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import { EVENT_SCHEMA_VERSION, eventSchema, type LoggedEvent } from './events.ts';
import { timeField } from './fields.ts';
import { logFiles, NO_LINK } from './log-files.ts';
import { type Modules, ownModules } from './modules.ts';
import type { Words } from './words.ts';

export interface ReadOptions {
  /** Milliseconds since 1970: events before it are left out. */
  readonly since?: number;
  /** The names that may be told; undefined where no specification is loaded: then no event with a name passes. */
  readonly words: Words | undefined;
  /** The program's own files, where it was built into others than these. */
  readonly modules?: Modules;
}

/** Events in the order in which they were written; can be gone through once and again. */
export interface EventReading extends Iterable<LoggedEvent> {
  /** How many lines the last run through it did not pass: torn, of another version, or not in the catalogue. */
  readonly refused: number;
}

const LONGEST_LINE = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

const headSchema = z.object({
  v: z.literal(EVENT_SCHEMA_VERSION),
  at: timeField,
  seq: z.number().int().nonnegative(),
});

/** @returns what takes a line of the log and gives its event, undefined for what is none */
export function lineParser(options: Omit<ReadOptions, 'since'>): (line: string) => LoggedEvent | undefined {
  const modules = options.modules ?? ownModules();
  const schema = eventSchema({ words: () => options.words, isModule: modules.has });
  return (line) => {
    const json = parseJson(line);
    const head = headSchema.safeParse(json);
    if (!head.success || typeof json !== 'object' || json === null) return undefined;
    const { v: _v, at: _at, seq: _seq, ...event } = json as Record<string, unknown>;
    const parsed = schema.safeParse(event);
    return parsed.success ? { at: head.data.at, seq: head.data.seq, ...parsed.data } : undefined;
  };
}

/**
 * Reads the log of a data folder, a file at a time.
 * @throws NodeJS.ErrnoException while it is gone through, where a file cannot be read
 */
export function readEvents(folder: string, options: ReadOptions): EventReading {
  const { since = 0 } = options;
  const parse = lineParser(options);
  let refused = 0;
  return {
    get refused() {
      return refused;
    },
    *[Symbol.iterator]() {
      refused = 0;
      for (const line of logLines(folder)) {
        const event = line.length > LONGEST_LINE ? undefined : parse(line);
        if (event === undefined) refused += 1;
        else if (event.at >= since) yield event;
      }
    },
  };
}

/** Every line of a data folder's log as it stands there, a piece of a file at a time; blank ones are left out. */
export function* logLines(folder: string): Iterable<string> {
  for (const file of logFiles(folder)) {
    for (const line of linesOf(file.path)) if (line !== '') yield line;
  }
}

const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

function* linesOf(file: string): Iterable<string> {
  const handle = openSync(file, constants.O_RDONLY | NO_LINK);
  try {
    const decoder = new StringDecoder('utf8');
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let rest = '';
    for (let read = readSync(handle, buffer); read > 0; read = readSync(handle, buffer)) {
      const lines = (rest + decoder.write(buffer.subarray(0, read))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      // Whatever it is, it is no line of ours: its end is enough to refuse it.
      if (rest.length > LONGEST_LINE) rest = rest.slice(-LONGEST_LINE);
    }
    if (rest !== '') yield rest;
  } finally {
    closeSync(handle);
  }
}
