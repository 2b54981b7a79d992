/**
 * A fault plan: what is to go wrong at the practice API, when, and by which seed, as a JSON value. Times are seconds
 * (`Seconds`, `seconds`) or milliseconds (`Ms`, `ms`) as their names say; requests are counted from 1, for each rule
 * those that it is about.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { Failure } from '../../errors/failure.ts';

const count = z.int().min(1);
const duration = z.number().min(0).max(86_400);
const milliseconds = z.number().min(0).max(600_000);

const SURFACES = ['data', 'token', 'metadata', 'other'] as const;
/** A part of the API: its data, the sign-in, specifications and dependencies, or the rest (discovery, token_info …). */
export type Surface = (typeof SURFACES)[number];

/**
 * Which requests a rule strikes; without it every data request (those that write for `conflict`, the sign-in for
 * `shortTokens`, all for the server's own).
 */
const when = z.strictObject({
  on: z.array(z.enum(SURFACES)).min(1).optional(),
  /** `ed-fi/students` */
  resources: z
    .array(z.string().regex(/^[\w-]+\/\w+$/))
    .min(1)
    .optional(),
  methods: z
    .array(z.enum(['GET', 'POST', 'PUT', 'DELETE']))
    .min(1)
    .optional(),
  /** The share of the matching requests that it strikes, by chance; 1 unless told. */
  share: z.number().min(0).max(1).optional(),
  /** So many matching requests are left alone first. */
  after: z.int().min(0).optional(),
  /** Each so-manieth of those that follow. */
  every: count.optional(),
  /** From this matching request on, and up to that one, both included. */
  from: count.optional(),
  to: count.optional(),
  /** Seconds since the plan came into force. */
  fromSeconds: duration.optional(),
  toSeconds: duration.optional(),
  /** It strikes so often at most; `revoke` and `maintenance` once unless told. */
  times: count.optional(),
});

const moment = z.enum(['before', 'after']);

const retryAfter = z.strictObject({
  as: z.enum(['seconds', 'date']),
  /** What is left of the window, or the time until the rate allows one more, unless told. */
  seconds: duration.optional(),
});

const faults = {
  /** Answers come later: by `ms`, and by chance up to `jitterMs` more (uniform) or by that much on average (exponential). */
  latency: z.strictObject({
    kind: z.literal('latency'),
    ms: milliseconds,
    jitterMs: milliseconds.optional(),
    distribution: z.enum(['uniform', 'exponential']).optional(),
  }),
  /** `concurrent` requests at once are worked on, in `ms` each; those on top of them stand in line. */
  capacity: z.strictObject({
    kind: z.literal('capacity'),
    concurrent: count,
    ms: milliseconds,
    /** With twice as many as that, each takes this share longer; with three times as many, twice this share. 0 unless told. */
    drag: z.number().min(0).max(10).optional(),
    /** With so many times as many it refuses (429) what comes on top, and everything for `windowSeconds` where told. */
    refusal: z
      .strictObject({
        beyond: z.number().min(1).max(1000),
        retryAfter: retryAfter.optional(),
        windowSeconds: duration.optional(),
      })
      .optional(),
    /** The number moves; the last one whose requests or seconds are over holds. */
    moves: z
      .array(z.strictObject({ concurrent: count, afterRequests: count.optional(), afterSeconds: duration.optional() }))
      .optional(),
  }),
  /** A refusal. With `windowSeconds`, everything the rule is about is refused that long; with `perSecond`, what exceeds that rate. */
  status: z.strictObject({
    kind: z.literal('status'),
    status: z.literal([429, 503]),
    retryAfter: retryAfter.optional(),
    windowSeconds: duration.optional(),
    perSecond: z.number().positive().optional(),
    /** So many at once before the rate counts; 1 unless told. */
    burst: count.optional(),
  }),
  /** A write is refused (409), as where another client was faster; it takes no effect. */
  conflict: z.strictObject({ kind: z.literal('conflict'), as: z.enum(['non-unique-values', 'multi-user-conflict']) }),
  /** A gateway's HTML page instead of the answer: before the request was looked at (unless told), or after it took effect. */
  page: z.strictObject({
    kind: z.literal('page'),
    status: z.literal([500, 502, 503, 504]),
    moment: moment.optional(),
  }),
  /** The socket is closed without an answer, before the request was looked at, or after it took effect. */
  drop: z.strictObject({ kind: z.literal('drop'), moment }),
  /** The request takes effect; its answer breaks off in the middle. */
  half: z.strictObject({ kind: z.literal('half') }),
  /** The body of the answer comes in small pieces. */
  slow: z.strictObject({ kind: z.literal('slow'), bytesPerSecond: z.number().min(1) }),
  /** Tokens that live shorter than they say: for so many seconds, or so many data requests. */
  shortTokens: z.strictObject({
    kind: z.literal('shortTokens'),
    seconds: duration.optional(),
    requests: z.int().min(0).optional(),
  }),
  /** All tokens are revoked, right before the request that it strikes. */
  revoke: z.strictObject({ kind: z.literal('revoke') }),
  /** The whole server is down for `seconds`: it says 503, or refuses connections. */
  maintenance: z.strictObject({
    kind: z.literal('maintenance'),
    seconds: duration,
    how: z.enum(['answer', 'closed']),
    /** With `answer`: as in `status`. */
    retryAfter: retryAfter.optional(),
  }),
  /** The server's clock is off by `seconds`: the Date header, and the times of tokens and items. */
  clock: z.strictObject({ kind: z.literal('clock'), seconds: z.number().min(-1e9).max(1e9) }),
} as const;

export type FaultKind = keyof typeof faults;
export const FAULT_KINDS = Object.keys(faults) as FaultKind[];
export type Fault = { readonly [Kind in FaultKind]: z.infer<(typeof faults)[Kind]> }[FaultKind];
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>;
export type When = z.infer<typeof when>;
export interface FaultRule {
  readonly when?: When | undefined;
  readonly fault: Fault;
}
/** What is to go wrong; the same plan and the same sequence of requests give the same faults. */
export interface FaultPlan {
  /** A whole number. */
  readonly seed: number;
  readonly rules: readonly FaultRule[];
}

const plan = z.strictObject({
  seed: z.int(),
  rules: z.array(
    z.strictObject({
      when: when.optional(),
      fault: z.discriminatedUnion('kind', [
        faults.latency,
        faults.capacity,
        faults.status,
        faults.conflict,
        faults.page,
        faults.drop,
        faults.half,
        faults.slow,
        faults.shortTokens,
        faults.revoke,
        faults.maintenance,
        faults.clock,
      ]),
    }),
  ),
});

const listed = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ');

/** The end of a sentence that begins with the place. */
const said: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `has a property ${listed(issue.keys.slice(0, 1))} that is not known; remove it or correct its spelling`;
    case 'invalid_union':
      return `has to be one of ${listed(FAULT_KINDS)}`;
    case 'invalid_value':
      return `has to be one of ${listed(issue.values)}`;
    case 'invalid_type':
      return issue.input === undefined ? 'is missing; add it' : `has to be of type ${issue.expected}`;
    case 'too_small':
      return `has to be ${issue.origin === 'array' ? 'a list of' : ''} at least ${issue.minimum}`.replace('  ', ' ');
    case 'too_big':
      return `has to be at most ${issue.maximum}`;
    case 'invalid_format':
      return 'has to name a resource such as "ed-fi/students"';
    default:
      return 'is not as a fault plan wants it';
  }
};

const placeOf = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'the top level'
    : path.map((part) => (typeof part === 'number' ? `no. ${part + 1}` : String(part))).join(' › ');

/** What no single property is wrong in. */
function contradictionIn({ fault, when = {} }: FaultRule): string | undefined {
  if (when.after !== undefined && when.from !== undefined) return 'has both "after" and "from"; keep one';
  if (when.to !== undefined && when.to < (when.from ?? (when.after ?? 0) + 1)) return 'ends before it begins';
  if (when.toSeconds !== undefined && when.toSeconds <= (when.fromSeconds ?? 0)) return 'ends before it begins';
  switch (fault.kind) {
    case 'status':
      if (fault.perSecond !== undefined && fault.windowSeconds !== undefined) {
        return 'has both "perSecond" and "windowSeconds"; keep one';
      }
      return fault.burst !== undefined && fault.perSecond === undefined
        ? 'has "burst" without "perSecond"; add it'
        : undefined;
    case 'shortTokens':
      return (fault.seconds === undefined) === (fault.requests === undefined)
        ? 'needs either "seconds" or "requests"'
        : undefined;
    case 'capacity':
      return fault.moves?.some(
        ({ afterRequests, afterSeconds }) => (afterRequests === undefined) === (afterSeconds === undefined),
      )
        ? 'has a move that needs either "afterRequests" or "afterSeconds"'
        : undefined;
    default:
      return undefined;
  }
}

/**
 * Checks a fault plan.
 * @param value parsed JSON
 * @param name how a person knows it, for the sentence: `the file storm.json`
 * @throws Failure usage, naming the place and what is wrong there
 */
export function parseFaults(value: unknown, name = 'the fault plan'): FaultPlan {
  const refuse = (path: readonly PropertyKey[], what: string): Failure =>
    new Failure('usage', `In ${name}, ${placeOf(path)} ${what}.`);
  const result = plan.safeParse(value, { error: said });
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw refuse(path, message);
  }
  for (const [index, rule] of result.data.rules.entries()) {
    const contradiction = contradictionIn(rule);
    if (contradiction !== undefined) throw refuse(['rules', index], contradiction);
  }
  return result.data;
}

/**
 * Reads a fault plan from a JSON file.
 * @throws Failure usage, where it cannot be read, is no JSON, or is no fault plan
 */
export function loadFaults(file: string): FaultPlan {
  const name = basename(file);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Failure('usage', `The fault plan ${name} cannot be read; check that it is there and may be opened.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new Failure(
      'usage',
      `The fault plan ${name} is not JSON; open it in an editor that checks JSON and put it right.`,
    );
  }
  return parseFaults(value, `the fault plan ${name}`);
}
