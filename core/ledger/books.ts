/**
 * Which book of rows (the sealed file beside the ledger that says what each row of the export came to) agrees with the
 * records of a resource. The ledger itself notes the keys of all records that changed since, in the same transaction; so
 * what a book says of any other record holds without a look at it.
 */
import type { Database } from 'better-sqlite3';

export interface Books {
  /** The name of the book that agrees with the records of a resource; undefined where none does. */
  of(resourceId: number): string | undefined;
  /** The key hashes of records that may be other than that book says, whether they are there or not; in order. */
  loose(resourceId: number): Buffer[];
  /**
   * From now on this book agrees with the records as they are, `loose` ones aside.
   * @param name undefined: none does, and nothing is noted any more
   */
  agree(resourceId: number, name: string | undefined, loose: Iterable<Uint8Array>): void;
}

export function createBooks(db: Database): Books {
  const of = db.prepare('SELECT book FROM resource WHERE id = ?').pluck();
  const loose = db.prepare('SELECT key_hash FROM loose_key WHERE resource_id = ? ORDER BY key_hash').pluck();
  const name = db.prepare('UPDATE resource SET book = ? WHERE id = ?');
  const tighten = db.prepare('DELETE FROM loose_key WHERE resource_id = ?');
  const loosen = db.prepare('INSERT OR IGNORE INTO loose_key SELECT ?, unhex(value) FROM json_each(?)');
  return {
    of: (resourceId) => (of.get(resourceId) as string | null | undefined) ?? undefined,
    loose: (resourceId) => loose.all(resourceId) as Buffer[],
    agree(resourceId, book, keys) {
      name.run(book ?? null, resourceId);
      tighten.run(resourceId);
      const text = Array.from(keys, (key) => Buffer.from(key).toString('hex')).sort();
      if (text.length > 0) loosen.run(resourceId, JSON.stringify(text));
    },
  };
}
