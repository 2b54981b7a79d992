import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dateReader, isDateFormat, isoDate, weekdaysBetween } from '../../core/mapping/dates.ts';

const day = fc
  .date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2099-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

describe('dates', () => {
  test('every day is read back from every format', () => {
    fc.assert(
      fc.property(day, (iso) => {
        const [year, month, date] = iso.split('-') as [string, string, string];
        expect(isoDate(iso)).toBe(iso);
        expect(dateReader('M/d/yyyy')(`${Number(month)}/${Number(date)}/${year}`)).toBe(iso);
        expect(dateReader('dd.MM.yyyy')(`${date}.${month}.${year}`)).toBe(iso);
        expect(dateReader('yyyyMMdd')(`${year}${month}${date}`)).toBe(iso);
      }),
    );
  });

  test.each(['', '2026-2-03', '2026-13-01', '2025-02-29', '2026-02-30', '2026-01-01x', '0026-01-01', 'aaaa-bb-cc'])(
    'refuses %j',
    (text) => expect(isoDate(text)).toBeUndefined(),
  );

  test('knows leap years', () => {
    expect(isoDate('2024-02-29')).toBe('2024-02-29');
    expect(isoDate('1900-02-29')).toBeUndefined();
    expect(isoDate('2000-02-29')).toBe('2000-02-29');
  });

  test('a format names year, month and day, once each', () => {
    expect(isDateFormat('M/d/yyyy')).toBe(true);
    expect(isDateFormat('M/yyyy')).toBe(false);
    expect(isDateFormat('M/d/yyyy d')).toBe(false);
  });

  test('weekdays are counted as by looking at each day', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -5, max: 400 }), (from, days) => {
        const start = Date.parse(from);
        const to = new Date(start + days * 86_400_000).toISOString().slice(0, 10);
        let expected = 0;
        for (let at = 0; at <= days; at += 1) {
          if (![0, 6].includes(new Date(start + at * 86_400_000).getUTCDay())) expected += 1;
        }
        expect(weekdaysBetween(from, to)).toBe(expected);
      }),
    );
  });
});
