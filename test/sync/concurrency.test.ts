import { describe, expect, test } from 'vitest';
import { createAccounts } from '../../core/sync/account.ts';
import { createLimiter, type Limiter } from '../../core/sync/concurrency.ts';
import { createRate } from '../../core/sync/rate.ts';
import { rateOf, run, type VirtualServer } from './virtual-server.ts';

const KNEES = [6, 20, 60];
const MOST = 64;
const fixed = (limit: number): Limiter => createLimiter(limit, MOST);
const CANDIDATES = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 18, 20, 22, 24, 28, 32, 40, 50, 56, 60, 64];
/** The best that any one number does between two requests. */
const best = (server: VirtualServer, from: number, to: number): number =>
  Math.max(...CANDIDATES.map((limit) => rateOf(run(server, fixed(limit), to), from, to)));

test('a number that was set stays, within what the client has', () => {
  const limiter = createLimiter(12, 64);
  for (let n = 1; n < 200; n++) {
    limiter.heard({ begun: n, ms: n, active: 12, kind: 'a', how: n % 2 === 0 ? 'pushed-back' : 'answered' });
  }
  expect([limiter.limit, limiter.optimum]).toEqual([12, undefined]);
  expect(createLimiter(500, 64).limit).toBe(64);
});

describe('auto', () => {
  // What the practice API takes as `capacity`, with and without a price for going too far, on calm and noisy networks.
  const servers = KNEES.flatMap((knee) =>
    [0, 0.1].flatMap((drag) =>
      [0, 0.3].flatMap((jitter) =>
        [1, 2, 3].map((seed) => ({ capacity: { concurrent: knee, ms: 50, drag }, jitter, seed })),
      ),
    ),
  );
  test.each(servers)('reaches 90 %% of the best number within 200 requests: %j', (server) => {
    const ran = run(server, createLimiter('auto', MOST), 1_400);
    expect(rateOf(ran, 200, 1_400) / best(server, 200, 1_400)).toBeGreaterThan(0.9);
    expect(Math.max(...ran.limits)).toBeLessThanOrEqual(MOST);
  });

  const moves = [
    [6, 20],
    [6, 60],
    [20, 60],
    [20, 6],
    [60, 20],
    [60, 6],
  ].flatMap(([from = 0, to = 0]) => [0, 0.3].map((jitter) => ({ from, to, jitter })));
  test.each(moves)('does so again when it moves in mid-batch: %j', ({ from, to, jitter }) => {
    const server: VirtualServer = {
      capacity: { concurrent: from, ms: 50, moves: [{ concurrent: to, afterRequests: 600 }] },
      jitter,
    };
    const ran = run(server, createLimiter('auto', MOST), 1_600);
    // The best number for what is there then, which is another one than before.
    expect(rateOf(ran, 860, 1_600) / best(server, 860, 1_600)).toBeGreaterThan(0.9);
  });

  test('is not misled by resources that cost more than others', () => {
    const server: VirtualServer = { capacity: { concurrent: 60, ms: 40 }, jitter: 0.2, kinds: [1, 3, 0.5, 8] };
    const { limits } = run(server, createLimiter('auto', MOST), 2_000);
    // Not to go down for long where an answer takes eight times as long for its own sake.
    expect(limits.slice(300).filter((limit) => limit < 32).length / 1_700).toBeLessThan(0.1);
  });

  test('lets a server be that becomes slower for another reason', () => {
    const server: VirtualServer = {
      capacity: { concurrent: 1_000, ms: 50 },
      slowsDown: [{ afterRequests: 2_000, by: 10 }],
    };
    const { limits } = run(server, createLimiter('auto', MOST), 6_000);
    expect(limits[1_999]).toBe(MOST);
    // It is tried once whether fewer would do; then it is as many as before, but for a look down now and then.
    expect(Math.min(...limits.slice(2_300))).toBeGreaterThan(MOST / 2);
    expect(limits.slice(2_300).filter((limit) => limit === MOST).length / 3_700).toBeGreaterThan(0.8);
  });

  // What a kind usually takes is a guess at first: answers may seem slow all the way up. One of the 384 gets 0.898.
  test('climbs within 200 requests of a rise, whatever resources cost', () => {
    const rises = [6, 20].flatMap((from) =>
      [0, 0.05].flatMap((drag) =>
        [0.1, 0.3].flatMap((jitter) =>
          [1, 2, 3, 4, 5, 6, 7, 8].flatMap((seed) =>
            [500, 540, 580, 620, 660, 700].map((at) => {
              const capacity = { concurrent: from, ms: 60, drag, moves: [{ concurrent: 60, afterRequests: at }] };
              const server: VirtualServer = { capacity, kinds: [1, 0.8, 1.3, 1], jitter, seed };
              const [begin, end] = [at + 200, at + 1_450];
              const auto = rateOf(run(server, createLimiter('auto', MOST), end), begin, end);
              return auto / rateOf(run(server, fixed(60), end), begin, end);
            }),
          ),
        ),
      ),
    );
    expect(rises.filter((share) => share < 0.9).length).toBeLessThan(3);
    expect(Math.min(...rises)).toBeGreaterThan(0.85);
  });

  // Of many that are under way the quickest answers come first: they say little of what a kind takes.
  const metAnew = [
    { from: 60, to: 60, at: 560 },
    { from: 20, to: 20, at: 560 },
    { from: 6, to: 60, at: 560 },
    { from: 20, to: 60, at: 560 },
    { from: 10, to: 40, at: 560 },
    { from: 60, to: 6, at: 800 },
    { from: 60, to: 6, at: 860 },
  ].flatMap((move) => [0.1, 0.3].flatMap((jitter) => [1, 2, 3].map((seed) => ({ ...move, jitter, seed }))));
  test.each(metAnew)(
    'is not misled by resources that it meets for the first time: %j',
    ({ from, to, at, jitter, seed }) => {
      const capacity = { concurrent: from, ms: 50, drag: 0.05, moves: [{ concurrent: to, afterRequests: at }] };
      const server: VirtualServer = { capacity, kinds: Array.from({ length: 20 }, () => 1), jitter, seed };
      const [begin, end] = [at + 200, at + 1_400];
      const most = Math.max(...[to, to * 1.3].map((limit) => rateOf(run(server, fixed(limit), end), begin, end)));
      expect(rateOf(run(server, createLimiter('auto', MOST), end), begin, end) / most).toBeGreaterThan(0.9);
    },
  );

  test.each(
    [3, 10].flatMap((dear) =>
      [2, 20].flatMap((resources) =>
        [0.1, 0.3].flatMap((jitter) => [1, 2, 3, 4].map((seed) => ({ dear, resources, jitter, seed }))),
      ),
    ),
  )('is not misled by new resources that cost far more or less: %j', ({ dear, resources, jitter, seed }) => {
    const kinds = Array.from({ length: resources }, (_, n) => (n % 2 === 0 ? 1 : dear));
    const server: VirtualServer = { capacity: { concurrent: 60, ms: 50, drag: 0.05 }, kinds, jitter, seed };
    const most = rateOf(run(server, fixed(MOST), 2_000), 200, 2_000);
    expect(rateOf(run(server, createLimiter('auto', MOST), 2_000), 200, 2_000) / most).toBeGreaterThan(0.9);
  });

  // Each time after so many requests half as fast as before.
  test.each([
    { every: 60, times: 4, requests: 4_500, least: 0.92 },
    { every: 100, times: 8, requests: 3_500, least: 0.6 },
  ])(
    'is not cut again and again while a server slows down for another reason: %j',
    ({ every, times, requests, least }) => {
      const server: VirtualServer = {
        capacity: { concurrent: 1_000, ms: 50 },
        slowsDown: Array.from({ length: times }, (_, n) => ({ afterRequests: 2_000 + n * every, by: 2 ** (n + 1) })),
      };
      const { limits } = run(server, createLimiter('auto', MOST), requests);
      const since = limits.slice(2_000);
      expect(since.reduce((sum, limit) => sum + limit, 0) / since.length / MOST).toBeGreaterThan(least);
    },
  );

  // Queues of what was sent before make answers slow for as long as it takes to work them off, and drag makes too many
  // cost something: what is seen at the moment of the drop is neither how it was nor how it will be.
  const drops = [
    [60, 6],
    [40, 10],
    [20, 6],
    [60, 20],
  ].flatMap(([from = 0, to = 0]) =>
    [800, 816, 833, 850, 888].flatMap((at) =>
      [0.05, 0.1].flatMap((drag) => [0, 0.1, 0.3].map((jitter) => ({ from, to, at, drag, jitter }))),
    ),
  );
  test.each(drops)('comes down within 200 requests of a drop: %j', ({ from, to, at, drag, jitter }) => {
    const capacity = { concurrent: from, ms: 40, drag, moves: [{ concurrent: to, afterRequests: at }] };
    const ran = run({ capacity, jitter }, createLimiter('auto', MOST), at + 1_000);
    const after = { capacity: { concurrent: to, ms: 40, drag }, jitter };
    const most = best(after, 200, 1_000);
    expect(rateOf(ran, at + 200, at + 1_000) / most).toBeGreaterThan(0.9);
    // Neither does it stay too far up, nor does it fall too far down for it.
    const settled = ran.limits.slice(at + 200);
    const mean = settled.reduce((sum, limit) => sum + limit, 0) / settled.length;
    expect(mean / to).toBeGreaterThan(1);
    expect(mean / to).toBeLessThan(2.5);
    expect(Math.min(...settled) / to).toBeGreaterThan(0.6);
  });

  // A queue that is still building up looks like throughput: the decrease that was due must not be taken back for it.
  test.each([800, 804, 808, 841, 845, 850])('is not misled by a queue that builds up after a drop at %d', (at) => {
    const capacity = { concurrent: 40, ms: 40, drag: 0.2, moves: [{ concurrent: 10, afterRequests: at }] };
    const ran = run({ capacity }, createLimiter('auto', MOST), at + 1_000);
    const most = best({ capacity: { concurrent: 10, ms: 40, drag: 0.2 } }, 200, 1_000);
    expect(rateOf(ran, at + 200, at + 1_000) / most).toBeGreaterThan(0.9);
  });

  test('keeps its distance from a server that refuses what is too much', () => {
    const server: VirtualServer = { capacity: { concurrent: 20, ms: 50, refusal: { beyond: 1.5 } }, jitter: 0.2 };
    const ran = run(server, createLimiter('auto', MOST), 1_400);
    expect(rateOf(ran, 200, 1_400) / best(server, 200, 1_400)).toBeGreaterThan(0.9);
    expect(ran.refused / 1_400).toBeLessThan(0.1);
  });

  test('goes down by a factor at 429, 503 and time-outs, once for what was under way together, and never stops', () => {
    const limiter = createLimiter('auto', MOST, 40);
    for (let n = 1; n <= 40; n++) limiter.heard({ begun: n, ms: 50, active: 40, kind: 'a', how: 'pushed-back' });
    expect(limiter.limit).toBe(28);
    for (let n = 100; n < 10_000; n += 100) {
      limiter.heard({ begun: n, ms: 50, active: limiter.limit, kind: 'a', how: 'pushed-back' });
    }
    expect(limiter.limit).toBe(1);
    for (let n = 10_000; n < 10_500; n++) {
      limiter.heard({ begun: n, ms: 50, active: limiter.limit, kind: 'a', how: 'answered' });
    }
    expect(limiter.limit).toBeGreaterThan(20);
  });

  test('does not ask for more than there is to send', () => {
    const limiter = createLimiter('auto', MOST);
    for (let n = 1; n < 1_000; n++) {
      limiter.heard({ begun: n, ms: 50, active: Math.min(5, limiter.limit), kind: 'a', how: 'answered' });
    }
    expect(limiter.limit).toBeLessThan(10);
  });

  test('begins with what was best before, and finds out when that is too much by now', () => {
    const first = createLimiter('auto', MOST);
    run({ capacity: { concurrent: 20, ms: 50 } }, first, 1_000);
    const optimum = first.optimum ?? 0;
    expect(optimum).toBeGreaterThanOrEqual(19);
    expect(optimum).toBeLessThan(40);
    const server: VirtualServer = { capacity: { concurrent: 20, ms: 50, drag: 0.1 }, jitter: 0.2 };
    const next = createLimiter('auto', MOST, optimum);
    expect(next.limit).toBe(optimum);
    expect(rateOf(run(server, next, 1_000), 1, 1_000) / best(server, 1, 1_000)).toBeGreaterThan(0.9);
    // The server has become a small one since.
    const small = createLimiter('auto', MOST, 60);
    const { limits } = run({ capacity: { concurrent: 6, ms: 50 } }, small, 800);
    expect(Math.max(...limits.slice(300))).toBeLessThan(30);
    // What the steward allows goes before what was remembered, and what nothing is known of is not remembered.
    expect(createLimiter('auto', 10, 60).limit).toBe(10);
    expect(createLimiter('auto', MOST).optimum).toBeUndefined();
  });

  test('an hour that the computer slept is not taken for latency', () => {
    const limiter = createLimiter('auto', MOST);
    let now = 0;
    for (let n = 0; n < 1_000; n++) {
      now += 1;
      limiter.heard({ begun: now, ms: 50, active: limiter.limit, kind: 'a', how: 'answered' });
    }
    const before = limiter.limit;
    const woke = now + 3_600_000;
    limiter.stoodStill(woke);
    // Those that were under way are answered, or given up, when it wakes.
    for (let n = 0; n < before; n++) {
      const how = n % 2 === 0 ? 'answered' : 'pushed-back';
      limiter.heard({ begun: now + n / 100, ms: 3_600_000, active: before, kind: 'a', how });
    }
    expect(limiter.limit).toBe(before);
    for (let n = 1; n < 500; n++) {
      limiter.heard({ begun: woke + n, ms: 50, active: limiter.limit, kind: 'a', how: 'answered' });
    }
    expect(limiter.limit).toBeGreaterThanOrEqual(before * 0.7);
  });
});

test('the rate is of the last seconds, and nothing while there is nothing to tell', () => {
  const rate = createRate(1_000);
  expect(rate.update(0, 1_000)).toBe(0);
  expect(rate.update(100, 2_000)).toBe(100);
  for (let second = 3; second <= 20; second++) rate.update(100, second * 1_000);
  expect(rate.update(100, 21_000)).toBe(0);
});

test('an account that does not add up is a fault', () => {
  const accounts = createAccounts();
  accounts.read('ed-fi/students');
  expect(() => accounts.check()).toThrow(/does not add up/);
  accounts.add('ed-fi/students', 'failed');
  accounts.check();
  accounts.remove('ed-fi/students', 'failed');
  accounts.add('ed-fi/students', 'created');
  accounts.check();
  accounts.read('ed-fi/staffs');
  accounts.add('ed-fi/staffs', 'held');
  expect(accounts.total()).toMatchObject({ read: 2, created: 1, held: 1, failed: 0 });
  accounts.add('ed-fi/staffs', 'skipped');
  expect(() => accounts.check()).toThrow(/staffs/);
});
