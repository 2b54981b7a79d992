/** The practice API's hidden capacity: what fits is served at once, what does not stands in line, what is far too much is refused. */
import { describe, expect, test } from 'vitest';
import { createCapacity } from '../../core/sandbox/faults/capacity.ts';
import type { FaultOf } from '../../core/sandbox/faults/plan.ts';
import { parseFaults } from '../../core/sandbox/faults/plan.ts';
import { practice, SCHOOL } from './practice.ts';

const of = (fault: Omit<FaultOf<'capacity'>, 'kind'>) => {
  const capacity = createCapacity({ kind: 'capacity', ...fault });
  /** So many that come at once, `at` seconds after the start. */
  return (count: number, at: number, from = 1) =>
    Array.from({ length: count }, (_, index) => {
      const service = capacity.enter(from + index, at);
      return service.kind === 'served' ? Math.round(service.ms) : service.status;
    });
};

describe('a capacity', () => {
  test('serves so many at once, and the others after them, first come first served', () => {
    const enter = of({ concurrent: 3, ms: 100 });
    expect(enter(8, 0)).toEqual([100, 100, 100, 200, 200, 200, 300, 300]);
    // Half of the last are still to be done.
    expect(enter(2, 0.25)).toEqual([100, 150]);
    expect(enter(1, 10)).toEqual([100]);
  });

  test('carries no more with more under way, and less where it drags', () => {
    const closed = (drag: number, underWay: number): number => {
      const capacity = createCapacity({ kind: 'capacity', concurrent: 4, ms: 100, drag });
      const ends = Array.from({ length: underWay }, (_, index) => {
        const service = capacity.enter(index + 1, 0);
        return service.kind === 'served' ? service.ms : 0;
      });
      let done = 0;
      while (done < 400) {
        ends.sort((a, b) => a - b);
        const now = ends.shift() ?? 0;
        done += 1;
        const service = capacity.enter(underWay + done, now / 1000);
        ends.push(now + (service.kind === 'served' ? service.ms : 0));
      }
      return done / Math.min(...ends);
    };
    expect(closed(0, 4) / closed(0, 2)).toBeCloseTo(2, 1);
    expect(closed(0, 16) / closed(0, 4)).toBeCloseTo(1, 1);
    expect(closed(0.1, 8) / closed(0.1, 4)).toBeCloseTo(1 / 1.1, 1);
  });

  test('moves while it runs, for those that come after', () => {
    const enter = of({ concurrent: 1, ms: 100, moves: [{ concurrent: 4, afterRequests: 2 }] });
    expect(enter(2, 0)).toEqual([100, 200]);
    expect(enter(3, 0, 3)).toEqual([100, 100, 200]);
    const shrinks = of({ concurrent: 4, ms: 100, moves: [{ concurrent: 1, afterSeconds: 1 }] });
    expect(shrinks(4, 0.95)).toEqual([100, 100, 100, 100]);
    expect(shrinks(2, 1, 5)).toEqual([150, 250]);
  });

  test('refuses what is far too much, and everything for a while where it is told so', () => {
    expect(of({ concurrent: 2, ms: 100, refusal: { beyond: 2 } })(6, 0)).toEqual([100, 100, 200, 200, 429, 429]);
    const storm = of({ concurrent: 2, ms: 100, refusal: { beyond: 1, windowSeconds: 1 } });
    expect(storm(3, 0)).toEqual([100, 100, 429]);
    expect([...storm(1, 0.9), ...storm(1, 1.1)]).toEqual([429, 100]);
  });
});

test('over HTTP, with the Retry-After of the plan, and counted', async () => {
  const { sandbox, call } = await practice({
    faults: parseFaults({
      seed: 1,
      rules: [
        {
          when: { methods: ['POST'] },
          fault: {
            kind: 'capacity',
            concurrent: 2,
            ms: 60,
            refusal: { beyond: 1.5, retryAfter: { as: 'seconds', seconds: 7 } },
          },
        },
      ],
    }),
  });
  const replies = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      call('POST', '/data/v3/ed-fi/classPeriods', {
        classPeriodName: `P${index}`,
        schoolReference: { schoolId: SCHOOL },
      }),
    ),
  );
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every(({ headers }) => headers.get('retry-after') === '7')).toBe(true);
  expect(replies.filter(({ status }) => status === 201).length).toBe(8 - refused.length);
  expect(sandbox.faults.counts().capacity).toBeGreaterThanOrEqual(refused.length);
});
