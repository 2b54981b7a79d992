/** `rollbook batches`: what ran, with its account. */
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import type { AccountView, BatchDetailView, BatchView } from '../../contract/schemas.ts';
import { Exit } from '../exit.ts';
import { connectionOption, dataOption, type Shared, whole } from '../options.ts';
import { afterOption, jsonPages, limitOption, type PageOptions, printMore } from '../pages.ts';
import { commandFor } from '../place.ts';
import { printPlan } from '../plan.ts';
import { accountLine } from '../report.ts';
import { act, command } from '../run.ts';
import {
  clock,
  columns,
  duration,
  fitted,
  jsonLine,
  number,
  out,
  plural,
  printable,
  table,
  tableWidth,
  wrap,
} from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

interface Options extends Shared, PageOptions {
  readonly connection: string;
  readonly batch?: number;
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

const stateOf = ({ state, stoppedBy, approved }: BatchView): string =>
  approved ? 'approved' : stoppedBy === null ? STATES[state] : `${STATES[state]}: ${stoppedBy}`;
const tookOf = ({ startedAt, endedAt }: BatchView): string =>
  endedAt === null ? '' : duration(Math.max(0, endedAt - startedAt) / 1000);

function tableOf(batches: readonly BatchView[]): string {
  const shown = OUTCOMES.filter((name) => batches.some(({ account }) => (account?.[name] ?? 0) > 0));
  const cell = (account: AccountView | null, name: keyof AccountView): string => {
    const count = account?.[name] ?? 0;
    return count === 0 ? pc.dim('·') : number(count);
  };
  const rows = batches.map((batch) => [
    `${batch.id}  ${clock(batch.startedAt)}`,
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
    out(
      wrap(`${pc.bold(`${batch.id}  ${clock(batch.startedAt)}`)} ${stateOf(batch)}${took === '' ? '' : `, ${took}`}`),
    );
    if (batch.account !== null) out(accountLine(batch.account));
  }
}

const BEGUN = { steward: 'begun by hand', schedule: 'begun by the schedule' } as const;

/** One batch from near: what became of its records, by resource; what it waits with; why it ended early. */
function printBatch(batch: BatchDetailView): void {
  const { id, startedAt, account, resources, guard, why, left, plan, by } = batch;
  const took = tookOf(batch);
  const words = [stateOf(batch), ...(by === null ? [] : [BEGUN[by]]), ...(took === '' ? [] : [`took ${took}`])];
  out(`${pc.bold(`Batch ${id}`)}, ${clock(startedAt)}: ${words.join(', ')}`);
  if (why !== null) out(wrap(printable(why), '  '));
  if (left !== null && left > 0 && plan === null) out(`  ${plural(left, 'record was', 'records were')} left.`);
  for (const sentence of guard) out(wrap(sentence, `${pc.yellow('!')} `));
  out();
  if (plan !== null) printPlan({ ...plan, guard: [] }, true);
  if (account === null) return;
  const shown = OUTCOMES.filter((name) => account[name] > 0);
  const cell = (count: number): string => (count === 0 ? pc.dim('·') : number(count));
  const rows = Object.entries(resources).filter(([, one]) => one.read > 0);
  out(
    fitted(
      [
        ['resource', 'read', ...shown],
        ...rows.map(([resource, one]) => [resource, cell(one.read), ...shown.map((name) => cell(one[name]))]),
        ['in all', number(account.read), ...shown.map((name) => number(account[name]))],
      ],
      0,
      [1, ...shown.map((_, index) => index + 2)],
    ),
  );
}

async function batches(options: Options): Promise<number> {
  const { connection, after, limit = SHOWN, batch: id } = options;
  return withEngine(options, async (engine) => {
    if (id !== undefined) {
      const batch = await engine.call('batches.show', { connection, id });
      if (options.json === true) jsonLine({ type: 'batch', connection, ...batch, plan: null });
      else printBatch(batch);
      return Exit.ok;
    }
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
    .addOption(
      new Option('--batch <number>', 'one batch from near, as the list numbers it')
        .argParser(whole(1, Number.MAX_SAFE_INTEGER))
        .conflicts(['limit', 'after']),
    )
    .addOption(limitOption(SHOWN))
    .addOption(afterOption())
    .addOption(dataOption())
    .addHelpText(
      'after',
      '\nExamples:\n  rollbook batches --connection state --limit 5\n  rollbook batches --connection state --batch 12',
    );
  return act<Options>(made, batches);
}
