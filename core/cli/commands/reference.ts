/** `rollbook reference` and `find`: the random names under which support may hear of records. */
import type { Command } from 'commander';
import pc from 'picocolors';
import { Exit } from '../exit.ts';
import { connectionOption, dataOption, type Shared, toRecord, toReference } from '../options.ts';
import { commandFor } from '../place.ts';
import { shortName } from '../plan.ts';
import { placeIn, stateIn } from '../problem-group.ts';
import { act, command } from '../run.ts';
import { clock, jsonLine, out, printable, wrap } from '../terminal.ts';
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

async function find(options: Shared, [reference = '']: readonly string[]): Promise<number> {
  const found = await withEngine(options, (engine) => engine.call('records.find', { reference }));
  const { connection, resource, problem, confirmed, history, place: inExport } = found;
  if (options.json) {
    jsonLine({ type: 'found', ...found, confirmed: confirmed && { at: confirmed.at } });
    return Exit.ok;
  }
  out(`${pc.bold(found.reference)}: one of ${shortName(resource)}, at "${printable(connection)}"`);
  if (problem !== null) {
    const from = placeIn(problem);
    out(wrap(`${stateIn(problem)}${from === '' ? '' : `, from ${from}`}`, '  '));
  }
  for (const { at, title, status } of history) {
    out(wrap(`${title}${status === null ? '' : ` (${status})`}`, `  ${clock(at)}  `));
  }
  if (inExport !== null) out(wrap(`in the last export: ${placeIn(inExport)}`, '  '));
  out(confirmed === null ? '  not confirmed by the API' : `  ${clock(confirmed.at)}  confirmed by the API`);
  if (problem !== null) {
    const place = { connection, data: options.data, stays: true };
    out(pc.dim(`Look closer: ${commandFor('problems', place, '--record', String(problem.id))}`));
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

/** @returns `rollbook find` */
export function findCommand(): Command {
  const made = command('find', 'Says which record a reference stands for, in this ledger.')
    .argument('<reference>', 'as support names it: R-7K4M-2Q', toReference)
    .addOption(dataOption())
    .addHelpText('after', '\nExample:\n  rollbook find R-7K4M-2Q');
  return act(made, find);
}
