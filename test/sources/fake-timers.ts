/** Time that passes when a test says so; what it wakes works on real files. */
import type { Timers } from '../../core/sources/watch.ts';

export interface FakeTimers extends Timers {
  /** Callbacks that wait for their time. */
  readonly waiting: number;
  /**
   * Lets time pass, waking what is due in its order.
   * @param idle resolves when whoever was woken has done what it had to: only then does time go on
   */
  advance(ms: number, idle: () => Promise<unknown>): Promise<void>;
}

export function fakeTimers(onElapsed: (ms: number) => void = () => {}): FakeTimers {
  let elapsed = 0;
  const waiting = new Set<{ readonly at: number; readonly run: () => void }>();
  const pass = (to: number): void => {
    onElapsed(to - elapsed);
    elapsed = to;
  };
  return {
    elapsed: () => elapsed,
    after(ms, run) {
      const one = { at: elapsed + Math.max(1, ms), run };
      waiting.add(one);
      return () => void waiting.delete(one);
    },
    get waiting() {
      return waiting.size;
    },
    async advance(ms, idle) {
      const end = elapsed + ms;
      for (;;) {
        const next = [...waiting].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
        if (next === undefined) break;
        waiting.delete(next);
        pass(next.at);
        next.run();
        await idle();
      }
      pass(end);
    },
  };
}

/** Resolves when that many callbacks wait for their time: whoever works has none. */
export async function untilWaiting(timers: FakeTimers, count: number): Promise<void> {
  const end = performance.now() + 10_000;
  while (timers.waiting !== count) {
    if (performance.now() > end) throw new Error(`${timers.waiting} callbacks wait, and not ${count}.`);
    await new Promise((done) => setImmediate(done));
  }
}
