/** `rollbook demo`: two days on a terminal, and as lines for a program. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasScript, onTerminal } from './pseudo-terminal.ts';
import { expectAccounts, jsonLines, newFolder, type ResultLine, rollbook, start } from './run.ts';

/** An own temporary directory, so that what is left in it is the demo's. */
const inOwnTemp = (): { temp: string; env: Record<string, string> } => {
  const temp = newFolder();
  return { temp, env: { TMPDIR: temp, TMP: temp, TEMP: temp } };
};

describe('demo', () => {
  test('gives two result lines, whose accounts add up, and the second sends only what changed', async () => {
    const { temp, env } = inOwnTemp();
    const ran = await rollbook(['demo', '--json'], { env });
    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(0);
    const lines = jsonLines(ran);
    const results = lines.filter(({ type }) => type === 'result') as unknown as ResultLine[];
    expect(results.map(({ day }) => day)).toEqual([1, 2]);
    expect(lines.at(-1)).toMatchObject({ type: 'result', day: 2 });
    expect(new Set(lines.map(({ type }) => type))).toEqual(
      new Set(['test-step', 'progress', 'notice', 'plan', 'result']),
    );
    for (const result of results) {
      expectAccounts(result);
      const { account, requests } = result;
      expect(Object.keys(account)).toEqual([
        'read',
        'created',
        'updated',
        'deleted',
        'unchanged',
        'rejected',
        'held',
        'failed',
        'skipped',
      ]);
      const { POST, PUT, DELETE, token } = requests;
      expect(POST + PUT + DELETE).toBe(account.created + account.updated + account.deleted + account.failed);
      expect(token).toBe(1);
      expect(account.held).toBeGreaterThan(0);
    }
    const [first, second] = results as [ResultLine, ResultLine];
    expect(first.account.created).toBeGreaterThan(5_000);
    expect(second.account.unchanged).toBeGreaterThan(5_000);
    expect(second.account.created + second.account.updated + second.account.deleted).toBeLessThan(500);
    // What came since is only what changed: the API's model is not fetched again.
    expect(second.requests.GET).toBeLessThan(5);
    expect(readdirSync(temp)).toEqual([]);
  });

  test('shows plan, progress, account and causes on a terminal of 80 columns', async (context) => {
    if (!hasScript()) return context.skip('The command script is not here.');
    const { env } = inOwnTemp();
    const shown = await onTerminal(['demo', '--students', '40'], { columns: 80, env });
    expect(shown.code).toBe(0);
    for (const word of ['Day 1', 'Day 2', 'Plan', 'create', 'update', 'delete', 'Account', ' read = ', 'causes']) {
      expect(shown.text).toContain(word);
    }
    expect(shown.text).toMatch(/Sending +[█░]+ {2}[\d,]+ of [\d,]+/);
    expect(shown.text).toMatch(/[\d,]+ records\/s/);
    expect(shown.text).toMatch(/Sent +[\d,]+ records in/);
    expect(Math.max(...shown.lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(shown.text).not.toMatch(/undefined|NaN|\[object/);
  });

  test('leaves nothing behind when it is stopped', async () => {
    const { temp, env } = inOwnTemp();
    const running = start(['demo', '--json', '--students', '400'], { env });
    await running.until('"phase":"sending"');
    expect(readdirSync(temp)).not.toEqual([]);
    running.child.kill('SIGINT');
    const ran = await running.ended;
    expect(ran.code).toBe(130);
    const results = jsonLines(ran).filter(({ type }) => type === 'result');
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ day: 1, state: 'stopped' });
    expectAccounts(results[0] as unknown as ResultLine);
    expect(readdirSync(temp)).toEqual([]);
  });

  test('refuses a size that is none', async () => {
    for (const students of ['x', '19', '1e3']) {
      const ran = await rollbook(['demo', '--students', students]);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toBe('--students <n> has to be a whole number from 20 to 250,000.\n');
    }
  });
});
