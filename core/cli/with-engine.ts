/** The engine for one short command. */
import type { EngineEvent } from '../contract/schemas.ts';
import { type EngineHost, startEngine } from '../engine-host.ts';
import { onInterrupt } from './interrupt.ts';
import { type Shared, workerData } from './options.ts';
import { err, wrap } from './terminal.ts';

/** What became of the ledger is said, whatever the command. */
export const printNotice = (event: EngineEvent): void => {
  if (event.type === 'notice' && event.code.startsWith('ledger-')) err(wrap(event.sentence, 'Note: '));
};

/** Starts the engine on the data folder of the options, and closes it when `work` is done. */
export async function withEngine<T>(
  options: Shared,
  work: (engine: EngineHost) => Promise<T>,
  onEvent: (event: EngineEvent) => void = printNotice,
): Promise<T> {
  const engine = await startEngine(workerData(options), onEvent);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** As `withEngine`, for work that tests a connection: Ctrl-C stops the test, and the work ends with what it found. */
export const withTest = <T>(
  options: Shared,
  work: (engine: EngineHost) => Promise<T>,
  onEvent?: (event: EngineEvent) => void,
): Promise<T> =>
  withEngine(
    options,
    (engine) => {
      onInterrupt(() => void engine.call('connections.stopTest', {}));
      return work(engine);
    },
    onEvent,
  );
