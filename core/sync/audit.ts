/**
 * Compares the API with the ledger. *Missing*: the ledger has it, the API does not. *Unknown*: the API has it, the
 * ledger does not. *Differing*: both have it under the same key, with another content (what is compared: comparable.ts).
 * *Hidden*: the API has it, and shows it to this key no longer (a contact whose last student has left); told apart from
 * missing by asking for the item itself. Nothing is changed, at the API or in the ledger's records.
 *
 * The first audit reads everything. Where the API has change queries, what it found is kept with the newest change
 * version, and the next one reads only what was changed, deleted or renamed since, and looks at the earlier findings
 * again with what the ledger has by then. It reads a resource whole again where the window does not tell all: the API
 * gives no deletes, or a key of a deleted item cannot be read, or an item came up under another key on a host that does
 * not tell key changes.
 *
 * Memory: the ledger's hashes of one resource in typed arrays, and a byte for each; findings up to a bound.
 */
import type { ChangeVersions, EdFiClient } from '../edfi/client.ts';
import type { DependencyOrder } from '../edfi/dependencies.ts';
import { keyReader } from '../edfi/keys.ts';
import type { ApiModel, JsonObject, ResourceModel, ResourceName } from '../edfi/model.ts';
import type { ChangeWindow, Item } from '../edfi/reading.ts';
import { IN_FLIGHT, type Reader, sweep, sweepTraces } from '../edfi/sweep.ts';
import { Failure } from '../errors/failure.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { FULL_BYTES, KEY_BYTES, LOADED, type LoadedRecords } from '../ledger/records.ts';
import { type AuditFinding, type AuditState, keepAuditState, keptAuditState } from './audit-state.ts';
import { canonical } from './canonical.ts';
import { comparableReader } from './comparable.ts';
import { createHashTable, type HashTable } from './hash-table.ts';
import { bytes, createHashes, type Hashes } from './hashes.ts';
import { countItems, inOrder, looksRewritten, type MadeResource, type ReadingProgress } from './read-back.ts';

export interface AuditInput {
  readonly ledger: Ledger;
  readonly connectionId: number;
  readonly client: Reader & Pick<EdFiClient, 'item' | 'deletes' | 'keyChanges'>;
  readonly model: ApiModel;
  readonly order: DependencyOrder;
  /** What the connection's mapping makes; nothing else is compared. */
  readonly resources: readonly MadeResource[];
  /** Requests under way at once, at most. */
  readonly parallel: number;
  /** Read everything, whatever is known from earlier audits. */
  readonly full: boolean;
  readonly now: () => number;
  readonly onProgress: (progress: ReadingProgress) => void;
  readonly signal: AbortSignal | undefined;
}

export interface AuditedResource {
  /** Records that the ledger has as being at the API. */
  readonly ledger: number;
  /** Items at the API; of those that are only referred to (`match`), the ones that the ledger knows. */
  readonly api: number;
  readonly missing: number;
  readonly unknown: number;
  readonly differing: number;
  /** Of those that the API does have; not counted among the missing. Found when everything is read. */
  readonly hidden: number;
  /**
   * More items differ than not, and not a few: it is less likely that they were changed than that the API writes what it
   * was sent in its own way, or that the mapping was changed and nothing sent since.
   */
  readonly rewritten: boolean;
  readonly read: 'all' | 'window';
}

/** One finding, by what is no value: the record's key hash (hexadecimal), and the item's id where the API has it. */
export interface AuditSample {
  readonly resource: ResourceName;
  readonly kind: 'missing' | 'unknown' | 'differing';
  readonly keyHash: string;
  readonly apiId?: string;
}

export interface AuditResult {
  /** In dependency order. */
  readonly resources: Record<ResourceName, AuditedResource>;
  /** A few of each kind and resource. */
  readonly samples: readonly AuditSample[];
  /** Change versions: where the reading began (null: everything was read), and the newest there was (null: not told). */
  readonly window: { readonly since: number | null; readonly newest: number | null };
}

/** Samples of one kind in one resource. */
const SAMPLES = 10;
/** With more findings than this in one resource there is nothing to build on: the next audit reads everything. */
const MOST_KEPT = 50_000;
/** So many that seem to be missing are asked for one by one; what is beyond counts as missing. */
const MOST_ASKED_FOR = 2_000;

/**
 * @returns the counts of each resource, and samples
 * @throws Failure as the client does; `cancelled`
 */
export async function auditConnection(input: AuditInput): Promise<AuditResult> {
  const { client, ledger, connectionId } = input;
  const hashes = createHashes(ledger.seal);
  // Before anything is read: what changes meanwhile is in the next window.
  const versions = await client.availableChangeVersions();
  const kept = input.full ? undefined : usable(keptAuditState(ledger, connectionId), versions);
  const window = kept === undefined ? undefined : { since: Math.max(0, kept.newest + 1 - IN_FLIGHT) };
  const resources: Record<ResourceName, AuditedResource> = {};
  const samples: AuditSample[] = [];
  const next: AuditState = { newest: versions?.newest ?? 0, resources: {} };
  const made = inOrder(input.resources, input.order, input.model);
  // A window holds little: counting it would take as many requests as reading it.
  const counted = window === undefined ? await countItems(client, made, input.parallel, input.signal) : undefined;
  let items = 0;
  for (const [done, { resource, model }] of made.entries()) {
    const heard = (count: number, finished = 0): void => {
      if (input.signal?.aborted) throw new Failure('cancelled', 'Stopped, as asked; nothing was changed.');
      items += count;
      // What comes meanwhile is read too.
      const total = counted === undefined ? undefined : Math.max(counted, items);
      input.onProgress({ resource: resource.name, resources: done + finished, of: made.length, items, total });
    };
    const before = kept?.resources[resource.name];
    let comparison: Comparison | undefined;
    if (window !== undefined && before !== undefined) {
      comparison = startComparison(input, resource, model, hashes, before);
      if (!(await readWindow(input, resource.name, window, comparison, heard))) comparison = undefined;
    }
    const read = comparison === undefined ? 'all' : 'window';
    if (comparison === undefined) {
      comparison = startComparison(input, resource, model, hashes, undefined);
      for await (const page of sweep(client, resource.name, { parallel: input.parallel })) {
        for (const item of page) comparison.item(item);
        heard(page.length);
      }
      await askForMissing(input, resource.name, comparison, () => heard(0));
    }
    heard(0, 1);
    const { audited, findings, complete } = comparison.finish();
    resources[resource.name] = { ...audited, read };
    samples.push(...samplesOf(resource.name, findings));
    if (complete) next.resources[resource.name] = findings;
  }
  if (versions !== undefined) ledger.transaction(() => keepAuditState(ledger, connectionId, next, input.now()));
  return {
    resources,
    samples,
    window: { since: window?.since ?? null, newest: versions?.newest ?? null },
  };
}

/** @returns what was kept, unless the API's history does not reach from there to now (it was restored, or cut off) */
function usable(kept: AuditState | undefined, versions: ChangeVersions | undefined): AuditState | undefined {
  if (kept === undefined || versions === undefined) return undefined;
  return kept.newest <= versions.newest && versions.oldest <= kept.newest + 1 ? kept : undefined;
}

const samplesOf = (resource: ResourceName, findings: readonly AuditFinding[]): AuditSample[] =>
  (['missing', 'unknown', 'differing'] as const).flatMap((kind) =>
    findings
      .filter((finding) => finding.kind === kind)
      .slice(0, SAMPLES)
      .map(({ keyHash, apiId }) => ({
        resource,
        kind,
        keyHash: bytes(keyHash).toString('hex'),
        ...(apiId === undefined || apiId === '' ? {} : { apiId }),
      })),
  );

/**
 * Reads the change window of one resource into `comparison`: first what is gone, then what is there.
 * @returns false where the window does not tell all
 */
async function readWindow(
  { client, ledger, connectionId, parallel }: AuditInput,
  resource: ResourceName,
  window: ChangeWindow,
  comparison: Comparison,
  heard: (count: number) => void,
): Promise<boolean> {
  const resourceId = ledger.resourceId(connectionId, resource);
  const deletes = await sweepTraces(client.deletes, resource, window, parallel);
  if (deletes === undefined) return false;
  const keyChanges = await sweepTraces(client.keyChanges, resource, window, parallel);
  for (const traces of keyChanges === undefined ? [deletes] : [deletes, keyChanges]) {
    for await (const page of traces) {
      for (const { keyValues } of page) if (!comparison.gone(keyValues)) return false;
      heard(0);
    }
  }
  for await (const page of sweep(client, resource, { parallel, since: window.since })) {
    for (const item of page) {
      const keyHash = comparison.item(item);
      if (keyChanges !== undefined) continue;
      // An item that the ledger knows by another key, or not at all, may have left a key behind.
      if (keyHash === undefined || ledger.records.apiId(resourceId, bytes(keyHash)) !== item.id) return false;
    }
    heard(page.length);
  }
  return true;
}

/** What a list does not show may be there all the same: asks for the items themselves, a few at a time. */
async function askForMissing(
  { client, ledger, connectionId, parallel }: AuditInput,
  resource: ResourceName,
  comparison: Comparison,
  heard: () => void,
): Promise<void> {
  const resourceId = ledger.resourceId(connectionId, resource);
  const missing = comparison.missing(MOST_ASKED_FOR);
  const atOnce = Math.max(1, Math.trunc(parallel));
  for (let from = 0; from < missing.length; from += atOnce) {
    const asked = missing.slice(from, from + atOnce).map(async (keyHash) => {
      const id = ledger.records.apiId(resourceId, bytes(keyHash));
      const found = id === undefined ? undefined : await client.item(resource, id);
      if (found === 'hidden') comparison.hide(keyHash);
      // Under its own key it came back meanwhile; under another one, that is unknown, and this one missing.
      else if (found !== undefined) comparison.item(found);
    });
    await Promise.all(asked);
    heard();
  }
}

interface Comparison {
  /** Takes an item that is at the API. @returns its key hash, where its key can be read */
  item(item: Item): string | undefined;
  /** Takes the key of one that is no longer there. @returns false where it cannot be read */
  gone(keyValues: JsonObject): boolean;
  /** The key hashes of records that were not heard of, `most` at most. */
  missing(most: number): string[];
  /** Takes one of them that is there, though the key may not see it. */
  hide(keyHash: string): void;
  finish(): {
    readonly audited: Omit<AuditedResource, 'read'>;
    readonly findings: readonly AuditFinding[];
    /** Whether `findings` are all there are. */
    readonly complete: boolean;
  };
}

/** What is known of a record of the ledger. */
const Status = { missing: 0, same: 1, differing: 2, hidden: 3 } as const;
type Status = (typeof Status)[keyof typeof Status];

/**
 * @param before what the last audit found; then every record of the ledger counts as being at the API unless that, or
 *   what is heard now, says otherwise. Without it, a record is there once it is heard of.
 */
function startComparison(
  { ledger, connectionId }: AuditInput,
  resource: MadeResource,
  model: ResourceModel,
  hashes: Hashes,
  before: AuditState['resources'][string] | undefined,
): Comparison {
  const loaded = ledger.records.load(ledger.resourceId(connectionId, resource.name));
  const byKey = createHashTable(loaded.count);
  for (let i = 0; i < loaded.count; i++) byKey.setBytes(loaded.rows, i * LOADED.bytes, i);
  const status = new Uint8Array(loaded.count).fill(before === undefined ? Status.missing : Status.same);
  const unknown = createUnknown();
  /** What the API has instead, for records that differ. */
  const contents = new Map<number, { readonly fullHash: string; readonly apiId: string }>();
  const matched = resource.disposition === 'match';
  const comparable = comparableReader(model, resource.members);
  const keyOf = keyReader(model.identity);
  const keyOfTrace = keyReader(
    // A trace has the values by the names that references carry them under.
    model.identity.map((part) => ({ ...part, paths: [[part.name]] })),
  );
  const isDate = new Set(model.identity.filter(({ type }) => type === 'date').map(({ name }) => name));
  let overflown = false;

  const present = (keyHash: string, fullHash: string, apiId: string): void => {
    const i = byKey.find(keyHash);
    if (matched) {
      if (i !== -1) status[i] = Status.same;
    } else if (i === -1) unknown.add(keyHash, fullHash, apiId);
    else if (hasFull(loaded, i, fullHash)) {
      status[i] = Status.same;
      contents.delete(i);
    } else {
      status[i] = Status.differing;
      if (contents.size < MOST_KEPT) contents.set(i, { fullHash, apiId });
      else overflown = true;
    }
  };

  const mark = (keyHash: string, as: Status): void => {
    const i = byKey.find(keyHash);
    if (i !== -1) status[i] = as;
  };
  const keysThatAre = (as: Status, most: number): string[] => {
    const keys: string[] = [];
    for (let i = 0; i < status.length && keys.length < most; i++) if (status[i] === as) keys.push(keyAt(loaded, i));
    return keys;
  };

  for (const finding of before ?? []) {
    if ('fullHash' in finding) present(finding.keyHash, finding.fullHash, finding.apiId);
    else mark(finding.keyHash, Status[finding.kind]);
  }

  return {
    item({ id, body }) {
      const cut = comparable(body);
      const key = keyOf(cut);
      const full = hashes.full(resource.name, canonical(cut));
      if (key === undefined) {
        if (!matched) unknown.add(hashes.key(`${resource.name}\nid`, id), full, id);
        return undefined;
      }
      const keyHash = hashes.key(resource.name, key);
      present(keyHash, full, id);
      return keyHash;
    },
    gone(keyValues) {
      const values = Object.fromEntries(
        Object.entries(keyValues).map(([name, value]) => [
          name,
          isDate.has(name) && typeof value === 'string' ? value.slice(0, 10) : value,
        ]),
      );
      const key = keyOfTrace(values);
      if (key === undefined) return false;
      const keyHash = hashes.key(resource.name, key);
      const i = byKey.find(keyHash);
      if (i === -1) unknown.remove(keyHash);
      else {
        status[i] = Status.missing;
        contents.delete(i);
      }
      return true;
    },
    missing: (most) => keysThatAre(Status.missing, most),
    hide: (keyHash) => mark(keyHash, Status.hidden),
    finish() {
      const counts: [number, number, number, number] = [0, 0, 0, 0];
      for (const one of status) counts[one as Status] += 1;
      const [missing, same, differing, hidden] = counts;
      const findings: AuditFinding[] = [
        ...(['missing', 'hidden'] as const).flatMap((kind) =>
          keysThatAre(Status[kind], MOST_KEPT).map((keyHash) => ({ kind, keyHash })),
        ),
        ...[...contents].map(([i, content]) => ({ kind: 'differing' as const, keyHash: keyAt(loaded, i), ...content })),
        ...unknown.findings(),
      ];
      return {
        audited: {
          ledger: loaded.count,
          api: loaded.count - missing + unknown.count,
          missing,
          unknown: unknown.count,
          differing,
          hidden,
          rewritten: looksRewritten(differing, same),
        },
        findings,
        complete: missing <= MOST_KEPT && hidden <= MOST_KEPT && !overflown && unknown.complete,
      };
    },
  };
}

const keyAt = ({ rows }: LoadedRecords, i: number): string =>
  Buffer.from(rows.subarray(i * LOADED.bytes, i * LOADED.bytes + KEY_BYTES)).toString('latin1');

function hasFull({ rows }: LoadedRecords, i: number, hash: string): boolean {
  const from = i * LOADED.bytes + LOADED.full;
  for (let at = 0; at < FULL_BYTES; at++) if (rows[from + at] !== hash.charCodeAt(at)) return false;
  return true;
}

/** Items that the ledger does not have: all are counted, each once, and the first of them kept. */
function createUnknown(): {
  readonly count: number;
  readonly complete: boolean;
  add(keyHash: string, fullHash: string, apiId: string): void;
  remove(keyHash: string): void;
  findings(): AuditFinding[];
} {
  /** 1 for one that is there, 0 for one that went again. */
  const there: HashTable = createHashTable();
  const kept = new Map<string, { readonly fullHash: string; readonly apiId: string }>();
  let count = 0;
  return {
    get count() {
      return count;
    },
    get complete() {
      return kept.size === count;
    },
    add(keyHash, fullHash, apiId) {
      if (there.find(keyHash) !== 1) count += 1;
      there.set(keyHash, 1);
      if (kept.has(keyHash) || kept.size < MOST_KEPT) kept.set(keyHash, { fullHash, apiId });
    },
    remove(keyHash) {
      if (there.find(keyHash) !== 1) return;
      there.set(keyHash, 0);
      kept.delete(keyHash);
      count -= 1;
    },
    findings: () => [...kept].map(([keyHash, content]) => ({ kind: 'unknown', keyHash, ...content })),
  };
}
