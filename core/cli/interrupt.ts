/** Ctrl-C, and the signals that ask for the same: once to end well, twice to end at once. */
import { Exit } from './exit.ts';

/**
 * One press reaches a program several times when npm or a launcher stands between it and the terminal, since each hands
 * it on; a person who means it twice takes longer.
 */
const SAME_PRESS_MS = 500;

/**
 * From now on, calls `stop` when the person (or a scheduler) asks to end; asked again, the process ends at once. What
 * is under way is expected to end soon after `stop`, and the process with it.
 */
export function onInterrupt(stop: () => void): void {
  let asked: number | undefined;
  const listen = (): void => {
    const now = performance.now();
    if (asked === undefined) {
      asked = now;
      stop();
    } else if (now - asked > SAME_PRESS_MS) process.exit(Exit.interrupted);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, listen);
}
