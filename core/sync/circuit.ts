/**
 * One circuit for a batch: when nobody answers at the API any more, everything waits, one request asks again from time to
 * time, and the batch goes on by itself when it is answered. (Without it, every record of the batch would fail for the
 * same outage.)
 */

export interface Circuit {
  /** Whether a request may start now, with `inFlight` under way: all, none, or one that asks whether the API is back. */
  allows(now: number, inFlight: number): boolean;
  /** Whether the batch waits for the API. */
  waits(now: number): boolean;
  /** A request was answered, whatever the answer: the API is there. */
  answered(): void;
  /**
   * A request found nobody.
   * @returns milliseconds until the next one may ask; undefined when the outage has lasted longer than is waited for
   */
  unanswered(now: number): number | undefined;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** @param patienceMs how long an outage is waited for, from its first unanswered request */
export function createCircuit(patienceMs: number): Circuit {
  let since: number | undefined;
  let until = 0;
  let wait = FIRST_WAIT_MS;
  return {
    allows: (now, inFlight) => since === undefined || (now >= until && inFlight === 0),
    waits: (now) => since !== undefined && now < until,
    answered() {
      since = undefined;
      wait = FIRST_WAIT_MS;
    },
    unanswered(now) {
      since ??= now;
      // Requests that were under way together fail together: they are one failure.
      if (now < until) return until - now;
      const left = since + patienceMs - now;
      if (left <= 0) return undefined;
      const next = Math.min(wait, left);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      until = now + next;
      return next;
    },
  };
}
