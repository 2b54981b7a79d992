/** Lets at most `limit` calls go at once; the rest stand in line, first come first served. */
export interface Limiter {
  /** Those whose turn it is now. */
  readonly active: number;
  /** Resolves when it is the caller's turn, or as soon as `signal` fires (the place is then taken all the same: release it). */
  acquire(signal?: AbortSignal): Promise<void>;
  release(): void;
  /** Calls that are under way above a lower limit finish; none is stopped. */
  setLimit(limit: number): void;
}

export const createLimiter = (initial: number): Limiter => {
  let limit = initial;
  let active = 0;
  // A Set keeps the order of arrival and forgets one that gave up without a search.
  const line = new Set<() => void>();

  const admit = (): void => {
    for (const go of line) {
      if (active >= limit) return;
      line.delete(go);
      active += 1;
      go();
    }
  };

  return {
    get active() {
      return active;
    },
    acquire: (signal) => {
      if (active < limit && line.size === 0) {
        active += 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const giveUp = (): void => {
          if (!line.delete(go)) return;
          active += 1;
          resolve();
        };
        const go = (): void => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        };
        line.add(go);
        if (signal?.aborted) giveUp();
        else signal?.addEventListener('abort', giveUp, { once: true });
      });
    },
    release: () => {
      active -= 1;
      admit();
    },
    setLimit: (next) => {
      limit = next;
      admit();
    },
  };
};
