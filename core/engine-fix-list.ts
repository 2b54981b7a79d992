/** The fix list of a connection: what to correct in the SIS, with the row as the last export had it. */
import { displayName, type JsonObject } from './edfi/model.ts';
import { advise } from './errors/advice.ts';
import type { Who } from './errors/catalogue.ts';
import type { FixListEntry, FixListSchool } from './errors/fix-list.ts';
import { schoolOf } from './errors/fix-list.ts';
import { type FixListFiles, writeFixList } from './errors/fix-list-files.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { ProblemRecord, RecordsAfter } from './ledger/problem-records.ts';
import type { ProblemGroup } from './ledger/problems.ts';
import { readRows, rowKey, type SourceRow } from './sources/rows.ts';
import type { Source } from './sources/types.ts';
import { identifiersIn } from './sync/search.ts';
import { lastIsPlanned, openLast } from './sync/sync.ts';

export interface FixListWork {
  readonly ledger: Ledger;
  readonly folder: string;
  /** A private folder for what is gathered meanwhile. */
  readonly scratch: string;
  readonly connectionId: number;
  /** One cause; all that are open unless given. */
  readonly group: ProblemGroup | undefined;
  readonly format: 'csv' | 'xlsx';
  readonly out: string;
  readonly perSchool: boolean;
}

/** Records looked up in the export at a time: one reading of its files for so many. */
const PAGE = 5_000;
/** Of those that wait for a record, enough to tell its school. */
const SOME_DEPENDANTS = 5;
const NOTICE =
  'This list holds personal data of students, staff or contacts, out of the last export that was sent with Rollbook. Keep it where such data may be kept, and delete it when the work is done.';

/** @throws Failure what writing the files throws */
export async function writeProblems(work: FixListWork): Promise<FixListFiles> {
  const source = lastIsPlanned(work) ? await openLast(work) : undefined;
  try {
    const entries = entriesOf(work, source);
    return await writeFixList({
      entries,
      format: work.format,
      out: work.out,
      perSchool: work.perSchool,
      notice: NOTICE,
      scratch: work.scratch,
    });
  } finally {
    await source?.close();
  }
}

async function* entriesOf(work: FixListWork, source: Source | undefined): AsyncGenerator<FixListEntry> {
  const { ledger } = work;
  const schools = source === undefined ? new Map<string, string>() : await schoolNames(source);
  const groups = work.group === undefined ? ledger.problems.groups(work.connectionId) : [work.group];
  for (const group of groups) {
    for (let after: RecordsAfter | undefined; ; ) {
      const page = ledger.problemRecords.page(group.id, after, PAGE);
      // What is only held is put right by putting its root right.
      const own = page.filter((record) => record.problemId !== null);
      const places = own.flatMap(({ file, row }) => (file === null || row === null ? [] : [{ file, row }]));
      const rows = source === undefined ? new Map<string, SourceRow>() : await readRows(source, places);
      for (const record of own) yield entryOf(work, group, record, rows, schools);
      const last = page.at(-1);
      if (page.length < PAGE || last === undefined || last.problemId === null) break;
      after = last;
    }
  }
}

function entryOf(
  { ledger }: FixListWork,
  group: ProblemGroup,
  record: ProblemRecord,
  rows: ReadonlyMap<string, SourceRow>,
  schools: ReadonlyMap<string, string>,
): FixListEntry {
  const { problemRecords } = ledger;
  const text = problemRecords.body(record.id);
  const body = text === undefined ? {} : (JSON.parse(text) as JsonObject);
  const detail = record.problemId === null ? undefined : problemRecords.detail(record.problemId);
  const waiting = record.problemId === null ? [] : problemRecords.dependants(record.problemId);
  const dependants =
    record.problemId === null
      ? []
      : problemRecords.waiting(record.problemId, 0, SOME_DEPENDANTS).flatMap(({ id }) => {
          const other = problemRecords.body(id);
          return other === undefined ? [] : [JSON.parse(other) as JsonObject];
        });
  const id = schoolOf(body, dependants);
  const school: FixListSchool | undefined = id === undefined ? undefined : { id, name: schools.get(id) };
  const { file, row } = record;
  const found = file === null || row === null ? undefined : rows.get(rowKey({ file, row }));
  const { title, fix, who } = advise(group.code, group);
  return {
    school,
    resource: displayName(record.resource),
    title,
    property: group.path?.replace(/^\$\.?/, '') || undefined,
    value: group.value ?? detail?.value,
    fix,
    who: who as Who,
    file: file ?? undefined,
    row: row ?? undefined,
    table: found?.table,
    cells: found?.cells,
    held: waiting.reduce((sum, { records }) => sum + records, 0),
    identifiers: identifiersIn(body),
  };
}

/** Names of organizations by the numbers that records have of them. */
async function schoolNames(source: Source): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  if (!source.tables.has('orgs')) return names;
  for await (const batch of source.read('orgs', ['identifier', 'name'])) {
    for (const [identifier = '', name = ''] of batch.rows) {
      if (identifier.trim() !== '' && name.trim() !== '') names.set(identifier.trim(), name.trim());
    }
  }
  return names;
}
