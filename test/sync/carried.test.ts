/** Who has an item that the API carried on to a key that two records meet at, in whatever order their answers come. */
import { expect, test } from 'vitest';
import type { Answer } from '../../core/edfi/answer.ts';
import { createCarried } from '../../core/sync/carried.ts';

const answer = (status: number): Answer => ({ status, text: '', attempts: 1, ms: 0 });

test('an item that nobody moves is had by the record that found it, and no PUT goes to it any more', async () => {
  const carried = createCarried(['shared']);
  expect([carried.isFound('shared'), carried.isFound('one')]).toEqual([true, false]);
  expect(await carried.find('one')).toBe(false);
  expect(carried.isFound('one')).toBe(true);
});

test.each([
  ['204', true, () => Promise.resolve(answer(204))],
  ['409', false, () => Promise.resolve(answer(409))],
  ['no answer', true, () => Promise.reject(new Error('nobody'))],
])('a PUT that was under way ends in %s: has the item gone? %s', async (_, isGone, ends) => {
  const carried = createCarried([]);
  let go: () => void = () => undefined;
  const put = carried.move('one', () => new Promise<void>((resolve) => (go = resolve)).then(ends));
  const told = put.catch(() => 'failed');
  let known: boolean | undefined;
  const found = carried.find('one').then((is) => (known = is));
  await Promise.resolve();
  expect(known).toBeUndefined();
  go();
  await told;
  expect(await found).toBe(isGone);
  // One that was over before the answer came, too.
  expect(await carried.find('one')).toBe(isGone);
});
