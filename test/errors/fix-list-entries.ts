/** Entries of fix lists, and files to write them to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Papa from 'papaparse';
import { onTestFinished } from 'vitest';
import { isFailure } from '../../core/errors/failure.ts';
import type { FixListEntry } from '../../core/errors/fix-list.ts';

export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-fix-list-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const SCHOOL = { id: '255901001', name: 'Grand Bend High School' };
export const OTHER_SCHOOL = { id: '255901107', name: 'École Élémentaire' };

/** A student without a birth date, in row 2 of users.csv. */
export function entry(changes: Partial<FixListEntry> = {}): FixListEntry {
  return {
    school: SCHOOL,
    resource: 'students',
    title: 'birthDate is missing',
    property: 'birthDate',
    value: undefined,
    fix: 'Fill in birthDate in the SIS.',
    who: 'sis',
    file: 'users.csv',
    row: 2,
    table: 'users',
    cells: [
      { column: 'sourcedId', value: 'u1' },
      { column: 'givenName', value: 'Zoë' },
      { column: 'identifier', value: '0012' },
    ],
    held: 8,
    identifiers: [{ name: 'studentUniqueId', value: '0012' }],
    ...changes,
  };
}

export async function* all(...entries: FixListEntry[]): AsyncGenerator<FixListEntry> {
  yield* entries;
}

/** A CSV text's rows, by heading; fails the test where it is no faultless table. */
export function readCsv(text: string): { headings: string[]; rows: Record<string, string>[] } {
  if (!text.startsWith('\uFEFF')) throw new Error('No byte order mark.');
  if (!text.endsWith('\r\n')) throw new Error('The last line does not end.');
  const { data, errors, meta } = Papa.parse<Record<string, string>>(text.slice(1), {
    header: true,
    skipEmptyLines: true,
    newline: '\r\n',
    delimiter: ',',
  });
  if (errors.length > 0) throw new Error(errors[0]!.message);
  return { headings: meta.fields ?? [], rows: data };
}

/** The code and sentence of the Failure that `work` ends in; fails the test where it is none. */
export async function refused(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (thrown) {
    if (isFailure(thrown)) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('It was not refused.');
}
