import type { PropertyModel } from '../../core/edfi/model.ts';
import type { Source, TableInfo } from '../../core/sources/types.ts';

/** Rows by table, written as a spreadsheet shows them: the first row names the columns. */
export type Sheets = Record<string, string[][]>;

/** A small clean district: two schools, semesters with quarters, one class over both semesters, one homeroom. */
export const smallDistrict = (): Sheets => ({
  orgs: [
    ['sourcedId', 'name', 'type', 'identifier', 'parentSourcedId'],
    ['D', 'Prairie District', 'district', '255901', ''],
    ['S1', 'Prairie High', 'school', '255901001', 'D'],
    ['S2', 'Prairie Elementary', 'school', '255901044', 'D'],
    ['N', 'Science', 'department', '', 'S1'],
  ],
  academicSessions: [
    ['sourcedId', 'title', 'type', 'startDate', 'endDate', 'parentSourcedId', 'schoolYear'],
    ['Y', '2026-2027', 'schoolYear', '2026-08-17', '2027-05-28', '', '2027'],
    ['F', 'Fall', 'semester', '2026-08-17', '2026-12-18', 'Y', '2027'],
    ['P', 'Spring', 'semester', '2027-01-05', '2027-05-28', 'Y', '2027'],
    ['Q1', 'Quarter 1', 'gradingPeriod', '2026-08-17', '2026-10-16', 'F', '2027'],
    ['Q2', 'Quarter 2', 'gradingPeriod', '2026-10-19', '2026-12-18', 'F', '2027'],
    ['Q3', 'Quarter 3', 'gradingPeriod', '2027-01-05', '2027-03-12', 'P', '2027'],
    ['Q4', 'Quarter 4', 'gradingPeriod', '2027-03-15', '2027-05-28', 'P', '2027'],
  ],
  courses: [
    ['sourcedId', 'title', 'courseCode', 'orgSourcedId', 'subjects', 'subjectCodes'],
    ['C1', 'Algebra I', 'ALG1', 'D', 'Mathematics', '02052'],
    ['C2', 'Homeroom', '', 'N', '', ''],
  ],
  classes: [
    ['sourcedId', 'title', 'courseSourcedId', 'classType', 'location', 'schoolSourcedId', 'termSourcedIds', 'periods'],
    ['K1', 'Algebra I - 1', 'C1', 'scheduled', '101', 'S1', 'F,P', '1,2'],
    ['K2', 'Homeroom 9', 'C2', 'homeroom', '102', 'S1', 'F', '0'],
    ['K3', 'Algebra for the young', 'C1', 'scheduled', '1', 'S2', 'F', ''],
  ],
  users: [
    [
      'sourcedId',
      'userIds',
      'givenName',
      'familyName',
      'middleName',
      'identifier',
      'email',
      'phone',
      'sms',
      'agentSourcedIds',
      'grades',
      'primaryOrgSourcedId',
      'preferredGivenName',
    ],
    [
      'U1',
      '{State:0012},{SIS:77}',
      'Ann',
      'Lee',
      '',
      '00123',
      'ann@example.org',
      '555-0100',
      '',
      'G1',
      '09',
      '',
      'Annie',
    ],
    ['U2', '{State:0013},{SIS:78}', 'Ben', 'Oak', 'J', '00124', '', '', '', '', '05,06', 'S2', ''],
    ['T1', '', 'Tom', 'Hill', '', '9001', 'tom@example.org', '', '', '', '', '', ''],
    ['T2', '', 'Tia', 'Fox', '', '', '', '', '', '', '', '', ''],
    ['G1', '', 'Gil', 'Lee', '', '', 'gil@example.org', '', '555-0101', '', '', '', ''],
    ['G2', '', 'Gwen', 'Oak', '', '', '', '', '', 'U2', '', '', ''],
  ],
  roles: [
    ['sourcedId', 'userSourcedId', 'roleType', 'role', 'beginDate', 'endDate', 'orgSourcedId'],
    ['R1', 'U1', 'primary', 'student', '2026-08-20', '', 'S1'],
    ['R2', 'U2', 'primary', 'student', '', '', 'S2'],
    ['R3', 'T1', 'primary', 'teacher', '2026-08-01', '', 'S1'],
    ['R4', 'T2', 'primary', 'aide', '', '', 'S1'],
    ['R5', 'G1', 'primary', 'parent', '', '', 'S1'],
    ['R6', 'G2', 'primary', 'guardian', '', '', 'S2'],
  ],
  enrollments: [
    ['sourcedId', 'classSourcedId', 'schoolSourcedId', 'userSourcedId', 'role', 'primary', 'beginDate', 'endDate'],
    ['E1', 'K1', 'S1', 'U1', 'student', '', '', ''],
    ['E2', 'K2', 'S1', 'U1', 'student', '', '2026-08-21', ''],
    ['E3', 'K3', 'S2', 'U2', 'student', '', '2026-08-24', ''],
    ['E4', 'K1', 'S1', 'T1', 'teacher', 'true', '', ''],
    ['E5', 'K1', 'S1', 'T2', 'aide', '', '2026-08-17', ''],
    ['E6', 'K2', 'S1', 'T1', 'teacher', 'false', '', ''],
  ],
  demographics: [
    [
      'sourcedId',
      'birthDate',
      'sex',
      'asian',
      'white',
      'hispanicOrLatinoEthnicity',
      'stateOfBirthAbbreviation',
      'cityOfBirth',
    ],
    ['U1', '2012-03-04', 'female', 'true', 'true', 'false', 'TX', 'Austin'],
    ['U2', '2016-10-11', 'Male', 'false', 'TRUE', 'true', '', ''],
  ],
});

/** A source over rows in memory, in the shape of the real reader: projected to columns, in batches, numbered from row 2. */
export const sourceOf = (sheets: Sheets, reads: string[] = []): Source => ({
  kind: 'oneroster',
  version: '1.2',
  tables: new Map(
    Object.entries(sheets).map(([name, rows]): [string, TableInfo] => [
      name,
      { name, columns: rows[0] ?? [], mode: 'bulk', file: `${name}.csv` },
    ]),
  ),
  notices: [],
  fingerprint: 'small',
  async *read(table, columns) {
    reads.push(table);
    const [header = [], ...rows] = sheets[table] ?? [];
    const places = columns.map((column) => header.indexOf(column));
    for (let at = 0; at < rows.length; at += 1000) {
      const part = rows.slice(at, at + 1000);
      yield {
        rows: part.map((row) => places.map((place) => row[place] ?? '')),
        numbers: part.map((_, index) => at + index + 2),
      };
    }
  },
  close: async () => {},
});

/** Changes one cell: the row whose first column is `id`. */
export const setCell = (sheets: Sheets, table: string, id: string, column: string, value: string): void => {
  const [header = [], ...rows] = sheets[table] ?? [];
  const row = rows.find(([first]) => first === id);
  if (row === undefined || !header.includes(column)) throw new Error(`no cell ${table} ${id} ${column}`);
  row[header.indexOf(column)] = value;
};

/** Takes a row away. */
export const dropRow = (sheets: Sheets, table: string, id: string): void => {
  sheets[table] = (sheets[table] ?? []).filter(([first]) => first !== id);
};

/** The paths of required properties that a body lacks. */
export const missingRequired = (properties: readonly PropertyModel[], body: unknown, path = ''): string[] => {
  const members = body as Record<string, unknown>;
  return properties.flatMap((property) => {
    const at = `${path}${property.name}`;
    const value = members[property.name];
    if (value === undefined) return property.required ? [at] : [];
    switch (property.kind) {
      case 'scalar':
      case 'descriptor':
        return [];
      case 'reference':
        return property.members
          .filter((member) => (value as Record<string, unknown>)[member.name] === undefined)
          .map((member) => `${at}.${member.name}`);
      case 'object':
        return missingRequired(property.properties, value, `${at}.`);
      case 'collection':
        return (value as unknown[]).flatMap((item) => missingRequired(property.properties, item, `${at}[].`));
      default:
        return property satisfies never;
    }
  });
};
