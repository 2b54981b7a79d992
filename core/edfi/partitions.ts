/** Cursor paging (ODS 7.3 and later): a page begins behind an item instead of at a number, so that nothing shifts. */
import { z } from 'zod';
import { checked } from '../errors/checked.ts';
import { hostOf } from './documents.ts';
import { parseJson } from './json.ts';
import type { ResourceName } from './model.ts';
import { addWindow, type ChangeWindow, type Item, itemsOf, LARGEST_PAGE, type Read, resourceUrl } from './reading.ts';

export interface CursorRequest {
  readonly pageToken: string;
  /** At most 500. */
  readonly pageSize: number;
  /** The one that the partitions were asked for. */
  readonly window?: ChangeWindow | undefined;
}

export interface CursorPage {
  readonly items: readonly Item[];
  /** Where the next page begins; absent behind the last one. */
  readonly next?: string;
}

const PARTITIONS = z.object({ pageTokens: z.array(z.string().min(1)) });

/** The most parts that an API gives. */
const MOST = 200;

/**
 * Asks for the tokens of about `number` parts. Gives undefined where the API answers with anything else: hosts without
 * partitions take the word for an id (404, 400, and some stumble over it); where more is wrong, reading will tell.
 */
export const readPartitions = async (
  read: Read,
  base: string,
  resource: ResourceName,
  number: number,
  window: ChangeWindow | undefined,
): Promise<readonly string[] | undefined> => {
  const query = new URLSearchParams({ number: String(Math.max(1, Math.min(MOST, Math.trunc(number)))) });
  addWindow(query, window);
  const reply = await read(`${resourceUrl(base, resource)}/partitions?${query}`);
  return reply.status === 200 ? checked(PARTITIONS, parseJson(reply.text)).data?.pageTokens : undefined;
};

/** Reads one page of a partition. Throws a Failure (api-unusable, api-unreachable) where the API does not give it. */
export const readCursorPage = async (
  read: Read,
  base: string,
  resource: ResourceName,
  { pageToken, pageSize, window }: CursorRequest,
): Promise<CursorPage> => {
  const query = new URLSearchParams({ pageToken, pageSize: String(Math.min(pageSize, LARGEST_PAGE)) });
  addWindow(query, window);
  const reply = await read(`${resourceUrl(base, resource)}?${query}`);
  const items = itemsOf(resource, reply, hostOf(base));
  const next = reply.header('next-page-token') ?? '';
  return next === '' ? { items } : { items, next };
};
