/** Random names for what support may hear of: they say nothing, and only this ledger resolves them. */
import { randomBytes } from 'node:crypto';

/** Digits and letters that are not taken for one another, read out or written by hand, and spell no name. */
const LETTERS = '23456789BCDFGHJKMNPQRSTVWXYZ';

/** Gives as many random bytes as it is asked for. */
export type Random = (bytes: number) => Uint8Array;

/** @param prefix `R` for a record, `G` for a cause, `B` for a batch @returns `R-7K4M-2Q`, one of 480 million */
export function newReference(prefix: 'R' | 'G' | 'B', random: Random = randomBytes): string {
  let letters = '';
  while (letters.length < 6) {
    // Bytes past the last whole round would favour the first letters.
    for (const byte of random(8)) {
      if (byte < 252 && letters.length < 6) letters += LETTERS[byte % LETTERS.length];
    }
  }
  return `${prefix}-${letters.slice(0, 4)}-${letters.slice(4)}`;
}
