/** Makes, or measures, one size of `scale.ts`; the parent is told once. */
import { once } from 'node:events';
import { createReadStream, createWriteStream, readFileSync, renameSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import Papa from 'papaparse';
import { keyHashAt, sourceHashAt } from '../../core/ledger/records.ts';
import { runMapping } from '../../core/mapping/run.ts';
import { openSource } from '../../core/sources/oneroster/open.ts';
import { lookUp } from '../../core/sync/look-up.ts';
import { type Planned, planFixture } from './plan-fixture.ts';
import { confirmAll } from './unchanged.ts';

export interface Measured {
  readonly rows: number;
  readonly aloneMs: number;
  readonly firstMs: number;
  readonly changedMs: number;
  readonly unchangedMs: number;
  readonly peakBytes: number;
  readonly records: number;
  readonly ledgerBytes: number;
  readonly openMs: number;
  /** Milliseconds of each thing that a screen asks. */
  readonly questions: Readonly<Record<string, number>>;
}

/** A student of the fictional district has so many rows of enrollments. */
const ROWS_A_STUDENT = 13.6;
/** More rows come by more days for each, so that the rest of the district stays small beside the file. */
const MOST_STUDENTS = 300;
const ROUNDS = 3;
const RESOURCE = 'ed-fi/studentSectionAssociations';

const [folder = '', rowsGiven = '0', step] = process.argv.slice(2);
const rows = Number(rowsGiven);
const students = Math.min(MOST_STUDENTS, Math.ceil(rows / ROWS_A_STUDENT));
const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const timed = async (work: () => unknown): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

/** Writes a file anew, line by line. @param change takes a line and its number from 1; gives what stands in its place */
async function rewrite(
  file: string,
  change: (cells: string[], number: number, header: string[]) => string[][],
): Promise<void> {
  const out = createWriteStream(`${file}.new`);
  let header: string[] | undefined;
  let number = 0;
  let text = '';
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (header === undefined) {
      header = line.split(',');
      text += `${line}\n`;
      continue;
    }
    number += 1;
    for (const cells of change(line.split(','), number, header)) text += `${cells.join(',')}\n`;
    if (text.length < 1_000_000) continue;
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  }
  out.end(text);
  await finished(out);
  renameSync(`${file}.new`, file);
  // It has rested: an export that was written within two seconds is looked at twice, 200 ms apart.
  const rested = new Date(Date.now() - 60_000);
  utimesSync(file, rested, rested);
}

const fileOf = ({ source }: Planned): string => path.join(source, 'enrollments.csv');

async function prepare(): Promise<void> {
  const fixture = await planFixture(folder, students);
  const file = fileOf(fixture);
  const own = readFileSync(file, 'utf8').split('\n').length - 2;
  // The same place in a class on other days: records of their own. A class of several sessions would begin them alike.
  const single = new Set<number>();
  const opened = await openSource(fixture.source);
  const run = runMapping(fixture.compiled, opened, { descriptors: fixture.descriptors, frozen: () => undefined });
  const several = new Set<number>();
  for await (const batch of run.records(RESOURCE)) {
    for (const { row } of batch) (single.has(row) ? several : single).add(row);
  }
  await opened.close();
  const times = Math.max(1, Math.round((rows - own) / (single.size - several.size)) + 1);
  await rewrite(file, (cells, number, header) => {
    const [id, role, begin] = ['sourcedId', 'role', 'beginDate'].map((column) => header.indexOf(column)) as [
      number,
      number,
      number,
    ];
    if (cells[role] !== 'student' || !single.has(number + 1) || several.has(number + 1)) return [cells];
    const day = Date.parse(cells[begin] || '2026-08-24');
    return Array.from({ length: times }, (_, i) => {
      const copy = [...cells];
      if (i > 0) copy[id] = `${cells[id]}-${i}`;
      copy[begin] = new Date(day + i * 86_400_000).toISOString().slice(0, 10);
      return copy;
    });
  });
  await confirmAll(fixture);
  fixture.ledger.close();
}

/** papaparse streaming the file row by row with the header's names: the least a program does to look at it. */
const parseAlone = (file: string): Promise<{ ms: number; rows: number }> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    let count = 0;
    Papa.parse<Record<string, string>>(createReadStream(file), {
      header: true,
      step: () => {
        count += 1;
      },
      complete: () => resolve({ ms: performance.now() - started, rows: count }),
      error: reject,
    });
  });

async function measure(): Promise<Measured> {
  const fixture = await planFixture(folder, students, { isThere: true });
  const { openMs } = fixture;
  const file = fileOf(fixture);
  const { ledger, connection } = fixture;
  const resource = ledger.resourceId(connection.id, RESOURCE);
  const first = await fixture.planAll(false);
  if (first.plan.accounts.total().created !== 0) throw new Error('The ledger does not have the records.');

  const alone: number[] = [];
  const changed: number[] = [];
  let count = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await rewrite(file, (cells, number, header) => {
      const end = header.indexOf('endDate');
      if (number % 100 === 0) cells[end] = cells[end] === '2027-05-28' ? '2027-05-27' : '2027-05-28';
      return [cells];
    });
    const parsed = await parseAlone(file);
    count = parsed.rows;
    alone.push(parsed.ms);
    const { plan, ms } = await fixture.planAll();
    const { updates = 0 } = plan.resources.find((one) => one.resource === RESOURCE) ?? {};
    if (updates < (count / 100) * 0.5) throw new Error(`Only ${updates} of ${count} rows did change.`);
    changed.push(ms);
  }
  // What was written just now is read again, whatever its time says.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const source = await openSource(fixture.source);
  const { known, fingerprint } = source;
  await source.close();
  const unchangedMs = await timed(async () => {
    const again = await openSource(fixture.source, known === undefined ? {} : { known });
    if (again.fingerprint !== fingerprint) throw new Error('The export did change.');
    await again.close();
  });
  const loaded = ledger.records.load(resource);
  const key = keyHashAt(loaded, 7);
  const reference = ledger.transaction(() => ledger.problemRecords.refer(resource, sourceHashAt(loaded, 7), key, 0));
  const users = readFileSync(path.join(fixture.source, 'users.csv'), 'utf8');
  const identifier = /\{stateId:(\d+)\}/.exec(users)?.[1] ?? '';
  const questions = {
    causes: await timed(() => ledger.problems.groups(connection.id, { limit: 100 })),
    batches: await timed(() => ledger.batches(connection.id, Number.MAX_SAFE_INTEGER, 50)),
    counts: await timed(() => ledger.confirmedCount(connection.id)),
    'finding by an identifier': await timed(() => {
      if (lookUp(ledger, connection.id, identifier).length === 0) throw new Error('The ledger does not know anybody.');
    }),
    'finding by a reference': await timed(() => {
      const found = ledger.problemRecords.resolve(reference);
      ledger.problemRecords.confirmedAs(resource, found?.keyHash ?? key);
    }),
  };
  const records = ledger.confirmedCount(connection.id);
  const ledgerBytes = ledger.size();
  ledger.close();
  return {
    rows: count,
    aloneMs: median(alone),
    firstMs: first.ms,
    changedMs: median(changed),
    unchangedMs,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    records,
    ledgerBytes,
    openMs,
    questions,
  };
}

if (step === 'prepare') await prepare();
else process.send?.(await measure());
process.disconnect?.();
