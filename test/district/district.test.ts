import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../core/errors/failure.ts';
import { type DistrictOptions, type DistrictWritten, writeDistrict } from '../../core/sandbox/district/generate.ts';
import { openSource } from '../../core/sources/oneroster/open.ts';
import type { Source } from '../../core/sources/types.ts';

const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-district-'));
  folders.push(folder);
  return folder;
}

type Row = Readonly<Record<string, string>>;

interface Exported extends DistrictWritten {
  readonly out: string;
  readonly source: Source;
  rowsOf(table: string): Promise<Map<string, Row>>;
}

async function exported(options: Omit<DistrictOptions, 'out'> = {}): Promise<Exported> {
  const out = await newFolder();
  const written = await writeDistrict({ out, ...options });
  const source = await openSource(out, { settleMs: 0 });
  const rowsOf = async (table: string): Promise<Map<string, Row>> => {
    const { columns } = source.tables.get(table)!;
    const rows = new Map<string, Row>();
    for await (const batch of source.read(table, columns)) {
      for (const values of batch.rows) {
        const row = Object.fromEntries(columns.map((column, at) => [column, values[at]!]));
        rows.set(row.sourcedId!, row);
      }
    }
    return rows;
  };
  return { ...written, out, source, rowsOf };
}

async function digest(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex');
}

function list(value: string): string[] {
  return value === '' ? [] : value.split(',');
}

/** Added, removed and changed rows between two states of a table. */
function difference(before: Map<string, Row>, after: Map<string, Row>) {
  const added = [...after.values()].filter(({ sourcedId }) => !before.has(sourcedId!));
  const removed = [...before.values()].filter(({ sourcedId }) => !after.has(sourcedId!));
  const changed = [...after.values()].flatMap((row) => {
    const old = before.get(row.sourcedId!);
    if (old === undefined) return [];
    const columns = Object.keys(row).filter((column) => row[column] !== old[column]);
    return columns.length === 0 ? [] : [{ row, old, columns }];
  });
  return { added, removed, changed };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const GRADES = ['KG', '01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'];

describe('the fictional district', () => {
  it.each<Omit<DistrictOptions, 'out'>>([
    { students: 60 },
    { students: 60, day: 2 },
    { students: 60, version: '1.1', clean: true },
  ])('has the same bytes for the same options, and others for another seed: %j', async (options) => {
    const [one, same, other] = [
      await exported(options),
      await exported(options),
      await exported({ ...options, seed: 2 }),
    ];
    expect(await digest(same.out)).toBe(await digest(one.out));
    expect(await digest(other.out)).not.toBe(await digest(one.out));
    const text = await readFile(join(one.out, 'users.csv'), 'utf8');
    expect(text.endsWith('\n') && !text.includes('\r') && !text.startsWith('\ufeff')).toBe(true);
  });

  it('ships as it is generated', async () => {
    for (const day of [1, 2] as const) {
      const { out } = await exported({ day });
      expect(await digest(join(import.meta.dirname, `../../assets/district/day${day}`))).toBe(await digest(out));
    }
  });

  it.each([
    [300, 0.15],
    [5_000, 0.1],
  ])('of %i students has the sizes of a real one', async (students, tolerance) => {
    const { rows, rowsOf } = await exported({ students, clean: true });
    const near = (value: number, aim: number): void => {
      expect(Math.abs(value - aim) / aim, `${value} for ${aim}`).toBeLessThanOrEqual(tolerance);
    };
    const roles = [...(await rowsOf('roles')).values()];
    const people = (wanted: readonly string[]): number =>
      new Set(roles.filter(({ role }) => wanted.includes(role!)).map(({ userSourcedId }) => userSourcedId)).size;
    const enrollments = [...(await rowsOf('enrollments')).values()];
    expect(rows['demographics.csv']).toBe(students);
    expect(people(['student'])).toBe(students);
    near(people(['teacher', 'aide', 'principal', 'counselor', 'districtAdministrator']), 0.11 * students);
    near(people(['parent', 'guardian', 'relative']), 1.7 * students);
    near(rows['classes.csv']!, 0.55 * students);
    near(enrollments.filter(({ role }) => role === 'student').length, 13 * students);
    near(enrollments.filter(({ role }) => role !== 'student').length, 0.6 * students);
    near(rows['courses.csv']!, 0.24 * students);
    if (students === 5_000) near(rows['orgs.csv']!, 9);
  });

  it.each(['1.1', '1.2'] as const)('without dirt is valid: keys, references, codes, lengths (%s)', async (version) => {
    for (const day of [1, 2] as const) {
      const { dirt, rowsOf, source } = await exported({ students: 500, clean: true, version, day });
      expect(dirt).toEqual([]);
      expect(source.version).toBe(version);
      const [orgs, sessions, courses, classes, users, roles, enrollments, demographics] = await Promise.all(
        ['orgs', 'academicSessions', 'courses', 'classes', 'users', 'roles', 'enrollments', 'demographics'].map(rowsOf),
      );
      const schools = [...orgs!.values()].filter(({ type }) => type === 'school');
      expect(schools.map(({ identifier }) => identifier)).toEqual(schools.map((_, at) => String(255901001 + at)));
      expect([...orgs!.values()].find(({ type }) => type === 'district')?.identifier).toBe('255901');
      expect(sessions!.size).toBe(7);
      expect(new Set([...sessions!.values()].map(({ title }) => title)).size).toBe(7);
      const codes = [...courses!.values()].map(({ courseCode }) => courseCode!);
      expect(new Set(codes).size).toBe(codes.length);
      expect(
        [...courses!.values()].every(({ title, courseCode }) => title!.length <= 60 && courseCode!.length <= 60),
      ).toBe(true);
      for (const { courseSourcedId, schoolSourcedId, termSourcedIds, location, periods } of classes!.values()) {
        expect(courses!.has(courseSourcedId!) && orgs!.has(schoolSourcedId!)).toBe(true);
        expect(list(termSourcedIds!).every((term) => sessions!.get(term)?.type === 'semester')).toBe(true);
        expect(location!.length > 0 && location!.length <= 60 && periods!.length > 0 && periods!.length <= 60).toBe(
          true,
        );
      }

      const studentIds = new Set(
        [...roles!.values()].filter(({ role }) => role === 'student').map(({ userSourcedId }) => userSourcedId!),
      );
      const identifiers = new Set<string>();
      for (const id of studentIds) {
        const user = users!.get(id)!;
        expect(user.identifier).toMatch(/^\d{10}$/);
        expect(user.userIds).toMatch(new RegExp(`^{stateId:${user.identifier}},{localId:\\d+}$`));
        identifiers.add(user.identifier!);
        expect(GRADES).toContain(user.grades);
        expect(demographics!.get(id)?.birthDate).toMatch(DAY);
        const contacts = list(user.agentSourcedIds!);
        expect(contacts.every((contact) => list(users!.get(contact)!.agentSourcedIds!).includes(id))).toBe(true);
      }
      expect(identifiers.size).toBe(studentIds.size);
      expect([...identifiers].some((one) => one.startsWith('0'))).toBe(true);
      for (const { givenName, familyName } of users!.values()) {
        expect(givenName!.trim() === givenName && givenName!.length > 0 && givenName!.length <= 75).toBe(true);
        expect(familyName!.trim() === familyName && familyName!.length > 0 && familyName!.length <= 75).toBe(true);
      }

      const seats = new Set<string>();
      for (const {
        classSourcedId,
        userSourcedId,
        schoolSourcedId,
        role,
        beginDate,
        endDate,
      } of enrollments!.values()) {
        expect(users!.has(userSourcedId!) && classes!.get(classSourcedId!)?.schoolSourcedId === schoolSourcedId).toBe(
          true,
        );
        expect(beginDate === '' || DAY.test(beginDate!)).toBe(true);
        expect(endDate === '' || endDate! >= beginDate!).toBe(true);
        expect(role === 'student').toBe(studentIds.has(userSourcedId!));
        seats.add(`${classSourcedId} ${userSourcedId}`);
      }
      expect(seats.size).toBe(enrollments!.size);
      const stays = [...roles!.values()].map((role) => `${role.userSourcedId} ${role.orgSourcedId} ${role.beginDate}`);
      expect(new Set(stays).size).toBe(stays.length);
      for (const { endDate, beginDate, orgSourcedId } of roles!.values()) {
        expect(orgs!.has(orgSourcedId!)).toBe(true);
        expect(endDate === '' || endDate! >= beginDate!).toBe(true);
      }
      const begun = [...enrollments!.values()].filter(({ beginDate }) => beginDate !== '').length / enrollments!.size;
      expect(begun).toBeGreaterThan(0.85);
      expect(begun).toBeLessThan(0.95);
    }
  });

  it('has every kind of dirt where it says, and a part of it is cured on the second day', async () => {
    const [first, second] = [await exported(), await exported({ day: 2 })];
    const count = (of: Exported, kind: string): number => of.dirt.filter((one) => one.kind === kind).length;
    for (const kind of ['missing-birth-date', 'unknown-teacher', 'lost-leading-zero', 'duplicate-enrollment']) {
      expect(count(first, kind), kind).toBe(1);
    }
    expect(count(first, 'unmapped-grade')).toBe(9);
    expect(count(first, 'padded-value')).toBe(4);
    expect(count(first, 'boolean-case')).toBe(8);
    expect([count(second, 'missing-birth-date'), count(second, 'unmapped-grade')]).toEqual([0, 5]);
    expect(count(second, 'unknown-teacher')).toBe(1);

    const lines = async (file: string): Promise<string[]> =>
      (await readFile(join(first.out, file), 'utf8')).split('\n');
    const users = await lines('users.csv');
    for (const { kind, file, row } of first.dirt) {
      if (kind === 'unmapped-grade') expect(users[row - 1]).toContain(',EE,');
      if (kind === 'lost-leading-zero') expect(users[row - 1]).toContain(',5,never-read');
      if (kind === 'boolean-case' && file === 'users.csv') expect(users[row - 1]).toContain(',TRUE,');
    }
    const { row } = first.dirt.find(({ kind }) => kind === 'missing-birth-date')!;
    expect((await lines('demographics.csv'))[row - 1]).toMatch(/^[0-9a-f-]{36},,,,/);

    const people = await first.rowsOf('users');
    const enrollments = [...(await first.rowsOf('enrollments')).values()];
    expect(enrollments.filter(({ userSourcedId }) => !people.has(userSourcedId!)).map(({ role }) => role)).toEqual([
      'teacher',
    ]);
    const seats = new Set(enrollments.map((one) => `${one.classSourcedId} ${one.userSourcedId} ${one.beginDate}`));
    expect(enrollments.length - seats.size).toBe(1);
    const unmapped = [...people.values()].filter(({ grades }) => grades === 'EE');
    expect(new Set(unmapped.map(({ primaryOrgSourcedId }) => primaryOrgSourcedId)).size).toBe(1);
  });

  it('changes by the second day as it says, and little', async () => {
    for (const students of [300, 3_000]) {
      const [first, second] = [
        await exported({ students, clean: true }),
        await exported({ students, clean: true, day: 2 }),
      ];
      expect(Object.values(first.changes).every((count) => count === 0)).toBe(true);
      expect(Object.values(second.changes).every((count) => count > 0)).toBe(true);
      const { changes } = second;
      const tables = [
        'orgs',
        'academicSessions',
        'courses',
        'classes',
        'users',
        'roles',
        'enrollments',
        'demographics',
      ];
      const differences = new Map(
        await Promise.all(
          tables.map(
            async (table) => [table, difference(await first.rowsOf(table), await second.rowsOf(table))] as const,
          ),
        ),
      );
      const of = (table: string) => differences.get(table)!;
      for (const table of ['orgs', 'academicSessions', 'courses']) {
        expect(of(table)).toEqual({ added: [], removed: [], changed: [] });
      }
      const columnsChanged = (table: string, column: string): number =>
        of(table).changed.filter(({ columns }) => columns.includes(column)).length;
      expect(of('demographics').added.length).toBe(changes['student-entered']);
      expect(columnsChanged('demographics', 'birthDate')).toBe(changes['birth-date-corrected']);
      expect(columnsChanged('users', 'primaryOrgSourcedId')).toBe(changes['student-moved']);
      expect(columnsChanged('users', 'enabledUser')).toBe(changes['student-withdrawn']);
      expect(columnsChanged('users', 'givenName')).toBeLessThanOrEqual(changes['name-corrected']);
      expect(of('users').removed.length).toBe(changes['contact-removed']);
      expect(columnsChanged('roles', 'beginDate')).toBe(changes['entry-date-corrected']);
      expect(columnsChanged('classes', 'title')).toBe(changes['class-renamed']);
      expect(columnsChanged('classes', 'classCode')).toBe(changes['class-recoded']);
      const periods = of('classes').changed.filter(({ columns }) => columns.includes('periods'));
      expect(new Set(periods.map(({ row, old }) => `${row.schoolSourcedId} ${old.periods}`)).size).toBe(1);
      const enrollments = of('enrollments');
      expect(columnsChanged('enrollments', 'beginDate')).toBe(changes['enrollment-date-corrected']);
      expect(enrollments.removed.filter(({ role }) => role === 'teacher').length).toBe(changes['teacher-changed']);
      expect(enrollments.added.filter(({ role }) => role === 'student').length).toBe(
        13 * (changes['student-moved'] + changes['student-entered']),
      );
      let touched = 0;
      let all = 0;
      for (const table of tables) {
        touched += of(table).added.length + of(table).removed.length + of(table).changed.length;
        all += (await first.rowsOf(table)).size;
      }
      expect(touched / all).toBeGreaterThan(0.008);
      expect(touched / all).toBeLessThan(0.03);
    }
  });

  it('of one student, or a few, is an export too, on both days', async () => {
    for (const students of [1, 2, 7]) {
      for (const day of [1, 2] as const) {
        const { source } = await exported({ students, day });
        for (const table of source.tables.values()) {
          for await (const _ of source.read(table.name, table.columns)) expect(table.name).toBeTruthy();
        }
      }
    }
  });

  it('never writes over files that are not its own, and wants a sensible number', async () => {
    const out = await newFolder();
    await writeFile(join(out, 'users.csv'), 'sourcedId\n1\n');
    const refused = async (options: DistrictOptions): Promise<string> => {
      const thrown: unknown = await writeDistrict(options).catch((error: unknown) => error);
      return isFailure(thrown) && thrown.code === 'usage' ? thrown.message : `not refused: ${String(thrown)}`;
    };
    expect(await refused({ out })).toMatch(/not empty/);
    expect(await readFile(join(out, 'users.csv'), 'utf8')).toBe('sourcedId\n1\n');
    expect(await refused({ out: join(out, 'users.csv', 'x') })).toMatch(/cannot be written/);
    for (const students of [0, -1, 1.5, Number.NaN])
      expect(await refused({ out, students })).toMatch(/number of students/);

    const again = await newFolder();
    await writeDistrict({ out: again, students: 20 });
    await writeDistrict({ out: again, students: 20, version: '1.1' });
    expect(await readdir(again)).not.toContain('roles.csv');
  });
});
