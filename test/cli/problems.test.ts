/** `rollbook problems`, `ignore`, `fixed` and `clear`: causes, the records behind them, and what is decided about them. */
import { describe, expect, test } from 'vitest';
import { practice, station } from './practice.ts';
import { hasScript, onTerminal } from './pseudo-terminal.ts';
import { expectSentence, jsonLines, resultOf } from './run.ts';
import { causeOf, causesIn, leaked, personalValues, recordsOf, troubled } from './troubled.ts';

const folders = troubled();
const { at } = folders;
const other = practice();

describe('problems', () => {
  test('lists causes with their references, the one that holds back most first', async () => {
    const { here } = folders;
    const listed = await here.run('problems', '--json');
    expect(listed.code).toBe(2);
    const causes = causesIn(listed);
    expect(causes.map(({ group, state }) => `${group.slice(0, 2)} ${state}`)).toEqual(causes.map(() => 'G- new'));
    const blocked = causes.map(({ records, held }) => records + held);
    expect(blocked).toEqual([...blocked].sort((one, two) => two - one));
    expect(blocked.length).toBeGreaterThan(2);

    const shown = await here.run('problems');
    expect(shown.code).toBe(2);
    for (const { group } of causes) expect(shown.stdout).toContain(`${group}, new, first seen `);
    expect(shown.stdout).toContain(`Look closer: rollbook problems --connection here --group ${causes[0]?.group}\n`);
  });

  test('comes a page at a time, each with the way to the next', async () => {
    const { here } = folders;
    const all = causesIn(await here.run('problems', '--json')).map(({ group }) => group);
    const met: string[] = [];
    for (let after: string | undefined, pages = 0; pages <= all.length; pages += 1) {
      const page = await here.run(
        'problems',
        '--limit',
        '3',
        '--json',
        ...(after === undefined ? [] : ['--after', after]),
      );
      met.push(...causesIn(page).map(({ group }) => group));
      const more = jsonLines(page).find(({ type }) => type === 'more');
      if (more === undefined) break;
      after = String(more.after);
    }
    expect(met).toEqual(all);
    const shown = await here.run('problems', '--limit', '1');
    const next = /^More: rollbook (problems --connection here --limit 1 --after \S+)$/m.exec(shown.stdout)?.[1] ?? '';
    expect((await here.run(...next.split(' '))).stdout).toContain(`     ${all[1]}, new`);
  });

  test('shows a cause from near, with what it holds back and its records', async () => {
    const { here } = folders;
    const { group, records, held } = await causeOf(here, 'key-taken');
    expect(held).toBeGreaterThan(0);
    const shown = await here.run('problems', '--group', group.toLowerCase());
    expect(shown.code).toBe(2);
    expect(shown.stdout).toMatch(/^The key is already taken\n/);
    expect(shown.stdout).toMatch(new RegExp(`^contacts +${records} +·$`, 'm'));
    expect(shown.stdout).toMatch(new RegExp(`^studentContactAssociations +· +${held}$`, 'm'));
    expect(shown.stdout).toMatch(/^ +\d+ {2}contacts +users\.csv row \d+ +failed \(409\)$/m);

    const lines = jsonLines(await here.run('problems', '--group', group, '--json'));
    expect(lines[0]).toMatchObject({
      type: 'problem',
      group,
      resources: expect.any(Array),
      trend: [{ records, held }],
    });
    const states = lines.slice(1).map((line) => line.state);
    expect(states).toEqual([...Array(records).fill('failed'), ...Array(held).fill('held')]);

    const one = await here.run('problems', '--group', group, '--limit', '1');
    const next = /^More: rollbook (problems --connection here --group \S+ --limit 1 --after \S+)$/m.exec(
      one.stdout,
    )?.[1];
    const second = await here.run(...(next ?? '').split(' '));
    // The cause is told once, on the first page.
    expect(second.stdout).not.toContain('The key is already taken');
    expect(second.stdout).toContain(String(lines[2]?.id));
  });

  test('shows how a cause went over the batches', async () => {
    const here = folders.copy();
    await here.sync(at.dirty);
    const { group } = await causeOf(here, 'descriptor-unmapped');
    const shown = await here.run('problems', '--group', group);
    expect(shown.stdout).toMatch(
      /^batch +records +held\n(\d{4}-\d\d-\d\d \d\d:\d\d {2}[█▉▊▋▌▍▎▏]+ +[\d·]+ +[\d·]+\n){2}/m,
    );
    expect(shown.stdout).toContain('ongoing, first seen');
  });

  test('shows a record whole on the screen, and says whose it is', async () => {
    const { here } = folders;
    const values = personalValues(at.dirty);
    const { group } = await causeOf(here, 'key-taken');
    const [failed] = await recordsOf(here, group);
    const shown = await here.run('problems', '--record', String(failed?.id));
    expect(shown.stderr).toBe('');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^This is personal data, and stays on this screen/);
    expect(shown.stdout).toMatch(new RegExp(`^In the export: users\\.csv row ${failed?.row}$`, 'm'));
    expect(shown.stdout).toMatch(/^ {2}familyName +\S/m);
    expect(shown.stdout).toMatch(/^As it was mapped\n\{\n {2}"contactUniqueId": /m);
    expect(shown.stdout).toMatch(/^Sent: POST ed-fi\/contacts, /m);
    expect(shown.stdout).toMatch(/^The API answered: 409, word for word\n\{"detail":/m);
    expect(shown.stdout).toMatch(/^ {2}The API never confirmed it\.$/m);
    expect(leaked(shown.stdout, values).length).toBeGreaterThan(1);

    const held = (await recordsOf(here, group)).find(({ state }) => state === 'held');
    const waiting = await here.run('problems', '--record', String(held?.id));
    expect(waiting.stdout).toContain(`waits for ${group}: The key is already taken`);
    expect(waiting.stdout).not.toContain('The API answered');
  });

  test('gives a program no value of a record, unless it asks for the values of one', async () => {
    const { here } = folders;
    const values = personalValues(at.dirty);
    expect(values.length).toBeGreaterThan(50);
    const causes = causesIn(await here.run('problems', '--all', '--json'));
    const { group } = await causeOf(here, 'key-taken');
    const [failed] = await recordsOf(here, group);
    const record = ['problems', '--record', String(failed?.id), '--json'];
    for (const args of [
      ['problems', '--all', '--json'],
      ...causes.map((cause) => ['problems', '--group', cause.group, '--json']),
      record,
      ['batches', '--connection', 'here', '--json'],
    ]) {
      const ran = await here.run(...args);
      expect({ args, stderr: ran.stderr, leaked: leaked(ran.stdout, values) }).toEqual({
        args,
        stderr: '',
        leaked: [],
      });
    }
    expect(jsonLines(await here.run(...record))[0]).toMatchObject({
      source: { table: 'users', file: 'users.csv', row: failed?.row },
      sent: { method: 'POST', resource: 'ed-fi/contacts' },
      answer: { status: 409 },
    });
    const whole = await here.run(...record, '--values');
    expect(jsonLines(whole)[0]).toMatchObject({
      type: 'record',
      personal: true,
      answer: { status: 409, text: expect.stringContaining('correlationId') },
      source: { cells: expect.arrayContaining([{ column: 'familyName', value: expect.any(String) }]) },
    });
    expect(leaked(whole.stdout, values).length).toBeGreaterThan(1);
    for (const args of [['--values'], ['--values', '--record', '1']]) {
      expectSentence(await here.run('problems', ...args), 1, /--values goes with --record and --json/);
    }
  });

  test.each<[string[], RegExp]>([
    [['--group', 'G-2222-22'], /There is no cause G-2222-22 at this connection/],
    [['--group', 'first'], /^--group <cause> has to be a cause as rollbook problems prints it: G-7K4M-2Q/],
    [['--record', '999999'], /This record is not among the problems any more/],
    [['--record', 'first'], /^--record <number> has to be a record's number/],
    [['--connection', 'there'], /There is no connection "there"\. There is: "here"\./],
    [['--all', '--hidden'], /^--all and --hidden do not go together: give one of them/],
    [['--group', 'G-2222-22', '--resolved'], /^--group <cause> and --resolved do not go together/],
    [['--limit', '0'], /^--limit <n> has to be a whole number from 1 to 500/],
    [['--after', '1.x'], /The place in the list is not one that the list gave/],
    [['--after', '$(id)'], /^--after <place> has to be taken from the last line of the page before/],
  ])('%j gets a sentence', async (args, says) => {
    const ran = await folders.here.run('problems', ...args);
    expectSentence({ ...ran, stderr: ran.stderr.trim() }, 1, says);
    expect(ran.stdout).toBe('');
  });

  test('asks for the connection where a cause could be of several', async () => {
    const here = folders.copy();
    const args = ['--url', at.api.url, '--key', 'k', '--student-id', 'identifier', '--no-test'];
    await here.run('connect', 'add', 'there', ...args);
    const { group } = causesIn(await here.run('problems', '--json'))[0] ?? { group: '' };
    const ran = await here.run('problems', '--group', group);
    expectSentence(ran, 1, /Name the connection with --connection\. There is: "here", "there"\./);
    expect((await here.run('problems', '--group', group, '--connection', 'here')).code).toBe(2);
  });

  test('fits a terminal of 120 columns, and one of 60', async (context) => {
    if (!hasScript()) return context.skip('The command script is not here.');
    const { here } = folders;
    const { group } = await causeOf(here, 'key-taken');
    const env = { ROLLBOOK_DATA: here.data };
    for (const columns of [120, 60]) {
      for (const args of [['problems'], ['problems', '--group', group], ['batches', '--connection', 'here']]) {
        const shown = await onTerminal(args, { columns, env });
        expect(shown.code).toBe(args[0] === 'problems' ? 2 : 0);
        // Commands are left whole, so that they can be copied.
        const long = shown.lines.filter((line) => line.length > columns && !line.includes('rollbook '));
        expect({ columns, args, long }).toEqual({ columns, args, long: [] });
        expect(shown.text).not.toMatch(/undefined|NaN|\[object/);
      }
    }
  });

  test('has nothing to say where nothing is wrong', async () => {
    const here = await station(other.api);
    expect((await here.sync(other.day1)).code).toBe(0);
    const none = await here.run('problems');
    expect(none).toMatchObject({ code: 0, stdout: 'No problems: nothing is rejected, held or failed.\n', stderr: '' });
    expect(await here.run('problems', '--json')).toMatchObject({ code: 0, stdout: '' });
    expect((await here.run('problems', '--resolved')).stdout).toMatch(/^No cause is over/);
    expect((await here.run('problems', '--hidden')).stdout).toBe('No cause is ignored, or marked as fixed.\n');
    const cleared = await here.run('clear', '--connection', 'here');
    expect(cleared).toMatchObject({ code: 0, stdout: 'There was nothing to clear: what is left is not over.\n' });
  });
});

describe('a decision about a cause', () => {
  test('takes it off the list and puts it back, and says how', async () => {
    const here = folders.copy();
    const before = causesIn(await here.run('problems', '--json'));
    const { group, records, held } = await causeOf(here, 'descriptor-unmapped');
    for (const name of ['ignore', 'fixed'] as const) {
      const done = await here.run(name, '--connection', 'here', group);
      expect(done.code).toBe(0);
      expect(done.stdout).toContain(`${records} record${records === 1 ? '' : 's'}, and ${held} held because of `);
      const undo = /rollbook (\w+ --connection here G-\S+ --undo)$/m.exec(done.stdout)?.[1] ?? '';

      const left = await here.run('problems', '--json');
      expect(left.code).toBe(2);
      expect(causesIn(left).map((cause) => cause.group)).toEqual(
        before.map((cause) => cause.group).filter((one) => one !== group),
      );
      expect((await here.run('problems')).stdout).toMatch(
        /^One more is ignored or marked as fixed: rollbook problems /m,
      );
      const hidden = causesIn(await here.run('problems', '--hidden', '--json'));
      expect(hidden).toMatchObject([{ group, state: name === 'ignore' ? 'ignored' : 'fixed' }]);
      expect((await here.run('problems', '--group', group)).code).toBe(0);

      expect((await here.run(...undo.split(' '))).stdout).toContain(group);
      expect(causesIn(await here.run('problems', '--json')).map((cause) => cause.group)).toEqual(
        before.map((cause) => cause.group),
      );
    }
  });

  test('ends problems with 0 where all are ignored, and a sync with 2 all the same', async () => {
    const here = folders.copy();
    for (const { group } of causesIn(await here.run('problems', '--json'))) {
      await here.run('ignore', '--connection', 'here', group);
    }
    const listed = await here.run('problems');
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(
      /^\d+ more are ignored or marked as fixed: rollbook problems --connection here --hidden\n$/,
    );
    const synced = await here.sync(at.dirty);
    expect(synced.code).toBe(2);
    expect(synced.stdout).toMatch(/^Done, but for \d+ records; their causes are ignored\.$/m);
  });

  test('that it is fixed sends its records with the next sync, and what is over can be cleared', async () => {
    const here = folders.copy();
    const { group, records, held } = await causeOf(here, 'key-taken');
    expect(jsonLines(await here.run('fixed', '--connection', 'here', group, '--json'))).toEqual([
      { type: 'fixed', connection: 'here', group, records, held },
    ]);
    expectSentence(
      await here.run('clear', '--connection', 'here', group),
      1,
      /are still not in the API, so it cannot be cleared/,
    );
    await at.api.faults.clear();
    const synced = resultOf(await here.sync(at.dirty, '--json'));
    expect(synced.account.failed).toBe(0);
    expect(synced.account.created).toBeGreaterThan(0);

    const over = await here.run('problems', '--resolved');
    expect(over.stdout).toMatch(new RegExp(`^ +${group}, over, first seen `, 'm'));
    expect(over.stdout).toMatch(/nothing is left of \d+ records? in contacts/);
    const cleared = await here.run('clear', '--connection', 'here');
    expect(cleared.code).toBe(0);
    expect(cleared.stdout).toMatch(
      /^Off the list: 1 cause and \d+ entr(y|ies) that are over\. The ledger keeps them for \d+ days/,
    );
    expect(causesIn(await here.run('problems', '--resolved', '--json'))).toEqual([]);

    // As the last line says it: back on the list, all of it or one cause.
    const all = /^Back on the list: rollbook (clear --connection here --undo)$/m.exec(cleared.stdout)?.[1] ?? '';
    expect((await here.run(...all.split(' '))).stdout).toMatch(/^On the list again: 1 cause and \d+ entr(y|ies)\.$/m);
    expect(causesIn(await here.run('problems', '--resolved', '--json'))).toMatchObject([{ group }]);
    const one = await here.run('clear', '--connection', 'here', group);
    const back = /^Back on the list: rollbook (clear --connection here G-\S+ --undo)$/m.exec(one.stdout)?.[1] ?? '';
    expect(back).toContain(group);
    expect(jsonLines(await here.run(...back.split(' '), '--json'))).toEqual([
      { type: 'listed', connection: 'here', causes: 1, entries: expect.any(Number) },
    ]);
    expect(causesIn(await here.run('problems', '--resolved', '--json'))).toMatchObject([{ group }]);
    expect(await here.run(...back.split(' '))).toMatchObject({ code: 0, stdout: 'Nothing was cleared.\n' });
  });

  test.each<[string[], RegExp]>([
    [['ignore', '--connection', 'here', 'G-2222-22'], /There is no cause G-2222-22 at this connection/],
    [['fixed', '--connection', 'here', 'all'], /^<cause> has to be a cause as rollbook problems prints it/],
    [['ignore', '--connection', 'here'], /^rollbook ignore needs <cause>/],
    [['clear', '--connection', 'there'], /There is no connection "there"/],
    [['clear'], /^rollbook clear needs --connection <name>/],
  ])('%j gets a sentence', async (args, says) => {
    const ran = await folders.here.run(...args);
    expectSentence({ ...ran, stderr: ran.stderr.trim() }, 1, says);
  });
});
