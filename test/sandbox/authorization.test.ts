import { expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import { callerOf, course, descriptor, enrolment, practice, type Reply, SCHOOL, session, student } from './practice.ts';

function expectDenied(reply: Reply, property: string, hint?: string): void {
  expect([reply.status, reply.json.type]).toEqual([403, 'urn:ed-fi:api:security:authorization']);
  expect(String(reply.json.errors)).toContain(`'${property}'`);
  if (hint === undefined) expect(reply.json.detail).not.toContain('Hint');
  else expect(reply.json.detail).toContain(`create a corresponding '${hint}'`);
}

const FOREIGN = 255902001;
const staff = (staffUniqueId: string): JsonObject => ({ staffUniqueId, firstName: 'Kit', lastSurname: 'Lane' });
const contact = (contactUniqueId: string): JsonObject => ({ contactUniqueId, firstName: 'Sam', lastSurname: 'Marsh' });
const employment = (staffUniqueId: string, educationOrganizationId: number): JsonObject => ({
  staffReference: { staffUniqueId },
  educationOrganizationReference: { educationOrganizationId },
  employmentStatusDescriptor: descriptor('EmploymentStatus', 'Tenured or permanent'),
  hireDate: '2020-08-01',
});
const residence = (studentUniqueId: string, educationOrganizationId = SCHOOL): JsonObject => ({
  studentReference: { studentUniqueId },
  educationOrganizationReference: { educationOrganizationId },
});

test('what is about another education organization is refused', async () => {
  const { post, get } = await practice();
  expectDenied(await post('sessions', session('Fall', FOREIGN)), 'SchoolId');
  expectDenied(
    await post('courses', { ...course(), educationOrganizationReference: { educationOrganizationId: 31 } }),
    'EducationOrganizationId',
  );
  expectDenied(
    await post('sections', {
      sectionIdentifier: 'S',
      courseOfferingReference: { localCourseCode: 'A', schoolId: FOREIGN, schoolYear: 2027, sessionName: 'Fall' },
    }),
    'SchoolId',
  );
  expect((await get('stateEducationAgencies')).list).toEqual([]);
  expect((await get('localEducationAgencies')).list).toHaveLength(1);
});

test('a school of the district can be added, and then be used; one of another district cannot', async () => {
  const { sandbox, post } = await practice();
  const school = (schoolId: number, localEducationAgencyId: number): JsonObject => ({
    schoolId,
    nameOfInstitution: 'New School',
    educationOrganizationCategories: [
      { educationOrganizationCategoryDescriptor: descriptor('EducationOrganizationCategory', 'School') },
    ],
    gradeLevels: [{ gradeLevelDescriptor: descriptor('GradeLevel', 'Ninth grade') }],
    localEducationAgencyReference: { localEducationAgencyId },
  });
  expectDenied(await post('sessions', session('Fall', 777)), 'SchoolId');
  expectDenied(await post('schools', school(777, 255902)), 'SchoolId');
  expect((await post('schools', school(777, 255901))).status).toBe(201);
  expect((await post('sessions', session('Fall', 777))).status).toBe(201);
  expect(sandbox.read('ed-fi/schools')).toHaveLength(401);
});

test('without preloaded organizations the district makes its own', async () => {
  const { sandbox, post } = await practice({ preload: false });
  expect(sandbox.read('ed-fi/schools')).toEqual([]);
  expect(sandbox.read('ed-fi/schoolYearTypes')).toHaveLength(60);
  const agency = {
    localEducationAgencyId: 255901,
    nameOfInstitution: 'District',
    categories: [
      {
        educationOrganizationCategoryDescriptor: descriptor('EducationOrganizationCategory', 'Local Education Agency'),
      },
    ],
    localEducationAgencyCategoryDescriptor: descriptor('LocalEducationAgencyCategory', 'Independent'),
  };
  expectDenied(
    await post('localEducationAgencies', { ...agency, localEducationAgencyId: 5 }),
    'LocalEducationAgencyId',
  );
  expect((await post('localEducationAgencies', agency)).status).toBe(201);
});

test('a student can be created and deleted by anyone, and needs an enrolment for all else', async () => {
  const { sandbox, post, put, remove, get, make } = await practice();
  const { id, status } = await post('students', student('1'));
  expect(status).toBe(201);
  const hint = 'StudentSchoolAssociation';
  expectDenied(await post('students', student('1')), 'StudentUniqueId', hint);
  expectDenied(await put('students', id, student('1')), 'StudentUniqueId', hint);
  expectDenied(await get(`students/${id}`), 'StudentUniqueId', hint);
  expect((await get('students?totalCount=true')).headers.get('total-count')).toBe('0');
  expectDenied(await post('studentEducationOrganizationAssociations', residence('1')), 'StudentUniqueId', hint);
  expectDenied(await post('studentEducationOrganizationAssociations', residence('nobody')), 'StudentUniqueId', hint);

  const enrolled = await make('studentSchoolAssociations', enrolment('1'));
  expect((await post('students', { ...student('1'), firstName: 'Kim' })).status).toBe(200);
  expect((await put('students', id, student('1'))).status).toBe(204);
  expect((await get(`students/${id}`)).json.studentUniqueId).toBe('1');
  expect((await get('students')).list).toHaveLength(1);
  const lives = await post('studentEducationOrganizationAssociations', residence('1'));
  expect(lives.status).toBe(201);
  expect((await remove('students', id)).status).toBe(409);
  expect((await remove('studentSchoolAssociations', enrolled)).status).toBe(204);
  expectDenied(await remove('studentEducationOrganizationAssociations', lives.id), 'StudentUniqueId', hint);
  expect(sandbox.read('ed-fi/students')).toHaveLength(1);
  const other = await post('students', student('2'));
  expect((await remove('students', other.id)).status).toBe(204);
});

test('a responsibility needs no enrolment', async () => {
  const { make, post } = await practice();
  await make('students', student('1'));
  const responsibility = {
    ...residence('1'),
    beginDate: '2026-08-20',
    responsibilityDescriptor: descriptor('Responsibility', 'Accountability'),
  };
  expect((await post('studentEducationOrganizationResponsibilityAssociations', responsibility)).status).toBe(201);
});

test.each([
  ['employment', 'staffEducationOrganizationEmploymentAssociations', employment('7', SCHOOL)],
  [
    'assignment',
    'staffEducationOrganizationAssignmentAssociations',
    {
      staffReference: { staffUniqueId: '7' },
      educationOrganizationReference: { educationOrganizationId: 255901 },
      staffClassificationDescriptor: descriptor('StaffClassification', 'Teacher'),
      beginDate: '2026-08-20',
    },
  ],
])('staff need an %s', async (_, resource, tie) => {
  const { post, get, make } = await practice();
  const id = await make('staffs', staff('7'));
  const at = {
    staffReference: { staffUniqueId: '7' },
    schoolReference: { schoolId: SCHOOL },
    programAssignmentDescriptor: descriptor('ProgramAssignment', 'Regular Education'),
  };
  const hint = 'StaffEducationOrganizationEmploymentAssociation';
  expectDenied(await get(`staffs/${id}`), 'StaffUniqueId', hint);
  expectDenied(await post('staffs', staff('7')), 'StaffUniqueId', hint);
  expectDenied(await post('staffSchoolAssociations', at), 'StaffUniqueId', hint);
  expect((await get('staffs')).list).toEqual([]);
  await make(resource, tie);
  expect((await get(`staffs/${id}`)).status).toBe(200);
  expect((await post('staffs', staff('7'))).status).toBe(200);
  expect((await post('staffSchoolAssociations', at)).status).toBe(201);
  expect((await get('staffs')).list).toHaveLength(1);
});

test('a contact needs an enrolled student', async () => {
  const { post, put, get, make } = await practice();
  const id = await make('contacts', contact('C'));
  await make('students', student('1'));
  const tie = { contactReference: { contactUniqueId: 'C' }, studentReference: { studentUniqueId: '1' } };
  expectDenied(await post('studentContactAssociations', tie), 'StudentUniqueId', 'StudentSchoolAssociation');
  await make('studentSchoolAssociations', enrolment('1'));
  expectDenied(await put('contacts', id, contact('C')), 'ContactUniqueId', 'StudentContactAssociation');
  expect((await get('contacts')).list).toEqual([]);
  await make('studentContactAssociations', tie);
  expect((await put('contacts', id, contact('C'))).status).toBe(204);
  expect((await get('contacts')).list).toHaveLength(1);
});

test('another claim sees nothing of it', async () => {
  const caller = await practice({ educationOrganizationIds: [255901, 31] });
  const { make, sandbox } = caller;
  const id = await make('sessions', session());
  await make('students', student('1'));
  await make('studentSchoolAssociations', enrolment('1'));
  expect((await caller.get('stateEducationAgencies')).list).toHaveLength(1);
  const district = await callerOf(sandbox, '255901');
  expect((await district.get('sessions')).list.map((item) => item.id)).toEqual([id]);
  expect((await district.get('stateEducationAgencies')).list).toEqual([]);

  const stranger = await practice({ educationOrganizationIds: [5] });
  expect((await stranger.get('schools')).list).toEqual([]);
  expectDenied(await stranger.post('sessions', session()), 'SchoolId');
});
