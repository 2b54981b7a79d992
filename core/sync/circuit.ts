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
  /** The computer slept for so many milliseconds, until `now`: that tries nobody's patience. */
  stoodStill(now: number, ms: number): void;
  /** A request was answered, whatever the answer: the API is there. */
  answered(): void;
  /**
   * A request found nobody.
   * @param begun when it was begun
   * @param asked how long the API asked to be left alone, where it did
   * @returns how long the batch waits now; 0 where the request was lost with others that are waited for already;
   *   undefined when the outage has lasted longer than is waited for
   */
  unanswered(now: number, begun: number, asked?: number): number | undefined;
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
    stoodStill(now, ms) {
      if (since === undefined) return;
      since += ms;
      until = Math.max(until, now);
    },
    unanswered(now, begun, asked = 0) {
      // Requests that were under way together fail together, some later than others: they are one failure.
      if (since !== undefined && (begun < since || now < until)) return 0;
      // Time in which nobody asked, because the batch was paused, tries nobody's patience.
      if (since !== undefined) since += Math.max(0, begun - until);
      since ??= now;
      const left = since + patienceMs - now;
      if (left <= 0 || asked > left) return undefined;
      const next = Math.max(asked, Math.min(wait, left));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      until = now + next;
      return next;
    },
  };
}
