/**
 * What became of the rows of a table, in the order of the file. One book has the prints of the rows' bytes; for each step
 * that goes over the table another has, row for row, the prints of what was looked up and what came of it: nothing, or
 * some words of 32 bits.
 */

/** Rows in a block, of every book. */
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

export interface PrintWriter extends Writing {
  add(low: number, high: number): void;
}

export const createPrintWriter = (write: WriteBlock): PrintWriter => {
  const queue = queueOf(write);
  let words = new Uint32Array(ROWS * 2);
  let rows = 0;
  const close = (): void => {
    queue.push(Buffer.from(words.buffer, 0, rows * 8));
    words = new Uint32Array(ROWS * 2);
    rows = 0;
  };
  return {
    add: (low, high) => {
      if (rows === ROWS) close();
      words[rows * 2] = low;
      words[rows * 2 + 1] = high;
      rows += 1;
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
  readonly words: Uint32Array;
  /** Rows that were found already: one row of the book is one row of the file. */
  readonly taken: Uint8Array;
  /** Rows by print, made when first needed; stored plus one. */
  slots: Uint16Array | undefined;
}

export interface PrintReader {
  /** Has the next `count` rows at hand, and some more. */
  ready(count: number): Promise<void>;
  /** @returns the number of a row with this print near the one found last, -1 where there is none that was not found yet */
  find(low: number, high: number): number;
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
      while (shelf.length > 0 && shelf[0]!.first + 2 * ROWS < cursor) shelf.shift();
      while (!ended && loaded < cursor + count + ROWS) {
        const next = await blocks.next();
        if (next.done === true) {
          ended = true;
          break;
        }
        const words = wordsIn(next.value);
        const rows = words.length / 2;
        shelf.push({ first: loaded, rows, words, taken: new Uint8Array(rows), slots: undefined });
        loaded += rows;
      }
    },
    find: (low, high) => {
      for (let row = cursor; row <= cursor + NEAR; row++) {
        const block = blockOf(row);
        if (block === undefined) break;
        const at = row - block.first;
        if (block.words[at * 2] === low && block.words[at * 2 + 1] === high && block.taken[at] === 0) {
          return take(block, at);
        }
      }
      for (const block of shelf) {
        const at = placeIn(block, low, high);
        if (at !== -1) return take(block, at);
      }
      return -1;
    },
    get from() {
      return shelf[0]?.first ?? loaded;
    },
    get to() {
      return loaded - 1;
    },
  };
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
      let slot = block.words[row * 2]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
    block.slots = slots;
  }
  for (let slot = low & mask; block.slots[slot] !== 0; slot = (slot + 1) & mask) {
    const row = block.slots[slot]! - 1;
    if (block.words[row * 2] === low && block.words[row * 2 + 1] === high && block.taken[row] === 0) return row;
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
  /** @param outcome undefined for a row that has to be read each time */
  add(lookUps: Words, outcome: Words | undefined): void;
  /** Takes over what another book has of a row. */
  copy(block: Outcomes, at: number): void;
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
  const begin = (looks: number, count: number, more: number): void => {
    if (rows === ROWS) close();
    lookUps[rows] = looks;
    counts[rows] = count;
    rows += 1;
    if (used + more <= words.length) return;
    const larger = new Uint32Array(Math.max(words.length * 2, used + more));
    larger.set(words);
    words = larger;
  };

  return {
    add: (looked, outcome) => {
      if (outcome === undefined || outcome.length > MOST_WORDS || looked.length > MOST_WORDS) {
        begin(0, OPEN, 0);
        return;
      }
      begin(looked.length, outcome.length, looked.length + outcome.length);
      for (let i = 0; i < looked.length; i++) words[used++] = looked[i] as number;
      for (let i = 0; i < outcome.length; i++) words[used++] = outcome[i] as number;
    },
    copy: (block, at) => {
      const looks = block.lookUps[at]!;
      const count = block.counts[at]!;
      begin(looks, count, looks + count);
      for (let from = block.places[at]!, end = from + looks + count; from < end; from++) {
        words[used++] = block.words[from]!;
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
        if (shelf.size > Math.max(MOST_BLOCKS, Math.ceil((to - from) / ROWS) + 2)) {
          shelf.delete(shelf.keys().next().value!);
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
