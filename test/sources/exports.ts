import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import yazl from 'yazl';
import { isFailure } from '../../core/errors/failure.ts';
import type { Source } from '../../core/sources/types.ts';

/** Files of an export by name; a Buffer is written as it is. */
export type Files = Record<string, string | Buffer>;

const created: string[] = [];

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-sources-'));
  created.push(folder);
  return folder;
}

export async function removeFolders(): Promise<void> {
  for (const folder of created.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** Writes the files with a time long past, so that nothing looks freshly written. */
export async function writeFolder(files: Files, folder?: string): Promise<string> {
  const into = folder ?? (await newFolder());
  await mkdir(into, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(into, name), content);
    await utimes(join(into, name), 1_700_000_000, 1_700_000_000);
  }
  return into;
}

export async function writeZip(files: Files, top = ''): Promise<string> {
  const path = join(await newFolder(), 'export.zip');
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), top + name);
  zip.end();
  const out = createWriteStream(path);
  zip.outputStream.pipe(out);
  await finished(out);
  return path;
}

export function manifest(version: string, modes: Record<string, string>): string {
  const lines = Object.entries(modes).map(([table, mode]) => `file.${table},${mode}`);
  return ['propertyName,value', 'manifest.version,1.0', `oneroster.version,${version}`, ...lines, ''].join('\n');
}

const BULK = { orgs: 'bulk', academicSessions: 'bulk', courses: 'bulk', classes: 'bulk', users: 'bulk' };
const SHARED = { enrollments: 'bulk', demographics: 'bulk' };

const COMMON: Files = {
  'orgs.csv':
    'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\no1,,,District,district,1,\no2,,,School,school,2,o1\no3,,,Other School,school,3,o1\n',
  'academicSessions.csv':
    'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\nt1,,,Fall,semester,2026-08-17,2026-12-18,,2027\n',
  'courses.csv':
    'sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\nk1,,,,Math,M1,05,o1,,\n',
  'classes.csv':
    'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\nc1,,,Math A,05,k1,M1-1,scheduled,R1,o2,t1,,,P1\n',
  'enrollments.csv':
    'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\ne1,,,c1,o2,u1,student,false,2026-08-17,\ne2,,,c1,o2,u2,teacher,true,,\n',
  'demographics.csv': 'sourcedId,status,dateLastModified,birthDate,sex\nu1,,,2016-01-02,female\n',
};

/** A small, faultless export of 1.2. */
export function export12(): Files {
  return {
    'manifest.csv': manifest('1.2', { ...BULK, roles: 'bulk', ...SHARED }),
    ...COMMON,
    'users.csv':
      'sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,agentSourcedIds,grades,password,preferredGivenName,primaryOrgSourcedId\nu1,,,true,ada,{a:1},Ada,Lovelace,,0012,,05,secret-1,,o2\nu2,,,true,bob,{a:2},Bob,Noyce,,77,,,secret-2,,o2\n',
    'roles.csv':
      'sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\nr1,,,u1,primary,student,2026-08-17,,o2\nr2,,,u2,primary,teacher,,,o2\n',
  };
}

/** The same of 1.1: organizations and role are in users.csv. */
export function export11(): Files {
  return {
    'manifest.csv': manifest('1.1', { ...BULK, ...SHARED }),
    ...COMMON,
    'users.csv':
      'sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\nu1,,,true,o2,student,ada,{a:1},Ada,Lovelace,,0012,,,,,05,secret-1\nu2,,,true,"o2, o3,o2",teacher,bob,{a:2},Bob,Noyce,,77,,,,,,secret-2\n',
  };
}

export async function readAll(
  source: Source,
  table: string,
  columns?: readonly string[],
): Promise<{ rows: (readonly string[])[]; numbers: number[]; files: (string | undefined)[] }> {
  const rows: (readonly string[])[] = [];
  const numbers: number[] = [];
  const files: (string | undefined)[] = [];
  for await (const batch of source.read(table, columns ?? source.tables.get(table)!.columns)) {
    rows.push(...batch.rows);
    numbers.push(...batch.numbers);
    for (const _ of batch.rows) files.push(batch.file);
  }
  return { rows, numbers, files };
}

/** The sentence of the Failure that `work` ends in; fails the test where it is none. */
export async function refusal(work: () => Promise<unknown>, code = 'source-unusable'): Promise<string> {
  try {
    await work();
  } catch (thrown) {
    if (isFailure(thrown) && thrown.code === code) return thrown.message;
    throw thrown;
  }
  throw new Error('It was not refused.');
}
