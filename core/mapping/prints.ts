import type { PrintKey } from '../sources/types.ts';

/** A keyed hash of texts, one after another, in two words of 32 bits. */
export interface Printer {
  begin(): void;
  /** Adds a text; where one ends is part of the print. */
  add(text: string): void;
  /** Ends the print: `low` and `high` have it until the next one begins. */
  end(): void;
  low: number;
  high: number;
}

/** MurmurHash3 over UTF-16 units, two at a time, and a second lane beside it; not for secrets, only to tell apart. */
export const createPrinter = (key: PrintKey): Printer => {
  let a = 0;
  let b = 0;
  const mix = (word: number): void => {
    let block = Math.imul(word, 0xcc9e2d51);
    block = Math.imul((block << 15) | (block >>> 17), 0x1b873593);
    a ^= block;
    a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    b = Math.imul(b ^ block, 0x9e3779b1);
    b = ((b ^ (b >>> 15)) + key[2]) | 0;
  };
  const printer: Printer = {
    low: 0,
    high: 0,
    begin: () => {
      a = key[0] | 0;
      b = key[1] | 0;
    },
    add: (text) => {
      const { length } = text;
      mix(length ^ key[3]);
      for (let at = 0; at < length; at += 2) {
        mix(text.charCodeAt(at) | (at + 1 < length ? text.charCodeAt(at + 1) << 16 : 0));
      }
    },
    end: () => {
      printer.low = finished(a);
      printer.high = finished(b);
    },
  };
  return printer;
};

const finished = (hash: number): number => {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};
