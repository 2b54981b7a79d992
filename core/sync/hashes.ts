/** The three keyed hashes by which a ledger knows a record, as latin1 strings; and the same as bytes for its columns. */
import { FULL_BYTES, KEY_BYTES, SOURCE_BYTES } from '../ledger/records.ts';
import type { Seal } from '../ledger/seal.ts';

export interface Hashes {
  /** Of a natural key as text (edfi/keys). The resource is in it: one table can hold the keys of all. */
  key(resource: string, key: string): string;
  /** Of a body in canonical form. */
  full(resource: string, canonicalBody: Uint8Array): string;
  /** Of what a source calls the record. */
  source(resource: string, sourceId: string): string;
}

/** @returns a function from a body in canonical form to its whole digest, of which a full hash is the beginning */
export const fullHasher = (seal: Seal, resource: string): ((canonicalBody: Uint8Array) => string) =>
  seal.hasher(`f\n${resource}\n`);

export function createHashes(seal: Seal): Hashes {
  const fullOf = new Map<string, (bytes: Uint8Array) => string>();
  return {
    key: (resource, key) => seal.digest(`k\n${resource}\n${key}`).slice(0, KEY_BYTES),
    full(resource, canonicalBody) {
      let hash = fullOf.get(resource);
      if (hash === undefined) {
        hash = fullHasher(seal, resource);
        fullOf.set(resource, hash);
      }
      return hash(canonicalBody).slice(0, FULL_BYTES);
    },
    source: (resource, id) => seal.digest(`s\n${resource}\n${id}`).slice(0, SOURCE_BYTES),
  };
}

export const bytes = (hash: string): Buffer => Buffer.from(hash, 'latin1');
export const textOf = (hash: Uint8Array): string => Buffer.from(hash).toString('latin1');
