import { Failure } from '../errors/failure.ts';
import { type Attempt, howOf, kindOf } from './attempt.ts';
import { hostOf } from './documents.ts';
import type { Http, Method, Reply, Sent } from './http.ts';
import { looksLikeWebPage } from './json.ts';
import type { Limiter } from './limiter.ts';
import type { ResourceName } from './model.ts';
import { answerOf, cancelled, type RetryTools, withRetries } from './retry.ts';
import type { Tokens } from './token.ts';

export interface CallTools extends Omit<RetryTools, 'host'> {
  readonly http: Http;
  readonly limiter: Limiter;
  readonly tokens: Tokens;
  /** Told of each request once it is over. */
  readonly onAttempt: (attempt: Attempt) => void;
}

export interface Call {
  readonly method: Method;
  readonly url: string;
  /** The resource it is about, where it is about one. */
  readonly resource?: ResourceName;
  /** The body, or how to write it with the token that is sent along. */
  readonly body?: string | ((token: string) => string);
  /** `application/json` unless told. */
  readonly contentType?: string;
}

/** The API's answer, and how it came about. */
export interface Called {
  readonly reply: Reply;
  readonly attempts: number;
  readonly retryAfterMs?: number;
  /** An earlier attempt may have had its effect. */
  readonly repeated: boolean;
}

export type Caller = (call: Call) => Promise<Called>;

/** A page or a redirect with a status that says success would otherwise count as a record that was saved. */
const orWebPage = (sent: Sent): Sent => {
  if (sent.kind === 'lost' || sent.status < 200 || sent.status > 399 || sent.status === 304) return sent;
  const portal = sent.status >= 300 || looksLikeWebPage(sent.header('content-type'), sent.text);
  return portal ? { kind: 'lost', trouble: 'web-page', sent: true, ms: sent.ms } : sent;
};

const refusedTwice = (host: string): Failure =>
  new Failure(
    'credentials-refused',
    `${host} signs this key in, but then refuses the token it gave (HTTP 401): ask the API's host whether the key is active and belongs to this API and school year.`,
    { host, reason: 'token-refused', status: 401 },
  );

/** How many tokens in a row may end under one call. */
const MOST_RENEWALS = 8;
/** Time for what gave a token out to tell the rest of its host of it. */
const BEFORE_LAST_RENEWAL_MS = 2000;

/** A gateway may answer 429 or 5xx without having looked at the token. */
const showsAcceptance = (status: number): boolean => status < 500 && status !== 429;

/**
 * Makes one call with the client's token, when its turn has come: waits at the gate, renews the token where it is
 * refused, repeats what can be repeated. Gives the API's answer, refusals included. Throws a Failure only where there
 * is no answer (api-unreachable), the key is refused (credentials-refused), or the client was stopped (cancelled).
 */
export const createCaller =
  (tools: CallTools): Caller =>
  async ({ method, url, resource = '', body, contentType }) => {
    const { http, limiter, tokens, settings, onAttempt } = tools;
    const host = hostOf(url);
    let attempts = 0;
    const sendWith = async (token: string): Promise<Sent> => {
      const again = attempts > 0;
      attempts += 1;
      const headers: Record<string, string> = { Accept: 'application/json', Authorization: `Bearer ${token}` };
      if (body !== undefined) headers['Content-Type'] = contentType ?? 'application/json';
      const content = body === undefined ? {} : { body: typeof body === 'string' ? body : body(token) };
      const { active } = limiter;
      const begun = performance.now();
      const sent = await http.send({ method, url, headers, ...content }, 'data', again);
      const ms = performance.now() - begun;
      onAttempt({ begun, ms, active, kind: kindOf(method, resource, sent), how: howOf(sent) });
      return sent;
    };
    const attempt = async (): Promise<Sent> => {
      let refusedNew = 0;
      for (let renewals = 0; ; renewals++) {
        const token = await tokens.current();
        // The token may have been long in coming, and a stop must hold even then.
        if (settings.signal?.aborted) throw cancelled();
        const sent = await sendWith(token);
        if (sent.kind === 'lost' || sent.status !== 401) {
          if (sent.kind === 'reply' && showsAcceptance(sent.status)) tokens.accepted(token);
          return orWebPage(sent);
        }
        if (renewals >= MOST_RENEWALS) throw refusedTwice(host);
        // A new token that others could use has only ended before this call's turn: that is no word on the key.
        if (renewals > 0 && !tokens.wasAccepted(token)) {
          refusedNew += 1;
          // Nor is one that nobody could use, where the key's earlier ones were good; two of them are.
          if (refusedNew > 1 || !tokens.anyAccepted()) throw refusedTwice(host);
          await settings.sleep(BEFORE_LAST_RENEWAL_MS, settings.signal);
        }
        await tokens.renewAfter(token);
        if (settings.signal?.aborted) throw cancelled();
      }
    };

    const outcome = await withRetries({ ...tools, host }, attempt);
    const reply = answerOf(outcome, host);
    const { retryAfterMs, uncertain } = outcome;
    return {
      reply,
      attempts,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      repeated: uncertain && attempts > 1,
    };
  };
