/** A fix list as files for the steward, who chooses where they go. */
import { mkdir, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from './failure.ts';
import { createFixListTable, type FixListEntry, type FixListTable, type PackedRow, schoolLabel } from './fix-list.ts';
import { type Sheet, WORKBOOK_CELLS, workbook } from './fix-list-workbook.ts';
import { createNewFiles, createSpool, type NewFiles, type Spool, told } from './new-files.ts';

export interface FixListInput {
  readonly entries: AsyncIterable<FixListEntry>;
  readonly format: 'csv' | 'xlsx';
  /** The file; with `perSchool` the folder for one file a school, which is made where only it is missing. */
  readonly out: string;
  readonly perSchool: boolean;
  /** Where the list came from, in a sentence or two: stands on the first sheet of a workbook. */
  readonly notice: string;
  /** A private folder for what is gathered meanwhile; beside the list where none is given. */
  readonly scratch?: string;
}

export interface FixListFiles {
  /** Paths of what was written. */
  readonly files: string[];
  /** Rows of all of them together. */
  readonly rows: number;
}

/**
 * Writes a fix list. Every file is readable by this account only, and there whole or not at all; one that was there
 * before is replaced. As CSV a list may have any number of rows, and memory stays flat; a workbook is made in memory
 * and has a limit.
 *
 * That it holds personal data is told by a column of every row, by the first sheet of a workbook, and by the name of a
 * file where the name is ours to give: a line before the header would spoil a CSV file as a table, and a name that the
 * steward chose is kept.
 * @returns with `perSchool`, no file where there is no entry.
 * @throws Failure `disk-full`; `usage` where `out` cannot be written, or a workbook cannot hold the list; what reading
 *   the entries throws.
 */
export async function writeFixList(input: FixListInput): Promise<FixListFiles> {
  const madeFolder = await prepare(input);
  const files = createNewFiles();
  let done = false;
  try {
    const rows = input.format === 'csv' ? await addTables(input, files) : await addWorkbooks(input, files);
    const written = await files.keep();
    done = true;
    return { files: written, rows };
  } finally {
    await files.discard();
    if (madeFolder && !done) await rmdir(input.out).catch(() => undefined);
  }
}

/** @returns whether the folder had to be made */
async function prepare({ out, perSchool }: FixListInput): Promise<boolean> {
  const found = await stat(out).catch(() => undefined);
  if (!perSchool) {
    if (found?.isDirectory() !== true) return false;
    throw new Failure(
      'usage',
      'The list is to be written to a file, and what is named is a folder; name a file in it.',
    );
  }
  if (found?.isDirectory() === true) return false;
  if (found !== undefined) {
    throw new Failure('usage', 'One list for each school needs a folder, and what is named is a file; name a folder.');
  }
  await told(out, () => mkdir(out, { mode: 0o700 }));
  return true;
}

/** The rows that go into one file, or onto one sheet. */
interface Part {
  readonly id: string;
  /** '' for what belongs to no school. */
  readonly label: string;
  readonly table: FixListTable;
  rows: number;
}

const NO_SCHOOL = '';

/** Finds the part an entry belongs to, and adds to it; `begin` makes one. */
function partOf<P extends Part>(
  parts: Map<string, P>,
  entry: FixListEntry,
  split: boolean,
  begin: (part: Part) => P,
): P {
  const school = split ? entry.school : undefined;
  const id = school?.id ?? NO_SCHOOL;
  let part = parts.get(id);
  if (part === undefined) {
    const label = school === undefined ? '' : schoolLabel(school);
    part = begin({ id, label, table: createFixListTable(), rows: 0 });
    parts.set(id, part);
  }
  part.rows++;
  return part;
}

async function addTables(input: FixListInput, files: NewFiles): Promise<number> {
  const { entries, out, perSchool } = input;
  const scratch = input.scratch ?? (perSchool ? out : path.dirname(out));
  const parts = new Map<string, Part & { readonly spool: Spool }>();
  const begin = (part: Part) => ({ ...part, spool: createSpool(scratch, out) });
  try {
    // Which columns there are is known after the last entry: until then rows wait on the disk.
    for await (const entry of entries) {
      const part = partOf(parts, entry, perSchool, begin);
      await part.spool.push(JSON.stringify(part.table.add(entry)));
    }
    if (!perSchool && parts.size === 0) {
      parts.set(NO_SCHOOL, begin({ id: NO_SCHOOL, label: '', table: createFixListTable(), rows: 0 }));
    }
    const nameOf = perSchool ? fileNames('csv') : undefined;
    let rows = 0;
    for (const { id, table, spool, rows: count } of parts.values()) {
      const target = nameOf === undefined ? out : path.join(out, nameOf(id));
      await files.add(target, async (append) => {
        let text = `\uFEFF${csvLine(table.headings())}`;
        for await (const line of spool.texts()) {
          text += csvLine(table.row(JSON.parse(line) as PackedRow));
          if (text.length < WRITE_CHARACTERS) continue;
          await append(text);
          text = '';
        }
        await append(text);
      });
      await spool.remove();
      rows += count;
    }
    return rows;
  } finally {
    for (const { spool } of parts.values()) await spool.remove();
  }
}

const WRITE_CHARACTERS = 256 * 1024;

/** What a spreadsheet takes for a formula, apostrophes that stand before it already included. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/**
 * One line of RFC 4180, every value in quotes. A value that a spreadsheet would run gets an apostrophe more before it;
 * whoever reads the file with a program takes one apostrophe off where `FORMULA` matches what begins with one.
 */
function csvLine(values: readonly (string | number)[]): string {
  const cells = values.map((value) => {
    const text = typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value);
    return `"${text.replaceAll('"', '""')}"`;
  });
  return `${cells.join(',')}\r\n`;
}

async function addWorkbooks(input: FixListInput, files: NewFiles): Promise<number> {
  const { entries, out, perSchool, notice } = input;
  const parts = new Map<string, Part & { readonly packed: PackedRow[] }>();
  let rows = 0;
  let cells = 0;
  for await (const entry of entries) {
    const part = partOf(parts, entry, true, (made) => ({ ...made, packed: [] }));
    const packed = part.table.add(entry);
    part.packed.push(packed);
    rows++;
    cells += packed.fixed.length + packed.identifiers.length + packed.cells.length;
    if (cells > WORKBOOK_CELLS) throw tooLarge(rows);
  }
  const sheets: (Sheet & { readonly id: string })[] = [...parts.values()]
    .sort((one, other) => (one.label === '' ? 1 : other.label === '' ? -1 : one.label < other.label ? -1 : 1))
    .map(({ id, label, table, packed }) => ({
      id,
      label: label === '' ? 'No school' : label,
      headings: table.headings(),
      count: packed.length,
      rows: () => unpacked(table, packed),
    }));
  const nameOf = perSchool ? fileNames('xlsx') : undefined;
  if (nameOf === undefined) await files.add(out, async (append) => append(await workbook(sheets, notice)));
  else {
    for (const sheet of sheets) {
      await files.add(path.join(out, nameOf(sheet.id)), async (append) => append(await workbook([sheet], notice)));
    }
  }
  return rows;
}

function* unpacked(table: FixListTable, packed: readonly PackedRow[]): Generator<(string | number)[]> {
  for (const row of packed) yield table.row(row);
}

const tooLarge = (rows: number): Failure =>
  new Failure(
    'usage',
    `The list has ${rows} rows or more, which is too much for one Excel workbook; write it as CSV, or take one group at a time.`,
    { rows },
  );

/** Names of files by school, no two the same, on a disk that does not tell upper from lower case either. */
function fileNames(format: 'csv' | 'xlsx'): (school: string) => string {
  const taken = new Set<string>();
  return (school) => {
    const plain = school === NO_SCHOOL ? 'no-school' : school.replace(/[^\p{L}\p{N}_-]+/gu, '_').slice(0, 60);
    let free = plain;
    for (let times = 2; taken.has(free.toLowerCase()); times++) free = `${plain}-${times}`;
    taken.add(free.toLowerCase());
    return `fix-list-${free} (personal data).${format}`;
  };
}
