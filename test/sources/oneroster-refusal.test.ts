import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openSource } from '../../core/sources/oneroster/open.ts';
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
  writeZip,
} from './exports.ts';

afterEach(removeFolders);

function changed(name: string, change: (text: string) => string | Buffer, files = export12()): Files {
  return { ...files, [name]: change(String(files[name])) };
}

function without(name: string, files = export12()): Files {
  const { [name]: _, ...rest } = files;
  return rest;
}

/** Opens and reads every table, as a sync does; the sentence it is refused with. */
async function refused(files: Files): Promise<string> {
  const folder = await writeFolder(files);
  return refusal(async () => {
    const source = await openSource(folder);
    for (const table of source.tables.keys()) await readAll(source, table);
  });
}

describe('rows that would corrupt', () => {
  it.each<[string, string, (text: string) => string, RegExp]>([
    [
      'too few values',
      'enrollments.csv',
      (text) => text.replace('e2,,,c1,', 'e2,,c1,'),
      /enrollments\.csv, row 3: 9 values .* 10/,
    ],
    ['too many values', 'users.csv', (text) => text.replace('Ada', 'A,da'), /users\.csv, row 2: 16 values .* 15/],
    ['a cut last row', 'users.csv', (text) => text.slice(0, -30), /users\.csv, row 3/],
    ['a quoted value cut off', 'users.csv', (text) => text.replace('Bob', '"Bob'), /users\.csv, row 3: .*cut off/],
    [
      'text after a closing quote',
      'users.csv',
      (text) => text.replace('Ada', '"A"da'),
      /users\.csv, row 2: .*closing quote/,
    ],
    ['one sourcedId twice', 'enrollments.csv', (text) => text.replace('e2,', 'e1,'), /enrollments\.csv: rows 2 and 3/],
    [
      'one sourcedId twice, padded',
      'enrollments.csv',
      (text) => text.replace('e2,', ' e1 ,'),
      /enrollments\.csv: rows 2 and 3/,
    ],
    ['a blank sourcedId', 'users.csv', (text) => text.replace('u2,', ' ,'), /users\.csv, row 3: sourcedId is blank/],
    ['a status that is none', 'users.csv', (text) => text.replace('u2,,', 'u2,gone,'), /users\.csv, row 3: status/],
  ])('%s', async (_name, file, change, sentence) => {
    const text = await refused(changed(file, change));
    expect(text).toMatch(sentence);
    // Never a value from a record.
    expect(text).not.toMatch(/Ada|Bob|Lovelace|Noyce|gone/);
  });

  it('a quote that is never closed stops before it takes the memory', async () => {
    const rows = Array.from({ length: 120_000 }, (_, at) => `x${at},,,c1,o2,u1,student,false,2026-08-17,`).join('\n');
    const text = await refused(changed('enrollments.csv', (own) => `${own}"${rows}\n`));
    expect(text).toMatch(/enrollments\.csv, row 4: a quoted value does not end/);
  });

  it.each([
    ['folder', (files: Files) => writeFolder(files)],
    ['zip', (files: Files) => writeZip(files)],
  ])('of several damaged files the same is named each time, whichever is found first: a %s', async (_kind, write) => {
    // Its damage is met long after that of the other.
    const rows = 'c1,,,Math A,05,k1,M1-1,scheduled,R1,o2,t1,,,P1\n'.repeat(200_000);
    const path = await write(
      changed(
        'users.csv',
        (own) => `${own}\0`,
        changed('classes.csv', (own) => `${own}${rows}\0`),
      ),
    );
    for (let round = 0; round < 3; round += 1) {
      expect(await refusal(() => openSource(path))).toMatch(/^classes\.csv holds zero bytes/);
    }
  });

  it('row numbers count a value with line ends once', async () => {
    const text = await refused(changed('users.csv', (own) => own.replace('Ada', '"A\nd\na"').replace('u2,,', 'u2,')));
    expect(text).toMatch(/users\.csv, row 3/);
  });
});

describe('an incomplete export', () => {
  const required = ['orgs', 'academicSessions', 'courses', 'classes', 'users', 'enrollments', 'demographics'];
  it.each([...required, 'roles'])('1.2 without %s.csv', async (table) => {
    const files = without(`${table}.csv`);
    expect(await refused(without('manifest.csv', files))).toContain(table === 'roles' ? 'users.csv' : `${table}.csv`);
    expect(await refused(files)).toMatch(new RegExp(`manifest\\.csv names ${table}\\.csv`));
    expect(await refused({ ...files, 'manifest.csv': manifest('1.2', {}) })).toContain(`${table}.csv is missing`);
  });

  it.each(required)('1.1 without %s.csv', async (table) => {
    const files = { ...without(`${table}.csv`, export11()), 'manifest.csv': manifest('1.1', { [table]: 'absent' }) };
    expect(await refused(files)).toMatch(new RegExp(`${table}\\.csv is missing.*manifest\\.csv says so`));
  });

  it.each([
    ['orgs.csv', 'name'],
    ['classes.csv', 'termSourcedIds'],
    ['users.csv', 'familyName'],
    ['roles.csv', 'orgSourcedId'],
    ['enrollments.csv', 'userSourcedId'],
    ['demographics.csv', 'birthDate'],
  ])('%s without the column %s', async (file, column) => {
    const text = await refused(changed(file, (own) => own.replace(new RegExp(`\\b${column}\\b`), 'zzz')));
    expect(text).toContain(`${file}, row 1: the column ${column} is missing`);
  });

  it('1.1 users without role', async () => {
    expect(await refused(changed('users.csv', (own) => own.replace(',role,', ',zzz,'), export11()))).toContain(
      'column role',
    );
  });

  it('a column that is there twice', async () => {
    expect(await refused(changed('users.csv', (own) => own.replace('middleName', 'GivenName')))).toContain('givenName');
  });

  it('users.csv with a header only', async () => {
    const header = String(export12()['users.csv']).split('\n')[0]!;
    for (const text of [header, `${header}\r\n\r\n`, `${header}\n,,,,,,,,,,,,,,\n`]) {
      expect(await refused({ ...export12(), 'users.csv': text })).toMatch(/users\.csv has a header and no row/);
    }
  });

  it('a file without even a header', async () => {
    expect(await refused({ ...export12(), 'orgs.csv': '' })).toMatch(/orgs\.csv is empty/);
    expect(await refused({ ...export12(), 'orgs.csv': '\ufeff' })).toMatch(/orgs\.csv is empty/);
  });

  it('a manifest that the files contradict, of another version, or that says nonsense', async () => {
    const say = (modes: Record<string, string>, version = '1.2') =>
      refused({ ...export12(), 'manifest.csv': manifest(version, modes) });
    expect(await say({ users: 'absent' })).toMatch(/says that users\.csv is absent/);
    expect(await say({ users: 'bulky' })).toMatch(/manifest\.csv, row 4/);
    expect(await say({}, '1.0')).toMatch(/manifest\.csv, row 3: .*1\.1 or 1\.2/);
    expect(await say({ users: 'delta' })).toMatch(/does not say whether orgs\.csv/);
  });
});

describe('damaged bytes', () => {
  it('zero bytes, an unknown encoding, a cut character', async () => {
    expect(await refused(changed('users.csv', (text) => `${text}\0\0\0`))).toMatch(/users\.csv holds zero bytes/);
    const unknown = changed('users.csv', (text) => Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0x81])]));
    expect(await refused(unknown)).toMatch(/users\.csv is in no encoding/);
    const cut = changed('users.csv', (text) =>
      Buffer.concat([Buffer.from(text.replace('Ada', 'Zoë')), Buffer.from([0xc3])]),
    );
    expect(await refused(cut)).toMatch(/users\.csv ends in the middle of a character/);
  });

  it('a zip that is cut off anywhere, or has a flipped byte', async () => {
    const path = await writeZip(export12());
    const whole = await readFile(path);
    const read = async () => {
      const source = await openSource(path, { settleMs: 0 });
      await source.close();
    };
    await read();
    for (const length of [0, 10, whole.length >> 1, whole.length - 30, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, length));
      expect(await refusal(read)).toMatch(/export\.zip is damaged or was not copied completely/);
    }
    const flipped = Buffer.from(whole);
    flipped[120] = flipped[120]! ^ 0x55;
    await writeFile(path, flipped);
    expect(await refusal(read)).toMatch(/damaged/);
  });
});

describe('what is no export', () => {
  it('nothing there, an empty folder, other files, a file that is no zip, several exports', async () => {
    const folder = await newFolder();
    expect(await refusal(() => openSource(join(folder, 'nowhere')))).toMatch(/no folder or zip file nowhere/);
    expect(await refusal(() => openSource(folder))).toMatch(/is empty/);
    await writeFile(join(folder, 'letter.txt'), 'x');
    expect(await refusal(() => openSource(folder))).toMatch(/holds no OneRoster export/);
    expect(await refusal(() => openSource(join(folder, 'letter.txt')))).toMatch(/neither a folder nor a zip/);
    await writeFolder(export12(), join(folder, 'one'));
    await writeFolder(export12(), join(folder, 'two'));
    expect(await refusal(() => openSource(folder))).toMatch(/several OneRoster exports/);
    const zip = await writeZip({ 'letter.txt': 'x' });
    expect(await refusal(() => openSource(zip))).toMatch(/holds no OneRoster export/);
    const both = await writeZip({ 'a/users.csv': 'x', 'b/users.csv': 'x' });
    expect(await refusal(() => openSource(both))).toMatch(/several OneRoster exports/);
  });

  it('a table that is not there', async () => {
    const source = await openSource(await writeFolder(export12()));
    expect(await refusal(() => readAll(source, 'results', ['sourcedId']))).toMatch(/no table results/);
  });
});

describe('a moving export', () => {
  it('is refused while it grows', async () => {
    const folder = await writeFolder(export12());
    const opening = refusal(() => openSource(folder, { settleMs: 400 }));
    await wait(100);
    await appendFile(join(folder, 'enrollments.csv'), 'e3,,,c1,o2,u1,student,false,,\n');
    expect(await opening).toMatch(/enrollments\.csv is still being written/);
  });

  it('is refused while files come', async () => {
    const folder = await writeFolder(without('roles.csv'));
    const opening = refusal(() => openSource(folder, { settleMs: 400 }));
    await wait(100);
    await writeFile(join(folder, 'roles.csv'), String(export12()['roles.csv']));
    expect(await opening).toMatch(/roles\.csv is still being written/);
  });

  it('is refused when a file changes between opening and reading, by growing or by shrinking', async () => {
    const folder = await writeFolder(export12());
    const source = await openSource(folder);
    await appendFile(join(folder, 'enrollments.csv'), 'e3,,,c1,o2,u1,student,false,,\n');
    expect(await refusal(() => readAll(source, 'enrollments'))).toMatch(/enrollments\.csv changed while it was read/);
    await truncate(join(folder, 'users.csv'), String(export12()['users.csv']).indexOf('u2'));
    expect(await refusal(() => readAll(source, 'users'))).toMatch(/users\.csv changed while it was read/);
  });

  it('stops when it is told to', async () => {
    const source = await openSource(await writeFolder(export12()));
    const stop = AbortSignal.abort();
    const reading = refusal(async () => {
      for await (const _ of source.read('users', ['sourcedId'], stop)) throw new Error('It went on.');
    }, 'cancelled');
    expect(await reading).toContain('stopped');
    const folder = await writeFolder(export12());
    expect(await refusal(() => openSource(folder, { signal: stop }), 'cancelled')).toContain('stopped');
  });
});
