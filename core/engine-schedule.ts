/** The engine's handling of schedules: begins batches by themselves, one at a time, and tells when the next one is. */
import { z } from 'zod';
import type { Profile } from './connections/profile.ts';
import type {
  CommandName,
  CommandOutput,
  EngineEvent,
  ParsedInput,
  Schedule,
  ScheduleView,
  SyncResult,
} from './contract/schemas.ts';
import type { EngineLog } from './engine-log.ts';
import { isFailure } from './errors/failure.ts';
import type { ConnectionRow, Ledger } from './ledger/ledger.ts';
import { stampOf, systemTimers, type Timers, type Watch, watchExport } from './sources/watch.ts';
import { bucket, duration } from './support/fields.ts';
import { isQuiet, missedBy, nextRun, quietEnd } from './sync/schedule.ts';

type ScheduleCommand = Extract<CommandName, `schedule.${string}`>;
type Handlers = { [N in ScheduleCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };

export interface ScheduleInput {
  readonly ledger: Pick<Ledger, 'connections' | 'lastBatch' | 'cached' | 'cache' | 'transaction'>;
  readonly find: (connection: string) => ConnectionRow;
  readonly profileOf: (row: ConnectionRow) => Profile;
  readonly updateProfile: (row: ConnectionRow, profile: Profile) => void;
  /** Runs a batch of the connection's own export, with nobody there to approve it. */
  readonly runBatch: (connection: string) => Promise<Pick<SyncResult, 'state' | 'stopped'>>;
  /** Whether anything runs that no batch may run beside. */
  readonly isRunning: () => boolean;
  /** Takes what was thrown where nobody waits for an answer; the connection where it was its batch. */
  readonly onFailed: (row: ConnectionRow | undefined, thrown: unknown) => void;
  readonly log: Pick<EngineLog, 'label' | 'write'>;
  readonly now: () => number;
  readonly emit: (event: EngineEvent) => void;
  readonly timers?: Timers | undefined;
}

export interface EngineSchedule {
  readonly handlers: Handlers;
  /** From now on batches begin by themselves: for a host that stays. One that runs a single command does not call it. */
  start(): void;
  view(row: ConnectionRow): ScheduleView;
  /**
   * To be called when any batch begins, whoever began it.
   * @param source the export it reads; undefined where it sends again what was read before
   */
  began(row: ConnectionRow, source: string | undefined): void;
  /** To be called when it has ended. */
  ended(row: ConnectionRow, state: SyncResult['state'] | 'failed'): void;
  /** The connection has another export, or another rule for it: a plan that waits is not what a next one would be. */
  sourceChanged(row: ConnectionRow, what: { readonly path: boolean }): Promise<void>;
  /** Begins nothing any more; resolves when what it began has ended. */
  close(): Promise<void>;
}

/** What outlives the engine, in the ledger beside the connection: a profile may be saved anew from an older copy. */
const keptSchema = z.object({
  /** When the last batch began by itself. */
  last: z.number().nullable(),
  /** Since when due times count. */
  since: z.number(),
  /** Stamp of the export that was last planned or sent; null where none was. */
  sent: z.string().nullable(),
});
type Kept = z.infer<typeof keptSchema>;

/** What is known of a connection while the engine runs. */
interface Memory extends Kept {
  /** Since when a changed export is ready to be sent; ahead of now where one is to be tried again. */
  ready: number | null;
  /** Stamp of the export when it last settled. */
  settled: string | null;
  /** How often in a row a changed export could not be sent. */
  failures: number;
  /** A batch ended because the network went, or its process died: it goes again as soon as it can. */
  again: number | null;
  /** The end of the quiet hours that the log was told of. */
  quietTold: number | null;
  watch: { readonly path: string; readonly watch: Watch } | undefined;
  /** The view that was told last, as JSON. */
  told: string;
}

const MEMORY = 'schedule';
/** Between two looks at the clock while something is scheduled: a machine that sleeps stops timers, and a clock is put right. */
const TICK_MS = 60_000;
/** What was begun by hand goes first, and tells when it ends; what reads back does not. */
const TURN_MS = 15_000;
/** A machine that wakes has its network some seconds later. */
const AWAKE_MS = 5_000;
/** A changed export that could not be sent is tried again after this, then after twice as long, and so on up to the longest. */
const RETRY_MS = 15 * 60_000;
const LONGEST_RETRY_MS = 4 * 3_600_000;
/** @returns for how long a changed export waits that could not be sent so many times in a row */
const putOff = (failures: number): number =>
  failures === 0 ? 0 : Math.min(RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
/** A stamp that no export has. */
const NONE = 'none';

export function createScheduleRoom(input: ScheduleInput): EngineSchedule {
  const { ledger, find, profileOf, log, now } = input;
  const { timers = systemTimers } = input;
  const memories = new Map<number, Memory>();
  let isStarted = false;
  let isClosed = false;
  let offlineSince: number | undefined;
  /** Rises whenever the network goes. */
  let interruptions = 0;
  let notBefore = 0;
  let cancelTimer = (): void => {};
  /** The batch that runs, and the state of the export that it reads. */
  let running: { readonly id: number; readonly stamp: Promise<string> | undefined } | undefined;
  /** The one that began here, until it has ended. */
  let own: Promise<void> | undefined;

  // What has to do with the disk goes one after the other, so that no two looks at one thing overtake each other.
  let steps: Promise<void> = Promise.resolve();
  const step = (work: () => Promise<void> | void): Promise<void> => {
    // Whatever happens, the next step follows; what could not be kept is found out again.
    steps = steps.then(work).catch((thrown: unknown) => input.onFailed(undefined, thrown));
    return steps;
  };

  const memoryOf = (row: ConnectionRow): Memory => {
    const found = memories.get(row.id);
    if (found !== undefined) return found;
    const text = ledger.cached(row.id, MEMORY)?.text;
    const kept = keptSchema.safeParse(text === undefined ? undefined : parseJson(text)).data;
    const made: Memory = {
      ...(kept ?? { last: null, since: now(), sent: null }),
      ready: null,
      settled: null,
      failures: 0,
      again: null,
      quietTold: null,
      watch: undefined,
      told: '',
    };
    memories.set(row.id, made);
    return made;
  };
  /** @throws Failure `ledger-in-use` while a plan is being made: what it does is kept or undone as one */
  const keep = (row: ConnectionRow, { last, since, sent }: Kept): void =>
    ledger.transaction(() =>
      ledger.cache(row.id, MEMORY, '1', JSON.stringify({ last, since, sent } satisfies Kept), now()),
    );

  /** The connections, with what cannot be read left out: that is said where it is shown. */
  const readable = (): { row: ConnectionRow; profile: Profile; memory: Memory }[] =>
    ledger.connections().flatMap((row) => {
      try {
        return [{ row, profile: profileOf(row), memory: memoryOf(row) }];
      } catch (thrown) {
        if (isFailure(thrown)) return [];
        throw thrown;
      }
    });

  /** Whether a plan waits for the steward, and what it was made of is known: another export, or rule, is another plan. */
  const hasPlan = (row: ConnectionRow, { sent }: Memory): boolean =>
    sent !== null && sent !== NONE && ledger.lastBatch(row.id)?.state === 'waiting';

  /** When the connection's next batch is due; not after now where it is. Null where none is. */
  const dueAt = ({ schedule, source }: Profile, memory: Memory): number | null => {
    if (source === undefined || schedule.when.kind === 'off') return null;
    const { since: last, ready, again } = memory;
    const due = nextRun(schedule, { now: now(), last, ready });
    if (again === null) return due;
    const soon = nextRun({ ...schedule, when: { kind: 'export' } }, { now: now(), last, ready: again });
    return due === null || soon === null ? (due ?? soon) : Math.min(due, soon);
  };

  const stateOf = (row: ConnectionRow, profile: Profile, memory: Memory): ScheduleView['state'] => {
    const { schedule, source } = profile;
    if (schedule.when.kind === 'off') return 'off';
    if (running?.id === row.id) return 'running';
    if (source === undefined) return 'no-source';
    if (schedule.pausedUntil !== null && schedule.pausedUntil > now()) return 'paused';
    if (offlineSince !== undefined) return 'offline';
    if (hasPlan(row, memory) && memory.ready === null) return 'waits-for-approval';
    if (isQuiet(schedule, now())) return 'quiet';
    return schedule.when.kind === 'export' && dueAt(profile, memory) === null ? 'watching' : 'due';
  };
  const view = (row: ConnectionRow): ScheduleView => {
    const profile = profileOf(row);
    const memory = memoryOf(row);
    const state = stateOf(row, profile, memory);
    const begins = state === 'due' || state === 'quiet' || state === 'paused' || state === 'running';
    return { schedule: profile.schedule, next: begins ? dueAt(profile, memory) : null, state, last: memory.last };
  };
  const tell = (): void => {
    for (const { row, memory } of readable()) {
      const seen = view(row);
      const text = JSON.stringify([row.name, seen]);
      if (text === memory.told) continue;
      // What was so before anybody looked is no change.
      if (memory.told !== '') input.emit({ type: 'schedule', connection: row.name, view: seen });
      memory.told = text;
    }
  };

  // Watching.
  const settled = (id: number, stamp: string): void => {
    const memory = memories.get(id);
    // A batch by hand may have been quicker.
    if (memory === undefined || memory.sent === stamp) return;
    Object.assign(memory, { settled: stamp, ready: now(), failures: 0 });
    void evaluate();
  };
  const watchWhatIsToBeWatched = async (): Promise<void> => {
    const connections = readable();
    const gone = [...memories].filter(([id]) => !connections.some(({ row }) => row.id === id));
    for (const [id, memory] of gone) {
      memories.delete(id);
      await memory.watch?.watch.close();
    }
    for (const { row, profile, memory } of connections) {
      const wanted = profile.schedule.when.kind === 'export' && isStarted && !isClosed ? profile.source : undefined;
      if (memory.watch !== undefined && memory.watch.path !== wanted) {
        await memory.watch.watch.close();
        Object.assign(memory, { watch: undefined, ready: null, settled: null });
      }
      if (wanted === undefined || memory.watch !== undefined) continue;
      // The first state is where changes count from; one that was sent before, or found before, is kept.
      if (memory.sent === null) {
        memory.sent = await stampOf(wanted);
        keep(row, memory);
      }
      const known = memory.sent;
      memory.watch = {
        path: wanted,
        watch: watchExport(wanted, { known, timers, onSettled: (stamp) => settled(row.id, stamp) }),
      };
    }
  };

  // Running.
  /** What is due may not be what it seems. */
  const lookAgain = async (
    row: ConnectionRow,
    { source, schedule }: Profile,
    memory: Memory,
  ): Promise<'go' | 'waits' | 'moves'> => {
    const stamp = source === undefined ? undefined : await stampOf(source);
    if (hasPlan(row, memory) && stamp === memory.sent) return 'waits';
    // It settled, and is written again, or its share is away: there will be another day, or another second.
    const moves = schedule.when.kind === 'export' && memory.settled !== null && stamp !== memory.settled;
    return moves ? 'moves' : 'go';
  };

  const begin = (row: ConnectionRow, { schedule }: Profile, memory: Memory): void => {
    const connection = log.label(row);
    const late = missedBy(schedule, { now: now(), last: memory.since });
    if (late !== undefined) {
      log.write({ type: 'schedule.missed', connection, runs: bucket(late.runs), lateMs: duration(late.lateMs) });
    }
    log.write({ type: 'schedule.started', connection });
    const before = interruptions;
    const begun = { last: now(), since: now() };
    keep(row, { ...begun, sent: memory.sent });
    Object.assign(memory, begun, { ready: null, again: null, quietTold: null });
    const failed = (code: string): void => {
      // Who stopped it will say when it goes on.
      if (code === 'cancelled') return;
      if (interruptions !== before || offlineSince !== undefined) memory.again = now();
      else if (schedule.when.kind === 'export' && memory.ready === null) {
        memory.failures += 1;
        memory.ready = now() + putOff(memory.failures);
      }
    };
    own = input
      .runBatch(row.name)
      .then(
        ({ stopped }) => {
          if (stopped !== null) failed(stopped.code);
          else memory.failures = 0;
        },
        (thrown: unknown) => {
          failed(isFailure(thrown) ? thrown.code : 'internal');
          input.onFailed(row, thrown);
        },
      )
      .finally(() => {
        own = undefined;
        void evaluate();
      });
  };

  /** Looks at the clock: begins what is due and may begin, sets the next look, and tells what has changed. */
  const evaluate = (): Promise<void> =>
    step(async () => {
      if (!isStarted || isClosed) return;
      try {
        await watchWhatIsToBeWatched();
        await beginNext();
      } finally {
        if (!isClosed) {
          tell();
          arm();
        }
      }
    });
  const beginNext = async (): Promise<void> => {
    notBefore = Math.min(notBefore, now() + AWAKE_MS);
    const due = readable()
      .flatMap(({ row, profile, memory }) => {
        // The clock was put back: what lies ahead was never, or is as far ahead as it is put off.
        memory.since = Math.min(memory.since, now());
        if (memory.again !== null) memory.again = Math.min(memory.again, now());
        if (memory.ready !== null) memory.ready = Math.min(memory.ready, now() + putOff(memory.failures));
        tellQuiet(row, profile.schedule, memory);
        const at = dueAt(profile, memory);
        return at !== null && at <= now() ? [{ row, profile, memory, at }] : [];
      })
      .sort((one, other) => one.at - other.at);
    for (const { row, profile, memory } of due) {
      if (offlineSince !== undefined || now() < notBefore) return;
      const found = await lookAgain(row, profile, memory);
      if (isClosed || own !== undefined || input.isRunning()) return;
      if (found === 'waits') Object.assign(memory, { since: now(), ready: null, again: null });
      else if (found === 'go') return begin(row, profile, memory);
    }
  };
  const tellQuiet = (row: ConnectionRow, schedule: Schedule, memory: Memory): void => {
    const until = quietEnd(schedule, now());
    if (until === null || until === memory.quietTold) return;
    const at = nextRun({ ...schedule, quiet: null }, { now: now(), last: memory.since, ready: memory.ready });
    if (at === null || at > now()) return;
    memory.quietTold = until;
    log.write({ type: 'schedule.quiet', connection: log.label(row), untilMs: duration(until - now()) });
  };

  const arm = (): void => {
    cancelTimer();
    const scheduled = readable().filter(({ profile }) => profile.schedule.when.kind !== 'off');
    if (scheduled.length === 0) return;
    const ahead = scheduled.flatMap(({ profile, memory }) => {
      const at = dueAt(profile, memory);
      if (at === null) return [];
      if (at > now()) return [at - now()];
      // Due, and not begun: it waits for the network, which tells by itself, for the machine to be awake, or for its turn.
      if (offlineSince !== undefined) return [];
      return now() < notBefore ? [notBefore - now()] : [TURN_MS];
    });
    cancelTimer = timers.after(Math.min(TICK_MS, ...ahead), () => void evaluate());
  };

  const handlers: Handlers = {
    'schedule.show': async ({ connection }) => view(find(connection)),
    'schedule.set': async ({ connection, schedule }) => {
      const row = find(connection);
      const profile = profileOf(row);
      const memory = memoryOf(row);
      const isOther = JSON.stringify(profile.schedule.when) !== JSON.stringify(schedule.when);
      input.updateProfile(row, { ...profile, schedule });
      if (isOther) {
        Object.assign(memory, { since: now(), ready: null, failures: 0, again: null });
        keep(row, memory);
      }
      log.write({ type: 'setting.changed', setting: 'schedule' });
      await evaluate();
      return view(find(connection));
    },
    'schedule.network': async ({ online }) => {
      if (!online && offlineSince === undefined) {
        offlineSince = timers.elapsed();
        interruptions += 1;
        log.write({ type: 'network.offline' });
      } else if (online && offlineSince !== undefined) {
        log.write({ type: 'network.online', offlineMs: duration(timers.elapsed() - offlineSince) });
        offlineSince = undefined;
      }
      await evaluate();
      return {};
    },
    'schedule.awake': async () => {
      interruptions += 1;
      notBefore = now() + AWAKE_MS;
      await evaluate();
      return {};
    },
  };

  return {
    handlers,
    start() {
      isStarted = true;
      // What a process that died was sending goes on at once where batches begin by themselves; elsewhere the steward is asked.
      for (const { row, memory } of readable()) {
        if (ledger.lastBatch(row.id)?.state === 'sending') memory.again = now();
      }
      void evaluate();
    },
    view,
    began(row, source) {
      const isItsOwn = source !== undefined && source === profileOf(row).source;
      running = { id: row.id, stamp: isItsOwn ? stampOf(source) : undefined };
      memoryOf(row).again = null;
      if (isStarted) tell();
    },
    ended(row, state) {
      const stamp = running?.stamp;
      running = undefined;
      if (isClosed) return;
      void step(async () => {
        // What stopped early has sent a part; the export is not done with.
        if (stamp === undefined || (state !== 'done' && state !== 'waiting')) return;
        const memory = memoryOf(row);
        // Taken before the first byte was read: what has changed since is a change.
        memory.sent = await stamp;
        if (memory.settled === memory.sent) memory.ready = null;
        keep(row, memory);
      });
      void evaluate();
    },
    sourceChanged(row, { path }) {
      void step(() => {
        const memory = memoryOf(row);
        if (path) Object.assign(memory, { sent: null, ready: null, settled: null, failures: 0, again: null });
        else if (hasPlan(row, memory)) Object.assign(memory, { sent: NONE, ready: now() });
        keep(row, memory);
      });
      return evaluate();
    },
    async close() {
      isClosed = true;
      cancelTimer();
      await own;
      await steps;
      for (const { watch } of memories.values()) await watch?.watch.close();
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
