import { CITIES, PLACES, QUARTERS, TOPIC_STAGES, TOPICS } from './names.ts';
import { ABOUT, createDraws, type Draws } from './random.ts';
import { GROUP_SIZE, shapeOf } from './shape.ts';

/** The district as it stands on its first day: arrays of numbers, so that 200,000 students fit easily. */
export interface District {
  readonly draws: Draws;
  readonly students: number;
  readonly schools: readonly School[];
  /** Children who are taught together; each has 13 classes a year. */
  readonly groups: readonly Group[];
  readonly courses: readonly Course[];
  readonly staff: readonly Staff[];
  /** By student. Grades: 0 is kindergarten. */
  readonly gradeOf: Uint8Array;
  readonly schoolOf: Uint16Array;
  readonly groupOf: Uint32Array;
  readonly familyOf: Uint32Array;
  /** The first student of each family, and one entry more. */
  readonly familyStart: Uint32Array;
}

export type Level = 0 | 1 | 2;
export const LEVEL_NAMES = ['Elementary', 'Middle', 'High'] as const;

export interface School {
  readonly index: number;
  readonly level: Level;
  readonly name: string;
  readonly identifier: string;
  readonly sourcedId: string;
  /** Places in `District.groups`, from and up to. */
  readonly groups: readonly [number, number];
  /** Places in `District.staff` of its teachers, and of its aides. */
  readonly teachers: readonly [number, number];
  readonly aides: readonly [number, number];
}

export interface Group {
  readonly school: number;
  /** The grade its courses are for, and all that sit in it. */
  readonly grade: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface Course {
  readonly sourcedId: string;
  readonly code: string;
  readonly title: string;
  readonly grades: readonly number[];
  readonly subject: string;
  readonly subjectCode: string;
}

export type StaffRole = 'districtAdministrator' | 'principal' | 'counselor' | 'aide' | 'teacher';

export interface Staff {
  readonly role: StaffRole;
  /** Undefined for the district's own. */
  readonly school: number | undefined;
  readonly secondSchool: number | undefined;
}

export const DISTRICT_NAME = 'Larkspur Valley School District';
export const DISTRICT_IDENTIFIER = 255901;
export const GRADES = 13;

/** Slot 0 is the homeroom of the whole year; 1 to 6 are the fall's subjects, 7 to 12 the spring's. */
export const SLOTS = 13;
const SUBJECTS_PER_TERM = 6;

/** OneRoster's (CEDS) code of a grade. */
export function gradeCode(grade: number): string {
  return grade === 0 ? 'KG' : String(grade).padStart(2, '0');
}

export function levelOf(grade: number): Level {
  return grade <= 5 ? 0 : grade <= 8 ? 1 : 2;
}

/** Builds a district of that many students (at least 1). */
export function createDistrict(students: number, seed: number): District {
  const draws = createDraws(seed);
  const shape = shapeOf(students);
  const levels = levelsOfSchools(shape.schools);
  const byLevel = [0, 1, 2].map((level) => levels.flatMap((own, school) => (own === level ? [school] : [])));

  const { familyOf, familyStart } = families(students, draws);
  const gradeOf = new Uint8Array(students);
  const schoolOf = new Uint16Array(students);
  for (let student = 0; student < students; student++) {
    const grade = draws.below(GRADES, ABOUT.grade, student);
    gradeOf[student] = grade;
    schoolOf[student] = draws.pick(byLevel[levelOf(grade)]!, ABOUT.family, familyOf[student]!, 1);
  }
  const { groups, ranges, groupOf } = groupsOf(shape.schools, gradeOf, schoolOf);
  const { staff, teachers, aides } = staffOf(shape.staff, ranges, draws);
  const schools = levels.map((level, index): School => {
    const place = byLevel[level]!.indexOf(index) + [0, 13, 26][level]!;
    const quarter = QUARTERS[Math.floor(place / PLACES.length) % QUARTERS.length]!;
    return {
      index,
      level,
      name: `${quarter}${PLACES[place % PLACES.length]} ${LEVEL_NAMES[level]} School`,
      identifier: String(DISTRICT_IDENTIFIER * 1000 + 1 + index),
      sourcedId: draws.id(ABOUT.org, 1 + index),
      groups: ranges[index]!,
      teachers: teachers[index]!,
      aides: aides[index]!,
    };
  });
  return {
    draws,
    students,
    schools,
    groups,
    courses: coursesOf(shape.courses, draws),
    staff,
    gradeOf,
    schoolOf,
    groupOf,
    familyOf,
    familyStart,
  };
}

function levelsOfSchools(schools: number): Level[] {
  const high = Math.max(1, Math.round(schools * 0.2));
  const middle = Math.max(1, Math.round(schools * 0.22));
  return Array.from(
    { length: schools },
    (_, index): Level => (index < schools - high - middle ? 0 : index < schools - high ? 1 : 2),
  );
}

/** Brothers and sisters sit next to one another: 1.15 students for each family. */
function families(students: number, draws: Draws): { familyOf: Uint32Array; familyStart: Uint32Array } {
  const familyOf = new Uint32Array(students);
  const starts: number[] = [];
  for (let student = 0; student < students; ) {
    const family = starts.length;
    const luck = draws.below(1000, ABOUT.family, family);
    const size = luck < 870 ? 1 : luck < 985 ? 2 : 3;
    starts.push(student);
    for (let child = 0; child < size && student < students; child++) familyOf[student++] = family;
  }
  return { familyOf, familyStart: Uint32Array.from([...starts, students]) };
}

/** Cuts each school's students, by grade, into groups of about `GROUP_SIZE`; a small school's group spans grades. */
function groupsOf(schools: number, gradeOf: Uint8Array, schoolOf: Uint16Array) {
  const counts = Array.from({ length: schools }, () => new Uint32Array(GRADES));
  for (let student = 0; student < gradeOf.length; student++) counts[schoolOf[student]!]![gradeOf[student]!]!++;
  const groups: Group[] = [];
  const ranges: (readonly [number, number])[] = [];
  const sizes: number[] = [];
  const next: Uint32Array[] = [];
  for (let school = 0; school < schools; school++) {
    const starts = new Uint32Array(GRADES);
    let size = 0;
    for (let grade = 0; grade < GRADES; grade++) {
      starts[grade] = size;
      size += counts[school]![grade]!;
    }
    const gradeAt = (rank: number): number =>
      starts.findLastIndex((start, grade) => start <= rank && counts[school]![grade]! > 0);
    const count = size === 0 ? 0 : Math.max(1, Math.round(size / GROUP_SIZE));
    const from = groups.length;
    for (let group = 0; group < count; group++) {
      const first = Math.ceil((group * size) / count);
      const last = Math.ceil(((group + 1) * size) / count) - 1;
      groups.push({
        school,
        grade: gradeAt(Math.floor((first + last) / 2)),
        lowest: gradeAt(first),
        highest: gradeAt(last),
      });
    }
    ranges.push([from, groups.length]);
    sizes.push(size);
    next.push(starts);
  }
  const groupOf = new Uint32Array(gradeOf.length);
  for (let student = 0; student < gradeOf.length; student++) {
    const school = schoolOf[student]!;
    const rank = next[school]![gradeOf[student]!]!++;
    const [from, to] = ranges[school]!;
    groupOf[student] = from + Math.floor((rank * (to - from)) / sizes[school]!);
  }
  return { groups, ranges, groupOf };
}

function staffOf(target: number, ranges: readonly (readonly [number, number])[], draws: Draws) {
  const groups = ranges.at(-1)![1];
  const aideTotal = Math.round(target * 0.06);
  const counselorTotal = Math.round(target * 0.03);
  const teacherTotal = Math.max(0, target - 1 - ranges.length - aideTotal - counselorTotal);
  const share = (total: number, [from, to]: readonly [number, number]): number =>
    Math.round((total * to) / groups) - Math.round((total * from) / groups);
  const staff: Staff[] = [{ role: 'districtAdministrator', school: undefined, secondSchool: undefined }];
  const add = (role: StaffRole, school: number, count: number): [number, number] => {
    const from = staff.length;
    for (let one = 0; one < count; one++) {
      // A few teach at two schools.
      const travels = role === 'teacher' && ranges.length > 1 && draws.chance(0.05, ABOUT.staff, staff.length, 1);
      staff.push({ role, school, secondSchool: travels ? (school + 1) % ranges.length : undefined });
    }
    return [from, staff.length];
  };
  const teachers: [number, number][] = [];
  const aides: [number, number][] = [];
  for (const [school, range] of ranges.entries()) {
    add('principal', school, 1);
    add('counselor', school, share(counselorTotal, range));
    aides.push(add('aide', school, share(aideTotal, range)));
    teachers.push(add('teacher', school, range[0] === range[1] ? 0 : Math.max(1, share(teacherTotal, range))));
  }
  return { staff, teachers, aides };
}

const CORE = [
  { code: 'ELA', title: 'English Language Arts', subject: 'English Language Arts', subjectCode: '01999' },
  { code: 'MAT', title: 'Mathematics', subject: 'Mathematics', subjectCode: '02999' },
  { code: 'SCI', title: 'Science', subject: 'Science', subjectCode: '03999' },
  { code: 'SOC', title: 'Social Studies', subject: 'Social Studies', subjectCode: '04999' },
] as const;

/** Of one level rather than one grade; the first is the homeroom, which has no subject. */
const SHARED = [
  { code: 'HR', title: 'Homeroom', subject: '', subjectCode: '' },
  { code: 'PE', title: 'Physical Education', subject: '', subjectCode: '08999' },
] as const;

const ARTS = { subject: 'Fine and Performing Arts', subjectCode: '05999' } as const;

/** Core courses by grade, then the shared ones by level, then electives, each for a level in turn. */
function coursesOf(total: number, draws: Draws): Course[] {
  const courses: Course[] = [];
  const add = (course: Omit<Course, 'sourcedId'>): void => {
    courses.push({ sourcedId: draws.id(ABOUT.course, courses.length), ...course });
  };
  for (let grade = 0; grade < GRADES; grade++) {
    const of = grade === 0 ? 'Kindergarten' : `Grade ${grade}`;
    for (const { code, title, ...rest } of CORE) {
      add({ code: `${code}-${gradeCode(grade)}`, title: `${title}, ${of}`, grades: [grade], ...rest });
    }
  }
  for (const level of [0, 1, 2] as const) {
    const grades = Array.from({ length: GRADES }, (_, grade) => grade).filter((grade) => levelOf(grade) === level);
    for (const { code, title, ...rest } of SHARED) {
      add({
        code: `${code}-${LEVEL_NAMES[level].toUpperCase()}`,
        title: `${title}, ${LEVEL_NAMES[level]}`,
        grades,
        ...rest,
      });
    }
  }
  for (let elective = 0; elective < 3 || courses.length < total; elective++) {
    const grades = Array.from({ length: GRADES }, (_, grade) => grade).filter(
      (grade) => levelOf(grade) === elective % 3,
    );
    const round = Math.floor(elective / 3);
    const stage = TOPIC_STAGES[Math.floor(round / TOPICS.length) % TOPIC_STAGES.length]!;
    const volume = Math.floor(round / (TOPICS.length * TOPIC_STAGES.length));
    add({
      code: `EL-${String(elective + 1).padStart(4, '0')}`,
      title: `${stage} ${TOPICS[round % TOPICS.length]}${volume === 0 ? '' : ` ${volume + 1}`}`,
      grades,
      ...ARTS,
    });
  }
  return courses;
}

const FIRST_SHARED = GRADES * CORE.length;
const FIRST_ELECTIVE = FIRST_SHARED + 3 * SHARED.length;

/** The course that a group has in a slot; the same in both terms but for the elective. */
export function courseAt(district: District, group: number, slot: number): number {
  const { grade } = district.groups[group]!;
  const level = levelOf(grade);
  if (slot === 0) return FIRST_SHARED + level * SHARED.length;
  const subject = (slot - 1) % SUBJECTS_PER_TERM;
  if (subject < CORE.length) return grade * CORE.length + subject;
  if (subject === CORE.length) return FIRST_SHARED + level * SHARED.length + 1;
  const electives = district.courses.length - FIRST_ELECTIVE;
  const ofLevel = Math.floor((electives - level + 2) / 3);
  return FIRST_ELECTIVE + level + 3 * district.draws.below(ofLevel, ABOUT.class, group * SLOTS + slot, 1);
}

/** 0: the whole year; 1: fall; 2: spring. */
export function termOf(slot: number): 0 | 1 | 2 {
  return slot === 0 ? 0 : slot <= SUBJECTS_PER_TERM ? 1 : 2;
}

/** Which of a day's periods (0 to 6) a class has; the homeroom opens the day. */
export function periodOf(group: number, slot: number): number {
  return slot === 0 ? 0 : 1 + ((slot - 1 + group) % SUBJECTS_PER_TERM);
}

/** The teacher of a class, and which of the school's teachers that is. */
export function teacherOf(district: District, group: number, slot: number): { staff: number; nth: number; of: number } {
  const school = district.schools[district.groups[group]!.school]!;
  const [from, to] = school.teachers;
  const nth = ((group - school.groups[0]) * SUBJECTS_PER_TERM + slot) % (to - from);
  return { staff: from + nth, nth, of: to - from };
}

/** Contacts of a family: one to three. */
export function contactsOf(draws: Draws, family: number): number {
  const luck = draws.below(100, ABOUT.family, family, 2);
  return luck < 15 ? 1 : luck < 90 ? 2 : 3;
}

/** The number by which a family's contact is known everywhere. */
export function contactNumber(family: number, nth: number): number {
  return family * 4 + nth;
}

export function cityOf(draws: Draws, student: number): string {
  return draws.pick(CITIES, ABOUT.birth, student, 5);
}
