import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { createCutter } from '../../core/sources/cut.ts';
import { createPrinter } from '../../core/sources/prints.ts';

const printer = await createPrinter([1, 2]);

interface Told {
  readonly records: string[];
  readonly ids: string[];
  readonly prints: string[];
  readonly odd: boolean;
}

/** What the cutter makes of a file that comes in pieces of these sizes. */
function cutUp(text: string, sizes: readonly number[], lineEnd: '\n' | '\r\n', idPlace: number): Told {
  const cutter = createCutter(lineEnd, idPlace, printer);
  const bytes = Buffer.from(text);
  const told: Told = { records: [], ids: [], prints: [], odd: false };
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    // The buffer is written to again by whoever reads files.
    const piece = Buffer.from(bytes.subarray(at, at + size));
    at += size;
    cutter.push(piece, at >= bytes.length);
    piece.fill(0);
    while (cutter.next()) {
      told.records.push(Buffer.from(cutter.bytes).toString('utf8', cutter.start, cutter.end));
      told.ids.push(`${cutter.idLow} ${cutter.idHigh}`);
      told.prints.push(`${cutter.low} ${cutter.high}`);
    }
    if (cutter.isOdd) return { ...told, odd: true };
  }
  return told;
}

const value = fc.string({
  unit: fc.constantFrom('a', 'é', '名', ' ', ',', '"', '\n', '\r', '0'),
  maxLength: 8,
});
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const table = fc
  .integer({ min: 2, max: 4 })
  .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }));

describe('createCutter', () => {
  it.each(['\n', '\r\n'] as const)('cuts where the parser does, in any chunking (%j)', (lineEnd) => {
    fc.assert(
      fc.property(table, sizes, fc.boolean(), fc.boolean(), (rows, pieces, quotes, finalNewline) => {
        const text = Papa.unparse(rows, { newline: lineEnd, quotes }) + (finalNewline ? lineEnd : '');
        fc.pre(finalNewline || rows.at(-1)!.some((one) => one !== ''));
        const { records, ids, odd } = cutUp(text, pieces, lineEnd, 1);
        // A feed alone in a file of CRLF lines is left to the parser, as is a return before the end of an LF line.
        fc.pre(!odd);
        const parsed = records.map(
          (record) => Papa.parse<string[]>(record, { newline: lineEnd, delimiter: ',' }).data[0],
        );
        expect(parsed).toEqual(rows);
        // Names that are alike have one print, and others have others; none has none.
        const names = rows.map((row) => row[1]!.replace(/^[\0- ]+|[\0- ]+$/g, ''));
        for (const [i, one] of names.entries()) {
          expect(ids[i] === '0 0').toBe(one === '');
          for (const [k, other] of names.entries()) expect(ids[i] === ids[k]).toBe(one === other);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with the parser on any text, or says that it cannot tell', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' '), maxLength: 24 }),
        sizes,
        fc.constantFrom('\n', '\r\n'),
        (text, pieces, lineEnd) => {
          const { records, odd } = cutUp(text, pieces, lineEnd, 0);
          const whole = Papa.parse<string[]>(text, { newline: lineEnd, delimiter: ',' });
          if (odd) return;
          expect(whole.errors.filter(({ code }) => code !== 'TooFewFields' && code !== 'TooManyFields')).toEqual([]);
          const found = whole.data.length > 0 && text.endsWith(lineEnd) ? whole.data.slice(0, -1) : whole.data;
          expect(records.length).toBe(text === '' ? 0 : found.length);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('passes over bytes of which it has the digest, and over no others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z0-9, ]{0,40}$/), { minLength: 1, maxLength: 20 }),
        fc.nat(),
        fc.boolean(),
        (rows, pick, isSame) => {
          const text = Buffer.from(rows.map((row) => `${row}\n`).join(''));
          const length = rows.slice(0, (pick % rows.length) + 1).join('\n').length + 1;
          const before = createCutter('\n', 0, printer);
          before.push(text, true);
          const digest = before.digest(0, length);
          const cutter = createCutter('\n', 0, printer);
          const other = Buffer.from(text);
          if (!isSame) other[pick % length]! ^= 1;
          cutter.push(other.subarray(0, length - 1), false);
          expect(cutter.pass(digest)).toBe(undefined);
          cutter.push(other.subarray(length - 1), true);
          expect(cutter.pass(digest)).toBe(isSame);
          let left = 0;
          while (cutter.next()) left += 1;
          const whole = other.toString('latin1').replace(/\n$/, '').split('\n').length;
          expect(left).toBe(isSame ? rows.length - (pick % rows.length) - 1 : whole);
        },
      ),
    );
  });

  it('prints the same row alike wherever it stands, and another one differently', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z0-9, ]{0,40}$/), { minLength: 2, maxLength: 40 }),
        sizes,
        (rows, pieces) => {
          const { records, prints } = cutUp(`${rows.join('\n')}\n`, pieces, '\n', 0);
          expect(new Set(prints).size).toBe(new Set(records).size);
          const again = cutUp(`${[...rows].reverse().join('\n')}\n`, [1000], '\n', 0);
          expect(new Set(again.prints)).toEqual(new Set(prints));
        },
      ),
    );
  });
});
