/**
 * A disk that is full at any write: the run ends in one sentence, and when there is room again, the next one ends as if
 * nothing had been.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { newFolder } from '../sync/workbench.ts';
import { chance, SEED, told } from './seeded.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';
import { makeWorld } from './world.ts';

const KB = 1024;

/** A disk for a data folder; none where this account may not make one, which is said. */
function disk(skip: (note: string) => void): SmallDisk {
  const made = smallDisk(path.join(newFolder(), 'disk'), 8);
  if (made === undefined) skip('needs the right to mount a small disk');
  return made as SmallDisk;
}

/** A sentence for a person: no stack, no path, no code. */
const SENTENCE = /^[A-Z][^\n{}]{20,400}\.$/;

test('while the folder is made', async ({ skip }) => {
  const small = disk(skip);
  const folder = path.join(small.folder, 'data');
  const world = await makeWorld({ folder });
  let refused = 0;
  for (let left = 0; ; left += 4) {
    expect(left).toBeLessThan(2_000);
    small.leave(left * KB);
    const failure = await world.connect().then(
      () => undefined,
      (thrown: Error & { code?: string }) => thrown,
    );
    small.free();
    if (failure !== undefined) {
      refused += 1;
      expect([left, failure.code ?? failure.message]).toEqual([left, expect.stringMatching(/disk-full/)]);
      expect(failure.message).toMatch(/^(connections\.add: disk-full: )?[A-Z][^\n{}]{20,400}\.$/);
    }
    // With room again, it works, whatever was left.
    const names = await world.start(async (call) => (await call('connections.list', {})).map(({ name }) => name));
    expect(names).toEqual(failure === undefined ? ['here'] : []);
    if (failure === undefined) break;
    world.forget();
  }
  expect(refused).toBeGreaterThan(5);
  await world.finish();
});

test('at any write of a batch', async ({ skip }) => {
  const small = disk(skip);
  const luck = chance(SEED);
  const world = await makeWorld({ folder: path.join(small.folder, 'data') });
  await world.connect();
  let refused = 0;
  let sentFirst = 0;
  for (let nth = 0; nth < 24; nth++) {
    // Full from the start, but for some pages; or full from a certain write on.
    const at = nth % 2 === 0 ? 0 : 1 + luck.below(8);
    const left = at === 0 ? (nth / 2) * 24 * KB + luck.below(24) * KB : luck.below(3) * 4 * KB;
    await told(`try ${nth}, ${left} bytes left at write ${at}`, async () => {
      const from = world.proxy.writes.length;
      if (at === 0) small.leave(left);
      else {
        world.proxy.answer = ({ method, resource }) => {
          if (resource !== undefined && method !== 'GET' && world.proxy.writes.length - from === at) small.leave(left);
          return undefined;
        };
      }
      const answer = await world.attempt();
      world.proxy.answer = () => undefined;
      if ('error' in answer) {
        refused += 1;
        expect(answer.error.code).toBe('disk-full');
        expect(answer.error.sentence).toMatch(SENTENCE);
        if (world.proxy.writes.length > from) sentFirst += 1;
      }
      small.free();
      const known = await world.knownTo(await world.remains(), from);
      await world.finish(known);
      await world.nextDay(luck, 6);
    });
  }
  expect(refused).toBeGreaterThan(8);
  expect(sentFirst).toBeGreaterThan(4);
});

test('at a file for the SIS or for support: none is left in part', async ({ skip }) => {
  const small = disk(skip);
  const world = await makeWorld({ folder: path.join(small.folder, 'data'), clean: false });
  await world.connect();
  await world.finish();
  const out = path.join(small.folder, 'out');
  mkdirSync(out);
  const commands = [
    ['fixList.write', { connection: 'here', format: 'csv', out: path.join(out, 'list.csv') }],
    ['fixList.write', { connection: 'here', format: 'xlsx', out: path.join(out, 'list.xlsx') }],
    ['fixList.write', { connection: 'here', format: 'csv', out: path.join(out, 'schools'), perSchool: true }],
    ['support.save', { out: path.join(out, 'bundle.zip') }],
  ] as const;
  for (const [command, input] of commands) {
    let refused = 0;
    for (let left = 0; ; left += 4) {
      expect(left).toBeLessThan(400);
      const answer = await world.start((_call, handle) => {
        small.leave(left * KB);
        return handle(command, input);
      });
      small.free();
      if ('ok' in answer) break;
      refused += 1;
      expect([command, left, answer.error]).toMatchObject([
        command,
        left,
        { code: 'disk-full', sentence: expect.stringMatching(SENTENCE) },
      ]);
      expect(readdirSync(out)).toEqual([]);
    }
    expect([command, refused]).toEqual([command, expect.any(Number)]);
    expect(refused).toBeGreaterThan(0);
    expect(readdirSync(out).length).toBe(1);
    rmSync(input.out, { recursive: true });
  }
});
