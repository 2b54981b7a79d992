/**
 * Opens a ledger: one SQLite file per data folder, held by one process at a time. Every statement lives in this folder.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { Failure, isFailure, OTHER_FOLDER } from '../errors/failure.ts';
import {
  type Backups,
  type Copy,
  clearSuspicion,
  copyBeforeMigration,
  copyLedger,
  isSuspected,
  isWhole,
} from './backup.ts';
import { type Books, createBooks } from './books.ts';
import { createCodes, type LedgerCodes } from './codes.ts';
import { migrate, refuseForeign, SCHEMA_VERSION } from './migrations.ts';
import { createPending, type PendingStore } from './pending.ts';
import { createProblemRecords, type ProblemRecords } from './problem-records.ts';
import { createProblems, type Problems } from './problems.ts';
import { proveKey } from './proof.ts';
import { createRecords, type Records } from './records.ts';
import { newReference, type Random } from './references.ts';
import type { Seal } from './seal.ts';

export interface ConnectionRow {
  readonly id: number;
  readonly name: string;
  /** JSON, checked by core/connections. */
  readonly profile: string;
  readonly createdAt: number;
}

export interface BatchRow {
  readonly id: number;
  readonly state: BatchState;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** JSON of the account and the requests. */
  readonly summary: string | null;
  /** `B-7K4M-2Q`; null for a batch of an older Rollbook, as is who began it. */
  readonly reference: string | null;
  readonly by: BatchBy | null;
}

export type BatchBy = 'steward' | 'schedule';

/** planning and sending: running, or cut off; waiting: for the steward's approval; stopped: ended with records unsent. */
export type BatchState = 'planning' | 'waiting' | 'sending' | 'done' | 'stopped';

export interface Extent {
  readonly records: number;
  /** Records that are rejected, held or failed. */
  readonly openProblems: number;
  readonly batches: number;
  readonly descriptorMappings: number;
}

export interface CachedText {
  readonly version: string;
  readonly fetchedAt: number;
  readonly text: string;
}

export interface Ledger {
  readonly seal: Seal;
  readonly records: Records;
  readonly books: Books;
  readonly pending: PendingStore;
  readonly problems: Problems;
  readonly problemRecords: ProblemRecords;
  readonly codes: LedgerCodes;
  /** How often records or what is pending were changed since the ledger was opened. */
  changes(): number;
  /**
   * Runs `work` in one transaction: all of it is kept, or nothing.
   * @throws Failure `ledger-in-use` between `begin` and `commit`
   */
  transaction<T>(work: () => T): T;
  begin(): void;
  commit(): void;
  rollback(): void;
  /** Within a transaction: what is done from here on can be undone by `backToMark`, as often as need be. */
  mark(): void;
  backToMark(): void;
  connections(): ConnectionRow[];
  addConnection(name: string, profile: string, at: number): ConnectionRow;
  updateConnection(id: number, name: string, profile: string): void;
  /** Removes a connection with all that the ledger knows of it. */
  removeConnection(id: number): void;
  resourceId(connectionId: number, name: string): number;
  resources(connectionId: number): { id: number; name: string }[];
  cached(connectionId: number, name: string): CachedText | undefined;
  cache(connectionId: number, name: string, version: string, text: string, at: number): void;
  /** What is kept under this name is true at this time still. */
  touch(connectionId: number, name: string, at: number): void;
  uncache(connectionId: number, name: string): void;
  descriptorMap(connectionId: number): { type: string; code: string; uri: string }[];
  mapDescriptor(connectionId: number, type: string, code: string, uri: string): void;
  /** @returns whether there was such a pair */
  unmapDescriptor(connectionId: number, type: string, code: string): boolean;
  clearDescriptorMap(connectionId: number): void;
  /** @param by the steward unless told */
  startBatch(connectionId: number, at: number, by?: BatchBy): number;
  setBatch(id: number, state: BatchState, summary: string | null, endedAt: number | null): void;
  lastBatch(connectionId: number): BatchRow | undefined;
  batch(connectionId: number, id: number): BatchRow | undefined;
  /** Keeps, sealed, what a batch that waits would do; JSON. */
  keepPlan(batchId: number, text: string): void;
  keptPlan(batchId: number): string | undefined;
  /** The newest first, from below `before` on. */
  batches(connectionId: number, before: number, limit: number): BatchRow[];
  /** JSON of a setting that was chosen. */
  setting(name: string): string | undefined;
  setSetting(name: string, value: string): void;
  /** How much the ledger has of a connection. */
  extent(connectionId: number): Extent;
  /** Records confirmed at a connection, those taken over among them; and the ledger's size on disk in bytes. */
  confirmedCount(connectionId: number): number;
  size(): number;
  /**
   * Makes a copy of the ledger beside it while it is in use; see backup.ts.
   * @param goesOn asked every few milliseconds: false ends it
   * @returns the copy; undefined where it was ended
   * @throws Failure `disk-full`; `ledger-damaged` where the copy, or the ledger itself, is not whole
   */
  copy(kind: 'daily' | 'asked', goesOn: () => boolean): Promise<Copy | undefined>;
  /** Gives back the room of what was sent and is no longer kept. */
  compact(): void;
  close(): void;
}

function ledgerFailure(thrown: unknown): Failure | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new Failure(
      'ledger-in-use',
      'Another Rollbook is using this data folder. Wait until it has finished, or close it; nothing was changed.',
    );
  }
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC') {
    return new Failure(
      'disk-full',
      'The disk with the data folder is full. Make room and run this again: what the API confirmed is kept, the rest goes out then.',
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return ledgerDamaged();
  if (code.startsWith('SQLITE_IOERR') || code === 'EIO') {
    return new Failure(
      'ledger-damaged',
      'The disk with the data folder does not answer as it should. Check that it is connected and sound, then run this again: what the API confirmed is kept.',
    );
  }
  if (
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_CANTOPEN') ||
    ['EACCES', 'EPERM', 'EROFS', 'EEXIST', 'ENOTDIR', 'EISDIR'].includes(code)
  ) {
    return new Failure(
      'ledger-damaged',
      'The data folder cannot be written. Give your account the right to change it, or choose another data folder.',
      OTHER_FOLDER,
    );
  }
  return undefined;
}

const ledgerDamaged = (): Failure =>
  new Failure(
    'ledger-damaged',
    'The ledger (ledger.db in the data folder) is damaged and cannot be read. The next start of Rollbook sets it aside and puts its last good copy in its place.',
    { damaged: true },
  );

/** @returns whether the ledger's own file is what is damaged: a copy may take its place */
export const isDamage = (thrown: unknown): boolean => {
  const known = asLedgerFailure(thrown);
  return isFailure(known) && known.details.damaged === true;
};

/** Turns what SQLite or the file system throws into a `Failure` with a sentence; anything else passes as it is. */
export function asLedgerFailure(thrown: unknown): unknown {
  return isFailure(thrown) ? thrown : (ledgerFailure(thrown) ?? thrown);
}

/** A ledger up to this size is read through whenever it is opened: a tenth of a second. */
const READ_THROUGH = 64 * 1024 ** 2;

/** @throws Failure `ledger-damaged` where a part of it cannot be read */
function readThrough(db: Database.Database, folder: string, file: string): void {
  const wasSuspected = isSuspected(folder);
  if (!wasSuspected && statSync(file).size > READ_THROUGH) return;
  if (!isWhole(db)) throw ledgerDamaged();
  if (wasSuspected) clearSuspicion(folder);
}

/** Beside a ledger that is being made: what a killed process left of it, be it a file of no bytes, was never a ledger. */
const makingFile = (folder: string): string => path.join(folder, 'ledger.making');

/** @returns whether what is in this folder is a ledger that was begun, and is not one yet */
export const isBegun = (folder: string): boolean => existsSync(makingFile(folder));

/** Removes what is left of a ledger that could not be made. @param folder the data folder; it had none before */
export function removeUnmade(folder: string): void {
  const main = path.join(folder, 'ledger.db');
  for (const file of [main, `${main}-wal`, `${main}-journal`, makingFile(folder)]) rmSync(file, { force: true });
}

function openDatabase(backups: Backups): Database.Database {
  const { folder, seal } = backups;
  const file = path.join(folder, 'ledger.db');
  if (!existsSync(file)) closeSync(openSync(makingFile(folder), 'a', 0o600));
  closeSync(openSync(file, 'a', 0o600));
  // A process that was just killed may hold the file for a moment still.
  const db = new Database(file, { timeout: 3_000 });
  try {
    // Before the first access: the lock is then held until the process ends, however it ends, and there is no -shm file.
    db.pragma('locking_mode = EXCLUSIVE');
    refuseForeign(db);
    readThrough(db, folder, file);
    // Before the -wal file is made, which gets the same rights.
    chmodSync(file, 0o600);
    // Room that sent bodies took is given back after each batch; has to be said before the first table.
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    // A commit survives the process at once; the machine losing power may cost the last moments, which are then sent
    // again: the API takes a repeated write as the same.
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    db.pragma('secure_delete = ON');
    db.exec('BEGIN IMMEDIATE; COMMIT');
    const version = db.pragma('user_version', { simple: true }) as number;
    if (version > 0) proveKey(db, seal);
    // What a migration should have done otherwise can be done again from here.
    if (version > 0 && version < SCHEMA_VERSION) copyBeforeMigration(db, backups);
    migrate(db);
    if (version === 0) proveKey(db, seal);
    rmSync(makingFile(folder), { force: true });
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/**
 * @param folder the data folder; made when it is not there
 * @param seal the ledger's keys
 * @param random what references are made of; the system's own source unless given
 * @param now the clock that copies are named by
 * @throws Failure `ledger-in-use`, `ledger-damaged`, `ledger-from-future`, `disk-full`
 */
export function openLedger(folder: string, seal: Seal, random?: Random, now: () => number = Date.now): Ledger {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const backups: Backups = { folder, seal, now };
    return build(openDatabase(backups), backups, random);
  } catch (thrown) {
    throw asLedgerFailure(thrown);
  }
}

/** @returns whether a ledger is in this folder already; its key must then be there too */
export const ledgerExists = (folder: string): boolean => existsSync(path.join(folder, 'ledger.db'));

function build(db: Database.Database, backups: Backups, random: Random | undefined): Ledger {
  const { seal } = backups;
  const connections = db.prepare('SELECT id, name, profile, created_at AS createdAt FROM connection ORDER BY name');
  const addConnection = db.prepare(
    'INSERT INTO connection (name, profile, created_at) VALUES (?, ?, ?) RETURNING id, name, profile, created_at AS createdAt',
  );
  const updateConnection = db.prepare('UPDATE connection SET name = ?, profile = ? WHERE id = ?');
  const removeConnection = db.prepare('DELETE FROM connection WHERE id = ?');
  const findResource = db.prepare('SELECT id FROM resource WHERE connection_id = ? AND name = ?').pluck();
  const addResource = db.prepare('INSERT INTO resource (connection_id, name) VALUES (?, ?) RETURNING id').pluck();
  const resources = db.prepare('SELECT id, name FROM resource WHERE connection_id = ?');
  const cached = db.prepare(
    'SELECT version, fetched_at AS fetchedAt, body FROM cache WHERE connection_id = ? AND name = ?',
  );
  const cache = db.prepare(
    `INSERT INTO cache (connection_id, name, version, fetched_at, body) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET version = excluded.version, fetched_at = excluded.fetched_at, body = excluded.body`,
  );
  const touch = db.prepare('UPDATE cache SET fetched_at = ? WHERE connection_id = ? AND name = ?');
  const uncache = db.prepare('DELETE FROM cache WHERE connection_id = ? AND name = ?');
  const clearDescriptorMap = db.prepare('DELETE FROM descriptor_map WHERE connection_id = ?');
  const extent = db.prepare(
    `SELECT
       (SELECT count(*) FROM record JOIN resource ON resource.id = resource_id WHERE connection_id = @id AND state = 1) AS records,
       (SELECT count(*) FROM pending JOIN resource ON resource.id = resource_id WHERE connection_id = @id AND state > 1) AS openProblems,
       (SELECT count(*) FROM batch WHERE connection_id = @id) AS batches,
       (SELECT count(*) FROM descriptor_map WHERE connection_id = @id) AS descriptorMappings`,
  );
  const descriptorMap = db.prepare(
    'SELECT type, code, uri FROM descriptor_map WHERE connection_id = ? ORDER BY type, code',
  );
  const mapDescriptor = db.prepare(
    `INSERT INTO descriptor_map (connection_id, type, code, uri) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET uri = excluded.uri`,
  );
  const unmapDescriptor = db.prepare('DELETE FROM descriptor_map WHERE connection_id = ? AND type = ? AND code = ?');
  const startBatch = db
    .prepare(
      "INSERT INTO batch (connection_id, state, started_at, reference, begun_by) VALUES (?, 'planning', ?, ?, ?) RETURNING id",
    )
    .pluck();
  const setBatch = db.prepare('UPDATE batch SET state = ?, summary = ?, ended_at = ? WHERE id = ?');
  const ofBatch =
    'SELECT id, state, started_at AS startedAt, ended_at AS endedAt, summary, reference, begun_by AS by FROM batch WHERE connection_id = ?';
  const lastBatch = db.prepare(`${ofBatch} ORDER BY id DESC LIMIT 1`);
  const batch = db.prepare(`${ofBatch} AND id = ?`);
  const batches = db.prepare(`${ofBatch} AND id < ? ORDER BY id DESC LIMIT ?`);
  const keepPlan = db.prepare('UPDATE batch SET plan = ? WHERE id = ?');
  const keptPlan = db.prepare('SELECT plan FROM batch WHERE id = ?').pluck();
  const setting = db.prepare('SELECT value FROM setting WHERE name = ?').pluck();
  const setSetting = db.prepare(
    'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const confirmed = db.prepare('SELECT coalesce(sum(confirmed), 0) FROM resource WHERE connection_id = ?').pluck();
  let changes = 0;
  const changed = (): void => {
    changes += 1;
  };
  return {
    seal,
    records: createRecords(db, seal, changed),
    books: createBooks(db),
    pending: createPending(db, seal, changed),
    problems: createProblems(db, seal, () => newReference('G', random)),
    problemRecords: createProblemRecords(db, seal, () => newReference('R', random), changed),
    changes: () => changes,
    codes: createCodes(db, seal),
    transaction(work) {
      // A plan is made in one long transaction, which may be rolled back: nothing else must slip into it.
      if (db.inTransaction) {
        throw new Failure('ledger-in-use', 'A plan is being made just now. Try again when it is shown.');
      }
      return db.transaction(work).immediate();
    },
    begin: () => void db.exec('BEGIN IMMEDIATE'),
    commit: () => void db.exec('COMMIT'),
    rollback: () => {
      if (db.inTransaction) db.exec('ROLLBACK');
    },
    mark: () => void db.exec('SAVEPOINT mark'),
    backToMark: () => void db.exec('ROLLBACK TO mark'),
    connections: () => connections.all() as ConnectionRow[],
    addConnection: (name, profile, at) => addConnection.get(name, profile, at) as ConnectionRow,
    updateConnection: (id, name, profile) => void updateConnection.run(name, profile, id),
    removeConnection: (id) => void removeConnection.run(id),
    resourceId: (connectionId, name) =>
      (findResource.get(connectionId, name) as number | undefined) ?? (addResource.get(connectionId, name) as number),
    resources: (connectionId) => resources.all(connectionId) as { id: number; name: string }[],
    cached(connectionId, name) {
      const row = cached.get(connectionId, name) as { version: string; fetchedAt: number; body: Buffer } | undefined;
      if (row === undefined) return undefined;
      const [version, text] = JSON.parse(zstdDecompressSync(seal.openBytes('cache', row.body)).toString('utf8')) as [
        string,
        string,
      ];
      return { version, fetchedAt: row.fetchedAt, text };
    },
    cache: (connectionId, name, version, text, at) =>
      // Sealed with its version: what an API publishes may be made of what it was told.
      void cache.run(
        connectionId,
        name,
        '',
        at,
        seal.sealBytes('cache', zstdCompressSync(Buffer.from(JSON.stringify([version, text])))),
      ),
    touch: (connectionId, name, at) => void touch.run(at, connectionId, name),
    uncache: (connectionId, name) => void uncache.run(connectionId, name),
    clearDescriptorMap: (connectionId) => void clearDescriptorMap.run(connectionId),
    extent: (connectionId) => extent.get({ id: connectionId }) as Extent,
    descriptorMap: (connectionId) => descriptorMap.all(connectionId) as { type: string; code: string; uri: string }[],
    mapDescriptor: (connectionId, type, code, uri) => void mapDescriptor.run(connectionId, type, code, uri),
    unmapDescriptor: (connectionId, type, code) => unmapDescriptor.run(connectionId, type, code).changes > 0,
    startBatch: (connectionId, at, by = 'steward') =>
      startBatch.get(connectionId, at, newReference('B', random), by) as number,
    setBatch: (id, state, summary, endedAt) => void setBatch.run(state, summary, endedAt, id),
    lastBatch: (connectionId) => lastBatch.get(connectionId) as BatchRow | undefined,
    batch: (connectionId, id) => batch.get(connectionId, id) as BatchRow | undefined,
    keepPlan: (batchId, text) => void keepPlan.run(seal.seal('plan', text), batchId),
    keptPlan(batchId) {
      const sealed = keptPlan.get(batchId) as Buffer | null | undefined;
      return sealed ? seal.open('plan', sealed) : undefined;
    },
    batches: (connectionId, before, limit) => batches.all(connectionId, before, limit) as BatchRow[],
    setting: (name) => setting.get(name) as string | undefined,
    setSetting: (name, value) => void setSetting.run(name, value),
    confirmedCount: (connectionId) => confirmed.get(connectionId) as number,
    size: () =>
      (db.pragma('page_count', { simple: true }) as number) * (db.pragma('page_size', { simple: true }) as number),
    async copy(kind, goesOn) {
      try {
        return await copyLedger(db, backups, kind, goesOn);
      } catch (thrown) {
        // A copy is no better than what it was made of.
        if (isFailure(thrown) && thrown.details.copy === true && db.open && !db.inTransaction && !isWhole(db)) {
          throw ledgerDamaged();
        }
        throw asLedgerFailure(thrown);
      }
    },
    compact() {
      const free = db.pragma('freelist_count', { simple: true }) as number;
      if (free * 5 > (db.pragma('page_count', { simple: true }) as number)) {
        db.pragma('incremental_vacuum');
        db.pragma('wal_checkpoint(TRUNCATE)');
      }
    },
    close() {
      if (db.open) db.close();
    },
  };
}
