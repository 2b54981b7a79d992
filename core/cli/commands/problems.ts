/** `rollbook problems`: what is not in the API yet, by cause; a cause from near; a record whole. */
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import type { CommandInput, ProblemPage } from '../../contract/schemas.ts';
import type { EngineHost } from '../../engine-host.ts';
import { Failure } from '../../errors/failure.ts';
import { Exit } from '../exit.ts';
import { dataOption, groupOption, type Shared, toRecord } from '../options.ts';
import { afterOption, jsonPages, limitOption, type PageOptions, printMore } from '../pages.ts';
import { commandFor, type Place } from '../place.ts';
import { showGroup } from '../problem-group.ts';
import { printRecord, recordForPrograms } from '../problem-record.ts';
import { forPrograms, headingOf, printCauses, printCloser } from '../problems.ts';
import { act, command } from '../run.ts';
import { jsonLine, number, out, printable } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';
import { NONE } from './connect.ts';

interface Options extends Shared, PageOptions {
  readonly connection?: string;
  readonly group?: string;
  readonly record?: number;
  readonly all?: boolean;
  readonly hidden?: boolean;
  readonly resolved?: boolean;
  readonly values?: boolean;
}

type Show = NonNullable<CommandInput<'problems.list'>['show']>;

/** Causes on a screen. */
const CAUSES_SHOWN = 20;

const showOf = ({ all, hidden, resolved }: Options): Show =>
  all === true ? 'all' : hidden === true ? 'hidden' : resolved === true ? 'resolved' : 'open';

const HEADINGS: Record<Exclude<Show, 'open'>, string> = {
  all: 'Every cause, the one that holds back most first',
  hidden: 'Ignored, or marked as fixed',
  resolved: 'Over: nothing is left of these',
};
const NOTHING: Record<Show, string> = {
  open: 'No problems: nothing is rejected, held or failed.',
  all: 'No causes: nothing was ever rejected, held or failed, or it is over and cleared.',
  hidden: 'No cause is ignored, or marked as fixed.',
  resolved: 'No cause is over, or all that are were cleared.',
};

/** The connections asked about: the one that was named, or every one. */
async function namesIn(engine: EngineHost, options: Options): Promise<string[]> {
  if (options.connection !== undefined) return [options.connection];
  return (await engine.call('connections.list', {})).map(({ name }) => name);
}

/** The connection that a cause, a record or a page is of. @throws Failure `usage` where it could be several */
async function onlyName(engine: EngineHost, options: Options): Promise<string> {
  const names = await namesIn(engine, options);
  const [name] = names;
  if (name === undefined) throw new Failure('usage', NONE);
  if (names.length === 1) return name;
  const listed = names.map((one) => `"${printable(one)}"`).join(', ');
  throw new Failure('usage', `Name the connection with --connection. There is: ${listed}.`);
}

const pageOf = ({ limit = CAUSES_SHOWN, after }: Options) => ({ limit, ...(after === undefined ? {} : { after }) });

/** The words that ask for the same list again. */
const again = (options: Options): string[] => [
  ...(['all', 'hidden', 'resolved'] as const).flatMap((name) => (options[name] === true ? [`--${name}`] : [])),
  ...(options.limit === undefined ? [] : ['--limit', String(options.limit)]),
];

function printList(options: Options, { groups, next, open }: ProblemPage, place: Place): void {
  const show = showOf(options);
  const [first] = groups;
  if (first === undefined) return;
  if (options.after === undefined) out(pc.bold(show === 'open' ? headingOf(open.causes) : HEADINGS[show]));
  printCauses(groups, place);
  printCloser(first, place);
  printMore(next, (...words) => commandFor('problems', place, ...again(options), ...words));
}

/** What an empty, or a short, list leaves out. */
function printHidden(hidden: number, place: Place): void {
  const more = hidden === 1 ? 'One more is' : `${number(hidden)} more are`;
  out(pc.dim(`${more} ignored or marked as fixed: ${commandFor('problems', place, '--hidden')}`));
}

/** @returns whether any cause is open, shown or not */
async function printLists(engine: EngineHost, options: Options, names: readonly string[]): Promise<boolean> {
  const show = showOf(options);
  const pages: { readonly place: Place; readonly page: ProblemPage }[] = [];
  for (const connection of names) {
    const page = await engine.call('problems.list', { connection, show, ...pageOf(options) });
    pages.push({ place: { connection, data: options.data, stays: true }, page });
  }
  const shown = pages.filter(({ page }) => page.groups.length > 0 || (show === 'open' && page.hidden > 0));
  shown.forEach(({ place, page }, index) => {
    if (index > 0) out();
    if (names.length > 1) out(pc.bold(pc.cyan(printable(place.connection))));
    printList(options, page, place);
    if (show === 'open' && page.hidden > 0) printHidden(page.hidden, place);
  });
  if (shown.length === 0) out(show === 'open' ? pc.green(NOTHING.open) : NOTHING[show]);
  return pages.some(({ page }) => page.open.causes > 0);
}

/** @returns as `printLists` */
async function listLines(engine: EngineHost, options: Options, names: readonly string[]): Promise<boolean> {
  const show = showOf(options);
  let isAnyOpen = false;
  for (const connection of names) {
    await jsonPages(
      options,
      async (at) => {
        const { groups, next, open } = await engine.call('problems.list', { connection, show, ...at });
        isAnyOpen ||= open.causes > 0;
        return { items: groups, next };
      },
      (group) => ({ type: 'problem', connection, ...forPrograms(group) }),
    );
  }
  return isAnyOpen;
}

async function list(engine: EngineHost, options: Options): Promise<boolean> {
  // A page goes on in the list of one connection.
  const names = options.after === undefined ? await namesIn(engine, options) : [await onlyName(engine, options)];
  return (options.json === true ? listLines : printLists)(engine, options, names);
}

async function showRecord(engine: EngineHost, id: number, place: Place, { json, values }: Options): Promise<void> {
  const detail = await engine.call('problems.record', { connection: place.connection, id });
  if (json !== true) printRecord(detail, place);
  else if (values === true) jsonLine({ type: 'record', connection: place.connection, personal: true, ...detail });
  else jsonLine({ type: 'record', connection: place.connection, ...recordForPrograms(detail) });
}

async function problems(options: Options): Promise<number> {
  const { group, record, values, json } = options;
  if (values === true && (record === undefined || json !== true)) {
    throw new Failure(
      'usage',
      '--values goes with --record and --json: on the screen, a record is shown whole anyway.',
    );
  }
  return withEngine(options, async (engine) => {
    const place = async (): Promise<Place> => ({
      connection: await onlyName(engine, options),
      data: options.data,
      stays: true,
    });
    if (record !== undefined) {
      await showRecord(engine, record, await place(), options);
      return Exit.ok;
    }
    const isOpen =
      group === undefined ? await list(engine, options) : await showGroup(engine, group, await place(), options);
    return isOpen ? Exit.incomplete : Exit.ok;
  });
}

const only = (flags: string, description: string, ...others: readonly string[]): Option =>
  new Option(flags, description).conflicts([...others]);

/** @returns `rollbook problems` */
export function problemsCommand(): Command {
  const made = command('problems', 'Lists what is not in the API yet, by cause, with what to do about it.')
    .option('--connection <name>', 'name of the connection; every one unless told')
    .addOption(groupOption('one cause from near, with its records').conflicts(['record', 'all', 'hidden', 'resolved']))
    .addOption(
      only('--record <number>', 'one record whole, as --group numbers it', 'all', 'hidden', 'resolved').argParser(
        toRecord,
      ),
    )
    .addOption(only('--all', 'what is hidden or over too', 'hidden', 'resolved'))
    .addOption(only('--hidden', 'what is ignored, or marked as fixed', 'resolved'))
    .option('--resolved', 'what is over, until it is cleared')
    .addOption(limitOption(CAUSES_SHOWN))
    .addOption(afterOption())
    .option('--values', 'with --record and --json: the record whole, which is personal data')
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
A record is shown with its values: personal data, for this screen. With --json
values are left out, but for codes that wait for a descriptor. --values puts
them in: a failed transaction as JSON, for your own use on this workstation.

Exit codes: 0 where no cause is open, 2 where one is. What is ignored or marked
as fixed is not open here; sync still ends with 2 for it.

Examples:
  rollbook problems --connection state
  rollbook problems --connection state --group G-7K4M-2Q
  rollbook problems --connection state --record 4711`,
    );
  return act<Options>(made, problems);
}
