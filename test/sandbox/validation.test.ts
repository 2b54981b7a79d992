import { expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import {
  type Caller,
  course,
  descriptor,
  enrolment,
  offering,
  practice,
  SCHOOL,
  session,
  student,
} from './practice.ts';

async function errorsOf({ post }: Caller, resource: string, body: JsonObject): Promise<JsonObject> {
  const reply = await post(resource, body);
  expect(reply.status).toBe(400);
  expect(reply.headers.get('content-type')).toContain('application/problem+json');
  expect(reply.json).toMatchObject({
    type: 'urn:ed-fi:api:bad-request:data-validation-failed',
    title: 'Data Validation Failed',
    status: 400,
    detail: expect.any(String),
    correlationId: expect.stringMatching(/./),
  });
  return reply.json.validationErrors as JsonObject;
}

test('what is required has to be there', async () => {
  const caller = await practice();
  const { birthDate: _, ...unborn } = student('1');
  expect(await errorsOf(caller, 'students', unborn)).toEqual({ '$.birthDate': ['BirthDate is required.'] });
  expect(await errorsOf(caller, 'students', { ...student('1'), firstName: null, lastSurname: '' })).toEqual({
    '$.firstName': ['FirstName is required.'],
    '$.lastSurname': ['LastSurname is required.'],
  });
  expect(await errorsOf(caller, 'studentSchoolAssociations', { ...enrolment('1'), schoolReference: {} })).toEqual({
    '$.schoolReference.schoolId': ['SchoolId is required.'],
  });
});

test('types have to fit', async () => {
  const caller = await practice();
  const wrong: [string, JsonObject, string][] = [
    ['students', { ...student('1'), firstName: 7 }, '$.firstName'],
    ['students', { ...student('1'), multipleBirthStatus: 'yes' }, '$.multipleBirthStatus'],
    ['students', { ...student('1'), birthDate: '3/4/2012' }, '$.birthDate'],
    ['students', { ...student('1'), birthDate: '2011-02-29' }, '$.birthDate'],
    ['students', { ...student('1'), birthDate: 20120304 }, '$.birthDate'],
    ['students', { ...student('1'), otherNames: {} }, '$.otherNames'],
    ['students', { ...student('1'), otherNames: ['Bob'] }, '$.otherNames[0]'],
    ['students', { ...student('1'), personReference: 'x' }, '$.personReference'],
    ['sessions', { ...session(), totalInstructionalDays: 1.5 }, '$.totalInstructionalDays'],
    ['sessions', { ...session(), totalInstructionalDays: '80' }, '$.totalInstructionalDays'],
    ['courses', { ...course(), minimumAvailableCredits: 'many' }, '$.minimumAvailableCredits'],
    [
      'studentSchoolAssociations',
      { ...enrolment('1'), schoolReference: { schoolId: 'x' } },
      '$.schoolReference.schoolId',
    ],
    [
      'studentSchoolAssociations',
      { ...enrolment('1'), schoolReference: { schoolId: 2.55901e20 } },
      '$.schoolReference.schoolId',
    ],
    ['studentSchoolAssociations', { ...enrolment('1'), entryGradeLevelDescriptor: 9 }, '$.entryGradeLevelDescriptor'],
  ];
  for (const [resource, body, path] of wrong) {
    expect(Object.keys(await errorsOf(caller, resource, body)), JSON.stringify(body)).toEqual([path]);
  }
  expect((await caller.post('students', { ...student('1'), birthDate: '2012-02-29' })).status).toBe(201);
});

test('lengths and ranges have to fit', async () => {
  const caller = await practice();
  expect(await errorsOf(caller, 'students', { ...student('1'), firstName: 'x'.repeat(76) })).toEqual({
    '$.firstName': ['FirstName must be at most 75 characters in length.'],
  });
  expect((await caller.post('students', { ...student('1'), firstName: 'x'.repeat(75) })).status).toBe(201);
  expect(Object.keys(await errorsOf(caller, 'students', student('x'.repeat(33))))).toEqual(['$.studentUniqueId']);
  expect(await errorsOf(caller, 'students', { ...student('1'), birthCity: 'x' })).toEqual({
    '$.birthCity': ['BirthCity must be at least 2 characters in length.'],
  });
});

test('a required collection has an item at least, and no item twice', async () => {
  const caller = await practice();
  expect(await errorsOf(caller, 'courses', { ...course(), identificationCodes: [] })).toEqual({
    '$.identificationCodes': ['IdentificationCodes must have at least one item.'],
  });
  const grade = { gradeLevelDescriptor: descriptor('GradeLevel', 'Ninth grade') };
  expect(Object.keys(await errorsOf(caller, 'courses', { ...course(), offeredGradeLevels: [grade, grade] }))).toEqual([
    '$.offeredGradeLevels[1]',
  ]);
});

test('a descriptor value has to exist', async () => {
  const caller = await practice();
  const unmapped = descriptor('GradeLevel', '9');
  expect(
    await errorsOf(caller, 'studentSchoolAssociations', { ...enrolment('1'), entryGradeLevelDescriptor: unmapped }),
  ).toEqual({ '$.entryGradeLevelDescriptor': [`GradeLevelDescriptor value '${unmapped}' does not exist.`] });
  const inside = { ...course(), offeredGradeLevels: [{ gradeLevelDescriptor: unmapped }] };
  expect(Object.keys(await errorsOf(caller, 'courses', inside))).toEqual([
    '$.offeredGradeLevels[0].gradeLevelDescriptor',
  ]);
});

test('references that share a value have to agree on it', async () => {
  const caller = await practice();
  const torn = { ...offering(), sessionReference: { schoolId: 255901002, schoolYear: 2027, sessionName: 'Fall' } };
  const errors = await errorsOf(caller, 'courseOfferings', torn);
  expect(Object.keys(errors)).toEqual(['$.schoolId']);
  expect(String(errors['$.schoolId'])).toContain(`'${SCHOOL}', '255901002'`);
  const calendarReference = { calendarCode: 'C', schoolId: 255901002, schoolYear: 2027 };
  expect(
    Object.keys(await errorsOf(caller, 'studentSchoolAssociations', { ...enrolment('1'), calendarReference })),
  ).toEqual(['$.schoolId']);
});

test('a key has no spaces around it, and no text has markup in it', async () => {
  const caller = await practice();
  for (const key of [' 604', '604 ', '\t604']) {
    expect(await errorsOf(caller, 'students', student(key))).toEqual({
      '$.studentUniqueId': ['StudentUniqueId cannot contain leading or trailing spaces.'],
    });
  }
  expect(Object.keys(await errorsOf(caller, 'studentSchoolAssociations', enrolment('604 ')))).toEqual([
    '$.studentReference.studentUniqueId',
  ]);
  expect(Object.keys(await errorsOf(caller, 'students', { ...student('1'), firstName: '<b>Robin' }))).toEqual([
    '$.firstName',
  ]);
  expect((await caller.post('students', { ...student('1'), firstName: 'Robin & <3 ' })).status).toBe(201);
});

test('all that is wrong is said at once', async () => {
  const caller = await practice();
  const errors = await errorsOf(caller, 'students', {
    studentUniqueId: '1 ',
    firstName: 'x'.repeat(80),
    birthDate: 'x',
  });
  expect(Object.keys(errors).sort()).toEqual(['$.birthDate', '$.firstName', '$.lastSurname', '$.studentUniqueId']);
});
