/** The shapes that cross between a host (command line, desktop) and the engine. */
import { z } from 'zod';

const count = z.number().int().nonnegative();

export const accountSchema = z.object({
  read: count,
  created: count,
  updated: count,
  deleted: count,
  unchanged: count,
  rejected: count,
  held: count,
  failed: count,
  skipped: count,
});
export type AccountView = z.infer<typeof accountSchema>;

export const requestsSchema = z.object({
  POST: count,
  PUT: count,
  DELETE: count,
  GET: count,
  token: count,
  retries: count,
});
export type RequestsView = z.infer<typeof requestsSchema>;

const sampleSchema = z.object({ file: z.string(), row: count });
export const resourcePlanSchema = z.object({
  resource: z.string(),
  existing: count,
  creates: count,
  updates: count,
  deletes: count,
  keyChanges: count,
  unchanged: count,
  rejected: count,
  held: count,
  failedBefore: count,
  skipped: count,
  samples: z.object({ create: z.array(sampleSchema), update: z.array(sampleSchema) }),
});
export type ResourcePlanView = z.infer<typeof resourcePlanSchema>;

export const planSchema = z.object({
  resources: z.array(resourcePlanSchema),
  /** Why the plan has to wait for approval, a sentence each; empty when it need not. */
  guard: z.array(z.string()),
});
export type PlanView = z.infer<typeof planSchema>;

/** One root cause. `value` and the samples are for this workstation's screen. */
export const problemGroupSchema = z.object({
  code: z.string(),
  title: z.string(),
  what: z.string(),
  fix: z.string(),
  who: z.string(),
  resource: z.string(),
  path: z.string().nullable(),
  subject: z.string().nullable(),
  value: z.string().nullable(),
  suggestions: z.array(z.object({ uri: z.string(), confidence: z.string() })),
  records: count,
  held: count,
  file: z.string().nullable(),
  row: count.nullable(),
});
export type ProblemGroupView = z.infer<typeof problemGroupSchema>;

export const noticeSchema = z.object({ code: z.string(), sentence: z.string() });

export const syncResultSchema = z.object({
  state: z.enum(['done', 'planned', 'waiting', 'stopped']),
  account: accountSchema,
  resources: z.record(z.string(), accountSchema),
  requests: requestsSchema,
  problems: z.array(problemGroupSchema),
  notices: z.array(noticeSchema),
  /** Records planned and not tried. */
  left: count,
  /** Why it stopped early, where it did. */
  stopped: z.object({ code: z.string(), sentence: z.string() }).nullable(),
  seconds: z.number(),
});
export type SyncResult = z.infer<typeof syncResultSchema>;

export const testStepSchema = z.object({
  step: z.string(),
  state: z.enum(['passed', 'warned', 'failed']),
  sentence: z.string(),
  /** For a failed step: the failure's code. */
  code: z.string().optional(),
});
export type TestStep = z.infer<typeof testStepSchema>;

export const connectionSchema = z.object({
  name: z.string(),
  url: z.string(),
  key: z.string(),
  studentId: z.string(),
  records: count,
  lastBatch: z
    .object({
      state: z.string(),
      startedAt: z.number(),
      endedAt: z.number().nullable(),
      account: accountSchema.nullable(),
    })
    .nullable(),
});
export type ConnectionView = z.infer<typeof connectionSchema>;

const name = z.string().min(1).max(100);

/** Every command: what goes in, what comes out. */
export const commands = {
  'connections.add': {
    input: z.object({
      name,
      url: z.string(),
      key: z.string().min(1),
      /** Goes in, and never comes out again. */
      secret: z.string().min(1).optional(),
      secretFile: z.string().optional(),
      studentId: z.string(),
      settings: z.record(z.string(), z.string()).optional(),
      routeValues: z.record(z.string(), z.string()).optional(),
      mapping: z.string().optional(),
      vanished: z.enum(['delete', 'keep']).optional(),
      test: z.boolean().default(true),
    }),
    output: z.object({ connection: connectionSchema, steps: z.array(testStepSchema), secretKept: z.boolean() }),
  },
  'connections.list': { input: z.object({}), output: z.array(connectionSchema) },
  'connections.test': { input: z.object({ name }), output: z.array(testStepSchema) },
  'connections.remove': { input: z.object({ name }), output: z.object({ records: count }) },
  'sync.run': {
    input: z.object({
      connection: name,
      source: z.string().min(1),
      planOnly: z.boolean().default(false),
      approve: z.boolean().default(false),
      retry: z.boolean().default(false),
      concurrency: z.union([z.literal('auto'), z.number().int().min(1).max(256)]).default('auto'),
    }),
    output: syncResultSchema,
  },
  'sync.stop': { input: z.object({}), output: z.object({}) },
  'problems.list': { input: z.object({ connection: name }), output: z.array(problemGroupSchema) },
  'descriptors.list': {
    input: z.object({ connection: name }),
    output: z.array(z.object({ type: z.string(), code: z.string(), uri: z.string() })),
  },
  'descriptors.map': {
    input: z.object({ connection: name, type: z.string().min(1), code: z.string().min(1), uri: z.string().min(1) }),
    output: z.object({}),
  },
} as const;

export type CommandName = keyof typeof commands;
export type CommandInput<N extends CommandName> = z.input<(typeof commands)[N]['input']>;
export type CommandOutput<N extends CommandName> = z.output<(typeof commands)[N]['output']>;
/** What a handler gets: the input with its defaults filled in. */
export type ParsedInput<N extends CommandName> = z.output<(typeof commands)[N]['input']>;

/** What the engine tells while it works. */
export const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    phase: z.enum(['connecting', 'reading', 'sending']),
    done: count,
    /** Absent while it is not known. */
    total: count.optional(),
    perSecond: z.number().nonnegative(),
    secondsLeft: z.number().nonnegative().optional(),
    connections: count,
  }),
  z.object({ type: z.literal('plan'), plan: planSchema }),
  z.object({ type: z.literal('notice'), code: z.string(), sentence: z.string() }),
]);
export type EngineEvent = z.infer<typeof eventSchema>;

export const answerSchema = z.union([
  z.object({ ok: z.unknown() }),
  z.object({
    error: z.object({
      code: z.string(),
      sentence: z.string(),
      details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    }),
  }),
]);
export type EngineAnswer = z.infer<typeof answerSchema>;
