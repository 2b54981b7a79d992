import { createReadStream } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import { keyReader } from '../../core/edfi/keys.ts';
import { RecordState } from '../../core/ledger/records.ts';
import { runMapping } from '../../core/mapping/run.ts';
import { openSource } from '../../core/sources/oneroster/open.ts';
import { canonical } from '../../core/sync/canonical.ts';
import { bytes, createHashes } from '../../core/sync/hashes.ts';
import type { Figure } from './figure.ts';
import { type Planned, planFixture } from './plan-fixture.ts';

const RESOURCE = 'ed-fi/studentSectionAssociations';
const STUDENTS = 7_200;
const ROUNDS = 7;

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** papaparse alone, streaming the file row by row with the header's names: the least a program does to look at it. */
const parseAlone = (file: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    let rows = 0;
    Papa.parse<Record<string, string>>(createReadStream(file), {
      header: true,
      step: () => {
        rows += 1;
      },
      complete: () => (rows > 0 ? resolve(performance.now() - started) : reject(new Error('No rows.'))),
      error: reject,
    });
  });

/** 100k studentSectionAssociations that did not change, from the file to the ledger, against streaming the file alone. */
export async function* unchangedAgainstParsing(folder: string): AsyncGenerator<Figure> {
  const fixture = await planFixture(folder, STUDENTS);
  try {
    await confirmAll(fixture);
    const columns = fixture.compiled.tables.get('enrollments') ?? [];
    const parsing: number[] = [];
    const reading: number[] = [];
    const planning: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      parsing.push(await parseAlone(path.join(fixture.source, 'enrollments.csv')));
      const source = await openSource(fixture.source);
      const started = performance.now();
      for await (const _ of source.read('enrollments', columns));
      reading.push(performance.now() - started);
      await source.close();
      fixture.ledger.begin();
      const { plan, ms } = await fixture.plan(RESOURCE);
      fixture.ledger.rollback();
      const account = plan.accounts.of(RESOURCE);
      if (account.unchanged < 95_000 || account.unchanged !== account.read) throw new Error('The records did change.');
      // In a batch the file has been read before, for the entry dates: its reading belongs to the way all the same.
      planning.push(ms + (reading[round] as number));
    }
    const value = median(planning);
    const what = 'unchanged: 100k studentSectionAssociations from CSV through map, check, hash and ledger';
    const alone = median(parsing);
    yield {
      figure: `${what}, against papaparse streaming the file alone`,
      value,
      unit: 'ms',
      limit: alone,
      ratio: value / alone,
      aim: 'at most 4',
    };
    const read = median(reading);
    yield {
      figure: `${what}, against our own reader (no names, only the columns needed) alone`,
      value,
      unit: 'ms',
      limit: read,
      ratio: value / read,
      aim: 'for comparison',
    };
  } finally {
    fixture.ledger.close();
  }
}

/** What a confirmed record takes on disk. */
export async function bytesPerRecord(folder: string): Promise<Figure> {
  const fixture = await planFixture(`${folder}/bytes`, 1_500);
  try {
    const empty = fixture.ledger.size();
    const count = await confirmAll(fixture);
    const value = (fixture.ledger.size() - empty) / count;
    return {
      figure: 'ledger: bytes on disk for a confirmed record',
      value,
      unit: 'bytes',
      limit: 120,
      ratio: value / 120,
      aim: 'at most 1',
    };
  } finally {
    fixture.ledger.close();
  }
}

/** Puts every record of the district into the ledger, as if an API had confirmed it, in the order of dispatch. */
export async function confirmAll(fixture: Planned): Promise<number> {
  const { ledger, model, connection, compiled, source } = fixture;
  const hashes = createHashes(ledger.seal);
  const opened = await openSource(source);
  const run = runMapping(compiled, opened, { descriptors: fixture.descriptors, frozen: () => undefined });
  let count = 0;
  ledger.begin();
  for (const { name } of compiled.resources) {
    const resource = model.resources[name];
    if (resource === undefined) continue;
    const id = ledger.resourceId(connection.id, name);
    const keyOf = keyReader(resource.identity);
    for await (const batch of run.records(name)) {
      for (const record of batch) {
        count += 1;
        ledger.records.confirm(
          id,
          {
            keyHash: bytes(hashes.key(name, keyOf(record.body) ?? '')),
            fullHash: bytes(hashes.full(name, canonical(record.body))),
            sourceHash: bytes(hashes.source(name, record.sourceId)),
            apiId: count.toString(16).padStart(32, '0'),
            state: RecordState.confirmed,
          },
          Date.now(),
        );
      }
    }
  }
  ledger.commit();
  await opened.close();
  return count;
}
