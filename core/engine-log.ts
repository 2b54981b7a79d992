/** What the engine tells the log: each thing that happens, in the words of the event catalogue and no other. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { Profile } from './connections/profile.ts';
import type {
  AccountView,
  AuditView,
  CommandName,
  CommandOutput,
  KeyInfoView,
  RetrySelection,
  TestStep,
} from './contract/schemas.ts';
import type { Discovery } from './edfi/discovery.ts';
import type { ApiModel } from './edfi/model.ts';
import { stateOf } from './engine-problems.ts';
import { isProblemCode } from './errors/catalogue.ts';
import { FAILURE_CODES, type FailureCode, isFailure } from './errors/failure.ts';
import { asLedgerFailure, type ConnectionRow, type Ledger } from './ledger/ledger.ts';
import { SCHEMA_VERSION } from './ledger/migrations.ts';
import { identityOf } from './ledger/problem-records.ts';
import type { ProblemGroup } from './ledger/problems.ts';
import type { EventLog, EventOf, SupportEvent } from './support/events.ts';
import {
  bucket,
  type ConnectionLabel,
  duration,
  httpStatus,
  isConnectionLabel,
  type Name,
  numberLabel,
  referenceOf,
  time,
  versionOf,
} from './support/fields.ts';
import { codeOf, framesOf } from './support/frames.ts';
import {
  architectureOf,
  claimSetOf,
  majorRelease,
  mappingSettingOf,
  noticeOf,
  platformOf,
  reasonOf,
} from './support/lists.ts';
import { columnOf, createWords, tableOf, type Words, withoutHidden } from './support/words.ts';
import type { SyncOutcome } from './sync/sync.ts';

export type HostKind = 'desktop' | 'loopback' | 'cli' | 'engine';

export interface EngineLogInput {
  readonly ledger: Ledger;
  readonly profileOf: (row: ConnectionRow) => Profile;
  readonly keyInfo: (connectionId: number) => KeyInfoView | undefined;
  /** The secrets in use: no name that has one in it is told, whoever published it. */
  readonly secrets: ReadonlySet<string>;
  readonly now: () => number;
}

export interface EngineLog {
  /** Names of the specifications of all connections. */
  words(): Words;
  /** A specification may have changed: names are looked up anew. */
  forgetWords(): void;
  label(row: ConnectionRow): ConnectionLabel;
  /** The ledger is open. */
  opened(): void;
  batchStarted(
    row: ConnectionRow,
    how: { isPlan: boolean; isRetry: boolean; isFixed: boolean; by: 'steward' | 'schedule' },
  ): void;
  paused(row: ConnectionRow, isOn: boolean): void;
  /** What was planned, how it ended, and the causes as they stand. */
  batchEnded(row: ConnectionRow, outcome: SyncOutcome): void;
  /** The connection a command names, while it is still there. */
  connectionIn(command: string, input: unknown): Named | undefined;
  /** Tells of a command that did something worth telling. */
  commandDone(done: Done): void;
  /** A command ended with something thrown; gives nothing of it away but codes. */
  commandFailed(command: CommandName, before: Named | undefined, thrown: unknown): void;
  write(event: SupportEvent): void;
}

/** A connection as it was before a command changed or removed it. */
export interface Named {
  readonly row: ConnectionRow;
  readonly label: ConnectionLabel;
}

export interface Done {
  readonly command: CommandName;
  readonly input: unknown;
  readonly output: unknown;
  readonly before: Named | undefined;
  readonly ms: number;
}

/** Causes told at the end of a batch; a support person reads no more, and the ledger has them all. */
const MOST_GROUPS = 200;
const SAMPLES = 3;

const packageText = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
export const ROLLBOOK_VERSION = (JSON.parse(packageText) as { version: string }).version;

/** @returns the event that begins each run; undefined where a version could not be told */
export function startedEvent(host: HostKind): EventOf<'app.started'> | undefined {
  const rollbook = versionOf(ROLLBOOK_VERSION);
  const node = versionOf(process.versions.node);
  const electron = versionOf(process.versions.electron);
  if (rollbook === undefined || node === undefined) return undefined;
  return {
    type: 'app.started',
    rollbook,
    node,
    ...(electron === undefined ? {} : { electron }),
    host,
    platform: platformOf(process.platform),
    arch: architectureOf(process.arch),
    osMajor: majorRelease(os.release()),
  };
}

const codeOfFailure = (code: string): FailureCode => FAILURE_CODES.find((known) => known === code) ?? 'internal';

/** Why something failed, in codes: as the log tells it. */
export function whyOf(thrown: unknown): {
  code: FailureCode;
  reason?: NonNullable<ReturnType<typeof reasonOf>>;
  status?: number;
} {
  // First by its plain data: what is no error of ours is not asked anything, since asking may run its code.
  const kind = codeOf(thrown);
  if (kind === 'unexpected' || kind === 'not-an-error') return { code: 'internal' };
  const known = asLedgerFailure(thrown);
  if (!isFailure(known)) return { code: 'internal' };
  const reason = reasonOf(known.details.reason);
  const status = httpStatus(known.details.status);
  return { code: known.code, ...(reason === undefined ? {} : { reason }), ...(status === 0 ? {} : { status }) };
}

export function createEngineLog(input: EngineLogInput, log: EventLog): EngineLog {
  const { ledger, now } = input;
  let words: Words | undefined;

  const allWords = (): Words => {
    if (words === undefined) {
      const rows = ledger.connections();
      const models = rows.flatMap(({ id }) => {
        const kept = ledger.cached(id, 'specification');
        return kept === undefined ? [] : [(JSON.parse(kept.text) as { model: ApiModel }).model];
      });
      const keys = rows.map((row) => input.profileOf(row).key);
      const isHidden = (name: string): boolean =>
        [...keys, ...input.secrets].some((text) => name.toLowerCase().includes(text.toLowerCase()));
      words = withoutHidden(createWords(...models), isHidden);
    }
    return words;
  };
  const label = (row: ConnectionRow): ConnectionLabel => {
    const chosen = input.profileOf(row).label;
    return isConnectionLabel(chosen) ? chosen : numberLabel(row.id);
  };

  const bucketed = (account: AccountView) => ({
    read: bucket(account.read),
    created: bucket(account.created),
    updated: bucket(account.updated),
    deleted: bucket(account.deleted),
    unchanged: bucket(account.unchanged),
    rejected: bucket(account.rejected),
    held: bucket(account.held),
    failed: bucket(account.failed),
    skipped: bucket(account.skipped),
  });
  const batchOf = (outcome: SyncOutcome) => {
    const batch = referenceOf('B', outcome.batch.reference);
    return batch === undefined ? {} : { batch };
  };

  /** What a cause is about: a name of the model, of the mapping's settings, or of the source. */
  const subjectOf = (subject: string | null) => {
    if (subject === null) return {};
    const descriptor = allWords().descriptor(subject);
    if (descriptor !== undefined) return { descriptor };
    const entity = allWords().entity(subject);
    if (entity !== undefined) return { entity };
    const setting = mappingSettingOf(subject);
    if (setting !== undefined) return { setting };
    const [, first, second] = /^(\w+)(?: \((\w+)\))?$/.exec(subject) ?? [];
    const table = tableOf(first);
    const column = columnOf(second ?? first);
    return { ...(table === undefined ? {} : { table }), ...(column === undefined ? {} : { column }) };
  };

  /** Random references of some of its records; made now, since somebody is about to be told of them. */
  const samplesOf = (group: ProblemGroup) =>
    ledger.problemRecords.some(group.id, SAMPLES).flatMap((record) => {
      const identity = identityOf(record);
      if (identity === undefined) return [];
      const reference = referenceOf(
        'R',
        ledger.problemRecords.refer(record.resourceId, identity, record.keyHash, now()),
      );
      return reference === undefined ? [] : [reference];
    });

  const groupEvent = (
    connection: ConnectionLabel,
    batch: ReturnType<typeof batchOf>,
    group: ProblemGroup,
  ): EventOf<'problem.group'> | undefined => {
    const resource = allWords().resource(group.resource);
    const reference = referenceOf('G', group.reference);
    if (resource === undefined || reference === undefined || !isProblemCode(group.code)) return undefined;
    const path = group.path === null ? undefined : allWords().path(group.path);
    return {
      type: 'problem.group',
      connection,
      ...batch,
      group: reference,
      code: group.code,
      resource,
      ...(path === undefined ? {} : { path }),
      ...subjectOf(group.subject),
      ...(group.status === null ? {} : { httpStatus: httpStatus(group.status) }),
      status: stateOf(group),
      records: bucket(group.records),
      held: bucket(group.held),
      firstSeen: time(group.firstAt),
      lastSeen: time(group.lastAt),
      samples: samplesOf(group),
    };
  };

  const batchPlanned = (row: ConnectionRow, outcome: SyncOutcome): void => {
    const connection = label(row);
    const { source, batch, plannedMs } = outcome;
    const version = versionOf(source.version);
    if (version !== undefined) {
      log.write({
        type: 'source.opened',
        connection,
        format: 'oneroster',
        version,
        delta: [...source.tables.values()].some(({ mode }) => mode === 'delta'),
        zipped: false,
        tables: [...source.tables.values()].flatMap(({ name, mode }) => {
          const table = tableOf(name);
          return table === undefined ? [] : [{ table, mode }];
        }),
      });
    }
    for (const notice of outcome.notices) {
      const code = noticeOf(notice.code);
      if (code !== undefined) log.write({ type: 'source.notice', connection, code });
    }
    log.write({
      type: 'batch.planned',
      connection,
      ...batchOf(outcome),
      resources: batch.plan.flatMap((one) => {
        const resource = allWords().resource(one.resource);
        if (resource === undefined) return [];
        return [
          {
            resource,
            existing: bucket(one.existing),
            creates: bucket(one.creates),
            updates: bucket(one.updates),
            deletes: bucket(one.deletes),
            keyChanges: bucket(one.keyChanges),
            unchanged: bucket(one.unchanged),
            rejected: bucket(one.rejected),
            held: bucket(one.held),
            failedBefore: bucket(one.failedBefore),
            skipped: bucket(one.skipped),
          },
        ];
      }),
      durationMs: duration(plannedMs),
    });
    if (outcome.state === 'waiting') {
      log.write({
        type: 'batch.waiting',
        connection,
        ...batchOf(outcome),
        guard: [...new Set(batch.guard.map(({ kind }) => kind))],
      });
    }
  };

  const tested = (named: ConnectionLabel | undefined, steps: readonly TestStep[], ms: number): void => {
    log.write({
      type: 'connection.tested',
      ...(named === undefined ? {} : { connection: named }),
      saved: named !== undefined,
      steps: steps.map(({ step, state, code }) => ({
        step,
        state,
        ...(code === undefined ? {} : { code: codeOfFailure(code) }),
      })),
      durationMs: duration(ms),
    });
  };

  const savedAs = (output: unknown): ConnectionRow | undefined => {
    const { connection } = output as { connection: { name: string } };
    return ledger.connections().find(({ name }) => name === connection.name);
  };
  const perResource = <T, B>(
    resources: Readonly<Record<string, T>>,
    told: (one: T) => B,
  ): ({ resource: Name<'resource'> } & B)[] =>
    Object.entries(resources).flatMap(([name, one]) => {
      const resource = allWords().resource(name);
      return resource === undefined ? [] : [{ resource, ...told(one) }];
    });

  const actionEvent = (
    command: keyof typeof ACTIONS,
    { label: connection }: Named,
    given: unknown,
    output: unknown,
  ): EventOf<'problem.action'> => {
    const asked = given as { group?: string; ignore?: boolean; clear?: boolean; what?: RetrySelection };
    const done = output as { records?: number; selected?: number; entries?: number; rows?: number };
    const group = referenceOf('G', asked.what?.kind === 'group' ? asked.what.group : asked.group);
    const resource = asked.what?.kind === 'resource' ? allWords().resource(asked.what.resource) : undefined;
    return {
      type: 'problem.action',
      connection,
      action: asked.ignore === false ? 'unignore' : asked.clear === false ? 'restore' : ACTIONS[command],
      scope: asked.what === undefined ? (group === undefined ? 'all' : 'group') : SCOPES[asked.what.kind],
      ...(group === undefined ? {} : { group }),
      ...(resource === undefined ? {} : { resource }),
      records: bucket(done.selected ?? done.records ?? done.entries ?? done.rows ?? 0),
    };
  };

  const keyEvent = (connection: ConnectionLabel, info: KeyInfoView): EventOf<'key.described'> => ({
    type: 'key.described',
    connection,
    active: info.active,
    claimSet: claimSetOf(info.claimSet),
    resources: bucket(info.resources?.length ?? 0),
    organizations: bucket(info.educationOrganizations.length),
    namespaces: bucket(info.namespacePrefixes.length),
    profiles: bucket(info.profiles.length),
    lacking: [],
  });
  const apiDescribed = (row: ConnectionRow): void => {
    const kept = ledger.cached(row.id, 'discovery');
    if (kept === undefined) return;
    const discovery = JSON.parse(kept.text) as Discovery;
    const specification = ledger.cached(row.id, 'specification');
    const resources =
      specification === undefined
        ? 0
        : Object.keys((JSON.parse(specification.text) as { model: ApiModel }).model.resources).length;
    const version = versionOf(discovery.version);
    const dataStandard = versionOf(discovery.dataStandard);
    log.write({
      type: 'api.described',
      connection: label(row),
      ...(version === undefined ? {} : { version }),
      ...(dataStandard === undefined ? {} : { dataStandard }),
      extensions: discovery.dataModels.flatMap((model) => {
        const extension = allWords().extension(model.name.toLowerCase());
        const of = versionOf(model.version);
        return extension === undefined ? [] : [{ extension, ...(of === undefined ? {} : { version: of }) }];
      }),
      resources: bucket(resources),
      encrypted: discovery.encrypted,
      openParts: discovery.placeholders.length,
    });
  };
  /** What a test of a saved connection found. */
  const testedSaved = (row: ConnectionRow, steps: readonly TestStep[], ms: number): void => {
    if (steps.length === 0) return;
    tested(label(row), steps, ms);
    apiDescribed(row);
    const info = input.keyInfo(row.id);
    if (info !== undefined) log.write(keyEvent(label(row), info));
  };

  /** What is read is not told; what changes something, or was found out about an API, is. */
  const commandDone = ({ command, input: given, output, before, ms }: Done): void => {
    switch (command) {
      case 'connections.add':
      case 'connections.import':
      case 'connections.clone':
      case 'connections.rotate':
      case 'connections.update': {
        words = undefined;
        const { steps } = output as { steps: readonly TestStep[] };
        const row = savedAs(output);
        if (row === undefined) return;
        testedSaved(row, steps, ms);
        const connection = label(row);
        const from = before?.label ?? connection;
        if (command === 'connections.rotate')
          log.write({ type: 'connection.rotated', connection, tested: steps.length > 0 });
        else if (command === 'connections.clone')
          log.write({ type: 'connection.cloned', connection, from, lookAgain: 0 });
        else if (command === 'connections.update')
          log.write({ type: 'connection.changed', connection, what: changedIn(given) });
        else log.write({ type: 'connection.added', connection, imported: command === 'connections.import' });
        return;
      }
      case 'connections.remove': {
        words = undefined;
        const { records, batches } = output as { records: number; batches: number };
        if (before === undefined) return;
        log.write({
          type: 'connection.removed',
          connection: before.label,
          records: bucket(records),
          batches: bucket(batches),
        });
        return;
      }
      case 'connections.test':
        words = undefined;
        if (before !== undefined) testedSaved(before.row, output as readonly TestStep[], ms);
        return;
      case 'connections.tryOut':
        tested(undefined, (output as { steps: readonly TestStep[] }).steps, ms);
        return;
      case 'audit.run': {
        if (before === undefined) return;
        const { resources } = output as AuditView;
        log.write({
          type: 'audit.ended',
          connection: before.label,
          full: (given as { full?: boolean }).full === true,
          resources: perResource(resources, (one) => ({
            ledger: bucket(one.ledger),
            api: bucket(one.api),
            missing: bucket(one.missing),
            unknown: bucket(one.unknown),
            differing: bucket(one.differing),
            hidden: bucket(one.hidden),
          })),
          durationMs: duration(ms),
        });
        return;
      }
      case 'adopt.run': {
        if (before === undefined) return;
        log.write({
          type: 'adopt.ended',
          connection: before.label,
          resources: perResource(output as CommandOutput<'adopt.run'>, (one) => ({
            api: bucket(one.api),
            adopted: bucket(one.adopted),
            matched: bucket(one.matched),
            known: bucket(one.known),
            relinked: bucket(one.relinked),
            forgotten: bucket(one.forgotten),
            unnamed: bucket(one.unnamed),
          })),
          durationMs: duration(ms),
        });
        return;
      }
      case 'descriptors.map':
      case 'descriptors.mapMany': {
        if (before === undefined) return;
        const { type, pairs = [] } = given as { type?: string; pairs?: readonly { type: string }[] };
        for (const named of new Set([...(type === undefined ? [] : [type]), ...pairs.map((pair) => pair.type)])) {
          const descriptor = allWords().descriptor(named);
          if (descriptor !== undefined) log.write({ type: 'descriptor.mapped', connection: before.label, descriptor });
        }
        return;
      }
      case 'problems.ignore':
      case 'problems.fixed':
      case 'problems.clear':
      case 'fixList.write':
      case 'retry.run':
        if (before !== undefined) log.write(actionEvent(command, before, given, output));
        return;
      default:
    }
  };

  return {
    words: allWords,
    forgetWords: () => {
      words = undefined;
    },
    label,
    write: (event) => log.write(event),
    paused(row, isOn) {
      const connection = label(row);
      log.write(
        isOn
          ? { type: 'batch.paused', connection, why: 'asked' }
          : { type: 'batch.resumed', connection, after: 'pause' },
      );
    },
    batchEnded(row, outcome) {
      batchPlanned(row, outcome);
      const wasGuarded = outcome.batch.guard.length > 0 && outcome.state !== 'waiting' && outcome.state !== 'planned';
      if (wasGuarded) log.write({ type: 'batch.approved', connection: label(row), ...batchOf(outcome) });
      const connection = label(row);
      const batch = batchOf(outcome);
      if (outcome.stopped !== null) {
        log.write({ type: 'batch.stopped', connection, ...batch, code: codeOfFailure(outcome.stopped.code) });
      }
      const { latency, statuses } = outcome.answered;
      log.write({
        type: 'batch.ended',
        connection,
        ...batch,
        state: outcome.state,
        resources: Object.entries(outcome.resources).flatMap(([name, account]) => {
          const resource = allWords().resource(name);
          return resource === undefined ? [] : [{ resource, ...bucketed(account) }];
        }),
        total: bucketed(outcome.account),
        left: bucket(outcome.left),
        requests: {
          POST: bucket(outcome.requests.POST),
          PUT: bucket(outcome.requests.PUT),
          DELETE: bucket(outcome.requests.DELETE),
          GET: bucket(outcome.requests.GET),
          token: bucket(outcome.requests.token),
          retries: bucket(outcome.requests.retries),
        },
        durationMs: duration(outcome.seconds * 1000),
        connectionsMax: outcome.mostConnections,
        statuses: statuses.map(({ status, answers }) => ({ status: httpStatus(status), answers: bucket(answers) })),
        ...(latency === undefined
          ? {}
          : {
              latency: {
                p50: duration(latency.p50),
                p90: duration(latency.p90),
                p99: duration(latency.p99),
                max: duration(latency.max),
              },
            }),
      });
      if (outcome.state === 'planned') return;
      const groups = ledger.problems.groups(row.id, { show: 'all', limit: MOST_GROUPS });
      ledger.transaction(() => {
        for (const group of groups) {
          const event = groupEvent(connection, batch, group);
          if (event !== undefined) log.write(event);
        }
      });
    },
    opened() {
      const records = ledger.connections().reduce((sum, { id }) => sum + ledger.confirmedCount(id), 0);
      log.write({
        type: 'ledger.opened',
        schema: SCHEMA_VERSION,
        megabytes: bucket(Math.ceil(ledger.size() / 1_048_576)),
        records: bucket(records),
      });
    },
    batchStarted(row, { isPlan, isRetry, isFixed, by }) {
      const connection = label(row);
      const before = ledger.lastBatch(row.id);
      if (before?.state === 'sending' || before?.state === 'planning') {
        const batch = referenceOf('B', before.reference);
        log.write({ type: 'batch.resumed', connection, ...(batch === undefined ? {} : { batch }), after: 'crash' });
      }
      log.write({
        type: 'batch.started',
        connection,
        mode: isPlan ? 'plan' : 'send',
        by,
        retry: isRetry,
        concurrency: isFixed ? 'fixed' : 'auto',
      });
    },
    connectionIn(_command, given) {
      const name = nameIn(given);
      const row = ledger.connections().find((one) => one.name.toLowerCase() === name?.toLowerCase());
      return row && { row, label: label(row) };
    },
    commandDone,
    commandFailed(command, before, thrown) {
      const why = whyOf(thrown);
      const isInternal = why.code === 'internal';
      if (why.code === 'source-unusable' && before !== undefined) {
        const details = isFailure(thrown) ? thrown.details : {};
        const table = tableOf(String(details.file ?? '').replace(/\.csv$/, ''));
        const column = columnOf(details.column);
        log.write({
          type: 'source.refused',
          connection: before.label,
          code: why.code,
          ...(table === undefined ? {} : { table }),
          ...(column === undefined ? {} : { column }),
          atRow: details.row !== undefined,
        });
      }
      log.write({
        type: 'command.failed',
        command,
        ...(before === undefined ? {} : { connection: before.label }),
        ...why,
        ...(isInternal ? { thrown: codeOf(thrown), frames: framesOf(thrown) } : {}),
      });
    },
  };
}

const ACTIONS = {
  'problems.ignore': 'ignore',
  'problems.fixed': 'fixed',
  'problems.clear': 'clear',
  'fixList.write': 'fix-list',
  'retry.run': 'retry',
} as const;
const SCOPES = { failed: 'all', group: 'group', record: 'record', reference: 'record', resource: 'resource' } as const;

/** The parts of a connection that a change names, in the words of the log. */
function changedIn(given: unknown): EventOf<'connection.changed'>['what'] {
  const parts = {
    newName: 'name',
    label: 'label',
    url: 'address',
    routeValues: 'routes',
    ca: 'certificates',
    settings: 'settings',
    mapping: 'mapping',
    vanished: 'vanished',
    resources: 'resources',
  } as const;
  const changed = given as Readonly<Record<string, unknown>>;
  return Object.entries(parts).flatMap(([key, part]) => (changed[key] === undefined ? [] : [part]));
}

/** The connection's name in what a command was given, wherever it stands. */
function nameIn(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { connection, name } = given as { connection?: unknown; name?: unknown };
  const found = connection ?? name;
  return typeof found === 'string' ? found : undefined;
}
