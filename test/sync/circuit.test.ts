/** An API that goes away in mid-batch: everything waits, one request asks again, and the batch goes on by itself. */
import { describe, expect, test } from 'vitest';
import type { FaultPlan, FaultRule } from '../../core/sandbox/faults/plan.ts';
import { createCircuit } from '../../core/sync/circuit.ts';
import { direct } from './direct.ts';
import { startProxy } from './proxy.ts';
import { district, expectAccount, practice } from './workbench.ts';

describe('a circuit', () => {
  test('lets everything pass while the API answers', () => {
    const circuit = createCircuit(60_000);
    expect([circuit.allows(0, 0), circuit.allows(0, 500), circuit.remaining(0)]).toEqual([true, true, 0]);
    circuit.answered();
    expect(circuit.ended).toBe(0);
  });

  test('stops everything when a request finds nobody, and lets one ask when the wait is over', () => {
    const circuit = createCircuit(60_000);
    expect(circuit.unanswered(100, 0)).toBe(1_000);
    expect([circuit.allows(100, 0), circuit.allows(1_099, 0), circuit.remaining(600)]).toEqual([false, false, 500]);
    expect([circuit.allows(1_100, 0), circuit.allows(1_100, 1), circuit.remaining(1_100)]).toEqual([true, false, 0]);
  });

  test('waits twice as long each time, at most a minute', () => {
    const circuit = createCircuit(3_600_000);
    const waits: number[] = [];
    for (let now = 0; waits.length < 9; now += waits.at(-1) ?? 0) waits.push(circuit.unanswered(now, now) ?? 0);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000));
  });

  test('takes what was under way together for one failure, however late it fails', () => {
    const circuit = createCircuit(60_000);
    expect(circuit.unanswered(100, 0)).toBe(1_000);
    expect(circuit.unanswered(105, 10)).toBe(0);
    expect(circuit.unanswered(9_000, 20)).toBe(0);
    // Only what was asked since then makes the wait longer.
    expect(circuit.allows(9_000, 0)).toBe(true);
    expect(circuit.unanswered(9_010, 9_000)).toBe(2_000);
  });

  test('closes with the first answer, and begins anew with the next outage', () => {
    const circuit = createCircuit(60_000);
    circuit.unanswered(0, 0);
    circuit.unanswered(1_000, 1_000);
    circuit.answered();
    expect([circuit.allows(1_001, 7), circuit.remaining(1_001), circuit.ended]).toEqual([true, 0, 1]);
    expect(circuit.unanswered(50_000, 50_000)).toBe(1_000);
    // The first outage does not count against the patience for this one.
    expect(circuit.unanswered(70_000, 70_000)).toBe(2_000);
  });

  test('asks a last time when its patience is over, and then gives up', () => {
    const circuit = createCircuit(2_500);
    expect(circuit.unanswered(0, 0)).toBe(1_000);
    expect(circuit.unanswered(1_000, 1_000)).toBe(1_500);
    expect(circuit.allows(2_500, 0)).toBe(true);
    expect(circuit.unanswered(2_500, 2_500)).toBeUndefined();
    expect(createCircuit(0).unanswered(5, 0)).toBeUndefined();
  });

  test('waits as long as it is asked to, and not at all where that is too long', () => {
    const circuit = createCircuit(60_000);
    expect(circuit.unanswered(0, 0, 20_000)).toBe(20_000);
    expect(circuit.allows(19_999, 0)).toBe(false);
    expect(createCircuit(60_000).unanswered(0, 0, 7_200_000)).toBeUndefined();
  });

  test('an hour in which the computer slept, or the batch was paused, does not try its patience', () => {
    const HOUR = 3_600_000;
    const circuit = createCircuit(60_000);
    circuit.unanswered(0, 0);
    // It fell asleep while it waited, and the network is not there yet when it wakes.
    circuit.stoodStill(HOUR, HOUR - 500);
    expect([circuit.remaining(HOUR), circuit.unanswered(HOUR + 50, HOUR)]).toEqual([0, 2_000]);
    // It fell asleep while it asked: that tells nothing, and it asks again at once.
    circuit.stoodStill(2 * HOUR, HOUR - 3_000);
    expect(circuit.unanswered(2 * HOUR + 10, HOUR + 2_050)).toBe(0);
    expect([circuit.remaining(2 * HOUR + 10), circuit.unanswered(2 * HOUR + 60, 2 * HOUR + 20)]).toEqual([0, 4_000]);
    // The steward paused the batch before it could ask again.
    expect(circuit.unanswered(3 * HOUR + 10, 3 * HOUR)).toBe(8_000);
    // It is still patient for as long as it said, and no longer.
    expect(circuit.unanswered(3 * HOUR + 60_000, 3 * HOUR + 8_010)).toBeUndefined();
  });
});

const rules = (...all: readonly FaultRule[]): FaultPlan => ({ seed: 3, rules: all });
const awayFor = (seconds: number, how: 'closed' | 'answer', after = 150): FaultPlan =>
  rules({ when: { methods: ['POST'], after }, fault: { kind: 'maintenance', seconds, how } });

async function readyToSend(attempts: number) {
  const api = await practice({ control: true });
  const made = direct(api, { attempts });
  const isNotice = (code: string) => made.events.filter((event) => event.type === 'notice' && event.code === code);
  return { api, ...made, waits: () => isNotice('api-away') };
}

describe('an API that is away in mid-batch', () => {
  test.each(['closed', 'answer'] as const)('for five seconds (%s): the batch waits and goes on', async (how) => {
    const source = await district();
    const { api, sync, waits } = await readyToSend(2);
    api.faults.set(awayFor(5, how));
    const result = await sync(source, { patienceMs: 60_000 });
    expectAccount(result);
    expect(result).toMatchObject({ state: 'done', stopped: null, left: 0 });
    expect(result.account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
    expect(api.faults.counts().maintenance).toBe(1);
    // One notice for each time that it asked in vain, not one for each request that was under way.
    expect(waits().length).toBeGreaterThan(0);
    expect(waits().length).toBeLessThanOrEqual(4);
    expect(api.writes().every(({ created, updated, deleted }) => created + updated === 1 && deleted === 0)).toBe(true);
    const matched = result.account.read - result.account.created - result.account.updated;
    expect(result.account).toMatchObject({ unchanged: 0, skipped: matched });
    expect(api.writes()).toHaveLength(result.account.created);
    // The same again finds everything in its place.
    api.faults.clear();
    const again = await sync(source);
    expect(again.account).toMatchObject({ created: 0, updated: 0, unchanged: result.account.created });
    expect(again.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
  });

  test('for five seconds while it deletes: what was to be deleted is, once', async () => {
    const { api, sync } = await readyToSend(1);
    const small = await district({ students: 20 });
    const first = await sync(small);
    api.faults.set(
      rules({ when: { methods: ['DELETE'], after: 5 }, fault: { kind: 'maintenance', seconds: 1, how: 'closed' } }),
    );
    const next = await sync(await district({ students: 20, day: 2 }), { patienceMs: 60_000 });
    expectAccount(next);
    expect(first.account.created).toBeGreaterThan(0);
    expect(next).toMatchObject({ state: 'done', left: 0 });
    expect(next.account.failed).toBe(0);
    expect(next.account.deleted).toBeGreaterThan(5);
    expect(api.writes().reduce((sum, { deleted }) => sum + deleted, 0)).toBe(next.account.deleted);
  });

  test.each(['closed', 'answer'] as const)(
    'for good (%s): the batch stops, and the next one completes',
    async (how) => {
      const source = await district();
      const { api, sync, waits, ledger, connectionId } = await readyToSend(1);
      api.faults.set(awayFor(600, how));
      const first = await sync(source, { patienceMs: 1_200 });
      expectAccount(first);
      expect(first).toMatchObject({ state: 'stopped', stopped: { code: 'api-unreachable' } });
      expect(first.left).toBeGreaterThan(0);
      expect(first.account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
      expect(waits()).toHaveLength(2);
      // What was not sent is skipped, and counted; the rest are the schools and districts that were only looked for.
      expect(ledger.problems.groups(connectionId)).toEqual([]);
      const { created } = first.account;
      api.faults.clear();
      const second = await sync(source);
      expectAccount(second);
      expect(second).toMatchObject({ state: 'done', left: 0 });
      expect(second.account).toMatchObject({ created: first.left, unchanged: created, failed: 0 });
      expect(first.account.skipped - second.account.skipped).toBe(first.left);
      expect(api.writes().every((item) => item.created === 1)).toBe(true);
    },
  );

  test('stopped by the steward while it waits: it ends at once', async () => {
    const { api, sync, events } = await readyToSend(1);
    api.faults.set(awayFor(600, 'closed'));
    const stop = new AbortController();
    const result = await sync(await district(), {
      signal: stop.signal,
      patienceMs: 60_000,
      emit: (event) => {
        events.push(event);
        if (event.type === 'notice' && event.code === 'api-away') setTimeout(() => stop.abort(), 20);
      },
    });
    expectAccount(result);
    expect(result).toMatchObject({ state: 'stopped', stopped: { code: 'cancelled' } });
    expect(result.left).toBeGreaterThan(0);
    expect(events.filter((event) => event.type === 'notice' && event.code === 'api-away')).toHaveLength(1);
  });

  test('for one record alone: that one fails, and the others do not wait for it for ever', async () => {
    const source = await district();
    const api = await practice();
    const proxy = await startProxy(api);
    let poison: string | undefined;
    proxy.answer = (heard) => {
      if (heard.method !== 'POST' || heard.resource !== 'ed-fi/locations') return undefined;
      const body = JSON.stringify(heard.body);
      poison ??= body;
      return body === poison ? { status: 503 } : undefined;
    };
    const { sync } = direct(proxy);
    const first = await sync(source);
    expectAccount(first);
    expect(first).toMatchObject({ state: 'done', left: 0 });
    expect(first.account.failed).toBe(1);
    expect(first.account.held).toBeGreaterThan(0);
    proxy.answer = () => undefined;
    const second = await sync(source);
    expect(second.account).toMatchObject({ failed: 0, held: 0, created: 1 + first.account.held });
  });
});
