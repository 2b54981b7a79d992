/** Chance that can be repeated. */

export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number;
  of<T>(list: readonly T[]): T;
}

/** Set to go through the points of another seed: LOST_SEED=7 vitest run test/lost. */
export const SEED = Number(process.env.LOST_SEED ?? 1);

/** @param seed any whole number */
export function chance(seed: number): Chance {
  let state = seed * 2_654_435_761 + 1;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return { next, below, of: (list) => list[below(list.length)] as (typeof list)[number] };
}

/** Runs one try; where it fails, says with which seed it can be repeated. */
export async function told(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof Error) thrown.message = `${what} (LOST_SEED=${SEED}): ${thrown.message}`;
    throw thrown;
  }
}
