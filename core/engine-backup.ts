/** The engine's copies of its ledger: one a day, one when asked, and what becomes of a ledger that was restored from one. */
import type { CommandName, CommandOutput, EngineEvent, ParsedInput } from './contract/schemas.ts';
import { whyOf } from './engine-log.ts';
import { Failure, isFailure } from './errors/failure.ts';
import {
  type Copy,
  type CopyKind,
  conditionOf,
  copiesIn,
  copyFile,
  isDue,
  megabytes,
  removeUpTo,
  suspect,
} from './ledger/backup.ts';
import { asLedgerFailure, isDamage, type Ledger } from './ledger/ledger.ts';
import { behindOf, describeRestored, giveOrder, restoredOf } from './ledger/restore.ts';
import type { Seal } from './ledger/seal.ts';
import { systemTimers, type Timers } from './sources/watch.ts';
import type { EventLog } from './support/events.ts';
import { bucket } from './support/fields.ts';

type BackupsCommand = Extract<CommandName, `backups.${string}`>;
type Handlers = { [N in BackupsCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };

export interface BackupsInput {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly seal: Seal;
  /** Whether a batch runs: it goes before any copy. */
  readonly isRunning: () => boolean;
  readonly events: Pick<EventLog, 'write'>;
  readonly now: () => number;
  readonly emit: (event: EngineEvent) => void;
  readonly timers: Timers | undefined;
  /** Has the engine closed and opened anew, by its host. */
  readonly restart: () => void;
}

export interface BackupsRoom {
  readonly handlers: Handlers;
  /** Looks from time to time whether a copy is due; for a host that stays. */
  start(): void;
  /** Makes the day's copy where there is none yet and nothing else goes on; throws nothing. */
  daily(): Promise<void>;
  /** What the ledger forgets now is to go from its copies too: within the caller's transaction. */
  forget(): void;
  /** Makes the copy without what was forgotten, and deletes those with it; what fails is done with the next copy. */
  renew(): Promise<void>;
  /** Takes whatever a command or a batch ended in: where the ledger itself is damaged, it is opened anew, and restored. */
  failed(thrown: unknown): void;
  /** Ends a copy that is being made. */
  close(): Promise<void>;
}

/** The screens are there first. */
const FIRST_MS = 60_000;
const EVERY_MS = 10 * 60_000;
/** What could not be done is tried again after this. */
const AGAIN_MS = 60 * 60_000;
/** The setting with the number of the last copy that has what the ledger was to forget; empty where there is none. */
const OUTLIVED = 'copies-outlived';

export function createBackupsRoom(input: BackupsInput): BackupsRoom {
  const { ledger, folder, seal, events, now, emit, timers = systemTimers } = input;
  let underWay: Promise<Copy | undefined> | undefined;
  let isClosing = false;
  let trouble: string | null = null;
  let troubledAt = Number.NEGATIVE_INFINITY;
  let toldOn = '';
  let forget: () => void = () => undefined;

  const outlived = (): number => Number(ledger.setting(OUTLIVED) ?? '');
  const setOutlived = (value: string): void => ledger.setSetting(OUTLIVED, value);
  const removeOutlived = (): void => {
    const last = outlived();
    if (last > 0 && removeUpTo({ folder, seal }, last)) ledger.transaction(() => setOutlived(''));
  };

  const make = (kind: Exclude<CopyKind, 'migration'>): Promise<Copy | undefined> => {
    underWay = ledger
      .copy(kind, () => !isClosing && !input.isRunning())
      .then((copy) => {
        if (copy !== undefined) {
          trouble = null;
          events.write({ type: 'ledger.copied', kind, megabytes: bucket(megabytes(copy.bytes)) });
          removeOutlived();
        }
        return copy;
      })
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };

  const failed = (thrown: unknown): void => {
    if (isClosing || !isDamage(thrown)) return;
    suspect(folder);
    input.restart();
  };

  const notCopied = (thrown: unknown): void => {
    const known = asLedgerFailure(thrown);
    trouble = isFailure(known) ? known.message : 'The copy of the ledger could not be made.';
    troubledAt = timers.elapsed();
    events.write({ type: 'ledger.failed', ...whyOf(thrown) });
    failed(thrown);
    const day = new Date(now()).toDateString();
    // Once a day: it is in the settings too.
    if (toldOn !== day) emit({ type: 'notice', code: 'ledger-not-copied', sentence: `${trouble} Batches go on.` });
    toldOn = day;
  };

  const daily = async (): Promise<void> => {
    if (isClosing || underWay !== undefined || input.isRunning()) return;
    if (timers.elapsed() - troubledAt < AGAIN_MS) return;
    try {
      removeOutlived();
      if (outlived() > 0 || isDue(copiesIn(folder), now())) await make('daily');
    } catch (thrown) {
      notCopied(thrown);
    }
  };

  const look = (ms: number): void => {
    forget = timers.after(ms, () => {
      void daily().finally(() => {
        if (!isClosing) look(EVERY_MS);
      });
    });
  };

  const refuseWhileRunning = (): void => {
    if (!input.isRunning()) return;
    throw new Failure('ledger-in-use', 'A batch is running. Wait for it, or stop it first.');
  };

  const handlers: Handlers = {
    'backups.show': async () => {
      const restored = restoredOf(ledger);
      const behind = new Set(behindOf(ledger));
      return {
        copies: copiesIn(folder).map(viewOf),
        trouble,
        restored:
          restored === undefined
            ? null
            : {
                at: restored.at,
                copyAt: restored.copyAt,
                why: restored.why,
                sentence: describeRestored(restored),
                behind: ledger
                  .connections()
                  .filter(({ id }) => behind.has(id))
                  .map(({ name }) => name),
              },
      };
    },
    'backups.make': async () => {
      refuseWhileRunning();
      await underWay?.catch(() => undefined);
      const copy = await make('asked').catch((thrown: unknown) => {
        failed(thrown);
        throw thrown;
      });
      if (copy === undefined) throw new Failure('cancelled', 'A batch began, and goes first: no copy was made.');
      return viewOf(copy);
    },
    'backups.restore': async ({ copy }) => {
      refuseWhileRunning();
      const found = copiesIn(folder).find(({ name }) => name === copy);
      if (found === undefined || conditionOf(copyFile(folder, copy), seal) !== 'good') {
        throw new Failure(
          'usage',
          'This copy of the ledger is not there any more, or cannot be used. Nothing was changed; choose another.',
        );
      }
      giveOrder(folder, copy, 'asked', now());
      input.restart();
      return {};
    },
  };

  return {
    handlers,
    start: () => look(FIRST_MS),
    daily,
    forget() {
      const newest = copiesIn(folder)[0]?.number ?? 0;
      // One that is being made may have read it already.
      const last = underWay === undefined ? newest : newest + 1;
      if (last > 0) setOutlived(String(last));
    },
    async renew() {
      if (outlived() === 0) return;
      try {
        await underWay?.catch(() => undefined);
        await make('daily');
      } catch (thrown) {
        notCopied(thrown);
      }
    },
    failed,
    async close() {
      isClosing = true;
      forget();
      await underWay?.catch(() => undefined);
    },
  };
}

const viewOf = ({ name, kind, at, bytes }: Copy): CommandOutput<'backups.make'> => ({ copy: name, kind, at, bytes });
