import { expect, test } from 'vitest';
import type { ProblemGroupView } from '../../core/contract/schemas.ts';
import { CATALOGUE } from '../../core/errors/catalogue.ts';
import { blocks, headline, partsOfUri } from '../../renderer/screens/problems/words.ts';
import { plainly } from '../../renderer/text/names.ts';

const group: ProblemGroupView = {
  group: 'G-7K4M-2Q',
  state: 'new',
  code: 'descriptor-unmapped',
  title: 'A code has no GradeLevelDescriptor',
  what: '',
  fix: '',
  who: 'steward',
  retryHelps: false,
  severity: 'error',
  resource: 'studentSchoolAssociations',
  path: null,
  subject: 'GradeLevelDescriptor',
  status: null,
  value: 'EE',
  suggestions: [],
  records: 1,
  held: 17,
  occurrences: 1,
  firstSeen: 0,
  lastSeen: 0,
  file: null,
  row: null,
};

test('A code is named; a value that may be of a person is not', () => {
  expect(headline(group)).toBe('The code “EE” has no grade level descriptor');
  for (const code of Object.keys(CATALOGUE).filter((one) => one !== 'descriptor-unmapped')) {
    expect(headline({ ...group, code, title: 'birthDate is missing', value: 'Abigail' })).toBe('Birth date is missing');
  }
});

test('Names of the model are written as words, columns of the export as they are', () => {
  expect(plainly('The API requires birthDate in students, and the record has no value for it.')).toBe(
    'The API requires birth date in students, and the record has no value for it.',
  );
  expect(plainly('The export lacks a row of users (userSourcedId)')).toBe(
    'The export lacks a row of users (userSourcedId)',
  );
  expect(plainly('studentSchoolAssociations')).toBe('Student school associations');
});

test('What a cause blocks is told with its numbers', () => {
  expect(blocks(group)).toBe('1 record in student school associations, and 17 records that wait for it');
  expect(blocks({ ...group, records: 2, held: 1 })).toBe(
    '2 records in student school associations, and 1 record that waits for them',
  );
  expect(blocks({ ...group, held: 0 })).toBe('1 record in student school associations');
  expect(blocks({ ...group, state: 'resolved', occurrences: 9 })).toBe(
    'Nothing is left of 9 records in student school associations',
  );
});

test('A URI is told in two', () => {
  expect(partsOfUri('uri://ed-fi.org/GradeLevelDescriptor#Fifth grade')).toEqual({
    value: 'Fifth grade',
    namespace: 'uri://ed-fi.org/GradeLevelDescriptor',
  });
  expect(partsOfUri('odd')).toEqual({ value: 'odd', namespace: '' });
});
