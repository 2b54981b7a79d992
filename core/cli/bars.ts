/** Numbers over time as bars of text. */
import pc from 'picocolors';
import { clock, columns, number, table } from './terminal.ts';

export interface Measured {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly records: number;
  readonly held: number;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const MOST_CELLS = 24;
const LEAST_CELLS = 6;
/** Time, numbers, and the space between: what the bars leave room for. */
const TEXT = 44;

/** A bar of so many cells at most; what is not nothing is seen. */
function bar(value: number, most: number, cells: number): string {
  if (value === 0) return '';
  const eighths = Math.max(1, Math.round((value / most) * cells * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

/** @returns a line for each: when, a bar for records and held together, both numbers */
export function bars(measured: readonly Measured[]): string {
  const cells = Math.max(LEAST_CELLS, Math.min(MOST_CELLS, columns() - TEXT));
  const most = Math.max(1, ...measured.map(({ records, held }) => records + held));
  return table(
    [
      ['batch', '', 'records', 'held'],
      ...measured.map(({ at, records, held }) => [
        clock(at),
        pc.cyan(bar(records + held, most, cells)),
        records === 0 ? pc.dim('·') : number(records),
        held === 0 ? pc.dim('·') : number(held),
      ]),
    ],
    [2, 3],
  );
}
