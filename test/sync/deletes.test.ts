/** Deletes that the API does not do: because something else refers to the item, or not just now. */
import { describe, expect, test } from 'vitest';
import { direct } from './direct.ts';
import { apply } from './edits.ts';
import { copyExport, drop, type Export, get, readExport, set, table, where, writeExport } from './export.ts';
import { type Heard, problem, type Reply, startProxy } from './proxy.ts';
import { leaves, PLACES, TEACHING } from './settled.ts';
import { bench, district, expectAccount, newFolder, practice } from './workbench.ts';

/** The export of a district, and the same after a student has left. */
async function leaving(): Promise<readonly [string, string]> {
  const first = await district({ students: 4 });
  const tables = copyExport(readExport(first));
  apply(tables, [{ kind: 'student-left', pick: 0 }]);
  return [first, writeExport(tables, `${newFolder()}/export`)];
}

test('what another system refers to is a cause that names its type, and no value, until it is gone', async () => {
  const [first, second] = await leaving();
  const proxy = await startProxy(await practice());
  const { sync, call } = await bench(proxy);
  await sync(first);
  proxy.answer = ({ method, resource }) =>
    method === 'DELETE' && resource === PLACES
      ? problem(
          409,
          'data-conflict:dependent-item-exists',
          "The requested action cannot be performed because this item is referenced by existing 'StudentSectionAttendanceEvent' item(s) of Robin Q.",
        )
      : undefined;
  for (let times = 0; times < 2; times++) {
    const result = await sync(second);
    expectAccount(result);
    expect(result).toMatchObject({ state: 'done', left: 0 });
    const { groups } = await call('problems.list', { connection: 'here' });
    const cause = groups.find(({ code, resource }) => code === 'dependent-item-exists' && resource === PLACES.slice(6));
    expect(cause).toMatchObject({ code: 'dependent-item-exists', subject: 'StudentSectionAttendanceEvent' });
    const told = JSON.stringify(cause);
    expect(told).toContain('StudentSectionAttendanceEvent');
    expect(told).not.toContain('Robin');
  }
});

test('what ties a student who has left goes only after all of theirs, even where that needs another batch', async () => {
  const [first, second] = await leaving();
  const api = await practice();
  const proxy = await startProxy(api);
  const { sync } = direct(proxy);
  await sync(first);
  proxy.writes.length = 0;
  const failing = ({ method, resource }: Heard) =>
    method === 'DELETE' && resource === PLACES ? problem(500, 'system') : undefined;
  proxy.answer = failing;
  const failed = await sync(second);
  expectAccount(failed);
  expect(failed).toMatchObject({ state: 'done', left: 0 });
  expect(failed.account.failed).toBeGreaterThan(0);
  // The student, and what ties the student to the school, wait; they are no causes of their own.
  expect(failed.account.held).toBeGreaterThanOrEqual(2);
  const deleted = (): (string | undefined)[] => proxy.writes.map(({ resource }) => resource);
  expect(deleted()).not.toContain('ed-fi/studentSchoolAssociations');
  proxy.answer = () => undefined;
  const done = await sync(second);
  expect(done.account).toMatchObject({ failed: 0, held: 0 });
  expect(deleted()).toContain('ed-fi/studentSchoolAssociations');
});

describe('where a row that cannot be sent keeps what it was', () => {
  const STAFF_TIES = 'ed-fi/staffEducationOrganizationAssignmentAssociations';

  /** Two teachers of one class or more leave; what the first of them taught is said of somebody unknown, and then not at all. */
  async function teachersLeaving() {
    const first = await district({ students: 8 });
    const tables = readExport(first);
    const teachers = [
      ...new Set(where(table(tables, 'enrollments'), { role: 'teacher' }).map((row) => idOf(tables, row))),
    ];
    const [kept, other] = teachers as [string, string];
    const unknown = copyExport(tables);
    for (const row of where(table(unknown, 'enrollments'), { userSourcedId: kept })) {
      set(table(unknown, 'enrollments'), row, 'userSourcedId', 'nobody');
    }
    const gone = copyExport(unknown);
    for (const teacher of [kept, other]) leaves(teacher)(gone);
    const over = copyExport(gone);
    drop(table(over, 'enrollments'), (row) => idOf(over, row) === 'nobody');
    const write = (day: Export) => writeExport(day, `${newFolder()}/export`);
    const elsewhere = copyExport(unknown);
    const [roles, orgs] = [table(elsewhere, 'roles'), table(elsewhere, 'orgs')];
    const schools = where(orgs, { type: 'school' }).map((org) => get(orgs, org, 'sourcedId'));
    for (const row of where(roles, { userSourcedId: kept })) {
      const another = schools.find((school) => school !== get(roles, row, 'orgSourcedId'));
      set(roles, row, 'orgSourcedId', another as string);
    }
    return { first, unknown: write(unknown), elsewhere: write(elsewhere), gone: write(gone), over: write(over) };
  }
  const idOf = (tables: Export, row: readonly string[]): string =>
    get(table(tables, 'enrollments'), row, 'userSourcedId');

  test.each([['at once'], ['the day before']])('what ties its person stays: %s', async (when) => {
    const days = await teachersLeaving();
    const proxy = await startProxy(await practice());
    const { sync } = direct(proxy);
    await sync(days.first);
    if (when === 'the day before') await sync(days.unknown);
    proxy.writes.length = 0;
    const stays = await sync(days.gone);
    expectAccount(stays);
    expect(stays).toMatchObject({ state: 'done', left: 0 });
    // One teacher is gone altogether; the other's tie, and so the teacher, stays.
    const deleted = (resource: string): number =>
      proxy.writes.filter((write) => write.method === 'DELETE' && write.resource === resource && write.status === 204)
        .length;
    expect([deleted(STAFF_TIES), deleted('ed-fi/staffs')]).toEqual([1, 1]);
    const done = await sync(days.over);
    expectAccount(done);
    expect(done.account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
    expect([deleted(STAFF_TIES), deleted('ed-fi/staffs')]).toEqual([2, 2]);
    expect(deleted(TEACHING)).toBeGreaterThan(1);
  });

  test.each<[string, (heard: Heard) => Reply | undefined]>([
    ['500', () => problem(500, 'system')],
    ['400', () => problem(400, 'bad-request:parameter')],
    ['no list', () => ({ status: 200, body: {} })],
  ])('a question whether it needs its tie that is answered with %s is asked again the next day', async (_, answer) => {
    const days = await teachersLeaving();
    const proxy = await startProxy(await practice());
    const { sync } = direct(proxy);
    await sync(days.first);
    proxy.answer = (heard) =>
      heard.method === 'GET' && heard.path.startsWith(`/data/v3/${TEACHING}?`) ? answer(heard) : undefined;
    const asked = await sync(days.gone);
    expectAccount(asked);
    expect(asked).toMatchObject({ state: 'done', left: 0 });
    proxy.answer = () => undefined;
    expect((await sync(days.over)).account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
  });

  test('what tied its person goes where something else does', async () => {
    const days = await teachersLeaving();
    const proxy = await startProxy(await practice());
    const { sync } = direct(proxy);
    await sync(days.first);
    proxy.writes.length = 0;
    expect((await sync(days.elsewhere)).account.failed).toBe(0);
    const ties = proxy.writes.filter(({ resource }) => resource === STAFF_TIES);
    expect(ties.map(({ method, status }) => [method, status])).toEqual([
      ['POST', 201],
      ['DELETE', 204],
    ]);
  });

  test('what is switched off stays, and so does what ties its person', async () => {
    const days = await teachersLeaving();
    const proxy = await startProxy(await practice());
    const { sync } = direct(proxy);
    await sync(days.first);
    proxy.writes.length = 0;
    expectAccount(await sync(days.over, { isOff: (resource) => resource === TEACHING }));
    expect(proxy.writes.map(({ resource }) => resource)).not.toContain(STAFF_TIES);
    expect((await sync(days.over)).account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
  });
});
