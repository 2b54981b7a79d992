/** The engine for one short command. */
import { type EngineHost, startEngine } from '../engine-host.ts';
import { type Shared, workerData } from './options.ts';

/** Starts the engine on the data folder of the options, and closes it when `work` is done. */
export async function withEngine<T>(options: Shared, work: (engine: EngineHost) => Promise<T>): Promise<T> {
  const engine = await startEngine(workerData(options), () => undefined);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
