import type { Settings } from './options.ts';

/** Leave to send; `asks` is the one that finds out whether the pause is over for all. */
export interface Pass {
  /** Milliseconds of pauses that were waited for. */
  readonly waited: number;
  readonly asks: boolean;
}

/**
 * The one gate before which every call of a client waits after the API asked for a pause: a pause that only the call
 * that was told observes leaves the others hammering a server that said it is overloaded. When the pause is over, one
 * goes ahead and asks; the others follow when it was not told to wait again.
 */
export interface Gate {
  /** Closes the gate for `ms` from now, a day at most; an earlier, longer pause stays. */
  close(ms: number): void;
  /** What asked was not told to wait: all may go. */
  open(): void;
  /**
   * Resolves when it is the caller's turn, or the client is stopped. `isSignIn` waits for the pause and for nobody:
   * whoever asks may be in want of a token first.
   */
  pass(isSignIn: boolean): Promise<Pass>;
  /** Whether a pass still holds, after the caller had to wait for something else. */
  admits(pass: Pass): boolean;
  /** Milliseconds until the pause is over, 0 where there is none. */
  remaining(): number;
  /** How often in a row the one that asked was told to wait again. */
  readonly inVain: number;
}

/** Timers hold no more than 24 days; nobody waits for longer than one. */
const LONGEST_MS = 24 * 3_600_000;

/** @param steady milliseconds of a clock that never jumps */
export const createGate = (
  settings: Pick<Settings, 'sleep' | 'signal'>,
  steady: () => number = () => performance.now(),
): Gate => {
  const { sleep, signal } = settings;
  let until = 0;
  let pause: Promise<void> | undefined;
  /** Since the gate was closed, nobody was answered. */
  let isDoubtful = false;
  let asking: Pass | undefined;
  let inVain = 0;
  const line = new Set<() => void>();

  const remaining = (): number => (pause === undefined ? 0 : Math.max(0, until - steady()));
  const look = (): void => {
    for (const next of [...line]) next();
  };
  signal?.addEventListener('abort', look, { once: true });
  return {
    remaining,
    get inVain() {
      return inVain;
    },
    close: (asked) => {
      const ms = Math.min(asked, LONGEST_MS);
      if (isDoubtful && pause === undefined) inVain += 1;
      isDoubtful = true;
      asking = undefined;
      const next = steady() + ms;
      if (pause !== undefined && next <= until) return;
      until = next;
      const mine = sleep(ms, signal).then(() => {
        if (pause !== mine) return;
        pause = undefined;
        look();
      });
      pause = mine;
    },
    open: () => {
      // What was sent before the gate closed does not tell that it may open.
      if (pause !== undefined) return;
      isDoubtful = false;
      asking = undefined;
      inVain = 0;
      look();
    },
    pass: async (isSignIn) => {
      let waited = 0;
      while (signal?.aborted !== true) {
        if (pause !== undefined) {
          waited += remaining();
          await pause;
        } else if (!isDoubtful || isSignIn) {
          break;
        } else if (asking === undefined) {
          asking = { waited, asks: true };
          return asking;
        } else {
          await new Promise<void>((resolve) => {
            const next = (): void => {
              line.delete(next);
              resolve();
            };
            line.add(next);
          });
        }
      }
      return { waited, asks: false };
    },
    admits: (pass) => pause === undefined && (!isDoubtful || asking === pass),
  };
};
