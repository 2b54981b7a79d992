/** What a batch that waits for approval keeps in the ledger, sealed: it is looked at, and approved, whenever the steward comes. */
import type { PlanView } from '../contract/schemas.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ResourcePlan } from './plan.ts';

export interface Waiting {
  /** The folder or zip it was made of; null where it was made of the last export that was sent. */
  readonly source: string | null;
  /** Of that export, as it was. */
  readonly fingerprint: string;
  readonly retry: boolean;
  /** Counts, samples by file and row, and the guard's sentences. */
  readonly plan: PlanView;
}

/** Keeps it, in the caller's transaction. */
export function keepWaiting(
  ledger: Ledger,
  batchId: number,
  { source, retry }: { readonly source: string | undefined; readonly retry: boolean },
  fingerprint: string,
  resources: readonly ResourcePlan[],
  guard: readonly string[],
): void {
  const kept: Waiting = {
    source: source ?? null,
    fingerprint,
    retry,
    plan: {
      resources: resources.map(({ adoptedDeletes: _, soughtDeletes: __, samples, ...counts }) => ({
        ...counts,
        samples: {
          create: samples.create.map(({ file, row }) => ({ file, row })),
          update: samples.update.map(({ file, row }) => ({ file, row })),
          delete: samples.delete,
        },
      })),
      guard: [...guard],
    },
  };
  ledger.keepPlan(batchId, JSON.stringify(kept));
}

/** @returns what a batch waits with, or waited; undefined where it never did */
export function keptWaiting(ledger: Ledger, batchId: number): Waiting | undefined {
  const text = ledger.keptPlan(batchId);
  return text === undefined ? undefined : (JSON.parse(text) as Waiting);
}
