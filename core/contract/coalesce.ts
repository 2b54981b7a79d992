/** Events on their way to a screen: at most ten deliveries a second, whatever the engine does. */
import type { AnyEvent, AnyEventType, EventOf } from './bridge.ts';

/**
 * For each event, the key under which only the newest counts; null where each one counts. A new event does not compile
 * until it is decided which it is.
 */
const newestWins: { readonly [T in AnyEventType]: ((event: EventOf<T>) => string) | null } = {
  progress: () => 'progress',
  plan: null,
  notice: null,
  batch: null,
  // The whole view each time.
  schedule: ({ connection }) => `schedule ${connection}`,
  'test-step': null,
  'host-state': () => 'host-state',
  go: null,
};

const keyOf = (event: AnyEvent): string | null =>
  (newestWins[event.type] as ((event: AnyEvent) => string) | null)?.(event) ?? null;

export interface EventQueue {
  push(event: AnyEvent): void;
  /** @returns what is waiting, in the order it came (of those that replace each other, the newest, in its own place) */
  take(): AnyEvent[];
}

/** @returns a queue that forgets what has been replaced by something newer, and nothing else */
export function createEventQueue(): EventQueue {
  /** By key where newer ones replace older ones, else by a number of its own. */
  let waiting = new Map<string | number, AnyEvent>();
  let last = 0;
  return {
    push(event) {
      last += 1;
      const key = keyOf(event) ?? last;
      waiting.delete(key);
      waiting.set(key, event);
    },
    take() {
      const events = [...waiting.values()];
      waiting = new Map();
      return events;
    },
  };
}

export interface Coalescer {
  push(event: AnyEvent): void;
  /** Delivers what is waiting now, and nothing any more. */
  close(): void;
}

export const DELIVERIES_PER_SECOND = 10;

/**
 * @param deliver takes the events that came since it was last called; called at once for the first, then at most ten times
 *   a second
 */
export function createCoalescer(deliver: (events: readonly AnyEvent[]) => void): Coalescer {
  const queue = createEventQueue();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  const flush = (): void => {
    const events = queue.take();
    timer = undefined;
    if (events.length === 0) return;
    timer = setTimeout(flush, 1000 / DELIVERIES_PER_SECOND);
    deliver(events);
  };
  return {
    push(event) {
      if (isClosed) return;
      queue.push(event);
      if (timer === undefined) flush();
    },
    close() {
      clearTimeout(timer);
      isClosed = true;
      const events = queue.take();
      if (events.length > 0) deliver(events);
    },
  };
}
