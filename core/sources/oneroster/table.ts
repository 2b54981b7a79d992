import { csvRecords } from '../csv.ts';
import { createIdRegister } from '../id-register.ts';
import { shown, stopIfAborted, unusable } from '../refuse.ts';
import type { RowBatch, TableInfo } from '../types.ts';
import type { TableName } from './columns.ts';
import type { Entry } from './container.ts';
import { type Survey, textOf } from './survey.ts';

/** A table of an export, ready to be read. */
export interface OneRosterTable {
  readonly info: TableInfo & { readonly name: TableName };
  readonly entry: Entry;
  readonly survey: Survey;
  /** The column at each place of a row; undefined for a place that is never read. */
  readonly places: readonly (string | undefined)[];
  /** Set once the whole file was read and no sourcedId was found twice. */
  uniqueIds: boolean;
}

/** A row with two identifiers; how many rows a file may have is guessed from it. */
const SHORT_ROW_BYTES = 100;

/** `active`: the rows that count. `all`: those marked `tobedeleted` too. */
export type Wanted = 'active' | 'all';

/**
 * Streams the rows of a table, projected to `columns`, refusing what would corrupt the result: ragged rows, a blank or
 * repeated sourcedId, a status that is none, a file that changes meanwhile.
 */
export async function* readTable(
  table: OneRosterTable,
  columns: readonly string[],
  wanted: Wanted,
  signal?: AbortSignal,
): AsyncGenerator<RowBatch> {
  const { places, entry } = table;
  const file = shown(entry.name);
  const delta = table.info.mode === 'delta';
  const width = places.length;
  const projection = columns.map((column) => places.indexOf(column));
  const idPlace = places.indexOf('sourcedId');
  const statusPlace = places.indexOf('status');
  const register = table.uniqueIds ? undefined : createIdRegister(table.survey.bytes / SHORT_ROW_BYTES);

  for await (const { rows, first } of csvRecords(
    textOf(entry, table.survey, signal),
    entry.name,
    table.survey.lineEnd,
  )) {
    stopIfAborted(signal);
    const out: string[][] = [];
    const numbers: number[] = [];
    // Row 1 is the header.
    for (let at = first === 1 ? 1 : 0; at < rows.length; at++) {
      const row = rows[at]!;
      const number = first + at;
      if (row.length !== width) {
        if (row.length === 1 && row[0]!.trim() === '') continue;
        throw unusable(
          `${file}, row ${number}: ${counted(row.length)} where the header has ${width}; correct the row in the SIS, or make a new export.`,
          { file, row: number },
        );
      }
      const id = trimmed(row[idPlace]!);
      if (id === '') {
        if (row.every((value) => value.trim() === '')) continue;
        throw unusable(`${file}, row ${number}: sourcedId is blank; have the SIS give the row one.`, {
          file,
          row: number,
        });
      }
      const before = register?.add(id, number) ?? 0;
      if (before !== 0) {
        throw unusable(
          `${file}: rows ${before} and ${number} have the same sourcedId; correct it in the SIS and make a new export.`,
          { file, row: number, before },
        );
      }
      const active = statusPlace < 0 || isActive(row[statusPlace]!, delta, file, number);
      if (!active && wanted === 'active') continue;
      const projected = new Array<string>(projection.length);
      for (let column = 0; column < projection.length; column++) {
        const place = projection[column]!;
        projected[column] = place < 0 ? '' : row[place]!;
      }
      out.push(projected);
      numbers.push(number);
    }
    if (out.length > 0) yield { rows: out, numbers };
  }
  await entry.assertUnchanged();
  table.uniqueIds = true;
}

function counted(values: number): string {
  return values === 1 ? '1 value' : `${values} values`;
}

/** `trim` only where there is something to trim. */
function trimmed(text: string): string {
  const last = text.length - 1;
  if (last < 0) return text;
  const begins = text.charCodeAt(0);
  const ends = text.charCodeAt(last);
  return begins > 32 && begins < 127 && ends > 32 && ends < 127 ? text : text.trim();
}

function isActive(value: string, delta: boolean, file: string, row: number): boolean {
  if (value === '' && !delta) return true;
  const status = value.trim().toLowerCase();
  if (status === 'active' || (status === '' && !delta)) return true;
  if (status === 'tobedeleted') return false;
  throw unusable(
    `${file}, row ${row}: status is neither active nor tobedeleted; correct it in the SIS and make a new export.`,
    { file, row },
  );
}
