import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../../core/edfi/model.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { canonical } from '../../core/sync/canonical.ts';
import { createHashes } from '../../core/sync/hashes.ts';
import { plain } from './expectation.ts';

const form = (body: JsonObject): string => Buffer.from(canonical(body)).toString('latin1');

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'a', 'é', '𝒳', '{', '}', '":', '1:a', 'null', 't', '0'),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
);
const { body } = fc.letrec<{ value: JsonValue; body: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    scalar,
    fc.constant(null),
    tie('body'),
    fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'value' }),
  ),
  body: fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'id', 'schoolReference', 'é', 'a=', '1'), tie('value'), {
    maxKeys: 5,
    noNullPrototype: true,
    depthIdentifier: 'value',
  }),
}));

/** The same said differently: members and collections in another order, absent written as null or as nothing at all. */
function otherwise(value: JsonValue, random: () => number): JsonValue {
  const shuffled = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, by: random() }))
      .sort((a, b) => a.by - b.by)
      .map(({ item }) => item);
  if (Array.isArray(value)) {
    return [...shuffled(value.map((item) => otherwise(item, random))), ...(random() < 0.3 ? [null] : [])];
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = shuffled(Object.entries(value)).map(([name, member]): [string, JsonValue] => [
    name,
    otherwise(member, random),
  ]);
  const absent: [string, JsonValue][] =
    random() < 0.3 ? [['absent', random() < 0.5 ? null : random() < 0.5 ? [] : {}]] : [];
  const made = Object.fromEntries([...members, ...absent]);
  return random() < 0.3 ? Object.freeze(made) : made;
}
const generator = (seed: number) => (): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

test('order of members and collections, null, absent and empty do not matter', () => {
  fc.assert(
    fc.property(body, fc.nat(), (one, seed) => {
      expect(form(otherwise(one, generator(seed)) as JsonObject)).toBe(form(one));
    }),
    { numRuns: 500 },
  );
});

test('what a body says does matter: two forms are equal exactly when the plain and slow one says so', () => {
  fc.assert(
    fc.property(body, body, (one, other) => {
      expect(form(one) === form(other)).toBe(plain(one) === plain(other));
    }),
    { numRuns: 1000 },
  );
  // Pairs that differ in one place are the ones that matter.
  fc.assert(
    fc.property(body, scalar, scalar, (one, was, is) => {
      const [a, b] = [
        { ...one, z: was },
        { ...one, z: is },
      ];
      expect(form(a) === form(b)).toBe(plain(a) === plain(b));
    }),
    { numRuns: 500 },
  );
});

test('no value can imitate a structure', () => {
  expect(form({ a: 'x', b: 'y' })).not.toBe(form({ a: 'x;b="1:y' }));
  expect(form({ a: '1' })).not.toBe(form({ a: 1 }));
  expect(form({ a: 'true' })).not.toBe(form({ a: true }));
  expect(form({ a: ['x', 'y'] })).not.toBe(form({ a: ['xy'] }));
  expect(form({ a: { b: 'x' } })).not.toBe(form({ a: 'x' }));
  expect(form({ a: [['x'], ['y']] })).not.toBe(form({ a: [['x', 'y']] }));
});

test('the form of a number does not matter, and an empty text is a text', () => {
  expect(form(JSON.parse('{"a":1.0,"b":1e2,"c":-0}') as JsonObject)).toBe(form({ a: 1, b: 100, c: 0 }));
  expect(form({ a: 1.5 })).not.toBe(form({ a: 1.25 }));
  expect(form({ a: '' })).not.toBe(form({}));
});

test('a collection is a set with its repetitions', () => {
  expect(form({ a: ['x', 'x', 'y'] })).not.toBe(form({ a: ['x', 'y'] }));
});

test('a shared frozen part gives the same form as a copy of it', () => {
  const reference = Object.freeze({ schoolId: 1, sessionName: 'Fall' });
  const copy = { sessionName: 'Fall', schoolId: 1 };
  expect(form({ r: reference, s: reference })).toBe(form({ s: copy, r: copy }));
  expect(form({ r: Object.freeze({}) })).toBe(form({}));
});

test('large bodies, and small ones after them', () => {
  const large = { a: Array.from({ length: 20_000 }, (_, n) => ({ name: `item ${n}`, text: 'é'.repeat(20) })) };
  const turned = { a: [...large.a].reverse() };
  const small = form({ a: 'x' });
  expect(form(turned)).toBe(form(large));
  expect(form({ a: 'x' })).toBe(small);
});

test('hashes are keyed, differ by resource and by what they are of, and are cut short', () => {
  const hashes = createHashes(createSeal(Buffer.alloc(32, 1)));
  const others = createHashes(createSeal(Buffer.alloc(32, 2)));
  const bytes = Buffer.from(canonical({ a: 1 }));
  expect([hashes.key('r', 'k').length, hashes.full('r', bytes).length, hashes.source('r', 'k').length]).toEqual([
    16, 12, 8,
  ]);
  expect(hashes.key('r', 'k')).toBe(hashes.key('r', 'k'));
  expect(hashes.full('r', bytes)).toBe(hashes.full('r', Buffer.from(bytes)));
  const all = [
    hashes.key('r', 'k'),
    hashes.key('s', 'k'),
    hashes.key('r', 'K'),
    hashes.source('r', 'k'),
    others.key('r', 'k'),
    hashes.full('r', bytes),
    hashes.full('s', bytes),
    others.full('r', bytes),
  ].map((hash) => hash.slice(0, 8));
  expect(new Set(all).size).toBe(all.length);
});
