import type { Settings } from './options.ts';

/**
 * The one gate before which every call of a client waits after the API asked for a pause: a pause that only the call
 * that was told observes leaves the others hammering a server that said it is overloaded.
 */
export interface Gate {
  /** Closes the gate for `ms` from now; an earlier, longer pause stays. */
  close(ms: number): void;
  /** Resolves when the gate is open; gives the milliseconds it had to wait for. */
  pass(): Promise<number>;
  /** Milliseconds until it opens, 0 when it is open. */
  remaining(): number;
}

export const createGate = (settings: Pick<Settings, 'now' | 'sleep' | 'signal'>): Gate => {
  const { now, sleep, signal } = settings;
  let until = 0;
  let opening: Promise<void> | undefined;

  const remaining = (): number => (opening === undefined ? 0 : Math.max(0, until - now()));
  return {
    remaining,
    close: (ms) => {
      const next = now() + ms;
      if (opening !== undefined && next <= until) return;
      until = next;
      const mine = sleep(ms, signal).then(() => {
        if (opening === mine) opening = undefined;
      });
      opening = mine;
    },
    pass: async () => {
      let waited = 0;
      while (opening !== undefined) {
        waited += remaining();
        await opening;
      }
      return waited;
    },
  };
};
