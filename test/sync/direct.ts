/** A batch without the engine around it: ledger, client and settings in the test's own hands. */
import { onTestFinished } from 'vitest';
import type { EngineEvent } from '../../core/contract/schemas.ts';
import { createClient, type EdFiClient } from '../../core/edfi/client.ts';
import { type Ledger, openLedger } from '../../core/ledger/ledger.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { runSync, type SyncInput, type SyncOutcome } from '../../core/sync/sync.ts';
import { PLAIN } from './plain.ts';
import { newFolder } from './workbench.ts';

export const KEY = Buffer.alloc(32, 7);

export interface Direct {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly connectionId: number;
  readonly events: EngineEvent[];
  sync(source: string, input?: Partial<SyncInput>): Promise<SyncOutcome>;
}

export function direct(
  api: { readonly url: string; readonly key: string; readonly secret: string },
  options: {
    readonly attempts?: number;
    readonly folder?: string;
    readonly name?: string;
    readonly ledger?: Ledger;
  } = {},
): Direct {
  const folder = options.folder ?? newFolder();
  const ledger = options.ledger ?? openLedger(folder, createSeal(KEY));
  if (options.ledger === undefined) onTestFinished(() => ledger.close());
  const connectionId = ledger.addConnection(options.name ?? 'here', '{}', 1).id;
  const events: EngineEvent[] = [];
  return {
    ledger,
    folder,
    connectionId,
    events,
    async sync(source, input = {}) {
      const client: EdFiClient = createClient({
        url: api.url,
        key: api.key,
        secret: () => api.secret,
        maxConnections: 16,
        retry: { attempts: options.attempts ?? 1, baseMs: 1, capMs: 2, totalMs: 2_000 },
      });
      try {
        return await runSync({
          ...PLAIN,
          ledger,
          folder,
          connectionId,
          client,
          maxConnections: 16,
          source,
          now: Date.now,
          emit: (event) => void events.push(event),
          signal: new AbortController().signal,
          ...input,
        });
      } finally {
        await client.close();
      }
    },
  };
}
