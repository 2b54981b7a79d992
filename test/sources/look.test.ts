import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { lookAt } from '../../core/sources/look.ts';
import { export11, export12, manifest, newFolder, refusal, removeFolders, writeFolder, writeZip } from './exports.ts';

afterEach(removeFolders);

test('tells what an export is: version, tables, columns, rows and the first of them', async () => {
  const look = await lookAt(await writeFolder(export12()));
  expect(look).toMatchObject({ kind: 'oneroster', version: '1.2', notices: [{ code: 'credentials-not-read' }] });
  expect(look.tables.map(({ name, file, mode, rows }) => [name, file, mode, rows])).toEqual([
    ['orgs', 'orgs.csv', 'bulk', 3],
    ['academicSessions', 'academicSessions.csv', 'bulk', 1],
    ['courses', 'courses.csv', 'bulk', 1],
    ['classes', 'classes.csv', 'bulk', 1],
    ['users', 'users.csv', 'bulk', 2],
    ['roles', 'roles.csv', 'bulk', 2],
    ['enrollments', 'enrollments.csv', 'bulk', 2],
    ['demographics', 'demographics.csv', 'bulk', 1],
  ]);
  const users = look.tables.find(({ name }) => name === 'users');
  expect(users?.columns).not.toContain('password');
  expect(users?.first[1]?.[users.columns.indexOf('familyName')]).toBe('Noyce');
  for (const { columns, first } of look.tables) for (const row of first) expect(row).toHaveLength(columns.length);
  expect(JSON.stringify(look)).not.toContain('secret-');
});

test('of 1.1 shows the files there are, and no roles made from them; a zip is looked at as a folder is', async () => {
  const look = await lookAt(await writeZip(export11(), 'roster/'));
  expect(look.version).toBe('1.1');
  expect(look.tables.map(({ name }) => name)).not.toContain('roles');
  expect(look.tables.map(({ file }) => file)).toContain('users.csv');
});

test('shows five rows, counts records and not lines, and cuts what is endless', async () => {
  const files = export12();
  const orgs = Array.from({ length: 12_000 }, (_, i) => `x${i},,,"A school\nof two lines",school,${i},o1`);
  files['orgs.csv'] = `${files['orgs.csv']?.toString() ?? ''}${orgs.join('\n')}\ny1,,,${'é'.repeat(5000)},school,9,o1`;
  const folder = await writeFolder(files);
  const table = (await lookAt(folder)).tables.find(({ name }) => name === 'orgs');
  expect(table?.rows).toBe(12_004);
  expect(table?.first.map(([id]) => id)).toEqual(['o1', 'o2', 'o3', 'x0', 'x1']);

  files['orgs.csv'] =
    `sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\ny1,,,${'é'.repeat(5000)},school,9,\n`;
  const long = (await lookAt(await writeFolder(files))).tables.find(({ name }) => name === 'orgs');
  expect(long?.first[0]?.[3]).toBe(`${'é'.repeat(199)}…`);
});

test('of a delta counts what is to be deleted too, and shows what is not', async () => {
  const users =
    'sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,grades\n' +
    'u1,active,2026-09-01T00:00:00Z,true,ada,,Ada,Lovelace,,0012,05\n' +
    'u2,tobedeleted,2026-09-01T00:00:00Z,true,bob,,Bob,Noyce,,77,\n';
  const look = await lookAt(
    await writeFolder({ 'manifest.csv': manifest('1.2', { users: 'delta' }), 'users.csv': users }),
  );
  expect(look.tables).toMatchObject(
    [{ name: 'users', mode: 'delta', rows: 2, first: [['u1']] }].map((one) => ({
      ...one,
      first: [expect.arrayContaining(['u1', 'Ada'])],
    })),
  );
});

test('what would refuse a batch refuses the look, in the same words', async () => {
  const files = export12();
  delete files['demographics.csv'];
  files['manifest.csv'] = manifest('1.2', { orgs: 'bulk' });
  expect(await refusal(async () => lookAt(await writeFolder(files)))).toContain('demographics.csv is missing');
  const twice = export12();
  twice['enrollments.csv'] = `${twice['enrollments.csv']?.toString() ?? ''}e1,,,c1,o2,u1,student,false,,\n`;
  expect(await refusal(async () => lookAt(await writeFolder(twice)))).toContain('rows 2 and 4 have the same sourcedId');
  expect(await refusal(async () => lookAt(await newFolder()))).toContain('is empty');
  const text = join(await newFolder(), 'users.txt');
  await writeFile(text, 'x');
  expect(await refusal(() => lookAt(text))).toContain('neither a folder nor a zip file');
});

test('stops when it is told to', async () => {
  const controller = new AbortController();
  controller.abort();
  expect(await refusal(async () => lookAt(await writeFolder(export12()), controller.signal), 'cancelled')).toContain(
    'stopped',
  );
});
