import { Failure } from '../errors/failure.ts';
import type { Http, Reply } from './http.ts';
import type { Limiter } from './limiter.ts';
import { answerOf, type RetryTools, withRetries } from './retry.ts';

const MOST_REDIRECTS = 3;

export interface DocumentTools extends Omit<RetryTools, 'host'> {
  readonly http: Http;
  readonly limiter: Limiter;
}

/** The name and port of a URL, fit for a sentence: without path, query or credentials. */
export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'the API');

/** The redirect's target where it is the same host, by the same or a safer scheme; undefined where it leads away. */
const nearby = (location: string | undefined, from: string): string | undefined => {
  if (location === undefined || !URL.canParse(location, from)) return undefined;
  const here = new URL(from);
  const there = new URL(location, from);
  if (there.hostname !== here.hostname || there.username !== '') return undefined;
  const downgraded = here.protocol === 'https:' && there.protocol !== 'https:';
  return downgraded ? undefined : there.href;
};

/** What goes along with the request for a document. */
export interface DocumentRequest {
  /** The bearer header, for hosts that show their metadata only to a key. */
  readonly authorization?: string | undefined;
  /** The ETag of what is known already: where it still holds, the answer is a 304 without a body. */
  readonly etag?: string | undefined;
}

/**
 * Reads a document that needs no sign-in (discovery, lists, specifications), following redirects on the same host only:
 * one that leads elsewhere is a portal's. Gives the answer whatever its status; throws a Failure (api-unreachable,
 * cancelled) where there is none.
 */
export const readDocument = async (tools: DocumentTools, url: string, along: DocumentRequest = {}): Promise<Reply> => {
  const { http } = tools;
  let target = url;
  for (let redirects = 0; ; redirects += 1) {
    const at = target;
    const host = hostOf(at);
    let asked = 0;
    const outcome = await withRetries({ ...tools, host }, () =>
      http.send(
        {
          method: 'GET',
          url: at,
          headers: {
            Accept: 'application/json',
            ...(along.authorization === undefined ? {} : { Authorization: along.authorization }),
            ...(along.etag === undefined ? {} : { 'If-None-Match': along.etag }),
          },
        },
        'data',
        asked++ > 0,
      ),
    );
    const reply = answerOf(outcome, host);
    if (reply.status < 300 || reply.status > 399 || reply.status === 304) return reply;
    const next = nearby(reply.header('location'), at);
    if (next === undefined || redirects >= MOST_REDIRECTS) {
      throw new Failure(
        'api-unreachable',
        `${host} sends the request on to another address, as a sign-in portal or a moved API does: open the address in a browser, and enter the address the API's host gives you.`,
        { host, reason: 'redirected', status: reply.status },
      );
    }
    target = next;
  }
};
