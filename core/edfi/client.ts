import { Failure } from '../errors/failure.ts';
import { type Answer, answerFrom } from './answer.ts';
import type { Attempt } from './attempt.ts';
import { createCaller } from './calls.ts';
import { type ChangeVersions, readChangeVersions, readDeletes, readKeyChanges, type TracePage } from './changes.ts';
import { baseUrl, type Discovery, discover, neededUrlOf } from './discovery.ts';
import { type DocumentTools, hostOf, readDocument } from './documents.ts';
import { createGate } from './gate.ts';
import { createHttp, type Http, type RequestCounts } from './http.ts';
import { createLimiter } from './limiter.ts';
import {
  type DependencyRow,
  type Fetched,
  type MetadataTools,
  readDependencies,
  readSpecification,
  readSpecificationList,
  type SpecificationEntry,
  type SpecificationName,
} from './metadata.ts';
import type { JsonObject, ResourceName } from './model.ts';
import { type ClientOptions, settingsOf } from './options.ts';
import { type CursorPage, type CursorRequest, readCursorPage, readPartitions } from './partitions.ts';
import {
  type ChangeWindow,
  type Item,
  type Page,
  type PageRequest,
  readAll,
  readById,
  readByKey,
  readDescriptorValues,
  readPage,
  resourceUrl,
} from './reading.ts';
import { createTokens } from './token.ts';
import { parseTokenInfo, type TokenInfo, tokenInfoUrl } from './token-info.ts';

export type { Answer } from './answer.ts';
export type { Attempt } from './attempt.ts';
export type { ChangeVersions, Trace, TracePage } from './changes.ts';
export type { DataModel, Discovery } from './discovery.ts';
export type { RequestCounts } from './http.ts';
export type { DependencyRow, Fetched } from './metadata.ts';
export type { ClientEvent, ClientOptions, RetryPolicy, Timeouts } from './options.ts';
export type { CursorPage, CursorRequest } from './partitions.ts';
export type { ChangeWindow, Item, Page, PageRequest } from './reading.ts';
export type { TokenInfo } from './token-info.ts';

/**
 * One Ed-Fi API as one key sees it. Every method throws a `Failure` (api-unreachable, api-not-edfi, api-unusable,
 * credentials-refused, specification-unusable, secret-missing, cancelled) and nothing else; a write that the API
 * refuses is no failure but an answer.
 */
export interface EdFiClient {
  /** What the API says of itself; asked once. */
  discovery(): Promise<Discovery>;
  /** Signs in if no token holds; throws credentials-refused where the key is not accepted. */
  signIn(): Promise<void>;
  /** The OpenAPI document of all resources. Throws specification-unusable where there is none. */
  openApi(name: 'resources'): Promise<JsonObject>;
  /** The OpenAPI document of all descriptors, undefined where the API has no separate one. */
  openApi(name: 'descriptors'): Promise<JsonObject | undefined>;
  /** The rows of the dependency list, undefined where this host has none. */
  dependencies(): Promise<readonly DependencyRow[] | undefined>;
  /** As the two above, with the ETags of what is known already; `same` where the host says that it still holds. */
  fetchOpenApi(name: 'resources' | 'descriptors', etag?: string): Promise<Fetched<JsonObject | undefined>>;
  fetchDependencies(etag?: string): Promise<Fetched<readonly DependencyRow[] | undefined>>;
  /** Asks the base address once more: how long it took, and what the server's clock says, where it tells. */
  ping(): Promise<Ping>;
  /** What the API tells of the key, undefined where it has no such endpoint. */
  tokenInfo(): Promise<TokenInfo | undefined>;
  /** All values of a descriptor resource (`ed-fi/gradeLevelDescriptors`), as `namespace#codeValue`. */
  descriptorValues(resource: ResourceName): Promise<readonly string[]>;
  /** The item with these key values (query parameters), undefined where there is none. */
  findByKey(resource: ResourceName, query: Readonly<Record<string, string>>): Promise<Item | undefined>;
  page(resource: ResourceName, request: PageRequest): Promise<Page>;
  /** The item with this id; undefined where there is none, `hidden` where the key may not see it. */
  item(resource: ResourceName, id: string): Promise<Item | 'hidden' | undefined>;
  /** Every item of a resource, in pages of 500. */
  items(resource: ResourceName): AsyncIterable<Item>;
  /** The change versions there are at this moment; undefined where the API has no change queries. */
  availableChangeVersions(): Promise<ChangeVersions | undefined>;
  /** A page of what was deleted, oldest first; undefined where the API does not tell. */
  deletes(resource: ResourceName, request: PageRequest): Promise<TracePage | undefined>;
  /** A page of the items that got another natural key; undefined where the API does not tell. */
  keyChanges(resource: ResourceName, request: PageRequest): Promise<TracePage | undefined>;
  /**
   * Tokens at which to begin to read a resource in about `number` equal parts at once; undefined where the API has no
   * cursor paging, which is found out once.
   */
  partitions(resource: ResourceName, number: number, window?: ChangeWindow): Promise<readonly string[] | undefined>;
  /** A page of one partition. */
  cursorPage(resource: ResourceName, request: CursorRequest): Promise<CursorPage>;
  /** Creates, or updates the item with the same natural key; `body` is JSON. Repeating it is safe, and done where it helps. */
  post(resource: ResourceName, body: string): Promise<Answer>;
  put(resource: ResourceName, id: string, body: string): Promise<Answer>;
  /** 204, or 404; a 404 with `repeated` means that an earlier attempt did it. */
  remove(resource: ResourceName, id: string): Promise<Answer>;
  /** Requests sent so far. */
  readonly requests: RequestCounts;
  /** Calls under way at once, from 1 to `maxConnections`. */
  setConcurrency(limit: number): void;
  /** Tells of each request for data once it is over. @returns how to be told no more */
  listen(heard: (attempt: Attempt) => void): () => void;
  /** Lets writes in flight finish, starts nothing new, and closes the connections. */
  close(): Promise<void>;
}

export interface Ping {
  /** Milliseconds from the request to the end of its answer. */
  readonly ms: number;
  /** The server's clock at the answer, milliseconds since 1970; a header of whole seconds. */
  readonly serverTime?: number;
}

/** Keeps a result that came, and asks again after one that failed. */
const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((thrown: unknown) => {
      made = undefined;
      throw thrown;
    });
    return made;
  };
};

const contentOf = <T>(fetched: Fetched<T | undefined>): T | undefined => (fetched.same ? undefined : fetched.value);

/**
 * Takes where the API is and how to sign in; gives the client. Nothing is sent before the first call. Throws a Failure
 * (usage) where the URL is none.
 */
export const createClient = (options: ClientOptions): EdFiClient => {
  const base = baseUrl(options.url);
  const host = hostOf(base);
  const ending = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal;
  const settings = { ...settingsOf(options), signal };

  const gate = createGate(settings);
  const limiter = createLimiter(settings.maxConnections);
  let answered = false;
  const reached = (): boolean => answered;
  const sender = createHttp(settings);
  const http: Http = {
    ...sender,
    send: async (request, as, again) => {
      const sent = await sender.send(request, as, again);
      answered ||= sent.kind === 'reply';
      return sent;
    },
  };

  const documents: DocumentTools = { settings, gate, reached, http, limiter };
  const discovery = once(() => discover(documents, base, settings.routeValues));
  const tokens = createTokens({
    settings,
    gate,
    reached,
    http,
    host,
    url: async () => neededUrlOf(await discovery(), 'oauth', host),
  });
  const metadata: MetadataTools = { ...documents, authorization: async () => `Bearer ${await tokens.current()}` };
  const list = once<readonly SpecificationEntry[]>(async () => readSpecificationList(metadata, await discovery()));
  const listeners = new Set<(attempt: Attempt) => void>();
  const onAttempt = (attempt: Attempt): void => {
    for (const heard of listeners) heard(attempt);
  };
  const call = createCaller({ settings, gate, reached, http, limiter, tokens, onAttempt });

  const dataUrl = async (): Promise<string> => neededUrlOf(await discovery(), 'dataManagementApi', host);
  const read = async (url: string) => (await call({ method: 'GET', url })).reply;

  let hasPartitions = true;

  const fetchOpenApi = async (name: SpecificationName, etag?: string): Promise<Fetched<JsonObject | undefined>> =>
    readSpecification(metadata, await discovery(), await list(), name, etag);
  const fetchDependencies = async (etag?: string): Promise<Fetched<readonly DependencyRow[] | undefined>> =>
    readDependencies(metadata, await discovery(), etag);
  function openApi(name: 'resources'): Promise<JsonObject>;
  function openApi(name: 'descriptors'): Promise<JsonObject | undefined>;
  function openApi(name: SpecificationName): Promise<JsonObject | undefined> {
    return fetchOpenApi(name).then(contentOf);
  }

  const tokenInfo = async (): Promise<TokenInfo | undefined> => {
    const known = await discovery();
    const url = tokenInfoUrl(known.urls.tokenInfo, neededUrlOf(known, 'oauth', host));
    if (url === undefined) return undefined;
    try {
      const { reply } = await call({
        method: 'POST',
        url,
        body: (token) => new URLSearchParams({ token }).toString(),
        contentType: 'application/x-www-form-urlencoded',
      });
      return parseTokenInfo(reply, url);
    } catch (thrown) {
      // A host without the endpoint may show its web page there; the key was accepted all the same.
      if (thrown instanceof Failure && thrown.details.reason === 'web-page') return undefined;
      throw thrown;
    }
  };

  return {
    discovery,
    signIn: async () => {
      await tokens.current();
    },
    openApi,
    dependencies: () => fetchDependencies().then(contentOf),
    fetchOpenApi,
    fetchDependencies,
    ping: async () => {
      const reply = await readDocument(documents, base);
      const serverTime = Date.parse(reply.header('date') ?? '');
      return { ms: reply.ms, ...(Number.isNaN(serverTime) ? {} : { serverTime }) };
    },
    tokenInfo,
    descriptorValues: async (resource) => readDescriptorValues(read, await dataUrl(), resource),
    findByKey: async (resource, query) => readByKey(read, await dataUrl(), resource, query),
    page: async (resource, request) => readPage(read, await dataUrl(), resource, request),
    item: async (resource, id) => readById(read, await dataUrl(), resource, id),
    items: async function* (resource) {
      yield* readAll(read, await dataUrl(), resource);
    },
    availableChangeVersions: async () => readChangeVersions(read, (await discovery()).urls.changeQueries),
    deletes: async (resource, request) => readDeletes(read, await dataUrl(), resource, request),
    keyChanges: async (resource, request) => readKeyChanges(read, await dataUrl(), resource, request),
    partitions: async (resource, number, window) => {
      if (!hasPartitions) return undefined;
      const tokens = await readPartitions(read, await dataUrl(), resource, number, window);
      hasPartitions = tokens !== undefined;
      return tokens;
    },
    cursorPage: async (resource, request) => readCursorPage(read, await dataUrl(), resource, request),
    post: async (resource, body) =>
      answerFrom(await call({ method: 'POST', resource, url: resourceUrl(await dataUrl(), resource), body })),
    put: async (resource, id, body) =>
      answerFrom(await call({ method: 'PUT', resource, url: resourceUrl(await dataUrl(), resource, id), body })),
    remove: async (resource, id) =>
      answerFrom(await call({ method: 'DELETE', resource, url: resourceUrl(await dataUrl(), resource, id) })),
    get requests() {
      return sender.counts();
    },
    listen: (heard) => {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    },
    setConcurrency: (limit) => limiter.setLimit(Math.max(1, Math.min(settings.maxConnections, Math.trunc(limit)))),
    close: () => {
      ending.abort();
      return sender.close();
    },
  };
};
