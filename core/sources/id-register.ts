import { randomInt } from 'node:crypto';

export interface IdRegister {
  /** How many different ones were noted. */
  readonly size: number;
  /** Notes an id at a row; gives the row at which it was seen before, or 0. */
  add(id: string, row: number): number;
  /** The same, for an id of which 64 bits of a hash are given; the two must not be mixed in one register. */
  addPrint(low: number, high: number, row: number): number;
  /** @returns the row at which the id with this print was seen, or 0 */
  findPrint(low: number, high: number): number;
}

/**
 * Finds the second row with one id among millions in 12 bytes a place: it keeps two 32-bit hashes and the row instead
 * of the string (which would also keep alive the chunk of the file it was cut from). Two ids that share all 64 bits
 * would be taken for one: under 2 in 10 million for the 2.6 million enrolments of the largest district.
 * @param expected about how many ids will come; more is no harm.
 */
export function createIdRegister(expected: number): IdRegister {
  const seedA = randomInt(2 ** 32) | 0;
  const seedB = randomInt(2 ** 32) | 0;
  let mask = 2 ** Math.min(24, Math.max(10, Math.ceil(Math.log2(expected * 1.5)))) - 1;
  let count = 0;
  /** Both hashes and the row of each place; row 0: free. */
  let places = new Int32Array((mask + 1) * 3);

  const grow = (): void => {
    const old = places;
    mask = mask * 2 + 1;
    places = new Int32Array((mask + 1) * 3);
    for (let from = 0; from < old.length; from += 3) {
      if (old[from + 2] === 0) continue;
      let slot = old[from]! & mask;
      while (places[slot * 3 + 2] !== 0) slot = (slot + 1) & mask;
      places[slot * 3] = old[from]!;
      places[slot * 3 + 1] = old[from + 1]!;
      places[slot * 3 + 2] = old[from + 2]!;
    }
  };

  const note = (low: number, high: number, row: number): number => {
    const [a, b] = [low | 0, high | 0];
    let slot = a & mask;
    for (let place = slot * 3; places[place + 2] !== 0; place = slot * 3) {
      if (places[place] === a && places[place + 1] === b) return places[place + 2]!;
      slot = (slot + 1) & mask;
    }
    places[slot * 3] = a;
    places[slot * 3 + 1] = b;
    places[slot * 3 + 2] = row;
    if (++count > mask * 0.7) grow();
    return 0;
  };

  return {
    get size() {
      return count;
    },
    add(id, row) {
      // MurmurHash3 (32 bits) over UTF-16 units, two at a time; both hashes in one walk.
      let a = seedA;
      let b = seedB;
      const { length } = id;
      for (let at = 0; at < length; at += 2) {
        const high = at + 1 < length ? id.charCodeAt(at + 1) << 16 : 0;
        let block = Math.imul(id.charCodeAt(at) | high, 0xcc9e2d51);
        block = Math.imul((block << 15) | (block >>> 17), 0x1b873593);
        a ^= block;
        a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
        b = Math.imul(b ^ block, 0x9e3779b1);
        b ^= b >>> 15;
      }
      return note(finish(a ^ length), finish(b ^ length), row);
    },
    addPrint: note,
    findPrint(low, high) {
      const [a, b] = [low | 0, high | 0];
      for (let slot = a & mask; ; slot = (slot + 1) & mask) {
        const row = places[slot * 3 + 2]!;
        if (row === 0 || (places[slot * 3] === a && places[slot * 3 + 1] === b)) return row;
      }
    },
  };
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
