/** Bodies that are made to hurt: what is searched of them is bounded, so no wording can search for long. */
import { beforeEach, describe, expect, test } from 'vitest';
import { LIMITS, linesOf, readBody } from '../../core/errors/body.ts';
import { classifyAnswer } from '../../core/errors/classify.ts';
import {
  DESCRIPTOR_ID_REQUIRED,
  KEY_CHANGE,
  KEYS_DISAGREE,
  NOT_FOUND,
  NOT_VALID,
  UNREADABLE,
  WORDINGS,
} from '../../core/errors/wordings.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { model } from './model.ts';

beforeEach(junkOnPurpose);

const DEEP = 200_000;
const long = "'Student' is required. ".repeat(20_000);
const many = (count: number) => Array.from({ length: count }, (_, index) => `${index} is required.`);
const nested = `${'['.repeat(DEEP)}"x"${']'.repeat(DEEP)}`;

const BODIES: readonly (readonly [string, string])[] = [
  ['a long message', JSON.stringify({ message: long })],
  ['many messages', JSON.stringify({ errors: many(50_000) })],
  ['many paths', JSON.stringify({ validationErrors: Object.fromEntries(many(20_000).map((one) => [one, [one]])) })],
  ['one long path', JSON.stringify({ validationErrors: { [`$.${'races['.repeat(100_000)}`]: ['x'] } })],
  ['deep lists', `{"errors":${nested}}`],
  ['deep failures', `{"failures":${nested},"blockingUris":${nested}}`],
  ['many empty lists', `{"errors":[${Array(200_000).fill('[]').join(',')}]}`],
  ['many lines', JSON.stringify({ message: '\n'.repeat(100_000) + 'x\n'.repeat(100_000) })],
  ['long addresses', JSON.stringify({ blockingUris: [long, long] })],
  ['many failures', JSON.stringify({ failures: Array(50_000).fill({ resourceName: long.slice(0, 5) }) })],
  ['an error that lists much', JSON.stringify({ error: Array(50_000).fill({ message: 'x', path: 'y' }) })],
  [
    'names of prototypes',
    '{"__proto__":{"message":"x"},"constructor":1,"validationErrors":{"__proto__":["is required"]}}',
  ],
  ['a method where a text is meant', '{"detail":{"toString":"x","valueOf":{"length":1e9}},"errors":{"length":1e9}}'],
  ['more than is parsed', `{"message":"${'x'.repeat(LIMITS.body)}"}`],
  ['a page without end', `<html>${' '.repeat(500_000)}`],
  ['only space', ' '.repeat(500_000)],
];

describe.each(BODIES)('%s', (_, text) => {
  test('is cut to what is worth reading', () => {
    const { messages, blocking, missing } = readBody(text);
    expect(messages.length).toBeLessThanOrEqual(LIMITS.messages);
    expect(blocking.length).toBeLessThanOrEqual(LIMITS.messages);
    expect(missing.length).toBeLessThanOrEqual(LIMITS.messages);
    const lines = messages.flatMap(linesOf);
    expect(lines.length).toBeLessThanOrEqual(LIMITS.messages ** 2);
    expect(messages.reduce((sum, one) => sum + one.text.length, 0)).toBeLessThanOrEqual(LIMITS.all);
    for (const written of [...messages.map(({ at }) => at ?? ''), ...blocking, ...missing]) {
      expect(written.length).toBeLessThanOrEqual(LIMITS.path);
    }
  });

  test.each([400, 403, 404, 405, 409, 503])('lands somewhere as a %i', (status) => {
    expect(classifyAnswer({ status, text }, model)).toHaveProperty('code');
  });
});

test('no wording repeats without bound what holds another repetition', () => {
  const patterns = [
    ...WORDINGS.flatMap(({ says }) => says),
    KEY_CHANGE,
    KEYS_DISAGREE,
    DESCRIPTOR_ID_REQUIRED,
    NOT_FOUND,
    NOT_VALID,
    UNREADABLE,
  ];
  // Simpler than to look for nested ones: there is no unbounded repetition at all.
  for (const { source } of patterns) expect(source.replace(/\\./g, '')).not.toMatch(/[*+]|\{\d+,\}/);
});
