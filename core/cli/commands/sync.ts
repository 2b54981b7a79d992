/** `rollbook sync`, and what the demo shares with it. */
import type { CommandInput, SyncResult } from '../../contract/schemas.ts';
import { type EngineHost, startEngine, type WorkerData } from '../../engine-host.ts';
import { createEventPrinter, type EventPrinter } from '../progress.ts';
import { err } from '../terminal.ts';

/** Starts an engine for one batch, and runs it. */
export async function syncWithProgress(
  data: WorkerData,
  input: CommandInput<'sync.run'>,
  json: boolean,
): Promise<SyncResult> {
  const printer = createEventPrinter(json);
  const engine = await startEngine(data, printer.print);
  try {
    return await runBatch(engine, printer, input);
  } finally {
    await engine.close();
  }
}

/**
 * Runs one batch with its events printed by `printer`; Ctrl-C lets what is in flight finish, a second one ends at once.
 */
export function runBatch(
  engine: EngineHost,
  printer: EventPrinter,
  input: CommandInput<'sync.run'>,
): Promise<SyncResult> {
  return stoppable(engine, async () => {
    const result = await engine.call('sync.run', input);
    printer.finish();
    return result;
  });
}

async function stoppable<T>(engine: EngineHost, work: () => Promise<T>): Promise<T> {
  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(130);
    asked = true;
    err('\nFinishing what is on its way; press Ctrl-C again to end at once.');
    void engine.call('sync.stop', {}).catch(() => undefined);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** Starts an engine for one short command. */
export async function withEngine<T>(data: WorkerData, work: (engine: EngineHost) => Promise<T>): Promise<T> {
  const engine = await startEngine(data, () => undefined);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
