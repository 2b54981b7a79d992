/** `/oauth/token` and `/oauth/token_info`, with every refusal of an Ed-Fi API. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Client } from './clients.ts';
import { type ApiRequest, type ApiResponse, json } from './exchange.ts';
import type { Traits } from './generations.ts';
import { type Place, realmOf } from './places.ts';
import { badRequest, tooManyTokens, unauthenticated } from './problems.ts';

/** What a valid token allows. */
export interface Grant {
  readonly client: Client;
  /** The education organizations of this token: the client's, or the one its scope names. */
  readonly educationOrganizationIds: readonly number[];
}

export interface TokenService {
  issue(request: ApiRequest): ApiResponse;
  /** @throws Problem 401 where the bearer token is missing, unknown, expired, or for another place */
  authenticate(request: Pick<ApiRequest, 'headers' | 'place'>): Grant;
  /** token_info: `describe` gives its body. */
  inspect(request: ApiRequest, describe: (grant: Grant) => unknown): ApiResponse;
  /** This token, or all of them, do not hold any more. */
  revoke(token?: string): void;
}

type Refusal = 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope';
const refuse = (status: 400 | 401, error: Refusal, description?: string): ApiResponse => ({
  status,
  body: JSON.stringify({ error, ...(description === undefined ? {} : { error_description: description }) }),
});

/** Members of a form or of a JSON object; undefined where the body is neither. */
function fieldsOf(request: ApiRequest): ReadonlyMap<string, string> | undefined {
  if (!/^\s*(application|text)\/json/i.test(request.headers['content-type'] ?? '')) {
    return new Map(new URLSearchParams(request.body));
  }
  try {
    const parsed: unknown = JSON.parse(request.body);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return new Map(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
  } catch {
    return undefined;
  }
}

interface Credentials {
  readonly key: string;
  readonly secret: string;
}

/** @returns undefined where the header is no well-formed Basic one */
function basicCredentials(header: string): Credentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})\s*$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const [key, ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return key === undefined || rest.length === 0 ? undefined : { key, secret: rest.join(':') };
}

/** @param status of the refusal where there is no bearer token at all */
function bearerOf(headers: IncomingHttpHeaders, status: Traits['missingBearer']): string {
  const header = headers.authorization;
  if (header === undefined) throw unauthenticated('Authorization header is missing.', status);
  const token = /^Bearer +(\S+)\s*$/i.exec(header)?.[1];
  if (token === undefined) throw unauthenticated('Authorization header does not hold a bearer token.', status);
  return token;
}

type TokenTraits = Pick<Traits, 'liveTokens' | 'expiry' | 'missingBearer'>;

interface Held {
  readonly grant: Grant;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** The tenant or instance it was given out by. */
  readonly realm: string;
}

/**
 * @param lifetimeSeconds how long a token is good for
 * @param now milliseconds since 1970
 */
export function tokenService(
  clients: readonly Client[],
  traits: TokenTraits,
  lifetimeSeconds: number,
  now: () => number,
  newToken: () => string,
): TokenService {
  const tokens = new Map<string, Held>();
  const { liveTokens, missingBearer } = traits;

  const liveOf = (client: Client): number => {
    let live = 0;
    for (const [token, { grant, expires }] of tokens) {
      if (expires <= now()) tokens.delete(token);
      else if (grant.client === client) live += 1;
    }
    return live;
  };
  const isUsable = (held: Held | undefined, place: Place): held is Held =>
    held !== undefined && held.expires > now() && held.realm === realmOf(place) && held.grant.client.isFor(place);
  const authenticate: TokenService['authenticate'] = ({ headers, place }) => {
    const held = tokens.get(bearerOf(headers, missingBearer));
    if (!isUsable(held, place)) throw unauthenticated('Access token is not valid or has expired.');
    return held.grant;
  };
  const expiresIn = (): number => {
    switch (traits.expiry) {
      case 'seconds':
        return lifetimeSeconds;
      case 'epoch':
        return Math.floor(now() / 1000) + lifetimeSeconds;
    }
  };

  return {
    issue: (request) => {
      const fields = fieldsOf(request);
      if (fields === undefined) return refuse(400, 'invalid_request');
      const header = request.headers.authorization;
      const inBody = fields.has('client_id') || fields.has('client_secret');
      let credentials: Credentials | undefined;
      if (header !== undefined) {
        credentials = basicCredentials(header);
        if (credentials === undefined) return refuse(400, 'invalid_request');
        if (inBody) return refuse(400, 'invalid_client');
      } else if (inBody) {
        credentials = { key: fields.get('client_id') ?? '', secret: fields.get('client_secret') ?? '' };
      }
      if (credentials === undefined) return refuse(401, 'invalid_request');
      if (fields.get('grant_type') !== 'client_credentials') return refuse(400, 'unsupported_grant_type');
      const { key, secret } = credentials;
      const client = clients.find(
        (candidate) => candidate.key === key && candidate.secret === secret && candidate.isFor(request.place),
      );
      if (client === undefined) return refuse(401, 'invalid_client');
      const scope = fields.get('scope')?.trim() ?? '';
      if (scope !== '' && !client.educationOrganizationIds.some((id) => String(id) === scope)) {
        return refuse(400, 'invalid_scope', 'The scope is not an education organization that the client is for.');
      }
      if (liveTokens !== null && liveOf(client) >= liveTokens) throw tooManyTokens(liveTokens);
      const token = newToken();
      const educationOrganizationIds = scope === '' ? client.educationOrganizationIds : [Number(scope)];
      tokens.set(token, {
        grant: { client, educationOrganizationIds },
        expires: now() + lifetimeSeconds * 1000,
        realm: realmOf(request.place),
      });
      return json(
        { access_token: token, expires_in: expiresIn(), token_type: 'bearer' },
        { 'Cache-Control': 'no-store' },
      );
    },
    authenticate,
    inspect: (request, describe) => {
      const grant = authenticate(request);
      const token = fieldsOf(request)?.get('token');
      if (token === undefined) throw badRequest('The request body does not hold the token to describe.');
      if (token !== bearerOf(request.headers, missingBearer)) {
        throw unauthenticated('The token in the body is not the one of the Authorization header.');
      }
      return json({ active: true, ...(describe(grant) as object) }, { 'Cache-Control': 'no-store' });
    },
    revoke: (token) => {
      if (token === undefined) tokens.clear();
      else tokens.delete(token);
    },
  };
}
