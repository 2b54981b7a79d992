/** `rollbook retry`: what is not in the API, sent again from the last export. */
import { type Command, Option } from 'commander';
import type { CommandInput } from '../../contract/schemas.ts';
import { Failure } from '../../errors/failure.ts';
import { BATCH_EXIT_CODES, type BatchOptions, batch, batchInput, batchOptions } from '../batch.ts';
import { connectionOption, dataOption, groupOption, toRecord, toReference } from '../options.ts';
import { act, command } from '../run.ts';
import { out, plural } from '../terminal.ts';
import { toSince, toUntil } from '../times.ts';

type What = CommandInput<'retry.run'>['what'];

interface Options extends BatchOptions {
  readonly group?: string;
  readonly record?: number;
  readonly reference?: string;
  readonly resource?: string;
  readonly failed?: boolean;
  readonly since?: number;
  readonly until?: number;
  readonly confirmed?: boolean;
}

/** @throws Failure `usage` where it is not said, or said in parts that do not go together */
function whatOf({ group, record, reference, resource, failed, since, until, confirmed }: Options): What {
  if (resource === undefined && (since !== undefined || until !== undefined || confirmed === true)) {
    throw new Failure('usage', '--since, --until and --confirmed go with --resource: name a resource, like students.');
  }
  if (since !== undefined && until !== undefined && since > until) {
    throw new Failure('usage', '--since is later than --until, so there is nothing between them. Change one of them.');
  }
  const chosen: What[] = [
    ...(group === undefined ? [] : [{ kind: 'group' as const, group }]),
    ...(record === undefined ? [] : [{ kind: 'record' as const, id: record }]),
    ...(reference === undefined ? [] : [{ kind: 'reference' as const, reference }]),
    ...(failed === true ? [{ kind: 'failed' as const }] : []),
    ...(resource === undefined
      ? []
      : [
          {
            kind: 'resource' as const,
            resource,
            confirmed: confirmed === true,
            ...(since === undefined ? {} : { since }),
            ...(until === undefined ? {} : { until }),
          },
        ]),
  ];
  const [what] = chosen;
  if (what !== undefined && chosen.length === 1) return what;
  throw new Failure(
    'usage',
    'Say what is to go again, by one of --group, --record, --reference, --resource and --failed.',
  );
}

async function retry(options: Options): Promise<number> {
  const what = whatOf(options);
  return batch(
    options,
    (engine) => engine.call('retry.run', { ...batchInput(options), what }),
    ({ selected }) => {
      if (selected === 0) out('Nothing was chosen: no such record is waiting to be put right.');
      else out(`${plural(selected, 'record was', 'records were')} chosen to go again.`);
    },
  );
}

/** @returns `rollbook retry` */
export function retryCommand(): Command {
  const made = batchOptions(
    command('retry', 'Sends again what is not in the API, from the last export that was sent.')
      .addOption(connectionOption())
      .addOption(groupOption('every record of a cause'))
      .addOption(new Option('--record <number>', 'one record, as rollbook problems numbers it').argParser(toRecord))
      .addOption(
        new Option('--reference <R-…>', 'one record by its reference, one that the API has too').argParser(toReference),
      )
      .option('--resource <name>', 'what failed of a resource: students')
      .addOption(new Option('--since <when>', 'of a resource: what failed since then').argParser(toSince))
      .addOption(new Option('--until <when>', 'of a resource: what failed until then').argParser(toUntil))
      .option('--confirmed', 'of a resource: what the API confirmed in that time, too')
      .option('--failed', 'everything that is rejected, held or failed'),
  )
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
A time is a date (2026-11-21), a date and a time (2026-11-21T14:30), today,
yesterday, or how long ago: 2h for hours, 3d for days.
${BATCH_EXIT_CODES}

Examples:
  rollbook retry --connection state --group G-7K4M-2Q
  rollbook retry --connection state --resource students --since yesterday`,
    );
  return act<Options>(made, retry);
}
