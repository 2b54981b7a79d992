/**
 * What became of the rows of a table, in the order of the file. One book has the prints of the rows' bytes; for each step
 * that goes over the table another has, row for row, the prints of what was looked up and what came of it: nothing, or
 * some words of 32 bits.
 */

import { letGo } from '../sources/sealed-file.ts';
import type { RowGroup, RowPrint } from '../sources/types.ts';

/** Rows in a block, of every book; one of prints may have fewer, so that no group is cut. */
const ROWS = 16_384;
/** Of a row that has to be read each time, whatever the file says. */
const OPEN = 255;
/** Words of one kind that a row may have; one with more is open. */
const MOST_WORDS = 250;
/** Rows that are looked through, from where the last one was found, before the whole neighbourhood is. */
const NEAR = 8;
/** Blocks of outcomes at hand: those of the prints at hand, and some before them. */
const MOST_BLOCKS = 8;

/** Words that belong together; what they mean is the writer's business. */
export type Words = ArrayLike<number>;

/** Takes a block; it is the taker's from then on. */
export type WriteBlock = (block: Buffer) => Promise<void>;

interface Writing {
  /** Hands on the blocks that are full. */
  drain(): Promise<void>;
  /** Hands on what is left. */
  finish(): Promise<void>;
}

const queueOf = (write: WriteBlock) => {
  let full: Buffer[] = [];
  return {
    push: (block: Buffer): void => void full.push(block),
    drain: async (): Promise<void> => {
      const ready = full;
      full = [];
      for (const block of ready) await write(block);
    },
  };
};

/** Words of a row's print: of its bytes, and of its name. */
const PRINT_WORDS = 4;
/** Words of a group of rows: its first row in the block, how many, how many bytes, and their digest. */
const GROUP_WORDS = 5;
/** No group has more rows. */
const MOST_GROUPED = 64;

export interface PrintWriter extends Writing {
  add(print: RowPrint): void;
  /** The rows that were added last, of which none is in a group yet, are one. */
  group(group: RowGroup): void;
  /** Takes over a group with its rows, from the row `at` of a block. */
  copy(block: PrintBlock, at: number): void;
}

export const createPrintWriter = (write: WriteBlock): PrintWriter => {
  const queue = queueOf(write);
  const words = new Uint32Array(ROWS * PRINT_WORDS);
  const groups: number[] = [];
  let rows = 0;
  const close = (): void => {
    const out = new Uint32Array(2 + rows * PRINT_WORDS + groups.length);
    out[0] = rows;
    out[1] = groups.length / GROUP_WORDS;
    out.set(words.subarray(0, rows * PRINT_WORDS), 2);
    out.set(groups, 2 + rows * PRINT_WORDS);
    queue.push(Buffer.from(out.buffer));
    groups.length = 0;
    rows = 0;
  };
  return {
    add: ({ low, high, idLow, idHigh }) => {
      if (rows === ROWS) close();
      words[rows * PRINT_WORDS] = low;
      words[rows * PRINT_WORDS + 1] = high;
      words[rows * PRINT_WORDS + 2] = idLow;
      words[rows * PRINT_WORDS + 3] = idHigh;
      rows += 1;
    },
    group: (group) => {
      // Rows of which a part is in another block are told one by one.
      if (group.rows <= rows && group.rows <= MOST_GROUPED) {
        groups.push(rows - group.rows, group.rows, group.bytes, group.low, group.high);
      }
      if (rows > ROWS - MOST_GROUPED) close();
    },
    copy: (block, at) => {
      const group = groupAt(block, at)!;
      if (rows + group.rows > ROWS) close();
      words.set(block.words.subarray(at * PRINT_WORDS, (at + group.rows) * PRINT_WORDS), rows * PRINT_WORDS);
      groups.push(rows, group.rows, group.bytes, group.low, group.high);
      rows += group.rows;
    },
    drain: queue.drain,
    finish: async () => {
      if (rows > 0) close();
      await queue.drain();
    },
  };
};

interface PrintBlock {
  /** Number of its first row in the book. */
  readonly first: number;
  readonly rows: number;
  /** Of the rows, and after them of the groups. */
  readonly words: Uint32Array;
  /** Where the words of the group stand that begins with a row; 0 for none. */
  readonly groups: Uint32Array;
  /** Rows that were found already: one row of the book is one row of the file. */
  readonly taken: Uint8Array;
  /** Rows by print, made when first needed; stored plus one. */
  slots: Uint16Array | undefined;
}

const printBlock = (bytes: Buffer, first: number): PrintBlock => {
  const all = wordsIn(bytes);
  const rows = all[0]!;
  const words = all.subarray(2);
  const groups = new Uint32Array(rows);
  for (let at = rows * PRINT_WORDS; at < words.length; at += GROUP_WORDS) groups[words[at]!] = at;
  return { first, rows, words, groups, taken: new Uint8Array(rows), slots: undefined };
};

const groupAt = ({ groups, words }: PrintBlock, row: number): RowGroup | undefined => {
  const at = groups[row]!;
  if (at === 0) return undefined;
  return { rows: words[at + 1]!, bytes: words[at + 2]!, low: words[at + 3]!, high: words[at + 4]! };
};

export interface PrintReader {
  /** Has the next `count` rows at hand, and some more. */
  ready(count: number): Promise<void>;
  /** @returns the number of a row with this print near the one found last, -1 where there is none that was not found yet */
  find(print: RowPrint): number;
  /** The group that begins after the row that was found last, if none of its rows was found yet; and its first row. */
  group(): { readonly group: RowGroup; readonly row: number } | undefined;
  /** The rows of that group are found. @param writer is given them */
  takeGroup(writer: PrintWriter): void;
  /** The first row at hand, and the last. */
  readonly from: number;
  readonly to: number;
}

/** @param blocks as the writer gave them; they end early where the book is damaged */
export const createPrintReader = (blocks: AsyncIterator<Buffer>): PrintReader => {
  const shelf: PrintBlock[] = [];
  let loaded = 0;
  let ended = false;
  let cursor = 0;
  /** The block that the cursor is in. */
  let current: PrintBlock | undefined;

  const blockOf = (row: number): PrintBlock | undefined => {
    if (current !== undefined && row >= current.first && row < current.first + current.rows) return current;
    return shelf.find((block) => row >= block.first && row < block.first + block.rows);
  };
  const take = (block: PrintBlock, at: number): number => {
    block.taken[at] = 1;
    current = block;
    cursor = block.first + at + 1;
    return block.first + at;
  };

  return {
    ready: async (count) => {
      while (shelf.length > 0 && shelf[0]!.first + 2 * ROWS < cursor && shelf[0] !== current)
        letGo(shelf.shift()!.words.buffer);
      while (!ended && loaded < cursor + count + ROWS) {
        const next = await blocks.next();
        if (next.done === true) {
          ended = true;
          break;
        }
        const block = printBlock(next.value, loaded);
        shelf.push(block);
        loaded += block.rows;
      }
    },
    find: ({ low, high, idLow, idHigh }) => {
      for (let row = cursor; row <= cursor + NEAR; row++) {
        const block = blockOf(row);
        if (block === undefined) break;
        const at = row - block.first;
        if (
          block.words[at * PRINT_WORDS] === low &&
          block.words[at * PRINT_WORDS + 1] === high &&
          block.taken[at] === 0
        ) {
          return take(block, at);
        }
      }
      // Rows without a name are blank, and like one another: thousands of them would be gone through for each.
      if ((idLow | idHigh) === 0) return -1;
      for (const block of shelf) {
        const at = placeIn(block, low, high);
        if (at !== -1) return take(block, at);
      }
      return -1;
    },
    group: () => {
      const block = blockOf(cursor);
      if (block === undefined) return undefined;
      const at = cursor - block.first;
      const group = groupAt(block, at);
      if (group === undefined) return undefined;
      for (let row = at; row < at + group.rows; row++) if (block.taken[row] === 1) return undefined;
      return { group, row: cursor };
    },
    takeGroup: (writer) => {
      const block = blockOf(cursor)!;
      const at = cursor - block.first;
      const { rows } = groupAt(block, at)!;
      block.taken.fill(1, at, at + rows);
      writer.copy(block, at);
      current = block;
      cursor += rows;
    },
    get from() {
      return shelf[0]?.first ?? loaded;
    },
    get to() {
      return loaded - 1;
    },
  };
};

/** The prints of the names of rows, from the first one on. */
export const namesIn = async function* (blocks: AsyncIterator<Buffer>): AsyncGenerator<{
  readonly first: number;
  readonly rows: number;
  low(row: number): number;
  high(row: number): number;
}> {
  let first = 0;
  for (let next = await blocks.next(); next.done !== true; next = await blocks.next()) {
    const all: Uint32Array = wordsIn(next.value);
    yield {
      first,
      rows: all[0]!,
      low: (row) => all[2 + row * PRINT_WORDS + 2]!,
      high: (row) => all[2 + row * PRINT_WORDS + 3]!,
    };
    first += all[0]!;
    letGo(all.buffer);
  }
};

/** Bytes that begin where words can: a block mostly does, and is copied where it does not. */
const aligned = (bytes: Buffer): Uint8Array => (bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes));

const wordsIn = (bytes: Buffer): Uint32Array => {
  const { buffer, byteOffset, length } = aligned(bytes);
  return new Uint32Array(buffer, byteOffset, length / 4);
};

const placeIn = (block: PrintBlock, low: number, high: number): number => {
  const mask = ROWS * 2 - 1;
  if (block.slots === undefined) {
    const slots = new Uint16Array(ROWS * 2);
    for (let row = 0; row < block.rows; row++) {
      const at = row * PRINT_WORDS;
      if ((block.words[at + 2]! | block.words[at + 3]!) === 0) continue;
      let slot = block.words[at]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
    block.slots = slots;
  }
  for (let slot = low & mask; block.slots[slot] !== 0; slot = (slot + 1) & mask) {
    const row: number = block.slots[slot]! - 1;
    const at = row * PRINT_WORDS;
    if (block.words[at] === low && block.words[at + 1] === high && block.taken[row] === 0) return row;
  }
  return -1;
};

/** The outcomes of some rows. Of the row `at`, look-ups stand from `places[at]` on, and what came of it after them. */
export interface Outcomes {
  readonly first: number;
  readonly lookUps: Uint8Array;
  readonly counts: Uint8Array;
  readonly words: Uint32Array;
  readonly places: Uint32Array;
}

/** Whether a row has to be read each time. */
export const isOpen = (block: Outcomes, at: number): boolean => block.counts[at] === OPEN;

export interface OutcomeWriter extends Writing {
  /**
   * @param outcome undefined for a row that has to be read each time
   * @returns whether the book has what came of it: a row with very much of it is read each time, too
   */
  add(lookUps: Words, outcome: Words | undefined): boolean;
  /** Takes over what another book has of some rows that follow one another; none of them is open. */
  copy(block: Outcomes, at: number, rows: number): void;
}

export const createOutcomeWriter = (write: WriteBlock): OutcomeWriter => {
  const queue = queueOf(write);
  const lookUps = new Uint8Array(ROWS);
  const counts = new Uint8Array(ROWS);
  let words = new Uint32Array(ROWS * 4);
  let rows = 0;
  let used = 0;

  const close = (): void => {
    const bytes = Buffer.allocUnsafe(4 + used * 4 + rows * 2);
    bytes.writeUInt32LE(rows, 0);
    bytes.set(new Uint8Array(words.buffer, 0, used * 4), 4);
    bytes.set(lookUps.subarray(0, rows), 4 + used * 4);
    bytes.set(counts.subarray(0, rows), 4 + used * 4 + rows);
    queue.push(bytes);
    rows = 0;
    used = 0;
  };
  const makeRoom = (more: number): void => {
    if (used + more <= words.length) return;
    const larger = new Uint32Array(Math.max(words.length * 2, used + more));
    larger.set(words);
    words = larger;
  };
  const begin = (looks: number, count: number, more: number): void => {
    if (rows === ROWS) close();
    lookUps[rows] = looks;
    counts[rows] = count;
    rows += 1;
    makeRoom(more);
  };

  return {
    add: (looked, outcome) => {
      if (outcome === undefined || outcome.length > MOST_WORDS || looked.length > MOST_WORDS) {
        begin(0, OPEN, 0);
        return false;
      }
      begin(looked.length, outcome.length, looked.length + outcome.length);
      for (let i = 0; i < looked.length; i++) words[used++] = looked[i] as number;
      for (let i = 0; i < outcome.length; i++) words[used++] = outcome[i] as number;
      return true;
    },
    copy: (block, at, many) => {
      for (let from = at, left = many; left > 0; ) {
        if (rows === ROWS) close();
        const some = Math.min(left, ROWS - rows);
        const last = from + some - 1;
        const begins = block.places[from]!;
        const ends = block.places[last]! + block.lookUps[last]! + block.counts[last]!;
        makeRoom(ends - begins);
        // A loop, since there are rarely enough for it to pay to have them copied.
        for (let i = from; i <= last; i++, rows++) {
          lookUps[rows] = block.lookUps[i]!;
          counts[rows] = block.counts[i]!;
        }
        for (let i = begins; i < ends; i++) words[used++] = block.words[i]!;
        from += some;
        left -= some;
      }
    },
    drain: queue.drain,
    finish: async () => {
      if (rows > 0) close();
      await queue.drain();
    },
  };
};

export interface OutcomeReader {
  /** Has the outcomes of these rows at hand. */
  load(from: number, to: number): Promise<void>;
  /** The block of a row that is at hand; undefined where the book does not have it. */
  block(row: number): Outcomes | undefined;
}

/** The outcomes in blocks, one after another. */
export const outcomesOf = async function* (blocks: AsyncIterator<Buffer>): AsyncGenerator<Outcomes> {
  let first = 0;
  for (let next = await blocks.next(); next.done !== true; next = await blocks.next()) {
    const block = outcomesIn(next.value, first);
    yield block;
    letGo(block.words.buffer);
    first += ROWS;
  }
};

/** @param blocks from the block of this number on */
export const createOutcomeReader = (blocks: (first: number) => AsyncIterator<Buffer>): OutcomeReader => {
  const shelf = new Map<number, Outcomes>();
  let coming: AsyncIterator<Buffer> | undefined;
  let next = 0;
  let last: Outcomes | undefined;
  return {
    load: async (from, to) => {
      for (let number = Math.floor(from / ROWS); number <= Math.floor(to / ROWS); number++) {
        if (shelf.has(number)) continue;
        if (coming === undefined || next !== number) coming = blocks(number);
        const block = await coming.next();
        next = number + 1;
        if (block.done === true) return;
        shelf.set(number, outcomesIn(block.value, number * ROWS));
        // The oldest goes: rows move little from one day to the next.
        for (const [old, gone] of shelf) {
          if (shelf.size <= MOST_BLOCKS) break;
          if (gone.first + ROWS > from && gone.first <= to) continue;
          shelf.delete(old);
          if (last === gone) last = undefined;
          letGo(gone.words.buffer);
        }
      }
    },
    block: (row) => {
      if (last !== undefined && row >= last.first && row < last.first + ROWS) return last;
      last = shelf.get(Math.floor(row / ROWS));
      return last;
    },
  };
};

const outcomesIn = (bytes: Buffer, first: number): Outcomes => {
  const { buffer, byteOffset: from } = aligned(bytes);
  const rows = new Uint32Array(buffer, from, 1)[0]!;
  const used = (bytes.length - 4 - rows * 2) / 4;
  const words = new Uint32Array(buffer, from + 4, used);
  const lookUps = new Uint8Array(buffer, from + 4 + used * 4, rows);
  const counts = new Uint8Array(buffer, from + 4 + used * 4 + rows, rows);
  const places = new Uint32Array(rows);
  for (let row = 0, at = 0; row < rows; row++) {
    places[row] = at;
    at += lookUps[row]! + (counts[row] === OPEN ? 0 : counts[row]!);
  }
  return { first, lookUps, counts, words, places };
};
