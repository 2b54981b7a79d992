import type { TroubleKind } from './trouble.ts';

/** How long each phase of one request may take, in milliseconds. */
export interface Timeouts {
  /** Name look-up, TCP and TLS handshake. */
  readonly connectMs: number;
  /** From the request's last byte to the answer's headers. */
  readonly headersMs: number;
  /** Between two pieces of the answer's body. */
  readonly bodyMs: number;
  /** The whole request, whatever phase it is in. */
  readonly totalMs: number;
}

/** How often and how long one call is tried; waits are drawn evenly from 0 to `baseMs` × 2^n, at most `capMs`. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly baseMs: number;
  readonly capMs: number;
  /** Sum of attempts and waits of one call, in milliseconds, after which its last answer stands. */
  readonly totalMs: number;
}

export type RetryReason = 'rate-limited' | 'timed-out' | 'server-error' | 'connection';

/** What the client tells while it works: enumerations and numbers only, so that it may be logged as it is. */
export type ClientEvent =
  | {
      readonly kind: 'retry';
      readonly reason: RetryReason;
      /** The HTTP status, 0 where there was no answer. */
      readonly status: number;
      readonly trouble: TroubleKind | 'none';
      /** 1 for the first repetition. */
      readonly attempt: number;
      readonly waitMs: number;
    }
  | { readonly kind: 'token'; readonly reason: 'first' | 'expiring' | 'refused'; readonly lifetimeMs: number }
  /** All calls wait, because the API asked for it. */
  | { readonly kind: 'wait'; readonly status: number; readonly waitMs: number };

export interface ClientOptions {
  /** The API's base address, as its host gives it out: `https://api.example.org/v7.3`. */
  readonly url: string;
  readonly key: string;
  /** Asked for whenever a token is; never kept by the client. */
  readonly secret: () => Promise<string> | string;
  /** Sockets open to one host at most, and the upper bound of `setConcurrency`. */
  readonly maxConnections?: number;
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryPolicy>;
  /** PEM certificates trusted beside the public ones, for a district's own authority. */
  readonly ca?: readonly string[];
  /** Trust what this computer's own store trusts, too. */
  readonly systemCertificates?: boolean;
  /** The address of a proxy; '' for the one of the environment, if any. */
  readonly proxy?: string;
  /** Values for what the API's addresses leave open (`{instance}`), by that name. */
  readonly routeValues?: Readonly<Record<string, string>>;
  readonly userAgent?: string;
  /** Wall clock, milliseconds. */
  readonly now?: () => number;
  /** Evenly distributed in [0, 1). */
  readonly random?: () => number;
  /** Resolves after `ms`, or as soon as `signal` fires; never rejects. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** When it fires, writes in flight finish, reads in flight stop, and nothing new is sent. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ClientEvent) => void;
}

/** Options with every default filled in. */
export interface Settings {
  readonly key: string;
  readonly secret: () => Promise<string> | string;
  readonly maxConnections: number;
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  readonly ca: readonly string[];
  readonly systemCertificates: boolean;
  readonly proxy: string;
  readonly routeValues: Readonly<Record<string, string>>;
  readonly userAgent: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: ClientEvent) => void;
}

const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 10_000, headersMs: 60_000, bodyMs: 30_000, totalMs: 120_000 };
const DEFAULT_RETRY: RetryPolicy = { attempts: 6, baseMs: 500, capMs: 30_000, totalMs: 180_000 };

const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });

/** Takes the options as given; gives them with defaults: 32 connections, 6 attempts, at most 3 minutes a call. */
export const settingsOf = (options: ClientOptions): Settings => ({
  key: options.key,
  secret: options.secret,
  maxConnections: Math.max(1, Math.trunc(options.maxConnections ?? 32)),
  timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
  retry: { ...DEFAULT_RETRY, ...options.retry },
  ca: options.ca ?? [],
  systemCertificates: options.systemCertificates ?? false,
  proxy: options.proxy ?? '',
  routeValues: options.routeValues ?? {},
  userAgent: options.userAgent ?? 'Rollbook',
  now: options.now ?? Date.now,
  random: options.random ?? Math.random,
  sleep: options.sleep ?? pause,
  signal: options.signal,
  onEvent: options.onEvent ?? (() => {}),
});
