/** One batch of one connection, from the files to the account. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { BatchDetailView, EngineEvent, SyncResult } from '../contract/schemas.ts';
import type { EdFiClient } from '../edfi/client.ts';
import type { DependencyOrder } from '../edfi/dependencies.ts';
import { type ApiModel, displayName, type ResourceName } from '../edfi/model.ts';
import { Failure, isFailure } from '../errors/failure.ts';
import { asLedgerFailure, type BatchBy, type Ledger } from '../ledger/ledger.ts';
import { frozenKey } from '../ledger/pending.ts';
import { type MetCode, MOST_CODES } from '../mapping/codes.ts';
import {
  type DescriptorDefaults,
  type DescriptorMap,
  normaliseCode,
  seedDescriptorMap,
} from '../mapping/descriptors.ts';
import { loadDescriptorDefaults } from '../mapping/load.ts';
import { runMapping } from '../mapping/run.ts';
import { openSource } from '../sources/oneroster/open.ts';
import { isDelta, overlayDelta } from '../sources/overlay.ts';
import { openSnapshot, saveSnapshot } from '../sources/snapshot.ts';
import type { Source } from '../sources/types.ts';
import { type Account, brief } from './account.ts';
import { describeChanges, type Notice } from './api-changes.ts';
import { personRules } from './authorization.ts';
import type { Concurrency } from './concurrency.ts';
import { awayNotice, describeGuard } from './describe.ts';
import { type DispatchResult, dispatch, type Sender } from './dispatch.ts';
import { type GuardReason, guardPlan } from './guard.ts';
import { createHashes } from './hashes.ts';
import { changesTold, type Knowledge, loadKnowledge } from './knowledge.ts';
import { type Answered, measured } from './measure.ts';
import { type Chosen, compileChosen } from './needs.ts';
import { OperationState } from './operations.ts';
import type { Pause } from './pause.ts';
import { DISTRUST, type Plan, planBatch } from './plan.ts';
import { createRate } from './rate.ts';
import { withRowMemory } from './row-memory.ts';
import { keepStill, type Premises, stillPlan } from './still.ts';
import { keepWaiting } from './waiting.ts';
import { createWarnings } from './warnings.ts';

export interface SyncInput {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly connectionId: number;
  readonly client: EdFiClient;
  readonly maxConnections: number;
  /** Settings of the mapping; studentId among them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly mappingFile: string | undefined;
  readonly vanished: 'delete' | 'keep';
  /** Resources that are switched off: what the API has of them stays, and nothing waits for them. */
  readonly isOff?: (resource: ResourceName) => boolean;
  /** A folder or zip; without one, the rows of the last export that was sent, as they were then. */
  readonly source: string | undefined;
  /** Marks what is to go again, within the plan's transaction: a plan that is only looked at leaves no mark. */
  readonly choose?: () => void;
  readonly planOnly: boolean;
  readonly approve: boolean;
  /** What the approval is for, by resource; without it, for whatever is planned. */
  readonly approved?:
    | Readonly<Record<ResourceName, { readonly changes: number; readonly deletes: number }>>
    | undefined;
  readonly retry: boolean;
  /** The fingerprint that the export has to have: that of the batch that is approved. */
  readonly fingerprint?: string | undefined;
  /** Who begins it; the steward unless told. */
  readonly by?: BatchBy;
  readonly concurrency: Concurrency;
  /** How long an API that goes away in mid-batch is waited for, in milliseconds. */
  readonly patienceMs: number;
  /** Rollbook's own version: another one may map otherwise. */
  readonly rollbook: string;
  readonly now: () => number;
  /** Milliseconds of a clock that nobody puts forward or back, from whenever: how long something took. */
  readonly elapsed: () => number;
  readonly emit: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
  readonly pause?: Pause | undefined;
}

/** What the ledger keeps of a batch that ended. */
export type KeptSummary = Pick<
  BatchDetailView,
  'requests' | 'account' | 'stoppedBy' | 'timings' | 'guard' | 'left' | 'why'
> &
  Partial<Pick<BatchDetailView, 'approved'>> & { readonly resources: Readonly<Record<string, Partial<Account>>> };

/** What the engine adds to it: the problems, in words. */
export type SyncOutcome = Omit<SyncResult, 'problems'> & {
  readonly descriptors: DescriptorContext;
  /** For the log. */
  readonly batch: {
    readonly reference: string | null;
    readonly plan: Plan['resources'];
    readonly guard: readonly GuardReason[];
  };
  readonly source: Pick<Source, 'version' | 'tables' | 'notices'>;
  readonly answered: Answered;
  readonly mostConnections: number;
  readonly plannedMs: number;
};

/** What advice on descriptors needs: the values the API has, and the map in force. */
export interface DescriptorContext {
  readonly known: Readonly<Record<string, readonly string[]>>;
  readonly map: DescriptorMap;
}

/**
 * Reads, maps, checks, reconciles, plans, and, unless told otherwise, sends.
 * @returns the account and how it ended; refusals by the API are in it, not thrown
 * @throws Failure when nothing could be planned: the source, the mapping, the connection or the ledger is unusable
 */
export async function runSync(input: SyncInput): Promise<SyncOutcome> {
  const { ledger, client, connectionId, emit } = input;
  const startedAt = input.now();
  const begun = input.elapsed();
  const tookMs = (): number => input.elapsed() - begun;
  client.setConcurrency(input.concurrency === 'auto' ? input.maxConnections : input.concurrency);
  emit({ type: 'progress', phase: 'connecting', done: 0, perSecond: 0, connections: 0 });
  const source = await openWithBase(input);
  try {
    if (input.fingerprint !== undefined && source.fingerprint !== input.fingerprint) {
      throw new Failure(
        'usage',
        'The export has changed since the batch was planned, so it is not what you looked at. Look at it as it is now.',
      );
    }
    const knowledge = await loadKnowledge(client, ledger, connectionId, input.now, input.planOnly);
    const mapping = await prepareMapping(input, knowledge);
    const notices = [...source.notices, ...apiNotices(knowledge, mapping), ...leftOutNotices(mapping.compiled.leftOut)];
    for (const { code, sentence } of notices) emit({ type: 'notice', code, sentence });

    const batch = await planInLedger(input, source, knowledge, mapping);
    const { plan, batchId, reasons, warned } = batch;
    const guard = reasons.map(describeGuard);
    const plannedMs = tookMs();
    const measure = measured(client, input.elapsed);
    let mostConnections = 0;
    notices.push(...warned);
    for (const { code, sentence } of warned) emit({ type: 'notice', code, sentence });
    emit({ type: 'plan', plan: { resources: [...plan.resources], guard } });
    const waiting = batch.waits;
    let result: DispatchResult = { left: 0, stopped: undefined, optimum: undefined };
    let state: SyncResult['state'] = 'done';
    if (input.planOnly || waiting) {
      state = input.planOnly ? 'planned' : 'waiting';
      result = { ...result, left: skipPlanned(plan) };
    } else {
      result = await send(input, knowledge, plan, batchId, measure.sender, (connections) => {
        mostConnections = Math.max(mostConnections, connections);
      });
      changesTold(ledger, connectionId);
      if (result.stopped !== undefined) state = 'stopped';
    }
    plan.accounts.check();
    const outcome: SyncOutcome = {
      state,
      account: plan.accounts.total(),
      resources: Object.fromEntries(
        Object.entries(plan.accounts.resources()).map(([name, account]) => [displayName(name), account]),
      ),
      requests: { ...client.requests },
      notices,
      left: result.left,
      stopped: result.stopped === undefined ? null : { code: result.stopped.code, sentence: result.stopped.message },
      seconds: tookMs() / 1000,
      descriptors: mapping.context,
      batch: { reference: batch.reference, plan: plan.resources, guard: reasons },
      source: { version: source.version, tables: source.tables, notices: source.notices },
      answered: measure.answered(),
      mostConnections,
      plannedMs,
    };
    if (!input.planOnly) {
      const endedAt = input.now();
      const totalMs = tookMs();
      const { latency } = outcome.answered;
      const summary = JSON.stringify({
        account: outcome.account,
        // With a batch every few minutes there are a hundred thousand of them in a year.
        resources: Object.fromEntries(
          Object.entries(plan.accounts.resources()).map(([name, account]) => [displayName(name), brief(account)]),
        ),
        requests: outcome.requests,
        stoppedBy: outcome.stopped?.code ?? null,
        guard,
        left: outcome.left,
        why: outcome.stopped?.sentence ?? null,
        timings: {
          totalMs: Math.round(totalMs),
          planMs: Math.round(plannedMs),
          sendMs: Math.round(totalMs - plannedMs),
          latencyP50Ms: latency?.p50 ?? null,
          latencyP95Ms: latency?.p95 ?? null,
          connections: mostConnections,
        },
      } satisfies KeptSummary);
      ledger.transaction(() => {
        ledger.setBatch(batchId, state === 'planned' ? 'done' : state, summary, waiting ? null : endedAt);
        // What was not tried is neither gone nor there: only a batch that ended tells.
        if (state === 'done') ledger.problems.endOfBatch(connectionId, batchId, startedAt, endedAt);
      });
      // Whether an organization that was not at the API is there now, only the API can say.
      const asks = mapping.compiled.resources.some(
        ({ name, disposition }) => disposition === 'match' && plan.accounts.of(name).rejected > 0,
      );
      if (state === 'done' && !asks) {
        keepStill(ledger, connectionId, { ...batch.premises, changes: ledger.changes() }, plan, warned);
      }
      ledger.compact();
    }
    return outcome;
  } finally {
    await source.close();
  }
}

/** In the ledger's cache: how many requests at once this connection's API was found to take best. */
const OPTIMUM = 'concurrency';
/** In the ledger's cache: fingerprints of the export that was copied, and of the one that was last planned. */
const COPY = 'source';
const PLANNED = 'planned source';
/** What is known of the files of the export, so that those which are as they were need not be read to tell. */
const KNOWN_FILES = 'known files';
/** What the ledger keeps of files beside it: of a ledger that was restored, the files are newer. */
export const TOLD_BESIDE: readonly string[] = [COPY, PLANNED];

/** What opening the sealed copy of a connection's last export needs. */
type CopyOf = Pick<SyncInput, 'folder' | 'connectionId' | 'ledger'>;

const snapshotFile = (input: CopyOf): string => path.join(input.folder, 'sources', `${input.connectionId}.rows`);

/** @returns whether there is a copy of the last export that was sent */
export const hasLast = (input: CopyOf): boolean => existsSync(snapshotFile(input));

/**
 * @returns whether that copy has the rows that problems name by file and number: a plan that waits for approval was made
 *   of a later export, whose rows are other people's
 */
export const lastIsPlanned = (input: CopyOf): boolean => {
  const { ledger, connectionId } = input;
  const kept = ledger.cached(connectionId, COPY)?.text;
  return kept !== undefined && kept === ledger.cached(connectionId, PLANNED)?.text && hasLast(input);
};

/**
 * Opens the rows of the last export that was sent.
 * @throws Failure `usage` where there is none, `source-unusable` where the copy is damaged
 */
export async function openLast(input: CopyOf): Promise<Source> {
  if (!hasLast(input)) {
    throw new Failure(
      'usage',
      'Nothing was sent over this connection yet, so there is nothing to send again. Run a sync first.',
    );
  }
  return openSnapshot(snapshotFile(input), input.ledger.seal.fileKey('source'), 'itself');
}

/** A delta export only tells changes: it is laid over the sealed copy of the last full set of rows. */
export async function openWithBase(input: CopyOf & Pick<SyncInput, 'source' | 'signal'>): Promise<Source> {
  if (input.source === undefined) return openLast(input);
  const known = input.ledger.cached(input.connectionId, KNOWN_FILES)?.text;
  const source = await openSource(input.source, { signal: input.signal, ...(known === undefined ? {} : { known }) });
  if (source.known !== undefined && source.known !== known) {
    input.ledger.cache(input.connectionId, KNOWN_FILES, '1', source.known, Date.now());
  }
  if (!isDelta(source)) return source;
  try {
    const base = await openSnapshot(snapshotFile(input), input.ledger.seal.fileKey('source'));
    return overlayDelta(base, source);
  } catch (thrown) {
    await source.close();
    throw thrown;
  }
}

interface PreparedMapping extends Chosen {
  /** Descriptor values that the map leads to, or led to while the API still had them. */
  readonly mapped: ReadonlySet<string>;
  readonly context: DescriptorContext;
}

async function prepareMapping(input: SyncInput, knowledge: Knowledge): Promise<PreparedMapping> {
  const { discovery, model } = knowledge;
  const { compiled, off } = await compileChosen({ ...input, isOff: input.isOff ?? (() => false), discovery, model });
  const defaults = await loadDescriptorDefaults();
  const known: Record<string, readonly string[]> = {};
  for (const type of compiled.descriptorTypes) known[type] = await knowledge.descriptorValues(type);
  const map = descriptorMapInForce(input.ledger, input.connectionId, defaults, known);
  return { compiled, off, mapped: mappedValues(defaults, knowledge, known, map), context: { known, map } };
}

/** The shipped pairs that the API has the values of, and the steward's own before them. */
export function descriptorMapInForce(
  ledger: Ledger,
  connectionId: number,
  defaults: DescriptorDefaults,
  known: DescriptorContext['known'],
): DescriptorMap {
  const map: Record<string, Record<string, string>> = {};
  for (const [type, codes] of Object.entries(seedDescriptorMap(defaults, known))) map[type] = { ...codes };
  for (const { type, code, uri } of ledger.descriptorMap(connectionId)) {
    map[type] = { ...map[type], [normaliseCode(code)]: uri };
  }
  return map as DescriptorMap;
}

/** In lower case. */
function mappedValues(
  defaults: DescriptorDefaults,
  knowledge: Knowledge,
  known: DescriptorContext['known'],
  map: DescriptorMap,
): ReadonlySet<string> {
  const before: Record<string, readonly string[]> = { ...known };
  for (const change of knowledge.changes()) {
    if (change.kind === 'descriptor-gone') before[change.type] = [...(before[change.type] ?? []), change.uri];
  }
  const maps = [map, seedDescriptorMap(defaults, before)].flatMap((one) => Object.values(one));
  return new Set(maps.flatMap((codes) => Object.values(codes)).map((uri) => uri.toLowerCase()));
}

/** What the steward has to know of the API before anything is sent. */
function apiNotices(knowledge: Knowledge, { compiled, off, mapped }: PreparedMapping): Notice[] {
  const used = new Set([
    ...compiled.resources.map(({ name }) => name),
    ...compiled.leftOut.map(({ resource }) => resource),
  ]);
  const notices = describeChanges(knowledge.changes(), used, mapped);
  if (off.length > 0) {
    notices.push({
      code: 'resource-off',
      sentence: `Switched off for this connection, so neither sent nor deleted: ${off.map(displayName).join(', ')}.`,
    });
  }
  if (knowledge.offlineSince !== undefined) {
    const since = new Date(knowledge.offlineSince).toLocaleString('en-US', { dateStyle: 'medium', timeStyle: 'short' });
    notices.push({
      code: 'api-offline',
      sentence: `The API is not reachable: planned with what it said on ${since}. Districts and schools that were not sent before are taken to be there.`,
    });
  }
  return notices;
}

function leftOutNotices(leftOut: PreparedMapping['compiled']['leftOut']): { code: string; sentence: string }[] {
  return leftOut.map(({ resource, path: property }) => ({
    code: property === undefined ? 'resource-left-out' : 'property-left-out',
    sentence:
      property === undefined
        ? `This API has no ${displayName(resource)}: they are left out.`
        : `This API's ${displayName(resource)} have no ${property}: it is left out.`,
  }));
}

interface Planned {
  readonly plan: Plan;
  readonly warned: readonly Notice[];
  /** The codes that the export has; undefined where they are those that were met before. */
  readonly met?: () => MetCode[];
}

/** Reads the export, passing over rows that are remembered, and plans what it comes to. */
async function planAnew(
  input: SyncInput,
  source: Source,
  knowledge: Knowledge,
  { compiled, context }: Pick<PreparedMapping, 'compiled' | 'context'>,
  batchId: number,
  version: string,
): Promise<Planned> {
  const { ledger, connectionId } = input;
  const hashes = createHashes(ledger.seal);
  const frozen = new Map<string, Map<string, string>>();
  const frozenOf = (resource: string, sourceId: string, property: string): string | undefined => {
    let values = frozen.get(resource);
    if (values === undefined) {
      values = ledger.pending.frozen(ledger.resourceId(connectionId, resource));
      frozen.set(resource, values);
    }
    return values.size === 0 ? undefined : values.get(frozenKey(hashes.source(resource, sourceId), property));
  };
  const known = new Map<string, ReadonlySet<string>>();
  for (const [type, uris] of Object.entries(context.known)) {
    // A type without any value was not to be had: the API itself will say.
    if (uris.length > 0) known.set(type, new Set(uris.map((uri) => uri.toLowerCase())));
  }
  const rate = createRate(performance.now());
  // Rows of changes, and those that they are laid over, are not the rows of one file: nothing is told by their numbers.
  const hasOwnRows = source.copy !== undefined;
  const remembered = new Set(
    compiled.resources
      .map(({ name }) => name)
      .filter((name) => hasOwnRows && isRemembered(knowledge.model, knowledge.order, name)),
  );
  const remembers = (resource: ResourceName): boolean => remembered.has(resource);
  const memory = {
    folder: input.folder,
    ledger,
    connectionId,
    version,
    remembers,
    isLook: input.planOnly,
  };
  const made = (trusts: boolean): Promise<Planned> =>
    withRowMemory(memory, async (rows) => {
      const warnings = createWarnings();
      const run = runMapping(compiled, source, {
        descriptors: context.map,
        frozen: frozenOf,
        signal: input.signal,
        ...(rows === undefined ? {} : { memory: rows }),
      });
      const plan = await planBatch({
        ledger,
        connectionId,
        batchId,
        model: knowledge.model,
        order: knowledge.order,
        resources: compiled.resources.map((resource) => ({
          name: resource.name,
          deletes: resource.allowDelete && input.vanished === 'delete',
          remembers: remembers(resource.name),
          records: (known) => warnings.watch(run.records(resource.name, known)),
        })),
        known: (type) => known.get(type),
        mappingVersion: Buffer.from(
          ledger.seal.digest(`mapping\n${compiled.version}|${knowledge.version}`).slice(0, 12),
          'latin1',
        ).toString('hex'),
        retryFailed: input.retry,
        keepBodies: input.planOnly,
        books: rows && (trusts ? rows.books : { ...rows.books, before: undefined }),
        find:
          knowledge.offlineSince === undefined
            ? async (resource, query) => (await input.client.findByKey(resource, query))?.id
            : // A plan that is only looked at is rolled back, and this id with it.
              async () => 'offline',
        now: input.now,
        onProgress: (read) =>
          input.emit({
            type: 'progress',
            phase: 'reading',
            done: read,
            perSecond: rate.update(read, performance.now()),
            connections: 0,
          }),
        signal: input.signal,
      });
      return {
        plan,
        warned: [...warnings.notices(), ...codeNotices(run.codes.beyond)],
        met: () => run.codes.met(),
      };
    });
  ledger.mark();
  try {
    return await made(true);
  } catch (thrown) {
    if (thrown !== DISTRUST) throw thrown;
    ledger.backToMark();
    return made(false);
  }
}

/** Plans in one transaction: a plan that fails, or is only looked at, leaves the ledger as it was. */
async function planInLedger(
  input: SyncInput,
  source: Source,
  knowledge: Knowledge,
  { compiled, context }: PreparedMapping,
): Promise<{
  plan: Plan;
  batchId: number;
  reference: string | null;
  reasons: GuardReason[];
  waits: boolean;
  warned: readonly Notice[];
  premises: Premises;
}> {
  const { ledger, connectionId } = input;
  ledger.begin();
  try {
    const batchId = ledger.startBatch(connectionId, input.now(), input.by);
    input.choose?.();
    const premises = premisesOf(input, source, knowledge, { compiled, context });
    // What is to go again, or could not be asked for, is planned anew.
    const still =
      input.retry || input.choose !== undefined || knowledge.offlineSince !== undefined
        ? undefined
        : stillPlan(ledger, connectionId, premises);
    if (still !== undefined) ledger.pending.takeOver(connectionId, batchId);
    const planned: Planned =
      still ?? (await planAnew(input, source, knowledge, { compiled, context }, batchId, premises.version));
    const { plan, warned, met } = planned;
    // What was left of a resource that is switched off now is nobody's problem any more.
    for (const { id, name } of ledger.resources(connectionId)) {
      if (input.isOff?.(name) !== true) continue;
      for (const left of ledger.pending.left(id)) if (left.inDoubt) ledger.pending.putAside(left.id, batchId);
      ledger.pending.dropOthers(id, batchId);
    }
    // What was chosen to go again changes as much as was chosen; deletes were not.
    const reasons = guardPlan(plan.resources).filter(
      ({ kind }) => input.choose === undefined || kind !== 'changes-share',
    );
    const more = beyond(plan, input.approved);
    const waits = more === 'deletes' || (reasons.length > 0 && (!input.approve || more !== undefined));
    // A plan that is only looked at is no batch that could be referred to.
    const reference = input.planOnly ? null : (ledger.lastBatch(connectionId)?.reference ?? null);
    if (input.planOnly) {
      ledger.rollback();
      // What codes there are is known from a first look on, so that they can be paired before anything is sent.
      if (ledger.lastBatch(connectionId) === undefined) {
        ledger.transaction(() => ledger.codes.replace(connectionId, met?.() ?? []));
      }
    } else {
      if (!waits) await keepCopy(input, source);
      ledger.cache(connectionId, PLANNED, '1', source.fingerprint, input.now());
      if (met !== undefined) ledger.codes.replace(connectionId, met());
      ledger.setBatch(batchId, waits ? 'waiting' : 'sending', null, null);
      if (waits) keepWaiting(ledger, batchId, input, source.fingerprint, plan.resources, reasons.map(describeGuard));
      ledger.commit();
    }
    return {
      plan,
      batchId,
      reference,
      reasons,
      waits,
      warned,
      premises,
    };
  } catch (thrown) {
    ledger.rollback();
    if (input.signal.aborted && !isFailure(thrown))
      throw new Failure('cancelled', 'Stopped, as asked; nothing was sent.');
    throw asLedgerFailure(thrown);
  }
}

/** Whether records of a resource may be passed over: one that lets others go is looked at each time. */
const isRemembered = (model: ApiModel, order: DependencyOrder, name: ResourceName): boolean => {
  const resource = model.resources[name];
  return resource !== undefined && personRules(resource, model, order.create).authorises === undefined;
};

/** On what a plan depends, as it is now. */
const premisesOf = (
  input: SyncInput,
  source: Source,
  knowledge: Knowledge,
  mapping: Pick<PreparedMapping, 'compiled' | 'context'>,
): Premises => ({
  fingerprint: source.fingerprint,
  version: rowVersion(input, source, knowledge, mapping),
  vanished: input.vanished,
  changes: input.ledger.changes(),
});

/** All on which what becomes of a row depends, besides the row and what it joins: where any of it differs, all rows are read. */
function rowVersion(
  { ledger, rollbook }: SyncInput,
  { version, tables }: Source,
  knowledge: Knowledge,
  { compiled, context }: Pick<PreparedMapping, 'compiled' | 'context'>,
): string {
  const columns = [...tables.values()].map((table) => [table.name, table.mode, table.columns]);
  // A host may publish another specification under the same version.
  const resources = compiled.resources.map(({ name }) => [
    name,
    knowledge.model.resources[name],
    knowledge.order.create.get(name),
  ]);
  const all = JSON.stringify([
    rollbook,
    version,
    columns,
    compiled.version,
    knowledge.version,
    resources,
    context.map,
    context.known,
  ]);
  return Buffer.from(ledger.seal.digest(`rows\n${all}`), 'latin1').toString('hex');
}

/** @returns of what there is more than was looked at; deletes go first */
function beyond(plan: Plan, approved: SyncInput['approved']): 'deletes' | 'changes' | undefined {
  if (approved === undefined) return undefined;
  const isMore = (count: (resource: Plan['resources'][number]) => number, of: 'changes' | 'deletes'): boolean =>
    plan.resources.some((resource) => count(resource) > (approved[resource.resource]?.[of] ?? 0));
  if (isMore(({ deletes, replaced }) => deletes - replaced, 'deletes')) return 'deletes';
  return isMore(({ updates, replaced }) => updates + replaced, 'changes') ? 'changes' : undefined;
}

/** @param beyond how often a code was met that was not kept */
function codeNotices(beyond: number): Notice[] {
  if (beyond === 0) return [];
  const most = MOST_CODES.toLocaleString('en-US');
  return [
    {
      code: 'codes-not-listed',
      sentence: `The export has more than ${most} different codes: those beyond are paired as the others, but the list of codes does not show them. A column of free text may be mapped as a descriptor.`,
    },
  ];
}

/** Keeps the sealed copy of the rows that a later delta export builds on; an unchanged export is not written again. */
async function keepCopy(input: SyncInput, source: Source): Promise<void> {
  const file = snapshotFile(input);
  const kept = input.ledger.cached(input.connectionId, COPY)?.text;
  if (kept === source.fingerprint && existsSync(file)) return;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  await saveSnapshot(source, file, { key: input.ledger.seal.fileKey('source') }, input.signal);
  input.ledger.cache(input.connectionId, COPY, '1', source.fingerprint, input.now());
}

/** A plan that is not carried out: every record of it is accounted for as skipped. */
function skipPlanned(plan: Plan): number {
  let left = 0;
  for (let op = 0; op < plan.operations.count; op++) {
    if (plan.operations.state(op) !== OperationState.waiting) continue;
    plan.accounts.add(plan.names[plan.operations.resource(op)] as string, 'skipped');
    left += 1;
  }
  return left;
}

async function send(
  input: SyncInput,
  knowledge: Knowledge,
  plan: Plan,
  batchId: number,
  sender: Sender,
  onConnections: (connections: number) => void,
): Promise<DispatchResult> {
  const { ledger, connectionId } = input;
  const rate = createRate(performance.now());
  let reported = 0;
  let told = false;
  try {
    const result = await dispatch({
      plan,
      ledger,
      batchId,
      model: knowledge.model,
      order: knowledge.order,
      sender,
      line: input.client,
      find: (resource, query) => input.client.findByKey(resource, query),
      item: (resource, id) => input.client.item(resource, id),
      concurrency: input.concurrency,
      maxConnections: input.maxConnections,
      optimum: Number(ledger.cached(connectionId, OPTIMUM)?.text) || undefined,
      now: input.now,
      patienceMs: input.patienceMs,
      onWaiting: (ms) => input.emit(awayNotice(ms)),
      onProgress: ({ done, total, connections, resources }) => {
        onConnections(connections);
        const paused = input.pause?.isOn === true;
        const now = performance.now();
        const perSecond = rate.update(done, now);
        // Ten a second are enough for any eye.
        if (now - reported < 100 && done < total && paused === told) return;
        reported = now;
        told = paused;
        input.emit({
          type: 'progress',
          phase: 'sending',
          done,
          total,
          perSecond,
          ...(perSecond > 0 ? { secondsLeft: (total - done) / perSecond } : {}),
          connections,
          paused,
          resources: resources().map((one) => ({ ...one, resource: displayName(one.resource) })),
        });
      },
      signal: input.signal,
      pause: input.pause,
    });
    if (result.optimum !== undefined) ledger.cache(connectionId, OPTIMUM, '1', String(result.optimum), input.now());
    return result;
  } catch (thrown) {
    throw asLedgerFailure(thrown);
  }
}
