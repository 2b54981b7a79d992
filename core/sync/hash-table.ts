/**
 * A map from hashes to small whole numbers in typed arrays: millions of entries in 16 bytes each, where a `Map` of
 * strings would take a hundred. Told apart by the first 64 bits of the hash, which is keyed and so cannot be steered.
 */
export interface HashTable {
  readonly size: number;
  /** @returns the number stored for `hash` (a latin1 string of at least eight bytes), or -1 */
  find(hash: string): number;
  /** The same, for a hash that is given as two words, as `setWords` was. */
  findWords(first: number, second: number): number;
  setWords(first: number, second: number, value: number): void;
  /** The same, for a hash that stands at `at` in `bytes`. */
  findBytes(bytes: Uint8Array, at: number): number;
  setBytes(bytes: Uint8Array, at: number, value: number): void;
  /** Stores `value` (0 or more); an entry with the same hash is replaced. */
  set(hash: string, value: number): void;
}

const word = (hash: string, at: number): number =>
  (hash.charCodeAt(at) |
    (hash.charCodeAt(at + 1) << 8) |
    (hash.charCodeAt(at + 2) << 16) |
    (hash.charCodeAt(at + 3) << 24)) >>>
  0;

const wordOf = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0;

/** @param expected how many entries will come, so that growing is rare */
export function createHashTable(expected = 0): HashTable {
  let capacity = 1024;
  while (capacity < expected * 2) capacity *= 2;
  let low = new Uint32Array(capacity);
  let high = new Uint32Array(capacity);
  // Values are stored plus one, so that zero means empty.
  let values = new Uint32Array(capacity);
  let size = 0;

  const slot = (a: number, b: number): number => {
    const mask = capacity - 1;
    let i = a & mask;
    while (values[i] !== 0 && (low[i] !== a || high[i] !== b)) i = (i + 1) & mask;
    return i;
  };
  const grow = (): void => {
    const [oldLow, oldHigh, oldValues] = [low, high, values];
    capacity *= 2;
    low = new Uint32Array(capacity);
    high = new Uint32Array(capacity);
    values = new Uint32Array(capacity);
    for (let i = 0; i < oldValues.length; i++) {
      const value = oldValues[i] as number;
      if (value === 0) continue;
      const to = slot(oldLow[i] as number, oldHigh[i] as number);
      low[to] = oldLow[i] as number;
      high[to] = oldHigh[i] as number;
      values[to] = value;
    }
  };

  const put = (a: number, b: number, value: number): void => {
    let i = slot(a, b);
    if (values[i] === 0) {
      size += 1;
      if (size * 2 > capacity) {
        grow();
        i = slot(a, b);
      }
      low[i] = a;
      high[i] = b;
    }
    values[i] = value + 1;
  };

  return {
    get size() {
      return size;
    },
    find: (hash) => (values[slot(word(hash, 0), word(hash, 4))] as number) - 1,
    findBytes: (bytes, at) => (values[slot(wordOf(bytes, at), wordOf(bytes, at + 4))] as number) - 1,
    findWords: (first, second) => (values[slot(first, second)] as number) - 1,
    setWords: put,
    set: (hash, value) => put(word(hash, 0), word(hash, 4), value),
    setBytes: (bytes, at, value) => put(wordOf(bytes, at), wordOf(bytes, at + 4), value),
  };
}
