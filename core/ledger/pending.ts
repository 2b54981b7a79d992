/** What is planned, and what the API or the checks refused: kept, sealed, until the API confirms it. */
import type { Database } from 'better-sqlite3';
import type { Seal } from './seal.ts';

/** What is to be done to an item. `rekey` changes a natural key by PUT to the stored id. */
export const Kind = { create: 1, update: 2, delete: 3, rekey: 4 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** planned: to be sent; rejected: fails the checks here; held: something it refers to is not there; failed: refused by the API. */
export const PendingState = { planned: 1, rejected: 2, held: 3, failed: 4 } as const;
export type PendingState = (typeof PendingState)[keyof typeof PendingState];

export interface NewPending {
  readonly resourceId: number;
  readonly kind: Kind;
  readonly state: PendingState;
  readonly keyHash: Uint8Array | undefined;
  /** For a rekey, and for one that cannot be sent: the other key under which the ledger has the item. */
  readonly oldKeyHash: Uint8Array | undefined;
  readonly fullHash: Uint8Array | undefined;
  readonly sourceHash: Uint8Array | undefined;
  /** JSON as it is to be sent; absent for a delete. */
  readonly body: string | undefined;
  readonly frozen: readonly { readonly path: string; readonly value: string }[] | undefined;
  readonly mapping: string;
  readonly file: string | undefined;
  readonly row: number | undefined;
  readonly problemId: number | undefined;
  readonly rootId: number | undefined;
}

/** What a dispatcher needs to send one. */
export interface PendingToSend {
  readonly id: number;
  readonly keyHash: Buffer;
  readonly oldKeyHash: Buffer | null;
  readonly fullHash: Buffer | null;
  readonly sourceHash: Buffer;
  /** As it is to be sent. Of a delete: as it was sent, where the ledger has no record of the item, which is looked for by it. */
  readonly body: string | undefined;
}

/** What the next plan needs to know of one that was not confirmed. */
export interface PendingLeft {
  readonly id: number;
  readonly kind: Kind;
  readonly state: PendingState;
  readonly keyHash: Buffer | null;
  readonly oldKeyHash: Buffer | null;
  readonly fullHash: Buffer | null;
  readonly sourceHash: Buffer | null;
  readonly mapping: string | null;
  readonly problemId: number | null;
  readonly code: string | null;
  /** The steward wants it sent again although nothing changed. */
  readonly retry: boolean;
  /** Something was sent for it, or for one of this key before it, and whether that had its effect is not known. */
  readonly inDoubt: boolean;
  /** A delete of an item that the ledger has no record of: it is looked for first. */
  readonly isSought: boolean;
}

export interface PendingStore {
  insert(batchId: number, pending: NewPending): number;
  read(id: number): PendingToSend;
  /** The full hash of one as a latin1 string, to tell a repeated row from a contradicting one. */
  fullHash(id: number): string | undefined;
  /** Those that earlier batches left of a resource. */
  left(resourceId: number): PendingLeft[];
  /**
   * Takes one over into a batch as it is: failed before, and nothing changed since but its place in the source.
   * @param oldKeyHash the other key under which the ledger has the item
   */
  keep(id: number, batchId: number, file?: string, row?: number, oldKeyHash?: Uint8Array): void;
  /** Takes all of a connection over into a batch, as it is: nothing changed. */
  takeOver(connectionId: number, batchId: number): void;
  /** Forgets what earlier batches left of a resource and `batchId` did not take over. */
  dropOthers(resourceId: number, batchId: number): void;
  settle(id: number, state: PendingState, problemId: number | undefined, rootId: number | undefined): void;
  /** A create turns out to be a known item whose key changed. */
  becomeRekey(id: number, oldKeyHash: Uint8Array): void;
  /** The item of an update or rekey turns out to be gone: what is sent next makes a new one. */
  becomeCreate(id: number): void;
  /** One in doubt that the source has no longer is to be looked for in this batch, and deleted. */
  becomeSought(id: number, batchId: number): void;
  /** One that was looked for is there: its delete is like any other from now on. */
  becomeKnown(id: number): void;
  /** Takes one in doubt over into a batch that does nothing about it: it is nobody's problem, and not forgotten. */
  putAside(id: number, batchId: number): void;
  /** From now on it is not known what the API has of it. @returns whether that was so before */
  doubt(id: number): boolean;
  /** What was sent for it last had no effect, and nothing was in doubt before. */
  clearDoubt(id: number): void;
  remove(id: number): void;
  /** Writes the made-up dates of a batch's planned records to where every later mapping finds them. */
  freeze(batchId: number): void;
  /** The same for one record that is at the API already. */
  freezeOne(resourceId: number, sourceHash: Uint8Array, made: NonNullable<NewPending['frozen']>): void;
  frozen(resourceId: number): Map<string, string>;
}

/** The key in the map of `frozen`: the source identity's hash (latin1) and the property's path. */
export const frozenKey = (sourceHash: string, path: string): string => `${sourceHash}\n${path}`;

/** @param changed told before each change of what is pending */
export function createPending(db: Database, seal: Seal, changed: () => void): PendingStore {
  const insert = db.prepare(
    `INSERT INTO pending (resource_id, batch_id, kind, state, key_hash, old_key_hash, full_hash, source_hash, body, frozen,
       mapping, file, row, problem_id, root_id, group_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
       (SELECT group_id FROM problem WHERE id = ?))`,
  );
  const read = db.prepare(
    `SELECT id, key_hash AS keyHash, old_key_hash AS oldKeyHash, full_hash AS fullHash, source_hash AS sourceHash, body
     FROM pending WHERE id = ?`,
  );
  const fullHash = db.prepare('SELECT full_hash FROM pending WHERE id = ?').pluck();
  const left = db.prepare(
    `SELECT pending.id, kind, state, key_hash AS keyHash, old_key_hash AS oldKeyHash, full_hash AS fullHash,
       pending.source_hash AS sourceHash, mapping, problem_id AS problemId, retry, problem.code,
       doubt.pending_id IS NOT NULL AS inDoubt, kind = 3 AND body IS NOT NULL AS isSought
     FROM pending LEFT JOIN problem ON problem.id = problem_id LEFT JOIN doubt ON pending_id = pending.id
     WHERE pending.resource_id = ?`,
  );
  const keep = db.prepare(
    'UPDATE pending SET batch_id = ?, file = ?, row = ?, old_key_hash = coalesce(?, old_key_hash) WHERE id = ?',
  );
  const dropOthers = db.prepare('DELETE FROM pending WHERE resource_id = ? AND batch_id <> ?');
  const takeOver = db.prepare(
    'UPDATE pending SET batch_id = ? WHERE resource_id IN (SELECT id FROM resource WHERE connection_id = ?)',
  );
  const settle = db.prepare(
    `UPDATE pending SET state = ?, problem_id = ?, root_id = ?, group_id = (SELECT group_id FROM problem WHERE id = ?)
     WHERE id = ?`,
  );
  const becomeRekey = db.prepare('UPDATE pending SET kind = 4, old_key_hash = ? WHERE id = ?');
  const becomeCreate = db.prepare('UPDATE pending SET kind = 1, old_key_hash = NULL WHERE id = ?');
  const nothingOpen = 'state = 1, problem_id = NULL, root_id = NULL, group_id = NULL, retry = 0, batch_id = ?';
  const becomeSought = db.prepare(
    `UPDATE pending SET kind = 3, old_key_hash = NULL, full_hash = NULL, frozen = NULL, file = NULL, row = NULL,
       ${nothingOpen} WHERE id = ?`,
  );
  const becomeKnown = db.prepare('UPDATE pending SET body = NULL WHERE id = ?');
  const putAside = db.prepare(`UPDATE pending SET ${nothingOpen} WHERE id = ?`);
  const doubt = db.prepare('INSERT OR IGNORE INTO doubt (pending_id) VALUES (?)');
  const clearDoubt = db.prepare('DELETE FROM doubt WHERE pending_id = ?');
  const remove = db.prepare('DELETE FROM pending WHERE id = ?');
  const toFreeze = db.prepare(
    `SELECT resource_id AS resourceId, source_hash AS sourceHash, frozen FROM pending
     WHERE batch_id = ? AND state = 1 AND frozen IS NOT NULL`,
  );
  const freeze = db.prepare('INSERT OR IGNORE INTO frozen (resource_id, source_hash, path, value) VALUES (?, ?, ?, ?)');
  const frozen = db.prepare('SELECT source_hash AS sourceHash, path, value FROM frozen WHERE resource_id = ?');
  return {
    insert(batchId, p) {
      changed();
      const sealed = p.body === undefined ? null : seal.seal('body', p.body);
      const made =
        p.frozen === undefined || p.frozen.length === 0 ? null : seal.seal('frozen', JSON.stringify(p.frozen));
      return Number(
        insert.run(
          p.resourceId,
          batchId,
          p.kind,
          p.state,
          p.keyHash ?? null,
          p.oldKeyHash ?? null,
          p.fullHash ?? null,
          p.sourceHash ?? null,
          sealed,
          made,
          p.mapping,
          p.file ?? null,
          p.row ?? null,
          p.problemId ?? null,
          p.rootId ?? null,
          p.problemId ?? p.rootId ?? null,
        ).lastInsertRowid,
      );
    },
    read(id) {
      const row = read.get(id) as Omit<PendingToSend, 'body'> & { body: Buffer | null };
      return { ...row, body: row.body === null ? undefined : seal.open('body', row.body) };
    },
    fullHash: (id) => (fullHash.get(id) as Buffer | null | undefined)?.toString('latin1'),
    left: (resourceId) =>
      (
        left.all(resourceId) as (Omit<PendingLeft, 'retry' | 'inDoubt' | 'isSought'> &
          Record<'retry' | 'inDoubt' | 'isSought', number>)[]
      ).map((row) => ({
        ...row,
        retry: row.retry === 1,
        inDoubt: row.inDoubt === 1,
        isSought: row.isSought === 1,
      })),
    keep: (id, batchId, file, row, oldKeyHash) =>
      void keep.run(batchId, file ?? null, row ?? null, oldKeyHash ?? null, id),
    dropOthers(resourceId, batchId) {
      if (dropOthers.run(resourceId, batchId).changes > 0) changed();
    },
    settle(id, state, problemId, rootId) {
      changed();
      settle.run(state, problemId ?? null, rootId ?? null, problemId ?? rootId ?? null, id);
    },
    becomeRekey: (id, oldKeyHash) => void becomeRekey.run(oldKeyHash, id),
    becomeCreate: (id) => void becomeCreate.run(id),
    becomeSought(id, batchId) {
      changed();
      becomeSought.run(batchId, id);
    },
    becomeKnown(id) {
      becomeKnown.run(id);
      clearDoubt.run(id);
    },
    putAside: (id, batchId) => void putAside.run(batchId, id),
    doubt: (id) => doubt.run(id).changes === 0,
    clearDoubt: (id) => void clearDoubt.run(id),
    remove(id) {
      changed();
      remove.run(id);
    },
    takeOver: (connectionId, batchId) => void takeOver.run(batchId, connectionId),
    freeze(batchId) {
      const rows = toFreeze.all(batchId) as { resourceId: number; sourceHash: Buffer; frozen: Buffer }[];
      for (const row of rows) {
        const values = JSON.parse(seal.open('frozen', row.frozen)) as { path: string; value: string }[];
        for (const { path, value } of values) {
          freeze.run(row.resourceId, row.sourceHash, path, seal.seal('frozen', value));
        }
      }
    },
    freezeOne(resourceId, sourceHash, made) {
      changed();
      for (const { path, value } of made) freeze.run(resourceId, sourceHash, path, seal.seal('frozen', value));
    },
    frozen(resourceId) {
      const rows = frozen.all(resourceId) as { sourceHash: Buffer; path: string; value: Buffer }[];
      return new Map(
        rows.map((row) => [frozenKey(row.sourceHash.toString('latin1'), row.path), seal.open('frozen', row.value)]),
      );
    },
  };
}
