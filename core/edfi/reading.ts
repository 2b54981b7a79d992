import { Failure } from '../errors/failure.ts';
import { hostOf } from './documents.ts';
import type { Reply } from './http.ts';
import { isJsonObject, parseJson } from './json.ts';
import { displayName, type JsonObject, type ResourceName } from './model.ts';

/** The most items a page can have. */
export const LARGEST_PAGE = 500;

export interface Item {
  readonly id: string;
  /** As the API gives it, with `id`, `link`s and `_etag`. Holds a record: values plane only. */
  readonly body: JsonObject;
}

/** What changed from one change version to another, both included; without `until`, to this moment. */
export interface ChangeWindow {
  readonly since: number;
  readonly until?: number;
}

export interface PageRequest {
  /** At most 500. */
  readonly limit: number;
  readonly offset: number;
  /** Ask the API how many items there are in all. */
  readonly totalCount?: boolean;
  /** Only what changed within; for APIs with change queries. */
  readonly window?: ChangeWindow | undefined;
}

export interface Page {
  readonly items: readonly Item[];
  readonly total?: number;
}

/** Makes one signed GET. */
export type Read = (url: string) => Promise<Reply>;

/** Takes a failed read; gives the Failure, by resource and status alone. */
const readFailure = (resource: ResourceName, reply: Reply, host: string): Failure => {
  const { status } = reply;
  const details = { resource, status, host };
  if (status === 429 || status === 408 || status >= 500) {
    return new Failure(
      'api-unreachable',
      `${host} could not give ${displayName(resource)} just now (HTTP ${status}): try again later, or ask the API's host.`,
      { ...details, reason: 'server-error' },
    );
  }
  if (status === 403) {
    return new Failure(
      'api-unusable',
      `The key is not allowed to read ${displayName(resource)} at ${host}: ask the API's host to add it to the key's claim set.`,
      { ...details, reason: 'not-authorized' },
    );
  }
  return new Failure(
    'api-unusable',
    `${host} does not give ${displayName(resource)} (HTTP ${status}): check that the connection's API and school year are the right ones.`,
    { ...details, reason: 'status' },
  );
};

/** Takes the answer to a read; gives the objects in its list, or throws a Failure (api-unusable, api-unreachable). */
export const listOf = (resource: ResourceName, reply: Reply, host: string): readonly JsonObject[] => {
  if (reply.status !== 200) throw readFailure(resource, reply, host);
  const json = parseJson(reply.text);
  if (!Array.isArray(json) || !json.every(isJsonObject)) {
    throw new Failure(
      'api-unusable',
      `What ${host} gives for ${displayName(resource)} is not a list of items: ask the API's host.`,
      { resource, status: reply.status, host, reason: 'not-a-list' },
    );
  }
  return json;
};

/** What an API that gives the same pages for ever is answered with: nobody would see the end of it. */
export const goesInCircles = (resource: ResourceName): Failure =>
  new Failure(
    'api-unusable',
    `The API gives the same items of ${displayName(resource)} over and over, whichever page is asked for: ask the API's host.`,
    { resource, reason: 'circle' },
  );

/** The items of an answer. Failures as in `listOf`. */
export const itemsOf = (resource: ResourceName, reply: Reply, host: string): readonly Item[] =>
  listOf(resource, reply, host).map((body) => ({ id: typeof body.id === 'string' ? body.id : '', body }));

/** The number of items in all, where the API told it. */
export const totalOf = (reply: Reply): { readonly total?: number } => {
  const total = /^\d{1,15}$/.exec(reply.header('total-count') ?? '');
  return total === null ? {} : { total: Number(total[0]) };
};

/** The address of a resource under the data management URL, which some hosts give without its last slash. */
export const resourceUrl = (base: string, resource: ResourceName, id?: string): string => {
  const path = resource.split('/').map(encodeURIComponent).join('/');
  const url = `${base.replace(/\/+$/, '')}/${path}`;
  return id === undefined ? url : `${url}/${encodeURIComponent(id)}`;
};

/** The query of a page. */
export const pageQuery = ({ limit, offset, totalCount, window }: PageRequest): URLSearchParams => {
  const query = new URLSearchParams({ limit: String(Math.min(limit, LARGEST_PAGE)), offset: String(offset) });
  if (totalCount) query.set('totalCount', 'true');
  addWindow(query, window);
  return query;
};

/** Adds a window of change versions to a query. */
export const addWindow = (query: URLSearchParams, window: ChangeWindow | undefined): void => {
  if (window === undefined) return;
  query.set('minChangeVersion', String(window.since));
  if (window.until !== undefined) query.set('maxChangeVersion', String(window.until));
};

/** Reads one page. Throws a Failure (api-unusable, api-unreachable) where the API does not give it. */
export const readPage = async (
  read: Read,
  base: string,
  resource: ResourceName,
  request: PageRequest,
): Promise<Page> => {
  const reply = await read(`${resourceUrl(base, resource)}?${pageQuery(request)}`);
  return { items: itemsOf(resource, reply, hostOf(base)), ...totalOf(reply) };
};

/**
 * Reads every item, in pages of 500. It goes by the total count where the API tells it, since some hosts give smaller
 * pages than were asked for; elsewhere the first page that is not full is the last.
 */
export async function* readAll(read: Read, base: string, resource: ResourceName): AsyncGenerator<Item, void, void> {
  let total: number | undefined;
  let before = '';
  for (let offset = 0; ; ) {
    const page = await readPage(read, base, resource, { limit: LARGEST_PAGE, offset, totalCount: offset === 0 });
    const ids = JSON.stringify(page.items.map(({ id, body }) => (id === '' ? body : id)));
    if (offset > 0 && page.items.length > 0 && ids === before) throw goesInCircles(resource);
    before = ids;
    total = page.total ?? total;
    yield* page.items;
    offset += page.items.length;
    const last = total === undefined ? page.items.length < LARGEST_PAGE : offset >= total;
    if (last || page.items.length === 0) return;
  }
}

/** Finds the one item with these key values (query parameters as the specification names them); undefined where none. */
export const readByKey = async (
  read: Read,
  base: string,
  resource: ResourceName,
  key: Readonly<Record<string, string>>,
): Promise<Item | undefined> => {
  const reply = await read(`${resourceUrl(base, resource)}?${new URLSearchParams({ ...key })}`);
  return reply.status === 404 ? undefined : itemsOf(resource, reply, hostOf(base))[0];
};

/**
 * Reads one item by its id: undefined where there is none, `hidden` where there is one that the key may not see (a person
 * whom no association ties to the key's organizations any more). Failures as in `readPage`.
 */
export const readById = async (
  read: Read,
  base: string,
  resource: ResourceName,
  id: string,
): Promise<Item | 'hidden' | undefined> => {
  const reply = await read(resourceUrl(base, resource, id));
  if (reply.status === 404 || reply.status === 410) return undefined;
  if (reply.status === 403) return 'hidden';
  const body = reply.status === 200 ? parseJson(reply.text) : undefined;
  if (!isJsonObject(body)) throw readFailure(resource, reply, hostOf(base));
  return { id, body };
};

/** Reads a descriptor's values as `namespace#codeValue`, in the API's order. */
export const readDescriptorValues = async (
  read: Read,
  base: string,
  resource: ResourceName,
): Promise<readonly string[]> => {
  const values: string[] = [];
  for await (const { body } of readAll(read, base, resource)) {
    const { namespace, codeValue } = body;
    if (typeof namespace === 'string' && typeof codeValue === 'string') values.push(`${namespace}#${codeValue}`);
  }
  return values;
};
