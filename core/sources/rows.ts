import { plainName } from './file-names.ts';
import { stopIfAborted } from './refuse.ts';
import type { Source, TableInfo } from './types.ts';

/** Where a row is, in the words of `MappedRecord`: the file's name and the row as a spreadsheet counts. */
export interface RowPlace {
  readonly file: string;
  readonly row: number;
}

/** A row as the file has it. */
export interface SourceRow extends RowPlace {
  readonly table: string;
  /** Every column of the table, in its order; values neither trimmed nor interpreted, '' where the row has none. */
  readonly cells: readonly { readonly column: string; readonly value: string }[];
}

/** The key of a place in what `readRows` gives. */
export const rowKey = ({ file, row }: RowPlace): string => `${file}\n${row}`;

/**
 * Finds rows again for the steward to look at. Reads each table that has some of them once, and no further than the
 * last of them; holds only the rows that were asked for.
 *
 * The source has to be what the places were told from: the export itself, a delta over its base, or the sealed copy
 * that the batch made of it, opened as `itself` (its fingerprint is that of the batch's source). Of any other, a place
 * may lead to another person's row.
 * @param wanted places as records have them (`record.file`, `record.row`), in any order, repeated or not.
 * @returns the rows by `rowKey` of their place; a row that is not there is absent.
 * @throws Failure what reading the source throws; `cancelled`.
 */
export async function readRows(
  source: Source,
  wanted: Iterable<RowPlace>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, SourceRow>> {
  const tables = tablesByFile(source);
  const sought = new Map<TableInfo, RowPlace[]>();
  for (const place of wanted) {
    const table = tables.get(plainName(place.file));
    if (table === undefined) continue;
    const places = sought.get(table);
    if (places === undefined) sought.set(table, [place]);
    else places.push(place);
  }
  const found = new Map<string, SourceRow>();
  for (const [table, places] of sought) {
    for await (const row of rowsAt(source, table, places, signal)) found.set(rowKey(row), row);
  }
  return found;
}

/** Gives each row that is there, once, and stops when all were found. */
async function* rowsAt(
  source: Source,
  table: TableInfo,
  places: readonly RowPlace[],
  signal: AbortSignal | undefined,
): AsyncGenerator<SourceRow> {
  const { name, columns } = table;
  const missing = new Set(places.map(rowKey));
  const numbers = new Set(places.map(({ row }) => row));
  for await (const batch of source.read(name, columns, signal)) {
    stopIfAborted(signal);
    const file = batch.file ?? table.file;
    for (const [at, row] of batch.numbers.entries()) {
      // Most rows are not wanted: no key is made for them.
      if (!numbers.has(row) || !missing.delete(rowKey({ file, row }))) continue;
      const values = batch.rows[at]!;
      const cells = columns.map((column, index) => ({ column, value: copied(values[index] ?? '') }));
      yield { table: name, file, row, cells };
    }
    if (missing.size === 0) return;
  }
}

/** A value that does not keep the chunk it was cut out of. */
const copied = (value: string): string => (value === '' ? '' : Buffer.from(value).toString());

/**
 * The table whose rows are the rows of a file, by the file's plain name: under a delta, a table has rows of several
 * files. Two tables are made of one file where OneRoster 1.1 has its roles in users.csv; the first is the file itself,
 * row by row.
 */
function tablesByFile(source: Source): ReadonlyMap<string, TableInfo> {
  const tables = new Map<string, TableInfo>();
  for (const table of source.tables.values()) {
    const file = plainName(table.file);
    if (!tables.has(file)) tables.set(file, table);
  }
  return tables;
}
