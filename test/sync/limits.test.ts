/** How many requests go to the API at once, seen from the API: never more than allowed, and none where it asks for quiet. */
import { describe, expect, test } from 'vitest';
import type { FaultRule } from '../../core/sandbox/faults/plan.ts';
import { direct } from './direct.ts';
import { startProxy } from './proxy.ts';
import { district, expectAccount, practice } from './workbench.ts';

const slow: FaultRule = { when: { methods: ['POST'] }, fault: { kind: 'capacity', concurrent: 8, ms: 15 } };

async function behindProxy() {
  const api = await practice({ control: true });
  const proxy = await startProxy(api);
  return { api, proxy, ...direct(proxy, { attempts: 4 }) };
}

describe('sockets', () => {
  test.each([1, 3, 8])('%i connections, as they were set, are never one more', async (concurrency) => {
    const { proxy, sync } = await behindProxy();
    const result = await sync(await district(), { concurrency });
    expect(result).toMatchObject({ state: 'done', left: 0 });
    expect(proxy.sockets.most).toBe(concurrency);
  });

  test('not where every twentieth answer is refused and tokens end in mid-batch, either', async () => {
    const { api, proxy, sync } = await behindProxy();
    api.faults.set({
      seed: 2,
      rules: [
        { when: { methods: ['POST'], share: 0.05 }, fault: { kind: 'status', status: 503 } },
        { when: { methods: ['POST'], after: 200 }, fault: { kind: 'revoke' } },
      ],
    });
    const result = await sync(await district(), { concurrency: 4 });
    expect(result).toMatchObject({ state: 'done', left: 0 });
    expect(result.requests.token).toBe(2);
    expect(proxy.sockets.most).toBe(4);
  });

  test('auto stays within what is allowed, and is remembered for the next batch', async () => {
    const { api, proxy, sync, ledger, connectionId } = await behindProxy();
    api.faults.set({ seed: 1, rules: [slow] });
    const first = await sync(await district({ students: 40 }), { concurrency: 'auto', maxConnections: 12 });
    expect(first).toMatchObject({ state: 'done', left: 0 });
    expect(proxy.sockets.most).toBeLessThanOrEqual(12);
    // It began with few.
    expect(Math.max(...proxy.active.slice(0, 4))).toBeLessThanOrEqual(2);
    const optimum = Number(ledger.cached(connectionId, 'concurrency')?.text);
    expect(optimum).toBeGreaterThanOrEqual(4);
    expect(optimum).toBeLessThanOrEqual(12);
    ledger.cache(connectionId, 'concurrency', '1', '9', 1);
    const before = proxy.active.length;
    // Another district: everything of it is new.
    await sync(await district({ seed: 8 }), { concurrency: 'auto', maxConnections: 12, vanished: 'keep' });
    expect(Math.max(...proxy.active.slice(before, before + 12))).toBeGreaterThanOrEqual(6);
    expect(Math.max(...proxy.active.slice(before, before + 12))).toBeLessThanOrEqual(9);
  });
});

describe('an API that asks to be left alone', () => {
  test('for hours: the batch ends at once and says how long, and nothing has failed', async () => {
    const { api, sync, ledger, connectionId, proxy } = await behindProxy();
    api.faults.set({
      seed: 1,
      rules: [
        {
          when: { methods: ['POST'], after: 100 },
          fault: { kind: 'status', status: 429, retryAfter: { as: 'seconds', seconds: 7_200 } },
        },
      ],
    });
    const source = await district();
    const first = await sync(source, { patienceMs: 600_000 });
    expectAccount(first);
    expect(first).toMatchObject({ state: 'stopped', stopped: { code: 'api-unreachable' } });
    expect(first.stopped?.sentence).toContain('120 minutes');
    expect(first.account).toMatchObject({ created: 100, failed: 0, held: 0 });
    // Those that were under way when it said so, and no one after them.
    expect(proxy.writes.length).toBeLessThanOrEqual(108);
    expect(ledger.problems.groups(connectionId)).toEqual([]);
    api.faults.clear();
    const second = await sync(source);
    expect(second.account).toMatchObject({ created: first.left, failed: 0 });
  });

  test.each([429, 503] as const)(
    'for two seconds (%i): the batch goes on by itself, and asks with one request',
    async (status) => {
      const { api, sync, proxy } = await behindProxy();
      api.faults.set({
        seed: 1,
        rules: [
          {
            when: { methods: ['POST'], after: 100, times: 1 },
            fault: { kind: 'status', status, windowSeconds: 1.5, retryAfter: { as: 'seconds', seconds: 1 } },
          },
        ],
      });
      const result = await sync(await district(), { concurrency: 8 });
      expectAccount(result);
      expect(result).toMatchObject({ state: 'done', left: 0 });
      expect(result.account).toMatchObject({ failed: 0, held: 0 });
      // Those under way when it began, and the one that asked after the first second, when it was not over.
      expect(proxy.writes.length - result.account.created).toBeLessThanOrEqual(9);
    },
  );
});
