/** One cause from near: what it holds back, how it went over the batches, and its records. */
import pc from 'picocolors';
import type { CommandOutput, ProblemRecordView } from '../contract/schemas.ts';
import type { EngineHost } from '../engine-host.ts';
import { bars } from './bars.ts';
import { jsonPages, type PageOptions, printMore } from './pages.ts';
import { commandFor, type Place } from './place.ts';
import { shortName } from './plan.ts';
import { blockedBy, forPrograms, isOpen, printAdvice, standingOf, titleOf } from './problems.ts';
import { fitted, jsonLine, number, out, printable, wrap } from './terminal.ts';

/** Records of a cause on a screen. */
export const RECORDS_SHOWN = 20;
const BATCHES_SHOWN = 8;

const dotted = (count: number): string => (count === 0 ? pc.dim('·') : number(count));

/** `users.csv row 14` */
export const placeIn = ({ file, row }: { readonly file: string | null; readonly row: number | null }): string =>
  file === null ? '' : `${printable(file)} row ${row ?? 1}`;

/** `failed (409), goes again` */
export function stateIn({ state, status, retry }: ProblemRecordView): string {
  return `${state}${status === null ? '' : ` (${status})`}${retry ? ', goes again' : ''}`;
}

function printWhole(found: CommandOutput<'problems.group'>, place: Place): void {
  const { group, resources, trend } = found;
  out(wrap(titleOf(group)));
  out(wrap(standingOf(group)));
  out(wrap(blockedBy(group)));
  printAdvice(group, place, '');
  if (resources.length > 1) {
    out();
    const rows = resources.map(({ resource, records, held }) => [shortName(resource), dotted(records), dotted(held)]);
    out(fitted([['holds back', 'records', 'held'], ...rows], 0, [1, 2]));
  }
  if (trend.length > 1) {
    out();
    out(bars(trend.slice(-BATCHES_SHOWN)));
  }
}

function printRecords(records: readonly ProblemRecordView[]): void {
  // Nearly always all are creates, which then need not be said.
  const isMixed = records.some(({ kind }) => kind !== 'create');
  const rows = records.map((record) => [
    String(record.id),
    shortName(record.resource),
    placeIn(record),
    ...(isMixed ? [record.kind] : []),
    stateIn(record),
  ]);
  out(fitted([['record', 'resource', 'from', ...(isMixed ? ['change'] : []), 'state'], ...rows], 1, [0]));
}

async function printGroup(engine: EngineHost, group: string, place: Place, page: PageOptions): Promise<boolean> {
  const { connection } = place;
  const found = await engine.call('problems.group', { connection, group });
  const { after, limit = RECORDS_SHOWN } = page;
  const { records, next } = await engine.call('problems.records', {
    connection,
    group,
    limit,
    ...(after === undefined ? {} : { after }),
  });
  // The further pages are of its records alone.
  if (after === undefined) printWhole(found, place);
  const [first] = records;
  if (first !== undefined) {
    if (after === undefined) out();
    printRecords(records);
    printMore(next, (...words) =>
      commandFor(
        'problems',
        place,
        '--group',
        group,
        ...(page.limit === undefined ? [] : ['--limit', String(limit)]),
        ...words,
      ),
    );
    out(pc.dim(`One of them: ${commandFor('problems', place, '--record', String(first.id))}`));
  }
  return isOpen(found.group);
}

async function groupLines(engine: EngineHost, group: string, place: Place, page: PageOptions): Promise<boolean> {
  const { connection } = place;
  const found = await engine.call('problems.group', { connection, group });
  const { resources, trend } = found;
  jsonLine({ type: 'problem', connection, ...forPrograms(found.group), resources, trend });
  await jsonPages(
    page,
    async (at) => {
      const { records, next } = await engine.call('problems.records', { connection, group, ...at });
      return { items: records, next };
    },
    (record) => ({ type: 'record', connection, ...record }),
  );
  return isOpen(found.group);
}

/** @param group its reference @returns whether it is open */
export const showGroup = (
  engine: EngineHost,
  group: string,
  place: Place,
  options: PageOptions & { readonly json?: boolean },
): Promise<boolean> => (options.json === true ? groupLines : printGroup)(engine, group, place, options);
