import type { Method, Sent } from './http.ts';
import type { TroubleKind } from './trouble.ts';

/** One request for data as it went: what those who decide how many go at once have to know. Numbers and names only. */
export interface Attempt {
  /** When it was sent, and how long it took: milliseconds of the steady clock (`performance.now`). */
  readonly begun: number;
  readonly ms: number;
  /** Requests under way when it was sent, itself included. */
  readonly active: number;
  /** What costs the server about the same: method, resource and status. */
  readonly kind: string;
  /** pushed-back: the server asked for less (429, 503), or did not answer in time; lost: tells nothing of its load. */
  readonly how: 'answered' | 'pushed-back' | 'lost';
}

const isLate = (trouble: TroubleKind): boolean =>
  trouble === 'headers-timeout' || trouble === 'body-timeout' || trouble === 'total-timeout';

const PUSHES_BACK: readonly number[] = [408, 429, 503, 504];

/** Takes what came of a request; gives how it went. */
export const howOf = (sent: Sent): Attempt['how'] => {
  if (sent.kind === 'lost') return isLate(sent.trouble) ? 'pushed-back' : 'lost';
  if (PUSHES_BACK.includes(sent.status)) return 'pushed-back';
  // A token that ended is refused before anything is done.
  return sent.status === 401 ? 'lost' : 'answered';
};

/** `POST ed-fi/students 201` */
export const kindOf = (method: Method, resource: string, sent: Sent): string =>
  `${method} ${resource} ${sent.kind === 'reply' ? sent.status : 0}`;
