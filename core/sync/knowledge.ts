/**
 * What a connection's API says of itself, as the batch needs it: resource models, dependency order, descriptor values.
 * Kept in the ledger with the version it belongs to, so that a sync does not fetch six megabytes to send six records,
 * and so that mapping and checking work while the API cannot be reached.
 */
import type { EdFiClient } from '../edfi/client.ts';
import { type DependencyOrder, dependencyOrder } from '../edfi/dependencies.ts';
import { type Description, describe, etagsOf, type Tagged, tagged } from '../edfi/description.ts';
import type { Discovery } from '../edfi/discovery.ts';
import type { Fetched } from '../edfi/metadata.ts';
import type { ApiModel } from '../edfi/model.ts';
import { isFailure } from '../errors/failure.ts';
import type { CachedText, Ledger } from '../ledger/ledger.ts';
import { type ApiChange, compareModels } from './api-changes.ts';

/** How long what came without an ETag is taken for true while the API tells the same version: a day. */
const FRESH_MS = 24 * 60 * 60 * 1000;

export interface Knowledge {
  readonly discovery: Discovery;
  readonly model: ApiModel;
  readonly order: DependencyOrder;
  /** Changes when the API's version or data models do. */
  readonly version: string;
  /** Where the API was not reachable: since when it is known what it says, milliseconds since 1970. */
  readonly offlineSince: number | undefined;
  /** Values of a descriptor type as `namespace#codeValue`; empty where the API offers none. */
  descriptorValues(type: string): Promise<readonly string[]>;
  /** What changed since a batch was last sent; asked for after the descriptor values. */
  changes(): readonly ApiChange[];
}

/** What was read of an API outside a batch (a connection test), to be kept for the next. */
export interface Learned {
  readonly discovery: Discovery;
  readonly description: Description;
  readonly descriptors: Readonly<Record<string, readonly string[]>>;
}

/** The API's version and data models as one text. */
const versionOf = (discovery: Discovery): string =>
  [discovery.version ?? '', ...discovery.dataModels.map((model) => `${model.name} ${model.version}`)].join('|');

const CHANGES = 'changes';
const nameOf = (type: string): string => `descriptors ${type}`;

interface Memory {
  readonly ledger: Ledger;
  readonly connectionId: number;
  readonly now: () => number;
}

const recall = ({ ledger, connectionId }: Memory, name: string): CachedText | undefined =>
  ledger.cached(connectionId, name);

const keep = ({ ledger, connectionId, now }: Memory, name: string, version: string, value: unknown): void =>
  ledger.cache(connectionId, name, version, JSON.stringify(value), now());

const pendingChanges = (memory: Memory): readonly ApiChange[] => {
  const kept = recall(memory, CHANGES);
  return kept === undefined ? [] : (JSON.parse(kept.text) as ApiChange[]);
};

/** Changes stay until a batch was sent with them told: a plan that was only looked at is not the end of it. */
function addChanges(memory: Memory, found: readonly ApiChange[]): void {
  if (found.length === 0) return;
  const all = new Map([...pendingChanges(memory), ...found].map((change) => [JSON.stringify(change), change]));
  keep(memory, CHANGES, '1', [...all.values()]);
}

/** Forgets what changed: a batch that told it was sent. */
export const changesTold = (ledger: Ledger, connectionId: number): void => ledger.uncache(connectionId, CHANGES);

function keepDiscovery(memory: Memory, discovery: Discovery): void {
  const version = versionOf(discovery);
  const text = JSON.stringify(discovery);
  const before = recall(memory, 'discovery');
  if (before?.text === text) return;
  if (before !== undefined && before.version !== version) {
    addChanges(memory, [{ kind: 'version', before: before.version, after: version }]);
  }
  keep(memory, 'discovery', version, discovery);
}

function keepDescription(memory: Memory, version: string, description: Description): void {
  const before = recall(memory, 'specification');
  if (before !== undefined) {
    addChanges(memory, compareModels((JSON.parse(before.text) as Description).model, description.model));
  }
  // The model, not the documents: a tenth of the size, and nothing to parse again.
  keep(memory, 'specification', version, description);
}

function keepDescriptors(memory: Memory, version: string, type: string, values: readonly string[]): void {
  const before = recall(memory, nameOf(type));
  if (before !== undefined) {
    const now = new Set(values.map((uri) => uri.toLowerCase()));
    const gone = (JSON.parse(before.text) as string[]).filter((uri) => !now.has(uri.toLowerCase()));
    addChanges(
      memory,
      gone.map((uri) => ({ kind: 'descriptor-gone', type, uri })),
    );
  }
  keep(memory, nameOf(type), version, values);
}

/** Keeps what a connection test read, as if a batch had read it. */
export function keepLearned(ledger: Ledger, connectionId: number, learned: Learned, now: () => number): void {
  const memory = { ledger, connectionId, now };
  const version = versionOf(learned.discovery);
  keepDiscovery(memory, learned.discovery);
  keepDescription(memory, version, learned.description);
  for (const [type, values] of Object.entries(learned.descriptors)) keepDescriptors(memory, version, type, values);
}

/** What the ledger has of an API, without asking it. */
export interface Kept {
  /** Undefined in a ledger from before discovery was kept. */
  readonly discovery: Discovery | undefined;
  readonly model: ApiModel;
  readonly at: number;
  /** Undefined for a type of which no values are kept. */
  descriptorValues(type: string): readonly string[] | undefined;
}

/** @returns undefined before the first test or sync */
export function keptKnowledge(ledger: Ledger, connectionId: number): Kept | undefined {
  const discovery = ledger.cached(connectionId, 'discovery');
  const specification = ledger.cached(connectionId, 'specification');
  if (specification === undefined) return undefined;
  return {
    discovery: discovery === undefined ? undefined : (JSON.parse(discovery.text) as Discovery),
    model: (JSON.parse(specification.text) as Description).model,
    at: specification.fetchedAt,
    descriptorValues(type) {
      const kept = ledger.cached(connectionId, nameOf(type));
      return kept === undefined ? undefined : (JSON.parse(kept.text) as string[]);
    },
  };
}

const isFresh = (kept: CachedText, version: string, now: () => number): boolean =>
  kept.version === version && Math.abs(now() - kept.fetchedAt) < FRESH_MS;

/** A host that sends the document although it has the ETag that was asked for is not asked by ETag again. */
const usable = <T>(fetched: Tagged<T>, sent: string | undefined): Tagged<T> =>
  fetched.etag !== undefined && fetched.etag === sent ? { value: fetched.value } : fetched;

/** Asks by ETag whether what is kept still holds; reads what does not. */
async function refresh(client: EdFiClient, kept: Description): Promise<Description | 'same'> {
  const { etags } = kept;
  const resources = await client.fetchOpenApi('resources', etags.resources);
  const descriptors = await client.fetchOpenApi('descriptors', etags.descriptors);
  const dependencies = await client.fetchDependencies(etags.dependencies);
  // A host without a document of descriptors has none to compare either.
  const hasNoDescriptors = etags.descriptors === undefined && !descriptors.same && descriptors.value === undefined;
  const rows = dependencies.same ? kept.rows : (dependencies.value ?? null);
  const sameRows = dependencies.same || JSON.stringify(rows) === JSON.stringify(kept.rows);
  if (resources.same && (descriptors.same || (hasNoDescriptors && sameRows))) {
    if (sameRows) return 'same';
    const tag = dependencies.same ? etags.dependencies : dependencies.etag;
    return { model: kept.model, rows, etags: etagsOf({ ...etags, dependencies: tag }) };
  }
  const whole = async <T>(
    answer: Fetched<T | undefined>,
    sent: string | undefined,
    fetch: () => Promise<Fetched<T | undefined>>,
  ): Promise<Tagged<T | undefined>> =>
    usable(tagged(answer.same ? await fetch() : answer), answer.same ? undefined : sent);
  return describe({
    resources: await whole(resources, etags.resources, () => client.fetchOpenApi('resources')),
    descriptors: await whole(descriptors, etags.descriptors, () => client.fetchOpenApi('descriptors')),
    dependencies: await whole(dependencies, etags.dependencies, () => client.fetchDependencies()),
  });
}

async function currentDescription(client: EdFiClient, memory: Memory, version: string): Promise<Description> {
  const kept = recall(memory, 'specification');
  const before = kept === undefined ? undefined : ({ etags: {}, ...JSON.parse(kept.text) } as Description);
  if (kept !== undefined && before !== undefined && kept.version === version) {
    if (before.etags.resources !== undefined) {
      const now = await refresh(client, before);
      if (now === 'same') memory.ledger.touch(memory.connectionId, 'specification', memory.now());
      else keepDescription(memory, version, now);
      return now === 'same' ? before : now;
    }
    if (isFresh(kept, version, memory.now)) return before;
  }
  const description = describe({
    resources: tagged(await client.fetchOpenApi('resources')),
    descriptors: tagged(await client.fetchOpenApi('descriptors')),
    dependencies: tagged(await client.fetchDependencies()),
  });
  keepDescription(memory, version, description);
  return description;
}

/**
 * @param now milliseconds
 * @param offline an API that cannot be reached is taken as it was when it last could: enough for a plan
 * @throws Failure as the client does, when something is neither in the ledger nor to be had from the API
 */
export async function loadKnowledge(
  client: EdFiClient,
  ledger: Ledger,
  connectionId: number,
  now: () => number,
  offline = false,
): Promise<Knowledge> {
  const memory = { ledger, connectionId, now };
  try {
    return await askApi(client, memory);
  } catch (thrown) {
    const kept =
      offline && isFailure(thrown) && thrown.code === 'api-unreachable' ? fromLedger(memory, thrown) : undefined;
    if (kept === undefined) throw thrown;
    return kept;
  }
}

async function askApi(client: EdFiClient, memory: Memory): Promise<Knowledge> {
  const discovery = await client.discovery();
  await client.signIn();
  const version = versionOf(discovery);
  keepDiscovery(memory, discovery);
  const { model, rows } = await currentDescription(client, memory, version);
  return {
    discovery,
    model,
    order: dependencyOrder(rows ?? undefined, model),
    version,
    offlineSince: undefined,
    async descriptorValues(type) {
      const resource = model.descriptors[type];
      if (resource === undefined) return [];
      const kept = recall(memory, nameOf(type));
      if (kept !== undefined && isFresh(kept, version, memory.now)) return JSON.parse(kept.text) as string[];
      const values = await client.descriptorValues(resource);
      keepDescriptors(memory, version, type, values);
      return values;
    },
    changes: () => pendingChanges(memory),
  };
}

/** @param unreachable what is thrown where something is needed that the ledger does not have */
function fromLedger(memory: Memory, unreachable: unknown): Knowledge | undefined {
  const discovery = recall(memory, 'discovery');
  const specification = recall(memory, 'specification');
  if (discovery === undefined || specification === undefined) return undefined;
  const { model, rows } = JSON.parse(specification.text) as Description;
  return {
    discovery: JSON.parse(discovery.text) as Discovery,
    model,
    order: dependencyOrder(rows ?? undefined, model),
    version: specification.version,
    offlineSince: specification.fetchedAt,
    async descriptorValues(type) {
      if (model.descriptors[type] === undefined) return [];
      const kept = recall(memory, nameOf(type));
      if (kept === undefined) throw unreachable;
      return JSON.parse(kept.text) as string[];
    },
    changes: () => pendingChanges(memory),
  };
}
