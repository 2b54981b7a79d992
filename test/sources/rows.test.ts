import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { openSource } from '../../core/sources/oneroster/open.ts';
import { overlayDelta } from '../../core/sources/overlay.ts';
import { readRows, rowKey, type SourceRow } from '../../core/sources/rows.ts';
import { openSnapshot, saveSnapshot } from '../../core/sources/snapshot.ts';
import type { Source } from '../../core/sources/types.ts';
import {
  export11,
  export12,
  type Files,
  manifest,
  newFolder,
  refusal,
  removeFolders,
  writeFolder,
  writeZip,
} from './exports.ts';

afterEach(removeFolders);

const WHEN = '2026-10-06T00:00:00Z';
const key = Buffer.alloc(32, 7);

const at = (file: string, row: number) => ({ file, row });

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A row's values that are not blank, by column. */
function values(row: SourceRow | undefined): Record<string, string> | undefined {
  return row && Object.fromEntries(row.cells.flatMap(({ column, value }) => (value === '' ? [] : [[column, value]])));
}

/** Counts the batches of each table that are asked of a source. */
function watched(source: Source): { readonly source: Source; readonly batches: Map<string, number> } {
  const batches = new Map<string, number>();
  const read: Source['read'] = async function* (table, columns, signal) {
    batches.set(table, batches.get(table) ?? 0);
    for await (const batch of source.read(table, columns, signal)) {
      batches.set(table, batches.get(table)! + 1);
      yield batch;
    }
  };
  return { source: { ...source, read }, batches };
}

function manyEnrollments(count: number): Files {
  const rows = Array.from({ length: count }, (_, n) => `x${n},,,c1,o2,"u,${n}",student,false,2026-08-17,`);
  return { ...export12(), 'enrollments.csv': `${String(export12()['enrollments.csv'])}${rows.join('\n')}\n` };
}

/** A delta of users only, on the day that the manifest does not tell. */
function deltaOfUsers(...rows: string[]): Files {
  const header = String(export12()['users.csv']).split('\n')[0]!;
  return { 'manifest.csv': manifest('1.2', { users: 'delta' }), 'users.csv': [header, ...rows, ''].join('\n') };
}

const user = (id: string, status: string, name: string): string => `${id},${status},${WHEN},true,,,${name},X,,,,,,,o2`;

describe('rows of a source', () => {
  it.each([
    ['a folder', writeFolder],
    ['a zip', (files: Files) => writeZip(files)],
  ])('of %s come with every column as it stands in the file', async (_kind, write) => {
    const files = export12();
    files['users.csv'] = `${String(files['users.csv'])}u3,,,true,,, Zoë ,"O'Neil, ""Z""\nJr",,007,,,secret-3,,o2\n`;
    const source = await openSource(await write(files));
    const rows = await readRows(source, [at('users.csv', 4), at('orgs.csv', 3), at('users.csv', 4)]);
    expect([...rows.keys()].sort()).toEqual([rowKey(at('orgs.csv', 3)), rowKey(at('users.csv', 4))]);
    const found = rows.get('users.csv\n4')!;
    expect([found.table, found.file, found.row]).toEqual(['users', 'users.csv', 4]);
    expect(found.cells.map(({ column }) => column)).toEqual(source.tables.get('users')!.columns);
    expect(found.cells).toContainEqual({ column: 'middleName', value: '' });
    expect(values(found)).toEqual({
      sourcedId: 'u3',
      enabledUser: 'true',
      givenName: ' Zoë ',
      familyName: 'O\'Neil, "Z"\nJr',
      identifier: '007',
      primaryOrgSourcedId: 'o2',
    });
    expect(values(rows.get('orgs.csv\n3'))).toMatchObject({ sourcedId: 'o2', name: 'School' });
    await source.close();
  });

  it('that are not there, or are of no file of the source, are absent', async () => {
    const source = await openSource(await writeFolder(export12()));
    const rows = await readRows(source, [
      at('users.csv', 1),
      at('users.csv', 99),
      at('users.csv of the last export', 2),
      at('elsewhere.csv', 2),
      at('demographics.csv', 2),
    ]);
    expect([...rows.keys()]).toEqual(['demographics.csv\n2']);
  });

  it('of OneRoster 1.1 are those of users.csv, not the roles that are made of it', async () => {
    const source = await openSource(await writeFolder(export11()));
    const { source: seen, batches } = watched(source);
    const rows = await readRows(seen, [at('users.csv', 3)]);
    expect(values(rows.get('users.csv\n3'))).toMatchObject({ orgSourcedIds: 'o2, o3,o2', givenName: 'Bob' });
    expect([...batches.keys()]).toEqual(['users']);
  });

  it('are read from the tables that have them only, and no further than the last of them', async () => {
    const source = await openSource(await writeFolder(manyEnrollments(120_000)));
    const early = watched(source);
    const rows = await readRows(early.source, [at('enrollments.csv', 3), at('enrollments.csv', 2)]);
    expect(rows.size).toBe(2);
    expect([...early.batches]).toEqual([['enrollments', 1]]);
    const late = watched(source);
    expect((await readRows(late.source, [at('enrollments.csv', 120_003)])).size).toBe(1);
    expect(late.batches.get('enrollments')).toBeGreaterThan(5);
    const none = watched(source);
    expect((await readRows(none.source, [])).size).toBe(0);
    expect(none.batches.size).toBe(0);
  });

  it('keep no more than themselves', async () => {
    const long = 'x'.repeat(2_000);
    const count = 20_000;
    const lines = Array.from({ length: count }, (_, n) => `u${n + 3},,,true,,,${long},X,,${n},,,,,o2`);
    const files = export12();
    files['users.csv'] = `${String(files['users.csv'])}${lines.join('\n')}\n`;
    const source = await openSource(await writeFolder(files));
    // One in every hundred rows: had they kept the chunks they were cut out of, all 40 MB would stay.
    const places = Array.from({ length: count / 100 }, (_, n) => at('users.csv', n * 100 + 50));
    collect();
    const before = process.memoryUsage().heapUsed;
    const rows = await readRows(source, places);
    collect();
    const kept = process.memoryUsage().heapUsed - before;
    expect(rows.size).toBe(places.length);
    expect(kept).toBeLessThan(6_000_000);
  });

  it('under a delta are told apart from those it brings, though their numbers are the same', async () => {
    const copy = join(await newFolder(), 'copy');
    const base = await openSource(await writeFolder(export12()));
    await saveSnapshot(base, copy, { key });
    const delta = await openSource(await writeFolder(deltaOfUsers(user('u3', 'active', 'Cleo'))));
    const today = overlayDelta(await openSnapshot(copy, key), delta);
    const rows = await readRows(today, [
      at('users.csv', 2),
      at('users.csv of the last export', 2),
      at('orgs.csv of the last export', 2),
      at('orgs.csv', 2),
    ]);
    expect([...rows].map(([place, row]) => [place, values(row)!.givenName ?? values(row)!.name])).toEqual([
      ['users.csv of the last export\n2', 'Ada'],
      ['users.csv\n2', 'Cleo'],
      ['orgs.csv of the last export\n2', 'District'],
    ]);
    await today.close();
  });

  it('are at the same place in the sealed copy, however many deltas it was made of', async () => {
    const copy = join(await newFolder(), 'copy');
    await saveSnapshot(await openSource(await writeFolder(export12())), copy, { key });
    const names = async (source: Source, places: readonly ReturnType<typeof at>[]): Promise<Record<string, string>> => {
      const rows = await readRows(source, places);
      return Object.fromEntries([...rows].map(([place, row]) => [place.replace('\n', ' '), values(row)!.givenName!]));
    };
    const bulk = await openSnapshot(copy, key, 'itself');
    expect(await names(bulk, [at('users.csv', 2), at('users.csv', 3)])).toEqual({
      'users.csv 2': 'Ada',
      'users.csv 3': 'Bob',
    });
    await bulk.close();
    // Every day one user more, always in row 2 of its file.
    for (const [id, name] of [
      ['u3', 'Cleo'],
      ['u4', 'Dai'],
      ['u5', 'Eli'],
    ] as const) {
      const delta = await openSource(await writeFolder(deltaOfUsers(user(id, 'active', name))));
      const today = overlayDelta(await openSnapshot(copy, key), delta);
      await saveSnapshot(today, copy, { key });
      await today.close();
    }
    const places = [
      at('users.csv', 2),
      at('users.csv of the last export', 2),
      at('users.csv of 2 exports ago', 2),
      at('users.csv of 3 exports ago', 2),
      at('users.csv of 3 exports ago', 3),
      at('users.csv', 3),
    ];
    const expected = {
      'users.csv 2': 'Eli',
      'users.csv of the last export 2': 'Dai',
      'users.csv of 2 exports ago 2': 'Cleo',
      'users.csv of 3 exports ago 2': 'Ada',
      'users.csv of 3 exports ago 3': 'Bob',
    };
    const last = await openSnapshot(copy, key, 'itself');
    expect(await names(last, places)).toEqual(expected);
    await last.close();
    const tomorrow = await openSnapshot(copy, key);
    expect(await names(tomorrow, [at('users.csv of the last export', 2), at('users.csv of 4 exports ago', 2)])).toEqual(
      {
        'users.csv of the last export 2': 'Eli',
        'users.csv of 4 exports ago 2': 'Ada',
      },
    );
    await tomorrow.close();
  });

  it('of a file that is damaged before them get the reader’s sentence; a stopped reading stops', async () => {
    const files = export12();
    files['users.csv'] = `${String(files['users.csv'])}u9,too,short\n${'u8,,,true,,,A,B,,,,,,,o2\n'}`;
    const source = await openSource(await writeFolder(files));
    expect((await readRows(source, [at('users.csv', 9)]).catch((thrown: Error) => thrown.message)) as string).toMatch(
      /users\.csv, row 4: 3 values/,
    );
    const stopped = new AbortController();
    stopped.abort();
    expect(await refusal(() => readRows(source, [at('orgs.csv', 2)], stopped.signal), 'cancelled')).toMatch(/stopped/);
  });
});
