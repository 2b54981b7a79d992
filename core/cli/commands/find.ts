/** `rollbook find`: a record by its reference or by an identifier; what the ledger knows at once, then what the export says. */
import type { Command } from 'commander';
import pc from 'picocolors';
import type { FoundView } from '../../contract/schemas.ts';
import type { EngineHost } from '../../engine-host.ts';
import { Failure } from '../../errors/failure.ts';
import { Exit } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { dataOption, type Shared, toReference } from '../options.ts';
import { commandFor } from '../place.ts';
import { shortName } from '../plan.ts';
import { placeIn, stateIn } from '../problem-group.ts';
import { act, command } from '../run.ts';
import { clock, jsonLine, out, plural, printable, table, wrap } from '../terminal.ts';
import { typedLine } from '../typed.ts';
import { withEngine } from '../with-engine.ts';

interface Options extends Shared {
  readonly connection?: string;
}

/** Letters of an identifier; and records at most. */
const LEAST = 2;
const MOST = 100;

async function byReference(engine: EngineHost, options: Options, reference: string): Promise<void> {
  const found = await engine.call('records.find', { reference });
  const { connection, resource, problem, confirmed, history } = found;
  if (options.json) jsonLine({ type: 'found', ...found, confirmed: confirmed && { at: confirmed.at } });
  else {
    out(`${pc.bold(found.reference)}: one of ${shortName(resource)}, at "${printable(connection)}"`);
    if (problem !== null) {
      const from = placeIn(problem);
      out(wrap(`${stateIn(problem)}${from === '' ? '' : `, from ${from}`}`, '  '));
    }
    for (const { at, title, status } of history) {
      out(wrap(`${title}${status === null ? '' : ` (${status})`}`, `  ${clock(at)}  `));
    }
    out(confirmed === null ? '  not confirmed by the API' : `  ${clock(confirmed.at)}  confirmed by the API`);
  }
  if (problem !== null) {
    const place = { connection, data: options.data, stays: true };
    if (!options.json) out(pc.dim(`Look closer: ${commandFor('problems', place, '--record', String(problem.id))}`));
    return;
  }
  const place = await engine.call('records.place', { reference: found.reference });
  if (options.json) jsonLine({ type: 'place', reference: found.reference, place });
  else if (place !== null) out(wrap(`in the last export: ${placeIn(place)}`, '  '));
}

const STATES = {
  confirmed: 'in the API',
  rejected: 'rejected',
  held: 'held',
  failed: 'failed',
  planned: 'planned',
  unknown: 'not in the API',
} as const satisfies Record<FoundView['state'], string>;

function print(options: Options, from: 'ledger' | 'export', found: readonly FoundView[]): void {
  if (options.json) {
    // As of every record for a program: what identifies a person is left out.
    for (const { identifiers, ...one } of found) jsonLine({ type: 'record', from, ...one });
  } else if (found.length > 0) {
    const rows = found.map(({ reference, resource, state, place }) => [
      pc.bold(reference),
      shortName(resource),
      STATES[state],
      ...(place === null ? [] : [placeIn(place)]),
    ]);
    const head = ['reference', 'resource', 'state', ...(from === 'ledger' ? [] : ['in the export'])];
    out(table([head, ...rows]));
  }
}

async function byIdentifier(engine: EngineHost, options: Options, connection: string, text: string): Promise<void> {
  const known = (await engine.call('records.lookUp', { connection, text })).found;
  print(options, 'ledger', known);
  if (!options.json) out(pc.dim('Looking through the last export that was sent; Ctrl-C stops it.'));
  const { found, more } = await engine.call('records.search', { connection, text, limit: MOST });
  print(options, 'export', found);
  if (options.json) return;
  if (more) out(`The first ${plural(found.length, 'record')}; there are more.`);
  else if (found.length === 0) out('No record of it has this identifier.');
  if (found.length + known.length > 0) out(pc.dim('One of them whole: rollbook find, with its reference.'));
}

/** @returns what the engine is asked for */
async function wanted(options: Options, reference: string | undefined): Promise<(engine: EngineHost) => Promise<void>> {
  if (reference !== undefined) return (engine) => byReference(engine, options, reference);
  const { connection } = options;
  if (connection === undefined) {
    throw new Failure(
      'usage',
      'Name a reference, like R-7K4M-2Q, or with --connection where an identifier is to be looked for.',
    );
  }
  const text = await typedLine('Identifier: ');
  if (text.length >= LEAST && text.length <= MOST) return (engine) => byIdentifier(engine, options, connection, text);
  throw new Failure('usage', 'Type the whole of an identifier when asked, or give it on standard input.');
}

async function find(options: Options, [reference]: readonly (string | undefined)[]): Promise<number> {
  const work = await wanted(options, reference);
  await withEngine(options, (engine) => {
    onInterrupt(() => void engine.call('records.stopSearch', {}));
    return work(engine);
  });
  return Exit.ok;
}

/** @returns `rollbook find` */
export function findCommand(): Command {
  const made = command('find', 'Finds a record by its reference or by an identifier: how it stands, and where it is.')
    .argument('[reference]', 'as support names it: R-7K4M-2Q', toReference)
    .option('--connection <name>', 'name of the connection at which an identifier is looked for')
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
The whole of an identifier (a student or staff number, a course code) is typed when asked, or
given on standard input, since every list of processes shows what stands on a command line.
What the ledger knows is said at once; then the last export that was sent is looked through.

Examples:
  rollbook find R-7K4M-2Q
  rollbook find --connection state`,
    );
  return act<Options>(made, find);
}
