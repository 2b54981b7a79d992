/** `rollbook reference`: the random names under which support may hear of records. */
import type { Command } from 'commander';
import pc from 'picocolors';
import { Exit } from '../exit.ts';
import { connectionOption, dataOption, type Shared, toRecord } from '../options.ts';
import { act, command } from '../run.ts';
import { jsonLine, out, wrap } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

interface ReferenceOptions extends Shared {
  readonly connection: string;
}

async function refer(options: ReferenceOptions, [id]: readonly unknown[]): Promise<number> {
  const { connection } = options;
  const { reference } = await withEngine(options, (engine) =>
    engine.call('records.reference', { connection, id: id as number }),
  );
  if (options.json) jsonLine({ type: 'reference', connection, reference });
  else {
    out(pc.bold(reference));
    out(wrap('Support may hear this: it says nothing of the record, and only this ledger knows which one it is.'));
  }
  return Exit.ok;
}

/** @returns `rollbook reference` */
export function referenceCommand(): Command {
  const made = command('reference', 'Gives the random reference by which support may hear of a record.')
    .addOption(connectionOption())
    .argument('<number>', 'the record, as rollbook problems --group numbers it', toRecord)
    .addOption(dataOption())
    .addHelpText('after', '\nExample:\n  rollbook reference --connection state 4711');
  return act<ReferenceOptions>(made, refer);
}
