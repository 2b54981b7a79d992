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

/** The steps of a connection test, in their order. A step that failed is the last; one that warned is not. */
export const testSteps = [
  'address',
  'connection',
  'encryption',
  'api',
  'routes',
  'version',
  'credentials',
  'key',
  'specification',
  'dependencies',
  'permissions',
  'descriptors',
  'clock',
  'round-trip',
] as const;
export type TestStepName = (typeof testSteps)[number];

export const testStepSchema = z.object({
  step: z.enum(testSteps),
  state: z.enum(['passed', 'warned', 'failed']),
  sentence: z.string(),
  /** What to do; there for every step that failed or warned. */
  fix: z.string().optional(),
  /** For a failed step: the failure's code. */
  code: z.string().optional(),
});
export type TestStep = z.infer<typeof testStepSchema>;

/** What an API says of itself, as a person reads it. */
export const apiSchema = z.object({
  host: z.string(),
  /** The software's version; null on hosts that do not tell. */
  version: z.string().nullable(),
  /** `5.2`, `3.3b`; null where the API names none. */
  dataStandard: z.string().nullable(),
  /** `Ed-Fi 5.2 with Texas`. */
  inWords: z.string(),
  extensions: z.array(z.object({ name: z.string(), inWords: z.string(), version: z.string() })),
  encrypted: z.boolean(),
  /** What its addresses leave open and no route value fills. */
  open: z.array(
    z.object({
      name: z.string(),
      question: z.string(),
      /** The values there can be, where the host tells; else empty. */
      choices: z.array(z.string()),
    }),
  ),
});
export type ApiView = z.infer<typeof apiSchema>;

/** What the API told of a key: for the steward, and for support to review its permissions. */
export const keyInfoSchema = z.object({
  active: z.boolean(),
  educationOrganizations: z.array(
    z.object({ id: z.string(), name: z.string().nullable(), type: z.string().nullable() }),
  ),
  namespacePrefixes: z.array(z.string()),
  profiles: z.array(z.string()),
  /** Null where the API does not tell. */
  claimSet: z.string().nullable(),
  resources: z.array(z.object({ resource: z.string(), operations: z.array(z.string()) })).nullable(),
});
export type KeyInfoView = z.infer<typeof keyInfoSchema>;

/** Something of a cloned connection that a person has to look at before it can be trusted. */
export const lookAgainSchema = z.object({
  entry: z.string(),
  kind: z.enum(['not-compared', 'data-standard', 'resource', 'descriptor', 'year']),
  sentence: z.string(),
});
export type LookAgainView = z.infer<typeof lookAgainSchema>;

export const connectionSchema = z.object({
  name: z.string(),
  url: z.string(),
  key: z.string(),
  /** When the key came into use here: milliseconds since 1970. */
  keySince: z.number(),
  studentId: z.string(),
  /** Where the secret is: nowhere means that each command has to be given it. */
  secret: z.enum(['keychain', 'file', 'nowhere']),
  /** `Ed-Fi 5.2 with Texas`; null before the first test or sync. */
  inWords: z.string().nullable(),
  /** Resources that are switched off: `ed-fi/sections`, `tpdm/*`. */
  off: z.array(z.string()),
  /** The connection it was cloned from; null where it was not. */
  clonedFrom: z.string().nullable(),
  lookAgain: z.array(lookAgainSchema),
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

/** A connection with the choices made for it. */
export const connectionDetailSchema = connectionSchema.extend({
  settings: z.record(z.string(), z.string()),
  routeValues: z.record(z.string(), z.string()),
  vanished: z.enum(['delete', 'keep']),
  /** The mapping file; null for the shipped one. */
  mapping: z.string().nullable(),
  /** How many certificates of the district's own are trusted. */
  certificates: count,
  descriptorMappings: count,
  /** When the API's specification was last seen; null before. */
  specificationAt: z.number().nullable(),
});
export type ConnectionDetailView = z.infer<typeof connectionDetailSchema>;

export const resourceGroupSchema = z.object({
  /** `ed-fi`, `tpdm`: switched off as a whole by `tpdm/*`. */
  prefix: z.string(),
  inWords: z.string(),
  resources: z.array(
    z.object({
      resource: z.string(),
      /** The connection's mapping makes records of it. */
      mapped: z.boolean(),
      on: z.boolean(),
    }),
  ),
});
export type ResourceGroupView = z.infer<typeof resourceGroupSchema>;

/** What goes with a connection when it is removed. */
export const removalSchema = z.object({
  records: count,
  openProblems: count,
  batches: count,
  descriptorMappings: count,
  /** Bytes of the sealed copy of its source; 0 where there is none. */
  copyBytes: count,
  /** A file with the secret is the steward's own, and stays. */
  secret: z.enum(['keychain', 'file', 'nowhere']),
});
export type RemovalView = z.infer<typeof removalSchema>;

/** A connection as a file: no key, no secret, nothing of the ledger. */
export const exportedConnectionSchema = z.strictObject({
  format: z.literal('rollbook-connection'),
  version: z.literal(1),
  name: z.string().min(1).max(100),
  url: z.string().min(1),
  studentId: z.string().min(1),
  settings: z.record(z.string(), z.string()),
  vanished: z.enum(['delete', 'keep']),
  routeValues: z.record(z.string(), z.string()),
  /** PEM. */
  ca: z.array(z.string()),
  off: z.array(z.string()),
  /** The name of the mapping file where it is not the shipped one; the file itself goes its own way. */
  mapping: z.string().optional(),
  descriptors: z.array(z.strictObject({ type: z.string().min(1), code: z.string().min(1), uri: z.string().min(1) })),
});
export type ExportedConnection = z.infer<typeof exportedConnectionSchema>;

const name = z.string().min(1).max(100);
const pairs = z.record(z.string(), z.string());
const resourceChoice = z.object({ off: z.array(z.string()) });

/** Goes in, and never comes out again. */
const secretIn = {
  secret: z.string().min(1).optional(),
  secretFile: z.string().optional(),
};
/** Certificates of a district's own authority, PEM, trusted beside the public ones. */
const ca = z.array(z.string()).optional();
const reach = { url: z.string(), routeValues: pairs.optional(), ca };
const choices = {
  settings: pairs.optional(),
  mapping: z.string().optional(),
  vanished: z.enum(['delete', 'keep']).optional(),
  resources: resourceChoice.optional(),
};
/** What comes of every command that saves a connection. */
const saved = z.object({
  connection: connectionSchema,
  steps: z.array(testStepSchema),
  notices: z.array(noticeSchema),
  secretKept: z.boolean(),
});

/** What an audit found in one resource; see core/sync/audit.ts. */
const auditedSchema = z.object({
  ledger: count,
  api: count,
  missing: count,
  unknown: count,
  differing: count,
  hidden: count,
  rewritten: z.boolean(),
  read: z.enum(['all', 'window']),
});
const auditSchema = z.object({
  resources: z.record(z.string(), auditedSchema),
  window: z.object({ since: z.number().nullable(), newest: z.number().nullable() }),
});
export type AuditView = z.infer<typeof auditSchema>;

/** What adopting took over of one resource; see core/sync/adopt.ts. */
const adoptedSchema = z.object({
  api: count,
  adopted: count,
  matched: count,
  known: count,
  relinked: count,
  forgotten: count,
  unnamed: count,
});

/** Every command: what goes in, what comes out. */
export const commands = {
  /** What there is at an address; needs no key. */
  'connections.discover': { input: z.object(reach), output: apiSchema },
  'connections.add': {
    input: z.object({
      name,
      ...reach,
      key: z.string().min(1),
      ...secretIn,
      studentId: z.string(),
      ...choices,
      /** Save only what passed the test. */
      test: z.boolean().default(true),
    }),
    output: saved,
  },
  /** The test on values that are not saved. */
  'connections.tryOut': {
    input: z.object({ ...reach, key: z.string().min(1), ...secretIn, studentId: z.string().optional(), ...choices }),
    output: z.object({ steps: z.array(testStepSchema), api: apiSchema.nullable(), key: keyInfoSchema.nullable() }),
  },
  'connections.list': { input: z.object({}), output: z.array(connectionSchema) },
  'connections.show': { input: z.object({ name }), output: connectionDetailSchema },
  'connections.test': { input: z.object({ name }), output: z.array(testStepSchema) },
  /** Ends the tests that are under way; what they were called from answers at once. */
  'connections.stopTest': { input: z.object({}), output: z.object({}) },
  /** Changes what is given and leaves the rest; a new address is tested first. */
  'connections.update': {
    input: z.object({
      name,
      newName: name.optional(),
      url: z.string().optional(),
      routeValues: pairs.optional(),
      ca,
      ...choices,
      test: z.boolean().default(true),
    }),
    output: saved,
  },
  /** A connection like another, but for name, key and secret: a starting point. */
  'connections.clone': {
    input: z.object({
      from: name,
      name,
      url: z.string().optional(),
      routeValues: pairs.optional(),
      ca,
      key: z.string().min(1),
      ...secretIn,
      test: z.boolean().default(true),
    }),
    output: saved,
  },
  /** Takes an entry off a clone's list; `left` says how many stay. */
  'connections.looked': { input: z.object({ name, entry: z.string().min(1) }), output: z.object({ left: count }) },
  'connections.resources': { input: z.object({ name }), output: z.array(resourceGroupSchema) },
  /** A new key for a connection: the old one stays until the new one works. */
  'connections.rotate': {
    input: z.object({ name, key: z.string().min(1), ...secretIn, test: z.boolean().default(true) }),
    output: saved,
  },
  /** What the API told of the key when it was last tested; null where it never did. */
  'connections.keyInfo': {
    input: z.object({ name }),
    output: z.object({ at: z.number(), info: keyInfoSchema }).nullable(),
  },
  /** What would go; nothing is changed. */
  'connections.removal': { input: z.object({ name }), output: removalSchema },
  'connections.remove': { input: z.object({ name }), output: removalSchema },
  'connections.export': { input: z.object({ name }), output: exportedConnectionSchema },
  'connections.import': {
    input: z.object({
      /** What an export wrote, as parsed JSON. */
      document: z.unknown(),
      /** The connection's name here; the one in the document unless told. */
      name: name.optional(),
      /** For a new connection: the document has none. */
      key: z.string().min(1).optional(),
      ...secretIn,
      /** A mapping file in place of the one that the document names. */
      mapping: z.string().optional(),
      /** Replace the choices of the connection with this name; its key, secret and ledger stay. */
      replace: z.boolean().default(false),
      test: z.boolean().default(true),
    }),
    /** `replaced`: what was different before, a sentence each. */
    output: saved.extend({ replaced: z.array(z.string()) }),
  },
  'sync.run': {
    input: z.object({
      connection: name,
      source: z.string().min(1),
      planOnly: z.boolean().default(false),
      approve: z.boolean().default(false),
      retry: z.boolean().default(false),
      concurrency: z.union([z.literal('auto'), z.number().int().min(1).max(256)]).default('auto'),
      /** How long an API that goes away in mid-batch is waited for. */
      patienceSeconds: z.number().min(0).max(86_400).default(20),
    }),
    output: syncResultSchema,
  },
  'audit.run': {
    input: z.object({ connection: name, full: z.boolean().default(false) }),
    output: auditSchema,
  },
  'adopt.run': { input: z.object({ connection: name }), output: z.record(z.string(), adoptedSchema) },
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
  /** A step of a connection test has ended. */
  z.object({ type: z.literal('test-step'), step: testStepSchema, done: count, total: count }),
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
