/** Puts the loopback host together: a supervised engine, the practice district, and the server for the screens. */
import { readFileSync } from 'node:fs';
import type { AnyEvent } from '../../core/contract/bridge.ts';
import { createCoalescer } from '../../core/contract/coalesce.ts';
import type { CommandInput, CommandName, CommandOutput } from '../../core/contract/schemas.ts';
import { startEngine, type WorkerData } from '../../core/engine-host.ts';
import { createBatches } from '../main/batches.ts';
import { superviseEngine } from '../main/engine.ts';
import { createPractice, type Practice } from '../practice.ts';
import { createCalls } from './calls.ts';
import { listFolder } from './folders.ts';
import { createLoopbackHost } from './host.ts';
import { createReach } from './network.ts';
import { serve } from './server.ts';

export interface LoopbackAppOptions {
  readonly engine: Omit<WorkerData, 'host'>;
  /** Where vite wrote the renderer. */
  readonly rendererDist: string;
  /** On 127.0.0.1; 0 takes any that is free. */
  readonly port: number;
  /** The steward wants to leave. */
  readonly onQuit: () => void;
}

export interface LoopbackApp {
  readonly origin: string;
  readonly practice: Practice;
  /** A link that opens the screens once; each call makes a new one. */
  link(): string;
  /** @throws Failure */
  call<N extends CommandName>(command: N, input: CommandInput<N>): Promise<CommandOutput<N>>;
  /** Ends the engine's thread as a crash would; it is started again. */
  killEngine(): Promise<void>;
  /** Takes the network away, or gives it back, as a laptop's own does: for tests. */
  setOnline(isOnline: boolean): void;
  close(): Promise<void>;
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/**
 * @throws Failure where the ledger cannot be opened, the renderer is not built or the port is taken
 */
export async function startLoopbackApp(options: LoopbackAppOptions): Promise<LoopbackApp> {
  const listeners = new Set<(event: object) => void>();
  const events = createCoalescer((some: readonly AnyEvent[]) => {
    for (const event of some) for (const listener of listeners) listener(event);
  });
  const tellState = (): void => void own['host.state']({}).then((state) => events.push({ type: 'host-state', state }));
  const supervisor = superviseEngine({
    start: (onEvent) => startEngine({ ...options.engine, host: 'loopback' }, onEvent),
    onEvent: (event) => {
      batches.hear(event);
      events.push(event);
    },
    onState: ({ state }) => {
      if (state === 'running') batches.engineStarted();
      tellState();
    },
  });
  const reach = createReach();
  const batches = createBatches({ call: supervisor.call, reach, onChange: () => undefined });
  const practice = createPractice({
    folder: options.engine.folder,
    call: batches.call,
    isBusy: batches.isBusy,
  });
  const own = {
    ...createLoopbackHost({
      version,
      dataFolder: options.engine.folder,
      engine: supervisor.state,
      isOnline: reach.isOnline,
      quit: options.onQuit,
      emit: events.push,
    }),
    'practice.state': async () => practice.state(),
    'practice.start': () => practice.start(),
    'practice.stop': practice.stop,
    'practice.faults': practice.faults,
    'loopback.folder': listFolder,
  };
  const end = async (): Promise<void> => {
    batches.close();
    reach.close();
    await supervisor.close();
    await practice.close();
  };
  try {
    // The first command waits for the engine, and says why where it cannot start.
    await supervisor.call('connections.list', {});
    const server = await serve({
      call: createCalls((command, input) => batches.call(command, input), own),
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      rendererDist: options.rendererDist,
      port: options.port,
    });
    await practice.resume();
    return {
      origin: server.origin,
      practice,
      link: server.link,
      call: batches.call,
      killEngine: supervisor.restart,
      setOnline(isOnline) {
        reach.setOnline(isOnline);
        tellState();
      },
      async close() {
        await server.close();
        await end();
        events.close();
      },
    };
  } catch (thrown) {
    await end();
    throw thrown;
  }
}
