/** What goes wrong on one day of a soak: of every kind that the practice API knows, each at the same share of requests. */
import type { FaultPlan, FaultRule } from '../../core/sandbox/faults/plan.ts';

const EVERYWHERE = ['data', 'token', 'metadata', 'other'] as const;
const DAY_SECONDS = 86_400;
/** Every so many days the server is down for a moment, by turns with an answer and without. */
const MAINTENANCE_EVERY = 6;
const SHORT_SECONDS = 0.4;

/**
 * @param share of the requests that each kind strikes: 0.01
 * @param lost of the requests, for each kind that takes effect and loses its answer
 * @returns the plan; the same day of the same seed gives the same faults to the same requests
 */
export function faultsOf(day: number, seed: number, share: number, lost: number): FaultPlan {
  const often = { share } as const;
  const afterwards = { share: lost } as const;
  const anywhere = { share, on: [...EVERYWHERE] };
  const rules: FaultRule[] = [
    { when: often, fault: { kind: 'latency', ms: 20, jitterMs: 30 } },
    { when: often, fault: { kind: 'capacity', concurrent: 1, ms: 5 } },
    { when: often, fault: { kind: 'status', status: 429 } },
    { when: { ...often, times: 1 }, fault: { kind: 'status', status: 429, retryAfter: { as: 'seconds', seconds: 1 } } },
    { when: often, fault: { kind: 'status', status: 503 } },
    { when: { ...often, times: 1 }, fault: { kind: 'status', status: 503, retryAfter: { as: 'date', seconds: 1 } } },
    { when: often, fault: { kind: 'conflict', as: 'multi-user-conflict' } },
    { when: often, fault: { kind: 'conflict', as: 'non-unique-values' } },
    { when: anywhere, fault: { kind: 'page', status: 500 } },
    { when: afterwards, fault: { kind: 'page', status: 500, moment: 'after' } },
    { when: anywhere, fault: { kind: 'page', status: 502 } },
    { when: afterwards, fault: { kind: 'page', status: 503, moment: 'after' } },
    { when: afterwards, fault: { kind: 'page', status: 504, moment: 'after' } },
    { when: anywhere, fault: { kind: 'drop', moment: 'before' } },
    { when: afterwards, fault: { kind: 'drop', moment: 'after' } },
    { when: { ...anywhere, share: lost }, fault: { kind: 'half' } },
    { when: often, fault: { kind: 'slow', bytesPerSecond: 4_000 } },
    // A day asks for one token or two: every third of them ends early.
    { when: { share: 1 / 3 }, fault: { kind: 'shortTokens', requests: 15 } },
    { when: { ...often, times: 2 }, fault: { kind: 'revoke' } },
    { when: often, fault: { kind: 'clock', seconds: day % 2 === 0 ? DAY_SECONDS : -DAY_SECONDS } },
  ];
  if (day % MAINTENANCE_EVERY === MAINTENANCE_EVERY - 1) {
    const how = Math.floor(day / MAINTENANCE_EVERY) % 2 === 0 ? 'answer' : 'closed';
    rules.push({ when: { after: 20 }, fault: { kind: 'maintenance', seconds: SHORT_SECONDS, how } });
  }
  return { seed: seed * 1_000 + day, rules };
}
