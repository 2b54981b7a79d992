/** Cursor paging and partitions, which came with 7.3. */
import { describe, expect, test } from 'vitest';
import type { Generation } from '../../core/sandbox/generations.ts';
import { type Caller, callerOf, enrolment, practice, student } from './practice.ts';

/** Reads page by page until one is empty, from a token or from the start. */
async function readOn({ get }: Caller, resource: string, pageSize: number, from?: string): Promise<number[]> {
  const sizes: number[] = [];
  let token: string | null = from ?? null;
  for (;;) {
    const page = await get(`${resource}?pageSize=${pageSize}${token === null ? '' : `&pageToken=${token}`}`);
    expect(page.status).toBe(200);
    if (page.list.length === 0) {
      expect(page.headers.get('next-page-token')).toBeNull();
      return sizes;
    }
    sizes.push(page.list.length);
    token = page.headers.get('next-page-token');
    expect(token).not.toBeNull();
  }
}

describe('cursor paging', () => {
  test('goes on until a page is empty, whether or not the last was full', async () => {
    const caller = await practice();
    expect(await readOn(caller, 'schools', 150)).toEqual([150, 150, 100]);
    expect(await readOn(caller, 'schools', 200)).toEqual([200, 200]);
    expect(await readOn(caller, 'students', 100)).toEqual([]);
  });

  test('gives each item once, and holds while items are added and removed', async () => {
    const caller = await practice();
    for (let number = 1; number <= 6; number++) {
      await caller.make('students', student(String(number)));
      await caller.make('studentSchoolAssociations', enrolment(String(number)));
    }
    const first = await caller.get('studentSchoolAssociations?pageSize=4');
    await caller.remove('studentSchoolAssociations', String(first.list[0]?.id));
    await caller.make('students', student('7'));
    await caller.make('studentSchoolAssociations', enrolment('7'));
    const token = first.headers.get('next-page-token');
    const second = await caller.get(`studentSchoolAssociations?pageToken=${token}&pageSize=4`);
    expect([...first.list, ...second.list].map(({ studentReference }) => studentReference)).toMatchObject(
      [1, 2, 3, 4, 5, 6, 7].map((number) => ({ studentUniqueId: String(number) })),
    );
  });

  test('goes with filters, and with what the caller may see', async () => {
    const { sandbox } = await practice({ educationOrganizationIds: [255901, 31] });
    const caller = await callerOf(sandbox, '31');
    const district = await caller.get('schools?schoolId=255901002&pageSize=1');
    expect(district.list).toHaveLength(1);
    const token = String(district.headers.get('next-page-token'));
    expect((await caller.get(`schools?schoolId=255901002&pageSize=1&pageToken=${token}`)).list).toEqual([]);
    expect(await readOn(await callerOf(sandbox, '255901'), 'stateEducationAgencies', 5)).toEqual([]);
  });

  test('does not go with an offset, a limit or a total, nor with a token of its own making', async () => {
    const { get } = await practice();
    const token = (await get('schools?pageSize=1')).headers.get('next-page-token');
    for (const query of [
      `pageToken=${token}&offset=1`,
      `pageToken=${token}&limit=1`,
      'pageSize=5&offset=0',
      `pageToken=${token}&totalCount=true`,
      'pageToken=nonsense',
      'pageSize=501',
      'pageSize=x',
    ]) {
      const refused = await get(`schools?${query}`);
      expect([refused.status, refused.json.type], query).toEqual([
        400,
        'urn:ed-fi:api:bad-request:parameter-validation-failed',
      ]);
    }
    expect((await get('schools?limit=5')).headers.get('next-page-token')).toBeNull();
    expect((await get(`schools?pageToken=${token}`)).list).toHaveLength(25);
  });
});

describe('partitions', () => {
  test('are even, and hold together every item once', async () => {
    const caller = await practice();
    const parts = await caller.get('schools/partitions?number=3');
    const tokens = parts.json.pageTokens as string[];
    expect(tokens).toHaveLength(3);
    const sizes = await Promise.all(tokens.map((token) => readOn(caller, 'schools', 50, token)));
    const sums = sizes.map((list) => list.reduce((sum, size) => sum + size, 0));
    expect(sums).toEqual([134, 133, 133]);
    const ids = await Promise.all(
      tokens.map(async (token) => (await caller.get(`schools?pageToken=${token}&pageSize=500`)).list),
    );
    expect(new Set(ids.flat().map(({ id }) => id)).size).toBe(400);
  });

  test('are as many as make sense, and within limits', async () => {
    const { get } = await practice();
    expect((await get('schools/partitions')).json.pageTokens).toHaveLength(1);
    expect((await get('localEducationAgencies/partitions?number=5')).json.pageTokens).toHaveLength(1);
    expect((await get('students/partitions?number=5')).json).toEqual({ pageTokens: [] });
    expect((await get('schools/partitions?number=4&schoolId=255901002')).json.pageTokens).toHaveLength(1);
    for (const number of ['0', '201', 'x']) {
      expect((await get(`schools/partitions?number=${number}`)).status, number).toBe(400);
    }
    expect((await get('dragons/partitions')).status).toBe(404);
  });
});

test.each<[Generation]>([['5.3'], ['6.2'], ['7.1']])('%s has neither', async (generation) => {
  const { get } = await practice({ generation });
  const page = await get('schools?pageSize=5');
  expect([page.list.length, page.headers.get('next-page-token')]).toEqual([25, null]);
  expect((await get('schools/partitions?number=3')).status).toBe(404);
});
