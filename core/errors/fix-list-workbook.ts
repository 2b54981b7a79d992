/** A fix list as an Excel workbook: a sheet for each school, and one before them that says what this is. */
import type { Cell, Sheet as ExcelSheet } from 'write-excel-file/node';

export interface Sheet {
  /** The school, for its sheet's name. */
  readonly label: string;
  readonly headings: readonly string[];
  readonly count: number;
  /** Each row when it is asked for: as values and as cells at once they would take twice the memory. */
  readonly rows: () => Iterable<readonly (string | number)[]>;
}

/**
 * Values that a workbook may have, those that are blank included. Excel takes 1,048,576 rows a sheet, which no list
 * below it reaches; the limit is the memory that making a workbook takes, since the library makes it as one text.
 */
export const WORKBOOK_CELLS = 1_500_000;

const LONGEST_CELL = 32_767;
const LONGEST_SHEET_NAME = 31;
const WIDEST = 60;
const NARROWEST = 9;
/** Rows that are looked at for the width of a column. */
const SAMPLED = 200;

/**
 * Makes a workbook's bytes. Texts are texts: leading zeros stay, and nothing is a formula.
 * @param sheets of the schools, in the order they are to have.
 * @param notice where the list came from.
 */
export async function workbook(sheets: readonly Sheet[], notice: string): Promise<Uint8Array> {
  const nameOf = sheetNames();
  const first = nameOf('Read first');
  const named = sheets.map((sheet) => ({ ...sheet, name: nameOf(sheet.label) }));
  const textCell = textCells();
  // Fourscore modules, which no other start of an engine waits for.
  const { default: writeExcel } = await import('write-excel-file/node');
  return writeExcel([
    aboutSheet(first, named, notice),
    ...named.map((sheet): ExcelSheet<never> => {
      const data = [sheet.headings.map((value) => bold(value))];
      for (const row of sheet.rows()) {
        data.push(row.map((value): Cell => (typeof value === 'number' ? { value, type: Number } : textCell(value))));
      }
      return { sheet: sheet.name, stickyRowsCount: 1, columns: widthsOf(sheet), data };
    }),
  ]).toBuffer();
}

const bold = (value: string): Cell => ({ value: asExcel(value), type: String, fontWeight: 'bold' });

function aboutSheet(
  name: string,
  sheets: readonly (Sheet & { readonly name: string })[],
  notice: string,
): ExcelSheet<never> {
  const text = (value: string): Cell => ({ value: asExcel(value), type: String, wrap: true });
  const total = sheets.reduce((sum, { count }) => sum + count, 0);
  return {
    sheet: name,
    columns: [{ width: WIDEST }, { width: LONGEST_SHEET_NAME }, { width: NARROWEST }],
    data: [
      [bold('This file holds personal data')],
      [
        text(
          'Names, numbers and other particulars of students and staff. Keep it where only those may read it who have to correct them, and delete it when they are done.',
        ),
      ],
      [text(notice)],
      [text(total === 1 ? 'There is 1 row to put right.' : `There are ${total} rows to put right.`)],
      [],
      [bold('School'), bold('Sheet'), bold('Rows')],
      ...sheets.map(({ label, name: sheet, count }): Cell[] => [
        text(label),
        text(sheet),
        { value: count, type: Number },
      ]),
    ],
  };
}

/** Cells of text, one for all the places that have the same: a list repeats most of what it says. */
function textCells(): (value: string) => Cell {
  const made = new Map<string, Cell>();
  return (value) => {
    if (value === '') return null;
    let cell = made.get(value);
    if (cell === undefined) {
      cell = { value: asExcel(value), type: String, format: '@' };
      made.set(value, cell);
    }
    return cell;
  };
}

/** Words that JavaScript's objects have by nature: the library looks texts up in such an object, and would find them. */
const isInherited = (text: string): boolean => text in Object.prototype;

/**
 * A text as a workbook stores it: cut to what a cell takes; `_x0041_` is how it writes a character by its number, so an
 * underscore that only looks like the beginning of one is written that way itself.
 */
function asExcel(value: string): string {
  const cut = value.length > LONGEST_CELL ? `${withoutHalf(value.slice(0, LONGEST_CELL - 1))}…` : value;
  const text = cut.replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_');
  return isInherited(text) ? `${numbered(text)}${text.slice(1)}` : text;
}

const numbered = (text: string): string => `_x${text.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;

/** Without the first half of a character of two that a cut may leave at the end. */
const withoutHalf = (text: string): string => (/[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text);

/** Names of sheets as Excel takes them: 31 characters, none of []:*?/\, no apostrophe at an end, no two the same. */
function sheetNames(): (label: string) => string {
  // Excel keeps this name for itself.
  const taken = new Set(['history']);
  return (label) => {
    const plain =
      label
        .replace(/[\p{C}[\]:*?/\\]+/gu, ' ')
        .replace(/\s+/g, ' ')
        .replace(/^[\s']+|[\s']+$/g, '') || 'School';
    let free = shortened(plain, '');
    for (let times = 2; taken.has(free.toLowerCase()); times++) free = shortened(plain, ` (${times})`);
    taken.add(free.toLowerCase());
    return free;
  };
}

function shortened(text: string, end: string): string {
  const room = LONGEST_SHEET_NAME - end.length;
  if (text.length <= room) return text + end;
  return `${withoutHalf(text.slice(0, room - 1)).trimEnd()}…${end}`;
}

/** Widths of the columns, in characters, by their headings and the first rows. */
function widthsOf({ headings, rows }: Sheet): { width: number }[] {
  const longest = headings.map(({ length }) => length);
  let looked = 0;
  for (const row of rows()) {
    if (looked++ === SAMPLED) break;
    for (const [at, value] of row.entries()) longest[at] = Math.max(longest[at] ?? 0, String(value).length);
  }
  return longest.map((length) => ({ width: Math.min(Math.max(length + 2, NARROWEST), WIDEST) }));
}
