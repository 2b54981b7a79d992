/** The engine's own thread: no window, and no progress bar, ever waits for a file or a database. */
import { parentPort, workerData } from 'node:worker_threads';
import { createMemoryStore, openKeychain, type SecretStore } from './connections/secrets.ts';
import { createEngine, type Engine, errorOf } from './engine.ts';
import type { HostMessage, WorkerData, WorkerMessage } from './engine-host.ts';

const port = parentPort;
if (port === null) throw new Error('This module runs in a worker thread only.');
const data = workerData as WorkerData;
const post = (message: WorkerMessage): void => port.postMessage(message);

let engine: Engine | undefined;
// What nobody foresaw ends this thread, with a line in the log and no dump; the host starts another.
process.on('uncaughtException', (thrown, origin) => {
  engine?.crashed(thrown, origin === 'unhandledRejection' ? 'rejection' : 'uncaught');
  process.exit(1);
});
port.on('message', async (message: HostMessage) => {
  if (message.type === 'close') {
    await engine?.close();
    port.close();
    return;
  }
  if (engine === undefined) return;
  post({ type: 'answer', id: message.id, answer: await engine.handle(message.command, message.input) });
});

/** Ends this thread when all that was asked is answered: the host starts another, which opens the ledger anew. */
function restart(): void {
  setImmediate(async () => {
    await engine?.close();
    process.exit(0);
  });
}

async function secretStore(kind: WorkerData['secrets']): Promise<SecretStore | undefined> {
  switch (kind) {
    case 'keychain':
      return openKeychain();
    case 'memory':
      return createMemoryStore();
    case 'none':
      return undefined;
  }
}

try {
  const keychain = await secretStore(data.secrets);
  engine = await createEngine({
    folder: data.folder,
    keychain,
    secret: data.secret,
    restore: data.restore,
    ...(data.host === undefined ? {} : { host: data.host }),
    now: Date.now,
    emit: (event) => post({ type: 'event', event }),
    restart,
  });
  post({ type: 'ready', keychain: keychain !== undefined });
} catch (thrown) {
  post({ type: 'failed', error: errorOf(thrown) });
}
