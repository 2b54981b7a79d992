import { plusDays, YEAR_BEGIN } from './calendar.ts';
import { cityOf, contactNumber, contactsOf, type District } from './district.ts';
import { FAMILY_NAMES, GIVEN_NAMES } from './names.ts';
import { ABOUT } from './random.ts';

/** Facts of persons, worked out from their number when they are asked for. */

/** Students of the second day have a family of their own, numbered on from the last. */
export function familyOfStudent(district: District, student: number): number {
  const families = district.familyStart.length - 1;
  return student < district.students ? district.familyOf[student]! : families + student - district.students;
}

export function studentsOfFamily(district: District, family: number): number[] {
  const families = district.familyStart.length - 1;
  if (family >= families) return [district.students + family - families];
  const from = district.familyStart[family]!;
  return Array.from({ length: district.familyStart[family + 1]! - from }, (_, child) => from + child);
}

/** The sourcedIds of a student's contacts, without those that are gone. */
export function contactIdsOf(district: District, student: number, removed: ReadonlySet<number>): string[] {
  const family = familyOfStudent(district, student);
  const ids: string[] = [];
  for (let nth = 0; nth < contactsOf(district.draws, family); nth++) {
    const contact = contactNumber(family, nth);
    if (!removed.has(contact)) ids.push(district.draws.id(ABOUT.contact, contact));
  }
  return ids;
}

export function familyNameOf(district: District, family: number): string {
  return district.draws.pick(FAMILY_NAMES, ABOUT.family, family, 3);
}

export function givenNameOf(district: District, about: 5 | 6 | 7, index: number): string {
  return district.draws.pick(GIVEN_NAMES, about, index, 1);
}

/** Ten digits, different for each student; one in ten begins with a zero. */
export function stateIdOf(district: District, student: number): string {
  const start = district.draws.below(2 ** 31, ABOUT.student, 0, 2);
  // The step has no factor in common with 10^10, and the product stays below 2^53 for two million students.
  return String((start + student * 3_819_660_113) % 10_000_000_000).padStart(10, '0');
}

export function localIdOf(student: number): string {
  return String(100_001 + student);
}

/** Five in kindergarten on 1 September, a year more for each grade; a few are a year older. */
export function birthDateOf(district: District, student: number, grade: number): string {
  const { draws } = district;
  const year = 2020 - grade - (draws.chance(0.06, ABOUT.birth, student, 1) ? 1 : 0);
  return plusDays(`${year}-09-02`, draws.below(364, ABOUT.birth, student, 2));
}

/** The first day of the year for most; a few came in the weeks after. */
export function entryDateOf(district: District, student: number): string {
  const { draws } = district;
  if (!draws.chance(0.04, ABOUT.entry, student)) return YEAR_BEGIN;
  // Mondays.
  return plusDays(YEAR_BEGIN, 7 * (1 + draws.below(6, ABOUT.entry, student, 1)));
}

/** The school that a late student left to come to this one: another of the level, for half of the late ones. */
export function previousSchoolOf(district: District, student: number): number | undefined {
  if (student >= district.students || entryDateOf(district, student) === YEAR_BEGIN) return undefined;
  if (!district.draws.chance(0.5, ABOUT.entry, student, 2)) return undefined;
  const school = district.schoolOf[student]!;
  const { level } = district.schools[school]!;
  return district.schools.find((other) => other.level === level && other.index !== school)?.index;
}

export function flag(value: boolean): string {
  return value ? 'true' : 'false';
}

/** Demographics after the birth date, in the order of the standard's columns. */
export function demographicsOf(district: District, student: number): string[] {
  const { draws } = district;
  const luck = (salt: number): number => draws.below(1000, ABOUT.demographics, student, salt);
  const sexLuck = luck(0);
  const sex = sexLuck < 493 ? 'female' : sexLuck < 986 ? 'male' : sexLuck < 993 ? 'other' : 'unspecified';
  const [native, asian, black, pacific] = [luck(1) < 30, luck(2) < 90, luck(3) < 150, luck(4) < 12];
  const white = luck(5) < (native || asian || black || pacific ? 150 : 900);
  const races = [native, asian, black, pacific, white];
  const country = draws.pick(
    ['US', 'US', 'US', 'US', 'US', 'US', 'US', 'US', 'MX', 'VN', 'SO', 'UA'],
    ABOUT.birth,
    student,
    3,
  );
  return [
    sex,
    ...races.map(flag),
    flag(races.filter(Boolean).length > 1),
    flag(luck(6) < 270),
    country,
    country === 'US' ? draws.pick(['TX', 'TX', 'TX', 'NM', 'OK', 'CA'], ABOUT.birth, student, 4) : '',
    cityOf(draws, student),
    '',
  ];
}
