/**
 * Copies of the ledger, in the folder `backups` of the data folder: one a day, one before each migration, and those that
 * the steward asks for. A copy has been read through and found whole before it gets its name; a file without such a name
 * is none. Copies are sealed with the ledger's own key, and of no use without it.
 *
 * They are numbered, and kept by their number: a clock that jumps decides neither which is the newest nor which may go.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { Failure, isFailure } from '../errors/failure.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from './migrations.ts';
import { isSealedBy } from './proof.ts';
import type { Seal } from './seal.ts';

/** daily: by itself; asked: by the steward; migration: before the ledger is brought to a newer format. */
export type CopyKind = 'daily' | 'asked' | 'migration';

export interface Copy {
  /** The file's name in `backups`. */
  readonly name: string;
  /** A higher one is newer. */
  readonly number: number;
  readonly kind: CopyKind;
  /** When it was made, by the clock of then: milliseconds since 1970. */
  readonly at: number;
  readonly bytes: number;
}

/** Where copies go, by which key they are sealed, and what the disk has. */
export interface Backups {
  /** The data folder. */
  readonly folder: string;
  readonly seal: Seal;
  readonly now: () => number;
  /** Bytes that are free on the disk of a folder; asked of the system unless given. */
  readonly freeBytes?: (folder: string) => number;
}

/** Days of which a copy is kept, each its newest. */
const DAYS = 7;
/** Migrations of which the copy from before is kept. */
const MIGRATIONS = 2;
/** Of however many: these are kept, whatever their size. */
const ALWAYS = 2;
/** What all copies may take together, but for those. */
const MOST_BYTES = 4 * 1024 ** 3;
/** What has to be free: as much again as the copy takes, and this; the ledger itself has to go on growing. */
const LEFT_FREE = 64 * 1024 ** 2;
const roomFor = (bytes: number): number => 2 * bytes + LEFT_FREE;
const PART = '.part';
const NAME = /^ledger-(\d{6,9})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-(daily|asked|migration)\.db$/;
const SUSPECT = 'suspect';

/** @param folder the data folder */
export const backupFolder = (folder: string): string => path.join(folder, 'backups');

/** @param name of a copy @returns its path */
export const copyFile = (folder: string, name: string): string => path.join(backupFolder(folder), name);

/**
 * @param folder the data folder
 * @returns its copies, the newest first; links and whatever else lies there are none
 */
export function copiesIn(folder: string): Copy[] {
  const place = backupFolder(folder);
  if (!existsSync(place) || !statSync(place).isDirectory()) return [];
  return readdirSync(place)
    .flatMap((name): Copy[] => {
      const [, number, year, month, day, hours, minutes, seconds, kind] = NAME.exec(name) ?? [];
      const info = number === undefined ? undefined : lstatSync(path.join(place, name), { throwIfNoEntry: false });
      if (info?.isFile() !== true) return [];
      const [y = 0, m = 1, ...rest] = [year, month, day, hours, minutes, seconds].map(Number);
      const at = Date.UTC(y, m - 1, ...rest);
      return [{ name, number: Number(number), kind: kind as CopyKind, at, bytes: info.size }];
    })
    .sort((a, b) => b.number - a.number);
}

function nameOf(number: number, at: number, kind: CopyKind): string {
  const when = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `ledger-${String(number).padStart(6, '0')}-${when}-${kind}.db`;
}

/** By this workstation's clock, as the steward counts days. */
const dayOf = (at: number): string => new Date(at).toDateString();

/**
 * @param copies of a ledger
 * @param now milliseconds since 1970
 * @returns whether this day has none yet. A day that the clock comes back to had one, and gets no other.
 */
export const isDue = (copies: readonly Copy[], now: number): boolean =>
  !copies.some(({ kind, at }) => kind !== 'migration' && dayOf(at) === dayOf(now));

/**
 * @param copies the newest first
 * @returns those that may go: of older days, of older migrations, and the oldest where all are too large together
 */
export function outdated(copies: readonly Copy[]): Copy[] {
  const days = new Set<string>();
  let migrations = 0;
  let bytes = 0;
  return copies.filter((copy, i) => {
    const day = dayOf(copy.at);
    const isKept = copy.kind === 'migration' ? migrations < MIGRATIONS : !days.has(day) && days.size < DAYS;
    if (isKept && copy.kind === 'migration') migrations += 1;
    if (isKept && copy.kind !== 'migration') days.add(day);
    if (isKept) bytes += copy.bytes;
    return i >= ALWAYS && (!isKept || bytes > MOST_BYTES);
  });
}

/**
 * Deletes the copies up to a number, once there is a newer one that can be used.
 * @returns whether none of them is left
 */
export function removeUpTo({ folder, seal }: Pick<Backups, 'folder' | 'seal'>, last: number): boolean {
  const copies = copiesIn(folder);
  const old = copies.filter(({ number }) => number <= last);
  const isUsable = ({ name, number }: Copy): boolean =>
    number > last && conditionOf(copyFile(folder, name), seal) === 'good';
  if (old.length > 0 && !copies.some(isUsable)) return false;
  for (const { name } of old) rmSync(copyFile(folder, name), { force: true });
  return true;
}

export type Condition = 'good' | 'damaged' | 'other-key' | 'from-future';

/**
 * Reads a ledger's file through; changes nothing.
 * @returns good where it is whole, of a format that this Rollbook knows, and sealed with this key
 */
export function conditionOf(file: string, seal: Seal): Condition {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    // No other file is made beside it then.
    db.pragma('locking_mode = EXCLUSIVE');
    if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID || !isWhole(db)) return 'damaged';
    if ((db.pragma('user_version', { simple: true }) as number) > SCHEMA_VERSION) return 'from-future';
    return isSealedBy(db, seal) ? 'good' : 'other-key';
  } catch {
    return 'damaged';
  } finally {
    db?.close();
  }
}

/** @returns whether every page can be read, and holds what its place says: half a second for five million records */
export const isWhole = (db: Database.Database): boolean => db.pragma('quick_check(1)', { simple: true }) === 'ok';

/** What a copy that nobody stopped is made of. */
interface Source {
  readonly bytes: number;
  readonly kind: CopyKind;
}

/**
 * Deletes copies that a process that was killed has begun. To be called with the ledger open: nobody else makes one then.
 * What cannot be deleted, sealed as it is, only takes room.
 * @param folder the data folder
 */
export function removeUnfinishedCopies(folder: string): void {
  try {
    discardUnfinished(backupFolder(folder));
  } catch {
    // There may be no such folder yet.
  }
}

function discardUnfinished(place: string): void {
  for (const name of readdirSync(place)) {
    if (name.endsWith(PART) || name.endsWith(`${PART}-journal`)) rmSync(path.join(place, name), { force: true });
  }
}

/** @returns what makes room, and names the file that the copy grows in */
function prepare(
  { folder, now, freeBytes = bytesFree }: Backups,
  { bytes, kind }: Source,
): { part: string; name: string } {
  const place = backupFolder(folder);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  chmodSync(place, 0o700);
  discardUnfinished(place);
  const copies = copiesIn(folder);
  const isRoom = (): boolean => freeBytes(place) >= roomFor(bytes);
  // A new copy is worth more than an old one, but not more than the last ones.
  for (const { name } of copies.slice(ALWAYS).reverse()) {
    if (isRoom()) break;
    discard(name);
  }
  if (!isRoom()) throw noRoom(bytes);
  const name = nameOf((copies[0]?.number ?? 0) + 1, now(), kind);
  const part = path.join(place, name + PART);
  // SQLite would give it the rights of any file.
  closeSync(openSync(part, 'wx', 0o600));
  return { part, name };

  function discard(file: string): void {
    rmSync(path.join(place, file), { force: true });
  }
}

const bytesFree = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

const noRoom = (bytes: number): Failure =>
  new Failure(
    'disk-full',
    `The disk with the data folder has too little room for a copy of the ledger. Make room for ${megabytes(roomFor(bytes))} MB; the copies from before are kept.`,
  );

export const megabytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2);

/**
 * Gives what was written its name, once it is on the disk and found whole.
 * @throws Failure `ledger-damaged` where it is not whole
 */
function finish({ folder, seal }: Backups, { part, name }: { part: string; name: string }): Copy {
  const db = new Database(part, { fileMustExist: true });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    // The copy of a ledger says that it has a file for what is not yet written into it; this one is whole by itself.
    db.pragma('journal_mode = DELETE');
  } finally {
    db.close();
  }
  chmodSync(part, 0o600);
  flush(part);
  if (conditionOf(part, seal) !== 'good') throw notWhole();
  renameSync(part, copyFile(folder, name));
  flushFolder(backupFolder(folder));
  for (const { name: old } of outdated(copiesIn(folder))) rmSync(copyFile(folder, old), { force: true });
  const made = copiesIn(folder).find((copy) => copy.name === name);
  if (made === undefined) throw notWhole();
  return made;
}

const notWhole = (): Failure =>
  new Failure(
    'ledger-damaged',
    'A copy of the ledger was made, and could not be read back whole. Check that the disk with the data folder is sound; the copies from before are kept.',
    { copy: true },
  );

/** Writes what the system holds of a file down to the disk. */
export function flush(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** As `flush`, for the names in a folder; Windows keeps those by itself, and has no such call. */
export function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Pages that are copied between two turns of the event loop: a megabyte, a few milliseconds. */
const PAGES = 250;

/**
 * Makes a copy while the ledger is in use, a few pages at a time: SQLite carries what is written meanwhile into it.
 * @param db the open ledger. By itself: it is locked for every other connection, and reading its file beside it would
 *   give up that lock (POSIX)
 * @param goesOn asked between the pages: false ends it, and leaves nothing
 * @returns the copy; undefined where it was ended
 * @throws Failure `disk-full`; `ledger-damaged` where it could not be read back
 */
export async function copyLedger(
  db: Database.Database,
  backups: Backups,
  kind: 'daily' | 'asked',
  goesOn: () => boolean,
): Promise<Copy | undefined> {
  const target = prepare(backups, { bytes: bytesOf(db), kind });
  let isEnded = false;
  try {
    await db.backup(target.part, {
      progress: () => {
        isEnded = !goesOn();
        // There is no other way to end one that has begun.
        if (isEnded) throw new Error('ended');
        return PAGES;
      },
    });
    return finish(backups, target);
  } catch (thrown) {
    if (isEnded) return undefined;
    throw thrown;
  } finally {
    removePart(target.part);
  }
}

/**
 * Makes the copy from before a migration: at once, since nothing else goes on while a ledger is opened.
 * @param db the open ledger
 * @throws Failure `disk-full`, `ledger-damaged`: the ledger then stays as it is
 */
export function copyBeforeMigration(db: Database.Database, backups: Backups): Copy {
  let target: { part: string; name: string } | undefined;
  try {
    target = prepare(backups, { bytes: bytesOf(db), kind: 'migration' });
    db.prepare('VACUUM INTO ?').run(target.part);
    return finish(backups, target);
  } catch (thrown) {
    throw isFailure(thrown) && thrown.code === 'disk-full' ? noMigration(bytesOf(db)) : thrown;
  } finally {
    if (target !== undefined) removePart(target.part);
  }
}

const noMigration = (bytes: number): Failure =>
  new Failure(
    'disk-full',
    `This Rollbook brings the ledger to a newer format, and first makes a copy of it as it is, for which the disk has too little room. Make room for ${megabytes(roomFor(bytes))} MB and start again; nothing was changed.`,
  );

function removePart(part: string): void {
  for (const end of ['', '-journal']) rmSync(part + end, { force: true });
}

/** What the ledger takes as one file. */
const bytesOf = (db: Database.Database): number =>
  (db.pragma('page_count', { simple: true }) as number) * (db.pragma('page_size', { simple: true }) as number);

/** The ledger was found damaged while it was open: the next opening reads all of it. @param folder the data folder */
export function suspect(folder: string): void {
  const place = backupFolder(folder);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  closeSync(openSync(path.join(place, SUSPECT), 'a', 0o600));
}

/** @returns whether the ledger was found damaged when it was last open */
export const isSuspected = (folder: string): boolean => existsSync(path.join(backupFolder(folder), SUSPECT));

/** The ledger was read through since. */
export const clearSuspicion = (folder: string): void =>
  rmSync(path.join(backupFolder(folder), SUSPECT), { force: true });
