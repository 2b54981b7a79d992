/** Keeps an engine running: starts it, and starts it again when it dies. */
import { setTimeout as wait } from 'node:timers/promises';
import type { EngineState } from '../../core/contract/host.ts';
import type { CommandInput, CommandName, CommandOutput, EngineEvent } from '../../core/contract/schemas.ts';
import type { EngineHost } from '../../core/engine-host.ts';
import { Failure, isFailure } from '../../core/errors/failure.ts';

export interface Supervisor {
  readonly state: () => EngineState;
  /**
   * Calls the engine; waits for it while it starts.
   * @throws Failure the engine's; or `engineStopped` where it died before it answered
   */
  call<N extends CommandName>(command: N, input: CommandInput<N>): Promise<CommandOutput<N>>;
  /** Ends a thread that no longer answers; it is started again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface SupervisorOptions {
  readonly start: (onEvent: (event: EngineEvent) => void) => Promise<EngineHost>;
  readonly onEvent: (event: EngineEvent) => void;
  readonly onState: (state: EngineState) => void;
  /** Milliseconds before the first new start, and at most; doubled from one to the next. */
  readonly backOff?: { readonly first: number; readonly most: number };
}

const BACK_OFF = { first: 500, most: 30_000 };
/** An engine that ran this long had been well: what went before is forgotten. */
const WELL_AFTER = 60_000;

/** @returns whether a call ended because the engine did, and not by the engine's own answer */
export const isEngineStopped = (thrown: unknown): boolean => isFailure(thrown) && thrown.details.engineStopped === true;

const engineStopped = (): Failure =>
  new Failure(
    'internal',
    'The engine stopped unexpectedly and is being started again. What the API confirmed is in the ledger; try again in a moment.',
    { engineStopped: true },
  );

/** Where another data folder would help, it is said how one is chosen for the screens. */
const inItsWords = (thrown: unknown): unknown =>
  isFailure(thrown) && thrown.details.otherFolder === true
    ? new Failure(
        thrown.code,
        `${thrown.message} Another data folder is chosen by the environment variable ROLLBOOK_DATA of your account: your IT staff can set it.`,
        thrown.details,
      )
    : thrown;

const closed = (): Failure => new Failure('cancelled', 'Rollbook is closing; what the API confirmed is in the ledger.');

/** Starts an engine and keeps it: gives at once, calls wait for it. */
export function superviseEngine({ start, onEvent, onState, backOff = BACK_OFF }: SupervisorOptions): Supervisor {
  let state: EngineState = { state: 'starting' };
  let host: EngineHost | undefined;
  let isClosing = false;
  const closing = new AbortController();
  /** Calls that wait for an engine. */
  let waiting: { resolve(host: EngineHost): void; reject(reason: Failure): void }[] = [];

  const become = (next: EngineState): void => {
    state = next;
    onState(next);
  };

  const settle = (act: (call: (typeof waiting)[number]) => void): void => {
    const calls = waiting;
    waiting = [];
    for (const call of calls) act(call);
  };

  const keep = async (): Promise<void> => {
    let pause = backOff.first;
    while (!isClosing) {
      const since = performance.now();
      try {
        const started = await start(onEvent);
        host = started;
        if (isClosing) break;
        become({ state: 'running' });
        settle((call) => call.resolve(started));
        await started.ended;
        host = undefined;
        if (isClosing) break;
        become({ state: 'restarting' });
      } catch (thrown) {
        if (isClosing) break;
        const told = inItsWords(thrown);
        const failure = isFailure(told) ? told : engineStopped();
        become({ state: 'failed', code: failure.code, sentence: failure.message });
        settle((call) => call.reject(failure));
      }
      if (performance.now() - since > WELL_AFTER) pause = backOff.first;
      await wait(pause, undefined, { signal: closing.signal }).catch(() => undefined);
      pause = Math.min(pause * 2, backOff.most);
    }
  };

  const current = (): Promise<EngineHost> =>
    new Promise((resolve, reject) => {
      if (isClosing) reject(closed());
      else if (host !== undefined) resolve(host);
      else if (state.state === 'failed') reject(new Failure(state.code as Failure['code'], state.sentence));
      else waiting.push({ resolve, reject });
    });

  const kept = keep();
  return {
    state: () => state,
    async call(command, input) {
      const used = await current();
      try {
        return await used.call(command, input);
      } catch (thrown) {
        if (!isEngineStopped(thrown)) throw inItsWords(thrown);
        throw isClosing ? closed() : engineStopped();
      }
    },
    async restart() {
      await host?.kill();
    },
    async close() {
      if (isClosing) return;
      isClosing = true;
      closing.abort();
      settle((call) => call.reject(closed()));
      await host?.close();
      await kept;
      // One that was still starting when it was asked to close.
      await host?.close();
    },
  };
}
