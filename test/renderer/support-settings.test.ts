/** What the screens Support and Settings make of what they are given. */
import { expect, test } from 'vitest';
import { troubleOf, updateInWords } from '../../renderer/screens/settings/words.ts';
import { fileInWords, findIn, readLimit, suggestedName } from '../../renderer/screens/support/words.ts';

test('a word is found in each file that has it, at its first line', () => {
  const files = [
    { name: 'a', lower: ['one', 'two', 'one two'] },
    { name: 'b', lower: ['three'] },
  ];
  expect(findIn(files, ' TWO ')).toEqual([{ name: 'a', lines: 2, first: 2 }]);
  expect(findIn(files, 'four')).toEqual([]);
  // A single letter is in everything, and says nothing.
  expect(findIn(files, 'o')).toEqual([]);
  expect(findIn(files, '  ')).toEqual([]);
});

test.each(['0', '', '1.5', '-3', '3651', 'ten', '1e3'])('%j days cannot be kept', (text) => {
  expect(readLimit('problemDays', text)).toBe('Enter a whole number of days, from 1 to 3,650 days.');
});

test('what can be kept is a number', () => {
  expect(readLimit('problemDays', ' 3650 ')).toBe(3650);
  expect(readLimit('logMegabytes', '1')).toBe(1);
  expect(readLimit('logMegabytes', '1001')).toBe('Enter a whole number of megabytes, from 1 to 1,000 megabytes.');
});

test('the bundle gets a name by its day, and its files say what they are', () => {
  expect(suggestedName(new Date(2026, 0, 5))).toBe('rollbook-support-2026-01-05.zip');
  expect(fileInWords('groups.json')).toBe('Causes of problems');
  expect(fileInWords('toString')).toBe('');
});

test('a certificate says what is wrong with it, the worst first', () => {
  const now = Date.UTC(2026, 10, 21);
  const days = (count: number): number => now + count * 86_400_000;
  const fine = { from: days(-100), until: days(900), isAuthority: true };
  expect(troubleOf(fine, now)).toBeUndefined();
  expect(troubleOf({ ...fine, until: days(-1), isAuthority: false }, now)?.word).toBe('Expired');
  expect(troubleOf({ ...fine, from: days(1) }, now)?.word).toBe('Not valid yet');
  expect(troubleOf({ ...fine, until: days(29) }, now)?.word).toBe('Ends soon');
  expect(troubleOf({ ...fine, isAuthority: false }, now)?.word).toBe('Of one server');
});

test('an update says where it stands', () => {
  expect(updateInWords({ state: 'idle', checkedAt: null })).toBe('Rollbook looks for updates by itself.');
  expect(updateInWords({ state: 'idle', checkedAt: 1 })).toBe('Rollbook is up to date.');
  expect(updateInWords({ state: 'ready', version: '0.2.0' })).toContain('Version 0.2.0 is ready.');
});
