/**
 * What was sent and not answered may be at the API or not. Each way in which the ledger could come to believe the wrong
 * one of the two, and in the end the API equals the source.
 */
import { expect, onTestFinished, test } from 'vitest';
import type { EngineEvent } from '../../core/contract/schemas.ts';
import { openLedger } from '../../core/ledger/ledger.ts';
import { keyHashAt } from '../../core/ledger/records.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { direct, KEY } from './direct.ts';
import { drop, get, set, table, where } from './export.ts';
import { problem } from './proxy.ts';
import {
  type Change,
  edits,
  firstOf,
  leaves,
  loneContact,
  newPlace,
  newTeaching,
  ofNobody,
  PLACES,
  refusing,
  renames,
  settled,
  swaps,
  TEACHING,
  tiedContact,
  unknownTeacher,
} from './settled.ts';
import { expectAccount, newFolder } from './workbench.ts';

const ENTRIES = 'ed-fi/studentSchoolAssociations';
const SECTIONS = 'ed-fi/sections';

test('a create that was not answered, and then has vanished: looked for, and deleted', async () => {
  const { proxy, changed, loses, ends } = await settled();
  expect((await loses(changed(newPlace()), 'POST', PLACES)).state).toBe('stopped');
  proxy.writes.length = 0;
  const { account, requests } = await ends(changed());
  expect(account).toMatchObject({ created: 0, updated: 0, deleted: 1, skipped: expect.any(Number) });
  expect(proxy.writes.map(({ method }) => method)).toEqual(['DELETE']);
  // What the API is, and where the item is.
  expect(requests.GET).toBe(2);
});

test('a person whose create was not answered, and whom nothing ties: refused, and there, until something ties it', async () => {
  const { api, world, ledger, connectionId, changed, written, loses, compare, sync, ends } = await settled();
  const contact = changed(loneContact);
  await loses(contact, 'POST', 'ed-fi/contacts');
  const folder = written(contact);
  const read = (resource: string) => api.read(resource);
  for (const retry of [false, true]) {
    const { account } = await sync(folder, { retry });
    expect(account).toMatchObject({ created: 0, failed: 1 });
    expect(ledger.problems.groups(connectionId)).toMatchObject([{ code: 'not-authorized-contact', records: 1 }]);
    await compare(folder);
    expect(world.untied(await world.expect(folder), read)).toBe(1);
  }
  const tied = changed(loneContact, tiedContact);
  await ends(tied);
  expect(world.untied(await world.expect(written(tied)), read)).toBe(0);
});

test('a create that had no effect, and then has vanished: looked for, and nothing is deleted', async () => {
  const { proxy, changed, ends, sync, written } = await settled();
  let answered = 0;
  proxy.answer = ({ method, resource }) => {
    if (method !== 'POST' || resource !== PLACES) return undefined;
    answered += 1;
    proxy.drop();
    return problem(500, 'system');
  };
  await sync(written(changed(newPlace())), { patienceMs: 0 });
  proxy.answer = () => undefined;
  expect(answered).toBe(1);
  proxy.writes.length = 0;
  const before = await sync(written(changed()), { planOnly: true });
  const { account } = await ends(changed());
  expect(account).toMatchObject({ created: 0, deleted: 0, skipped: before.account.skipped });
  expect(proxy.writes).toEqual([]);
});

test.each([
  ['409', 409, 'data-conflict:non-unique-values'],
  ['413', 413, 'bad-request:payload-too-large'],
  ['403', 403, 'security:authorization'],
])('a create that was not answered, then refused (%s), twice, and then has vanished', async (_, status, type) => {
  const { changed, loses, refuses, ends } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  for (const retry of [false, true]) {
    const refused = await refuses(changed(newPlace()), refusing('POST', PLACES, status, type), { retry });
    expect(refused.account).toMatchObject({ failed: 1, created: 0 });
  }
  expect((await ends(changed())).account.deleted).toBe(1);
});

test('an answer that was lost within a call, and a refusal of its next attempt', async () => {
  const { proxy, changed, loses, refuses, ends } = await settled({ attempts: 2 });
  let posts = 0;
  proxy.answer = ({ method, resource }) => {
    if (method !== 'POST' || resource !== PLACES) return undefined;
    posts += 1;
    return posts === 1 ? undefined : problem(409, 'data-conflict:non-unique-values');
  };
  const result = await loses(changed(newPlace()), 'POST', PLACES);
  expect(result).toMatchObject({ state: 'done', account: { failed: 1 } });
  // Not tried again, since nothing changed; and not forgotten.
  expect((await refuses(changed(newPlace()), () => undefined)).requests.POST).toBe(0);
  expect((await ends(changed())).account.deleted).toBe(1);
});

test('a create that was not answered cannot be sent any more, and then has vanished', async () => {
  const { api, changed, loses, ends, sync, written } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  const held = changed(newPlace(), ofNobody('new-place'));
  const count = api.read(PLACES).length;
  for (let times = 0; times < 2; times++) {
    const { account } = await sync(written(held));
    // While its row is there, what may be there of it stays.
    expect(account).toMatchObject({ created: 0, deleted: 0 });
    expect(account.rejected + account.held).toBeGreaterThan(0);
    expect(api.read(PLACES)).toHaveLength(count);
  }
  expect((await ends(changed())).account.deleted).toBe(1);
});

test('a create that was not answered cannot be sent for a while, and then can', async () => {
  const { changed, loses, ends, sync, written } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  await sync(written(changed(newPlace(), ofNobody('new-place'))));
  expect((await ends(changed(newPlace()))).account).toMatchObject({ created: 1, deleted: 0 });
});

test.each([
  [PLACES, newPlace],
  [TEACHING, newTeaching],
])('a create of %s that was not answered has another key by then', async (resource, made) => {
  const { api, proxy, changed, loses, ends } = await settled();
  const count = api.read(resource).length;
  await loses(changed(made('2026-10-05')), 'POST', resource);
  proxy.writes.length = 0;
  const { account } = await ends(changed(made('2026-10-06')));
  expect(account).toMatchObject({ created: 1, deleted: 1 });
  expect(proxy.writes.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  expect(api.read(resource)).toHaveLength(count + 1);
});

test('of a create that was not answered the old self goes only after the new one has come', async () => {
  const { api, changed, loses, refuses, ends } = await settled();
  await loses(changed(newTeaching('2026-10-05')), 'POST', TEACHING);
  const count = api.read(TEACHING).length;
  const refused = await refuses(
    changed(newTeaching('2026-10-06')),
    refusing('POST', TEACHING, 413, 'bad-request:payload-too-large'),
  );
  expect(refused.account).toMatchObject({ failed: 1, held: 1, deleted: 0 });
  expect(api.read(TEACHING)).toHaveLength(count);
  await ends(changed(newTeaching('2026-10-06')), { retry: true });
});

test('a create is there again after it had vanished, and its delete was refused', async () => {
  const { changed, loses, refuses, ends } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  const refused = await refuses(changed(), refusing('DELETE', PLACES, 409, 'data-conflict:dependent-item-exists'));
  expect(refused.account).toMatchObject({ failed: 1 });
  // It was found, so that it is known.
  expect((await ends(changed(newPlace()))).account).toMatchObject({ created: 0, updated: 1, failed: 0 });
  await ends(changed());
});

test('what may be there is looked for under the key that was sent, and nothing else is deleted', async () => {
  const { api, proxy, changed, loses, sync, written } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  const [other] = api.read(PLACES);
  proxy.writes.length = 0;
  // An API that does not heed the query gives whatever is first.
  proxy.answer = ({ method, path }) =>
    method === 'GET' && path.startsWith(`/data/v3/${PLACES}?`)
      ? { status: 200, body: [{ id: other?.id, ...other?.body }] }
      : undefined;
  await sync(written(changed()));
  expect(proxy.writes).toEqual([]);
});

test.each([
  ['more', { teacherStudentDataLinkExclusion: true }],
  ['something else', { endDate: '2026-12-24' }],
])('what is there under that key and says %s is not deleted without being asked for', async (_what, other) => {
  const { api, proxy, changed, loses, sync, written, events } = await settled();
  const ends: Change = (tables) => {
    const enrollments = table(tables, 'enrollments');
    for (const row of where(enrollments, { sourcedId: 'new-place' })) set(enrollments, row, 'endDate', '2026-12-18');
  };
  await loses(changed(newPlace(), ends), 'POST', PLACES);
  const item = api.read(PLACES).find(({ body }) => body.beginDate === '2026-10-05');
  expect(item?.body.endDate).toBe('2026-12-18');
  // Somebody else may have made it, where ours was refused.
  proxy.answer = ({ method, path }) =>
    method === 'GET' && path.startsWith(`/data/v3/${PLACES}?`)
      ? { status: 200, body: [{ id: item?.id, ...item?.body, ...other }] }
      : undefined;
  proxy.writes.length = 0;
  const found = await sync(written(changed()), { approve: false });
  expectAccount(found);
  expect(found).toMatchObject({ state: 'done', account: { deleted: 0, failed: 0 } });
  const asked = await sync(written(changed()), { approve: false });
  expect(asked.state).toBe('waiting');
  expect(events.findLast((event) => event.type === 'plan')?.plan.guard).toHaveLength(1);
  expect(proxy.writes).toEqual([]);
  expect((await sync(written(changed()), { approve: true })).account).toMatchObject({ deleted: 1, failed: 0 });
});

test('a look that the API cannot answer holds up nothing else', async () => {
  const { changed, loses, refuses, ends } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  const rename = edits({ kind: 'session-renamed', pick: 1 });
  const result = await refuses(changed(rename), ({ method, path }) =>
    method === 'GET' && path.startsWith(`/data/v3/${PLACES}?`) ? problem(500, 'system') : undefined,
  );
  expect(result).toMatchObject({ state: 'done', account: { failed: 1 } });
  expect(result.account.updated).toBeGreaterThan(0);
  await ends(changed(rename));
});

test('what is made anew after a delete that was not answered is not taken for what is gone', async () => {
  const { changed, loses, ends } = await settled();
  const gone: Change = (tables) => {
    const enrollments = table(tables, 'enrollments');
    const [one] = where(enrollments, { role: 'student' });
    enrollments.rows = enrollments.rows.filter((row) => row !== one);
  };
  await loses(changed(gone), 'DELETE', PLACES);
  await loses(changed(), 'POST', PLACES);
  await ends(changed(gone));
});

test('a key that may not read what may be there gets a cause to look at, and goes on when it may', async () => {
  const { changed, loses, refuses, ends, ledger, connectionId } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  const result = await refuses(changed(), ({ method, path }) =>
    method === 'GET' && path.startsWith(`/data/v3/${PLACES}?`) ? problem(403, 'security:authorization') : undefined,
  );
  expect(result).toMatchObject({ state: 'done', account: { failed: 1 } });
  expect(ledger.problems.groups(connectionId)).toMatchObject([{ code: 'not-authorized-resource', resource: PLACES }]);
  await ends(changed(), { retry: true });
});

test('a connection that keeps what vanished keeps what may be there, and deletes it once it does not', async () => {
  const { changed, loses, ends, sync, written } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  const kept = await sync(written(changed()), { vanished: 'keep' });
  expect(kept.account).toMatchObject({ deleted: 0, failed: 0, held: 0 });
  expect((await ends(changed())).account.deleted).toBe(1);
});

test('a resource that is switched off for a while does not lose what may be there', async () => {
  const { changed, loses, ends, sync, written } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  const off = await sync(written(changed()), { isOff: (resource) => resource === PLACES });
  expect(off.account).toMatchObject({ deleted: 0, failed: 0, held: 0 });
  expect((await ends(changed())).account.deleted).toBe(1);
});

test('a plan tells of what may have to be deleted, and of a few waits as of any', async () => {
  const { changed, loses, sync, written, events } = await settled();
  await loses(changed(newPlace()), 'POST', PLACES);
  events.length = 0;
  await sync(written(changed()), { planOnly: true });
  const plan = events.find((event) => event.type === 'plan');
  expect(plan?.plan.resources.find(({ resource }) => resource === PLACES)).toMatchObject({ deletes: 1, creates: 0 });
});

test('a process that dies with a request under way knows of it', async () => {
  const { proxy, changed, written, folder, sync, ledger, api } = await settled();
  const died = newFolder();
  const tables = changed(newPlace());
  const { copyFileSync } = await import('node:fs');
  const controller = new AbortController();
  proxy.onWrite = ({ method, resource }, what) => {
    if (method !== 'POST' || resource !== PLACES || what !== 'done') return;
    // As the file is at this moment: what a process that is killed leaves.
    for (const end of ['', '-wal']) copyFileSync(`${folder}/ledger.db${end}`, `${died}/ledger.db${end}`);
    controller.abort();
    proxy.drop();
  };
  await sync(written(tables), { signal: controller.signal, patienceMs: 0 });
  proxy.onWrite = () => undefined;
  const left = openLedger(died, createSeal(KEY));
  onTestFinished(() => left.close());
  expect(ledger.pending.left(left.resourceId(1, PLACES)).filter(({ inDoubt }) => inDoubt)).toHaveLength(1);
  expect(left.pending.left(left.resourceId(1, PLACES)).filter(({ inDoubt }) => inDoubt)).toHaveLength(1);
  const count = api.read(PLACES).length;
  const result = await direct(proxy, { folder: died, ledger: left, name: 'again' }).sync(written(changed()), {
    connectionId: 1,
  });
  expect(result.account).toMatchObject({ created: 0, deleted: 1, failed: 0 });
  expect(api.read(PLACES)).toHaveLength(count - 1);
});

test('an update that was not answered, and is taken back: sent once more', async () => {
  const { changed, loses, ends } = await settled();
  await loses(changed(edits({ kind: 'student-renamed', pick: 1 })), 'PUT', 'ed-fi/students');
  expect((await ends(changed())).account).toMatchObject({ updated: 1, created: 0, deleted: 0 });
});

test('an update that was never sent, and is taken back: nothing is sent', async () => {
  const { proxy, changed, ends, sync, written } = await settled();
  proxy.network('refused');
  const away = sync(written(changed(edits({ kind: 'student-renamed', pick: 1 }))), { patienceMs: 0 });
  await away.catch(() => undefined);
  proxy.network('there');
  proxy.writes.length = 0;
  await ends(changed());
  expect(proxy.writes).toEqual([]);
});

test('a delete that was not answered, and the row is there again: made again', async () => {
  const { changed, loses, ends } = await settled();
  await loses(changed(edits({ kind: 'enrollment-dropped', pick: 2 })), 'DELETE', PLACES);
  expect((await ends(changed())).account).toMatchObject({ failed: 0 });
});

const left = edits({ kind: 'student-left', pick: 0 });
test.each<[string, Change[][]]>([
  ['the delete', [[left]]],
  ['the create', [[]]],
  ['the delete, and then the create', [[left], []]],
  ['the create, and then the delete', [[], [left]]],
])('a student whose delete was not answered is there again, and %s is not sent for a while', async (_, days) => {
  const { proxy, changed, loses, ends, sync, written } = await settled();
  await loses(changed(left), 'DELETE', 'ed-fi/students');
  proxy.writes.length = 0;
  for (const day of days) {
    const stop = new AbortController();
    const emit = (event: EngineEvent): void => {
      if (event.type === 'progress' && event.phase === 'sending') stop.abort();
    };
    expect((await sync(written(changed(...day)), { signal: stop.signal, emit })).state).toBe('stopped');
    expect(proxy.writes).toEqual([]);
  }
  await ends(changed());
});

test('a delete that was not answered goes once more', async () => {
  const { changed, loses, ends } = await settled();
  const gone = changed(edits({ kind: 'enrollment-dropped', pick: 2 }));
  await loses(gone, 'DELETE', PLACES);
  expect((await ends(gone)).account).toMatchObject({ deleted: 1, failed: 0 });
});

test.each([
  ['is taken back', []],
  ['is changed to a third', [edits({ kind: 'entry-date-moved', pick: 5 })]],
  ['has vanished with its student', [edits({ kind: 'student-left', pick: 0 })]],
] as const)('a key change by PUT that was not answered %s', async (_, then) => {
  const { changed, loses, ends } = await settled();
  const moved = changed((tables) => {
    const roles = table(tables, 'roles');
    const users = table(tables, 'users');
    const student = where(roles, { role: 'student' })[0] ?? [];
    expect(
      get(users, where(users, { sourcedId: get(roles, student, 'userSourcedId') })[0] ?? [], 'sourcedId'),
    ).not.toBe('');
    set(roles, student, 'beginDate', '2026-08-24');
  });
  await loses(moved, 'PUT', ENTRIES);
  await ends(changed(...then));
});

test('a key change by create and delete, the create of which was not answered, is taken back', async () => {
  const { changed, loses, ends } = await settled();
  await loses(changed(edits({ kind: 'teaching-date-moved', pick: 1 })), 'POST', TEACHING);
  await ends(changed());
});

test('an item that somebody deleted, made again without an answer, and then vanished', async () => {
  const { proxy, changed, loses, ends, sync, written } = await settled();
  const renamed = changed(edits({ kind: 'class-renamed', pick: 1 }));
  const id = await new Promise<string>((resolve) => {
    proxy.answer = (heard) => {
      if (heard.method !== 'PUT' || heard.resource !== SECTIONS) return undefined;
      resolve(heard.id ?? '');
      return problem(404, 'not-found');
    };
    void loses(renamed, 'POST', SECTIONS).catch(() => resolve(''));
  });
  expect(id).not.toBe('');
  proxy.answer = () => undefined;
  const without = changed((tables) => {
    const classes = table(tables, 'classes');
    const gone = get(classes, classes.rows[1] ?? [], 'sourcedId');
    drop(classes, (row) => get(classes, row, 'sourcedId') === gone);
    const enrollments = table(tables, 'enrollments');
    drop(enrollments, (row) => get(enrollments, row, 'classSourcedId') === gone);
  });
  await sync(written(without));
  await ends(without);
});

test.each([
  ['and then vanished', true],
  ['and is there', false],
])('an item that is not where the ledger has it, made by its key without an answer, %s', async (_, vanishes) => {
  const { proxy, changed, loses, ends, sync, written, ledger, connectionId } = await settled();
  const dropped = changed((tables) => {
    const enrollments = table(tables, 'enrollments');
    const [one] = where(enrollments, { role: 'teacher' });
    drop(enrollments, (row) => row === one);
  });
  // Somebody else has what is ours, and deletes it.
  const other = direct(proxy);
  await other.sync(written(changed()));
  await other.sync(written(dropped));
  const resourceId = ledger.resourceId(connectionId, TEACHING);
  const loaded = ledger.records.load(resourceId);
  const keys = Array.from({ length: loaded.count }, (_one, i) => keyHashAt(loaded, i));
  ledger.transaction(() => ledger.records.setAdrift(resourceId, Buffer.concat(keys)));
  await loses(changed(), 'POST', TEACHING);
  await ends(vanishes ? dropped : changed());
  await sync(written(dropped));
  await ends(dropped);
});

test('a record that cannot be sent is carried on with its session, whose old name another takes, and comes back as it was', async () => {
  const { changed, sync, written, ends, api } = await settled();
  const count = api.read(TEACHING).length;
  for (const changes of [[unknownTeacher], [unknownTeacher, renames], [unknownTeacher, swaps]]) {
    expectAccount(await sync(written(changed(...changes))));
    expect(api.read(TEACHING)).toHaveLength(count);
  }
  await ends(changed());
});

test.each(['PUT', 'POST', 'DELETE'])(
  'a session renamed, and %s of what is named after it not answered, and taken back',
  async (method) => {
    const { changed, loses, ends } = await settled();
    const both = changed(renames, edits({ kind: 'enrollment-dropped', pick: 2 }, { kind: 'class-recoded', pick: 1 }));
    const lost = { PUT: PLACES, POST: TEACHING, DELETE: PLACES }[method] as string;
    await loses(both, method, lost).catch(() => undefined);
    await ends(changed());
  },
);

test.each([
  ['then vanishes', [renames]],
  ['then can be sent', [newTeaching(), renames]],
  ['then is as it was, and so is the session', [newTeaching()]],
  ['then vanishes, and the session is as it was', []],
])('a create that was not answered cannot be sent while its session is renamed, and %s', async (_, then) => {
  const { changed, loses, ends, sync, written, api } = await settled();
  await loses(changed(newTeaching()), 'POST', TEACHING);
  const count = api.read(TEACHING).length;
  for (const changes of [[], [renames]]) {
    const { account } = await sync(written(changed(newTeaching(), ofNobody('new-teaching'), ...changes)));
    expect(account).toMatchObject({ deleted: 0, failed: 0 });
    expect(api.read(TEACHING)).toHaveLength(count);
  }
  await ends(changed(...then));
});

test.each([
  ['had its effect', true],
  ['had none', false],
])('what vanished is kept while its session is renamed, and is deleted later: the create %s', async (_, isThere) => {
  const { proxy, changed, loses, ends, sync, written, api } = await settled();
  const count = api.read(TEACHING).length;
  if (isThere) await loses(changed(newTeaching()), 'POST', TEACHING);
  else {
    proxy.answer = ({ method, resource }) => {
      if (method === 'POST' && resource === TEACHING) proxy.drop();
      return method === 'POST' && resource === TEACHING ? problem(500, 'system') : undefined;
    };
    await sync(written(changed(newTeaching())), { patienceMs: 0 });
    proxy.answer = () => undefined;
  }
  const kept = await sync(written(changed(renames)), { vanished: 'keep' });
  expectAccount(kept);
  expect(kept.account).toMatchObject({ deleted: 0, failed: 0 });
  expect(api.read(TEACHING)).toHaveLength(isThere ? count + 1 : count);
  expect((await ends(changed(renames))).account.deleted).toBe(isThere ? 1 : 0);
});

test('a plan with something that is only looked for adds up, be it looked at or waiting', async () => {
  const { changed, loses, sync, written } = await settled();
  await loses(changed(newTeaching()), 'POST', TEACHING);
  const held = [newTeaching(), ofNobody('new-teaching'), renames];
  expectAccount(await sync(written(changed(...held)), { planOnly: true }));
  const half: Change = (tables) => {
    const enrollments = table(tables, 'enrollments');
    const all = where(enrollments, { role: 'student' });
    drop(enrollments, (row) => all.includes(row) && all.indexOf(row) < all.length / 2);
  };
  const waits = await sync(written(changed(...held, half)), { approve: false });
  expect(waits.state).toBe('waiting');
  expectAccount(waits);
});

test.each([
  ['vanished', []],
  ['cannot be sent', [newTeaching(), ofNobody('new-teaching')]],
])('a look that failed once goes again before its session is renamed: what %s', async (_, day) => {
  const { changed, loses, refuses, ends } = await settled();
  await loses(changed(newTeaching()), 'POST', TEACHING);
  let asked = 0;
  await refuses(changed(...day, renames), ({ method, path }) => {
    if (method !== 'GET' || !path.startsWith(`/data/v3/${TEACHING}?`)) return undefined;
    asked += 1;
    return asked === 1 ? problem(500, 'system') : undefined;
  });
  expect(asked).toBe(2);
  await ends(changed(renames));
});

test.each([
  ['teacher', TEACHING, newTeaching, 'new-teaching', leaves],
  ['student', PLACES, newPlace, 'new-place', () => left],
] as const)(
  'of a %s who leaves something may be there that cannot be sent',
  async (role, resource, made, id, leaving) => {
    const { changed, loses, ends, sync, written } = await settled();
    await loses(changed(made()), 'POST', resource);
    const gone = leaving(firstOf(changed(), role));
    expectAccount(await sync(written(changed(made(), ofNobody(id), gone))));
    await ends(changed(gone));
  },
);

test('what says something else than what was sent keeps what ties its person, until it is decided', async () => {
  const { api, proxy, changed, loses, ends, sync, written } = await settled();
  await loses(changed(newTeaching()), 'POST', TEACHING);
  const item = api.read(TEACHING).find(({ body }) => body.beginDate === '2026-10-05');
  proxy.answer = ({ method, path }) =>
    method === 'GET' && path.startsWith(`/data/v3/${TEACHING}?`)
      ? { status: 200, body: [{ id: item?.id, ...item?.body, percentageContribution: 0.5 }] }
      : undefined;
  const gone = changed(leaves(firstOf(changed(), 'teacher')));
  expectAccount(await sync(written(gone)));
  proxy.answer = () => undefined;
  await ends(gone);
});

test('a delete that was not answered is not forgotten on a day that keeps what vanished', async () => {
  const { changed, loses, ends, sync, written } = await settled();
  await loses(changed(left), 'DELETE', 'ed-fi/students');
  await sync(written(changed(left)), { vanished: 'keep' });
  await ends(changed());
});
