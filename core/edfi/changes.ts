/** Change queries: which change versions there are, and what was deleted or renamed between two of them. */
import { z } from 'zod';
import { hostOf } from './documents.ts';
import { isJsonObject, parseJson } from './json.ts';
import type { JsonObject, ResourceName } from './model.ts';
import { listOf, type PageRequest, pageQuery, type Read, resourceUrl, totalOf } from './reading.ts';

export interface ChangeVersions {
  readonly oldest: number;
  readonly newest: number;
}

/** An item that was deleted, or that had another natural key before. */
export interface Trace {
  readonly id: string;
  readonly changeVersion: number;
  /** The key it had, by the names references carry it under. Personal data: values plane only. */
  readonly keyValues: JsonObject;
}

export interface TracePage {
  readonly items: readonly Trace[];
  readonly total?: number;
}

const version = z.number().int().nonnegative();
// Older hosts write the first letter large.
const VERSIONS = z.union([
  z
    .object({ oldestChangeVersion: version, newestChangeVersion: version })
    .transform((found) => ({ oldest: found.oldestChangeVersion, newest: found.newestChangeVersion })),
  z
    .object({ OldestChangeVersion: version, NewestChangeVersion: version })
    .transform((found) => ({ oldest: found.OldestChangeVersion, newest: found.NewestChangeVersion })),
]);

/**
 * @param url the address of change queries, as discovery gives it; undefined where it gives none
 * @returns the change versions there are; undefined where they cannot be had: then everything has to be read
 */
export const readChangeVersions = async (read: Read, url: string | undefined): Promise<ChangeVersions | undefined> => {
  if (url === undefined) return undefined;
  const reply = await read(`${url.replace(/\/+$/, '')}/availableChangeVersions`);
  return reply.status === 200 ? VERSIONS.safeParse(parseJson(reply.text)).data : undefined;
};

/** Answers of hosts that do not tell deletes or key changes, or not to this key: what they lead to is a full read. */
const NOT_THERE = new Set([400, 403, 404, 405, 410, 501]);

const readTraces = async (
  read: Read,
  base: string,
  resource: ResourceName,
  kind: 'deletes' | 'keyChanges',
  request: PageRequest,
): Promise<TracePage | undefined> => {
  const reply = await read(`${resourceUrl(base, resource)}/${kind}?${pageQuery(request)}`);
  if (NOT_THERE.has(reply.status)) return undefined;
  const items = listOf(resource, reply, hostOf(base)).map((trace) => {
    const values = kind === 'deletes' ? trace.keyValues : trace.oldKeyValues;
    return {
      id: typeof trace.id === 'string' ? trace.id : '',
      changeVersion: typeof trace.changeVersion === 'number' ? trace.changeVersion : 0,
      keyValues: isJsonObject(values) ? values : {},
    };
  });
  return { items, ...totalOf(reply) };
};

/** Reads a page of the deletes of a resource; undefined where the API does not tell them. Failures as in `readPage`. */
export const readDeletes = (
  read: Read,
  base: string,
  resource: ResourceName,
  request: PageRequest,
): Promise<TracePage | undefined> => readTraces(read, base, resource, 'deletes', request);

/** As `readDeletes`, for items that got another natural key; `keyValues` is the one they had before. */
export const readKeyChanges = (
  read: Read,
  base: string,
  resource: ResourceName,
  request: PageRequest,
): Promise<TracePage | undefined> => readTraces(read, base, resource, 'keyChanges', request);
