import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSource } from '../../core/sources/oneroster/open.ts';
import { openSnapshot, saveSnapshot } from '../../core/sources/snapshot.ts';
import { export11, export12, type Files, newFolder, readAll, refusal, removeFolders, writeFolder } from './exports.ts';

afterEach(removeFolders);

const key = Buffer.from(Array.from({ length: 32 }, (_, at) => at));

/** Enough rows for several sealed blocks. */
function large(): Files {
  const rows = Array.from({ length: 40_000 }, (_, at) => `x${at},,,c1,o2,"u,${at}",student,false,2026-08-17,`);
  return { ...export12(), 'enrollments.csv': `${String(export12()['enrollments.csv'])}${rows.join('\n')}\n` };
}

async function saved(files: Files): Promise<string> {
  const source = await openSource(await writeFolder(files));
  const file = join(await newFolder(), 'last.snapshot');
  await saveSnapshot(source, file, { key });
  return file;
}

describe('a snapshot', () => {
  it.each([
    ['1.1', export11()],
    ['1.2', large()],
  ])('of %s gives back every table, row and number', async (_version, files) => {
    const source = await openSource(await writeFolder(files));
    const file = join(await newFolder(), 'last.snapshot');
    await saveSnapshot(source, file, { key });
    const copy = await openSnapshot(file, key);
    expect([copy.version, copy.fingerprint, [...copy.tables.keys()]]).toEqual([
      source.version,
      source.fingerprint,
      [...source.tables.keys()],
    ]);
    for (const [name, { columns }] of source.tables) {
      expect(copy.tables.get(name)!.columns).toEqual(columns);
      const [one, other] = [await readAll(copy, name), await readAll(source, name)];
      expect([one.rows, one.numbers]).toEqual([other.rows, other.numbers]);
    }
    expect((await readAll(copy, 'users', ['familyName', 'nothing'])).rows[0]).toEqual(['Lovelace', '']);
    await copy.close();
  });

  it('holds no value in the clear, no password at all, and only this account may read it', async () => {
    const file = await saved(export12());
    const bytes = await readFile(file);
    for (const value of ['Lovelace', 'secret-1', 'users']) expect(bytes.includes(value)).toBe(false);
    const copy = await openSnapshot(file, key);
    expect(JSON.stringify((await readAll(copy, 'users')).rows)).not.toContain('secret-');
    await copy.close();
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('sealed twice with one key has no byte of a row in common', async () => {
    const [one, other] = [await readFile(await saved(export12())), await readFile(await saved(export12()))];
    expect(one.length).toBe(other.length);
    expect(one.subarray(24, 60).equals(other.subarray(24, 60))).toBe(false);
  });

  it('replaces the one before, and leaves nothing behind when it is refused', async () => {
    const file = await saved(export12());
    const before = await readFile(file);
    const bad = await openSource(
      await writeFolder({ ...export12(), 'demographics.csv': 'sourcedId,birthDate\nu1,2016-01-02\nu1,x\n' }),
    );
    expect(await refusal(() => saveSnapshot(bad, file, { key }))).toMatch(/demographics\.csv: rows 2 and 3/);
    expect((await readFile(file)).equals(before)).toBe(true);
    expect(await readdir(join(file, '..'))).toEqual(['last.snapshot']);
    const source = await openSource(await writeFolder(export11()));
    await saveSnapshot(source, file, { key });
    const copy = await openSnapshot(file, key);
    expect(copy.version).toBe('1.1');
    await copy.close();
  });

  it('that was tampered with anywhere, cut, or sealed with another key does not open', async () => {
    const file = await saved(large());
    const whole = await readFile(file);
    const readThrough = async (with32 = key): Promise<void> => {
      const copy = await openSnapshot(file, with32);
      try {
        for (const name of copy.tables.keys()) await readAll(copy, name);
      } finally {
        await copy.close();
      }
    };
    await readThrough();
    expect(await refusal(() => readThrough(Buffer.alloc(32, 1)))).toMatch(/damaged or was sealed with another key/);
    const places = [0, 9, 25, 40, 200, whole.length >> 1, whole.length - 40, whole.length - 12, whole.length - 1];
    for (const place of places) {
      const changed = Buffer.from(whole);
      changed[place] = changed[place]! ^ 1;
      await writeFile(file, changed);
      expect(await refusal(readThrough), `byte ${place}`).toMatch(/damaged/);
    }
    for (const length of [0, 20, 45, whole.length >> 1, whole.length - 16, whole.length - 1]) {
      await writeFile(file, whole.subarray(0, length));
      expect(await refusal(readThrough), `length ${length}`).toMatch(/damaged/);
    }
  });

  it('whose blocks were swapped does not open', async () => {
    const file = await saved(large());
    const whole = await readFile(file);
    const blocks: Buffer[] = [];
    let at = 24;
    while (at < whole.length - 16) {
      const length = 4 + whole.readUInt32BE(at);
      blocks.push(whole.subarray(at, at + length));
      at += length;
    }
    const [one, other] = blocks.flatMap((block, place) => (block.length > 20_000 ? [place] : []));
    const swapped = [...blocks];
    [swapped[one!], swapped[other!]] = [blocks[other!]!, blocks[one!]!];
    await writeFile(file, Buffer.concat([whole.subarray(0, 24), ...swapped, whole.subarray(-16)]));
    expect(
      await refusal(async () => {
        const copy = await openSnapshot(file, key);
        try {
          await readAll(copy, 'enrollments');
        } finally {
          await copy.close();
        }
      }),
    ).toMatch(/damaged/);
  });

  it('that is not there, or a folder that is not there, gets a sentence', async () => {
    const folder = await newFolder();
    expect(await refusal(() => openSnapshot(join(folder, 'none'), key))).toMatch(/make a bulk export first/);
    const source = await openSource(await writeFolder(export12()));
    expect(await refusal(() => saveSnapshot(source, join(folder, 'none', 'x'), { key }))).toMatch(
      /could not be written/,
    );
  });
});
