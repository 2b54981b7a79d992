/** Finds records in the last export that was sent, mapped as it is sent: by an identifier, or by what the ledger knows them by. */
import { keyReader } from '../edfi/keys.ts';
import type { ApiModel, JsonObject, JsonValue, ResourceName } from '../edfi/model.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { frozenKey } from '../ledger/pending.ts';
import { KEY_BYTES } from '../ledger/records.ts';
import type { CompiledMapping } from '../mapping/compile.ts';
import type { DescriptorMap } from '../mapping/descriptors.ts';
import { runMapping } from '../mapping/run.ts';
import type { Source } from '../sources/types.ts';
import { bytes, createHashes } from './hashes.ts';

export interface SearchIn {
  readonly ledger: Ledger;
  readonly connectionId: number;
  readonly model: ApiModel;
  readonly compiled: CompiledMapping;
  readonly descriptors: DescriptorMap;
  readonly source: Source;
  readonly signal: AbortSignal | undefined;
}

export interface SearchInput extends SearchIn {
  readonly text: string;
  readonly limit: number;
  /** Told of each as it is found. */
  readonly onFound: (found: Found) => void;
}

/** A record as the export makes it. */
export interface Made {
  readonly file: string;
  readonly row: number;
  readonly body: JsonObject;
}

export interface Found {
  readonly resourceId: number;
  readonly resource: string;
  readonly file: string;
  readonly row: number;
  readonly identifiers: readonly { readonly name: string; readonly value: string }[];
  /** Its source identity and its key as the ledger has them; no key where the record lacks a part of it. */
  readonly sourceHash: Buffer;
  readonly keyHash: Buffer | undefined;
}

/** A name by which somebody may know a record: ids, numbers and codes that identify, and no name of a person. */
const IDENTIFIES = /(UniqueId|Id|Identifier|Code|Number)$/;

/** @returns the identifying values of a body, by the name of their member; those of its references too */
export function identifiersIn(body: JsonObject): { name: string; value: string }[] {
  const found = new Map<string, string>();
  const look = (object: JsonObject): void => {
    for (const [name, value] of Object.entries(object)) {
      const isText = typeof value === 'string' || typeof value === 'number';
      if (isText && IDENTIFIES.test(name) && !name.endsWith('Descriptor')) {
        if (!found.has(name)) found.set(name, String(value));
      } else if (name.endsWith('Reference') && isObject(value)) look(value);
    }
  };
  look(body);
  return [...found].map(([name, value]) => ({ name, value }));
}

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Goes through the whole export for records in which an identifier, or what the source calls them, is the text, whatever
 * its case: seconds for a large district.
 * @returns whether there are more than `limit`
 */
export async function searchSource(input: SearchInput): Promise<boolean> {
  const { ledger, model, limit } = input;
  const wanted = input.text.trim().toLowerCase();
  const hashes = createHashes(ledger.seal);
  let found = 0;
  const run = runMapping(input.compiled, input.source, {
    descriptors: input.descriptors,
    frozen: () => undefined,
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  });
  for (const { name } of input.compiled.resources) {
    const resource = model.resources[name];
    if (resource === undefined) continue;
    const keyOf = keyReader(resource.identity);
    for await (const batch of run.records(name)) {
      input.signal?.throwIfAborted();
      for (const record of batch) {
        // Cheap first: most records are not it.
        if (
          !JSON.stringify(record.body).toLowerCase().includes(wanted) &&
          !record.sourceId.toLowerCase().includes(wanted)
        ) {
          continue;
        }
        const identifiers = identifiersIn(record.body);
        const isIt =
          record.sourceId.split('\n').some((part) => part.toLowerCase() === wanted) ||
          identifiers.some(({ value }) => value.toLowerCase() === wanted);
        if (!isIt) continue;
        if (found === limit) return true;
        found += 1;
        const key = keyOf(record.body);
        input.onFound({
          resourceId: ledger.resourceId(input.connectionId, name),
          resource: name,
          file: record.file,
          row: record.row,
          identifiers,
          sourceHash: bytes(hashes.source(name, record.sourceId)),
          keyHash: key === undefined ? undefined : bytes(hashes.key(name, key)),
        });
      }
    }
  }
  return false;
}

/**
 * Goes through the export's records of one resource until all are found.
 * @param identities as `identityOf` gives them, in hexadecimal
 * @returns those that the export has, by identity
 */
export async function findByIdentity(
  { ledger, connectionId, model, compiled, descriptors, source, signal }: SearchIn,
  resource: ResourceName,
  identities: Iterable<string>,
): Promise<Map<string, Made>> {
  const wanted = new Set(identities);
  const found = new Map<string, Made>();
  const keyOf = keyReader(model.resources[resource]?.identity ?? []);
  if (!compiled.resources.some(({ name }) => name === resource)) return found;
  const hashes = createHashes(ledger.seal);
  const frozen = ledger.pending.frozen(ledger.resourceId(connectionId, resource));
  const run = runMapping(compiled, source, {
    descriptors,
    frozen: (of, sourceId, property) =>
      of === resource ? frozen.get(frozenKey(hashes.source(of, sourceId), property)) : undefined,
    ...(signal === undefined ? {} : { signal }),
  });
  const hasKeys = [...wanted].some((identity) => identity.length === KEY_BYTES * 2);
  for await (const batch of run.records(resource)) {
    signal?.throwIfAborted();
    for (const { body, sourceId, file, row } of batch) {
      const key = hasKeys ? keyOf(body) : undefined;
      const names = [hashes.source(resource, sourceId), ...(key === undefined ? [] : [hashes.key(resource, key)])];
      for (const name of names) {
        const identity = bytes(name).toString('hex');
        if (wanted.delete(identity)) found.set(identity, { file, row, body });
      }
    }
    if (wanted.size === 0) break;
  }
  return found;
}
