import { expect, test } from 'vitest';
import { bytes, duration, list, number, plural, relative, share } from '../../renderer/text/format.ts';
import { inWords, plainly } from '../../renderer/text/names.ts';

test('Numbers have their thousands apart, and words their number', () => {
  expect(number(1_234_567)).toBe('1,234,567');
  expect([0, 1, 2].map((count) => plural(count, 'record'))).toEqual(['0 records', '1 record', '2 records']);
  expect(plural(2, 'batch', 'batches')).toBe('2 batches');
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(list)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});

test('Times are told from now', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  const minute = 60_000;
  const told = [
    0,
    -30_000,
    -minute,
    -59 * minute,
    -60 * minute,
    -23 * 60 * minute,
    -24 * 60 * minute,
    -40 * 60 * minute,
  ];
  expect(told.map((away) => relative(now + away, now))).toEqual([
    'just now',
    'just now',
    '1 minute ago',
    '59 minutes ago',
    '1 hour ago',
    '23 hours ago',
    'yesterday',
    '2 days ago',
  ]);
  expect([30_000, 5 * minute, 26 * 60 * minute].map((away) => relative(now + away, now))).toEqual([
    'in a moment',
    'in 5 minutes',
    'tomorrow',
  ]);
});

test('Durations, sizes and shares have units that fit', () => {
  expect([0.42, 12, 60, 185, 7_440].map(duration)).toEqual(['0.4 s', '12 s', '1 min 0 s', '3 min 5 s', '2 h 4 min']);
  expect([1, 820, 1024, 12_000, 3_500_000].map(bytes)).toEqual(['1 byte', '820 bytes', '1.0 KB', '12 KB', '3.3 MB']);
  expect([share(0, 0), share(0, 5), share(1, 1000), share(1, 3), share(5, 5)]).toEqual([
    '0 %',
    '0 %',
    '< 1 %',
    '33 %',
    '100 %',
  ]);
});

test('No duration has sixty seconds', () => {
  for (let seconds = 0; seconds < 4_000; seconds += 0.37) expect(duration(seconds)).not.toMatch(/\b60 s/);
});

test('Names of the field read as words', () => {
  expect(
    [
      'ed-fi/studentSchoolAssociations',
      'edfi.LocalEducationAgency',
      'GradeLevelDescriptor',
      'schools',
      'tpdm/EPPs',
    ].map(inWords),
  ).toEqual(['Student school associations', 'Local education agency', 'Grade level descriptor', 'Schools', 'EPPs']);
});

test('Sentences of the engine have the names of the model as words, and all else as it is', () => {
  expect(
    [
      'birthDate is missing',
      '3 of 9 staffEducationOrganizationAssignmentAssociations (33 %) would be deleted: check that it is complete.',
      '12 students are sent without gradeLevels[].gradeLevelDescriptor: a code is not paired with a GradeLevelDescriptor.',
      "This API's staffs have no schoolReference.schoolId: it is left out.",
      'Switched off: sections, studentUSI.',
      'The export lacks academicSessions.csv, e.g. for api.example.org (userSourcedId, OneRoster) of “northEast”.',
    ].map(plainly),
  ).toEqual([
    'Birth date is missing',
    '3 of 9 staff education organization assignment associations (33 %) would be deleted: check that it is complete.',
    '12 students are sent without grade level descriptor in grade levels: a code is not paired with a grade level descriptor.',
    "This API's staffs have no school id in school reference: it is left out.",
    'Switched off: sections, student USI.',
    'The export lacks academicSessions.csv, e.g. for api.example.org (userSourcedId, OneRoster) of “northEast”.',
  ]);
});
