/**
 * Takes over what is already at the API into an empty or partial ledger, so that a new ledger does not send the world
 * again, and nothing is orphaned.
 *
 * An adopted record has its key, its content and its id, but no source identity: the API does not tell what the source
 * calls it. The next batch meets it under its key, and from then on it is a record like any other. Where it does not
 * (the source has no such record, or has it under another key by now), the record under the new key is created, and
 * the adopted one is planned as a delete that always waits for the steward: it may be another system's.
 */

import type { EdFiClient } from '../edfi/client.ts';
import type { DependencyOrder } from '../edfi/dependencies.ts';
import { keyReader } from '../edfi/keys.ts';
import type { ApiModel, ResourceModel, ResourceName } from '../edfi/model.ts';
import type { Item } from '../edfi/reading.ts';
import { type Reader, sweep } from '../edfi/sweep.ts';
import { Failure } from '../errors/failure.ts';
import { asLedgerFailure, type Ledger } from '../ledger/ledger.ts';
import { FULL_BYTES, KEY_BYTES, RecordState, SOURCE_BYTES } from '../ledger/records.ts';
import { canonical } from './canonical.ts';
import { comparableReader } from './comparable.ts';
import { createHashTable } from './hash-table.ts';
import { bytes, createHashes, type Hashes } from './hashes.ts';
import { inOrder, type MadeResource, type ReadingProgress } from './read-back.ts';

export interface AdoptInput {
  readonly ledger: Ledger;
  readonly connectionId: number;
  readonly client: Reader & Pick<EdFiClient, 'item'>;
  readonly model: ApiModel;
  readonly order: DependencyOrder;
  /** What the connection's mapping makes; nothing else is taken over. */
  readonly resources: readonly MadeResource[];
  /** Requests under way at once, at most. */
  readonly parallel: number;
  readonly now: () => number;
  readonly onProgress: (progress: ReadingProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/** What came of the items of one resource; `api` is the sum of the others. */
export interface AdoptedResource {
  /** Items that the API has, as far as the key may see them. */
  api: number;
  adopted: number;
  /** Education organizations that are only referred to. */
  matched: number;
  /** In the ledger before, under the same id. */
  known: number;
  /** In the ledger before, without an id or with one that is no longer the item's: now with it. */
  relinked: number;
  /** In the ledger before, and no longer at the API: the ledger forgets them, and the next sync makes them again. */
  forgotten: number;
  /** Without a key that could be read. */
  unnamed: number;
}

/**
 * Reads every item of the resources that the mapping makes, and writes the ledger what it does not know yet. What it
 * knows keeps its content, so that a change is still sent. Can be stopped and run again at any time.
 * @returns counts for each resource, in dependency order
 * @throws Failure as the client does; as the ledger does; `cancelled`
 */
export async function adoptConnection(input: AdoptInput): Promise<Record<ResourceName, AdoptedResource>> {
  const hashes = createHashes(input.ledger.seal);
  const made = inOrder(input.resources, input.order, input.model);
  const counts: Record<ResourceName, AdoptedResource> = {};
  let items = 0;
  for (const [done, { resource, model }] of made.entries()) {
    const count: AdoptedResource = { api: 0, adopted: 0, matched: 0, known: 0, relinked: 0, forgotten: 0, unnamed: 0 };
    counts[resource.name] = count;
    const { take, forget } = taker(input, resource, model, hashes, count);
    const tell = (resources: number): void =>
      input.onProgress({ resource: resource.name, resources, of: made.length, items });
    for await (const page of sweep(input.client, resource.name, { parallel: input.parallel })) {
      if (input.signal?.aborted) throw new Failure('cancelled', 'Stopped, as asked; what was taken over is kept.');
      try {
        input.ledger.transaction(() => {
          for (const item of page) take(item);
        });
      } catch (thrown) {
        throw asLedgerFailure(thrown);
      }
      items += page.length;
      tell(done);
    }
    await forget();
    tell(done + 1);
  }
  return counts;
}

/** More that were not met than this tell of a key that may not read them, not of items that are gone. */
const MOST_FORGOTTEN = 2_000;

/**
 * @returns what takes over one item, and counts it once however often it comes; and, when all were read, what asks for
 *   the records that were not met one by one, and forgets those that the API does not have
 */
function taker(
  { ledger, client, connectionId, now }: AdoptInput,
  resource: MadeResource,
  model: ResourceModel,
  hashes: Hashes,
  count: AdoptedResource,
): { take(item: Item): void; forget(): Promise<void> } {
  const resourceId = ledger.resourceId(connectionId, resource.name);
  const comparable = comparableReader(model, resource.members);
  const keyOf = keyReader(model.identity);
  const before = ledger.records.load(resourceId);
  /** Records that were known: their number; those that are new: their number behind all of these. */
  const byKey = createHashTable(before.count);
  for (let i = 0; i < before.count; i++) byKey.setBytes(before.keys, i * KEY_BYTES, i);
  const seen = new Uint8Array(before.count);
  const unnamed = createHashTable();
  const matched = resource.disposition === 'match';

  const take = (item: Item): void => {
    const body = comparable(item.body);
    const key = keyOf(body);
    if (key === undefined) {
      const id = hashes.key(`${resource.name}\nid`, item.id);
      if (unnamed.find(id) !== -1) return;
      unnamed.set(id, 0);
      count.api += 1;
      count.unnamed += 1;
      return;
    }
    const hash = hashes.key(resource.name, key);
    const keyHash = bytes(hash);
    const at = byKey.find(hash);
    if (at !== -1 && at < before.count) {
      if (seen[at] === 1) return;
      seen[at] = 1;
      count.api += 1;
      if (item.id === '' || ledger.records.apiId(resourceId, keyHash) === item.id) count.known += 1;
      else {
        ledger.records.relink(resourceId, keyHash, item.id);
        count.relinked += 1;
      }
      return;
    }
    if (at === -1) {
      byKey.set(hash, before.count + count.api);
      count.api += 1;
      if (matched) count.matched += 1;
      else count.adopted += 1;
    }
    // Once more for one that came twice: the later is the newer.
    ledger.records.confirm(
      resourceId,
      {
        keyHash,
        fullHash: matched ? new Uint8Array(FULL_BYTES) : bytes(hashes.full(resource.name, canonical(body))),
        sourceHash: new Uint8Array(SOURCE_BYTES),
        apiId: item.id === '' ? undefined : item.id,
        state: matched ? RecordState.matched : RecordState.adopted,
      },
      now(),
    );
  };

  const forget = async (): Promise<void> => {
    if (matched) return;
    const unmet: Uint8Array[] = [];
    for (let i = 0; i < before.count; i++) {
      if (seen[i] === 0) unmet.push(before.keys.slice(i * KEY_BYTES, (i + 1) * KEY_BYTES));
    }
    if (unmet.length > MOST_FORGOTTEN) return;
    for (const keyHash of unmet) {
      const id = ledger.records.apiId(resourceId, keyHash);
      // One that the key may not see is there all the same.
      if (id === undefined || (await client.item(resource.name, id)) !== undefined) continue;
      ledger.transaction(() => ledger.records.remove(resourceId, keyHash));
      count.forgotten += 1;
    }
  };
  return { take, forget };
}
