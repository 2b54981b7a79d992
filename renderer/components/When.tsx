/** A time, relative, with the absolute on hover and focus. */
import { useSyncExternalStore } from 'react';
import { absolute, relative } from '../text/format.ts';
import { TextTip } from './Tip.tsx';

const EVERY_MS = 30_000;
let now = Date.now();
const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

/** One clock for all, so that two times on a screen never disagree. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** @returns milliseconds since 1970, new every half minute */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/**
 * @param at milliseconds since 1970
 * @param isPlain in a table: no stop for Tab; the absolute time is there on hover
 */
export function When({ at, isPlain = false }: { readonly at: number; readonly isPlain?: boolean }) {
  const current = useNow();
  // The clock stands between two ticks: what was written a moment ago is not in the future.
  const text = relative(at, at > current && at - current < EVERY_MS ? at : current);
  if (isPlain) {
    return (
      <time dateTime={new Date(at).toISOString()} title={absolute(at)}>
        {text}
      </time>
    );
  }
  return <TextTip text={absolute(at)}>{text}</TextTip>;
}
