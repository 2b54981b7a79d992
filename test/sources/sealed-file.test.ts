import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { unusable } from '../../core/sources/refuse.ts';
import { openSealed, type SealedKind, writeSealed } from '../../core/sources/sealed-file.ts';
import { newFolder, refusal, removeFolders } from './exports.ts';

afterEach(removeFolders);

const KIND: SealedKind = { magic: 'RBTEST01', what: 'the file of the test', damaged: () => unusable('It is damaged.') };
const key = Buffer.from(Array.from({ length: 32 }, (_, at) => at));

/** Packed and plain blocks in turn, of many sizes, more than are under way at once. */
const BLOCKS = Array.from({ length: 23 }, (_, at) =>
  at % 2 === 0 ? Buffer.from(`value-${at},`.repeat(at * 997)) : randomBytes(at * 991),
);

async function written(file: string): Promise<void> {
  await writeSealed(file, KIND, key, async (out) => {
    const numbers: number[] = [];
    for (const [at, bytes] of BLOCKS.entries()) {
      // What is given is the file's from then on.
      numbers.push(await out.block(Buffer.from(bytes), at % 2 === 0 ? 'packed' : 'plain'));
    }
    return { numbers };
  });
}

async function blocksOf(file: string, first: number, count: number, kind = KIND, with32 = key): Promise<Buffer[]> {
  const sealed = (await openSealed(file, kind, with32))!;
  const blocks: Buffer[] = [];
  try {
    for await (const bytes of sealed.blocks(first, count)) blocks.push(bytes);
  } finally {
    await sealed.close();
  }
  return blocks;
}

describe('a sealed file', () => {
  it('gives back its index and every block, from any of them on', async () => {
    const file = join(await newFolder(), 'sealed');
    await written(file);
    const sealed = (await openSealed(file, KIND, key))!;
    expect(sealed.index).toEqual({ numbers: BLOCKS.map((_, at) => at) });
    await sealed.close();
    expect(await blocksOf(file, 0, BLOCKS.length)).toEqual(BLOCKS);
    expect(await blocksOf(file, 17, 2)).toEqual(BLOCKS.slice(17, 19));
    expect(await blocksOf(file, 5, 0)).toEqual([]);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file)).includes('value-')).toBe(false);
  });

  it('takes blocks that are parts of one buffer', async () => {
    const file = join(await newFolder(), 'sealed');
    const all = randomBytes(300_000);
    const parts = [0, 100_000, 200_000].map((from) => all.subarray(from, from + 100_000));
    const before = parts.map((part) => Buffer.from(part));
    await writeSealed(file, KIND, key, async (out) => {
      for (const part of parts) await out.block(part, 'plain');
      return null;
    });
    expect(await blocksOf(file, 0, 3)).toEqual(before);
  });

  it('has only the blocks it has', async () => {
    const file = join(await newFolder(), 'sealed');
    await written(file);
    expect(await refusal(() => blocksOf(file, BLOCKS.length, 1))).toBe('It is damaged.');
    expect(await refusal(() => blocksOf(file, 1000, 1))).toBe('It is damaged.');
  });

  it('is not taken for one of another kind, nor opened with another key', async () => {
    const file = join(await newFolder(), 'sealed');
    await written(file);
    const other = { ...KIND, magic: 'RBTEST02' };
    expect(await refusal(() => blocksOf(file, 0, 1, other))).toBe('It is damaged.');
    const renamed = Buffer.from((await readFile(file)).toString('latin1').replace('RBTEST01', 'RBTEST02'), 'latin1');
    await writeFile(file, renamed);
    expect(await refusal(() => blocksOf(file, 0, 1, other))).toBe('It is damaged.');
    await written(file);
    expect(await refusal(() => blocksOf(file, 0, 1, KIND, Buffer.alloc(32, 1)))).toBe('It is damaged.');
  });

  it('whose block says that it is not packed does not open', async () => {
    const file = join(await newFolder(), 'sealed');
    await written(file);
    const bytes = await readFile(file);
    bytes[24] = bytes[24]! ^ 0x80;
    await writeFile(file, bytes);
    expect(await refusal(() => blocksOf(file, 0, 1))).toBe('It is damaged.');
  });

  it('that is not there is undefined', async () => {
    expect(await openSealed(join(await newFolder(), 'none'), KIND, key)).toBeUndefined();
  });

  it('stays as it was when the next one is not finished, of which nothing is left', async () => {
    const folder = await newFolder();
    const file = join(folder, 'sealed');
    await written(file);
    const before = await readFile(file);
    const failing = writeSealed(file, KIND, key, async (out) => {
      await out.block(randomBytes(1000), 'packed');
      throw unusable('The source is gone.');
    });
    expect(await refusal(() => failing)).toBe('The source is gone.');
    expect((await readFile(file)).equals(before)).toBe(true);
    expect(await readdir(folder)).toEqual(['sealed']);
  });

  it('tells a full disk in a sentence, and leaves it as it was', async (context) => {
    const disk = join(await newFolder(), 'disk');
    await mkdir(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]).status === 0;
    if (!mounted) return context.skip('This account may not mount a disk.');
    try {
      const failing = writeSealed(join(disk, 'sealed'), KIND, key, async (out) => {
        for (let at = 0; at < 20; at++) await out.block(randomBytes(100_000), at % 2 === 0 ? 'plain' : 'packed');
        return {};
      });
      expect(await refusal(() => failing, 'disk-full')).toBe(
        'The disk is full, so the file of the test could not be kept; free some space and try again.',
      );
      expect(await readdir(disk)).toEqual([]);
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });

  it('tells a folder that is not there in a sentence', async () => {
    const file = join(await newFolder(), 'none', 'sealed');
    expect(await refusal(() => written(file))).toBe(
      'The file of the test could not be written; check that the data folder is there and may be written to.',
    );
  });

  it('may be closed while it is read', async () => {
    const file = join(await newFolder(), 'sealed');
    await written(file);
    const sealed = (await openSealed(file, KIND, key))!;
    for await (const bytes of sealed.blocks(1, 20)) {
      expect(bytes).toEqual(BLOCKS[1]);
      break;
    }
    await sealed.close();
  });
});
