/**
 * Days on which a create, an update or a delete would be lost if what is remembered of rows were trusted a little too far.
 * Each day is sent; then a plan that remembers nothing has to find nothing left to send.
 */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { fullHashAt, keyHashAt, RecordState, sourceHashAt } from '../../core/ledger/records.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { shippedMappings } from '../../core/mapping/load.ts';
import { openSealed, type SealedKind } from '../../core/sources/sealed-file.ts';
import { createHashes } from '../../core/sync/hashes.ts';
import type { SyncInput } from '../../core/sync/sync.ts';
import { direct, KEY } from './direct.ts';
import { apply } from './edits.ts';
import { drop, type Export, get, readExport, set, table, where, writeExport } from './export.ts';
import { problem, startProxy } from './proxy.ts';
import { district, newFolder, practice } from './workbench.ts';

const PLACES = 'ed-fi/studentSectionAssociations';

/** Some days of one district, of which the first two are over: the ledger agrees with what is remembered. */
async function days(
  options: {
    readonly api?: Parameters<typeof direct>[0];
    readonly input?: Partial<SyncInput>;
    readonly prepare?: (
      rows: string[][],
      put: (row: string[], column: string, value: string) => void,
      tables: Export,
    ) => void;
  } = {},
) {
  const bench = direct(options.api ?? (await practice()));
  const source = await district({ students: 15, clean: true });
  const tables = readExport(source);
  const enrollments = table(tables, 'enrollments');
  const put = (row: string[], column: string, value: string): void => set(enrollments, row, column, value);
  options.prepare?.(enrollments.rows, put, tables);
  const students = where(enrollments, { role: 'student' });
  const file = path.join(bench.folder, 'sources', `${bench.connectionId}.known`);
  const resource = bench.ledger.resourceId(bench.connectionId, PLACES);
  let ends = 0;
  /** What a plan that remembers nothing would send. */
  const left = async (input: Partial<SyncInput>): Promise<object[]> => {
    const aside = path.join(newFolder(), 'known');
    copyFileSync(file, aside);
    rmSync(file);
    const { batch } = await bench.sync(source, { ...options.input, ...input, planOnly: true });
    copyFileSync(aside, file);
    return batch.plan.filter(({ creates, updates, deletes }) => creates + updates + deletes > 0);
  };
  /** A day: besides what is changed, one place in a class ends on another day, so that the export is not the same. */
  const day = async (change: (rows: string[][]) => string[][] | undefined, input: Partial<SyncInput> = {}) => {
    enrollments.rows = change(enrollments.rows) ?? enrollments.rows;
    ends += 1;
    put(students[20] as string[], 'endDate', `2027-05-${String(ends).padStart(2, '0')}`);
    writeExport(tables, source);
    const all = vi.spyOn(bench.ledger.records, 'load');
    const { resources } = await bench.sync(source, { ...options.input, ...input });
    const isWhole = all.mock.calls.some(([id]) => id === resource);
    all.mockRestore();
    const {
      created = 0,
      updated = 0,
      deleted = 0,
      rejected = 0,
      failed = 0,
      skipped = 0,
    } = resources.studentSectionAssociations ?? {};
    return { created, updated, deleted, rejected, failed, skipped, isWhole };
  };
  await day(() => undefined);
  expect((await day(() => undefined)).isWhole).toBe(true);
  expect(await day(() => undefined)).toEqual({ ...NOTHING, updated: 1 });
  return { bench, source, tables, file, resource, students, put, day, left };
}

const NOTHING = { created: 0, updated: 0, deleted: 0, rejected: 0, failed: 0, skipped: 0, isWhole: false };

/** The rows without one of them. */
const without = (gone: readonly (readonly string[])[]) => (rows: string[][]) =>
  rows.filter((row) => !gone.includes(row));

test.each([0, 1])(
  'of two rows that say the same one can go, %i days after the other came, and nothing is deleted',
  async (later) => {
    const { bench, resource, students, put, day, left } = await days();
    const [one = []] = students;
    const other = [...one];
    put(other, 'sourcedId', 'the-same-again');
    // It has the key of a record that was not looked at; from then on that one is.
    const first = await day((rows) => [...rows, other]);
    expect(first).toMatchObject({ created: 0, updated: 1, deleted: 0, isWhole: true });
    expect(first.skipped).toBeGreaterThan(0);
    // Of the plan that was undone nothing is left.
    expect(bench.ledger.pending.left(resource)).toEqual([]);
    for (let again = 0; again < later; again += 1) {
      expect(await day(() => undefined)).toEqual({ ...NOTHING, updated: 1, skipped: first.skipped });
    }
    expect(await day(without([one]))).toEqual({ ...NOTHING, updated: 1 });
    expect(await day(() => undefined)).toEqual({ ...NOTHING, updated: 1 });
    expect(await left({})).toEqual([]);
    const last = await day(without([other]));
    expect(last).toMatchObject({ created: 0, updated: 1, deleted: first.skipped, isWhole: false });
    expect(await left({})).toEqual([]);
  },
);

test('what the API refused goes again, although its row stays as it is or is gone', async () => {
  const api = await startProxy(await practice());
  const { students, put, day, left } = await days({ api });
  const [one = [], two = [], three = []] = students;
  // What is not there yet, and comes on the day on which the API refuses everything.
  const { deleted: places } = await day(without([one]));
  expect(places).toBeGreaterThan(0);
  await day(() => undefined);
  api.answer = ({ method, resource }) => (method !== 'GET' && resource === PLACES ? problem(500, 'system') : undefined);
  const refused = await day((rows) => {
    put(two, 'endDate', '2027-04-02');
    return [...without([three])(rows), one];
  });
  expect(refused).toMatchObject({ created: 0, updated: 0, deleted: 0, isWhole: false });
  expect(refused.failed).toBeGreaterThan(places + 1);
  api.answer = () => undefined;
  const next = await day(() => undefined);
  expect(next).toMatchObject({ created: places, failed: 0, isWhole: false });
  expect(next.updated).toBeGreaterThan(1);
  expect(next.deleted).toBeGreaterThan(0);
  expect(await left({})).toEqual([]);
});

test('of a row that comes to several records, each is sent again alone', async () => {
  const { bench, resource, day, left } = await days({
    prepare: (_rows, _put, tables) => {
      const sessions = table(tables, 'academicSessions');
      const [first = []] = where(sessions, { type: 'semester' });
      const third = [...first];
      set(sessions, third, 'sourcedId', 'third');
      set(sessions, third, 'title', 'Third');
      sessions.rows.push(third);
      const terms = where(sessions, { type: 'semester' }).map((row) => get(sessions, row, 'sourcedId'));
      const classes = table(tables, 'classes');
      for (const row of classes.rows) set(classes, row, 'termSourcedIds', terms.join(','));
    },
  });
  const records = bench.ledger.records.load(resource);
  // Of a hundred places in classes and more, chosen as their keys come: of some the first record, the second or the third.
  expect(records.count).toBeGreaterThan(300);
  const again = Math.floor(records.count / 10);
  for (let i = 0; i < again; i += 1) bench.ledger.problemRecords.resendOne(resource, keyHashAt(records, i));
  const sent = await day(() => undefined);
  expect(sent).toMatchObject({ created: 0, deleted: 0, failed: 0, isWhole: false });
  expect(sent.updated).toBeGreaterThanOrEqual(again);
  expect(await left({})).toEqual([]);
});

test('as many blank rows as a spreadsheet leaves are passed over, and what comes after them is met', async () => {
  const blank = Array.from({ length: 90_000 }, () => ['']);
  const { bench, resource, day, left } = await days({ prepare: (rows) => void rows.splice(10, 0, ...blank) });
  // A record that is sent again has the file read once more, although its row is as it was.
  const { rows, count } = bench.ledger.records.load(resource);
  for (const i of [3, 30, count - 3]) bench.ledger.problemRecords.resendOne(resource, keyHashAt({ rows, count }, i));
  const sent = await day(() => undefined);
  expect(sent).toMatchObject({ created: 0, deleted: 0, failed: 0, isWhole: false });
  expect(sent.updated).toBeGreaterThanOrEqual(3);
  const last = await day((all) => all.filter((row, at) => row.length > 1 || at % 3 === 0));
  expect(last).toEqual({ ...NOTHING, updated: 1 });
  expect(await left({})).toEqual([]);
});

test('what rows join is looked at on a day on which their records are not', async () => {
  const { tables, students, day, left } = await days();
  const renamed = await day((rows) => {
    apply(tables, [{ kind: 'session-renamed', pick: 1 }]);
    return rows;
  });
  expect(renamed.isWhole).toBe(false);
  expect(renamed.created + renamed.updated).toBeGreaterThan(10);
  expect(await left({})).toEqual([]);
  await day(() => undefined);
  await day(() => undefined);
  const users = table(tables, 'users');
  const gone = get(table(tables, 'enrollments'), students[0] ?? [], 'userSourcedId');
  const before = users.rows.length;
  const lost = await day((rows) => {
    drop(users, (row) => get(users, row, 'sourcedId') === gone);
    return rows;
  });
  expect(users.rows.length).toBe(before - 1);
  expect(lost).toMatchObject({ created: 0, isWhole: false });
  expect(lost.rejected).toBeGreaterThan(0);
});

test('what is remembered of another day is not trusted', async () => {
  const { file, students, put, day, left } = await days();
  const [one = [], two = []] = students;
  const was = [...one];
  const aside = path.join(newFolder(), 'known');
  copyFileSync(file, aside);
  const changed = await day((rows) => {
    put(one, 'endDate', '2027-04-03');
    return without([two])(rows);
  });
  expect(changed.deleted).toBeGreaterThan(0);
  // Then all of it is what the ledger has, and nothing of it is loose.
  await day(() => undefined);
  await day(() => undefined);
  copyFileSync(aside, file);
  const back = await day((rows) => {
    one.splice(0, one.length, ...was);
    return [...rows, two];
  });
  expect(back).toMatchObject({ created: changed.deleted, deleted: 0, isWhole: true });
  expect(back.updated).toBeGreaterThan(1);
  expect(await left({})).toEqual([]);
});

test('a record that came into the ledger by another way, and is not in the source, is deleted', async () => {
  const { bench, resource, day, left } = await days();
  const key = (place: number) => keyHashAt(bench.ledger.records.load(resource), place);
  const apiId = bench.ledger.records.apiId(resource, key(0));
  const strange = createHashes(createSeal(KEY)).key(PLACES, 'of somebody else');
  bench.ledger.records.confirm(
    resource,
    {
      keyHash: Buffer.from(strange, 'latin1'),
      fullHash: new Uint8Array(12),
      sourceHash: new Uint8Array(8),
      apiId: apiId?.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      state: RecordState.confirmed,
    },
    0,
  );
  // The API does not have it: that is as good as deleted.
  expect(await day(() => undefined)).toMatchObject({ created: 0, updated: 1, deleted: 1, isWhole: false });
  expect(await left({})).toEqual([]);
});

test('a record that was taken over from the API becomes that of its row, although this is as it was', async () => {
  const { bench, resource, day, left } = await days();
  const { records } = bench.ledger;
  const loaded = records.load(resource);
  const [keyHash, fullHash, sourceHash] = [keyHashAt(loaded, 3), fullHashAt(loaded, 3), sourceHashAt(loaded, 3)];
  const adopted = { keyHash, fullHash, sourceHash: new Uint8Array(8), apiId: undefined, state: RecordState.adopted };
  records.confirm(resource, adopted, 0);
  expect(records.state(resource, keyHash)).toBe(RecordState.adopted);
  expect(await day(() => undefined)).toEqual({ ...NOTHING, updated: 1 });
  expect(records.state(resource, keyHash)).toBe(RecordState.confirmed);
  expect(records.sourceHash(resource, keyHash)).toEqual(Buffer.from(sourceHash));
  expect(await left({})).toEqual([]);
});

test('a row that has to be mapped each time is deleted when it is gone', async () => {
  // With a warning in it: a mark of the row that is none, of a property that can be left out.
  const spec = JSON.parse(readFileSync(shippedMappings['5.2'], 'utf8')) as {
    resources: { resource: string; properties: Record<string, unknown> }[];
  };
  const places = spec.resources.find(({ resource }) => resource === 'studentSectionAssociations');
  if (places === undefined) throw new Error('no such resource');
  places.properties.homeroomIndicator = { optional: { value: 'e.primary', by: ['boolean'] } };
  const mappingFile = path.join(newFolder(), 'mapping.json');
  writeFileSync(mappingFile, JSON.stringify(spec));
  const odd: string[][] = [];
  const { day, left } = await days({
    input: { mappingFile },
    prepare: (rows, put) => {
      odd.push(rows.find((row) => row.includes('student')) as string[]);
      put(odd[0] as string[], 'primary', 'perhaps');
    },
  });
  const gone = await day(without(odd));
  expect(gone).toMatchObject({ created: 0, updated: 1, isWhole: false });
  expect(gone.deleted).toBeGreaterThan(0);
  expect(await left({})).toEqual([]);
});

test('a row that cannot be read is told each day, although what can be read of it is what was sent', async () => {
  const { students, put, day, left } = await days();
  const end = (value: string) => (rows: string[][]) => {
    put(students[0] ?? [], 'endDate', value);
    return rows;
  };
  // Cut to the last day of each term.
  await day(end('2027-12-31'));
  await day(() => undefined);
  const { rejected } = await day(end('soon'));
  expect(rejected).toBeGreaterThan(0);
  for (let again = 0; again < 2; again += 1) {
    expect(await day(() => undefined)).toEqual({ ...NOTHING, updated: 1, rejected });
  }
  expect(await day(end('2027-12-31'))).toEqual({ ...NOTHING, updated: 1 });
  expect(await left({})).toEqual([]);
});

/** Where the blocks of a sealed file begin. */
function* placesOfBlocks(bytes: Buffer): Generator<number> {
  for (let at = 24; at < bytes.length - 16; at += 4 + (bytes.readUInt32BE(at) & 0x7fff_ffff)) yield at;
}

async function blocksOf(file: string, section: string): Promise<number[]> {
  const kind: SealedKind = {
    magic: readFileSync(file).toString('latin1', 0, 8),
    what: '',
    damaged: () => {
      throw new Error('damaged');
    },
  };
  const reader = await openSealed(file, kind, createSeal(KEY).fileKey('rows'));
  if (reader === undefined) throw new Error('nothing is remembered');
  const { sections } = reader.index as { sections: Record<string, { blocks: number[] }> };
  await reader.close();
  return sections[section]?.blocks ?? [];
}

test('where a part of what is remembered is damaged, the rows that were in it and are gone are deleted, and no others', async () => {
  const last: string[][] = [];
  const { file, students, day, left } = await days({
    prepare: (rows, put) => {
      const [first] = rows;
      last.push(...rows.filter((row) => row.includes('student')).slice(0, 3));
      rows.splice(0, rows.length, ...without(last)(rows));
      // Rows that come to nothing, until a block is full; then the last ones.
      for (let n = rows.length; n < 16_384; n += 1) {
        const none = [...(first as string[])];
        put(none, 'sourcedId', `none-${n}`);
        put(none, 'role', 'guardian');
        rows.push(none);
      }
      rows.push(...last);
    },
  });
  expect(students.length).toBeGreaterThan(50);
  const blocks = await blocksOf(file, `records ${PLACES}`);
  expect(blocks).toHaveLength(2);
  const bytes = readFileSync(file);
  const at = [...placesOfBlocks(bytes)][blocks[1] as number] as number;
  bytes[at + 6]! ^= 0xff;
  writeFileSync(file, bytes);
  const gone = await day(without(last));
  expect(gone).toMatchObject({ created: 0, updated: 1, isWhole: true });
  expect(gone.deleted).toBeGreaterThanOrEqual(last.length);
  expect(gone.deleted).toBeLessThan(10);
  expect(await left({})).toEqual([]);
});

test('another setting, and another value for a code, reach rows that are as they were', async () => {
  const { bench, source, students, put, day, left } = await days();
  const [one = []] = students;
  await day((rows) => {
    put(one, 'endDate', '2027-04-04');
    return rows;
  });
  const settings = { studentId: 'identifier', sendDrops: 'delete' };
  const dropped = await day(() => undefined, { settings });
  expect(dropped.deleted).toBeGreaterThan(0);
  expect(await left({ settings })).toEqual([]);
  // Once more, since what was looked at on one day is parsed again on the next.
  await day(() => undefined, { settings });
  const { ledger, connectionId } = bench;
  const uri = 'uri://ed-fi.org/ClassroomPositionDescriptor#Assistant Teacher';
  for (const code of ['teacher', 'teacher primary=true', 'teacher primary=false']) {
    ledger.mapDescriptor(connectionId, 'ClassroomPositionDescriptor', code, uri);
  }
  const { resources } = await bench.sync(source, { settings });
  expect(resources.staffSectionAssociations?.updated).toBeGreaterThan(0);
  expect(await left({ settings })).toEqual([]);
});

test('two new rows of one name are refused, on the first day and on any other', async () => {
  for (const isFirst of [true, false]) {
    const bench = direct(await practice());
    const source = await district({ students: 20, clean: true });
    if (!isFirst) await bench.sync(source);
    const tables = readExport(source);
    const enrollments = table(tables, 'enrollments');
    for (const day of ['2027-05-01', '2027-05-02']) {
      const one = [...(enrollments.rows[3] as string[])];
      set(enrollments, one, 'sourcedId', 'new');
      set(enrollments, one, 'endDate', day);
      enrollments.rows.push(one);
    }
    writeExport(tables, source);
    const { length } = enrollments.rows;
    await expect(bench.sync(source)).rejects.toThrow(`rows ${length} and ${length + 1} have the same sourcedId`);
  }
});

test('a row that is there twice, where nothing of it is new, is refused wherever the other one stands', async () => {
  const bench = direct(await practice());
  const source = await district({ students: 15, clean: true });
  const tables = readExport(source);
  const enrollments = table(tables, 'enrollments');
  const { rows } = enrollments;
  // From the third day on whole groups of rows are passed over.
  for (const end of ['2027-05-01', '2027-05-02', '2027-05-03']) {
    set(enrollments, where(enrollments, { role: 'student' })[0] as string[], 'endDate', end);
    writeExport(tables, source);
    await bench.sync(source);
  }
  for (const [from, to] of [
    [40, 0],
    [40, 36],
    [40, 41],
    [100, rows.length],
  ] as const) {
    enrollments.rows = rows.toSpliced(to, 0, rows[from] as string[]);
    writeExport(tables, source);
    const [first, second] = to <= from ? [to, from + 1] : [from, to];
    await expect(bench.sync(source)).rejects.toThrow(`rows ${first + 2} and ${second + 2} have the same sourcedId`);
  }
});

test('the same bytes in another encoding are read again', async () => {
  const { bench, source, students } = await days({
    prepare: (rows, _put, tables) => {
      // One who is enrolled has a name beyond ASCII.
      const enrollments = table(tables, 'enrollments');
      const [one = []] = rows.filter((row) => get(enrollments, row, 'role') === 'student');
      const id = get(enrollments, one, 'userSourcedId');
      for (const { rows: all } of tables.values()) {
        for (const row of all) row.splice(0, row.length, ...row.map((value) => (value === id ? `${id}é` : value)));
      }
    },
  });
  // A byte that is no UTF-8, in a row that comes to nothing, and each é is two other letters.
  const enrollments = path.join(source, 'enrollments.csv');
  const odd = (students[0] ?? []).map((value, at) =>
    at === 0 ? 'odd-\xff' : value === 'student' ? 'guardian' : value,
  );
  const last = Buffer.from(
    `${odd
      .map((value) => `"${value}"`)
      .join(',')
      .replaceAll('é', '')}\n`,
    'latin1',
  );
  writeFileSync(enrollments, Buffer.concat([readFileSync(enrollments), last]));
  const { resources } = await bench.sync(source, { planOnly: true });
  expect(resources.studentSectionAssociations?.rejected).toBeGreaterThan(0);
});
