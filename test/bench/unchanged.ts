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

/** 100k studentSectionAssociations that did not change, from the file to the ledger, against streaming the file alone. */
export async function unchangedAgainstParsing(folder: string): Promise<Figure> {
  const fixture = await planFixture(folder, STUDENTS);
  try {
    await confirmAll(fixture);
    const columns = fixture.compiled.tables.get('enrollments') ?? [];
    const parsing: number[] = [];
    const planning: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const source = await openSource(fixture.source);
      const started = performance.now();
      for await (const _ of source.read('enrollments', columns));
      parsing.push(performance.now() - started);
      await source.close();
      fixture.ledger.begin();
      const { plan, ms } = await fixture.plan(RESOURCE);
      fixture.ledger.rollback();
      const account = plan.accounts.of(RESOURCE);
      if (account.unchanged < 95_000 || account.unchanged !== account.read) throw new Error('The records did change.');
      planning.push(ms);
    }
    const [value, limit] = [median(planning), median(parsing)];
    return {
      figure: 'unchanged: 100k studentSectionAssociations, file to ledger, against parsing the file',
      value,
      unit: 'ms',
      limit,
      ratio: value / limit,
      aim: 'at most 4',
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
async function confirmAll(fixture: Planned): Promise<number> {
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
