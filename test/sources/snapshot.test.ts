import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSource } from '../../core/sources/oneroster/open.ts';
import { unusable } from '../../core/sources/refuse.ts';
import { openSealed, writeSealed } from '../../core/sources/sealed-file.ts';
import { openSnapshot, saveSnapshot } from '../../core/sources/snapshot.ts';
import {
  export11,
  export12,
  type Files,
  newFolder,
  readAll,
  refusal,
  removeFolders,
  writeFolder,
  writeZip,
} from './exports.ts';

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

  it('has the export as it was: names, encodings, odd values, notices, and rows that are to be deleted', async () => {
    const files = {
      ...export12(),
      'users.csv': undefined,
      'Users.CSV': `${String(export12()['users.csv']).replace('password', '"Pass""word"')}\r\n\n,,,,,,,,,,,,,,\nu3,tobedeleted,,true,cat,,"C, ""at""\r","\n""",,,,,"secret,3",,o2\nu4,active,,true,dan,, Dan ,Orr,,,,,secret-4,,"o2\r"\n`,
      'orgs.csv': Buffer.from(String(export12()['orgs.csv']).replace('Other School', 'École élémentaire'), 'latin1'),
      'courses.csv': Buffer.from(`\ufeff${String(export12()['courses.csv']).replaceAll('\n', '\r\n')}`, 'utf16le'),
      'notes.txt': 'x',
      'manifest.csv': undefined,
    };
    const given = Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined)) as Files;
    for (const path of [await writeFolder(given), await writeZip(given, 'inner/')]) {
      const source = await openSource(path);
      const file = join(await newFolder(), 'last.snapshot');
      await saveSnapshot(source, file, { key });
      const copy = await openSnapshot(file, key, 'itself');
      expect(copy.notices.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['manifest-missing', 'encoding-guessed', 'credentials-not-read', 'file-unknown']),
      );
      expect([copy.notices, copy.tables, copy.fingerprint]).toEqual([
        source.notices,
        source.tables,
        source.fingerprint,
      ]);
      for (const name of source.tables.keys()) expect(await readAll(copy, name)).toEqual(await readAll(source, name));
      const users = await readAll(copy, 'users', ['givenName', 'familyName', 'primaryOrgSourcedId']);
      expect([users.rows.at(-1), users.numbers]).toEqual([
        [' Dan ', 'Orr', 'o2'],
        [2, 3, 8],
      ]);
      const base = await openSnapshot(file, key);
      expect(base.tables.get('users')!.file).toBe('Users.CSV of the last export');
      for (const each of [source, copy, base]) await each.close();
    }
  });

  it('holds nothing of the columns that are never kept', async () => {
    const file = await saved(export11());
    const sealed = (await openSealed(file, { magic: 'RBSNAP01', what: '', damaged: () => unusable('') }, key))!;
    const { files } = sealed.index as { files: { name: string; first: number; blocks: number }[] };
    const texts = new Map<string, string>();
    for (const { name, first, blocks } of files) {
      for await (const block of sealed.blocks(first, blocks)) texts.set(name, block.toString());
    }
    await sealed.close();
    expect(texts.get('enrollments.csv')).toBe(export11()['enrollments.csv']);
    expect(texts.get('users.csv')).toContain('Lovelace');
    for (const value of ['secret-', 'ada', 'bob']) expect([...texts.values()].join()).not.toContain(value);
  });

  it('of a copy has its rows', async () => {
    const file = await saved(large());
    const copy = await openSnapshot(file, key, 'itself');
    await saveSnapshot(copy, `${file}.2`, { key });
    const again = await openSnapshot(`${file}.2`, key, 'itself');
    expect(again.fingerprint).toBe(copy.fingerprint);
    for (const name of copy.tables.keys()) {
      const [one, other] = [await readAll(again, name), await readAll(copy, name)];
      expect([one.rows, one.numbers]).toEqual([other.rows, other.numbers]);
    }
    await copy.close();
    await again.close();
  });

  it('that an earlier version made, which had rows of any export, is read', async () => {
    const file = join(await newFolder(), 'last.snapshot');
    const kind = { magic: 'RBSNAP01', what: 'the copy', damaged: () => unusable('It is damaged.') };
    await writeSealed(file, kind, key, async (out) => {
      await out.block(
        Buffer.from(
          JSON.stringify([
            [2, 4],
            [
              ['o1', 'District'],
              ['o2', 'School'],
            ],
          ]),
        ),
        'packed',
      );
      const orgs = { name: 'orgs', columns: ['sourcedId', 'name'], file: 'orgs.csv', place: 24, first: 0, blocks: 1 };
      return { version: '1.2', fingerprint: 'abc', tables: [orgs] };
    });
    const copy = await openSnapshot(file, key);
    expect(await readAll(copy, 'orgs', ['name'])).toMatchObject({ rows: [['District'], ['School']], numbers: [2, 4] });
    await copy.close();
  });

  it('replaces the one before, and leaves nothing behind when it is refused', async () => {
    const file = await saved(export12());
    const before = await readFile(file);
    const folder = await writeFolder({
      ...export12(),
      'orgs.csv': `${export12()['orgs.csv']}o4,,,Fourth,school,4,o1\n`,
    });
    for (const name of ['orgs.csv', 'users.csv']) {
      const changing = await openSource(folder);
      // Another value of the same length, and the time put back.
      await writeFile(join(folder, name), (await readFile(join(folder, name), 'utf8')).replace('o2', 'o3'));
      await utimes(join(folder, name), 1_700_000_000, 1_700_000_000);
      expect(await refusal(() => saveSnapshot(changing, file, { key }))).toBe(
        `${name} changed while it was read; wait until the export has finished, then try again.`,
      );
    }
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
