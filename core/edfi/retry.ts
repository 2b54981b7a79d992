import { Failure } from '../errors/failure.ts';
import type { Gate, Pass } from './gate.ts';
import type { Lost, Reply, Sent } from './http.ts';
import type { Limiter } from './limiter.ts';
import type { RetryReason, Settings } from './options.ts';
import { isLasting, troubleFailure } from './trouble.ts';

/** Until a host has answered once, a mistake in the address is likelier than a passing fault: ask it seldom. */
const ATTEMPTS_BEFORE_FIRST_ANSWER = 2;

/**
 * Takes a Retry-After header (seconds, or an HTTP date) and the answer's Date header; gives milliseconds from now, or
 * undefined where it says nothing usable. A date is read against the server's own clock where it tells it, because a
 * workstation's may be minutes off.
 */
export const retryAfterMs = (value: string | undefined, date: string | undefined, now: number): number | undefined => {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  // A date has a month's name in it; without this check Date.parse would take a negative number for a year.
  const at = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) return undefined;
  const server = Date.parse(date ?? '');
  return Math.max(0, at - (Number.isNaN(server) ? now : server));
};

/** Takes what came of one attempt; gives why it should be repeated, or undefined where it should not. */
export const retryReasonOf = (sent: Sent): RetryReason | undefined => {
  if (sent.kind === 'lost') return isLasting(sent.trouble) ? undefined : 'connection';
  if (sent.status === 429) return 'rate-limited';
  if (sent.status === 408) return 'timed-out';
  return sent.status >= 500 ? 'server-error' : undefined;
};

/** What stands in the end: the last answer there was, else the last trouble. */
export interface Outcome {
  readonly last: Sent;
  /** Some attempt may have had its effect although its answer was lost or said otherwise. */
  readonly uncertain: boolean;
  readonly retryAfterMs?: number;
}

export interface RetryTools {
  readonly settings: Settings;
  readonly gate: Gate;
  /** Where each attempt stands in line; a sign-in does not, because whoever waits for it has its place. */
  readonly limiter?: Limiter;
  /** True once any host of this client has given any answer. */
  readonly reached: () => boolean;
  readonly host: string;
}

export const cancelled = (): Failure => new Failure('cancelled', 'Stopped before everything was sent.');

const longPause = (ms: number, host: string): Failure =>
  new Failure(
    'api-unreachable',
    `${host} asks to be left alone for ${Math.ceil(ms / 60_000)} minutes: run this again after that, with fewer connections.`,
    { reason: 'rate-limited', retryAfterMs: ms, host },
  );

/** What was thrown in place of an outcome, with `uncertain` in its details where an attempt before may have had its effect. */
const thrownAfter = (thrown: unknown, uncertain: boolean): unknown =>
  uncertain && thrown instanceof Failure
    ? new Failure(thrown.code, thrown.message, { ...thrown.details, uncertain })
    : thrown;

/**
 * Repeats `attempt` while repeating can help: exponential back-off with full jitter, or exactly the pause the API asks
 * for, which then holds for every call of the client. Attempts are counted, except those that the API answered with a
 * pause: these are bounded by the time budget alone, or a throttling API would make records fail that are fine.
 * Gives the last answer where there was one, else the last trouble; throws a Failure (cancelled, api-unreachable) only
 * where nothing was sent.
 */
export const withRetries = async (tools: RetryTools, attempt: () => Promise<Sent>): Promise<Outcome> => {
  const past = { uncertain: false };
  try {
    return await repeated(tools, attempt, past);
  } catch (thrown) {
    throw thrownAfter(thrown, past.uncertain);
  }
};

const repeated = async (
  tools: RetryTools,
  attempt: () => Promise<Sent>,
  past: { uncertain: boolean },
): Promise<Outcome> => {
  const { settings, gate, limiter } = tools;
  const { attempts, baseMs, capMs, totalMs } = settings.retry;
  let answer: Reply | undefined;
  let trouble: Lost | undefined;
  let pauseMs: number | undefined;
  let counted = 0;
  let repetitions = 0;
  let spent = 0;

  const outcome = (): Outcome | undefined => {
    const last = answer ?? trouble;
    return last && { last, uncertain: past.uncertain, ...(pauseMs === undefined ? {} : { retryAfterMs: pauseMs }) };
  };

  for (;;) {
    let pass: Pass;
    for (;;) {
      if (spent + gate.remaining() > totalMs) {
        const stands = outcome();
        if (stands) return stands;
        throw longPause(gate.remaining(), tools.host);
      }
      pass = await gate.pass(limiter === undefined);
      spent += pass.waited;
      await limiter?.acquire(settings.signal);
      // It may have closed while this one stood in line.
      if (limiter === undefined || gate.admits(pass) || settings.signal?.aborted) break;
      limiter.release();
    }
    let sent: Sent;
    try {
      if (settings.signal?.aborted) {
        if (answer) return { last: answer, uncertain: past.uncertain };
        throw cancelled();
      }
      sent = await attempt();
    } catch (thrown) {
      if (pass.asks) gate.open();
      throw thrown;
    } finally {
      limiter?.release();
    }
    pauseMs = undefined;
    // A computer that slept in between has not used up the time that the API is given.
    spent += Math.min(sent.ms, settings.timeouts.totalMs);
    if (sent.kind === 'reply') answer = sent;
    else trouble = sent;
    const reason = retryReasonOf(sent);
    if (reason === undefined) {
      if (pass.asks) gate.open();
      // A lasting trouble after an answer (the network was changed under us) must not be hidden by that answer.
      return sent.kind === 'lost' && sent.trouble !== 'aborted'
        ? { last: sent, uncertain: past.uncertain }
        : (outcome() as Outcome);
    }

    if (sent.kind === 'reply') {
      past.uncertain ||= sent.status !== 429;
      if (sent.status === 429 || sent.status === 503) {
        pauseMs = retryAfterMs(sent.header('retry-after'), sent.header('date'), settings.now());
      }
    } else {
      past.uncertain ||= sent.sent;
    }

    const isTold = pauseMs !== undefined && pauseMs > 0;
    const isForAll = isTold || (sent.kind === 'reply' && sent.status === 429);
    // A pause that is not told grows for all together with the vain attempts of whoever asked.
    const times = Math.max(counted, isForAll ? gate.inVain : 0);
    const waitMs = isTold ? (pauseMs ?? 0) : Math.round(settings.random() * Math.min(capMs, baseMs * 2 ** times));
    if (isForAll && sent.kind === 'reply') {
      gate.close(waitMs);
      settings.onEvent({ kind: 'wait', status: sent.status, waitMs });
    } else if (pass.asks) gate.open();
    if (!isTold) {
      counted += 1;
      const most = tools.reached() ? attempts : Math.min(attempts, ATTEMPTS_BEFORE_FIRST_ANSWER);
      if (counted >= most) return outcome() as Outcome;
    }
    if (spent + waitMs > totalMs) return outcome() as Outcome;

    repetitions += 1;
    settings.onEvent({
      kind: 'retry',
      reason,
      status: sent.kind === 'reply' ? sent.status : 0,
      trouble: sent.kind === 'lost' ? sent.trouble : 'none',
      attempt: repetitions,
      waitMs,
    });
    if (!isForAll) {
      await settings.sleep(waitMs, settings.signal);
      spent += waitMs;
    }
  }
};

/**
 * Takes an outcome; gives its answer, or throws the Failure (api-unreachable) that says why there is none, with `uncertain`
 * in its details where an attempt may have had its effect.
 */
export const answerOf = ({ last, uncertain }: Outcome, host: string): Reply => {
  if (last.kind === 'reply') return last;
  throw thrownAfter(troubleFailure(last.trouble, host), uncertain || last.sent);
};
