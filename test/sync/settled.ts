/** A district that is at the API as it is in the source, and ways in which both may go on from there. */
import { expect } from 'vitest';
import { direct } from './direct.ts';
import { apply, type Edit } from './edits.ts';
import { createWorld } from './expectation.ts';
import { copyExport, drop, type Export, get, readExport, set, table, where, writeExport } from './export.ts';
import { type Heard, problem, type Reply, startProxy } from './proxy.ts';
import { district, expectAccount, newFolder, practice } from './workbench.ts';

export const PLACES = 'ed-fi/studentSectionAssociations';
export const TEACHING = 'ed-fi/staffSectionAssociations';

export type Change = (tables: Export) => void;
export const edits =
  (...all: Edit[]): Change =>
  (tables) =>
    apply(tables, all);

/** A district that is at the API as it is in the source. */
export async function settled(options: Parameters<typeof direct>[1] = {}) {
  const source = await district({ students: 4 });
  const first = readExport(source);
  const api = await practice();
  const proxy = await startProxy(api);
  const bench = direct(proxy, options);
  const world = createWorld('5.2', { studentId: 'identifier' });
  const written = (tables: Export): string => writeExport(tables, `${newFolder()}/export`);
  const changed = (...changes: readonly Change[]): Export => {
    const tables = copyExport(first);
    for (const change of changes) change(tables);
    return tables;
  };
  const compare = async (folder: string): Promise<void> => {
    const expected = await world.expect(folder);
    expect(world.compare(expected, (resource) => api.read(resource))).toEqual({ differences: [], stuck: 0, tying: 0 });
  };
  await bench.sync(source);
  await compare(source);
  proxy.writes.length = 0;
  type Input = Parameters<typeof bench.sync>[1];
  return {
    api,
    proxy,
    ...bench,
    changed,
    written,
    world,
    compare,
    /** Syncs; the answers to these writes are lost after the API took them, and nobody waits for it to come back. */
    async loses(tables: Export, method: string, resource: string, input: Input = {}) {
      let lost = 0;
      proxy.onWrite = (heard, what) => {
        if (heard.method !== method || heard.resource !== resource || what !== 'done') return;
        lost += 1;
        proxy.drop();
      };
      const result = await bench.sync(written(tables), { patienceMs: 0, ...input });
      proxy.onWrite = () => undefined;
      expectAccount(result);
      expect(lost).toBeGreaterThan(0);
      return result;
    },
    /** Syncs, while the API answers otherwise. */
    async refuses(tables: Export, answer: (heard: Heard) => Reply | undefined, input: Input = {}) {
      proxy.answer = answer;
      const result = await bench.sync(written(tables), input);
      proxy.answer = () => undefined;
      expectAccount(result);
      return result;
    },
    /** Syncs in fair weather: the API then equals the source, and the next time nothing is left to be done. */
    async ends(tables: Export, input: Input = {}) {
      const folder = written(tables);
      const result = await bench.sync(folder, input);
      expectAccount(result);
      expect(result.account).toMatchObject({ failed: 0 });
      await compare(folder);
      const writes = proxy.writes.length;
      expectAccount(await bench.sync(folder));
      expect(proxy.writes).toHaveLength(writes);
      await compare(folder);
      return result;
    },
  };
}

export const refusing =
  (method: string, resource: string, status: number, type: string) =>
  (heard: Heard): Reply | undefined =>
    heard.method === method && heard.resource === resource ? problem(status, type) : undefined;

/** One more row like the first of this role. */
const newRow =
  (role: 'teacher' | 'student', id: string) =>
  (begins = '2026-10-05'): Change =>
  (tables) => {
    const enrollments = table(tables, 'enrollments');
    const [one = []] = where(enrollments, { role });
    const row = [...one];
    set(enrollments, row, 'sourcedId', id);
    set(enrollments, row, 'beginDate', begins);
    enrollments.rows.push(row);
  };
/** A place in a class that was not there before. */
export const newPlace = newRow('student', 'new-place');
/** Somebody more teaches a class: not to be carried on, and its key cannot be changed. */
export const newTeaching = newRow('teacher', 'new-teaching');
/** Who it is about is not in the export: it cannot be sent. */
export const ofNobody =
  (id: string): Change =>
  (tables) => {
    const enrollments = table(tables, 'enrollments');
    for (const row of where(enrollments, { sourcedId: id })) set(enrollments, row, 'userSourcedId', 'nobody');
  };
/** One more parent, of nobody the export knows. */
export const loneContact: Change = (tables) => {
  const roles = table(tables, 'roles');
  const users = table(tables, 'users');
  const [role = []] = where(roles, { role: 'parent' });
  const [user = []] = where(users, { sourcedId: get(roles, role, 'userSourcedId') });
  const [itsRole, itself] = [[...role], [...user]];
  set(roles, itsRole, 'sourcedId', 'lone-role');
  set(roles, itsRole, 'userSourcedId', 'lone');
  set(users, itself, 'sourcedId', 'lone');
  set(users, itself, 'identifier', 'lone');
  set(users, itself, 'agentSourcedIds', '');
  roles.rows.push(itsRole);
  users.rows.push(itself);
};
/** And a student of theirs is named. */
export const tiedContact: Change = (tables) => {
  const users = table(tables, 'users');
  const [, student = []] = where(table(tables, 'roles'), { role: 'student' });
  const id = get(table(tables, 'roles'), student, 'userSourcedId');
  const [row = []] = where(users, { sourcedId: id });
  set(users, row, 'agentSourcedIds', `${get(users, row, 'agentSourcedIds')},lone`);
  set(users, where(users, { sourcedId: 'lone' })[0] ?? [], 'agentSourcedIds', id);
};
/** A session gets a new name, which the API carries on to what is named after it. */
export const renames: Change = (tables) => {
  const sessions = table(tables, 'academicSessions');
  const [semester = []] = where(sessions, { type: 'semester' });
  set(sessions, semester, 'title', 'Renamed');
};
/** Another session takes that name, and the first a third one. */
export const swaps: Change = (tables) => {
  const sessions = table(tables, 'academicSessions');
  const [one = [], other = []] = where(sessions, { type: 'semester' });
  set(sessions, one, 'title', 'Renamed otherwise');
  set(sessions, other, 'title', 'Renamed');
};
/** A place of a teacher, all of them with `unknownTeachers`, that cannot be sent. */
export const unknownTeacher: Change = (tables) => {
  const enrollments = table(tables, 'enrollments');
  const [one = []] = where(enrollments, { role: 'teacher' });
  set(enrollments, one, 'userSourcedId', 'nobody');
};
export const unknownTeachers: Change = (tables) => {
  const enrollments = table(tables, 'enrollments');
  for (const row of where(enrollments, { role: 'teacher' })) set(enrollments, row, 'userSourcedId', 'nobody');
};
/** A teacher leaves altogether: nothing is in the export any more. */
export const leaves =
  (person: string): Change =>
  (tables) => {
    for (const [name, column] of [
      ['users', 'sourcedId'],
      ['roles', 'userSourcedId'],
      ['enrollments', 'userSourcedId'],
    ] as const) {
      const of = table(tables, name);
      drop(of, (row) => get(of, row, column) === person);
    }
  };
/** Whom the first row of this role is about. */
export const firstOf = (tables: Export, role: 'teacher' | 'student'): string => {
  const enrollments = table(tables, 'enrollments');
  return get(enrollments, where(enrollments, { role })[0] ?? [], 'userSourcedId');
};
