/** What a reader of exports offers to the mapping, whatever format the files have. */

import type { SealedWriter } from './sealed-file.ts';

export type TableMode = 'bulk' | 'delta';

export interface TableInfo {
  /** `users`: the table's name in the format's own words. */
  readonly name: string;
  /** Canonical column names, in file order; misspelt and differently cased headers are already put right. */
  readonly columns: readonly string[];
  readonly mode: TableMode;
  /** The file's name as the steward sees it: `users.csv`. */
  readonly file: string;
}

/**
 * Some thousand rows. A value may be cut out of a chunk of the file and keep the whole chunk in memory: whoever keeps
 * values of a large table copies them (`Buffer.from(value).toString()`).
 */
export interface RowBatch {
  /** Each row has exactly the columns that were asked for, in that order; a column the file lacks is ''. Values are not trimmed. */
  readonly rows: readonly (readonly string[])[];
  /** The row of the file, as a spreadsheet counts (the header is row 1), for each entry of `rows`. */
  readonly numbers: readonly number[];
  /** The file these rows are from, where it is not the table's own: rows of the last full set under a delta. */
  readonly file?: string;
}

/** The rows of the last full set that a delta table replaces or removes. */
export interface DeltaKeys {
  /** A row of the last full set is superseded when this column's value, trimmed, is one of the keys. */
  readonly column: string;
  /** Every key the delta names, whether its row is active or `tobedeleted`; trimmed, in batches. */
  readonly keys: AsyncIterable<readonly string[]>;
}

/** Two random words, without which the prints of rows cannot be foreseen. */
export type PrintKey = readonly [number, number];

export interface RowPrint {
  readonly low: number;
  readonly high: number;
  readonly idLow: number;
  readonly idHigh: number;
}

/** Some bytes of a file, known by their number and their print. */
export interface Digest {
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
}

/** Rows that follow one another, known by all their bytes. */
export interface RowGroup extends Digest {
  readonly rows: number;
}

/** Lets rows be passed over that are known from an earlier reading of the table: they are neither parsed nor given. */
export interface Glance {
  readonly key: PrintKey;
  /** Told first: a print of what the rows mean, the header and the encoding. */
  begin(low: number, high: number): void;
  /** Asked, after `begin`, before rows are told of; they are at most so many. */
  ready(count: number): Promise<void>;
  /** The rows that would have to come next to be known all together; undefined where that cannot be. */
  expected(): RowGroup | undefined;
  /**
   * The rows that were expected are there.
   * @param number the row of the file that the first of them is, as in `RowBatch.numbers`
   */
  meetExpected(number: number): void;
  /**
   * Asked for every other record of the file below the header, in order, blank lines among them.
   * @param print 64 bits of a keyed hash of the record's bytes, and of what names the row: 0 where nothing does
   * @param number the row of the file, as in `RowBatch.numbers`
   * @returns whether the row need not be given
   */
  isKnown(print: RowPrint, number: number): boolean;
  /** The last rows that were asked for may be expected together from now on; absent where nobody will. */
  group?(rows: RowGroup): void;
  /** Asked at the end: the first row that is named like one before it, both as in `RowBatch.numbers`. */
  repeated(): Promise<{ readonly before: number; readonly row: number } | undefined>;
  /** The rest of the file cannot be told row by row: all rows that were not asked for are given. */
  giveUp(): void;
}

export interface SourceNotice {
  readonly code: string;
  /** One plain sentence: what, where (file, row, column), what to do. Holds no value from a record. */
  readonly sentence: string;
}

export interface Source {
  readonly kind: 'oneroster';
  readonly version: '1.1' | '1.2';
  readonly tables: ReadonlyMap<string, TableInfo>;
  /** What was odd but could be read: misspelt headers, unknown files, columns never read. */
  readonly notices: readonly SourceNotice[];
  /** Changes when any byte of any table that is read changes (length, content hash). */
  readonly fingerprint: string;
  /**
   * Streams a table, projected to `columns`. Throws a `Failure` (source-unusable) when the file would corrupt the result.
   * Rows marked `tobedeleted` are not among them: in a bulk table they are gone, in a delta table `deltaKeys` has them.
   * @param glance passes rows over; where the file's bytes cannot be looked at row by row it is not asked at all, and all
   *   rows are given. With it, a batch may be empty: all that was asked since the last one is decided.
   */
  read(table: string, columns: readonly string[], signal?: AbortSignal, glance?: Glance): AsyncIterable<RowBatch>;
  /** What a table of mode `delta` supersedes; only where the source has such a table. */
  deltaKeys?(table: string, signal?: AbortSignal): DeltaKeys;
  /**
   * What was found out about the export's files as they are now, for the next opening (`openSource`), which then reads
   * none of those that have not changed. Only where there are such files. Names of files and columns, and no value.
   */
  readonly known?: string;
  /**
   * Copies a full set into a sealed file, out of which it can be opened again as it is now (`openCopy`); only where the
   * source reads an export's own files.
   * @returns the index of the copy
   * @throws Failure when a file is no longer what it was when the source was opened; what reading throws.
   */
  copy?(out: SealedWriter, signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}
