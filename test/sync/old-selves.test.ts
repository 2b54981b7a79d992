/** What a record was under its old key, or as another item, until that is deleted: not to be taken for what it is now. */
import { expect, test } from 'vitest';
import { keyHashAt } from '../../core/ledger/records.ts';
import { drop, get, set, table, where } from './export.ts';
import { type Heard, problem, type Reply } from './proxy.ts';
import { type Change, edits, PLACES, refusing, renames, settled, swaps, TEACHING, unknownTeachers } from './settled.ts';
import { expectAccount } from './workbench.ts';

const movedTo =
  (day: string): Change =>
  (tables) => {
    const enrollments = table(tables, 'enrollments');
    for (const row of where(enrollments, { role: 'teacher' })) set(enrollments, row, 'beginDate', day);
  };
const NOT_DELETED = refusing('DELETE', TEACHING, 409, 'data-conflict:dependent-item-exists');
const NOT_TAKEN = refusing('POST', TEACHING, 413, 'bad-request:payload-too-large');
const made = (writes: readonly Heard[]): string[] =>
  writes.flatMap(({ method, resource, made: id }) => (method === 'POST' && resource === TEACHING && id ? [id] : []));

test.each([
  ['cannot be sent', unknownTeachers],
  ['moves again, and that is refused', movedTo('2026-09-20')],
])('a key change by create and delete, of which the delete was refused, %s: the new one stays', async (_, then) => {
  const { api, proxy, changed, refuses, ends } = await settled();
  await refuses(changed(movedTo('2026-09-15')), NOT_DELETED);
  const items = made(proxy.writes);
  expect(items.length).toBeGreaterThan(10);
  await refuses(changed(movedTo('2026-09-15'), then), NOT_TAKEN);
  const there = api.read(TEACHING).map(({ id }) => id);
  expect(items.filter((id) => !there.includes(id))).toEqual([]);
  await ends(changed(movedTo('2026-09-20')), { retry: true });
});

/** The API has carried all that is taught on to other keys, twice, while none of it could be sent. */
async function drifted() {
  const bench = await settled();
  for (const changes of [[unknownTeachers], [unknownTeachers, renames], [unknownTeachers, swaps]]) {
    expectAccount(await bench.sync(bench.written(bench.changed(...changes))));
  }
  bench.proxy.writes.length = 0;
  return bench;
}

/** The first of each request is refused. */
function onceEach(answer: Reply): (heard: Heard) => Reply | undefined {
  const met = new Set<string>();
  return ({ method, resource, body }) => {
    const key = JSON.stringify(body);
    if (method !== 'POST' || resource !== TEACHING || met.has(key)) return undefined;
    met.add(key);
    return answer;
  };
}

test.each([
  ['cannot be sent again', unknownTeachers],
  ['has another key, which is refused', movedTo('2026-09-15')],
])('what was made anew, whose old item could not be deleted, %s: the new one stays', async (_, then) => {
  const { api, proxy, changed, refuses, ends } = await drifted();
  await refuses(changed(), NOT_DELETED);
  const items = made(proxy.writes);
  expect(items.length).toBeGreaterThan(0);
  await refuses(changed(then), NOT_TAKEN);
  const there = api.read(TEACHING).map(({ id }) => id);
  expect(items.filter((id) => !there.includes(id))).toEqual([]);
  await ends(changed(), { retry: true });
});

test('what is made anew by a second try is done with in the same batch', async () => {
  const { changed, refuses, ends, sync, written } = await drifted();
  await refuses(changed(), onceEach(problem(500, 'system')));
  expect((await sync(written(changed()), { approve: false })).state).toBe('done');
  await ends(changed());
});

test('what is to be made anew and is refused stays as it is until it is taken', async () => {
  const { api, changed, refuses, ends } = await drifted();
  const before = api.read(TEACHING).map(({ id }) => id);
  for (let times = 0; times < 2; times++) {
    await refuses(changed(), NOT_TAKEN);
    expect(api.read(TEACHING).map(({ id }) => id)).toEqual(before);
  }
  await ends(changed(), { retry: true });
});

test('what was made anew without an answer, and then vanished', async () => {
  const { changed, loses, ends } = await drifted();
  await loses(changed(), 'POST', TEACHING);
  await ends(
    changed((tables) => {
      const enrollments = table(tables, 'enrollments');
      drop(enrollments, (row) => get(enrollments, row, 'role') === 'teacher');
    }),
  );
});

test('two records have one item, the one whose it is is refused, and vanishes: it is asked for', async () => {
  const { proxy, changed, sync, written, refuses, ends, ledger, connectionId } = await settled();
  const enrollments = table(changed(), 'enrollments');
  const places = where(enrollments, { role: 'student' });
  const [owner, other] = [3, 4].map((nth) => get(enrollments, places[nth] ?? [], 'sourcedId'));
  const ended: Change = (tables) => {
    const of = table(tables, 'enrollments');
    for (const row of where(of, { sourcedId: owner ?? '' })) set(of, row, 'endDate', '2026-12-11');
    for (const row of where(of, { sourcedId: other ?? '' })) set(of, row, 'endDate', '2026-12-12');
  };
  await sync(written(changed(ended)));
  const idOf = (end: string): string =>
    proxy.writes.find(({ resource, body }) => resource === PLACES && body?.endDate === end)?.id ?? '';
  const [owners, others] = [idOf('2026-12-11'), idOf('2026-12-12')];
  await sync(written(changed()));
  const resourceId = ledger.resourceId(connectionId, PLACES);
  const loaded = ledger.records.load(resourceId);
  const keys = Array.from({ length: loaded.count }, (_one, i) => keyHashAt(loaded, i));
  const key = keys.find((one) => ledger.records.apiId(resourceId, one) === others) as Uint8Array;
  ledger.transaction(() => {
    ledger.records.relink(resourceId, key, owners);
    ledger.records.setAdrift(resourceId, key);
  });
  const moved = edits({ kind: 'begin-date-moved', pick: 9 });
  await refuses(changed(ended, moved), ({ method, resource, body }) =>
    method === 'POST' && resource === PLACES && body?.endDate === '2026-12-11'
      ? problem(413, 'bad-request:payload-too-large')
      : undefined,
  );
  const gone = changed(ended, moved, (tables) => drop(table(tables, 'enrollments'), ([id]) => id === owner));
  // It is not as it was sent last, so that it may be somebody else's.
  const found = await sync(written(gone), { approve: false });
  expect(found).toMatchObject({ state: 'done', account: { failed: 0 } });
  expect((await sync(written(gone), { approve: false })).state).toBe('waiting');
  await ends(gone);
});
