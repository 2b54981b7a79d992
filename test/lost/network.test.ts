/** A network that goes in mid-batch: the batch waits and goes on by itself, or ends in a sentence with nothing lost. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CommandOutput } from '../../core/contract/schemas.ts';
import { expectAccount } from '../sync/workbench.ts';
import { chance, SEED, told } from './seeded.ts';
import { makeWorld, type World } from './world.ts';

/** Lets the network go at a certain write, for some time, and come back. @returns what became of the batch */
async function runThrough(
  world: World,
  how: {
    readonly at: number;
    readonly is: 'refused' | 'silent';
    readonly goneMs: number;
    readonly patienceSeconds: number;
  },
): Promise<CommandOutput<'sync.run'>> {
  let writes = 0;
  const over = new AbortController();
  let back: Promise<void> | undefined;
  world.proxy.onWrite = (_heard, what) => {
    if (what === 'answered') return;
    writes += 1;
    if (writes !== how.at) return;
    world.proxy.network(how.is);
    back = wait(how.goneMs, undefined, { signal: over.signal })
      .catch(() => undefined)
      .then(() => world.proxy.network('there'));
  };
  try {
    const answer = await world.attempt({ patienceSeconds: how.patienceSeconds });
    over.abort();
    await back;
    expect(answer).toHaveProperty('ok');
    const result = (answer as { ok: CommandOutput<'sync.run'> }).ok;
    expectAccount(result);
    return result;
  } finally {
    world.proxy.onWrite = () => undefined;
    world.proxy.network('there');
  }
}

test('gone for a while: the batch goes on by itself, and every record is sent', async () => {
  const luck = chance(SEED);
  const world = await makeWorld();
  await world.connect();
  for (const is of ['refused', 'silent', 'refused', 'silent'] as const) {
    const at = 1 + luck.below(8);
    await told(`${is} at write ${at}`, async () => {
      const result = await runThrough(world, { at, is, goneMs: 2_500, patienceSeconds: 60 });
      expect(result).toMatchObject({ state: 'done', stopped: null, left: 0, account: { failed: 0, held: 0 } });
      await world.finish();
    });
    await world.nextDay(luck, 8);
  }
});

test('gone for longer than is waited: one sentence, and the next batch sends the rest and nothing twice', async () => {
  const world = await makeWorld();
  await world.connect();
  const from = world.proxy.writes.length;
  const result = await runThrough(world, { at: 20, is: 'refused', goneMs: 120_000, patienceSeconds: 1 });
  expect(result).toMatchObject({ state: 'stopped', stopped: { code: 'api-unreachable' } });
  expect(result.stopped?.sentence).toMatch(/^[^\n{}]{20,300}\.$/);
  expect(result.left).toBeGreaterThan(0);
  expect(result.account.skipped).toBeGreaterThanOrEqual(result.left);
  await world.finish(await world.knownTo(await world.remains(), from));
});
