/** Batches, plans and accounts in a steward's words. */
import type { AccountView, BatchView, PlanView, ResourcePlanView } from '../../../core/contract/schemas.ts';
import type { IconName } from '../../components/icons.tsx';
import type { Tone } from '../../components/Notice.tsx';
import type { Approved } from '../../state/batch.ts';
import { absolute, list, plural } from '../../text/format.ts';
import { plainly } from '../../text/names.ts';

export interface Word {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: IconName;
}

/** @param isNewest of its connection: only the newest can still wait, or run */
export function stateOf(
  { state, account, approved }: Pick<BatchView, 'state' | 'account' | 'approved'>,
  isNewest: boolean,
  isRunning: boolean,
): Word {
  switch (state) {
    case 'planning':
    case 'sending':
      return isNewest && isRunning
        ? { word: 'Under way', tone: 'info', icon: 'batches' }
        : { word: 'Cut off', tone: 'wait', icon: 'warning' };
    case 'waiting':
      if (approved) return { word: 'Approved', tone: 'good', icon: 'check' };
      return isNewest
        ? { word: 'Waits for approval', tone: 'wait', icon: 'wait' }
        : { word: 'Not approved', tone: 'info', icon: 'minus' };
    case 'stopped':
      return { word: 'Ended early', tone: 'wait', icon: 'warning' };
    case 'done':
      return account !== null && account.rejected + account.held + account.failed > 0
        ? { word: 'Done, with problems', tone: 'wait', icon: 'warning' }
        : { word: 'Done', tone: 'good', icon: 'check' };
  }
}

const STOPPED: Readonly<Record<string, string>> = {
  cancelled: 'Stopped by hand',
  'api-unreachable': 'The API went away',
  'credentials-refused': 'The API refused the key',
  'secret-missing': 'The secret was missing',
  'disk-full': 'The disk was full',
  'source-unusable': 'The export could not be read',
};

/** @param code the failure's, as the ledger keeps it */
export const stoppedInWords = (code: string): string => STOPPED[code] ?? `Ended early (${code})`;

type Term = keyof AccountView;

/** The account in the order of its sum. */
export const TERMS: readonly {
  readonly of: Exclude<Term, 'read'>;
  readonly tone?: 'good' | 'wait' | 'bad';
  readonly meaning: string;
}[] = [
  { of: 'created', tone: 'good', meaning: 'New: the API has them now.' },
  { of: 'updated', tone: 'good', meaning: 'The API had them, and has them now as the export says.' },
  { of: 'deleted', tone: 'good', meaning: 'No longer in the export, and gone from the API.' },
  { of: 'unchanged', meaning: 'The API has them as the export says already. Nothing was sent.' },
  {
    of: 'rejected',
    tone: 'bad',
    meaning:
      'Found to be wrong before they were sent. They go once they are corrected in the SIS, or their codes are paired.',
  },
  { of: 'held', tone: 'wait', meaning: 'Nothing is wrong with them; they wait for a record that is.' },
  { of: 'failed', tone: 'bad', meaning: 'The API refused them.' },
  {
    of: 'skipped',
    meaning: 'Not sent: the API has them anyway, they are in the export twice, or the batch did not come to them.',
  },
];
export const READ_MEANING =
  'Every record that the export makes, and every record sent before that the export has no longer.';

/** `4,012 created, 12 updated and 3 deleted`; empty where nothing was changed. */
export function changedInWords({ created, updated, deleted }: AccountView): string {
  const parts = [
    [created, 'created'],
    [updated, 'updated'],
    [deleted, 'deleted'],
  ] as const;
  return list(parts.filter(([count]) => count > 0).map(([count, word]) => `${count.toLocaleString('en-US')} ${word}`));
}

export interface Totals {
  readonly creates: number;
  readonly updates: number;
  /** Records that go, and do not come back under another key. */
  readonly deletes: number;
  /** Records that keep what they are and get another key. */
  readonly keyChanges: number;
  /** All that is sent. */
  readonly changes: number;
  readonly rejected: number;
  readonly held: number;
}

type Row = Pick<ResourcePlanView, 'creates' | 'updates' | 'deletes' | 'replaced' | 'keyChanges' | 'rejected' | 'held'>;

/** What a row of the plan comes to: a key change is none of the others. */
export function workOf({ creates, updates, deletes, replaced, keyChanges }: Row): Omit<Totals, 'rejected' | 'held'> {
  // One that is made anew under its key is a create and a delete; the others are an update.
  const inPlace = keyChanges - replaced;
  return {
    creates: creates - replaced,
    updates: updates - inPlace,
    deletes: deletes - replaced,
    keyChanges,
    changes: creates + updates + deletes - replaced,
  };
}

export function totalsOf({ resources }: PlanView): Totals {
  const sum = { creates: 0, updates: 0, deletes: 0, keyChanges: 0, changes: 0, rejected: 0, held: 0 };
  for (const row of resources) {
    const work = workOf(row);
    sum.creates += work.creates;
    sum.updates += work.updates;
    sum.deletes += work.deletes;
    sum.keyChanges += work.keyChanges;
    sum.changes += work.changes;
    sum.rejected += row.rejected;
    sum.held += row.held;
  }
  return sum;
}

/** `1,204 changes, 312 of them deletions` */
export function changesInWords({ changes, deletes }: Pick<Totals, 'changes' | 'deletes'>): string {
  const all = plural(changes, 'change');
  if (deletes === 0) return all;
  if (deletes === changes) return plural(deletes, 'deletion');
  return `${all}, ${deletes.toLocaleString('en-US')} of them ${deletes === 1 ? 'a deletion' : 'deletions'}`;
}

/** What an approval of this plan is for, and no more. */
export const approvalOf = ({ resources }: PlanView): Approved =>
  Object.fromEntries(
    resources.map(({ resource, updates, deletes, replaced }) => [
      resource,
      { changes: updates + replaced, deletes: deletes - replaced },
    ]),
  );

/** Above this, the steward types the number. */
export const MANY_DELETES = 100;

/** `Batch 12, Sat, Nov 21, 2026, 6:12 AM` */
export const batchName = ({ id, startedAt }: Pick<BatchView, 'id' | 'startedAt'>): string =>
  `Batch ${id}, ${absolute(startedAt)}`;

/** A notice of the engine: what speaks of the API's model has its names as words, what speaks of files has theirs. */
export const noticeInWords = (code: string, sentence: string): string =>
  /^(?:api|resource|property|sent)-/.test(code) ? plainly(sentence) : sentence;
