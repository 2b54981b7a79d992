/** `rollbook fix-list`: what to correct in the SIS, as files. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { practice, station } from './practice.ts';
import { expectSentence, jsonLines, newFolder } from './run.ts';
import { causeOf, leaked, personalValues, troubled } from './troubled.ts';

const folders = troubled();
const { at } = folders;
const other = practice();

const HERE = ['fix-list', '--connection', 'here', '--out'];

describe('fix-list', () => {
  test('writes a list in the format that the file ends in, and says what it holds', async () => {
    const { here } = folders;
    const folder = newFolder();
    const csv = path.join(folder, 'list.csv');
    const ran = await here.run(...HERE, csv);
    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(0);
    const [, rows] = /^(\d+) rows to correct, in 1 file:$/m.exec(ran.stdout) ?? [];
    expect(ran.stdout).toContain(`  ${csv}\n`);
    expect(ran.stdout).toContain('This is personal data');
    const text = readFileSync(csv, 'utf8');
    expect(leaked(text, personalValues(at.dirty)).length).toBeGreaterThan(0);
    expect(leaked(ran.stdout, personalValues(at.dirty))).toEqual([]);

    const one = await causeOf(here, 'key-taken');
    const xlsx = path.join(folder, 'list.XLSX');
    const written = await here.run(...HERE, xlsx, '--group', one.group, '--json');
    expect(jsonLines(written)).toEqual([
      { type: 'fix-list', connection: 'here', files: [xlsx], rows: one.records, personal: true },
    ]);
    expect(Number(rows)).toBeGreaterThan(one.records);
    expect(readFileSync(xlsx).subarray(0, 2).toString()).toBe('PK');
  });

  test('writes one for each school, as a spreadsheet unless told', async () => {
    const { here } = folders;
    const folder = newFolder();
    const schools = path.join(folder, 'schools');
    const ran = await here.run(...HERE, schools, '--per-school', '--json');
    expect(ran.code).toBe(0);
    const { files } = jsonLines(ran)[0] as unknown as { files: string[] };
    expect(files.length).toBeGreaterThan(1);
    expect(readdirSync(schools).sort()).toEqual(files.map((file) => path.basename(file)).sort());
    for (const file of files) expect(file).toMatch(/\.xlsx$/);
    await here.run(...HERE, path.join(folder, 'csv'), '--per-school', '--format', 'csv');
    expect(readdirSync(path.join(folder, 'csv')).every((file) => file.endsWith('.csv'))).toBe(true);
  });

  test('is empty where nothing is to be corrected', async () => {
    const here = await station(other.api);
    await here.sync(other.day1);
    const ran = await here.run(...HERE, path.join(newFolder(), 'list.csv'));
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^There is nothing to correct\.\n/);
    expect(ran.stdout).not.toContain('personal data');
  });

  test.each<[string, (folder: string) => string[], RegExp]>([
    ['no folder', (folder) => [path.join(folder, 'none', 'list.csv')], /The folder for list\.csv is not there/],
    ['a folder for a file', (folder) => [folder, '--format', 'csv'], /what is named is a folder; name a file in it/],
    [
      'a file for a folder',
      (folder) => [path.join(folder, 'file'), '--per-school'],
      /what is named is a file; name a folder/,
    ],
    ['another ending', (folder) => [path.join(folder, 'list.txt')], /Name a file that ends in \.csv or \.xlsx/],
    [
      'two formats',
      (folder) => [path.join(folder, 'list.csv'), '--format', 'xlsx'],
      /ends in \.csv, and --format says xlsx/,
    ],
    [
      'no format',
      (folder) => [path.join(folder, 'list.csv'), '--format', 'pdf'],
      /^--format <format> has to be csv or xlsx/,
    ],
    ['no cause', (folder) => [path.join(folder, 'list.csv'), '--group', 'G-2222-22'], /There is no cause G-2222-22/],
  ])('%s gets a sentence, and leaves no file', async (_, words, says) => {
    const folder = newFolder();
    writeFileSync(path.join(folder, 'file'), 'mine');
    const ran = await folders.here.run(...HERE, ...words(folder));
    expectSentence({ ...ran, stderr: ran.stderr.trim() }, 1, says);
    expect(readdirSync(folder)).toEqual(['file']);
    expect(readFileSync(path.join(folder, 'file'), 'utf8')).toBe('mine');
  });

  test('a folder that this account may not write to gets a sentence', async (context) => {
    if (process.platform !== 'linux') return context.skip('There is no such folder here.');
    // Not even its administrator may make a file there.
    const ran = await folders.here.run(...HERE, '/sys/list.csv');
    expectSentence(ran, 1, /list\.csv may not be written there by this account|could not be written there/);
    expect(existsSync('/sys/list.csv')).toBe(false);
  });
});
