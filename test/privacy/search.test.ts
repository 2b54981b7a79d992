/** The search itself: it finds a canary in every disguise, and nothing where there is none. */
import { hash } from 'node:crypto';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ZipFile } from 'yazl';
import type { Canary } from './canaries.ts';
import { createSearch, type Hit, type Place, placesIn, searchFor, textPlace } from './search.ts';
import { digits, rareDay, SCRIPTS, type Script, word } from './tokens.ts';

const canary = (value: string, form: Canary['form'], column: string): Canary => ({
  value,
  form,
  plane: 'value',
  table: 'users',
  column,
  row: 2,
});
const WORD = canary(word(1234), 'word', 'givenName');
const MAIL = canary(`${word(77)}@example.org`, 'word', 'email');
const NUMBER = canary(digits(4321), 'number', 'identifier');
const DAY = canary(rareDay(777), 'day', 'birthDate');
const SECRET = canary('a-Secret.Planted~93fe1b27c05d', 'word', 'secret');
const NAMES = (Object.keys(SCRIPTS) as Script[]).map((script) => canary(word(99, script), 'word', script));
const ALL = [WORD, MAIL, NUMBER, DAY, SECRET, ...NAMES];
const search = createSearch(ALL);

const AROUND = ['{"level":30,"note":"', '","row":7}\n'] as const;
const inLine = (text: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(AROUND[0]), Buffer.from(text as string), Buffer.from(AROUND[1])]);
const found = (bytes: Buffer): Hit[] => search([{ name: 'log', bytes }]);
const expectFound = (bytes: Buffer | string, of: Canary = WORD): void => {
  const hits = found(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes));
  const names = hits.map(({ from }) => from);
  expect(names).toContain(`${of.table}.${of.column} row ${of.row}`);
};

const percent = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const units = (text: string): number[] => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
const unicode = (text: string): string =>
  units(text)
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
const points = (text: string): number[] => [...text].map((letter) => letter.codePointAt(0) as number);

const DISGUISES: Readonly<Record<string, (text: string) => Buffer | string>> = {
  'as it is': (text) => text,
  'in upper case': (text) => text.toUpperCase(),
  'in lower case': (text) => text.toLowerCase(),
  'URL-encoded': percent,
  'URL-encoded twice': (text) => percent(percent(text)),
  'escaped as JSON': unicode,
  'escaped as JSON inside JSON': (text) => JSON.stringify(JSON.stringify({ text: unicode(text) })),
  'escaped by code point': (text) =>
    points(text)
      .map((point) => `\\u{${point.toString(16)}}`)
      .join(''),
  'escaped by byte': (text) => [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16)}`).join(''),
  'as decimal entities': (text) =>
    points(text)
      .map((point) => `&#${point};`)
      .join(''),
  'as hexadecimal entities': (text) =>
    points(text)
      .map((point) => `&#x${point.toString(16)};`)
      .join(''),
  'as entities escaped once more': (text) =>
    points(text)
      .map((point) => `&amp;#${point};`)
      .join(''),
  'quoted-printable': (text) =>
    [...Buffer.from(text)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  'in base64': (text) => Buffer.from(text).toString('base64'),
  'in base64, one byte later': (text) => Buffer.from(`x${text}`).toString('base64'),
  'in base64, two bytes later': (text) => Buffer.from(`xy${text}`).toString('base64'),
  'in the base64 of URLs': (text) => Buffer.from(`~~~${text}~~~`).toString('base64url'),
  'in base64 of several lines': (text) =>
    (
      Buffer.from(`${'a'.repeat(50)}${text}`)
        .toString('base64')
        .match(/.{1,20}/g) ?? []
    ).join('\r\n'),
  'in base64 of base64 in a URL': (text) => percent(Buffer.from(text).toString('base64')),
  'in hex': (text) => Buffer.from(text).toString('hex'),
  'in upper-case hex': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'in hex with blanks': (text) => (Buffer.from(text).toString('hex').match(/../g) ?? []).join(' '),
  'in UTF-16LE': (text) => Buffer.from(text, 'utf16le'),
  'in UTF-16BE': (text) => Buffer.from(text, 'utf16le').swap16(),
  'in base64 of UTF-16': (text) => Buffer.from(text, 'utf16le').toString('base64'),
  reversed: (text) => Buffer.from(text).reverse(),
  'as its MD5': (text) => hash('md5', text, 'hex'),
  'as its SHA-1 in base64': (text) => hash('sha1', text, 'base64'),
  'as its SHA-256': (text) => hash('sha256', text, 'hex'),
  'as its SHA-512': (text) => hash('sha512', text, 'hex'),
  'as the SHA-256 of its lower case': (text) => hash('sha256', text.toLowerCase(), 'hex'),
  'as the first twelve characters of its SHA-256': (text) => hash('sha256', text, 'hex').slice(0, 12),
  'as the bytes of its SHA-256': (text) => hash('sha256', text, 'buffer'),
  gzipped: (text) => gzipSync(`${'. '.repeat(200)}${text}`),
  'deflated with a header': (text) => deflateSync(`${'. '.repeat(200)}${text}`),
  'in zstd': (text) => zstdCompressSync(`${'. '.repeat(200)}${text}`),
  'gzipped, in base64': (text) => gzipSync(`${'. '.repeat(200)}${text}`).toString('base64'),
};

describe('finds a canary', () => {
  for (const [name, disguise] of Object.entries(DISGUISES)) {
    test(name, () => {
      for (const one of ALL) expectFound(inLine(disguise(one.value) as string), one);
    });
  }

  test('in pieces of a word: its beginning, its middle, its end', () => {
    const [beginning, middle, end] = [WORD.value.slice(0, 6), WORD.value.slice(4, 12), WORD.value.slice(-6)];
    expectFound(middle);
    expectFound(WORD.value.slice(0, -3));
    expectFound(NUMBER.value.slice(-10), NUMBER);
    expect(found(inLine(NUMBER.value.slice(0, 8))).map(({ form }) => form)).toContain('first digits');
    for (const piece of [beginning, end]) expect(found(inLine(piece)).map(({ form }) => form)).toContain('marker');
  });

  test('in every form of a day', () => {
    const [year, month, date] = DAY.value.split('-').map(Number) as [number, number, number];
    const at = Date.UTC(year, month - 1, date);
    const forms = [`${month}/${date}/${year}`, DAY.value.replaceAll('-', ''), String(at), String(at / 1000)];
    for (const form of [...forms, new Date(at).toUTCString(), new Date(at).toISOString()]) expectFound(form, DAY);
  });

  test('in a number kept in binary', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(Number(NUMBER.value));
    expectFound(inLine(bytes as never), NUMBER);
    bytes.writeBigInt64LE(BigInt(NUMBER.value));
    expectFound(inLine(bytes as never), NUMBER);
  });

  test('in a deflated entry of a zip, and in the name of one', async () => {
    const folder = newFolder();
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(`${'event '.repeat(100)}${WORD.value}`), 'events.jsonl', { compress: true });
    zip.addBuffer(Buffer.from('nothing'), `${MAIL.value}.txt`, { compress: false });
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(path.join(folder, 'bundle.zip')));
    const names = search(placesIn(folder, 'folder')).map(({ from }) => from);
    expect(names).toContain('users.givenName row 2');
    expect(names).toContain('users.email row 2');
  });

  test('in a long value of a database, in its log, and where it was deleted', () => {
    const folder = newFolder();
    const file = path.join(folder, 'ledger.db');
    const db = new Database(file);
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE cache (body BLOB); CREATE TABLE gone (name TEXT)');
    db.prepare('INSERT INTO cache VALUES (?)').run(
      zstdCompressSync(Buffer.concat([noise(20_000), Buffer.from(MAIL.value)])),
    );
    db.prepare('INSERT INTO gone VALUES (?)').run(WORD.value);
    const places = (): Hit[] => search(placesIn(folder, 'data'));
    expect(places().map(({ place, from }) => `${place}: ${from}`)).toEqual(
      expect.arrayContaining([
        'data/ledger.db cache.body: users.email row 2',
        'data/ledger.db-wal: users.givenName row 2',
      ]),
    );
    db.exec('DELETE FROM gone');
    db.pragma('wal_checkpoint(TRUNCATE)');
    expect(places().map(({ place, from }) => `${place}: ${from}`)).toContain('data/ledger.db: users.givenName row 2');
    db.close();
  });

  test('in the name of a file', () => {
    const folder = newFolder();
    writeFileSync(path.join(folder, `${WORD.value}.csv`), 'nothing');
    expect(search(placesIn(folder, 'temp')).map(({ place }) => place)).toContain('names of files in temp');
  });

  test('raw, deflated without any header inside another file', () => {
    // A stream without a magic number cannot be told from noise: only zips, which say where it begins, are opened.
    const bytes = deflateRawSync(`${'. '.repeat(200)}${WORD.value}`);
    expect(found(bytes)).toEqual([]);
  });
});

describe('finds nothing', () => {
  const sources = fileURLToPath(new URL('../../', import.meta.url));
  const clean = (folder: string, ending: RegExp): Place[] =>
    readdirSync(path.join(sources, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => ending.test(name))
      .map((name) => ({ name, bytes: readFileSync(path.join(sources, folder, name)) }));

  test('in our own code, our documents, and a fictional district', () => {
    const places = [...clean('core', /\.ts$/), ...clean('docs', /\.md$/), ...clean('assets/district', /\.csv$/)];
    expect(places.length).toBeGreaterThan(50);
    expect(search(places)).toEqual([]);
  });

  test('in noise, as it is and in base64 and hex', () => {
    const bytes = noise(2_000_000);
    const text = noise(100_000);
    expect(found(bytes)).toEqual([]);
    expect(search([textPlace('a', text.toString('base64')), textPlace('b', text.toString('hex'))])).toEqual([]);
  });

  test('of another run: its hashes, its numbers, its words of the same length', () => {
    const other = [hash('sha256', word(1)), '9125507004321', '1795240000000', 'zqxjk', '2027-06-30', 'jvwqkzxq'];
    expect(searchFor([WORD, NUMBER, DAY], [textPlace('log', other.join('\n'))])).toEqual([]);
  });
});

/** The same noise at each run. */
function noise(length: number): Buffer {
  let state = 7;
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-privacy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
