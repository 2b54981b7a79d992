import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHashTable } from '../../core/sync/hash-table.ts';
import { createIntList } from '../../core/sync/int-list.ts';

const hash = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
/** Hashes that fall on the same place of the table. */
const crowded = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 }))
  .map(([low, high]) => String.fromCharCode(low, 0, 0, 0, high, 0, 0, 0));

test('it is a map, whatever the hashes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.oneof(hash, crowded), fc.nat()), { maxLength: 400 }), (entries) => {
      const table = createHashTable();
      const map = new Map<string, number>();
      for (const [key, value] of entries) {
        expect(table.find(key)).toBe(map.get(key) ?? -1);
        if (value % 2 === 0) table.set(key, value);
        else table.setBytes(Buffer.from(`??${key}`, 'latin1'), 2, value);
        map.set(key, value);
      }
      expect(table.size).toBe(map.size);
      for (const [key, value] of map) {
        expect(table.find(key)).toBe(value);
        expect(table.findBytes(Buffer.from(`?${key}`, 'latin1'), 1)).toBe(value);
      }
    }),
  );
});

test('it grows past what was expected of it', () => {
  const table = createHashTable(10);
  const key = (n: number): string => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(Math.imul(n, 2_654_435_761) >>> 0, 0);
    bytes.writeUInt32LE(n, 4);
    return bytes.toString('latin1');
  };
  for (let n = 0; n < 50_000; n++) table.set(key(n), n);
  expect(table.size).toBe(50_000);
  let wrong = 0;
  for (let n = 0; n < 50_000; n++) if (table.find(key(n)) !== n) wrong += 1;
  expect(wrong).toBe(0);
  expect(table.find(key(50_000))).toBe(-1);
});

test('zero is a value', () => {
  const table = createHashTable();
  expect(table.find('\0\0\0\0\0\0\0\0')).toBe(-1);
  table.set('\0\0\0\0\0\0\0\0', 0);
  expect(table.find('\0\0\0\0\0\0\0\0')).toBe(0);
});

test('a list of numbers grows and keeps them', () => {
  const list = createIntList();
  for (let n = 0; n < 5_000; n++) expect(list.push(n * -3)).toBe(n);
  list.set(4_999, 7);
  expect([list.length, list.get(0), list.get(4_998), list.get(4_999)]).toEqual([5_000, 0, -14_994, 7]);
});
