/**
 * Everything that the log can say. An event is one of these shapes and nothing else: no field takes free text, so there
 * is nothing in it that would have to be scrubbed. Add an event here, and it is in the log, the bundle and their checks.
 */
import { z } from 'zod';
import { type CommandName, commands, testSteps } from '../contract/schemas.ts';
import { CATALOGUE, type ProblemCode } from '../errors/catalogue.ts';
import { FAILURE_CODES } from '../errors/failure.ts';
import { TABLES } from '../sources/oneroster/columns.ts';
import {
  bucketField,
  durationField,
  flag,
  integer,
  labelField,
  type ModuleName,
  type Name,
  type NameKind,
  oneOf,
  referenceField,
  statusField,
  timeField,
  versionField,
} from './fields.ts';
import {
  architectureField,
  claimSetField,
  mappingSettingField,
  noticeField,
  platformField,
  reasonField,
} from './lists.ts';
import { THROWN_CODES } from './thrown.ts';
import { COLUMN_NAMES, type Words } from './words.ts';

/** The version of these shapes; a line of the log has it as `v`. */
export const EVENT_SCHEMA_VERSION = 1;

/** What a name is looked up in while an event is checked. */
export interface Lookups {
  /** Undefined while no specification is loaded: then no event with a name fits. */
  readonly words: () => Words | undefined;
  /** @returns whether the program has that file */
  readonly isModule: (text: string) => boolean;
}

export const STEP_STATES = ['passed', 'warned', 'failed'] as const;
export const BATCH_STATES = ['done', 'planned', 'waiting', 'stopped'] as const;
export const GUARD_KINDS = ['deletes-share', 'deletes-count', 'deletes-adopted', 'changes-share'] as const;
export const GROUP_STATUSES = ['new', 'ongoing', 'ignored', 'resolved', 'regressed', 'fixed'] as const;
export const PROBLEM_ACTIONS = ['retry', 'ignore', 'unignore', 'fixed', 'clear', 'restore', 'fix-list'] as const;
export const PROBLEM_SCOPES = ['record', 'group', 'resource', 'span', 'all'] as const;
export const SETTING_NAMES = [
  'retention-days',
  'retention-megabytes',
  'problem-retention',
  'schedule',
  'concurrency',
  'guard',
  'language',
  'theme',
  'notifications',
  'updates',
  'certificates',
  'proxy',
] as const;
export const DROP_REASONS = ['not-plain', 'type-unknown', 'not-in-catalogue', 'disk', 'closed'] as const;

const code = oneOf(FAILURE_CODES);
const command = z.enum(Object.keys(commands) as [CommandName, ...CommandName[]]);
const problemCode = z.enum(Object.keys(CATALOGUE) as [ProblemCode, ...ProblemCode[]]);
const table = oneOf(TABLES as readonly [(typeof TABLES)[number], ...(typeof TABLES)[number][]]);
const column = oneOf(COLUMN_NAMES);
const operation = oneOf(['create', 'read', 'update', 'delete']);
/** What a failure tells beside its code. */
const why = { code, reason: reasonField.optional(), status: statusField.optional() };
const account = {
  read: bucketField,
  created: bucketField,
  updated: bucketField,
  deleted: bucketField,
  unchanged: bucketField,
  rejected: bucketField,
  held: bucketField,
  failed: bucketField,
  skipped: bucketField,
};
const connection = labelField;
const batch = referenceField('B');

/** No API has more resources than that. */
const MOST_RESOURCES = 2_000;
const MOST_EXTENSIONS = 50;
const MOST_FRAMES = 20;

const event = <T extends string, S extends z.ZodRawShape>(type: T, fields: S) =>
  z.strictObject({ type: z.literal(type), ...fields });

/**
 * Makes the schema of all events.
 * @param lookups what a name must be in, each time that an event is checked
 */
export function eventSchema(lookups: Lookups) {
  const name = <K extends NameKind>(kind: K) =>
    z.custom<Name<K>>((value) => typeof value === 'string' && lookups.words()?.[kind](value) === value);
  const resource = name('resource');
  const perResource = <S extends z.ZodRawShape>(fields: S) =>
    z.array(z.strictObject({ resource, ...fields })).max(MOST_RESOURCES);
  const frames = z
    .array(
      z.strictObject({
        module: z.custom<ModuleName>((value) => typeof value === 'string' && lookups.isModule(value)),
        line: integer(1, 999_999),
        column: integer(1, 999_999),
      }),
    )
    .max(MOST_FRAMES);

  return z.discriminatedUnion('type', [
    // The program.
    event('app.started', {
      rollbook: versionField,
      node: versionField,
      electron: versionField.optional(),
      host: oneOf(['desktop', 'loopback', 'cli', 'engine']),
      platform: platformField,
      arch: architectureField,
      osMajor: integer(0, 999),
    }),
    event('app.stopped', { why: oneOf(['asked', 'update', 'error']), ranMs: durationField }),
    event('app.crashed', {
      where: oneOf(['main', 'engine', 'renderer', 'cli']),
      how: oneOf(['uncaught', 'rejection', 'exit', 'memory', 'hang', 'killed']),
      code: oneOf(THROWN_CODES),
      frames,
    }),

    // The ledger.
    event('ledger.opened', { schema: integer(0, 1_000), megabytes: bucketField, records: bucketField }),
    event('ledger.failed', { ...why, thrown: oneOf(THROWN_CODES).optional() }),
    event('ledger.copied', { kind: oneOf(['daily', 'asked']), megabytes: bucketField }),
    event('ledger.restored', { why: oneOf(['damaged', 'missing', 'asked']), copyAgeMs: durationField }),

    // Connections.
    event('connection.added', { connection, imported: flag }),
    event('connection.changed', {
      connection,
      what: z
        .array(
          oneOf(['name', 'label', 'address', 'routes', 'certificates', 'settings', 'mapping', 'vanished', 'resources']),
        )
        .max(9),
    }),
    event('connection.removed', { connection, records: bucketField, batches: bucketField }),
    event('connection.cloned', { connection, from: connection, lookAgain: bucketField }),
    event('connection.rotated', { connection, tested: flag }),
    event('connection.tested', {
      connection: connection.optional(),
      saved: flag,
      steps: z
        .array(
          z.strictObject({
            step: oneOf(testSteps),
            state: oneOf(STEP_STATES),
            code: code.optional(),
            reason: reasonField.optional(),
          }),
        )
        .max(testSteps.length),
      durationMs: durationField,
    }),
    event('api.described', {
      connection,
      version: versionField.optional(),
      dataStandard: versionField.optional(),
      /** By their resources' prefix; one without a resource has no name to be told by. */
      extensions: z
        .array(z.strictObject({ extension: name('extension'), version: versionField.optional() }))
        .max(MOST_EXTENSIONS),
      resources: bucketField,
      encrypted: flag,
      openParts: integer(0, 20),
    }),
    event('key.described', {
      connection,
      active: flag,
      claimSet: claimSetField,
      resources: bucketField,
      organizations: bucketField,
      namespaces: bucketField,
      profiles: bucketField,
      /** What the mapping needs and the claim set does not allow. */
      lacking: perResource({ operations: z.array(operation).max(4) }),
    }),
    event('descriptor.mapped', { connection, descriptor: name('descriptor') }),

    // Sources.
    event('source.opened', {
      connection,
      format: oneOf(['oneroster']),
      version: versionField,
      delta: flag,
      zipped: flag,
      tables: z.array(z.strictObject({ table, rows: bucketField.optional(), mode: oneOf(['bulk', 'delta']) })).max(20),
    }),
    event('source.refused', {
      connection,
      code,
      table: table.optional(),
      column: column.optional(),
      /** Set where the row is known: which one it is, is for the steward's eyes. */
      atRow: flag,
      frames: frames.optional(),
    }),
    event('source.notice', { connection, code: noticeField, table: table.optional() }),

    // Batches.
    event('batch.started', {
      connection,
      batch: batch.optional(),
      mode: oneOf(['send', 'plan', 'audit', 'adopt']),
      by: oneOf(['steward', 'schedule', 'cli']),
      retry: flag,
      concurrency: oneOf(['auto', 'fixed']),
    }),
    event('batch.planned', {
      connection,
      batch: batch.optional(),
      resources: perResource({
        existing: bucketField,
        creates: bucketField,
        updates: bucketField,
        deletes: bucketField,
        keyChanges: bucketField,
        unchanged: bucketField,
        rejected: bucketField,
        held: bucketField,
        failedBefore: bucketField,
        skipped: bucketField,
      }),
      durationMs: durationField,
    }),
    event('batch.waiting', {
      connection,
      batch: batch.optional(),
      guard: z.array(oneOf(GUARD_KINDS)).max(MOST_RESOURCES),
    }),
    event('batch.approved', { connection, batch: batch.optional() }),
    event('batch.paused', {
      connection,
      batch: batch.optional(),
      why: oneOf(['api-away', 'offline', 'rate-limited', 'asked', 'sleep']),
    }),
    event('batch.resumed', {
      connection,
      batch: batch.optional(),
      after: oneOf(['pause', 'crash']),
      pausedMs: durationField.optional(),
    }),
    event('batch.stopped', { connection, batch: batch.optional(), ...why }),
    event('batch.ended', {
      connection,
      batch: batch.optional(),
      state: oneOf(BATCH_STATES),
      resources: perResource(account),
      total: z.strictObject(account),
      left: bucketField,
      requests: z.strictObject({
        POST: bucketField,
        PUT: bucketField,
        DELETE: bucketField,
        GET: bucketField,
        token: bucketField,
        retries: bucketField,
      }),
      durationMs: durationField,
      connectionsMax: integer(0, 256),
      statuses: z.array(z.strictObject({ status: statusField, answers: bucketField })).max(100),
      latency: z
        .strictObject({ p50: durationField, p90: durationField, p99: durationField, max: durationField })
        .optional(),
    }),
    event('audit.ended', {
      connection,
      full: flag,
      resources: perResource({
        ledger: bucketField,
        api: bucketField,
        missing: bucketField,
        unknown: bucketField,
        differing: bucketField,
        hidden: bucketField,
      }),
      durationMs: durationField,
    }),
    event('adopt.ended', {
      connection,
      resources: perResource({
        api: bucketField,
        adopted: bucketField,
        matched: bucketField,
        known: bucketField,
        relinked: bucketField,
        forgotten: bucketField,
        unnamed: bucketField,
      }),
      durationMs: durationField,
    }),

    // Problems.
    event('problem.group', {
      connection,
      batch: batch.optional(),
      group: referenceField('G'),
      code: problemCode,
      resource,
      path: name('path').optional(),
      /** What it is about: one of these, or none. */
      descriptor: name('descriptor').optional(),
      entity: name('entity').optional(),
      table: table.optional(),
      column: column.optional(),
      setting: mappingSettingField.optional(),
      httpStatus: statusField.optional(),
      status: oneOf(GROUP_STATUSES),
      records: bucketField,
      held: bucketField,
      firstSeen: timeField.optional(),
      lastSeen: timeField.optional(),
      /** Some of its records, to be asked for: only the steward's ledger says whose they are. */
      samples: z.array(referenceField('R')).max(3),
    }),
    event('problem.action', {
      connection,
      action: oneOf(PROBLEM_ACTIONS),
      scope: oneOf(PROBLEM_SCOPES),
      group: referenceField('G').optional(),
      resource: resource.optional(),
      records: bucketField,
    }),
    event('command.failed', {
      command,
      connection: connection.optional(),
      ...why,
      /** For code `internal`: what was thrown, and where in our own files. */
      thrown: oneOf(THROWN_CODES).optional(),
      frames: frames.optional(),
    }),

    // Schedule, network, and the log itself.
    event('schedule.started', { connection }),
    event('schedule.missed', { connection, runs: bucketField, lateMs: durationField }),
    event('schedule.quiet', { connection, untilMs: durationField }),
    event('network.offline', {}),
    event('network.online', { offlineMs: durationField }),
    event('log.dropped', {
      events: integer(1, 1_000_000_000),
      /** Of those whose type is in the catalogue. */
      types: z.array(oneOf(EVENT_TYPES)).max(EVENT_TYPES.length),
      why: z.array(oneOf(DROP_REASONS)).max(DROP_REASONS.length),
    }),
    event('support.bundle-made', { events: bucketField, groups: bucketField, refused: bucketField }),
    event('support.bundle-blocked', { findings: bucketField }),
    event('setting.changed', { setting: oneOf(SETTING_NAMES) }),
  ]);
}

/** Every type of event, for what counts them. */
export const EVENT_TYPES = [
  'app.started',
  'app.stopped',
  'app.crashed',
  'ledger.opened',
  'ledger.failed',
  'ledger.copied',
  'ledger.restored',
  'connection.added',
  'connection.changed',
  'connection.removed',
  'connection.cloned',
  'connection.rotated',
  'connection.tested',
  'api.described',
  'key.described',
  'descriptor.mapped',
  'source.opened',
  'source.refused',
  'source.notice',
  'batch.started',
  'batch.planned',
  'batch.waiting',
  'batch.approved',
  'batch.paused',
  'batch.resumed',
  'batch.stopped',
  'batch.ended',
  'audit.ended',
  'adopt.ended',
  'problem.group',
  'problem.action',
  'command.failed',
  'schedule.started',
  'schedule.missed',
  'schedule.quiet',
  'network.offline',
  'network.online',
  'log.dropped',
  'support.bundle-made',
  'support.bundle-blocked',
  'setting.changed',
] as const;

export type SupportEvent = z.infer<ReturnType<typeof eventSchema>>;
export type EventType = SupportEvent['type'];
export type EventOf<T extends EventType> = Extract<SupportEvent, { type: T }>;

/** An event as the log has it. */
export type LoggedEvent = SupportEvent & {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Counts the lines of one log, so that two of one moment have an order. */
  readonly seq: number;
};

/** Where events go; whoever has something to tell takes this, and nobody but the engine opens it. */
export interface EventLog {
  /** Writes an event, now; one that does not fit is dropped and counted. Never throws. */
  write(event: SupportEvent): void;
  /** How many events were dropped since the log was opened. */
  dropped(): number;
  /** Keeps the log for so many days, and as large, from now on; what is beyond goes at once. Never throws. */
  retain(days: number, megabytes: number): void;
  /** Writes nothing any more; what is written after it is dropped. */
  close(): void;
}
