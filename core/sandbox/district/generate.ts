import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { type ChangeKind, chooseChanges, countChanges, NO_CHANGES } from './changes.ts';
import { afterADay, chooseDirt, type DirtKind, NO_DIRT } from './dirt.ts';
import { createDistrict } from './district.ts';
import { type Export, type TableOut, tablesOf } from './tables.ts';

export interface DistrictOptions {
  /** A folder: new, empty, or with an earlier export of this generator, which is replaced. */
  readonly out: string;
  readonly students?: number;
  readonly seed?: number;
  /** 2: the same district's export of the next day. */
  readonly day?: 1 | 2;
  /** Without the dirt. */
  readonly clean?: boolean;
  readonly version?: '1.1' | '1.2';
}

export interface DirtFound {
  readonly kind: DirtKind;
  readonly file: string;
  /** As a spreadsheet counts: the header is row 1. */
  readonly row: number;
}

export interface DistrictWritten {
  /** Rows of each file, its header aside. */
  readonly rows: Readonly<Record<string, number>>;
  readonly dirt: readonly DirtFound[];
  /** How often each kind of change happened between the two days; all 0 for the first. */
  readonly changes: Readonly<Record<ChangeKind, number>>;
}

const SYSTEM_NAME = 'Rollbook fictional district';
const MANIFEST = 'manifest.csv';
const MOST_STUDENTS = 1_000_000;

/**
 * Writes a fictional district's OneRoster export (bulk) into a folder: the same options give the same bytes.
 * @throws Failure usage: the folder holds something else, or the number of students is out of range; disk-full.
 */
export async function writeDistrict(options: DistrictOptions): Promise<DistrictWritten> {
  const { out, students = 300, seed = 1, day = 1, clean = false, version = '1.2' } = options;
  if (!Number.isSafeInteger(students) || students < 1 || students > MOST_STUDENTS) {
    throw new Failure('usage', `The number of students must be a whole number from 1 to ${MOST_STUDENTS}.`);
  }
  if (!Number.isSafeInteger(seed)) throw new Failure('usage', 'The seed must be a whole number.');
  const district = createDistrict(students, seed);
  const chosen = chooseDirt(district);
  const changes = day === 1 ? NO_CHANGES : chooseChanges(district, chosen.students);
  const dirt = clean ? NO_DIRT : day === 1 ? chosen.dirt : afterADay(chosen.dirt);
  const tables = tablesOf({ district, changes, dirt, version } satisfies Export);
  const rows: Record<string, number> = {};
  const found: DirtFound[] = [];
  try {
    await prepareFolder(out);
    for (const table of tables) rows[table.file] = await writeTable(out, table, found);
    await writeTable(out, manifest(version, tables), found);
  } catch (thrown) {
    throw asFailure(thrown);
  }
  return { rows, dirt: found, changes: countChanges(changes, version) };
}

/** Never writes over an export that is not ours; removes ours, which may have had other files. */
async function prepareFolder(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const names = await readdir(out);
  if (names.length === 0) return;
  const ours = names.includes(MANIFEST) && (await readFile(join(out, MANIFEST), 'utf8')).includes(SYSTEM_NAME);
  if (!ours)
    throw new Failure('usage', 'The folder for the fictional district is not empty; choose a new or empty one.');
  for (const name of names) if (name.endsWith('.csv')) await rm(join(out, name));
}

function asFailure(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown) || thrown instanceof Failure) return thrown;
  switch (thrown.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure(
        'disk-full',
        'The disk is full, so the fictional district could not be written; free some space and try again.',
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EEXIST':
    case 'ENOTDIR':
      return new Failure('usage', 'The folder for the fictional district cannot be written to; choose another one.');
    default:
      return thrown;
  }
}

/** Files of the standard that the district does not have. */
const ABSENT = ['categories', 'classResources', 'courseResources', 'lineItems', 'resources', 'results'];
const ABSENT_12 = [...ABSENT, 'userProfiles'];

function manifest(version: '1.1' | '1.2', tables: readonly TableOut[]): TableOut {
  const modes = [
    ...tables.map(({ file }) => [file.replace(/\.csv$/, ''), 'bulk'] as const),
    ...(version === '1.2' ? ABSENT_12 : ABSENT).map((name) => [name, 'absent'] as const),
  ];
  return {
    file: MANIFEST,
    header: ['propertyName', 'value'],
    rows: () => [
      ['manifest.version', '1.0'],
      ['oneroster.version', version],
      ...modes.sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, mode]) => [`file.${name}`, mode]),
      ['source.systemName', SYSTEM_NAME],
      ['source.systemCode', 'fictional'],
    ],
  };
}

const FLUSH_CHARACTERS = 256 * 1024;

/** Streams a table to disk: UTF-8, LF, quotes only where they are needed. */
async function writeTable(out: string, table: TableOut, found: DirtFound[]): Promise<number> {
  const handle = await open(join(out, table.file), 'w');
  try {
    let text = line(table.header);
    let row = 1;
    const noted: DirtKind[] = [];
    for (const fields of table.rows((kind) => noted.push(kind))) {
      row++;
      for (const kind of noted.splice(0)) found.push({ kind, file: table.file, row });
      text += line(fields);
      if (text.length < FLUSH_CHARACTERS) continue;
      await append(handle, text);
      text = '';
    }
    await append(handle, text);
    return row - 1;
  } finally {
    await handle.close();
  }
}

async function append(handle: FileHandle, text: string): Promise<void> {
  await handle.appendFile(text, 'utf8');
}

function line(fields: readonly string[]): string {
  let text = '';
  for (const [place, field] of fields.entries()) {
    if (place > 0) text += ',';
    text += /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  }
  return `${text}\n`;
}
