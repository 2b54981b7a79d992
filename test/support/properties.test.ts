/** Whatever is thrown at the log: each word in it is one of the catalogue's, a reference, a version, or of the vocabulary. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { EventLog, SupportEvent } from '../../core/support/events.ts';
import { EVENT_TYPES } from '../../core/support/events.ts';
import { codeOf, framesOf } from '../../core/support/frames.ts';
import { openEventLog } from '../../core/support/sink.ts';
import { createWords } from '../../core/support/words.ts';
import { events, mayStand, schema, stringsIn, words } from './catalogue.ts';
import { hostileThings, thrown } from './hostile.ts';
import { read, START, textOf } from './log.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes with a log of its own; gives its text and how much was dropped. */
function written(write: (log: EventLog) => void): { text: string; dropped: number; folder: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-log-'));
  folders.push(folder);
  const log = openEventLog({ folder, now: () => START, words: () => words });
  write(log);
  const dropped = log.dropped();
  log.write({ type: 'network.offline' });
  log.close();
  return { text: textOf(folder), dropped, folder };
}

const strange = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => stringsIn(JSON.parse(line)))
    .filter((word) => !mayStand(word));

test('what fits is written as it is, and read back as it was', () => {
  fc.assert(
    fc.property(fc.array(events, { minLength: 1, maxLength: 5 }), (given) => {
      const { text, dropped, folder } = written((log) => {
        for (const event of given) log.write(event);
      });
      expect(dropped).toBe(0);
      expect(strange(text)).toEqual([]);
      const back = read(folder).events.slice(0, -1);
      expect(back.map(({ at: _at, seq: _seq, ...event }) => event)).toEqual(given);
    }),
    { numRuns: 200 },
  );
});

/** The places of an event: the path to each member, and to each entry of a list. */
const placesIn = (value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] => {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.keys(value).flatMap((name) =>
    placesIn((value as Record<string, unknown>)[name], [...at, Array.isArray(value) ? Number(name) : name]),
  );
};
/** A copy with another value at a place. */
const withAt = (value: unknown, place: readonly (string | number)[], planted: unknown): unknown => {
  const [name, ...rest] = place;
  if (name === undefined) return planted;
  if (Array.isArray(value)) return value.map((one, i) => (i === name ? withAt(one, rest, planted) : one));
  const members = value as Record<string, unknown>;
  return { ...members, [name]: withAt(members[name], rest, planted) };
};

const planted = fc.oneof(
  fc.constantFrom(
    'Maria',
    'Lopez, Maria',
    '604822',
    '2011-04-03',
    'maria@example.org',
    'ed-fi/students/604822',
    '名前',
  ),
  fc.string(),
  fc.double(),
  fc.anything(),
);

test('a wrong value at any place of any event is dropped and counted, and nothing of it is written', () => {
  fc.assert(
    fc.property(events, planted, fc.nat(), (event, value, nth) => {
      const places = placesIn(event);
      const broken = withAt(event, places[nth % places.length] ?? [], value);
      // What was planted may be right by chance.
      fc.pre(!schema.safeParse(broken).success);
      const { text, dropped, folder } = written((log) => log.write(broken as SupportEvent));
      expect(dropped).toBe(1);
      expect(strange(text)).toEqual([]);
      expect(read(folder).events.map(({ type }) => type)).toEqual(['log.dropped', 'network.offline']);
    }),
    { numRuns: 500 },
  );
});

test('a member too many in any object of any event is dropped, value and name', () => {
  fc.assert(
    fc.property(events, fc.string(), planted, fc.nat(), (event, name, value, nth) => {
      const objects = [[], ...placesIn(event).map((place) => place.slice(0, -1))].filter(
        (place) => typeof place.at(-1) !== 'string',
      );
      const extra = `x${name}`;
      const broken = withAt(event, [...(objects[nth % objects.length] ?? []), extra], value);
      fc.pre(value !== undefined && !schema.safeParse(broken).success);
      const { text, dropped } = written((log) => log.write(broken as SupportEvent));
      expect(dropped).toBe(1);
      expect(strange(text)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('a name of another specification is dropped, whatever made it', () => {
  const other = createWords({ resources: {}, descriptors: { MariaDescriptor: 'xx/mariaDescriptors' } });
  const { text, dropped } = written((log) => {
    const descriptor = other.descriptor('MariaDescriptor');
    const resource = other.resource('xx/mariaDescriptors');
    if (descriptor !== undefined) log.write({ type: 'descriptor.mapped', connection: 'C1', descriptor });
    if (resource !== undefined)
      log.write({ type: 'problem.action', connection: 'C1', action: 'retry', scope: 'resource', resource, records: 0 });
  });
  expect(dropped).toBe(2);
  expect(text).not.toMatch(/maria/i);
});

test.each(hostileThings())('an event that is %s, or has it, is dropped, and none of its code runs', (_, make) => {
  const whole = make();
  const member = make();
  const { text, dropped } = written((log) => {
    log.write(whole.value as SupportEvent);
    log.write({ type: 'network.online', offlineMs: member.value } as SupportEvent);
    log.write({
      type: 'app.crashed',
      where: 'cli',
      how: 'exit',
      code: 'error',
      frames: [member.value],
    } as SupportEvent);
  });
  expect(dropped).toBe(3);
  expect(text).not.toMatch(/maria/i);
  expect([whole.ran(), member.ran()]).toEqual([0, 0]);
});

test('an event with getters, of a class, or that is a circle, is dropped, and none of its code runs', () => {
  let ran = 0;
  const run = (): string => {
    ran += 1;
    return 'Maria';
  };
  class Offline {
    readonly type = 'network.offline';
  }
  const circle: Record<string, unknown> = { type: 'app.crashed', where: 'cli', how: 'exit', code: 'error' };
  circle.frames = [circle];
  const list = ['name'] as unknown[];
  Object.defineProperty(list, '0', { get: run, enumerable: true });
  const things: unknown[] = [
    Object.defineProperty({ type: 'network.offline' }, 'x', { get: run, enumerable: false }),
    Object.defineProperty({}, 'type', { get: () => run().replace('Maria', 'network.offline'), enumerable: true }),
    { type: 'network.offline', toJSON: run },
    Object.assign(Object.create({ toJSON: run }) as object, { type: 'network.offline' }),
    { type: 'network.offline', [Symbol('Maria')]: 'Maria' },
    { type: { toString: run } },
    { type: 'connection.changed', connection: 'C1', what: list },
    new Offline(),
    circle,
  ];
  const { text, dropped } = written((log) => {
    for (const thing of things) log.write(thing as SupportEvent);
  });
  expect(dropped).toBe(things.length);
  expect(ran).toBe(0);
  expect(text).not.toMatch(/maria/i);
});

test('a toJSON that somebody gave to all objects is not asked', () => {
  const prototypes = [Object.prototype, Array.prototype, String.prototype, Number.prototype];
  let asked = 0;
  const ask = (): string => {
    asked += 1;
    return 'Maria';
  };
  for (const prototype of prototypes) {
    Object.defineProperty(prototype, 'toJSON', { configurable: true, value: ask });
  }
  try {
    const { text } = written((log) => log.write({ type: 'connection.changed', connection: 'C1', what: ['name'] }));
    expect(text).not.toContain('Maria');
    expect(asked).toBe(0);
  } finally {
    for (const prototype of prototypes) Reflect.deleteProperty(prototype, 'toJSON');
  }
});

test('junk of any kind leaves no word of it', () => {
  const eventLike = fc.record({
    type: fc.oneof(fc.constantFrom(...EVENT_TYPES), fc.string()),
    at: fc.anything(),
    name: fc.string(),
  });
  const junk = fc.oneof(
    eventLike.map((value) => (): unknown => value),
    thrown,
  );
  fc.assert(
    fc.property(fc.array(junk, { minLength: 1, maxLength: 10 }), (things) => {
      const { text, dropped } = written((log) => {
        for (const make of things) log.write(make() as SupportEvent);
      });
      expect(dropped).toBe(things.length);
      expect(strange(text)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('any record, and anything that was thrown over it, is told without a word of either', () => {
  const record = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant('Maria')));
  fc.assert(
    fc.property(record, thrown, (body, make) => {
      const value = make();
      const wrapped = new Error(JSON.stringify(body), { cause: value });
      const { text, dropped } = written((log) => {
        log.write({
          type: 'app.crashed',
          where: 'engine',
          how: 'rejection',
          code: codeOf(value),
          frames: framesOf(wrapped),
        });
        log.write({
          type: 'command.failed',
          command: 'sync.run',
          code: 'internal',
          thrown: codeOf(value),
          frames: framesOf(value),
        });
        log.write({
          type: 'command.failed',
          command: 'sync.run',
          code: 'internal',
          thrown: codeOf(wrapped),
          ...body,
        } as SupportEvent);
      });
      expect(dropped).toBe(Object.keys(body).length === 0 ? 0 : 1);
      expect(strange(text)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
