/** Looks for canaries in whatever a run left behind, in every disguise a program might have put them into by accident. */
import { hash } from 'node:crypto';
import { copyFileSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Canary } from './canaries.ts';
import { createMatcher, exactNeedles, folded, type Needle, textNeedles } from './needles.ts';
import { views } from './views.ts';

export interface Place {
  /** For the report: `data/ledger.db`, `stdout of sync`. */
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Hit {
  readonly place: string;
  /** Layers that were taken off, outermost first: `zip entry, base64`. */
  readonly layers: string;
  readonly at: number;
  readonly form: string;
  /** `users.givenName row 3`; `?` where only the marker was found. */
  readonly from: string;
  /** What stands around it, printable. */
  readonly around: string;
}

/** Looks at places; remembers what it found clean, so that a copy of it costs nothing. */
export type Search = (places: Iterable<Place>, allowed?: readonly string[]) => Hit[];

const nameOf = (canary: Canary | undefined): string =>
  canary === undefined ? '?' : `${canary.table}.${canary.column} row ${canary.row}`;

const printable = (bytes: Uint8Array, at: number): string =>
  Buffer.from(bytes.subarray(Math.max(0, at - 40), at + 40))
    .toString('latin1')
    .replace(/[^ -~]/g, '·');

/** Blots out what may stand there, word by word and only as it is: in any disguise it is as suspicious as the rest. */
function without(bytes: Buffer, allowed: readonly string[]): Buffer {
  let left = bytes;
  for (const one of allowed) {
    const known = Buffer.from(one, 'utf8');
    for (let at = left.indexOf(known); at !== -1; at = left.indexOf(known, at + known.length)) {
      if (left === bytes) left = Buffer.from(bytes);
      left.fill(' ', at, at + known.length);
    }
  }
  return left;
}

/**
 * @param canaries what must be nowhere
 * @returns a search that is told at each use which of them may be there, as they are: a code that the steward has to pair
 */
export function createSearch(canaries: readonly Canary[]): Search {
  const text = createMatcher(textNeedles(canaries));
  const plainHashes = createMatcher(exactNeedles(canaries, 8));
  // In a text, a hash is told by fewer of its characters: there is little that could be taken for it by chance.
  const shortHashes = createMatcher(exactNeedles(canaries, 6));
  const clean = new Set<string>();

  const lookAt = (place: Place, allowed: readonly string[], hits: Hit[]): void => {
    const left = without(place.bytes, allowed);
    const print = `${left.length} ${hash('sha256', left)}`;
    if (clean.has(print)) return;
    const before = hits.length;
    for (const { layers, bytes } of views(left)) {
      const report = (direction: string, read: Uint8Array) => (found: { needle: Needle; at: number }) =>
        void hits.push({
          place: place.name,
          layers: [...layers, ...(direction === '' ? [] : [direction])].join(', '),
          at: found.at,
          form: found.needle.form,
          from: nameOf(found.needle.canary),
          around: printable(read, found.at),
        });
      const lower = folded(bytes);
      text.find(lower).forEach(report('', lower));
      const isDecoded = layers.at(-1) === 'base64' || layers.at(-1) === 'hex';
      (isDecoded ? shortHashes : plainHashes).find(bytes).forEach(report('', bytes));
      const backwards = lower.reverse();
      text.find(backwards).forEach(report('reversed', backwards));
    }
    if (hits.length === before) clean.add(print);
  };

  return (places, allowed = []) => {
    const hits: Hit[] = [];
    for (const place of places) lookAt(place, allowed, hits);
    return hits;
  };
}

/** As `createSearch`, for one look. */
export const searchFor = (canaries: readonly Canary[], places: Iterable<Place>): Hit[] =>
  createSearch(canaries)(places);

export const textPlace = (name: string, text: string): Place => ({ name, bytes: Buffer.from(text, 'utf8') });

const LONG_CELL = 200;
const NEXT_CELL = Buffer.from('\n');
const SQLITE = Buffer.from('SQLite format 3\u0000', 'latin1');

/**
 * Every cell of a database file: a value that is longer than a page lies in pieces in the file, and what is compressed can
 * only be opened whole. The raw file (with its log and its free pages) is looked at besides.
 */
function withCopy<T>(file: string, work: (db: Database.Database) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-search-'));
  try {
    // A copy: the file itself may be held by a process that works.
    const copy = path.join(folder, 'copy.db');
    copyFileSync(file, copy);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
    const db = new Database(copy);
    try {
      return work(db);
    } finally {
      db.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cellsOf(db: Database.Database, name: string): Place[] {
  const places: Place[] = [];
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  for (const table of tables) {
    const short: Buffer[] = [];
    for (const row of db.prepare(`SELECT * FROM "${table}"`).iterate() as Iterable<Record<string, unknown>>) {
      for (const [column, value] of Object.entries(row)) {
        const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'utf8');
        if (bytes.length > LONG_CELL) places.push({ name: `${name} ${table}.${column}`, bytes });
        else short.push(bytes, NEXT_CELL);
      }
    }
    places.push({ name: `${name} ${table}`, bytes: Buffer.concat(short) });
  }
  return places;
}

/** @returns every binary value of a database, as it stands there */
export const bytesOfCells = (file: string): Buffer[] =>
  withCopy(file, (db) =>
    (db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[]).flatMap((table) =>
      (db.prepare(`SELECT * FROM "${table}"`).all() as Record<string, unknown>[]).flatMap((row) =>
        Object.values(row).filter((value) => Buffer.isBuffer(value)),
      ),
    ),
  );

/** Every file below a folder (and its name), and every cell of a database among them. @param name of the folder, for the report */
export function* placesIn(folder: string, name: string): Generator<Place> {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  yield textPlace(`names of files in ${name}`, entries.join('\n'));
  for (const entry of entries.sort()) {
    const file = path.join(folder, entry);
    if (!lstatSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    yield { name: `${name}/${entry}`, bytes };
    if (bytes.subarray(0, SQLITE.length).equals(SQLITE)) {
      yield* withCopy(file, (db) => cellsOf(db, `${name}/${entry}`));
    }
  }
}
