/** What a batch sends, and how it accounts for it, on clean days. */
import { expect, test } from 'vitest';
import { apply, type EditKind } from './edits.ts';
import { copyExport, readExport, writeExport } from './export.ts';
import { bench, district, expectAccount, newFolder, practice } from './workbench.ts';

test.each(['1.1', '1.2'] as const)(
  'two clean days of OneRoster %s: one request for each change, and no more',
  async (version) => {
    const api = await practice();
    const { sync } = await bench(api);
    const first = await sync(await district({ version }));
    expectAccount(first);
    expect(first.account).toMatchObject({ updated: 0, deleted: 0, unchanged: 0, rejected: 0, held: 0, failed: 0 });
    expect(first.requests).toMatchObject({ POST: first.account.created, PUT: 0, DELETE: 0, token: 1, retries: 0 });

    const second = await sync(await district({ version, day: 2 }));
    expectAccount(second);
    const { created, updated, deleted, unchanged, ...rest } = second.account;
    expect(rest).toMatchObject({ rejected: 0, held: 0, failed: 0 });
    expect(created * updated * deleted).toBeGreaterThan(0);
    expect(unchanged).toBeGreaterThan(created + updated + deleted);
    const { POST, PUT, DELETE, token } = second.requests;
    expect({ writes: POST + PUT + DELETE, DELETE, token }).toEqual({
      writes: created + updated + deleted,
      DELETE: deleted,
      token: 1,
    });
    // Everything else is kept from the first day: the API is asked what it is, and nothing more.
    expect(second.requests.GET).toBe(1);
  },
);

test('reads of the API do not grow with the district', async () => {
  const gets = await Promise.all(
    [20, 60].map(async (students) => {
      const { sync } = await bench(await practice());
      const { requests, resources } = await sync(await district({ students, seed: 3 }));
      // Each school that is matched is looked up once.
      return requests.GET - (resources.schools?.read ?? 0);
    }),
  );
  expect(gets[0]).toBe(gets[1]);
});

/** Sends a clean district, then the same after one edit. */
async function after(kind: EditKind, pick: number) {
  const folder = newFolder();
  const source = await district();
  const api = await practice();
  const { sync } = await bench(api);
  const first = await sync(source);
  const tables = copyExport(readExport(source));
  apply(tables, [{ kind, pick }]);
  const second = await sync(writeExport(tables, `${folder}/next`));
  expectAccount(second);
  return { first, second };
}

test('rows in another order change nothing', async () => {
  const { first, second } = await after('rows-shuffled', 11);
  expect(second.account).toMatchObject({ created: 0, updated: 0, deleted: 0, unchanged: first.account.created });
});

test('a corrected name is one update of one student', async () => {
  const { second } = await after('student-renamed', 5);
  expect(second.requests).toMatchObject({ POST: 0, PUT: 1, DELETE: 0 });
  expect(second.resources.students).toMatchObject({ updated: 1, created: 0, deleted: 0 });
});
