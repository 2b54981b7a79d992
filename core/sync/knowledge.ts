/**
 * What a connection's API says of itself, as the batch needs it: resource models, dependency order, descriptor values.
 * Kept in the ledger with the version it belongs to, so that a sync does not fetch six megabytes to send six records.
 */
import type { EdFiClient } from '../edfi/client.ts';
import { type DependencyOrder, dependencyOrder } from '../edfi/dependencies.ts';
import type { Discovery } from '../edfi/discovery.ts';
import type { DependencyRow } from '../edfi/metadata.ts';
import type { ApiModel } from '../edfi/model.ts';
import { parseSpecification } from '../edfi/specification.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** How long what was fetched is taken for true while the API tells the same version: a day. */
const FRESH_MS = 24 * 60 * 60 * 1000;

export interface Knowledge {
  readonly discovery: Discovery;
  readonly model: ApiModel;
  readonly order: DependencyOrder;
  /** Changes when the API's version or data models do. */
  readonly version: string;
  /** Values of a descriptor type as `namespace#codeValue`; empty where the API offers none. */
  descriptorValues(type: string): Promise<readonly string[]>;
}

/** The API's version and data models as one text. */
const versionOf = (discovery: Discovery): string =>
  [discovery.version ?? '', ...discovery.dataModels.map((model) => `${model.name} ${model.version}`)].join('|');

/** `/ed-fi/gradeLevelDescriptors` → `GradeLevelDescriptor`, for specifications without a document of descriptors. */
function descriptorTypesIn(rows: readonly DependencyRow[] | undefined): string[] {
  return (rows ?? []).flatMap(({ resource }) => {
    const last = resource.slice(resource.lastIndexOf('/') + 1);
    return last.endsWith('Descriptors') ? [last.charAt(0).toUpperCase() + last.slice(1, -1)] : [];
  });
}

/**
 * @param now milliseconds
 * @throws Failure as the client does, when something is neither fresh in the ledger nor to be had from the API
 */
export async function loadKnowledge(
  client: EdFiClient,
  ledger: Ledger,
  connectionId: number,
  now: () => number,
): Promise<Knowledge> {
  const discovery = await client.discovery();
  await client.signIn();
  const version = versionOf(discovery);
  const remembered = async <T>(name: string, fetch: () => Promise<T>): Promise<T> => {
    const kept = ledger.cached(connectionId, name);
    if (kept !== undefined && kept.version === version && Math.abs(now() - kept.fetchedAt) < FRESH_MS) {
      return JSON.parse(kept.text) as T;
    }
    const fetched = await fetch();
    ledger.cache(connectionId, name, version, JSON.stringify(fetched ?? null), now());
    return fetched;
  };
  // The model, not the documents: a tenth of the size, and nothing to parse again.
  const { model, rows } = await remembered('specification', async () => {
    const resources = await client.openApi('resources');
    const descriptors = await client.openApi('descriptors');
    const dependencies = await client.dependencies();
    const parsed = parseSpecification(resources, descriptors, descriptorTypesIn(dependencies));
    return { model: parsed, rows: dependencies ?? null };
  });
  return {
    discovery,
    model,
    order: dependencyOrder(rows ?? undefined, model),
    version,
    async descriptorValues(type) {
      const resource = model.descriptors[type];
      if (resource === undefined) return [];
      return (await remembered(`descriptors ${type}`, () => client.descriptorValues(resource))) ?? [];
    },
  };
}
