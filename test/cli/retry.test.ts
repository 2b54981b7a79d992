/** `rollbook retry`: what is not in the API, sent again from the last export. */
import { describe, expect, test } from 'vitest';
import { freshApi } from './contents.ts';
import { station } from './practice.ts';
import { expectAccounts, expectSentence, jsonLines, resultOf } from './run.ts';
import { causeOf, REFUSALS, recordsOf, troubled } from './troubled.ts';

const folders = troubled();
const { at } = folders;

const HERE = ['retry', '--connection', 'here'];

describe('retry', () => {
  test('sends a record again, then its cause, and says how many were chosen', async () => {
    const here = folders.copy();
    await at.api.faults.clear();
    const { group, records } = await causeOf(here, 'key-taken');
    expect(records).toBeGreaterThan(1);
    const [first] = await recordsOf(here, group);

    const planned = await here.run(...HERE, '--record', String(first?.id), '--plan-only', '--json');
    expect(planned.code).toBe(0);
    expect(resultOf(planned)).toMatchObject({ state: 'planned', selected: 1 });

    const one = await here.run(...HERE, '--record', String(first?.id));
    expect(one.code).toBe(2);
    expect(one.stdout).toMatch(/^1 record was chosen to go again\.\n\nAccount\n/m);
    expect((await causeOf(here, 'key-taken')).records).toBe(records - 1);

    const rest = await here.run(...HERE, '--group', group.toLowerCase(), '--json');
    const result = resultOf(rest);
    expectAccounts(result);
    expect(result.account.failed).toBe(0);
    expect(jsonLines(rest).at(-1)).toMatchObject({ type: 'result', selected: expect.any(Number) });
    expect(result.problems.map((problem) => problem.group)).not.toContain(group);
    await at.api.faults.set(REFUSALS);
  });

  test('sends a resource of a span again, also what was confirmed, and one record by its reference', async () => {
    const here = folders.copy();
    const selected = async (...words: string[]): Promise<unknown> => {
      const ran = await here.run(...HERE, ...words, '--plan-only', '--json');
      expect(ran.stderr).toBe('');
      return jsonLines(ran).at(-1)?.selected;
    };
    const failed = await selected('--resource', 'contacts', '--since', '2h');
    expect(failed).toBeGreaterThan(0);
    expect(await selected('--resource', 'contacts', '--until', '2h')).toBe(0);
    expect(await selected('--resource', 'contacts', '--since', 'yesterday', '--until', 'today')).toBe(failed);
    expect(await selected('--resource', 'contacts', '--since', '2h', '--confirmed')).toBeGreaterThan(failed as number);
    expect(await selected('--failed')).toBeGreaterThan(failed as number);

    const { group } = await causeOf(here, 'key-taken');
    const [record] = await recordsOf(here, group);
    const { reference } = jsonLines(
      await here.run('reference', '--connection', 'here', String(record?.id), '--json'),
    )[0] as unknown as { reference: string };
    expect(await selected('--reference', reference)).toBe(1);
    const none = await here.run(...HERE, '--resource', 'contacts', '--until', 'yesterday', '--plan-only');
    expect(none.stdout).toMatch(/^Nothing was chosen: /m);
  });

  test.each<[string[], RegExp]>([
    [[], /^Say what is to go again, by one of --group, --record, --reference, --resource and --failed\.$/],
    [['--failed', '--record', '1'], /^Say what is to go again, by one of/],
    [['--group', 'G-2222-22'], /There is no cause G-2222-22 at this connection/],
    [['--group', '12'], /^--group <cause> has to be a cause/],
    [['--record', '999999'], /This record is not among the problems any more/],
    [['--reference', 'R-2222-22'], /This ledger has no record with this reference/],
    [['--resource', 'pupils'], /This connection has sent no such resource/],
    [['--resource', 'students', '--since', 'monday'], /^--since <when> has to be a date \(2026-11-21\)/],
    [['--resource', 'students', '--until', '2026-02-30'], /^--until <when> has to be a date/],
    [['--resource', 'students', '--since', 'today', '--until', 'yesterday'], /--since is later than --until/],
    [['--failed', '--since', '2h'], /--since, --until and --confirmed go with --resource/],
    [['--failed', '--concurrency', '0'], /^--concurrency <n> has to be a whole number from 1 to 64/],
  ])('%j gets a sentence', async (args, says) => {
    const ran = await folders.here.run(...HERE, ...args);
    expectSentence({ ...ran, stderr: ran.stderr.trim() }, 1, says);
  });

  test('has nothing to send where nothing was sent', async () => {
    const here = await station(await freshApi());
    expectSentence(await here.run(...HERE, '--failed'), 1, /Nothing was sent over this connection yet/);
    expectSentence(await here.run('retry', '--connection', 'there', '--failed'), 1, /There is no connection "there"/);
  });
});
