/** Spoils JSON: small changes anywhere in a document, each of a kind that a program, a person or a bad disk makes. */
import fc from 'fast-check';
import { CANARY } from './property.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export interface Change {
  readonly kind: 'drop' | 'replace' | 'rename' | 'copy' | 'twice' | 'wrap';
  /** Which value of the document it happens to, counted through, and which other one it is about. */
  readonly pick: number;
  readonly other: number;
  readonly junk: Json;
  readonly name: string;
}

export const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  '$ref',
  '0',
  CANARY,
];

/** Nested so deep that what goes down by recursion does not come back. */
export function deep(levels: number, kind: 'list' | 'object' = 'list'): Json {
  let value: Json = 0;
  for (let level = 0; level < levels; level++) value = kind === 'list' ? [value] : { properties: value };
  return value;
}

const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    CANARY,
    `${CANARY}\n${CANARY}`,
    '\u0000',
    '\ud800',
    '\u2028',
    '../../x',
    '{',
    'http://[',
    '#/',
  ),
  fc.constantFrom(...NAMES),
  fc.string({ maxLength: 12 }),
  fc.constant('long'),
);

/** What is large is written small, so that a case that fails can be shown; it is grown where it is put in. */
const LARGE: Readonly<Record<string, () => Json>> = {
  'deep 50': () => deep(50),
  'deep 1000': () => deep(1_000),
  'deep objects': () => deep(1_000, 'object'),
  many: () => Array.from({ length: 3_000 }, (_, at) => at),
  long: () => `${CANARY} `.repeat(2_000),
};

/** @returns junk as it is put in */
export const grow = (value: Json): Json =>
  typeof value === 'string' && Object.hasOwn(LARGE, value) ? (LARGE[value] as () => Json)() : value;

/** Anything but what is expected. */
export const junk: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: text },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Json>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      1e308,
      -1e-7,
      2 ** 53,
      2 ** 31,
      [],
      {},
      [null],
      [[]],
      [{}],
      // What has a length that cannot become a number.
      { length: { toString: 1, valueOf: 1 } },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.dictionary(fc.constantFrom(...NAMES, 'type', 'properties', 'items'), text) as fc.Arbitrary<Json>,
  },
  { weight: 1, arbitrary: fc.constantFrom(...Object.keys(LARGE)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json> },
);

export const changes = (most: number): fc.Arbitrary<Change[]> =>
  fc.array(
    fc.record({
      kind: fc.constantFrom<Change['kind']>('drop', 'replace', 'replace', 'rename', 'copy', 'twice', 'wrap'),
      pick: fc.nat(1_000_000),
      other: fc.nat(1_000_000),
      junk,
      name: fc.constantFrom(...NAMES),
    }),
    { minLength: 1, maxLength: most },
  );

interface Place {
  readonly holder: { [name: string]: Json } | Json[];
  readonly name: string | number;
}

/** Every value of a document but itself; those near the top as often as those far down. */
function placesOf(document: Json): Place[] {
  const levels: Place[][] = [];
  const visit = (value: Json, level: number): void => {
    if (typeof value !== 'object' || value === null || level > 40) return;
    levels[level] ??= [];
    for (const name of Array.isArray(value) ? value.keys() : Object.keys(value)) {
      levels[level].push({ holder: value, name } as Place);
      visit((value as Record<string | number, Json>)[name] as Json, level + 1);
    }
  };
  visit(document, 0);
  return levels
    .filter((places) => places.length > 0)
    .flatMap((places, level) => [...places.slice(0, level === 0 ? 50 : 5_000)]);
}

const put = (holder: Place['holder'], name: string | number, value: Json): void =>
  // An assignment to `__proto__` would be none: here it becomes a member, as JSON.parse makes it.
  void Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
const take = ({ holder, name }: Place): Json => (holder as Record<string | number, Json>)[name] as Json;

/** @returns a changed copy; the document itself stays as it is */
export function spoil(document: unknown, all: readonly Change[]): unknown {
  const copy = JSON.parse(JSON.stringify(document)) as Json;
  for (const change of all) {
    const places = placesOf(copy);
    const place = places[change.pick % Math.max(1, places.length)];
    const other = places[change.other % Math.max(1, places.length)];
    if (place === undefined || other === undefined) return grow(change.junk);
    const value = take(place);
    const remove = (): void => {
      if (Array.isArray(place.holder)) place.holder.splice(place.name as number, 1);
      else delete place.holder[place.name];
    };
    switch (change.kind) {
      case 'drop':
        remove();
        break;
      case 'replace':
        put(place.holder, place.name, grow(change.junk));
        break;
      case 'rename':
        remove();
        put(place.holder, Array.isArray(place.holder) ? place.holder.length : change.name, value);
        break;
      case 'copy':
        put(place.holder, place.name, JSON.parse(JSON.stringify(take(other))) as Json);
        break;
      case 'twice':
        if (Array.isArray(place.holder)) place.holder.push(value);
        else put(place.holder, `${place.name}2`, value);
        break;
      case 'wrap':
        put(place.holder, place.name, [value]);
    }
  }
  return copy;
}
