/** A server of which nobody knows how many requests it works on at once; what comes on top of them stands in line. */
import type { FaultOf } from './plan.ts';
import { createRefuser, type Refusal, type Strike } from './refusal.ts';

/** What becomes of a request: done in so many milliseconds, beyond what the server can do at once or not; or refused. */
export type Service =
  | { readonly kind: 'served'; readonly ms: number; readonly isBeyond: boolean }
  | ({ readonly kind: 'refused' } & Refusal);

export interface Capacity {
  /**
   * Takes a request in.
   * @param number of the request, from 1
   * @param seconds since the plan came into force
   */
  enter(number: number, seconds: number): Service;
}

const ALWAYS: Strike = { strikes: () => true, struck: () => undefined };
const NEVER: Strike = { strikes: () => false, struck: () => undefined };

export function createCapacity({ concurrent, ms, drag = 0, refusal, moves = [] }: FaultOf<'capacity'>): Capacity {
  const refuse = createRefuser({ kind: 'status', status: 429, ...refusal });
  const beyond = refusal?.beyond ?? Number.POSITIVE_INFINITY;
  /** When each of those that are there will be done, in milliseconds, the last first. */
  let ends: number[] = [];
  const limitAt = (number: number, seconds: number): number => {
    const past = moves.filter(
      ({ afterRequests, afterSeconds }) =>
        number > (afterRequests ?? Number.POSITIVE_INFINITY) || seconds >= (afterSeconds ?? Number.POSITIVE_INFINITY),
    );
    return past.at(-1)?.concurrent ?? concurrent;
  };
  return {
    enter: (number, seconds) => {
      const now = seconds * 1000;
      // Timers have a grain of a millisecond: one that is due in less is done.
      ends = ends.filter((end) => end > now + 1);
      const most = limitAt(number, seconds);
      const load = (ends.length + 1) / most;
      const refused = refuse(load > beyond ? ALWAYS : NEVER, seconds);
      if (refused !== undefined) return { kind: 'refused', ...refused };
      // Its turn comes when fewer than `most` of those before it are left.
      const begins = Math.max(now, ends[most - 1] ?? now);
      const end = begins + ms * (1 + drag * Math.max(0, load - 1));
      const at = ends.findIndex((other) => other <= end);
      ends.splice(at === -1 ? ends.length : at, 0, end);
      return { kind: 'served', ms: end - now, isBeyond: load > 1 };
    },
  };
}
