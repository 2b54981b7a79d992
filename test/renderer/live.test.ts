/** What the screens show of a batch is the engine's: what it refuses meanwhile changes nothing of it. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { AnyEvent, AnyEventType } from '../../core/contract/bridge.ts';
import type { PlanView } from '../../core/contract/schemas.ts';

const refused = { error: { code: 'ledger-in-use', sentence: 'A batch is running already.', details: {} } };

let answers: Record<string, unknown>;
let tell: (event: AnyEvent) => void;

/** The page's own state, with an engine that answers as `answers` has it. */
async function load() {
  const listeners = new Map<string, ((event: AnyEvent) => void)[]>();
  tell = (event) => {
    for (const listener of listeners.get(event.type) ?? []) listener(event);
  };
  vi.stubGlobal('window', {
    rollbook: {
      commands: new Proxy({}, { get: (_, name: string) => async () => answers[name] ?? { ok: null } }),
      on: new Proxy(
        {},
        {
          get: (_, type: AnyEventType) => (listener: (event: AnyEvent) => void) => {
            listeners.set(type, [...(listeners.get(type) ?? []), listener]);
            return () => undefined;
          },
        },
      ),
    },
  });
  vi.resetModules();
  const { startListening, useLive } = await import('../../renderer/state/live.ts');
  const { runBatch, startListeningToBatches, useBatch } = await import('../../renderer/state/batch.ts');
  const { compare } = await import('../../renderer/state/read-back.ts');
  startListening(() => undefined);
  startListeningToBatches();
  await vi.advanceTimersByTimeAsync(0);
  return { live: useLive.getState, batches: useBatch.getState, runBatch, compare };
}

const progress = {
  type: 'progress',
  phase: 'sending',
  done: 10,
  total: 100,
  perSecond: 5,
  connections: 1,
} as const satisfies AnyEvent;

beforeEach(() => {
  vi.useFakeTimers();
  answers = {};
});

/** A batch of north runs: the engine says so from now on. */
function northRuns(): void {
  answers['sync.state'] = {
    ok: { connection: 'north', startedAt: 0, paused: false, by: 'schedule', kind: 'send', progress },
  };
  tell({ type: 'batch', what: 'started', connection: 'north', by: 'schedule', kind: 'send' });
  tell(progress);
}

test.each(['sync.run', 'audit.run'])(
  'what %s is refused because a batch runs leaves that batch shown',
  async (command) => {
    const { live, runBatch, compare } = await load();
    northRuns();
    answers[command] = refused;
    if (command === 'sync.run') await runBatch({ connection: 'south', source: undefined, isPlan: true, retry: false });
    else await compare('south', false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(live().batch?.connection).toBe('north');
    expect(live().progress).toEqual(progress);
  },
);

test('a plan is of the batch that runs, not of one that was refused', async () => {
  const { batches, runBatch } = await load();
  northRuns();
  answers['sync.run'] = refused;
  await runBatch({ connection: 'south', source: undefined, isPlan: true, retry: false });
  tell({ type: 'plan', plan: {} as PlanView });
  expect(Object.keys(batches().plans)).toEqual(['north']);
  expect(batches().endings.south?.error?.code).toBe('ledger-in-use');
});

test('a reading back is shown while it runs, and has ended when the engine says so', async () => {
  const { live, batches, compare } = await load();
  answers['audit.run'] = { ok: { resources: {}, window: { since: null } } };
  const event = {
    type: 'batch',
    connection: 'north',
    by: 'steward',
    kind: 'read-back',
  } as const satisfies Partial<AnyEvent>;
  tell({ ...event, what: 'started' });
  tell({ ...progress, phase: 'reading' });
  expect(live()).toMatchObject({ batch: { connection: 'north', kind: 'read-back' }, progress: { phase: 'reading' } });
  await compare('north', false);
  tell({ ...event, what: 'ended', state: 'done' });
  expect(live()).toMatchObject({ batch: undefined, progress: undefined });
  // It is no batch that leaves an account.
  expect(batches().endings).toEqual({});
});

test('what was under way when the page was loaded is shown again', async () => {
  answers['sync.state'] = {
    ok: { connection: 'north', startedAt: 0, paused: false, by: 'steward', kind: 'read-back', progress },
  };
  const { live } = await load();
  expect(live()).toMatchObject({ batch: { connection: 'north', kind: 'read-back' }, progress });
});
