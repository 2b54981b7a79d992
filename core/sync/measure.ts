/** What the API answered in a batch, and how fast: counts and times only, for the log. */
import type { Answer } from '../edfi/answer.ts';
import type { Sender } from './dispatch.ts';

export interface Answered {
  /** By HTTP status, the smallest first; 0 where there was no answer. */
  readonly statuses: readonly { readonly status: number; readonly answers: number }[];
  /** Milliseconds, rounded up to a tenth of themselves; undefined where nothing was sent. */
  readonly latency:
    | { readonly p50: number; readonly p90: number; readonly p95: number; readonly p99: number; readonly max: number }
    | undefined;
}

export interface Measure {
  readonly sender: Sender;
  answered(): Answered;
}

/** Each step is a tenth more than the one before: enough to tell a slow server, little enough to keep for millions. */
const STEP = Math.log(1.1);
const stepOf = (ms: number): number => (ms < 1 ? 0 : Math.ceil(Math.log(ms) / STEP) + 1);
const msOf = (step: number): number => (step === 0 ? 0 : Math.round(Math.exp((step - 1) * STEP)));

/** @param elapsed milliseconds of a steady clock, from whenever */
export function measured(sender: Sender, elapsed: () => number): Measure {
  const statuses = new Map<number, number>();
  const steps = new Map<number, number>();
  let total = 0;
  let max = 0;
  const timed = async (work: Promise<Answer>): Promise<Answer> => {
    const begun = elapsed();
    const answer = await work;
    const ms = elapsed() - begun;
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    steps.set(stepOf(ms), (steps.get(stepOf(ms)) ?? 0) + 1);
    total += 1;
    max = Math.max(max, ms);
    return answer;
  };
  const quantile = (share: number): number => {
    let seen = 0;
    for (const [step, count] of [...steps].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= total * share) return msOf(step);
    }
    return max;
  };
  return {
    sender: {
      post: (resource, body) => timed(sender.post(resource, body)),
      put: (resource, id, body) => timed(sender.put(resource, id, body)),
      remove: (resource, id) => timed(sender.remove(resource, id)),
    },
    answered: () => ({
      statuses: [...statuses].sort(([a], [b]) => a - b).map(([status, answers]) => ({ status, answers })),
      latency:
        total === 0
          ? undefined
          : { p50: quantile(0.5), p90: quantile(0.9), p95: quantile(0.95), p99: quantile(0.99), max },
    }),
  };
}
