import { z } from 'zod';
import { checked } from '../errors/checked.ts';
import { Failure } from '../errors/failure.ts';
import { type Discovery, fillPlaceholders, urlOf } from './discovery.ts';
import { type DocumentTools, hostOf, readDocument } from './documents.ts';
import type { Reply } from './http.ts';
import { isJsonObject, looksLikeWebPage, parseJson } from './json.ts';
import type { JsonObject } from './model.ts';

export type SpecificationName = 'resources' | 'descriptors';

/** One line of the list of specifications; `prefix` is empty for the API's own, else the section it belongs to. */
export interface SpecificationEntry {
  readonly name: string;
  readonly endpointUri: string;
  readonly prefix: string;
}

/** One line of the dependency list: `{resource: '/ed-fi/students', order: 3, operations: ['Create']}`. */
export interface DependencyRow {
  readonly resource: string;
  readonly order: number;
  readonly operations: readonly string[];
}

const LIST = z.array(
  z.object({
    name: z.string(),
    endpointUri: z.string(),
    prefix: z
      .string()
      .nullish()
      .transform((prefix) => prefix ?? ''),
  }),
);

const ROWS = z.array(
  z.object({
    resource: z.string().min(1),
    order: z.number(),
    operations: z
      .array(z.string())
      .nullish()
      .transform((operations) => operations ?? ['Create', 'Update']),
  }),
);

/** The tools of `readDocument`, and the bearer header for hosts that show their metadata only to a key. */
export interface MetadataTools extends DocumentTools {
  readonly authorization: () => Promise<string>;
}

/** Takes the parsed body of the list of specifications; gives its lines, or undefined where it is none. */
export const parseSpecificationList = (json: unknown): readonly SpecificationEntry[] | undefined =>
  checked(LIST, json).data;

/** Takes the parsed body of the dependency list; gives its rows, or undefined where it is none. */
export const parseDependencies = (json: unknown): readonly DependencyRow[] | undefined => checked(ROWS, json).data;

const unusable = (sentence: string, host: string, status: number): Failure =>
  new Failure('specification-unusable', sentence, { host, status });

const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

const passingFailure = (what: string, host: string, status: number): Failure =>
  new Failure(
    'api-unreachable',
    `${host} could not give its ${what} just now (HTTP ${status}): try again later, or ask the API's host.`,
    { host, status, reason: 'server-error' },
  );

/** A document as it came, or the word that the one with the given ETag still holds. */
export type Fetched<T> =
  | { readonly same: true }
  | { readonly same: false; readonly value: T; readonly etag?: string | undefined };

/** Metadata is open on most hosts; the token goes along only where it is asked for, and only to the data's own host. */
const readOpenOrSigned = async (
  tools: MetadataTools,
  discovery: Discovery,
  url: string,
  etag?: string,
): Promise<Reply> => {
  const reply = await readDocument(tools, url, { etag });
  const data = discovery.urls.dataManagementApi;
  if (reply.status !== 401 || data === undefined || new URL(url).origin !== new URL(data).origin) return reply;
  return readDocument(tools, url, { etag, authorization: await tools.authorization() });
};

const jsonOf = (reply: Reply, what: string, host: string): unknown => {
  if (isPassing(reply.status)) throw passingFailure(what, host, reply.status);
  if (reply.status !== 200) {
    throw unusable(
      `${host} does not give its ${what} (HTTP ${reply.status}): ask the API's host to switch its metadata endpoint on.`,
      host,
      reply.status,
    );
  }
  const json = parseJson(reply.text);
  if (json !== undefined) return json;
  if (looksLikeWebPage(reply.header('content-type'), reply.text)) {
    throw unusable(
      `Instead of its ${what}, a web page came from ${host}: a proxy or portal is in between, or the API's host publishes a wrong address.`,
      host,
      reply.status,
    );
  }
  throw unusable(
    `The ${what} of ${host} cannot be read (it is no complete JSON): try again, and ask the API's host if it stays so.`,
    host,
    reply.status,
  );
};

/** Finds one entry of the list: by name whatever its case, out of the API's own section rather than an extension's. */
const entryOf = (list: readonly SpecificationEntry[], name: SpecificationName): SpecificationEntry | undefined => {
  const named = list.filter((entry) => entry.name.trim().toLowerCase() === name);
  return named.find((entry) => entry.prefix === '') ?? named[0];
};

/** Reads the list of specifications. Throws a Failure (specification-unusable) where there is none that can be read. */
export const readSpecificationList = async (
  tools: MetadataTools,
  discovery: Discovery,
): Promise<readonly SpecificationEntry[]> => {
  const dataHost = hostOf(discovery.urls.dataManagementApi ?? '');
  const url = urlOf(discovery, 'openApiMetadata', dataHost);
  if (url === undefined) {
    throw unusable(
      `${dataHost} gives no address for its specification: ask the API's host to switch its metadata endpoint on.`,
      dataHost,
      0,
    );
  }
  const host = hostOf(url);
  const json = jsonOf(await readOpenOrSigned(tools, discovery, url), 'list of specifications', host);
  const list = parseSpecificationList(json);
  if (list !== undefined) return list;
  throw unusable(
    `The list of specifications of ${host} is not one of an Ed-Fi API: ask the API's host to check its metadata endpoint.`,
    host,
    200,
  );
};

/**
 * Reads the specification of all resources, or of all descriptors, as the API publishes it. Gives the OpenAPI document;
 * undefined where the API has no separate one for descriptors. Throws a Failure (specification-unusable) for a web
 * page, something unreadable, or no document at all.
 * @param etag of the document that is known already; a host that gives ETags answers `same` while it holds
 */
export const readSpecification = async (
  tools: MetadataTools,
  discovery: Discovery,
  list: readonly SpecificationEntry[],
  name: SpecificationName,
  etag?: string,
): Promise<Fetched<JsonObject | undefined>> => {
  const listUrl = discovery.urls.openApiMetadata ?? '';
  const host = hostOf(listUrl);
  const entry = entryOf(list, name);
  if (entry === undefined) {
    if (name === 'descriptors') return { same: false, value: undefined };
    throw unusable(`The list of specifications of ${host} does not name its ${name}: ask the API's host.`, host, 200);
  }
  const { url, open } = fillPlaceholders(entry.endpointUri, tools.settings.routeValues);
  if (open.length > 0 || !URL.canParse(url, listUrl)) {
    throw unusable(
      `The address ${host} gives for the specification of its ${name} is not complete: ask the API's host to correct it.`,
      host,
      200,
    );
  }
  const target = new URL(url, listUrl);
  if (listUrl.startsWith('https:') && target.protocol !== 'https:') {
    throw unusable(
      `${host} is encrypted, but gives an unencrypted address for the specification of its ${name}: ask the API's host to correct its published addresses.`,
      host,
      200,
    );
  }
  const reply = await readOpenOrSigned(tools, discovery, target.href, etag);
  if (etag !== undefined && reply.status === 304) return { same: true };
  if (name === 'descriptors' && (reply.status === 404 || reply.status === 410)) {
    return { same: false, value: undefined };
  }
  const document = jsonOf(reply, `specification of ${name}`, host);
  if (!isJsonObject(document) || !isJsonObject(document.paths)) {
    throw unusable(
      `The specification of ${name} of ${host} is not an OpenAPI document: ask the API's host to check its metadata endpoint.`,
      host,
      200,
    );
  }
  return { same: false, value: document, etag: reply.header('etag') };
};

/**
 * Reads the dependency list. Gives its rows, or undefined where this host has none: no address, no endpoint, or a page
 * in its place; the order then comes from the references. Throws a Failure (api-unreachable) where it fails for now.
 * `etag` as in `readSpecification`.
 */
export const readDependencies = async (
  tools: MetadataTools,
  discovery: Discovery,
  etag?: string,
): Promise<Fetched<readonly DependencyRow[] | undefined>> => {
  const url = discovery.urls.dependencies;
  if (url === undefined) return { same: false, value: undefined };
  const reply = await readOpenOrSigned(tools, discovery, url, etag);
  if (etag !== undefined && reply.status === 304) return { same: true };
  if (isPassing(reply.status) && reply.status !== 501) {
    throw passingFailure('dependency list', hostOf(url), reply.status);
  }
  if (reply.status !== 200) return { same: false, value: undefined };
  return { same: false, value: parseDependencies(parseJson(reply.text)), etag: reply.header('etag') };
};
