/** OneRoster exports that are not what they should be: read, or refused in a sentence, and nothing of a row in it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileMapping } from '../../core/mapping/compile.ts';
import { loadMapping, shippedMappings } from '../../core/mapping/load.ts';
import { runMapping } from '../../core/mapping/run.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { openSource } from '../../core/sources/oneroster/open.ts';
import type { Glance, Source } from '../../core/sources/types.ts';
import { corpus, ends, expectFailure, expectSentence, LONG, looking, watchProcess } from './property.ts';
import { exportOf, type Files, shape, spoilExport, spoilings, writeShape, zipOf } from './spoiled-export.ts';

watchProcess();

let home: string;
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rollbook-fuzz-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Looks at every row, and knows none. */
const knowsNothing: Glance = {
  key: [1, 2],
  begin() {},
  ready: async () => undefined,
  expected: () => undefined,
  meetExpected() {},
  repeated: async () => undefined,
  isKnown: () => false,
  giveUp() {},
};

async function rowsOf(source: Source, glance?: Glance): Promise<string[]> {
  const rows: string[] = [];
  for (const [name, { columns }] of source.tables) {
    for await (const batch of source.read(name, columns, undefined, glance)) {
      batch.rows.forEach((row, at) => void rows.push(JSON.stringify([name, batch.numbers[at], row])));
      expect(batch.rows.every((row) => row.length === columns.length)).toBe(true);
    }
    if (source.deltaKeys !== undefined) for await (const _ of source.deltaKeys(name).keys);
  }
  return rows;
}

async function mapped(source: Source): Promise<void> {
  const compiled = compileMapping(await loadMapping(shippedMappings['5.2']), loadModel('5.2').model, {
    studentId: 'identifier',
  });
  const run = runMapping(compiled, source, { descriptors: {}, frozen: () => undefined });
  for (const { name } of compiled.resources) for await (const _ of run.records(name));
}

/** Opens, reads all rows in both ways, and maps them. @returns how many rows there were; undefined where it was refused */
async function read(file: string): Promise<number | undefined> {
  const ended = await ends(async () => {
    const source = await openSource(file);
    try {
      for (const { sentence } of source.notices) expectSentence(sentence);
      const plainly = await ends(() => rowsOf(source));
      if ('thrown' in plainly) throw plainly.thrown;
      return { rows: plainly.ok, source };
    } catch (thrown) {
      await source.close();
      throw thrown;
    }
  });
  if ('thrown' in ended) {
    expectFailure(ended.thrown);
    return undefined;
  }
  const { rows, source } = ended.ok;
  await source.close();
  // Row by row it says the same as parsed whole: opened anew, since a file that was read once is trusted.
  const again = await openSource(file);
  try {
    expect(await rowsOf(again, knowsNothing)).toEqual(rows);
    const run = await ends(() => mapped(again));
    if ('thrown' in run) expectFailure(run.thrown);
  } finally {
    await again.close();
  }
  return rows.length;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(home, 'case-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const PLAIN = { as: 'folder', inside: '', bytes: [] } as const;
const VERSIONS = ['1.1', '1.2'] as const;

test.each(VERSIONS)('%s is read as it is, from a folder and from a zip', async (version) => {
  for (const as of ['folder', 'zip'] as const) {
    expect(await inFolder((folder) => read(writeShape(folder, exportOf(version), { ...PLAIN, as })))).toBeGreaterThan(
      10,
    );
  }
});

test.each(VERSIONS)(
  '%s spoiled anywhere',
  async (version) => {
    let readable = 0;
    await fc.assert(
      fc.asyncProperty(spoilings(4), shape, async (all, as) => {
        const files = spoilExport(exportOf(version), all);
        const count = await inFolder((folder) => read(writeShape(folder, files, as)));
        if (count !== undefined) readable += 1;
      }),
      looking(120),
    );
    // Otherwise nothing but the door was looked at.
    expect(readable).toBeGreaterThan(5);
  },
  LONG,
);

const LONG_AGO = 1_700_000_000;
function writeZip(folder: string, entries: readonly (readonly [string, Buffer])[], attributes?: number): string {
  const file = path.join(folder, 'export.zip');
  writeFileSync(file, zipOf(entries, attributes));
  utimesSync(file, LONG_AGO, LONG_AGO);
  return file;
}
const all = (files: Files): [string, Buffer][] => [...files];

test('a zip whose names lead out of it writes nothing, wherever they lead', async () => {
  for (const name of [
    '../outside.csv',
    '/tmp/outside.csv',
    '..\\outside.csv',
    'C:\\outside.csv',
    'a/../../outside.csv',
    'users.csv/../x',
  ]) {
    await inFolder(async (folder) => {
      await read(writeZip(folder, [...all(exportOf('1.2')), [name, Buffer.from('x')]]));
      expect(readdirSync(folder)).toEqual(['export.zip']);
      expect(existsSync(path.join(home, 'outside.csv'))).toBe(false);
    });
  }
});

test('a zip of links, of the same name twice, of many names, and one that grows to a thousand times its size', async () => {
  const files = all(exportOf('1.2'));
  await inFolder((folder) => read(writeZip(folder, files, 0xa1ff_0000)));
  await inFolder(async (folder) => expect(await read(writeZip(folder, [...files, ...files]))).toBeUndefined());
  const many = Array.from({ length: 20_000 }, (_, at) => [`f${at}.csv`, Buffer.alloc(0)] as const);
  await inFolder((folder) => read(writeZip(folder, [...files, ...many])));
  const bomb = Buffer.alloc(48 * 1024 * 1024, 'x');
  const before = process.memoryUsage().rss;
  for (const name of ['users.csv', 'manifest.csv', 'letter.csv']) {
    const bombed = [...files.filter(([one]) => one !== name), [name, bomb] as const];
    const file = await inFolder(async (folder) => {
      const written = writeZip(folder, bombed);
      await read(written);
      return written;
    });
    expect(existsSync(file)).toBe(false);
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(1024 * 1024 * 1024);
});

test('folders as deep as a disk takes them, and one that is a link to itself', async () => {
  await inFolder(async (folder) => {
    const deepest = path.join(folder, ...Array.from({ length: 100 }, () => 'd'));
    mkdirSync(deepest, { recursive: true });
    expect(await read(folder)).toBeUndefined();
    expect(await read(deepest)).toBeUndefined();
    expect(await read(path.join(folder, 'x'.repeat(300)))).toBeUndefined();
    expect(await read(path.join(folder, 'a\u0000b'))).toBeUndefined();
    expect(await read('')).toBeUndefined();
  });
});

/** A kept case: names and texts of files; they take the place of those of a faultless 1.2 export, and null takes one away. */
test.each(corpus('exports'))('kept: %s', async (_name, bytes) => {
  const files = exportOf('1.2');
  for (const [name, text] of Object.entries(JSON.parse(bytes.toString('utf8')) as Record<string, string | null>)) {
    if (text === null) files.delete(name);
    else files.set(name, Buffer.from(text, 'latin1'));
  }
  await inFolder((folder) => read(writeShape(folder, files, PLAIN)));
});
