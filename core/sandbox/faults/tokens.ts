/** Tokens that die before their time. */
import type { ApiRequest, ApiResponse } from '../exchange.ts';
import type { FaultOf } from './plan.ts';

interface Mortal {
  /** On the clock of the weather. */
  readonly until: number;
  /** Data requests that are left to it. */
  requests: number;
}

export interface ShortTokens {
  /** The answer to a request for a token: the token in it, if there is one, will not live long. */
  doom(response: ApiResponse, fault: FaultOf<'shortTokens'>, seconds: number): void;
  /** Whether the token of this data request has died by now; asked once for each request. */
  dies(request: ApiRequest, seconds: number): string | undefined;
}

const tokenIn = ({ status, body }: ApiResponse): string | undefined => {
  if (status !== 200 || body === undefined) return undefined;
  const parsed: unknown = JSON.parse(body);
  return typeof parsed === 'object' && parsed !== null && 'access_token' in parsed
    ? String(parsed.access_token)
    : undefined;
};

export function createShortTokens(): ShortTokens {
  const mortals = new Map<string, Mortal>();
  return {
    doom: (response, { seconds = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY }, now) => {
      const token = tokenIn(response);
      if (token !== undefined) mortals.set(token, { until: now + seconds, requests });
    },
    dies: ({ headers }, now) => {
      const token = headers.authorization?.replace(/^Bearer +/i, '').trim();
      const mortal = token === undefined ? undefined : mortals.get(token);
      if (token === undefined || mortal === undefined) return undefined;
      mortal.requests -= 1;
      if (mortal.requests >= 0 && now < mortal.until) return undefined;
      mortals.delete(token);
      return token;
    },
  };
}
