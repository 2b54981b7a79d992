import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { EVENT_TYPES, eventSchema, GUARD_KINDS } from '../../core/support/events.ts';
import { MAPPING_SETTINGS, NOTICE_CODES, REASONS } from '../../core/support/lists.ts';
import { events, lookups, mayStand, schema, shapes } from './catalogue.ts';

/** What a schema has that may take free text or has no end; empty for one that is closed. */
function open(type: z.core.$ZodType, at: string): string[] {
  const def = (type as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case 'literal':
    case 'enum':
    case 'boolean':
      return [];
    case 'number': {
      const { minValue, maxValue, isInt } = type as z.ZodNumber;
      const bounded = isInt && (minValue ?? -1) >= 0 && (maxValue ?? Number.POSITIVE_INFINITY) < 1e13;
      return bounded ? [] : [`${at}: a number without bounds`];
    }
    case 'union':
      return def.options.flatMap((option) => open(option, at));
    case 'optional':
      return open(def.innerType, at);
    case 'array': {
      const bounded = def.checks?.some((check) => check._zod.def.check === 'max_length') === true;
      return [...(bounded ? [] : [`${at}: a list without end`]), ...open(def.element, `${at}[]`)];
    }
    case 'object': {
      const strict = def.catchall?._zod.def.type === 'never';
      const members = Object.entries(def.shape).flatMap(([name, field]) => open(field, `${at}.${name}`));
      return [...(strict ? [] : [`${at}: an object that takes more`]), ...members];
    }
    case 'custom': {
      // A kind of word: no text that is not one of its words may pass.
      const texts = [
        '',
        ' ',
        'Maria',
        'Lopez, Maria',
        '604822',
        '2011-04-03',
        'maria@example.org',
        '\u540d\u524d',
        'C',
        'R-',
        'core/',
        '.',
      ];
      const taken = [...texts, ...fc.sample(fc.string(), 300)].filter(
        (text) => z.safeParse(type, text).success && !mayStand(text),
      );
      return taken.map((text) => `${at}: takes ${JSON.stringify(text)}`);
    }
    default:
      return [`${at}: is of type ${def.type}`];
  }
}

describe('the catalogue', () => {
  test('has only closed kinds of field', () => {
    expect([...shapes].flatMap(([type, shape]) => open(shape, type))).toEqual([]);
  });
  test('would be told of an open one', () => {
    expect(open(z.strictObject({ a: z.string() }), 'x')).toEqual(['x.a: is of type string']);
    expect(open(z.object({ a: z.boolean() }), 'x')).toHaveLength(1);
    expect(open(z.array(z.boolean()), 'x')).toHaveLength(1);
    expect(open(z.number(), 'x')).toHaveLength(1);
    expect(
      open(
        z.custom<string>((text) => typeof text === 'string'),
        'x',
      ).length,
    ).toBeGreaterThan(10);
  });
  test('lists its types once each', () => {
    expect([...EVENT_TYPES]).toEqual([...shapes.keys()]);
  });
  test('takes each of its events, and none with a name while no specification is loaded', () => {
    const blind = eventSchema({ ...lookups, words: () => undefined });
    fc.assert(
      fc.property(events, (event) => {
        expect(schema.parse(event)).toEqual(event);
        if ('resource' in event && event.resource !== undefined) expect(blind.safeParse(event).success).toBe(false);
      }),
    );
  });
});

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/^(sandbox|support|cli)\//.test(name))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));
const core = sources('core').join('\n');
const found = (pattern: RegExp, text = core): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, word]) => word ?? '')),
];

describe('the closed lists have what the program says', () => {
  test('reasons in the details of failures', () => {
    const said = found(/reason: '([a-z-]+)'/g).filter((reason) => !['first', 'expiring'].includes(reason));
    expect(said.length).toBeGreaterThan(15);
    expect(said.filter((reason) => !REASONS.some((one) => one === reason))).toEqual([]);
  });
  test('troubles of the transport', () => {
    const trouble = readFileSync('core/edfi/trouble.ts', 'utf8');
    const kinds = found(/^ {2}\| '([a-z-]+)'/gm, trouble);
    expect(kinds).toContain('name-unresolved');
    expect(kinds.filter((kind) => !REASONS.some((one) => one === kind))).toEqual([]);
  });
  test('notices', () => {
    const said = [
      ...found(/say\(\s*'([a-z-]+)'/g),
      ...found(/code: '([a-z-]+)',\s*sentence/g),
      ...found(/code: [^'\n]*\? '([a-z-]+)'/g),
    ];
    expect(said.length).toBeGreaterThan(15);
    expect(said.filter((code) => code !== 'internal' && !NOTICE_CODES.some((one) => one === code))).toEqual([]);
  });
  test('what a guard says', () => {
    const said = found(/kind: '([a-z-]+)'; readonly/g, readFileSync('core/sync/guard.ts', 'utf8'));
    expect(said.toSorted()).toEqual([...GUARD_KINDS].toSorted());
  });
  test('settings of the shipped mappings', () => {
    const shipped = readdirSync('assets/mappings').flatMap((name) => {
      const mapping = JSON.parse(readFileSync(path.join('assets/mappings', name), 'utf8')) as { settings?: object };
      return Object.keys(mapping.settings ?? {});
    });
    expect([...new Set(shipped)].toSorted()).toEqual([...MAPPING_SETTINGS].toSorted());
  });
});
