/** How large the parts of a district are, by the number of its students. */

export interface Shape {
  readonly schools: number;
  readonly courses: number;
  readonly staff: number;
}

/** Courses in a catalogue: many for a small district, fewer for each student of a large one. */
const COURSES: readonly (readonly [students: number, courses: number])[] = [
  [0, 0],
  [5_000, 1_200],
  [50_000, 3_500],
  [200_000, 9_000],
];

/** Students in one group, which has 13 classes a year: 0.55 sections for each student. */
export const GROUP_SIZE = 13 / 0.55;

/** @param students at least 1. */
export function shapeOf(students: number): Shape {
  return {
    // 8 schools for 5,000 students, 70 for 50,000, 259 for 200,000; and one that students can move between.
    schools: Math.max(4, Math.round(8 * (students / 5_000) ** 0.943)),
    courses: Math.round(interpolate(students)),
    staff: Math.round(students * 0.11),
  };
}

function interpolate(students: number): number {
  for (let at = 1; at < COURSES.length; at++) {
    const [fromStudents, fromCourses] = COURSES[at - 1]!;
    const [toStudents, toCourses] = COURSES[at]!;
    if (students <= toStudents || at === COURSES.length - 1) {
      return fromCourses + ((students - fromStudents) * (toCourses - fromCourses)) / (toStudents - fromStudents);
    }
  }
  return 0;
}
