/**
 * What a run knows of rows from the run before: a row whose bytes are the same, and for which the same is looked up, has
 * come to the same, so that it is neither parsed nor mapped again. It holds for a table that is only read row by row;
 * one that is joined whole has to be in memory anyway.
 */
import { createIdRegister, type IdRegister } from '../sources/id-register.ts';
import { createPrinter, type Printer } from '../sources/prints.ts';
import type { Glance, RowBatch, Source } from '../sources/types.ts';
import { type IndexPlan, needsOf, type ResourcePlan, rootTable, type ScopePlan, type TablePlan } from './plan.ts';
import {
  createOutcomeReader,
  createOutcomeWriter,
  createPrintReader,
  createPrintWriter,
  isOpen,
  namesIn,
  type Outcomes,
  type OutcomeWriter,
  outcomesOf,
  type PrintReader,
} from './row-book.ts';
import type { Row, RowIndex } from './runtime.ts';
import type { RowMemory } from './types.ts';

/** Rows that were read once and are kept for the next step that needs them. */
const KEPT_ROWS = 100_000;
/** Rows that are looked at between two moments at which others have their turn. */
const CHUNK_ROWS = 4096;
/** One row in so many, at the most, is parsed without being asked for. */
const MOST_AGAIN = 10;
/** And so many in all. */
const MOST_LISTED = 500_000;
/** A group of rows may be expected in vain so often, until a row is known again. */
const MOST_MISSES = 4;
/** Rows that are fetched together: what they need fits into the nearest memory. */
const WARM_ROWS = 256;
/** Words of an index in one block: a key's print and its rows' for each entry. */
const INDEX_WORDS = 4 * 65_536;

/** Some rows of a table, in the order of the file. A row has the number of its ordinal and two. */
export interface Chunk {
  /** Ordinal of the first. */
  readonly first: number;
  readonly count: number;
  /** The row of the book that each is. */
  readonly entries: Int32Array;
  /** What `check` said of each; -1 where its row is among `rows`, or it is no row that counts. */
  readonly tokens: Int32Array;
  readonly rows: readonly (readonly string[])[];
  readonly ordinals: readonly number[];
}

/** One step's walk over its table. */
export interface Walk {
  /** The facts that the run before left with the step's book. */
  readonly facts: unknown;
  readonly writer: OutcomeWriter;
  /** This row was looked at, and may have to be again although it stays as it is: it has a problem, or was not sent yet. */
  lookAgain(ordinal: number): void;
  /** What the book has of a row whose token is not -1. */
  block(entry: number): Outcomes;
  chunks(): AsyncGenerator<Chunk>;
  /** Leaves the book to the next run; without facts it is not left. */
  finish(facts: unknown): Promise<void>;
}

/**
 * Whether what the book says of a row still holds, its look-ups aside.
 * @param count words of its outcome, from `at` on
 * @returns -1 where it does not; otherwise a number that is given back with the row
 */
export type CheckOutcome = (words: Uint32Array, at: number, count: number) => number;

/** The token of a row that needed no check. */
export const TRUSTED = 0x7fff_ffff;

/** How a step may do without looking at what most rows came to. */
export interface Trust {
  /** Whether what the book says of a row holds without `check`. */
  holds(words: Uint32Array, at: number, count: number): boolean;
  /** Told of each row that the book has and of which it may hold no longer, before the first check. */
  other(words: Uint32Array, at: number, count: number): void;
  /** Of all such rows was told. */
  begin(): void;
}

export interface RunMemory {
  /** Whether rows of this scope may be passed over. */
  covers(scope: ScopePlan): boolean;
  /**
   * @param section names the scope, from run to run.
   * @param warm looks where `check` will look, for many rows before the first of them is checked
   * @param trust used where the rows of the file are known before the step comes to them
   */
  walk(
    scope: ScopePlan & { readonly source: TablePlan },
    section: string,
    indexes: readonly (RowIndex | undefined)[],
    check: CheckOutcome,
    warm?: CheckOutcome,
    trust?: Trust,
  ): Promise<Walk>;
  /** The rows of a table with these numbers, and maybe others. */
  rowsAt(table: TablePlan, numbers: ReadonlySet<number>): AsyncIterable<RowBatch>;
  /** What a look-up is known by. */
  lookUpPrint(index: number, key: string): number;
}

/** A table while its steps go over it, one after another. */
interface TableRows {
  /** The row of the book that each row of the file is, by ordinal; -1 for one that it does not have; empty without a book. */
  entries: Int32Array<ArrayBuffer>;
  count: number;
  /** The print of what rows mean; undefined until it was told. */
  header: readonly [number, number] | undefined;
  /** Read to its end once. */
  isRead: boolean;
  /** The file could not be told row by row. */
  gaveUp: boolean;
  /** What was parsed so far, by ordinal; undefined where it is too much. */
  kept: Map<number, readonly string[]> | undefined;
  /** Records that are no rows that count: blank lines, rows to be deleted. */
  voids: Set<number>;
  /** Rows that the next run had better parse on its first walk, whatever that step knows of them. */
  again: Set<number>;
  walksLeft: number;
}

/** For each table that is only read row by row, how often. */
const tablesRowByRow = (
  resources: readonly ResourcePlan[],
  remembers: (resource: string) => boolean,
): Map<TablePlan, number> => {
  const scopes = new Map<ScopePlan, boolean>();
  const whole = new Set<TablePlan>();
  for (const resource of resources) {
    scopes.set(resource.scope, resource.distinct === undefined && !resource.match && remembers(resource.name));
    const { views, indexes } = needsOf(resource.scope);
    for (const view of views) {
      if (view.form === 'union') continue;
      scopes.set(view.scope, view.form === 'group' && view.scope.steps.length === 0);
    }
    for (const { relation } of indexes) if (relation.kind === 'slim') whole.add(relation.table);
  }
  const times = new Map<TablePlan, number>();
  for (const [{ source, never }, isCovered] of scopes) {
    if (never || source.kind !== 'table') continue;
    if (!isCovered) whole.add(source);
    times.set(source, (times.get(source) ?? 0) + 1);
  }
  for (const table of whole) times.delete(table);
  return times;
};

/** A set of prints, in which a few that are not members may be found: they only cost a look. */
const createPrintSet = () => {
  const bits = new Uint32Array(2 ** 19);
  let isEmpty = true;
  return {
    get isEmpty() {
      return isEmpty;
    },
    add: (print: number): void => {
      isEmpty = false;
      const bit = print >>> 8;
      bits[bit >>> 5]! |= 1 << (bit & 31);
    },
    has: (print: number): boolean => {
      const bit = print >>> 8;
      return (bits[bit >>> 5]! & (1 << (bit & 31))) !== 0;
    },
  };
};

/**
 * @param source the opened export
 * @param resources all that the run makes
 * @param memory what the run before left
 */
export const createRunMemory = (
  source: Source,
  resources: readonly ResourcePlan[],
  memory: RowMemory,
  signal: AbortSignal | undefined,
): RunMemory => {
  const tables = new Map<TablePlan, TableRows>();
  for (const [table, walks] of tablesRowByRow(resources, memory.remembers)) {
    tables.set(table, {
      entries: new Int32Array(0),
      count: 0,
      header: undefined,
      isRead: false,
      gaveUp: false,
      kept: new Map(),
      voids: new Set(),
      again: new Set(),
      walksLeft: walks,
    });
  }
  /** Made by the first walk. */
  let printer: Printer | undefined;
  const changed = createPrintSet();
  /** Whether an index can be compared with what it was. */
  const compared = new Map<number, boolean>();

  const lookUpPrint = (index: number, key: string): number => {
    printer!.texts([key]);
    return (printer!.low ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
  };

  /** Notes what an index leads to for the next run, and what leads elsewhere than it did. */
  const compareIndex = async (plan: IndexPlan, index: RowIndex, printer: Printer): Promise<boolean> => {
    const known = compared.get(plan.number);
    if (known !== undefined) return known;
    const section = `index ${plan.number}`;
    const before = memory.open(section);
    const was = before === undefined ? undefined : await readIndex(before.blocks(0));
    const words = new Uint32Array(index.size * 4);
    let at = 0;
    const salt = Math.imul(plan.number + 1, 0x9e3779b1);
    for (const [key, rows] of index) {
      printer.texts([key]);
      words[at] = printer.low;
      words[at + 1] = printer.high;
      printer.texts(textsOf(rows));
      words[at + 2] = printer.low;
      words[at + 3] = printer.high;
      if (was !== undefined && !was.isSame(words, at)) changed.add((words[at]! ^ salt) >>> 0);
      at += 4;
    }
    for (const low of was?.gone() ?? []) changed.add((low ^ salt) >>> 0);
    for (let from = 0; from < words.length; from += INDEX_WORDS) {
      const some = words.subarray(from, from + INDEX_WORDS);
      await memory.write(section, Buffer.from(some.buffer, some.byteOffset, some.byteLength));
    }
    memory.close(section, null);
    compared.set(plan.number, was !== undefined);
    return was !== undefined;
  };

  const walk: RunMemory['walk'] = async (scope, section, indexes, check, warm, trust) => {
    const table = scope.source;
    const rows = tables.get(table)!;
    printer ??= await createPrinter(memory.key);
    let comparable = true;
    for (const plan of scope.indexes) {
      const index = indexes[plan.number];
      if (index === undefined || !(await compareIndex(plan, index, printer))) comparable = false;
    }
    const before = comparable ? memory.open(section) : undefined;
    const book = before === undefined ? undefined : createOutcomeReader((first) => before.blocks(first));
    const writer = createOutcomeWriter((block) => memory.write(section, block));

    const entryOf = (ordinal: number): number => rows.entries[ordinal] ?? -1;
    /** Whether a row's look-ups lead where they led. */
    const leadsAsBefore = (block: Outcomes, at: number): boolean => {
      if (changed.isEmpty) return true;
      const from = block.places[at]!;
      for (let i = from, end = from + block.lookUps[at]!; i < end; i++) if (changed.has(block.words[i]!)) return false;
      return true;
    };
    /** What `check` says of a row of the book, once its look-ups lead where they led. */
    const tokenOf = (entry: number): number => {
      const block = entry === -1 ? undefined : book?.block(entry);
      if (block === undefined) return -1;
      const at = entry - block.first;
      if (isOpen(block, at) || !leadsAsBefore(block, at)) return -1;
      return check(block.words, block.places[at]! + block.lookUps[at]!, block.counts[at]!);
    };
    /** Marks the rows of the file that can be trusted, and tells of all others that the book has. */
    const trustRows = async (trusting: Trust, tokens: Int32Array): Promise<void> => {
      /** By row of the book. */
      let trusted = new Uint8Array(tokens.length + 1);
      const isQuiet = changed.isEmpty;
      for (let from = 0; from < tokens.length; from += CHUNK_ROWS) {
        await loadFor(from, CHUNK_ROWS);
        for (let row = from, end = Math.min(tokens.length, from + CHUNK_ROWS); row < end; row++) {
          const entry = entryOf(row);
          const block = entry === -1 ? undefined : book?.block(entry);
          if (block === undefined) continue;
          const at = entry - block.first;
          if (isOpen(block, at) || !(isQuiet || leadsAsBefore(block, at))) continue;
          if (!trusting.holds(block.words, block.places[at]! + block.lookUps[at]!, block.counts[at]!)) continue;
          tokens[row] = TRUSTED;
          if (entry >= trusted.length) trusted = longer(trusted, entry);
          trusted[entry] = 1;
        }
      }
      let told = 0;
      for await (const block of outcomesOf(before!.blocks(0))) {
        told += 1;
        for (let at = 0; at < block.places.length; at++) {
          if (trusted[block.first + at] === 1 || isOpen(block, at)) continue;
          trusting.other(block.words, block.places[at]! + block.lookUps[at]!, block.counts[at]!);
        }
      }
      // Of rows that the book does not tell any more nothing can be trusted.
      if (told === before!.count) trusting.begin();
      else tokens.fill(0);
    };
    /** Has what `check` will look at fetched, for rows that are at hand. */
    const warmUp = (first: number, count: number): number => {
      let sum = 0;
      for (let row = first, end = Math.min(rows.count, first + count); row < end; row++) {
        const entry = entryOf(row);
        const block = entry === -1 ? undefined : book?.block(entry);
        if (block === undefined) continue;
        const at = entry - block.first;
        sum += warm!(block.words, block.places[at]! + block.lookUps[at]!, block.counts[at]!);
      }
      return sum;
    };
    const loadFor = async (first: number, count: number): Promise<void> => {
      let from = Number.POSITIVE_INFINITY;
      let to = -1;
      for (let row = first, end = Math.min(rows.count, first + count); row < end; row++) {
        const entry = entryOf(row);
        if (entry === -1) continue;
        if (entry < from) from = entry;
        if (entry > to) to = entry;
      }
      if (to !== -1) await book?.load(from, to);
    };

    const keep = (
      { first, count, tokens, rows: given, ordinals }: Chunk,
      kept: Map<number, readonly string[]>,
    ): void => {
      let at = 0;
      for (let i = 0; i < count; i++) {
        if (ordinals[at] === first + i) {
          kept.set(first + i, given[at]!);
          at += 1;
        } else if (tokens[i] === -1) rows.voids.add(first + i);
      }
    };

    /** The rows of the file as it is read; each is asked for whether it is known, unless nothing is. */
    const readThrough = async function* (glance: Glance | undefined, tokens: (from: number, to: number) => Int32Array) {
      let first = 0;
      const chunk = (to: number, given: readonly (readonly string[])[], ordinals: readonly number[]): Chunk => {
        const from = first;
        first = to;
        return {
          first: from,
          count: to - from,
          entries: rows.entries.subarray(from, to),
          tokens: tokens(from, to),
          rows: given,
          ordinals,
        };
      };
      for await (const batch of source.read(table.name, table.columns, signal, glance)) {
        const ordinals = batch.numbers.map((number) => number - 2);
        const last = (ordinals.at(-1) ?? -1) + 1;
        yield chunk(Math.max(last, glance === undefined ? 0 : asked), batch.rows, ordinals);
      }
      if (asked > first) yield chunk(asked, [], []);
    };
    /** Rows that were asked for, of the reading at hand. */
    let asked = 0;

    const firstWalk = async function* (): AsyncGenerator<Chunk> {
      const name = `table ${table.name}`;
      const printsBefore = memory.open(name);
      const register = createIdRegister(0);
      let twice: { before: number; row: number } | undefined;
      const prints = createPrintWriter((block) => memory.write(name, block));
      const again = await readRowSet(memory, `again ${table.name}`);
      let known: PrintReader | undefined;
      let tokens = new Int32Array(CHUNK_ROWS);
      let base = 0;
      const expectedTokens = new Int32Array(256);
      /** How often a group was expected in vain since a row was known. */
      let misses = 0;
      const glance: Glance = {
        key: memory.key,
        begin: (low, high) => {
          rows.header = [low, high];
          const was = printsBefore?.facts as Header | undefined;
          if (printsBefore !== undefined && was?.low === low && was.high === high) {
            known = createPrintReader(printsBefore.blocks(0));
          }
        },
        ready: async (count) => {
          if (known === undefined) return;
          await known.ready(count);
          await book?.load(known.from, known.to);
        },
        expected: () => {
          if (known === undefined || misses > MOST_MISSES) return undefined;
          const next = known.group();
          if (next === undefined) return undefined;
          const { group, row } = next;
          for (let i = 0; i < group.rows; i++) {
            const token = again.has(row + i) ? -1 : tokenOf(row + i);
            if (token === -1) return undefined;
            expectedTokens[i] = token;
          }
          misses += 1;
          return group;
        },
        meetExpected: (number) => {
          const { group, row } = known!.group()!;
          for (let i = 0; i < group.rows; i++) note(number - 2 + i, row + i, expectedTokens[i]!);
          known!.takeGroup(prints);
          misses = 0;
        },
        isKnown: (print, number) => {
          prints.add(print);
          const entry = known === undefined ? -1 : known.find(print);
          if (entry !== -1) misses = 0;
          else if ((print.idLow | print.idHigh) !== 0) {
            const before = register.addPrint(print.idLow, print.idHigh, number);
            if (before !== 0) twice ??= { before, row: number };
          }
          const token = again.has(entry) ? -1 : tokenOf(entry);
          note(number - 2, entry, token);
          return token !== -1;
        },
        group: prints.group,
        repeated: async () => twice ?? (printsBefore && (await nameTwice(printsBefore.blocks(0), rows, register))),
        giveUp: () => {
          rows.gaveUp = true;
        },
      };
      const note = (ordinal: number, entry: number, token: number): void => {
        if (ordinal - base >= tokens.length) tokens = longer(tokens);
        if (known !== undefined) {
          if (ordinal === rows.entries.length) rows.entries = longer(rows.entries);
          rows.entries[ordinal] = entry;
        }
        tokens[ordinal - base] = token;
        asked = ordinal + 1;
        rows.count = asked;
      };
      const tokensOf = (from: number, to: number): Int32Array => {
        // Rows that nothing was asked of are given all the same.
        const some = new Int32Array(to - from).fill(-1);
        const told = Math.min(to, asked) - from;
        if (told > 0) some.set(tokens.subarray(0, told));
        base = to;
        return some;
      };
      for await (const chunk of readThrough(glance, tokensOf)) {
        if (rows.kept !== undefined && rows.walksLeft > 0) {
          keep(chunk, rows.kept);
          if (rows.kept.size + rows.voids.size > KEPT_ROWS) rows.kept = undefined;
        }
        yield chunk;
        await prints.drain();
      }
      // A source that has no bytes to look at is read as it is each time.
      if (rows.header === undefined) rows.gaveUp = true;
      await prints.finish();
      if (!rows.gaveUp && rows.header !== undefined) {
        memory.close(name, { low: rows.header[0], high: rows.header[1] } satisfies Header);
      }
      rows.isRead = true;
      rows.entries = rows.entries.slice(0, rows.count);
    };

    const laterWalk = async function* (): AsyncGenerator<Chunk> {
      const { count, kept } = rows;
      asked = 0;
      if (rows.gaveUp) {
        yield* readThrough(undefined, (from, to) => new Int32Array(to - from).fill(-1));
        return;
      }
      // Whether the file has to be read again is known before the first row is given.
      const tokens = new Int32Array(before === undefined ? 0 : count);
      if (trust !== undefined && before !== undefined) await trustRows(trust, tokens);
      let reads = kept === undefined || (before === undefined && kept.size + rows.voids.size < count);
      /** Whether all rows of a chunk that the book has can be trusted; then nothing of it needs to be looked at. */
      const isTrusted = (from: number): boolean => {
        for (let row = from, end = Math.min(count, from + CHUNK_ROWS); row < end; row++) {
          if (tokens[row] === TRUSTED) continue;
          if (entryOf(row) !== -1) return false;
          tokens[row] = -1;
          if (!reads) reads = !kept!.has(row) && !rows.voids.has(row);
        }
        return true;
      };
      for (let from = 0; from < tokens.length; from += CHUNK_ROWS) {
        if (isTrusted(from)) continue;
        await loadFor(from, CHUNK_ROWS);
        for (let row = from, end = Math.min(count, from + CHUNK_ROWS); row < end; row++) {
          if (tokens[row] === TRUSTED) continue;
          if (trust === undefined && warm !== undefined && (row - from) % WARM_ROWS === 0) warmUp(row, WARM_ROWS);
          const token = tokenOf(entryOf(row));
          tokens[row] = token;
          if (token === -1 && !reads) reads = !kept!.has(row) && !rows.voids.has(row);
        }
      }
      const tokensOf = (from: number, to: number): Int32Array =>
        before === undefined ? new Int32Array(to - from).fill(-1) : tokens.subarray(from, to);
      if (!reads) {
        yield* fromKept(kept!, tokensOf);
        return;
      }
      const glance: Glance = {
        key: memory.key,
        ...READ_BEFORE,
        isKnown: (_print, number) => {
          asked = number - 1;
          return before !== undefined && tokens[number - 2] !== -1;
        },
      };
      for await (const chunk of readThrough(glance, tokensOf)) {
        await loadFor(chunk.first, chunk.count);
        yield chunk;
      }
    };

    const fromKept = async function* (
      kept: ReadonlyMap<number, readonly string[]>,
      tokensOf: (from: number, to: number) => Int32Array,
    ): AsyncGenerator<Chunk> {
      for (let first = 0; first < rows.count; first += CHUNK_ROWS) {
        await loadFor(first, CHUNK_ROWS);
        const end = Math.min(rows.count, first + CHUNK_ROWS);
        const tokens = tokensOf(first, end);
        const some: (readonly string[])[] = [];
        const ordinals: number[] = [];
        for (let row = first; row < end; row++) {
          const given = tokens[row - first] === -1 ? kept.get(row) : undefined;
          if (given === undefined) continue;
          some.push(given);
          ordinals.push(row);
        }
        yield {
          first,
          count: end - first,
          entries: rows.entries.subarray(first, end),
          tokens,
          rows: some,
          ordinals,
        };
      }
    };

    return {
      facts: before?.facts,
      writer,
      block: (entry) => book!.block(entry)!,
      async *chunks() {
        rows.walksLeft -= 1;
        for await (const chunk of rows.isRead ? laterWalk() : firstWalk()) {
          yield chunk;
          await writer.drain();
        }
        if (rows.walksLeft === 0) tables.delete(table);
      },
      lookAgain: (ordinal) => {
        // On a first day that would be all rows: one more than is of use says as much.
        if (rows.again.size <= MOST_LISTED) rows.again.add(ordinal);
      },
      finish: async (facts) => {
        await writer.finish();
        if (rows.gaveUp) return;
        if (facts !== undefined) memory.close(section, facts);
        // Where most was looked at, as on a first day, the list says nothing.
        if (rows.walksLeft > 0 || rows.again.size > Math.min(MOST_LISTED, Math.max(1000, rows.count / MOST_AGAIN))) {
          return;
        }
        const name = `again ${table.name}`;
        await memory.write(name, Buffer.from(Uint32Array.from(rows.again).buffer));
        memory.close(name, null);
      },
    };
  };

  return {
    covers: (scope) => tables.has(rootTable(scope.source)) && scope.source.kind === 'table',
    walk,
    rowsAt: (table, numbers) =>
      source.read(table.name, table.columns, signal, {
        key: memory.key,
        ...READ_BEFORE,
        isKnown: (_print, number) => !numbers.has(number),
      }),
    lookUpPrint,
  };
};

/** Of a table that was read to its end already: rows are told one by one, and no two have one name. */
const READ_BEFORE: Omit<Glance, 'key' | 'isKnown'> = {
  begin: () => undefined,
  ready: async () => undefined,
  expected: () => undefined,
  meetExpected: () => undefined,
  repeated: async () => undefined,
  giveUp: () => undefined,
};

/**
 * Rows that the book has were all named differently when it was made, and each of them is met once at the most: only a row
 * that it does not have can repeat a name.
 */
const nameTwice = async (
  names: AsyncIterator<Buffer>,
  { entries, count }: TableRows,
  news: IdRegister,
): Promise<{ before: number; row: number } | undefined> => {
  if (news.size === 0) return undefined;
  let met = new Uint8Array(count + 1);
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const entry = entries[ordinal] ?? -1;
    if (entry === -1) continue;
    if (entry >= met.length) met = longer(met, entry);
    met[entry] = 1;
  }
  for await (const { first, rows, low, high } of namesIn(names)) {
    for (let at = 0; at < rows; at++) {
      if (met[first + at] !== 1) continue;
      const other = news.findPrint(low(at), high(at));
      if (other === 0) continue;
      const row = entries.indexOf(first + at) + 2;
      return { before: Math.min(row, other), row: Math.max(row, other) };
    }
  }
  return undefined;
};

/** What rows meant when their prints were made. */
interface Header {
  readonly low: number;
  readonly high: number;
}

/** @param at a place that it has to have */
const longer = <T extends Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(numbers: T, at = 0): T => {
  const made = new (numbers.constructor as new (length: number) => T)(Math.max(1024, numbers.length * 2, at + 1));
  made.set(numbers);
  return made;
};

const readRowSet = async (memory: RowMemory, section: string): Promise<ReadonlySet<number>> => {
  const rows = new Set<number>();
  const blocks = memory.open(section)?.blocks(0);
  if (blocks === undefined) return rows;
  for (let next = await blocks.next(); next.done !== true; next = await blocks.next()) {
    for (const row of new Uint32Array(new Uint8Array(next.value).buffer)) rows.add(row);
  }
  return rows;
};

/** All that rows say. */
const textsOf = function* (rows: Row | readonly Row[]): Generator<string> {
  for (const row of Array.isArray(rows) ? (rows as readonly Row[]) : [rows as Row]) {
    yield* row.values;
    yield row.issues === undefined ? '' : JSON.stringify(row.issues);
    yield row.frozen === undefined ? '' : JSON.stringify(row.frozen);
  }
};

/** What an index led to in the run before. */
const readIndex = async (blocks: AsyncIterator<Buffer>) => {
  const chunks: Uint32Array[] = [];
  for (let next = await blocks.next(); next.done !== true; next = await blocks.next()) {
    chunks.push(new Uint32Array(new Uint8Array(next.value).buffer));
  }
  const words = new Uint32Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let to = 0;
  for (const chunk of chunks) {
    words.set(chunk, to);
    to += chunk.length;
  }
  const places = new Map<number, number>();
  // 53 bits of a key's print tell it apart.
  const keyAt = (from: Uint32Array, at: number): number => from[at]! + (from[at + 1]! & 0x1f_ffff) * 2 ** 32;
  for (let at = 0; at < words.length; at += 4) places.set(keyAt(words, at), at);
  return {
    /** Whether the entry at `at` leads to what it led to; it is then no longer among those that are gone. */
    isSame: (now: Uint32Array, at: number): boolean => {
      const key = keyAt(now, at);
      const place = places.get(key);
      if (place === undefined) return false;
      places.delete(key);
      return words[place + 2] === now[at + 2] && words[place + 3] === now[at + 3];
    },
    gone: (): number[] => [...places.values()].map((place) => words[place]!),
  };
};
