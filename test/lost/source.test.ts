/** An export that is exchanged while it is read: it is refused in a sentence or sent as one of the two, and never mixed. */
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeZip } from '../sources/exports.ts';
import { plain } from '../sync/expectation.ts';
import type { Heard } from '../sync/proxy.ts';
import { stepsOf } from './killing.ts';
import type { Happening, Stage } from './points.ts';
import { runChild } from './process.ts';
import { chance, SEED, told } from './seeded.ts';
import { makeWorld, type World } from './world.ts';

const KINDS = ['replaced', 'written-over', 'cut', 'removed', 'folder-replaced', 'folder-removed'] as const;

/** What was sent, without ids: by which one export is told from another. */
const bodies = (writes: readonly Heard[]): string[] =>
  writes.filter(({ body }) => body !== undefined).map(({ resource, body }) => `${resource} ${plain(body)}`);

/** Lets something happen to an export while it is read. @param exports what each of the two would have sent */
async function exchange(
  world: World,
  present: string,
  exports: readonly ReadonlySet<string>[],
  at: { stage: Stage; step: number; what: Happening },
): Promise<'refused' | 'sent'> {
  const from = world.proxy.writes.length;
  const command = { command: 'sync.run', input: { ...world.sync().input, source: present } };
  const point = { stage: at.stage, step: at.step, delayUs: 0, instead: at.what };
  const ended = await runChild(world.task([command], point));
  expect(ended.errors).toBe('');
  const writes = world.proxy.writes.slice(from);
  if (ended.answer?.error !== undefined) {
    expect(ended.answer.error.code).toBe('source-unusable');
    expect(ended.answer.error.sentence).toMatch(/^[^\n{}]{20,300}\.$/);
    expect(writes).toEqual([]);
    return 'refused';
  }
  // Not a mixture: all of it is of one of the two.
  const sent = bodies(writes);
  const strange = exports.map((known) => sent.filter((body) => !known.has(body)));
  expect(
    strange.some((list) => list.length === 0),
    strange.flat().join('\n'),
  ).toBe(true);
  return 'sent';
}

for (const form of ['folder', 'zip'] as const) {
  test(`a ${form} that is exchanged while it is read`, async () => {
    const luck = chance(SEED);
    const world = await makeWorld();
    await world.connect();
    await world.finish();
    await world.nextDay(luck, 6);
    const steps = await stepsOf(world, [world.sync()]);
    await world.finish();
    const made: Record<string, number> = { refused: 0, sent: 0 };
    for (let nth = 0; nth < 18; nth++) {
      const [present, next] = ['present', 'next'].map((name) => path.join(world.home, `${name}-${form}-${nth}`)) as [
        string,
        string,
      ];
      // What is there is another day than what comes in its place, which is the world's own.
      const is = form === 'zip' ? '.zip' : '';
      await world.nextDay(luck, 8);
      const old = await world.bodiesOf(world.source);
      await put(world.source, `${present}${is}`, form);
      await world.nextDay(luck, 8);
      const fresh = await world.bodiesOf(world.source);
      await put(world.source, `${next}${is}`, form);
      const stage = luck.of(['read', 'plan', 'copy'] as const);
      const step = 1 + luck.below(steps[stage] ?? 1);
      const kind = form === 'zip' ? luck.of(['replaced', 'written-over', 'cut', 'removed'] as const) : luck.of(KINDS);
      const file = luck.of(readdirSync(world.source).filter((name) => name !== 'manifest.csv'));
      const what = happening(kind, `${present}${is}`, `${next}${is}`, form === 'zip' ? '' : file, luck.below(2000));
      await told(`${form} ${nth}: ${kind} ${file} at ${stage} ${step}`, async () => {
        const came = await exchange(world, `${present}${is}`, [old, fresh], { stage, step, what });
        made[came] = (made[came] ?? 0) + 1;
        expect(await world.finish()).toMatchObject({ state: 'done' });
      });
      for (const rest of [present, next].flatMap((one) => [one, `${one}.zip`, `${one}.away`, `${one}.zip.away`])) {
        rmSync(rest, { recursive: true, force: true });
      }
    }
    expect(made.refused).toBeGreaterThan(2);
  });
}

function happening(kind: (typeof KINDS)[number], at: string, by: string, file: string, to: number): Happening {
  switch (kind) {
    case 'replaced':
    case 'written-over':
      return { kind, at: path.join(at, file), by: path.join(by, file) };
    case 'cut':
      return { kind, at: path.join(at, file), to };
    case 'removed':
      return { kind, at: path.join(at, file) };
    case 'folder-replaced':
      return { kind: 'replaced', at, by };
    case 'folder-removed':
      return { kind: 'removed', at };
  }
}

async function put(folder: string, at: string, form: 'folder' | 'zip'): Promise<void> {
  if (form === 'folder') {
    cpSync(folder, at, { recursive: true, preserveTimestamps: true });
    return;
  }
  const files = await Promise.all(
    readdirSync(folder).map(async (name) => [name, await readFile(path.join(folder, name))] as const),
  );
  renameSync(await writeZip(Object.fromEntries(files)), at);
}
