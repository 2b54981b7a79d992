/** One record whole: its source row, what was made of it, what was sent, and what the API answered. */
import pc from 'picocolors';
import type { RecordDetail } from '../contract/schemas.ts';
import { commandFor, type Place } from './place.ts';
import { shortName } from './plan.ts';
import { placeIn, stateIn } from './problem-group.ts';
import { forPrograms, titleOf } from './problems.ts';
import { clock, number, out, printable, printableLines, table, wrap } from './terminal.ts';

const NOTICE = 'This is personal data, and stays on this screen: tell support the reference, and nothing else of it.';

function heading(text: string): void {
  out();
  out(pc.bold(text));
}

/** JSON laid out for reading; any other text as it is. */
function laidOut(text: string): string {
  try {
    return printableLines(JSON.stringify(JSON.parse(text), undefined, 2));
  } catch {
    return printableLines(text);
  }
}

function printSource(source: RecordDetail['source']): void {
  if (source === null) return;
  heading(`In the export: ${placeIn(source)}`);
  const filled = source.cells.filter(({ value }) => value !== '');
  const empty = source.cells.filter(({ value }) => value === '').map(({ column }) => printable(column));
  const widest = Math.max(0, ...filled.map(({ column }) => column.length));
  for (const { column, value } of filled) out(wrap(printable(value), `  ${printable(column).padEnd(widest)}  `));
  if (empty.length > 0) out(pc.dim(wrap(empty.join(', '), `  ${'empty:'.padEnd(widest)}  `)));
}

function printExchange({ mapped, sent, answer }: RecordDetail): void {
  if (mapped !== null) {
    heading(sent === null ? 'As it would be sent' : 'As it was mapped');
    out(laidOut(mapped));
  }
  if (sent !== null) {
    const item = sent.id === null ? '' : `/${printable(sent.id)}`;
    heading(`Sent: ${sent.method} ${printable(sent.resource)}${item}, ${clock(sent.at)}`);
    if (sent.body === null) out('without a body');
    else out(sent.body === mapped ? 'what is above' : laidOut(sent.body));
  }
  if (answer !== null) {
    heading(`The API answered: ${answer.status}, word for word`);
    out(answer.text === '' ? pc.dim('nothing') : printableLines(answer.text));
    if (answer.correlationId !== null) out(wrap(printable(answer.correlationId), 'its number there: '));
  }
}

function printPast({ confirmed, history, dependants }: RecordDetail): void {
  if (dependants.length > 0) {
    heading('Waiting for it');
    out(
      table([['resource', 'records'], ...dependants.map((one) => [shortName(one.resource), number(one.records)])], [1]),
    );
  }
  heading('So far');
  for (const { at, title, status } of history) {
    out(wrap(`${title}${status === null ? '' : ` (${status})`}`, `  ${clock(at)}  `));
  }
  if (confirmed === null) out(wrap('The API never confirmed it.', '  '));
  else
    out(
      wrap(`confirmed${confirmed.id === null ? '' : `, as ${printable(confirmed.id)}`}`, `  ${clock(confirmed.at)}  `),
    );
}

/** Prints all there is of a record, for whoever sits at this workstation. */
export function printRecord(detail: RecordDetail, place: Place): void {
  const { record, reference, cause, issues } = detail;
  out(wrap(pc.yellow(NOTICE)));
  out();
  out(pc.bold(`Record ${record.id}: ${shortName(record.resource)}, ${record.kind}, ${stateIn(record)}`));
  if (reference !== null) out(`${reference} is its reference for support`);
  else out(pc.dim(`A reference for support: ${commandFor('reference', place, String(record.id))}`));
  if (cause !== null)
    out(wrap(`${record.state === 'held' ? 'waits for' : 'because of'} ${cause.group}: ${titleOf(cause)}`));
  for (const { title, path, value } of issues) {
    const found = value === null ? '' : `: ${printable(value)}`;
    out(wrap(`${title}${path === null ? '' : ` at ${path}`}${found}`, '  - '));
  }
  printSource(detail.source);
  printExchange(detail);
  printPast(detail);
}

/** A record for a program: where it is, how it stands and what is wrong with it, without a value of it. */
export function recordForPrograms(detail: RecordDetail): Record<string, unknown> {
  const { record, reference, cause, issues, source, sent, answer, confirmed, history, dependants } = detail;
  return {
    record,
    reference,
    cause: cause && forPrograms(cause),
    issues: issues.map((issue) => (issue.code === 'descriptor-unmapped' ? issue : { ...issue, value: null })),
    source: source && { table: source.table, file: source.file, row: source.row },
    sent: sent && { method: sent.method, resource: sent.resource, at: sent.at },
    answer: answer && { status: answer.status },
    confirmed: confirmed && { at: confirmed.at },
    history,
    dependants,
  };
}
