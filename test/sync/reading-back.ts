/** What audit and adopt need of a connection, as the engine would put it together. */
import { onTestFinished } from 'vitest';
import { createClient, type EdFiClient } from '../../core/edfi/client.ts';
import type { DependencyOrder } from '../../core/edfi/dependencies.ts';
import type { ApiModel } from '../../core/edfi/model.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import { compileMapping } from '../../core/mapping/compile.ts';
import { loadMapping, shippedMappingFor } from '../../core/mapping/load.ts';
import { type AdoptedResource, type AdoptInput, adoptConnection } from '../../core/sync/adopt.ts';
import { type AuditInput, type AuditResult, auditConnection } from '../../core/sync/audit.ts';
import { loadKnowledge } from '../../core/sync/knowledge.ts';
import type { MadeResource } from '../../core/sync/read-back.ts';

export interface ReadingBack {
  readonly client: EdFiClient;
  readonly model: ApiModel;
  readonly order: DependencyOrder;
  readonly resources: readonly MadeResource[];
  adopt(options?: Partial<AdoptInput>): Promise<Record<string, AdoptedResource>>;
  audit(options?: Partial<AuditInput>): Promise<AuditResult>;
}

export async function readingBack(
  api: { readonly url: string; readonly key: string; readonly secret: string },
  { ledger, connectionId }: { readonly ledger: Ledger; readonly connectionId: number },
): Promise<ReadingBack> {
  const client = createClient({
    url: api.url,
    key: api.key,
    secret: () => api.secret,
    maxConnections: 8,
    retry: { attempts: 1 },
  });
  onTestFinished(() => client.close());
  const { discovery, model, order } = await loadKnowledge(client, ledger, connectionId, Date.now);
  const mapping = await loadMapping(shippedMappingFor(discovery.dataStandard ?? '5.2'));
  const { resources } = compileMapping(mapping, model, { studentId: 'identifier' });
  const input = {
    ledger,
    connectionId,
    client,
    model,
    order,
    resources,
    parallel: 4,
    now: Date.now,
    onProgress: () => undefined,
    signal: undefined,
  };
  return {
    client,
    model,
    order,
    resources,
    adopt: (options = {}) => adoptConnection({ ...input, ...options }),
    audit: (options = {}) => auditConnection({ ...input, full: false, ...options }),
  };
}

/** The sum of one column over all resources. */
export const sum = <T>(resources: Readonly<Record<string, T>>, column: keyof T): number =>
  Object.values(resources).reduce((total, counts) => total + Number(counts[column]), 0);
