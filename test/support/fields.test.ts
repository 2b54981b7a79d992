import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newReference } from '../../core/ledger/references.ts';
import {
  BUCKETS,
  bucket,
  bucketField,
  duration,
  durationField,
  EARLIEST,
  httpStatus,
  isConnectionLabel,
  labelField,
  numberLabel,
  referenceField,
  referenceOf,
  statusField,
  time,
  timeField,
  versionField,
  versionOf,
} from '../../core/support/fields.ts';
import {
  architectureOf,
  claimSetOf,
  majorRelease,
  mappingSettingOf,
  noticeOf,
  platformOf,
  reasonOf,
} from '../../core/support/lists.ts';

describe('a bucket', () => {
  test('is the lower bound of a count, and tells none under ten', () => {
    expect([0, 1, 9, 10, 19, 20, 49, 50, 99, 100, 499, 4_112, 99_999_999].map(bucket)).toEqual([
      0, 1, 1, 10, 10, 20, 20, 50, 50, 100, 200, 2_000, 10_000_000,
    ]);
  });
  test('takes anything for a count, and gives one that fits', () => {
    fc.assert(fc.property(fc.double(), (count) => bucketField.safeParse(bucket(count)).success));
    expect([Number.NaN, -3, 0.5, Number.POSITIVE_INFINITY].map(bucket)).toEqual([0, 0, 0, 10_000_000]);
    expect(bucketField.safeParse(4_112).success).toBe(false);
  });
  test('has bounds that rise', () => {
    expect([...BUCKETS].sort((a, b) => a - b)).toEqual([...BUCKETS]);
  });
});

test('durations, times and statuses are brought within bounds', () => {
  fc.assert(
    fc.property(
      fc.double(),
      (value) =>
        durationField.safeParse(duration(value)).success &&
        timeField.safeParse(time(value)).success &&
        statusField.safeParse(httpStatus(value)).success,
    ),
  );
  expect([duration(12.6), duration(-1), time(Number.NaN)]).toEqual([13, 0, EARLIEST]);
  expect([404, 99, 600, 200.5, '404', null].map(httpStatus)).toEqual([404, 0, 0, 0, 0, 0]);
  for (const value of [1, 99, 600, '404', 404.5]) expect(statusField.safeParse(value).success).toBe(false);
});

describe('a version', () => {
  test('has digits, dots and a letter at most', () => {
    const given = ['7.3.1', 'v24.21.0', '3.3b', '3.3.1-b', '5.2.0', '7', '0.4.0'];
    expect(given.map(versionOf)).toEqual(['7.3.1', '24.21.0', '3.3b', '3.3.1b', '5.2.0', '7', '0.4.0']);
  });
  test('is nothing that could be a number of a person, a date or a word', () => {
    const given = [
      '604822',
      '2011-04-03',
      '2011.04.03',
      'Maria',
      '7.3 for Maria',
      '7.3\n',
      '1.2.3.4.5',
      '7.3bc',
      '',
      73,
    ];
    expect(given.map(versionOf)).toEqual(given.map(() => undefined));
    for (const text of given) expect(versionField.safeParse(text).success).toBe(false);
  });
  test('that is made, fits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^v?\d{1,4}(\.\d{1,4}){0,4}-?[a-zA-Z]{0,2}$/), (text) => {
        const version = versionOf(text);
        return version === undefined || versionField.safeParse(version).success;
      }),
    );
  });
});

describe('a reference', () => {
  test('is one as the ledger makes it: six characters that are not taken for others, after its prefix', () => {
    for (const prefix of ['R', 'G', 'B'] as const) {
      for (let i = 0; i < 200; i++) {
        const made = newReference(prefix);
        expect(made).toMatch(/^[RGB]-[^0O1ILU]{4}-[^0O1ILU]{2}$/);
        expect(referenceField(prefix).safeParse(made).success).toBe(true);
      }
    }
  });
  test('of one kind is none of another, and a text like it is none', () => {
    expect(referenceOf('R', 'R-7K4M-2Q')).toBe('R-7K4M-2Q');
    for (const text of [
      'G-7K4M-2Q',
      'R-7K4M-2',
      'R-7K4M-2QQ',
      'R-7K4O-2Q',
      'r-7k4m-2q',
      ' R-7K4M-2Q',
      'R-7K4M-2Q\n',
      5,
    ]) {
      expect(referenceOf('R', text)).toBeUndefined();
    }
  });
});

test('a connection is a number, or one of the words with a number or without', () => {
  for (const text of ['C1', 'C42', 'C9999', 'state', 'last-year', 'district-2', numberLabel(7)]) {
    expect(isConnectionLabel(text)).toBe(true);
  }
  for (const text of [
    'C0',
    'C01',
    'C10000',
    'C1e3',
    'State',
    'Lakeview ISD',
    'state-2026',
    'state-',
    'test\n',
    3,
    null,
  ]) {
    expect(labelField.safeParse(text).success).toBe(false);
  }
  fc.assert(fc.property(fc.double(), (number) => isConnectionLabel(numberLabel(number))));
});

test('what the program and the machine are called is told by closed lists', () => {
  expect(['win32', 'darwin', 'linux', 'freebsd', 'Maria'].map(platformOf)).toEqual([
    'win32',
    'darwin',
    'linux',
    'other',
    'other',
  ]);
  expect(['x64', 'arm64', 'mips'].map(architectureOf)).toEqual(['x64', 'arm64', 'other']);
  expect(['10.0.22631', '24.6.0', '6.1.0-maria', 'Maria', '604822', ''].map(majorRelease)).toEqual([
    10, 24, 6, 0, 0, 0,
  ]);
  const names = ['SIS Vendor', 'ed-fi sandbox', 'Lakeview ISD', 'constructor', '__proto__', '', null, undefined];
  expect(names.map(claimSetOf)).toEqual([
    'sis-vendor',
    'ed-fi-sandbox',
    'other',
    'other',
    'other',
    'other',
    'not-told',
    'not-told',
  ]);
  expect([reasonOf('tls-expired'), reasonOf('Maria'), noticeOf('sent-without'), noticeOf(3)]).toEqual([
    'tls-expired',
    undefined,
    'sent-without',
    undefined,
  ]);
  expect([mappingSettingOf('studentId'), mappingSettingOf('maria')]).toEqual(['studentId', undefined]);
});
