/** What support gets and does not, in a steward's words. */
import { plural } from '../../text/format.ts';

export const GETS: readonly { readonly what: string; readonly how: string }[] = [
  { what: 'What happened, and when', how: 'from a closed list of events; there is no free text in it' },
  {
    what: 'Counts',
    how: 'of records, requests and problems; in steps: fewer than ten are told as “<10”, more by their first two digits',
  },
  { what: 'Names of the specification', how: 'resources, fields and descriptor types, as every API publishes them' },
  { what: 'The kind of each problem', how: 'by Rollbook’s own catalogue, with the HTTP status' },
  { what: 'Versions and settings', how: 'of Rollbook, of the API, and of this kind of computer' },
  { what: 'References such as R-7K4M-2Q', how: 'made at random; only this computer knows what they stand for' },
];

export const NEVER: readonly { readonly what: string; readonly how: string }[] = [
  { what: 'A student, a parent, a member of staff', how: 'no name, number, date, address or grade' },
  { what: 'The value of any record', how: 'neither as it is in your export nor as it was sent' },
  { what: 'The words of a server', how: 'an answer may repeat a value; only its status goes' },
  { what: 'Your district and your API', how: 'no name, address, key or secret' },
  { what: 'This computer', how: 'no host name, no account, no folder' },
  { what: 'A word of yours', how: 'nothing that was typed: no connection’s name, no code of your SIS' },
];

/** What each file of a bundle is. */
const FILES: Readonly<Record<string, string>> = {
  'index.html': 'All of it as a page',
  'groups.json': 'Causes of problems',
  'batches.json': 'Batches and their counts',
  'connections.json': 'Connections, without names',
  'environment.json': 'Versions and settings',
  'events.jsonl': 'What happened, one a line',
  'manifest.json': 'The files and their sums',
};

/** @returns what a file of a bundle is; '' for one that is not known */
export const fileInWords = (name: string): string => (Object.hasOwn(FILES, name) ? (FILES[name] ?? '') : '');

/** `rollbook-support-2026-11-21.zip` */
export function suggestedName(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `rollbook-support-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.zip`;
}

export interface Hit {
  readonly name: string;
  /** Lines that have the word, and the first of them, counted from 1. */
  readonly lines: number;
  readonly first: number;
}

/** A single letter is in everything. */
export const LEAST = 2;

/**
 * @param files their lines in lower case
 * @param word what is looked for; nothing is found for less than two characters
 * @returns each file that has it
 */
export function findIn(
  files: readonly { readonly name: string; readonly lower: readonly string[] }[],
  word: string,
): readonly Hit[] {
  const wanted = word.trim().toLowerCase();
  if (wanted.length < LEAST) return [];
  return files.flatMap(({ name, lower }) => {
    let lines = 0;
    let first = 0;
    for (const [i, line] of lower.entries()) {
      if (!line.includes(wanted)) continue;
      lines += 1;
      if (first === 0) first = i + 1;
    }
    return lines === 0 ? [] : [{ name, lines, first }];
  });
}

/** The limits of what can be kept, as the engine has them. */
export const LIMITS = {
  problemDays: { most: 3650, unit: 'day' },
  logDays: { most: 3650, unit: 'day' },
  logMegabytes: { most: 1000, unit: 'megabyte' },
} as const;

/** @returns the number, or a sentence where it is none that can be kept */
export function readLimit(key: keyof typeof LIMITS, text: string): number | string {
  const { most, unit } = LIMITS[key];
  const value = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= 1 && value <= most ? value : `Enter a whole number of ${unit}s, from 1 to ${plural(most, unit)}.`;
}
