/** `rollbook status`: each connection and its last batch. */
import type { Command } from 'commander';
import pc from 'picocolors';
import type { ConnectionView } from '../../contract/schemas.ts';
import { Exit } from '../exit.ts';
import { dataOption, type Shared } from '../options.ts';
import { accountLine } from '../report.ts';
import { act, command } from '../run.ts';
import { clock, jsonLine, out, plural, printable, wrap } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';
import { NONE } from './connect.ts';

const BATCH_WORDS: Record<string, string> = {
  planning: 'cut off while it was planned; run sync again',
  sending: 'cut off while it was sending; run sync again and it goes on',
  waiting: 'waits for approval: run sync again with --approve',
  stopped: 'stopped before its end; run sync again and it goes on',
  done: 'done',
};

function printConnection({ name, records, lastBatch }: ConnectionView): void {
  out(`${pc.bold(printable(name))}: ${plural(records, 'record')} confirmed`);
  if (lastBatch === null) {
    out('  nothing sent yet');
    return;
  }
  out(wrap(`last batch ${clock(lastBatch.startedAt)}: ${BATCH_WORDS[lastBatch.state] ?? lastBatch.state}`, '  '));
  if (lastBatch.account !== null) out(accountLine(lastBatch.account));
}

async function status(options: Shared): Promise<number> {
  const connections = await withEngine(options, (engine) => engine.call('connections.list', {}));
  if (options.json) for (const connection of connections) jsonLine({ type: 'status', ...connection });
  else if (connections.length === 0) out(wrap(NONE));
  else for (const connection of connections) printConnection(connection);
  return Exit.ok;
}

/** @returns `rollbook status` */
export function statusCommand(): Command {
  const made = command('status', 'Shows each connection, what it has confirmed, and its last batch.').addOption(
    dataOption(),
  );
  return act(made, status);
}
