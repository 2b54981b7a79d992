/** What runs in the practice API's own thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { isFailure } from '../errors/failure.ts';
import type { Sandbox, SandboxWorkerOptions } from './options.ts';
import { startSandbox } from './server.ts';
import type { WorkerMessage, WorkerQuestion } from './worker.ts';

const tell = (message: WorkerMessage): void => parentPort?.postMessage(message);

async function answer(sandbox: Sandbox, question: WorkerQuestion): Promise<unknown> {
  switch (question.ask) {
    case 'requests':
      return sandbox.requests();
    case 'read':
      return sandbox.read(question.resource, question.place);
    case 'takeSnapshot':
      return sandbox.takeSnapshot(question.place);
    case 'faults':
      return sandbox.faults.counts();
    case 'setFaults':
      return sandbox.faults.set(question.plan);
    case 'clearFaults':
      return sandbox.faults.clear();
    case 'writes':
      return sandbox.writes();
    case 'close':
      return sandbox.close();
  }
}

try {
  const sandbox = await startSandbox(workerData as SandboxWorkerOptions);
  parentPort?.on('message', (question: WorkerQuestion) => {
    void answer(sandbox, question).then((value) => tell({ kind: 'answer', id: question.id, value }));
  });
  tell({ kind: 'listening', url: sandbox.url, key: sandbox.key, secret: sandbox.secret });
} catch (thrown) {
  tell(
    isFailure(thrown)
      ? { kind: 'refused', code: thrown.code, sentence: thrown.message }
      : { kind: 'refused', code: 'internal', sentence: 'The practice API could not be started.' },
  );
}
