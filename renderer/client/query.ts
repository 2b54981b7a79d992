/**
 * What is shown, and kept true: one entry a question, shared by all who ask it, read again when a command that touches it
 * has been done. Nothing is polled.
 */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { type AnyCommand, ask, asRefused, call, type InputOf, type OutputOf, type Refused } from './client.ts';
import { type Domain, touches } from './touches.ts';

export type Query<T> =
  | { readonly state: 'loading'; readonly again: () => void }
  | { readonly state: 'failed'; readonly error: Refused; readonly again: () => void }
  /** `isStale`: a newer answer is on its way. */
  | { readonly state: 'ready'; readonly data: T; readonly isStale: boolean; readonly again: () => void };

interface Entry {
  readonly command: AnyCommand;
  readonly input: unknown;
  readonly listeners: Set<() => void>;
  view: Query<unknown>;
  /** Counts the times it was asked; an answer to an older question is dropped. */
  asked: number;
  isDue: boolean;
}

/** Entries that nobody shows; what is older goes, for it may hold personal data. */
const KEPT_UNSHOWN = 20;
const entries = new Map<string, Entry>();

function entryOf(command: AnyCommand, input: unknown): Entry {
  const key = `${command} ${JSON.stringify(input)}`;
  const known = entries.get(key);
  if (known !== undefined) return known;
  const entry: Entry = {
    command,
    input,
    listeners: new Set(),
    view: { state: 'loading', again: () => read(entry) },
    asked: 0,
    isDue: true,
  };
  entries.set(key, entry);
  const unshown = [...entries].filter(([, one]) => one.listeners.size === 0 && one !== entry);
  for (const [old] of unshown.slice(0, Math.max(0, unshown.length - KEPT_UNSHOWN))) entries.delete(old);
  return entry;
}

function show(entry: Entry, view: Query<unknown>): void {
  entry.view = view;
  for (const listener of entry.listeners) listener();
}

function read(entry: Entry): void {
  const { again } = entry.view;
  entry.asked += 1;
  entry.isDue = false;
  const asked = entry.asked;
  show(entry, entry.view.state === 'ready' ? { ...entry.view, isStale: true } : { state: 'loading', again });
  ask(entry.command, entry.input as InputOf<AnyCommand>).then(
    (data) => {
      if (asked === entry.asked) show(entry, { state: 'ready', data, isStale: false, again });
    },
    (thrown: unknown) => {
      if (asked === entry.asked) show(entry, { state: 'failed', error: asRefused(thrown), again });
    },
  );
}

/** How often each domain was changed: lists that are read page by page begin anew. */
const changes = new Map<Domain, number>();
const changeListeners = new Set<() => void>();
const subscribeChanges = (listener: () => void): (() => void) => {
  changeListeners.add(listener);
  return () => void changeListeners.delete(listener);
};

/** Has everything read again that belongs to a domain: at once where it is shown, else when it next is. */
export function invalidate(domains: readonly Domain[]): void {
  for (const entry of entries.values()) {
    if (!domains.includes(entry.command.split('.')[0] as Domain)) continue;
    if (entry.listeners.size > 0) read(entry);
    else entry.isDue = true;
  }
  for (const domain of domains) changes.set(domain, (changes.get(domain) ?? 0) + 1);
  for (const listener of changeListeners) listener();
}

/** For client.ts: what a command may have changed is read again. */
export const invalidateAfter = (command: AnyCommand): void => invalidate(touches[command]);

const NOTHING: Query<never> = { state: 'loading', again: () => undefined };

/**
 * Asks a reading command and shows its answer as long as the component is there.
 * @param input undefined asks nothing yet: `loading` until it is there
 */
export function useQuery<N extends AnyCommand>(command: N, input: InputOf<N> | undefined): Query<OutputOf<N>> {
  const key = input === undefined ? undefined : JSON.stringify(input);
  const subscribe = useCallback(
    (listener: () => void) => {
      if (key === undefined) return () => undefined;
      const entry = entryOf(command, JSON.parse(key));
      entry.listeners.add(listener);
      if (entry.isDue) read(entry);
      return () => void entry.listeners.delete(listener);
    },
    [command, key],
  );
  const snapshot = useCallback(
    () => (key === undefined ? NOTHING : entryOf(command, JSON.parse(key)).view),
    [command, key],
  );
  return useSyncExternalStore(subscribe, snapshot) as Query<OutputOf<N>>;
}

export interface Act<N extends AnyCommand> {
  /** Does it. @returns the answer, or undefined where it was refused (`error` then says why) */
  readonly run: (input: InputOf<N>) => Promise<OutputOf<N> | undefined>;
  readonly isBusy: boolean;
  readonly error: Refused | undefined;
  readonly clear: () => void;
}

/** A command that a person sets off: busy while it runs, and why it was refused where it was. */
export function useAct<N extends AnyCommand>(command: N): Act<N> {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Refused>();
  const run = useCallback(
    async (input: InputOf<N>) => {
      setBusy(true);
      setError(undefined);
      try {
        return await call(command, input);
      } catch (thrown) {
        setError(asRefused(thrown));
        return undefined;
      } finally {
        setBusy(false);
      }
    },
    [command],
  );
  return { run, isBusy, error, clear: useCallback(() => setError(undefined), []) };
}

export interface Pages<T> {
  readonly rows: readonly T[];
  readonly state: 'loading' | 'ready' | 'failed';
  readonly error: Refused | undefined;
  readonly hasMore: boolean;
  /** Reads the following page; does nothing while one is on its way. */
  readonly more: () => void;
  /** Begins anew, after an error. */
  readonly again: () => void;
}

interface Page<T> {
  readonly rows: readonly T[];
  /** The key the following page is asked with; null after the last. */
  readonly next: string | null;
}
type ReadPage<T> = (after: string | undefined) => Promise<Page<T>>;
interface PagesState<T> {
  readonly read: ReadPage<T>;
  readonly version: number;
  readonly rows: readonly T[];
  /** Undefined where the first page could not be read. */
  readonly next: string | null | undefined;
  readonly error: Refused | undefined;
}

/**
 * A list that is read page by page, as it is scrolled; it begins anew when its domain was changed.
 * @param domain the first word of the command that reads it
 * @param read gives the page after a key (undefined: the first). Wrap it in useCallback: another function is another list
 */
export function usePages<T>(domain: Domain, read: ReadPage<T>): Pages<T> {
  const changed = useSyncExternalStore(subscribeChanges, () => changes.get(domain) ?? 0);
  const [begun, setBegun] = useState(0);
  const version = changed + begun;
  const [held, setHeld] = useState<PagesState<T>>();
  // No state: that a page is on its way changes nothing of what is shown, and to show a long table again is work.
  const reading = useRef<Pick<PagesState<T>, 'read' | 'version'>>(undefined);
  const state = held?.read === read && held.version === version ? held : undefined;

  const more = useCallback(() => {
    const isReading = reading.current?.read === read && reading.current.version === version;
    if (isReading || state?.next === null || state?.error !== undefined) return;
    const asked = { read, version };
    reading.current = asked;
    const rows = state?.rows ?? [];
    const next = state?.next;
    const show = (made: Pick<PagesState<T>, 'rows' | 'next' | 'error'>): void => {
      // Another list, or the same anew, was asked for meanwhile.
      if (reading.current !== asked) return;
      reading.current = undefined;
      setHeld({ ...asked, ...made });
    };
    read(next).then(
      (page) => show({ rows: [...rows, ...page.rows], next: page.next, error: undefined }),
      (thrown: unknown) => show({ rows, next, error: asRefused(thrown) }),
    );
  }, [state, read, version]);
  useEffect(() => {
    if (state === undefined) more();
  }, [state, more]);

  // While a list begins anew, what was there stays to be seen; another list shows nothing of the one before.
  const shown = state ?? (held?.read === read ? held : undefined);
  return {
    rows: shown?.rows ?? [],
    state: state?.error !== undefined ? 'failed' : shown?.next === undefined ? 'loading' : 'ready',
    error: state?.error,
    hasMore: shown?.next !== null,
    more,
    again: useCallback(() => setBegun((n) => n + 1), []),
  };
}
