/** The machine's sleep and its network, and keeping it awake while something is sent. */
import { net, powerMonitor, powerSaveBlocker } from 'electron';

/** Electron tells of no change of the network: it is asked. */
const ASK_EVERY = 3000;

export type ReachChange = 'online' | 'offline' | 'awake';

export interface Reach {
  isOnline(): boolean;
  /** Rises each time the machine slept or lost its network: what was under way meanwhile may have failed for that. */
  interruptions(): number;
  /** Resolves as soon as there is a network; at once where there is one. Rejects when the signal says so. */
  untilOnline(signal: AbortSignal): Promise<void>;
  /** Calls back at each change. @returns what ends that */
  listen(listener: (change: ReachChange) => void): () => void;
  close(): void;
}

/** Watches the network and the machine's sleep; while it sleeps, there is no network. */
export function watchReach(): Reach {
  let isAwake = true;
  let isOnline = net.isOnline();
  let interruptions = 0;
  const waiting = new Set<() => void>();
  const listeners = new Set<(change: ReachChange) => void>();
  const tell = (change: ReachChange): void => {
    for (const listener of [...listeners]) listener(change);
  };
  const look = (): void => {
    const now = isAwake && net.isOnline();
    if (now === isOnline) return;
    isOnline = now;
    if (!now) interruptions += 1;
    else for (const go of [...waiting]) go();
    tell(now ? 'online' : 'offline');
  };
  const timer = setInterval(look, ASK_EVERY);
  const sleep = (): void => {
    isAwake = false;
    look();
  };
  const wake = (): void => {
    isAwake = true;
    look();
    tell('awake');
  };
  powerMonitor.on('suspend', sleep);
  powerMonitor.on('resume', wake);
  return {
    isOnline: () => isOnline,
    interruptions: () => interruptions,
    untilOnline(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (isOnline) return resolve();
        const end = (): void => {
          waiting.delete(go);
          signal.removeEventListener('abort', stop);
        };
        const go = (): void => {
          end();
          resolve();
        };
        const stop = (): void => {
          end();
          reject(signal.reason);
        };
        waiting.add(go);
        signal.addEventListener('abort', stop);
      });
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      clearInterval(timer);
      powerMonitor.off('suspend', sleep);
      powerMonitor.off('resume', wake);
    },
  };
}

/** @returns a function that keeps the machine from sleeping (its screen may go dark), or lets it again */
export function createWakefulness(): (isNeeded: boolean) => void {
  let id: number | undefined;
  return (isNeeded) => {
    if (isNeeded) id ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (id !== undefined) {
      powerSaveBlocker.stop(id);
      id = undefined;
    }
  };
}
