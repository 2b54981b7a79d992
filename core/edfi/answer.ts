import { z } from 'zod';
import type { Called } from './calls.ts';
import { parseJson } from './json.ts';

/** What the API said to one write. `text` is for the sealed plane only: it may quote the record. */
export interface Answer {
  readonly status: number;
  /** The item's id, from Location, written as the API writes it: 32 hex digits, or a dashed UUID. */
  readonly id?: string;
  readonly etag?: string;
  /** The problem's type behind `urn:ed-fi:api:`, e.g. `data-conflict:unresolved-reference`. */
  readonly type?: string;
  /** The name under which the API's host finds this answer in its own log. */
  readonly correlationId?: string;
  readonly text: string;
  /** Requests sent for it, repetitions included. */
  readonly attempts: number;
  /** How long the last of them took. */
  readonly ms: number;
  /** The API's last word was to wait this long, which is longer than this call was allowed to. */
  readonly retryAfterMs?: number;
  /** An earlier attempt may have had its effect already: a DELETE that then finds nothing is done. */
  readonly repeated?: true;
}

const PROBLEM = z.object({
  type: z.string().optional().catch(undefined),
  correlationId: z.string().optional().catch(undefined),
});

const TYPE_PREFIX = 'urn:ed-fi:api:';
// Both go to places that outlive the sealed text: only what has their closed form passes.
const TYPE_FORM = /^[a-z0-9-]+(:[a-z0-9-]+){0,7}$/;
const CORRELATION_FORM = /^[0-9a-f][0-9a-f-]{7,63}$/i;
const ID_FORM = /^[A-Za-z0-9_-]{1,64}$/;

/** Takes a Location header, absolute or a path; gives the item's id, its last part, or undefined where it has none. */
export const idOfLocation = (location: string | undefined): string | undefined => {
  const path = location?.split(/[?#]/, 1)[0]?.replace(/\/+$/, '') ?? '';
  const last = path.slice(path.lastIndexOf('/') + 1);
  return path.includes('/') && ID_FORM.test(last) ? last : undefined;
};

/** Takes an answer's body; gives the problem's type (without its prefix) and correlation id, where it has them. */
export const problemOf = (text: string): { readonly type?: string; readonly correlationId?: string } => {
  const problem = text === '' ? undefined : PROBLEM.safeParse(parseJson(text)).data;
  const full = problem?.type ?? '';
  const type = full.startsWith(TYPE_PREFIX) ? full.slice(TYPE_PREFIX.length) : '';
  const correlationId = problem?.correlationId ?? '';
  return {
    ...(type.length <= 120 && TYPE_FORM.test(type) ? { type } : {}),
    ...(CORRELATION_FORM.test(correlationId) ? { correlationId } : {}),
  };
};

/** Takes the last reply and how it came about; gives the answer. */
export const answerFrom = ({ reply, attempts, retryAfterMs, repeated }: Called): Answer => {
  const id = idOfLocation(reply.header('location'));
  const etag = reply.header('etag');
  return {
    status: reply.status,
    ...(id === undefined ? {} : { id }),
    ...(etag === undefined ? {} : { etag }),
    ...(reply.status >= 400 ? problemOf(reply.text) : {}),
    text: reply.text,
    attempts,
    ms: reply.ms,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(repeated ? { repeated: true as const } : {}),
  };
};
