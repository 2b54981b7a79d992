/**
 * What the steward looks at, and what runs: the plan of each connection that was made last, how its last batch ended, and how
 * the one under way has been going. Kept while the window is open; told by the engine's events, so that it is there again
 * after the page was loaded anew.
 */
import { create } from 'zustand';
import type { EventOf } from '../../core/contract/bridge.ts';
import type { PlanView, SyncResult } from '../../core/contract/schemas.ts';
import { asRefused, call, listen, type Refused } from '../client/client.ts';
import { invalidate } from '../client/query.ts';
import { number } from '../text/format.ts';
import { say, useLive } from './live.ts';

/** How it stood at a moment, for a chart. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly done: number;
  readonly perSecond: number;
  readonly connections: number;
}

/** What a steward asked for. */
export interface Asked {
  readonly connection: string;
  /** A folder or zip in place of the connection's own. */
  readonly source: string | undefined;
  readonly isPlan: boolean;
  /** Try again what was refused before. */
  readonly retry: boolean;
  /** The number of the batch that waits, to have it go as it was planned. */
  readonly approves?: number;
}

/** What a steward looked at and lets go, by resource as the plan names it: it does not wait, unless there is more of it. */
export type Approved = Readonly<Record<string, { readonly changes: number; readonly deletes: number }>>;

export interface Ending {
  readonly state: NonNullable<EventOf<'batch'>['state']>;
  /** There where this page asked for it. */
  readonly result?: SyncResult;
  /** Why it could not be run, where this page asked for it. */
  readonly error?: Refused;
  /** It was approved, and would have deleted or changed more than was looked at. */
  readonly isOutgrown: boolean;
}

/** A plan to look at. */
export interface Plan {
  readonly view: PlanView;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface BatchState {
  /** What this page asked for and has no answer to yet. */
  readonly asked: Asked | undefined;
  /** What was last asked for, by connection: it is approved, or looked at again, with the same export. */
  readonly last: Readonly<Record<string, Asked>>;
  readonly plans: Readonly<Record<string, Plan>>;
  readonly endings: Readonly<Record<string, Ending>>;
  /** Batches that wait for approval and were left so, by number. */
  readonly asides: readonly number[];
  /** Of the batch under way, or the last one: at most MOST_MOMENTS, evenly spread. */
  readonly moments: readonly Moment[];
  readonly notices: readonly EventOf<'notice'>[];
  /** The API does not answer: in the engine's words, and how many records were done then. */
  readonly away:
    | {
        readonly sentence: string;
        readonly phase: EventOf<'progress'>['phase'] | undefined;
        readonly done: number;
      }
    | undefined;
}

/** A steward's own batch waits as long for an API that goes away as one that begins by itself: ten minutes. */
export const PATIENCE_SECONDS = 600;
const MOST_MOMENTS = 240;
const FIRST_SPACING_MS = 500;

export const useBatch = create<BatchState>(() => ({
  asked: undefined,
  last: {},
  plans: {},
  endings: {},
  asides: [],
  moments: [],
  notices: [],
  away: undefined,
}));

const { getState: now, setState: set } = useBatch;

const without = <T>(all: Readonly<Record<string, T>>, name: string): Record<string, T> => {
  const { [name]: _, ...rest } = all;
  return rest;
};

/** Another batch begins: what the one before left on the screen goes. */
function begin(connection: string): void {
  spacing = FIRST_SPACING_MS;
  set(({ plans, endings }) => ({
    plans: without(plans, connection),
    endings: without(endings, connection),
    moments: [],
    notices: [],
    away: undefined,
  }));
}

const WORDS: Readonly<Record<Ending['state'], string>> = {
  done: 'The batch is done.',
  planned: 'The plan is ready. Nothing has been sent.',
  waiting: 'The batch waits for your approval. Nothing has been sent.',
  stopped: 'The batch has ended early.',
  failed: 'The batch could not be run.',
};

function end(connection: string, ending: Partial<Ending> & Pick<Ending, 'state'>): void {
  const before = now().endings[connection];
  // Told by the answer and by the event; progress that was on its way may have spoken in between.
  say(WORDS[ending.state]);
  const told = { isOutgrown: false, ...before, ...ending };
  set(({ endings }) => ({ endings: { ...endings, [connection]: told }, away: undefined }));
}

/**
 * Looks first, or sends. Comes back when it has ended; how, is in `endings`.
 * @param approved what may go although the guard stopped it
 */
export async function runBatch(asked: Asked, approved?: Approved): Promise<void> {
  if (now().asked !== undefined) return;
  begin(asked.connection);
  set(({ last }) => ({ asked, last: { ...last, [asked.connection]: asked } }));
  try {
    const { connection, source, approves } = asked;
    const result = await call(
      'sync.run',
      approves === undefined
        ? {
            connection,
            ...(source === undefined ? {} : { source }),
            planOnly: asked.isPlan,
            retry: asked.retry,
            patienceSeconds: PATIENCE_SECONDS,
            ...(approved === undefined ? {} : { approve: true, approved }),
          }
        : { connection, approves, patienceSeconds: PATIENCE_SECONDS },
    );
    const isApproved = approved !== undefined || approves !== undefined;
    end(connection, { state: result.state, result, isOutgrown: isApproved && result.state === 'waiting' });
  } catch (thrown) {
    end(asked.connection, { state: 'failed', error: asRefused(thrown) });
  } finally {
    set({ asked: undefined });
  }
}

/**
 * The plan, or the account, was looked at: back to the start.
 * @param waiting the number of the batch that goes on waiting; it is not shown again by itself
 */
export function putAside(connection: string, waiting?: number): void {
  set(({ plans, endings, asides }) => ({
    plans: without(plans, connection),
    endings: without(endings, connection),
    asides: waiting === undefined ? asides : [...asides, waiting],
  }));
}

/** A batch that was put aside is to be looked at after all. */
export const takeUp = (waiting: number): void =>
  set(({ asides }) => ({ asides: asides.filter((id) => id !== waiting) }));

let spacing = FIRST_SPACING_MS;
/** The connection whose batch began last: its events may come after the answer to the call. */
let newest: string | undefined;

function onProgress({ phase, done, perSecond, connections }: EventOf<'progress'>): void {
  const { moments, away } = now();
  if (away !== undefined && (phase !== away.phase || done > away.done)) {
    set({ away: undefined });
    say('The API answers again. The batch goes on.');
  }
  if (phase !== 'sending') return;
  const at = Date.now();
  const last = moments.at(-1);
  // From here on the ledger lists it.
  if (last === undefined) invalidate(['batches']);
  if (last !== undefined && at - last.at < spacing) return;
  const next = [...moments, { at, done, perSecond, connections }];
  if (next.length > MOST_MOMENTS) spacing *= 2;
  set({ moments: next.length > MOST_MOMENTS ? next.filter((_, i) => i % 2 === 0) : next });
}

function onBatch({ what, connection, state, kind }: EventOf<'batch'>): void {
  // It leaves no plan and no account.
  if (kind === 'read-back') {
    if (what === 'ended') set({ away: undefined });
    return;
  }
  switch (what) {
    case 'started':
      newest = connection;
      // What this page asked for was begun anew when it was asked; a batch that is run again goes on where it was.
      if (now().asked?.connection !== connection) begin(connection);
      break;
    case 'paused': {
      const { progress } = useLive.getState();
      const far =
        progress?.total === undefined ? '' : ` at ${number(progress.done)} of ${number(progress.total)} changes`;
      say(`Paused${far}.`);
      break;
    }
    case 'resumed':
      say('Going on.');
      break;
    case 'ended':
      end(connection, { state: state ?? 'failed' });
  }
}

/** Listens to the engine for as long as the page is there. Called once, after `startListening` of state/live.ts. */
export function startListeningToBatches(): void {
  listen('progress', onProgress);
  listen('batch', onBatch);
  listen('notice', (notice) => {
    if (notice.code !== 'api-away') {
      set(({ notices }) => ({ notices: [...notices, notice] }));
      return;
    }
    if (now().away === undefined) say(notice.sentence);
    const { progress } = useLive.getState();
    set({ away: { sentence: notice.sentence, phase: progress?.phase, done: progress?.done ?? 0 } });
  });
  listen('plan', ({ plan }) => {
    const connection = newest;
    if (connection === undefined) return;
    set(({ plans }) => ({ plans: { ...plans, [connection]: { view: plan, at: Date.now() } } }));
  });
}
