/** `rollbook batches`: what ran, with its account. */
import type { Command } from 'commander';
import pc from 'picocolors';
import type { AccountView, BatchView } from '../../contract/schemas.ts';
import { Exit } from '../exit.ts';
import { connectionOption, dataOption, type Shared } from '../options.ts';
import { afterOption, jsonPages, limitOption, type PageOptions, printMore } from '../pages.ts';
import { commandFor } from '../place.ts';
import { accountLine } from '../report.ts';
import { act, command } from '../run.ts';
import { clock, columns, duration, number, out, table, tableWidth, wrap } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

interface Options extends Shared, PageOptions {
  readonly connection: string;
}

const SHOWN = 20;

const STATES: Record<BatchView['state'], string> = {
  planning: 'cut off',
  sending: 'cut off',
  waiting: 'waits',
  stopped: 'stopped',
  done: 'done',
};

const OUTCOMES = ['created', 'updated', 'deleted', 'unchanged', 'rejected', 'held', 'failed', 'skipped'] as const;

const stateOf = ({ state, stoppedBy }: BatchView): string =>
  stoppedBy === null ? STATES[state] : `${STATES[state]}: ${stoppedBy}`;
const tookOf = ({ startedAt, endedAt }: BatchView): string =>
  endedAt === null ? '' : duration(Math.max(0, endedAt - startedAt) / 1000);

function tableOf(batches: readonly BatchView[]): string {
  const shown = OUTCOMES.filter((name) => batches.some(({ account }) => (account?.[name] ?? 0) > 0));
  const cell = (account: AccountView | null, name: keyof AccountView): string => {
    const count = account?.[name] ?? 0;
    return count === 0 ? pc.dim('·') : number(count);
  };
  const rows = batches.map((batch) => [
    clock(batch.startedAt),
    stateOf(batch),
    tookOf(batch),
    cell(batch.account, 'read'),
    ...shown.map((name) => cell(batch.account, name)),
  ]);
  const right = [3, ...shown.map((_, index) => index + 4)];
  return table([['batch', '', 'took', 'read', ...shown], ...rows], right);
}

/** For terminals on which the table does not fit. */
function printBlocks(batches: readonly BatchView[]): void {
  for (const batch of batches) {
    const took = tookOf(batch);
    out(wrap(`${pc.bold(clock(batch.startedAt))} ${stateOf(batch)}${took === '' ? '' : `, ${took}`}`));
    if (batch.account !== null) out(accountLine(batch.account));
  }
}

async function batches(options: Options): Promise<number> {
  const { connection, after, limit = SHOWN } = options;
  return withEngine(options, async (engine) => {
    const load = (page: { limit: number; after?: string }) => engine.call('batches.list', { connection, ...page });
    if (options.json === true) {
      await jsonPages(
        options,
        async (at) => {
          const page = await load(at);
          return { items: page.batches, next: page.next };
        },
        (batch) => ({ type: 'batch', connection, ...batch }),
      );
      return Exit.ok;
    }
    const page = await load({ limit, ...(after === undefined ? {} : { after }) });
    if (page.batches.length === 0) {
      out('Nothing was sent over this connection yet.');
      return Exit.ok;
    }
    const drawn = tableOf(page.batches);
    if (tableWidth(drawn) <= columns()) out(drawn);
    else printBlocks(page.batches);
    const place = { connection, data: options.data, stays: true };
    const size = options.limit === undefined ? [] : ['--limit', String(limit)];
    printMore(page.next, (...words) => commandFor('batches', place, ...size, ...words));
    return Exit.ok;
  });
}

/** @returns `rollbook batches` */
export function batchesCommand(): Command {
  const made = command('batches', 'Lists the batches of a connection, the newest first, each with its account.')
    .addOption(connectionOption())
    .addOption(limitOption(SHOWN))
    .addOption(afterOption())
    .addOption(dataOption())
    .addHelpText('after', '\nExample:\n  rollbook batches --connection state --limit 5');
  return act<Options>(made, batches);
}
