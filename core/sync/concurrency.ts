/**
 * How many requests are under way at once: a number set by the steward, or one that finds its own optimum by additive
 * increase while it helps and multiplicative decrease when the server slows down or asks for less.
 */
export type Concurrency = number | 'auto';

export interface Limiter {
  /** How many may be under way now. */
  readonly limit: number;
  /** Tells how one request went. */
  answered(ms: number, pushedBack: boolean): void;
}

const START = 8;
/** An answer this many times slower than the fastest seen of late means the server queues. */
const SLOW = 2.5;
/** Every so many windows one goes with few connections, to learn how fast the server is when it does not queue. */
const PROBE_EVERY = 40;

/** @param most the upper bound of `auto` (the client's connections) */
export function createLimiter(concurrency: Concurrency, most: number): Limiter {
  if (concurrency !== 'auto') return { limit: Math.min(concurrency, most), answered: () => undefined };
  let limit = Math.min(START, most);
  let best = Number.POSITIVE_INFINITY;
  let sum = 0;
  let count = 0;
  let pushed = false;
  let windows = 0;
  /** While probing: the limit to go back to, and how many answers are still to come of what went before. */
  let resume: number | undefined;
  let draining = 0;
  return {
    get limit() {
      return Math.max(1, Math.floor(limit));
    },
    answered(ms, pushedBack) {
      pushed ||= pushedBack;
      if (draining > 0 && !pushed) {
        draining -= 1;
        return;
      }
      sum += ms;
      count += 1;
      // One window is about two answers for each connection: enough for a mean, short enough to react.
      if (count < limit * 2 && !pushed) return;
      const mean = sum / count;
      windows += 1;
      // With few connections nothing waits for our own sake: a server that became slower for good has a new measure.
      if (!pushed) best = limit <= START ? mean : Math.min(best, mean);
      if (resume !== undefined) {
        limit = resume;
        resume = undefined;
      }
      if (pushed) {
        limit = Math.max(1, limit / 2);
        draining = 0;
      } else if (windows % PROBE_EVERY === 0 && limit > START) {
        resume = limit;
        draining = Math.ceil(limit);
        limit = START;
      } else if (mean > best * SLOW) limit = Math.max(1, limit * 0.8);
      else limit = Math.min(most, limit + Math.max(1, limit * 0.25));
      sum = 0;
      count = 0;
      pushed = false;
    },
  };
}
