/**
 * Killed day after day, at seeded points of the day's batch; while a key is exchanged for another; and while a connection
 * is removed.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type AnyStage, dieAndFinish, killAt, pointIn, stepsOf } from './killing.ts';
import { chance, SEED, told } from './seeded.ts';
import { KEYS, makeWorld } from './world.ts';

const STAGES: readonly AnyStage[] = ['open', 'read', 'plan', 'copy', 'keep', 'send', 'wire', 'end', 'close'];

test.each([
  ['whole exports', false, 60],
  ['exports of changes', true, 24],
])('day after day of %s', async (_what, deltas, deaths) => {
  const luck = chance(SEED);
  const world = await makeWorld({ students: 8, seed: SEED, deltas });
  await world.connect();
  await world.finish();
  await world.nextDay(luck, 6);
  const steps = await stepsOf(world, [world.sync()]);
  await world.finish();
  let reached = 0;
  for (let day = 0; reached < deaths; day++) {
    expect(day).toBeLessThan(120);
    await world.nextDay(luck, 6);
    const points = [0, 1].map(() => pointIn(luck, STAGES, steps, 0.8));
    await told(`day ${day}, ${JSON.stringify(points)}`, async () => {
      reached += await dieAndFinish(world, points);
    });
  }
});

test('while a key is exchanged for another', async () => {
  const luck = chance(SEED + 1);
  const world = await makeWorld();
  await world.connect();
  await world.finish();
  const rotate = (to: number) => ({
    command: 'connections.rotate' as const,
    input: { name: 'here', ...(KEYS[to] as (typeof KEYS)[number]), test: true },
  });
  const steps = await stepsOf(world, [rotate(1)]);
  let reached = 0;
  for (let nth = 0; reached < 20; nth++) {
    expect(nth).toBeLessThan(40);
    const point = pointIn(luck, ['rotate'], steps);
    await told(`rotation ${nth}, ${JSON.stringify(point)}`, async () => {
      if (await killAt(world, point, [rotate(nth % 2)])) reached += 1;
      // Whichever of the two is in force, it works; and then the other one does.
      await world.nextDay(luck, 1);
      await world.finish();
      const { command, input } = rotate(nth % 2);
      const { connection } = await world.start((call) => call(command, input));
      expect(connection.key).toBe(input.key);
      // The ledger's key and the connection's secret: nothing is left of the other.
      expect(world.secrets()).toHaveLength(2);
    });
  }
});

test('while a connection is removed', async () => {
  const luck = chance(SEED + 2);
  const world = await makeWorld();
  await world.connect();
  await world.finish();
  const remove = { command: 'connections.remove' as const, input: { name: 'here' } };
  const steps = await stepsOf(world, [remove]);
  let reached = 0;
  for (let nth = 0; reached < 8; nth++) {
    expect(nth).toBeLessThan(20);
    await world.connect();
    if (nth % 4 === 0) await world.finish();
    const point = pointIn(luck, ['rotate'], steps);
    await told(`removal ${nth}, ${JSON.stringify(point)}`, async () => {
      if (await killAt(world, point, [remove])) reached += 1;
      await world.start(async (call) => {
        if ((await call('connections.list', {})).length > 0) await call(remove.command, remove.input);
      });
      // The ledger's own key is all that is left, and no row of the export.
      expect(world.secrets()).toHaveLength(1);
      expect(readdirSync(path.join(world.folder, 'sources'))).toEqual([]);
      world.expectTidy();
    });
  }
});
