/** `rollbook sync`: an export, sent. */
import type { Command } from 'commander';
import { BATCH_EXIT_CODES, type BatchOptions, batch, batchInput, batchOptions } from '../batch.ts';
import { connectionOption, dataOption } from '../options.ts';
import { act, command } from '../run.ts';

interface Options extends BatchOptions {
  readonly source: string;
  readonly retry?: boolean;
}

const sync = (options: Options): Promise<number> =>
  batch(options, (engine) =>
    engine.call('sync.run', { ...batchInput(options), source: options.source, retry: options.retry === true }),
  );

/** @returns `rollbook sync` */
export function syncCommand(): Command {
  const made = batchOptions(
    command('sync', 'Reads an export, works out what changed, and sends exactly that.')
      .addOption(connectionOption())
      .requiredOption('--source <path>', 'folder or zip file of the OneRoster export'),
  )
    .option('--retry', 'send again what was refused, even where nothing changed since')
    .addOption(dataOption())
    .addHelpText(
      'after',
      `${BATCH_EXIT_CODES}

Example:
  rollbook sync --connection practice --source ~/exports/oneroster --plan-only`,
    );
  return act<Options>(made, sync);
}
