/**
 * What was looked for last, and what was found: kept while the window is open, so that one comes back from a record to where
 * one was, and a search goes on meanwhile. It holds what identifies a person: never in the address, and gone with the window.
 */
import { create } from 'zustand';
import type { FoundView } from '../../../core/contract/schemas.ts';
import { ask, asRefused, call, type Refused } from '../../client/client.ts';
import { say } from '../../state/live.ts';
import { plural } from '../../text/format.ts';

export interface Searched {
  readonly connection: string;
  readonly text: string;
  /** What the ledger knows first, without a place; then what the export has besides. */
  readonly found: readonly FoundView[];
  /** There are more than are shown. */
  readonly more: boolean;
  /** through: the whole export was looked through; stopped: a part of it; failed: it could not be. */
  readonly state: 'looking' | 'through' | 'stopped' | 'failed';
  readonly error?: Refused;
}

export const useSearched = create<{ readonly last: Searched | undefined }>(() => ({ last: undefined }));

const MOST = 100;

/** Counts the searches; what an older one finds is dropped. */
let asked = 0;

const keep = (last: Searched | undefined): void => useSearched.setState({ last });

export function forgetSearch(): void {
  asked += 1;
  keep(undefined);
}

/** @returns each record once: as the ledger knows it until the export says where it is */
export const joined = (known: readonly FoundView[], found: readonly FoundView[]): FoundView[] => [
  ...new Map([...known, ...found].map((one) => [one.reference, one])).values(),
];

/** Asks the ledger, and then has the last export looked through; what is found is shown as it comes. */
export async function search(connection: string, text: string): Promise<void> {
  asked += 1;
  const mine = asked;
  const isMine = (): boolean => mine === asked;
  let searched: Searched = { connection, text, found: [], more: false, state: 'looking' };
  const show = (change: Partial<Searched>): void => {
    searched = { ...searched, ...change };
    if (isMine()) keep(searched);
  };
  show({});
  try {
    const { found: known } = await ask('records.lookUp', { connection, text });
    if (!isMine()) return;
    show({ found: known });
    say(
      known.length === 0
        ? 'Looking through the last export.'
        : `${plural(known.length, 'record')} found in the ledger. Looking through the last export.`,
    );
    const whole = ask('records.search', { connection, text, limit: MOST });
    void tellSoFar(isMine, (found) => show({ found: joined(known, found) }));
    const { found, more } = await whole;
    if (!isMine()) return;
    show({ found: joined(known, found), more, state: 'through' });
    say(searched.found.length === 0 ? 'Nothing was found.' : `${plural(searched.found.length, 'record')} found.`);
  } catch (thrown) {
    show({ state: 'failed', error: asRefused(thrown) });
  }
}

/** Shows what the search that is under way finds, until it is over: its own answer says the rest, and what went wrong. */
async function tellSoFar(isMine: () => boolean, show: (found: readonly FoundView[]) => void): Promise<void> {
  const all: FoundView[] = [];
  for (;;) {
    const answer = await ask('records.foundSoFar', { seen: all.length }).catch(() => undefined);
    if (answer === undefined || answer.isOver || !isMine()) return;
    all.push(...answer.found);
    show(all);
  }
}

/** Ends the search; what was found stays. */
export function stopSearch(): void {
  asked += 1;
  const { last } = useSearched.getState();
  if (last !== undefined) keep({ ...last, state: 'stopped' });
  say('The search was stopped.');
  void call('records.stopSearch', {}).catch(() => undefined);
}

const REFERENCE = /^R-[0-9A-Z]{4}-[0-9A-Z]{2}$/i;

/** @returns the reference in its own writing, or undefined where the text is none */
export function referenceIn(text: string): string | undefined {
  const trimmed = text.trim();
  return REFERENCE.test(trimmed) ? trimmed.toUpperCase() : undefined;
}
