/**
 * The one place where the log is written. It takes nothing on trust: each event is copied as plain data and checked
 * against the catalogue again, its names against the specifications loaded at that moment; what does not fit is dropped
 * and counted. Nothing here throws, and a disk that fails stops nobody's work.
 */
import { DROP_REASONS, EVENT_TYPES, type EventLog, type EventType, eventSchema } from './events.ts';
import { time } from './fields.ts';
import { createLogWriter, type Retention } from './log-writer.ts';
import { type Modules, ownModules } from './modules.ts';
import { type Plain, plainCopy, toJson } from './plain.ts';
import type { Words } from './words.ts';

export type { Retention };
export const DEFAULT_RETENTION: Retention = { days: 30, megabytes: 20 };

export interface EventLogOptions {
  /** The data folder; the log is `logs` in it. */
  readonly folder: string;
  readonly now: () => number;
  /** The names that may be told now; undefined while no specification is loaded. */
  readonly words: () => Words | undefined;
  readonly retention?: Retention;
  /** The program's own files, where it was built into others than these. */
  readonly modules?: Modules;
  /** A file that would become larger is followed by the next. */
  readonly fileBytes?: number;
}

type DropReason = (typeof DROP_REASONS)[number];
const FILE_BYTES = 1024 * 1024;

/** Opens the log of a data folder, and makes it where there is none; the disk is first touched by the first event. */
export function openEventLog(options: EventLogOptions): EventLog {
  const { folder, now, words, retention = DEFAULT_RETENTION, fileBytes = FILE_BYTES } = options;
  const modules = options.modules ?? ownModules();
  const schema = eventSchema({ words: () => safely(words), isModule: modules.has });
  const writer = createLogWriter(folder, retention, fileBytes);
  let closed = false;
  let total = 0;
  /** What was dropped and is not told yet. */
  const untold = { events: 0, types: new Set<EventType>(), why: new Set<DropReason>() };

  const drop = (why: DropReason, type: EventType | undefined): void => {
    total += 1;
    untold.events += 1;
    untold.why.add(why);
    if (type !== undefined) untold.types.add(type);
  };

  /** The event as a line has it, or why it is none. */
  const check = (event: unknown): { json: string; type: EventType } | { why: DropReason; type?: EventType } => {
    try {
      const plain = plainCopy(event);
      const type = typeOf(plain);
      if (type === undefined) return { why: 'type-unknown' };
      const parsed = schema.safeParse(plain);
      // What was parsed has the catalogue's own order of members.
      return parsed.success ? { json: toJson(plainCopy(parsed.data)), type } : { why: 'not-in-catalogue', type };
    } catch {
      return { why: 'not-plain' };
    }
  };

  const write = (event: unknown): void => {
    const checked = check(event);
    if ('why' in checked) {
      drop(checked.why, checked.type);
    } else if (closed) {
      drop('closed', checked.type);
    } else {
      try {
        const told = untold.events === 0 ? [] : [toJson(droppedEvent(untold))];
        writer.append([...told, checked.json], time(now()));
        untold.events = 0;
        untold.types.clear();
        untold.why.clear();
      } catch {
        drop('disk', checked.type);
      }
    }
  };

  return {
    write,
    dropped: () => total,
    retain(days, megabytes) {
      try {
        writer.retain({ days, megabytes }, time(now()));
      } catch {
        // What could not be deleted now is when the next file begins.
      }
    },
    close() {
      closed = true;
      try {
        writer.close();
      } catch {
        // It holds nothing back: each line was written when it came.
      }
    },
  };
}

const typeOf = (plain: Plain): EventType | undefined => {
  const type = typeof plain === 'object' && 'type' in plain ? plain.type : undefined;
  return EVENT_TYPES.find((one) => one === type);
};

/** No specification is as good as one that cannot be read: then no name is told. */
function safely(words: () => Words | undefined): Words | undefined {
  try {
    return words();
  } catch {
    return undefined;
  }
}

const droppedEvent = (untold: {
  readonly events: number;
  readonly types: ReadonlySet<EventType>;
  readonly why: ReadonlySet<DropReason>;
}): Plain => ({
  type: 'log.dropped',
  events: Math.min(untold.events, 1_000_000_000),
  types: EVENT_TYPES.filter((type) => untold.types.has(type)),
  why: DROP_REASONS.filter((reason) => untold.why.has(reason)),
});
