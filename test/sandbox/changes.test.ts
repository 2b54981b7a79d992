/** Change queries and snapshots. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import type { Generation } from '../../core/sandbox/generations.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import {
  type Caller,
  callerOf,
  classroom,
  enrolment,
  folder,
  OTHER_SCHOOL,
  practice,
  SCHOOL,
  section,
  send,
  session,
  started,
  student,
  urlsAt,
} from './practice.ts';

const period = (classPeriodName: string, schoolId = SCHOOL): JsonObject => ({
  classPeriodName,
  schoolReference: { schoolId },
});

async function newest({ call }: Caller, headers?: Record<string, string>): Promise<number> {
  const { json } = await call('GET', '/changeQueries/v1/availableChangeVersions', undefined, headers);
  expect(Object.keys(json)).toEqual(['oldestChangeVersion', 'newestChangeVersion']);
  expect(json.oldestChangeVersion).toBe(0);
  return Number(json.newestChangeVersion);
}

describe('windows of change versions', () => {
  test('hold what was made or changed in them', async () => {
    const caller = await practice();
    const { make, get, put } = caller;
    const start = await newest(caller);
    expect(start).toBeGreaterThan(0);
    const first = await make('classPeriods', period('P1'));
    const between = await newest(caller);
    const second = await make('classPeriods', period('P2'));
    const found = async (query: string): Promise<unknown[]> =>
      (await get(`classPeriods?${query}`)).list.map(({ id }) => id);
    expect(await found(`minChangeVersion=${start + 1}`)).toEqual([first, second]);
    expect(await found(`minChangeVersion=${start + 1}&maxChangeVersion=${between}`)).toEqual([first]);
    expect(await found(`minChangeVersion=${between + 1}`)).toEqual([second]);
    expect(await found(`maxChangeVersion=${start}`)).toEqual([]);

    await put('classPeriods', first, { ...period('P1'), officialAttendancePeriod: true });
    expect(await found(`minChangeVersion=${await newest(caller)}`)).toEqual([first]);
    // Nothing changed: no new version.
    const before = await newest(caller);
    await put('classPeriods', first, { ...period('P1'), officialAttendancePeriod: true });
    expect(await newest(caller)).toBe(before);
    const counted = await get(`classPeriods?minChangeVersion=${between}&totalCount=true&limit=1`);
    expect([counted.list.length, counted.headers.get('total-count')]).toEqual([1, '2']);
    const wrong = await get('classPeriods?minChangeVersion=5&maxChangeVersion=4');
    expect(wrong.status).toBe(400);
    expect((await get('classPeriods?minChangeVersion=x')).status).toBe(400);
  });

  test('need a token to be told', async () => {
    const { url } = await started({ preload: false });
    const { changeQueries } = await urlsAt(url);
    expect(changeQueries).toBe(`${url}/changeQueries/v1/`);
    expect((await send(`${changeQueries}availableChangeVersions`, {})).status).toBe(401);
    expect((await send(`${changeQueries}nothing`, {})).status).toBe(401);
  });

  test('go on where a file was left', async () => {
    const file = `${folder()}/items.db`;
    const first = await startSandbox({ file, preload: false });
    const caller = await callerOf(first);
    await caller.remove('students', await caller.make('students', student('1')));
    const before = await newest(caller);
    await first.close();
    const again = await callerOf(await started({ file, preload: false }));
    expect(await newest(again)).toBe(before);
    expect((await again.get('students/deletes')).list).toHaveLength(1);
    await again.make('students', student('2'));
    expect(await newest(again)).toBe(before + 1);
  });
});

describe('deletes', () => {
  test('carry the key of what is gone, in its window, and not of what is back', async () => {
    const caller = await practice();
    const { make, remove, get } = caller;
    const ids = [await make('classPeriods', period('P1')), await make('classPeriods', period('P2'))];
    const start = await newest(caller);
    await remove('classPeriods', String(ids[0]));
    const between = await newest(caller);
    await remove('classPeriods', String(ids[1]));
    const all = await get('classPeriods/deletes');
    expect(all.list).toEqual([
      { id: ids[0], changeVersion: between, keyValues: { classPeriodName: 'P1', schoolId: SCHOOL } },
      { id: ids[1], changeVersion: between + 1, keyValues: { classPeriodName: 'P2', schoolId: SCHOOL } },
    ]);
    expect((await get(`classPeriods/deletes?minChangeVersion=${between + 1}`)).list).toHaveLength(1);
    expect((await get(`classPeriods/deletes?maxChangeVersion=${start}`)).list).toEqual([]);
    const paged = await get('classPeriods/deletes?limit=1&offset=1&totalCount=true');
    expect([paged.list[0]?.id, paged.headers.get('total-count')]).toEqual([ids[1], '2']);
    await make('classPeriods', period('P1'));
    expect((await get('classPeriods/deletes')).list.map(({ id }) => id)).toEqual([ids[1]]);
    expect((await caller.call('POST', '/data/v3/ed-fi/classPeriods/deletes', {})).status).toBe(405);
  });

  test("are those of the caller's education organizations", async () => {
    const { sandbox, make, remove } = await practice({ educationOrganizationIds: [SCHOOL, OTHER_SCHOOL] });
    await remove('classPeriods', await make('classPeriods', period('P1')));
    await remove('classPeriods', await make('classPeriods', period('P1', OTHER_SCHOOL)));
    const one = await callerOf(sandbox, String(SCHOOL));
    const keys = (await one.get('classPeriods/deletes')).list.map(({ keyValues }) => keyValues);
    expect(keys).toEqual([{ classPeriodName: 'P1', schoolId: SCHOOL }]);
  });
});

describe('key changes', () => {
  test('carry the old key and the new, also of what was renamed along with it', async () => {
    const caller = await practice();
    const ids = await classroom(caller);
    const start = await newest(caller);
    await caller.put('sessions', String(ids.session), session('Autumn'));
    await caller.put('sessions', String(ids.session), session('Harvest'));
    const { list } = await caller.get('sessions/keyChanges');
    expect(list).toEqual([
      {
        id: ids.session,
        changeVersion: expect.any(Number),
        oldKeyValues: { schoolId: SCHOOL, schoolYear: 2027, sessionName: 'Fall' },
        newKeyValues: { schoolId: SCHOOL, schoolYear: 2027, sessionName: 'Harvest' },
      },
    ]);
    expect(Number(list[0]?.changeVersion)).toBeGreaterThan(start);
    const sections = (await caller.get('sections/keyChanges')).list;
    expect(sections).toMatchObject([
      { id: ids.section, oldKeyValues: { sessionName: 'Fall' }, newKeyValues: { sessionName: 'Harvest' } },
    ]);
    const seats = await caller.get(`studentSectionAssociations?minChangeVersion=${start + 1}`);
    expect(seats.list.map(({ id }) => id)).toEqual([ids.seat]);
    expect((await caller.get(`sections/keyChanges?maxChangeVersion=${start}`)).list).toEqual([]);
    expect((await caller.get('students/keyChanges')).list).toEqual([]);
    expect((await caller.put('sections', String(ids.section), section('S-2', 'Harvest'))).status).toBe(204);
    const later = await caller.get('sections/keyChanges');
    expect(later.list).toMatchObject([{ newKeyValues: { sectionIdentifier: 'S-2', sessionName: 'Harvest' } }]);
  });
});

test.each<[Generation, number, number]>([
  ['5.3', 200, 404],
  ['6.2', 200, 404],
  ['7.1', 200, 200],
])('%s answers deletes with %d and key changes with %d', async (generation, deletes, keyChanges) => {
  const caller = await practice({ generation });
  expect((await caller.get('students/deletes')).status).toBe(deletes);
  expect((await caller.get('students/keyChanges')).status).toBe(keyChanges);
  const start = await newest(caller);
  const id = await caller.make('students', student('1'));
  expect((await caller.get(`students?minChangeVersion=${start + 1}`)).status).toBe(200);
  await caller.remove('students', id);
  expect((await caller.get('students/deletes')).list).toMatchObject([{ id, keyValues: { studentUniqueId: '1' } }]);
});

describe('snapshots', () => {
  test('from 7.0 on are asked for by a flag, and do not change', async () => {
    const caller = await practice();
    const { sandbox, get, make, put, remove, post } = caller;
    const flag = { 'use-snapshot': 'true' };
    const none = await get('students', flag);
    expect([none.status, none.json.type]).toEqual([404, 'urn:ed-fi:api:not-found']);
    const id = await make('students', student('1'));
    const enrolled = await make('studentSchoolAssociations', enrolment('1'));
    sandbox.takeSnapshot();
    const version = await newest(caller);

    await put('students', id, { ...student('1'), firstName: 'Kim' });
    await remove('studentSchoolAssociations', enrolled);
    await make('students', student('2'));
    expect((await get(`students/${id}`)).status).toBe(403);
    expect((await get(`students/${id}`, flag)).json.firstName).toBe('Robin');
    expect((await get('studentSchoolAssociations', flag)).list).toHaveLength(1);
    expect((await get('studentSchoolAssociations', { 'use-snapshot': 'false' })).list).toEqual([]);
    expect(await newest(caller, flag)).toBe(version);
    expect(await newest(caller)).toBeGreaterThan(version);
    expect((await get('studentSchoolAssociations/deletes', flag)).list).toEqual([]);
    for (const refused of [
      await post('students', student('3'), flag),
      await put('students', id, student('1'), flag),
      await remove('students', id, flag),
    ]) {
      expect(refused.status).toBe(405);
    }
    // The newest is the one that is used.
    sandbox.takeSnapshot();
    expect((await get('studentSchoolAssociations', flag)).list).toEqual([]);
  });

  test.each<[Generation]>([['5.3'], ['6.2']])('of %s have identifiers, which it lists', async (generation) => {
    const caller = await practice({ generation, snapshot: true });
    const { sandbox, call, get, make } = caller;
    const listed = (await call('GET', '/changeQueries/v1/snapshots')).list;
    expect(listed).toMatchObject([{ snapshotIdentifier: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
    await make('students', student('1'));
    await make('studentSchoolAssociations', enrolment('1'));
    const later = sandbox.takeSnapshot();
    const seen = async (identifier: unknown): Promise<number> =>
      (await get('students', { 'snapshot-identifier': String(identifier) })).list.length;
    expect(await seen(listed[0]?.snapshotIdentifier)).toBe(0);
    expect(await seen(later)).toBe(1);
    expect((await get('students', { 'snapshot-identifier': '0'.repeat(32) })).status).toBe(410);
    expect((await get('students', { 'use-snapshot': 'true' })).list).toHaveLength(1);
  });

  test('can be taken of a file, and of each place', async () => {
    const file = `${folder()}/items.db`;
    const { sandbox, get, make } = await practice({ file, snapshot: true });
    await make('students', student('1'));
    await make('studentSchoolAssociations', enrolment('1'));
    expect((await get('students', { 'use-snapshot': 'true' })).list).toEqual([]);
    sandbox.takeSnapshot();
    expect((await get('students', { 'use-snapshot': 'true' })).list).toHaveLength(1);
    expect(() => sandbox.takeSnapshot({ year: 2027 })).toThrow(/no such tenant/);
  });
});
