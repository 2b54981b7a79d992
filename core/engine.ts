/**
 * The engine: puts ledger, client, sources, mapping and sync together behind the contract. Nothing but a host imports it.
 */
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ledgerKey } from './connections/ledger-key.ts';
import type { SecretStore } from './connections/secrets.ts';
import {
  type CommandName,
  type CommandOutput,
  commands,
  type EngineAnswer,
  type EngineEvent,
  type ParsedInput,
} from './contract/schemas.ts';
import type { ApiModel } from './edfi/model.ts';
import { createBatchesRoom } from './engine-batches.ts';
import { createConnections } from './engine-connections.ts';
import { writeProblems } from './engine-fix-list.ts';
import { createEngineLog, type HostKind, startedEvent, whyOf } from './engine-log.ts';
import { createProblemsRoom } from './engine-problems.ts';
import { createSupportRoom, readSettings } from './engine-support.ts';
import { Failure, isFailure } from './errors/failure.ts';
import { asLedgerFailure, type Ledger, ledgerExists, openLedger } from './ledger/ledger.ts';
import type { Random } from './ledger/references.ts';
import { createSeal, type Seal } from './ledger/seal.ts';
import { normaliseCode } from './mapping/descriptors.ts';
import type { EventLog } from './support/events.ts';
import { duration } from './support/fields.ts';
import { codeOf, framesOf } from './support/frames.ts';
import { openPrivateFolder } from './support/private-folder.ts';
import { type EventLogOptions, openEventLog } from './support/sink.ts';

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
  const startedAt = now();
  const openLog = options.openLog ?? openEventLog;
  const started = startedEvent(options.host ?? 'cli');
  const { ledger, seal } = await openFolder(folder, keychain, options.random).catch((thrown: unknown) => {
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
  // Two data folders of one account must not take each other's secrets for their own.
  const scope = seal.fileKey('names of secrets').toString('hex').slice(0, 16);
  /** Commands under way: the ledger closes after them. */
  const underWay = new Set<Promise<unknown>>();

  const connections = createConnections({
    ledger,
    folder,
    keychain,
    secret: options.secret,
    scope,
    maxConnections: MAX_CONNECTIONS,
    now,
    emit,
    refuseWhileRunning: () => {
      if (!batches.isRunning) return;
      throw new Failure(
        'ledger-in-use',
        'A batch is running. Wait for it, or stop it, before a connection is changed or removed.',
      );
    },
  });
  const { find } = connections;

  const problems = createProblemsRoom({ ledger, folder, find, profileOf: connections.profileOf, now });
  const log = createEngineLog({ ledger, profileOf: connections.profileOf, keyInfo: connections.keyInfo, now }, events);
  if (started !== undefined) events.write(started);
  log.opened();
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

  /** The API's model kept from the last sync; undefined before the first. */
  const keptModel = (connectionId: number): ApiModel | undefined => {
    const kept = ledger.cached(connectionId, 'specification');
    return kept === undefined ? undefined : (JSON.parse(kept.text) as { model: ApiModel }).model;
  };

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
    now,
    emit,
  });

  const handlers: Handlers = {
    ...connections.handlers,
    ...batches.handlers,
    ...problems.handlers,
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
    'descriptors.list': async ({ connection }) => ledger.descriptorMap(find(connection).id),
    'descriptors.map': async ({ connection, type, code, uri }) => {
      const row = find(connection);
      const model = keptModel(row.id);
      const name = model === undefined ? type : (sameWord(Object.keys(model.descriptors), type) ?? '');
      if (name === '' || !/^[A-Za-z]\w*Descriptor$/.test(name)) {
        throw new Failure('usage', 'The API has no such descriptor type. Take one like GradeLevelDescriptor.');
      }
      const known = problems.keptDescriptors(row.id, [name]).known[name];
      const value = known === undefined ? uri : sameWord(known, uri);
      if (value === undefined) {
        throw new Failure(
          'usage',
          `The API has no such ${name} value. Take one exactly as the API has it, namespace and # included.`,
        );
      }
      ledger.transaction(() => ledger.mapDescriptor(row.id, name, normaliseCode(code), value));
      return {};
    },
  };

  return {
    async handle(command, input) {
      try {
        if (!isCommand(command)) throw new Failure('usage', 'The engine does not know this command.');
        const begun = now();
        const before = log.connectionIn(command, input);
        const work = dispatchCommand(handlers, command, input);
        underWay.add(work);
        try {
          const output = await work;
          log.commandDone({ command, input, output, before, ms: now() - begun });
          return { ok: output };
        } catch (thrown) {
          log.commandFailed(command, before, thrown);
          throw thrown;
        } finally {
          underWay.delete(work);
        }
      } catch (thrown) {
        return { error: errorOf(thrown) };
      }
    },
    async close() {
      batches.stop();
      connections.stop();
      // What is on its way to the API is still written down when its answer comes.
      await Promise.allSettled(underWay);
      ledger.close();
      scratch.close();
      events.write({ type: 'app.stopped', why: 'asked', ranMs: duration(now() - startedAt) });
      events.close();
    },
    crashed: (thrown, how) =>
      events.write({ type: 'app.crashed', where: 'engine', how, code: codeOf(thrown), frames: framesOf(thrown) }),
  };
}

/** @returns the word of the list that is this one, whatever its case */
const sameWord = (words: readonly string[], word: string): string | undefined =>
  words.find((one) => one.toLowerCase() === word.trim().toLowerCase());

/**
 * Opens a data folder's ledger with its key. A ledger that could not be made leaves nothing behind.
 * @throws Failure
 */
async function openFolder(
  folder: string,
  keychain: SecretStore | undefined,
  random: Random | undefined,
): Promise<{ readonly ledger: Ledger; readonly seal: Seal }> {
  const isThere = ledgerExists(folder);
  if (isThere) await refuseEmpty(path.join(folder, 'ledger.db'));
  const { key, discard } = await ledgerKey(folder, isThere, keychain);
  const seal = createSeal(key);
  try {
    return { ledger: openLedger(folder, seal, random), seal };
  } catch (thrown) {
    if (!isThere && !(isFailure(thrown) && thrown.code === 'ledger-in-use')) {
      for (const end of ['', '-wal', '-journal']) rmSync(path.join(folder, `ledger.db${end}`), { force: true });
      await discard();
    }
    throw thrown;
  }
}

/** SQLite would take a file of no bytes for a new ledger, and everything in the API for nobody's. */
async function refuseEmpty(file: string): Promise<void> {
  const isEmpty = (): boolean => statSync(file, { throwIfNoEntry: false })?.size === 0;
  if (!isEmpty()) return;
  // Another process may be making it at this moment.
  await wait(200);
  if (!isEmpty()) return;
  throw new Failure(
    'ledger-damaged',
    'The ledger (ledger.db in the data folder) is empty. Restore the data folder from a backup; if nothing was ever sent from it, delete it and begin anew.',
  );
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

async function dispatchCommand<N extends CommandName>(handlers: Handlers, name: N, input: unknown): Promise<unknown> {
  const parsed = commands[name].input.safeParse(input);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new Failure(
      'usage',
      place === ''
        ? 'The command was given something it cannot take.'
        : `The value for ${place} cannot be taken: it is empty, too long, or none of the choices.`,
    );
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
