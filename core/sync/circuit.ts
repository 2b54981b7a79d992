/**
 * One circuit for a batch: when nobody answers at the API any more, everything waits, one request asks again from time to
 * time, and the batch goes on by itself when it is answered. (Without it, every record of the batch would fail for the
 * same outage.) All times are milliseconds of one steady clock.
 */

export interface Circuit {
  /** Whether a request may start now, with `inFlight` under way: all, none, or one that asks whether the API is back. */
  allows(now: number, inFlight: number): boolean;
  /** How long the batch still waits before it asks again; 0 where it does not wait. */
  remaining(now: number): number;
  /** Outages that are over: a record that is lost in several of them is lost for its own sake. */
  readonly ended: number;
  /** A request was answered, whatever the answer: the API is there. */
  answered(): void;
  /**
   * A request found nobody.
   * @param begun when it was begun
   * @returns how long the batch waits now; 0 where the request was lost with others that are waited for already;
   *   undefined when the outage has lasted longer than is waited for
   */
  unanswered(now: number, begun: number): number | undefined;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** @param patienceMs how long an outage is waited for, from its first unanswered request */
export function createCircuit(patienceMs: number): Circuit {
  let since: number | undefined;
  let until = 0;
  let wait = FIRST_WAIT_MS;
  let ended = 0;
  return {
    allows: (now, inFlight) => since === undefined || (now >= until && inFlight === 0),
    remaining: (now) => (since === undefined ? 0 : Math.max(0, until - now)),
    get ended() {
      return ended;
    },
    answered() {
      if (since === undefined) return;
      since = undefined;
      wait = FIRST_WAIT_MS;
      ended += 1;
    },
    unanswered(now, begun) {
      // Requests that were under way together fail together, some later than others: they are one failure.
      if (since !== undefined && (begun < since || now < until)) return 0;
      since ??= now;
      const left = since + patienceMs - now;
      if (left <= 0) return undefined;
      const next = Math.min(wait, left);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      until = now + next;
      return next;
    },
  };
}
