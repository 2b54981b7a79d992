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

/** `body` is what would be sent, as JSON; for the screen of this workstation, and there only in a plan that was asked for. */
const sampleSchema = z.object({ file: z.string(), row: count, body: z.string().optional() });
/** A keyed hash, in hexadecimal: of what the source calls a record, or of its key. */
const recordIdentity = z.string().regex(/^([0-9a-f]{16}|[0-9a-f]{32})$/);
export const resourcePlanSchema = z.object({
  resource: z.string(),
  existing: count,
  creates: count,
  updates: count,
  deletes: count,
  /** Of the deletes, those that make way for the same item under its new key. */
  replaced: count,
  keyChanges: count,
  unchanged: count,
  rejected: count,
  held: count,
  failedBefore: count,
  skipped: count,
  samples: z.object({
    create: z.array(sampleSchema),
    update: z.array(sampleSchema),
    /** What the ledger knows these by; `plan.deleted` finds them in the last export. */
    delete: z.array(recordIdentity),
  }),
});
export type ResourcePlanView = z.infer<typeof resourcePlanSchema>;

export const planSchema = z.object({
  resources: z.array(resourcePlanSchema),
  /** Why the plan has to wait for approval, a sentence each; empty when it need not. */
  guard: z.array(z.string()),
});
export type PlanView = z.infer<typeof planSchema>;

/**
 * How a cause stands. new: first met in the last batch; regressed: was gone, or marked as fixed, and is back; fixed: the
 * steward says so, and the next batch will show; resolved: nothing is left of it.
 */
export const groupStates = ['new', 'ongoing', 'regressed', 'fixed', 'ignored', 'resolved'] as const;
export type GroupState = (typeof groupStates)[number];

/** Named to support by a random reference, resolved by this ledger alone: `R-7K4M-2Q` a record, `G-…` a cause. */
const recordReference = z.string().regex(/^R-[0-9A-Z]{4}-[0-9A-Z]{2}$/);
const groupReference = z.string().regex(/^G-[0-9A-Z]{4}-[0-9A-Z]{2}$/);
/** Milliseconds since 1970. */
const time = z.number();

/** One root cause. `value` and the samples are for this workstation's screen. */
export const problemGroupSchema = z.object({
  group: groupReference,
  state: z.enum(groupStates),
  code: z.string(),
  title: z.string(),
  what: z.string(),
  fix: z.string(),
  who: z.string(),
  /** The same records, sent again unchanged, may succeed. */
  retryHelps: z.boolean(),
  severity: z.enum(['error', 'warning']),
  resource: z.string(),
  path: z.string().nullable(),
  subject: z.string().nullable(),
  /** The HTTP status of the last refusal; null where it was found here. */
  status: count.nullable(),
  value: z.string().nullable(),
  suggestions: z.array(z.object({ uri: z.string(), confidence: z.string() })),
  /** Records that fail for it themselves, and records that wait because of them. */
  records: count,
  held: count,
  /** How many records were ever met with it. */
  occurrences: count,
  firstSeen: time,
  lastSeen: time,
  file: z.string().nullable(),
  row: count.nullable(),
});
export type ProblemGroupView = z.infer<typeof problemGroupSchema>;

/** A page of causes, the one whose end would release most first; `next` asks for the following page. */
export const problemPageSchema = z.object({
  groups: z.array(problemGroupSchema),
  next: z.string().nullable(),
  /** Of all causes that are neither ignored nor marked as fixed. */
  open: z.object({ causes: count, records: count, held: count }),
  /** Causes that are ignored, or marked as fixed and not yet looked at again. */
  hidden: count,
  /** Causes of which nothing is left, and that were not cleared. */
  resolved: count,
});
export type ProblemPage = z.infer<typeof problemPageSchema>;

/** A record that is not in the API as it should be; `id` is good until the next batch. */
export const problemRecordSchema = z.object({
  id: count,
  resource: z.string(),
  state: z.enum(['rejected', 'held', 'failed', 'planned']),
  kind: z.enum(['create', 'update', 'delete', 'key change']),
  file: z.string().nullable(),
  row: count.nullable(),
  /** The HTTP status of its refusal; null where it was found here, or where it is held. */
  status: count.nullable(),
  /** Goes again with the next batch. */
  retry: z.boolean(),
});
export type ProblemRecordView = z.infer<typeof problemRecordSchema>;

/** All there is to see of one record: values and the server's own words, for this workstation only. */
export const recordDetailSchema = z.object({
  record: problemRecordSchema,
  reference: recordReference.nullable(),
  /** The cause it leads to; null for one that is only planned. */
  cause: problemGroupSchema.nullable(),
  /** What is wrong with this record, each: catalogue title, path and the value found there. */
  issues: z.array(
    z.object({ code: z.string(), title: z.string(), path: z.string().nullable(), value: z.string().nullable() }),
  ),
  /** As it stands in the last export that was sent; null where that has no such row. */
  source: z
    .object({
      table: z.string(),
      file: z.string(),
      row: count,
      cells: z.array(z.object({ column: z.string(), value: z.string() })),
    })
    .nullable(),
  /** JSON. */
  mapped: z.string().nullable(),
  /** What went to the API; null where nothing did. */
  sent: z
    .object({
      method: z.enum(['POST', 'PUT', 'DELETE']),
      resource: z.string(),
      id: z.string().nullable(),
      body: z.string().nullable(),
      at: time,
    })
    .nullable(),
  /** Word for word. */
  answer: z.object({ status: count, text: z.string(), correlationId: z.string().nullable() }).nullable(),
  /** What the API has of it. */
  confirmed: z.object({ id: z.string().nullable(), at: time }).nullable(),
  history: z.array(z.object({ at: time, code: z.string(), title: z.string(), status: count.nullable() })),
  /** What waits for it, by resource. */
  dependants: z.array(z.object({ resource: z.string(), records: count })),
});
export type RecordDetail = z.infer<typeof recordDetailSchema>;

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
  /** How it is named to support. */
  label: z.string(),
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
const sending = {
  concurrency: z.union([z.literal('auto'), z.number().int().min(1).max(256)]).default('auto'),
  /** How long an API that goes away in mid-batch is waited for. */
  patienceSeconds: z.number().min(0).max(86_400).default(20),
};
/** What the page before gave as `next`. */
const cursor = z.string().max(100).optional();
const limit = z.number().int().min(1).max(500).default(100);

/** What is to be sent again. Of a resource: what failed, or, with `confirmed`, also what the API has, within the span. */
const retrySelection = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('failed') }),
  z.object({ kind: z.literal('group'), group: groupReference }),
  z.object({ kind: z.literal('record'), id: count }),
  z.object({ kind: z.literal('reference'), reference: recordReference }),
  z.object({
    kind: z.literal('resource'),
    resource: z.string().min(1),
    since: time.optional(),
    until: time.optional(),
    confirmed: z.boolean().default(false),
  }),
]);
export type RetrySelection = z.output<typeof retrySelection>;

export const batchSchema = z.object({
  id: count,
  state: z.enum(['planning', 'waiting', 'sending', 'done', 'stopped']),
  /** It waited, and what it would do was approved: a later batch has done it. */
  approved: z.boolean(),
  startedAt: time,
  endedAt: time.nullable(),
  account: accountSchema.nullable(),
  resources: z.record(z.string(), accountSchema),
  requests: requestsSchema.nullable(),
  /** The failure's code, where it stopped early. */
  stoppedBy: z.string().nullable(),
  timings: z
    .object({
      totalMs: count,
      planMs: count,
      sendMs: count,
      /** Of one request: the middle one, and the one that 95 of 100 are faster than; null where nothing was sent. */
      latencyP50Ms: count.nullable(),
      latencyP95Ms: count.nullable(),
      /** Connections open at once, at most. */
      connections: count,
    })
    .nullable(),
});
export type BatchView = z.infer<typeof batchSchema>;

/** A batch with all that is known of it; what one of an older Rollbook did not keep is null, or empty. */
export const batchDetailSchema = batchSchema.extend({
  by: z.enum(['steward', 'schedule']).nullable(),
  /** Why it had to be approved, a sentence each. */
  guard: z.array(z.string()),
  /** Records planned and not tried. */
  left: count.nullable(),
  /** Why it stopped early, in a sentence. */
  why: z.string().nullable(),
  /** What it would do, or would have done, where it waits or waited for approval; its samples have no bodies. */
  plan: planSchema.nullable(),
  /** For the connection's newest batch, while it waits for approval. */
  waiting: z
    .object({
      /** The folder or zip that it was made of; null for what was to be sent again from the last export. */
      source: z.string().nullable(),
      /** Whether that is now what it was then: only then can the batch be approved. */
      export: z.enum(['same', 'changed', 'gone']),
      /** What was refused before goes again too. */
      retry: z.boolean(),
    })
    .nullable(),
});
export type BatchDetailView = z.infer<typeof batchDetailSchema>;

/** What a reference stands for, as far as the ledger knows. */
export const foundRecordSchema = z.object({
  connection: z.string(),
  resource: z.string(),
  reference: recordReference,
  /** In the list of problems: its number there. */
  problem: problemRecordSchema.nullable(),
  confirmed: z.object({ id: z.string().nullable(), at: time }).nullable(),
  history: z.array(z.object({ at: time, code: z.string(), title: z.string(), status: count.nullable() })),
});
export type FoundRecord = z.infer<typeof foundRecordSchema>;

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
/** When a connection's batches run by themselves. Times are of this workstation's clock. */
export const scheduleSchema = z.object({
  when: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('off') }),
    z.object({ kind: z.literal('every'), minutes: z.number().int().min(5).max(1440) }),
    z.object({
      kind: z.literal('times'),
      times: z.array(clock).min(1).max(24),
      /** 0 is Sunday. */
      days: z.array(z.number().int().min(0).max(6)).min(1).max(7).default([0, 1, 2, 3, 4, 5, 6]),
    }),
    /** When the export has changed, and changes no more. */
    z.object({ kind: z.literal('export') }),
  ]),
  /** No batch begins by itself within; over midnight where `to` is before `from`. */
  quiet: z.object({ from: clock, to: clock }).nullable(),
  /** The pause at the end of a year: nothing begins by itself before; null where there is none. */
  pausedUntil: time.nullable(),
});
export type Schedule = z.output<typeof scheduleSchema>;

export const scheduleViewSchema = z.object({
  schedule: scheduleSchema,
  /** When the next batch begins by itself; null where none does. */
  next: time.nullable(),
  state: z.enum(['off', 'no-source', 'due', 'running', 'quiet', 'paused', 'watching', 'offline', 'waits-for-approval']),
  /** The last one that began by itself. */
  last: time.nullable(),
});
export type ScheduleView = z.infer<typeof scheduleViewSchema>;

/** An export as a steward sees it before it is used. */
export const sourceLookSchema = z.object({
  kind: z.literal('oneroster'),
  version: z.enum(['1.1', '1.2']),
  tables: z.array(
    z.object({
      name: z.string(),
      file: z.string(),
      columns: z.array(z.string()),
      mode: z.enum(['bulk', 'delta']),
      rows: count,
      /** The first rows, for the steward's eyes. */
      first: z.array(z.array(z.string())),
    }),
  ),
  notices: z.array(noticeSchema),
});
export type SourceLook = z.infer<typeof sourceLookSchema>;

export const sourceSchema = z.object({
  /** A folder or zip; null where none was chosen. */
  path: z.string().nullable(),
  isThere: z.boolean(),
  vanished: z.enum(['delete', 'keep']),
  /** When its rows were last sent. */
  lastSent: time.nullable(),
});
export type SourceView = z.infer<typeof sourceSchema>;

const descriptorCodeSchema = z.object({
  type: z.string(),
  code: z.string(),
  /** What it is paired with; null where with nothing. */
  uri: z.string().nullable(),
  /** Who paired it: the steward, or the pairs that Rollbook brings along. */
  origin: z.enum(['chosen', 'shipped']).nullable(),
  /** Records of the last batch that had it, and records that wait for it. */
  records: count,
  blocked: count,
  suggestions: z.array(z.object({ uri: z.string(), confidence: z.enum(['high', 'medium', 'low']) })),
});
export type DescriptorCodeView = z.infer<typeof descriptorCodeSchema>;

const overviewSchema = z.object({
  connection: z.string(),
  health: z.enum(['healthy', 'running', 'waiting', 'needs-you', 'never-sent']),
  last: batchSchema.nullable(),
  schedule: scheduleViewSchema,
  /** Since midnight. */
  today: z.object({ changed: count, confirmed: count, held: count, failed: count }),
  /** The last fourteen, the newest last; `date` as 2026-11-21. */
  days: z.array(
    z.object({
      date: z.string(),
      batches: count,
      created: count,
      updated: count,
      deleted: count,
      failed: count,
      held: count,
      rejected: count,
    }),
  ),
  open: z.object({ causes: count, records: count, held: count }),
  /** What to do next, the most urgent first. */
  next: z.array(
    z.object({
      kind: z.enum([
        'choose-source',
        'first-sync',
        'approve-plan',
        'map-codes',
        'fix-problems',
        'look-again',
        'secret-missing',
        'resume',
        'rotate-key',
      ]),
      count: count.nullable(),
    }),
  ),
});
export type OverviewView = z.infer<typeof overviewSchema>;

const foundSchema = z.object({
  resource: z.string(),
  /** Where the last export that was sent has it; null where only the ledger was asked. */
  place: z.object({ file: z.string(), row: count }).nullable(),
  identifiers: z.array(z.object({ name: z.string(), value: z.string() })),
  reference: recordReference,
  /** As the ledger has it. */
  state: z.enum(['confirmed', 'rejected', 'held', 'failed', 'planned', 'unknown']),
  problem: count.nullable(),
});
export type FoundView = z.infer<typeof foundSchema>;

export const settingsSchema = z.object({
  /** How long what is cleared or resolved stays in the ledger, in days. */
  problemDays: z.number().int().min(1).max(3650),
  /** How long the log for support is kept, in days, and how large it may grow. */
  logDays: z.number().int().min(1).max(3650),
  logMegabytes: z.number().int().min(1).max(1000),
  /** Connections to an API at once, at most; `auto` finds its own number. */
  concurrency: z.union([z.literal('auto'), z.number().int().min(1).max(256)]),
  /** The address of a proxy, `http://proxy.district.org:8080`; '' for the one of the system's environment, if any. */
  proxy: z.string().max(500),
  /** Certificates of the district's own authority, PEM: trusted for every connection. */
  ca: z.array(z.string()),
  /** Trust what this computer's own store trusts. */
  systemCertificates: z.boolean(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** A certificate that was added to the settings, as far as a person can tell it from another. */
export const certificateSchema = z.object({
  /** PEM, as the settings have it. */
  pem: z.string(),
  /** Whom it names; '' where nobody. */
  subject: z.string(),
  organization: z.string().nullable(),
  from: time,
  until: time,
  /** It may sign for others; one that may not is of a single server. */
  isAuthority: z.boolean(),
});
export type CertificateView = z.infer<typeof certificateSchema>;

/** A copy of the ledger. daily: made by itself; asked: by the steward; migration: before the ledger got a newer format. */
const ledgerCopySchema = z.object({
  copy: z.string(),
  kind: z.enum(['daily', 'asked', 'migration']),
  at: time,
  bytes: count,
});
export type LedgerCopyView = z.infer<typeof ledgerCopySchema>;

export const backupsSchema = z.object({
  /** The newest first. */
  copies: z.array(ledgerCopySchema),
  /** Why the day's copy could not be made, a sentence; null where nothing stands in its way. */
  trouble: z.string().nullable(),
  /** The ledger came out of a copy; null where it never did. */
  restored: z
    .object({
      at: time,
      copyAt: time,
      why: z.enum(['damaged', 'missing', 'asked']),
      sentence: z.string(),
      /** Connections whose API was not read back since. */
      behind: z.array(z.string()),
    })
    .nullable(),
});
export type BackupsView = z.infer<typeof backupsSchema>;

const bundleFileSchema = z.object({ name: z.string(), bytes: count, text: z.string() });

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

/** Whether what runs only plans, only reads the API back, or sends. */
const runKinds = ['plan', 'read-back', 'send'] as const;

const progressSchema = z.object({
  type: z.literal('progress'),
  phase: z.enum(['connecting', 'reading', 'sending']),
  /** Paused by the steward, or because the network is gone. */
  paused: z.boolean().optional(),
  /** While sending: each resource of the plan in the order of the dependencies. */
  resources: z.array(z.object({ resource: z.string(), done: count, total: count })).optional(),
  done: count,
  /** Absent while it is not known. */
  total: count.optional(),
  perSecond: z.number().nonnegative(),
  secondsLeft: z.number().nonnegative().optional(),
  connections: count,
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
      /** How it is named to support: one of a few words, with a number or without; '' for its number alone. */
      label: z.string().max(20).optional(),
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
      /** The connection's own where none is given. */
      source: z.string().min(1).optional(),
      planOnly: z.boolean().default(false),
      approve: z.boolean().default(false),
      /**
       * What the steward looked at, by resource as the plan names it: a plan that by now would delete more of any waits
       * again, and so does one that the guard stops and that would change more. Without it, whatever is planned is approved.
       */
      approved: z.record(z.string(), z.object({ changes: count, deletes: count })).optional(),
      /**
       * The number of the batch that waits, to have it go: its own export, and no more than it said. Then `source`,
       * `approve`, `approved` and `retry` are its own. Refused where another batch is newer, or the export has changed.
       */
      approves: count.optional(),
      retry: z.boolean().default(false),
      ...sending,
    }),
    output: syncResultSchema,
  },
  'audit.run': {
    input: z.object({ connection: name, full: z.boolean().default(false) }),
    output: auditSchema,
  },
  'adopt.run': { input: z.object({ connection: name }), output: z.record(z.string(), adoptedSchema) },
  'sync.stop': { input: z.object({}), output: z.object({}) },
  /** Sends nothing more until it is resumed; what is on its way is still heard and written down. */
  'sync.pause': { input: z.object({}), output: z.object({}) },
  'sync.resume': { input: z.object({}), output: z.object({}) },
  /** The batch, or the reading back, that runs now; null where none does. */
  'sync.state': {
    input: z.object({}),
    output: z
      .object({
        connection: z.string(),
        startedAt: time,
        paused: z.boolean(),
        by: z.enum(['steward', 'schedule']),
        kind: z.enum(runKinds),
        /** The newest; null before the first. */
        progress: progressSchema.nullable(),
      })
      .nullable(),
  },
  /** Takes a body out of a plan's samples; tells what the API has now, member by member where it differs. */
  'plan.compare': {
    input: z.object({ connection: name, resource: z.string().min(1), body: z.string().min(2) }),
    output: z.object({
      isThere: z.boolean(),
      differences: z.array(z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
    }),
  },
  /**
   * Finds what a plan would delete in the last export that was sent: takes its samples, gives for each the record as it
   * would be made of that export, as JSON; null where that has no such record.
   */
  'plan.deleted': {
    input: z.object({ connection: name, resource: z.string().min(1), samples: z.array(recordIdentity).min(1).max(10) }),
    output: z.array(z.object({ file: z.string(), row: count, body: z.string() }).nullable()),
  },
  'overview.show': { input: z.object({}), output: z.array(overviewSchema) },
  'sources.inspect': { input: z.object({ path: z.string().min(1) }), output: sourceLookSchema },
  'sources.show': { input: z.object({ connection: name }), output: sourceSchema },
  'sources.set': {
    input: z.object({
      connection: name,
      path: z.string().min(1).nullable(),
      vanished: z.enum(['delete', 'keep']).optional(),
    }),
    output: sourceSchema,
  },
  'schedule.show': { input: z.object({ connection: name }), output: scheduleViewSchema },
  'schedule.set': { input: z.object({ connection: name, schedule: scheduleSchema }), output: scheduleViewSchema },
  /** A host tells what it knows of the network and of sleep: batches that are due wait, and then go. */
  'schedule.network': { input: z.object({ online: z.boolean() }), output: z.object({}) },
  'schedule.awake': { input: z.object({}), output: z.object({}) },
  'batches.list': {
    input: z.object({ connection: name, after: cursor, limit }),
    output: z.object({ batches: z.array(batchSchema), next: z.string().nullable() }),
  },
  'batches.show': { input: z.object({ connection: name, id: count }), output: batchDetailSchema },
  /** Causes, ranked by what their end would release. `open` leaves out what is ignored, marked as fixed or resolved. */
  'problems.list': {
    input: z.object({
      connection: name,
      show: z.enum(['open', 'hidden', 'resolved', 'all']).default('open'),
      after: cursor,
      limit,
    }),
    output: problemPageSchema,
  },
  'problems.group': {
    input: z.object({ connection: name, group: groupReference }),
    output: z.object({
      group: problemGroupSchema,
      resources: z.array(z.object({ resource: z.string(), records: count, held: count })),
      /** At the end of each batch, the newest last. */
      trend: z.array(z.object({ at: time, records: count, held: count })),
    }),
  },
  /** The records of a cause; with `waitingFor`, only those held because of that one record. */
  'problems.records': {
    input: z.object({ connection: name, group: groupReference, waitingFor: count.optional(), after: cursor, limit }),
    output: z.object({ records: z.array(problemRecordSchema), next: z.string().nullable() }),
  },
  'problems.record': { input: z.object({ connection: name, id: count }), output: recordDetailSchema },
  /** Takes a cause off the list, or puts it back; its records stay where they are. */
  'problems.ignore': {
    input: z.object({ connection: name, group: groupReference, ignore: z.boolean() }),
    output: z.object({ records: count, held: count }),
  },
  /** The steward says that a cause is gone: its records go again with the next batch, which shows whether it is. */
  'problems.fixed': {
    input: z.object({ connection: name, group: groupReference, fixed: z.boolean() }),
    output: z.object({ records: count, held: count }),
  },
  /**
   * Hides what is over, or shows it again; nothing is deleted before its retention is. `since` is for showing: only what was
   * cleared then, or later.
   */
  'problems.clear': {
    input: z.object({
      connection: name,
      group: groupReference.optional(),
      clear: z.boolean().default(true),
      since: time.optional(),
    }),
    output: z.object({ causes: count, entries: count, at: time }),
  },
  /** Sends again, from the last export that was sent. */
  'retry.run': {
    input: z.object({
      connection: name,
      what: retrySelection,
      planOnly: z.boolean().default(false),
      approve: z.boolean().default(false),
      ...sending,
    }),
    /** `selected`: how many records were chosen to go again. */
    output: syncResultSchema.extend({ selected: count }),
  },
  /** A list of what to correct in the SIS; it holds personal data, and goes where the steward says. */
  'fixList.write': {
    input: z.object({
      connection: name,
      group: groupReference.optional(),
      format: z.enum(['csv', 'xlsx']),
      /** A file; with `perSchool`, a folder for one file a school. */
      out: z.string().min(1),
      perSchool: z.boolean().default(false),
    }),
    output: z.object({ files: z.array(z.string()), rows: count }),
  },
  /** The random reference under which support may hear of a record; made at first need. */
  'records.reference': {
    input: z.object({ connection: name, id: count }),
    output: z.object({ reference: recordReference }),
  },
  /**
   * What the ledger tells at once: records whose whole natural key is this identifier (a student number, a school's id).
   * `records.search` finds these too, where the last export has them, under the same references.
   */
  'records.lookUp': {
    input: z.object({ connection: name, text: z.string().min(2).max(100) }),
    output: z.object({ found: z.array(foundSchema) }),
  },
  /** Looks through the last export that was sent for records with this identifier (a student number, a course code…). */
  'records.search': {
    input: z.object({ connection: name, text: z.string().min(2).max(100), limit }),
    output: z.object({ found: z.array(foundSchema), more: z.boolean() }),
  },
  /** What the search that is under way has found beyond the first `seen`: answers when there is some, or it is over. */
  'records.foundSoFar': {
    input: z.object({ seen: count }),
    output: z.object({ found: z.array(foundSchema), isOver: z.boolean() }),
  },
  /** Ends the searches that are under way, `records.place` among them; what they were called from answers at once. */
  'records.stopSearch': { input: z.object({}), output: z.object({}) },
  'records.find': { input: z.object({ reference: z.string().min(1) }), output: foundRecordSchema },
  /** Looks through the last export that was sent for one without a problem; null where that does not have it. */
  'records.place': {
    input: z.object({ reference: z.string().min(1) }),
    output: z.object({ file: z.string(), row: count }).nullable(),
  },
  'settings.show': { input: z.object({}), output: settingsSchema },
  'settings.change': { input: settingsSchema.partial(), output: settingsSchema },
  /** The district's own certificates, in the settings' order. */
  'settings.certificates': { input: z.object({}), output: z.array(certificateSchema) },
  'backups.show': { input: z.object({}), output: backupsSchema },
  'backups.make': { input: z.object({}), output: ledgerCopySchema },
  /**
   * Puts a copy in the ledger's place, which is set aside. The engine ends when it has answered, and does it when it is
   * started again.
   */
  'backups.restore': { input: z.object({ copy: z.string().min(1).max(100) }), output: z.object({}) },
  /** Exactly what a bundle would hold. */
  'support.preview': { input: z.object({}), output: z.object({ files: z.array(bundleFileSchema) }) },
  'support.save': {
    input: z.object({ out: z.string().min(1) }),
    output: z.object({
      file: z.string(),
      bytes: count,
      sha256: z.string(),
      files: z.array(z.object({ name: z.string(), bytes: count })),
    }),
  },
  /** Every code met in the last batch, ranked by the records it blocks, then by those that have it. */
  'descriptors.codes': {
    input: z.object({
      connection: name,
      show: z.enum(['unpaired', 'paired', 'all']).default('all'),
      type: z.string().optional(),
      text: z.string().max(100).optional(),
      after: cursor,
      limit,
    }),
    output: z.object({
      codes: z.array(descriptorCodeSchema),
      next: z.string().nullable(),
      counts: z.object({ paired: count, unpaired: count }),
      types: z.array(z.string()),
    }),
  },
  /** The API's own values of a type in which the text occurs. */
  'descriptors.values': {
    input: z.object({ connection: name, type: z.string().min(1), text: z.string().max(100).default(''), limit }),
    output: z.array(z.object({ uri: z.string(), namespace: z.string(), codeValue: z.string() })),
  },
  /** Pairs many at once, all or none. */
  'descriptors.mapMany': {
    input: z.object({
      connection: name,
      pairs: z
        .array(z.object({ type: z.string().min(1), code: z.string().min(1), uri: z.string().min(1) }))
        .min(1)
        .max(1000),
    }),
    output: z.object({ mapped: count }),
  },
  /** Takes back what the steward chose; the shipped pair, where there is one, is in force again. */
  'descriptors.unmap': {
    input: z.object({ connection: name, type: z.string().min(1), code: z.string().min(1) }),
    output: z.object({}),
  },
  /** Where the maps of two connections differ; `usable` tells whether the API here has the other's value. */
  'descriptors.compare': {
    input: z.object({ connection: name, with: name }),
    output: z.array(
      z.object({
        type: z.string(),
        code: z.string(),
        here: z.string().nullable(),
        there: z.string().nullable(),
        usable: z.boolean(),
      }),
    ),
  },
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
  progressSchema,
  z.object({ type: z.literal('plan'), plan: planSchema }),
  z.object({ type: z.literal('notice'), code: z.string(), sentence: z.string() }),
  /**
   * A batch, or a reading back, began, ended, or waits; `ended` comes with how, and is the last that is told of it. For what
   * shows batches, and for notifications.
   */
  z.object({
    type: z.literal('batch'),
    connection: z.string(),
    what: z.enum(['started', 'paused', 'resumed', 'ended']),
    by: z.enum(['steward', 'schedule']),
    kind: z.enum(runKinds),
    state: z.enum(['done', 'planned', 'waiting', 'stopped', 'failed']).optional(),
    account: accountSchema.optional(),
  }),
  /** When batches begin by themselves has changed. */
  z.object({ type: z.literal('schedule'), connection: z.string(), view: scheduleViewSchema }),
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
