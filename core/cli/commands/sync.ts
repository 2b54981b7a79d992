/** `rollbook sync`, and what the demo shares with it. */
import type { Command } from 'commander';
import type { CommandInput, SyncResult } from '../../contract/schemas.ts';
import { type EngineHost, startEngine, type WorkerData } from '../../engine-host.ts';
import { Exit, exitOfResult } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { connectionOption, dataOption, type Shared, whole, workerData } from '../options.ts';
import { forPrograms } from '../problems.ts';
import { createEventPrinter, type EventPrinter } from '../progress.ts';
import { printResult } from '../report.ts';
import { act, command } from '../run.ts';
import { err, isLive, jsonLine, out } from '../terminal.ts';

/** Runs one batch with its events printed by `printer`. */
export async function runBatch(
  engine: EngineHost,
  printer: EventPrinter,
  input: CommandInput<'sync.run'>,
): Promise<SyncResult> {
  try {
    return await engine.call('sync.run', input);
  } finally {
    printer.finish();
  }
}

/** Lets a batch that runs finish what is on its way, and says so. */
export function stopBatch(engine: EngineHost | undefined): void {
  // Not behind a bar that is drawn at this moment.
  if (isLive()) out();
  err('Finishing what is on its way; Ctrl-C once more ends at once.');
  void engine?.call('sync.stop', {}).catch(() => undefined);
}

/** The last line for a program. */
export const resultLine = (result: SyncResult, more: Record<string, unknown> = {}): void =>
  jsonLine({ type: 'result', ...more, ...result, problems: result.problems.map(forPrograms) });

interface Options extends Shared {
  readonly connection: string;
  readonly source: string;
  readonly planOnly?: boolean;
  readonly approve?: boolean;
  readonly retry?: boolean;
  readonly concurrency: number | 'auto';
  readonly patience: number;
}

const toConcurrency = (text: string): number | 'auto' => (text === 'auto' ? 'auto' : whole(1, 64)(text));

async function sync(options: Options): Promise<number> {
  const json = options.json === true;
  const data: WorkerData = workerData(options);
  const printer = createEventPrinter({ json, samples: options.planOnly === true });
  let engine: EngineHost | undefined;
  let asked = false;
  onInterrupt(() => {
    asked = true;
    stopBatch(engine);
  });
  engine = await startEngine(data, printer.print);
  try {
    if (asked) return Exit.interrupted;
    const result = await runBatch(engine, printer, {
      connection: options.connection,
      source: options.source,
      planOnly: options.planOnly === true,
      approve: options.approve === true,
      retry: options.retry === true,
      concurrency: options.concurrency,
      patienceSeconds: options.patience,
    });
    if (json) resultLine(result);
    else printResult(result, { connection: options.connection, data: options.data, stays: true });
    return exitOfResult(result);
  } finally {
    await engine.close();
  }
}

/** @returns `rollbook sync` */
export function syncCommand(): Command {
  const made = command('sync', 'Reads an export, works out what changed, and sends exactly that.')
    .addOption(connectionOption())
    .requiredOption('--source <path>', 'folder or zip file of the OneRoster export')
    .option('--plan-only', 'show what would be sent, and stop')
    .option('--approve', 'carry out a plan that deletes or changes more than the guard lets pass')
    .option('--retry', 'send again what was refused, even where nothing changed since')
    .option('--concurrency <n>', 'requests at once: a number from 1 to 64, or auto', toConcurrency, 'auto')
    .option('--patience <s>', 'seconds to wait for an API that goes away meanwhile', whole(0, 86_400), 20)
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
Exit codes:
  0    all confirmed
  2    done, but for rejected, held or failed records
  3    the plan waits for --approve
  130  stopped by Ctrl-C; what was on its way is finished, the next run goes on
Others as in rollbook --help.

Example:
  rollbook sync --connection practice --source ~/exports/oneroster --plan-only`,
    );
  return act<Options>(made, sync);
}
