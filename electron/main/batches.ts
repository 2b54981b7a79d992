/**
 * Batches on a machine that sleeps, loses its network and has an engine that may die: one waits for the network, goes again
 * when it came back, and is run again after a new start of the engine. Nothing is sent twice: each run plans anew from the
 * ledger.
 */
import type { CommandInput, CommandName, CommandOutput, EngineEvent } from '../../core/contract/schemas.ts';
import { Failure, isFailure } from '../../core/errors/failure.ts';
import type { EngineCall } from '../ipc.ts';
import { isEngineStopped } from './engine.ts';
import type { Reach } from './power.ts';

/** The commands that send. */
export const sendingCommands = ['sync.run', 'retry.run'] as const satisfies readonly CommandName[];
type SendingCommand = (typeof sendingCommands)[number];

export interface BatchState {
  /** One runs, or waits for the network. */
  readonly isBusy: boolean;
  readonly isPaused: boolean;
}

export interface Batches {
  readonly call: EngineCall;
  state(): BatchState;
  isBusy(): boolean;
  /** Takes each event of the engine: batches that the schedule began are known by them alone. */
  hear(event: EngineEvent): void;
  /** To be told of each start of an engine: it does not know the network yet, and what the last one had begun is lost. */
  engineStarted(): void;
  /** Sends each connection that has an export of its own, one after the other. @returns how many have one */
  sendAll(): Promise<number>;
  close(): void;
}

export interface BatchesOptions {
  readonly call: <N extends CommandName>(command: N, input: CommandInput<N>) => Promise<CommandOutput<N>>;
  readonly reach: Pick<Reach, 'isOnline' | 'interruptions' | 'untilOnline' | 'listen'>;
  readonly onChange: (state: BatchState) => void;
}

/** An engine that dies of the same batch this often would go on doing so. */
const RESTARTS = 3;

const isLocal = (address: string): boolean => {
  const host = URL.parse(address)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
};

const isSending = (command: CommandName): command is SendingCommand =>
  (sendingCommands as readonly CommandName[]).includes(command);

/** @returns the engine's commands, those that send being looked after */
export function createBatches({ call, reach, onChange }: BatchesOptions): Batches {
  /** The one that a call of ours is about. */
  let running: AbortController | undefined;
  /** The one that the engine works on. */
  let active: { readonly connection: string; readonly by: 'steward' | 'schedule' } | undefined;
  let isPaused = false;
  let last: BatchState = { isBusy: false, isPaused: false };

  const state = (): BatchState => ({ isBusy: running !== undefined || active !== undefined, isPaused });
  const changed = (): void => {
    const now = state();
    if (now.isBusy === last.isBusy && now.isPaused === last.isPaused) return;
    last = now;
    onChange(now);
  };
  /** What a host owes the engine in passing: that it cannot be told now is told by the calls that matter. */
  const tell = <N extends CommandName>(command: N, input: CommandInput<N>): void => {
    call(command, input).catch(() => undefined);
  };
  const stopListening = reach.listen((change) => {
    switch (change) {
      case 'online':
        return tell('schedule.network', { online: true });
      case 'offline':
        return tell('schedule.network', { online: false });
      case 'awake':
        return tell('schedule.awake', {});
    }
  });

  const stopped = (): Failure => new Failure('cancelled', 'Stopped, as asked, before anything was sent.');

  const waitForNetwork = async (connection: string, signal: AbortSignal): Promise<void> => {
    if (reach.isOnline()) return;
    const { url } = await call('connections.show', { name: connection });
    if (!isLocal(url)) await reach.untilOnline(signal);
  };

  const run = async <N extends SendingCommand>(
    command: N,
    input: CommandInput<N>,
    signal: AbortSignal,
  ): Promise<CommandOutput<N>> => {
    let restarts = 0;
    for (;;) {
      if (input.planOnly !== true) await waitForNetwork(input.connection, signal);
      if (signal.aborted) throw stopped();
      const before = reach.interruptions();
      const wasAway = (): boolean => !signal.aborted && reach.interruptions() !== before && input.planOnly !== true;
      try {
        const result = await call(command, input);
        if (result.stopped?.code === 'api-unreachable' && wasAway()) continue;
        return result;
      } catch (thrown) {
        if (isFailure(thrown) && thrown.code === 'api-unreachable' && wasAway()) continue;
        // What a retry chose is known by numbers that are good for one batch only: the steward chooses again.
        const isAgain = command === 'sync.run' && isEngineStopped(thrown) && restarts < RESTARTS && !signal.aborted;
        if (!isAgain) throw thrown;
        restarts += 1;
      }
    }
  };

  const send = async <N extends SendingCommand>(command: N, input: CommandInput<N>): Promise<CommandOutput<N>> => {
    if (running !== undefined) {
      throw new Failure('ledger-in-use', 'A batch is running already. Wait for it, or stop it first.');
    }
    const controller = new AbortController();
    running = controller;
    changed();
    try {
      return await run(command, input, controller.signal);
    } finally {
      running = undefined;
      changed();
    }
  };

  const callEngine: EngineCall = async (command, input) => {
    if (isSending(command)) return send(command, input as CommandInput<typeof command>) as never;
    if (command === 'sync.stop') running?.abort(stopped());
    return call(command, input as CommandInput<typeof command>);
  };

  return {
    call: callEngine,
    state,
    isBusy: () => state().isBusy,
    hear(event) {
      if (event.type !== 'batch') return;
      switch (event.what) {
        case 'started':
          active = { connection: event.connection, by: event.by };
          isPaused = false;
          break;
        case 'paused':
        case 'resumed':
          isPaused = event.what === 'paused';
          break;
        case 'ended':
          active = undefined;
          isPaused = false;
      }
      changed();
    },
    engineStarted() {
      const lost = active;
      active = undefined;
      isPaused = false;
      if (!reach.isOnline()) tell('schedule.network', { online: false });
      // The steward's own is run again by the call that waits for it.
      if (lost?.by === 'schedule' && running === undefined) {
        send('sync.run', { connection: lost.connection }).catch(() => undefined);
      }
      changed();
    },
    async sendAll() {
      let sources = 0;
      for (const { name } of await call('connections.list', {})) {
        const { path } = await call('sources.show', { connection: name });
        if (path === null) continue;
        sources += 1;
        try {
          await send('sync.run', { connection: name });
        } catch (thrown) {
          // What is wrong with one connection is told where it is shown, and keeps no other from being sent.
          if (isFailure(thrown) && (thrown.code === 'cancelled' || thrown.code === 'ledger-in-use')) break;
        }
      }
      return sources;
    },
    close: stopListening,
  };
}
