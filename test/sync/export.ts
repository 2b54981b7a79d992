/** A OneRoster export as rows in memory, to be changed as a SIS changes between two days, and written again. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';

/** A time at which nothing looks freshly written, in seconds since 1970. */
export const LONG_AGO = 1_700_000_000;

export interface Table {
  readonly header: string[];
  rows: string[][];
}
export type Export = Map<string, Table>;

export function readExport(folder: string): Export {
  const tables: Export = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.csv'))) {
    const { data } = Papa.parse<string[]>(readFileSync(path.join(folder, file), 'utf8'), { skipEmptyLines: true });
    const [header = [], ...rows] = data;
    tables.set(file.replace(/\.csv$/, ''), { header, rows });
  }
  return tables;
}

/** Writes it with a time long past, so that nothing looks freshly written. */
export function writeExport(tables: Export, folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, { header, rows }] of tables) {
    const file = path.join(folder, `${name}.csv`);
    writeFileSync(file, `${Papa.unparse([header, ...rows], { newline: '\n' })}\n`);
    utimesSync(file, LONG_AGO, LONG_AGO);
  }
  return folder;
}

export const copyExport = (tables: Export): Export =>
  new Map([...tables].map(([name, { header, rows }]) => [name, { header, rows: rows.map((row) => [...row]) }]));

export const table = (tables: Export, name: string): Table => {
  const found = tables.get(name);
  if (found === undefined) throw new Error(`the export has no ${name}`);
  return found;
};
export const get = ({ header }: Table, row: readonly string[], column: string): string =>
  row[header.indexOf(column)] ?? '';
export function set({ header }: Table, row: string[], column: string, value: string): void {
  const at = header.indexOf(column);
  if (at === -1) throw new Error(`no column ${column}`);
  row[at] = value;
}

/** The rows with these values. */
export const where = (of: Table, wanted: Readonly<Record<string, string>>): string[][] =>
  of.rows.filter((row) => Object.entries(wanted).every(([column, value]) => get(of, row, column) === value));

export function drop(of: Table, gone: (row: string[]) => boolean): void {
  of.rows = of.rows.filter((row) => !gone(row));
}
