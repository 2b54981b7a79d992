import { expect, test } from 'vitest';
import { FINGERPRINT_VERSION, fingerprintOf } from '../../core/errors/fingerprint.ts';

const problem = {
  code: 'required-missing',
  resource: 'ed-fi/students',
  path: '$.races[].raceDescriptor',
  subject: 'RaceDescriptor',
};
const HASH = '00ff17a2b3c4d5e6';

test('a fingerprint is one line that begins with its version', () => {
  expect(fingerprintOf(problem)).toBe('1|required-missing|ed-fi/students|races.raceDescriptor|RaceDescriptor|');
  expect(fingerprintOf(problem)).toMatch(new RegExp(`^${FINGERPRINT_VERSION}\\|`));
  expect(fingerprintOf({ code: 'unclassified', resource: 'ed-fi/students' })).toBe('1|unclassified|ed-fi/students|||');
});

test('the same place is the same, as the checks write it and as an API does', () => {
  const places = [
    'races.raceDescriptor',
    'races[3].raceDescriptor',
    '$.races[12].raceDescriptor',
    '$.races[].raceDescriptor',
  ];
  expect(new Set(places.map((path) => fingerprintOf({ ...problem, path }))).size).toBe(1);
  const wholes = ['$', '', undefined].map((path) => fingerprintOf({ ...problem, path }));
  expect(new Set(wholes).size).toBe(1);
});

test('each of code, resource, path and subject tells causes apart', () => {
  const others = [
    { ...problem, code: 'too-long' },
    { ...problem, resource: 'ed-fi/staffs' },
    { ...problem, path: '$.birthDate' },
    { ...problem, subject: 'SexDescriptor' },
  ];
  expect(new Set([problem, ...others].map(fingerprintOf)).size).toBe(5);
});

test('an unmapped code is one cause wherever it occurs, and another than every other code', () => {
  const unmapped = {
    code: 'descriptor-unmapped',
    resource: 'ed-fi/grades',
    path: '$.x',
    subject: 'GradeTypeDescriptor',
    value: HASH,
  };
  const elsewhere = { ...unmapped, resource: 'ed-fi/students', path: '$.y[0].z', value: HASH.toUpperCase() };
  expect(fingerprintOf(unmapped)).toBe(`1|descriptor-unmapped|||GradeTypeDescriptor|${HASH}`);
  expect(fingerprintOf(elsewhere)).toBe(fingerprintOf(unmapped));
  expect(fingerprintOf({ ...unmapped, value: '11ff17a2b3c4d5e6' })).not.toBe(fingerprintOf(unmapped));
  expect(fingerprintOf({ ...unmapped, subject: 'TermDescriptor' })).not.toBe(fingerprintOf(unmapped));
});

test('no value gets in: what is no hash is refused, and a column cannot pass for more than one part', () => {
  for (const value of ['', 'Jane', '9', HASH.slice(1, 4), `${HASH}\n`, 'x'.repeat(16)]) {
    expect(() => fingerprintOf({ ...problem, value })).toThrow(RangeError);
  }
  const split = fingerprintOf({ code: 'row-missing', resource: 'r', path: 'p', subject: 'a|b\nc%' });
  expect(split).toBe('1|row-missing|r|p|a%7Cb%0Ac%25|');
});
