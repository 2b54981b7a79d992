import { contactsOf, type District, SLOTS, teacherOf } from './district.ts';
import { ABOUT } from './random.ts';

/** What can differ between the first day's export and the second's. */
export type ChangeKind =
  | 'student-moved'
  | 'student-withdrawn'
  | 'student-entered'
  | 'name-corrected'
  | 'birth-date-corrected'
  | 'entry-date-corrected'
  | 'enrollment-date-corrected'
  | 'enrollment-dropped'
  | 'contact-removed'
  | 'class-renamed'
  | 'class-recoded'
  | 'teacher-changed'
  | 'period-renamed';

/** The second day's differences, each student in at most one of them. */
export interface Changes {
  /** Student to the group at the new school. */
  readonly moved: ReadonlyMap<number, number>;
  readonly withdrawn: ReadonlySet<number>;
  /** New students are numbered on from the last; the group each joins. */
  readonly entered: ReadonlyMap<number, number>;
  readonly nameCorrected: ReadonlySet<number>;
  readonly birthDateCorrected: ReadonlySet<number>;
  readonly entryDateCorrected: ReadonlySet<number>;
  /** Student to the slot. */
  readonly enrollmentDateCorrected: ReadonlyMap<number, number>;
  readonly enrollmentDropped: ReadonlyMap<number, number>;
  /** Contact numbers. */
  readonly contactRemoved: ReadonlySet<number>;
  /** Class numbers: group x 13 + slot. */
  readonly classRenamed: ReadonlySet<number>;
  readonly classRecoded: ReadonlySet<number>;
  readonly teacherChanged: ReadonlySet<number>;
  readonly periodRenamed: { readonly school: number; readonly period: number } | undefined;
}

export const NO_CHANGES: Changes = {
  moved: new Map(),
  withdrawn: new Set(),
  entered: new Map(),
  nameCorrected: new Set(),
  birthDateCorrected: new Set(),
  entryDateCorrected: new Set(),
  enrollmentDateCorrected: new Map(),
  enrollmentDropped: new Map(),
  contactRemoved: new Set(),
  classRenamed: new Set(),
  classRecoded: new Set(),
  teacherChanged: new Set(),
  periodRenamed: undefined,
};

/** The renamed period, counted from 0 (the homeroom). */
const RENAMED_PERIOD = 4;

/**
 * Chooses the second day's changes: about 1.5 % of the rows.
 * @param untouched students who stay as they are, because they carry the first day's dirt.
 */
export function chooseChanges(district: District, untouched: ReadonlySet<number>): Changes {
  const { draws, students, groups } = district;
  const busy = new Set(untouched);
  let round = 0;
  /** Different numbers below `limit` that `fits`; fewer than asked for where there are not enough. */
  const choose = (count: number, limit: number, fits: (one: number) => boolean): number[] => {
    const chosen = new Set<number>();
    round++;
    for (let attempt = 0; attempt < 40 * count + 200 && chosen.size < count; attempt++) {
      const one = draws.below(limit, ABOUT.change, attempt, round);
      if (!chosen.has(one) && fits(one)) chosen.add(one);
    }
    return [...chosen];
  };
  const chooseStudents = (count: number, fits: (student: number) => boolean = () => true): number[] => {
    const chosen = choose(count, students, (student) => !busy.has(student) && fits(student));
    for (const student of chosen) busy.add(student);
    return chosen;
  };
  const share = (of: number, part: number): number => Math.max(1, Math.round(of * part));

  const moved = new Map(
    chooseStudents(share(students, 0.004), (student) => newGroup(district, student) !== undefined).map((student) => [
      student,
      newGroup(district, student)!,
    ]),
  );
  const withdrawn = new Set(chooseStudents(share(students, 0.005)));
  const nameCorrected = new Set(chooseStudents(share(students, 0.003)));
  const birthDateCorrected = new Set(chooseStudents(share(students, 0.0005)));
  const entryDateCorrected = new Set(chooseStudents(share(students, 0.001)));
  const slots = (count: number, salt: number): Map<number, number> =>
    new Map(chooseStudents(count).map((student) => [student, 1 + draws.below(SLOTS - 1, ABOUT.change, student, salt)]));
  const enrollmentDropped = slots(share(students, 0.01), 1001);
  // Of the fall: a spring class has not begun.
  const enrollmentDateCorrected = new Map(
    chooseStudents(share(students, 0.003)).map((student) => [student, 1 + draws.below(6, ABOUT.change, student, 1002)]),
  );
  const entered = new Map(
    Array.from({ length: share(students, 0.005) }, (_, nth) => [
      students + nth,
      draws.below(groups.length, ABOUT.change, students + nth, 1003),
    ]),
  );
  const families = district.familyStart.length - 1;
  const contactRemoved = new Set(
    choose(share(students, 0.0005), families, (family) => contactsOf(draws, family) > 1).map(
      (family) => family * 4 + 1,
    ),
  );
  const classes = groups.length * SLOTS;
  // Class 1 may carry dirt.
  const classBusy = new Set([0, 1]);
  const chooseClasses = (count: number, fits: (one: number) => boolean = () => true): Set<number> => {
    const chosen = choose(count, classes, (one) => !classBusy.has(one) && fits(one));
    for (const one of chosen) classBusy.add(one);
    return new Set(chosen);
  };
  return {
    moved,
    withdrawn,
    entered,
    nameCorrected,
    birthDateCorrected,
    entryDateCorrected,
    enrollmentDateCorrected,
    enrollmentDropped,
    contactRemoved,
    classRenamed: chooseClasses(share(classes, 0.002)),
    classRecoded: chooseClasses(1),
    teacherChanged: chooseClasses(
      share(classes, 0.002),
      (one) => teacherOf(district, Math.floor(one / SLOTS), one % SLOTS).of > 1,
    ),
    periodRenamed: smallestSchool(district),
  };
}

/** How often each kind shows in an export; 1.1 has no entry date that could be corrected. */
export function countChanges(changes: Changes, version: '1.1' | '1.2'): Record<ChangeKind, number> {
  return {
    'student-moved': changes.moved.size,
    'student-withdrawn': changes.withdrawn.size,
    'student-entered': changes.entered.size,
    'name-corrected': changes.nameCorrected.size,
    'birth-date-corrected': changes.birthDateCorrected.size,
    'entry-date-corrected': version === '1.1' ? 0 : changes.entryDateCorrected.size,
    'enrollment-date-corrected': changes.enrollmentDateCorrected.size,
    'enrollment-dropped': changes.enrollmentDropped.size,
    'contact-removed': changes.contactRemoved.size,
    'class-renamed': changes.classRenamed.size,
    'class-recoded': changes.classRecoded.size,
    'teacher-changed': changes.teacherChanged.size,
    'period-renamed': changes.periodRenamed === undefined ? 0 : 1,
  };
}

/** A group for the student's grade at the next other school of the level. */
function newGroup(district: District, student: number): number | undefined {
  const { schools } = district;
  const from = district.schoolOf[student]!;
  const grade = district.gradeOf[student]!;
  for (let step = 1; step < schools.length; step++) {
    const school = schools[(from + step) % schools.length]!;
    if (school.level !== schools[from]!.level) continue;
    for (let group = school.groups[0]; group < school.groups[1]; group++) {
      const { lowest, highest } = district.groups[group]!;
      if (lowest <= grade && grade <= highest) return group;
    }
  }
  return undefined;
}

function smallestSchool({ schools }: District): Changes['periodRenamed'] {
  const taught = schools.filter(({ groups: [from, to] }) => to > from);
  const size = ({ groups: [from, to] }: (typeof schools)[number]): number => to - from;
  const smallest = taught.reduce((least, school) => (size(school) < size(least) ? school : least));
  return { school: smallest.index, period: RENAMED_PERIOD };
}
