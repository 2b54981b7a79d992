/**
 * The API read back: what runs for each connection, and what it found. Kept while the window is open, because reading a large
 * API takes long, and the steward may look at another screen meanwhile. Counts only, nothing of a person.
 */
import { create } from 'zustand';
import type { AuditView } from '../../core/contract/schemas.ts';
import { asRefused, call, type OutputOf, type Refused } from '../client/client.ts';
import { plural } from '../text/format.ts';
import { say } from './live.ts';

export type Adopted = OutputOf<'adopt.run'>;

/** Comparing or taking over: while it runs (all absent), and how it ended. */
export interface Reading<T> {
  /** Milliseconds since 1970; when it ended. */
  readonly at?: number;
  readonly found?: T;
  readonly error?: Refused;
}

interface ReadBackState {
  readonly audits: Readonly<Record<string, Reading<AuditView>>>;
  readonly adoptions: Readonly<Record<string, Reading<Adopted>>>;
}

export const useReadBack = create<ReadBackState>(() => ({ audits: {}, adoptions: {} }));

const { setState: set } = useReadBack;

export const isReading = (reading: Reading<unknown> | undefined): boolean =>
  reading !== undefined && reading.at === undefined;

const audited = (connection: string, reading: Reading<AuditView>): void =>
  set(({ audits }) => ({ audits: { ...audits, [connection]: reading } }));

const adopted = (connection: string, reading: Reading<Adopted>): void =>
  set(({ adoptions }) => ({ adoptions: { ...adoptions, [connection]: reading } }));

/** @returns what the ledger and the API do not agree about, in records */
export const differences = ({ resources }: AuditView): number =>
  Object.values(resources).reduce((sum, one) => sum + one.missing + one.unknown + one.differing, 0);

/** Compares the ledger with the API. Comes back when it has ended; how, is in `audits`. */
export async function compare(connection: string, full: boolean): Promise<void> {
  audited(connection, {});
  try {
    const found = await call('audit.run', { connection, full });
    const count = differences(found);
    audited(connection, { at: Date.now(), found });
    say(
      count === 0
        ? 'Compared: the API and the ledger agree.'
        : `Compared: ${plural(count, 'record')} ${count === 1 ? 'is' : 'are'} not the same.`,
    );
  } catch (thrown) {
    audited(connection, { at: Date.now(), error: asRefused(thrown) });
  }
}

/** Has the ledger learn what the API has. Comes back when it has ended; how, is in `adoptions`. */
export async function takeOver(connection: string): Promise<void> {
  adopted(connection, {});
  // What was compared before is no longer so.
  set(({ audits: { [connection]: _, ...audits } }) => ({ audits }));
  try {
    const found = await call('adopt.run', { connection });
    const count = Object.values(found).reduce((sum, one) => sum + one.adopted + one.matched, 0);
    adopted(connection, { at: Date.now(), found });
    say(`${plural(count, 'record was', 'records were')} taken over.`);
  } catch (thrown) {
    adopted(connection, { at: Date.now(), error: asRefused(thrown) });
  }
}
