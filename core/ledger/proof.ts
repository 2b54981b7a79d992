/** The sealed word in a ledger: opened with another key than the one that sealed it, a ledger would take every record for new. */
import type { Database } from 'better-sqlite3';
import type { Seal } from './seal.ts';

const PROOF = 'rollbook';

const sealedWord = (db: Database): Buffer | undefined =>
  db.prepare('SELECT sealed FROM proof').pluck().get() as Buffer | undefined;

/**
 * Seals the word where there is none yet.
 * @throws Failure `ledger-damaged` when the ledger was sealed with another key
 */
export function proveKey(db: Database, seal: Seal): void {
  const sealed = sealedWord(db);
  if (sealed === undefined) db.prepare('INSERT INTO proof (id, sealed) VALUES (1, ?)').run(seal.seal('proof', PROOF));
  else seal.open('proof', sealed);
}

/** @returns whether this key opens it; a ledger that nothing was sealed in yet is anybody's */
export function isSealedBy(db: Database, seal: Seal): boolean {
  const sealed = sealedWord(db);
  if (sealed === undefined) return true;
  try {
    seal.open('proof', sealed);
    return true;
  } catch {
    return false;
  }
}
