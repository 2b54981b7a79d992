/**
 * The engine: puts ledger, client, sources, mapping and sync together behind the contract. Nothing but a host imports it.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ledgerKey } from './connections/ledger-key.ts';
import { type Profile, profileSchema, readProfile } from './connections/profile.ts';
import type { SecretStore } from './connections/secrets.ts';
import { testConnection } from './connections/test.ts';
import {
  accountSchema,
  type CommandName,
  type CommandOutput,
  type ConnectionView,
  commands,
  type EngineAnswer,
  type EngineEvent,
  type ParsedInput,
  type ProblemGroupView,
} from './contract/schemas.ts';
import { createClient, type EdFiClient } from './edfi/client.ts';
import { advise } from './errors/advice.ts';
import { Failure, type FailureCode, isFailure } from './errors/failure.ts';
import { asLedgerFailure, type ConnectionRow, ledgerExists, openLedger } from './ledger/ledger.ts';
import { createSeal } from './ledger/seal.ts';
import { type DescriptorMap, suggest } from './mapping/descriptors.ts';
import { displayName } from './sync/describe.ts';
import { type DescriptorContext, runSync } from './sync/sync.ts';

export interface EngineOptions {
  /** The data folder: ledger, sealed copies of sources. */
  readonly folder: string;
  /** Where secrets are kept; undefined where the machine has no keychain. */
  readonly keychain: SecretStore | undefined;
  /** A secret for this run that goes before any other (ROLLBOOK_SECRET). */
  readonly secret: string | undefined;
  readonly now: () => number;
  readonly emit: (event: EngineEvent) => void;
}

export interface Engine {
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
  const seal = createSeal(await ledgerKey(folder, ledgerExists(folder), keychain));
  const ledger = openLedger(folder, seal);
  let running: AbortController | undefined;

  const find = (name: string): ConnectionRow => {
    const all = ledger.connections();
    const found = all.find((connection) => connection.name.toLowerCase() === name.toLowerCase());
    if (found !== undefined) return found;
    const names = all.map((connection) => `"${connection.name}"`).join(', ');
    throw new Failure(
      'connection-unknown',
      all.length === 0
        ? `There is no connection "${name}": none has been added yet. Add it with: rollbook connect add ${name} --url … --key …`
        : `There is no connection "${name}". There ${all.length === 1 ? 'is' : 'are'}: ${names}.`,
    );
  };
  const secretName = (id: number, name: string): string => `connection ${id} ${name}`;
  const secretOf = async (id: number, name: string, profile: Profile): Promise<string> => {
    if (options.secret !== undefined) return options.secret;
    if (profile.secretFile !== undefined) return readSecretFile(profile.secretFile);
    const kept = await keychain?.get(secretName(id, name));
    if (kept !== undefined) return kept;
    throw new Failure(
      'secret-missing',
      keychain === undefined
        ? `The secret of "${name}" is not kept on this machine, which has no keychain: set ROLLBOOK_SECRET, or add the connection with --secret-file.`
        : `The secret of "${name}" is not in the keychain: add the connection again, or set ROLLBOOK_SECRET.`,
    );
  };
  const clientFor = (profile: Profile, secret: () => Promise<string>, signal?: AbortSignal): EdFiClient =>
    createClient({
      url: profile.url,
      key: profile.key,
      secret,
      maxConnections: MAX_CONNECTIONS,
      routeValues: profile.routeValues,
      now,
      ...(signal === undefined ? {} : { signal }),
    });

  const view = (row: ConnectionRow): ConnectionView => {
    const profile = readProfile(row.name, row.profile);
    const batch = ledger.lastBatch(row.id);
    const summary = batch?.summary == null ? undefined : (JSON.parse(batch.summary) as { account?: unknown });
    return {
      name: row.name,
      url: profile.url,
      key: profile.key,
      studentId: profile.studentId,
      records: ledger.confirmedCount(row.id),
      lastBatch:
        batch === undefined
          ? null
          : {
              state: batch.state,
              startedAt: batch.startedAt,
              endedAt: batch.endedAt,
              account: accountSchema.safeParse(summary?.account).data ?? null,
            },
    };
  };

  const problemsOf = (connectionId: number, context: DescriptorContext): ProblemGroupView[] =>
    ledger.problems.groups(connectionId).map((group) => {
      const advice = advise(group.code, group);
      const type = group.code === 'descriptor-unmapped' ? group.subject : null;
      const suggestions =
        type === null || group.value === undefined
          ? []
          : suggest(type, group.value, context.known[type] ?? [], context.map).map(({ uri, confidence }) => ({
              uri,
              confidence,
            }));
      return {
        code: group.code,
        ...advice,
        resource: displayName(group.resource),
        path: group.path,
        subject: group.subject,
        value: group.value ?? null,
        suggestions,
        records: group.records,
        held: group.held,
        file: group.file,
        row: group.row,
      };
    });

  /** Descriptor values kept from the last sync: enough for advice without asking the API. */
  const keptDescriptors = (connectionId: number, types: Iterable<string>): DescriptorContext => {
    const known: Record<string, readonly string[]> = {};
    for (const type of types) {
      const kept = ledger.cached(connectionId, `descriptors ${type}`);
      if (kept !== undefined) known[type] = JSON.parse(kept.text) as string[];
    }
    const map: Record<string, Record<string, string>> = {};
    for (const { type, code, uri } of ledger.descriptorMap(connectionId)) map[type] = { ...map[type], [code]: uri };
    return { known, map: map as DescriptorMap };
  };

  const handlers: Handlers = {
    'connections.add': async (input) => {
      const profile = profileSchema.safeParse({
        url: input.url,
        key: input.key,
        studentId: input.studentId,
        settings: input.settings ?? {},
        routeValues: input.routeValues ?? {},
        ...(input.secretFile === undefined ? {} : { secretFile: path.resolve(input.secretFile) }),
        ...(input.mapping === undefined ? {} : { mapping: path.resolve(input.mapping) }),
        ...(input.vanished === undefined ? {} : { vanished: input.vanished }),
      });
      if (!profile.success) {
        const issue = profile.error.issues[0];
        throw new Failure(
          'usage',
          `The value for ${issue?.path.join('.') ?? 'the connection'} is not one of: ${issue?.message ?? ''}.`,
        );
      }
      if (ledger.connections().some((connection) => connection.name.toLowerCase() === input.name.toLowerCase())) {
        throw new Failure(
          'connection-exists',
          `There is a connection "${input.name}" already. Choose another name, or remove it first.`,
        );
      }
      const secret =
        input.secret ?? options.secret ?? (profile.data.secretFile && readSecretFile(profile.data.secretFile));
      if (secret === undefined || secret === '') {
        throw new Failure(
          'secret-missing',
          'The connection needs its secret: enter it when asked, set ROLLBOOK_SECRET, or name a file with --secret-file.',
        );
      }
      const steps = input.test
        ? await withClient(
            clientFor(profile.data, async () => secret),
            testConnection,
          )
        : [];
      const failed = steps.find((step) => step.state === 'failed');
      if (failed !== undefined) {
        throw new Failure((failed.code ?? 'api-unusable') as FailureCode, failed.sentence);
      }
      const row = ledger.transaction(() => ledger.addConnection(input.name, JSON.stringify(profile.data), now()));
      const secretKept = keychain !== undefined && profile.data.secretFile === undefined;
      if (secretKept) await keychain.set(secretName(row.id, row.name), secret);
      return { connection: view(row), steps, secretKept };
    },
    'connections.list': async () => ledger.connections().map(view),
    'connections.test': async ({ name }) => {
      const row = find(name);
      const profile = readProfile(row.name, row.profile);
      return withClient(
        clientFor(profile, () => secretOf(row.id, row.name, profile)),
        testConnection,
      );
    },
    'connections.remove': async ({ name }) => {
      const row = find(name);
      const records = ledger.confirmedCount(row.id);
      ledger.transaction(() => ledger.removeConnection(row.id));
      await keychain?.remove(secretName(row.id, row.name));
      rmSync(path.join(folder, 'sources', `${row.id}.rows`), { force: true });
      return { records };
    },
    'sync.run': async (input) => {
      if (running !== undefined)
        throw new Failure('ledger-in-use', 'A batch is running already. Wait for it, or stop it first.');
      const row = find(input.connection);
      const profile = readProfile(row.name, row.profile);
      const controller = new AbortController();
      running = controller;
      const client = clientFor(profile, () => secretOf(row.id, row.name, profile), controller.signal);
      try {
        const { descriptors, ...outcome } = await runSync({
          ledger,
          folder,
          connectionId: row.id,
          client,
          maxConnections: MAX_CONNECTIONS,
          settings: { ...profile.settings, studentId: profile.studentId },
          mappingFile: profile.mapping,
          vanished: profile.vanished,
          source: input.source,
          planOnly: input.planOnly,
          approve: input.approve,
          retry: input.retry,
          concurrency: input.concurrency,
          now,
          emit,
          signal: controller.signal,
        });
        return { ...outcome, problems: problemsOf(row.id, descriptors) };
      } finally {
        running = undefined;
        await client.close();
      }
    },
    'sync.stop': async () => {
      running?.abort();
      return {};
    },
    'problems.list': async ({ connection }) => {
      const row = find(connection);
      const types = ledger.problems.groups(row.id).flatMap((group) => (group.subject === null ? [] : [group.subject]));
      return problemsOf(row.id, keptDescriptors(row.id, types));
    },
    'descriptors.list': async ({ connection }) => ledger.descriptorMap(find(connection).id),
    'descriptors.map': async ({ connection, type, code, uri }) => {
      const row = find(connection);
      const known = keptDescriptors(row.id, [type]).known[type];
      if (known !== undefined && !known.some((value) => value.toLowerCase() === uri.toLowerCase())) {
        throw new Failure(
          'usage',
          `The API has no such ${type} value. Take one exactly as the API has it, namespace and # included.`,
        );
      }
      ledger.transaction(() => ledger.mapDescriptor(row.id, type, code.trim().toLowerCase(), uri));
      return {};
    },
  };

  return {
    async handle(command, input) {
      try {
        if (!isCommand(command)) throw new Failure('usage', 'The engine does not know this command.');
        return { ok: await dispatchCommand(handlers, command, input) };
      } catch (thrown) {
        return { error: errorOf(thrown) };
      }
    },
    async close() {
      running?.abort();
      ledger.close();
    },
  };
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

async function dispatchCommand<N extends CommandName>(handlers: Handlers, name: N, input: unknown): Promise<unknown> {
  const parsed = commands[name].input.safeParse(input);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new Failure(
      'usage',
      `The command ${name} was given something it cannot take${place === '' ? '' : ` for ${place}`}.`,
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

function readSecretFile(file: string): string {
  if (!existsSync(file)) {
    throw new Failure(
      'secret-missing',
      `The file with the secret (${path.basename(file)}) is not there. Put it back, or add the connection again.`,
    );
  }
  const secret = readFileSync(file, 'utf8').trim();
  if (secret === '') throw new Failure('secret-missing', `The file with the secret (${path.basename(file)}) is empty.`);
  return secret;
}

async function withClient<T>(client: EdFiClient, work: (client: EdFiClient) => Promise<T>): Promise<T> {
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
