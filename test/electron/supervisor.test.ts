import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { EngineState } from '../../core/contract/host.ts';
import type { EngineEvent } from '../../core/contract/schemas.ts';
import { type EngineHost, startEngine } from '../../core/engine-host.ts';
import { Failure } from '../../core/errors/failure.ts';
import { startSandboxInWorker } from '../../core/sandbox/worker.ts';
import { createBatches } from '../../electron/main/batches.ts';
import { isEngineStopped, type Supervisor, superviseEngine } from '../../electron/main/engine.ts';

const backOff = { first: 10, most: 50 };
const online = {
  isOnline: () => true,
  interruptions: () => 0,
  untilOnline: async () => undefined,
  listen: () => () => undefined,
};

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-supervisor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Watched {
  readonly supervisor: Supervisor;
  readonly states: EngineState['state'][];
  readonly events: EngineEvent[];
  /** Every engine that was started, in its turn. */
  readonly hosts: EngineHost[];
}

/** A real engine in a real worker. */
function supervise(secret: string | undefined = undefined): Watched {
  const folder = newFolder();
  const states: EngineState['state'][] = [];
  const events: EngineEvent[] = [];
  const hosts: EngineHost[] = [];
  const supervisor = superviseEngine({
    start: async (emit) => {
      const host = await startEngine({ folder, secrets: 'none', secret }, emit);
      hosts.push(host);
      return host;
    },
    onEvent: (event) => void events.push(event),
    onState: ({ state }) => void states.push(state),
    backOff,
  });
  onTestFinished(() => supervisor.close());
  return { supervisor, states, events, hosts };
}

test('calls wait for the engine, and a killed one is started again on the same ledger', async () => {
  const { supervisor, states, hosts } = supervise();
  expect(supervisor.state()).toEqual({ state: 'starting' });
  expect(await supervisor.call('connections.list', {})).toEqual([]);
  await hosts[0]?.kill();
  expect(await supervisor.call('connections.list', {})).toEqual([]);
  await supervisor.restart();
  expect(await supervisor.call('connections.list', {})).toEqual([]);
  expect(hosts).toHaveLength(3);
  expect(states).toEqual(['running', 'restarting', 'running', 'restarting', 'running']);
});

test('a call that a dead engine owes is answered with a sentence', async () => {
  const { supervisor, hosts } = supervise();
  // An API that takes a call and never answers it.
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const owed = supervisor.call('connections.discover', { url: `http://127.0.0.1:${port}/` });
  owed.catch(() => undefined);
  await once(silent, 'connection');
  await hosts[0]?.kill();
  await expect(owed).rejects.toMatchObject({ code: 'internal', details: { engineStopped: true } });
  await expect(owed).rejects.toThrow(/try again in a moment\.$/);
  expect(await supervisor.call('connections.list', {})).toEqual([]);
});

test('an engine that dies in mid-batch comes back, and the batch goes on to its end', {
  timeout: 180_000,
}, async () => {
  const api = await startSandboxInWorker({ control: true });
  onTestFinished(() => api.close());
  const { supervisor, states, events, hosts } = supervise(api.secret);
  const onChange = vi.fn();
  const batches = createBatches({ call: supervisor.call, reach: online, onChange });
  await batches.call('connections.add', {
    name: 'here',
    url: api.url,
    key: api.key,
    studentId: 'identifier',
    test: false,
  });
  const source = new URL('../../assets/district/day1', import.meta.url).pathname;
  const run = batches.call('sync.run', { connection: 'here', source, approve: true });
  await vi.waitUntil(
    () => events.some((event) => event.type === 'progress' && event.phase === 'sending' && event.done > 500),
    {
      timeout: 90_000,
      interval: 5,
    },
  );
  expect(batches.isBusy()).toBe(true);
  await hosts[0]?.kill();
  const result = await run;
  expect(result.state).toBe('done');
  expect(states).toEqual(['running', 'restarting', 'running']);
  expect(hosts).toHaveLength(2);
  // What was confirmed before is not sent again: the second run made fewer records than there are, and none a second time.
  expect(result.account.unchanged).toBeGreaterThan(400);
  const writes = await api.writes();
  expect(writes.length).toBeGreaterThan(6000);
  expect(writes.filter(({ created }) => created !== 1)).toEqual([]);
  // Sent, and not heard of when the engine died: no more than were on their way at once.
  expect(writes.filter(({ updated }) => updated > 0).length).toBeLessThanOrEqual(64);
  expect(onChange.mock.calls).toEqual([[{ isBusy: true, isPaused: false }], [{ isBusy: false, isPaused: false }]]);
  expect(batches.isBusy()).toBe(false);
});

test('a batch of which the engine dies each time is given up', async () => {
  let calls = 0;
  const batches = createBatches({
    call: async () => {
      calls += 1;
      throw new Failure('internal', 'The engine stopped.', { engineStopped: true });
    },
    reach: online,
    onChange: () => undefined,
  });
  await expect(batches.call('sync.run', { connection: 'here', source: '/x' })).rejects.toSatisfy(isEngineStopped);
  expect(calls).toBe(4);
  await expect(batches.call('retry.run', { connection: 'here', what: { kind: 'failed' } })).rejects.toSatisfy(
    isEngineStopped,
  );
  expect(calls).toBe(5);
});

test('an engine that cannot start says why at once, and is tried again', async () => {
  const folder = newFolder();
  const first = await startEngine({ folder, secrets: 'none', secret: undefined }, () => undefined);
  const states: EngineState[] = [];
  const supervisor = superviseEngine({
    start: (emit) => startEngine({ folder, secrets: 'none', secret: undefined }, emit),
    onEvent: () => undefined,
    onState: (state) => void states.push(state),
    backOff,
  });
  onTestFinished(() => supervisor.close());
  await expect(supervisor.call('connections.list', {})).rejects.toMatchObject({ code: 'ledger-in-use' });
  expect(states[0]).toMatchObject({ state: 'failed', code: 'ledger-in-use' });
  await first.close();
  await expect.poll(() => supervisor.state().state).toBe('running');
  expect(await supervisor.call('connections.list', {})).toEqual([]);
});

test('a ledger without its key is said in words for who has no command line', async () => {
  const folder = newFolder();
  const first = await startEngine({ folder, secrets: 'none', secret: undefined }, () => undefined);
  await first.close();
  rmSync(path.join(folder, 'ledger.key'));
  const supervisor = superviseEngine({
    start: (emit) => startEngine({ folder, secrets: 'none', secret: undefined }, emit),
    onEvent: () => undefined,
    onState: () => undefined,
    backOff,
  });
  onTestFinished(() => supervisor.close());
  const refused = await supervisor.call('connections.list', {}).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({
    code: 'ledger-damaged',
    message: expect.stringMatching(/key .* is missing.*ROLLBOOK_DATA/),
  });
  expect(refused).not.toMatchObject({ message: expect.stringContaining('--') });
  expect(supervisor.state()).toMatchObject({ state: 'failed', sentence: (refused as Failure).message });
});

test('closing ends the engine for good, at whatever moment', async () => {
  const starting = supervise();
  const early = starting.supervisor.call('connections.list', {});
  early.catch(() => undefined);
  await starting.supervisor.close();
  await expect(early).rejects.toMatchObject({ code: 'cancelled' });
  const { supervisor, hosts } = supervise();
  await supervisor.call('connections.list', {});
  await supervisor.close();
  await hosts[0]?.ended;
  await wait(100);
  expect(hosts).toHaveLength(1);
  await expect(supervisor.call('connections.list', {})).rejects.toMatchObject({ code: 'cancelled' });
});
