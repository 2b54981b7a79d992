/** A server of which nobody knows how many requests it serves at once without getting slower. */
import type { FaultOf } from './plan.ts';

export interface Capacity {
  /** Takes a request in. @returns the milliseconds it takes, and whether that is more than with an idle server */
  enter(number: number, seconds: number): { readonly ms: number; readonly isBeyond: boolean };
  leave(): void;
}

export function createCapacity({ concurrent, ms, moves = [] }: FaultOf<'capacity'>): Capacity {
  let inside = 0;
  const limitAt = (number: number, seconds: number): number => {
    const past = moves.filter(
      ({ afterRequests, afterSeconds }) =>
        number > (afterRequests ?? Number.POSITIVE_INFINITY) || seconds >= (afterSeconds ?? Number.POSITIVE_INFINITY),
    );
    return past.at(-1)?.concurrent ?? concurrent;
  };
  return {
    enter: (number, seconds) => {
      inside += 1;
      // So many at once share what the server can do: its throughput stays, and each of them waits in proportion.
      const load = inside / limitAt(number, seconds);
      return { ms: ms * Math.max(1, load), isBeyond: load > 1 };
    },
    leave: () => {
      inside -= 1;
    },
  };
}
