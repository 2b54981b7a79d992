/** The confirmed records: what the API has, as hashes. */
import type { Database } from 'better-sqlite3';
import type { Seal } from './seal.ts';

/** How many bytes of a digest each column keeps: enough that an accident is out of reach, few enough for millions. */
export const KEY_BYTES = 16;
export const FULL_BYTES = 12;
export const SOURCE_BYTES = 8;

/** `load` fetches a row as its three hashes and its state's digit. */
const DIGIT_ZERO = 48;
/** Keys that are looked for by one question. */
const ASKED_TOGETHER = 5000;
/** Greater than any key hash. */
const PAST_ALL = Buffer.alloc(KEY_BYTES + 1, 0xff);

/**
 * confirmed: sent by us, and taken; matched: somebody else's, only referred to; adopted: found at the API and taken over,
 * without a source identity (zeros) until a batch meets it in the source.
 */
export const RecordState = { confirmed: 1, matched: 2, adopted: 3 } as const;
export type RecordState = (typeof RecordState)[keyof typeof RecordState];

/** A loaded record: its key hash, and behind it its full hash, its source hash and its state. */
export const LOADED = (() => {
  const full = KEY_BYTES;
  const source = full + FULL_BYTES;
  const state = source + SOURCE_BYTES;
  return { full, source, state, bytes: state + 1 } as const;
})();

/** In place of a full hash: nobody's, so that the record is sent again. */
const UNKNOWN_FULL = `zeroblob(${FULL_BYTES})`;
/** In place of a full hash: nobody's, and the item may be at the API under another key, or point elsewhere, by now. */
const ADRIFT_BYTE = 0xff;
const ADRIFT_FULL = `x'${'ff'.repeat(FULL_BYTES)}'`;
/** A full hash that nothing has, in SQL; one that may be adrift stays that. */
export const AGAIN = `full_hash = iif(full_hash = ${ADRIFT_FULL}, full_hash, ${UNKNOWN_FULL})`;

/** All records of one resource, in the order of their keys. */
export interface LoadedRecords {
  readonly count: number;
  /** `LOADED.bytes` for each. */
  readonly rows: Uint8Array;
}

export const keyHashAt = ({ rows }: LoadedRecords, i: number): Uint8Array =>
  rows.slice(i * LOADED.bytes, i * LOADED.bytes + LOADED.full);

export const fullHashAt = ({ rows }: LoadedRecords, i: number): Uint8Array =>
  rows.slice(i * LOADED.bytes + LOADED.full, i * LOADED.bytes + LOADED.source);

export const sourceHashAt = ({ rows }: LoadedRecords, i: number): Uint8Array =>
  rows.slice(i * LOADED.bytes + LOADED.source, i * LOADED.bytes + LOADED.state);

export const stateAt = ({ rows }: LoadedRecords, i: number): RecordState =>
  rows[i * LOADED.bytes + LOADED.state] as RecordState;

/** Whether the i-th record's item may be at the API under another key than the ledger's, as `setAdrift` says. */
export function isAdriftAt({ rows }: LoadedRecords, i: number): boolean {
  const at = i * LOADED.bytes;
  for (let k = at + LOADED.full; k < at + LOADED.source; k++) if (rows[k] !== ADRIFT_BYTE) return false;
  return true;
}

export interface ConfirmedRecord {
  readonly keyHash: Uint8Array;
  readonly fullHash: Uint8Array;
  readonly sourceHash: Uint8Array;
  readonly apiId: string | undefined;
  readonly state: RecordState;
}

const DASHED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PLAIN = /^[0-9a-f]{32}$/;

/** Before an id that is neither of the two usual spellings. */
const SEALED = 3;
/** The same of an older Rollbook, which kept such an id as it was, behind this and 17 zeros. */
const PLAIN_TEXT = 2;
const PLAIN_TEXT_AT = 18;

/**
 * An API id takes 16 bytes where it is one of the two usual spellings, 17 with dashes. Any other may be made of what the
 * record says (a student's number): it is sealed, always alike, so that two records of one item can be told.
 */
export function packApiId(id: string, seal: Seal): Buffer {
  if (PLAIN.test(id)) return Buffer.from(id, 'hex');
  if (DASHED.test(id)) return Buffer.from(`01${id.replaceAll('-', '')}`, 'hex');
  return Buffer.concat([Buffer.from([SEALED]), seal.sealSame('id', id)]);
}

/** As an older Rollbook packed an id of any other spelling. */
const packedPlain = (id: string): Buffer =>
  Buffer.concat([Buffer.from([PLAIN_TEXT]), Buffer.alloc(PLAIN_TEXT_AT - 1), Buffer.from(id)]);

/** The inverse of `packApiId`. */
export function unpackApiId(packed: Uint8Array, seal: Seal): string {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  if (bytes.length === 16) return bytes.toString('hex');
  if (bytes.length === 17) {
    const hex = bytes.toString('hex', 1);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
  return bytes[0] === PLAIN_TEXT ? bytes.toString('utf8', PLAIN_TEXT_AT) : seal.open('id', bytes.subarray(1));
}

export interface Records {
  load(resourceId: number): LoadedRecords;
  /** Those whose key hashes begin with one of these eight bytes, as big-endian numbers in rising order. */
  loadSome(resourceId: number, beginnings: BigUint64Array): LoadedRecords;
  count(resourceId: number): number;
  /** Those that are at the API by us: sent, or taken over. */
  ours(resourceId: number): number;
  /** @returns the API's id, or undefined where the record is unknown or the API never told one */
  apiId(resourceId: number, keyHash: Uint8Array): string | undefined;
  /** @returns how the ledger has a record; undefined where it does not */
  state(resourceId: number, keyHash: Uint8Array): RecordState | undefined;
  /** @returns the source identity of a record, zeros where it has none; undefined where it is unknown */
  sourceHash(resourceId: number, keyHash: Uint8Array): Buffer | undefined;
  /** API ids that several records share, with their number: one item, known under an old key and a new one. */
  sharedIds(resourceId: number): Map<string, number>;
  confirm(resourceId: number, record: ConfirmedRecord, at: number): void;
  /** An adopted record turns out to be this one of the source. */
  claim(resourceId: number, keyHash: Uint8Array, sourceHash: Uint8Array): void;
  /** Whatever the source has of it next is sent: what the API has is not known for certain. */
  doubt(resourceId: number, keyHash: Uint8Array): void;
  /**
   * The same of many; and the API may carry these on to other keys, or to point elsewhere, when a key changes that they
   * are made of. @param keyHashes one behind the other
   */
  setAdrift(resourceId: number, keyHashes: Uint8Array): void;
  /** Whether any record of the resource is this item: a look at each of them. */
  hasItem(resourceId: number, apiId: string): boolean;
  /** The API has the item under another id than the one that was kept, or than none. */
  relink(resourceId: number, keyHash: Uint8Array, apiId: string): void;
  /** What the source calls the record is another by now: this one counts as gone, whatever becomes of that. */
  disown(resourceId: number, keyHash: Uint8Array): void;
  remove(resourceId: number, keyHash: Uint8Array): void;
}

/** @param changed told before each change of a record */
export function createRecords(db: Database, seal: Seal, changed: () => void): Records {
  const count = db.prepare('SELECT count(*) FROM record WHERE resource_id = ?').pluck();
  const ours = db.prepare('SELECT confirmed FROM resource WHERE id = ?').pluck();
  // What is asked for comes in rising order, and so does what is found.
  const few = db
    .prepare(
      `SELECT CAST(group_concat(key_hash || full_hash || source_hash || state, '') AS BLOB)
       FROM json_each(?) AS wanted CROSS JOIN record ON resource_id = ?
         AND key_hash BETWEEN unhex(wanted.value) AND unhex(wanted.value || '${'ff'.repeat(KEY_BYTES)}')`,
    )
    .pluck();
  // A few thousand rows in one value: a sixth of the time that a row each would take.
  const chunk = db
    .prepare(
      `SELECT CAST(group_concat(key_hash || full_hash || source_hash || state, '') AS BLOB)
       FROM record WHERE resource_id = ? AND key_hash >= ? AND key_hash < ?`,
    )
    .pluck();
  const id = db.prepare('SELECT api_id FROM record WHERE resource_id = ? AND key_hash = ?').pluck();
  const state = db.prepare('SELECT state FROM record WHERE resource_id = ? AND key_hash = ?').pluck();
  const source = db.prepare('SELECT source_hash FROM record WHERE resource_id = ? AND key_hash = ?').pluck();
  const shared = db.prepare(
    `SELECT api_id AS packed, count(*) AS count FROM record WHERE resource_id = ? AND api_id IS NOT NULL
     GROUP BY api_id HAVING count(*) > 1`,
  );
  const put = db.prepare(
    `INSERT INTO record (resource_id, key_hash, full_hash, source_hash, api_id, state, confirmed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET full_hash = excluded.full_hash, source_hash = excluded.source_hash,
       api_id = coalesce(excluded.api_id, api_id), state = excluded.state, confirmed_at = excluded.confirmed_at`,
  );
  const claim = db.prepare(
    'UPDATE record SET source_hash = ?, state = 1 WHERE resource_id = ? AND key_hash = ? AND state = 3',
  );
  const doubt = db.prepare(`UPDATE record SET ${AGAIN} WHERE resource_id = ? AND key_hash = ? AND state IN (1, 3)`);
  const setAdrift = db.prepare(`UPDATE record SET full_hash = ${ADRIFT_FULL} WHERE resource_id = ? AND key_hash = ?`);
  const hasItem = db.prepare('SELECT 1 FROM record WHERE resource_id = ? AND api_id IN (?, ?) LIMIT 1').pluck();
  const relink = db.prepare('UPDATE record SET api_id = ? WHERE resource_id = ? AND key_hash = ?');
  const disown = db.prepare(
    `UPDATE record SET source_hash = zeroblob(${SOURCE_BYTES}) WHERE resource_id = ? AND key_hash = ?`,
  );
  const remove = db.prepare('DELETE FROM record WHERE resource_id = ? AND key_hash = ?');
  const loadedOf = (rows: Uint8Array): LoadedRecords => {
    // The state comes as a digit.
    for (let at = LOADED.state; at < rows.length; at += LOADED.bytes) rows[at] = (rows[at] as number) - DIGIT_ZERO;
    return { count: rows.length / LOADED.bytes, rows };
  };
  return {
    loadSome(resourceId, beginnings) {
      const chunks: Buffer[] = [];
      for (let first = 0; first < beginnings.length; first += ASKED_TOGETHER) {
        const wanted: string[] = [];
        for (let i = first; i < Math.min(beginnings.length, first + ASKED_TOGETHER); i++) {
          if (beginnings[i] !== beginnings[i - 1])
            wanted.push((beginnings[i] as bigint).toString(16).padStart(16, '0'));
        }
        const found = few.get(JSON.stringify(wanted), resourceId);
        if (found !== null) chunks.push(found as Buffer);
      }
      return loadedOf(Buffer.concat(chunks));
    },
    load(resourceId) {
      const rows = new Uint8Array((count.get(resourceId) as number) * LOADED.bytes);
      let used = 0;
      for (let first = 0; first < 256; first++) {
        const some = chunk.get(resourceId, Buffer.from([first]), first === 255 ? PAST_ALL : Buffer.from([first + 1]));
        if (some === null) continue;
        rows.set(some as Buffer, used);
        used += (some as Buffer).length;
      }
      return loadedOf(rows);
    },
    count: (resourceId) => count.get(resourceId) as number,
    ours: (resourceId) => ours.get(resourceId) as number,
    apiId(resourceId, keyHash) {
      const packed = id.get(resourceId, keyHash) as Buffer | null | undefined;
      return packed ? unpackApiId(packed, seal) : undefined;
    },
    state: (resourceId, keyHash) => state.get(resourceId, keyHash) as RecordState | undefined,
    sourceHash: (resourceId, keyHash) => source.get(resourceId, keyHash) as Buffer | undefined,
    sharedIds(resourceId) {
      const rows = shared.all(resourceId) as { packed: Buffer; count: number }[];
      return new Map(rows.map(({ packed, count: records }) => [unpackApiId(packed, seal), records]));
    },
    confirm(resourceId, record, at) {
      changed();
      const packed = record.apiId === undefined ? null : packApiId(record.apiId, seal);
      put.run(resourceId, record.keyHash, record.fullHash, record.sourceHash, packed, record.state, at);
    },
    claim(resourceId, keyHash, sourceHash) {
      changed();
      claim.run(sourceHash, resourceId, keyHash);
    },
    doubt(resourceId, keyHash) {
      changed();
      doubt.run(resourceId, keyHash);
    },
    setAdrift(resourceId, keyHashes) {
      changed();
      for (let at = 0; at < keyHashes.length; at += KEY_BYTES) {
        setAdrift.run(resourceId, keyHashes.subarray(at, at + KEY_BYTES));
      }
    },
    hasItem: (resourceId, apiId) => hasItem.get(resourceId, packApiId(apiId, seal), packedPlain(apiId)) !== undefined,
    relink: (resourceId, keyHash, apiId) => void relink.run(packApiId(apiId, seal), resourceId, keyHash),
    disown(resourceId, keyHash) {
      changed();
      disown.run(resourceId, keyHash);
    },
    remove(resourceId, keyHash) {
      changed();
      remove.run(resourceId, keyHash);
    },
  };
}
