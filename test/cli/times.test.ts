/** Times as a person gives them. */
import { describe, expect, test } from 'vitest';
import { spanOf } from '../../core/cli/times.ts';

/** A Saturday afternoon, in whatever time zone the tests run. */
const now = new Date(2026, 10, 21, 14, 30).getTime();
const at = (...[year, month, ...rest]: [number, number, number, number?, number?]): number =>
  new Date(year, month - 1, ...rest).getTime();
const HOUR = 3_600_000;

describe('a time', () => {
  test.each<[string, number, number]>([
    ['today', at(2026, 11, 21), at(2026, 11, 22) - 1],
    ['Yesterday', at(2026, 11, 20), at(2026, 11, 21) - 1],
    ['2026-11-01', at(2026, 11, 1), at(2026, 11, 2) - 1],
    ['2028-02-29', at(2028, 2, 29), at(2028, 3, 1) - 1],
    ['2026-11-20T09:15', at(2026, 11, 20, 9, 15), at(2026, 11, 20, 9, 15)],
    ['2026-11-20 09:15', at(2026, 11, 20, 9, 15), at(2026, 11, 20, 9, 15)],
    ['2026-11-20T09:15:00Z', Date.UTC(2026, 10, 20, 9, 15), Date.UTC(2026, 10, 20, 9, 15)],
    ['2026-11-20T09:15:00-06:00', Date.UTC(2026, 10, 20, 15, 15), Date.UTC(2026, 10, 20, 15, 15)],
    ['2h', now - 2 * HOUR, now - 2 * HOUR],
    ['3d', now - 72 * HOUR, now - 72 * HOUR],
    [' 12 H ', now - 12 * HOUR, now - 12 * HOUR],
  ])('%s', (text, from, to) => {
    expect(spanOf(text, now)).toEqual({ from, to });
  });

  test.each([
    '',
    'tomorrow',
    'last week',
    '21.11.2026',
    '11/21/2026',
    '2026-13-01',
    '2026-02-30',
    '2027-02-29',
    '2026-11-21T24:00',
    '2026-11-21T14',
    '2026-11-21T14:60',
    '2',
    '-2h',
    '2w',
    '1.5h',
    '1e3h',
    '2026-11-21; rm',
  ])('is not %j', (text) => {
    expect(spanOf(text, now)).toBeUndefined();
  });
});
