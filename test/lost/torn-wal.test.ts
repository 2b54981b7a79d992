/**
 * Power that fails: of what SQLite wrote last, only a part is on the disk, or garbage. The ledger opens with what was
 * committed before, and the next batch sends the rest once more, which does no harm.
 */
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { killAt, pointIn, stepsOf } from './killing.ts';
import { type Chance, chance, SEED, told } from './seeded.ts';
import { makeWorld } from './world.ts';

const WAYS = ['cut', 'garbled', 'zeroed', 'gone'] as const;

function tear(file: string, way: (typeof WAYS)[number], luck: Chance): void {
  const { size } = statSync(file);
  const at = luck.below(size);
  const bytes = readFileSync(file);
  switch (way) {
    case 'cut':
      truncateSync(file, at);
      break;
    case 'garbled':
      for (let i = 0; i < 200 && at + i < size; i++) bytes[at + i] = luck.below(256);
      writeFileSync(file, bytes);
      break;
    case 'zeroed':
      writeFileSync(file, bytes.fill(0, at));
      break;
    case 'gone':
      rmSync(file);
  }
}

test('a write-ahead log that is torn', async () => {
  const luck = chance(SEED);
  const world = await makeWorld();
  await world.connect();
  await world.finish();
  await world.nextDay(luck, 8);
  const steps = await stepsOf(world, [world.sync()]);
  await world.finish();
  const wal = path.join(world.folder, 'ledger.db-wal');
  let lost = 0;
  for (let nth = 0; nth < 16; nth++) {
    await world.nextDay(luck, 8);
    const point = pointIn(luck, ['send', 'wire', 'end'], steps, 0.9);
    const way = WAYS[nth % WAYS.length] as (typeof WAYS)[number];
    await told(`tear ${nth}: ${way} after ${JSON.stringify(point)}`, async () => {
      const from = world.proxy.writes.length;
      await killAt(world, point, [world.sync()]);
      if (existsSync(wal)) {
        const before = (await world.knownTo(await world.remains(), from)).length;
        tear(wal, way, luck);
        const after = await world.knownTo(await world.remains(), from);
        // What is left is a beginning of what was.
        expect(after.length).toBeLessThanOrEqual(before);
        if (after.length < before) lost += 1;
        await world.finish(after);
      } else await world.finish();
    });
  }
  expect(lost).toBeGreaterThan(2);
});
