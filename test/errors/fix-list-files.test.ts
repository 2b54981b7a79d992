import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../core/errors/failure.ts';
import type { FixListEntry } from '../../core/errors/fix-list.ts';
import { writeFixList } from '../../core/errors/fix-list-files.ts';
import { all, entry, newFolder, OTHER_SCHOOL, readCsv, refused } from './fix-list-entries.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const NOTICE = 'Made by Rollbook.';

function write(
  entries: AsyncIterable<FixListEntry>,
  out: string,
  more: { perSchool?: boolean; scratch?: string } = {},
) {
  return writeFixList({ entries, format: 'csv', out, perSchool: false, notice: NOTICE, ...more });
}

const read = (file: string) => readCsv(readFileSync(file, 'utf8'));

describe('a fix list as CSV', () => {
  it('reads back as it was, with every column of every table', async () => {
    const out = path.join(newFolder(), 'list.csv');
    const hard = 'O\'Neil, "Z"\r\nJr\n\u2028"; 名前 👩‍🏫';
    const written = await write(
      all(
        entry({ cells: [{ column: 'familyName', value: hard }] }),
        entry({ table: 'orgs', cells: [{ column: 'name', value: ' École ' }], value: '0012', row: 5 }),
      ),
      out,
    );
    expect(written).toEqual({ files: [out], rows: 2 });
    const text = readFileSync(out, 'utf8');
    expect(text.slice(1).split('\r\n')[0]).toMatch(/^"School","What is wrong",/);
    const { headings, rows } = readCsv(text);
    expect(headings.slice(-3)).toEqual(['studentUniqueId', 'users.familyName', 'orgs.name']);
    expect(rows).toMatchObject([
      { School: 'Grand Bend High School (255901001)', 'users.familyName': hard, 'orgs.name': '', Row: '2' },
      { Value: '0012', 'orgs.name': ' École ', 'users.familyName': '', Row: '5', 'Records waiting': '8' },
    ]);
    expect(rows.map((row) => row['Personal data'])).toEqual(['yes', 'yes']);
    if (process.platform !== 'win32') expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(out))).toEqual(['list.csv']);
  });

  it('runs nothing in a spreadsheet, and whoever reads it with a program gets the values back', async () => {
    const out = path.join(newFolder(), 'list.csv');
    const values = [
      '=HYPERLINK("http://x","y")',
      '+1 555 0100',
      '-5',
      '@SUM(A1)',
      '\t=1',
      '\r=1',
      '\n=1',
      '＝1',
      "'=1",
      "''=1",
      "'quoted'",
      'a=1',
      ' =1',
      '0012',
      '',
    ];
    const column = '=cmd';
    await write(all(...values.map((value) => entry({ value, cells: [{ column, value }], table: '@t' }))), out);
    const { headings, rows } = read(out);
    const shown = rows.map((row) => row.Value!);
    for (const heading of [...headings, ...shown]) expect(heading).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
    expect(headings.at(-1)).toBe("'@t.=cmd");
    expect(shown.slice(0, 4)).toEqual(['\'=HYPERLINK("http://x","y")', "'+1 555 0100", "'-5", "'@SUM(A1)"]);
    expect(shown.slice(10)).toEqual(values.slice(10));
    const back = (text: string): string => (/^''*[=+\-@\t\r\n＝＋－＠]/.test(text) ? text.slice(1) : text);
    expect(shown.map(back)).toEqual(values);
    expect(rows.map((row) => back(row["'@t.=cmd"]!))).toEqual(values);
  });

  it('is a header where there is nothing to put right', async () => {
    const out = path.join(newFolder(), 'list.csv');
    expect(await write(all(), out)).toEqual({ files: [out], rows: 0 });
    expect(read(out)).toMatchObject({ rows: [], headings: expect.arrayContaining(['School', 'Row']) });
  });

  it('comes in one file a school, each with its own columns, named so that nobody overlooks what it is', async () => {
    const out = path.join(newFolder(), 'lists');
    const hostile = { id: '../../a:b', name: 'Elsewhere' };
    const written = await write(
      all(
        entry({ cells: undefined }),
        entry({ school: OTHER_SCHOOL, row: 3 }),
        entry({ school: undefined, cells: undefined, row: 4 }),
        entry({ school: hostile, cells: undefined, row: 5 }),
        entry({ school: { ...hostile, id: '..\\..\\A?B' }, cells: undefined, row: 6 }),
        entry({ school: { id: 'no-school', name: undefined }, cells: undefined, row: 7 }),
        entry({ cells: undefined, row: 8 }),
      ),
      out,
      { perSchool: true },
    );
    expect(written.rows).toBe(7);
    expect(readdirSync(path.dirname(out))).toEqual(['lists']);
    expect(written.files.map((file) => path.relative(out, file)).sort()).toEqual(readdirSync(out).sort());
    expect(written.files.map((file) => [path.basename(file), read(file).rows.map((row) => row.Row)])).toEqual([
      ['fix-list-255901001 (personal data).csv', ['2', '8']],
      ['fix-list-255901107 (personal data).csv', ['3']],
      ['fix-list-no-school (personal data).csv', ['4']],
      ['fix-list-_a_b (personal data).csv', ['5']],
      ['fix-list-_A_B-2 (personal data).csv', ['6']],
      ['fix-list-no-school-2 (personal data).csv', ['7']],
    ]);
    expect(read(written.files[0]!).headings).not.toContain('users.givenName');
    expect(read(written.files[1]!).rows).toMatchObject([
      { 'users.givenName': 'Zoë', School: 'École Élémentaire (255901107)' },
    ]);
    if (process.platform !== 'win32') expect(statSync(out).mode & 0o777).toBe(0o700);
  });

  it('by school is no file where there is nothing to put right', async () => {
    const out = newFolder();
    expect(await write(all(), out, { perSchool: true })).toEqual({ files: [], rows: 0 });
    expect(readdirSync(out)).toEqual([]);
  });

  it('replaces the one before, and leaves everything as it was where it cannot be finished', async () => {
    const folder = newFolder();
    const scratch = newFolder();
    const out = path.join(folder, 'list.csv');
    await write(all(entry()), out);
    await write(all(entry({ row: 99 })), out, { scratch });
    expect(read(out).rows).toMatchObject([{ Row: '99' }]);
    async function* broken(): AsyncGenerator<FixListEntry> {
      for (let n = 0; n < 3_000; n++) yield entry({ row: n });
      throw new Failure('source-unusable', 'The export is gone.');
    }
    expect(await refused(() => write(broken(), out, { scratch }))).toBe('source-unusable: The export is gone.');
    expect(read(out).rows).toMatchObject([{ Row: '99' }]);
    expect([readdirSync(folder), readdirSync(scratch)]).toEqual([['list.csv'], []]);
    const lists = path.join(folder, 'lists');
    await refused(() => write(broken(), lists, { perSchool: true }));
    expect(readdirSync(folder)).toEqual(['list.csv']);
  });

  it('keeps what is gathered meanwhile where it is told to, for this account only', async () => {
    const scratch = newFolder();
    const out = path.join(newFolder(), 'list.csv');
    let modes: number[] = [];
    async function* watched(): AsyncGenerator<FixListEntry> {
      for (let n = 0; n < 3_000; n++) yield entry({ row: n });
      expect(readdirSync(path.dirname(out))).toEqual([]);
      modes = readdirSync(scratch).map((name) => statSync(path.join(scratch, name)).mode & 0o777);
    }
    expect((await write(watched(), out, { scratch })).rows).toBe(3_000);
    expect(modes).toEqual([process.platform === 'win32' ? expect.any(Number) : 0o600]);
    expect(readdirSync(scratch)).toEqual([]);
    expect(read(out).rows.map((row) => Number(row.Row))).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
  });

  it('of any length takes no memory', async () => {
    const out = path.join(newFolder(), 'list.csv');
    const count = 20_000;
    const long = 'x'.repeat(4_000);
    collect();
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    const measure = (): void => {
      collect();
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    };
    async function* many(): AsyncGenerator<FixListEntry> {
      for (let n = 0; n < count; n++) {
        if (n % 4_000 === 0) measure();
        yield entry({
          row: n,
          school: { id: String(n % 7), name: undefined },
          cells: [{ column: 'givenName', value: `${n}${long}` }],
        });
      }
      measure();
    }
    const timer = setInterval(measure, 100);
    const { rows } = await write(many(), out);
    clearInterval(timer);
    expect(rows).toBe(count);
    expect(statSync(out).size).toBeGreaterThan(count * 4_000);
    expect(most).toBeLessThan(16_000_000);
  });
});

describe('a fix list that cannot be written', () => {
  it('says where and what to do', async () => {
    const folder = newFolder();
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    mkdirSync(path.join(folder, 'dir'));
    const one = (out: string, perSchool = false) => refused(() => write(all(entry()), out, { perSchool }));
    expect(await one(path.join(folder, 'none', 'list.csv'))).toBe(
      'usage: The folder for list.csv is not there; make it first, or save in another folder.',
    );
    expect(await one(path.join(folder, 'none', 'lists'), true)).toMatch(/^usage: The folder for lists is not there/);
    expect(await one(path.join(file, 'list.csv'))).toMatch(/^usage: The folder for list\.csv is not there/);
    expect(await one(path.join(folder, 'dir'))).toMatch(/^usage: .*is a folder; name a file/);
    expect(await one(file, true)).toMatch(/^usage: .*is a file; name a folder/);
    expect(await one(path.join(folder, `${'n'.repeat(300)}.csv`))).toMatch(/^usage: The name n+… is too long/);
    expect(readdirSync(folder).sort()).toEqual(['dir', 'file']);
  });

  it.runIf(process.platform === 'linux')('for want of a right says so', async () => {
    // Nobody may make a file there, not even root.
    expect(await refused(() => write(all(entry()), '/sys/kernel/list.csv'))).toBe(
      'usage: list.csv may not be written there by this account; save it in another folder.',
    );
  });

  it.runIf(process.platform !== 'win32').each(['csv', 'xlsx'])(
    'for want of room leaves nothing behind (%s)',
    (format) => {
      const folder = newFolder();
      const child = path.join(import.meta.dirname, 'fix-list-child.ts');
      // The shell counts in units of 512 bytes or of a kilobyte; the list is larger than 64 of either.
      const said = execFileSync('sh', [
        '-c',
        'ulimit -f 64; exec "$0" "$@"',
        process.execPath,
        child,
        path.join(folder, `list.${format}`),
        format,
      ]);
      expect(String(said)).toBe(
        `disk-full: There is no room on the disk for list.${format}; free some space, or save it elsewhere.`,
      );
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
