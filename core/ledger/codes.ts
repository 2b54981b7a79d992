/**
 * The local codes that the last batch met on their way through the descriptor map. They are no personal data by nature,
 * but a column of free text that is mapped as a descriptor may hold anything: so their text is sealed.
 */
import type { Database } from 'better-sqlite3';
import type { Seal } from './seal.ts';

export interface MetCode {
  readonly type: string;
  /** The form in which codes are compared. */
  readonly key: string;
  /** As the source writes it. */
  readonly code: string;
  readonly records: number;
}

export interface KeptCode extends Omit<MetCode, 'key'> {
  /** Names it without telling it; the same in every batch. */
  readonly digest: string;
}

export interface LedgerCodes {
  /** What the last batch met; what was there before is forgotten. */
  replace(connectionId: number, met: readonly MetCode[]): void;
  /** By type; in no order within. */
  of(connectionId: number): KeptCode[];
  /** The name of a code, kept or not. */
  digest(type: string, key: string): string;
}

const DIGEST_BYTES = 16;

export function createCodes(db: Database, seal: Seal): LedgerCodes {
  const forget = db.prepare('DELETE FROM descriptor_code WHERE connection_id = ?');
  const add = db.prepare(
    'INSERT INTO descriptor_code (connection_id, type, digest, code, records) VALUES (?, ?, ?, ?, ?)',
  );
  const of = db.prepare('SELECT type, digest, code, records FROM descriptor_code WHERE connection_id = ?');
  const digestOf = (type: string, key: string): Buffer =>
    Buffer.from(seal.digest(`descriptor code\n${type}\n${key}`).slice(0, DIGEST_BYTES), 'latin1');
  return {
    replace(connectionId, met) {
      forget.run(connectionId);
      for (const { type, key, code, records } of met) {
        add.run(connectionId, type, digestOf(type, key), seal.seal('code', code), records);
      }
    },
    of: (connectionId) =>
      (of.all(connectionId) as { type: string; digest: Buffer; code: Buffer; records: number }[]).map(
        ({ type, digest, code, records }) => ({
          type,
          digest: digest.toString('hex'),
          code: seal.open('code', code),
          records,
        }),
      ),
    digest: (type, key) => digestOf(type, key).toString('hex'),
  };
}
