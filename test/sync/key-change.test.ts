/** A record that is the same in the source under another natural key: moved where the API can, else made anew. */
import { expect, test } from 'vitest';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { direct } from './direct.ts';
import { apply, type Edit } from './edits.ts';
import { createWorld } from './expectation.ts';
import { copyExport, type Export, get, readExport, set, table, where, writeExport } from './export.ts';
import { type Heard, problem, startProxy } from './proxy.ts';
import { district, expectAccount, newFolder, practice } from './workbench.ts';

const written = (tables: Export): string => writeExport(tables, `${newFolder()}/export`);

/** A synced district behind a proxy that has heard nothing yet, and the rows to change. */
async function synced(options: Parameters<typeof district>[0] = {}) {
  const source = await district(options);
  const tables = copyExport(readExport(source));
  const api = await practice();
  const proxy = await startProxy(api);
  const bench = direct(proxy);
  const world = createWorld('5.2', { studentId: 'identifier' });
  const expected = await world.expect(source);
  const first = await bench.sync(source);
  expect(first.account).toMatchObject({ failed: 0 });
  expect(world.compare(expected, (resource) => api.read(resource)).differences).toEqual([]);
  proxy.writes.length = 0;
  return {
    tables,
    api,
    proxy,
    ...bench,
    first,
    /** Applies edits, syncs, and checks that the API then equals the source. */
    async next(edits: readonly Edit[], input: Parameters<typeof bench.sync>[1] = {}) {
      apply(tables, edits);
      const folder = written(tables);
      const should = await world.expect(folder);
      const result = await bench.sync(folder, input);
      expectAccount(result);
      expect(world.compare(should, (resource) => api.read(resource))).toEqual({ differences: [], stuck: 0, tying: 0 });
      return result;
    },
  };
}
const methods = (writes: readonly Heard[], resource: string): string[] =>
  writes.filter((heard) => heard.resource === `ed-fi/${resource}`).map(({ method }) => method);
const counts = (writes: readonly Heard[]): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const { method, resource } of writes) {
    const name = `${method} ${resource?.replace('ed-fi/', '')}`;
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
};

test('a corrected entry date is one PUT to the stored id', async () => {
  const { proxy, api, next } = await synced();
  const before = new Set(api.read('ed-fi/studentSchoolAssociations').map(({ id }) => id));
  const result = await next([{ kind: 'entry-date-moved', pick: 4 }]);
  expect(counts(proxy.writes)).toEqual({ 'PUT studentSchoolAssociations': 1 });
  expect(result.account).toMatchObject({ created: 0, updated: 1, deleted: 0 });
  expect(api.read('ed-fi/studentSchoolAssociations').every(({ id }) => before.has(id))).toBe(true);
});

test('a renamed session moves with all that is named after it, and nothing is deleted', async () => {
  const { proxy, api, next } = await synced();
  const ids = api.read('ed-fi/studentSectionAssociations').map(({ id }) => id);
  const result = await next([{ kind: 'session-renamed', pick: 2 }]);
  expect(result.account).toMatchObject({ created: 0, deleted: 0 });
  expect(proxy.writes.every(({ method }) => method === 'PUT')).toBe(true);
  expect(methods(proxy.writes, 'sessions').length).toBeGreaterThan(0);
  expect(methods(proxy.writes, 'studentSectionAssociations').length).toBeGreaterThan(20);
  expect(api.read('ed-fi/studentSectionAssociations').map(({ id }) => id)).toEqual(ids);
  // Parents first: what is carried on must be carried on by the API, not refused for a missing reference.
  const place = (resource: string): number[] =>
    proxy.writes.flatMap((heard, at) => (heard.resource === `ed-fi/${resource}` ? [at] : []));
  expect(Math.max(...place('sessions'))).toBeLessThan(Math.min(...place('studentSectionAssociations')));
});

test('a changed teaching date is a new item and then a delete of the old one', async () => {
  const { proxy, next } = await synced();
  const result = await next([{ kind: 'teaching-date-moved', pick: 1 }]);
  expect(methods(proxy.writes, 'staffSectionAssociations')).toEqual(
    proxy.writes.length === 2 ? ['POST', 'DELETE'] : ['POST', 'POST', 'DELETE', 'DELETE'],
  );
  expect(result.account.created).toBe(result.account.deleted);
});

test('a recoded course: new course and offering, sections moved to it, the old ones deleted from the leaf up', async () => {
  const { proxy, tables, next } = await synced();
  const classes = table(tables, 'classes');
  const course = get(classes, classes.rows[4] ?? [], 'courseSourcedId');
  const at = table(tables, 'courses').rows.findIndex(
    (row) => get(table(tables, 'courses'), row, 'sourcedId') === course,
  );
  const result = await next([{ kind: 'course-recoded', pick: at }]);
  expect(result.account.failed).toBe(0);
  expect(methods(proxy.writes, 'courses')).toEqual(['POST', 'DELETE']);
  expect(methods(proxy.writes, 'sections').every((method) => method === 'PUT')).toBe(true);
  const deletes = proxy.writes.filter(({ method }) => method === 'DELETE').map(({ resource }) => resource);
  expect(deletes.indexOf('ed-fi/courses')).toBeGreaterThan(deletes.lastIndexOf('ed-fi/courseOfferings'));
});

test('a session renamed and a course recoded on the same day', async () => {
  const { next, tables } = await synced();
  const classes = table(tables, 'classes');
  const course = get(classes, classes.rows[4] ?? [], 'courseSourcedId');
  const at = table(tables, 'courses').rows.findIndex(
    (row) => get(table(tables, 'courses'), row, 'sourcedId') === course,
  );
  const result = await next([
    { kind: 'course-recoded', pick: at },
    { kind: 'session-renamed', pick: 0 },
    { kind: 'session-renamed', pick: 1 },
  ]);
  expect(result.account.failed).toBe(0);
});

test('an API that takes no key change after all gets a new item, and then the old one is deleted', async () => {
  const { proxy, next } = await synced();
  proxy.answer = (heard) =>
    heard.method === 'PUT' && heard.resource === 'ed-fi/studentSchoolAssociations'
      ? problem(400, 'bad-request:data-validation-failed:key-change-not-supported')
      : undefined;
  const result = await next([{ kind: 'entry-date-moved', pick: 4 }]);
  expect(methods(proxy.writes, 'studentSchoolAssociations')).toEqual(['PUT', 'POST', 'DELETE']);
  expect(result.account).toMatchObject({ created: 1, updated: 0, deleted: 1, failed: 0 });
});

test('students who leave: children first, and none is refused', async () => {
  const { proxy, next } = await synced();
  const result = await next([{ kind: 'student-left', pick: 3 }]);
  expect(result.account).toMatchObject({ created: 0, failed: 0, held: 0 });
  expect(result.account.deleted).toBeGreaterThan(10);
  const order = proxy.writes.map(({ resource }) => resource);
  expect(order.at(-1)).toBe('ed-fi/students');
  expect(proxy.writes).toHaveLength(result.account.deleted);
});

test('a new version that cannot be sent does not cost the old one', async () => {
  const { proxy, api, tables, next } = await synced();
  const enrollments = table(tables, 'enrollments');
  const teaching = where(enrollments, { role: 'teacher' })[2] ?? [];
  const count = api.read('ed-fi/staffSectionAssociations').length;
  // Its key changes, and its section cannot be named any more.
  set(enrollments, teaching, 'beginDate', '2026-09-30');
  set(enrollments, teaching, 'userSourcedId', 'nobody');
  const result = await next([]);
  expect(result.account).toMatchObject({ deleted: 0, failed: 0 });
  expect(result.account.rejected).toBeGreaterThan(0);
  expect(proxy.writes).toEqual([]);
  expect(api.read('ed-fi/staffSectionAssociations')).toHaveLength(count);
});

test('a new version that the API refuses does not cost the old one, and replaces it once it is taken', async () => {
  junkOnPurpose();
  const { proxy, api, tables, sync } = await synced();
  const enrollments = table(tables, 'enrollments');
  const [teaching = []] = where(enrollments, { role: 'teacher' });
  set(enrollments, teaching, 'beginDate', '2026-09-30');
  const before = api.read('ed-fi/staffSectionAssociations').map(({ id }) => id);
  proxy.answer = (heard) =>
    heard.method === 'POST' && heard.resource === 'ed-fi/staffSectionAssociations'
      ? problem(400, 'bad-request', 'not today')
      : undefined;
  const source = written(tables);
  const result = await sync(source);
  expectAccount(result);
  const { failed } = result.account;
  expect(failed).toBeGreaterThan(0);
  expect(result.account).toMatchObject({ created: 0, updated: 0, deleted: 0, held: failed });
  expect(api.read('ed-fi/staffSectionAssociations').map(({ id }) => id)).toEqual(before);
  const again = await sync(source);
  expect(again.account).toMatchObject({ created: 0, deleted: 0, failed });
  proxy.answer = () => undefined;
  const last = await sync(source, { retry: true });
  expectAccount(last);
  expect(last.account).toMatchObject({ created: failed, deleted: failed, failed: 0, held: 0 });
  expect(api.read('ed-fi/staffSectionAssociations')).toHaveLength(before.length);
});

test('a person with a new number, refused for want of an association, keeps the old self until the new one is there', async () => {
  const { proxy, api, tables, sync } = await synced();
  const users = table(tables, 'users');
  const [, , born = []] = table(tables, 'demographics').rows;
  const [row = []] = where(users, { sourcedId: get(table(tables, 'demographics'), born, 'sourcedId') });
  const before = get(users, row, 'identifier');
  set(users, row, 'identifier', '99887766');
  proxy.writes.length = 0;
  let refusals = 0;
  proxy.answer = ({ method, resource, body }) => {
    if (method !== 'POST' || resource !== 'ed-fi/students' || body?.studentUniqueId !== '99887766') return undefined;
    refusals += 1;
    return refusals > 1
      ? undefined
      : problem(
          403,
          'security:authorization',
          "Hint: You may need to create a corresponding 'StudentSchoolAssociation' item.",
        );
  };
  const old = api.read('ed-fi/students').find(({ body }) => body.studentUniqueId === before);
  const result = await sync(written(tables));
  expectAccount(result);
  expect(refusals).toBe(2);
  const people = proxy.writes.filter(({ resource }) => resource === 'ed-fi/students');
  // Refused, tried again behind the association, and only then is the old one deleted.
  expect(people.map(({ method, id }) => `${method} ${id ?? ''}`.trim())).toEqual(['POST', 'POST', `DELETE ${old?.id}`]);
});

test('two rows of one key: the same again is skipped, another is a problem, and neither costs a record', async () => {
  const { proxy, api, tables, next } = await synced();
  const enrollments = table(tables, 'enrollments');
  const students = where(enrollments, { role: 'student' });
  const [one = [], other = []] = students;
  const same = [...one];
  set(enrollments, same, 'sourcedId', 'same-again');
  const contradicts = [...other];
  set(enrollments, contradicts, 'sourcedId', 'contradicts');
  set(enrollments, contradicts, 'endDate', '2027-01-31');
  enrollments.rows.push(same, contradicts);
  const count = api.read('ed-fi/studentSectionAssociations').length;
  const result = await next([]);
  expect(result.account).toMatchObject({ created: 0, updated: 0, deleted: 0, failed: 0 });
  const account = result.resources.studentSectionAssociations;
  expect(account?.skipped).toBeGreaterThan(0);
  expect(account?.rejected).toBeGreaterThan(0);
  expect(proxy.writes).toEqual([]);
  expect(api.read('ed-fi/studentSectionAssociations')).toHaveLength(count);
});

test('a record whose new key is another record’s does not lose its old self', async () => {
  const { api, tables, next, ledger, connectionId } = await synced();
  // Two places in one section with different dates; then the second gets the first one's date.
  const enrollments = table(tables, 'enrollments');
  const [one = []] = where(enrollments, { role: 'student' });
  const second = [...one];
  set(enrollments, second, 'sourcedId', 'second');
  set(enrollments, second, 'beginDate', '2026-10-01');
  enrollments.rows.push(second);
  await next([]);
  const count = api.read('ed-fi/studentSectionAssociations').length;
  set(enrollments, second, 'beginDate', get(enrollments, one, 'beginDate'));
  set(enrollments, second, 'endDate', '2027-01-31');
  const result = await next([]);
  expect(result.account).toMatchObject({ deleted: 0, failed: 0 });
  expect(result.resources.studentSectionAssociations?.rejected).toBeGreaterThan(0);
  expect(api.read('ed-fi/studentSectionAssociations')).toHaveLength(count);
  // The same contradiction the next day is not a new problem.
  const groups = ledger.problems.groups(connectionId);
  await next([]);
  expect(ledger.problems.groups(connectionId)).toEqual(
    groups.map((group) => ({ ...group, isNew: false, lastAt: expect.any(Number) })),
  );
});

test('what vanished stays where the connection keeps it', async () => {
  const { proxy, tables, sync } = await synced();
  apply(tables, [
    { kind: 'enrollment-dropped', pick: 3 },
    { kind: 'contact-gone', pick: 1 },
  ]);
  const result = await sync(written(tables), { vanished: 'keep' });
  expectAccount(result);
  expect(result.account.deleted).toBe(0);
  expect(proxy.writes.filter(({ method }) => method === 'DELETE')).toEqual([]);
});

test('an item that somebody deleted at the API is made again when it changes', async () => {
  const { api, proxy, tables, next } = await synced();
  const contact = api.read('ed-fi/locations')[0];
  const rooms = table(tables, 'classes');
  const name = String(contact?.body.classroomIdentificationCode);
  proxy.answer = (heard) =>
    heard.method === 'PUT' && heard.resource === 'ed-fi/sections' ? problem(404, 'not-found') : undefined;
  const row = rooms.rows.find((one) => get(rooms, one, 'location') === name) ?? [];
  set(rooms, row, 'title', 'Renamed');
  const result = await next([]);
  expect(result.account.failed).toBe(0);
  expect(result.account.updated).toBeGreaterThan(0);
  expect(new Set(methods(proxy.writes, 'sections'))).toEqual(new Set(['PUT', 'POST']));
});

const PLACES = 'ed-fi/studentSectionAssociations';

/** A student with two places in one class, the second from October on, and their rows. */
async function twoPlaces() {
  const made = await synced();
  const enrollments = table(made.tables, 'enrollments');
  const [one = []] = where(enrollments, { role: 'student' });
  const place = (sourcedId: string, beginDate: string): string[] => {
    const row = [...one];
    set(enrollments, row, 'sourcedId', sourcedId);
    set(enrollments, row, 'beginDate', beginDate);
    enrollments.rows.push(row);
    return row;
  };
  const second = place('second', '2026-10-01');
  await made.next([]);
  made.proxy.writes.length = 0;
  const begins = (row: string[], date: string): void => set(enrollments, row, 'beginDate', date);
  const count = made.api.read(PLACES).length;
  /** From here on nothing is left to be done, and `more` places are there. */
  const expectAll = async (more = 0): Promise<void> => {
    expect((await made.next([])).account).toMatchObject({ created: 0, updated: 0, deleted: 0, failed: 0 });
    expect(made.api.read(PLACES)).toHaveLength(count + more);
  };
  return { ...made, enrollments, one, second, place, begins, expectAll };
}

test.each([
  ['first', 1, '2026-10-01', '2026-11-02'],
  ['second', 1, '2026-11-02', '2026-08-17'],
  ['first', 8, '2026-10-01', '2026-11-02'],
  ['second', 8, '2026-11-02', '2026-08-17'],
] as const)(
  'the %s of two places takes the key of the other, which moves on, under a renamed session, %i at once: none is lost',
  async (_, concurrency, ofOne, ofSecond) => {
    const { next, one, second, begins, expectAll } = await twoPlaces();
    begins(one, ofOne);
    begins(second, ofSecond);
    const { account } = await next([{ kind: 'session-renamed', pick: 0 }], { concurrency });
    expect(account.failed).toBe(0);
    await expectAll();
  },
);

test.each([1, 8])(
  'a new record takes the key of one that moves on, under a renamed session, %i at once: none is lost',
  async (concurrency) => {
    const { next, second, place, begins, expectAll } = await twoPlaces();
    begins(second, '2026-11-02');
    place('third', '2026-10-01');
    const { account } = await next([{ kind: 'session-renamed', pick: 0 }], { concurrency });
    expect(account.failed).toBe(0);
    await expectAll(1);
  },
);

test('a batch that is stopped after one record took the key of another, which has yet to move on: none is lost', async () => {
  const { proxy, tables, sync, second, place, begins, expectAll } = await twoPlaces();
  begins(second, '2026-11-02');
  place('third', '2026-10-01');
  apply(tables, [{ kind: 'session-renamed', pick: 0 }]);
  const controller = new AbortController();
  proxy.onWrite = ({ method, resource }, what) => {
    if (method === 'POST' && resource === PLACES && what === 'done') controller.abort();
  };
  const stopped = await sync(written(tables), { concurrency: 1, signal: controller.signal });
  expect(stopped.state).toBe('stopped');
  expect(proxy.writes.filter(({ body }) => body?.beginDate === '2026-11-02')).toEqual([]);
  proxy.onWrite = () => undefined;
  await sync(written(tables), { concurrency: 1 });
  await expectAll(1);
});

test('a record that could not be sent when another took its key, and moves on days later: none is lost', async () => {
  const { next, enrollments, one, second, place, begins, expectAll } = await twoPlaces();
  // The same key as the first, and another end: the API carries what it has of it on to the session's new name.
  begins(second, get(enrollments, one, 'beginDate'));
  set(enrollments, second, 'endDate', '2027-01-31');
  place('third', '2026-10-01');
  const result = await next([{ kind: 'session-renamed', pick: 0 }], { concurrency: 1 });
  expect(result.resources.studentSectionAssociations?.rejected).toBeGreaterThan(0);
  begins(second, '2026-11-02');
  expect((await next([], { concurrency: 1 })).account.failed).toBe(0);
  await expectAll(1);
});
