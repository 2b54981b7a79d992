/** The client against a practice API in bad weather: what is lost is asked again, what is refused is not done, and all is done once. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Answer, ClientEvent, ClientOptions, EdFiClient } from '../../core/edfi/client.ts';
import { createClient } from '../../core/edfi/client.ts';
import type { JsonObject } from '../../core/edfi/model.ts';
import { type Failure, isFailure } from '../../core/errors/failure.ts';
import type { FaultPlan, FaultRule } from '../../core/sandbox/faults/plan.ts';
import type { Sandbox, SandboxOptions } from '../../core/sandbox/options.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import { failureOf } from './server.ts';

const SCHOOL = 255901001;
const PERIODS = 'ed-fi/classPeriods';
/** A resource whose items may be sent twice: the second time updates. */
const period = (name: number): string =>
  JSON.stringify({ classPeriodName: `P${name}`, schoolReference: { schoolId: SCHOOL } });

interface Told {
  /** How often the API itself gave each status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly writes: readonly { key: string[]; created: number; updated: number; deleted: number }[];
}

interface Weather {
  readonly sandbox: Sandbox;
  readonly client: EdFiClient;
  readonly events: ClientEvent[];
  /** What the server saw, from its control endpoint. */
  told(): Promise<Told>;
}

const rules = (...all: readonly FaultRule[]): FaultPlan => ({ seed: 7, rules: all });

/** A practice API whose weather turns bad once the client has signed in, unless `fromTheStart`. */
async function weather(
  faults: FaultPlan | undefined,
  {
    sandbox: sandboxOptions = {},
    client: clientOptions = {},
    fromTheStart = false,
  }: { sandbox?: SandboxOptions; client?: Partial<ClientOptions>; fromTheStart?: boolean } = {},
): Promise<Weather> {
  const sandbox = await startSandbox({ control: true, ...sandboxOptions });
  const events: ClientEvent[] = [];
  const client = createClient({
    url: sandbox.url,
    key: sandbox.key,
    secret: () => sandbox.secret,
    onEvent: (event) => events.push(event),
    retry: { attempts: 12, baseMs: 4, capMs: 60 },
    ...clientOptions,
  });
  onTestFinished(async () => {
    sandbox.faults.clear();
    await client.close();
    await sandbox.close();
  });
  if (!fromTheStart) await client.signIn();
  if (faults !== undefined) sandbox.faults.set(faults);
  return {
    sandbox,
    client,
    events,
    told: async () => (await (await fetch(`${sandbox.url}/__control/requests`)).json()) as Told,
  };
}

interface Account {
  readonly done: Answer[];
  readonly refused: Answer[];
  readonly failed: Failure[];
}

/** Sends all at once, as far as the client lets them; each ends in exactly one of three ways. */
async function account(sent: readonly Promise<Answer>[]): Promise<Account> {
  const result: Account = { done: [], refused: [], failed: [] };
  for (const settled of await Promise.allSettled(sent)) {
    if (settled.status === 'fulfilled') {
      (settled.value.status < 300 ? result.done : result.refused).push(settled.value);
    } else if (isFailure(settled.reason)) result.failed.push(settled.reason);
    else throw settled.reason;
  }
  return result;
}

const postAll = (client: EdFiClient, count: number): Promise<Account> =>
  account(Array.from({ length: count }, (_, name) => client.post(PERIODS, period(name))));

/** All is done, each item was made once, and both sides counted the same. */
async function expectAllOnce({ sandbox, client, told }: Weather, { done, refused, failed }: Account, count: number) {
  expect({ done: done.length, refused: refused.length, failed: failed.length }).toEqual({
    done: count,
    refused: 0,
    failed: 0,
  });
  const { writes } = await told();
  expect(writes).toHaveLength(count);
  expect(writes.every(({ created, deleted }) => created === 1 && deleted === 0)).toBe(true);
  expect(sandbox.read(PERIODS)).toHaveLength(count);
  expect(client.requests.POST).toBe(sandbox.requests().POST);
}

describe('429', () => {
  test('is tried again until it is taken, and every repetition is counted', async () => {
    const bad = await weather(rules({ when: { share: 0.3 }, fault: { kind: 'status', status: 429 } }));
    const all = await postAll(bad.client, 400);
    await expectAllOnce(bad, all, 400);
    const refusals = bad.sandbox.faults.counts().status;
    expect(refusals).toBeGreaterThan(80);
    expect(bad.client.requests.retries).toBe(refusals);
    expect(all.done.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(400 + refusals);
    // Nothing had its effect before: no answer says that it might have.
    expect(all.done.filter(({ repeated }) => repeated)).toEqual([]);
  });

  test.each(['seconds', 'date'] as const)(
    'with Retry-After in %s makes everyone wait, and no one hammer',
    async (as) => {
      const bad = await weather(
        rules({
          when: { from: 50, times: 1 },
          fault: { kind: 'status', status: 429, windowSeconds: 0.7, retryAfter: { as } },
        }),
        { client: { maxConnections: 16 } },
      );
      await expectAllOnce(bad, await postAll(bad.client, 200), 200);
      // Only those that were under way when it began were refused.
      expect(bad.sandbox.faults.counts().status).toBeLessThanOrEqual(16);
      expect(bad.events.filter(({ kind }) => kind === 'wait').length).toBeGreaterThan(0);
    },
  );

  test('by a server whose clock is off asks for a wait from its own clock', async () => {
    const waits: number[] = [];
    const bad = await weather(
      rules(
        { fault: { kind: 'clock', seconds: -7200 } },
        { when: { times: 1 }, fault: { kind: 'status', status: 429, retryAfter: { as: 'date', seconds: 20 } } },
      ),
      { client: { sleep: async (ms) => void waits.push(ms) } },
    );
    await expectAllOnce(bad, await postAll(bad.client, 1), 1);
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(19_000);
    expect(waits[0]).toBeLessThanOrEqual(21_000);
  });

  test('a rate that is lower than what is wanted is kept to, and nothing is lost', async () => {
    const bad = await weather(
      rules({ fault: { kind: 'status', status: 429, perSecond: 60, burst: 30, retryAfter: { as: 'seconds' } } }),
      { client: { maxConnections: 16 } },
    );
    await expectAllOnce(bad, await postAll(bad.client, 120), 120);
    expect(bad.sandbox.faults.counts().status).toBeGreaterThan(0);
  });

  test('without end is a refusal and never done', async () => {
    const bad = await weather(rules({ when: { after: 10 }, fault: { kind: 'status', status: 429 } }), {
      client: { retry: { attempts: 3, baseMs: 1, capMs: 2 } },
    });
    const { done, refused, failed } = await postAll(bad.client, 25);
    expect([done.length, refused.length, failed.length]).toEqual([10, 15, 0]);
    expect(refused.every(({ status, attempts }) => status === 429 && attempts === 3)).toBe(true);
    expect(bad.sandbox.read(PERIODS)).toHaveLength(10);
  });
});

describe('dropped sockets', () => {
  test('before and after the effect: all is done, and each once', async () => {
    const bad = await weather(
      rules(
        { when: { share: 0.15 }, fault: { kind: 'drop', moment: 'before' } },
        { when: { share: 0.15 }, fault: { kind: 'drop', moment: 'after' } },
      ),
    );
    const all = await postAll(bad.client, 400);
    await expectAllOnce(bad, all, 400);
    const { drop } = bad.sandbox.faults.counts();
    expect(drop).toBeGreaterThan(80);
    expect(bad.client.requests.retries).toBe(drop);
    // What an earlier attempt had made is told as such.
    expect(all.done.filter(({ status }) => status === 200).every(({ repeated }) => repeated === true)).toBe(true);
  });

  test('without end end in a failure, and are never done', async () => {
    const bad = await weather(
      rules(
        { when: { after: 10, every: 2 }, fault: { kind: 'drop', moment: 'before' } },
        { when: { after: 10 }, fault: { kind: 'drop', moment: 'after' } },
      ),
      { client: { retry: { attempts: 3, baseMs: 1, capMs: 2 } } },
    );
    const { done, refused, failed } = await postAll(bad.client, 25);
    expect([done.length, refused.length, failed.length]).toEqual([10, 0, 15]);
    expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(['api-unreachable']));
  });

  test('a deletion and a change whose answers were lost are done once', async () => {
    const bad = await weather(undefined);
    const { client, sandbox } = bad;
    const { id = '' } = await client.post(PERIODS, period(1));
    sandbox.faults.set(rules({ when: { to: 1 }, fault: { kind: 'drop', moment: 'after' } }));
    expect(await client.put(PERIODS, id, period(1))).toMatchObject({ status: 204, attempts: 2 });
    sandbox.faults.set(rules({ when: { to: 1 }, fault: { kind: 'drop', moment: 'after' } }));
    expect(await client.remove(PERIODS, id)).toMatchObject({ status: 404, attempts: 2, repeated: true });
    expect((await bad.told()).writes).toMatchObject([{ created: 1, updated: 2, deleted: 1 }]);
  });

  test('a person whose answer was lost may be refused the second time, and can then be found by its key', async () => {
    const bad = await weather(rules({ when: { to: 1 }, fault: { kind: 'drop', moment: 'after' } }));
    const student: JsonObject = {
      studentUniqueId: '604',
      firstName: 'Robin',
      lastSurname: 'Marsh',
      birthDate: '2012-03-04',
    };
    // A student without an enrolment may be made, and not be changed: the repetition comes too late for the first and
    // too early for the second.
    const answer = await bad.client.post('ed-fi/students', JSON.stringify(student));
    expect(answer).toMatchObject({ status: 403, attempts: 2, repeated: true });
    expect((await bad.told()).writes).toMatchObject([{ key: ['604'], created: 1, updated: 0 }]);
  });

  test('on the way to the sign-in and to the documents are asked again', async () => {
    const bad = await weather(
      rules({ when: { on: ['token', 'other', 'metadata'], every: 2 }, fault: { kind: 'drop', moment: 'before' } }),
      {
        fromTheStart: true,
      },
    );
    await bad.client.signIn();
    expect(Object.keys(await bad.client.openApi('resources'))).toContain('paths');
    expect((await bad.client.dependencies())?.length).toBeGreaterThan(0);
    expect(bad.sandbox.faults.counts().drop).toBeGreaterThan(0);
  });
});

describe('tokens', () => {
  test.each([8, 32])('an honest lifetime, three expiries, %i connections: no 401 at all', async (maxConnections) => {
    // One clock for both sides, which moves by each record that is done.
    let time = Date.parse('2026-09-01T08:00:00Z');
    const now = (): number => time;
    const bad = await weather(undefined, {
      sandbox: { now, tokenLifetimeSeconds: 1800 },
      client: { now, maxConnections },
    });
    const sent = Array.from({ length: 5000 }, async (_, name) => {
      const answer = await bad.client.post(PERIODS, period(name));
      time += 1200;
      return answer;
    });
    await expectAllOnce(bad, await account(sent), 5000);
    expect((await bad.told()).statuses['401']).toBeUndefined();
    expect(bad.sandbox.requests().token).toBe(4);
    expect(bad.events.filter(({ kind }) => kind === 'token').map((event) => 'reason' in event && event.reason)).toEqual(
      ['first', 'expiring', 'expiring', 'expiring'],
    );
    expect(bad.client.requests.retries).toBe(0);
  });

  test.each([8, 32])(
    'a lying lifetime, three expiries, %i connections: one refresh for each',
    async (maxConnections) => {
      const bad = await weather(rules({ fault: { kind: 'shortTokens', requests: 1500 } }), {
        fromTheStart: true,
        client: { maxConnections },
      });
      await expectAllOnce(bad, await postAll(bad.client, 5000), 5000);
      expect(bad.sandbox.requests().token).toBe(4);
      // Those under way when it happened, and no one after them.
      const refused = (await bad.told()).statuses['401'] ?? 0;
      expect(refused).toBeGreaterThanOrEqual(3);
      expect(refused).toBeLessThanOrEqual(3 * maxConnections);
      expect(bad.client.requests.retries).toBe(refused);
    },
  );

  test('revoked in mid-batch: one refresh, and nothing is lost', async () => {
    const bad = await weather(rules({ when: { after: 600 }, fault: { kind: 'revoke' } }));
    await expectAllOnce(bad, await postAll(bad.client, 1000), 1000);
    expect(bad.sandbox.requests().token).toBe(2);
    expect((await bad.told()).statuses['401']).toBeLessThanOrEqual(32);
  });

  test('that end faster than a call is done are no word on the key', async () => {
    // Fewer requests for each token than there are connections: some calls find their new token at its end, too.
    const bad = await weather(rules({ fault: { kind: 'shortTokens', requests: 20 } }), { fromTheStart: true });
    await expectAllOnce(bad, await postAll(bad.client, 400), 400);
    expect(bad.sandbox.requests().token).toBe(20);
  });

  test('that are refused before anyone could use them are', async () => {
    const bad = await weather(rules({ fault: { kind: 'shortTokens', requests: 0 } }), { fromTheStart: true });
    const { failed } = await postAll(bad.client, 40);
    expect(failed).toHaveLength(40);
    expect(new Set(failed.map(({ code }) => code))).toContain('credentials-refused');
  });

  test('are asked for once, however many calls begin at once', async () => {
    const { client, sandbox } = await weather(undefined, { fromTheStart: true });
    await Promise.all(Array.from({ length: 200 }, () => client.findByKey(PERIODS, { classPeriodName: 'P1' })));
    expect(sandbox.requests().token).toBe(1);
  });

  test('a sign-in that is refused for a moment holds everyone up, and no one is refused', async () => {
    const bad = await weather(
      rules(
        { when: { on: ['token'], to: 3 }, fault: { kind: 'status', status: 503 } },
        { fault: { kind: 'shortTokens', requests: 100 } },
      ),
      { fromTheStart: true },
    );
    await bad.client.discovery();
    await expectAllOnce(bad, await postAll(bad.client, 250), 250);
    // Three that were refused, then one for each hundred.
    expect(bad.sandbox.requests().token).toBe(6);
  });
});

describe('answers that are not whole', () => {
  test('half of one is none: the write is repeated, and done once', async () => {
    const bad = await weather(rules({ when: { share: 0.25 }, fault: { kind: 'half' } }));
    const all = await postAll(bad.client, 200);
    await expectAllOnce(bad, all, 200);
    expect(bad.client.requests.retries).toBe(bad.sandbox.faults.counts().half);
  });

  test('half a deletion is repeated as well', async () => {
    const { client, sandbox } = await weather(undefined);
    const { id = '' } = await client.post(PERIODS, period(1));
    sandbox.faults.set(rules({ when: { to: 1 }, fault: { kind: 'half' } }));
    expect(await client.remove(PERIODS, id)).toMatchObject({ status: 404, repeated: true });
  });

  test('half a page, half a token and half a specification are asked for again', async () => {
    const bad = await weather(
      rules({ when: { on: ['data', 'token', 'metadata', 'other'], every: 2 }, fault: { kind: 'half' } }),
      {
        fromTheStart: true,
      },
    );
    await bad.client.discovery();
    await postAll(bad.client, 30);
    const names: unknown[] = [];
    for await (const item of bad.client.items(PERIODS)) names.push(item.id);
    expect(new Set(names).size).toBe(30);
    expect(Object.keys(await bad.client.openApi('resources'))).toContain('paths');
    expect(bad.sandbox.faults.counts().half).toBeGreaterThan(15);
  });

  test('a slow body is waited for, and given up when it takes too long', async () => {
    const { client, sandbox } = await weather(undefined, { client: { timeouts: { totalMs: 3000 } } });
    await postAll(client, 40);
    sandbox.faults.set(rules({ fault: { kind: 'slow', bytesPerSecond: 40_000 } }));
    expect((await client.page(PERIODS, { limit: 40, offset: 0 })).items).toHaveLength(40);
    // The first would take minutes: it is left, and asked for again.
    sandbox.faults.set(rules({ when: { to: 1 }, fault: { kind: 'slow', bytesPerSecond: 50 } }));
    expect((await client.page(PERIODS, { limit: 40, offset: 0 })).items).toHaveLength(40);
    expect(sandbox.faults.counts().slow).toBe(1);
  });

  test.each(['before', 'after'] as const)('the page of a gateway, %s the effect, is no answer', async (moment) => {
    const bad = await weather(
      rules(
        { when: { share: 0.1 }, fault: { kind: 'page', status: 502, moment } },
        { when: { share: 0.1 }, fault: { kind: 'page', status: 504, moment } },
        { when: { share: 0.1 }, fault: { kind: 'page', status: 500, moment } },
      ),
    );
    await expectAllOnce(bad, await postAll(bad.client, 300), 300);
    expect(bad.client.requests.retries).toBe(bad.sandbox.faults.counts().page);
  });

  test('the page of a gateway without end is a refusal, and says nothing of the page', async () => {
    const bad = await weather(rules({ fault: { kind: 'page', status: 502 } }), {
      client: { retry: { attempts: 3, baseMs: 1, capMs: 2 } },
    });
    const { refused } = await postAll(bad.client, 5);
    expect(refused.map(({ status, type, attempts }) => [status, type, attempts])).toEqual(
      Array(5).fill([502, undefined, 3]),
    );
    bad.sandbox.faults.set(rules({ when: { on: ['token', 'metadata'] }, fault: { kind: 'page', status: 502 } }));
    const failure = await failureOf(bad.client.openApi('resources'));
    expect(failure.message).not.toContain('Gateway');
    expect(failure.message).not.toContain('<');
  });
});

describe('maintenance of two seconds in mid-batch', () => {
  test.each(['closed', 'answer'] as const)('%s: the batch goes on by itself, and each is done once', async (how) => {
    const bad = await weather(
      rules({ when: { after: 100 }, fault: { kind: 'maintenance', seconds: 2, how, retryAfter: { as: 'seconds' } } }),
      { client: { retry: { attempts: 40, baseMs: 50, capMs: 300 } } },
    );
    await expectAllOnceUncounted(bad, await postAll(bad.client, 400), 400);
    expect(bad.sandbox.faults.counts().maintenance).toBe(1);
  });
});

/** As `expectAllOnce`, where connections were cut before their requests were read, which only one side counts. */
async function expectAllOnceUncounted({ sandbox, told }: Weather, { done, refused, failed }: Account, count: number) {
  expect({ done: done.length, refused: refused.length, failed: failed.length }).toEqual({
    done: count,
    refused: 0,
    failed: 0,
  });
  expect((await told()).writes.every(({ created }) => created === 1)).toBe(true);
  expect(sandbox.read(PERIODS)).toHaveLength(count);
}

describe('a storm', () => {
  test('all of it at once, and still each record is done once', async () => {
    const bad = await weather(
      rules(
        { fault: { kind: 'latency', ms: 1, jitterMs: 6, distribution: 'exponential' } },
        { fault: { kind: 'capacity', concurrent: 12, ms: 2, moves: [{ concurrent: 4, afterRequests: 400 }] } },
        {
          when: { every: 97, times: 3 },
          fault: { kind: 'status', status: 503, windowSeconds: 0.2, retryAfter: { as: 'seconds' } },
        },
        { when: { share: 0.05 }, fault: { kind: 'status', status: 429 } },
        { when: { share: 0.03 }, fault: { kind: 'page', status: 504, moment: 'after' } },
        { when: { share: 0.03 }, fault: { kind: 'drop', moment: 'before' } },
        { when: { share: 0.03 }, fault: { kind: 'drop', moment: 'after' } },
        { when: { share: 0.03 }, fault: { kind: 'half' } },
        { when: { after: 500 }, fault: { kind: 'revoke' } },
        { when: { on: ['data', 'token'] }, fault: { kind: 'clock', seconds: -300 } },
      ),
      { fromTheStart: true, client: { maxConnections: 24, retry: { attempts: 25, baseMs: 10, capMs: 200 } } },
    );
    await expectAllOnce(bad, await postAll(bad.client, 1000), 1000);
    const counts = bad.sandbox.faults.counts();
    for (const kind of ['latency', 'capacity', 'status', 'page', 'drop', 'half', 'revoke', 'clock'] as const) {
      expect([kind, counts[kind] > 0]).toEqual([kind, true]);
    }
  });
});
