/** What can happen to a district between two exports; each is a small edit of rows. `pick` chooses whom it happens to. */
import { drop, type Export, get, set, table, where } from './export.ts';

export interface Edit {
  readonly kind: EditKind;
  readonly pick: number;
}

const at = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];

const users = (tables: Export, role: string): string[][] => {
  const of = table(tables, 'users');
  const roles = tables.get('roles');
  if (roles === undefined) return where(of, { role });
  const ids = new Set(where(roles, { role }).map((row) => get(roles, row, 'userSourcedId')));
  return of.rows.filter((row) => ids.has(get(of, row, 'sourcedId')));
};
const enrollmentsOf = (tables: Export, role: string): string[][] => where(table(tables, 'enrollments'), { role });

function removeUser(tables: Export, id: string): void {
  for (const [name, column] of [
    ['users', 'sourcedId'],
    ['demographics', 'sourcedId'],
    ['roles', 'userSourcedId'],
    ['enrollments', 'userSourcedId'],
  ] as const) {
    const of = tables.get(name);
    if (of !== undefined) drop(of, (row) => get(of, row, column) === id);
  }
  // Who refers to a row that is gone is another story: teacher-unknown.
  const of = table(tables, 'users');
  for (const row of of.rows) {
    const agents = get(of, row, 'agentSourcedIds').split(',');
    if (agents.includes(id)) set(of, row, 'agentSourcedIds', agents.filter((agent) => agent !== id).join(','));
  }
}

/** Copies the rows of a person under new ids. */
function cloneUser(tables: Export, id: string, pick: number): void {
  const next = `new-${pick}`;
  if (where(table(tables, 'users'), { sourcedId: next }).length > 0) return;
  for (const [name, column] of [
    ['users', 'sourcedId'],
    ['demographics', 'sourcedId'],
    ['roles', 'userSourcedId'],
    ['enrollments', 'userSourcedId'],
  ] as const) {
    const of = tables.get(name);
    if (of === undefined) continue;
    for (const [nth, row] of where(of, { [column]: id }).entries()) {
      const copy = [...row];
      set(of, copy, column, next);
      if (column !== 'sourcedId') set(of, copy, 'sourcedId', `${next}-${name}-${nth}`);
      if (name === 'users') {
        set(of, copy, 'identifier', `9${String(pick).padStart(9, '0')}`);
        set(of, copy, 'userIds', '');
        set(of, copy, 'givenName', `New ${pick}`);
      }
      of.rows.push(copy);
    }
  }
}

const swap = (tables: Export, name: string, column: string, a: string[] | undefined, b: string[] | undefined): void => {
  if (a === undefined || b === undefined) return;
  const of = table(tables, name);
  const [one, other] = [get(of, a, column), get(of, b, column)];
  set(of, a, column, other);
  set(of, b, column, one);
};

function change(tables: Export, name: string, row: string[] | undefined, column: string, value: string): void {
  if (row !== undefined) set(table(tables, name), row, column, value);
}

const EDITS = {
  'student-renamed': (tables: Export, pick: number) =>
    change(tables, 'users', at(users(tables, 'student'), pick), 'givenName', `Changed ${pick}`),
  'teacher-renamed': (tables: Export, pick: number) =>
    change(tables, 'users', at(users(tables, 'teacher'), pick), 'familyName', `Changed ${pick}`),
  'student-left': (tables: Export, pick: number) => {
    const row = at(users(tables, 'student'), pick);
    if (row !== undefined) removeUser(tables, get(table(tables, 'users'), row, 'sourcedId'));
  },
  'student-came': (tables: Export, pick: number) => {
    const row = at(users(tables, 'student'), pick);
    if (row !== undefined) cloneUser(tables, get(table(tables, 'users'), row, 'sourcedId'), pick);
  },
  'birth-date-lost': (tables: Export, pick: number) =>
    change(tables, 'demographics', at(table(tables, 'demographics').rows, pick), 'birthDate', ''),
  'birth-date-found': (tables: Export, pick: number) => {
    const of = table(tables, 'demographics');
    for (const row of where(of, { birthDate: '' })) set(of, row, 'birthDate', `2015-01-${10 + (pick % 18)}`);
  },
  'grade-unmapped': (tables: Export, pick: number) =>
    change(tables, 'users', at(users(tables, 'student'), pick), 'grades', 'XX'),
  'grade-changed': (tables: Export, pick: number) =>
    change(tables, 'users', at(users(tables, 'student'), pick), 'grades', '05'),
  'enrollment-dropped': (tables: Export, pick: number) => {
    const gone = at(enrollmentsOf(tables, 'student'), pick);
    drop(table(tables, 'enrollments'), (row) => row === gone);
  },
  'enrollment-repeated': (tables: Export, pick: number) => {
    const of = table(tables, 'enrollments');
    const row = at(enrollmentsOf(tables, 'student'), pick);
    const id = `repeat-${pick}`;
    if (row === undefined || where(of, { sourcedId: id }).length > 0) return;
    const copy = [...row];
    set(of, copy, 'sourcedId', id);
    if (pick % 2 === 0) set(of, copy, 'endDate', '2027-01-29');
    of.rows.push(copy);
  },
  'begin-date-moved': (tables: Export, pick: number) =>
    change(
      tables,
      'enrollments',
      at(enrollmentsOf(tables, 'student'), pick),
      'beginDate',
      `2026-09-${10 + (pick % 18)}`,
    ),
  'teaching-date-moved': (tables: Export, pick: number) =>
    change(
      tables,
      'enrollments',
      at(enrollmentsOf(tables, 'teacher'), pick),
      'beginDate',
      `2026-09-${10 + (pick % 18)}`,
    ),
  'entry-date-moved': (tables: Export, pick: number) => {
    const of = tables.get('roles');
    if (of !== undefined)
      change(tables, 'roles', at(where(of, { role: 'student' }), pick), 'beginDate', `2026-08-${18 + (pick % 10)}`);
  },
  'teachers-swapped': (tables: Export, pick: number) => {
    const rows = enrollmentsOf(tables, 'teacher');
    swap(tables, 'enrollments', 'userSourcedId', at(rows, pick), at(rows, pick + 3));
  },
  'teacher-unknown': (tables: Export, pick: number) =>
    change(tables, 'enrollments', at(enrollmentsOf(tables, 'teacher'), pick), 'userSourcedId', 'nobody'),
  'class-renamed': (tables: Export, pick: number) =>
    change(tables, 'classes', at(table(tables, 'classes').rows, pick), 'title', `Renamed ${pick}`),
  'class-recoded': (tables: Export, pick: number) =>
    change(tables, 'classes', at(table(tables, 'classes').rows, pick), 'classCode', `CODE-${pick}`),
  'class-of-another-course': (tables: Export, pick: number) => {
    const { rows } = table(tables, 'classes');
    swap(tables, 'classes', 'courseSourcedId', at(rows, pick), at(rows, pick + 1));
  },
  'class-moved': (tables: Export, pick: number) =>
    change(tables, 'classes', at(table(tables, 'classes').rows, pick), 'location', `Hall ${pick % 3}`),
  'class-at-another-time': (tables: Export, pick: number) =>
    change(tables, 'classes', at(table(tables, 'classes').rows, pick), 'periods', `Early ${pick % 2}`),
  'class-in-all-terms': (tables: Export, pick: number) => {
    const of = table(tables, 'academicSessions');
    const terms = where(of, { type: 'semester' }).map((row) => get(of, row, 'sourcedId'));
    change(tables, 'classes', at(table(tables, 'classes').rows, pick), 'termSourcedIds', terms.join(','));
  },
  'course-recoded': (tables: Export, pick: number) =>
    change(tables, 'courses', at(table(tables, 'courses').rows, pick), 'courseCode', `COURSE-${pick}`),
  'course-renamed': (tables: Export, pick: number) =>
    change(tables, 'courses', at(table(tables, 'courses').rows, pick), 'title', `Course ${pick}`),
  'session-renamed': (tables: Export, pick: number) => {
    const of = table(tables, 'academicSessions');
    change(tables, 'academicSessions', at(where(of, { type: 'semester' }), pick), 'title', `Semester ${pick % 5}`);
  },
  'session-moved': (tables: Export, pick: number) => {
    const of = table(tables, 'academicSessions');
    change(tables, 'academicSessions', at(where(of, { type: 'semester' }), 0), 'endDate', `2026-12-${10 + (pick % 9)}`);
  },
  'contact-dropped': (tables: Export, pick: number) => {
    const of = table(tables, 'users');
    const rows = users(tables, 'student').filter((row) => get(of, row, 'agentSourcedIds') !== '');
    change(tables, 'users', at(rows, pick), 'agentSourcedIds', '');
  },
  'contact-gone': (tables: Export, pick: number) => {
    const of = table(tables, 'users');
    const row = at(users(tables, 'parent'), pick);
    if (row !== undefined) removeUser(tables, get(of, row, 'sourcedId'));
  },
  'teacher-gone': (tables: Export, pick: number) => {
    const row = at(users(tables, 'teacher'), pick);
    if (row !== undefined) removeUser(tables, get(table(tables, 'users'), row, 'sourcedId'));
  },
  'rows-shuffled': (tables: Export, pick: number) => {
    for (const of of tables.values()) {
      if (of.rows.length > 0 && of.header[0] === 'sourcedId') of.rows.push(...of.rows.splice(0, pick % of.rows.length));
    }
  },
} as const satisfies Record<string, (tables: Export, pick: number) => void>;

export type EditKind = keyof typeof EDITS;
export const EDIT_KINDS = Object.keys(EDITS) as EditKind[];

export const apply = (tables: Export, edits: readonly Edit[]): void => {
  for (const { kind, pick } of edits) EDITS[kind](tables, pick);
};
