/** When batches begin by themselves: in Chicago, where the clock is put forward on 8 March 2026 and back on 1 November. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Schedule } from '../../core/contract/schemas.ts';
import { isQuiet, missed, missedBy, nextRun, quietEnd } from '../../core/sync/schedule.ts';

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'America/Chicago';
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (iso: string): number => Date.parse(iso);
/** As the clock on the wall shows it, with the offset, so that an hour that comes twice is told apart. */
const shown = (time: number | null): string | null =>
  time === null
    ? null
    : new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: 'America/Chicago' }).format(
        time,
      ) + (new Date(time).getTimezoneOffset() === 300 ? ' CDT' : ' CST');

const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];
const schedule = (when: Schedule['when'], rest: Partial<Schedule> = {}): Schedule => ({
  when,
  quiet: null,
  pausedUntil: null,
  ...rest,
});
const every = (minutes: number, rest: Partial<Schedule> = {}): Schedule => schedule({ kind: 'every', minutes }, rest);
const times = (list: string[], days = ALL_DAYS, rest: Partial<Schedule> = {}): Schedule =>
  schedule({ kind: 'times', times: list, days }, rest);

test('the zone is the one that the cases are about', () => {
  expect(new Date(at('2026-07-01T12:00Z')).getHours()).toBe(7);
  expect(new Date(at('2026-12-01T12:00Z')).getHours()).toBe(6);
});

describe('the next run', () => {
  const noon = at('2026-09-16T12:00-05:00');

  test('off, and a watched export without a change, have none', () => {
    expect(nextRun(schedule({ kind: 'off' }), { now: noon, last: 0 })).toBeNull();
    expect(nextRun(schedule({ kind: 'export' }), { now: noon, last: 0 })).toBeNull();
    expect(nextRun(schedule({ kind: 'export' }), { now: noon, last: 0, ready: noon - 5 })).toBe(noon - 5);
  });

  test('every so many minutes counts from the last', () => {
    expect(nextRun(every(15), { now: noon, last: noon })).toBe(noon + 15 * MINUTE);
    expect(nextRun(every(15), { now: noon + 14 * MINUTE, last: noon })).toBe(noon + 15 * MINUTE);
    expect(nextRun(every(15), { now: noon + 3 * DAY, last: noon })).toBe(noon + 15 * MINUTE);
  });

  test('times of day are taken in their order, on their days, over midnight', () => {
    const twice = times(['18:30', '06:00']);
    expect(shown(nextRun(twice, { now: noon, last: noon }))).toBe('2026-09-16 18:30 CDT');
    expect(shown(nextRun(twice, { now: noon, last: at('2026-09-16T18:30-05:00') }))).toBe('2026-09-16 18:30 CDT');
    const evening = at('2026-09-16T18:30-05:00');
    expect(shown(nextRun(twice, { now: evening, last: evening }))).toBe('2026-09-17 06:00 CDT');
    expect(shown(nextRun(times(['00:00']), { now: evening, last: evening }))).toBe('2026-09-17 00:00 CDT');
    const midnight = at('2026-09-17T00:00-05:00');
    expect(shown(nextRun(times(['00:00']), { now: midnight, last: midnight }))).toBe('2026-09-18 00:00 CDT');
    // The 16th is a Wednesday.
    expect(shown(nextRun(times(['06:00'], [1, 5]), { now: noon, last: noon }))).toBe('2026-09-18 06:00 CDT');
    expect(shown(nextRun(times(['06:00'], [3]), { now: noon, last: noon }))).toBe('2026-09-23 06:00 CDT');
    expect(shown(nextRun(times(['18:00'], [3]), { now: noon, last: noon }))).toBe('2026-09-16 18:00 CDT');
  });

  test('one that was missed is due, once', () => {
    const monday = at('2026-09-21T08:00-05:00');
    const due = nextRun(times(['18:00']), { now: monday, last: noon });
    expect(due).toBeLessThanOrEqual(monday);
    expect(shown(nextRun(times(['18:00']), { now: monday, last: monday }))).toBe('2026-09-21 18:00 CDT');
  });

  test('a time that the clock leaves out is an hour later that day, and once', () => {
    const saturday = at('2026-03-07T12:00-06:00');
    const night = nextRun(times(['02:30']), { now: saturday, last: saturday });
    expect(shown(night)).toBe('2026-03-08 03:30 CDT');
    expect(shown(nextRun(times(['02:30']), { now: night ?? 0, last: night ?? 0 }))).toBe('2026-03-09 02:30 CDT');
    expect(shown(nextRun(times(['06:00']), { now: saturday, last: saturday }))).toBe('2026-03-08 06:00 CDT');
    expect(nextRun(every(60), { now: saturday, last: saturday })).toBe(saturday + HOUR);
  });

  test('a time that comes twice is taken the first time only', () => {
    const saturday = at('2026-10-31T12:00-05:00');
    const first = nextRun(times(['01:30']), { now: saturday, last: saturday });
    expect(shown(first)).toBe('2026-11-01 01:30 CDT');
    expect(shown(nextRun(times(['01:30']), { now: first ?? 0, last: first ?? 0 }))).toBe('2026-11-02 01:30 CST');
    // Every hour by the clock that nobody puts back: one of them is the second half past one.
    expect(shown(nextRun(every(60), { now: first ?? 0, last: first ?? 0 }))).toBe('2026-11-01 01:30 CST');
  });

  test('a clock that is put forward by a day makes one run due, and one put back none', () => {
    const daily = times(['18:00']);
    expect(nextRun(daily, { now: noon + DAY, last: noon })).toBeLessThanOrEqual(noon + DAY);
    expect(nextRun(daily, { now: noon + DAY, last: noon + DAY })).toBeGreaterThan(noon + DAY);
    expect(shown(nextRun(daily, { now: noon - DAY, last: noon }))).toBe('2026-09-15 18:00 CDT');
    expect(nextRun(every(15), { now: noon - DAY, last: noon })).toBe(noon - DAY + 15 * MINUTE);
  });

  test('whatever the schedule and the hour: ahead of its last, out of the quiet hours, and the same when asked at its time', () => {
    const clock = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
    const when: fc.Arbitrary<Schedule['when']> = fc.oneof(
      fc.record({ kind: fc.constant('every' as const), minutes: fc.integer({ min: 5, max: 1440 }) }),
      fc.record({
        kind: fc.constant('times' as const),
        times: fc.array(clock, { minLength: 1, maxLength: 6 }),
        days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
      }),
    );
    const quiet = fc.option(fc.record({ from: clock, to: clock }));
    // Three days around each change of the clock, to the second.
    const instant = fc
      .tuple(fc.constantFrom('2026-03-08T08:00Z', '2026-11-01T07:00Z'), fc.integer({ min: -129_600, max: 129_600 }))
      .map(([middle, seconds]) => at(middle) + seconds * 1000);
    fc.assert(
      fc.property(when, quiet, instant, (made, hours, last) => {
        const plan = schedule(made, { quiet: hours });
        const next = nextRun(plan, { now: last, last });
        if (next === null) throw new Error('There is no next run.');
        expect(next).toBeGreaterThan(last);
        expect(next - last).toBeLessThanOrEqual(9 * DAY);
        expect(isQuiet(plan, next)).toBe(false);
        expect(nextRun(plan, { now: next, last })).toBeLessThanOrEqual(next);
        if (next - last > MINUTE) expect(nextRun(plan, { now: next - MINUTE, last })).toBe(next);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('quiet hours', () => {
  const quiet = { from: '21:00', to: '06:30' };

  test('hold over midnight, and end', () => {
    const plan = every(15, { quiet });
    expect(isQuiet(plan, at('2026-09-16T20:59-05:00'))).toBe(false);
    expect(isQuiet(plan, at('2026-09-16T21:00-05:00'))).toBe(true);
    expect(shown(quietEnd(plan, at('2026-09-16T23:59-05:00')))).toBe('2026-09-17 06:30 CDT');
    expect(shown(quietEnd(plan, at('2026-09-17T00:00-05:00')))).toBe('2026-09-17 06:30 CDT');
    expect(isQuiet(plan, at('2026-09-17T06:29-05:00'))).toBe(true);
    expect(isQuiet(plan, at('2026-09-17T06:30-05:00'))).toBe(false);
    const daytime = every(15, { quiet: { from: '08:00', to: '15:00' } });
    expect(isQuiet(daytime, at('2026-09-17T07:59-05:00'))).toBe(false);
    expect(shown(quietEnd(daytime, at('2026-09-17T08:00-05:00')))).toBe('2026-09-17 15:00 CDT');
    expect(isQuiet(every(15, { quiet: { from: '08:00', to: '08:00' } }), at('2026-09-17T08:00-05:00'))).toBe(false);
    expect(isQuiet(every(15), at('2026-09-17T03:00-05:00'))).toBe(false);
  });

  test('put off what falls into them, to one run at their end', () => {
    const evening = at('2026-09-16T20:50-05:00');
    expect(shown(nextRun(every(15, { quiet }), { now: evening, last: evening }))).toBe('2026-09-17 06:30 CDT');
    expect(shown(nextRun(every(5, { quiet }), { now: evening, last: evening }))).toBe('2026-09-16 20:55 CDT');
    const night = at('2026-09-17T03:00-05:00');
    expect(shown(nextRun(times(['22:00', '02:00'], ALL_DAYS, { quiet }), { now: night, last: evening }))).toBe(
      '2026-09-17 06:30 CDT',
    );
    expect(
      shown(nextRun(schedule({ kind: 'export' }, { quiet }), { now: night, last: evening, ready: night - HOUR })),
    ).toBe('2026-09-17 06:30 CDT');
    // Due before they began, and not begun: it waits for their end.
    expect(shown(nextRun(every(15, { quiet }), { now: night, last: evening - HOUR }))).toBe('2026-09-17 06:30 CDT');
  });

  test('are by the clock on the wall when that changes', () => {
    const spring = every(15, { quiet: { from: '21:00', to: '02:30' } });
    // 02:30 is left out: they end at 03:30, which is half past two and an hour.
    expect(shown(quietEnd(spring, at('2026-03-08T01:59-06:00')))).toBe('2026-03-08 03:30 CDT');
    expect(isQuiet(spring, at('2026-03-08T03:10-05:00'))).toBe(true);
    const autumn = every(15, { quiet: { from: '21:00', to: '01:30' } });
    expect(shown(quietEnd(autumn, at('2026-11-01T01:29-05:00')))).toBe('2026-11-01 01:30 CDT');
    expect(isQuiet(autumn, at('2026-11-01T01:10-06:00'))).toBe(false);
    const leftOut = every(15, { quiet: { from: '02:00', to: '03:00' } });
    expect(isQuiet(leftOut, at('2026-03-08T03:00-05:00'))).toBe(false);
    // The one hour that is not quiet is left out: they go on to the next day's.
    const hour = every(5, { quiet: { from: '03:00', to: '02:00' } });
    expect(shown(quietEnd(hour, at('2026-03-08T01:54-06:00')))).toBe('2026-03-09 02:00 CDT');
    expect(shown(quietEnd(hour, at('2026-03-08T03:00-05:00')))).toBe('2026-03-09 02:00 CDT');
  });
});

describe('the pause', () => {
  const summer = at('2026-06-20T12:00-05:00');
  const pausedUntil = at('2026-08-10T00:00-05:00');

  test('lets nothing begin before its end', () => {
    expect(nextRun(every(15, { pausedUntil }), { now: summer, last: summer })).toBe(pausedUntil);
    expect(nextRun(schedule({ kind: 'export' }, { pausedUntil }), { now: summer, last: 0, ready: summer })).toBe(
      pausedUntil,
    );
    expect(shown(nextRun(times(['18:00'], ALL_DAYS, { pausedUntil }), { now: summer, last: summer }))).toBe(
      '2026-08-10 18:00 CDT',
    );
    expect(nextRun(times(['00:00'], ALL_DAYS, { pausedUntil }), { now: summer, last: summer })).toBe(pausedUntil);
  });

  test('that ends in the quiet hours is followed by their end', () => {
    const plan = every(15, { pausedUntil, quiet: { from: '21:00', to: '06:30' } });
    expect(shown(nextRun(plan, { now: summer, last: summer }))).toBe('2026-08-10 06:30 CDT');
  });

  test('that is over changes nothing, and what fell into it was not missed', () => {
    const later = pausedUntil + 2 * DAY;
    expect(nextRun(every(15, { pausedUntil }), { now: later, last: later })).toBe(later + 15 * MINUTE);
    const plan = times(['18:00'], ALL_DAYS, { pausedUntil });
    expect(missed(plan, { now: pausedUntil + HOUR, last: summer })).toBe(false);
    expect(missed(plan, { now: pausedUntil + 19 * HOUR, last: summer })).toBe(true);
  });
});

describe('a missed run', () => {
  const noon = at('2026-09-16T12:00-05:00');

  test('is one whose time is well over', () => {
    expect(missed(every(15), { now: noon + 15 * MINUTE, last: noon })).toBe(false);
    expect(missed(every(15), { now: noon + 20 * MINUTE, last: noon })).toBe(false);
    expect(missedBy(every(15), { now: noon + HOUR, last: noon })).toEqual({ runs: 4, lateMs: 45 * MINUTE });
    expect(missedBy(times(['18:00', '06:00']), { now: at('2026-09-18T12:00-05:00'), last: noon })).toEqual({
      runs: 4,
      lateMs: 42 * HOUR,
    });
    expect(missedBy(times(['06:00', '18:00']), { now: at('2046-09-18T12:00-05:00'), last: noon })?.runs).toBe(1000);
    expect(missedBy(every(5), { now: at('2046-09-18T12:00-05:00'), last: noon })?.runs).toBe(1000);
  });

  test('is none where nothing was to run, or the clock was put back', () => {
    expect(missed(schedule({ kind: 'off' }), { now: noon, last: 0 })).toBe(false);
    expect(missed(schedule({ kind: 'export' }), { now: noon, last: 0 })).toBe(false);
    expect(missed(every(15), { now: noon - DAY, last: noon })).toBe(false);
    const night = every(15, { quiet: { from: '21:00', to: '06:30' } });
    const evening = at('2026-09-16T20:50-05:00');
    expect(missed(night, { now: at('2026-09-17T06:31-05:00'), last: evening })).toBe(false);
    expect(missed(night, { now: at('2026-09-17T07:31-05:00'), last: evening })).toBe(true);
  });
});
