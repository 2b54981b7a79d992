/**
 * A district's days, without end: each period begins with the same two exports and goes on with small edits, other ones in
 * each period. So the number of records stays what it is however long it goes on, and what grows, grows for no reason.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { apply, EDIT_KINDS, type Edit } from '../sync/edits.ts';
import { copyExport, type Export, readExport, writeExport } from '../sync/export.ts';

/** A small, fast generator of numbers in [0, 1): the same seed gives the same days. */
export function numbers(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Ids and values that edits make up repeat after so many: otherwise each would be one more that the ledger has to know. */
const PICKS = 60;
const MOST_EDITS = 10;

export interface Days {
  /** @param day from 0 on @returns the folder with this day's export, and how many edits were made since the day before */
  export(day: number): { readonly folder: string; readonly edits: number };
}

/**
 * @param folder where exports are written; the last two stay
 * @param period days until the district is again what it was, at least 3
 */
export async function createDays(
  folder: string,
  { students, seed, period }: { readonly students: number; readonly seed: number; readonly period: number },
): Promise<Days> {
  const [first, second] = [path.join(folder, 'first'), path.join(folder, 'second')];
  await writeDistrict({ out: first, students, seed });
  await writeDistrict({ out: second, students, seed, day: 2 });
  const editsOf = (day: number): Edit[] => {
    const random = numbers(seed * 100_003 + day);
    return Array.from({ length: 2 + Math.floor(random() * (MOST_EDITS - 1)) }, () => ({
      kind: EDIT_KINDS[Math.floor(random() * EDIT_KINDS.length)] as Edit['kind'],
      pick: Math.floor(random() * PICKS),
    }));
  };
  const periodBegun = (day: number) => ({ day: day - (day % period) + 1, of: copyExport(readExport(second)) });
  let tables: { readonly day: number; readonly of: Export } | undefined;
  /** The district on a day of edits, with those of the period's days before: the first day asked for may be any. */
  const edited = (day: number): Export => {
    const { day: last, of } = tables?.day === day - 1 ? tables : periodBegun(day);
    for (let next = last + 1; next <= day; next++) apply(of, editsOf(next));
    tables = { day, of };
    return of;
  };
  return {
    export(day) {
      switch (day % period) {
        case 0:
          return { folder: first, edits: 0 };
        case 1:
          return { folder: second, edits: 0 };
        default: {
          const of = edited(day);
          rmSync(path.join(folder, `day${day - 2}`), { recursive: true, force: true });
          return { folder: writeExport(of, path.join(folder, `day${day}`)), edits: editsOf(day).length };
        }
      }
    },
  };
}
