/** Spoils a OneRoster export: its bytes, its headers and rows, its files and their names, its zip. */
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { CANARY } from './property.ts';

export type Files = Map<string, Buffer>;

const manifest = (version: string, mode: string, tables: readonly string[]): string =>
  [
    'propertyName,value',
    'manifest.version,1.0',
    `oneroster.version,${version}`,
    ...tables.map((table) => `file.${table},${mode}`),
    '',
  ].join('\n');

/** A small, faultless export of 1.2, or of 1.1; every value of a person is one that no sentence may repeat. */
export function exportOf(version: '1.1' | '1.2'): Files {
  const person = `${CANARY}-1,${CANARY}`;
  const tables: Record<string, string> = {
    orgs: 'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\no1,,,North,district,255901,\no2,,,East,school,255901001,o1\n',
    academicSessions:
      'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\ny1,,,2026,schoolYear,2026-08-01,2027-06-01,,2027\nt1,,,Fall,semester,2026-08-17,2026-12-18,y1,2027\n',
    courses:
      'sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\nk1,,,y1,Math,M1,05,o1,,\n',
    classes:
      'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\nc1,,,Math A,05,k1,M1-1,scheduled,R1,o2,t1,,,P1\n',
    users:
      version === '1.2'
        ? `sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,agentSourcedIds,grades,preferredGivenName,primaryOrgSourcedId\nu1,,,true,a,{a:1},${person},,0012,,05,,o2\nu2,,,true,b,{a:2},${person},,77,,,,o2\n`
        : `sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades\nu1,,,true,o2,student,a,{a:1},${person},,0012,,,,,05\nu2,,,true,"o2, o3,o2",teacher,b,{a:2},${person},,77,,,,,\n`,
    enrollments:
      'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\ne1,,,c1,o2,u1,student,false,2026-08-17,\ne2,,,c1,o2,u2,teacher,true,,\n',
    demographics: 'sourcedId,status,dateLastModified,birthDate,sex\nu1,,,2016-01-02,female\n',
  };
  if (version === '1.2') {
    tables.roles =
      'sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\nr1,,,u1,primary,student,2026-08-17,,o2\nr2,,,u2,primary,teacher,,,o2\n';
  }
  tables.manifest = manifest(version, 'bulk', Object.keys(tables));
  return new Map(Object.entries(tables).map(([name, text]) => [`${name}.csv`, Buffer.from(text)]));
}

const BYTE_KINDS = ['flip', 'insert', 'cut', 'truncate', 'repeat'] as const;
const FILE_KINDS = [
  'drop',
  'rename',
  'twice',
  'empty',
  'delta',
  'encode',
  'line ends',
  'huge field',
  'many columns',
  'many rows',
] as const;
const ROW_KINDS = [
  'header case',
  'header twice',
  'header blank',
  'header swap',
  'quote',
  'ragged',
  'same id',
  'status',
  'no header',
] as const;

export interface Spoiling {
  readonly kind: (typeof BYTE_KINDS)[number] | (typeof FILE_KINDS)[number] | (typeof ROW_KINDS)[number];
  readonly file: number;
  readonly at: number;
  readonly text: string;
}

const PIECES = [
  '"',
  '""',
  ',',
  '\n',
  '\r',
  '\r\n',
  '\u0000',
  '\ufeff',
  '"\n',
  '",',
  ' "',
  'é',
  '\u2028',
  '😀',
  '=1+1',
  '\t',
  ';',
  CANARY,
  `${CANARY}"`,
];

export const spoilings = (most: number): fc.Arbitrary<Spoiling[]> =>
  fc.array(
    fc.record({
      kind: fc.constantFrom<Spoiling['kind']>(...BYTE_KINDS, ...BYTE_KINDS, ...FILE_KINDS, ...ROW_KINDS, ...ROW_KINDS),
      file: fc.nat(50),
      at: fc.nat(5_000),
      text: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4, unit: 'binary' })),
    }),
    { minLength: 1, maxLength: most },
  );

const NAMES = [
  'USERS.CSV',
  'users.csv.bak',
  'Orgs.Csv',
  'userProfiles.csv',
  '__proto__',
  'constructor.csv',
  '.users.csv',
  'manifest.CSV',
  `${'n'.repeat(200)}.csv`,
  'a\u202eb.csv',
];

function encoded(bytes: Buffer, how: number): Buffer {
  const text = bytes.toString('utf8');
  switch (how % 6) {
    case 0:
      return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    case 1:
      return Buffer.from(text, 'utf16le');
    case 2:
      return Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]);
    case 3:
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    case 4:
      return Buffer.from(text.replace(/,/, 'é,'), 'latin1');
    default:
      return Buffer.concat([Buffer.from([0xff, 0xfe]), bytes]);
  }
}

function spoilRows(bytes: Buffer, { kind, at, text }: Spoiling): Buffer {
  const [header = '', ...rows] = bytes.toString('utf8').split('\n');
  const names = header.split(',');
  if (rows.length === 0) return bytes;
  const place = at % Math.max(1, names.length);
  const row = at % Math.max(1, rows.length);
  const write = (first: string, others: readonly string[] = rows): Buffer => Buffer.from([first, ...others].join('\n'));
  const rowAs = (changed: string): Buffer => write(header, rows.with(row, changed));
  const before = rows[row] ?? '';
  switch (kind) {
    case 'header case':
      return write(names.with(place, (names[place] ?? '').toUpperCase()).join(','));
    case 'header twice':
      return write(
        [...names, names[place]].join(','),
        rows.map((one) => (one === '' ? one : `${one},x`)),
      );
    case 'header blank':
      return write(names.with(place, text).join(','));
    case 'header swap':
      return write([...names].reverse().join(','));
    case 'quote':
      return rowAs(
        before
          .split(',')
          .with(at % Math.max(1, before.split(',').length), `"${text}`)
          .join(','),
      );
    case 'ragged':
      return rowAs(at % 2 === 0 ? `${before},${text}` : before.replace(',', ''));
    case 'same id':
      return write(header, [before, ...rows]);
    case 'status':
      return rowAs(before.replace(',,', `,${CANARY},`));
    default:
      return write(rows[0] ?? '', rows.slice(1));
  }
}

function spoilBytes(bytes: Buffer, { kind, at, text }: Spoiling): Buffer {
  const place = at % Math.max(1, bytes.length);
  const rest = bytes.subarray(place);
  switch (kind) {
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[place] = (copy[place] as number) ^ (1 << (at % 8));
      return copy;
    }
    case 'insert':
      return Buffer.concat([bytes.subarray(0, place), Buffer.from(text), rest]);
    case 'cut':
      return Buffer.concat([bytes.subarray(0, place), rest.subarray(1 + (at % 7))]);
    case 'truncate':
      return bytes.subarray(0, place);
    default:
      return Buffer.concat([bytes, rest]);
  }
}

/** @returns another export; the one that is given stays as it is */
export function spoilExport(files: Files, all: readonly Spoiling[]): Files {
  const spoiled: Files = new Map(files);
  for (const one of all) {
    const names = [...spoiled.keys()];
    const name = names[one.file % Math.max(1, names.length)];
    if (name === undefined) break;
    const bytes = spoiled.get(name) as Buffer;
    if ((BYTE_KINDS as readonly string[]).includes(one.kind)) spoiled.set(name, spoilBytes(bytes, one));
    else if ((ROW_KINDS as readonly string[]).includes(one.kind)) spoiled.set(name, spoilRows(bytes, one));
    else spoilFile(spoiled, name, bytes, one);
  }
  return spoiled;
}

function spoilFile(files: Files, name: string, bytes: Buffer, { kind, at, text }: Spoiling): void {
  const lines = bytes.toString('utf8').split('\n');
  switch (kind) {
    case 'drop':
      files.delete(name);
      return;
    case 'rename':
      files.delete(name);
      files.set(NAMES[at % NAMES.length] as string, bytes);
      return;
    case 'twice':
      files.set(NAMES[at % NAMES.length] as string, bytes);
      return;
    case 'empty':
      files.set(name, Buffer.from(at % 2 === 0 ? '' : `${lines[0]}\n`));
      return;
    case 'delta': {
      const said = (files.get('manifest.csv') ?? Buffer.from('')).toString('utf8');
      files.set(
        'manifest.csv',
        Buffer.from(
          at % 3 === 0 ? said.replaceAll('bulk', 'delta') : said.replace('bulk', at % 3 === 1 ? 'absent' : text),
        ),
      );
      return;
    }
    case 'encode':
      files.set(name, encoded(bytes, at));
      return;
    case 'line ends':
      files.set(name, Buffer.from(lines.join(at % 3 === 0 ? '\r' : at % 3 === 1 ? '\r\n' : '\n\n')));
      return;
    case 'huge field':
      files.set(
        name,
        Buffer.from(`${lines.join('\n')}"${CANARY.repeat(at % 50 === 0 ? at * 90 : at)}${at % 2 === 0 ? '"' : ''}\n`),
      );
      return;
    case 'many columns':
      files.set(name, Buffer.from([lines[0] + ',x'.repeat(at), ...lines.slice(1)].join('\n')));
      return;
    default:
      files.set(
        name,
        Buffer.from([lines[0], ...Array.from({ length: at % 300 }, (_, row) => `${row}${lines[1]}`)].join('\n')),
      );
  }
}

export interface Shape {
  readonly as: 'folder' | 'zip';
  /** Where in it the files lie. */
  readonly inside: string;
  /** Of a zip: what happens to its own bytes. */
  readonly bytes: readonly Spoiling[];
}

const INSIDE = ['', '', '', 'export/', 'a/b/', '../', '/', 'C:\\', '__MACOSX/', 'x\\', './', `${'d/'.repeat(60)}`];

export const shape: fc.Arbitrary<Shape> = fc.record({
  as: fc.constantFrom<Shape['as']>('folder', 'folder', 'zip'),
  inside: fc.constantFrom(...INSIDE),
  bytes: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.record({
          kind: fc.constantFrom(...BYTE_KINDS),
          file: fc.constant(0),
          at: fc.nat(20_000),
          text: fc.string({ maxLength: 3 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    },
  ),
});

/** A zip made by hand, so that its names may be what no library writes. */
export function zipOf(files: readonly (readonly [string, Buffer])[], attributes = 0): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const packed = deflateRawSync(bytes);
    const named = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(named.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, named, packed]);
    const end = Buffer.alloc(14);
    end.writeUInt32LE(attributes, 6);
    end.writeUInt32LE(offset, 10);
    list.push(Buffer.concat([Buffer.from('PK\u0001\u0002'), Buffer.from([20, 3]), common, end, named]));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(list);
  const tail = Buffer.alloc(18);
  tail.writeUInt16LE(files.length, 4);
  tail.writeUInt16LE(files.length, 6);
  tail.writeUInt32LE(directory.length, 8);
  tail.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, directory, Buffer.from('PK\u0005\u0006'), tail]);
}

const LONG_AGO = 1_700_000_000;

/** Writes it below `folder`, as files long finished. @returns the path to open */
export function writeShape(folder: string, files: Files, { as, inside, bytes }: Shape): string {
  if (as === 'zip') {
    const zip = zipOf([...files].map(([name, content]) => [`${inside}${name}`, content]));
    const file = path.join(folder, 'export.zip');
    writeFileSync(file, bytes.reduce(spoilBytes, zip));
    utimesSync(file, LONG_AGO, LONG_AGO);
    return file;
  }
  // Only ways down: what leads out of a folder is for zips.
  const within = path.join(folder, 'export', /^[\w/]*$/.test(inside) && !inside.startsWith('/') ? inside : '');
  mkdirSync(within, { recursive: true });
  for (const [name, content] of files) {
    const file = path.join(within, name);
    if (name === '.users.csv') symlinkSync(within, file);
    else {
      writeFileSync(file, content);
      utimesSync(file, LONG_AGO, LONG_AGO);
    }
  }
  return path.join(folder, 'export');
}
