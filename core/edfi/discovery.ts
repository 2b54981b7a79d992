import { z } from 'zod';
import { checked } from '../errors/checked.ts';
import { Failure } from '../errors/failure.ts';
import { type DocumentTools, hostOf, readDocument } from './documents.ts';
import type { Reply } from './http.ts';
import { looksLikeWebPage, parseJson } from './json.ts';

/** The addresses an API may give; any other member of its list is left alone. */
export type UrlName =
  | 'dataManagementApi'
  | 'oauth'
  | 'openApiMetadata'
  | 'dependencies'
  | 'tokenInfo'
  | 'changeQueries'
  | 'identity'
  | 'composites';

export interface DataModel {
  /** `Ed-Fi`, or an extension's name. */
  readonly name: string;
  /** `5.2.0`, `3.3.1-b`. */
  readonly version: string;
}

/** What an API says of itself at its base address. */
export interface Discovery {
  /** The software's version (`7.3`); absent on hosts that do not tell. */
  readonly version?: string;
  /** Up to ODS 6: `Sandbox`, `Year Specific` and the like. */
  readonly apiMode?: string;
  readonly dataModels: readonly DataModel[];
  /** Version of the `Ed-Fi` data model. */
  readonly dataStandard?: string;
  /** Complete addresses only: what still has a placeholder without a value is listed in `placeholders` instead. */
  readonly urls: Readonly<Partial<Record<UrlName, string>>>;
  /** Names of the parts its addresses leave open and no route value fills: `instance`, `schoolYearFromRoute`. */
  readonly placeholders: readonly string[];
  /** The host's own rule for an open part, where it gives one: `range(2020,2030)` for `schoolYearFromRoute`. */
  readonly rules?: Readonly<Record<string, string>>;
  /** False where keys and records travel in the clear. */
  readonly encrypted: boolean;
}

const text = z.string().optional().catch(undefined);

const BODY = z.object({
  version: text,
  apiMode: text,
  dataModels: z
    .array(z.object({ name: z.string(), version: z.string() }).nullable().catch(null))
    .optional()
    .catch(undefined),
  urls: z.object({
    dataManagementApi: z.string().min(1),
    oauth: z.string().min(1),
    openApiMetadata: text,
    dependencies: text,
    tokenInfo: text,
    oauthTokenIntrospection: text,
    changeQueries: text,
    identity: text,
    composites: text,
  }),
});

const PLACEHOLDER = /\{([^{}]+)\}|%7B([^{}%]+)%7D/gi;

/** `schoolYearFromRoute` of `schoolYearFromRoute:range(2020,2030)`: the rest is the host's own rule. */
const placeholderName = (inside: string): string => inside.split(':')[0]?.trim() ?? '';

/** The rules of the parts an address leaves open, by the part's name. */
const rulesIn = (url: string): [string, string][] =>
  [...url.matchAll(PLACEHOLDER)].flatMap(([, plain, encoded]): [string, string][] => {
    const inside = plain ?? encoded ?? '';
    const at = inside.indexOf(':');
    return at < 0 ? [] : [[placeholderName(inside), inside.slice(at + 1).trim()]];
  });

/** Takes an address and the values for its placeholders; gives it filled in, and the names that have no value. */
export const fillPlaceholders = (
  url: string,
  values: Readonly<Record<string, string>>,
): { readonly url: string; readonly open: readonly string[] } => {
  const open: string[] = [];
  const filled = url.replace(PLACEHOLDER, (whole: string, plain?: string, encoded?: string) => {
    const name = placeholderName(plain ?? encoded ?? '');
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined && value !== '') return encodeURIComponent(value);
    open.push(name);
    return whole;
  });
  return { url: filled, open };
};

/** Takes the address as the steward entered it; gives it as a URL, or throws a Failure (usage). */
export const baseUrl = (entered: string): string => {
  const wrong = (why: string): Failure =>
    new Failure(
      'usage',
      `The connection's URL ${why}: enter the base address the API's host gives you, for example https://api.example.org/v7.3.`,
    );
  const trimmed = entered.trim();
  if (!URL.canParse(trimmed)) throw wrong('is no web address');
  const url = new URL(trimmed);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw wrong('does not begin with https://');
  if (url.username !== '' || url.password !== '') throw wrong('must not hold a key or a password');
  url.hash = '';
  return url.href;
};

const notEdFi = (sentence: string, host: string, reason: string, status: number): Failure =>
  new Failure('api-not-edfi', sentence, { host, reason, status });

const refuse = (reply: Reply, host: string): Failure => {
  const { status } = reply;
  if (status === 404 || status === 410) {
    return notEdFi(
      `There is nothing at this address of ${host} (HTTP ${status}): enter the API's base address, without /data/v3 or /oauth behind it.`,
      host,
      'not-found',
      status,
    );
  }
  if (status === 401 || status === 403) {
    return notEdFi(
      `${host} does not show its description without a sign-in (HTTP ${status}), as an Ed-Fi API would: enter the API's base address, without /data/v3 behind it, or ask your network administrator.`,
      host,
      'closed',
      status,
    );
  }
  if (status >= 500 || status === 429 || status === 408) {
    return new Failure(
      'api-unreachable',
      `${host} answers with an error of its own (HTTP ${status}): try again later, or ask the API's host.`,
      { host, reason: 'server-error', status },
    );
  }
  return notEdFi(
    `${host} does not answer as an Ed-Fi API does (HTTP ${status}): enter the base address the API's host gives you.`,
    host,
    'status',
    status,
  );
};

/**
 * Takes the answer from the base address; gives what it says, tolerant of members that are missing or unknown, or
 * throws a Failure: api-not-edfi for anything else than an Ed-Fi API's description, api-unusable where it would make
 * the secret travel in the clear although the base address is encrypted.
 */
export const parseDiscovery = (
  reply: Reply,
  base: string,
  routeValues: Readonly<Record<string, string>>,
): Discovery => {
  const host = hostOf(base);
  const { status } = reply;
  if (status !== 200) throw refuse(reply, host);
  const json = parseJson(reply.text);
  if (json === undefined) {
    if (looksLikeWebPage(reply.header('content-type'), reply.text)) {
      throw notEdFi(
        `${host} answers with a web page, not as an Ed-Fi API: enter the API's base address, not its documentation's; if it is right, a proxy or sign-in portal of this network is in between.`,
        host,
        'web-page',
        status,
      );
    }
    throw notEdFi(
      `What ${host} answers cannot be read (it is no JSON): check the address of the connection, and ask the API's host.`,
      host,
      'not-json',
      status,
    );
  }
  const parsed = checked(BODY, json);
  if (!parsed.success) {
    throw notEdFi(
      `${host} answers, but not with an Ed-Fi API's description (its addresses for data and sign-in are missing): enter the base address the API's host gives you.`,
      host,
      'members-missing',
      status,
    );
  }
  const body = parsed.data;
  const { oauthTokenIntrospection, ...named } = body.urls;
  const given: Partial<Record<UrlName, string | undefined>> = {
    ...named,
    tokenInfo: named.tokenInfo ?? oauthTokenIntrospection,
  };
  const urls: Partial<Record<UrlName, string>> = {};
  const placeholders = new Set<string>();
  const rules = new Map<string, string>();
  // Of addresses that are still open nothing is known but how this one was asked for.
  let encrypted = new URL(base).protocol === 'https:';
  for (const [name, value] of Object.entries(given) as [UrlName, string | undefined][]) {
    if (value === undefined || value === '') continue;
    const { url, open } = fillPlaceholders(value, routeValues);
    for (const one of open) placeholders.add(one);
    for (const [name, rule] of rulesIn(value)) if (open.includes(name)) rules.set(name, rule);
    if (open.length > 0 || !URL.canParse(url, base)) continue;
    const full = new URL(url, base);
    if (full.protocol !== 'https:' && full.protocol !== 'http:') continue;
    if (base.startsWith('https:') && full.protocol === 'http:') {
      throw new Failure(
        'api-unusable',
        `${host} is encrypted, but gives unencrypted addresses for its data or sign-in, over which the secret would travel in the clear: ask the API's host to correct its published addresses (forwarded headers of its reverse proxy).`,
        { host, reason: 'downgrade' },
      );
    }
    encrypted &&= full.protocol === 'https:';
    urls[name] = full.href;
  }
  const dataModels = (body.dataModels ?? []).filter((model) => model !== null);
  const dataStandard = dataModels.find((model) => model.name.toLowerCase() === 'ed-fi')?.version;
  return {
    ...(body.version === undefined ? {} : { version: body.version }),
    ...(body.apiMode === undefined ? {} : { apiMode: body.apiMode }),
    ...(dataStandard === undefined ? {} : { dataStandard }),
    dataModels,
    urls,
    placeholders: [...placeholders],
    ...(rules.size === 0 ? {} : { rules: Object.fromEntries(rules) }),
    encrypted,
  };
};

/** Asks the base address once; gives what the API says of itself. Failures as in `parseDiscovery`, or api-unreachable. */
export const discover = async (
  tools: DocumentTools,
  base: string,
  routeValues: Readonly<Record<string, string>>,
): Promise<Discovery> => parseDiscovery(await readDocument(tools, base), base, routeValues);

/** Takes the discovery and a name; gives that address, or undefined where the API has none; throws where it is open. */
export const urlOf = (discovery: Discovery, name: UrlName, host: string): string | undefined => {
  const url = discovery.urls[name];
  if (url !== undefined || discovery.placeholders.length === 0) return url;
  throw new Failure(
    'api-unusable',
    `The addresses of ${host} leave open: ${discovery.placeholders.map(safeName).join(', ')}. Enter a value for each in the connection; the API's host knows them.`,
    { host, reason: 'placeholders' },
  );
};

// A placeholder's name comes from the server: only what looks like a name is repeated in a sentence.
const safeName = (name: string): string => (/^[A-Za-z][A-Za-z0-9_-]{0,40}$/.test(name) ? name : 'an unnamed part');

/** As `urlOf`, for an address without which nothing works. */
export const neededUrlOf = (discovery: Discovery, name: 'dataManagementApi' | 'oauth', host: string): string => {
  const url = urlOf(discovery, name, host);
  if (url !== undefined) return url;
  throw new Failure(
    'api-not-edfi',
    `The addresses ${host} gives for its data and sign-in cannot be read as web addresses: ask the API's host to correct them.`,
    { host, reason: 'address-unreadable' },
  );
};
