/** What is known of the network where no system tells: it is there, unless a test says otherwise. */
import type { Reach, ReachChange } from '../main/power.ts';

export interface ToldReach extends Reach {
  /** Takes the network away, or gives it back. */
  setOnline(isOnline: boolean): void;
}

export function createReach(): ToldReach {
  let isOnline = true;
  let interruptions = 0;
  const listeners = new Set<(change: ReachChange) => void>();
  return {
    isOnline: () => isOnline,
    interruptions: () => interruptions,
    untilOnline: (signal) =>
      new Promise((resolve, reject) => {
        if (isOnline) return resolve();
        const listen = (change: ReachChange): void => {
          if (change === 'online') end(resolve);
        };
        const give = (): void => end(() => reject(signal.reason));
        const end = (act: () => void): void => {
          listeners.delete(listen);
          signal.removeEventListener('abort', give);
          act();
        };
        listeners.add(listen);
        signal.addEventListener('abort', give);
      }),
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => listeners.clear(),
    setOnline(now) {
      if (now === isOnline) return;
      isOnline = now;
      if (!now) interruptions += 1;
      for (const listener of [...listeners]) listener(now ? 'online' : 'offline');
    },
  };
}
