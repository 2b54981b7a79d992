/** Exports of the practice district, as they are and with something else in them. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';

type Cells = Readonly<Record<string, string>>;

const DAY_1 = path.resolve(import.meta.dirname, '../../assets/district/day1');

/**
 * Copies the practice district's first day, or another export.
 * @param folder made, as a new one
 * @param changes by file without its ending: what its rows become
 * @param from the folder of the other
 * @returns the folder
 */
export function writeExport(
  folder: string,
  changes: Readonly<Record<string, (rows: readonly Cells[]) => readonly Cells[]>> = {},
  from = DAY_1,
): string {
  cpSync(from, folder, { recursive: true });
  for (const [table, change] of Object.entries(changes)) {
    const file = path.join(folder, `${table}.csv`);
    const { data, meta } = Papa.parse<Cells>(readFileSync(file, 'utf8'), { header: true, skipEmptyLines: true });
    writeFileSync(file, Papa.unparse([...change(data)], { columns: meta.fields ?? [], newline: '\r\n' }));
  }
  return folder;
}
