/** The short form of the soak: two periods of three days, so that a leak or a wrong record on any day is met before a merge. */
import { beforeEach, expect, test } from 'vitest';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { soak } from './live.ts';
import { rise } from './measure.ts';

const MB = 1024 * 1024;

// A gateway's page or half an answer fits no entry of the catalogue, and is not meant to.
beforeEach(junkOnPurpose);

test('days go by with faults of every kind: the API equals the source, and nothing stays open', async () => {
  const lines: string[] = [];
  const report = await soak({
    forMs: 0,
    leastPeriods: 2,
    seed: 3,
    students: 10,
    period: 3,
    warmUp: 1,
    share: 0.01,
    // Few days tell little of memory: this is for what leaks by the megabyte.
    bounds: { heap: 16 * MB, external: 16 * MB, rss: 256 * MB },
    say: (line) => void lines.push(line),
  });
  expect(report.days).toBe(7);
  expect(lines.filter((line) => line.startsWith('day '))).toHaveLength(7);
  expect(report.requests).toBeGreaterThan(500);
  // Not so lucky as to have met nothing.
  expect(Object.values(report.struck).filter((count) => count > 0).length).toBeGreaterThan(5);
}, 180_000);

test('a rise is told from a single high value', () => {
  expect(rise([5, 5, 90, 5, 5, 5])).toBe(0);
  expect(rise([1, 2, 3, 4, 5])).toBe(4);
  expect(rise([9, 9])).toBe(0);
});
