/** Every generation in every weather: the same days end in the same state, the account holds, and nothing is sent twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue, PropertyModel, ResourceModel } from '../../core/edfi/model.ts';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import type { FaultPlan, FaultRule } from '../../core/sandbox/faults/plan.ts';
import { GENERATIONS, type Generation, traitsOf } from '../../core/sandbox/generations.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import type { RequestCounts, Sandbox } from '../../core/sandbox/options.ts';
import type { SyncOutcome } from '../../core/sync/sync.ts';
import { direct } from './direct.ts';
import { apply } from './edits.ts';
import { keyOf, plain } from './expectation.ts';
import { copyExport, readExport, writeExport } from './export.ts';
import { expectAccount, practice } from './workbench.ts';

const CONNECTIONS = 8;
const DAYS = ['initial sync', 'next day', 'key change', 'delete'] as const;

/** The same four exports for every generation; the last two are edits of the second. */
async function exportsOfDays(folder: string): Promise<readonly string[]> {
  const [first, second] = [path.join(folder, 'first'), path.join(folder, 'second')];
  await writeDistrict({ out: first, students: 20, seed: 7, clean: true });
  await writeDistrict({ out: second, students: 20, seed: 7, clean: true, day: 2 });
  const tables = copyExport(readExport(second));
  apply(tables, [
    { kind: 'entry-date-moved', pick: 4 },
    { kind: 'class-of-another-course', pick: 1 },
  ]);
  const third = writeExport(tables, path.join(folder, 'third'));
  apply(tables, [
    { kind: 'student-left', pick: 3 },
    { kind: 'teacher-gone', pick: 2 },
    { kind: 'enrollment-dropped', pick: 5 },
  ]);
  return [first, second, third, writeExport(tables, path.join(folder, 'fourth'))];
}

/** Resource → natural key → body, of everything that is there. */
type Contents = ReadonlyMap<string, ReadonlyMap<string, JsonObject>>;

const modelOf = (generation: Generation) => loadModel(traitsOf(generation).dataStandard).model;

function contentsOf(api: Sandbox, generation: Generation): Contents {
  const { resources } = modelOf(generation);
  const contents = new Map<string, Map<string, JsonObject>>();
  for (const name of new Set(api.writes().map(({ resource }) => resource))) {
    const model = resources[name] as ResourceModel;
    contents.set(name, new Map(api.read(name).map(({ body }) => [keyOf(model, body) ?? '', body])));
  }
  return contents;
}

const asText = (contents: Contents): string[] =>
  [...contents].flatMap(([name, items]) => [...items].map(([key, body]) => `${name} ${key} ${plain(body)}`)).sort();

type Effects = Record<'created' | 'updated' | 'deleted', number>;
function effectsOf(api: Sandbox): Effects {
  const sum = { created: 0, updated: 0, deleted: 0 };
  for (const { created, updated, deleted } of api.writes()) {
    sum.created += created;
    sum.updated += updated;
    sum.deleted += deleted;
  }
  return sum;
}
const total = ({ created, updated, deleted }: Effects): number => created + updated + deleted;
const less = <T extends Record<string, number>>(after: T, before: T): T =>
  Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)])) as T;

interface Day {
  readonly name: string;
  readonly result: SyncOutcome;
  readonly contents: Contents;
  /** What the API received on this day. */
  readonly received: RequestCounts;
  readonly effects: Effects;
  readonly refusedTokens: number;
  /** Requests that the weather struck. */
  readonly struck: number;
}

const refusedTokens = async ({ url }: Sandbox): Promise<number> => {
  const told = (await (await fetch(`${url}/__control/requests`)).json()) as { statuses: Record<string, number> };
  return told.statuses['401'] ?? 0;
};

/** Lives the four days with a real ledger; what holds in any weather is checked on each. */
async function live(generation: Generation, days: readonly string[], faults: FaultPlan | undefined): Promise<Day[]> {
  const api = await practice({ generation, control: true });
  const { sync } = direct(api, { attempts: 12 });
  const lived: Day[] = [];
  for (const [index, source] of days.entries()) {
    const before = { received: api.requests(), effects: effectsOf(api), refused: await refusedTokens(api) };
    if (faults !== undefined) api.faults.set(faults);
    const result = await sync(source, { concurrency: CONNECTIONS, patienceMs: 60_000 });
    const counts = api.faults.counts();
    const received = less({ ...api.requests() }, { ...before.received });
    expectAccount(result);
    expect(result).toMatchObject({ state: 'done', stopped: null, left: 0 });
    expect(result.account).toMatchObject({ rejected: 0, held: 0, failed: 0 });
    // Both sides counted the same.
    expect(result.requests).toMatchObject({ ...received, GET: expect.any(Number) });
    for (const { created, deleted } of api.writes()) expect(created).toBeLessThanOrEqual(1 + deleted);
    lived.push({
      name: DAYS[index] ?? '',
      result,
      contents: contentsOf(api, generation),
      received,
      effects: less(effectsOf(api), before.effects),
      refusedTokens: (await refusedTokens(api)) - before.refused,
      struck: counts.status + counts.drop,
    });
  }
  return lived;
}

const rules = (...all: readonly FaultRule[]): FaultPlan => ({ seed: 11, rules: all });
const TOKEN_REQUESTS = 100;
const WEATHERS = [
  {
    weather: 'expired tokens',
    faults: rules({ fault: { kind: 'shortTokens', requests: TOKEN_REQUESTS } }),
    check: ({ received, effects, refusedTokens: refused, result }: Day) => {
      // One token, and one for each that ended; nothing but what was under way is refused for it.
      const expiries = received.token - 1;
      const { POST, PUT, DELETE, GET } = received;
      expect(expiries).toBeLessThanOrEqual(Math.ceil((POST + PUT + DELETE + GET) / TOKEN_REQUESTS));
      expect(refused).toBeGreaterThanOrEqual(expiries);
      expect(refused).toBeLessThanOrEqual(expiries * CONNECTIONS);
      expect(result.requests.retries).toBe(refused);
      expect(total(effects)).toBe(total(result.account));
    },
    strikes: ([first]: readonly Day[]) => (first?.received.token ?? 0) > 5,
  },
  {
    weather: 'a storm of 429',
    faults: rules(
      {
        when: { methods: ['POST'], after: 30, times: 1 },
        fault: { kind: 'status', status: 429, windowSeconds: 0.3, retryAfter: { as: 'seconds' } },
      },
      { when: { share: 0.3 }, fault: { kind: 'status', status: 429 } },
    ),
    check: ({ received, effects, struck, result }: Day) => {
      expect(received.token).toBe(1);
      expect(result.requests.retries).toBe(struck);
      expect(total(effects)).toBe(total(result.account));
    },
    strikes: ([first]: readonly Day[]) => (first?.struck ?? 0) > 150,
  },
  {
    weather: 'sockets dropped before the effect',
    faults: rules({ when: { share: 0.15 }, fault: { kind: 'drop', moment: 'before' } }),
    check: ({ received, effects, struck, result }: Day) => {
      expect(received.token).toBe(1);
      expect(result.requests.retries).toBe(struck);
      expect(total(effects)).toBe(total(result.account));
    },
    strikes: ([first]: readonly Day[]) => (first?.struck ?? 0) > 60,
  },
  {
    weather: 'sockets dropped after the effect',
    faults: rules({ when: { share: 0.15 }, fault: { kind: 'drop', moment: 'after' } }),
    check: ({ received, effects, struck, result }: Day) => {
      expect(received.token).toBe(1);
      expect(result.requests.retries).toBe(struck);
      // A change that was made and not heard of is made again; never something new.
      const repeated = total(effects) - total(result.account);
      expect(repeated).toBeGreaterThanOrEqual(0);
      expect(repeated).toBeLessThanOrEqual(struck);
    },
    strikes: ([first]: readonly Day[]) => (first?.struck ?? 0) > 60,
  },
];

/** The names that a contact had before data standard 5. */
const today = (name: string): string =>
  name
    .replace('studentParent', 'studentContact')
    .replace('/parents', '/contacts')
    .replace(/^parent/, 'contact');

interface Compared {
  readonly model: ResourceModel;
  /** By the parts of the natural key that it has in the latest data standard, too. */
  readonly items: ReadonlyMap<string, JsonObject>;
}

/** Resource, by its latest name → what is there. */
function comparable(generation: Generation, contents: Contents): Map<string, Compared> {
  const resources = { ...modelOf(generation).resources };
  const others = new Map(
    GENERATIONS.flatMap((one) => Object.values(modelOf(one).resources)).map((model) => [model, today(model.name)]),
  );
  return new Map(
    [...contents].map(([name, items]) => {
      const model = resources[name] as ResourceModel;
      const versions = [...others].flatMap(([one, latest]) => (latest === today(name) ? [one] : []));
      const identity = model.identity
        .filter((part) => versions.every((one) => one.identity.some((other) => today(other.name) === today(part.name))))
        .sort((one, other) => (today(one.name) < today(other.name) ? -1 : 1));
      const keyed = [...items.values()].map((body) => [keyOf({ ...model, identity }, body) ?? '', body] as const);
      return [today(name), { model, items: new Map(keyed) }];
    }),
  );
}

const counted = (all: ReadonlyMap<string, Compared>): string[] =>
  [...all].flatMap(([name, { items }]) => [...items.keys()].map((key) => `${name} ${key}`)).sort();

const shapeOf = (property: PropertyModel): string =>
  JSON.stringify(property, ['kind', 'name', 'properties', 'members']);

/** Each data standard has its own descriptor values; which of them is meant is the mapping's to say. */
const withoutDescriptors = (value: JsonValue | undefined): string => plain(value).replace(/uri:[^"]*/g, 'descriptor');

/** Properties that both data standards have and that say something else. */
function differences(here: ReadonlyMap<string, Compared>, latest: ReadonlyMap<string, Compared>): string[] {
  const found: string[] = [];
  for (const [name, { model, items }] of here) {
    const other = latest.get(name);
    const shapes = new Set(other?.model.properties.map(shapeOf));
    for (const [key, body] of items) {
      for (const property of model.properties.filter((one) => shapes.has(shapeOf(one)))) {
        const one = withoutDescriptors(body[property.name]);
        const two = withoutDescriptors(other?.items.get(key)?.[property.name]);
        if (one !== two) found.push(`${name} ${key} ${property.name}: ${one} instead of ${two}`);
      }
    }
  }
  return found.slice(0, 10);
}

let days: readonly string[] = [];
const calm = new Map<Generation, Promise<Day[]>>();
/** The four days without weather, lived once for each generation. */
function calmDays(generation: Generation): Promise<Day[]> {
  const lived = calm.get(generation) ?? live(generation, days, undefined);
  calm.set(generation, lived);
  return lived;
}

beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-matrix-'));
  days = await exportsOfDays(folder);
  return () => rmSync(folder, { recursive: true, force: true });
});

describe.each(GENERATIONS)('%s', (generation) => {
  test('initial sync, next day, key change, delete: one request for each change, one token a day', async () => {
    const lived = await calmDays(generation);
    for (const { result, received, effects, refusedTokens: refused } of lived) {
      expect(total(effects)).toBe(total(result.account));
      expect(effects.deleted).toBe(result.account.deleted);
      expect([received.token, refused, result.requests.retries]).toEqual([1, 0, 0]);
    }
    const [first, second, third, fourth] = lived.map(({ result }) => result.account);
    expect(first).toMatchObject({ updated: 0, deleted: 0, unchanged: 0 });
    for (const account of [second, third, fourth]) {
      expect(account?.unchanged).toBeGreaterThan(total(account as Effects));
      expect(total(account as Effects)).toBeGreaterThan(0);
    }
    expect(third?.updated).toBeGreaterThan(0);
    expect(fourth?.deleted).toBeGreaterThan(10);
    expect(new Set(lived.map(({ contents }) => asText(contents).join())).size).toBe(DAYS.length);
  });

  test('has the same records as the latest generation, but for what its data standard lacks', async () => {
    const latest = await calmDays('7.3');
    const here = await calmDays(generation);
    for (const [index, { name, contents }] of here.entries()) {
      const theirs = comparable('7.3', latest[index]?.contents ?? new Map());
      const ours = comparable(generation, contents);
      expect({ name, items: counted(ours) }).toEqual({ name, items: counted(theirs) });
      expect(counted(ours).length).toBeGreaterThan(600);
      expect({ name, differences: differences(ours, theirs) }).toEqual({ name, differences: [] });
    }
  });

  test.each(WEATHERS)('$weather: the same end as without', async ({ faults, check, strikes }) => {
    const wanted = await calmDays(generation);
    const lived = await live(generation, days, faults);
    expect(strikes(lived)).toBe(true);
    for (const [index, day] of lived.entries()) {
      const { name, result, contents, effects } = day;
      const without = wanted[index] as Day;
      expect({ name, account: result.account }).toEqual({ name, account: without.result.account });
      expect(result.resources).toEqual(without.result.resources);
      expect(asText(contents)).toEqual(asText(without.contents));
      expect(effects.created).toBe(without.effects.created);
      expect(effects.deleted).toBe(without.effects.deleted);
      check(day);
    }
  });
});
