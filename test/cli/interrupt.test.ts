/** What stops a sync: Ctrl-C, a kill, the API going away. The next run goes on, and ends with the same items. */
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { startSandboxInWorker } from '../../core/sandbox/worker.ts';
import { contents, freshApi } from './contents.ts';
import { adding, emptyStation, practice, station } from './practice.ts';
import { expectAccounts, jsonLines, newFolder, resultOf, rollbook, start } from './run.ts';

const at = practice();
let complete: Awaited<ReturnType<typeof contents>>;
let records = 0;

beforeAll(async () => {
  const api = await startSandboxInWorker();
  const { data, run, sync } = emptyStation(api, path.join(at.day1, '..', 'reference'));
  await run(...adding(api), '--no-test');
  records = resultOf(await sync(at.day1, '--json')).account.created;
  expect(data).toContain('reference');
  complete = await contents(api);
  await api.close();
});

/** Starts a sync that takes a few seconds, and waits until it is well on its way. */
async function underWay(here: { readonly data: string }, secret: string, ...more: string[]) {
  const args = ['sync', '--connection', 'here', '--source', at.day1, '--concurrency', '4', ...more];
  const running = start(args, { data: here.data, secret });
  await running.until(more.includes('--json') ? /"phase":"sending","done":[1-9]/ : /Sending .* [1-9][\d,]* of/);
  return running;
}

describe('an interrupted sync', () => {
  test('finishes what is on its way at Ctrl-C, says what is left, and goes on at the next run', async () => {
    const api = await freshApi({ latencyMs: 25 });
    const here = await station(api);
    const running = await underWay(here, api.secret, '--json');
    running.child.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped.code).toBe(130);
    const first = resultOf(stopped);
    expectAccounts(first);
    expect(first).toMatchObject({ state: 'stopped', stopped: { code: 'cancelled' } });
    expect(first.left).toBeGreaterThan(0);
    expect(first.account.created).toBeGreaterThan(0);
    expect(first.account.created + first.left).toBe(records);
    // What was on its way was waited for: the API has got nothing that the account does not know of.
    expect((await api.requests()).POST).toBe(first.account.created);
    expect((await here.run('status')).stdout).toContain('stopped before its end; run sync again and it goes on');

    const next = await here.sync(at.day1, '--json');
    expect(next.code).toBe(0);
    const second = resultOf(next);
    expectAccounts(second);
    expect(second.account).toMatchObject({ created: first.left, unchanged: first.account.created });
    expect((await api.requests()).POST).toBe(records);
    expect(await contents(api)).toEqual(complete);
  });

  test('says the same to a person, and takes two signals at once for one wish', async () => {
    const api = await freshApi({ latencyMs: 25 });
    const here = await station(api);
    const running = await underWay(here, api.secret);
    running.child.kill('SIGINT');
    running.child.kill('SIGTERM');
    const stopped = await running.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toBe('Finishing what is on its way; Ctrl-C once more ends at once.\n');
    expect(stopped.stdout).toMatch(/Stopped, as asked\. [\d,]+ records are left; run the same again and it goes on/);
  });

  test('sends nothing when it is stopped before', async () => {
    const api = await freshApi({ latencyMs: 300 });
    const here = await station(api);
    const running = start(['sync', '--connection', 'here', '--source', at.day1, '--json'], {
      data: here.data,
      secret: api.secret,
    });
    await running.until('connecting');
    running.child.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped.code).toBe(130);
    expect(jsonLines(stopped).at(-1)).toMatchObject({ type: 'error', code: 'cancelled' });
    expect((await api.requests()).POST).toBe(0);
  });

  test('goes on after a kill, and sends nothing twice that was confirmed', async () => {
    const api = await freshApi({ latencyMs: 25 });
    const here = await station(api);
    const running = await underWay(here, api.secret, '--json');
    running.child.kill('SIGKILL');
    const killed = await running.ended;
    expect(killed.signal).toBe('SIGKILL');
    const before = (await api.requests()).POST;
    expect(before).toBeLessThan(records);
    expect((await here.run('status')).stdout).toContain('cut off while it was sending');

    const next = await here.sync(at.day1, '--json');
    expect(next.code).toBe(0);
    expectAccounts(resultOf(next));
    expect(await contents(api)).toEqual(complete);
    // Sent again is only what four connections had on their way, or had an answer to that was not yet on the disk.
    expect((await api.requests()).POST).toBeLessThanOrEqual(records + 8);
  });

  test('says that the API went away, and goes on when it is back', async () => {
    const file = path.join(newFolder(), 'api.db');
    const api = start(['sandbox', '--json', '--latency', '25', '--file', file]);
    await api.until('\n');
    const { url, key, secret } = JSON.parse(api.stdout()) as { url: string; key: string; secret: string };
    const here = await station({ url, key, secret });
    const running = await underWay(here, secret, '--json', '--patience', '1');
    api.child.kill('SIGKILL');
    const broken = await running.ended;
    expect(broken.code).toBe(4);
    const result = resultOf(broken);
    expectAccounts(result);
    expect(result).toMatchObject({ state: 'stopped', stopped: { code: 'api-unreachable' } });
    expect(result.left).toBeGreaterThan(0);

    const back = start(['sandbox', '--json', '--file', file, '--port', new URL(url).port]);
    await back.until('\n');
    const next = await here.sync(at.day1, '--json');
    expect(next.code).toBe(0);
    expect(resultOf(next).left).toBe(0);
    const again = resultOf(
      await rollbook(['sync', '--connection', 'here', '--source', at.day1, '--json'], { data: here.data, secret }),
    );
    expect(again.account.unchanged + again.account.skipped).toBe(again.account.read);
  });

  test('lets a second sync on the same data folder know that it is in use', async () => {
    const api = await freshApi({ latencyMs: 25 });
    const here = await station(api);
    const running = await underWay(here, api.secret, '--json');
    // It is let wait, so that it holds the ledger for as long as it takes.
    running.child.kill('SIGSTOP');
    const second = await here.sync(at.day1, '--json');
    running.child.kill('SIGCONT');
    expect(second.code).toBe(5);
    expect(jsonLines(second)).toEqual([
      {
        type: 'error',
        code: 'ledger-in-use',
        sentence: expect.stringMatching(/^Another Rollbook is using this data folder\. Wait/),
        details: {},
      },
    ]);
    expect((await running.ended).code).toBe(0);
    expect(await contents(api)).toEqual(complete);
  });
});
