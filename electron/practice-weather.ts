/** What each weather of the practice API is, as a fault plan: rough, and still such that a batch comes through. */
import type { PracticeWeather } from '../core/contract/host.ts';
import type { FaultPlan, FaultRule } from '../core/sandbox/faults/plan.ts';

const rules = (weather: Exclude<PracticeWeather, 'calm'>): readonly FaultRule[] => {
  switch (weather) {
    case 'expired-tokens':
      return [{ fault: { kind: 'shortTokens', requests: 200 } }];
    case 'slow-down':
      return [
        { fault: { kind: 'status', status: 429, perSecond: 150, burst: 50, retryAfter: { as: 'seconds' } } },
        {
          when: { every: 1500 },
          fault: { kind: 'status', status: 503, windowSeconds: 2, retryAfter: { as: 'seconds' } },
        },
      ];
    case 'dropped-before':
      return [{ when: { share: 0.03 }, fault: { kind: 'drop', moment: 'before' } }];
    case 'dropped-after':
      return [{ when: { share: 0.03 }, fault: { kind: 'drop', moment: 'after' } }];
  }
};

/** @returns undefined where nothing goes wrong */
export const planOf = (weather: PracticeWeather): FaultPlan | undefined =>
  weather === 'calm' ? undefined : { seed: 1, rules: rules(weather) };
