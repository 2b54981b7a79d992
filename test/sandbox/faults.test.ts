import { expect, onTestFinished, test, vi } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import type { Fault, FaultPlan, When } from '../../core/sandbox/faults/plan.ts';
import type { SandboxOptions } from '../../core/sandbox/options.ts';
import { startSandboxInWorker } from '../../core/sandbox/worker.ts';
import { type Caller, callerAs, practice, SCHOOL, started, tokenOf } from './practice.ts';
import { ask, type Outcome } from './raw-http.ts';

const plan = (fault: Fault, when?: When): FaultPlan => ({
  seed: 1,
  rules: [when === undefined ? { fault } : { when, fault }],
});

const period = (classPeriodName: string): JsonObject => ({
  classPeriodName,
  schoolReference: { schoolId: SCHOOL },
});

interface Bad extends Caller {
  /** POSTs a class period over a connection of its own. */
  postPeriod(name: string): Promise<Outcome>;
  getPeriods(): Promise<Outcome>;
  /** Names of the class periods that are stored. */
  stored(): string[];
}

/** A practice API whose plan comes into force after the sign-in. */
async function weather(faults: FaultPlan, options: SandboxOptions = {}): Promise<Bad> {
  const caller = await practice({ control: true, ...options });
  const { sandbox } = caller;
  const authorization = `Bearer ${await tokenOf(sandbox)}`;
  const periods = `${sandbox.url}/data/v3/ed-fi/classPeriods`;
  sandbox.faults.set(faults);
  return {
    ...caller,
    postPeriod: (id) => ask(periods, { method: 'POST', headers: { authorization }, body: period(id) }),
    getPeriods: () => ask(periods, { headers: { authorization } }),
    stored: () => sandbox.read('ed-fi/classPeriods').map(({ body }) => String(body.classPeriodName)),
  };
}

/** What became of `count` class periods, one after the other. */
async function statuses({ postPeriod }: Bad, count: number): Promise<(number | undefined)[]> {
  const seen: (number | undefined)[] = [];
  for (let id = 1; id <= count; id++) seen.push((await postPeriod(String(id))).status);
  return seen;
}

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1000));

/** Has the clock that a plan goes by stand still, however long requests take. @returns what lets seconds pass */
function standingClock(): (seconds: number) => void {
  let now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  return (count) => {
    now += count * 1000;
  };
}

test('without a plan nothing goes wrong and nothing is counted', async () => {
  const { sandbox, post } = await practice();
  expect((await post('classPeriods', period('1'))).status).toBe(201);
  expect(Object.values(sandbox.faults.counts()).every((count) => count === 0)).toBe(true);
  expect(sandbox.writes()).toEqual([]);
});

test('latency waits at least as long as it says, for the requests that it is about', async () => {
  const bad = await weather(plan({ kind: 'latency', ms: 80, jitterMs: 40 }, { methods: ['POST'] }));
  const started = performance.now();
  await bad.postPeriod('1');
  // Timers may fire a millisecond early.
  expect(performance.now() - started).toBeGreaterThan(78);
  await bad.getPeriods();
  expect(bad.sandbox.faults.counts().latency).toBe(1);
});

test('beyond a capacity the same number of requests takes longer', async () => {
  const pass = standingClock();
  const bad = await weather(plan({ kind: 'capacity', concurrent: 2, ms: 20 }));
  const round = async (): Promise<void> => {
    await Promise.all(Array.from({ length: 10 }, () => bad.getPeriods()));
    pass(1);
  };
  const started = Date.now();
  await round();
  // The last of ten shares with nine others what two would have for themselves.
  expect(Date.now() - started).toBeGreaterThan(95);
  expect(bad.sandbox.faults.counts().capacity).toBe(8);
  bad.sandbox.faults.set(
    plan({ kind: 'capacity', concurrent: 2, ms: 20, moves: [{ concurrent: 10, afterRequests: 10 }] }),
  );
  await round();
  await round();
  expect(bad.sandbox.faults.counts().capacity).toBe(8);
});

test.each([429, 503] as const)('%i without Retry-After, for as many times as the rule says', async (status) => {
  const bad = await weather(plan({ kind: 'status', status }, { times: 2 }));
  const first = await bad.postPeriod('1');
  expect([first.status, first.headers['retry-after']]).toEqual([status, undefined]);
  expect(JSON.parse(first.text)).toMatchObject({
    status,
    type: `urn:ed-fi:api:${status === 429 ? 'too-many-requests' : 'service-unavailable'}`,
  });
  expect(await statuses(bad, 2)).toEqual([status, 201]);
  expect(bad.stored()).toEqual(['2']);
});

test('Retry-After in seconds, and as a date that counts from the Date header', async () => {
  const bad = await weather(plan({ kind: 'status', status: 429, retryAfter: { as: 'seconds', seconds: 7 } }));
  expect((await bad.postPeriod('1')).headers['retry-after']).toBe('7');
  bad.sandbox.faults.set({
    seed: 1,
    rules: [
      { fault: { kind: 'clock', seconds: -3600 } },
      { fault: { kind: 'status', status: 503, retryAfter: { as: 'date', seconds: 7 } } },
    ],
  });
  const { headers } = await bad.postPeriod('1');
  const wait = Date.parse(String(headers['retry-after'])) - Date.parse(String(headers.date));
  expect(wait).toBeGreaterThanOrEqual(7000);
  expect(wait).toBeLessThanOrEqual(8000);
});

test('a window refuses all until it is over, and tells what is left of it', async () => {
  const pass = standingClock();
  const bad = await weather(
    plan({ kind: 'status', status: 429, windowSeconds: 0.5, retryAfter: { as: 'seconds' } }, { from: 2, times: 1 }),
  );
  expect(await statuses(bad, 4)).toEqual([201, 429, 429, 429]);
  expect((await bad.postPeriod('5')).headers['retry-after']).toBe('1');
  pass(0.55);
  expect((await bad.postPeriod('6')).status).toBe(201);
  expect(bad.sandbox.faults.counts().status).toBe(4);
});

test('a rate lets its burst through, and then so many a second', async () => {
  const pass = standingClock();
  const bad = await weather(
    plan({ kind: 'status', status: 429, perSecond: 4, burst: 3, retryAfter: { as: 'seconds' } }),
  );
  const all = await Promise.all(Array.from({ length: 8 }, (_, id) => bad.postPeriod(String(id))));
  expect(all.filter(({ status }) => status === 201)).toHaveLength(3);
  expect(all.filter(({ status }) => status === 429)).toHaveLength(5);
  pass(0.3);
  expect((await bad.postPeriod('x')).status).toBe(201);
});

test.each([500, 502, 503, 504] as const)(
  '%i with the page of a gateway, before and after the effect',
  async (status) => {
    const bad = await weather({
      seed: 1,
      rules: [
        { when: { to: 1 }, fault: { kind: 'page', status } },
        { when: { from: 2 }, fault: { kind: 'page', status, moment: 'after' } },
      ],
    });
    const before = await bad.postPeriod('1');
    expect([before.status, before.headers['content-type']]).toEqual([status, 'text/html']);
    expect(before.text).toContain(`<h1>${status} `);
    expect(bad.stored()).toEqual([]);
    expect((await bad.postPeriod('2')).status).toBe(status);
    expect(bad.stored()).toEqual(['2']);
  },
);

test('a socket dropped before and after the effect', async () => {
  const bad = await weather({
    seed: 1,
    rules: [
      { when: { to: 1 }, fault: { kind: 'drop', moment: 'before' } },
      { when: { from: 2 }, fault: { kind: 'drop', moment: 'after' } },
    ],
  });
  expect(await bad.postPeriod('1')).toMatchObject({ status: undefined, error: 'ECONNRESET' });
  expect(bad.stored()).toEqual([]);
  expect(await bad.postPeriod('2')).toMatchObject({ status: undefined, error: 'ECONNRESET' });
  expect(bad.stored()).toEqual(['2']);
  expect(bad.sandbox.writes()).toEqual([
    { place: {}, resource: 'ed-fi/classPeriods', key: ['2', String(SCHOOL)], created: 1, updated: 0, deleted: 0 },
  ]);
});

test('half an answer: the length of the whole, half of the body, and the end of the socket', async () => {
  const bad = await weather(plan({ kind: 'half' }));
  const made = await bad.postPeriod('1');
  expect([made.status, made.error]).toEqual([201, 'aborted']);
  expect(made.text.length).toBe(Math.floor(Number(made.headers['content-length']) / 2));
  expect(bad.stored()).toEqual(['1']);
  const read = await bad.getPeriods();
  expect([read.status, read.error]).toEqual([200, 'aborted']);
  expect(read.text.length).toBe(Math.floor(Number(read.headers['content-length']) / 2));
  const [item] = bad.sandbox.read('ed-fi/classPeriods');
  const removed = await ask(`${bad.sandbox.url}/data/v3/ed-fi/classPeriods/${item?.id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${await tokenOf(bad.sandbox)}` },
  });
  expect([removed.status, removed.error]).toEqual([undefined, 'ECONNRESET']);
  expect(bad.sandbox.writes()).toMatchObject([{ created: 1, deleted: 1 }]);
});

test('a slow body dribbles, and comes whole', async () => {
  const bad = await weather(plan({ kind: 'slow', bytesPerSecond: 2000 }));
  await bad.postPeriod('1');
  const slow = await bad.getPeriods();
  expect(slow.pieces).toBeGreaterThan(1);
  expect(slow.error).toBeUndefined();
  expect(JSON.parse(slow.text)).toMatchObject([{ classPeriodName: '1' }]);
});

test('tokens live shorter than they say: so many requests, or seconds', async () => {
  const pass = standingClock();
  const { sandbox } = await practice({ tokenLifetimeSeconds: 1800 });
  const use = async (token: string): Promise<number | undefined> =>
    (await ask(`${sandbox.url}/data/v3/ed-fi/classPeriods`, { headers: { authorization: `Bearer ${token}` } })).status;
  const old = await tokenOf(sandbox);
  sandbox.faults.set(plan({ kind: 'shortTokens', requests: 2 }));
  const token = await tokenOf(sandbox);
  expect([await use(token), await use(token), await use(token), await use(token)]).toEqual([200, 200, 401, 401]);
  expect(await use(old)).toBe(200);
  sandbox.faults.set(plan({ kind: 'shortTokens', seconds: 0.2 }));
  const brief = await tokenOf(sandbox);
  expect(await use(brief)).toBe(200);
  pass(0.25);
  expect(await use(brief)).toBe(401);
  expect(sandbox.faults.counts().shortTokens).toBe(1);
});

test('revocation strikes every token at once, in the middle or at a time', async () => {
  const { sandbox } = await practice();
  const tokens = [await tokenOf(sandbox), await tokenOf(sandbox)];
  const use = (): Promise<(number | undefined)[]> =>
    Promise.all(
      tokens.map(async (token) => {
        const headers = { authorization: `Bearer ${token}` };
        return (await ask(`${sandbox.url}/data/v3/ed-fi/classPeriods`, { headers })).status;
      }),
    );
  sandbox.faults.set(plan({ kind: 'revoke' }, { after: 2 }));
  expect(await use()).toEqual([200, 200]);
  expect(await use()).toEqual([401, 401]);
  tokens.splice(0, 2, await tokenOf(sandbox), await tokenOf(sandbox));
  expect(await use()).toEqual([200, 200]);
  sandbox.faults.set(plan({ kind: 'revoke' }, { fromSeconds: 0.1 }));
  await seconds(0.15);
  expect(await use()).toEqual([401, 401]);
  expect(sandbox.faults.counts().revoke).toBe(1);
});

test('maintenance answers 503 everywhere, and is over in the end', async () => {
  const pass = standingClock();
  const bad = await weather(
    plan({ kind: 'maintenance', seconds: 0.4, how: 'answer', retryAfter: { as: 'seconds' } }, { from: 2 }),
  );
  expect(await statuses(bad, 3)).toEqual([201, 503, 503]);
  const discovery = await ask(bad.sandbox.url);
  expect([discovery.status, discovery.headers['retry-after']]).toEqual([503, '1']);
  pass(0.45);
  expect((await ask(bad.sandbox.url)).status).toBe(200);
  expect(await statuses(bad, 3)).toEqual([200, 201, 201]);
  expect(bad.sandbox.faults.counts().maintenance).toBe(1);
});

test('maintenance closes the door, cuts off who is inside, and opens it again at the same address', async () => {
  const bad = await weather({
    seed: 1,
    rules: [
      { when: { to: 1 }, fault: { kind: 'latency', ms: 5000 } },
      { when: { from: 2 }, fault: { kind: 'maintenance', seconds: 2, how: 'closed' } },
    ],
  });
  const inside = bad.postPeriod('1');
  await expect.poll(() => bad.sandbox.faults.counts().latency).toBe(1);
  expect(await bad.postPeriod('2')).toMatchObject({ status: undefined, error: 'ECONNRESET' });
  expect(await inside).toMatchObject({ status: undefined, error: 'ECONNRESET' });
  expect(await bad.postPeriod('3')).toMatchObject({ status: undefined, error: 'ECONNREFUSED' });
  await expect.poll(async () => (await bad.postPeriod('4')).status).toBe(201);
  expect(bad.stored()).toEqual(['4']);
});

test('maintenance at a time needs no request to begin; clearing the plan ends it', async () => {
  const bad = await weather(plan({ kind: 'maintenance', seconds: 3600, how: 'closed' }, { fromSeconds: 1 }));
  expect((await bad.getPeriods()).status).toBe(200);
  await seconds(1.1);
  expect((await bad.getPeriods()).error).toBe('ECONNREFUSED');
  bad.sandbox.faults.clear();
  await expect.poll(async () => (await bad.getPeriods()).status).toBe(200);
});

test('a practice API that is closed for maintenance can be closed for good', async () => {
  const bad = await weather(plan({ kind: 'maintenance', seconds: 3600, how: 'closed' }));
  await bad.getPeriods();
  await bad.sandbox.close();
  expect((await bad.getPeriods()).error).toBe('ECONNREFUSED');
});

test('a clock that is off shows in the Date header, in items, and in the life of tokens', async () => {
  const bad = await weather(plan({ kind: 'clock', seconds: 3600 }, { on: ['data'] }));
  // The token was given out an hour ago, as the clock now says, and lived for half of it.
  expect((await bad.getPeriods()).status).toBe(401);
  bad.sandbox.faults.set(plan({ kind: 'clock', seconds: -600 }));
  const { headers } = await bad.postPeriod('1');
  const date = Date.parse(String(headers.date));
  expect(Math.abs(Date.now() - 600_000 - date)).toBeLessThan(60_000);
  const [read] = JSON.parse((await bad.getPeriods()).text) as { _lastModifiedDate: string }[];
  expect(Math.abs(Date.parse(String(read?._lastModifiedDate)) - date)).toBeLessThan(60_000);
});

test('conditions: resources, methods, after, every, from and to', async () => {
  const struck = async (when: When): Promise<(number | undefined)[]> =>
    statuses(await weather(plan({ kind: 'status', status: 503 }, when)), 7);
  expect(await struck({ after: 5 })).toEqual([201, 201, 201, 201, 201, 503, 503]);
  expect(await struck({ every: 3 })).toEqual([201, 201, 503, 201, 201, 503, 201]);
  expect(await struck({ from: 3, to: 4 })).toEqual([201, 201, 503, 503, 201, 201, 201]);
  expect(await struck({ after: 2, every: 2, times: 1 })).toEqual([201, 201, 201, 503, 201, 201, 201]);
  expect(await struck({ methods: ['GET'] })).toEqual([201, 201, 201, 201, 201, 201, 201]);
  expect(await struck({ resources: ['ed-fi/staffs'] })).toEqual([201, 201, 201, 201, 201, 201, 201]);
  expect(await struck({ resources: ['ed-fi/classPeriods'], to: 1 })).toEqual([503, 201, 201, 201, 201, 201, 201]);
  expect(await struck({ on: ['token'] })).toEqual([201, 201, 201, 201, 201, 201, 201]);
});

test('the same seed gives the same faults, and another seed others', async () => {
  const run = async (seed: number): Promise<(number | undefined)[]> =>
    statuses(
      await weather({
        seed,
        rules: [
          { when: { share: 0.3 }, fault: { kind: 'status', status: 429 } },
          { when: { share: 0.3 }, fault: { kind: 'drop', moment: 'after' } },
        ],
      }),
      60,
    );
  const first = await run(1);
  expect(await run(1)).toEqual(first);
  expect(await run(2)).not.toEqual(first);
  const limited = first.filter((status) => status === 429).length;
  const dropped = first.filter((status) => status === undefined).length;
  expect(limited).toBeGreaterThan(8);
  expect(limited).toBeLessThan(30);
  expect(dropped).toBeGreaterThan(4);
  expect(limited + dropped).toBeLessThan(55);
});

test('faults compose: delays and clocks add up, and the first rule that ends a request ends it', async () => {
  const bad = await weather({
    seed: 1,
    rules: [
      { fault: { kind: 'latency', ms: 30 } },
      { fault: { kind: 'latency', ms: 40 } },
      { fault: { kind: 'clock', seconds: 100 } },
      { fault: { kind: 'clock', seconds: 200 } },
      { when: { times: 1 }, fault: { kind: 'page', status: 502, moment: 'after' } },
      { when: { times: 1 }, fault: { kind: 'status', status: 503 } },
    ],
  });
  const started = performance.now();
  const { status, headers } = await bad.postPeriod('1');
  expect(performance.now() - started).toBeGreaterThan(68);
  expect(status).toBe(502);
  expect(Math.abs(Date.parse(String(headers.date)) - Date.now() - 300_000)).toBeLessThan(60_000);
  // The second rule was not used up by a request that had ended already.
  expect(await statuses(bad, 2)).toEqual([503, 201]);
  expect(bad.stored()).toEqual(['1', '2']);
  expect(bad.sandbox.faults.counts()).toMatchObject({ latency: 6, clock: 6, page: 1, status: 1 });
});

test('rules are about resources wherever these are in the URLs, and refusals look as the generation writes them', async () => {
  const sandbox = await started({
    generation: '5.3',
    routes: { year: [2027] },
    control: true,
    faults: plan({ kind: 'status', status: 429 }, { resources: ['ed-fi/classPeriods'], to: 1 }),
  });
  const { post } = await callerAs(sandbox, { base: '/2027' });
  const refused = await post('classPeriods', period('1'));
  expect([refused.status, refused.json]).toEqual([429, { message: expect.any(String) }]);
  expect((await post('classPeriods', period('1'))).status).toBe(201);
  expect(sandbox.writes()).toMatchObject([{ place: { year: 2027 }, resource: 'ed-fi/classPeriods', created: 1 }]);
});

test.each(['5.3', '6.2', '7.1', 'other'] as const)('%s notes what each write did', async (generation) => {
  const { sandbox, make, remove } = await practice({ generation, control: true });
  await remove('classPeriods', await make('classPeriods', period('1')));
  expect(sandbox.writes()).toMatchObject([{ key: ['1', String(SCHOOL)], created: 1, updated: 0, deleted: 1 }]);
});

test('a plan can be given from the start, changed and cleared, also in another thread', async () => {
  const sandbox = await startSandboxInWorker({
    faults: plan({ kind: 'status', status: 503 }, { on: ['token'] }),
  });
  try {
    const signIn = async (): Promise<number | undefined> =>
      (await ask(`${sandbox.url}/oauth/token`, { method: 'POST', body: {} })).status;
    expect(await signIn()).toBe(503);
    expect(await sandbox.faults.counts()).toMatchObject({ status: 1 });
    await sandbox.faults.set(plan({ kind: 'status', status: 429 }, { on: ['token'] }));
    expect(await signIn()).toBe(429);
    await sandbox.faults.clear();
    expect(await signIn()).toBe(401);
    expect(await sandbox.faults.counts()).toMatchObject({ status: 1 });
    expect(await sandbox.writes()).toEqual([]);
    await expect(sandbox.faults.set({ seed: 0.5, rules: [] })).rejects.toMatchObject({ code: 'usage' });
  } finally {
    await sandbox.close();
  }
});
