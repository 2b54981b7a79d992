import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSource } from '../../core/sources/oneroster/open.ts';
import { isDelta, overlayDelta } from '../../core/sources/overlay.ts';
import { openSnapshot, saveSnapshot } from '../../core/sources/snapshot.ts';
import {
  export11,
  export12,
  type Files,
  manifest,
  newFolder,
  readAll,
  refusal,
  removeFolders,
  writeFolder,
} from './exports.ts';

afterEach(removeFolders);

const WHEN = '2026-10-06T00:00:00Z';

async function open(files: Files) {
  return openSource(await writeFolder(files));
}

function header(file: string, files = export12()): string {
  return String(files[file]).split('\n')[0]!;
}

/** Ada renamed, Bob gone, Cleo new; one enrolment gone. */
function delta12(): Files {
  const user = (id: string, status: string, name: string): string =>
    `${id},${status},${WHEN},true,,,${name},X,,,,,,,o2`;
  return {
    'manifest.csv': manifest('1.2', { users: 'delta', enrollments: 'delta', orgs: 'absent' }),
    'users.csv': [
      header('users.csv'),
      user('u1', 'active', 'Adela'),
      user('u2', 'tobedeleted', ''),
      user('u3', 'Active', 'Cleo'),
      '',
    ].join('\n'),
    'enrollments.csv': [header('enrollments.csv'), `e2,tobedeleted,${WHEN},,,,,,,`, ''].join('\n'),
  };
}

describe('a delta export', () => {
  it('says so, and reads as its active rows and its keys', async () => {
    const delta = await open(delta12());
    expect(isDelta(delta)).toBe(true);
    expect(isDelta(await open(export12()))).toBe(false);
    expect([...delta.tables.keys()].sort()).toEqual(['enrollments', 'users']);
    expect((await readAll(delta, 'users', ['sourcedId', 'givenName'])).rows).toEqual([
      ['u1', 'Adela'],
      ['u3', 'Cleo'],
    ]);
    const { column, keys } = delta.deltaKeys!('users');
    const all: string[] = [];
    for await (const batch of keys) all.push(...batch);
    expect([column, all]).toEqual(['sourcedId', ['u1', 'u2', 'u3']]);
    expect((await open(export12())).deltaKeys).toBeUndefined();
  });

  it('over a full set gives the full set of today', async () => {
    const [base, delta] = [await open(export12()), await open(delta12())];
    const today = overlayDelta(base, delta);
    expect(isDelta(today)).toBe(false);
    const users = await readAll(today, 'users', ['givenName']);
    expect(users).toEqual({ rows: [['Adela'], ['Cleo']], numbers: [2, 4], files: [undefined, undefined] });
    expect((await readAll(today, 'enrollments', ['sourcedId'])).rows).toEqual([['e1']]);
    expect((await readAll(today, 'orgs', ['sourcedId'])).rows).toEqual([['o1'], ['o2'], ['o3']]);
    expect((await readAll(today, 'demographics')).rows.length).toBe(1);
    expect(today.fingerprint).not.toBe(base.fingerprint);
    await today.close();
  });

  it('rows of the base keep their number and name their file', async () => {
    const files = delta12();
    files['users.csv'] = [header('users.csv'), `u2,tobedeleted,${WHEN},,,,,,,,,,,,`, ''].join('\n');
    const today = overlayDelta(await open(export12()), await open(files));
    expect(await readAll(today, 'users', ['givenName', 'sourcedId'])).toEqual({
      rows: [['Ada', 'u1']],
      numbers: [2],
      files: ['users.csv'],
    });
  });

  it('a table it brings whole replaces the base’s', async () => {
    const files = delta12();
    files['manifest.csv'] = manifest('1.2', { users: 'delta', enrollments: 'bulk' });
    files['enrollments.csv'] = [header('enrollments.csv'), 'e9,,,c1,o2,u1,student,false,,', ''].join('\n');
    const today = overlayDelta(await open(export12()), await open(files));
    expect((await readAll(today, 'enrollments', ['sourcedId'])).rows).toEqual([['e9']]);
  });

  it('columns that only the base, or only the delta, has read as blank in the other', async () => {
    const files = delta12();
    files['users.csv'] =
      `sourcedId,status,dateLastModified,givenName,familyName,metadata.bus\nu1,active,${WHEN},Adela,X,7\n`;
    const today = overlayDelta(await open(export12()), await open(files));
    expect(today.tables.get('users')!.columns).toEqual(expect.arrayContaining(['metadata.bus', 'grades']));
    expect((await readAll(today, 'users', ['givenName', 'identifier', 'metadata.bus'])).rows).toEqual([
      ['Bob', '77', ''],
      ['Adela', '', '7'],
    ]);
  });

  it('of 1.1: a user’s roles are replaced as a whole, and go with the user', async () => {
    const user = (id: string, status: string, orgs: string): string =>
      `${id},${status},${WHEN},true,${orgs},teacher,,,Bob,Noyce,,,,,,,,`;
    const files: Files = {
      'manifest.csv': manifest('1.1', { users: 'delta' }),
      'users.csv': [
        header('users.csv', export11()),
        user('u1', 'tobedeleted', ''),
        user('u2', 'active', 'o3'),
        '',
      ].join('\n'),
    };
    const base = await open(export11());
    const today = overlayDelta(base, await open(files));
    expect((await readAll(base, 'roles', ['sourcedId'])).rows).toEqual([['u1/o2'], ['u2/o2'], ['u2/o3']]);
    expect((await readAll(today, 'roles', ['sourcedId', 'roleType'])).rows).toEqual([['u2/o3', 'primary']]);
    expect((await readAll(today, 'users', ['sourcedId'])).rows).toEqual([['u2']]);
  });

  it('of another version than the base is refused', async () => {
    const base = await open(export11());
    const delta = await open(delta12());
    expect(await refusal(async () => overlayDelta(base, delta))).toMatch(/1\.2.*1\.1/);
  });

  it('without status or date, with a blank status, or with one id twice is refused', async () => {
    const refusedUsers = async (text: string): Promise<string> => {
      const folder = await writeFolder({ ...delta12(), 'users.csv': text });
      return refusal(async () => readAll(await openSource(folder), 'users'));
    };
    expect(await refusedUsers('sourcedId,givenName,familyName,dateLastModified\nu1,A,B,x\n')).toMatch(
      /column status is missing/,
    );
    expect(await refusedUsers('sourcedId,givenName,familyName,status\nu1,A,B,active\n')).toMatch(
      /column dateLastModified/,
    );
    const columns = 'sourcedId,status,dateLastModified,givenName,familyName';
    expect(await refusedUsers(`${columns}\nu1,,x,A,B\n`)).toMatch(/users\.csv, row 2: status/);
    expect(await refusedUsers(`${columns}\nu1,active,x,A,B\nu1,tobedeleted,x,A,B\n`)).toMatch(/rows 2 and 3/);
  });

  it('may have no row at all', async () => {
    const today = overlayDelta(await open(export12()), await open({ ...delta12(), 'users.csv': header('users.csv') }));
    expect((await readAll(today, 'users', ['sourcedId'])).rows).toEqual([['u1'], ['u2']]);
  });

  it('over a snapshot of a delta over a snapshot still knows each row', async () => {
    const folder = await newFolder();
    const key = Buffer.alloc(32, 7);
    const base = await open(export12());
    await saveSnapshot(base, join(folder, 'base'), { key });
    const today = overlayDelta(await openSnapshot(join(folder, 'base'), key), await open(delta12()));
    await saveSnapshot(today, join(folder, 'base'), { key });
    await today.close();
    const files = delta12();
    files['users.csv'] = [header('users.csv'), `u1,tobedeleted,${WHEN},,,,,,,,,,,,`, ''].join('\n');
    files['enrollments.csv'] = header('enrollments.csv');
    const tomorrow = overlayDelta(await openSnapshot(join(folder, 'base'), key), await open(files));
    expect(await readAll(tomorrow, 'users', ['sourcedId', 'givenName'])).toEqual({
      rows: [['u3', 'Cleo']],
      numbers: [4],
      files: ['users.csv of the last export'],
    });
    expect((await readAll(tomorrow, 'enrollments', ['sourcedId'])).rows).toEqual([['e1']]);
    await tomorrow.close();
  });
});
