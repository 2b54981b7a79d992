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
const NONCE_BYTES = 12;
/** Texts kept open, so that page after page does not open them again: more than two connections can have. */
const MOST_OPEN = 50_000;

export function createCodes(db: Database, seal: Seal): LedgerCodes {
  const known = db.prepare('SELECT type, digest, records FROM descriptor_code WHERE connection_id = ?');
  const forget = db.prepare('DELETE FROM descriptor_code WHERE connection_id = ? AND type = ? AND digest = ?');
  const count = db.prepare(
    'UPDATE descriptor_code SET records = ? WHERE connection_id = ? AND type = ? AND digest = ?',
  );
  const add = db.prepare(
    'INSERT INTO descriptor_code (connection_id, type, digest, code, records) VALUES (?, ?, ?, ?, ?)',
  );
  const of = db.prepare('SELECT type, digest, code, records FROM descriptor_code WHERE connection_id = ?');
  const digestOf = (type: string, key: string): Buffer =>
    Buffer.from(seal.digest(`descriptor code\n${type}\n${key}`).slice(0, DIGEST_BYTES), 'latin1');
  /** By the nonce under which it is sealed, which no two have. */
  const open = new Map<string, string>();
  const opened = (sealed: Buffer): string => {
    const nonce = sealed.toString('latin1', 0, NONCE_BYTES);
    let text = open.get(nonce);
    if (text === undefined) {
      text = seal.open('code', sealed);
      if (open.size >= MOST_OPEN) open.clear();
      open.set(nonce, text);
    }
    return text;
  };
  return {
    replace(connectionId, met) {
      // From one day to the next codes hardly change: what is there is not sealed again.
      const before = new Map(
        (known.all(connectionId) as { type: string; digest: Buffer; records: number }[]).map((row) => [
          row.digest.toString('hex'),
          row,
        ]),
      );
      for (const { type, key, code, records } of met) {
        const digest = digestOf(type, key);
        const name = digest.toString('hex');
        const same = before.get(name);
        before.delete(name);
        if (same === undefined) add.run(connectionId, type, digest, seal.seal('code', code), records);
        else if (same.records !== records) count.run(records, connectionId, type, digest);
      }
      for (const { type, digest } of before.values()) forget.run(connectionId, type, digest);
    },
    of: (connectionId) =>
      (of.all(connectionId) as { type: string; digest: Buffer; code: Buffer; records: number }[]).map(
        ({ type, digest, code, records }) => ({
          type,
          digest: digest.toString('hex'),
          code: opened(code),
          records,
        }),
      ),
    digest: (type, key) => digestOf(type, key).toString('hex'),
  };
}
