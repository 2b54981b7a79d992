/** How long something took is told by a clock that nobody puts right in between. */
import { expect, test } from 'vitest';
import type { Answer } from '../../core/edfi/answer.ts';
import { measured } from '../../core/sync/measure.ts';
import { direct } from './direct.ts';
import { district, practice } from './workbench.ts';

const DAY = 86_400_000;

test('a batch during which the clock jumps from day to day took as long as it took', async () => {
  const { sync, ledger, connectionId } = direct(await practice());
  let jumps = 0;
  let steps = 0;
  const result = await sync(await district(), {
    now: () => Date.now() + (jumps++ % 3) * DAY,
    elapsed: () => steps++,
  });
  expect(result.state).toBe('done');
  expect(result.seconds * 1000).toBeLessThan(steps);
  expect(result.plannedMs).toBeLessThan(steps);
  expect(result.answered.latency?.max).toBeLessThan(steps);
  const kept = JSON.parse(ledger.lastBatch(connectionId)?.summary ?? '{}') as { timings: Record<string, number> };
  for (const [name, value] of Object.entries(kept.timings)) {
    expect({ name, isOne: value >= 0 && value < steps }).toEqual({ name, isOne: true });
  }
});

test('answers are told by status, and how fast they came by the clock that is given', async () => {
  let at = 5;
  const answer = async (status: number, ms: number): Promise<Answer> => {
    await Promise.resolve();
    at += ms;
    return { status, text: '', attempts: 1, ms };
  };
  const { sender, answered } = measured(
    { post: () => answer(201, 40), put: () => answer(204, 40), remove: () => answer(409, 4_000) },
    () => at,
  );
  expect(answered()).toEqual({ statuses: [], latency: undefined });
  for (let i = 0; i < 19; i++) await sender.post('ed-fi/students', '{}');
  await sender.put('ed-fi/students', '1', '{}');
  await sender.remove('ed-fi/students', '1');
  const { statuses, latency } = answered();
  expect(statuses).toEqual([
    { status: 201, answers: 19 },
    { status: 204, answers: 1 },
    { status: 409, answers: 1 },
  ]);
  // Rounded up to a tenth of itself.
  expect(latency?.p50).toBeGreaterThanOrEqual(40);
  expect(latency?.p50).toBeLessThanOrEqual(44);
  expect(latency).toMatchObject({ p90: latency?.p50, p95: latency?.p50, p99: expect.any(Number), max: 4_000 });
  expect(latency?.p99).toBeGreaterThanOrEqual(4_000);
});
