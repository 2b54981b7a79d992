/** A ledger that is older than what was sent last: the API's content counts, and what may not be read holds up nothing. */
import { expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import { Failure } from '../../core/errors/failure.ts';
import { direct } from './direct.ts';
import { startProxy } from './proxy.ts';
import { type ReadingBack, readingBack, sum } from './reading-back.ts';
import { district, practice } from './workbench.ts';

const STUDENTS = 'ed-fi/students';

async function sent(students = 20) {
  const source = await district({ students });
  const api = await practice();
  const proxy = await startProxy(api);
  const here = direct(proxy);
  await here.sync(source);
  proxy.writes.length = 0;
  return { source, api, proxy, here, reading: await readingBack(proxy, here) };
}

/** Changes the last name of so many students, as somebody else would. */
async function rename({ client }: ReadingBack, count: number): Promise<void> {
  const { items } = await client.page(STUDENTS, { limit: count, offset: 0 });
  for (const { id, body } of items) {
    const { id: _id, ...rest } = body as JsonObject;
    const { status } = await client.put(STUDENTS, id, JSON.stringify({ ...rest, lastSurname: 'Other' }));
    expect(status).toBe(204);
  }
}

test('what the API has otherwise is what the ledger has from then on: the source is sent over it', async () => {
  const { source, api, proxy, here, reading } = await sent();
  const before = api.read(STUDENTS).map(({ body }) => body);
  await rename(reading, 2);
  proxy.writes.length = 0;
  // As long as the ledger is the newer one, it says what was sent.
  await reading.adopt();
  expect((await here.sync(source, { approve: false })).account).toMatchObject({ updated: 0 });
  const adopted = await reading.adopt({ content: 'api' });
  expect(adopted[STUDENTS]).toMatchObject({ known: 20, adopted: 0, forgotten: 0 });
  const result = await here.sync(source, { approve: false });
  expect(result.account).toMatchObject({ created: 0, updated: 2, deleted: 0 });
  expect(proxy.writes.map(({ method, resource }) => `${method} ${resource}`)).toEqual([
    `PUT ${STUDENTS}`,
    `PUT ${STUDENTS}`,
  ]);
  expect(api.read(STUDENTS).map(({ body }) => body)).toEqual(before);
});

test('an API that writes most of it in its own way is not sent all of it again', async () => {
  const { source, proxy, here, reading } = await sent(40);
  await rename(reading, 40);
  proxy.writes.length = 0;
  await reading.adopt({ content: 'api' });
  expect((await here.sync(source, { approve: false })).account).toMatchObject({ created: 0, updated: 0, deleted: 0 });
  expect(proxy.writes).toEqual([]);
});

test('a resource that the key may not read keeps what the ledger knows, and the others are read', async () => {
  const { source, proxy, here, reading } = await sent();
  await rename(reading, 1);
  proxy.writes.length = 0;
  const { client } = reading;
  const blind: typeof client = {
    ...client,
    page: async (resource, request) => {
      if (resource !== 'ed-fi/staffs') return client.page(resource, request);
      throw new Failure('api-unusable', 'The key is not allowed to read it.', { reason: 'not-authorized' });
    },
  };
  await expect(reading.adopt({ client: blind })).rejects.toMatchObject({ code: 'api-unusable' });
  const adopted = await reading.adopt({ client: blind, content: 'api' });
  expect(adopted['ed-fi/staffs']).toMatchObject({ api: 0, forgotten: 0 });
  expect(sum(adopted, 'known')).toBeGreaterThan(20);
  expect((await here.sync(source, { approve: false })).account).toMatchObject({ created: 0, updated: 1, deleted: 0 });
});
