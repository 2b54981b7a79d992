import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import { columnsOf, createFixListTable, schoolLabel, schoolOf } from '../../core/errors/fix-list.ts';
import { entry } from './fix-list-entries.ts';

const FIXED = [
  'School',
  'What is wrong',
  'Column or property',
  'Value',
  'What to do',
  'Who',
  'File',
  'Row',
  'Records waiting',
  'Resource',
  'Personal data',
];

describe('the school of a record', () => {
  const district = { educationOrganizationReference: { educationOrganizationId: 255901 } };

  it.each<[string, JsonObject, string | undefined]>([
    [
      'the school itself',
      { schoolId: 255901001, localEducationAgencyReference: { localEducationAgencyId: 255901 } },
      '255901001',
    ],
    ['an enrolment', { entryDate: '2026-08-17', schoolReference: { schoolId: 255901001 } }, '255901001'],
    ['a section', { courseOfferingReference: { schoolId: 1 }, locationReference: { schoolId: 2 } }, '1'],
    [
      'a section whose room comes first',
      { locationReference: { schoolId: 2 }, courseOfferingReference: { schoolId: 1 } },
      '1',
    ],
    ['a place in a section', { sectionReference: { schoolId: '007', sessionName: 'Fall' } }, '007'],
    ['a reference of another name', { gradingPeriodReference: { schoolId: 3 } }, '3'],
    ['a school before a district', { ...district, calendarReference: { schoolId: 3 } }, '3'],
    ['an assignment at the district', district, '255901'],
    ['the district itself', { localEducationAgencyId: 255901, categories: [] }, '255901'],
    ['only in a collection', { classPeriods: [{ classPeriodReference: { schoolId: 5 } }] }, '5'],
    [
      'a district before what a collection says',
      { ...district, periods: [{ schoolReference: { schoolId: 5 } }] },
      '255901',
    ],
    ['a student', { studentUniqueId: '0012', birthDate: '2016-01-02' }, undefined],
    ['a school without a number', { schoolReference: { schoolId: '' } }, undefined],
    ['a school that is null', { schoolReference: null }, undefined],
  ])('%s', (_name, body, school) => {
    expect(schoolOf(body, [])).toBe(school);
  });

  it('is that of the first dependant that names one, a school before a district', () => {
    const student = { studentUniqueId: '0012' };
    const enrolment = { schoolReference: { schoolId: 7 }, studentReference: { studentUniqueId: '0012' } };
    expect(schoolOf(student, [student, district, enrolment])).toBe('7');
    expect(schoolOf(student, [student, district])).toBe('255901');
    expect(schoolOf(student, [student])).toBeUndefined();
    expect(schoolOf(district, [enrolment])).toBe('255901');
  });

  it('reads no more dependants than it needs', () => {
    let read = 0;
    function* many(): Generator<JsonObject> {
      for (;;) {
        read++;
        yield { schoolReference: { schoolId: read } };
      }
    }
    expect(schoolOf({ studentUniqueId: '0012' }, many())).toBe('1');
    expect(schoolOf({ schoolId: 9 }, many())).toBe('9');
    expect(read).toBe(1);
  });

  it('is shown by name and number', () => {
    expect(schoolLabel({ id: '7', name: 'Oak' })).toBe('Oak (7)');
    expect(schoolLabel({ id: '7', name: undefined })).toBe('7');
  });
});

describe('the columns of a fix list', () => {
  it('are the fixed ones, identifiers, and those of each table', () => {
    expect(columnsOf([], [])).toEqual(FIXED);
    expect(
      columnsOf(
        ['studentUniqueId', 'row'],
        [
          ['users', ['sourcedId', 'givenName']],
          ['orgs', ['sourcedId']],
        ],
      ),
    ).toEqual([...FIXED, 'studentUniqueId', 'row (2)', 'users.sourcedId', 'users.givenName', 'orgs.sourcedId']);
  });

  it('take each row in, whichever it was met first, also by way of JSON', () => {
    const table = createFixListTable();
    const packed = [
      entry(),
      entry({
        table: 'orgs',
        cells: [{ column: 'sourcedId', value: 'o1' }],
        identifiers: [{ name: 'schoolId', value: '7' }],
        school: undefined,
      }),
      entry({ cells: undefined, table: undefined, file: undefined, row: undefined, property: undefined, value: 'x' }),
      entry({ cells: [{ column: 'grades', value: '05' }], identifiers: [] }),
    ].map((one) => JSON.stringify(table.add(one)));
    const headings = table.headings();
    expect(headings.slice(FIXED.length)).toEqual([
      'studentUniqueId',
      'schoolId',
      'users.sourcedId',
      'users.givenName',
      'users.identifier',
      'users.grades',
      'orgs.sourcedId',
    ]);
    const rows = packed.map((text) => table.row(JSON.parse(text)));
    for (const row of rows) expect(row.length).toBe(headings.length);
    expect(rows.map((row) => row.slice(FIXED.length))).toEqual([
      ['0012', '', 'u1', 'Zoë', '0012', '', ''],
      ['', '7', '', '', '', '', 'o1'],
      ['0012', '', '', '', '', '', ''],
      ['', '', '', '', '', '05', ''],
    ]);
    expect(rows[0]!.slice(0, FIXED.length)).toEqual([
      'Grand Bend High School (255901001)',
      'birthDate is missing',
      'birthDate',
      '',
      'Fill in birthDate in the SIS.',
      'SIS data entry',
      'users.csv',
      2,
      8,
      'students',
      'yes',
    ]);
    expect(rows[2]!.slice(0, 8)).toEqual([
      'Grand Bend High School (255901001)',
      'birthDate is missing',
      '',
      'x',
      'Fill in birthDate in the SIS.',
      'SIS data entry',
      '',
      '',
    ]);
    expect(rows[1]![0]).toBe('');
  });
});
