/** `rollbook backup` and `rollbook restore`: copies of the ledger. */
import type { Command } from 'commander';
import type { BackupsView, LedgerCopyView } from '../../contract/schemas.ts';
import { startEngine } from '../../engine-host.ts';
import { Failure } from '../../errors/failure.ts';
import { Exit } from '../exit.ts';
import { dataOption, type Shared, workerData } from '../options.ts';
import { act, command } from '../run.ts';
import { clock, jsonLine, number, out, table, wrap } from '../terminal.ts';
import { printNotice, withEngine } from '../with-engine.ts';

const KINDS: Readonly<Record<LedgerCopyView['kind'], string>> = {
  daily: 'by itself',
  asked: 'asked for',
  migration: 'before a new format',
};

function printCopies({ copies }: BackupsView): void {
  const rows = copies.map(({ copy, at, kind, bytes }) => [
    clock(at),
    KINDS[kind],
    `${number(Math.ceil(bytes / 1024))} kB`,
    copy,
  ]);
  out(table([['made', '', 'size', 'copy'], ...rows], [2]));
}

async function backup(options: Shared & { readonly list?: boolean }): Promise<number> {
  const { made, shown } = await withEngine(options, async (engine) => ({
    made: options.list === true ? undefined : await engine.call('backups.make', {}),
    shown: await engine.call('backups.show', {}),
  }));
  if (options.json) jsonLine({ type: 'backups', made: made?.copy ?? null, ...shown });
  else if (shown.copies.length === 0) out('There is no copy of the ledger yet.');
  else printCopies(shown);
  return Exit.ok;
}

async function restore(options: Shared & { readonly copy?: string }): Promise<number> {
  const { copy } = options;
  const startedAt = Date.now();
  const engine = await startEngine(
    { ...workerData(options), ...(copy === undefined ? {} : { restore: copy }) },
    printNotice,
  );
  try {
    const shown = await engine.call('backups.show', {});
    const { restored } = shown;
    // One that was damaged is restored by being opened, and that was said.
    if (restored === null || restored.at < startedAt) throw notAsked(shown);
    if (options.json) jsonLine({ type: 'restored', ...restored });
    else if (restored.behind.length === 0) out('Restored.');
    else {
      out(wrap(`Restored. To be brought up to date: ${restored.behind.join(', ')}.`));
      out(wrap('The next sync does it first; rollbook adopt does it now.'));
    }
    return Exit.ok;
  } finally {
    await engine.close();
  }
}

const notAsked = ({ copies }: BackupsView): Failure =>
  new Failure(
    'usage',
    copies.length === 0
      ? 'The ledger is sound, and there is no copy of it. rollbook backup makes one.'
      : 'The ledger is sound, and is not replaced unless you say by which copy: rollbook backup --list shows them, rollbook restore --copy NAME restores one.',
  );

/** @returns `rollbook backup` */
export function backupCommand(): Command {
  const made = command('backup', 'Makes a copy of the ledger beside it, and lists the copies there are.')
    .option('--list', 'only list them')
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
A copy is made by itself after the first sync of each day, and before an update of Rollbook gives the
ledger a newer format. Copies need the ledger's key: keep ledger.key with them, or the keychain.

Example:
  rollbook backup --list`,
    );
  return act<Shared & { readonly list?: boolean }>(made, backup);
}

/** @returns `rollbook restore` */
export function restoreCommand(): Command {
  const made = command('restore', "Puts a copy in the ledger's place, which is set aside.")
    .option('--copy <name>', 'which copy, as rollbook backup --list names it')
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
A damaged ledger is set aside and restored from its last good copy by whichever command meets it first.
Before anything is sent, the next sync of each connection reads back what its API has, so that nothing
goes twice.

Example:
  rollbook restore --copy ledger-000012-20261121T090700Z-daily.db`,
    );
  return act<Shared & { readonly copy?: string }>(made, restore);
}
