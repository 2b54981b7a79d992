import {
  FALL,
  FIRST_NEW_DAY,
  LAST_OLD_DAY,
  plusDays,
  SCHOOL_YEAR,
  SESSIONS,
  SPRING,
  SPRING_BEGIN,
  STAFF_BEGIN,
  YEAR_BEGIN,
} from './calendar.ts';
import type { Changes } from './changes.ts';
import type { Dirt, DirtKind } from './dirt.ts';
import {
  contactNumber,
  contactsOf,
  courseAt,
  DISTRICT_IDENTIFIER,
  DISTRICT_NAME,
  type District,
  gradeCode,
  periodOf,
  SLOTS,
  type StaffRole,
  teacherOf,
  termOf,
} from './district.ts';
import { CORRECTED_NAMES, FAMILY_NAMES, GIVEN_NAMES } from './names.ts';
import {
  birthDateOf,
  contactIdsOf,
  demographicsOf,
  entryDateOf,
  familyNameOf,
  familyOfStudent,
  flag,
  givenNameOf,
  localIdOf,
  previousSchoolOf,
  stateIdOf,
  studentsOfFamily,
} from './people.ts';
import { ABOUT } from './random.ts';

/** One day's export of a district, as rows. */
export interface Export {
  readonly district: District;
  readonly changes: Changes;
  readonly dirt: Dirt;
  readonly version: '1.1' | '1.2';
}

/** Called just before the row that carries the dirt. */
export type NoteDirt = (kind: DirtKind) => void;

export interface TableOut {
  readonly file: string;
  readonly header: readonly string[];
  rows(note: NoteDirt): Iterable<readonly string[]>;
}

const COMMON = ['sourcedId', 'status', 'dateLastModified'];

/** Every table of the export, in the order of the standard. */
export function tablesOf(day: Export): TableOut[] {
  const tables: TableOut[] = [
    {
      file: 'academicSessions.csv',
      header: [...COMMON, 'title', 'type', 'startDate', 'endDate', 'parentSourcedId', 'schoolYear'],
      rows: () => academicSessions(day),
    },
    {
      file: 'classes.csv',
      header: [
        ...COMMON,
        'title',
        'grades',
        'courseSourcedId',
        'classCode',
        'classType',
        'location',
        'schoolSourcedId',
        'termSourcedIds',
        'subjects',
        'subjectCodes',
        'periods',
      ],
      rows: (note) => classes(day, note),
    },
    {
      file: 'courses.csv',
      header: [
        ...COMMON,
        'schoolYearSourcedId',
        'title',
        'courseCode',
        'grades',
        'orgSourcedId',
        'subjects',
        'subjectCodes',
      ],
      rows: () => courses(day),
    },
    {
      file: 'demographics.csv',
      header: [
        ...COMMON,
        'birthDate',
        'sex',
        'americanIndianOrAlaskaNative',
        'asian',
        'blackOrAfricanAmerican',
        'nativeHawaiianOrOtherPacificIslander',
        'white',
        'demographicRaceTwoOrMoreRaces',
        'hispanicOrLatinoEthnicity',
        'countryOfBirthCode',
        'stateOfBirthAbbreviation',
        'cityOfBirth',
        'publicSchoolResidenceStatus',
      ],
      rows: (note) => demographics(day, note),
    },
    {
      file: 'enrollments.csv',
      header: [
        ...COMMON,
        'classSourcedId',
        'schoolSourcedId',
        'userSourcedId',
        'role',
        'primary',
        'beginDate',
        'endDate',
      ],
      rows: (note) => enrollments(day, note),
    },
    {
      file: 'orgs.csv',
      header: [...COMMON, 'name', 'type', 'identifier', 'parentSourcedId'],
      rows: () => orgs(day),
    },
  ];
  if (day.version === '1.2') {
    tables.push({
      file: 'roles.csv',
      header: [
        ...COMMON,
        'userSourcedId',
        'roleType',
        'role',
        'beginDate',
        'endDate',
        'orgSourcedId',
        'userProfileSourcedId',
      ],
      rows: () => roles(day),
    });
  }
  tables.push({
    file: 'users.csv',
    header: [...COMMON, ...(day.version === '1.2' ? USERS_12 : USERS_11)],
    rows: (note) => users(day, note),
  });
  return tables;
}

const USERS_11 = [
  'enabledUser',
  'orgSourcedIds',
  'role',
  'username',
  'userIds',
  'givenName',
  'familyName',
  'middleName',
  'identifier',
  'email',
  'sms',
  'phone',
  'agentSourcedIds',
  'grades',
  'password',
] as const;

const USERS_12 = [
  'enabledUser',
  'username',
  'userIds',
  'givenName',
  'familyName',
  'middleName',
  'identifier',
  'email',
  'sms',
  'phone',
  'agentSourcedIds',
  'grades',
  'password',
  'userMasterIdentifier',
  'resourceSourcedIds',
  'preferredGivenName',
  'preferredMiddleName',
  'preferredFamilyName',
  'primaryOrgSourcedId',
  'pronouns',
] as const;

type UserColumn = (typeof USERS_11)[number] | (typeof USERS_12)[number];

function sessionId({ district }: Export, session: number): string {
  return district.draws.id(ABOUT.session, session);
}

function districtId({ district }: Export): string {
  return district.draws.id(ABOUT.org, 0);
}

function classId({ district }: Export, group: number, slot: number): string {
  return district.draws.id(ABOUT.class, group * SLOTS + slot);
}

function studentId({ district }: Export, student: number): string {
  return district.draws.id(ABOUT.student, student);
}

/** Students of the first day and those who have come since. */
function* everyStudent({ district, changes }: Export): Iterable<number> {
  for (let student = 0; student < district.students; student++) yield student;
  yield* changes.entered.keys();
}

/** The group a student sits in now, and the one before a move. */
function groupsOfStudent({ district, changes }: Export, student: number): { now: number; before: number | undefined } {
  const entered = changes.entered.get(student);
  if (entered !== undefined) return { now: entered, before: undefined };
  const moved = changes.moved.get(student);
  const first = district.groupOf[student]!;
  return moved === undefined ? { now: first, before: undefined } : { now: moved, before: first };
}

function gradeOfStudent({ district, changes }: Export, student: number): number {
  const entered = changes.entered.get(student);
  return entered === undefined ? district.gradeOf[student]! : district.groups[entered]!.grade;
}

function schoolIdOfGroup({ district }: Export, group: number): string {
  return district.schools[district.groups[group]!.school]!.sourcedId;
}

function* orgs(day: Export): Iterable<string[]> {
  const parent = districtId(day);
  yield [parent, '', '', DISTRICT_NAME, 'district', String(DISTRICT_IDENTIFIER), ''];
  for (const { sourcedId, name, identifier } of day.district.schools) {
    yield [sourcedId, '', '', name, 'school', identifier, parent];
  }
}

function* academicSessions(day: Export): Iterable<string[]> {
  for (const [index, { title, type, begin, end, parent }] of SESSIONS.entries()) {
    const above = parent === undefined ? '' : sessionId(day, parent);
    yield [sessionId(day, index), '', '', title, type, begin, end, above, String(SCHOOL_YEAR)];
  }
}

function* courses(day: Export): Iterable<string[]> {
  for (const { sourcedId, code, title, grades, subject, subjectCode } of day.district.courses) {
    const codes = grades.map(gradeCode).join(',');
    yield [sourcedId, '', '', sessionId(day, 0), title, code, codes, districtId(day), subject, subjectCode];
  }
}

function* classes(day: Export, note: NoteDirt): Iterable<string[]> {
  const { district, changes, dirt } = day;
  for (const [group, { school: schoolIndex, lowest, highest }] of district.groups.entries()) {
    const school = district.schools[schoolIndex]!;
    const nth = group - school.groups[0] + 1;
    const grades = Array.from({ length: highest - lowest + 1 }, (_, step) => gradeCode(lowest + step)).join(',');
    for (let slot = 0; slot < SLOTS; slot++) {
      const number = group * SLOTS + slot;
      const course = district.courses[courseAt(district, group, slot)]!;
      const term = termOf(slot);
      const terms = term === 0 ? [FALL, SPRING] : [term === 1 ? FALL : SPRING];
      let title = `${course.title}, Group ${nth}`;
      if (changes.classRenamed.has(number)) title = `${title} (Room Change)`;
      if (dirt.paddedClass.has(number)) {
        note('padded-value');
        title = `  ${title} `;
      }
      yield [
        classId(day, group, slot),
        '',
        '',
        title,
        grades,
        course.sourcedId,
        `${course.code}-${nth}-${['Y', 'F', 'S'][term]}${slot}${changes.classRecoded.has(number) ? 'R' : ''}`,
        slot === 0 ? 'homeroom' : 'scheduled',
        roomOf(district, group, slot),
        school.sourcedId,
        terms.map((session) => sessionId(day, session)).join(','),
        course.subject,
        course.subjectCode,
        periodName(changes, schoolIndex, periodOf(group, slot)),
      ];
    }
  }
}

function roomOf(district: District, group: number, slot: number): string {
  const course = district.courses[courseAt(district, group, slot)]!;
  return course.code.startsWith('PE-') ? 'Gymnasium' : `Room ${101 + teacherOf(district, group, slot).nth}`;
}

function periodName({ periodRenamed }: Changes, school: number, period: number): string {
  if (period === 0) return 'Homeroom';
  const renamed = periodRenamed?.school === school && periodRenamed.period === period;
  return renamed ? `Period ${period} (Lunch)` : `Period ${period}`;
}

const SHOUTED: Readonly<Record<string, string>> = { true: 'TRUE', false: 'False' };

function* demographics(day: Export, note: NoteDirt): Iterable<string[]> {
  const { district, changes, dirt } = day;
  for (const student of everyStudent(day)) {
    let birthDate = birthDateOf(district, student, gradeOfStudent(day, student));
    if (changes.birthDateCorrected.has(student)) birthDate = plusDays(birthDate, -3);
    if (dirt.missingBirthDate.has(student)) {
      note('missing-birth-date');
      birthDate = '';
    }
    let facts = demographicsOf(district, student);
    if (dirt.booleanCase.has(student)) {
      note('boolean-case');
      facts = facts.map((value) => SHOUTED[value] ?? value);
    }
    yield [studentId(day, student), '', '', birthDate, ...facts];
  }
}

interface EnrollmentRow {
  readonly id: string;
  readonly group: number;
  readonly slot: number;
  readonly user: string;
  readonly role: 'student' | 'teacher' | 'aide';
  readonly primary: boolean;
  readonly begin: string;
  readonly end: string;
}

function enrollmentRow(day: Export, { id, group, slot, user, role, primary, begin, end }: EnrollmentRow): string[] {
  return [id, '', '', classId(day, group, slot), schoolIdOfGroup(day, group), user, role, flag(primary), begin, end];
}

function* enrollments(day: Export, note: NoteDirt): Iterable<string[]> {
  for (const student of everyStudent(day)) yield* enrollmentsOfStudent(day, student, note);
  for (let group = 0; group < day.district.groups.length; group++) {
    for (let slot = 0; slot < SLOTS; slot++) yield* teachingOf(day, group, slot, note);
  }
}

function* enrollmentsOfStudent(day: Export, student: number, note: NoteDirt): Iterable<string[]> {
  const { district, changes, dirt } = day;
  const { draws } = district;
  const { now, before } = groupsOfStudent(day, student);
  const user = studentId(day, student);
  const entry = changes.entered.has(student) ? FIRST_NEW_DAY : entryDateOf(district, student);
  const withdrawn = changes.withdrawn.has(student);
  // Some systems close what has ended, others leave it out.
  const leavesOut = student % 2 === 1;
  for (let slot = 0; slot < SLOTS; slot++) {
    const spring = termOf(slot) === 2;
    const ended = withdrawn || before !== undefined;
    if (ended && (leavesOut || spring)) continue;
    if (changes.enrollmentDropped.get(student) === slot) continue;
    let begin = spring ? SPRING_BEGIN : entry;
    const corrected = changes.enrollmentDateCorrected.get(student) === slot;
    if (corrected) begin = plusDays(begin, 1);
    // One in ten says nothing of when it began.
    else if (draws.chance(0.1, ABOUT.enrollment, student * 16 + slot, 1)) begin = '';
    const row = enrollmentRow(day, {
      id: draws.id(ABOUT.enrollment, student * 16 + slot),
      group: before ?? now,
      slot,
      user,
      role: 'student',
      primary: false,
      begin,
      end: ended ? LAST_OLD_DAY : '',
    });
    yield row;
    if (dirt.duplicateEnrollment?.student === student && dirt.duplicateEnrollment.slot === slot) {
      note('duplicate-enrollment');
      yield [draws.id(ABOUT.dirt, 0), ...row.slice(1)];
    }
  }
  if (before === undefined) return;
  for (let slot = 0; slot < SLOTS; slot++) {
    yield enrollmentRow(day, {
      id: draws.id(ABOUT.newEnrollment, student * 16 + slot),
      group: now,
      slot,
      user,
      role: 'student',
      primary: false,
      begin: termOf(slot) === 2 ? SPRING_BEGIN : FIRST_NEW_DAY,
      end: '',
    });
  }
}

function* teachingOf(day: Export, group: number, slot: number, note: NoteDirt): Iterable<string[]> {
  const { district, changes, dirt } = day;
  const { draws } = district;
  const number = group * SLOTS + slot;
  const school = district.schools[district.groups[group]!.school]!;
  const { nth, of } = teacherOf(district, group, slot);
  const [first] = school.teachers;
  const begin = termOf(slot) === 2 ? SPRING_BEGIN : YEAR_BEGIN;
  const changed = changes.teacherChanged.has(number);
  const row = enrollmentRow(day, {
    id: draws.id(changed ? ABOUT.newTeaching : ABOUT.teaching, number * 4),
    group,
    slot,
    user: draws.id(ABOUT.staff, changed ? first + ((nth + 1) % of) : first + nth),
    role: 'teacher',
    primary: true,
    begin: changed && begin < FIRST_NEW_DAY ? FIRST_NEW_DAY : begin,
    end: '',
  });
  yield row;
  // About one class in eleven has a second grown-up: an aide where there is one, else another teacher.
  if (draws.chance(0.09, ABOUT.teaching, number, 1)) {
    const [from, to] = school.aides;
    const aide = to > from ? draws.below(to - from, ABOUT.teaching, number, 2) + from : undefined;
    if (aide !== undefined || of > 2) {
      yield enrollmentRow(day, {
        id: draws.id(ABOUT.teaching, number * 4 + 1),
        group,
        slot,
        // Never the teacher, nor the one who takes the class over.
        user: draws.id(ABOUT.staff, aide ?? first + ((nth + 2) % of)),
        role: aide === undefined ? 'teacher' : 'aide',
        primary: false,
        begin,
        end: '',
      });
    }
  }
  if (dirt.unknownTeacher?.class === number) {
    note('unknown-teacher');
    yield enrollmentRow(day, {
      id: draws.id(ABOUT.dirt, 1),
      group,
      slot,
      user: draws.id(ABOUT.dirt, 2),
      role: 'teacher',
      primary: false,
      begin,
      end: '',
    });
  }
}

function* roles(day: Export): Iterable<string[]> {
  const { district, changes } = day;
  const { draws } = district;
  const row = (
    id: string,
    user: string,
    primary: boolean,
    role: string,
    begin: string,
    end: string,
    org: string,
  ): string[] => [id, '', '', user, primary ? 'primary' : 'secondary', role, begin, end, org, ''];

  for (const student of everyStudent(day)) {
    const user = studentId(day, student);
    const { now, before } = groupsOfStudent(day, student);
    let entry = changes.entered.has(student) ? FIRST_NEW_DAY : entryDateOf(district, student);
    if (changes.entryDateCorrected.has(student)) entry = plusDays(entry, 1);
    else if (entry === YEAR_BEGIN && draws.chance(0.05, ABOUT.role, student, 1)) entry = '';
    const previous = previousSchoolOf(district, student);
    if (previous !== undefined) {
      const left = plusDays(entryDateOf(district, student), -3);
      const org = district.schools[previous]!.sourcedId;
      yield row(draws.id(ABOUT.previousRole, student), user, false, 'student', YEAR_BEGIN, left, org);
    }
    const own = draws.id(ABOUT.role, student);
    if (before === undefined) {
      const end = changes.withdrawn.has(student) ? LAST_OLD_DAY : '';
      yield row(own, user, true, 'student', entry, end, schoolIdOfGroup(day, now));
    } else {
      if (student % 2 === 0) {
        yield row(own, user, false, 'student', entry, LAST_OLD_DAY, schoolIdOfGroup(day, before));
      }
      const id = draws.id(ABOUT.newRole, student);
      yield row(id, user, true, 'student', FIRST_NEW_DAY, '', schoolIdOfGroup(day, now));
    }
  }
  for (const [index, { role, school, secondSchool }] of district.staff.entries()) {
    const user = draws.id(ABOUT.staff, index);
    const begin = draws.chance(0.05, ABOUT.staff, index, 2) ? '' : STAFF_BEGIN;
    const org = school === undefined ? districtId(day) : district.schools[school]!.sourcedId;
    yield row(draws.id(ABOUT.staffRole, index * 2), user, true, role, begin, '', org);
    if (secondSchool !== undefined) {
      const second = district.schools[secondSchool]!.sourcedId;
      yield row(draws.id(ABOUT.staffRole, index * 2 + 1), user, false, role, begin, '', second);
    }
  }
  for (const { contact, role, school } of everyContact(day)) {
    yield row(draws.id(ABOUT.contactRole, contact), draws.id(ABOUT.contact, contact), true, role, '', '', school);
  }
}

interface ContactFacts {
  readonly contact: number;
  readonly family: number;
  readonly role: 'parent' | 'guardian' | 'relative';
  readonly children: readonly number[];
  /** The sourcedId of the school of the first child on the first day. */
  readonly school: string;
}

function* everyContact(day: Export): Iterable<ContactFacts> {
  const { district, changes } = day;
  const { draws } = district;
  const families = district.familyStart.length - 1 + changes.entered.size;
  for (let family = 0; family < families; family++) {
    const children = studentsOfFamily(district, family);
    const { now, before } = groupsOfStudent(day, children[0]!);
    for (let nth = 0; nth < contactsOf(draws, family); nth++) {
      const contact = contactNumber(family, nth);
      if (changes.contactRemoved.has(contact)) continue;
      const role = nth === 2 ? 'relative' : draws.chance(0.1, ABOUT.contact, contact, 2) ? 'guardian' : 'parent';
      yield { contact, family, role, children, school: schoolIdOfGroup(day, before ?? now) };
    }
  }
}

function* users(day: Export, note: NoteDirt): Iterable<string[]> {
  const columns: readonly UserColumn[] = day.version === '1.2' ? USERS_12 : USERS_11;
  const row = (id: string, values: Partial<Record<UserColumn, string>>): string[] => [
    id,
    '',
    '',
    ...columns.map((column) => values[column] ?? ''),
  ];
  for (const student of everyStudent(day)) yield row(studentId(day, student), studentUser(day, student, note));
  for (const index of day.district.staff.keys()) {
    yield row(day.district.draws.id(ABOUT.staff, index), staffUser(day, index));
  }
  for (const facts of everyContact(day)) {
    yield row(day.district.draws.id(ABOUT.contact, facts.contact), contactUser(day, facts));
  }
}

function studentUser(day: Export, student: number, note: NoteDirt): Partial<Record<UserColumn, string>> {
  const { district, changes, dirt } = day;
  const { draws } = district;
  const { now } = groupsOfStudent(day, student);
  const org = schoolIdOfGroup(day, now);
  let givenName = changes.nameCorrected.has(student)
    ? draws.pick(CORRECTED_NAMES, ABOUT.name, student)
    : givenNameOf(district, ABOUT.student, student);
  if (dirt.paddedName.has(student)) {
    note('padded-value');
    givenName = ` ${givenName}  `;
  }
  let grades = gradeCode(gradeOfStudent(day, student));
  if (dirt.unmappedGrade.has(student)) {
    note('unmapped-grade');
    grades = 'EE';
  }
  if (dirt.lostLeadingZero.has(student)) {
    note('lost-leading-zero');
    grades = String(Number(grades));
  }
  let enabledUser = flag(!changes.withdrawn.has(student));
  if (dirt.booleanCase.has(student)) {
    note('boolean-case');
    enabledUser = SHOUTED[enabledUser]!;
  }
  const localId = localIdOf(student);
  const identifier = stateIdOf(district, student);
  return {
    enabledUser,
    orgSourcedIds: org,
    role: 'student',
    username: `s${localId}`,
    // Plainly no secret; it is here because real exports have the column, and must never be read.
    password: `never-read-${localId}`,
    userIds: `{stateId:${identifier}},{localId:${localId}}`,
    givenName,
    familyName: familyNameOf(district, familyOfStudent(district, student)),
    middleName: draws.chance(0.6, ABOUT.student, student, 3) ? draws.pick(GIVEN_NAMES, ABOUT.student, student, 4) : '',
    identifier,
    email: `s${localId}@students.example.org`,
    agentSourcedIds: contactIdsOf(district, student, changes.contactRemoved).join(','),
    grades,
    preferredGivenName: draws.chance(0.08, ABOUT.student, student, 5)
      ? draws.pick(GIVEN_NAMES, ABOUT.student, student, 6)
      : '',
    primaryOrgSourcedId: org,
  };
}

function staffUser(day: Export, index: number): Partial<Record<UserColumn, string>> {
  const { district } = day;
  const { draws } = district;
  const { role, school, secondSchool } = district.staff[index]!;
  const orgs = [school, secondSchool].flatMap((one) => (one === undefined ? [] : [district.schools[one]!.sourcedId]));
  if (orgs.length === 0) orgs.push(districtId(day));
  const identifier = `E${String(index + 1).padStart(6, '0')}`;
  return {
    enabledUser: 'true',
    orgSourcedIds: orgs.join(','),
    role: role11(role),
    username: identifier.toLowerCase(),
    userIds: `{staffId:${identifier}}`,
    givenName: givenNameOf(district, ABOUT.staff, index),
    familyName: draws.pick(FAMILY_NAMES, ABOUT.staff, index, 3),
    identifier,
    email: `${identifier.toLowerCase()}@example.org`,
    phone: `555-01${String(index % 100).padStart(2, '0')}`,
    primaryOrgSourcedId: orgs[0]!,
  };
}

/** 1.1 knows administrators of one kind only. */
function role11(role: StaffRole): string {
  switch (role) {
    case 'teacher':
    case 'aide':
      return role;
    case 'principal':
    case 'counselor':
    case 'districtAdministrator':
      return 'administrator';
  }
}

function contactUser(day: Export, { contact, family, role, children, school }: ContactFacts) {
  const { district } = day;
  const { draws } = district;
  const own = draws.chance(0.3, ABOUT.contact, contact, 3);
  return {
    enabledUser: 'true',
    orgSourcedIds: school,
    role,
    userIds: `{localId:C${contact}}`,
    givenName: givenNameOf(district, ABOUT.contact, contact),
    familyName: own ? draws.pick(FAMILY_NAMES, ABOUT.contact, contact, 4) : familyNameOf(district, family),
    identifier: `C${String(contact).padStart(7, '0')}`,
    email: `c${contact}@families.example.org`,
    phone: `555-02${String(contact % 100).padStart(2, '0')}`,
    agentSourcedIds: children.map((child) => studentId(day, child)).join(','),
    primaryOrgSourcedId: school,
  };
}
