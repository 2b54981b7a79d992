/** `rollbook descriptors`: the pairs of a source's codes with an API's descriptor values. */
import { Command } from 'commander';
import { Exit } from '../exit.ts';
import { connectionOption, dataOption, type Shared } from '../options.ts';
import { act, command } from '../run.ts';
import { jsonLine, out, printable, table } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

interface Options extends Shared {
  readonly connection: string;
}

async function list(options: Options): Promise<number> {
  const { connection } = options;
  const chosen = await withEngine(options, (engine) => engine.call('descriptors.list', { connection }));
  if (options.json) jsonLine({ type: 'descriptors', chosen });
  else if (chosen.length === 0) out('No pair was chosen here; the ones that ship apply.');
  else {
    const rows = chosen.map(({ type, code, uri }) => [type, code, uri].map(printable));
    out(table([['descriptor', 'code', 'value'], ...rows]));
  }
  return Exit.ok;
}

async function map(options: Options, [type = '', code = '', uri = '']: readonly string[]): Promise<number> {
  const { connection } = options;
  await withEngine(options, (engine) => engine.call('descriptors.map', { connection, type, code, uri }));
  if (options.json) jsonLine({ type: 'mapped', descriptor: type });
  else out('Paired. The next sync sends what waits for it.');
  return Exit.ok;
}

/** @returns `rollbook descriptors` with its commands */
export function descriptorsCommand(): Command {
  const mapping = command('map', "Pairs a code of the source with one of the API's descriptor values.")
    .argument('<type>', 'descriptor type: GradeLevelDescriptor')
    .argument('<code>', 'the code as the source has it')
    .argument('<value>', 'the value as the API has it, namespace and # included')
    .addOption(connectionOption())
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
Example:
  rollbook descriptors map --connection state GradeLevelDescriptor K5 \\
    "uri://ed-fi.org/GradeLevelDescriptor#Kindergarten"`,
    );
  const listing = command('list', 'Lists the pairs chosen for a connection, beside those that ship.')
    .addOption(connectionOption())
    .addOption(dataOption());
  return new Command('descriptors')
    .description("Pairs codes of a source with an API's descriptor values.")
    .addCommand(act<Options>(listing, list))
    .addCommand(act<Options>(mapping, map));
}
