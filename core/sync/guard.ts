/**
 * The net under a plan: an export that lost half its rows must not empty the API. (Roster products have taught people
 * to expect it: sources.md, The steward's day.)
 */
import type { ResourcePlan } from './plan.ts';

export interface GuardLimits {
  /** Deletes of a resource above this share of its confirmed records wait. */
  readonly deleteShare: number;
  /** Deletes in one batch above this number wait. */
  readonly deleteCount: number;
  /** Changes of a resource above this share of its confirmed records wait. */
  readonly changeShare: number;
  /** A resource with fewer confirmed records than this may change whole: a new calendar moves all six sessions. */
  readonly changeFloor: number;
}

export const DEFAULT_LIMITS: GuardLimits = { deleteShare: 0.1, deleteCount: 500, changeShare: 0.75, changeFloor: 20 };

export type GuardReason =
  | { readonly kind: 'deletes-share'; readonly resource: string; readonly count: number; readonly of: number }
  | { readonly kind: 'deletes-count'; readonly count: number; readonly limit: number }
  /** However few: whether they were ever this source's is not known. */
  | { readonly kind: 'deletes-adopted'; readonly resource: string; readonly count: number }
  | { readonly kind: 'changes-share'; readonly resource: string; readonly count: number; readonly of: number };

/**
 * @returns why the plan has to wait for the steward; empty when it may go
 */
export function guardPlan(resources: readonly ResourcePlan[], limits: GuardLimits = DEFAULT_LIMITS): GuardReason[] {
  const reasons: GuardReason[] = [];
  let allDeletes = 0;
  for (const plan of resources) {
    // A key change that has to be done as delete and create is a change: the item stays.
    const deletes = plan.deletes - plan.replaced;
    const changes = plan.updates + plan.replaced;
    allDeletes += deletes;
    // Items that may be at the API are not among those that the ledger has confirmed.
    const of = plan.existing + plan.soughtDeletes;
    if (deletes > of * limits.deleteShare) {
      reasons.push({ kind: 'deletes-share', resource: plan.resource, count: deletes, of });
    }
    if (plan.adoptedDeletes > 0) {
      reasons.push({ kind: 'deletes-adopted', resource: plan.resource, count: plan.adoptedDeletes });
    }
    if (plan.existing >= limits.changeFloor && changes > plan.existing * limits.changeShare) {
      reasons.push({ kind: 'changes-share', resource: plan.resource, count: changes, of: plan.existing });
    }
  }
  if (allDeletes > limits.deleteCount) {
    reasons.push({ kind: 'deletes-count', count: allDeletes, limit: limits.deleteCount });
  }
  return reasons;
}
