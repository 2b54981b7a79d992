/** A host's side of the engine: starts its worker thread, and calls it by the contract. */
import { Worker } from 'node:worker_threads';
import {
  answerSchema,
  type CommandInput,
  type CommandName,
  type CommandOutput,
  commands,
  type EngineAnswer,
  type EngineEvent,
  eventSchema,
} from './contract/schemas.ts';
import { Failure, type FailureCode } from './errors/failure.ts';

export interface WorkerData {
  readonly folder: string;
  /** `memory` forgets at the end: for the demo. `none` leaves a keychain alone even where there is one. */
  readonly secrets: 'keychain' | 'memory' | 'none';
  readonly secret: string | undefined;
  /** Who runs the engine; the command line unless told. */
  readonly host?: 'desktop' | 'loopback' | 'cli';
  /** The name of a copy of the ledger that is to take its place, once. */
  readonly restore?: string;
}
export type HostMessage =
  | { readonly type: 'command'; readonly id: number; readonly command: string; readonly input: unknown }
  | { readonly type: 'close' };
export type WorkerMessage =
  | { readonly type: 'ready'; readonly keychain: boolean }
  | { readonly type: 'failed'; readonly error: Extract<EngineAnswer, { error: unknown }>['error'] }
  | { readonly type: 'answer'; readonly id: number; readonly answer: EngineAnswer }
  | { readonly type: 'event'; readonly event: EngineEvent };

export interface EngineHost {
  /** Whether secrets are kept in a keychain. */
  readonly keychain: boolean;
  /** @throws Failure with the engine's code and sentence */
  call<N extends CommandName>(command: N, input: CommandInput<N>): Promise<CommandOutput<N>>;
  close(): Promise<void>;
  /** Ends the thread at once, whatever it does: for one that no longer answers. The ledger takes no harm. */
  kill(): Promise<void>;
  /** Resolves when the thread has ended, however it did. */
  readonly ended: Promise<void>;
}

const YOUNG_MB = 192;

const failureOf = (error: Extract<EngineAnswer, { error: unknown }>['error']): Failure =>
  new Failure(error.code as FailureCode, error.sentence, error.details);

/**
 * Starts the engine on a data folder.
 * @throws Failure when its ledger cannot be opened
 */
export function startEngine(data: WorkerData, onEvent: (event: EngineEvent) => void): Promise<EngineHost> {
  const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), {
    workerData: data,
    // Records live for a moment: with room for a few thousand, most are gone before a collection would move them.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (reason: Failure) => void }>();
  let last = 0;
  let isOver = false;
  const died = (): Failure =>
    new Failure(
      'internal',
      'The engine stopped unexpectedly. What the API confirmed is in the ledger; run the same again.',
      { engineStopped: true },
    );
  return new Promise((resolve, reject) => {
    const host: EngineHost & { keychain: boolean } = {
      keychain: false,
      call(command, input) {
        last += 1;
        const id = last;
        return new Promise((done, fail) => {
          if (isOver) return fail(died());
          waiting.set(id, {
            resolve: (value) => {
              const answer = commands[command].output.safeParse(value);
              if (answer.success) done(answer.data as never);
              else fail(new Failure('internal', 'The engine answered in a way that Rollbook does not understand.'));
            },
            reject: fail,
          });
          worker.postMessage({ type: 'command', id, command, input } satisfies HostMessage);
        });
      },
      async close() {
        if (isOver) return;
        const ended = new Promise<void>((done) => worker.once('exit', () => done()));
        worker.postMessage({ type: 'close' } satisfies HostMessage);
        await ended;
      },
      async kill() {
        await worker.terminate();
      },
      ended: new Promise((done) => worker.once('exit', () => done())),
    };
    const fail = (failure: Failure): void => {
      reject(failure);
      for (const call of waiting.values()) call.reject(failure);
      waiting.clear();
    };
    worker.on('message', (message: WorkerMessage) => {
      switch (message.type) {
        case 'ready':
          host.keychain = message.keychain;
          resolve(host);
          return;
        case 'failed':
          reject(failureOf(message.error));
          void worker.terminate();
          return;
        case 'event':
          onEvent(eventSchema.parse(message.event));
          return;
        case 'answer': {
          const call = waiting.get(message.id);
          waiting.delete(message.id);
          const answer = answerSchema.parse(message.answer);
          if ('error' in answer) call?.reject(failureOf(answer.error));
          else call?.resolve(answer.ok);
        }
      }
    });
    const end = (): void => {
      isOver = true;
      fail(died());
    };
    worker.on('error', end);
    worker.on('exit', end);
  });
}
