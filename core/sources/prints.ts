import xxhash from 'xxhash-wasm';
import type { PrintKey } from './types.ts';

/** Tells things apart by 64 bits of a keyed hash (XXH64); not for secrets. */
export interface Printer {
  /** Prints these bytes. */
  bytes(bytes: Uint8Array): void;
  /** Prints texts, one after another; where one ends is part of the print. */
  texts(texts: Iterable<string>): void;
  /** The print of what came last, in two words. */
  readonly low: number;
  readonly high: number;
}

/** @param key the prints of one key say nothing to those of another */
export const createPrinter = async (key: PrintKey): Promise<Printer> => {
  const { h64, h64Raw } = await xxhash();
  const print = new BigUint64Array(1);
  const words = new Uint32Array(print.buffer);
  const seed = BigInt(key[0]) * 2n ** 32n + BigInt(key[1]);
  return {
    bytes: (bytes) => {
      print[0] = h64Raw(bytes, seed);
    },
    texts: (texts) => {
      let whole = '';
      for (const text of texts) whole += `${text.length}:${text}`;
      print[0] = h64(whole, seed);
    },
    get low() {
      return words[0]!;
    },
    get high() {
      return words[1]!;
    },
  };
};
