/** A clock that jumps a day, forward or back, in mid-batch and between batches; and a machine that sleeps for an hour. */
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CommandOutput } from '../../core/contract/schemas.ts';
import { bench, district, practice } from '../sync/workbench.ts';
import { runChild } from './process.ts';
import { chance, SEED } from './seeded.ts';
import { makeWorld, type World } from './world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Every number a person is shown of batches, causes and the overview; and every line of the log. */
async function expectShown(world: World): Promise<void> {
  const [{ batches }, overview, problems] = await world.start(async (call) => [
    await call('batches.list', { connection: 'here' }),
    await call('overview.show', {}),
    await call('problems.list', { connection: 'here' }),
  ]);
  // The newest is the one that was begun last, whatever its time says.
  expect(batches.map(({ id }) => id)).toEqual(batches.map(({ id }) => id).toSorted((a, b) => b - a));
  expect(overview[0]?.last?.id).toBe(batches[0]?.id);
  for (const { timings } of batches) {
    for (const value of Object.values(timings ?? {})) expect(value ?? 0).toBeGreaterThanOrEqual(0);
  }
  for (const cause of problems.groups) expect(cause.lastSeen).toBeGreaterThanOrEqual(cause.firstSeen);
  const logs = path.join(world.folder, 'logs');
  const lines = readdirSync(logs).flatMap((name) => readFileSync(path.join(logs, name), 'utf8').trim().split('\n'));
  const seqs = lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  expect(lines.filter((line) => /":-\d/.test(line))).toEqual([]);
}

/** Runs a batch in a child, which is done something to at certain writes. */
async function runWith(
  world: World,
  at: Readonly<Record<number, (child: ChildProcess) => void>>,
  shiftMs = 0,
): Promise<CommandOutput<'sync.run'>> {
  let child: ChildProcess | undefined;
  let writes = 0;
  world.proxy.onWrite = (_heard, what) => {
    if (what === 'done') return;
    writes += 1;
    if (child !== undefined) at[writes]?.(child);
  };
  try {
    const ended = await runChild(world.task([world.sync({ patienceSeconds: 20 })]), {
      clock: { shiftMs },
      onStart: (started) => {
        child = started;
      },
    });
    expect(ended.errors).toBe('');
    expect(ended.answer).toHaveProperty('ok');
    return ended.answer?.ok as CommandOutput<'sync.run'>;
  } finally {
    world.proxy.onWrite = () => undefined;
  }
}

const jump = (shiftMs: number) => (child: ChildProcess) => void child.send({ shiftMs });

test.for([
  ['forward', { 10: jump(DAY) }],
  ['back', { 10: jump(-DAY) }],
  ['forward and back', { 8: jump(DAY), 20: jump(-DAY) }],
  ['back twice and forward', { 5: jump(-DAY), 15: jump(-DAY), 30: jump(DAY) }],
] as const)('a clock that jumps a day %s in mid-batch', async ([_where, at]) => {
  // Every token is soon over, by the API's own clock.
  const world = await makeWorld({ clean: false, latencyMs: 5, tokenLifetimeSeconds: 2 });
  await world.connect();
  const result = await runWith(world, at);
  expect(result.state).toBe('done');
  expect(result.seconds).toBeGreaterThanOrEqual(0);
  // One for the batch, one where the clock or the API says that it is over: no more at each jump, however long it takes.
  expect(world.api.requests().token).toBeLessThanOrEqual(8 + result.seconds);
  await world.finish();
  await expectShown(world);
});

test('a pause that the API asks for is kept by how long it takes, not by the clock', async () => {
  for (const shift of [-DAY, DAY]) {
    const world = await makeWorld({ latencyMs: 2 });
    await world.connect();
    let refused = 0;
    let answered = 0;
    world.proxy.answer = ({ method, resource }) => {
      if (resource === undefined || method === 'GET') return undefined;
      answered += 1;
      if (answered < 10 || refused >= 3) return undefined;
      refused += 1;
      return { status: 429, headers: { 'retry-after': '1' } };
    };
    let child: ChildProcess | undefined;
    const watch = setInterval(() => {
      if (refused > 0 && child?.connected) {
        child.send({ shiftMs: shift });
        clearInterval(watch);
      }
    }, 20);
    const ended = await runChild(world.task([world.sync({ patienceSeconds: 20 })]), {
      clock: { shiftMs: 0 },
      onStart: (started) => {
        child = started;
      },
    });
    clearInterval(watch);
    world.proxy.answer = () => undefined;
    expect(ended.answer?.ok).toMatchObject({ state: 'done', stopped: null, account: { failed: 0 }, left: 0 });
    await world.finish();
    await expectShown(world);
  }
});

test('batches on a clock that is a day off, and right again', async () => {
  const luck = chance(SEED);
  const world = await makeWorld({ clean: false });
  await world.connect();
  for (const shift of [0, -DAY, DAY, 0, -DAY, 0]) {
    await world.nextDay(luck, 5);
    expect((await runWith(world, {}, shift)).state).toBe('done');
    await world.finish();
    await expectShown(world);
  }
});

test('an hour asleep in mid-batch: sockets are gone, tokens are over, and the clock is an hour on', async () => {
  const world = await makeWorld({ latencyMs: 5 });
  await world.connect();
  let asleep: Promise<void> | undefined;
  const sleep = (child: ChildProcess): void => {
    child.kill('SIGSTOP');
    asleep = (async () => {
      world.proxy.drop();
      world.apiClock.aheadMs += HOUR;
      await wait(1_500);
      child.send({ shiftMs: HOUR });
      child.kill('SIGCONT');
    })();
  };
  const result = await runWith(world, { 20: sleep });
  await asleep;
  expect(result).toMatchObject({ state: 'done', stopped: null, left: 0, account: { failed: 0, held: 0 } });
  await world.finish();
  await expectShown(world);
});

test('a cause that was marked as fixed by a clock that was ahead is looked at again by the next batch', async () => {
  const api = await practice();
  const clock = { now: Date.now() };
  const { call, sync } = await bench(api, { now: () => clock.now });
  const source = await district({ clean: false });
  await sync(source);
  const open = async () => (await call('problems.list', { connection: 'here' })).groups;
  const cause = (await open())[0]?.group as string;
  clock.now += DAY;
  await call('problems.fixed', { connection: 'here', group: cause, fixed: true });
  expect((await open()).map(({ group }) => group)).not.toContain(cause);
  clock.now -= DAY;
  await sync(source);
  const again = (await open()).find(({ group }) => group === cause);
  expect(again?.lastSeen).toBeGreaterThanOrEqual(again?.firstSeen ?? Number.NaN);
});
