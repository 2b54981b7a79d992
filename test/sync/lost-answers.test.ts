/** Answers that are lost after the API took a record: it is sent again, and ends as it should, in the same batch. */
import { expect, test } from 'vitest';
import { direct } from './direct.ts';
import { problem, startProxy } from './proxy.ts';
import { district, expectAccount, practice } from './workbench.ts';

test.each([1, 2])('a quarter of all answers to writes are lost (seed %i)', async (seed) => {
  const api = await practice({ control: true });
  api.faults.set({
    seed,
    rules: [{ when: { methods: ['POST'], share: 0.25 }, fault: { kind: 'drop', moment: 'after' } }],
  });
  const { sync } = direct(api, { attempts: 5 });
  const result = await sync(await district({ students: 30 }), { patienceMs: 30_000, concurrency: 16 });
  expectAccount(result);
  expect(result).toMatchObject({ state: 'done', left: 0 });
  expect(result.account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
  expect(api.faults.counts().drop).toBeGreaterThan(100);
  expect(api.writes().every(({ created }) => created === 1)).toBe(true);
});

test('a contact that is refused until its link is there goes again after the link, even where that needs a second try', async () => {
  const api = await practice({ control: true });
  const proxy = await startProxy(api);
  // The first answer to each contact is lost, and the first try of each link fails for a reason of the server's own.
  api.faults.set({
    seed: 1,
    rules: [{ when: { resources: ['ed-fi/contacts'], to: 6 }, fault: { kind: 'drop', moment: 'after' } }],
  });
  const fumbled = new Set<string>();
  proxy.answer = ({ method, resource, body }) => {
    if (method !== 'POST' || resource !== 'ed-fi/studentContactAssociations') return undefined;
    const key = JSON.stringify(body);
    if (fumbled.has(key)) return undefined;
    fumbled.add(key);
    return problem(500, 'system');
  };
  const { sync } = direct(proxy, { attempts: 1 });
  const result = await sync(await district(), { patienceMs: 30_000 });
  expectAccount(result);
  expect(result).toMatchObject({ state: 'done', left: 0 });
  expect(result.account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
  expect(fumbled.size).toBeGreaterThan(5);
  // Nothing was made twice, and no more was sent than that.
  expect(api.writes().every(({ created }) => created === 1)).toBe(true);
});
