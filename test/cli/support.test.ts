/** What support gets: the bundle, references, labels; and the settings and the history around it. */
import { hash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasScript, startOnTerminal } from './pseudo-terminal.ts';
import { expectSentence, jsonLines, newFolder, rollbook } from './run.ts';
import { causeOf, leaked, personalValues, recordsOf, troubled } from './troubled.ts';

const folders = troubled();
const { at } = folders;

describe('support-bundle', () => {
  test('shows what it would hold, writes exactly that, and names its sum', async () => {
    const { here } = folders;
    const preview = await here.run('support-bundle', '--preview', '--json');
    expect(preview.stderr).toBe('');
    expect(preview.code).toBe(0);
    const files = jsonLines(preview) as unknown as { type: string; name: string; bytes: number; text: string }[];
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['index.html', 'events.jsonl', 'manifest.json']),
    );
    for (const { bytes, text } of files) expect(Buffer.byteLength(text)).toBe(bytes);
    expect(leaked(preview.stdout, personalValues(at.dirty))).toEqual([]);

    const shown = await here.run('support-bundle', '--preview');
    expect(shown.stdout).toMatch(/^Exactly this would be in the bundle:\nfile +bytes\n/);
    for (const { name } of files) expect(shown.stdout).toContain(`\n${name}\n`);
    expect(shown.stdout).toContain('<!doctype html>');

    const file = path.join(newFolder(), 'support.zip');
    const saved = await here.run('support-bundle', '--out', file);
    expect(saved.code).toBe(0);
    const bytes = readFileSync(file);
    expect(saved.stdout).toContain(
      `${file}: ${bytes.length.toLocaleString('en-US')} bytes\nSHA-256 ${hash('sha256', bytes)}\n`,
    );
    for (const { name } of files)
      expect(saved.stdout).toMatch(new RegExp(`^${name.replace('.', '\\.')} +[\\d,]+$`, 'm'));
  });

  test('replaces a file only where it is told to', async () => {
    const { here } = folders;
    const file = path.join(newFolder(), 'mine.zip');
    writeFileSync(file, 'mine');
    const refused = await here.run('support-bundle', '--out', file);
    expectSentence(
      refused,
      1,
      /^The file mine\.zip is there already\. Choose another name, or replace it with --force\.$/m,
    );
    expect(readFileSync(file, 'utf8')).toBe('mine');
    const forced = await here.run('support-bundle', '--out', file, '--force', '--json');
    expect(jsonLines(forced)).toMatchObject([{ type: 'bundle', file, sha256: hash('sha256', readFileSync(file)) }]);
  });

  test.each<[string[], RegExp]>([
    [[], /^Name the file with --out, or look at what it would hold with --preview\.$/],
    [['--out', 'x.zip', '--preview'], /^--preview and --out <file> do not go together/],
    [['--out', path.join('/none', 'x.zip')], /The support bundle was not written: the folder .*is not there/],
  ])('%j gets a sentence', async (args, says) => {
    const ran = await folders.here.run('support-bundle', ...args);
    expectSentence({ ...ran, stderr: ran.stderr.trim() }, 1, says);
  });

  test('a folder that this account may not write to gets a sentence', async (context) => {
    if (process.platform !== 'linux') return context.skip('There is no such folder here.');
    const ran = await folders.here.run('support-bundle', '--out', '/sys/x.zip');
    expectSentence(ran, 1, /The support bundle was not written: /);
    expect(existsSync('/sys/x.zip')).toBe(false);
  });
});

describe('a reference', () => {
  test('is made once, and finds the record again in this ledger alone', async () => {
    const here = folders.copy();
    const { group } = await causeOf(here, 'key-taken');
    const [record] = await recordsOf(here, group);
    const made = await here.run('reference', '--connection', 'here', String(record?.id));
    const [reference = ''] = made.stdout.split('\n');
    expect(reference).toMatch(/^R-\w{4}-\w{2}$/);
    expect(made.stdout).toContain('Support may hear this');
    const again = await here.run('reference', '--connection', 'here', String(record?.id), '--json');
    expect(jsonLines(again)).toEqual([{ type: 'reference', connection: 'here', reference }]);

    const found = await here.run('find', reference.toLowerCase());
    expect(found.code).toBe(0);
    expect(found.stdout).toContain(
      `${reference}: one of contacts, at "here"\n  failed (409), from users.csv row ${record?.row}\n`,
    );
    expect(found.stdout).toContain(`rollbook problems --connection here --record ${record?.id}\n`);
    const line = await here.run('find', reference, '--json');
    expect(jsonLines(line)).toMatchObject([{ type: 'found', resource: 'contacts', problem: { id: record?.id } }]);
    expect(leaked(found.stdout + line.stdout, personalValues(at.dirty))).toEqual([]);

    const elsewhere = await rollbook(['find', reference], { data: newFolder() });
    expectSentence(elsewhere, 1, /This ledger has no record with this reference/);
    const unknown = await here.run('reference', '--connection', 'here', '999999');
    expectSentence(unknown, 1, /This record is not among the problems any more/);
    expectSentence(await here.run('find', 'Mary'), 1, /<reference> has to be the reference of a record: R-7K4M-2Q/);
  });
});

describe('an identifier', () => {
  test('leads to its records, by the ledger first and by the export then', async () => {
    const here = folders.copy();
    const [, student = ''] = readFileSync(path.join(at.dirty, 'users.csv'), 'utf8').split('\n');
    const number = /\{stateId:(\w+)\}/.exec(student)?.[1] ?? '';
    const find = (input: string, ...args: readonly string[]) =>
      rollbook(['find', '--connection', 'here', ...args], { data: here.data, input });
    const found = await find(`${number}\n`);
    expect(found).toMatchObject({ code: 0, stderr: '' });
    const [known = '', whole = ''] = found.stdout.split('Looking through the last export');
    expect(known).toMatch(/^R-\w{4}-\w{2} {2}students {2}in the API$/m);
    const [reference = ''] = /R-\w{4}-\w{2}/.exec(known) ?? [];
    expect(whole).toMatch(new RegExp(`^${reference} +students +in the API +users.csv row 2$`, 'm'));
    expect(whole).toMatch(/studentSectionAssociations +in the API +enrollments.csv row \d+$/m);

    const lines = jsonLines(await find(number, '--json'));
    expect(lines[0]).toEqual({
      type: 'record',
      from: 'ledger',
      resource: 'students',
      place: null,
      reference,
      state: 'confirmed',
      problem: null,
    });
    expect(lines[1]).toEqual({ ...lines[0], from: 'export', place: { file: 'users.csv', row: 2 } });
    expect(leaked(found.stdout + JSON.stringify(lines), personalValues(at.dirty))).toEqual([]);
    const one = await here.run('find', reference);
    expect(one.stdout).toMatch(/confirmed by the API\n {2}in the last export: users.csv row 2\n$/);

    expect((await find('nobody-has-this')).stdout).toContain('No record of it has this identifier.');
    expectSentence(await find('\n'), 1, /Type the whole of an identifier when asked, or give it on standard input/);
    expectSentence(await here.run('find'), 1, /Name a reference, like R-7K4M-2Q, or with --connection where/);
  });

  test('is asked for at a terminal', async (context) => {
    if (!hasScript()) return context.skip('The command script is not here.');
    const { data } = folders.copy();
    const running = startOnTerminal(['find', '--connection', 'here', '--data', data]);
    await running.until('Identifier: ');
    running.child.stdin?.write('nobody-has-this\n');
    await running.until('No record of it has this identifier.');
    expect((await running.ended).code).toBe(0);
  });
});

describe('a label', () => {
  test('is one of the words, and can be taken back', async () => {
    const here = folders.copy();
    const change = ['connect', 'change', 'here', '--label'];
    expect((await here.run(...change, 'State-2')).code).toBe(0);
    expect((await here.run('connect', 'show', 'here')).stdout).toMatch(/^to support +state-2$/m);
    const preview = await here.run('support-bundle', '--preview', '--json');
    expect(preview.stdout).toContain('state-2');
    expectSentence(await here.run(...change, 'Lincoln High'), 1, /Support hears of a connection by one of these words/);
    expect((await here.run(...change, '')).code).toBe(0);
    expect((await here.run('connect', 'show', 'here')).stdout).toMatch(/^to support +C1$/m);
  });
});

describe('settings', () => {
  test('are shown, changed and kept', async () => {
    const here = folders.copy();
    const before = jsonLines(await here.run('settings', '--json'))[0];
    expect(before).toMatchObject({
      type: 'settings',
      problemDays: expect.any(Number),
      logMegabytes: expect.any(Number),
    });
    const changed = await here.run('settings', '--problem-days', '1000', '--log-days', '7');
    expect(changed.code).toBe(0);
    expect(changed.stdout).toMatch(/^problem-days +1,000 +days that problems stay/m);
    expect(jsonLines(await here.run('settings', '--json'))).toEqual([{ ...before, problemDays: 1000, logDays: 7 }]);
    for (const wrong of ['0', '3651', 'forever', '-1']) {
      const ran = await here.run('settings', '--problem-days', wrong);
      expectSentence(ran, 1, /^--problem-days <n> (has to be a whole number from 1 to 3,650|needs a value)/m);
    }
  });
});

describe('batches', () => {
  test('are listed with their accounts, the newest first, a page at a time', async () => {
    const here = folders.copy();
    await here.sync(at.dirty);
    const lines = jsonLines(await here.run('batches', '--connection', 'here', '--json'));
    expect(lines).toMatchObject([
      { type: 'batch', state: 'done', account: { created: 0 } },
      { type: 'batch', state: 'done', account: { created: expect.any(Number) } },
    ]);
    const shown = await here.run('batches', '--connection', 'here');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^batch +took +read +created +unchanged +rejected +held +failed/);
    expect(shown.stdout.match(/^\d+ {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}done/gm)).toHaveLength(2);
    const [, number = ''] = /^(\d+) {2}\d{4}-/m.exec(shown.stdout) ?? [];
    const one = await here.run('batches', '--connection', 'here', '--batch', number);
    expect(one.stdout).toMatch(/^Batch \d+, \d{4}-\d\d-\d\d \d\d:\d\d: done, begun by hand, took /);
    expect(one.stdout).toMatch(/^resource +read +unchanged/m);
    expect(one.stdout).toMatch(/^students +\d/m);
    expect(jsonLines(await here.run('batches', '--connection', 'here', '--batch', number, '--json'))).toMatchObject([
      { type: 'batch', connection: 'here', ...lines[0], by: 'steward', waiting: null, left: 0 },
    ]);
    expectSentence(
      await here.run('batches', '--connection', 'here', '--batch', '999'),
      1,
      /no batch with the number 999/,
    );
    const first = await here.run('batches', '--connection', 'here', '--limit', '1');
    const next = /^More: rollbook (batches --connection here --limit 1 --after \d+)$/m.exec(first.stdout)?.[1] ?? '';
    const second = await here.run(...next.split(' '), '--json');
    expect(jsonLines(second)[0]).toEqual(lines[1]);
    expectSentence(await here.run('batches', '--connection', 'there'), 1, /There is no connection "there"/);
    expectSentence(await here.run('batches'), 1, /rollbook batches needs --connection <name>/);
    const never = await here.run('batches', '--connection', 'here', '--after', '1');
    expect(never.stdout).toBe('Nothing was sent over this connection yet.\n');
  });
});
