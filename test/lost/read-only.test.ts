/** A ledger, or a folder, that may not be written to: one sentence that says so, nothing sent, and all is well afterwards. */
import { chmodSync, chownSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { newFolder } from '../sync/workbench.ts';
import { runChild } from './process.ts';
import { chance } from './seeded.ts';
import { smallDisk } from './small-disk.ts';
import { makeWorld, type World } from './world.ts';

const isRoot = process.getuid?.() === 0;
/** An administrator may write to anything: somebody else tries then. */
const NOBODY = 65_534;

const everything = (folder: string): string[] => [
  folder,
  ...readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
    path.join(entry.parentPath, entry.name),
  ),
];

/** Runs the batch in a process that rights count for. */
async function attempt(world: World) {
  if (isRoot) for (const file of everything(world.home)) chownSync(file, NOBODY, NOBODY);
  const ended = await runChild(world.task([world.sync()]), isRoot ? { as: NOBODY } : {});
  expect(ended.errors).toBe('');
  return ended.answer;
}

test.skipIf(process.platform === 'win32')('a ledger, a folder or a file beside it that is read-only', async () => {
  const world = await makeWorld();
  const luck = chance(1);
  await world.connect();
  await world.finish();
  const { folder } = world;
  for (const { what, mode, code } of [
    { what: 'ledger.db', mode: 0o400, code: 'ledger-damaged' },
    { what: 'ledger.db', mode: 0o000, code: 'ledger-damaged' },
    { what: '.', mode: 0o500, code: 'ledger-damaged' },
    { what: 'sources', mode: 0o500, code: undefined },
    { what: 'tmp', mode: 0o500, code: undefined },
    { what: 'logs', mode: 0o500, code: undefined },
    { what: 'logs/events-000001.jsonl', mode: 0o400, code: undefined },
  ]) {
    await world.nextDay(luck, 6);
    const file = path.join(folder, what);
    const isFolder = !/\./.test(path.basename(what)) || what === '.';
    const writes = world.proxy.writes.length;
    chmodSync(file, mode);
    let answer: Awaited<ReturnType<typeof attempt>>;
    try {
      answer = await attempt(world);
    } finally {
      chmodSync(file, isFolder ? 0o700 : 0o600);
    }
    if (answer?.error !== undefined) {
      expect([what, answer.error.sentence]).toEqual([what, expect.stringMatching(/^[A-Z][^\n{}]{20,300}\.$/)]);
      expect([what, answer.error.code]).toEqual([
        what,
        code ?? expect.stringMatching(/^(source-unusable|ledger-damaged)$/),
      ]);
      expect(world.proxy.writes.length).toBe(writes);
    } else expect([what, code]).toEqual([what, undefined]);
    await world.finish();
  }
});

test('a disk that is mounted read-only', async ({ skip }) => {
  const small = smallDisk(path.join(newFolder(), 'disk'), 8);
  if (small === undefined) return skip('needs the right to mount a small disk');
  const world = await makeWorld({ folder: path.join(small.folder, 'data') });
  await world.connect();
  await world.finish();
  await world.nextDay(chance(1), 6);
  const writes = world.proxy.writes.length;
  expect(small.readOnly(true)).toBe(true);
  const answer = await world.attempt();
  expect(small.readOnly(false)).toBe(true);
  expect(answer).toEqual({
    error: {
      code: 'ledger-damaged',
      sentence: expect.stringMatching(/^The data folder cannot be [^\n]+\.$/),
      details: { otherFolder: true },
    },
  });
  expect(world.proxy.writes.length).toBe(writes);
  await world.finish();
});
