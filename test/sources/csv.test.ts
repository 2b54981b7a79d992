import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { csvRecords, firstRecord, type LineEnd, lineEndOf } from '../../core/sources/csv.ts';

/** The text in pieces of the given sizes, over and over. */
async function* pieces(text: string, sizes: readonly number[]): AsyncGenerator<string> {
  let at = 0;
  for (let turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield text.slice(at, at + size);
    at += size;
  }
}

async function recordsOf(text: string, sizes: readonly number[], lineEnd: LineEnd): Promise<string[][]> {
  const all: string[][] = [];
  for await (const { rows, first } of csvRecords(pieces(text, sizes), 'table.csv', lineEnd)) {
    expect(first).toBe(all.length + 1);
    all.push(...rows);
  }
  return all;
}

const text = fc.string({
  unit: fc.constantFrom('a', 'é', '名', '😀', ' ', ',', '"', '\n', '\r', '\t', '0'),
  maxLength: 8,
});
const table = fc
  .integer({ min: 2, max: 5 })
  .chain((width) => fc.array(fc.array(text, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }));

describe('csvRecords', () => {
  it.each<LineEnd>(['\r\n', '\n'])(
    'reads back any table written as RFC 4180, in any chunking (%j)',
    async (lineEnd) => {
      await fc.assert(
        fc.asyncProperty(
          table,
          fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
          fc.boolean(),
          fc.boolean(),
          async (rows, sizes, quotes, finalNewline) => {
            // In a file of LF lines a last value that ends in CR is a CRLF line; the reader says so.
            fc.pre(lineEnd === '\r\n' || rows.every((row) => !row.at(-1)!.endsWith('\r')));
            const written = Papa.unparse(rows, { newline: lineEnd, quotes }) + (finalNewline ? lineEnd : '');
            // A last row of blanks only, without a line end, cannot be told from none.
            fc.pre(finalNewline || rows.at(-1)!.some((value) => value !== ''));
            expect(await recordsOf(written, sizes, lineEnd)).toEqual(rows);
          },
        ),
        { numRuns: 400 },
      );
    },
  );

  it('reads an unclosed quote as a refusal, not as data', async () => {
    await expect(recordsOf('a,b\n1,"2\n3,4\n', [3], '\n')).rejects.toThrow(/row 2.*does not end/);
  });

  it('tells the line end by the header', () => {
    expect([lineEndOf('a,b\r\nc'), lineEndOf('a,b\nc\r\n'), lineEndOf('a,b\rc'), lineEndOf('a,b')]).toEqual([
      '\r\n',
      '\n',
      '\r',
      '\n',
    ]);
    expect(firstRecord('"a ""1""",b\r\nc,d', '\r\n')).toEqual(['a "1"', 'b']);
    expect(firstRecord('a,b', '\n')).toEqual(['a', 'b']);
  });
});
