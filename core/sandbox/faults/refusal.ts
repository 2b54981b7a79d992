/** 429 and 503: when they are given, and what Retry-After they carry. */
import { Problem } from '../problems.ts';
import type { FaultOf } from './plan.ts';

type RetryAfter = NonNullable<FaultOf<'status'>['retryAfter']>;

/** A refusal that is decided on, before the clock by which it is written is known. */
export interface Refusal {
  readonly status: 429 | 503;
  readonly retryAfter: { readonly as: RetryAfter['as']; readonly seconds: number } | undefined;
}

export const refusal = (status: 429 | 503, retryAfter: RetryAfter | undefined, untold: number): Refusal => ({
  status,
  retryAfter: retryAfter && { as: retryAfter.as, seconds: retryAfter.seconds ?? untold },
});

function headerOf({ as, seconds }: NonNullable<Refusal['retryAfter']>, now: number): string {
  switch (as) {
    case 'seconds':
      return String(Math.ceil(seconds));
    case 'date':
      // Its resolution is a second: rounded down it would ask to come back too early.
      return new Date(Math.ceil(now / 1000 + seconds) * 1000).toUTCString();
  }
}

/** @param now what the server's clock says, in milliseconds since 1970 */
export function refusalProblem({ status, retryAfter }: Refusal, now: number): Problem {
  const told = retryAfter === undefined ? undefined : { 'Retry-After': headerOf(retryAfter, now) };
  // A date to come back at means nothing without the date it is now, by the same clock.
  const date = retryAfter?.as === 'date' ? { Date: new Date(now).toUTCString() } : {};
  const headers = told === undefined ? {} : { headers: { ...told, ...date } };
  switch (status) {
    case 429:
      return new Problem({
        status,
        type: 'too-many-requests',
        title: 'Too Many Requests',
        detail: 'The caller has sent too many requests in a short time.',
        ...headers,
      });
    case 503:
      return new Problem({
        status,
        type: 'service-unavailable',
        title: 'Service Unavailable',
        detail: 'The service cannot take requests at the moment.',
        ...headers,
      });
  }
}

/** Whether a rule strikes the request at hand, and that it did. */
export interface Strike {
  strikes(): boolean;
  struck(): void;
}

/** @returns how the request at hand is refused, or undefined where it is let through */
export type Refuser = (strike: Strike, seconds: number) => Refusal | undefined;

const DEFAULT_WAIT_SECONDS = 1;

/** What a rule with `status` does to the requests that it is about. */
export function createRefuser(fault: FaultOf<'status'>): Refuser {
  const { status, retryAfter, windowSeconds, perSecond, burst = 1 } = fault;
  if (perSecond !== undefined) {
    let tokens = burst;
    let filled = 0;
    return (strike, seconds) => {
      if (!strike.strikes()) return undefined;
      tokens = Math.min(burst, tokens + (seconds - filled) * perSecond);
      filled = seconds;
      if (tokens >= 1) {
        tokens -= 1;
        return undefined;
      }
      strike.struck();
      return refusal(status, retryAfter, (1 - tokens) / perSecond);
    };
  }
  if (windowSeconds !== undefined) {
    let until = 0;
    return (strike, seconds) => {
      if (seconds >= until && strike.strikes()) {
        // A window counts once, however many requests it refuses.
        strike.struck();
        until = seconds + windowSeconds;
      }
      return seconds < until ? refusal(status, retryAfter, until - seconds) : undefined;
    };
  }
  return (strike) => {
    if (!strike.strikes()) return undefined;
    strike.struck();
    return refusal(status, retryAfter, DEFAULT_WAIT_SECONDS);
  };
}
