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
import { Failure, isFailure } from '../errors/failure.ts';
import { asLedgerFailure, type Ledger } from '../ledger/ledger.ts';
import {
  FULL_BYTES,
  fullHashAt,
  keyHashAt,
  LOADED,
  type LoadedRecords,
  RecordState,
  SOURCE_BYTES,
  sourceHashAt,
  stateAt,
} from '../ledger/records.ts';
import { canonical } from './canonical.ts';
import { comparableReader } from './comparable.ts';
import { createHashTable } from './hash-table.ts';
import { bytes, createHashes, type Hashes } from './hashes.ts';
import { countItems, inOrder, looksRewritten, type MadeResource, type ReadingProgress } from './read-back.ts';

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
  /**
   * Of a record that the ledger knows, what its content is taken from. `ledger`: what was sent last, so that a change is
   * still sent; so it is unless told. `api`: the ledger is older than what was sent last (it was restored), and the API
   * has that; a resource that the key may not read keeps what the ledger knows.
   */
  readonly content?: 'ledger' | 'api';
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
  /** What is sent again to a resource that may not be read is the same; that no batch ever began again would be worse. */
  const passOver = (thrown: unknown): undefined => {
    const known = asLedgerFailure(thrown);
    if (input.content === 'api' && isFailure(known) && known.details.reason === 'not-authorized') return;
    throw known;
  };
  const counted = await countItems(input.client, made, input.parallel, input.signal).catch(passOver);
  let items = 0;
  for (const [done, { resource, model }] of made.entries()) {
    const count: AdoptedResource = { api: 0, adopted: 0, matched: 0, known: 0, relinked: 0, forgotten: 0, unnamed: 0 };
    counts[resource.name] = count;
    const { take, refresh, forget } = taker(input, resource, model, hashes, count);
    const tell = (resources: number): void =>
      input.onProgress({
        resource: resource.name,
        resources,
        of: made.length,
        items,
        // What comes meanwhile is read too.
        total: counted === undefined ? undefined : Math.max(counted, items),
      });
    try {
      for await (const page of sweep(input.client, resource.name, { parallel: input.parallel })) {
        if (input.signal?.aborted) throw new Failure('cancelled', 'Stopped, as asked; what was taken over is kept.');
        input.ledger.transaction(() => {
          for (const item of page) take(item);
        });
        items += page.length;
        tell(done);
      }
      refresh();
      await forget();
    } catch (thrown) {
      passOver(thrown);
    }
    tell(done + 1);
  }
  return counts;
}

/** More that were not met than this tell of a key that may not read them, not of items that are gone. */
const MOST_FORGOTTEN = 2_000;

/**
 * @returns what takes over one item, and counts it once however often it comes; what, when all were read, takes the
 *   API's content where that is asked for; and what asks for the records that were not met one by one, and forgets
 *   those that the API does not have
 */
function taker(
  { ledger, client, connectionId, content, now }: AdoptInput,
  resource: MadeResource,
  model: ResourceModel,
  hashes: Hashes,
  count: AdoptedResource,
): { take(item: Item): void; refresh(): void; forget(): Promise<void> } {
  const resourceId = ledger.resourceId(connectionId, resource.name);
  const comparable = comparableReader(model, resource.members);
  const keyOf = keyReader(model.identity);
  const before = ledger.records.load(resourceId);
  /** Records that were known: their number; those that are new: their number behind all of these. */
  const byKey = createHashTable(before.count);
  for (let i = 0; i < before.count; i++) byKey.setBytes(before.rows, i * LOADED.bytes, i);
  const seen = new Uint8Array(before.count);
  const unnamed = createHashTable();
  const matched = resource.disposition === 'match';
  const contents = createContents(before);

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
      if (content === 'api' && !matched) contents.heard(at, bytes(hashes.full(resource.name, canonical(body))));
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

  const refresh = (): void => {
    if (content !== 'api' || contents.areRewritten()) return;
    ledger.transaction(() => {
      contents.differing((i, fullHash) => {
        const keyHash = keyHashAt(before, i);
        const sourceHash = sourceHashAt(before, i);
        const state = stateAt(before, i);
        ledger.records.confirm(resourceId, { keyHash, fullHash, sourceHash, apiId: undefined, state }, now());
      });
    });
  };

  const forget = async (): Promise<void> => {
    if (matched) return;
    const unmet: number[] = [];
    for (let i = 0; i < before.count; i++) if (seen[i] === 0) unmet.push(i);
    if (unmet.length > MOST_FORGOTTEN) return;
    for (const i of unmet) {
      const keyHash = keyHashAt(before, i);
      const id = ledger.records.apiId(resourceId, keyHash);
      const found = id === undefined ? 'hidden' : await client.item(resource.name, id);
      if (found === undefined) {
        ledger.transaction(() => ledger.records.remove(resourceId, keyHash));
        count.forgotten += 1;
      } else if (found !== 'hidden' && content === 'api') moved(i, keyHash, found);
      // One that the key may not see is there all the same.
    }
  };

  /** A record whose key was changed after the copy: what was taken over under the new key is the same one of the source. */
  const moved = (i: number, oldHash: Uint8Array, item: Item): void => {
    const key = keyOf(comparable(item.body));
    if (key === undefined) return;
    const keyHash = bytes(hashes.key(resource.name, key));
    const isTakenOver = ledger.records.state(resourceId, keyHash) === RecordState.adopted;
    if (!isTakenOver || ledger.records.apiId(resourceId, keyHash) !== item.id) return;
    ledger.transaction(() => {
      ledger.records.claim(resourceId, keyHash, sourceHashAt(before, i));
      ledger.records.remove(resourceId, oldHash);
    });
    count.adopted -= 1;
    count.relinked += 1;
  };
  return { take, refresh, forget };
}

/** What the API has of records that the ledger knows with another content. */
function createContents(before: LoadedRecords) {
  let heard = 0;
  let differ = 0;
  let isOther: Uint8Array | undefined;
  let fulls: Uint8Array | undefined;
  return {
    /** Takes the content of the i-th record. */
    heard(i: number, fullHash: Uint8Array): void {
      heard += 1;
      const known = fullHashAt(before, i);
      if (Buffer.compare(known, fullHash) === 0) return;
      isOther ??= new Uint8Array(before.count);
      fulls ??= new Uint8Array(before.count * FULL_BYTES);
      isOther[i] = 1;
      fulls.set(fullHash, i * FULL_BYTES);
      differ += 1;
    },
    /** More differ than not: less likely changed than written by the API in its own way. Then what was sent counts. */
    areRewritten: (): boolean => looksRewritten(differ, heard - differ),
    differing(take: (i: number, fullHash: Uint8Array) => void): void {
      for (let i = 0; fulls !== undefined && i < before.count; i++) {
        if (isOther?.[i] === 1) take(i, fulls.slice(i * FULL_BYTES, (i + 1) * FULL_BYTES));
      }
    },
  };
}
