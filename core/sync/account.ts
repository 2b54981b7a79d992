/**
 * The account of a batch: every record that was read is in exactly one column, or the batch is an error.
 * (Other tools count a dropped connection as done.)
 */
import { Failure } from '../errors/failure.ts';

export const OUTCOMES = [
  'created',
  'updated',
  'deleted',
  'unchanged',
  'rejected',
  'held',
  'failed',
  'skipped',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** `read` counts records mapped from the source, and records of the ledger that vanished from it. */
export type Account = Record<'read' | Outcome, number>;

export interface Accounts {
  /** Counts a record as read; `outcome` of it follows once. */
  read(resource: string): void;
  add(resource: string, outcome: Outcome): void;
  /** Takes an outcome back: a held record whose cause went away in the same batch. */
  remove(resource: string, outcome: Outcome): void;
  of(resource: string): Account;
  resources(): Record<string, Account>;
  total(): Account;
  /** @throws Failure `internal` when a record is in no column, or in two */
  check(): void;
}

export const emptyAccount = (): Account => ({
  read: 0,
  created: 0,
  updated: 0,
  deleted: 0,
  unchanged: 0,
  rejected: 0,
  held: 0,
  failed: 0,
  skipped: 0,
});

/** An account without its zeros, as the ledger keeps it: most resources have one number that is not. */
export const brief = (account: Account): Partial<Account> =>
  Object.fromEntries(Object.entries(account).filter(([, count]) => count !== 0));

/** The inverse of `brief`. */
export const whole = (kept: Partial<Account>): Account => ({ ...emptyAccount(), ...kept });

export function createAccounts(): Accounts {
  const byResource = new Map<string, Account>();
  const of = (resource: string): Account => {
    let account = byResource.get(resource);
    if (account === undefined) {
      account = emptyAccount();
      byResource.set(resource, account);
    }
    return account;
  };
  const total = (): Account => {
    const sum = emptyAccount();
    for (const account of byResource.values()) {
      sum.read += account.read;
      for (const outcome of OUTCOMES) sum[outcome] += account[outcome];
    }
    return sum;
  };
  return {
    read(resource) {
      of(resource).read += 1;
    },
    add(resource, outcome) {
      of(resource)[outcome] += 1;
    },
    remove(resource, outcome) {
      of(resource)[outcome] -= 1;
    },
    of,
    resources: () => Object.fromEntries(byResource),
    total,
    check() {
      for (const [resource, account] of byResource) {
        const counted = OUTCOMES.reduce((sum, outcome) => sum + account[outcome], 0);
        if (counted !== account.read) {
          throw new Failure(
            'internal',
            `The account of ${resource} does not add up: ${account.read} read, ${counted} accounted for. This is a fault in Rollbook; what the API confirmed is in the ledger.`,
          );
        }
      }
    },
  };
}
