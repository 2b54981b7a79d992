import { Failure } from '../errors/failure.ts';
import { LOADED, type LoadedRecords } from '../ledger/records.ts';

/** Finds key hashes among a resource's own, which stand in order; told apart by the first 64 bits, as in `HashTable`. */
export interface SortedKeys {
  /** @param hash a latin1 string of at least eight bytes @returns the place of the key, or -1 */
  find(hash: string): number;
  /** The same, of a hash whose first two words (big-endian) are given. */
  findWords(first: number, second: number): number;
  /** Touches what `findWords` will look at. */
  warm(first: number): number;
}

/** The two words by which `findWords` knows a hash. */
export const wordsOf = (hash: string): [number, number] => [wordIn(hash, 0), wordIn(hash, 4)];

const wordIn = (hash: string, at: number): number =>
  ((hash.charCodeAt(at) << 24) |
    (hash.charCodeAt(at + 1) << 16) |
    (hash.charCodeAt(at + 2) << 8) |
    hash.charCodeAt(at + 3)) >>>
  0;

/** A big-endian word of bytes. */
export const wordAt = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;

/**
 * Hashes spread evenly, so that their first bits say where to look: four bytes for each instead of a table of its own.
 */
export function createSortedKeys({ rows, count }: LoadedRecords): SortedKeys {
  // Beyond four million a few more are looked through: the places would take as much memory as they save time.
  const bits = Math.max(1, Math.min(22, Math.ceil(Math.log2(count + 1))));
  const shift = 32 - bits;
  const begins = new Uint32Array(2 ** bits + 1);
  let before = 0;
  for (let i = 0; i < count; i++) {
    const word = wordAt(rows, i * LOADED.bytes);
    if (word < before) throw new Failure('internal', 'The records of the ledger did not come in order.');
    before = word;
    begins[(word >>> shift) + 1] = i + 1;
  }
  for (let bucket = 1; bucket < begins.length; bucket++) {
    if (begins[bucket] === 0) begins[bucket] = begins[bucket - 1] as number;
  }
  const findWords = (first: number, second: number): number => {
    const bucket = first >>> shift;
    for (let i = begins[bucket] as number, end = begins[bucket + 1] as number; i < end; i++) {
      if (wordAt(rows, i * LOADED.bytes) === first && wordAt(rows, i * LOADED.bytes + 4) === second) return i;
    }
    return -1;
  };
  return {
    find: (hash) => findWords(wordIn(hash, 0), wordIn(hash, 4)),
    findWords,
    // Its first byte and its last: a record may lie across two lines of the cache.
    warm: (first) => {
      const at = (begins[first >>> shift] as number) * LOADED.bytes;
      return (rows[at] ?? 0) + (rows[at + LOADED.state] ?? 0);
    },
  };
}
