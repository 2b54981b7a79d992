import type { LineEnd } from './csv.ts';
import type { PrintKey } from './types.ts';

/**
 * Cuts the bytes of a CSV file into records without reading them, and prints each: so that a row that is known already
 * need not be parsed. It agrees with the parser on where a record ends, or says that it cannot tell.
 */
export interface Cutter {
  /**
   * @param chunk the next bytes of the file, the byte order mark aside; kept until the next call.
   * @param isLast whether the file ends here.
   * @returns the records that end in it; the arrays are used again by the next call.
   * @throws nothing; `odd` is set where quotes are not as RFC 4180 has them, and the rest of the file is not cut.
   */
  cut(chunk: Uint8Array, isLast: boolean): Cut;
}

export interface Cut {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Where each record begins and ends in `bytes`, its line end aside. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Where the identifying field is, its quotes aside; both 0 where the record has none. */
  readonly idStarts: Int32Array;
  readonly idEnds: Int32Array;
  /** 64 bits of a keyed hash of the record's bytes. */
  readonly lows: Uint32Array;
  readonly highs: Uint32Array;
  readonly odd: boolean;
}

const [FEED, RETURN, QUOTE, COMMA] = [10, 13, 34, 44];

/**
 * @param lineEnd the file's own, as the parser has it.
 * @param idPlace the place of the field that names a row, from 0.
 */
export function createCutter(lineEnd: Exclude<LineEnd, '\r'>, idPlace: number, key: PrintKey): Cutter {
  const withReturn = lineEnd === '\r\n';
  /** The bytes at hand, and how many of them are the beginning of a record whose end is yet to come. */
  let bytes = new Uint8Array(0);
  /** The same, four of them at once. */
  let words = new DataView(bytes.buffer);
  let rest = 0;
  /** Where it begins. */
  let begun = 0;
  let room = 4096;
  let starts = new Int32Array(room);
  let ends = new Int32Array(room);
  let idStarts = new Int32Array(room);
  let idEnds = new Int32Array(room);
  let lows = new Uint32Array(room);
  let highs = new Uint32Array(room);
  let count = 0;

  const grow = (): void => {
    const longer = <T extends Int32Array | Uint32Array>(made: T, from: T): T => {
      made.set(from);
      return made;
    };
    room *= 2;
    starts = longer(new Int32Array(room), starts);
    ends = longer(new Int32Array(room), ends);
    idStarts = longer(new Int32Array(room), idStarts);
    idEnds = longer(new Int32Array(room), idEnds);
    lows = longer(new Uint32Array(room), lows);
    highs = longer(new Uint32Array(room), highs);
  };

  const add = (bytes: Uint8Array, start: number, end: number, idStart: number, idEnd: number): void => {
    if (count === room) grow();
    starts[count] = start;
    ends[count] = end;
    idStarts[count] = idStart;
    idEnds[count] = idEnd;
    let a = key[0] | 0;
    let b = key[1] | 0;
    let at = start;
    for (const whole = end - 3; at < whole; at += 4) {
      let word = words.getInt32(at, true);
      word = Math.imul(word, 0xcc9e2d51);
      word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
      a ^= word;
      a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
      b = Math.imul(b ^ word, 0x9e3779b1);
      b = (b ^ (b >>> 15)) + key[2];
    }
    let last = 0;
    for (let shift = 0; at < end; at++, shift += 8) last |= (bytes[at] as number) << shift;
    last = Math.imul(last ^ key[3], 0xcc9e2d51);
    last = Math.imul((last << 15) | (last >>> 17), 0x1b873593);
    const length = end - start;
    lows[count] = finished(a ^ last ^ length);
    highs[count] = finished(Math.imul(b ^ last, 0x9e3779b1) ^ length);
    count += 1;
  };

  /** Without any quote in it, a record's fields are what is between commas. */
  const addPlain = (bytes: Uint8Array, start: number, end: number): void => {
    let from = start;
    for (let place = 0; place < idPlace; place++) {
      while (from < end && bytes[from] !== COMMA) from++;
      if (from >= end) {
        add(bytes, start, end, 0, 0);
        return;
      }
      from++;
    }
    let to = from;
    while (to < end && bytes[to] !== COMMA) to++;
    add(bytes, start, end, from, to);
  };

  /**
   * A record that may have quotes, byte by byte.
   * @returns where the next one begins, -1 where it does not end in these bytes, -2 where its quotes are odd
   */
  const addQuoted = (bytes: Uint8Array, start: number, limit: number, isLast: boolean): number => {
    let at = start;
    let place = 0;
    let idStart = 0;
    let idEnd = 0;
    for (;;) {
      const isQuoted = at < limit && bytes[at] === QUOTE;
      let fieldStart = at;
      let fieldEnd: number;
      if (isQuoted) {
        fieldStart = at + 1;
        let to = fieldStart;
        for (;;) {
          while (to < limit && bytes[to] !== QUOTE) to++;
          if (to >= limit) return isLast ? -2 : -1;
          // Whether it closes the field is told by what follows.
          if (to + 1 >= limit && !isLast) return -1;
          if (bytes[to + 1] !== QUOTE || to + 1 >= limit) break;
          to += 2;
        }
        fieldEnd = to;
        at = to + 1;
      } else {
        while (at < limit && bytes[at] !== COMMA && bytes[at] !== FEED) at++;
        fieldEnd = at;
      }
      let end = at;
      if (isQuoted && bytes[at] === RETURN && bytes[at + 1] === FEED && at + 1 < limit) at++;
      else if (isQuoted && bytes[at] === RETURN && at + 1 >= limit) return isLast ? -2 : -1;
      else if (!isQuoted && withReturn && at < limit && bytes[at] === FEED) {
        // Only both together end a line of this file; a lone feed is the parser's to judge.
        if (at === fieldStart || bytes[at - 1] !== RETURN) return -2;
        end = at - 1;
        fieldEnd = end;
      }
      if (place === idPlace) {
        idStart = fieldStart;
        idEnd = fieldEnd;
      }
      if (at >= limit) {
        if (!isLast) return -1;
        add(bytes, start, end, idStart, idEnd);
        return at;
      }
      if (bytes[at] === FEED) {
        if (isQuoted && withReturn && bytes[at - 1] !== RETURN) return -2;
        add(bytes, start, isQuoted && !withReturn ? at : end, idStart, idEnd);
        return at + 1;
      }
      if (bytes[at] !== COMMA) return -2;
      at++;
      place++;
    }
  };

  return {
    cut(chunk, isLast) {
      count = 0;
      let odd = false;
      // What was given the last time stands before it, and is used no more.
      bytes.copyWithin(0, begun, begun + rest);
      const limit = rest + chunk.length;
      if (limit > bytes.length) {
        const larger = new Uint8Array(limit + chunk.length);
        larger.set(bytes.subarray(0, rest));
        bytes = larger;
        words = new DataView(bytes.buffer);
      }
      bytes.set(chunk, rest);
      const view = Buffer.from(bytes.buffer, 0, limit);
      let at = 0;
      let quote = view.indexOf(QUOTE);
      while (at < limit) {
        const feed = view.indexOf(FEED, at);
        if (quote !== -1 && quote < at) quote = view.indexOf(QUOTE, at);
        if (quote === -1 || (feed !== -1 && quote > feed)) {
          if (feed === -1) {
            if (!isLast) break;
            addPlain(bytes, at, limit);
            at = limit;
            break;
          }
          if (withReturn && (feed === at || bytes[feed - 1] !== RETURN)) {
            odd = true;
            break;
          }
          addPlain(bytes, at, withReturn ? feed - 1 : feed);
          at = feed + 1;
          continue;
        }
        const next = addQuoted(bytes, at, limit, isLast);
        if (next === -2) odd = true;
        if (next < 0) break;
        at = next;
      }
      begun = at;
      rest = limit - at;
      return { bytes, count, starts, ends, idStarts, idEnds, lows, highs, odd };
    },
  };
}

function finished(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
