import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CommandInput, SyncResult } from '../../core/contract/schemas.ts';
import { Failure } from '../../core/errors/failure.ts';
import { type Batches, type BatchState, createBatches } from '../../electron/main/batches.ts';
import { createWakefulness, type Reach, watchReach } from '../../electron/main/power.ts';
import { fake, powerMonitor } from './fake-electron.ts';

vi.mock('electron', () => import('./fake-electron.ts'));

const zero = {
  read: 0,
  created: 0,
  updated: 0,
  deleted: 0,
  unchanged: 0,
  rejected: 0,
  held: 0,
  failed: 0,
  skipped: 0,
};
const done: SyncResult = {
  state: 'done',
  account: zero,
  resources: {},
  requests: { POST: 0, PUT: 0, DELETE: 0, GET: 0, token: 0, retries: 0 },
  problems: [],
  notices: [],
  left: 0,
  stopped: null,
  seconds: 0,
};
const unreachable: SyncResult = {
  ...done,
  state: 'stopped',
  stopped: { code: 'api-unreachable', sentence: 'The API does not answer.' },
};

let reach: Reach;
let batches: Batches;
let calls: { name: string; input: unknown }[];
/** What the engine does of a batch; the next first. */
let runs: (() => Promise<SyncResult>)[];
let url: string;
let changes: string[];
let states: BatchState[];
/** What a command other than a batch answers; the empty object where nothing is said. */
let others: Record<string, (input: never) => unknown>;

beforeEach(() => {
  vi.useFakeTimers();
  fake.isOnline = true;
  calls = [];
  runs = [];
  changes = [];
  url = 'https://api.example.org/';
  states = [];
  others = { 'connections.show': () => ({ url }) };
  reach = watchReach();
  reach.listen((change) => void changes.push(change));
  batches = createBatches({
    call: async (name, input) => {
      calls.push({ name, input });
      if (name === 'sync.run') return (await (runs.shift() ?? (async () => done))()) as never;
      return (others[name]?.(input as never) ?? {}) as never;
    },
    reach,
    onChange: (state) => void states.push(state),
  });
});
afterEach(() => {
  reach.close();
  vi.useRealTimers();
});

const input: CommandInput<'sync.run'> = { connection: 'here', source: '/exports' };
const names = (): string[] => calls.map(({ name }) => name).filter((name) => !name.startsWith('schedule.'));
const idle: BatchState = { isBusy: false, isPaused: false };
async function network(isOnline: boolean): Promise<void> {
  fake.isOnline = isOnline;
  await vi.advanceTimersByTimeAsync(5000);
}

test('a batch waits for the network, then goes', async () => {
  await network(false);
  const run = batches.call('sync.run', input);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(names()).toEqual(['connections.show']);
  expect(batches.isBusy()).toBe(true);
  await network(true);
  expect(await run).toEqual(done);
  expect(names()).toEqual(['connections.show', 'sync.run']);
  expect(changes).toEqual(['offline', 'online']);
  expect(calls.filter(({ name }) => name === 'schedule.network').map(({ input: told }) => told)).toEqual([
    { online: false },
    { online: true },
  ]);
});

test.each(['http://127.0.0.1:8000/', 'http://localhost:8000/api', 'http://[::1]:8000/'])(
  'one to this machine (%s) waits for no network',
  async (local) => {
    url = local;
    await network(false);
    expect(await batches.call('sync.run', input)).toEqual(done);
  },
);

test('a plan that sends nothing waits for no network', async () => {
  await network(false);
  await batches.call('sync.run', { ...input, planOnly: true });
  expect(names()).toEqual(['sync.run']);
});

test.each<[string, () => Promise<SyncResult>]>([
  ['ended early', async () => unreachable],
  [
    'failed',
    async () => {
      throw new Failure('api-unreachable', 'The API does not answer.');
    },
  ],
])('one that %s because the network went away goes again when it is back', async (_, trouble) => {
  runs.push(async () => {
    await network(false);
    return trouble();
  });
  const run = batches.call('sync.run', input);
  await vi.advanceTimersByTimeAsync(600_000);
  await network(true);
  expect(await run).toEqual(done);
  expect(names().filter((name) => name === 'sync.run')).toHaveLength(2);
  expect(states).toEqual([{ isBusy: true, isPaused: false }, idle]);
});

test('one during which the machine slept goes again', async () => {
  runs.push(async () => {
    powerMonitor.emit('suspend');
    powerMonitor.emit('resume');
    return unreachable;
  });
  expect(await batches.call('sync.run', input)).toEqual(done);
  expect(changes).toEqual(['offline', 'online', 'awake']);
  expect(calls.map(({ name }) => name)).toContain('schedule.awake');
});

test('an API that is away by itself is told of, and not asked again', async () => {
  runs.push(async () => unreachable);
  expect(await batches.call('sync.run', input)).toEqual(unreachable);
  expect(names()).toEqual(['sync.run']);
});

test('stopping ends one that waits for the network', async () => {
  await network(false);
  const run = batches.call('sync.run', input);
  run.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(1000);
  await batches.call('sync.stop', {});
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  expect(batches.isBusy()).toBe(false);
  expect(states.at(-1)).toEqual(idle);
});

test('a second one is refused while one runs or waits', async () => {
  await network(false);
  const run = batches.call('sync.run', input);
  await expect(batches.call('sync.run', input)).rejects.toMatchObject({ code: 'ledger-in-use' });
  await expect(batches.call('retry.run', { connection: 'here', what: { kind: 'failed' } })).rejects.toMatchObject({
    code: 'ledger-in-use',
  });
  await network(true);
  await run;
});

test('what the schedule began is known by its events, and a pause too', () => {
  const batch = { type: 'batch', connection: 'here', by: 'schedule', kind: 'send' } as const;
  for (const what of ['started', 'paused', 'resumed', 'ended'] as const) batches.hear({ ...batch, what });
  expect(states).toEqual([
    { isBusy: true, isPaused: false },
    { isBusy: true, isPaused: true },
    { isBusy: true, isPaused: false },
    idle,
  ]);
});

test('what the schedule had begun goes on after the engine died; it is told of the network again', async () => {
  await network(false);
  calls.length = 0;
  batches.hear({ type: 'batch', connection: 'here', by: 'schedule', kind: 'send', what: 'started' });
  batches.engineStarted();
  expect(calls[0]).toEqual({ name: 'schedule.network', input: { online: false } });
  await network(true);
  expect(calls.at(-1)).toEqual({ name: 'sync.run', input: { connection: 'here' } });
  expect(batches.state()).toEqual(idle);
});

test('what the steward had begun is not begun twice', async () => {
  batches.hear({ type: 'batch', connection: 'here', by: 'steward', kind: 'send', what: 'started' });
  batches.engineStarted();
  await vi.advanceTimersByTimeAsync(10);
  expect(names()).toEqual([]);
  expect(batches.state()).toEqual(idle);
});

test('sending all sends each connection that has an export, whatever comes of the others', async () => {
  others['connections.list'] = () => [{ name: 'a' }, { name: 'none' }, { name: 'b' }];
  others['sources.show'] = ({ connection }: { connection: string }) => ({ path: connection === 'none' ? null : '/x' });
  runs.push(async () => {
    throw new Failure('credentials-refused', 'The key is refused.');
  });
  expect(await batches.sendAll()).toBe(2);
  expect(calls.filter(({ name }) => name === 'sync.run').map(({ input: given }) => given)).toEqual([
    { connection: 'a' },
    { connection: 'b' },
  ]);
});

test('stopping one of them ends it all', async () => {
  others['connections.list'] = () => [{ name: 'a' }, { name: 'b' }];
  others['sources.show'] = () => ({ path: '/x' });
  runs.push(async () => {
    throw new Failure('cancelled', 'Stopped, as asked.');
  });
  await batches.sendAll();
  expect(names().filter((name) => name === 'sync.run')).toHaveLength(1);
});

test('a batch keeps the machine awake, and lets it sleep again', () => {
  const stayAwake = createWakefulness();
  stayAwake(true);
  stayAwake(true);
  expect(fake.blockers.size).toBe(1);
  stayAwake(false);
  stayAwake(false);
  expect(fake.blockers.size).toBe(0);
});
