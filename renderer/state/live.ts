/**
 * What is under way at this moment, from the engine's events: the progress of a batch, the steps of a connection test.
 * `say` speaks in the page's live region.
 */
import { create } from 'zustand';
import type { EventOf } from '../../core/contract/bridge.ts';
import type { HostState } from '../../core/contract/host.ts';
import type { PlanView, TestStep } from '../../core/contract/schemas.ts';
import { ask, listen } from '../client/client.ts';
import { invalidate } from '../client/query.ts';
import { batch as batchTouches, ledger } from '../client/touches.ts';

export interface LiveState {
  /** The newest progress; undefined while nothing runs. */
  readonly progress: EventOf<'progress'> | undefined;
  /** The batch, or the reading back (audit, adopt), that runs; undefined while none does. One runs at a time. */
  readonly batch: (Pick<EventOf<'batch'>, 'connection' | 'by' | 'kind'> & { readonly isPaused: boolean }) | undefined;
  /** The plan of the batch that runs. */
  readonly plan: PlanView | undefined;
  /** Of the test that runs, or ran last. */
  readonly steps: readonly TestStep[];
  readonly stepsTotal: number;
  readonly host: HostState | undefined;
  readonly spoken: string;
}

export const useLive = create<LiveState>(() => ({
  progress: undefined,
  batch: undefined,
  plan: undefined,
  steps: [],
  stepsTotal: 0,
  host: undefined,
  spoken: '',
}));

/** Says a sentence to whoever listens to a screen reader, when it has nothing else to say. */
export const say = (sentence: string): void => useLive.setState({ spoken: sentence });

/** A test begins: the steps of the one before go. */
export const clearSteps = (): void => useLive.setState({ steps: [], stepsTotal: 0 });

/** What was under way has ended, whatever it brought. */
const clearProgress = (): void => useLive.setState({ progress: undefined, batch: undefined, plan: undefined });

function onBatch({ connection, by, what, kind }: EventOf<'batch'>): void {
  if (what === 'ended') {
    clearProgress();
    // One that began by itself was called by no screen.
    invalidate(batchTouches);
    return;
  }
  useLive.setState({ batch: { connection, by, kind, isPaused: what === 'paused' } });
  // How its connection stands is another thing from now on.
  if (what === 'started') invalidate(['overview']);
}

/** Listens to the host for as long as the page is there. Called once. */
export function startListening(onGo: (place: EventOf<'go'>['place']) => void): void {
  listen('progress', (progress) => useLive.setState({ progress }));
  listen('batch', onBatch);
  listen('schedule', () => invalidate(['schedule', 'overview']));
  listen('plan', ({ plan }) => useLive.setState({ plan }));
  listen('test-step', ({ step, total }) =>
    useLive.setState(({ steps }) => ({ steps: [...steps, step], stepsTotal: total })),
  );
  listen('host-state', ({ state }) => {
    const before = useLive.getState().host;
    useLive.setState({ host: state });
    const isBack = state.engine.state === 'running' && before?.engine.state !== 'running';
    // Whatever was under way when it died has ended.
    if (isBack) {
      clearProgress();
      invalidate(ledger);
    }
  });
  listen('go', ({ place }) => onGo(place));
  ask('sync.state', {}).then(
    (batch) => {
      if (batch === null) return;
      const { connection, by, kind, paused, progress } = batch;
      onBatch({ type: 'batch', what: paused ? 'paused' : 'started', connection, by, kind });
      if (progress !== null) useLive.setState({ progress });
    },
    () => undefined,
  );
  ask('host.state', {}).then(
    // What was told meanwhile is newer than the answer.
    (host) => useLive.setState((now) => ({ host: now.host ?? host })),
    // The screens say so themselves when they ask.
    () => undefined,
  );
}
