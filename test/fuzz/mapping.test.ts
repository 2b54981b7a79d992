/** Mapping files that are not what they should be, by a slip or by a bad disk: read, compiled and run, or refused in a sentence. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileMapping } from '../../core/mapping/compile.ts';
import { parseMapping, shippedMappings } from '../../core/mapping/load.ts';
import { runMapping } from '../../core/mapping/run.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { openSource } from '../../core/sources/oneroster/open.ts';
import { type Change, changes, grow, junk, spoil } from './json-tree.ts';
import { CANARY, corpus, givesOrRefuses, LONG, looking, watchProcess } from './property.ts';
import { exportOf, writeShape } from './spoiled-export.ts';

watchProcess();

const { model } = loadModel('5.2');
const shipped: unknown = JSON.parse(readFileSync(shippedMappings['5.2'], 'utf8'));
let home: string;
let folder: string;
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rollbook-fuzz-'));
  folder = writeShape(home, exportOf('1.2'), { as: 'folder', inside: '', bytes: [] });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** @returns how many records it made; undefined where it was refused */
function run(text: string): Promise<number | undefined> {
  return givesOrRefuses(async () => {
    const compiled = compileMapping(parseMapping(text, 'district.json'), model, { studentId: 'identifier' });
    const source = await openSource(folder);
    let records = 0;
    try {
      const running = runMapping(compiled, source, { descriptors: {}, frozen: () => undefined });
      for (const { name } of compiled.resources)
        for await (const batch of running.records(name)) records += batch.length;
    } finally {
      await source.close();
    }
    return records;
  }, true);
}

test('the shipped one is run as it is', async () => {
  expect(await run(JSON.stringify(shipped))).toBeGreaterThan(5);
});

test(
  'the shipped one, spoiled anywhere',
  async () => {
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(changes(2), async (all) => {
        if ((await run(JSON.stringify(spoil(shipped, all)))) !== undefined) ran += 1;
      }),
      looking(150),
    );
    expect(ran).toBeGreaterThan(2);
  },
  LONG,
);

/** Changes that leave the grammar alone more often than not: names for names, expressions for expressions. */
const swaps: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Change['kind']>('copy', 'drop', 'twice'),
    pick: fc.nat(1_000_000),
    other: fc.nat(1_000_000),
    junk: fc.constant(null),
    name: fc.constant('x'),
  }),
  { minLength: 1, maxLength: 3 },
);

test(
  'the shipped one, with its own parts in other places',
  async () => {
    await fc.assert(
      fc.asyncProperty(swaps, async (all) => {
        await run(JSON.stringify(spoil(shipped, all)));
      }),
      looking(200),
    );
  },
  LONG,
);

test(
  'what is no mapping',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.constantFrom('', '\ufeff', '{', 'null', '[]', CANARY, '\u0000'),
          junk.map((value) => JSON.stringify(grow(value))),
        ),
        async (text) => {
          expect(await run(text)).toBeUndefined();
        },
      ),
      looking(100),
    );
  },
  LONG,
);

test.each(corpus('mappings'))('kept: %s', async (_name, bytes) => {
  const kept = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  await run(JSON.stringify({ ...(shipped as object), ...kept }));
});
