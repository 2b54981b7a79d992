/**
 * The engine: puts ledger, client, sources, mapping and sync together behind the contract. Nothing but a host imports it.
 */
import { ledgerKey } from './connections/ledger-key.ts';
import type { Profile } from './connections/profile.ts';
import type { SecretStore } from './connections/secrets.ts';
import { refusedInput } from './contract/refused.ts';
import {
  type CommandName,
  type CommandOutput,
  commands,
  type EngineAnswer,
  type EngineEvent,
  type ParsedInput,
} from './contract/schemas.ts';
import { createBackupsRoom } from './engine-backup.ts';
import { createBatchesRoom } from './engine-batches.ts';
import { createConnections } from './engine-connections.ts';
import { createDescriptorsRoom } from './engine-descriptors.ts';
import { writeProblems } from './engine-fix-list.ts';
import { createHistoryRoom } from './engine-history.ts';
import { createEngineLog, type HostKind, startedEvent, whyOf } from './engine-log.ts';
import { createOverviewRoom } from './engine-overview.ts';
import { createProblemsRoom } from './engine-problems.ts';
import { createScheduleRoom } from './engine-schedule.ts';
import { createSettingsRoom, readNetwork, readSettings, settingRule } from './engine-settings.ts';
import { createSourcesRoom } from './engine-sources.ts';
import { createSupportRoom } from './engine-support.ts';
import { checked } from './errors/checked.ts';
import { Failure, isFailure } from './errors/failure.ts';
import { copiesIn, removeUnfinishedCopies } from './ledger/backup.ts';
import { asLedgerFailure, type ConnectionRow, ledgerExists, removeUnmade } from './ledger/ledger.ts';
import type { Random } from './ledger/references.ts';
import { describeRestored, openOrRestore } from './ledger/restore.ts';
import { createSeal } from './ledger/seal.ts';
import { removeUnfinished } from './sources/sealed-folder.ts';
import { systemTimers, type Timers } from './sources/watch.ts';
import type { EventLog } from './support/events.ts';
import { duration } from './support/fields.ts';
import { codeOf, framesOf } from './support/frames.ts';
import { openPrivateFolder } from './support/private-folder.ts';
import { type EventLogOptions, openEventLog } from './support/sink.ts';
import { TOLD_BESIDE } from './sync/sync.ts';

export interface EngineOptions {
  /** The data folder: ledger, sealed copies of sources. */
  readonly folder: string;
  /** Where secrets are kept; undefined where the machine has no keychain. */
  readonly keychain: SecretStore | undefined;
  /** A secret for this run that goes before any other (ROLLBOOK_SECRET). */
  readonly secret: string | undefined;
  readonly now: () => number;
  readonly emit: (event: EngineEvent) => void;
  /** What random references are made of; the system's own source unless given. */
  readonly random?: Random;
  /** Who runs the engine; the command line unless told. */
  readonly host?: HostKind;
  /** Opens the log; into the data folder unless given. */
  readonly openLog?: (options: EventLogOptions) => EventLog;
  /** What wakes the schedule, and tells how long something took; the system's own timers unless given. */
  readonly timers?: Timers;
  /** The name of a copy of the ledger that is to take its place. */
  readonly restore?: string | undefined;
  /** The engine has to be closed, and made anew on the same folder: its ledger is damaged, or to be restored. */
  readonly restart?: () => void;
}

export interface Engine {
  /** Writes down that something went wrong that nobody foresaw; nothing of it but codes and places in our own files. */
  crashed(thrown: unknown, how: 'uncaught' | 'rejection'): void;
  /** Takes a command as it came from a host, checks it, and answers; never throws. */
  handle(command: string, input: unknown): Promise<EngineAnswer>;
  close(): Promise<void>;
}

type Handlers = { [N in CommandName]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };

/** Sockets to one API at most; `auto` finds its number below it. */
const MAX_CONNECTIONS = 64;

/**
 * @throws Failure when the ledger cannot be opened (in use, damaged, from the future, its key not there)
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { folder, keychain, now, emit } = options;
  // Not by the clock, which may be put right in between.
  const { elapsed } = options.timers ?? systemTimers;
  const startedAt = elapsed();
  const openLog = options.openLog ?? openEventLog;
  const started = startedEvent(options.host ?? 'cli');
  const { ledger, seal, restored } = await openFolder(options).catch((thrown: unknown) => {
    const events = openLog({ folder, now, words: () => undefined });
    if (started !== undefined) events.write(started);
    events.write({ type: 'ledger.failed', ...whyOf(thrown), thrown: codeOf(thrown) });
    events.close();
    throw thrown;
  });
  const { logDays, logMegabytes } = readSettings(ledger);
  const events = openLog({
    folder,
    now,
    words: () => log.words(),
    retention: { days: logDays, megabytes: logMegabytes },
  });
  const scratch = openPrivateFolder(folder);
  removeUnfinished(folder);
  removeUnfinishedCopies(folder);
  // Two data folders of one account must not take each other's secrets for their own.
  const scope = seal.fileKey('names of secrets').toString('hex').slice(0, 16);
  /** Commands under way: the ledger closes after them. */
  const underWay = new Set<Promise<unknown>>();

  const secrets = new Set<string>();
  const connections = createConnections({
    onSecret: (secret) => void secrets.add(secret),
    ledger,
    folder,
    keychain,
    secret: options.secret,
    scope,
    maxConnections: MAX_CONNECTIONS,
    network: () => readNetwork(ledger),
    now,
    emit,
    refuseWhileRunning: () => {
      if (!batches.isRunning) return;
      throw new Failure(
        'ledger-in-use',
        'A batch is running. Wait for it, or stop it, before a connection is changed or removed.',
      );
    },
    copies: { forget: () => backups.forget(), renew: () => backups.renew() },
  });
  const { find } = connections;

  const problems = createProblemsRoom({ ledger, folder, find, profileOf: connections.profileOf, now });
  const log = createEngineLog(
    { ledger, profileOf: connections.profileOf, keyInfo: connections.keyInfo, secrets, now },
    events,
  );
  if (started !== undefined) events.write(started);
  log.opened();
  if (restored !== undefined) {
    const { why, at, copyAt } = restored;
    events.write({ type: 'ledger.restored', why, copyAgeMs: duration(at - copyAt) });
    emit({ type: 'notice', code: 'ledger-restored', sentence: describeRestored(restored) });
  }
  const support = createSupportRoom({
    ledger,
    folder,
    host: options.host ?? 'cli',
    now,
    log,
    dropped: events.dropped,
    profileOf: connections.profileOf,
    keyInfo: connections.keyInfo,
    hasKeychain: keychain !== undefined,
  });

  const settings = createSettingsRoom({ ledger, maxConnections: MAX_CONNECTIONS, events });
  const descriptors = createDescriptorsRoom({ ledger, find, keptDescriptors: problems.keptDescriptors });
  const batches = createBatchesRoom({
    ledger,
    folder,
    maxConnections: MAX_CONNECTIONS,
    find,
    profileOf: connections.profileOf,
    clientOf: connections.clientOf,
    compareWhereNew: connections.compareWhereNew,
    problems,
    log,
    problemDays: () => readSettings(ledger).problemDays,
    concurrency: () => readSettings(ledger).concurrency,
    onBegan: (row, source) => schedule.began(row, source),
    onEnded: (row, state) => schedule.ended(row, state),
    afterBatch: () => backups.daily(),
    now,
    elapsed,
    emit,
  });
  const backups = createBackupsRoom({
    ledger,
    folder,
    seal,
    isRunning: () => batches.isRunning,
    events,
    now,
    emit,
    timers: options.timers,
    restart: options.restart ?? (() => undefined),
  });
  const updateProfile = (row: ConnectionRow, profile: Profile): void =>
    ledger.transaction(() => ledger.updateConnection(row.id, row.name, JSON.stringify(profile)));
  const schedule = createScheduleRoom({
    ledger,
    find,
    profileOf: connections.profileOf,
    updateProfile,
    runBatch: batches.runScheduled,
    isRunning: () => batches.isRunning,
    onFailed: (row, thrown) => {
      log.commandFailed('sync.run', row === undefined ? undefined : { row, label: log.label(row) }, thrown);
      backups.failed(thrown);
    },
    log,
    now,
    emit,
    timers: options.timers,
  });
  const sources = createSourcesRoom({
    ledger,
    find,
    profileOf: connections.profileOf,
    updateProfile,
    changed: schedule.sourceChanged,
  });

  const history = createHistoryRoom({ ledger, folder, find });
  const overview = createOverviewRoom({
    ledger,
    profileOf: connections.profileOf,
    scheduleOf: schedule.view,
    running: () => batches.running,
    hasSecret: connections.hasSecret,
    now,
  });

  const handlers: Handlers = {
    ...connections.handlers,
    ...batches.handlers,
    ...schedule.handlers,
    ...overview.handlers,
    ...sources.handlers,
    ...problems.handlers,
    ...history.handlers,
    ...descriptors.handlers,
    ...settings.handlers,
    ...backups.handlers,
    ...support.handlers,
    'fixList.write': async ({ connection, group, ...input }) => {
      const row = find(connection);
      return writeProblems({
        ...input,
        ledger,
        folder,
        scratch: scratch.path,
        connectionId: row.id,
        group: group === undefined ? undefined : problems.group(row.id, group),
      });
    },
  };

  // A command of the command line is over soon, and a batch that nobody asked for must not hold it up.
  if ((options.host ?? 'cli') !== 'cli') {
    schedule.start();
    backups.start();
  }

  return {
    async handle(command, input) {
      try {
        if (!isCommand(command)) throw new Failure('usage', 'The engine does not know this command.');
        const begun = elapsed();
        const before = log.connectionIn(command, input);
        const work = dispatchCommand(handlers, command, input);
        underWay.add(work);
        try {
          const output = await work;
          log.commandDone({ command, input, output, before, ms: elapsed() - begun });
          return { ok: output };
        } catch (thrown) {
          log.commandFailed(command, before, thrown);
          backups.failed(thrown);
          throw thrown;
        } finally {
          underWay.delete(work);
        }
      } catch (thrown) {
        return { error: errorOf(thrown) };
      }
    },
    async close() {
      const idle = schedule.close();
      batches.stop();
      connections.stop();
      sources.stop();
      problems.stop();
      // What is on its way to the API is still written down when its answer comes.
      await Promise.allSettled([...underWay, idle, backups.close()]);
      ledger.close();
      scratch.close();
      events.write({ type: 'app.stopped', why: 'asked', ranMs: duration(elapsed() - startedAt) });
      events.close();
    },
    crashed: (thrown, how) =>
      events.write({ type: 'app.crashed', where: 'engine', how, code: codeOf(thrown), frames: framesOf(thrown) }),
  };
}

/**
 * Opens a data folder's ledger with its key. A ledger that could not be made leaves nothing behind.
 * @throws Failure
 */
async function openFolder({ folder, keychain, random, now, restore: copy }: EngineOptions) {
  // The copies of one that is gone need the key that it had.
  const isThere = ledgerExists(folder) || copiesIn(folder).length > 0;
  const { key, discard } = await ledgerKey(folder, isThere, keychain);
  const seal = createSeal(key);
  try {
    return { ...(await openOrRestore({ folder, seal, random, now, beside: TOLD_BESIDE, copy })), seal };
  } catch (thrown) {
    if (!isThere && !(isFailure(thrown) && thrown.code === 'ledger-in-use')) {
      removeUnmade(folder);
      await discard();
    }
    throw thrown;
  }
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

async function dispatchCommand<N extends CommandName>(handlers: Handlers, name: N, input: unknown): Promise<unknown> {
  const parsed = checked(commands[name].input, input);
  if (!parsed.success) {
    const setting = String(parsed.error.issues[0]?.path[0]);
    const rule = name === 'settings.change' ? settingRule(setting) : undefined;
    throw new Failure('usage', rule ?? refusedInput(parsed.error));
  }
  const handler = handlers[name] as (value: unknown) => Promise<unknown>;
  return commands[name].output.parse(await handler(parsed.data));
}

/** What a host may show of anything thrown: a failure's own sentence, and nothing of what was not foreseen. */
export function errorOf(thrown: unknown): Extract<EngineAnswer, { error: unknown }>['error'] {
  const known = asLedgerFailure(thrown);
  if (isFailure(known)) return { code: known.code, sentence: known.message, details: { ...known.details } };
  return {
    code: 'internal',
    sentence:
      'Something went wrong inside Rollbook. What the API confirmed is in the ledger; run the same again, and tell support if it comes back.',
    details: {},
  };
}
