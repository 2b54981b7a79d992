/** Every generation in every weather: the same days end in the same state, the account holds, and nothing is sent twice. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject, ResourceModel } from '../../core/edfi/model.ts';
import type { FaultPlan, FaultRule } from '../../core/sandbox/faults/plan.ts';
import { GENERATIONS, type Generation, traitsOf } from '../../core/sandbox/generations.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import type { RequestCounts, Sandbox } from '../../core/sandbox/options.ts';
import type { SyncOutcome } from '../../core/sync/sync.ts';
import { direct } from './direct.ts';
import { apply } from './edits.ts';
import { keyOf, plain } from './expectation.ts';
import { copyExport, readExport, writeExport } from './export.ts';
import { district, expectAccount, newFolder, practice } from './workbench.ts';

const CONNECTIONS = 8;
const DAYS = ['initial sync', 'next day', 'key change', 'delete'] as const;

/** The same four exports for every generation; the last two are edits of the second. */
async function exportsOfDays(): Promise<readonly string[]> {
  const first = await district();
  const second = await district({ day: 2 });
  const tables = copyExport(readExport(second));
  const folder = newFolder();
  apply(tables, [
    { kind: 'entry-date-moved', pick: 4 },
    { kind: 'class-of-another-course', pick: 1 },
  ]);
  const third = writeExport(tables, `${folder}/third`);
  apply(tables, [
    { kind: 'student-left', pick: 3 },
    { kind: 'teacher-gone', pick: 2 },
    { kind: 'enrollment-dropped', pick: 5 },
  ]);
  return [first, second, third, writeExport(tables, `${folder}/fourth`)];
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
const writesIn = ({ POST, PUT, DELETE }: Pick<RequestCounts, 'POST' | 'PUT' | 'DELETE'>): number => POST + PUT + DELETE;

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
      expect(total(effects)).toBe(writesIn(received) - refused);
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
      expect(total(effects)).toBeGreaterThanOrEqual(writesIn(received) - struck);
    },
    strikes: ([first]: readonly Day[]) => (first?.struck ?? 0) > 150,
  },
  {
    weather: 'sockets dropped before the effect',
    faults: rules({ when: { share: 0.15 }, fault: { kind: 'drop', moment: 'before' } }),
    check: ({ received, struck, result }: Day) => {
      expect(received.token).toBe(1);
      expect(result.requests.retries).toBe(struck);
    },
    strikes: ([first]: readonly Day[]) => (first?.struck ?? 0) > 60,
  },
  {
    weather: 'sockets dropped after the effect',
    faults: rules({ when: { share: 0.15 }, fault: { kind: 'drop', moment: 'after' } }),
    check: ({ received, struck, result }: Day) => {
      expect(received.token).toBe(1);
      expect(result.requests.retries).toBe(struck);
    },
    repeats: true,
    strikes: ([first]: readonly Day[]) => (first?.struck ?? 0) > 60,
  },
];

let days: readonly string[] = [];
const calm = new Map<Generation, Day[]>();

describe.each(GENERATIONS)('%s', (generation) => {
  test('initial sync, next day, key change, delete: one request for each change, one token a day', async () => {
    days = days.length > 0 ? days : await exportsOfDays();
    const lived = await live(generation, days, undefined);
    calm.set(generation, lived);
  });
});
