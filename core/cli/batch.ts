/** A batch on the command line, for all commands that run one: progress, Ctrl-C, account. */
import type { Command } from 'commander';
import type { PlanView, SyncResult } from '../contract/schemas.ts';
import { type EngineHost, startEngine } from '../engine-host.ts';
import { Exit, exitOfResult } from './exit.ts';
import { onInterrupt } from './interrupt.ts';
import { type Shared, whole, workerData } from './options.ts';
import { type Deleted, printDeleted, shortName } from './plan.ts';
import { forPrograms } from './problems.ts';
import { createEventPrinter, type EventPrinter } from './progress.ts';
import { printResult } from './report.ts';
import { err, isLive, jsonLine, out } from './terminal.ts';

/** Runs one batch with its events printed by `printer`. */
export async function runBatch<R extends SyncResult>(printer: EventPrinter, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
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

export interface BatchOptions extends Shared {
  readonly connection: string;
  readonly planOnly?: boolean;
  readonly approve?: boolean;
  readonly concurrency: number | 'auto';
  readonly patience: number;
}

const toConcurrency = (text: string): number | 'auto' => (text === 'auto' ? 'auto' : whole(1, 64)(text));

/** Gives a command the options that every batch has. */
export const batchOptions = (command: Command): Command =>
  command
    .option('--plan-only', 'show what would be sent, and stop')
    .option('--approve', 'carry out a plan that deletes or changes more than the guard lets pass')
    .option('--concurrency <n>', 'requests at once: a number from 1 to 64, or auto', toConcurrency, 'auto')
    .option('--patience <s>', 'seconds to wait for an API that goes away meanwhile', whole(0, 86_400), 20);

/** What `sync.run` and `retry.run` take alike. */
export const batchInput = (options: BatchOptions) => ({
  connection: options.connection,
  planOnly: options.planOnly === true,
  approve: options.approve === true,
  concurrency: options.concurrency,
  patienceSeconds: options.patience,
});

/**
 * Runs a batch from its start to its account; Ctrl-C lets it finish what is on its way.
 * @param before what a person is told between the last bar and the account
 * @returns the exit code
 */
export async function batch<R extends SyncResult>(
  options: BatchOptions,
  work: (engine: EngineHost) => Promise<R>,
  before: (result: R) => void = () => undefined,
): Promise<number> {
  const json = options.json === true;
  const data = workerData(options);
  const printer = createEventPrinter({ json, samples: options.planOnly === true });
  let engine: EngineHost | undefined;
  let asked = false;
  onInterrupt(() => {
    asked = true;
    stopBatch(engine);
  });
  const started = await startEngine(data, printer.print);
  engine = started;
  try {
    if (asked) return Exit.interrupted;
    const result = await runBatch(printer, () => work(started));
    const isPlan = result.state === 'planned' || result.state === 'waiting';
    const deleted = isPlan ? await findDeleted(started, options.connection, printer.plan()) : [];
    if (json) {
      for (const { resource, ...one } of deleted) jsonLine({ type: 'deleted', resource: shortName(resource), ...one });
      resultLine(result);
    } else {
      printDeleted(deleted);
      before(result);
      printResult(result, { connection: options.connection, data: options.data, stays: true });
    }
    return exitOfResult(result);
  } finally {
    await started.close();
  }
}

/** What a plan would delete, found in the last export. */
async function findDeleted(engine: EngineHost, connection: string, plan: PlanView | undefined): Promise<Deleted[]> {
  const deleted: Deleted[] = [];
  for (const { resource, samples } of plan?.resources ?? []) {
    if (samples.delete.length === 0) continue;
    const found = await engine.call('plan.deleted', { connection, resource, samples: samples.delete });
    const places = found.filter((one) => one !== null).map(({ file, row }) => ({ file, row }));
    deleted.push({ resource, places, lost: found.length - places.length });
  }
  return deleted;
}

/** What a batch's exit codes mean, for a help text. */
export const BATCH_EXIT_CODES = `
Exit codes:
  0    all confirmed
  2    done, but for rejected, held or failed records
  3    the plan waits for --approve
  130  stopped by Ctrl-C; what was on its way is finished, the next run goes on
Others as in rollbook --help.`;
