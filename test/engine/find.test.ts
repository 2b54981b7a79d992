/** Find, by the ledger alone: at once, and the same as what is found in the export. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { get, readExport, set, table, where, writeExport } from '../sync/export.ts';
import { bench, district, newFolder, practice } from '../sync/workbench.ts';

/** A UUID is too long for some keys with its dashes. */
const isIt = (key: string | undefined, text: string): boolean => key === text || key === text.replaceAll('-', '');

/** Of what a OneRoster export makes: the resources whose natural key is one value. */
const SINGLE = new Set(['localEducationAgencies', 'schools', 'students', 'staffs', 'contacts']);

test('every record with a key of one value stands as the search through the export says', async () => {
  const api = await practice();
  const { call, sync, events } = await bench(api);
  const source = await district({ students: 12, clean: false });
  await sync(source);
  const tables = readExport(source);
  const [users, orgs] = [table(tables, 'users'), table(tables, 'orgs')];
  const texts = new Set(
    [...users.rows.map((row) => [users, row] as const), ...orgs.rows.map((row) => [orgs, row] as const)]
      .flatMap(([of, row]) => [get(of, row, 'identifier'), get(of, row, 'sourcedId')])
      .filter((text) => text.length > 1),
  );
  const seen = new Map<string, number>();
  for (const text of texts) {
    const { found: slow } = await call('records.search', { connection: 'here', text });
    const { found: quick } = await call('records.lookUp', { connection: 'here', text });
    const byKey = slow.filter(({ resource, identifiers: [key] }) => SINGLE.has(resource) && isIt(key?.value, text));
    expect(quick).toEqual(
      byKey.map((one) => ({ ...one, place: null, identifiers: [one.identifiers[0]] })).slice(0, quick.length),
    );
    expect(quick).toHaveLength(byKey.length);
    for (const { resource, state } of quick) {
      seen.set(resource, (seen.get(resource) ?? 0) + 1);
      seen.set(state, (seen.get(state) ?? 0) + 1);
    }
  }
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining(['schools', 'students', 'staffs', 'contacts', 'confirmed', 'rejected']),
  );
  const told = JSON.stringify(events);
  for (const text of texts) expect(told).not.toContain(`"${text}"`);
});

test('an identifier is found in the other case, and a number with zeros in front', async () => {
  const api = await practice();
  const { call, sync, refused } = await bench(api);
  const lookUp = async (text: string) => (await call('records.lookUp', { connection: 'here', text })).found;
  expect(await lookUp('anything')).toEqual([]);
  const tables = readExport(await district());
  const [users, orgs] = [table(tables, 'users'), table(tables, 'orgs')];
  const [person = []] = where(users, {
    sourcedId: get(table(tables, 'demographics'), table(tables, 'demographics').rows[0] ?? [], 'sourcedId'),
  });
  set(users, person, 'identifier', 'SIS-1a');
  const [school = []] = where(orgs, { type: 'school' });
  await sync(writeExport(tables, path.join(newFolder(), 'export')));
  expect(await lookUp(' SIS-1a ')).toMatchObject([{ resource: 'students', state: 'confirmed', place: null }]);
  expect(await lookUp(`00${get(orgs, school, 'identifier')}`)).toMatchObject([
    { resource: 'schools', identifiers: [{ name: 'schoolId', value: get(orgs, school, 'identifier') }] },
  ]);
  // Hashes know no case but the usual ones.
  expect(await lookUp('sis-1A')).toEqual([]);
  set(users, person, 'identifier', 'SIS-1A');
  await sync(writeExport(tables, path.join(newFolder(), 'export')));
  expect(await lookUp('sis-1a')).toMatchObject([{ identifiers: [{ name: 'studentUniqueId', value: 'SIS-1A' }] }]);
  expect((await refused('records.lookUp', { connection: 'here', text: 'x' })).code).toBe('usage');
});

test('what the last export does not have any more is found in the ledger still', async () => {
  const api = await practice();
  const { call, sync } = await bench(api, { vanished: 'keep' });
  const tables = readExport(await district());
  const [users, demographics] = [table(tables, 'users'), table(tables, 'demographics')];
  await sync(writeExport(tables, path.join(newFolder(), 'export')));
  const numberOf = (id: string): string => get(users, where(users, { sourcedId: id })[0] ?? [], 'identifier');
  const [gone = '', moved = ''] = demographics.rows.map((row) => get(demographics, row, 'sourcedId'));
  const [goneNumber, movedNumber] = [numberOf(gone), numberOf(moved)];
  for (const [name, column] of [
    ['users', 'sourcedId'],
    ['demographics', 'sourcedId'],
    ['enrollments', 'userSourcedId'],
  ] as const) {
    const of = table(tables, name);
    of.rows = of.rows.filter((row) => get(of, row, column) !== gone);
  }
  // Another number, and something that is refused here: what the API has is under the old number.
  set(users, where(users, { sourcedId: moved })[0] ?? [], 'identifier', 'new-number');
  set(demographics, where(demographics, { sourcedId: moved })[0] ?? [], 'birthDate', '');
  const second = writeExport(tables, path.join(newFolder(), 'export'));
  await sync(second);
  const lookUp = async (text: string) => (await call('records.lookUp', { connection: 'here', text })).found;
  const [kept] = await lookUp(goneNumber);
  expect(kept).toMatchObject({ resource: 'students', state: 'confirmed' });
  expect(await call('records.place', { reference: kept?.reference ?? '' })).toBeNull();
  expect((await call('records.find', { reference: kept?.reference ?? '' })).confirmed?.id).toMatch(/^[0-9a-f]{32}$/);

  for (let batch = 0; batch < 2; batch++) {
    const [now] = await lookUp('new-number');
    const [before] = await lookUp(movedNumber);
    expect(now).toMatchObject({ resource: 'students', state: 'rejected' });
    expect(before).toEqual({ ...now, identifiers: [{ name: 'studentUniqueId', value: movedNumber }] });
    const found = await call('records.find', { reference: now?.reference ?? '' });
    expect(found.problem).toMatchObject({ id: now?.problem, state: 'rejected' });
    expect(found.confirmed?.id).toMatch(/^[0-9a-f]{32}$/);
    const shown = await call('problems.record', { connection: 'here', id: now?.problem ?? 0 });
    expect(shown.confirmed).toEqual(found.confirmed);
    await sync(second, { retry: true });
  }
});

test('what a search has found is told while it goes on', async () => {
  const api = await practice();
  const { call, sync, refused } = await bench(api);
  const source = await district({ students: 60 });
  await sync(source);
  const tables = readExport(source);
  const [born = []] = table(tables, 'demographics').rows;
  const id = get(table(tables, 'demographics'), born, 'sourcedId');
  const text = get(table(tables, 'users'), where(table(tables, 'users'), { sourcedId: id })[0] ?? [], 'identifier');
  expect(await call('records.foundSoFar', { seen: 0 })).toEqual({ found: [], isOver: true });
  const search = call('records.search', { connection: 'here', text });
  const told: unknown[] = [];
  let times = 0;
  for (let isOver = false; !isOver; times++) {
    const soFar = await call('records.foundSoFar', { seen: told.length });
    told.push(...soFar.found);
    isOver = soFar.isOver;
  }
  const { found } = await search;
  expect(times).toBeGreaterThan(2);
  expect(told).toEqual(found);
  expect(await call('records.foundSoFar', { seen: 0 })).toEqual({ found: [], isOver: true });

  const place = refused('records.place', { reference: found[0]?.reference ?? '' });
  await call('records.stopSearch', {});
  expect(await place).toMatchObject({ code: 'cancelled' });
});

test('a reference leads to its record under another key too', async () => {
  const api = await practice();
  const { call, sync, folder, close } = await bench(api);
  const tables = readExport(await district());
  await sync(writeExport(tables, path.join(newFolder(), 'export')));
  const [users, roles] = [table(tables, 'users'), table(tables, 'roles')];
  const [role = []] = where(roles, { role: 'student' });
  const text = get(users, where(users, { sourcedId: get(roles, role, 'userSourcedId') })[0] ?? [], 'identifier');
  const { found } = await call('records.search', { connection: 'here', text });
  const reference = found.find(({ resource }) => resource === 'studentSchoolAssociations')?.reference ?? '';
  const before = await call('records.find', { reference });
  expect(before.confirmed?.id).toMatch(/^[0-9a-f]{32}$/);
  set(roles, role, 'beginDate', '2026-09-09');
  expect(await sync(writeExport(tables, path.join(newFolder(), 'export')))).toMatchObject({ account: { failed: 0 } });
  expect((await call('records.find', { reference })).confirmed?.id).toBe(before.confirmed?.id);

  await close();
  expect(readFileSync(path.join(folder, 'ledger.db')).includes(text)).toBe(false);
  const db = new Database(path.join(folder, 'ledger.db'), { readonly: true });
  const steps = db
    .prepare(
      'EXPLAIN QUERY PLAN SELECT id FROM pending WHERE resource_id = ? AND key_hash = ? AND group_id IS NOT NULL',
    )
    .all(1, Buffer.alloc(16)) as { detail: string }[];
  db.close();
  expect(steps.map(({ detail }) => detail).join()).toContain('pending_by_key');
});
