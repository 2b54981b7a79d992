/** The practice API in a thread of its own, so that whoever calls it and the API do not wait for each other. */
import { Worker } from 'node:worker_threads';
import type { ResourceName } from '../edfi/model.ts';
import { Failure, type FailureCode } from '../errors/failure.ts';
import type { WriteCount } from './faults/effects.ts';
import type { FaultCounts } from './faults/forecast.ts';
import { type FaultPlan, parseFaults } from './faults/plan.ts';
import type { RequestCounts, SandboxWorkerOptions, StoredItem } from './options.ts';
import type { Place } from './places.ts';

/** The same as `Sandbox`, but what it tells has to be waited for. */
export interface WorkerSandbox {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  requests(): Promise<RequestCounts>;
  readonly faults: {
    counts(): Promise<FaultCounts>;
    /** Rejects with a Failure (usage) where it is no plan. */
    set(plan: FaultPlan): Promise<void>;
    clear(): Promise<void>;
  };
  writes(): Promise<WriteCount[]>;
  read(resource: ResourceName, place?: Place): Promise<StoredItem[]>;
  takeSnapshot(place?: Place): Promise<string>;
  close(): Promise<void>;
}

export type WorkerQuestion =
  | { readonly id: number; readonly ask: 'requests' }
  | { readonly id: number; readonly ask: 'read'; readonly resource: ResourceName; readonly place: Place | undefined }
  | { readonly id: number; readonly ask: 'takeSnapshot'; readonly place: Place | undefined }
  | { readonly id: number; readonly ask: 'faults' | 'clearFaults' | 'writes' }
  | { readonly id: number; readonly ask: 'setFaults'; readonly plan: FaultPlan }
  | { readonly id: number; readonly ask: 'close' };

export type WorkerMessage =
  | { readonly kind: 'listening'; readonly url: string; readonly key: string; readonly secret: string }
  | { readonly kind: 'refused'; readonly code: FailureCode; readonly sentence: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown };

const stopped = (): Failure => new Failure('internal', 'The practice API has stopped unexpectedly; start it again.');

/**
 * Starts a practice API in a worker thread.
 * @throws Failure as `startSandbox` does
 */
export function startSandboxInWorker(options: SandboxWorkerOptions = {}): Promise<WorkerSandbox> {
  const worker = new Worker(new URL('./worker-entry.ts', import.meta.url), { workerData: options });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(reason: Failure): void }>();
  let lastId = 0;
  let isOver = false;

  const ask = <T>(question: (id: number) => WorkerQuestion): Promise<T> =>
    new Promise((resolve, reject) => {
      if (isOver) return reject(stopped());
      lastId += 1;
      waiting.set(lastId, { resolve: (value) => resolve(value as T), reject });
      worker.postMessage(question(lastId));
    });

  return new Promise((resolve, reject) => {
    const end = (): void => {
      isOver = true;
      reject(stopped());
      for (const { reject: refuse } of waiting.values()) refuse(stopped());
      waiting.clear();
    };
    worker.on('error', end);
    worker.on('exit', end);
    worker.on('message', (message: WorkerMessage) => {
      switch (message.kind) {
        case 'listening': {
          const { url, key, secret } = message;
          resolve({
            url,
            key,
            secret,
            requests: () => ask((id) => ({ id, ask: 'requests' })),
            read: (resource, place) => ask((id) => ({ id, ask: 'read', resource, place })),
            takeSnapshot: (place) => ask((id) => ({ id, ask: 'takeSnapshot', place })),
            faults: {
              counts: () => ask((id) => ({ id, ask: 'faults' })),
              // Checked here, where the Failure can be thrown.
              set: async (plan) => ask((id) => ({ id, ask: 'setFaults', plan: parseFaults(plan) })),
              clear: () => ask((id) => ({ id, ask: 'clearFaults' })),
            },
            writes: () => ask((id) => ({ id, ask: 'writes' })),
            close: async () => {
              if (isOver) return;
              await ask<void>((id) => ({ id, ask: 'close' }));
              await worker.terminate();
            },
          });
          return;
        }
        case 'refused':
          reject(new Failure(message.code, message.sentence));
          void worker.terminate();
          return;
        case 'answer':
          waiting.get(message.id)?.resolve(message.value);
          waiting.delete(message.id);
      }
    });
  });
}
