/**
 * The canonical tables and columns that a mapping can rely on: OneRoster 1.2's own names, whichever version is read.
 *
 * Differences that the reader takes away:
 * - `roles` does not exist in 1.1: it is made from users.csv, one row per organization in `orgSourcedIds`, with
 *   sourcedId = user + '/' + organization, roleType `primary` for the first organization and `secondary` for the others,
 *   the user's `role`, and no beginDate and endDate. Row numbers are those of users.csv.
 * - In 1.1, `users` also has `orgSourcedIds` and `role`, and `primaryOrgSourcedId` is ''.
 * - `username`, `password` and whatever else looks like a credential is not a column, in any table.
 * A column that an export lacks reads as ''. Extension columns come after the known ones, under the export's own name.
 */
export const COLUMNS = {
  orgs: ['sourcedId', 'status', 'dateLastModified', 'name', 'type', 'identifier', 'parentSourcedId'],
  academicSessions: [
    'sourcedId',
    'status',
    'dateLastModified',
    'title',
    'type',
    'startDate',
    'endDate',
    'parentSourcedId',
    'schoolYear',
  ],
  courses: [
    'sourcedId',
    'status',
    'dateLastModified',
    'schoolYearSourcedId',
    'title',
    'courseCode',
    'grades',
    'orgSourcedId',
    'subjects',
    'subjectCodes',
  ],
  classes: [
    'sourcedId',
    'status',
    'dateLastModified',
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
  users: [
    'sourcedId',
    'status',
    'dateLastModified',
    'enabledUser',
    'orgSourcedIds',
    'role',
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
    'userMasterIdentifier',
    'resourceSourcedIds',
    'preferredGivenName',
    'preferredMiddleName',
    'preferredFamilyName',
    'primaryOrgSourcedId',
    'pronouns',
  ],
  roles: [
    'sourcedId',
    'status',
    'dateLastModified',
    'userSourcedId',
    'roleType',
    'role',
    'beginDate',
    'endDate',
    'orgSourcedId',
    'userProfileSourcedId',
  ],
  enrollments: [
    'sourcedId',
    'status',
    'dateLastModified',
    'classSourcedId',
    'schoolSourcedId',
    'userSourcedId',
    'role',
    'primary',
    'beginDate',
    'endDate',
  ],
  demographics: [
    'sourcedId',
    'status',
    'dateLastModified',
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
} as const satisfies Record<string, readonly string[]>;

export type TableName = keyof typeof COLUMNS;
export type OneRosterVersion = '1.1' | '1.2';

export const TABLES = Object.keys(COLUMNS) as readonly TableName[];

/** Tables without which an export cannot be made into Ed-Fi records (demographics holds the birth date). */
export function requiredTables(version: OneRosterVersion): readonly TableName[] {
  return version === '1.1' ? TABLES.filter((table) => table !== 'roles') : TABLES;
}

const REQUIRED_COLUMNS: Readonly<Record<TableName, readonly string[]>> = {
  orgs: ['sourcedId', 'name', 'type'],
  academicSessions: ['sourcedId', 'title', 'type', 'startDate', 'endDate', 'schoolYear'],
  courses: ['sourcedId', 'title', 'orgSourcedId'],
  classes: ['sourcedId', 'title', 'courseSourcedId', 'schoolSourcedId', 'termSourcedIds'],
  users: ['sourcedId', 'givenName', 'familyName'],
  roles: ['sourcedId', 'userSourcedId', 'role', 'orgSourcedId'],
  enrollments: ['sourcedId', 'classSourcedId', 'schoolSourcedId', 'userSourcedId', 'role'],
  demographics: ['sourcedId', 'birthDate'],
};

/** Columns without which a table's rows mean nothing, or something else. */
export function requiredColumns(table: TableName, version: OneRosterVersion, delta: boolean): readonly string[] {
  const columns = [...REQUIRED_COLUMNS[table]];
  if (table === 'users' && version === '1.1') columns.push('orgSourcedIds', 'role');
  if (delta) columns.push('status', 'dateLastModified');
  return columns;
}

/** Files of the standard that hold no roster: there by right, and not read. */
export const OTHER_FILES: ReadonlySet<string> = new Set(
  [
    'categories',
    'classResources',
    'courseResources',
    'lineItemLearningObjectiveIds',
    'lineItems',
    'lineItemScoreScales',
    'resources',
    'resultLearningObjectiveIds',
    'results',
    'resultScoreScales',
    'scoreScales',
    'userProfiles',
    'userResources',
  ].map((name) => `${name}.csv`.toLowerCase()),
);

/** A header as it is compared: case, blanks and punctuation do not matter. */
export function headerKey(header: string): string {
  return header.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Misspellings seen in real exports, by `headerKey`, to the canonical column. */
const MISSPELT: Readonly<Record<string, string>> = {
  agentsourcedid: 'agentSourcedIds',
  americanindianoralaskannative: 'americanIndianOrAlaskaNative',
  begindata: 'beginDate',
  birthday: 'birthDate',
  classsourceid: 'classSourcedId',
  coursesourceid: 'courseSourcedId',
  datalastmodified: 'dateLastModified',
  datelastmodifed: 'dateLastModified',
  dateofbirth: 'birthDate',
  demographicracetwoormorerace: 'demographicRaceTwoOrMoreRaces',
  enableduser: 'enabledUser',
  grade: 'grades',
  hispanicorlatinoethinicity: 'hispanicOrLatinoEthnicity',
  hispanicorlatinoethnicty: 'hispanicOrLatinoEthnicity',
  lastmodifieddate: 'dateLastModified',
  nativehawaiianorotherpacificislanders: 'nativeHawaiianOrOtherPacificIslander',
  nativehawaiianorpacificislander: 'nativeHawaiianOrOtherPacificIslander',
  orgsourceid: 'orgSourcedId',
  parentsourceid: 'parentSourcedId',
  period: 'periods',
  preferedfamilyname: 'preferredFamilyName',
  preferedgivenname: 'preferredGivenName',
  preferedmiddlename: 'preferredMiddleName',
  prefferedfamilyname: 'preferredFamilyName',
  prefferedgivenname: 'preferredGivenName',
  prefferedmiddlename: 'preferredMiddleName',
  primaryorgsourceid: 'primaryOrgSourcedId',
  schoolsourceid: 'schoolSourcedId',
  sourceid: 'sourcedId',
  subject: 'subjects',
  subjectcode: 'subjectCodes',
  termsourcedid: 'termSourcedIds',
  usersourceid: 'userSourcedId',
};

export interface HeaderReading {
  /** The canonical column, or the export's own name for an extension. */
  readonly column: string;
  readonly how: 'exact' | 'case' | 'misspelt' | 'extension';
}

const KNOWN: ReadonlyMap<TableName, ReadonlyMap<string, string>> = new Map(
  TABLES.map((table) => [table, new Map(COLUMNS[table].map((column) => [headerKey(column), column]))]),
);

/** Which column of `table` a header means. */
export function readHeader(table: TableName, header: string): HeaderReading {
  const key = headerKey(header);
  const known = KNOWN.get(table)!;
  const column = known.get(key);
  if (column !== undefined) return { column, how: column === header ? 'exact' : 'case' };
  const meant = MISSPELT[key];
  if (meant !== undefined && known.has(headerKey(meant))) return { column: meant, how: 'misspelt' };
  // 1.1 writes one organization of a user where it means the list.
  if (table === 'users' && (key === 'orgsourcedid' || key === 'orgsourceid')) {
    return { column: 'orgSourcedIds', how: 'misspelt' };
  }
  return { column: header.trim(), how: 'extension' };
}

/** Whether a header names something to log in with: such a column is dropped as it is read. */
export function isCredential(header: string): boolean {
  const key = headerKey(header);
  return key === 'username' || /passw(or)?d|passphrase|credential|pwd$/.test(key);
}
