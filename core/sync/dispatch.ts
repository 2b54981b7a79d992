/**
 * Steps 6 and 7 of a record's way: each record goes as soon as all it refers to is in the API, many at once; each answer
 * is committed to the ledger as it comes. A process that is killed loses nothing: what was confirmed is in the ledger,
 * and the rest is planned again.
 */
import type { Answer } from '../edfi/answer.ts';
import type { Attempt } from '../edfi/attempt.ts';
import type { DependencyOrder } from '../edfi/dependencies.ts';
import { keyQuery, keyReader, referenceReader } from '../edfi/keys.ts';
import type { ApiModel, JsonObject, ResourceModel, ResourceName } from '../edfi/model.ts';
import type { Item } from '../edfi/reading.ts';
import { classifyAnswer } from '../errors/classify.ts';
import { Failure, isFailure } from '../errors/failure.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { Kind, PendingState, type PendingToSend } from '../ledger/pending.ts';
import { FULL_BYTES, RecordState, SOURCE_BYTES } from '../ledger/records.ts';
import { FOR_WANT_OF_ASSOCIATION, type PersonRules, personRules } from './authorization.ts';
import { canonical } from './canonical.ts';
import { type Carried, createCarried } from './carried.ts';
import { createCircuit } from './circuit.ts';
import { comparableReader } from './comparable.ts';
import { type Concurrency, createLimiter } from './concurrency.ts';
import { bytes } from './hashes.ts';
import { OperationState } from './operations.ts';
import type { Pause } from './pause.ts';
import { type Plan, personName, TRANSIENT } from './plan.ts';

/** What a dispatcher needs of a client. */
export interface Sender {
  post(resource: string, body: string): Promise<Answer>;
  put(resource: string, id: string, body: string): Promise<Answer>;
  remove(resource: string, id: string): Promise<Answer>;
}

/** What a dispatcher needs of the client's connections. */
export interface Line {
  /** Requests under way at once, repetitions included. */
  setConcurrency(limit: number): void;
  /** Tells of each request as it is over. @returns how to be told no more */
  listen(heard: (attempt: Attempt) => void): () => void;
}

export interface DispatchProgress {
  readonly done: number;
  readonly total: number;
  readonly connections: number;
  /** Each resource with something to do, in the order of the dependencies; made when it is asked for. */
  resources(): { resource: string; done: number; total: number }[];
}

export interface DispatchInput {
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly batchId: number;
  readonly model: ApiModel;
  readonly order: DependencyOrder;
  readonly sender: Sender;
  readonly line: Line;
  /** The item that an API gives for these key values (query parameters); undefined where it gives none. */
  readonly find: (resource: string, query: Record<string, string>) => Promise<Item | undefined>;
  /** The item with this id: undefined where there is none, `hidden` where the key may not see it. */
  readonly item: (resource: string, id: string) => Promise<Item | 'hidden' | undefined>;
  readonly concurrency: Concurrency;
  readonly maxConnections: number;
  /** What `auto` found to be best in a batch before. */
  readonly optimum: number | undefined;
  readonly now: () => number;
  /** How long the API may be away, in milliseconds, before the batch ends without it. */
  readonly patienceMs: number;
  readonly onProgress: (progress: DispatchProgress) => void;
  /** The API is away; the batch asks again in so many milliseconds. */
  readonly onWaiting: (ms: number) => void;
  readonly signal: AbortSignal | undefined;
  readonly pause?: Pause | undefined;
}

export interface DispatchResult {
  /** Records that were planned and not tried, because the batch was stopped or the API went away. */
  readonly left: number;
  /** Why the batch ended early, when it did. */
  readonly stopped: Failure | undefined;
  /** What `auto` found to be best; undefined where it found nothing, or a number was set. */
  readonly optimum: number | undefined;
}

/** Codes after which another try in the same batch is worth it, once everything else has had its turn. */
const WORTH_A_SECOND_TRY = new Set([
  'reference-missing',
  'server-error',
  'rate-limited',
  'unreachable',
  'dependent-item-exists',
  'changed-by-another',
]);

/** A heart that misses a beat: this process stood still, and how long requests took says nothing of the API. */
const BEAT_MS = 1_000;
/** A record that found nobody in so many outages, each of which ended for others, is not waited for any more. */
const OWN_OUTAGES = 3;
const METHODS = { 1: 'POST', 2: 'PUT', 3: 'DELETE', 4: 'PUT' } as const satisfies Record<Kind, string>;
const NO_ANSWER: Answer = { status: 0, text: '', attempts: 0, ms: 0 };
/** As the API would say of a key that may not read a resource at all. */
const MAY_NOT_READ: Answer = {
  ...NO_ANSWER,
  status: 403,
  type: 'security:authorization:access-denied:resource',
  text: '{}',
};
/** An answer that says nothing: what was asked has to be asked again another time. */
const FUMBLED: Answer = { ...NO_ANSWER, status: 500, text: '{}' };
/** As the API would say if an item of `entity` referred to the one that is to be deleted. */
const isReferredTo = (entity: string): Answer => ({
  ...NO_ANSWER,
  status: 409,
  type: 'data-conflict:dependent-item-exists',
  text: JSON.stringify({ detail: `referenced by existing '${entity}' item` }),
});

const unavailable = (): Failure =>
  new Failure(
    'api-unreachable',
    "The API says that it is not available for now (HTTP 503): run this again later, or ask the API's host how long it will be.",
    { reason: 'unavailable', status: 503 },
  );

const leftAlone = (ms: number): Failure =>
  new Failure(
    'api-unreachable',
    `The API asks to be left alone for ${Math.ceil(ms / 60_000)} minutes: run this again after that, with fewer connections.`,
    { reason: 'rate-limited', retryAfterMs: ms },
  );

interface Settled {
  readonly op: number;
  readonly pending: PendingToSend;
  readonly outcome:
    | {
        readonly kind: 'confirmed';
        readonly apiId: string | undefined;
        /** skipped: what was to be deleted is not there, or another record has it. */
        readonly as: 'created' | 'updated' | 'deleted' | 'skipped';
      }
    /** A key change that was not taken as one: the new item is made, and the old one has yet to be deleted. */
    | { readonly kind: 'replaced'; readonly apiId: string | undefined }
    /**
     * What may have been made is there: known from now on, and deleted in its turn. One that says something else than what
     * was sent may be somebody else's: it is as one that was taken over, of which the steward decides.
     */
    | { readonly kind: 'found'; readonly apiId: string; readonly isAsSent: boolean }
    | {
        readonly kind: 'refused';
        readonly answer: Answer;
        readonly method: 'POST' | 'PUT' | 'DELETE';
        /** The item's id, where the request was to it. */
        readonly id: string | undefined;
      };
}

export async function dispatch(input: DispatchInput): Promise<DispatchResult> {
  const { plan, ledger, model } = input;
  const { operations, accounts } = plan;
  const models = plan.names.map((name) => model.resources[name] as ResourceModel);
  const limiter = createLimiter(input.concurrency, input.maxConnections, input.optimum);
  const circuit = createCircuit(input.patienceMs);
  const changing = plan.resourceIds.filter((_, index) => (plan.resources[index]?.keyChanges ?? 0) > 0);
  const carried = createCarried(
    changing.length === 0 ? undefined : changing.flatMap((id) => [...ledger.records.sharedIds(id).keys()]),
  );
  const settledAnswers: Settled[] = [];
  const second = new Set<number>();
  /** People whose dependants were let go before they were confirmed themselves. */
  const released = new Set<number>();
  /** Of these, the ones to send again once their associations have had their turn. */
  const late: number[] = [];
  let secondTry = false;
  let done = 0;
  let total = 0;
  const dones = plan.names.map(() => 0);
  const totals = plan.names.map(() => 0);
  const countTotal = (op: number): void => {
    total += 1;
    totals[operations.resource(op)] = (totals[operations.resource(op)] as number) + 1;
  };
  /** @param by 1 when a record is through, -1 when it is taken up again */
  const countDone = (op: number, by: 1 | -1): void => {
    done += by;
    dones[operations.resource(op)] = (dones[operations.resource(op)] as number) + by;
  };
  const resources = (): { resource: string; done: number; total: number }[] =>
    plan.names.flatMap((resource, index) =>
      totals[index] === 0 ? [] : [{ resource, done: dones[index] as number, total: totals[index] as number }],
    );
  let inFlight = 0;
  let stopped: Failure | undefined;
  let flushing = false;
  let wake: () => void = () => undefined;

  const places = plan.names.map((name) => input.order.create.get(name) ?? Number.MAX_SAFE_INTEGER);
  // Writes: a queue for each height, the tallest first. What the longest chain waits for goes first, so that in the end
  // nothing but what could go at once is left.
  const heights = operations.heights();
  const queues: Queue[] = [];
  const enqueue = (op: number): void => {
    // Deletes have lists of their own, and their turn at the end.
    if (operations.kind(op) === Kind.delete) return;
    operations.setState(op, OperationState.ready);
    const height = heights[op] as number;
    while (queues.length <= height) queues.push(createQueue());
    (queues[height] as Queue).push(op);
  };

  // Deletes: a resource's turn comes when all writes are done and no delete of a resource that refers to it is left.
  const deletes = plan.names.map((): number[] => []);
  const openDeletes = plan.names.map(() => 0);
  const countOpen = (op: number, by: 1 | -1): void => {
    if (operations.kind(op) !== Kind.delete) return;
    const index = operations.resource(op);
    openDeletes[index] = (openDeletes[index] as number) + by;
  };
  const enlist = (op: number): void => {
    (deletes[operations.resource(op)] as number[]).push(op);
    countOpen(op, 1);
  };
  const delist = (op: number): void => countOpen(op, -1);
  /** Of each resource, a delete that failed and will be tried in the next batch: what it refers to has to wait. */
  const notYetDeleted: (number | undefined)[] = plan.names.map(() => undefined);
  /** Deletes of what may be there: looked for before anything is sent, since the API may carry it on to another key then. */
  const toLook = new Set<number>();
  const looks = createQueue();
  const lookedTwice = new Set<number>();
  for (let op = 0; op < operations.count; op++) {
    if (operations.state(op) !== OperationState.waiting) continue;
    countTotal(op);
    if (operations.kind(op) === Kind.delete) {
      enlist(op);
      if (!plan.sought.has(op)) continue;
      toLook.add(op);
      looks.push(op);
    } else if (operations.free(op)) enqueue(op);
  }
  const rules = models.map((resource) => personRules(resource, model, input.order.create));
  const referrers = referrersOf(models, places, rules);

  const stop = (failure: Failure): void => {
    stopped ??= failure;
    wake();
  };
  input.signal?.addEventListener('abort', () => stop(new Failure('cancelled', 'Stopped, as asked.')), { once: true });
  if (input.signal?.aborted) stop(new Failure('cancelled', 'Stopped, as asked.'));

  /** Of these resources, records that are no more in the source, or in another form, stay at the API. */
  const staying = new Set(plan.staying);
  const hold = (op: number, root: number): void => {
    delist(op);
    if (operations.kind(op) !== Kind.create) staying.add(plan.names[operations.resource(op)] as ResourceName);
    operations.setState(op, OperationState.blocked);
    operations.setProblem(op, root);
    ledger.pending.settle(operations.pendingId(op), PendingState.held, undefined, root);
    accounts.add(plan.names[operations.resource(op)] as string, 'held');
    countDone(op, 1);
    operations.settled(op, false, enqueue, (dependant) => hold(dependant, root));
  };

  /** @returns the problem for which none of a person's associations has come; undefined where one may, or there is none */
  const tieProblem = (op: number, pending: PendingToSend): number | undefined => {
    const { entity, identity } = models[operations.resource(op)] as ResourceModel;
    const key = keyReader(identity)(JSON.parse(pending.body ?? '{}') as JsonObject);
    const planned = key === undefined ? undefined : plan.untied.get(personName(entity, key));
    if (planned !== undefined) return planned;
    const problems: number[] = [];
    operations.dependants(op, (dependant) => {
      if (rules[operations.resource(dependant)]?.authorises?.entity !== entity) return;
      problems.push(operations.state(dependant) === OperationState.blocked ? operations.problem(dependant) : 0);
    });
    return problems.includes(0) ? undefined : problems[0];
  };

  const isWaitedFor = (op: number): boolean => {
    let isAny = false;
    operations.dependants(op, () => {
      isAny = true;
    });
    return isAny;
  };

  /** The old item goes with the other deletes, when nothing refers to it any more: a record of its own in the account. */
  const deleteReplaced = (index: number, pending: Pick<PendingToSend, 'oldKeyHash' | 'sourceHash'>): void => {
    if (pending.oldKeyHash === null) return;
    ledger.records.disown(plan.resourceIds[index] as number, pending.oldKeyHash);
    const pendingId = ledger.pending.insert(input.batchId, {
      resourceId: plan.resourceIds[index] as number,
      kind: Kind.delete,
      state: PendingState.planned,
      keyHash: pending.oldKeyHash,
      oldKeyHash: undefined,
      fullHash: undefined,
      sourceHash: pending.sourceHash,
      body: undefined,
      frozen: undefined,
      mapping: '',
      file: undefined,
      row: undefined,
      problemId: undefined,
      rootId: undefined,
    });
    const op = operations.add(index, Kind.delete, pendingId, OperationState.waiting, 0);
    enlist(op);
    accounts.read(plan.names[index] as string);
    countTotal(op);
  };

  /** Ids of what was set aside for these, and has yet to be deleted, whichever try makes what takes its place. */
  const aside = new Map<number, string>();
  /** The key hash of an item whose key is not known any more. */
  const nameless = (index: number, apiId: string): Buffer =>
    bytes(plan.hashes.key(plan.names[index] as string, `id\n${apiId}`));
  /**
   * Before what the ledger has under a key is made by another request: its item, whose key is not known any more, gets a
   * record of its own, as the old self of the same row, and is ours until it is deleted. What is sent counts as new: whether
   * it is answered or not, both are known.
   */
  const setAside = (op: number, { id, keyHash, sourceHash }: PendingToSend, apiId: string): void => {
    const index = operations.resource(op);
    const resourceId = plan.resourceIds[index] as number;
    const record = { keyHash: nameless(index, apiId), fullHash: new Uint8Array(FULL_BYTES), sourceHash, apiId };
    ledger.transaction(() => {
      ledger.records.remove(resourceId, keyHash);
      ledger.records.confirm(resourceId, { ...record, state: RecordState.confirmed }, input.now());
      ledger.records.setAdrift(resourceId, record.keyHash);
      ledger.pending.becomeCreate(id);
    });
    aside.set(op, apiId);
  };

  /** The old self of what has its new one: from now on the row has nothing to do with it. */
  const disownReplaced = (op: number): void => {
    if (operations.kind(op) !== Kind.delete || operations.state(op) === OperationState.done) return;
    const { keyHash } = ledger.pending.read(operations.pendingId(op));
    ledger.records.disown(plan.resourceIds[operations.resource(op)] as number, keyHash);
  };

  const commit = (settled: Settled): void => {
    const { op, pending, outcome } = settled;
    const index = operations.resource(op);
    const name = plan.names[index] as string;
    const resourceId = plan.resourceIds[index] as number;
    const wasLook = toLook.delete(op);
    const stays = plan.onlySought.has(op);
    if (outcome.kind === 'found' && (stays || !outcome.isAsSent)) {
      const { keyHash } = pending;
      const fullHash = new Uint8Array(FULL_BYTES);
      // What stays is what its row, which cannot be sent now, was; as it is the API will have it under another key.
      const sourceHash = stays ? pending.sourceHash : new Uint8Array(SOURCE_BYTES);
      const state = outcome.isAsSent ? RecordState.confirmed : RecordState.adopted;
      const record = { keyHash, fullHash, sourceHash, apiId: outcome.apiId, state };
      ledger.records.confirm(resourceId, record, input.now());
      if (stays) ledger.records.setAdrift(resourceId, keyHash);
      staying.add(name);
      ledger.pending.remove(pending.id);
      delist(op);
      accounts.add(name, 'skipped');
      operations.setState(op, OperationState.done);
      countDone(op, 1);
      return;
    }
    if (outcome.kind === 'found') {
      const { keyHash, sourceHash } = pending;
      const fullHash = new Uint8Array(FULL_BYTES);
      const state = RecordState.confirmed;
      ledger.records.confirm(resourceId, { keyHash, fullHash, sourceHash, apiId: outcome.apiId, state }, input.now());
      ledger.pending.becomeKnown(pending.id);
      inDoubt.delete(op);
      operations.setState(op, OperationState.waiting);
      // One that was looked for first has its place among the deletes.
      if (!wasLook) (deletes[index] as number[]).push(op);
      return;
    }
    delist(op);
    switch (outcome.kind) {
      case 'confirmed':
      case 'replaced': {
        if (operations.kind(op) === Kind.delete) {
          ledger.records.remove(resourceId, pending.keyHash);
          accounts.add(name, outcome.kind === 'confirmed' ? outcome.as : 'deleted');
        } else {
          const asideId = aside.get(op);
          ledger.records.confirm(
            resourceId,
            {
              keyHash: pending.keyHash,
              fullHash: pending.fullHash as Buffer,
              sourceHash: pending.sourceHash,
              apiId: outcome.apiId ?? asideId,
              state: RecordState.confirmed,
            },
            input.now(),
          );
          if (outcome.kind === 'confirmed') {
            if (pending.oldKeyHash !== null) ledger.records.remove(resourceId, pending.oldKeyHash);
            accounts.add(name, outcome.as);
          } else {
            accounts.add(name, 'created');
            deleteReplaced(index, pending);
          }
          if (asideId !== undefined) {
            const oldKeyHash = nameless(index, asideId);
            const isSame = outcome.apiId === undefined || outcome.apiId === asideId;
            if (isSame) ledger.records.remove(resourceId, oldKeyHash);
            else deleteReplaced(index, { ...pending, oldKeyHash });
          }
        }
        ledger.pending.remove(pending.id);
        operations.setState(op, OperationState.done);
        countDone(op, 1);
        operations.dependants(op, disownReplaced);
        if (!released.has(op)) operations.settled(op, true, enqueue, () => undefined);
        return;
      }
      case 'refused': {
        if (!inDoubt.has(op)) ledger.pending.clearDoubt(pending.id);
        if (operations.kind(op) !== Kind.create) staying.add(name);
        const found = classifyAnswer({ ...outcome.answer, method: outcome.method }, model);
        if (wasLook && WORTH_A_SECOND_TRY.has(found.code) && !lookedTwice.has(op)) {
          // At once: later the API may have carried it on.
          lookedTwice.add(op);
          toLook.add(op);
          looks.push(op);
          countOpen(op, 1);
          operations.setState(op, OperationState.waiting);
          return;
        }
        const isUntied =
          operations.kind(op) === Kind.create && rules[index]?.isPerson && FOR_WANT_OF_ASSOCIATION.has(found.code);
        const root = isUntied ? tieProblem(op, pending) : undefined;
        if (root !== undefined) {
          // At the API, and hidden from this key until the association comes: what keeps that back keeps this back.
          hold(op, root);
          return;
        }
        if (isUntied && isWaitedFor(op) && !released.has(op)) {
          // The person is at the API already (from another district, or because the answer to an earlier request was
          // lost), and becomes ours by the association: that goes now, and the person again after it.
          operations.setState(op, OperationState.ready);
          late.push(op);
          released.add(op);
          operations.settled(op, true, enqueue, () => undefined);
          return;
        }
        const problemId = ledger.problems.add(
          {
            batchId: input.batchId,
            resourceId,
            code: found.code,
            path: found.path,
            subject: found.descriptor ?? found.entity,
            value: undefined,
            status: outcome.answer.status,
            file: undefined,
            row: undefined,
            sourceHash: pending.sourceHash,
            detail: {
              method: outcome.method,
              id: outcome.id,
              answer: outcome.answer.text,
              correlationId: outcome.answer.correlationId,
            },
          },
          input.now(),
        );
        ledger.pending.settle(pending.id, PendingState.failed, problemId, undefined);
        operations.setState(op, OperationState.blocked);
        operations.setProblem(op, problemId);
        accounts.add(name, 'failed');
        countDone(op, 1);
        if (!secondTry && !wasLook && WORTH_A_SECOND_TRY.has(found.code)) {
          second.add(op);
          // Still to be deleted: without what it refers to (above all what ties a person to the client) it could not be.
          countOpen(op, 1);
        } else if (operations.kind(op) === Kind.delete && TRANSIENT.has(found.code)) {
          notYetDeleted[index] = problemId;
        }
        operations.settled(op, false, enqueue, (dependant) => hold(dependant, problemId));
      }
    }
  };

  // Answers that arrive together are committed together: one transaction for a turn of the event loop.
  const flush = (): void => {
    flushing = false;
    if (settledAnswers.length === 0) return;
    const answers = settledAnswers.splice(0);
    try {
      ledger.transaction(() => {
        for (const settled of answers) commit(settled);
      });
    } catch (thrown) {
      fatal = thrown;
    }
    // The places of those that were answered are taken again at once, as long as there is something left to send.
    const connections = done < total ? inFlight + answers.length : inFlight;
    input.onProgress({ done, total, connections, resources });
    wake();
  };
  let fatal: unknown;
  const settle = (settled: Settled): void => {
    settledAnswers.push(settled);
    if (!flushing) {
      flushing = true;
      setImmediate(flush);
    }
  };

  /** Records that found nobody: in how many outages, and how many were over at the last of them. */
  const lost = new Map<number, { readonly times: number; readonly ended: number }>();
  /** Of these, the ones to send again: the one that asks whether the API is back is another, if there is one. */
  const later: number[] = [];
  const outagesOf = (op: number): number => {
    const before = lost.get(op);
    if (before?.ended === circuit.ended) return before.times;
    const times = (before?.times ?? 0) + 1;
    lost.set(op, { times, ended: circuit.ended });
    return times;
  };
  /** Nobody was there for a record: it goes again when the API is back, and the batch ends when it does not come back. */
  const findsNobody = (op: number, pending: PendingToSend, answer: Answer, begun: number, failure: Failure): void => {
    operations.setState(op, OperationState.ready);
    if (stopped !== undefined) return;
    const outages = outagesOf(op);
    const { retryAfterMs } = failure.details;
    const asked = typeof retryAfterMs === 'number' ? retryAfterMs : undefined;
    const isPatient = outages < OWN_OUTAGES || asked !== undefined;
    const wait = isPatient ? circuit.unanswered(performance.now(), begun, asked) : undefined;
    if (wait !== undefined) {
      later.push(op);
      if (wait > 0) input.onWaiting(wait);
    } else if (outages > 1 && asked === undefined) {
      // The API answered others in between, and never this one: the outage is the record's own.
      const method = METHODS[operations.kind(op)];
      settle({ op, pending, outcome: { kind: 'refused', answer, method, id: undefined } });
    } else stop(failure);
  };
  const answered = (): void => {
    circuit.answered();
    if (later.length === 0) return;
    for (const op of later.splice(0)) {
      if (toLook.has(op)) looks.push(op);
      else if (operations.kind(op) === Kind.delete) (deletes[operations.resource(op)] as number[]).push(op);
      else enqueue(op);
    }
  };

  /** Of these an earlier request may have had its effect: a refusal says nothing against that. */
  const inDoubt = new Set<number>();
  /** Of what was not sent after all; forgotten with the next ones that are. */
  const unsent: number[] = [];
  const forgetUnsent = (): void => {
    for (const op of unsent.splice(0)) if (!inDoubt.has(op)) ledger.pending.clearDoubt(operations.pendingId(op));
  };
  /** Kept before a request goes out, so that it is known whatever happens. @returns whether it could be kept */
  const doubt = (ops: readonly number[]): boolean => {
    try {
      ledger.transaction(() => {
        forgetUnsent();
        for (const op of ops) if (ledger.pending.doubt(operations.pendingId(op))) inDoubt.add(op);
      });
      return true;
    } catch (thrown) {
      fatal ??= thrown;
      return false;
    }
  };

  const send = async (op: number): Promise<void> => {
    const index = operations.resource(op);
    const name = plan.names[index] as string;
    const resourceId = plan.resourceIds[index] as number;
    operations.setState(op, OperationState.sent);
    inFlight += 1;
    const begun = performance.now();
    let pending: PendingToSend | undefined;
    try {
      pending = ledger.pending.read(operations.pendingId(op));
      const outcome = await sendOne(
        input,
        models[index] as ResourceModel,
        name,
        resourceId,
        operations.kind(op),
        pending,
        {
          carried,
          isAdrift: plan.adrift.has(op),
          livesOn: (apiId) => livesOn(index, apiId),
          neededFor: (apiId) => neededFor(index, apiId),
          setAside: (sent, apiId) => setAside(op, sent, apiId),
          tookEffect: () => void inDoubt.add(op),
        },
      );
      if (outcome.kind === 'refused' && mayHaveHadEffect(outcome.answer)) inDoubt.add(op);
      const refused = outcome.kind === 'refused' ? outcome.answer.status : 0;
      const asked = outcome.kind === 'refused' && refused === 429 ? outcome.answer.retryAfterMs : undefined;
      // A server that says it is not available, after all repetitions, or not for long, is as good as away.
      if (outcome.kind === 'refused' && (refused === 503 || asked !== undefined)) {
        const failure =
          outcome.answer.retryAfterMs === undefined ? unavailable() : leftAlone(outcome.answer.retryAfterMs);
        findsNobody(op, pending, outcome.answer, begun, failure);
      } else {
        answered();
        settle({ op, pending, outcome });
      }
    } catch (thrown) {
      // Nothing is known about this one: it stays planned, and goes again, now or in the next batch.
      operations.setState(op, OperationState.ready);
      if (!isFailure(thrown) || thrown.details.uncertain === true) inDoubt.add(op);
      else unsent.push(op);
      if (!(thrown instanceof Failure)) fatal ??= thrown;
      else if (thrown.code === 'api-unreachable' && pending !== undefined) {
        findsNobody(op, pending, NO_ANSWER, begun, thrown);
      } else stop(thrown);
    } finally {
      inFlight -= 1;
      wake();
    }
  };

  input.line.setConcurrency(limiter.limit);
  const listenNoMore = input.line.listen((attempt) => {
    const before = limiter.limit;
    limiter.heard(attempt);
    if (limiter.limit === before) return;
    input.line.setConcurrency(limiter.limit);
    wake();
  });
  let lastBeat = performance.now();
  const heart = setInterval(() => {
    const now = performance.now();
    if (now - lastBeat > BEAT_MS * 2) {
      limiter.stoodStill(now);
      circuit.stoodStill(now, now - lastBeat);
    }
    lastBeat = now;
  }, BEAT_MS);

  let alarm: NodeJS.Timeout | undefined;
  const isPaused = (): boolean => input.pause?.isOn === true && stopped === undefined && fatal === undefined;
  input.pause?.listen(() => {
    input.onProgress({ done, total, connections: inFlight, resources });
    wake();
  });
  const pump = async (next: () => number | undefined): Promise<void> => {
    for (;;) {
      const ops: number[] = [];
      while (
        stopped === undefined &&
        fatal === undefined &&
        !isPaused() &&
        // What is about to be committed may let go what more waits for.
        !flushing &&
        inFlight + ops.length < limiter.limit &&
        circuit.allows(performance.now(), inFlight + ops.length)
      ) {
        const op = next() ?? later.shift();
        if (op === undefined) break;
        ops.push(op);
      }
      if (ops.length > 0 && doubt(ops)) for (const op of ops) void send(op);
      const wait = stopped === undefined && fatal === undefined ? circuit.remaining(performance.now()) : 0;
      if (inFlight === 0 && settledAnswers.length === 0 && wait === 0 && !isPaused()) return;
      clearTimeout(alarm);
      if (wait > 0) alarm = setTimeout(() => wake(), Math.ceil(wait));
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  const nextWrite = (): number | undefined => {
    for (let height = queues.length - 1; height >= 0; height--) {
      const op = queues[height]?.shift();
      if (op !== undefined) return op;
    }
    return undefined;
  };
  const cursor = deletes.map(() => 0);
  /** Of a key change done as delete and create: the old item goes only after the new one is there, by whichever try. */
  const replacementOf = new Map<number, number>();
  if (plan.sought.size > 0 || plan.resources.some((resource) => resource.replaced > 0)) {
    for (let op = 0; op < operations.count; op++) {
      operations.dependants(op, (dependant) => {
        if (operations.kind(dependant) === Kind.delete) replacementOf.set(dependant, op);
      });
    }
  }
  const isHeldBack = (op: number): boolean => {
    const state = operations.state(op);
    // Done: looked for, and not found.
    if (state === OperationState.blocked || state === OperationState.done) return true;
    const replacement = replacementOf.get(op);
    return replacement !== undefined && operations.state(replacement) !== OperationState.done;
  };
  const shared = new Map<number, Map<string, number>>();
  /** Whether another record of the ledger has this item: then only the last of them deletes it. */
  const livesOn = (index: number, apiId: string): boolean => {
    const records = shared.get(index)?.get(apiId) ?? 1;
    shared.get(index)?.set(apiId, records - 1);
    return records > 1;
  };
  /**
   * What stays at the API and needs this association, because it is all that ties its person to the client: without it
   * nothing of that person could be deleted any more. Asked only where there is something that stays, since the ledger does
   * not know of whom its records are.
   * @returns the entity of what needs it, if there is any
   */
  const neededFor = async (index: number, apiId: string): Promise<string | undefined> => {
    const tie = rules[index]?.authorises;
    if (tie === undefined) return undefined;
    const needy = [...staying].flatMap((other) => {
      const needing = model.resources[other];
      return needing && personRules(needing, model, input.order.create).needs.has(tie.entity) ? [needing] : [];
    });
    if (needy.length === 0) return undefined;
    const association = await input.item(plan.names[index] as string, apiId);
    if (association === undefined || association === 'hidden') return undefined;
    const person = keyOfPerson(models[index] as ResourceModel, tie.entity, association.body);
    if (person === undefined || plan.isTied(personName(tie.entity, person))) return undefined;
    for (const needing of needy) {
      const query = personQuery(needing, tie.entity, person);
      const found = query && (await input.find(needing.name, query));
      if (found && keyOfPerson(needing, tie.entity, found.body) === person) return needing.entity;
    }
    return undefined;
  };
  const sendDeletes = async (): Promise<void> => {
    openDeletes.forEach((open, index) => {
      if (open > 0) shared.set(index, ledger.records.sharedIds(plan.resourceIds[index] as number));
    });
    await pump(nextDelete);
  };
  /** Deletes of a resource wait for the next batch, with those of what they refer to. */
  const holdDeletes = (index: number, root: number): void => {
    notYetDeleted[index] ??= root;
    ledger.transaction(() => {
      for (const op of deletes[index] as number[]) {
        if (operations.state(op) === OperationState.waiting) hold(op, root);
      }
    });
  };
  const nextDelete = (): number | undefined => {
    for (let index = deletes.length - 1; index >= 0; index--) {
      const list = deletes[index] as number[];
      // One that is held, because what is to replace it failed or has yet to come, is passed over.
      let at = cursor[index] as number;
      while (at < list.length && isHeldBack(list[at] as number)) at += 1;
      cursor[index] = at;
      if (at === list.length) continue;
      const others = referrers[index] as number[];
      if (others.some((other) => (openDeletes[other] as number) > 0)) continue;
      const root = others.map((other) => notYetDeleted[other]).find((problem) => problem !== undefined);
      if (root !== undefined) {
        holdDeletes(index, root);
        continue;
      }
      cursor[index] = at + 1;
      return list[at];
    }
    return undefined;
  };

  ledger.transaction(() => {
    ledger.pending.freeze(input.batchId);
    for (const { resourceId, keyHashes } of plan.mayBeCarried) ledger.records.setAdrift(resourceId, keyHashes);
  });
  input.onProgress({ done, total, connections: 0, resources });
  if (toLook.size > 0) await pump(() => looks.shift());
  await pump(nextWrite);
  await sendDeletes();

  // What was refused for want of something that has arrived since is tried once more; so is what the server fumbled.
  // People go last: the association they need may be among what is tried again.
  const isOver = (): boolean => stopped !== undefined || fatal !== undefined;
  if (!isOver() && second.size + late.length > 0) {
    secondTry = true;
    for (const [index, list] of deletes.entries()) {
      deletes[index] = list.filter((op) => operations.state(op) === OperationState.waiting);
    }
    cursor.fill(0);
    ledger.transaction(() => {
      for (const op of second) reopen(op);
    });
    await pump(nextWrite);
    if (!isOver()) for (const op of late) enqueue(op);
    await pump(nextWrite);
    await sendDeletes();
  }
  function reopen(op: number): void {
    const problem = operations.problem(op);
    accounts.remove(plan.names[operations.resource(op)] as string, 'failed');
    ledger.pending.settle(operations.pendingId(op), PendingState.planned, undefined, undefined);
    countDone(op, -1);
    if (operations.kind(op) === Kind.delete) {
      operations.setState(op, OperationState.waiting);
      // It counts as open already.
      (deletes[operations.resource(op)] as number[]).push(op);
    } else enqueue(op);
    const release = (dependant: number): void => {
      if (operations.problem(dependant) !== problem) return;
      operations.setState(dependant, OperationState.waiting);
      if (operations.kind(dependant) === Kind.delete) enlist(dependant);
      ledger.pending.settle(operations.pendingId(dependant), PendingState.planned, undefined, undefined);
      accounts.remove(plan.names[operations.resource(dependant)] as string, 'held');
      countDone(dependant, -1);
      operations.reopen(dependant, release);
    };
    operations.reopen(op, release);
  }
  clearTimeout(alarm);
  clearInterval(heart);
  listenNoMore();
  if (fatal !== undefined) throw fatal;

  // Nobody is left out of the account: what waits for something that never ended is held, what was not tried is skipped.
  let left = 0;
  ledger.transaction(() => {
    forgetUnsent();
    // One that was let go on for a second try of its root may have another root, which was not worth one.
    for (let op = 0; op < operations.count && stopped === undefined; op++) {
      if (operations.state(op) !== OperationState.blocked) continue;
      operations.dependants(op, (dependant) => {
        if (operations.state(dependant) === OperationState.waiting) hold(dependant, operations.problem(op));
      });
    }
    for (let op = 0; op < operations.count; op++) {
      const state = operations.state(op);
      if (state === OperationState.done || state === OperationState.blocked) continue;
      const name = plan.names[operations.resource(op)] as string;
      if (stopped === undefined && operations.problem(op) !== 0) {
        ledger.pending.settle(operations.pendingId(op), PendingState.held, undefined, operations.problem(op));
        accounts.add(name, 'held');
      } else {
        left += 1;
        accounts.add(name, 'skipped');
      }
    }
  });
  return { left, stopped, optimum: limiter.optimum };
}

interface SendTools {
  readonly carried: Carried;
  /** The item may have another key than the ledger's. */
  readonly isAdrift: boolean;
  /** Whether another record of the ledger has this item. */
  readonly livesOn: (apiId: string) => boolean;
  /** What needs this item without referring to it: an entity, if there is any. */
  readonly neededFor: (apiId: string) => Promise<string | undefined>;
  /** Keeps an item apart from the record that has it, before that is made by another request. */
  readonly setAside: (pending: PendingToSend, apiId: string) => void;
  /** To be told of what the API took: what follows may fail. */
  readonly tookEffect: () => void;
}

/** Sends one record, and follows up what a plain answer leaves open. */
async function sendOne(
  input: DispatchInput,
  model: ResourceModel,
  name: string,
  resourceId: number,
  kind: Kind,
  pending: PendingToSend,
  { carried, isAdrift, livesOn, neededFor, setAside, tookEffect }: SendTools,
): Promise<Settled['outcome']> {
  const { sender, ledger } = input;
  const body = pending.body ?? '';
  const create = async (as: 'created' | 'updated'): Promise<Settled['outcome']> => {
    for (let times = 1; ; times++) {
      const answer = await sender.post(name, body);
      if (answer.status !== 200 && answer.status !== 201) {
        return { kind: 'refused', answer, method: 'POST', id: undefined };
      }
      tookEffect();
      const apiId = answer.id ?? (await itemOf(input, model, body))?.id;
      // No PUT goes to an item that was found: what is found once more stays.
      const isGone = answer.status === 200 && apiId !== undefined && (await carried.find(apiId));
      if (!isGone || times > 1) return { kind: 'confirmed', apiId, as };
    }
  };
  /** @param oldId of the item under its old key; where it has the new one by now (an answer was lost), it is the same */
  const replace = async (oldId: string): Promise<Settled['outcome']> => {
    const made = await create('created');
    if (made.kind !== 'confirmed') return made;
    return made.apiId === oldId ? { ...made, as: 'updated' } : { kind: 'replaced', apiId: made.apiId };
  };
  /** By its key, whatever has become of the item that the ledger knows. @param oldId of that */
  const remake = (oldId: string): Promise<Settled['outcome']> => {
    setAside(pending, oldId);
    return create('updated');
  };
  /**
   * The item is gone: deleted at the API by somebody else, or another record's by now. The source still has it, so it is
   * made again.
   */
  const makeAgain = (goneKey: Uint8Array): Promise<Settled['outcome']> => {
    ledger.transaction(() => {
      ledger.records.remove(resourceId, goneKey);
      ledger.pending.becomeCreate(pending.id);
    });
    return create('updated');
  };
  switch (kind) {
    case Kind.create:
      // The ledger's item of this key was to be deleted, and may be gone: what is made now is another.
      if (ledger.records.state(resourceId, pending.keyHash) !== undefined) {
        ledger.transaction(() => ledger.records.remove(resourceId, pending.keyHash));
      }
      return create('created');
    case Kind.update: {
      const id = ledger.records.apiId(resourceId, pending.keyHash);
      if (id === undefined || carried.isFound(id)) {
        // Where the item is now is not known: it may be there, whatever the answer.
        tookEffect();
        return makeAgain(pending.keyHash);
      }
      // Where keys cannot be changed, a PUT would be refused, or change the item that has the other key.
      if (isAdrift && !model.updatableKey) return remake(id);
      const answer = await sender.put(name, id, body);
      if (answer.status === 200 || answer.status === 204) return { kind: 'confirmed', apiId: id, as: 'updated' };
      if (answer.status === 404) return makeAgain(pending.keyHash);
      const code = keyTrouble(answer, input.model);
      const isElsewhere = code === 'key-change-refused' || (code === 'key-taken' && isAdrift);
      return isElsewhere ? remake(id) : { kind: 'refused', answer, method: 'PUT', id };
    }
    case Kind.rekey: {
      const oldKey = pending.oldKeyHash as Buffer;
      const id = ledger.records.apiId(resourceId, oldKey);
      if (id === undefined) return create('updated');
      if (carried.isFound(id)) return replace(id);
      const answer = await carried.move(id, () => sender.put(name, id, body));
      if (answer.status === 200 || answer.status === 204) return { kind: 'confirmed', apiId: id, as: 'updated' };
      if (answer.status === 404) return makeAgain(oldKey);
      // The API takes no key change here after all, or has carried another item on to the new key: that one becomes the
      // new item, and the old one goes in its turn.
      if (keyTrouble(answer, input.model) !== undefined) return replace(id);
      return { kind: 'refused', answer, method: 'PUT', id };
    }
    case Kind.delete: {
      if (pending.body !== undefined) return look(input, model, resourceId, pending.body);
      const id = ledger.records.apiId(resourceId, pending.keyHash);
      // Without an id there is nothing that could be deleted; the ledger forgets it. So it does where another record has
      // the same item under a newer key (the API carried a key change on to it): that one stays.
      if (id === undefined || livesOn(id)) return { kind: 'confirmed', apiId: undefined, as: 'deleted' };
      const refusal = await neededFor(id).then(
        (needing) => needing && isReferredTo(needing),
        // What the key may not read is left to the API to judge; any other answer is no reason never to ask again.
        (thrown) => (refusalOf(thrown) === MAY_NOT_READ ? undefined : FUMBLED),
      );
      if (refusal) return { kind: 'refused', answer: refusal, method: 'DELETE', id };
      const answer = await sender.remove(name, id);
      return isGone(answer.status)
        ? { kind: 'confirmed', apiId: undefined, as: 'deleted' }
        : { kind: 'refused', answer, method: 'DELETE', id };
    }
  }
}

/** Looks for what a request may have made that was never answered: the item of exactly the key that was sent. */
async function look(
  input: DispatchInput,
  model: ResourceModel,
  resourceId: number,
  body: string,
): Promise<Settled['outcome']> {
  let found: Awaited<ReturnType<typeof itemOf>>;
  try {
    found = await itemOf(input, model, body);
  } catch (thrown) {
    return { kind: 'refused', answer: refusalOf(thrown), method: 'DELETE', id: undefined };
  }
  // One that another record has was carried on, or moved, to this key: it is that record's.
  if (found === undefined || input.ledger.records.hasItem(resourceId, found.id)) {
    return { kind: 'confirmed', apiId: undefined, as: 'skipped' };
  }
  return { kind: 'found', apiId: found.id, isAsSent: found.isAsSent };
}

/**
 * @returns what the record that was asked about is refused with: an answer to one question holds up this record and no other
 * @throws what was thrown, where the API is busy or away: that is waited for
 */
function refusalOf(thrown: unknown): Answer {
  if (!isFailure(thrown)) throw thrown;
  const { status, reason } = thrown.details;
  if (typeof status !== 'number' || status === 429 || status === 503) throw thrown;
  return reason === 'not-authorized' ? MAY_NOT_READ : { ...NO_ANSWER, status, text: '{}' };
}

const isGone = (status: number): boolean => status === 200 || status === 204 || status === 404 || status === 410;

/** What a refusal of a PUT says of the item's key, if anything: it cannot be changed, or another item has the new one. */
function keyTrouble(answer: Answer, model: ApiModel): 'key-change-refused' | 'key-taken' | undefined {
  const { code } = classifyAnswer({ ...answer, method: 'PUT' }, model);
  return code === 'key-change-refused' || code === 'key-taken' ? code : undefined;
}

/** Whether a request may have had its effect although it was not confirmed, or an attempt at it before this answer. */
const mayHaveHadEffect = ({ status, repeated }: Answer): boolean =>
  repeated === true || status === 0 || status === 408 || status >= 500;

/**
 * The item with the natural key of a body that was sent: a host that tells no Location is asked for the id, and one that
 * did not answer for the item. An API that does not heed what it is asked for gives other items.
 */
async function itemOf(
  input: DispatchInput,
  model: ResourceModel,
  body: string,
): Promise<{ readonly id: string; readonly isAsSent: boolean } | undefined> {
  const keyOf = keyReader(model.identity);
  const sent = JSON.parse(body) as JsonObject;
  const key = keyOf(sent);
  if (key === undefined) return undefined;
  const found = await input.find(model.name, keyQuery(model.identity, key));
  if (found === undefined || found.id === '') return undefined;
  // What was not sent counts, too: where the API fills it in by itself, the steward is asked once too often.
  const has = comparableReader(
    model,
    model.properties.map(({ name }) => name),
  )(found.body);
  if (keyOf(has) !== key) return undefined;
  const form = Buffer.from(canonical(has));
  return { id: found.id, isAsSent: form.equals(canonical(sent)) };
}

/** @returns the key of the person of this entity that an item names, if it names one */
function keyOfPerson(model: ResourceModel, entity: string, body: JsonObject): string | undefined {
  let key: string | undefined;
  referenceReader(model)(body, (found) => {
    if (found.property.entity === entity) key ??= found.key;
  });
  return key;
}

/** @returns the query for a person's items, where the person is part of their key; undefined elsewhere */
function personQuery(model: ResourceModel, entity: string, person: string): Record<string, string> | undefined {
  const names = model.properties.filter((p) => p.kind === 'reference' && p.entity === entity).map(({ name }) => name);
  const parts = model.identity.filter(({ paths }) => paths.some(([first]) => names.includes(first ?? '')));
  return parts.length === 1 ? keyQuery(parts, person) : undefined;
}

/**
 * For each resource, the resources of the plan that refer to it (by index). Only those later in the dependency list:
 * two that refer to each other would wait for ever. What needs a person's association counts as referring to it.
 */
function referrersOf(
  models: readonly ResourceModel[],
  places: readonly number[],
  rules: readonly PersonRules[],
): number[][] {
  const indexOf = new Map(models.map((model, index) => [model.name, index]));
  const referrers = models.map((): Set<number> => new Set());
  models.forEach((model, index) => {
    const visit = (properties: ResourceModel['properties']): void => {
      for (const property of properties) {
        if (property.kind === 'reference') {
          for (const target of property.targets) {
            const to = indexOf.get(target);
            if (to === undefined || (places[to] as number) >= (places[index] as number)) continue;
            (referrers[to] as Set<number>).add(index);
          }
        } else if (property.kind === 'collection' || property.kind === 'object') visit(property.properties);
      }
    };
    visit(model.properties);
  });
  // Without the association that ties a person to the client, nothing else of that person can be deleted any more.
  rules.forEach((association, to) => {
    const person = association.authorises?.entity;
    if (person === undefined) return;
    rules.forEach((other, index) => {
      if (other.needs.has(person) && (places[index] as number) > (places[to] as number)) referrers[to]?.add(index);
    });
  });
  return referrers.map((set) => [...set]);
}

interface Queue {
  push(op: number): void;
  shift(): number | undefined;
}

/** First in, first out, without moving what is left at each step. */
function createQueue(): Queue {
  let items: number[] = [];
  let head = 0;
  return {
    push: (op) => void items.push(op),
    shift() {
      if (head === items.length) return undefined;
      const op = items[head] as number;
      head += 1;
      if (head > 4096 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return op;
    },
  };
}
