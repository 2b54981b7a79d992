/** Finds records by an identifier in the ledger alone: at once, whatever the size of the export. */
import { keyOfOne } from '../edfi/keys.ts';
import type { ResourceName } from '../edfi/model.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { bytes, createHashes } from './hashes.ts';

/** A record that the ledger has under a key of one value. */
export interface LookedUp {
  readonly resourceId: number;
  readonly resource: ResourceName;
  /** The value, in the spelling that the record has. */
  readonly value: string;
  readonly keyHash: Buffer;
}

/**
 * The ledger has hashes, which are found by what was hashed and by nothing else: so the text as it was typed, in capitals
 * and in small letters; as a number is written that has no zeros in front; and a UUID without its dashes, with which it
 * would be too long for some keys.
 */
function spellings(text: string): Set<string> {
  const typed = text.trim();
  const plain = typed.replaceAll('-', '');
  const all = new Set([typed, typed.toUpperCase(), typed.toLowerCase(), typed.replace(/^0+(?=\d+$)/, '')]);
  if (/^[0-9a-f]{32}$/i.test(plain)) all.add(plain).add(plain.toLowerCase());
  return all;
}

/**
 * @param text a whole identifier, as somebody typed it
 * @returns the records, confirmed or among the problems, whose natural key is this text alone (students, staff, contacts,
 *   schools, districts). A key of several values is not found: it cannot be made of one.
 */
export function lookUp(ledger: Ledger, connectionId: number, text: string): LookedUp[] {
  const hashes = createHashes(ledger.seal);
  const found: LookedUp[] = [];
  for (const { id, name } of ledger.resources(connectionId)) {
    for (const value of spellings(text)) {
      const keyHash = bytes(hashes.key(name, keyOfOne(value)));
      const isThere =
        ledger.records.state(id, keyHash) !== undefined || ledger.problemRecords.ofIdentity(id, keyHash) !== undefined;
      if (isThere) found.push({ resourceId: id, resource: name, value, keyHash });
    }
  }
  return found;
}
