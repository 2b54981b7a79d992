/** Who may speak to the loopback host: the one browser in which the link with the token was opened. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const secretWord = (): string => randomBytes(32).toString('base64url');

const same = (given: string, expected: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
};

export interface Sessions {
  /** All paths begin with it, and the cookie is bound to it: cookies of 127.0.0.1 otherwise go to every port of it. */
  readonly base: string;
  /** A token that opens one session. It replaces one that has not been used. */
  newToken(): string;
  /** Exchanges a token for a cookie; undefined where it is not, or no longer, good. */
  exchange(token: string): string | undefined;
  isKnown(request: IncomingMessage): boolean;
}

const COOKIE = 'rollbook';

export function createSessions(): Sessions {
  const base = `/${randomBytes(12).toString('hex')}/`;
  const known = new Set<string>();
  let token: string | undefined;
  return {
    base,
    newToken() {
      token = secretWord();
      return token;
    },
    exchange(given) {
      if (token === undefined || !same(given, token)) return undefined;
      token = undefined;
      const id = secretWord();
      known.add(id);
      return `${COOKIE}=${id}; Path=${base}; HttpOnly; SameSite=Strict`;
    },
    isKnown(request) {
      const given = (request.headers.cookie ?? '')
        .split(';')
        .map((pair) => pair.trim())
        .find((pair) => pair.startsWith(`${COOKIE}=`))
        ?.slice(COOKIE.length + 1);
      if (given === undefined) return false;
      return [...known].some((id) => same(given, id));
    },
  };
}
