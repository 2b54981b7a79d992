import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSource } from '../../core/sources/oneroster/open.ts';
import type { Source } from '../../core/sources/types.ts';
import { export11, export12, type Files, newFolder, readAll, removeFolders, writeFolder, writeZip } from './exports.ts';

afterEach(removeFolders);

const USER = ['sourcedId', 'givenName', 'familyName', 'grades'];
const USERS = [
  ['u1', 'Ada', 'Lovelace', '05'],
  ['u2', 'Bob', 'Noyce', ''],
];

async function openFolder(files: Files): Promise<Source> {
  return openSource(await writeFolder(files));
}

function codes(source: Source): string[] {
  return source.notices.map(({ code }) => code);
}

/** The export with one file rewritten. */
function changed(name: string, change: (text: string) => string | Buffer, files = export12()): Files {
  return { ...files, [name]: change(String(files[name])) };
}

describe('a OneRoster export', () => {
  it('of 1.2 is read from a folder, projected, with row numbers', async () => {
    const source = await openFolder(export12());
    expect([source.kind, source.version]).toEqual(['oneroster', '1.2']);
    expect([...source.tables.keys()].sort()).toEqual(
      ['academicSessions', 'classes', 'courses', 'demographics', 'enrollments', 'orgs', 'roles', 'users'].sort(),
    );
    expect(source.tables.get('roles')).toMatchObject({ name: 'roles', mode: 'bulk', file: 'roles.csv' });
    const { rows, numbers } = await readAll(source, 'users', ['familyName', 'sourcedId', 'pronouns', 'familyName']);
    expect(rows).toEqual([
      ['Lovelace', 'u1', '', 'Lovelace'],
      ['Noyce', 'u2', '', 'Noyce'],
    ]);
    expect(numbers).toEqual([2, 3]);
    await source.close();
  });

  it('of 1.1 gets the roles table out of users.csv', async () => {
    const source = await openFolder(export11());
    expect(source.version).toBe('1.1');
    expect(source.tables.get('roles')).toMatchObject({ mode: 'bulk', file: 'users.csv' });
    const columns = ['sourcedId', 'userSourcedId', 'roleType', 'role', 'beginDate', 'endDate', 'orgSourcedId'];
    const { rows, numbers } = await readAll(source, 'roles', columns);
    expect(rows).toEqual([
      ['u1/o2', 'u1', 'primary', 'student', '', '', 'o2'],
      ['u2/o2', 'u2', 'primary', 'teacher', '', '', 'o2'],
      ['u2/o3', 'u2', 'secondary', 'teacher', '', '', 'o3'],
    ]);
    expect(numbers).toEqual([2, 3, 3]);
  });

  it.each([
    ['at the root of a zip', ''],
    ['in the one folder of a zip', 'export-2026/'],
  ])('is read %s', async (_where, top) => {
    const source = await openSource(await writeZip(export12(), top));
    expect((await readAll(source, 'users', USER)).rows).toEqual(USERS);
    expect((await readAll(source, 'enrollments', ['sourcedId'])).rows).toEqual([['e1'], ['e2']]);
    await source.close();
  });

  it('is read from a folder in the folder', async () => {
    const outer = await newFolder();
    await writeFolder(export12(), join(outer, 'inner'));
    expect((await readAll(await openSource(outer), 'users', USER)).rows).toEqual(USERS);
  });

  it('is the same by fingerprint in a folder and a zip, and another when a byte changes', async () => {
    const folder = await openFolder(export12());
    const zip = await openSource(await writeZip(export12()));
    const other = await openFolder(changed('users.csv', (text) => text.replace('Ada', 'Adb')));
    expect(zip.fingerprint).toBe(folder.fingerprint);
    expect(other.fingerprint).not.toBe(folder.fingerprint);
    await zip.close();
  });
});

describe('an odd encoding', () => {
  const accented = (text: string): string => text.replace('Ada', 'Zoë').replace('Noyce', 'Núñez');
  const ACCENTED = [
    ['u1', 'Zoë', 'Lovelace', '05'],
    ['u2', 'Bob', 'Núñez', ''],
  ];
  const swapped = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

  it.each<[string, (text: string) => Buffer]>([
    ['UTF-8', (text) => Buffer.from(text)],
    ['UTF-8 with a mark', (text) => Buffer.from(`\ufeff${text}`)],
    ['UTF-16LE with a mark', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16BE with a mark', (text) => swapped(`\ufeff${text}`)],
    ['UTF-16LE without a mark', (text) => Buffer.from(text, 'utf16le')],
    ['UTF-16BE without a mark', (text) => swapped(text)],
  ])('%s is read without a word', async (_name, encode) => {
    const source = await openFolder(changed('users.csv', (text) => encode(accented(text))));
    expect((await readAll(source, 'users', USER)).rows).toEqual(ACCENTED);
    expect(codes(source)).not.toContain('encoding-guessed');
  });

  it('Windows-1252 is read, with a notice', async () => {
    const source = await openFolder(
      changed('users.csv', (text) => {
        const bytes = Buffer.from(text.replace('Ada', 'Zo\u00eb').replace('Noyce', 'O\u0092Brien'), 'latin1');
        return bytes;
      }),
    );
    expect((await readAll(source, 'users', ['givenName', 'familyName'])).rows).toEqual([
      ['Zoë', 'Lovelace'],
      ['Bob', 'O’Brien'],
    ]);
    expect(source.notices.find(({ code }) => code === 'encoding-guessed')?.sentence).toContain('users.csv');
  });

  it('characters cut by a chunk of the file are put together', async () => {
    const rows = Array.from({ length: 30_000 }, (_, at) => `x${at},,,true,,,ÿ名😀é${at},ñ,,,,,,,`).join('\n');
    const header = String(export12()['users.csv']).split('\n')[0]!;
    const source = await openFolder({ ...export12(), 'users.csv': `${header}\n${rows}\n` });
    const read = await readAll(source, 'users', ['givenName']);
    expect(read.rows.length).toBe(30_000);
    expect(read.rows.every(([name], at) => name === `ÿ名😀é${at}`)).toBe(true);
  });
});

describe('odd lines', () => {
  it.each<[string, (text: string) => string]>([
    ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
    ['CR', (text) => text.replaceAll('\n', '\r')],
    ['LF in the header and CRLF below', (text) => text.replaceAll('\n', '\r\n').replace('\r\n', '\n')],
    ['no final newline', (text) => text.trimEnd()],
    ['CRLF cut before the last LF', (text) => text.replaceAll('\n', '\r\n').slice(0, -1)],
    ['blank lines at the end', (text) => `${text}\n\n  \n`],
    ['empty spreadsheet rows at the end', (text) => `${text},,,,,,,,,,,,,,\n,,,,,,,,,,,,,,\n`],
    ['everything quoted', (text) => text.replace(/[^,\n]+/g, '"$&"')],
  ])('%s: the rows are the same', async (_name, change) => {
    const source = await openFolder(changed('users.csv', change));
    expect((await readAll(source, 'users', USER)).rows).toEqual(USERS);
    expect((await readAll(source, 'users', ['primaryOrgSourcedId'])).rows).toEqual([['o2'], ['o2']]);
  });

  it('a value with line ends, commas and quotes counts as one row', async () => {
    const source = await openFolder(
      changed('users.csv', (text) => text.replace('Ada', '"A ""d""\r\na, b\n"').replace('Bob', '" Bob "')),
    );
    const { rows, numbers } = await readAll(source, 'users', ['givenName']);
    expect(rows).toEqual([['A "d"\r\na, b\n'], [' Bob ']]);
    expect(numbers).toEqual([2, 3]);
  });

  it('a blank line between rows is skipped and counted', async () => {
    const source = await openFolder(changed('users.csv', (text) => text.replace('\nu2', '\n\nu2')));
    expect((await readAll(source, 'users', USER)).numbers).toEqual([2, 4]);
  });
});

describe('an odd header', () => {
  it.each<[string, string, string]>([
    ['prefferedGivenName', 'preferredGivenName', 'preferredGivenName'],
    ['dataLastModified', 'dateLastModified', 'dateLastModified'],
    ['GIVENNAME', 'givenName', 'givenName'],
    ['" given Name "', 'givenName', 'givenName'],
    ['source_id', 'sourcedId', 'sourcedId'],
    ['  familyName  ', 'familyName', 'familyName'],
  ])('%s is read as the standard writes it, and said', async (written, original, column) => {
    const source = await openFolder(changed('users.csv', (text) => text.replace(original, written)));
    expect(source.tables.get('users')!.columns).toContain(column);
    expect((await readAll(source, 'users', USER)).rows).toEqual(USERS);
    expect(source.notices.find(({ code }) => code === 'header-put-right')?.sentence).toContain(column);
  });

  it('birthdate in demographics is the birth date', async () => {
    const source = await openFolder(changed('demographics.csv', (text) => text.replace('birthDate', 'birthdate')));
    expect((await readAll(source, 'demographics', ['birthDate'])).rows).toEqual([['2016-01-02']]);
  });

  it('another order of columns does not matter', async () => {
    const source = await openFolder({
      ...export12(),
      'demographics.csv': 'birthDate,sex,sourcedId\n2016-01-02,female,u1\n',
    });
    expect((await readAll(source, 'demographics', ['sourcedId', 'birthDate'])).rows).toEqual([['u1', '2016-01-02']]);
  });

  it('extension columns keep their name; columns without one are not read', async () => {
    const source = await openFolder({
      ...export12(),
      'demographics.csv': 'sourcedId,birthDate,metadata.ssid,,metadata.ssid\nu1,2016-01-02,77,x,88\n',
    });
    expect(source.tables.get('demographics')!.columns).toEqual(['sourcedId', 'birthDate', 'metadata.ssid']);
    expect((await readAll(source, 'demographics', ['metadata.ssid'])).rows).toEqual([['77']]);
    expect(codes(source)).toEqual(expect.arrayContaining(['header-blank', 'header-repeated']));
  });

  it('a misspelt column beside the right one is an extension', async () => {
    const source = await openFolder({
      ...export12(),
      'demographics.csv': 'sourcedId,birthday,birthDate\nu1,1999-09-09,2016-01-02\n',
    });
    expect((await readAll(source, 'demographics', ['birthDate', 'birthday'])).rows).toEqual([
      ['2016-01-02', '1999-09-09'],
    ]);
  });
});

describe('credentials', () => {
  it('are no columns, read as nothing, and are named in a notice', async () => {
    const source = await openFolder(export12());
    const { columns } = source.tables.get('users')!;
    expect(columns).not.toContain('password');
    expect(columns).not.toContain('username');
    expect((await readAll(source, 'users', ['password', 'username', 'sourcedId'])).rows).toEqual([
      ['', '', 'u1'],
      ['', '', 'u2'],
    ]);
    expect(source.notices.find(({ code }) => code === 'credentials-not-read')?.sentence).toMatch(
      /username and password/,
    );
  });

  it('are dropped in any spelling and any table; userProfiles.csv is not a table', async () => {
    const source = await openFolder({
      ...changed('users.csv', (text) => text.replace('password', 'Pass_Word')),
      'demographics.csv': 'sourcedId,birthDate,metadata.initialPassword\nu1,2016-01-02,hidden\n',
      'userProfiles.csv': 'sourcedId,password\np1,hidden\n',
    });
    expect(JSON.stringify([...source.tables.values()]).toLowerCase()).not.toContain('pass');
    expect(source.tables.has('userProfiles')).toBe(false);
    expect((await readAll(source, 'demographics', ['metadata.initialPassword'])).rows).toEqual([['']]);
    expect(codes(source).filter((code) => code === 'credentials-not-read').length).toBe(3);
  });
});

describe('odd files', () => {
  it('a missing manifest: bulk, the version by the files, and a notice', async () => {
    const { 'manifest.csv': _, ...twelve } = export12();
    const { 'manifest.csv': __, ...eleven } = export11();
    const [one, other] = [await openFolder(eleven), await openFolder(twelve)];
    expect([one.version, other.version]).toEqual(['1.1', '1.2']);
    expect(codes(one)).toContain('manifest-missing');
    expect([...one.tables.values()].every(({ mode }) => mode === 'bulk')).toBe(true);
  });

  it('unknown files get a notice, known files that hold no roster do not', async () => {
    const source = await openFolder({
      ...export12(),
      'notes.txt': 'x',
      'lineItems.csv': 'sourcedId\n',
      '.DS_Store': 'x',
    });
    const sentences = source.notices.filter(({ code }) => code === 'file-unknown').map(({ sentence }) => sentence);
    expect(sentences).toEqual([expect.stringContaining('notes.txt')]);
  });

  it('file names in another case are found', async () => {
    const { 'users.csv': users, ...rest } = export12();
    const source = await openFolder({ ...rest, 'USERS.CSV': users! });
    expect((await readAll(source, 'users', USER)).rows).toEqual(USERS);
    expect(source.tables.get('users')!.file).toBe('USERS.CSV');
  });

  it('rows to be deleted are gone from a full set', async () => {
    const source = await openFolder(changed('users.csv', (text) => text.replace('u2,,', 'u2,ToBeDeleted,')));
    expect((await readAll(source, 'users', USER)).rows).toEqual([USERS[0]]);
  });

  it('an empty table other than users is read as empty, with a notice', async () => {
    const source = await openFolder(changed('enrollments.csv', (text) => text.split('\n')[0]!));
    expect((await readAll(source, 'enrollments')).rows).toEqual([]);
    expect(source.notices.find(({ code }) => code === 'table-empty')?.sentence).toContain('enrollments.csv');
  });

  it('a file written a moment ago that stays as it is gets read', async () => {
    const folder = await writeFolder(export12());
    await writeFile(join(folder, 'orgs.csv'), String(export12()['orgs.csv']));
    const now = Date.now() / 1000;
    await utimes(join(folder, 'orgs.csv'), now, now);
    expect((await readAll(await openSource(folder), 'orgs', ['sourcedId'])).rows).toEqual([['o1'], ['o2'], ['o3']]);
  });
});
