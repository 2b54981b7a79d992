/** The fictional school year 2027: 17 August 2026 to 28 May 2027. */
export const SCHOOL_YEAR = 2027;
export const YEAR_BEGIN = '2026-08-17';
export const YEAR_END = '2027-05-28';
export const SPRING_BEGIN = '2027-01-05';
export const STAFF_BEGIN = '2026-08-10';

/** The day before, and the first day of, what changes between the two exports. */
export const LAST_OLD_DAY = '2026-10-05';
export const FIRST_NEW_DAY = '2026-10-06';

export interface SessionFacts {
  readonly title: string;
  readonly type: 'schoolYear' | 'semester' | 'gradingPeriod';
  readonly begin: string;
  readonly end: string;
  /** Place of the parent in `SESSIONS`. */
  readonly parent?: number;
}

export const FALL = 1;
export const SPRING = 2;

/** Grading periods are titled as Ed-Fi's default descriptors are, so that they need no mapping. */
export const SESSIONS: readonly SessionFacts[] = [
  { title: 'School Year 2026-2027', type: 'schoolYear', begin: YEAR_BEGIN, end: YEAR_END },
  { title: 'Fall Semester 2026-2027', type: 'semester', begin: YEAR_BEGIN, end: '2026-12-18', parent: 0 },
  { title: 'Spring Semester 2026-2027', type: 'semester', begin: SPRING_BEGIN, end: YEAR_END, parent: 0 },
  { title: 'First Nine Weeks', type: 'gradingPeriod', begin: YEAR_BEGIN, end: '2026-10-16', parent: FALL },
  { title: 'Second Nine Weeks', type: 'gradingPeriod', begin: '2026-10-19', end: '2026-12-18', parent: FALL },
  { title: 'Third Nine Weeks', type: 'gradingPeriod', begin: SPRING_BEGIN, end: '2027-03-12', parent: SPRING },
  { title: 'Fourth Nine Weeks', type: 'gradingPeriod', begin: '2027-03-15', end: YEAR_END, parent: SPRING },
];

const DAY_MS = 86_400_000;

/** An ISO date moved by whole days. */
export function plusDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}
