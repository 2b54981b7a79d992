import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createOutcomeReader,
  createOutcomeWriter,
  createPrintReader,
  createPrintWriter,
  isOpen,
  namesIn,
  outcomesOf,
} from '../../core/mapping/row-book.ts';

/** Blocks as they are written; copied, since a reader gives their memory back. */
function shelf() {
  const blocks: Buffer[] = [];
  return {
    write: async (block: Buffer) => void blocks.push(block),
    blocks: async function* (first = 0) {
      for (const block of blocks.slice(first)) yield Buffer.from(block);
    },
  };
}

type Row = { lookUps: number[]; outcome: number[] | undefined };

async function rowsOf(blocks: AsyncIterator<Buffer>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const block of outcomesOf(blocks)) {
    for (let at = 0; at < block.places.length; at += 1) {
      const from = block.places[at] ?? 0;
      const middle = from + (block.lookUps[at] ?? 0);
      rows.push({
        lookUps: [...block.words.subarray(from, middle)],
        outcome: isOpen(block, at) ? undefined : [...block.words.subarray(middle, middle + (block.counts[at] ?? 0))],
      });
    }
  }
  return rows;
}

const printOf = (row: number) => ({ low: row, high: 1, idLow: row ^ 5, idHigh: 2 });
const word = fc.nat(0xffff_ffff);
const row: fc.Arbitrary<Row> = fc.record({
  lookUps: fc.array(word, { maxLength: 4 }),
  outcome: fc.option(fc.array(word, { maxLength: 9 }), { nil: undefined, freq: 8 }),
});

test('a book gives back what came of rows, and what is taken over into the next one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 700 }),
      async (some, times) => {
        const all = Array.from({ length: times }, () => some).flat();
        const [first, second] = [shelf(), shelf()];
        const writer = createOutcomeWriter(first.write);
        for (const { lookUps, outcome } of all) expect(writer.add(lookUps, outcome)).toBe(outcome !== undefined);
        await writer.finish();
        const told = all.map(({ lookUps, outcome }) => ({ lookUps: outcome === undefined ? [] : lookUps, outcome }));
        expect(await rowsOf(first.blocks())).toEqual(told);

        const reader = createOutcomeReader((from) => first.blocks(from));
        await reader.load(0, all.length - 1);
        const next = createOutcomeWriter(second.write);
        next.add([], []);
        for (let at = 0; at < all.length; at += 1) {
          const block = reader.block(at);
          if (block === undefined) throw new Error('not at hand');
          let many = 0;
          while (at + many < block.first + block.counts.length && !isOpen(block, at + many - block.first)) many += 1;
          if (many === 0) next.add([], undefined);
          else next.copy(block, at - block.first, many);
          at += Math.max(0, many - 1);
        }
        await next.finish();
        expect(await rowsOf(second.blocks())).toEqual([{ lookUps: [], outcome: [] }, ...told]);
      },
    ),
    { numRuns: 12 },
  );
});

test('a row of which too much came is told to be open, and is', async () => {
  const kept = shelf();
  const writer = createOutcomeWriter(kept.write);
  // 62 records and the number of their codes fit, 63 do not.
  expect(writer.add([1], new Array(1 + 62 * 4).fill(7))).toBe(true);
  expect(writer.add([1], new Array(1 + 63 * 4).fill(7))).toBe(false);
  expect(writer.add(new Array(251).fill(1), [7])).toBe(false);
  await writer.finish();
  expect((await rowsOf(kept.blocks())).map(({ outcome }) => outcome === undefined)).toEqual([false, true, true]);
});

test('groups of rows are where they were, however the blocks are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4000 }), async (sizes) => {
      const [first, second] = [shelf(), shelf()];
      const writer = createPrintWriter(first.write);
      let count = 0;
      for (const size of sizes) {
        for (let i = 0; i < size; i += 1, count += 1) {
          writer.add(printOf(count));
        }
        writer.group({ rows: size, bytes: size * 10, low: count, high: 3 });
      }
      await writer.finish();

      const next = createPrintWriter(second.write);
      const reader = createPrintReader(first.blocks());
      let met = 0;
      for (const [at, size] of sizes.entries()) {
        await reader.ready(size);
        const found = reader.group();
        expect(found).toEqual({ row: met, group: { rows: size, bytes: size * 10, low: met + size, high: 3 } });
        // Every third one by one, as where something in it changed.
        if (at % 3 === 0) for (let i = 0; i < size; i += 1) expect(reader.find(printOf(met + i))).toBe(met + i);
        else reader.takeGroup(next);
        met += size;
      }
      expect(reader.group()).toBe(undefined);
      await next.finish();
      const names: number[] = [];
      for await (const { rows, low } of namesIn(second.blocks())) for (let i = 0; i < rows; i += 1) names.push(low(i));
      expect(names).toHaveLength(sizes.reduce((sum, size, at) => sum + (at % 3 === 0 ? 0 : size), 0));
    }),
    { numRuns: 12 },
  );
});
