import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as yauzl from 'yauzl';
import type { FixListEntry } from '../../core/errors/fix-list.ts';
import { writeFixList } from '../../core/errors/fix-list-files.ts';
import { all, entry, newFolder, OTHER_SCHOOL, refused, SCHOOL } from './fix-list-entries.ts';

const NOTICE = 'Made by Rollbook from <users.csv> & others, 2026-11-21.';

function write(entries: AsyncIterable<FixListEntry>, out: string, perSchool = false) {
  return writeFixList({ entries, format: 'xlsx', out, perSchool, notice: NOTICE });
}

interface ReadSheet {
  readonly name: string;
  readonly xml: string;
  /** By row and column; a cell that is not there is undefined. */
  readonly rows: (string | number | undefined)[][];
}

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** `_x0041_` is a character by its number. */
const decoded = (text: string): string =>
  unescaped(text).replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

async function parts(file: string): Promise<Map<string, string>> {
  const zip = await yauzl.openPromise(file, { autoClose: false, lazyEntries: true });
  const found = new Map<string, string>();
  for await (const one of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(one)) chunks.push(chunk as Buffer);
    found.set(one.fileName, Buffer.concat(chunks).toString());
  }
  zip.close();
  return found;
}

/** Reads a workbook by its XML, the way a spreadsheet would; every cell is either a number or a shared string. */
async function readWorkbook(file: string): Promise<ReadSheet[]> {
  const files = await parts(file);
  const strings = [...files.get('xl/sharedStrings.xml')!.matchAll(/<si><t[^>]*>([^<]*)<\/t><\/si>/g)].map(([, text]) =>
    decoded(text!),
  );
  const targets = new Map(
    [...files.get('xl/_rels/workbook.xml.rels')!.matchAll(/<Relationship [^>]*>/g)].map(([tag]) => [
      /Id="([^"]*)"/.exec(tag)![1]!,
      /Target="([^"]*)"/.exec(tag)![1]!,
    ]),
  );
  return [...files.get('xl/workbook.xml')!.matchAll(/<sheet [^>]*>/g)].map(([tag]) => {
    const xml = files.get(`xl/${targets.get(/r:id="([^"]*)"/.exec(tag)![1]!)!}`)!;
    const rows = [...xml.matchAll(/<row [^>]*?(?:\/>|>(.*?)<\/row>)/gs)].map(([, cells = '']) => {
      const row: (string | number | undefined)[] = [];
      for (const [, attributes, value] of cells.matchAll(/<c ([^>]*?)(?:\/>|><v>([^<]*)<\/v><\/c>)/g)) {
        const letters = /r="([A-Z]+)/.exec(attributes!)![1]!;
        const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
        while (row.length <= column) row.push(undefined);
        if (value === undefined) continue;
        row[column] = attributes!.includes('t="s"') ? strings[Number(value)] : Number(value);
      }
      return row;
    });
    return { name: unescaped(/ name="([^"]*)"/.exec(tag)![1]!), xml, rows };
  });
}

/** Rows of a school's sheet by heading. */
function records({ rows: [headings = [], ...rows] }: ReadSheet): Record<string, string | number | undefined>[] {
  return rows.map((row) => Object.fromEntries(headings.map((heading, at) => [String(heading), row[at]])));
}

describe('a fix list as a workbook', () => {
  it('has a sheet for each school after one that says what it is', async () => {
    const out = path.join(newFolder(), 'list.xlsx');
    const written = await write(
      all(
        entry({ school: undefined, row: 9 }),
        entry(),
        entry({ school: OTHER_SCHOOL, row: 3 }),
        entry({ row: 4, table: 'orgs', cells: [{ column: 'name', value: 'x' }] }),
      ),
      out,
    );
    expect(written).toEqual({ files: [out], rows: 4 });
    if (process.platform !== 'win32') expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(out))).toEqual(['list.xlsx']);
    const [about, ...schools] = await readWorkbook(out);
    expect(about!.name).toBe('Read first');
    expect(about!.rows.map((row) => row[0])).toEqual([
      'This file holds personal data',
      expect.stringMatching(/students and staff/),
      NOTICE,
      'There are 4 rows to put right.',
      undefined,
      'School',
      'Grand Bend High School (255901001)',
      'École Élémentaire (255901107)',
      'No school',
    ]);
    expect(about!.rows.slice(6).map((row) => row.slice(1))).toEqual(
      schools.map(({ name, rows }) => [name, rows.length - 1]),
    );
    expect(schools.map(({ name }) => name)).toEqual([
      'Grand Bend High School (255901…',
      'École Élémentaire (255901107)',
      'No school',
    ]);
    expect(records(schools[0]!)).toMatchObject([
      { Row: 2, 'Records waiting': 8, Who: 'SIS data entry', 'users.givenName': 'Zoë', 'orgs.name': undefined },
      { Row: 4, 'orgs.name': 'x', 'users.givenName': undefined },
    ]);
    expect(records(schools[1]!)).toMatchObject([{ Row: 3, 'users.identifier': '0012', studentUniqueId: '0012' }]);
    expect(records(schools[2]!)).toMatchObject([{ Row: 9, School: undefined }]);
    expect(schools[1]!.rows[0]).not.toContain('orgs.name');
    for (const { xml } of schools) expect(xml).toMatch(/<pane [^>]*ySplit="1"[^>]*state="frozen"/);
  });

  it('keeps every text a text, whatever it looks like', async () => {
    const out = path.join(newFolder(), 'list.xlsx');
    const values = [
      '0012',
      '2.55901E+08',
      '=1+1',
      '-5',
      ' spaces ',
      '<b>&amp;"\'</b>',
      'line\nline',
      '名前 👩‍🏫',
      'constructor',
      '__proto__',
      'toString',
      '_x0041_',
      'a_x000d_b',
      '2026-08-17',
      'TRUE',
    ];
    await write(all(...values.map((value) => entry({ value }))), out);
    const sheet = (await readWorkbook(out))[1]!;
    expect(records(sheet).map((row) => row.Value)).toEqual(values);
    expect(sheet.xml).not.toContain('<f>');
    const styles = (await parts(out)).get('xl/styles.xml')!;
    expect(styles).toContain('formatCode="@"');
    expect(styles).toMatch(/<b ?\/>/);
    await write(all(entry({ value: `${'x'.repeat(32_766)}👩‍🏫` })), out);
    const long = records((await readWorkbook(out))[1]!)[0]!.Value as string;
    expect([long.length, long.at(-1)]).toEqual([32_767, '…']);
    expect(long.isWellFormed()).toBe(true);
  });

  it('has names of sheets that Excel takes, no two the same', async () => {
    const out = path.join(newFolder(), 'list.xlsx');
    const names = [
      'Oak [North]: a/b\\c?*',
      'Oak [North]. a/b\\c?*',
      "'Quoted'",
      'History',
      'Read first',
      'READ FIRST',
      '***',
      'A very long name of a school indeed, 1',
      'A very long name of a school indeed, 2',
      `${'x'.repeat(29)}👩‍🏫school`,
      'R&D <School>',
    ];
    const schools = names.map((name, at) => entry({ school: { id: String(at), name }, row: at }));
    await write(all(...schools, entry({ school: { id: '***', name: undefined } })), out);
    const sheets = await readWorkbook(out);
    expect(sheets.length).toBe(names.length + 2);
    for (const { name } of sheets) {
      expect(name).toMatch(/^(?!')[^[\]:*?/\\]{1,31}(?<!')$/);
      expect(name.isWellFormed()).toBe(true);
      expect(name.toLowerCase()).not.toBe('history');
    }
    expect(new Set(sheets.map(({ name }) => name.toLowerCase())).size).toBe(sheets.length);
    expect(sheets.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'A very long name of a school i…',
        'A very long name of a scho… (2)',
        'R&D <School> (10)',
      ]),
    );
  });

  it('comes in one workbook a school', async () => {
    const out = newFolder();
    const { files, rows } = await write(all(entry(), entry({ school: OTHER_SCHOOL }), entry({ row: 7 })), out, true);
    expect(rows).toBe(3);
    expect(files.map((file) => path.basename(file))).toEqual([
      `fix-list-${SCHOOL.id} (personal data).xlsx`,
      `fix-list-${OTHER_SCHOOL.id} (personal data).xlsx`,
    ]);
    const [about, school, ...more] = await readWorkbook(files[1]!);
    expect(more).toEqual([]);
    expect(about!.rows[3]).toEqual(['There is 1 row to put right.']);
    expect(JSON.stringify(about)).not.toContain(SCHOOL.id);
    expect(records(school!)).toMatchObject([{ School: 'École Élémentaire (255901107)' }]);
  });

  it('says so where there is nothing to put right', async () => {
    const out = path.join(newFolder(), 'list.xlsx');
    expect(await write(all(), out)).toEqual({ files: [out], rows: 0 });
    const sheets = await readWorkbook(out);
    expect(sheets.map(({ name, rows }) => [name, rows[3]])).toEqual([
      ['Read first', ['There are 0 rows to put right.']],
    ]);
  });

  it('that would not fit into memory is refused, and nothing is written', async () => {
    const out = path.join(newFolder(), 'list.xlsx');
    const cells = Array.from({ length: 1_000 }, (_, at) => ({ column: `c${at}`, value: '' }));
    async function* many(): AsyncGenerator<FixListEntry> {
      for (let n = 0; n < 5_000; n++) yield entry({ row: n, cells });
    }
    expect(await refused(() => write(many(), out))).toMatch(
      /^usage: The list has \d{4} rows or more, which is too much for one Excel workbook; write it as CSV/,
    );
    expect(readdirSync(path.dirname(out))).toEqual([]);
  });
});
