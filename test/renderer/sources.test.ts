import { expect, test } from 'vitest';
import type { Schedule, SourceLook } from '../../core/contract/schemas.ts';
import {
  clockInWords,
  draftOf,
  errorsOf,
  everyInWords,
  lastPart,
  losses,
  scheduleInWords,
  scheduleOf,
} from '../../renderer/screens/sources/words.ts';

const NOW = new Date('2027-03-01T12:00:00').getTime();
const AUGUST = new Date('2027-08-01T00:00:00').getTime();
const quiet = { from: '22:00', to: '05:00' };

const schedules: readonly (readonly [Schedule, string])[] = [
  [{ when: { kind: 'off' }, quiet: null, pausedUntil: null }, 'Only when you send.'],
  [{ when: { kind: 'every', minutes: 15 }, quiet: null, pausedUntil: null }, 'Every 15 minutes.'],
  [
    { when: { kind: 'every', minutes: 60 }, quiet, pausedUntil: AUGUST },
    'Every hour, but not from 10:00 PM to 5:00 AM, and not before August 1, 2027.',
  ],
  [
    { when: { kind: 'times', times: ['06:30', '13:00'], days: [1, 2, 3, 4, 5] }, quiet: null, pausedUntil: null },
    'At 6:30 AM and 1:00 PM, Monday to Friday.',
  ],
  [
    { when: { kind: 'times', times: ['00:05'], days: [0, 6] }, quiet: null, pausedUntil: null },
    'At 12:05 AM, Saturdays and Sundays.',
  ],
  [{ when: { kind: 'export' }, quiet: null, pausedUntil: null }, 'When the export has changed, and changes no more.'],
];

test.each(schedules)('%o is said as %s, and comes out of the form as it went in', (schedule, words) => {
  expect(scheduleInWords(schedule, NOW)).toBe(words);
  expect(scheduleOf(draftOf(schedule, NOW), NOW)).toEqual(schedule);
});

test('A pause that is over is not said, and is gone when the schedule is saved again', () => {
  const schedule: Schedule = { when: { kind: 'every', minutes: 5 }, quiet: null, pausedUntil: NOW - 1 };
  expect(scheduleInWords(schedule, NOW)).toBe('Every 5 minutes.');
  expect(scheduleOf(draftOf(schedule, NOW), NOW)?.pausedUntil).toBe(null);
});

test('What is wrong with a schedule is said, and nothing is made of it', () => {
  const off = draftOf({ when: { kind: 'off' }, quiet: null, pausedUntil: null }, NOW);
  const wrong = {
    ...off,
    kind: 'times',
    times: ['06:00', ''],
    days: [],
    isQuiet: true,
    from: '05:00',
    isPaused: true,
    until: '2020-01-01',
  } as const;
  expect(Object.values(errorsOf(wrong, NOW)).every((error) => error !== undefined)).toBe(true);
  expect(scheduleOf(wrong, NOW)).toBe(undefined);
  expect(errorsOf({ ...wrong, times: ['06:00', '06:00'] }, NOW).times).toBe('A time is there twice: take one away.');
  // What is switched off need not be right.
  expect(scheduleOf({ ...wrong, kind: 'off' }, NOW)).toEqual({
    when: { kind: 'off' },
    quiet: null,
    pausedUntil: new Date('2020-01-01T00:00:00').getTime(),
  });
});

test('Times and spans are said as one says them', () => {
  expect(['00:00', '09:05', '12:00', '23:59'].map(clockInWords)).toEqual([
    '12:00 AM',
    '9:05 AM',
    '12:00 PM',
    '11:59 PM',
  ]);
  expect([7, 60, 90, 120, 1440].map(everyInWords)).toEqual(['7 minutes', 'hour', '90 minutes', '2 hours', 'day']);
  expect(['/srv/sis/export', 'C:\\sis\\export\\', 'export.zip', '/'].map(lastPart)).toEqual([
    'export',
    'export',
    'export.zip',
    '/',
  ]);
});

test('An export that holds clearly less is told from one that holds about as much', () => {
  const table = (name: string, rows: number, mode: 'bulk' | 'delta' = 'bulk') => ({
    name,
    file: `${name}.csv`,
    columns: [],
    mode,
    rows,
    first: [],
  });
  const look = (...tables: SourceLook['tables']): SourceLook => ({
    kind: 'oneroster',
    version: '1.2',
    tables,
    notices: [],
  });
  const before = look(table('users', 1000), table('classes', 100), table('roles', 10), table('courses', 0));
  expect(losses(before, look(table('users', 950), table('classes', 20)))).toEqual([
    'classes.csv has 20 rows; the one used now has 100 rows.',
    'roles.csv is missing; the one used now has 10 rows.',
  ]);
  // Changes since the last export are few by nature.
  expect(losses(before, look(table('users', 3, 'delta'), table('classes', 100), table('roles', 10)))).toEqual([]);
});
