import { expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import {
  type Caller,
  classroom,
  enrolment,
  offering,
  practice,
  SCHOOL,
  section,
  sectionKey,
  session,
  student,
} from './practice.ts';

const only = ({ sandbox }: Caller, resource: string): JsonObject => {
  const items = sandbox.read(`ed-fi/${resource}`);
  expect(items).toHaveLength(1);
  return items[0]!.body;
};

test("a session's new name reaches all that hangs on it", async () => {
  const caller = await practice();
  const ids = await classroom(caller);
  await caller.make('sections', section('S-2'));
  const done = await caller.put('sessions', String(ids.session), session('Autumn'));
  expect([done.status, done.id]).toEqual([204, ids.session]);

  expect(only(caller, 'courseOfferings')).toEqual(offering('ALG1', 'Autumn'));
  expect(caller.sandbox.read('ed-fi/sections').map(({ body }) => body.courseOfferingReference)).toEqual([
    section('S-1', 'Autumn').courseOfferingReference,
    section('S-2', 'Autumn').courseOfferingReference,
  ]);
  expect(only(caller, 'studentSectionAssociations').sectionReference).toEqual(sectionKey('Autumn'));
  // Ids stay, and the new keys are found by what refers to them and by queries.
  expect((await caller.get(`sections/${ids.section}`)).json.courseOfferingReference).toMatchObject({
    link: { href: `/ed-fi/courseOfferings/${ids.offering}` },
  });
  const seats = await caller.get('studentSectionAssociations?sessionName=Autumn&studentUniqueId=604');
  expect(seats.list.map(({ id }) => id)).toEqual([ids.seat]);
  expect((await caller.get('studentSectionAssociations?sessionName=Fall')).list).toEqual([]);
  expect((await caller.post('courseOfferings', offering('ALG1', 'Autumn'))).status).toBe(200);
  expect((await caller.post('courseOfferings', offering('ALG1', 'Fall'))).json.detail).toContain("'Session'");
  expect((await caller.remove('sessions', String(ids.session))).status).toBe(409);
});

test('a class period inside a section follows, and the section keeps its key', async () => {
  const caller = await practice();
  const ids = await classroom(caller);
  const renamed = { classPeriodName: 'First', schoolReference: { schoolId: SCHOOL } };
  expect((await caller.put('classPeriods', String(ids.period), renamed)).status).toBe(204);
  expect(only(caller, 'sections')).toEqual({
    ...section(),
    classPeriods: [{ classPeriodReference: { classPeriodName: 'First', schoolId: SCHOOL } }],
  });
  expect((await caller.remove('classPeriods', String(ids.period))).json.detail).toContain("'Section'");
});

test("a section's new identifier reaches its students; an enrolment's date and a seat's date change alone", async () => {
  const caller = await practice();
  const ids = await classroom(caller);
  expect((await caller.put('sections', String(ids.section), section('S-9'))).status).toBe(204);
  const seat = {
    studentReference: { studentUniqueId: '604' },
    sectionReference: sectionKey('Fall', 'S-9'),
    beginDate: '2026-08-20',
  };
  expect(only(caller, 'studentSectionAssociations')).toEqual(seat);
  const later = { ...seat, beginDate: '2026-09-01' };
  expect((await caller.put('studentSectionAssociations', String(ids.seat), later)).status).toBe(204);
  expect(only(caller, 'studentSectionAssociations')).toEqual(later);
  const entered = enrolment('604', SCHOOL, '2026-09-01');
  expect((await caller.put('studentSchoolAssociations', String(ids.enrolment), entered)).status).toBe(204);
  expect(only(caller, 'studentSchoolAssociations')).toEqual(entered);
  expect((await caller.get(`students/${ids.student}`)).status).toBe(200);
});

test('a cascade that collides changes nothing at all', async () => {
  const caller = await practice();
  const ids = await classroom(caller);
  const before = caller.sandbox.read('ed-fi/courseOfferings');
  await caller.make('sessions', session('Autumn'));
  const taken = await caller.put('sessions', String(ids.session), session('Autumn'));
  expect([taken.status, taken.json.type]).toEqual([409, 'urn:ed-fi:api:data-conflict:non-unique-identity']);
  expect(caller.sandbox.read('ed-fi/courseOfferings')).toEqual(before);
  expect(only(caller, 'studentSectionAssociations').sectionReference).toEqual(sectionKey());
});

test('a session cannot take its offerings to another school', async () => {
  const caller = await practice();
  const ids = await classroom(caller);
  const everything = (): unknown =>
    ['sessions', 'courseOfferings', 'sections', 'studentSectionAssociations'].map((name) =>
      caller.sandbox.read(`ed-fi/${name}`),
    );
  const before = everything();
  const moved = await caller.put('sessions', String(ids.session), session('Fall', 255901002));
  // The section's class period is at the old school: the move is undone to the last item.
  expect([moved.status, moved.json.detail]).toEqual([409, expect.stringContaining("'ClassPeriod'")]);
  expect(everything()).toEqual(before);
});

test('a value that references share changes in all of them', async () => {
  const caller = await practice();
  const ids = await classroom(caller);
  await caller.put('sections', String(ids.section), section());
  const moved = await caller.put('sessions', String(ids.session), session('Fall', 255901002));
  expect(moved.status).toBe(204);
  expect(only(caller, 'courseOfferings')).toMatchObject({
    schoolReference: { schoolId: 255901002 },
    sessionReference: { schoolId: 255901002 },
    courseReference: { educationOrganizationId: SCHOOL },
  });
  expect(only(caller, 'studentSectionAssociations').sectionReference).toMatchObject({ schoolId: 255901002 });
});

test.each([
  [
    'locations',
    { classroomIdentificationCode: 'R1', schoolReference: { schoolId: SCHOOL } },
    { classroomIdentificationCode: 'R2' },
  ],
  [
    'gradebookEntries',
    {
      gradebookEntryIdentifier: 'G1',
      namespace: 'uri://x.org',
      dateAssigned: '2026-09-01',
      sourceSectionIdentifier: 'S',
      title: 'Quiz',
    },
    { gradebookEntryIdentifier: 'G2' },
  ],
])('%s can change their key', async (resource, body, change) => {
  const caller = await practice();
  const id = await caller.make(resource, body);
  const done = await caller.put(resource, id, { ...body, ...change });
  expect(done.status).toBe(204);
  expect(caller.sandbox.read(`ed-fi/${resource}`)).toEqual([{ id, body: { ...body, ...change } }]);
});

test('a person keeps its key', async () => {
  const caller = await practice();
  const ids = await classroom(caller);
  const refused = await caller.put('students', String(ids.student), student('605'));
  expect([refused.status, refused.json.type]).toEqual([
    400,
    'urn:ed-fi:api:bad-request:data-validation-failed:key-change-not-supported',
  ]);
});
