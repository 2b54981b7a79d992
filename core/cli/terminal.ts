/** Writing to a person's terminal: tables, wrapped text, numbers. The only place, with the JSON lines, that writes to stdout. */
import pc from 'picocolors';

// The reader of a pipe may leave early (`rollbook … | head`): the work goes on, and its exit code stays true.
let listening = true;
process.stdout.on('error', () => {
  listening = false;
});
process.stderr.on('error', () => undefined);

/** Writes as it is, without a new line. */
export const write = (text: string): void => {
  if (listening) process.stdout.write(text);
};
export const out = (text = ''): void => write(`${text}\n`);
export const err = (text: string): void => void process.stderr.write(`${text}\n`);
export const jsonLine = (value: unknown): void => out(JSON.stringify(value));

/** Whether a person looks on, so that a line can be drawn over. */
export const isLive = (): boolean => process.stdout.isTTY === true;

/** @returns the columns of the terminal; without end where the output goes to a file or a program */
export const columns = (): number => (isLive() ? Math.max(20, process.stdout.columns || 80) : Number.POSITIVE_INFINITY);

const grouped = new Intl.NumberFormat('en-US');
/** 12,345 */
export const number = (value: number): string => grouped.format(Math.round(value));

/** `1 record`, `12,345 records` */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${Math.round(count) === 1 ? one : many}`;

/** `under a second`, `12 s`, `1 min 20 s`, `2 h 5 min` @param seconds not negative */
export function duration(seconds: number): string {
  if (seconds < 1) return 'under a second';
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

const two = (value: number): string => String(value).padStart(2, '0');
/** `2026-11-21 03:47`, in local time @param at milliseconds since 1970 */
export function clock(at: number): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;
/** Text that came from a file or a server, without what would move a terminal's cursor or turn its text around. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, '\ufffd');

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is to be left out of the width
const COLOUR = /\u001b\[\d+m/g;
/** How many columns a text takes; colours take none. */
export const width = (text: string): number => text.replace(COLOUR, '').length;

/** No line of prose is longer than this: longer ones are hard to read. */
const PROSE = 100;

/**
 * Breaks a text at its spaces where the terminal ends, the further lines indented.
 * @param indent of the first line, which may hold a number or a sign; the others are indented as far
 */
export function wrap(text: string, indent = ''): string {
  const room = Math.min(columns(), isLive() ? PROSE : Number.POSITIVE_INFINITY);
  const lines: string[] = [];
  let line = indent;
  let used = width(indent);
  let empty = true;
  for (const word of text.split(' ')) {
    const length = width(word);
    if (!empty && used + 1 + length > room) {
      lines.push(line);
      line = ' '.repeat(width(indent));
      used = line.length;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    used += length + (empty ? 0 : 1);
    empty = false;
  }
  return [...lines, line].join('\n');
}

/** Text of several lines that came from a file or a server; see `printable`. */
export const printableLines = (text: string): string =>
  text
    .split(/\r\n|[\r\n]/)
    .map(printable)
    .join('\n');

/** Cuts a text to so many columns, and says so with an ellipsis. */
export const cut = (text: string, room: number): string =>
  text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`;

/**
 * @param rows the first is the heading; columns named in `right` are aligned to the right
 * @param gap spaces between columns
 */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = [], gap = 2): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  return rows
    .map((row, index) => {
      const line = row
        .map((cell, column) => {
          const space = ' '.repeat((widths[column] ?? 0) - width(cell));
          return right.includes(column) ? space + cell : cell + space;
        })
        .join(' '.repeat(gap))
        .trimEnd();
      return index === 0 ? pc.dim(line) : line;
    })
    .join('\n');
}

/**
 * A table that fits the terminal: where it is too wide, the texts of one column are cut.
 * @param flexible the column whose texts may be cut
 */
export function fitted(rows: readonly (readonly string[])[], flexible: number, right: readonly number[] = []): string {
  const drawn = table(rows, right);
  const excess = tableWidth(drawn) - columns();
  if (excess <= 0) return drawn;
  const widest = Math.max(...rows.map((row) => width(row[flexible] ?? '')));
  const room = Math.max(LEAST_CELL, widest - excess);
  return table(
    rows.map((row) => row.map((cell, column) => (column === flexible ? cut(cell, room) : cell))),
    right,
  );
}

/** A column is not cut to less than this. */
const LEAST_CELL = 12;

/** @returns how wide a table is, its rows being those of `table` */
export const tableWidth = (rendered: string): number => Math.max(...rendered.split('\n').map(width));
