import type { LineEnd } from './csv.ts';
import type { Printer } from './prints.ts';
import type { Digest } from './types.ts';

/**
 * Cuts the bytes of a CSV file into records without reading them, and prints each: so that a row that is known already
 * need not be parsed. It agrees with the parser on where a record ends, or says that it cannot tell.
 */
export interface Cutter {
  /**
   * @param chunk the next bytes of the file, the byte order mark aside; copied.
   * @param isLast whether the file ends here.
   */
  push(chunk: Uint8Array, isLast: boolean): void;
  /**
   * Cuts the next record, of which the fields below tell then.
   * @returns false where it does not end in the bytes at hand, there is none, or it is odd
   */
  next(): boolean;
  /** @returns the digest of `bytes[start]` up to `bytes[end]` */
  digest(start: number, end: number): Digest;
  /**
   * Passes over the next bytes where they are those of which the digest was taken.
   * @returns undefined where there are not as many at hand yet
   */
  pass(digest: Digest): boolean | undefined;
  /** Whether quotes are not as RFC 4180 has them: the rest of the file is not cut. */
  readonly isOdd: boolean;
  /** The bytes at hand; those that were cut stay where they are until the next `push`. */
  readonly bytes: Uint8Array;
  /** Where the bytes begin that were neither cut nor passed yet. */
  readonly place: number;
  /** Where the record begins and ends in `bytes`, its line end aside. */
  readonly start: number;
  readonly end: number;
  /** The print of the record's bytes. */
  readonly low: number;
  readonly high: number;
  /** The same of the field that names the row, without the blanks around it; both 0 where it has none. */
  readonly idLow: number;
  readonly idHigh: number;
}

const [FEED, RETURN, QUOTE, COMMA] = [10, 13, 34, 44];

/**
 * @param lineEnd the file's own, as the parser has it.
 * @param idPlace the place of the field that names a row, from 0.
 */
export function createCutter(lineEnd: Exclude<LineEnd, '\r'>, idPlace: number, printer: Printer): Cutter {
  const withReturn = lineEnd === '\r\n';
  /** The bytes at hand, of which those from `place` to `limit` are still to be cut. */
  let bytes = new Uint8Array(0);
  /** The same, for looking for one of them. */
  let view = Buffer.from(bytes.buffer, 0, 0);
  let place = 0;
  let limit = 0;
  let isLast = false;
  let isOdd = false;
  /** The first quote from `place` on; looked for again once it was passed. */
  let quote = -1;
  let [start, end, low, high, idLow, idHigh] = [0, 0, 0, 0, 0, 0];

  /** Notes a record, and prints it. */
  const note = (from: number, to: number, idStart: number, idEnd: number): void => {
    start = from;
    end = to;
    printer.bytes(bytes.subarray(from, to));
    low = printer.low;
    high = printer.high;
    let first = idStart;
    let last = idEnd;
    while (first < last && bytes[first]! <= 32) first++;
    while (last > first && bytes[last - 1]! <= 32) last--;
    if (first === last) {
      idLow = 0;
      idHigh = 0;
      return;
    }
    printer.bytes(bytes.subarray(first, last));
    idLow = printer.low;
    idHigh = printer.high;
  };

  /** Without any quote in it, a record's fields are what is between commas. */
  const notePlain = (from: number, to: number): void => {
    let idStart = from;
    for (let passed = 0; passed < idPlace; passed++) {
      while (idStart < to && bytes[idStart] !== COMMA) idStart++;
      if (idStart >= to) {
        note(from, to, 0, 0);
        return;
      }
      idStart++;
    }
    let idEnd = idStart;
    while (idEnd < to && bytes[idEnd] !== COMMA) idEnd++;
    note(from, to, idStart, idEnd);
  };

  /**
   * A record that may have quotes, byte by byte.
   * @returns where the next one begins, -1 where it does not end in these bytes, -2 where its quotes are odd
   */
  const noteQuoted = (from: number): number => {
    let at = from;
    let field = 0;
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
      let to = at;
      if (isQuoted && bytes[at] === RETURN && bytes[at + 1] === FEED && at + 1 < limit) at++;
      else if (isQuoted && bytes[at] === RETURN && at + 1 >= limit) return isLast ? -2 : -1;
      else if (!isQuoted && withReturn && at < limit && bytes[at] === FEED) {
        // Only both together end a line of this file; a lone feed is the parser's to judge.
        if (at === fieldStart || bytes[at - 1] !== RETURN) return -2;
        to = at - 1;
        fieldEnd = to;
      }
      if (field === idPlace) {
        idStart = fieldStart;
        idEnd = fieldEnd;
      }
      if (at >= limit) {
        if (!isLast) return -1;
        note(from, to, idStart, idEnd);
        return at;
      }
      if (bytes[at] === FEED) {
        if (isQuoted && withReturn && bytes[at - 1] !== RETURN) return -2;
        note(from, isQuoted && !withReturn ? at : to, idStart, idEnd);
        return at + 1;
      }
      if (bytes[at] !== COMMA) return -2;
      at++;
      field++;
    }
  };

  return {
    push(chunk, last) {
      const rest = limit - place;
      // What was cut is used no more.
      bytes.copyWithin(0, place, limit);
      place = 0;
      limit = rest + chunk.length;
      isLast = last;
      if (limit > bytes.length) {
        const larger = new Uint8Array(limit + chunk.length);
        larger.set(bytes.subarray(0, rest));
        bytes = larger;
      }
      bytes.set(chunk, rest);
      view = Buffer.from(bytes.buffer, 0, limit);
      quote = view.indexOf(QUOTE);
    },
    next() {
      if (place >= limit || isOdd) return false;
      const feed = view.indexOf(FEED, place);
      if (quote !== -1 && quote < place) quote = view.indexOf(QUOTE, place);
      if (quote === -1 || (feed !== -1 && quote > feed)) {
        if (feed === -1) {
          if (!isLast) return false;
          notePlain(place, limit);
          place = limit;
          return true;
        }
        if (withReturn && (feed === place || bytes[feed - 1] !== RETURN)) {
          isOdd = true;
          return false;
        }
        notePlain(place, withReturn ? feed - 1 : feed);
        place = feed + 1;
        return true;
      }
      const after = noteQuoted(place);
      isOdd = after === -2;
      if (after < 0) return false;
      place = after;
      return true;
    },
    digest(from, to) {
      printer.bytes(bytes.subarray(from, to));
      return { bytes: to - from, low: printer.low, high: printer.high };
    },
    pass(digest) {
      const to = place + digest.bytes;
      if (to > limit) return isLast ? false : undefined;
      printer.bytes(bytes.subarray(place, to));
      if (printer.low !== digest.low || printer.high !== digest.high) return false;
      place = to;
      return true;
    },
    get isOdd() {
      return isOdd;
    },
    get bytes() {
      return bytes;
    },
    get place() {
      return place;
    },
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    get low() {
      return low;
    },
    get high() {
      return high;
    },
    get idLow() {
      return idLow;
    },
    get idHigh() {
      return idHigh;
    },
  };
}
