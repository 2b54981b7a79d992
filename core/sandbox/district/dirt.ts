import { type District, SLOTS } from './district.ts';
import { ABOUT } from './random.ts';

/** What is wrong in an export on purpose. */
export type DirtKind =
  | 'unmapped-grade'
  | 'missing-birth-date'
  | 'unknown-teacher'
  | 'lost-leading-zero'
  | 'duplicate-enrollment'
  | 'padded-value'
  | 'boolean-case';

/** Where the dirt sits; students are numbers, classes are group x 13 + slot. */
export interface Dirt {
  readonly unmappedGrade: ReadonlySet<number>;
  readonly missingBirthDate: ReadonlySet<number>;
  readonly lostLeadingZero: ReadonlySet<number>;
  readonly duplicateEnrollment: { readonly student: number; readonly slot: number } | undefined;
  readonly unknownTeacher: { readonly class: number } | undefined;
  readonly paddedName: ReadonlySet<number>;
  readonly paddedClass: ReadonlySet<number>;
  readonly booleanCase: ReadonlySet<number>;
}

export const NO_DIRT: Dirt = {
  unmappedGrade: new Set(),
  missingBirthDate: new Set(),
  lostLeadingZero: new Set(),
  duplicateEnrollment: undefined,
  unknownTeacher: undefined,
  paddedName: new Set(),
  paddedClass: new Set(),
  booleanCase: new Set(),
};

/** A grade code that no crosswalk has by default: 3 % of all students, at most half of the one school that has it. */
const UNMAPPED_SHARE = 0.03;

/** Chooses the first day's dirt; each student carries at most one kind of it. */
export function chooseDirt(district: District): { dirt: Dirt; students: ReadonlySet<number> } {
  const { draws, students, gradeOf, schoolOf } = district;
  const busy = new Set<number>();
  const choose = (count: number, salt: number, fits: (student: number) => boolean = () => true): Set<number> => {
    const chosen = new Set<number>();
    const offset = draws.below(students, ABOUT.dirt, salt);
    // In steps through all of them rather than by luck, so that the dirt is there in the smallest district too.
    for (let step = 0; step < students && chosen.size < count; step++) {
      const student = (offset + step) % students;
      if (busy.has(student) || !fits(student)) continue;
      chosen.add(student);
      busy.add(student);
    }
    return chosen;
  };
  const atSchool = schoolOf.reduce((count, school) => (school === 0 ? count + 1 : count), 0);
  const unmapped = Math.min(Math.round(students * UNMAPPED_SHARE), Math.ceil(atSchool / 2));
  const youngest = new Set<number>();
  for (let grade = 0; grade <= 5 && youngest.size < unmapped; grade++) {
    for (let student = 0; student < students && youngest.size < unmapped; student++) {
      if (schoolOf[student] === 0 && gradeOf[student] === grade) youngest.add(student);
    }
  }
  for (const student of youngest) busy.add(student);
  const duplicate = [...choose(1, 3)][0];
  const dirt: Dirt = {
    unmappedGrade: youngest,
    missingBirthDate: choose(1, 1, (student) => gradeOf[student]! > 5),
    lostLeadingZero: choose(1, 2, (student) => gradeOf[student] === 5),
    duplicateEnrollment: duplicate === undefined ? undefined : { student: duplicate, slot: 1 },
    unknownTeacher: { class: 0 },
    paddedName: choose(3, 4),
    paddedClass: new Set([Math.min(1, district.groups.length * SLOTS - 1)]),
    booleanCase: choose(4, 5),
  };
  return { dirt, students: busy };
}

/** The second day's dirt: the birth date has come, and half of the unmapped codes were corrected in the SIS. */
export function afterADay(dirt: Dirt): Dirt {
  const codes = [...dirt.unmappedGrade];
  return {
    ...dirt,
    missingBirthDate: new Set(),
    unmappedGrade: new Set(codes.slice(Math.floor(codes.length / 2))),
  };
}
