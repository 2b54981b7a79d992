import { expect, test } from 'vitest';
import type { OverviewView } from '../../core/contract/schemas.ts';
import { chartDays, nextInWords, summaryOf } from '../../renderer/screens/overview/words.ts';

const quiet = { batches: 0, created: 0, updated: 0, deleted: 0, failed: 0, held: 0, rejected: 0 };
const days: OverviewView['days'] = [
  { ...quiet, date: '2026-11-01' },
  { ...quiet, date: '2026-11-02', batches: 2, created: 100, updated: 20, deleted: 3, failed: 4, held: 5, rejected: 6 },
];

test('A day keeps its date in every time zone, and its numbers their meaning', () => {
  expect(chartDays(days)).toEqual([
    { name: 'Sun, Nov 1', label: 'Nov 1', values: [0, 0, 0] },
    { name: 'Mon, Nov 2', label: 'Nov 2', values: [123, 5, 10] },
  ]);
});

test('The chart is told in a sentence', () => {
  expect(summaryOf(days)).toBe('123 records confirmed in 2 batches of the last 2 days, most on Mon, Nov 2.');
  expect(summaryOf([{ ...quiet, date: '2026-11-01' }])).toBe('No batch in the last 1 days.');
});

test('What to do next leads to where it is done', () => {
  expect(nextInWords({ kind: 'map-codes', count: 1 }, 'north')).toEqual({
    text: 'Pair 1 code of your SIS with what the state calls it.',
    place: 'descriptors',
    path: ['north'],
  });
  expect(nextInWords({ kind: 'fix-problems', count: 2 }, 'north').text).toBe(
    'Look at 2 problems that keep records back.',
  );
  expect(nextInWords({ kind: 'secret-missing', count: null }, 'north')).toMatchObject({
    place: 'connections',
    path: ['north', 'rotate'],
  });
});
