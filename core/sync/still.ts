/**
 * What a batch came to that had nothing to send. While the export, the mapping and the ledger are as they were, the next
 * one comes to the same, and nothing has to be read for it: with a look every few minutes that is most of them.
 */
import type { Ledger } from '../ledger/ledger.ts';
import { type Account, createAccounts } from './account.ts';
import type { Notice } from './api-changes.ts';
import { createHashes } from './hashes.ts';
import { createOperations } from './operations.ts';
import type { Plan } from './plan.ts';

/** On what a plan depends: of the export, of the mapping with all it needs, of the connection, and of the ledger. */
export interface Premises {
  readonly fingerprint: string;
  readonly version: string;
  readonly vanished: string;
  /** How often the ledger was changed, as `Ledger.changes` tells it. */
  readonly changes: number;
}

interface Still {
  readonly premises: Premises;
  readonly plan: Pick<Plan, 'resources' | 'names' | 'resourceIds'>;
  readonly accounts: Readonly<Record<string, Account>>;
  readonly warned: readonly Notice[];
}

/** Kept while the ledger is open; a process that begins reads once. */
const kept = new WeakMap<Ledger, Map<number, Still>>();

/** Whether a plan has nothing to send. */
const isStill = ({ resources }: Plan): boolean =>
  resources.every(({ creates, updates, deletes }) => creates + updates + deletes === 0);

/** Keeps what a batch came to, if the next one can come to the same; what was kept before goes. */
export function keepStill(
  ledger: Ledger,
  connectionId: number,
  premises: Premises,
  plan: Plan,
  warned: readonly Notice[],
): void {
  const all = kept.get(ledger) ?? new Map<number, Still>();
  kept.set(ledger, all);
  all.delete(connectionId);
  if (isStill(plan)) all.set(connectionId, { premises, plan, accounts: plan.accounts.resources(), warned });
}

/** @returns the plan, and what was told of it, where nothing changed since; its account is a new one */
export function stillPlan(
  ledger: Ledger,
  connectionId: number,
  now: Premises,
): { readonly plan: Plan; readonly warned: readonly Notice[] } | undefined {
  const still = kept.get(ledger)?.get(connectionId);
  if (still === undefined) return undefined;
  const { premises } = still;
  if (
    premises.fingerprint !== now.fingerprint ||
    premises.version !== now.version ||
    premises.vanished !== now.vanished ||
    premises.changes !== now.changes
  ) {
    return undefined;
  }
  const accounts = createAccounts();
  for (const [resource, account] of Object.entries(still.accounts)) Object.assign(accounts.of(resource), account);
  return {
    plan: {
      ...still.plan,
      operations: createOperations(),
      accounts,
      hashes: createHashes(ledger.seal),
      untied: new Map(),
      sought: new Set(),
      onlySought: new Set(),
      adrift: new Set(),
      mayBeCarried: [],
      staying: new Set(),
      isTied: () => false,
    },
    warned: still.warned,
  };
}
