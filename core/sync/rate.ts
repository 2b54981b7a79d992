/** Records a second over the last few seconds, for a progress bar that tells how things go now. */
export interface Rate {
  /** @param done in all so far @param now milliseconds of a steady clock @returns records a second */
  update(done: number, now: number): number;
}

const WINDOW_MS = 5_000;
const STEP_MS = 250;

export function createRate(start: number): Rate {
  const points: { at: number; done: number }[] = [{ at: start, done: 0 }];
  return {
    update(done, now) {
      const last = points[points.length - 1] as { at: number; done: number };
      if (now - last.at >= STEP_MS) points.push({ at: now, done });
      while (points.length > 1 && now - (points[0] as { at: number }).at > WINDOW_MS) points.shift();
      const first = points[0] as { at: number; done: number };
      const seconds = (now - first.at) / 1000;
      return seconds < 0.05 ? 0 : Math.max(0, done - first.done) / seconds;
    },
  };
}
