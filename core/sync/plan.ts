/**
 * Steps 2 to 5 of a record's way: map, check, reconcile with the ledger, and plan what is to be sent. Nothing is
 * changed at the API; everything planned is written to the ledger's pending table in the caller's transaction.
 */
import type { DependencyOrder } from '../edfi/dependencies.ts';
import { keyQuery, keyReader, referenceReader } from '../edfi/keys.ts';
import type { ApiModel, JsonObject, ResourceModel, ResourceName } from '../edfi/model.ts';
import type { ProblemCode } from '../errors/catalogue.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { Kind, type PendingLeft, PendingState } from '../ledger/pending.ts';
import { identityOf } from '../ledger/problem-records.ts';
import type { ProblemDetail } from '../ledger/problems.ts';
import {
  FULL_BYTES,
  isAdriftAt,
  KEY_BYTES,
  keyHashAt,
  LOADED,
  type LoadedRecords,
  RecordState,
  sourceHashAt,
  stateAt,
} from '../ledger/records.ts';
import type { KnownRecords, MappedRecord, MappingIssueCode } from '../mapping/types.ts';
import { type CheckIssue, compileCheck, type KnownDescriptors } from '../validation/check.ts';
import { type Account, type Accounts, createAccounts } from './account.ts';
import { FOR_WANT_OF_ASSOCIATION, type PersonRules, personRules } from './authorization.ts';
import { canonical } from './canonical.ts';
import { carriesOn } from './carried.ts';
import { createHashTable, type HashTable } from './hash-table.ts';
import { bytes, createHashes, fullHasher, type Hashes, textOf } from './hashes.ts';
import { createOperations, OperationState, type Operations } from './operations.ts';
import { createSortedKeys, type SortedKeys, wordAt, wordsOf } from './sorted-keys.ts';

/** A resource as the mapping makes it. */
export interface PlannedResource {
  readonly name: ResourceName;
  /** Whether a record that vanished from the source is to be deleted at the API. */
  readonly deletes: boolean;
  /**
   * Whether it is told of rows that came to what the ledger has, instead of being given their records. Not where a record
   * lets others go (`PersonRules.authorises`): then each is looked at.
   */
  readonly remembers: boolean;
  /** The records of the source, mapped, in batches. */
  records(known: KnownRecords | undefined): AsyncIterable<readonly MappedRecord[]>;
}

/** Looks an item up at the API by its natural key; its id, or undefined where the API does not have it. */
export type FindByKey = (resource: ResourceName, query: Record<string, string>) => Promise<string | undefined>;

export interface PlanInput {
  readonly ledger: Ledger;
  readonly connectionId: number;
  readonly batchId: number;
  readonly model: ApiModel;
  readonly order: DependencyOrder;
  readonly resources: readonly PlannedResource[];
  readonly known: KnownDescriptors;
  /** Version of the mapping and of the specification: what failed is tried again when either changed. */
  readonly mappingVersion: string;
  /** Try again what failed, even where nothing changed. */
  readonly retryFailed: boolean;
  /** Samples keep their body: for a plan that a person looks at. */
  readonly keepBodies: boolean;
  /** The books of rows that the run before left and that this one makes; undefined where none is kept. */
  readonly books: { readonly before: string | undefined; readonly now: string } | undefined;
  readonly find: FindByKey;
  readonly now: () => number;
  readonly onProgress: (read: number) => void;
  readonly signal: AbortSignal | undefined;
}

export interface Sample {
  readonly file: string;
  readonly row: number;
  /** JSON as it would be sent. */
  readonly body?: string;
}

/** What is planned for one resource; `existing` is how many records the ledger had confirmed. */
export interface ResourcePlan {
  readonly resource: ResourceName;
  existing: number;
  creates: number;
  updates: number;
  deletes: number;
  /** Of the deletes, those that belong to a key change: the same item under its new key is created. */
  replaced: number;
  /** Of the deletes, those of records that were taken over from the API and never met in the source. */
  adoptedDeletes: number;
  /** Of the deletes, those of items that may be at the API, since what was sent for them was not answered. */
  soughtDeletes: number;
  keyChanges: number;
  unchanged: number;
  rejected: number;
  held: number;
  failedBefore: number;
  skipped: number;
  /** Of what vanished only hashes are known: of what the source called it, or of its key (`identityOf`), in hexadecimal. */
  readonly samples: { create: Sample[]; update: Sample[]; delete: string[] };
}

/** The plan of a resource before anything of it was looked at. @param existing records that the ledger has confirmed */
export const emptyPlan = (resource: ResourceName, existing: number): ResourcePlan => ({
  resource,
  existing,
  creates: 0,
  updates: 0,
  deletes: 0,
  replaced: 0,
  adoptedDeletes: 0,
  soughtDeletes: 0,
  keyChanges: 0,
  unchanged: 0,
  rejected: 0,
  held: 0,
  failedBefore: 0,
  skipped: 0,
  samples: { create: [], update: [], delete: [] },
});

export interface Plan {
  readonly resources: readonly ResourcePlan[];
  readonly operations: Operations;
  /** Names of the resources by the index that operations carry. */
  readonly names: readonly ResourceName[];
  readonly resourceIds: readonly number[];
  readonly accounts: Accounts;
  readonly hashes: Hashes;
  /**
   * People none of whose associations goes in this batch, as entity and key: the problem that holds these up. The API
   * may have such a person and hide it from this key.
   */
  readonly untied: ReadonlyMap<string, number>;
  /** Deletes of items that may be at the API, of which the ledger has no record. */
  readonly sought: ReadonlySet<number>;
  /** Of these, the ones that are only looked for: what is there stays, and is known from then on. */
  readonly onlySought: ReadonlySet<number>;
  /** Updates of items that may be at the API under another key than the ledger's: see `Records.setAdrift`. */
  readonly adrift: ReadonlySet<number>;
  /**
   * Records that are not as the source has them, in resources to which the API carries on what changes its key in this
   * batch: from its first request on, the ledger does not know for certain what the API has of them.
   */
  readonly mayBeCarried: readonly { readonly resourceId: number; readonly keyHashes: Uint8Array }[];
  /**
   * Resources of which records stay at the API that the source has no longer, or has as what cannot be sent; and those that are
   * switched off, whose records nobody looks at.
   */
  readonly staying: ReadonlySet<ResourceName>;
  /** Whether an association ties this person (`personName`) to the client, by the source and by the API. */
  readonly isTied: (person: string) => boolean;
}

/** A person as `Plan.untied` names it. */
export const personName = (entity: string, key: string): string => `${entity}\n${key}`;

/**
 * Thrown where what was not looked at in the ledger would have had to be: something that is new in the source has the key
 * of a record whose row is as it was. The plan has to be made again, without trust in the book of rows.
 */
export const DISTRUST = Symbol('distrust');

/** Records that may be loose for a book to be worth its while: one in so many. */
const MOST_LOOSE = 8;

/** A table of more records would take more memory than a plan may. */
const MOST_BY_FULL = 2_000_000;

const SAMPLES = 5;
/** Records read between two tellings of how many there were. */
const TOLD_EVERY = 1000;

/** Codes of refusals that another try may undo by itself: the record goes again in the next batch. */
export const TRANSIENT: ReadonlySet<string> = new Set([
  'rate-limited',
  'server-error',
  'unreachable',
  'changed-by-another',
]);
/** Refusals because something else was missing: worth another try once something it refers to is on its way. */
const FOR_WANT_OF_ANOTHER = new Set([
  'reference-missing',
  'not-authorized-student',
  'not-authorized-staff',
  'not-authorized-organization',
  'not-authorized',
  'dependent-item-exists',
]);

/** A create of this scan, to be matched by its source hash with what vanished. */
interface Created {
  readonly op: number;
  readonly source: string;
  /** A key it is made of changes by PUT in this batch, and the API carries that on. */
  readonly cascades: boolean;
}

/** How a record of the ledger was met in the source: as it is, as a change of it, or only as something that cannot be sent. */
const Seen = { no: 0, unchanged: 1, changed: 2, kept: 3 } as const;

interface ResourceState {
  readonly index: number;
  readonly id: number;
  readonly model: ResourceModel;
  readonly plan: ResourcePlan;
  /** This resource's line of the account. */
  readonly account: Account;
  readonly rules: PersonRules;
  /** What the ledger has: all of it, or, once `narrow` was called, what has to be looked at. */
  readonly loaded: LoadedRecords;
  readonly seen: Uint8Array;
  readonly keys: SortedKeys;
  /** By place: 1 for a record of which the new book says, in one row only, what it is. */
  readonly inBook: Uint8Array;
  /** Keys of which the new book may not say what the ledger will have. */
  readonly loose: string[];
  /** Only these, whose keys begin so, are looked at: of all others the book says what they are. */
  narrow(beginnings: BigUint64Array): void;
  readonly isNarrow: boolean;
  /** Made when most records have to be looked for by it; until then the key finds the few. */
  byFull: HashTable | undefined;
  /** Records that were looked for without it. */
  soughtByKey: number;
  /** Of the batch at hand, by place: how the ledger knows a record, for the run to come. */
  words: (readonly number[] | undefined)[] | undefined;
  /** And its place in the ledger, where it is there as it is; otherwise -1. */
  places: number[];
  bySource: HashTable | undefined;
  readonly left: Map<string, PendingLeft>;
  /** Of these, the ones of which the API may have the item, whatever became of them since. */
  readonly inDoubt: readonly PendingLeft[];
  /** Source identities that were met with something that cannot be sent. */
  readonly kept: Set<string>;
  /** The full hash of a body in canonical form; its first bytes are what the ledger keeps. */
  readonly digestOf: (canonicalBody: Uint8Array) => string;
  readonly check: (body: JsonObject) => CheckIssue[];
  readonly keyOf: (body: JsonObject) => string | undefined;
  readonly references: ReturnType<typeof referenceReader>;
  readonly created: Created[];
  readonly toMatch: { record: MappedRecord; key: string; keyHash: string; source: string }[];
}

/** Someone's associations in this batch. */
interface Authorisers {
  confirmed: boolean;
  readonly operations: number[];
}

export async function planBatch(input: PlanInput): Promise<Plan> {
  const { ledger, model, batchId } = input;
  const hashes = createHashes(ledger.seal);
  const operations = createOperations();
  const accounts = createAccounts();
  const byName = new Map(input.resources.map((resource) => [resource.name, resource]));
  const createOrder = input.order.create;
  const place = (name: ResourceName): number => createOrder.get(name) ?? Number.MAX_SAFE_INTEGER;
  const names = [...byName.keys()].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  const produced = new Set(names);
  const plans: ResourcePlan[] = [];
  const resourceIds: number[] = [];
  /** Every record of this batch that is not simply unchanged, by key hash. */
  const byKeyHash = createHashTable();
  const people = new Map<string, Authorisers>();
  const sought = new Set<number>();
  const onlySought = new Set<number>();
  const adrift = new Set<number>();
  const mayBeCarried: { resourceId: number; keyHashes: Uint8Array }[] = [];
  const staying = new Set<ResourceName>();
  /** Resources whose keys change in this batch, or which the API carries such a change on to. */
  const moved = new Set<ResourceName>();
  /**
   * People whose associations, which are read after them, decide: updates, which wait for one; and those that were held
   * or refused before, and are worth another try only with one.
   */
  const laterPeople: { op: number; person: string; before?: { problem: number | null } }[] = [];
  const findings = new Map<string, number>();
  const referenceHashes = new Map<string, readonly string[]>();
  let read = 0;

  /** The key hashes a reference can stand for: one for each resource that can hold its target. */
  const hashesOfReference = (targets: readonly ResourceName[], entity: string, key: string): readonly string[] => {
    const cacheKey = `${entity}\n${key}`;
    let known = referenceHashes.get(cacheKey);
    if (known === undefined) {
      known = targets.filter((target) => produced.has(target)).map((target) => hashes.key(target, key));
      // Bounded: the same section or school comes again and again, the same student a few dozen times.
      if (referenceHashes.size > 100_000) referenceHashes.clear();
      referenceHashes.set(cacheKey, known);
    }
    return known;
  };
  const authorisersOf = (person: string): Authorisers => {
    let found = people.get(person);
    if (found === undefined) {
      found = { confirmed: false, operations: [] };
      people.set(person, found);
    }
    return found;
  };
  const personOf = (state: ResourceState, body: JsonObject): string | undefined => {
    const property = state.rules.authorises;
    if (property === undefined) return undefined;
    let person: string | undefined;
    state.references(body, (found) => {
      if (found.property === property) person = personName(property.entity, found.key);
    });
    return person;
  };

  const addProblem = (
    state: ResourceState,
    record: MappedRecord | undefined,
    left: PendingLeft | undefined,
    source: string,
    problem: { code: string; path?: string; subject?: string; value?: string; all?: ProblemDetail['issues'] },
  ): number => {
    const cause = {
      code: problem.code,
      path: problem.path,
      subject: problem.subject,
      value: problem.code === 'descriptor-unmapped' ? problem.value : undefined,
    };
    // A record that fails as it did before keeps its problem: the list grows by what is new, not by every batch.
    if (
      left?.problemId != null &&
      left.mapping === input.mappingVersion &&
      ledger.problems.isSame(left.problemId, cause)
    ) {
      return left.problemId;
    }
    return ledger.problems.add(
      {
        ...cause,
        batchId,
        resourceId: state.id,
        status: undefined,
        file: record?.file,
        row: record?.row,
        sourceHash: bytes(source),
        detail: { value: problem.value, issues: problem.all },
      },
      input.now(),
    );
  };

  const block = (
    state: ResourceState,
    record: MappedRecord,
    source: string,
    keyHash: string | undefined,
    options: {
      pending: typeof PendingState.rejected | typeof PendingState.held;
      kind: Kind;
      /** The key of its old self at the API. */
      old?: Uint8Array | undefined;
      full?: string | undefined;
      problemId?: number;
      rootId?: number;
    },
  ): number => {
    const pendingId = ledger.pending.insert(batchId, {
      resourceId: state.id,
      kind: options.kind,
      state: options.pending,
      keyHash: keyHash === undefined ? undefined : bytes(keyHash),
      oldKeyHash: options.old,
      fullHash: options.full === undefined ? undefined : bytes(options.full),
      sourceHash: bytes(source),
      body: JSON.stringify(record.body),
      frozen: undefined,
      mapping: input.mappingVersion,
      file: record.file,
      row: record.row,
      problemId: options.problemId,
      rootId: options.rootId,
    });
    const op = operations.add(
      state.index,
      options.kind,
      pendingId,
      OperationState.blocked,
      options.problemId ?? options.rootId ?? 0,
    );
    if (options.kind !== Kind.create) staying.add(state.model.name);
    if (keyHash !== undefined) {
      byKeyHash.set(keyHash, op);
      inheritDoubt(state, keyHash, pendingId);
    }
    if (options.pending === PendingState.rejected) {
      accounts.add(state.model.name, 'rejected');
      state.plan.rejected += 1;
    } else {
      accounts.add(state.model.name, 'held');
      state.plan.held += 1;
    }
    return op;
  };

  /** What may be at the API of an earlier one of this key is not forgotten until an answer tells. */
  const inheritDoubt = ({ left }: ResourceState, keyHash: string, pendingId: number): void => {
    if (left.size === 0) return;
    const before = [left.get(keyHash), left.get(deleteOf(keyHash))];
    if (before.some((one) => one?.inDoubt === true)) ledger.pending.doubt(pendingId);
  };

  /** Whether a delete of what the ledger has under this key was sent and not answered, whatever was planned since. */
  const mayBeGone = ({ left }: ResourceState, keyHash: string): boolean => {
    const before = left.get(keyHash);
    return left.get(deleteOf(keyHash))?.inDoubt === true || (before?.kind === Kind.create && before.inDoubt);
  };

  /** One that was planned turns out to wait for something that cannot be sent, or to be refused again; with what waits for it. */
  const withdraw = (op: number, problem: number, as: 'held' | 'failed'): void => {
    const plan = plans[operations.resource(op)] as ResourcePlan;
    operations.setState(op, OperationState.blocked);
    operations.setProblem(op, problem);
    const pendingId = operations.pendingId(op);
    if (as === 'held') ledger.pending.settle(pendingId, PendingState.held, undefined, problem);
    else ledger.pending.settle(pendingId, PendingState.failed, problem, undefined);
    accounts.add(plan.resource, as);
    const kind = operations.kind(op);
    if (kind !== Kind.create) staying.add(plan.resource);
    if (kind === Kind.create) plan.creates -= 1;
    else if (kind === Kind.delete) {
      plan.deletes -= 1;
      if (sought.has(op)) plan.soughtDeletes -= 1;
      else plan.replaced -= 1;
    } else plan.updates -= 1;
    if (as === 'held') plan.held += 1;
    else plan.failedBefore += 1;
    operations.settled(
      op,
      false,
      () => undefined,
      (dependant) => withdraw(dependant, problem, 'held'),
    );
  };

  /**
   * A record that cannot be sent must not have its old self deleted as vanished: it is still in the source.
   * @returns the key of its old self; undefined where there is none
   */
  const keepOld = (state: ResourceState, source: string): Uint8Array | undefined => {
    if (state.inDoubt.length > 0) state.kept.add(source);
    const i = bySource(state).find(source);
    if (i === -1) return undefined;
    staying.add(state.model.name);
    if (state.seen[i] === Seen.no) state.seen[i] = Seen.kept;
    return keyHashAt(state.loaded, i);
  };

  const scan = (state: ResourceState, record: MappedRecord): void => {
    const { account, loaded, seen } = state;
    account.read += 1;
    read += 1;
    const digest = state.digestOf(canonical(record.body));
    state.words?.push(undefined);
    state.places.push(-1);
    if (record.issues === undefined && record.disposition !== 'match') {
      const known = findUnchanged(state, record, digest);
      if (known !== -1) {
        noteWords(state, loaded, known, digest);
        if (seen[known] === Seen.unchanged) {
          account.skipped += 1;
          state.plan.skipped += 1;
          loosen(state, textOf(keyHashAt(loaded, known)));
          return;
        }
        if (seen[known] === Seen.changed) {
          // A row before this one says something else under the same key.
          scanChanged(state, record, digest.slice(0, FULL_BYTES));
          return;
        }
        seen[known] = Seen.unchanged;
        if (stateAt(loaded, known) === RecordState.adopted) claim(state, known, record);
        account.unchanged += 1;
        state.plan.unchanged += 1;
        if (state.rules.authorises === undefined) return;
        const person = personOf(state, record.body);
        if (person !== undefined) authorisersOf(person).confirmed = true;
        return;
      }
    }
    scanChanged(state, record, digest.slice(0, FULL_BYTES));
  };

  /** A record that was taken over from the API is this one of the source: from now on it is ours like any other. */
  const claim = (state: ResourceState, i: number, record: MappedRecord): void => {
    const source = bytes(hashes.source(state.model.name, record.sourceId));
    ledger.records.claim(state.id, keyHashAt(state.loaded, i), source);
    // What it would have had from its first send on.
    if (record.frozen !== undefined) ledger.pending.freezeOne(state.id, source, record.frozen);
  };

  /** @returns the place of the record in the ledger where it has it as it is, or -1 */
  const findUnchanged = (state: ResourceState, record: MappedRecord, digest: string): number => {
    const { loaded } = state;
    let known: number;
    if (loaded.count > MOST_BY_FULL || (state.byFull === undefined && state.soughtByKey < loaded.count / 16)) {
      state.soughtByKey += 1;
      const key = state.keyOf(record.body);
      known = key === undefined ? -1 : state.keys.find(hashes.key(state.model.name, key));
      if (known !== -1 && !sameFull(loaded, known, digest, 0)) known = -1;
    } else known = byFull(state).find(digest);
    return known !== -1 && isOwn(stateAt(loaded, known)) && sameFull(loaded, known, digest, 8) ? known : -1;
  };

  const scanChanged = (state: ResourceState, record: MappedRecord, full: string): void => {
    const { name } = state.model;
    const source = hashes.source(name, record.sourceId);
    const key = state.keyOf(record.body);
    const person = personOf(state, record.body);
    const keyHash = key === undefined ? undefined : hashes.key(name, key);
    const i = keyHash === undefined ? -1 : state.keys.find(keyHash);
    const isKnown = i !== -1;
    // Only as something new it is sure to be there, and whoever waits for it waits.
    const exists = isKnown && !mayBeGone(state, keyHash as string);
    if (keyHash !== undefined) {
      if (!isKnown && state.isNarrow && ledger.records.state(state.id, bytes(keyHash)) !== undefined) throw DISTRUST;
      if (state.words !== undefined) state.words[state.words.length - 1] = [...wordsOf(keyHash), ...wordsOf(full)];
      loosen(state, keyHash);
    }
    const left = state.left.get(keyHash ?? source);

    if (record.disposition === 'match' && key !== undefined && keyHash !== undefined) {
      if (isKnown) {
        state.seen[i] = Seen.unchanged;
        accounts.add(name, 'skipped');
        state.plan.skipped += 1;
      } else state.toMatch.push({ record, key, keyHash, source });
      return;
    }

    // Twice in one export: the same again is skipped, something else under the same key cannot be decided here.
    if (keyHash !== undefined) {
      const earlier = byKeyHash.find(keyHash);
      if (earlier !== -1 || (isKnown && (state.seen[i] === Seen.unchanged || state.seen[i] === Seen.changed))) {
        const same = earlier !== -1 && ledger.pending.fullHash(operations.pendingId(earlier)) === full;
        if (same) {
          accounts.add(name, 'skipped');
          state.plan.skipped += 1;
          return;
        }
        const old = keepOld(state, source);
        // What was left under the key is the first record's; this one is left under its source.
        const before = state.left.get(source);
        const problemId = addProblem(state, record, before, source, { code: 'duplicate-key' });
        // Not registered under its key: what refers to the key means the record that came first.
        const pendingKey = undefined;
        block(state, record, source, pendingKey, {
          pending: PendingState.rejected,
          kind: Kind.create,
          old,
          full,
          problemId,
        });
        return;
      }
      if (isKnown) state.seen[i] = Seen.changed;
    }
    const kind = exists ? Kind.update : Kind.create;

    const issues = issuesOf(state, record, key);
    const first = issues[0];
    if (first !== undefined) {
      const old = exists ? undefined : keepOld(state, source);
      const inheritedFrom = issues.every((issue) => issue.inherited) ? findings.get(findingKey(first)) : undefined;
      if (inheritedFrom !== undefined) {
        const op = block(state, record, source, keyHash, {
          pending: PendingState.held,
          kind,
          old,
          full,
          rootId: inheritedFrom,
        });
        if (person !== undefined && !exists) authorisersOf(person).operations.push(op);
        return;
      }
      const problemId = addProblem(state, record, left, source, { ...first, all: issues });
      findings.set(findingKey(first), problemId);
      const op = block(state, record, source, keyHash, { pending: PendingState.rejected, kind, old, full, problemId });
      // What the API has of it stays as it is, and still authorises.
      if (person !== undefined) {
        if (exists) authorisersOf(person).confirmed = true;
        else authorisersOf(person).operations.push(op);
      }
      return;
    }

    const targets: number[] = [];
    let root = 0;
    let cascades = false;
    const needed = new Set<string>();
    state.references(record.body, (found) => {
      for (const hash of hashesOfReference(found.property.targets, found.property.entity, found.key)) {
        const target = byKeyHash.find(hash);
        if (target === -1) continue;
        if (operations.state(target) === OperationState.blocked) {
          // An item the API has already can be referred to, although its change cannot be sent.
          if (operations.kind(target) === Kind.create && root === 0) root = operations.problem(target);
        } else if (operations.kind(target) === Kind.create || operations.kind(target) === Kind.rekey) {
          if (!targets.includes(target)) targets.push(target);
          if (operations.kind(target) === Kind.rekey && found.property.identity) cascades = true;
        }
      }
      if (state.rules.needs.has(found.property.entity)) needed.add(personName(found.property.entity, found.key));
    });
    const anyOf: number[][] = [];
    for (const who of needed) {
      const found = people.get(who);
      if (found === undefined || found.confirmed || found.operations.length === 0) continue;
      const open = found.operations.filter((op) => operations.state(op) !== OperationState.blocked);
      if (open.length > 0) anyOf.push(open);
      else if (root === 0) root = operations.problem(found.operations[0] as number);
    }
    if (root !== 0) {
      const old = exists ? undefined : keepOld(state, source);
      const op = block(state, record, source, keyHash, { pending: PendingState.held, kind, old, full, rootId: root });
      if (person !== undefined) {
        if (exists) authorisersOf(person).confirmed = true;
        else authorisersOf(person).operations.push(op);
      }
      return;
    }

    const isAgain =
      left != null &&
      left.fullHash !== null &&
      textOf(left.fullHash) === full &&
      left.mapping === input.mappingVersion &&
      !input.retryFailed &&
      !left.retry;
    const isUntied =
      isAgain &&
      !exists &&
      state.rules.isPerson &&
      (left.state === PendingState.held || FOR_WANT_OF_ASSOCIATION.has(left.code ?? ''));
    if (left?.state === PendingState.failed && left.problemId !== null && keyHash !== undefined) {
      const code = left.code ?? '';
      const cured = FOR_WANT_OF_ANOTHER.has(code) && (targets.length > 0 || anyOf.length > 0);
      if (isAgain && !TRANSIENT.has(code) && !cured && !isUntied) {
        const old = exists ? undefined : keepOld(state, source);
        ledger.pending.keep(left.id, batchId, record.file, record.row, old);
        const op = operations.add(state.index, kind, left.id, OperationState.blocked, left.problemId);
        if (exists) staying.add(state.model.name);
        byKeyHash.set(keyHash, op);
        accounts.add(name, 'failed');
        state.plan.failedBefore += 1;
        if (person !== undefined && exists) authorisersOf(person).confirmed = true;
        else if (person !== undefined) authorisersOf(person).operations.push(op);
        return;
      }
    }

    const pendingId = ledger.pending.insert(batchId, {
      resourceId: state.id,
      kind,
      state: PendingState.planned,
      keyHash: bytes(keyHash as string),
      oldKeyHash: undefined,
      fullHash: bytes(full),
      sourceHash: bytes(source),
      body: JSON.stringify(record.body),
      frozen: record.frozen,
      mapping: input.mappingVersion,
      file: record.file,
      row: record.row,
      problemId: undefined,
      rootId: undefined,
    });
    const op = operations.add(state.index, kind, pendingId, OperationState.waiting, 0);
    byKeyHash.set(keyHash as string, op);
    if (exists && isAdriftAt(state.loaded, i)) adrift.add(op);
    if (!exists) inheritDoubt(state, keyHash as string, pendingId);
    for (const target of targets) operations.waitFor(op, target);
    for (const any of anyOf) operations.waitForAny(op, any);
    if (exists) {
      state.plan.updates += 1;
      sample(state.plan.samples.update, record, input.keepBodies);
      if (state.rules.isPerson) laterPeople.push({ op, person: personName(state.model.entity, key as string) });
    } else {
      state.plan.creates += 1;
      if (isUntied) {
        const person = personName(state.model.entity, key as string);
        laterPeople.push({ op, person, before: { problem: left.problemId } });
      } else sample(state.plan.samples.create, record, input.keepBodies);
      if (state.plan.existing > 0 || state.inDoubt.length > 0) state.created.push({ op, source, cascades });
    }
    if (person !== undefined) {
      const who = authorisersOf(person);
      if (exists) who.confirmed = true;
      who.operations.push(op);
    }
  };

  const matchExisting = async (state: ResourceState): Promise<void> => {
    for (const { record, key, keyHash, source } of state.toMatch) {
      input.signal?.throwIfAborted();
      if (byKeyHash.find(keyHash) !== -1) {
        accounts.add(state.model.name, 'skipped');
        state.plan.skipped += 1;
        continue;
      }
      const id = await input.find(state.model.name, keyQuery(state.model.identity, key));
      if (id === undefined) {
        const left = state.left.get(keyHash);
        const problemId = addProblem(state, record, left, source, { code: 'organization-not-in-api' });
        block(state, record, source, keyHash, { pending: PendingState.rejected, kind: Kind.create, problemId });
        continue;
      }
      ledger.records.confirm(
        state.id,
        {
          keyHash: bytes(keyHash),
          fullHash: new Uint8Array(FULL_BYTES),
          sourceHash: bytes(source),
          apiId: id,
          state: RecordState.matched,
        },
        input.now(),
      );
      accounts.add(state.model.name, 'skipped');
      state.plan.skipped += 1;
    }
  };

  /** What the ledger has and the source has no longer: moved to another key, or gone. */
  const reconcileVanished = (state: ResourceState, deletes: boolean): void => {
    const { loaded, seen, model: resource } = state;
    const gone: number[] = [];
    for (let i = 0; i < loaded.count; i++) {
      if (seen[i] === Seen.no && isOwn(stateAt(loaded, i))) gone.push(i);
    }
    if (gone.length === 0) return;
    const bySourceHash = createHashTable(gone.length);
    // One that was taken over has no source identity: what it became cannot be told, so it counts as gone.
    for (const i of gone) bySourceHash.setBytes(loaded.rows, i * LOADED.bytes + LOADED.source, i);
    const replaced = new Set<number>();
    for (const { op, source, cascades } of state.created) {
      const i = bySourceHash.find(source);
      if (i === -1 || replaced.has(i)) continue;
      replaced.add(i);
      state.plan.keyChanges += 1;
      const oldKey = keyHashAt(loaded, i);
      if (resource.updatableKey || (cascades && !isAdriftAt(loaded, i))) {
        // The item keeps its id; the API carries the change on to what refers to it.
        ledger.pending.becomeRekey(operations.pendingId(op), oldKey);
        operations.setKind(op, Kind.rekey);
        state.plan.creates -= 1;
        state.plan.updates += 1;
        seen[i] = Seen.changed;
      } else {
        state.plan.replaced += 1;
        planDelete(state, i, op);
      }
    }
    if (!deletes) return;
    for (const i of gone) if (!replaced.has(i)) planDelete(state, i);
  };

  /**
   * What may be at the API by a request that was not answered, and is neither known nor met in the source: it is to be
   * looked for under the key that was sent, and deleted.
   */
  const reconcileDoubt = (state: ResourceState, deletes: boolean): void => {
    if (state.inDoubt.length === 0) return;
    const created = new Map(state.created.map(({ source, op }) => [source, op]));
    for (const left of state.inDoubt) {
      const keyHash = left.keyHash as Buffer;
      const isMet = byKeyHash.find(textOf(keyHash)) !== -1 || ledger.records.state(state.id, keyHash) !== undefined;
      if (isMet) continue;
      const source = left.sourceHash === null ? '' : textOf(left.sourceHash);
      if (deletes && !state.kept.has(source)) {
        planSought(state, left, created.get(source));
        continue;
      }
      staying.add(state.model.name);
      // It would not be found any more under the key that was sent.
      if (carriesOn(state.model, moved) === 'key') onlySought.add(planLook(state, left));
      else ledger.pending.putAside(left.id, batchId);
    }
  };

  /** A delete without an answer is not forgotten where nothing is to be done about its record in this batch. */
  const keepDoubt = (state: ResourceState, deletes: boolean): void => {
    for (const left of state.left.values()) {
      if (left.kind !== Kind.delete || !left.inDoubt || left.isSought || left.keyHash === null) continue;
      const i = state.keys.find(textOf(left.keyHash));
      if (i === -1) continue;
      if (state.seen[i] === Seen.kept || (state.seen[i] === Seen.no && !deletes))
        ledger.pending.putAside(left.id, batchId);
    }
  };

  const planLook = (state: ResourceState, left: PendingLeft): number => {
    accounts.read(state.model.name);
    read += 1;
    ledger.pending.becomeSought(left.id, batchId);
    const op = operations.add(state.index, Kind.delete, left.id, OperationState.waiting, 0);
    sought.add(op);
    return op;
  };

  const planSought = (state: ResourceState, left: PendingLeft, replacement: number | undefined): void => {
    if (left.isSought && failsAgain(state, left)) {
      accounts.read(state.model.name);
      read += 1;
      return;
    }
    const op = planLook(state, left);
    if (replacement !== undefined) operations.waitFor(op, replacement);
    sampleDelete(state, left.sourceHash, left.keyHash);
    state.plan.deletes += 1;
    state.plan.soughtDeletes += 1;
  };

  /** @returns whether a delete that failed before is not worth another try, and was taken over as it is */
  const failsAgain = (state: ResourceState, left: PendingLeft | undefined): boolean => {
    if (left?.state !== PendingState.failed || left.problemId === null || input.retryFailed || left.retry) return false;
    const code = left.code ?? '';
    if (TRANSIENT.has(code) || code === 'dependent-item-exists') return false;
    ledger.pending.keep(left.id, batchId, undefined, undefined);
    operations.add(state.index, Kind.delete, left.id, OperationState.blocked, left.problemId);
    staying.add(state.model.name);
    accounts.add(state.model.name, 'failed');
    state.plan.failedBefore += 1;
    return true;
  };

  const sampleDelete = ({ plan }: ResourceState, sourceHash: Uint8Array | null, keyHash: Uint8Array | null): void => {
    if (plan.samples.delete.length >= SAMPLES) return;
    const identity = identityOf({
      sourceHash: sourceHash === null ? null : Buffer.from(sourceHash),
      keyHash: keyHash === null ? null : Buffer.from(keyHash),
    });
    if (identity !== undefined) plan.samples.delete.push(identity.toString('hex'));
  };

  /** @param replacement the create of the same item under its new key: without it, the old one stays */
  const planDelete = (state: ResourceState, i: number, replacement?: number): void => {
    const { name } = state.model;
    const keyHash = keyHashAt(state.loaded, i);
    const sourceHash = sourceHashAt(state.loaded, i);
    accounts.read(name);
    read += 1;
    if (failsAgain(state, state.left.get(deleteOf(textOf(keyHash))))) return;
    const pendingId = ledger.pending.insert(batchId, {
      resourceId: state.id,
      kind: Kind.delete,
      state: PendingState.planned,
      keyHash,
      oldKeyHash: undefined,
      fullHash: undefined,
      sourceHash,
      body: undefined,
      frozen: undefined,
      mapping: input.mappingVersion,
      file: undefined,
      row: undefined,
      problemId: undefined,
      rootId: undefined,
    });
    if (mayBeGone(state, textOf(keyHash))) ledger.pending.doubt(pendingId);
    const op = operations.add(state.index, Kind.delete, pendingId, OperationState.waiting, 0);
    if (replacement !== undefined) operations.waitFor(op, replacement);
    else sampleDelete(state, sourceHash, keyHash);
    state.plan.deletes += 1;
    if (stateAt(state.loaded, i) === RecordState.adopted) state.plan.adoptedDeletes += 1;
  };

  /** After its own keys are decided: those that follow refer to it. */
  const noteCarried = (state: ResourceState): void => {
    const { loaded, seen, model: resource } = state;
    const carries = carriesOn(resource, moved);
    if (carries === 'key' || state.plan.keyChanges > state.plan.replaced) moved.add(resource.name);
    if (carries === undefined) return;
    const others: number[] = [];
    for (let i = 0; i < loaded.count; i++) {
      if (seen[i] !== Seen.unchanged && isOwn(stateAt(loaded, i))) others.push(i);
    }
    if (others.length === 0) return;
    const keyHashes = new Uint8Array(others.length * KEY_BYTES);
    for (const [nth, i] of others.entries()) keyHashes.set(keyHashAt(loaded, i), nth * KEY_BYTES);
    mayBeCarried.push({ resourceId: state.id, keyHashes });
  };

  const knownRecords = (state: ResourceState): KnownRecords => {
    const { account } = state;
    const isAgreed = input.books?.before !== undefined && ledger.books.of(state.id) === input.books.before;
    const looseKeys = isAgreed ? ledger.books.loose(state.id) : [];
    const loose = createHashTable(looseKeys.length);
    for (const key of looseKeys) loose.setWords(wordAt(key, 0), wordAt(key, 4), 0);
    return {
      isAgreed,
      isLoose: (words, at) => loose.findWords(words[at] as number, words[at + 1] as number) !== -1,
      narrow: (keys) => {
        const halves = new Uint32Array(keys.length + looseKeys.length * 2);
        // The second half first: so they are one number in the machine's own order.
        for (let k = 0; k < keys.length; k += 2) {
          halves[k] = keys[k + 1] as number;
          halves[k + 1] = keys[k] as number;
        }
        for (const [k, key] of looseKeys.entries()) {
          halves[keys.length + k * 2] = wordAt(key, 4);
          halves[keys.length + k * 2 + 1] = wordAt(key, 0);
        }
        state.narrow(new BigUint64Array(halves.buffer).sort());
      },
      meetAll: (records) => {
        account.read += records;
        read += records;
        account.unchanged += records;
        state.plan.unchanged += records;
      },
      inBook: (place) => {
        const i = state.places[place] as number;
        if (i !== -1) state.inBook[i] = 1;
      },
      place: (words, at) => {
        const { loaded } = state;
        const i = state.keys.findWords(words[at] as number, words[at + 1] as number);
        return i !== -1 &&
          stateAt(loaded, i) === RecordState.confirmed &&
          wordAt(loaded.rows, i * LOADED.bytes + LOADED.full) === words[at + 2] &&
          wordAt(loaded.rows, i * LOADED.bytes + LOADED.full + 4) === words[at + 3]
          ? i
          : -1;
      },
      warm: (words, at) => state.keys.warm(words[at] as number),
      isOther: (i) => state.seen[i] === Seen.changed,
      meet: (i) => {
        const { seen } = state;
        account.read += 1;
        read += 1;
        if (seen[i] === Seen.unchanged) {
          account.skipped += 1;
          state.plan.skipped += 1;
          loosen(state, textOf(keyHashAt(state.loaded, i)));
        } else {
          seen[i] = Seen.unchanged;
          state.inBook[i] = 1;
          account.unchanged += 1;
          state.plan.unchanged += 1;
        }
      },
      wordsOf: (place) => state.words?.[place],
    };
  };

  for (const name of names) {
    const resource = byName.get(name) as PlannedResource;
    const resourceModel = model.resources[name];
    if (resourceModel === undefined) continue;
    const state = startResource(input, resourceModel, plans.length, createOrder, accounts.of(name));
    plans.push(state.plan);
    resourceIds.push(state.id);
    let told = read;
    for await (const batch of resource.records(resource.remembers ? knownRecords(state) : undefined)) {
      input.signal?.throwIfAborted();
      if (resource.remembers) state.words = [];
      state.places = [];
      for (const record of batch) scan(state, record);
      // Between rows that were passed over, batches may be of one record.
      if (read - told < TOLD_EVERY) continue;
      told = read;
      input.onProgress(read);
    }
    input.onProgress(read);
    await matchExisting(state);
    reconcileVanished(state, resource.deletes);
    reconcileDoubt(state, resource.deletes);
    keepDoubt(state, resource.deletes);
    noteCarried(state);
    ledger.pending.dropOthers(state.id, batchId);
    if (resource.remembers) agree(input, state);
  }

  for (const { id, name } of ledger.resources(input.connectionId)) {
    if (!resourceIds.includes(id) && ledger.records.ours(id) > 0) staying.add(name);
  }

  const openOf = (found: Authorisers | undefined): number[] =>
    found?.operations.filter((op) => operations.state(op) !== OperationState.blocked) ?? [];
  /** @returns whether `op` was withdrawn: that may hold an association of somebody who was looked at before */
  const decide = ({ op, person, before }: (typeof laterPeople)[number]): boolean => {
    if (operations.state(op) === OperationState.blocked) return false;
    const found = people.get(person);
    if (openOf(found).length > 0) return false;
    const isTied = found === undefined || found.confirmed;
    if (!isTied) withdraw(op, operations.problem(found.operations[0] as number), 'held');
    // Nothing about it has changed since the API refused it.
    else if (before != null && before.problem !== null) withdraw(op, before.problem, 'failed');
    else return false;
    return true;
  };
  for (let isMore = true; isMore; ) isMore = laterPeople.filter(decide).length > 0;
  for (const { op, person, before } of laterPeople) {
    const found = people.get(person);
    if (before === undefined && found?.confirmed === false) {
      if (operations.state(op) !== OperationState.blocked) operations.waitForAny(op, openOf(found));
    }
  }
  const isTied = (person: string): boolean => {
    const found = people.get(person);
    return (
      found?.confirmed === true || found?.operations.some((op) => operations.state(op) === OperationState.done) === true
    );
  };
  const untied = new Map<string, number>();
  for (const [person, found] of people) {
    const [first] = found.operations;
    if (first === undefined || found.confirmed || openOf(found).length > 0) continue;
    untied.set(person, operations.problem(first));
  }
  return {
    resources: plans,
    operations,
    names: plans.map((plan) => plan.resource),
    resourceIds,
    accounts,
    hashes,
    untied,
    sought,
    onlySought,
    adrift,
    mayBeCarried,
    staying,
    isTied,
  };
}

function startResource(
  input: PlanInput,
  model: ResourceModel,
  index: number,
  createOrder: ReadonlyMap<ResourceName, number>,
  account: Account,
): ResourceState {
  const { records } = input.ledger;
  const id = input.ledger.resourceId(input.connectionId, model.name);
  let side: LedgerSide | undefined;
  let isNarrow = false;
  const sideOf = (): LedgerSide => {
    side ??= ledgerSide(records.load(id));
    return side;
  };
  const left = new Map<string, PendingLeft>();
  const inDoubt: PendingLeft[] = [];
  for (const pending of input.ledger.pending.left(id)) {
    const hash = pending.keyHash ?? pending.sourceHash;
    if (hash === null) continue;
    left.set(pending.kind === Kind.delete ? deleteOf(textOf(hash)) : textOf(hash), pending);
    if (!pending.inDoubt || pending.keyHash === null) continue;
    const isOfRecord = pending.kind === Kind.update || (pending.kind === Kind.delete && !pending.isSought);
    if (!isOfRecord) inDoubt.push(pending);
    if (isOfRecord || pending.kind === Kind.rekey) records.doubt(id, pending.oldKeyHash ?? pending.keyHash);
  }
  return {
    index,
    id,
    model,
    plan: emptyPlan(model.name, records.ours(id)),
    account,
    rules: personRules(model, input.model, createOrder),
    get loaded() {
      return sideOf().loaded;
    },
    get seen() {
      return sideOf().seen;
    },
    get keys() {
      return sideOf().keys;
    },
    get inBook() {
      return sideOf().inBook;
    },
    loose: [],
    narrow: (beginnings) => {
      side = ledgerSide(records.loadSome(id, beginnings));
      isNarrow = true;
    },
    get isNarrow() {
      return isNarrow;
    },
    byFull: undefined,
    soughtByKey: 0,
    words: undefined,
    places: [],
    bySource: undefined,
    left,
    inDoubt,
    kept: new Set(),
    digestOf: fullHasher(input.ledger.seal, model.name),
    check: compileCheck(model, input.known),
    keyOf: keyReader(model.identity),
    references: referenceReader(model),
    created: [],
    toMatch: [],
  };
}

/** Under which a delete of the record with this key hash is found among what was left. */
const deleteOf = (keyHash: string): string => `delete\n${keyHash}`;

/** What was loaded of the ledger, and what is noted of it. */
interface LedgerSide {
  readonly loaded: LoadedRecords;
  readonly seen: Uint8Array;
  readonly keys: SortedKeys;
  readonly inBook: Uint8Array;
}

const ledgerSide = (loaded: LoadedRecords): LedgerSide => ({
  loaded,
  seen: new Uint8Array(loaded.count),
  keys: createSortedKeys(loaded),
  inBook: new Uint8Array(loaded.count),
});

/** How many loose records a book is worth to be kept track of with. */
const mostLoose = ({ existing }: ResourcePlan): number => existing / MOST_LOOSE;

/** Notes that the book does not say of this key what the ledger will have; one more than is of use says as much as all. */
function loosen({ loose, plan }: ResourceState, keyHash: string): void {
  if (loose.length <= mostLoose(plan)) loose.push(keyHash);
}

/** Tells the ledger that the book of this run agrees with it, and of which records it does not. */
function agree({ ledger, books }: PlanInput, state: ResourceState): void {
  const { id, loaded, inBook, loose, plan } = state;
  for (let i = 0; i < loaded.count && loose.length <= mostLoose(plan); i++) {
    if (inBook[i] === 0) loosen(state, textOf(keyHashAt(loaded, i)));
  }
  const isAgreed = books !== undefined && loose.length <= mostLoose(plan);
  ledger.books.agree(id, isAgreed ? books.now : undefined, isAgreed ? loose.map(bytes) : []);
}

const byFull = (state: ResourceState): HashTable => {
  state.byFull ??= placesBy(state.loaded, LOADED.full);
  return state.byFull;
};

const bySource = (state: ResourceState): HashTable => {
  state.bySource ??= placesBy(state.loaded, LOADED.source);
  return state.bySource;
};

/** The places of records by the hash that stands at `offset` in each. */
function placesBy({ rows, count }: LoadedRecords, offset: number): HashTable {
  const places = createHashTable(count);
  for (let i = 0; i < count; i++) places.setBytes(rows, i * LOADED.bytes + offset, i);
  return places;
}

/** Notes how the ledger knows the record that was looked at last. */
function noteWords(state: ResourceState, { rows }: LoadedRecords, i: number, digest: string): void {
  if (state.words === undefined) return;
  state.places[state.places.length - 1] = i;
  state.words[state.words.length - 1] = [
    wordAt(rows, i * LOADED.bytes),
    wordAt(rows, i * LOADED.bytes + 4),
    ...wordsOf(digest),
  ];
}

/** Whether what the source has no longer is ours to delete: sent by us, or taken over. */
const isOwn = (state: number | undefined): boolean => state === RecordState.confirmed || state === RecordState.adopted;

/** Whether the i-th record's full hash is that of `digest`, from byte `from` on. */
function sameFull({ rows }: LoadedRecords, i: number, digest: string, from: number): boolean {
  const at = i * LOADED.bytes + LOADED.full;
  for (let k = from; k < FULL_BYTES; k++) if (rows[at + k] !== digest.charCodeAt(k)) return false;
  return true;
}

interface Issue {
  readonly code: ProblemCode;
  readonly path?: string;
  readonly subject?: string;
  readonly value?: string;
  readonly inherited?: true;
}

/** The mapping's findings by the names of the catalogue. */
const CATALOGUE_CODE: Readonly<Record<MappingIssueCode, ProblemCode>> = {
  'descriptor-unmapped': 'descriptor-unmapped',
  'row-missing': 'row-missing',
  'value-unreadable': 'value-unreadable',
  'value-missing': 'required-missing',
  'required-setting': 'setting-missing',
};

const issuePath = (path: string): string => (path === '' ? '$' : `$.${path}`);

/** What keeps a record from being sent: the mapping's own findings first, since they say where in the source. */
function issuesOf(state: ResourceState, record: MappedRecord, key: string | undefined): Issue[] {
  const issues: Issue[] = (record.issues ?? []).map((issue) => {
    const column = issue.column === undefined ? '' : ` (${issue.column})`;
    const place = issue.table === undefined ? issue.column : `${issue.table}${column}`;
    const subject = issue.descriptor ?? issue.setting ?? place;
    return {
      code: CATALOGUE_CODE[issue.code],
      path: issuePath(issue.path),
      ...(subject === undefined ? {} : { subject }),
      ...(issue.value === undefined ? {} : { value: issue.value }),
      ...(issue.inherited === undefined ? {} : { inherited: issue.inherited }),
    };
  });
  const explained = issues.map((issue) => issue.path);
  for (const issue of state.check(record.body)) {
    // A property the mapping could not fill is missing for the reason it gave.
    if (explained.some((path) => path === '$' || issue.path === path || issue.path.startsWith(`${path}.`))) continue;
    issues.push({
      code: issue.code,
      path: issue.path,
      ...(issue.descriptor === undefined ? {} : { subject: issue.descriptor }),
      ...(issue.value === undefined ? {} : { value: String(issue.value) }),
    });
  }
  if (issues.length === 0 && key === undefined) issues.push({ code: 'required-missing', path: '$' });
  return issues;
}

/** The same finding at another record of this batch: what a record inherits from the one it refers to. */
const findingKey = (issue: Issue): string => `${issue.code}\n${issue.subject ?? ''}\n${issue.value ?? ''}`;

function sample(list: Sample[], record: MappedRecord, keepBody: boolean): void {
  if (list.length >= SAMPLES) return;
  const { file, row, body } = record;
  list.push({ file, row, ...(keepBody ? { body: JSON.stringify(body) } : {}) });
}
