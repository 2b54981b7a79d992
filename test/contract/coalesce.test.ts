import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AnyEvent } from '../../core/contract/bridge.ts';
import { createCoalescer, createEventQueue, DELIVERIES_PER_SECOND } from '../../core/contract/coalesce.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const progress = (done: number): AnyEvent => ({
  type: 'progress',
  phase: 'sending',
  done,
  perSecond: 0,
  connections: 1,
});
const notice = (code: string): AnyEvent => ({ type: 'notice', code, sentence: 'A sentence.' });

test('of progress only the newest waits; notices and plans all do, in their order', () => {
  const queue = createEventQueue();
  queue.push(progress(1));
  queue.push(notice('a'));
  queue.push({ type: 'plan', plan: { resources: [], guard: [] } });
  queue.push(progress(2));
  queue.push(notice('a'));
  queue.push(progress(3));
  expect(queue.take()).toEqual([
    notice('a'),
    { type: 'plan', plan: { resources: [], guard: [] } },
    notice('a'),
    progress(3),
  ]);
  expect(queue.take()).toEqual([]);
});

test('ten thousand events within a second come in at most eleven deliveries, and nothing that counts is lost', () => {
  const deliveries: (readonly AnyEvent[])[] = [];
  const coalescer = createCoalescer((events) => void deliveries.push(events));
  for (let ms = 0; ms < 1000; ms += 1) {
    for (let n = 0; n < 9; n += 1) coalescer.push(progress(ms));
    coalescer.push(notice(`n${ms}`));
    vi.advanceTimersByTime(1);
  }
  expect(deliveries.length).toBeLessThanOrEqual(DELIVERIES_PER_SECOND + 1);
  coalescer.close();
  const all = deliveries.flat();
  expect(all.flatMap((event) => (event.type === 'notice' ? [event.code] : []))).toEqual(
    Array.from({ length: 1000 }, (_, ms) => `n${ms}`),
  );
  expect(all.findLast((event) => event.type === 'progress')).toEqual(progress(999));
  coalescer.push(notice('late'));
  vi.advanceTimersByTime(1000);
  expect(deliveries.flat()).toHaveLength(all.length);
});

test('a single event does not wait', () => {
  const deliver = vi.fn();
  createCoalescer(deliver).push(notice('now'));
  expect(deliver).toHaveBeenCalledOnce();
});
