import { z } from 'zod';
import { Failure } from '../errors/failure.ts';
import type { Http, Reply } from './http.ts';
import { looksLikeWebPage, parseJson } from './json.ts';
import { type Outcome, type RetryTools, withRetries } from './retry.ts';
import { troubleFailure } from './trouble.ts';

/** Where a host does not tell how long a token lives: shorter than any host's lifetime that is known. */
const UNTOLD_LIFETIME_MS = 10 * 60_000;
/** Renewed this long before it ends, or a fifth of a short life: time for a call to arrive while it still holds. */
const MARGIN_MS = 60_000;
/** More than can end while one call is under way. */
const REMEMBERED = 16;

const ANSWER = z.object({
  // What cannot stand in a header would make every later call fail for a reason nobody finds.
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.coerce.number().optional().catch(undefined),
});

const REFUSAL = z.object({ error: z.string(), error_description: z.string().optional().catch(undefined) });

/**
 * Which of the two a refusal is about, for the few hosts whose description tells. Only this word is kept of it.
 */
const blamed = (description: string | undefined): 'key' | 'secret' | undefined => {
  if (description === undefined) return undefined;
  const secret = /\bsecret\b|password/i.test(description);
  const key = /\bkey\b|client[ _-]?id|unknown client|client (is |was )?(not found|unknown|inactive)/i.test(description);
  return secret === key ? undefined : secret ? 'secret' : 'key';
};

/**
 * Takes `expires_in`, the answer's Date header and the wall clock in milliseconds; gives the token's life in
 * milliseconds. A number above 10^9 is a point in time in seconds, which is read against the server's own clock.
 */
export const lifetimeMs = (expiresIn: number | undefined, date: string | undefined, now: number): number => {
  if (expiresIn === undefined || !Number.isFinite(expiresIn) || expiresIn <= 0) return UNTOLD_LIFETIME_MS;
  if (expiresIn <= 1e9) return expiresIn * 1000;
  const server = Date.parse(date ?? '');
  const left = expiresIn * 1000 - (Number.isNaN(server) ? now : server);
  return left > 0 ? left : UNTOLD_LIFETIME_MS;
};

interface Token {
  readonly value: string;
  readonly from: number;
  readonly until: number;
}

export interface Tokens {
  /** A token that is not known to be stale; asks for one where there is none. Everyone waits for the same request. */
  current(): Promise<string>;
  /** Called after a 401 with the token that was refused: asks for a new one unless someone already did. */
  renewAfter(refused: string): Promise<void>;
  /** The API took this token. */
  accepted(token: string): void;
  /** Whether it took it at least once; told of the last few tokens only. */
  wasAccepted(token: string): boolean;
  /** Whether it took any that this client was given. */
  anyAccepted(): boolean;
}

const refusal = (sentence: string, details: Record<string, string | number | boolean> = {}): Failure =>
  new Failure('credentials-refused', sentence, details);

/** Takes the host's refusal; gives the Failure with the fix that fits, by status and the OAuth error word alone. */
const tokenFailure = (reply: Reply, host: string): Failure => {
  const told = REFUSAL.safeParse(parseJson(reply.text)).data;
  const word = told?.error ?? '';
  const details = { status: reply.status, host };
  if (reply.status === 429) {
    return new Failure(
      'api-unreachable',
      `${host} has given out too many sign-ins for this key: close other programs that use the key, or wait until theirs have expired (30 minutes as a rule).`,
      { ...details, reason: 'too-many-tokens' },
    );
  }
  if (reply.status === 408 || reply.status >= 500) {
    return new Failure(
      'api-unreachable',
      `The sign-in of ${host} answers with an error of its own (HTTP ${reply.status}): try again later, or ask the API's host.`,
      { ...details, reason: 'server-error' },
    );
  }
  if (reply.status === 404 || reply.status === 405) {
    return new Failure(
      'api-unusable',
      `${host} has no sign-in at the address it gives for it (HTTP ${reply.status}): ask the API's host to correct its published addresses.`,
      { ...details, reason: 'sign-in-missing' },
    );
  }
  if (looksLikeWebPage(reply.header('content-type'), reply.text)) return troubleFailure('web-page', host);
  switch (word) {
    case 'invalid_client': {
      const which = blamed(told?.error_description);
      if (which === 'key') {
        return refusal(
          `${host} does not know this key: enter it again as the API's host gave it, and check that it belongs to this API and school year.`,
          { ...details, reason: 'key-unknown' },
        );
      }
      if (which === 'secret') {
        return refusal(
          `${host} knows the key, but does not accept this secret: enter the secret again as the API's host gave it, or ask for a new one.`,
          { ...details, reason: 'secret-wrong' },
        );
      }
      return refusal(
        `${host} does not accept this key and secret: enter both again as the API's host gave them, and check that they belong to this API and school year.`,
        { ...details, reason: 'invalid-client' },
      );
    }
    case 'invalid_request':
      return refusal(
        `${host} could not read the key and secret: enter both again, without spaces before or after them.`,
        { ...details, reason: 'invalid-request' },
      );
    case 'unsupported_grant_type':
    case 'unauthorized_client':
      return refusal(
        `${host} does not let this key sign in as a program (client credentials): ask the API's host to allow it.`,
        { ...details, reason: 'grant-refused' },
      );
    case 'invalid_scope':
      return refusal(
        `The education organization of this key is not assigned to it at ${host}: ask the API's host to check the key's education organizations.`,
        { ...details, reason: 'scope-refused' },
      );
    default:
      return refusal(
        `${host} refused to sign this key in (HTTP ${reply.status}): enter the key and secret again; if they are right, ask the API's host whether the key is active.`,
        { ...details, reason: 'refused' },
      );
  }
};

export interface TokenTools extends RetryTools {
  readonly http: Http;
  /** `urls.oauth` of the discovery. */
  readonly url: () => Promise<string>;
}

/** Takes the way to the sign-in; gives the client's one token. Asks only when a token is needed and none holds. */
export const createTokens = (tools: TokenTools): Tokens => {
  const { settings, http, host } = tools;
  let token: Token | undefined;
  let asking: Promise<Token> | undefined;
  const taken = new Set<string>();
  // A secret that was refused once is not tried again: some hosts lock a key after a few wrong tries.
  let refused: { readonly secret: string; readonly failure: Failure } | undefined;

  const holds = (one: Token): boolean => {
    const now = settings.now();
    // A clock that was set back says nothing about how old the token is.
    return now >= one.from && now < one.until;
  };

  const ask = async (reason: 'first' | 'expiring' | 'refused'): Promise<Token> => {
    const url = await tools.url();
    const secret = await settings.secret();
    if (secret === '') {
      throw new Failure('secret-missing', 'This connection has no secret: enter the one that belongs to its key.');
    }
    if (refused?.secret === secret) throw refused.failure;
    let asked = 0;
    let from = settings.now();
    const outcome: Outcome = await withRetries(tools, () => {
      from = settings.now();
      return http.send(
        {
          method: 'POST',
          url,
          headers: {
            Authorization: `Basic ${Buffer.from(`${settings.key}:${secret}`, 'utf8').toString('base64')}`,
            'Content-Type': 'application/x-www-form-urlencoded',
            Accept: 'application/json',
          },
          body: 'grant_type=client_credentials',
        },
        'token',
        asked++ > 0,
      );
    });
    if (outcome.last.kind === 'lost') throw troubleFailure(outcome.last.trouble, host);
    const reply = outcome.last;
    if (reply.status !== 200) {
      const failure = tokenFailure(reply, host);
      if (failure.code === 'credentials-refused') refused = { secret, failure };
      throw failure;
    }
    const parsed = ANSWER.safeParse(parseJson(reply.text));
    if (!parsed.success) {
      if (looksLikeWebPage(reply.header('content-type'), reply.text)) throw troubleFailure('web-page', host);
      throw new Failure(
        'api-unusable',
        `The sign-in of ${host} answered without a usable token: ask the API's host to check its sign-in address.`,
        { host, reason: 'token-missing' },
      );
    }
    const life = lifetimeMs(parsed.data.expires_in, reply.header('date'), settings.now());
    settings.onEvent({ kind: 'token', reason, lifetimeMs: Math.round(life) });
    return { value: parsed.data.access_token, from, until: from + life - Math.min(MARGIN_MS, life / 5) };
  };

  const renew = (reason: 'first' | 'expiring' | 'refused'): Promise<Token> => {
    asking ??= ask(reason)
      .then((fresh) => {
        token = fresh;
        return fresh;
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };

  return {
    current: async () => {
      if (asking) return (await asking).value;
      if (token && holds(token)) return token.value;
      return (await renew(token ? 'expiring' : 'first')).value;
    },
    renewAfter: async (value) => {
      if (asking) await asking;
      else if (token === undefined || token.value === value) await renew('refused');
    },
    accepted: (value) => {
      if (taken.has(value)) return;
      taken.add(value);
      // A Set keeps the order: the first is the oldest.
      for (const oldest of taken) {
        if (taken.size <= REMEMBERED) break;
        taken.delete(oldest);
      }
    },
    wasAccepted: (value) => taken.has(value),
    anyAccepted: () => taken.size > 0,
  };
};
