/** Puts a canary into every personal field of an export, and breaks some records so that they are rejected, held or refused. */
import type { Export, Table } from '../sync/export.ts';
import { get, set, table } from '../sync/export.ts';
import { digits, rareDay, SCRIPTS, type Script, word } from './tokens.ts';

/**
 * `value`: of a record, never to be seen outside the sealed plane. `secret`: the same for a secret. `setting`: chosen by
 * the steward (a connection's name, a folder); on their screen and in their ledger, but not in what goes to support.
 */
export type Plane = 'value' | 'secret' | 'setting';
export type Form = 'word' | 'number' | 'day';

export interface Canary {
  readonly value: string;
  readonly form: Form;
  readonly plane: Plane;
  /** Where it was planted: `users` and `givenName`; row as a spreadsheet counts. */
  readonly table: string;
  readonly column: string;
  readonly row: number;
}

/** What a cell is planted with. */
export type Sort = 'word' | 'name' | 'id' | 'number' | 'mail' | 'phone' | 'typed-ids' | 'birth' | 'begin' | 'list';

/** Every column of every table, what it is planted with, or why it keeps what it has. */
export const PLAN: Readonly<Record<string, Readonly<Record<string, Sort | `kept: ${string}`>>>> = {
  orgs: {
    sourcedId: 'id',
    status: 'kept: anything else refuses the file',
    dateLastModified: 'word',
    name: 'word',
    type: 'kept: decides what the row is',
    identifier: "kept: the key's organizations are known by it",
    parentSourcedId: 'id',
  },
  academicSessions: {
    sourcedId: 'id',
    status: 'kept: anything else refuses the file',
    dateLastModified: 'word',
    title: 'word',
    type: 'kept: decides what the row is',
    startDate: 'kept: no person’s',
    endDate: 'kept: no person’s',
    parentSourcedId: 'id',
    schoolYear: 'kept: no person’s',
  },
  courses: {
    sourcedId: 'id',
    status: 'kept: anything else refuses the file',
    dateLastModified: 'word',
    schoolYearSourcedId: 'id',
    title: 'word',
    courseCode: 'word',
    grades: 'word',
    orgSourcedId: 'id',
    subjects: 'word',
    subjectCodes: 'word',
  },
  classes: {
    sourcedId: 'id',
    status: 'kept: anything else refuses the file',
    dateLastModified: 'word',
    title: 'word',
    grades: 'word',
    courseSourcedId: 'id',
    classCode: 'word',
    classType: 'kept: homeroom or scheduled',
    location: 'word',
    schoolSourcedId: 'id',
    termSourcedIds: 'id',
    subjects: 'word',
    subjectCodes: 'word',
    periods: 'list',
  },
  users: {
    sourcedId: 'id',
    status: 'kept: anything else refuses the file',
    dateLastModified: 'word',
    enabledUser: 'kept: true or false',
    username: 'word',
    userIds: 'typed-ids',
    givenName: 'name',
    familyName: 'name',
    middleName: 'name',
    identifier: 'number',
    email: 'mail',
    sms: 'phone',
    phone: 'phone',
    agentSourcedIds: 'id',
    grades: 'kept: a code; broken in some rows',
    password: 'word',
    userMasterIdentifier: 'word',
    resourceSourcedIds: 'word',
    preferredGivenName: 'name',
    preferredMiddleName: 'name',
    preferredFamilyName: 'name',
    primaryOrgSourcedId: 'id',
    pronouns: 'word',
    'metadata.lunchNumber': 'word',
  },
  roles: {
    sourcedId: 'id',
    status: 'kept: anything else refuses the file',
    dateLastModified: 'word',
    userSourcedId: 'id',
    roleType: 'word',
    role: 'kept: decides who the person is; broken in some rows',
    beginDate: 'begin',
    endDate: 'kept: mostly empty',
    orgSourcedId: 'id',
    userProfileSourcedId: 'word',
  },
  enrollments: {
    sourcedId: 'id',
    status: 'kept: anything else refuses the file',
    dateLastModified: 'word',
    classSourcedId: 'id',
    schoolSourcedId: 'id',
    userSourcedId: 'id',
    role: 'kept: decides what the row is',
    primary: 'kept: true or false; broken in some rows',
    beginDate: 'begin',
    endDate: 'kept: mostly empty',
  },
  demographics: {
    sourcedId: 'id',
    status: 'kept: anything else refuses the file',
    dateLastModified: 'word',
    birthDate: 'birth',
    sex: 'kept: a code; broken in some rows',
    americanIndianOrAlaskaNative: 'kept: true or false; broken in some rows',
    asian: 'kept: true or false; broken in some rows',
    blackOrAfricanAmerican: 'kept: true or false; broken in some rows',
    nativeHawaiianOrOtherPacificIslander: 'kept: true or false; broken in some rows',
    white: 'kept: true or false; broken in some rows',
    demographicRaceTwoOrMoreRaces: 'kept: true or false; broken in some rows',
    hispanicOrLatinoEthnicity: 'kept: true or false; broken in some rows',
    countryOfBirthCode: 'word',
    stateOfBirthAbbreviation: 'word',
    cityOfBirth: 'word',
    publicSchoolResidenceStatus: 'word',
  },
};

/** Makes the values that are planted; each number gives another value, and the same each time. */
export interface Seeds {
  readonly word: (number: number) => string;
  /** A person's name in row `nth`. */
  readonly name: (number: number, nth: number) => string;
  readonly digits: (number: number) => string;
  /** @param year in which the days begin */
  readonly day: (number: number, year: number) => string;
}

const OTHER_SCRIPTS = Object.keys(SCRIPTS).filter((script) => script !== 'latin') as Script[];

/** Canaries: words in Latin letters, and every third name in another script. */
export const CANARIES: Seeds = {
  word,
  name: (number, nth) => {
    if (nth % 3 === 1) return word(number, OTHER_SCRIPTS[nth % OTHER_SCRIPTS.length]);
    const made = word(number);
    return made.charAt(0).toUpperCase() + made.slice(1);
  },
  digits,
  day: rareDay,
};

export interface Planting {
  /** Canaries unless told. */
  readonly seeds?: Seeds;
  /** Breaks records of each kind (see `breakRecords`) unless false. */
  readonly broken?: boolean;
}

export interface Planted {
  readonly canaries: readonly Canary[];
  /** The codes that a steward has to pair with a descriptor: on their screen by right. */
  readonly codes: readonly Canary[];
}

/** Changes the export in place. @returns every canary, with where it was planted */
export function plant(tables: Export, options: Planting = {}): Planted {
  const canaries: Canary[] = [];
  const codes: Canary[] = [];
  const seeds = options.seeds ?? CANARIES;
  let made = 0;
  const users = table(tables, 'users');
  if (!users.header.includes('metadata.lunchNumber')) {
    users.header.push('metadata.lunchNumber');
    for (const row of users.rows) row.push('');
  }
  const ids = new Map<string, string>();
  for (const [name, columns] of Object.entries(PLAN)) {
    const of = table(tables, name);
    const unplanned = of.header.filter((column) => !(column in columns));
    if (unplanned.length > 0) throw new Error(`no plan for ${unplanned.join()} of ${name}`);
    for (const [column, sort] of Object.entries(columns)) {
      if (sort.startsWith('kept')) continue;
      for (const [nth, row] of of.rows.entries()) {
        const note = (value: string, form: Form): string => {
          canaries.push({ value, form, plane: 'value', table: name, column, row: nth + 2 });
          return value;
        };
        const fresh = (): string => note(seeds.word(made++), 'word');
        const before = get(of, row, column);
        set(of, row, column, planted(sort as Sort, { before, nth, fresh, note, next: () => made++, ids, seeds }));
      }
    }
  }
  if (options.broken !== false) {
    breakRecords(tables, {
      word: (at, column, row, isCode = false) => {
        const value = seeds.word(made++);
        const canary: Canary = { value, form: 'word', plane: 'value', table: at, column, row };
        (isCode ? codes : canaries).push(canary);
        return value;
      },
    });
  }
  return { canaries, codes };
}

interface Cell {
  readonly before: string;
  readonly nth: number;
  readonly fresh: () => string;
  readonly note: (value: string, form: Form) => string;
  readonly next: () => number;
  readonly ids: Map<string, string>;
  readonly seeds: Seeds;
}

function planted(sort: Sort, cell: Cell): string {
  const { before, nth, fresh, note, next, ids, seeds } = cell;
  switch (sort) {
    case 'word':
      return fresh();
    case 'name':
      return note(seeds.name(next(), nth), 'word');
    case 'id':
      // The same identifier everywhere, so that rows still refer to each other.
      return before
        .split(',')
        .map((id) => {
          if (id === '') return '';
          const known = ids.get(id);
          if (known !== undefined) return note(known, 'word');
          const made = fresh();
          ids.set(id, made);
          return made;
        })
        .join(',');
    case 'number':
      return nth % 2 === 0 ? fresh() : note(seeds.digits(next()), 'number');
    case 'mail':
      return `${fresh()}@${fresh()}.example.org`;
    case 'phone':
      return nth % 2 === 0 ? fresh() : `+1 ${note(seeds.digits(next()), 'number')}`;
    case 'typed-ids':
      return `{stateId:${fresh()}},{localId:${note(seeds.digits(next()), 'number')}}`;
    case 'birth':
      return before === '' ? '' : note(seeds.day(nth, 1901), 'day');
    case 'begin':
      // Long before any session: a section's own begin takes its place where that matters.
      return before === '' ? '' : note(seeds.day(nth, before < '2026-09' ? 1931 : 1961), 'day');
    case 'list':
      return before
        .split(',')
        .map((item) => (item === '' ? '' : fresh()))
        .join(',');
  }
}

interface Breaking {
  readonly word: (table: string, column: string, row: number, isCode?: boolean) => string;
}

/** One record of each kind that does not go through: by the mapping, by the checks here, by the API. */
function breakRecords(tables: Export, { word: canary }: Breaking): void {
  const edit = (
    of: Table,
    name: string,
    row: string[],
    column: string,
    value: (w: string) => string,
    isCode = false,
  ): void => set(of, row, column, value(canary(name, column, of.rows.indexOf(row) + 2, isCode)));
  const as = (w: string): string => w;
  const users = table(tables, 'users');
  const roles = table(tables, 'roles');
  const roleOf = new Map(roles.rows.map((row) => [get(roles, row, 'userSourcedId'), get(roles, row, 'role')]));
  const people = (role: string): string[][] =>
    users.rows.filter((row) => roleOf.get(get(users, row, 'sourcedId')) === role);
  const students = people('student');
  const staff = people('teacher');
  const student = (nth: number): string[] => students[nth] as string[];

  // Too long for the model: rejected here. Markup: refused by the API. One identifier for two.
  edit(users, 'users', student(0), 'givenName', (w) => `${w} `.repeat(5));
  edit(users, 'users', student(1), 'familyName', (w) => `<b>${w}</b>`);
  edit(users, 'users', student(2), 'identifier', (w) => `${w}-and-longer-than-32-characters`);
  set(users, student(3), 'identifier', get(users, student(4), 'identifier'));
  set(users, student(5), 'identifier', '');
  // Codes without a descriptor: on the steward's screen by right.
  edit(users, 'users', student(6), 'grades', as, true);
  edit(users, 'users', staff[0] as string[], 'email', (w) => `${w}@${'x'.repeat(120)}.example.org`);

  const demographics = table(tables, 'demographics');
  const about = (nth: number): string[] => {
    const id = get(users, student(nth), 'sourcedId');
    const found = demographics.rows.find((row) => get(demographics, row, 'sourcedId') === id);
    if (found === undefined) throw new Error('a student without demographics');
    return found;
  };
  edit(demographics, 'demographics', about(7), 'sex', as, true);
  edit(demographics, 'demographics', about(8), 'birthDate', as);
  set(demographics, about(9), 'birthDate', '');
  edit(demographics, 'demographics', about(10), 'asian', as);
  edit(demographics, 'demographics', about(11), 'hispanicOrLatinoEthnicity', as);

  const enrollments = table(tables, 'enrollments');
  const enrollment = (nth: number): string[] => enrollments.rows[nth] as string[];
  edit(enrollments, 'enrollments', enrollment(0), 'classSourcedId', as);
  edit(enrollments, 'enrollments', enrollment(1), 'userSourcedId', as);
  edit(enrollments, 'enrollments', enrollment(2), 'schoolSourcedId', as);
  edit(enrollments, 'enrollments', enrollment(3), 'beginDate', as);
  edit(enrollments, 'enrollments', enrollment(4), 'endDate', as);
  const taught = enrollments.rows.find((row) => get(enrollments, row, 'role') === 'teacher');
  // The role and the flag together are what has to be paired.
  if (taught !== undefined) edit(enrollments, 'enrollments', taught, 'primary', as);

  edit(roles, 'roles', roles.rows.at(-1) as string[], 'role', as);
  const teaching = roles.rows.filter((row) => get(roles, row, 'role') === 'teacher');
  edit(roles, 'roles', teaching[0] as string[], 'orgSourcedId', as);
  edit(roles, 'roles', teaching[1] as string[], 'beginDate', as);

  const classes = table(tables, 'classes');
  edit(classes, 'classes', classes.rows[0] as string[], 'courseSourcedId', as);
  edit(classes, 'classes', classes.rows[1] as string[], 'termSourcedIds', as);
  const sessions = table(tables, 'academicSessions');
  const term = sessions.rows.find((row) => get(sessions, row, 'type') === 'gradingPeriod');
  if (term !== undefined) edit(sessions, 'academicSessions', term, 'parentSourcedId', as);
}
