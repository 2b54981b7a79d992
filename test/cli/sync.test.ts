/** `rollbook sync` and what follows it: problems, status, descriptors. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProblemGroupView } from '../../core/contract/schemas.ts';
import { contents, freshApi } from './contents.ts';
import { emptyStation, practice, station } from './practice.ts';
import { hasScript, onTerminal } from './pseudo-terminal.ts';
import { expectAccounts, expectSentence, jsonLines, newFolder, resultOf } from './run.ts';

const at = practice();

/** The export with only the first rows of a file. */
function shortened(source: string, file: string, share: number): string {
  const folder = path.join(newFolder(), 'export');
  cpSync(source, folder, { recursive: true });
  const lines = readFileSync(path.join(folder, file), 'utf8').trimEnd().split('\n');
  writeFileSync(path.join(folder, file), `${lines.slice(0, Math.ceil(lines.length * share)).join('\n')}\n`);
  return folder;
}

describe('sync', () => {
  test('sends the first day, the second day only what changed, and then nothing', async () => {
    const api = await freshApi();
    const here = await station(api);
    const day1 = await here.sync(at.day1, '--json');
    expect(day1.stderr).toBe('');
    expect(day1.code).toBe(0);
    const first = resultOf(day1);
    expectAccounts(first);
    expect(first).toMatchObject({ state: 'done', left: 0, stopped: null, problems: [] });
    expect(Object.keys(first.requests).slice(0, 5)).toEqual(['POST', 'PUT', 'DELETE', 'GET', 'token']);
    expect(Object.keys(first.resources)).toContain('studentSchoolAssociations');
    expect(Object.keys(first.resources.students ?? {})).toEqual(Object.keys(first.account));
    for (const { type } of jsonLines(day1)) expect(['progress', 'notice', 'plan', 'result']).toContain(type);

    const before = await api.requests();
    const second = resultOf(await here.sync(at.day2, '--json'));
    const after = await api.requests();
    expectAccounts(second);
    const { created, updated, deleted } = second.account;
    expect(created).toBeGreaterThan(0);
    expect(updated).toBeGreaterThan(0);
    expect(deleted).toBeGreaterThan(0);
    expect(after.POST + after.PUT + after.DELETE - before.POST - before.PUT - before.DELETE).toBe(
      // The one POST that is no write asks what the token may do, and a sync does not ask.
      created + updated + deleted,
    );
    expect(after.token - before.token).toBe(1);

    const third = resultOf(await here.sync(at.day2, '--json'));
    expect(third.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
    expect(third.account.unchanged + third.account.skipped).toBe(third.account.read);
    const status = jsonLines(await here.run('status', '--json'));
    expect(status).toMatchObject([
      { type: 'status', name: 'here', lastBatch: { state: 'done', account: third.account } },
    ]);
  });

  test('shows a plan and changes nothing', async () => {
    const api = await freshApi();
    const here = await station(api);
    const plan = await here.sync(at.day1, '--plan-only', '--json');
    expect(plan.code).toBe(0);
    const planned = resultOf(plan);
    expectAccounts(planned);
    expect(planned).toMatchObject({ state: 'planned', account: { created: 0, updated: 0, deleted: 0, failed: 0 } });
    expect(planned.left).toBeGreaterThan(100);
    expect(await api.requests()).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
    expect(jsonLines(await here.run('status', '--json'))).toMatchObject([{ records: 0, lastBatch: null }]);

    const shown = await here.sync(at.day1, '--plan-only');
    // In a file it is legible: no escape sequence, nothing drawn over, no name cut short.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
    expect(shown.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(shown.stdout).toMatch(/studentEducationOrganizationAssociations +\d/);
    expect(shown.stdout).toMatch(/Plan \(nothing has been sent yet\)/);
    expect(shown.stdout).toMatch(/create +students +users\.csv rows \d+/);
    expect(shown.stdout).toMatch(/Nothing was sent: this was only the plan\.\n$/);
    const sent = resultOf(await here.sync(at.day1, '--json'));
    expect(sent.account.created).toBe(planned.left);
  });

  test('holds a plan that deletes too much until it is approved', async () => {
    const api = await freshApi();
    const here = await station(api);
    expect((await here.sync(at.day1)).code).toBe(0);
    const before = await contents(api);
    const source = shortened(at.day1, 'enrollments.csv', 0.5);

    const held = await here.sync(source, '--json');
    expect(held.code).toBe(3);
    const waiting = resultOf(held);
    expectAccounts(waiting);
    expect(waiting).toMatchObject({ state: 'waiting', requests: { POST: 0, PUT: 0, DELETE: 0 } });
    const plan = jsonLines(held).find(({ type }) => type === 'plan') as unknown as { plan: { guard: string[] } };
    expect(plan.plan.guard.join(' ')).toMatch(/studentSectionAssociations .* would be deleted/);
    expect(await contents(api)).toEqual(before);
    const shown = await here.sync(source);
    expect(shown.code).toBe(3);
    expect(shown.stdout).toMatch(/Nothing was sent: the plan waits for your approval\./);
    // What vanished is told by where the export before had it; values are for the screens.
    expect(shown.stdout).toMatch(/delete +studentSectionAssoc\. +enrollments\.csv rows \d+, \d+/);
    const [deleted] = jsonLines(held).filter(({ type }) => type === 'deleted');
    expect(deleted).toMatchObject({ resource: expect.any(String), lost: 0 });
    expect(held.stdout).not.toContain('studentUniqueId');

    const approved = resultOf(await here.sync(source, '--approve', '--json'));
    expect(approved.state).toBe('done');
    expect(approved.account.deleted).toBeGreaterThan(50);
  });

  test('sends with any number of connections', async () => {
    const here = await station(at.api);
    for (const [source, concurrency] of [
      [at.day1, '1'],
      [at.day2, '16'],
    ] as const) {
      const sent = resultOf(await here.sync(source, '--concurrency', concurrency, '--approve', '--json'));
      expect(sent.state).toBe('done');
      expect(sent.account.created).toBeGreaterThan(0);
    }
    for (const wrong of ['0', 'x', '65']) {
      const ran = await here.sync(at.day1, '--concurrency', wrong);
      expectSentence(ran, 1, /--concurrency <n> has to be a whole number from 1 to 64/);
    }
  });

  test('says what is not in the API, and sends what waited once a code is paired', async () => {
    const api = await freshApi();
    const here = await station(api);
    const ran = await here.sync(at.dirty, '--json');
    expect(ran.code).toBe(2);
    const result = resultOf(ran);
    expectAccounts(result);
    const unmapped = result.problems.filter(({ code }) => code === 'descriptor-unmapped');
    expect(unmapped.map(({ subject, value }) => [subject, value])).toContainEqual(['GradeLevelDescriptor', 'EE']);
    // What is not a code to be paired stays on the screen of whoever asks for it there.
    for (const problem of result.problems) if (problem.code !== 'descriptor-unmapped') expect(problem.value).toBeNull();

    const problems = await here.run('problems', '--connection', 'here', '--json');
    expect(problems.code).toBe(2);
    const groups = jsonLines(problems) as unknown as (ProblemGroupView & { type: string; connection: string })[];
    expect(groups.map(({ type, connection }) => `${type} ${connection}`)).toEqual(groups.map(() => 'problem here'));
    expect(groups.map(({ code }) => code).sort()).toEqual(result.problems.map(({ code }) => code).sort());
    const held = groups.reduce((sum, group) => sum + group.held, 0);
    expect(held).toBe(result.account.held);

    // The command that is suggested is the one that is needed.
    const shown = await here.run('problems');
    expect(shown.code).toBe(2);
    expect(shown.stdout).toMatch(/^\d causes to look at, the one that holds back most first\n {2}1\. /);
    expect(shown.stdout).toMatch(/A code has no GradeLevelDescriptor: EE\n/);
    const command = /rollbook (descriptors map --connection here GradeLevelDescriptor EE) '(uri:[^']+)'/.exec(
      shown.stdout,
    );
    expect(command).not.toBeNull();
    const [, words = '', uri = ''] = command ?? [];
    expectSentence(
      await here.run(...words.split(' '), 'uri://ed-fi.org/GradeLevelDescriptor#None'),
      1,
      /no such Grade/,
    );
    expectSentence(
      await here.run('descriptors', 'map', '--connection', 'here', 'GradeLevel', 'EE', uri),
      1,
      /no such descriptor type/,
    );
    expect((await here.run(...words.split(' '), uri.toUpperCase())).code).toBe(0);
    const chosen = await here.run('descriptors', 'list', '--connection', 'here', '--json');
    expect(jsonLines(chosen)).toEqual([
      { type: 'descriptors', chosen: [{ type: 'GradeLevelDescriptor', code: 'ee', uri }] },
    ]);

    const released = resultOf(await here.sync(at.dirty, '--json'));
    expectAccounts(released);
    expect(released.account.created).toBeGreaterThan(0);
    expect(released.account.held).toBeLessThan(result.account.held);
    const rest = jsonLines(await here.run('problems', '--json')) as unknown as ProblemGroupView[];
    expect(rest.some(({ value }) => value === 'EE')).toBe(false);
  });

  test('fits a terminal, whatever its width, and tells programs from persons', async (context) => {
    if (!hasScript()) return context.skip('The command script is not here.');
    const api = await freshApi();
    const here = await station(api);
    const args = ['sync', '--connection', 'here', '--source', at.dirty];
    const env = { ROLLBOOK_DATA: here.data, ROLLBOOK_SECRET: api.secret };
    for (const [columns, more] of [
      [80, {}],
      [120, { NO_COLOR: '1' }],
      [60, {}],
    ] as const) {
      const shown = await onTerminal([...args, '--plan-only'], { columns, env: { ...env, ...more } });
      expect(shown.code).toBe(0);
      const long = shown.lines.filter((line) => line.length > columns && !line.includes('rollbook descriptors map'));
      expect(long).toEqual([]);
      expect(shown.text).toContain(columns === 120 ? 'studentEducationOrganizationAssociations' : 'EdOrg');
      expect(shown.coloured).toBe(!('NO_COLOR' in more));
    }
  });

  test('names the connections there are where one is unknown', async () => {
    const here = await station(at.api);
    expectSentence(
      await here.run('sync', '--connection', 'there', '--source', at.day1),
      1,
      /There is no connection "there"\. There is: "here"\./,
    );
    const none = emptyStation(at.api);
    expectSentence(await none.sync(at.day1), 1, /There is no connection "here": none has been added yet/);
    const problems = await here.run('problems', '--connection', 'x');
    expectSentence(problems, 1, /There is no connection "x"\. There is: "here"\./);
  });
});
