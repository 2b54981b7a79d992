/**
 * Opens a ledger: one SQLite file per data folder, held by one process at a time. Every statement lives in this folder.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { Failure, isFailure } from '../errors/failure.ts';
import { createCodes, type LedgerCodes } from './codes.ts';
import { migrate, refuseForeign } from './migrations.ts';
import { createPending, type PendingStore } from './pending.ts';
import { createProblemRecords, type ProblemRecords } from './problem-records.ts';
import { createProblems, type Problems } from './problems.ts';
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
  /** `B-7K4M-2Q`; null for a batch of an older Rollbook. */
  readonly reference: string | null;
}

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
  readonly pending: PendingStore;
  readonly problems: Problems;
  readonly problemRecords: ProblemRecords;
  readonly codes: LedgerCodes;
  /**
   * Runs `work` in one transaction: all of it is kept, or nothing.
   * @throws Failure `ledger-in-use` between `begin` and `commit`
   */
  transaction<T>(work: () => T): T;
  begin(): void;
  commit(): void;
  rollback(): void;
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
  startBatch(connectionId: number, at: number): number;
  setBatch(id: number, state: BatchState, summary: string | null, endedAt: number | null): void;
  lastBatch(connectionId: number): BatchRow | undefined;
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
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) {
    return new Failure(
      'ledger-damaged',
      'The ledger (ledger.db in the data folder) is damaged and cannot be read. Restore the data folder from a backup; nothing was changed.',
    );
  }
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
      'The data folder cannot be written. Give your account the right to change it, or choose another with --data.',
    );
  }
  return undefined;
}

/** Turns what SQLite or the file system throws into a `Failure` with a sentence; anything else passes as it is. */
export function asLedgerFailure(thrown: unknown): unknown {
  return isFailure(thrown) ? thrown : (ledgerFailure(thrown) ?? thrown);
}

function openDatabase(file: string): Database.Database {
  closeSync(openSync(file, 'a', 0o600));
  // A process that was just killed may hold the file for a moment still.
  const db = new Database(file, { timeout: 3_000 });
  try {
    // Before the first access: the lock is then held until the process ends, however it ends, and there is no -shm file.
    db.pragma('locking_mode = EXCLUSIVE');
    refuseForeign(db);
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
    migrate(db);
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

const PROOF = 'rollbook';

/** @throws Failure `ledger-damaged` when the ledger was sealed with another key */
function proveKey(db: Database.Database, seal: Seal): void {
  const sealed = db.prepare('SELECT sealed FROM proof').pluck().get() as Buffer | undefined;
  if (sealed === undefined) db.prepare('INSERT INTO proof (id, sealed) VALUES (1, ?)').run(seal.seal('proof', PROOF));
  else seal.open('proof', sealed);
}

/**
 * @param folder the data folder; made when it is not there
 * @param seal the ledger's keys
 * @param random what references are made of; the system's own source unless given
 * @throws Failure `ledger-in-use`, `ledger-damaged`, `ledger-from-future`, `disk-full`
 */
export function openLedger(folder: string, seal: Seal, random?: Random): Ledger {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const db = openDatabase(path.join(folder, 'ledger.db'));
    try {
      proveKey(db, seal);
      return build(db, seal, random);
    } catch (thrown) {
      db.close();
      throw thrown;
    }
  } catch (thrown) {
    throw asLedgerFailure(thrown);
  }
}

/** @returns whether a ledger is in this folder already; its key must then be there too */
export const ledgerExists = (folder: string): boolean => existsSync(path.join(folder, 'ledger.db'));

function build(db: Database.Database, seal: Seal, random: Random | undefined): Ledger {
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
      "INSERT INTO batch (connection_id, state, started_at, reference) VALUES (?, 'planning', ?, ?) RETURNING id",
    )
    .pluck();
  const setBatch = db.prepare('UPDATE batch SET state = ?, summary = ?, ended_at = ? WHERE id = ?');
  const lastBatch = db.prepare(
    'SELECT id, state, started_at AS startedAt, ended_at AS endedAt, summary, reference FROM batch WHERE connection_id = ? ORDER BY id DESC LIMIT 1',
  );
  const batches = db.prepare(
    `SELECT id, state, started_at AS startedAt, ended_at AS endedAt, summary, reference FROM batch
     WHERE connection_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  );
  const setting = db.prepare('SELECT value FROM setting WHERE name = ?').pluck();
  const setSetting = db.prepare(
    'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const confirmed = db.prepare('SELECT coalesce(sum(confirmed), 0) FROM resource WHERE connection_id = ?').pluck();
  return {
    seal,
    records: createRecords(db, seal),
    pending: createPending(db, seal),
    problems: createProblems(db, seal, () => newReference('G', random)),
    problemRecords: createProblemRecords(db, seal, () => newReference('R', random)),
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
    startBatch: (connectionId, at) => startBatch.get(connectionId, at, newReference('B', random)) as number,
    setBatch: (id, state, summary, endedAt) => void setBatch.run(state, summary, endedAt, id),
    lastBatch: (connectionId) => lastBatch.get(connectionId) as BatchRow | undefined,
    batches: (connectionId, before, limit) => batches.all(connectionId, before, limit) as BatchRow[],
    setting: (name) => setting.get(name) as string | undefined,
    setSetting: (name, value) => void setSetting.run(name, value),
    confirmedCount: (connectionId) => confirmed.get(connectionId) as number,
    size: () =>
      (db.pragma('page_count', { simple: true }) as number) * (db.pragma('page_size', { simple: true }) as number),
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
