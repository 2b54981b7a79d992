/** The engine's handling of batches: one at a time, since a ledger has one writer; and what reads an API back. */
import type { Profile } from './connections/profile.ts';
import { isOff } from './connections/resources.ts';
import type { CommandName, CommandOutput, EngineEvent, ParsedInput, PlanView, SyncResult } from './contract/schemas.ts';
import type { ClientOptions, EdFiClient } from './edfi/client.ts';
import { keyReader } from './edfi/keys.ts';
import { displayName, type JsonObject } from './edfi/model.ts';
import { markApproved, waitingIn } from './engine-history.ts';
import { type EngineLog, ROLLBOOK_VERSION } from './engine-log.ts';
import type { EngineProblems } from './engine-problems.ts';
import { Failure } from './errors/failure.ts';
import type { ConnectionRow, Ledger } from './ledger/ledger.ts';
import { behindOf, caughtUp } from './ledger/restore.ts';
import { adoptConnection } from './sync/adopt.ts';
import { type AuditInput, auditConnection } from './sync/audit.ts';
import { comparableReader } from './sync/comparable.ts';
import type { Concurrency } from './sync/concurrency.ts';
import { awayNotice } from './sync/describe.ts';
import { differencesOf } from './sync/differences.ts';
import { loadKnowledge } from './sync/knowledge.ts';
import { compileChosen } from './sync/needs.ts';
import { createPause, type Pause } from './sync/pause.ts';
import { createRate } from './sync/rate.ts';
import { runSync, type SyncInput } from './sync/sync.ts';

type BatchCommand = Extract<CommandName, `${'sync' | 'plan'}.${string}` | 'retry.run' | 'audit.run' | 'adopt.run'>;
type Handlers = { [N in BatchCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };

export interface BatchesInput {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly maxConnections: number;
  readonly find: (connection: string) => ConnectionRow;
  readonly profileOf: (row: ConnectionRow) => Profile;
  readonly clientOf: (row: ConnectionRow, signal: AbortSignal, onEvent?: ClientOptions['onEvent']) => EdFiClient;
  /** Looks a clone over once its API is known. */
  readonly compareWhereNew: (connectionId: number) => Promise<void>;
  readonly problems: EngineProblems;
  readonly log: EngineLog;
  /** How long what is over stays in the list of problems, in days. */
  readonly problemDays: () => number;
  /** How many connections a batch may open at once that is not told a number of its own; `auto`: as many as there are. */
  readonly concurrency: () => Concurrency;
  /** Hears of every batch, whoever began it; without a source it sends again what was read before. */
  readonly onBegan: (row: ConnectionRow, source: string | undefined) => void;
  /** Hears how it ended. */
  readonly onEnded: (row: ConnectionRow, state: SyncResult['state'] | 'failed') => void;
  /** What has waited until nothing is sent; throws nothing. */
  readonly afterBatch: () => Promise<void>;
  readonly now: () => number;
  /** As in `SyncInput`. */
  readonly elapsed: () => number;
  readonly emit: (event: EngineEvent) => void;
}

export interface EngineBatches {
  readonly handlers: Handlers;
  readonly isRunning: boolean;
  /** The connection whose batch runs now. */
  readonly running: string | undefined;
  /** Runs a batch that was due: from the connection's own export, with nobody there to approve it. */
  runScheduled(connection: string): Promise<SyncResult>;
  stop(): void;
}

type BatchEvent = Extract<EngineEvent, { type: 'batch' }>;
type Who = BatchEvent['by'];

interface Running {
  readonly connection: string;
  readonly startedAt: number;
  readonly by: Who;
  readonly kind: BatchEvent['kind'];
  progress: Extract<EngineEvent, { type: 'progress' }> | null;
  readonly controller: AbortController;
  readonly pause: Pause;
}

type BatchInput = Pick<
  SyncInput,
  'source' | 'planOnly' | 'approve' | 'approved' | 'retry' | 'fingerprint' | 'concurrency' | 'choose'
> & {
  readonly patienceSeconds: number;
};

type ReadBackInput = Omit<AuditInput, 'full'>;

const DAY_MS = 86_400_000;
/** Reading back leaves room for those who write. */
const READ_BACK_PARALLEL = 4;
/** Nobody is there to begin again: an API that is away is waited for longer. */
const SCHEDULED_PATIENCE_SECONDS = 600;

const batchRunning = (): Failure =>
  new Failure('ledger-in-use', 'A batch is running already. Wait for it, or stop it first.');

export function createBatchesRoom(input: BatchesInput): EngineBatches {
  const { ledger, folder, find, profileOf, log, now, emit } = input;
  let running: Running | undefined;

  /** Gives `work` a client of the connection, with nothing else going on meanwhile. */
  const alone = async <T>(
    name: string,
    by: Who,
    kind: Running['kind'],
    work: (row: ConnectionRow, client: EdFiClient, current: Running) => Promise<T>,
  ): Promise<T> => {
    if (running !== undefined) throw batchRunning();
    const row = find(name);
    const controller = new AbortController();
    const current: Running = {
      connection: row.name,
      startedAt: now(),
      by,
      kind,
      progress: null,
      controller,
      pause: createPause(),
    };
    const client = input.clientOf(row, controller.signal, (event) => {
      // While it sends, the sending itself waits for the API, and says so.
      if (kind === 'read-back' || current.progress?.phase === 'sending') return;
      if (event.kind === 'retry' && event.reason === 'connection') emit(awayNotice(event.waitMs));
    });
    running = current;
    try {
      return await work(row, client, current);
    } finally {
      running = undefined;
      await client.close();
    }
  };

  const sourceOf = (row: ConnectionRow, given: string | undefined): string => {
    const source = given ?? profileOf(row).source;
    if (source !== undefined) return source;
    throw new Failure('usage', `The connection "${row.name}" has no export yet: choose its folder or zip file first.`);
  };

  const run = async (name: string, by: Who, given: BatchInput): Promise<SyncResult> => {
    const result = await runAlone(name, by, given);
    if (!given.planOnly) await input.afterBatch();
    return result;
  };

  const runAlone = (name: string, by: Who, batch: BatchInput): Promise<SyncResult> =>
    alone(name, by, batch.planOnly ? 'plan' : 'send', async (row, client, current) => {
      const chosen = input.concurrency();
      const { controller, pause } = current;
      const profile = profileOf(row);
      const tell = teller(current);
      pause.listen(() => {
        log.paused(row, pause.isOn);
        tell({ what: pause.isOn ? 'paused' : 'resumed' });
      });
      log.batchStarted(row, {
        isPlan: batch.planOnly,
        isRetry: batch.choose !== undefined || batch.retry,
        isFixed: batch.concurrency !== 'auto',
        by,
      });
      tell({ what: 'started' });
      input.onBegan(row, batch.source);
      try {
        await catchUp(row, client, current);
        const outcome = await runSync({
          ledger,
          folder,
          connectionId: row.id,
          client,
          // The steward's number bounds what a batch finds for itself; one that is given with the batch is taken as it is.
          maxConnections:
            chosen === 'auto' || batch.concurrency !== 'auto'
              ? input.maxConnections
              : Math.min(chosen, input.maxConnections),
          settings: { ...profile.settings, studentId: profile.studentId },
          mappingFile: profile.mapping,
          vanished: profile.vanished,
          isOff: (resource) => isOff(profile.off, resource),
          source: batch.source,
          ...(batch.choose === undefined ? {} : { choose: batch.choose }),
          planOnly: batch.planOnly,
          approve: batch.approve,
          approved: batch.approved,
          retry: batch.retry,
          fingerprint: batch.fingerprint,
          rollbook: ROLLBOOK_VERSION,
          by,
          concurrency: batch.concurrency,
          patienceMs: batch.patienceSeconds * 1000,
          now,
          elapsed: input.elapsed,
          emit: (event) => {
            if (event.type === 'progress') current.progress = event;
            emit(event);
          },
          signal: controller.signal,
          pause,
        });
        await input.compareWhereNew(row.id);
        ledger.transaction(() => ledger.problems.purge(now() - input.problemDays() * DAY_MS));
        log.forgetWords();
        log.batchEnded(row, outcome);
        tell({ what: 'ended', state: outcome.state, account: outcome.account });
        input.onEnded(row, outcome.state);
        return { ...outcome, problems: input.problems.open(row.id, outcome.descriptors) };
      } catch (thrown) {
        tell({ what: 'ended', state: 'failed' });
        input.onEnded(row, 'failed');
        throw thrown;
      }
    });

  /** @returns what tells how it goes with what runs */
  const teller =
    ({ connection, by, kind }: Running) =>
    (event: Omit<BatchEvent, 'type' | 'connection' | 'by' | 'kind'>): void =>
      emit({ type: 'batch', connection, by, kind, ...event });

  /** The connection's mapping, compiled for its API. */
  const mapped = async (row: ConnectionRow, client: EdFiClient) => {
    const profile = profileOf(row);
    const { discovery, model, order } = await loadKnowledge(client, ledger, row.id, now);
    const { compiled } = await compileChosen({
      discovery,
      model,
      mappingFile: profile.mapping,
      settings: { ...profile.settings, studentId: profile.studentId },
      isOff: (resource) => isOff(profile.off, resource),
    });
    return { compiled, model, order };
  };

  /** What reads an API back, and tells how far it is. */
  const reading = async (row: ConnectionRow, client: EdFiClient, current: Running): Promise<ReadBackInput> => {
    const { compiled, model, order } = await mapped(row, client);
    const rate = createRate(performance.now());
    return {
      ledger,
      connectionId: row.id,
      client,
      model,
      order,
      resources: compiled.resources,
      parallel: READ_BACK_PARALLEL,
      now,
      onProgress: ({ items, total }) => {
        const perSecond = rate.update(items, performance.now());
        current.progress = {
          type: 'progress',
          phase: 'reading',
          done: items,
          ...(total === undefined ? {} : { total }),
          perSecond,
          ...(total === undefined || perSecond === 0 ? {} : { secondsLeft: (total - items) / perSecond }),
          connections: READ_BACK_PARALLEL,
        };
        emit(current.progress);
      },
      signal: current.controller.signal,
    };
  };

  /** Takes over what the API has; a ledger that was restored then knows of this connection all that was sent. */
  const adopt = async (at: ReadBackInput): ReturnType<typeof adoptConnection> => {
    const isBehind = behindOf(ledger).includes(at.connectionId);
    const adopted = await adoptConnection({ ...at, content: isBehind ? 'api' : 'ledger' });
    caughtUp(ledger, at.connectionId);
    return adopted;
  };

  /** A ledger that was restored does not know what was sent since: nothing is planned before it does. */
  const catchUp = async (row: ConnectionRow, client: EdFiClient, current: Running): Promise<void> => {
    if (!behindOf(ledger).includes(row.id)) return;
    const sentence = 'The ledger was restored from a copy: what the API has is read back into it first.';
    emit({ type: 'notice', code: 'ledger-behind', sentence });
    await adopt(await reading(row, client, current));
  };

  /** Runs what reads the API back into, or against, the ledger. */
  const readBack = <T>(name: string, work: (at: ReadBackInput) => Promise<T>): Promise<T> =>
    alone(name, 'steward', 'read-back', async (row, client, current) => {
      const { signal } = current.controller;
      const tell = teller(current);
      tell({ what: 'started' });
      try {
        const result = await work(await reading(row, client, current));
        tell({ what: 'ended', state: 'done' });
        return result;
      } catch (thrown) {
        tell({ what: 'ended', state: signal.aborted ? 'stopped' : 'failed' });
        throw thrown;
      }
    });

  const handlers: Handlers = {
    'sync.run': async ({ connection, source, approves, ...batch }) => {
      const row = find(connection);
      if (approves === undefined) return run(connection, 'steward', { ...batch, source: sourceOf(row, source) });
      const waiting = waitingIn(ledger, row.id, approves);
      const result = await run(connection, 'steward', {
        ...batch,
        source: waiting.source ?? undefined,
        // What was chosen to go again is marked since then.
        ...(waiting.source === null ? { choose: () => undefined } : {}),
        fingerprint: waiting.fingerprint,
        retry: waiting.retry,
        approve: true,
        approved: approvalOf(waiting.plan),
      });
      if (result.state !== 'waiting') markApproved(ledger, row.id, approves);
      return result;
    },
    'sync.stop': async () => {
      running?.controller.abort();
      return {};
    },
    'sync.pause': async () => {
      running?.pause.on();
      return {};
    },
    'sync.resume': async () => {
      running?.pause.off();
      return {};
    },
    'sync.state': async () =>
      running === undefined
        ? null
        : {
            connection: running.connection,
            startedAt: running.startedAt,
            paused: running.pause.isOn,
            by: running.by,
            kind: running.kind,
            progress: running.progress,
          },
    'retry.run': async ({ connection, what, ...batch }) => {
      let selected = 0;
      const row = find(connection);
      const result = await run(connection, 'steward', {
        ...batch,
        source: undefined,
        retry: false,
        choose: () => {
          selected = input.problems.choose(row.id, what);
        },
      });
      return { ...result, selected };
    },
    'audit.run': ({ connection, full }) =>
      readBack(connection, async (at) => {
        const { resources, window } = await auditConnection({ ...at, full });
        return { resources: byDisplayName(resources), window };
      }),
    'adopt.run': ({ connection }) => readBack(connection, async (at) => byDisplayName(await adopt(at))),
    'plan.deleted': async ({ connection, resource, samples }) => {
      const row = find(connection);
      const known = ledger.resources(row.id).find(({ name }) => name === resource || displayName(name) === resource);
      const found = known && (await input.problems.inLast(row, known.name, samples));
      return samples.map((sample) => {
        const made = found?.get(sample);
        return made === undefined ? null : { file: made.file, row: made.row, body: JSON.stringify(made.body) };
      });
    },
    'plan.compare': async ({ connection, resource, body: text }) => {
      const row = find(connection);
      const controller = new AbortController();
      const client = input.clientOf(row, controller.signal);
      try {
        const { compiled, model } = await mapped(row, client);
        const made = compiled.resources.find(({ name }) => name === resource || displayName(name) === resource);
        const found = made && model.resources[made.name];
        const body = objectIn(text);
        const key = found === undefined || body === undefined ? undefined : keyReader(found.identity)(body);
        if (made === undefined || found === undefined || body === undefined || key === undefined) {
          throw new Failure(
            'usage',
            'This is not a record as a plan shows it. Make the plan again, and choose a record there.',
          );
        }
        const values = key.split('\u001f');
        const query = Object.fromEntries(found.identity.map((part, i) => [part.name, values[i] ?? '']));
        const there = (await client.findByKey(found.name, query))?.body;
        const cut = comparableReader(found, made.members);
        return {
          isThere: there !== undefined,
          differences: differencesOf(there === undefined ? {} : cut(there), cut(body)),
        };
      } finally {
        await client.close();
      }
    },
  };
  return {
    handlers,
    get isRunning() {
      return running !== undefined;
    },
    get running() {
      return running?.connection;
    },
    runScheduled: (connection) =>
      run(connection, 'schedule', {
        source: sourceOf(find(connection), undefined),
        planOnly: false,
        approve: false,
        retry: false,
        concurrency: 'auto',
        patienceSeconds: SCHEDULED_PATIENCE_SECONDS,
      }),
    stop: () => running?.controller.abort(),
  };
}

/** What an approval of a plan is for, and no more. */
const approvalOf = ({ resources }: PlanView): NonNullable<SyncInput['approved']> =>
  Object.fromEntries(
    resources.map(({ resource, updates, deletes, replaced }) => [
      resource,
      { changes: updates + replaced, deletes: deletes - replaced },
    ]),
  );

const byDisplayName = <T>(resources: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(resources).map(([name, value]) => [displayName(name), value]));

function objectIn(text: string): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
