import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Failure, isFailure } from '../../core/errors/failure.ts';
import { loadFaults, parseFaults } from '../../core/sandbox/faults/plan.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import { folder } from './practice.ts';

const rule = (fault: unknown, when?: unknown): unknown => ({
  seed: 1,
  rules: [{ fault, ...(when === undefined ? {} : { when }) }],
});

function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (thrown) {
    if (isFailure(thrown)) return thrown;
    throw thrown;
  }
  throw new Error('it should have failed');
}

test('a plan with every kind of fault and every condition is taken', () => {
  const plan = {
    seed: -7,
    rules: [
      { fault: { kind: 'latency', ms: 20, jitterMs: 5, distribution: 'exponential' }, when: { share: 0.5, every: 2 } },
      { fault: { kind: 'capacity', concurrent: 8, ms: 20, moves: [{ concurrent: 2, afterRequests: 100 }] } },
      { fault: { kind: 'status', status: 429, retryAfter: { as: 'date', seconds: 2 }, perSecond: 40, burst: 10 } },
      { fault: { kind: 'status', status: 503, windowSeconds: 3 }, when: { fromSeconds: 1, toSeconds: 9, times: 2 } },
      { fault: { kind: 'conflict', as: 'multi-user-conflict' } },
      { fault: { kind: 'page', status: 502, moment: 'after' }, when: { from: 3, to: 9, methods: ['POST'] } },
      { fault: { kind: 'drop', moment: 'before' }, when: { resources: ['ed-fi/students', 'tx/buses'] } },
      { fault: { kind: 'half' }, when: { after: 4 } },
      { fault: { kind: 'slow', bytesPerSecond: 100 }, when: { on: ['metadata', 'other'] } },
      { fault: { kind: 'shortTokens', requests: 100 } },
      { fault: { kind: 'revoke' }, when: { fromSeconds: 2 } },
      { fault: { kind: 'maintenance', seconds: 2, how: 'closed' } },
      { fault: { kind: 'clock', seconds: -300 } },
    ],
  };
  expect(parseFaults(plan)).toEqual(plan);
});

test.each([
  ['a plan that is none', [], 'the top level has to be of type object'],
  ['no seed', { rules: [] }, 'seed is missing'],
  ['an unknown property of the plan', { seed: 1, rules: [], speed: 2 }, '"speed"'],
  [
    'an unknown property of a fault',
    rule({ kind: 'latency', ms: 1, jiter: 2 }),
    'rules › no. 1 › fault has a property "jiter"',
  ],
  [
    'an unknown property of a condition',
    rule({ kind: 'half' }, { shares: 0.5 }),
    'rules › no. 1 › when has a property "shares"',
  ],
  ['an unknown kind', rule({ kind: 'rain' }), 'fault › kind has to be one of "latency"'],
  ['a conflict that is none', rule({ kind: 'conflict', as: 'war' }), 'as has to be one of "non-unique-values"'],
  ['a status that is not offered', rule({ kind: 'status', status: 418 }), 'status has to be one of 429, 503'],
  ['a share above 1', rule({ kind: 'half' }, { share: 2 }), 'share has to be at most 1'],
  ['no methods', rule({ kind: 'half' }, { methods: [] }), 'methods has to be a list of at least 1'],
  ['a request 0', rule({ kind: 'half' }, { from: 0 }), 'from has to be at least 1'],
  ['a resource without its namespace', rule({ kind: 'half' }, { resources: ['students'] }), '"ed-fi/students"'],
  ['after and from', rule({ kind: 'half' }, { after: 1, from: 2 }), 'both "after" and "from"'],
  ['an end before the beginning', rule({ kind: 'half' }, { after: 5, to: 5 }), 'ends before it begins'],
  ['a window and a rate', rule({ kind: 'status', status: 429, windowSeconds: 1, perSecond: 1 }), 'keep one'],
  ['a burst without a rate', rule({ kind: 'status', status: 429, burst: 1 }), '"burst" without "perSecond"'],
  ['a token life of no length', rule({ kind: 'shortTokens' }), 'either "seconds" or "requests"'],
  ['a move without a moment', rule({ kind: 'capacity', concurrent: 1, ms: 1, moves: [{ concurrent: 2 }] }), 'a move'],
])('%s is refused in one sentence', (_, plan, expected) => {
  const failure = failureOf(() => parseFaults(plan));
  expect(failure.code).toBe('usage');
  expect(failure.message).toContain(expected);
  expect(failure.message).toMatch(/^In the fault plan, [^\n]*[^.]\.$/);
});

test('a practice API does not start with a plan that is none', async () => {
  const plan = rule({ kind: 'rain' });
  await expect(startSandbox({ faults: plan as never })).rejects.toMatchObject({ name: 'Failure', code: 'usage' });
});

test('a plan is read from a file, and a file that is none is refused by its name', () => {
  const place = folder();
  const write = (name: string, text: string): string => {
    writeFileSync(join(place, name), text);
    return join(place, name);
  };
  expect(loadFaults(write('good.json', '\ufeff{"seed":1,"rules":[]}'))).toEqual({ seed: 1, rules: [] });
  for (const [file, expected] of [
    [write('wrong.json', '{"seed":1}'), 'In the fault plan wrong.json, rules is missing; add it.'],
    [write('broken.json', '{'), 'The fault plan broken.json is not JSON'],
    [join(place, 'absent.json'), 'The fault plan absent.json cannot be read'],
  ] as const) {
    expect(failureOf(() => loadFaults(file)).message).toContain(expected);
  }
});
