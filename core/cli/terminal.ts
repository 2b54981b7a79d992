/** Writing to a person's terminal: tables, bars, colour. The only place, with the JSON lines, that writes to stdout. */
import pc from 'picocolors';

export const out = (text = ''): void => void process.stdout.write(`${text}\n`);
export const err = (text: string): void => void process.stderr.write(`${text}\n`);
export const jsonLine = (value: unknown): void => out(JSON.stringify(value));

const grouped = new Intl.NumberFormat('en-US');
/** 12,345 */
export const number = (value: number): string => grouped.format(Math.round(value));

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is to be left out of the width
const COLOUR = /\u001b\[\d+m/g;
const width = (text: string): number => text.replace(COLOUR, '').length;

/** @param rows the first is the heading; columns named in `right` are aligned to the right */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  return rows
    .map((row, index) => {
      const line = row
        .map((cell, column) => {
          const space = ' '.repeat((widths[column] ?? 0) - width(cell));
          return right.includes(column) ? space + cell : cell + space;
        })
        .join('  ')
        .trimEnd();
      return index === 0 ? pc.dim(line) : line;
    })
    .join('\n');
}

/** `1 min 20 s` */
export function duration(seconds: number): string {
  if (seconds < 1) return 'under a second';
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export interface Bar {
  update(text: string, share: number | undefined): void;
  /** Leaves the last state standing as a line. */
  finish(): void;
}

const BAR = 24;
const QUIET_MS = 2_000;

/** A bar that is redrawn in place on a terminal, and is a line now and then where there is none. */
export function createBar(label: string): Bar {
  const live = process.stdout.isTTY === true;
  let last = '';
  let shown = 0;
  const line = (text: string, share: number | undefined): string => {
    const filled = Math.round((share ?? 0) * BAR);
    const bar = share === undefined ? '' : `${pc.green('█'.repeat(filled))}${pc.dim('░'.repeat(BAR - filled))}  `;
    return `${label.padEnd(9)} ${bar}${text}`;
  };
  return {
    update(text, share) {
      last = line(text, share);
      if (live) process.stdout.write(`\r\u001b[K${last}`);
      else if (performance.now() - shown > QUIET_MS) {
        shown = performance.now();
        if (share !== 1) out(last);
      }
    },
    finish() {
      if (last === '') return;
      out(live ? '' : last);
      last = '';
    },
  };
}
