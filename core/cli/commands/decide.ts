/** `rollbook ignore`, `fixed` and `clear`: what a steward decides about causes. */
import type { Command } from 'commander';
import { Exit } from '../exit.ts';
import { connectionOption, dataOption, type Shared, toCause } from '../options.ts';
import { commandFor } from '../place.ts';
import { becauseOf } from '../problems.ts';
import { act, command } from '../run.ts';
import { jsonLine, out, plural, wrap } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

interface Options extends Shared {
  readonly connection: string;
  readonly undo?: boolean;
}

/** A command for this connection, to be copied. */
const next = ({ connection, data }: Options, name: string, ...words: readonly string[]): string =>
  commandFor(name, { connection, data, stays: true }, ...words);

const recordsIn = ({ records, held }: { readonly records: number; readonly held: number }): string =>
  `${plural(records, 'record')}${becauseOf(records, held)}`;

async function ignore(options: Options, [group = '']: readonly string[]): Promise<number> {
  const { connection, undo = false } = options;
  const count = await withEngine(options, (engine) =>
    engine.call('problems.ignore', { connection, group, ignore: !undo }),
  );
  if (options.json) jsonLine({ type: undo ? 'listed' : 'ignored', connection, group, ...count });
  else if (undo) out(wrap(`${group} is on the list again, with ${recordsIn(count)}.`));
  else {
    out(wrap(`${group} is off the list. Still not in the API: ${recordsIn(count)}.`));
    out(`Back on the list: ${next(options, 'ignore', group, '--undo')}`);
  }
  return Exit.ok;
}

async function fixed(options: Options, [group = '']: readonly string[]): Promise<number> {
  const { connection, undo = false } = options;
  const count = await withEngine(options, (engine) =>
    engine.call('problems.fixed', { connection, group, fixed: !undo }),
  );
  if (options.json) jsonLine({ type: undo ? 'listed' : 'fixed', connection, group, ...count });
  else if (undo) out(wrap(`${group} is no longer marked as fixed. Still not in the API: ${recordsIn(count)}.`));
  else {
    out(wrap(`${group} is marked as fixed. With the next sync go again: ${recordsIn(count)}.`));
    out(wrap('If it is still there then, it comes back to the list by itself.'));
    out(`To take it back: ${next(options, 'fixed', group, '--undo')}`);
  }
  return Exit.ok;
}

async function clear(options: Options, [group]: readonly string[]): Promise<number> {
  const { connection, undo = false } = options;
  const { cleared, days } = await withEngine(options, async (engine) => ({
    cleared: await engine.call('problems.clear', {
      connection,
      clear: !undo,
      ...(group === undefined ? {} : { group }),
    }),
    days: (await engine.call('settings.show', {})).problemDays,
  }));
  const { causes, entries } = cleared;
  const what = `${plural(causes, 'cause')} and ${plural(entries, 'entry', 'entries')}`;
  if (options.json) jsonLine({ type: undo ? 'listed' : 'cleared', connection, causes, entries });
  else if (undo) out(causes + entries === 0 ? 'Nothing was cleared.' : wrap(`On the list again: ${what}.`));
  else if (causes + entries === 0) out('There was nothing to clear: what is left is not over.');
  else {
    out(
      wrap(
        `Off the list: ${what} that are over. The ledger keeps them for ${plural(days, 'day')} (rollbook settings).`,
      ),
    );
    out(`Back on the list: ${next(options, 'clear', ...(group === undefined ? [] : [group]), '--undo')}`);
  }
  return Exit.ok;
}

const decision = (name: string, description: string): Command =>
  command(name, description)
    .addOption(connectionOption())
    .argument('<cause>', 'the cause, as rollbook problems names it: G-7K4M-2Q', toCause);

/** @returns `rollbook ignore`, `fixed` and `clear` */
export function decisionCommands(): Command[] {
  const ignoring = decision('ignore', 'Takes a cause off the list of problems; its records stay where they are.')
    .option('--undo', 'put it back')
    .addOption(dataOption())
    .addHelpText('after', '\nExample:\n  rollbook ignore --connection state G-7K4M-2Q');
  const fixing = decision('fixed', 'Marks a cause as fixed: its records go again with the next sync, which shows it.')
    .option('--undo', 'it is not')
    .addOption(dataOption())
    .addHelpText('after', '\nExample:\n  rollbook fixed --connection state G-7K4M-2Q');
  const clearing = command('clear', 'Takes what is over off the list; the ledger keeps it as long as the settings say.')
    .addOption(connectionOption())
    .argument('[cause]', 'one cause; all that are over unless told', toCause)
    .option('--undo', 'list what was cleared again')
    .addOption(dataOption())
    .addHelpText('after', '\nExample:\n  rollbook clear --connection state');
  return [act<Options>(ignoring, ignore), act<Options>(fixing, fixed), act<Options>(clearing, clear)];
}
