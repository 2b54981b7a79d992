/** What the ledger keeps of batches: the list, one from near, and the one that waits for the steward. */
import type { BatchDetailView, BatchView, CommandName, CommandOutput, ParsedInput } from './contract/schemas.ts';
import { numberIn } from './engine-problems.ts';
import { Failure } from './errors/failure.ts';
import type { BatchRow, ConnectionRow, Ledger } from './ledger/ledger.ts';
import { whole } from './sync/account.ts';
import { type KeptSummary, openWithBase } from './sync/sync.ts';
import { keptWaiting, type Waiting } from './sync/waiting.ts';

type HistoryCommand = Extract<CommandName, `batches.${string}`>;
type Handlers = { [N in HistoryCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };

export interface HistoryInput {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly find: (connection: string) => ConnectionRow;
}

/** What the ledger keeps of a batch; one of an older Rollbook has less in it. */
const summaryOf = (row: BatchRow): Partial<KeptSummary> =>
  row.summary === null ? {} : (JSON.parse(row.summary) as Partial<KeptSummary>);

/** @returns a batch as lists show it */
export function batchView(row: BatchRow): BatchView {
  const summary = summaryOf(row);
  return {
    id: row.id,
    state: row.state,
    approved: summary.approved ?? false,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    account: summary.account ?? null,
    resources: Object.fromEntries(
      Object.entries(summary.resources ?? {}).map(([resource, account]) => [resource, whole(account)]),
    ),
    requests: summary.requests ?? null,
    stoppedBy: summary.stoppedBy ?? null,
    timings: summary.timings ?? null,
  };
}

/**
 * @returns what the batch with this number waits with
 * @throws Failure `usage` where it does not wait, or another is newer
 */
export function waitingIn(ledger: Ledger, connectionId: number, id: number): Waiting {
  const newest = ledger.lastBatch(connectionId);
  const waiting = newest?.id === id && newest.state === 'waiting' ? keptWaiting(ledger, id) : undefined;
  if (waiting !== undefined) return waiting;
  throw new Failure(
    'usage',
    'This batch does not wait for approval any more. Look at the newest one, or make a new plan.',
  );
}

/** A batch that waited was approved, and another has done what it said: it is written down so. */
export function markApproved(ledger: Ledger, connectionId: number, id: number): void {
  const row = ledger.batch(connectionId, id);
  if (row === undefined) return;
  const summary = JSON.stringify({ ...summaryOf(row), approved: true });
  ledger.transaction(() => ledger.setBatch(id, row.state, summary, row.endedAt));
}

export function createHistoryRoom({ ledger, folder, find }: HistoryInput): { readonly handlers: Handlers } {
  /** Whether what a plan was made of is there as it was. */
  const stateOfExport = async (
    connectionId: number,
    { source, fingerprint }: Waiting,
  ): Promise<NonNullable<BatchDetailView['waiting']>['export']> => {
    try {
      const { signal } = new AbortController();
      const opened = await openWithBase({ ledger, folder, connectionId, source: source ?? undefined, signal });
      await opened.close();
      return opened.fingerprint === fingerprint ? 'same' : 'changed';
    } catch {
      // Whatever is wrong with it is said in words when it is looked at again.
      return 'gone';
    }
  };

  const handlers: Handlers = {
    'batches.list': async ({ connection, after, limit }) => {
      const before = after === undefined ? Number.MAX_SAFE_INTEGER : numberIn(after);
      const rows = ledger.batches(find(connection).id, before, limit);
      return { batches: rows.map(batchView), next: rows.length < limit ? null : String(rows.at(-1)?.id) };
    },
    'batches.show': async ({ connection, id }) => {
      const { id: connectionId } = find(connection);
      const row = ledger.batch(connectionId, id);
      if (row === undefined) {
        throw new Failure(
          'usage',
          `The connection has no batch with the number ${id}. Look at the list of its batches.`,
        );
      }
      const { guard, left, why } = summaryOf(row);
      const kept = keptWaiting(ledger, id);
      const isWaiting = row.state === 'waiting' && ledger.lastBatch(connectionId)?.id === id;
      return {
        ...batchView(row),
        by: row.by,
        guard: guard ?? kept?.plan.guard ?? [],
        left: left ?? null,
        why: why ?? null,
        plan: kept?.plan ?? null,
        waiting:
          kept === undefined || !isWaiting
            ? null
            : { source: kept.source, export: await stateOfExport(connectionId, kept), retry: kept.retry },
      };
    },
  };
  return { handlers };
}
