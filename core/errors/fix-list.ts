/** Problems as a list that somebody at the SIS can work through, row by row. It holds personal data by its nature. */
import type { JsonObject, JsonValue } from '../edfi/model.ts';
import type { Who } from './catalogue.ts';

export interface FixListSchool {
  /** `255901001`: a school, or another education organization where no school is told. */
  readonly id: string;
  readonly name: string | undefined;
}

/** One thing to put right. */
export interface FixListEntry {
  readonly school: FixListSchool | undefined;
  /** `students`. */
  readonly resource: string;
  /** What is wrong, in the catalogue's words. */
  readonly title: string;
  readonly property: string | undefined;
  /** The value at fault, out of the record. */
  readonly value: string | undefined;
  /** What to do, in the catalogue's words. */
  readonly fix: string;
  readonly who: Who;
  readonly file: string | undefined;
  readonly row: number | undefined;
  /** The table the row is of; undefined where the row is no longer there. */
  readonly table: string | undefined;
  /** The row as the file has it; undefined where it is no longer there. */
  readonly cells: readonly { readonly column: string; readonly value: string }[] | undefined;
  /** Records that wait for this one. */
  readonly held: number;
  /** By which the record is found in the SIS: `studentUniqueId`. */
  readonly identifiers: readonly { readonly name: string; readonly value: string }[];
}

/** How a list names who can put something right. */
const PEOPLE: Readonly<Record<Who, string>> = {
  steward: 'Data steward',
  sis: 'SIS data entry',
  'api-host': 'API host',
  vendor: 'Vendor',
};

/** The columns that every list has, in their order. Numbers where they are numbers; '' where there is nothing to tell. */
const FIXED: readonly { readonly name: string; readonly of: (entry: FixListEntry) => string | number }[] = [
  { name: 'School', of: ({ school }) => (school === undefined ? '' : schoolLabel(school)) },
  { name: 'What is wrong', of: ({ title }) => title },
  { name: 'Column or property', of: ({ property }) => property ?? '' },
  { name: 'Value', of: ({ value }) => value ?? '' },
  { name: 'What to do', of: ({ fix }) => fix },
  { name: 'Who', of: ({ who }) => PEOPLE[who] },
  { name: 'File', of: ({ file }) => file ?? '' },
  { name: 'Row', of: ({ row }) => row ?? '' },
  { name: 'Records waiting', of: ({ held }) => held },
  { name: 'Resource', of: ({ resource }) => resource },
  // In every row: rows are copied, merged and mailed without the file they came in.
  { name: 'Personal data', of: () => 'yes' },
];

/** `Grand Bend High School (255901001)`. */
export const schoolLabel = ({ id, name }: FixListSchool): string => (name === undefined ? id : `${name} (${id})`);

/**
 * The columns of a list: first those that every list has, then identifiers, then those of the source, as
 * `users.givenName`, table by table.
 * @param identifiers names in the order they were met.
 * @param tables columns of each source table, in the order they were met.
 * @returns the headings; no two are the same.
 */
export function columnsOf(
  identifiers: Iterable<string>,
  tables: Iterable<readonly [table: string, columns: Iterable<string>]>,
): string[] {
  const taken = new Set<string>();
  const unique = (heading: string): string => {
    let free = heading;
    for (let times = 2; taken.has(free.toLowerCase()); times++) free = `${heading} (${times})`;
    taken.add(free.toLowerCase());
    return free;
  };
  const headings = FIXED.map(({ name }) => unique(name));
  for (const name of identifiers) headings.push(unique(name));
  for (const [table, columns] of tables) for (const column of columns) headings.push(unique(`${table}.${column}`));
  return headings;
}

/** An entry's values, in the order of what its table had met by then; may be kept as JSON until all were met. */
export interface PackedRow {
  readonly fixed: readonly (string | number)[];
  readonly identifiers: readonly string[];
  /** The number of the source table, -1 where there is none, and its values. */
  readonly table: number;
  readonly cells: readonly string[];
}

/** A list in the making: which columns it has is known only when the last entry was seen. */
export interface FixListTable {
  add(entry: FixListEntry): PackedRow;
  /** The headings, once all entries were added. */
  headings(): string[];
  /** A row's values, as many as there are headings. */
  row(packed: PackedRow): (string | number)[];
}

/** Begins a list; it keeps the names of columns and no value. */
export function createFixListTable(): FixListTable {
  const identifiers = new Map<string, number>();
  const tables = new Map<string, { readonly number: number; readonly columns: Map<string, number> }>();
  return {
    add(entry) {
      const fixed = FIXED.map(({ of }) => of(entry));
      const named: string[] = [];
      place(named, identifiers, entry.identifiers);
      if (entry.cells === undefined) return { fixed, identifiers: named, table: -1, cells: [] };
      const name = entry.table ?? '';
      let table = tables.get(name);
      if (table === undefined) {
        table = { number: tables.size, columns: new Map() };
        tables.set(name, table);
      }
      const cells: string[] = [];
      place(
        cells,
        table.columns,
        entry.cells.map(({ column, value }) => ({ name: column, value })),
      );
      return { fixed, identifiers: named, table: table.number, cells };
    },
    headings: () =>
      columnsOf(
        identifiers.keys(),
        [...tables].map(([name, { columns }]) => [name, columns.keys()] as const),
      ),
    row({ fixed, identifiers: named, table, cells }) {
      const values = [...fixed];
      for (let at = 0; at < identifiers.size; at++) values.push(named[at] ?? '');
      for (const { number, columns } of tables.values()) {
        for (let at = 0; at < columns.size; at++) values.push(number === table ? (cells[at] ?? '') : '');
      }
      return values;
    },
  };
}

/** Puts each value at the place of its name, which a new name gets at the end. */
function place(
  values: string[],
  places: Map<string, number>,
  named: readonly { readonly name: string; readonly value: string }[],
): void {
  for (const { name, value } of named) {
    let at = places.get(name);
    if (at === undefined) {
      at = places.size;
      places.set(name, at);
    }
    // No holes: they would become null in JSON.
    while (values.length < at) values.push('');
    values[at] = value;
  }
}

/** Where an education organization stands in a body, the school itself first. */
const ORGANIZATION_IDS = [
  'schoolId',
  'educationOrganizationId',
  'localEducationAgencyId',
  'educationServiceCenterId',
  'stateEducationAgencyId',
] as const;

/** References that tell whose a record is, before any other that also names a school (where a room is, for example). */
const FIRST_REFERENCES = [
  'schoolReference',
  'sectionReference',
  'courseOfferingReference',
  'sessionReference',
  'educationOrganizationReference',
];

/**
 * Finds whose problem a record is: the school, or else the other education organization, that it names itself; or else
 * what the records that depend on it name, a school before any other (a student has no school of their own; their
 * enrolments have).
 * @param body a mapped Ed-Fi body.
 * @param dependants the bodies of the records that refer to it, read no further than the first that tells a school.
 * @returns the identifier as text, or undefined where nothing tells.
 */
export function schoolOf(body: JsonObject, dependants: Iterable<JsonObject>): string | undefined {
  const own = organizationOf(body);
  if (own !== undefined) return own.id;
  let other: string | undefined;
  for (const dependant of dependants) {
    const found = organizationOf(dependant);
    if (found?.isSchool === true) return found.id;
    other ??= found?.id;
  }
  return other;
}

interface Organization {
  readonly id: string;
  readonly isSchool: boolean;
}

function organizationOf(body: JsonObject): Organization | undefined {
  const [own, inner] = referencesOf(body);
  for (const holders of [own, inner]) {
    for (const name of ORGANIZATION_IDS) {
      for (const holder of holders) {
        const id = idText(holder[name]);
        if (id !== undefined) return { id, isSchool: name === 'schoolId' };
      }
    }
  }
  return undefined;
}

/** The body with its references, those that tell most first; and the references inside its collections. */
function referencesOf(body: JsonObject): readonly [own: JsonObject[], inner: JsonObject[]] {
  const own: JsonObject[] = [body];
  const inner: JsonObject[] = [];
  for (const name of FIRST_REFERENCES) if (isObject(body[name])) own.push(body[name]);
  for (const [name, value] of Object.entries(body)) {
    if (isObject(value)) {
      if (name.endsWith('Reference') && !FIRST_REFERENCES.includes(name)) own.push(value);
    } else if (Array.isArray(value)) {
      for (const item of value) if (isObject(item)) inner.push(...referencesOf(item).flat());
    }
  }
  return [own, inner];
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const idText = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined;
