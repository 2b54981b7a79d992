/**
 * How many requests are under way at once: a number set by the steward, or one that finds its own optimum. It goes up
 * while answers stay as fast (additive increase; doubling, as long as nothing is known), and down by a factor when the
 * server asks for less (429, 503, time-outs) or when answers take longer and more requests at once bring no more of them.
 *
 * By Little's law what is got through is requests under way ÷ latency, so that two windows of answers tell which of two
 * numbers carries more, however noisy a clock of the whole would be. Every decrease for latency is such a comparison: one
 * that loses throughput is taken back, because then not our requests made the server slow.
 */
import type { Attempt } from '../edfi/attempt.ts';

export type Concurrency = number | 'auto';

export interface Limiter {
  /** How many may be under way now. */
  readonly limit: number;
  heard(attempt: Attempt): void;
  /** Everything begun before `now` took as long as this computer slept, not as long as the server worked. */
  stoodStill(now: number): void;
  /** What to begin the next batch with; undefined where nothing was found out. */
  readonly optimum: number | undefined;
}

const START = 2;
/** With fewer there is nothing to look down to. */
const FEW = 4;
/** Answers that much slower than before are looked into: less is noise on a bad network, or on a busy computer. */
const SLOWER = 1.7;
/** After a decrease answers should be this close to their best. */
const CLOSE = 1.3;
/** Answers this close to their best say that nothing waits. */
const FAST = 1.15;
/** The smallest step up, as a share. */
const STEP = 0.05;
/** How many more have to be under way than at the foot of a way up before it is judged by what they brought. */
const MORE = 1.2;
/** The step after a look down that lost as much as it took away, as a share. */
const BOLD = 0.25;
/** A decrease that leaves less than this of what is got through is taken back; one that nothing asked for, sooner. */
const KEEPS = { slower: 0.9, looking: 0.95 };
/** Less than this of what fewer should still bring shows that the server itself is becoming slower. */
const SHARE = 0.95;
/** What remains after a server asked for less. */
const BACK_OFF = 0.7;
/** A storm's loss is won back fast up to this share. */
const RETURN = 0.9;
/** A decrease for latency goes down to these shares at least and at most. */
const GENTLE = 0.8;
const STEEP = 0.25;
/** A look down goes down to this share: far enough to see the difference. */
const LOOK = 0.7;
/** Where less of the limit was used, nothing is known of more. */
const USED = 0.75;
const SETTLED = 0.95;
/** Fewer answers than this are not judged. */
const WINDOW = 8;
/** As many answers as are under way are a round. Servers answer in bursts, and a round cut off in one looks slow. */
const ROUND_AND_MORE = 1.25;
/** So many windows later at first, at most, one looks whether fewer would do as well. */
const LOOK_FIRST = 8;
const LOOK_LAST = 48;
/** A kind is known after so many answers, which are not judged themselves. */
const LEARN = 3;
/** A kind that seems to take so many times as much as the others is believed to. */
const DEARER = 1.5;
/** Milliseconds below which a clock tells nothing. */
const SHORTEST = 0.1;
/** How much of a change a kind's usual latency takes over from one answer. */
const SLOWLY = 0.02;

interface Window {
  readonly active: number;
  readonly level: number;
  /** When its answers came. */
  readonly ends: readonly number[];
}

interface Heard {
  /** When it came. */
  readonly at: number;
  readonly of: Usual;
  readonly ms: number;
  readonly active: number;
}

/** A decrease of which the next window tells whether it was right. */
interface Trial {
  /** When it was made. */
  readonly at: number;
  readonly before: Window;
  readonly limit: number;
  readonly keeps: number;
  /** Answers to what was under way then, in the order in which they came. */
  readonly rest: Heard[];
  /** When each of these came, and those of kinds of which nothing is known yet. */
  readonly ends: number[];
}

/** What an answer of a kind takes where the level is 1. */
interface Usual {
  ms: number;
  count: number;
}

/** How slow answers were, whatever they were answers to, and how many were under way. */
const meanOf = (answers: readonly Heard[]): Window => {
  const mean = (of: (answer: Heard) => number): number =>
    answers.reduce((sum, answer) => sum + of(answer), 0) / answers.length;
  return {
    level: mean(({ of, ms }) => Math.max(ms, SHORTEST) / of.ms),
    active: mean(({ active }) => active),
    ends: answers.map(({ at }) => at),
  };
};

/** What is got through, as a share of what was got through before. */
const carriedBy = (before: Window, window: Window): number =>
  (window.active / before.active) * (before.level / window.level);

/** Whether what is got through changed as much as what is under way, or at least half as much. */
const bringsItsShare = (before: Window, window: Window): boolean => {
  const change = window.active / before.active - 1;
  return (carriedBy(before, window) - 1) / change >= 0.5;
};

/**
 * While a queue builds up, what is under way ÷ latency tells of more than is got through. So it is also compared how fast the
 * server worked off what was under way at a decrease, and how fast answers came from then on.
 * @returns the one after the decrease as a share of the one before; undefined where too little was
 */
const paceAfter = ({ at, ends }: Trial, window: Window): number | undefined => {
  const until = ends.at(-1) ?? at;
  const later = window.ends.filter((end) => end > until);
  const last = later.at(-1);
  if (ends.length < WINDOW || later.length < WINDOW / 2 || last === undefined) return undefined;
  return later.length / (last - until) / (ends.length / Math.max(SHORTEST, until - at));
};

/**
 * How it was before a decrease. The window that led to it is half of the time before, where the server has just become
 * slow: it tells of more than was got through, and a decrease would be taken back that was due. What was sent last
 * before the decrease met the server as it had become.
 */
const beforeOf = ({ before, rest, keeps }: Trial): Window => {
  if (keeps !== KEEPS.slower || rest.length < WINDOW) return before;
  const last = meanOf(rest.slice(-Math.ceil(rest.length / 2)));
  return last.level > before.level ? last : before;
};

/**
 * @param most the upper bound: the client's connections, or what the steward allows
 * @param remembered what a batch before found to be best
 */
export function createLimiter(concurrency: Concurrency, most: number, remembered?: number): Limiter {
  if (concurrency !== 'auto') {
    const limit = Math.max(1, Math.min(concurrency, most));
    return { limit, heard: () => undefined, stoodStill: () => undefined, optimum: undefined };
  }
  const within = (wanted: number): number => Math.max(1, Math.min(most, wanted));
  let limit = within(remembered ?? START);
  /** Doubling goes on until here: nothing is known yet, or a decrease has still to be shown necessary. */
  let goal = remembered === undefined ? most : limit;
  let step = 0;
  /** With what the way up is compared; undefined until it has begun. */
  let foot: Window | undefined;
  /** Only what began since then is judged; undefined until the first answer, since the first meet an idle server. */
  let since: number | undefined;
  /** The level of latency when not too many are under way; 1 is what each kind usually takes. */
  let best: number | undefined;
  let trial: Trial | undefined;
  let windows = 0;
  /**
   * When to look whether fewer would do: at once where a number was remembered, which may be too much by now; again
   * soon after each decrease that was taken back, which may have been compared with a server that was just changing.
   */
  let look = remembered === undefined ? LOOK_LAST : 1;
  let pause = LOOK_FIRST;
  /** A decrease was taken back and `best` raised; the next one that is right shows that this was wrong. */
  let isRaised = false;
  /** The limit before a decrease that could not be compared: the next one decides on both. */
  let undecided: number | undefined;
  const usual = new Map<string, Usual>();
  let level = 1;
  let answers: Heard[] = [];

  /** What other kinds usually take, in the mean; undefined where there is no other. */
  const typicalBeside = (kind: Usual): number | undefined => {
    const others = [...usual.values()].filter((other) => other !== kind);
    return others.length === 0 ? undefined : others.reduce((sum, { ms }) => sum + ms, 0) / others.length;
  };
  /**
   * What a kind usually takes; undefined for its first answers, which say what it takes at the level of the moment. They
   * say too little: of many under way the quickest come first, all that follow would seem slow, and the next kind, held
   * against these, slower still. So what the others take counts twice, in the geometric mean, unless even these say
   * that the kind takes far more.
   */
  const usualOf = (kind: string, ms: number): Usual | undefined => {
    let known = usual.get(kind);
    if (known === undefined) {
      known = { ms: 0, count: 0 };
      usual.set(kind, known);
    }
    if (known.count === LEARN) return known;
    known.count += 1;
    const levelNow = answers.length < LEARN ? level : meanOf(answers).level;
    known.ms += (Math.max(ms, SHORTEST) / levelNow - known.ms) / known.count;
    const typical = known.count === LEARN ? typicalBeside(known) : undefined;
    if (typical !== undefined && known.ms < typical * DEARER) known.ms = Math.cbrt(known.ms * typical ** 2);
    return undefined;
  };
  /** How many answers are judged together. */
  const enough = (): number =>
    trial?.keeps === KEEPS.slower ? Math.max(WINDOW, limit * ROUND_AND_MORE) : Math.max(WINDOW, limit);
  /** The mean of the answers, of which the kinds learn. */
  const windowOf = (): Window => {
    const window = meanOf(answers);
    for (const { of, ms } of answers) of.ms += (Math.max(ms, SHORTEST) / window.level - of.ms) * SLOWLY;
    answers = [];
    return window;
  };
  const decreaseTo = (wanted: number, now: number): void => {
    limit = within(wanted);
    since = now;
    step = 0;
    foot = undefined;
  };
  const tryFewer = (window: Window, factor: number, keeps: number, now: number): void => {
    trial = { at: now, before: window, limit, keeps, rest: [], ends: [] };
    decreaseTo(Math.min(limit, window.active) * factor, now);
  };
  const firstStep = (): number => Math.max(1, limit * STEP);
  const grow = (window: Window): void => {
    if (window.active < Math.floor(limit) * USED) return;
    if (limit < goal) {
      limit = within(Math.min(goal, limit * 2));
      return;
    }
    // As fast as ever, or as much more got through as there is under way, however slow answers seem to be (what a kind
    // usually takes is guessed): how much more it can be is found by larger and larger steps.
    foot ??= window;
    const isFar = window.active / foot.active >= MORE;
    const isBolder = window.level < (best ?? 0) * FAST || (isFar && bringsItsShare(foot, window));
    if (isBolder) step = Math.max(firstStep(), step * 2);
    else step = isFar ? firstStep() : Math.max(firstStep(), step);
    if (isFar) foot = window;
    limit = within(limit + step);
  };
  /** Not in the middle of a way up, and all under way that may be: only then a look down compares what is alike. */
  const isSettled = (window: Window): boolean =>
    limit >= FEW && (step <= firstStep() || limit === most) && window.active >= Math.floor(limit) * SETTLED;
  const judge = (window: Window, now: number): void => {
    windows += 1;
    level = window.level;
    if (trial !== undefined) {
      const { keeps, limit: limitBefore } = trial;
      const before = beforeOf(trial);
      const pace = keeps === KEEPS.slower ? paceAfter(trial, window) : undefined;
      trial = undefined;
      const carries = carriedBy(before, window);
      look = windows + pause;
      // Fewer can lose no more than their share: where more is lost the server is still changing, and it is compared anew,
      // once: one that slows down for long is not to be cut again and again.
      const isChanging = undecided === undefined && keeps === KEEPS.slower && carries < (SHARE * limit) / limitBefore;
      if (Math.max(carries, pace ?? 0) < keeps && limit < limitBefore && !isChanging) {
        // It was slow for another reason: that is how fast it is now.
        best = Math.max(best ?? 0, before.level / CLOSE);
        // Of two decreases, half of the way back: which of them was wrong is not known.
        limit = Math.sqrt((undecided ?? limitBefore) * limitBefore);
        undecided = undefined;
        isRaised = keeps === KEEPS.slower;
        pause = Math.min(LOOK_LAST, pause * 2);
        // Fewer bring fewer, so more may bring more.
        if (keeps === KEEPS.looking && bringsItsShare(before, window)) step = limit * BOLD;
        return;
      }
      undecided = isChanging ? limitBefore : undefined;
      goal = 0;
      pause = LOOK_FIRST;
      best = Math.min(best ?? Number.POSITIVE_INFINITY, window.level * CLOSE);
      if (keeps === KEEPS.looking || isRaised) look = windows;
    }
    best = best === undefined ? window.level : best + 0.3 * Math.min(0, window.level - best);
    const slower = window.level / best;
    if (slower > SLOWER && limit > 1) {
      goal = 0;
      tryFewer(window, Math.max(STEEP, Math.min(GENTLE, CLOSE / slower)), KEEPS.slower, now);
      return;
    }
    undecided = undefined;
    if (windows >= look && isSettled(window)) tryFewer(window, LOOK, KEEPS.looking, now);
    else grow(window);
  };

  return {
    get limit() {
      return Math.floor(limit);
    },
    get optimum() {
      const isFound = windows > 0 && (limit >= goal || goal < most);
      return isFound ? Math.floor(Math.max(trial?.limit ?? limit, goal)) : undefined;
    },
    heard({ begun, ms, active, kind, how }) {
      const now = begun + ms;
      if (since !== undefined && begun <= since) {
        if (trial?.at !== since || how !== 'answered') return;
        const of = usual.get(kind);
        if (of?.count === LEARN) trial.rest.push({ at: now, of, ms, active });
        trial.ends.push(now);
        return;
      }
      if (since === undefined && remembered !== undefined && how === 'answered') {
        since = now;
        return;
      }
      switch (how) {
        case 'lost':
          return;
        case 'pushed-back':
          // What is lost by one storm is won back fast, up to a little below.
          goal = Math.min(limit, active) * RETURN;
          trial = undefined;
          undecided = undefined;
          decreaseTo(Math.min(limit, active) * BACK_OFF, now);
          answers = [];
          return;
        case 'answered': {
          const of = usualOf(kind, ms);
          if (of === undefined) return;
          answers.push({ at: now, of, ms, active });
          if (answers.length >= enough()) judge(windowOf(), now);
        }
      }
    },
    stoodStill(now) {
      since = Math.max(since ?? now, now);
      answers = [];
    },
  };
}
