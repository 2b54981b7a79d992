import type { JsonValue, ResourceName } from '../edfi/model.ts';
import type { Codes, CodeUse } from './codes.ts';
import type { FrozenValue, MappingIssue } from './types.ts';

/** What the functions of a compiled mapping work on while it runs. */

export interface HeldValue extends FrozenValue {
  readonly resource: ResourceName;
  readonly sourceId: string;
}

interface Cached {
  readonly value: JsonValue | undefined;
  readonly issues: readonly MappingIssue[] | undefined;
  readonly warnings: readonly MappingIssue[] | undefined;
  /** The codes that had a part in it; undefined where none had. */
  readonly codes: readonly CodeUse[] | undefined;
}

/** A row of a table or view; what was worked out from it alone is kept on it for the next record that joins it. */
export interface Row {
  readonly values: readonly string[];
  readonly number: number;
  /** The row's file, where it is not the table's own. */
  readonly file: string | undefined;
  issues: readonly MappingIssue[] | undefined;
  inherited: readonly MappingIssue[] | undefined;
  frozen: readonly HeldValue[] | undefined;
  cache: (Cached | undefined)[] | undefined;
}

/** All rows are made here, so that they have one shape. */
export const newRow = (values: readonly string[], number: number, file?: string): Row => ({
  values,
  number,
  file,
  issues: undefined,
  inherited: undefined,
  frozen: undefined,
  cache: undefined,
});

/** Stands where a join found nothing and need not. */
export const emptyRow: Row = newRow([], 0);
/** Stands where a join found nothing and should have. */
export const missingRow: Row = newRow([], 0);
/** Stands where the value to join or split by is itself absent and should not be. */
export const absentRow: Row = newRow([], 0);

/** Stands where a row need not be there and nobody has asked for it yet: most records never look at some joins. */
export const laterRow: Row = newRow([], 0);

export type RowIndex = ReadonlyMap<string, Row | readonly Row[]>;

export interface RunValues {
  /** Row indexes by number, each there while a step that uses it runs. */
  readonly indexes: (RowIndex | undefined)[];
  readonly frozen: (resource: ResourceName, sourceId: string, path: string) => string | undefined;
  readonly codes: Codes;
  /** Told of every look-up, while somebody asks. */
  onLookUp: ((index: number, key: string) => void) | undefined;
}

/** @returns what an index leads to under a key */
export const lookUp = (run: RunValues, index: number, key: string): Row | readonly Row[] | undefined => {
  run.onLookUp?.(index, key);
  return run.indexes[index]?.get(key);
};

/** One combination of joined rows, at which all functions of a scope look; reused from row to row. */
export interface Frame {
  readonly rows: Row[];
  readonly run: RunValues;
  /** Finds the row that a `laterRow` stands for, and puts it there. */
  readonly resolve: (frame: Frame, slot: number) => Row;
  sourceId: string;
  issues: MappingIssue[] | undefined;
  warnings: MappingIssue[] | undefined;
  frozen: HeldValue[] | undefined;
  /** The codes of what is worked out once for many records; undefined while it is for this record alone. */
  collecting: CodeUse[] | undefined;
}

/** The row in a slot. */
export const rowAt = (frame: Frame, slot: number): Row => {
  const row = frame.rows[slot]!;
  return row === laterRow ? frame.resolve(frame, slot) : row;
};

export type Evaluate = (frame: Frame) => JsonValue | undefined;

const same = (a: MappingIssue, b: MappingIssue): boolean =>
  a.code === b.code && a.path === b.path && a.table === b.table && a.column === b.column && a.value === b.value;

/** Adds a problem to the record at hand, once: it may come with several of the rows that are joined. */
export const report = (frame: Frame, issue: MappingIssue): void => {
  if (frame.issues === undefined) frame.issues = [issue];
  else if (!frame.issues.some((known) => same(known, issue))) frame.issues.push(issue);
};

/** Notes what was left out of the record at hand. */
export const warn = (frame: Frame, issue: MappingIssue): void => {
  if (frame.warnings === undefined) frame.warnings = [issue];
  else frame.warnings.push(issue);
};

/** Notes that the record at hand has this code. */
export const countCode = (frame: Frame, use: CodeUse): void => {
  const { record } = frame.run.codes;
  if (use.last !== record) {
    use.last = record;
    use.records += 1;
    frame.run.codes.counted?.push(use);
  }
  if (frame.collecting !== undefined) frame.collecting.push(use);
};

/**
 * Keeps what a function gives for one joined row, so that the reference to a section is built once and not for each of
 * its students; problems and codes met on the way are told again to each.
 */
export const cachedPerRow =
  (evaluate: Evaluate, slot: number, place: number): Evaluate =>
  (frame) => {
    const row = rowAt(frame, slot);
    // Stand-in rows belong to no run.
    if (row.number === 0) return evaluate(frame);
    let cache = row.cache;
    if (cache === undefined) {
      cache = [];
      row.cache = cache;
    }
    let entry = cache[place];
    if (entry === undefined) {
      const { issues, warnings, collecting } = frame;
      frame.issues = undefined;
      frame.warnings = undefined;
      frame.collecting = [];
      const value = evaluate(frame);
      if (typeof value === 'object' && value !== null) Object.freeze(value);
      const codes = frame.collecting.length === 0 ? undefined : frame.collecting;
      entry = { value, issues: frame.issues, warnings: frame.warnings, codes };
      frame.issues = issues;
      frame.warnings = warnings;
      frame.collecting = collecting;
      // Holes would make the array slow to read.
      while (cache.length <= place) cache.push(undefined);
      cache[place] = entry;
    }
    if (entry.issues !== undefined) for (const issue of entry.issues) report(frame, issue);
    if (entry.warnings !== undefined) for (const issue of entry.warnings) warn(frame, issue);
    if (entry.codes !== undefined) for (const use of entry.codes) countCode(frame, use);
    return entry.value;
  };
