/**
 * Killed while a folder is made, while an older ledger is migrated, and in a first sync: the next start goes on by itself
 * to the same end, sends nothing again that was confirmed, forgets nothing, and leaves nothing lying about.
 */
import { expect, test } from 'vitest';
import { SCHEMA_VERSION } from '../../core/ledger/migrations.ts';
import { dieAndFinish, killAt, type Point, pointIn, stepsOf } from './killing.ts';
import { makeOlder } from './older-ledger.ts';
import { chance, SEED, told } from './seeded.ts';
import { makeWorld } from './world.ts';

test('in a first sync, five times in a row', async () => {
  const luck = chance(SEED);
  const trial = await makeWorld();
  await trial.connect();
  const steps = await stepsOf(trial, [trial.sync()]);
  let reached = 0;
  for (let nth = 0; nth < 8; nth++) {
    const world = await makeWorld({ seed: SEED * 100 + nth, clean: nth % 2 === 0, keychain: nth % 3 > 0 });
    await world.connect();
    const points: Point[] = [
      pointIn(luck, ['open', 'read', 'plan'], steps),
      pointIn(luck, ['plan', 'copy', 'keep'], steps),
      pointIn(luck, ['send', 'wire'], steps, 0.4),
      pointIn(luck, ['open', 'send', 'wire'], steps, 0.3),
      pointIn(luck, ['end', 'close'], steps),
    ];
    await told(`first sync ${nth}, ${JSON.stringify(points)}`, async () => {
      reached += await dieAndFinish(world, points);
    });
  }
  // At its very end a process may be done before its death comes.
  expect(reached).toBeGreaterThanOrEqual(28);
});

test('while the data folder and its first connection are made', async () => {
  const luck = chance(SEED + 1);
  const world = await makeWorld();
  const steps = await stepsOf(world, [world.add()]);
  let reached = 0;
  for (let nth = 0; reached < 30; nth++) {
    expect(nth).toBeLessThan(60);
    world.forget();
    const point = pointIn(luck, ['open', 'open', 'open', 'rotate', 'close'], steps);
    await told(`making ${nth}, ${JSON.stringify(point)}`, async () => {
      if (await killAt(world, point, [world.add()])) reached += 1;
      await world.remains();
      const names = await world.start(async (call) => (await call('connections.list', {})).map(({ name }) => name));
      expect(point.stage === 'close' ? [['here']] : [[], ['here']]).toContainEqual(names);
      if (names.length === 0) await world.connect();
      world.expectTidy();
    });
  }
  await world.finish();
});

test('while an older ledger is migrated', async () => {
  const luck = chance(SEED + 2);
  const world = await makeWorld({ clean: false });
  await world.connect();
  const before = await world.finish();
  makeOlder(world.folder, 1);
  const steps = await stepsOf(world, []);
  let reached = 0;
  for (let nth = 0; reached < 30; nth++) {
    expect(nth).toBeLessThan(60);
    makeOlder(world.folder, 1 + luck.below(SCHEMA_VERSION - 1));
    const point = pointIn(luck, ['open'], steps);
    await told(`migration ${nth}, ${JSON.stringify(point)}`, async () => {
      if (await killAt(world, point, [])) reached += 1;
      const writes = world.proxy.writes.length;
      const after = await world.finish();
      expect(after.account).toEqual({ ...before.account, created: 0, unchanged: before.account.created });
      expect(world.proxy.writes.length).toBe(writes);
    });
  }
});
