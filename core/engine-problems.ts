/** The engine's handling of problems: causes, the records behind them, and what a steward decides about them. */
import type { Profile } from './connections/profile.ts';
import { isOff } from './connections/resources.ts';
import type {
  CommandName,
  CommandOutput,
  FoundRecord,
  FoundView,
  GroupState,
  ParsedInput,
  ProblemGroupView,
  ProblemRecordView,
  RecordDetail,
  RetrySelection,
} from './contract/schemas.ts';
import { displayName, type ResourceName } from './edfi/model.ts';
import { advise, retryHelps, severityOf } from './errors/advice.ts';
import { Failure } from './errors/failure.ts';
import type { ConnectionRow, Ledger } from './ledger/ledger.ts';
import type { Kind, PendingState } from './ledger/pending.ts';
import { type Entry, identityOf, type ProblemRecord } from './ledger/problem-records.ts';
import type { ProblemGroup } from './ledger/problems.ts';
import { type DescriptorMap, suggest } from './mapping/descriptors.ts';
import { loadDescriptorDefaults } from './mapping/load.ts';
import { readRows, rowKey } from './sources/rows.ts';
import { keptKnowledge } from './sync/knowledge.ts';
import { lookUp } from './sync/look-up.ts';
import { compileChosen } from './sync/needs.ts';
import { type Found, findByIdentity, type Made, type SearchIn, searchSource } from './sync/search.ts';
import { type DescriptorContext, descriptorMapInForce, hasLast, lastIsPlanned, openLast } from './sync/sync.ts';

type ProblemCommand = Extract<CommandName, `problems.${string}` | `records.${string}`>;
type Handlers = { [N in ProblemCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };

export interface ProblemsInput {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly find: (connection: string) => ConnectionRow;
  readonly profileOf: (row: ConnectionRow) => Profile;
  readonly now: () => number;
}

export interface EngineProblems {
  readonly handlers: Handlers;
  /** The causes a steward has to look at, with advice from the descriptor values and the map in force. */
  open(connectionId: number, context: DescriptorContext): ProblemGroupView[];
  /** Descriptor values kept from the last sync: enough for advice without asking the API. */
  keptDescriptors(connectionId: number, types: Iterable<string>): DescriptorContext;
  group(connectionId: number, reference: string): ProblemGroup;
  view(group: ProblemGroup, context: DescriptorContext): ProblemGroupView;
  /**
   * Finds records of a resource in the last export that was sent. @param identities as `identityOf` gives them, in
   * hexadecimal @throws Failure `usage` where nothing was sent yet
   */
  inLast(row: ConnectionRow, resource: ResourceName, identities: readonly string[]): Promise<ReadonlyMap<string, Made>>;
  /** Marks what is to go again. @returns how many records were chosen */
  choose(connectionId: number, what: RetrySelection): number;
  /** Ends the searches that are under way. */
  stop(): void;
}

/** A search through the last export. */
interface Search {
  readonly found: Found[];
  readonly stop: () => void;
  /** Told when something was found, and when it is over. */
  readonly waiting: Set<() => void>;
}

const KINDS = { 1: 'create', 2: 'update', 3: 'delete', 4: 'key change' } as const satisfies Record<Kind, string>;
const STATES = { 1: 'planned', 2: 'rejected', 3: 'held', 4: 'failed' } as const satisfies Record<PendingState, string>;

/** Causes shown with the account of a batch; the others are a page away. */
const SHOWN_WITH_ACCOUNT = 100;

export function createProblemsRoom(input: ProblemsInput): EngineProblems {
  const { ledger, find, now } = input;
  /** Those that are under way, the newest last. */
  const searches = new Set<Search>();

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

  const view = (group: ProblemGroup, context: DescriptorContext): ProblemGroupView => {
    const type = group.code === 'descriptor-unmapped' ? group.subject : null;
    const suggestions =
      type === null || group.value === undefined
        ? []
        : suggest(type, group.value, context.known[type] ?? [], context.map).map(({ uri, confidence }) => ({
            uri,
            confidence,
          }));
    return {
      group: group.reference,
      state: stateOf(group),
      code: group.code,
      ...advise(group.code, group),
      retryHelps: retryHelps(group.code),
      severity: severityOf(group.code),
      resource: displayName(group.resource),
      path: group.path,
      subject: group.subject,
      status: group.status,
      value: group.value ?? null,
      suggestions,
      records: group.records,
      held: group.held,
      occurrences: group.occurrences,
      firstSeen: group.firstAt,
      lastSeen: group.lastAt,
      file: group.file,
      row: group.row,
    };
  };
  const viewAll = (connectionId: number, groups: readonly ProblemGroup[]): ProblemGroupView[] => {
    const types = groups.flatMap(({ code, subject }) =>
      code === 'descriptor-unmapped' && subject !== null ? [subject] : [],
    );
    const context = keptDescriptors(connectionId, new Set(types));
    return groups.map((group) => view(group, context));
  };
  const groupOf = (connectionId: number, reference: string): ProblemGroup => {
    const group = ledger.problems.group(connectionId, reference);
    if (group !== undefined) return group;
    throw new Failure('usage', `There is no cause ${reference} at this connection: look at the list again.`);
  };
  const recordOf = (connectionId: number, id: number): ProblemRecord => {
    const record = ledger.problemRecords.find(connectionId, id);
    if (record !== undefined) return record;
    throw new Failure('usage', 'This record is not among the problems any more: look at the list again.');
  };

  const choose = (connectionId: number, what: RetrySelection): number => {
    const { problemRecords } = ledger;
    switch (what.kind) {
      case 'failed':
        return problemRecords.markRetry(connectionId, { kind: 'all' });
      case 'group':
        return problemRecords.markRetry(connectionId, {
          kind: 'group',
          groupId: groupOf(connectionId, what.group).id,
        });
      case 'record':
        return problemRecords.markRetry(connectionId, { kind: 'record', id: recordOf(connectionId, what.id).id });
      case 'reference': {
        const { resourceId, identity } = resolve(what.reference, connectionId);
        const problem = problemRecords.ofIdentity(resourceId, identity);
        const marked =
          problem === undefined ? 0 : problemRecords.markRetry(connectionId, { kind: 'record', id: problem.id });
        return marked + (problem === undefined ? problemRecords.resendOne(resourceId, identity) : 0);
      }
      case 'resource': {
        const known = ledger.resources(connectionId);
        const wanted = what.resource.toLowerCase();
        const found = known.find(
          ({ name }) => name.toLowerCase() === wanted || displayName(name).toLowerCase() === wanted,
        );
        if (found === undefined) {
          throw new Failure(
            'usage',
            'This connection has sent no such resource. Name one as the plan shows it, like students.',
          );
        }
        const span = { since: what.since ?? 0, until: what.until ?? Number.MAX_SAFE_INTEGER };
        const failed = problemRecords.markRetry(connectionId, { kind: 'resource', resourceId: found.id, ...span });
        return failed + (what.confirmed ? problemRecords.resend(found.id, span.since, span.until) : 0);
      }
    }
  };

  const resolve = (reference: string, connectionId?: number) => {
    const found = ledger.problemRecords.resolve(reference.trim().toUpperCase());
    if (found !== undefined && (connectionId === undefined || found.connectionId === connectionId)) return found;
    throw new Failure(
      'usage',
      'This ledger has no record with this reference. References look like R-7K4M-2Q, and belong to the data folder in which they were made.',
    );
  };

  const historyOf = (entries: readonly Entry[]): FoundRecord['history'] =>
    entries.map(({ at, code, status, ...place }) => ({ at, code, title: advise(code, place).title, status }));

  /** The row as the last export that was sent has it; null where it is not in there. */
  const sourceOf = async (record: ProblemRecord): Promise<RecordDetail['source']> => {
    const { file, row } = record;
    const copy = { ledger, folder: input.folder, connectionId: record.connectionId };
    if (file === null || row === null || !lastIsPlanned(copy)) return null;
    const source = await openLast(copy);
    try {
      const found = (await readRows(source, [{ file, row }])).get(rowKey({ file, row }));
      return found === undefined ? null : { ...found, cells: found.cells.map((cell) => ({ ...cell })) };
    } finally {
      await source.close();
    }
  };

  const detailOf = async (record: ProblemRecord): Promise<RecordDetail> => {
    const { problemRecords } = ledger;
    const identity = identityOf(record);
    const own = record.problemId === null ? undefined : problemRecords.detail(record.problemId);
    const body = problemRecords.body(record.id) ?? null;
    const cause = record.groupId === null ? undefined : ledger.problems.groupById(record.groupId);
    const confirmed = problemRecords.confirmedBehind(record);
    const history = identity === undefined ? [] : problemRecords.history(record.resourceId, identity);
    const issues = own?.issues ?? [];
    return {
      record: recordView(record),
      reference: (identity && problemRecords.referenceOf(record.resourceId, identity)) ?? null,
      cause: cause === undefined ? null : (viewAll(record.connectionId, [cause])[0] ?? null),
      issues: issues.map(({ code, path, value, ...rest }) => ({
        code,
        title: advise(code, { resource: record.resource, path: path ?? null, subject: subjectIn(rest) }).title,
        path: path ?? null,
        value: value ?? null,
      })),
      source: await sourceOf(record),
      mapped: body,
      sent:
        own?.method === undefined
          ? null
          : { method: own.method, resource: record.resource, id: own.id ?? null, body, at: own.at },
      answer:
        own?.answer === undefined
          ? null
          : { status: own.status ?? 0, text: own.answer, correlationId: own.correlationId ?? null },
      confirmed: confirmed === undefined ? null : { id: confirmed.id ?? null, at: confirmed.at },
      history: historyOf(history),
      dependants: (record.problemId === null ? [] : problemRecords.dependants(record.problemId)).map((one) => ({
        ...one,
        resource: displayName(one.resource),
      })),
    };
  };

  /** @param own what the record is known by where the ledger does not know it better */
  const foundView = (
    { resourceId, resource, identifiers, keyHash }: Omit<Found, 'file' | 'row' | 'sourceHash'>,
    own: Buffer,
    place: FoundView['place'],
  ): FoundView => {
    const { problemRecords, records } = ledger;
    const sourceHash = keyHash && records.sourceHash(resourceId, keyHash);
    // One that was taken over, and that no batch has met yet, has no source identity.
    const known = sourceHash && identityOf({ sourceHash, keyHash });
    const problemOf = (identity: Buffer | undefined) => identity && problemRecords.ofIdentity(resourceId, identity);
    const problem = problemOf(own) ?? problemOf(keyHash) ?? problemOf(known);
    const identity = (problem && identityOf(problem)) ?? known ?? own;
    return {
      resource: displayName(resource),
      place,
      identifiers: identifiers.map((identifier) => ({ ...identifier })),
      reference: problemRecords.refer(resourceId, identity, keyHash, now()),
      state: problem === undefined ? (known === undefined ? 'unknown' : 'confirmed') : STATES[problem.state],
      problem: problem?.id ?? null,
    };
  };
  const foundViews = (all: readonly Found[]): FoundView[] =>
    ledger.transaction(() => all.map((one) => foundView(one, one.sourceHash, { file: one.file, row: one.row })));

  /** Goes through the last export, until `records.stopSearch`. */
  const searching = async <T>(work: (signal: AbortSignal, onFound: (one: Found) => void) => Promise<T>): Promise<T> => {
    const controller = new AbortController();
    const search: Search = { found: [], stop: () => controller.abort(), waiting: new Set() };
    const tell = (): void => {
      for (const told of search.waiting) told();
      search.waiting.clear();
    };
    searches.add(search);
    try {
      return await work(controller.signal, (one) => {
        search.found.push(one);
        tell();
      });
    } catch (thrown) {
      if (controller.signal.aborted) throw new Failure('cancelled', 'The search was stopped.');
      throw thrown;
    } finally {
      searches.delete(search);
      tell();
    }
  };
  const stopSearches = (): void => {
    for (const { stop } of searches) stop();
  };

  /** Gives `work` the last export that was sent, and the mapping that makes records of it. @throws Failure `usage` */
  const inLast = async <T>(
    row: ConnectionRow,
    signal: AbortSignal | undefined,
    work: (at: SearchIn) => Promise<T>,
  ): Promise<T> => {
    const profile = input.profileOf(row);
    const kept = keptKnowledge(ledger, row.id);
    if (kept === undefined) {
      throw new Failure('usage', 'Nothing was sent over this connection yet, so there is nothing to look through.');
    }
    const source = await openLast({ ledger, folder: input.folder, connectionId: row.id });
    try {
      const { compiled } = await compileChosen({
        discovery: kept.discovery ?? {},
        model: kept.model,
        mappingFile: profile.mapping,
        settings: { ...profile.settings, studentId: profile.studentId },
        isOff: (resource) => isOff(profile.off, resource),
      });
      const known: Record<string, readonly string[]> = {};
      for (const type of compiled.descriptorTypes) known[type] = kept.descriptorValues(type) ?? [];
      const defaults = await loadDescriptorDefaults();
      return await work({
        ledger,
        connectionId: row.id,
        model: kept.model,
        compiled,
        descriptors: descriptorMapInForce(ledger, row.id, defaults, known),
        source,
        signal,
      });
    } finally {
      await source.close();
    }
  };

  /** Whether and where the last export that was sent has a record that is in the API. */
  const placeOf = async (
    row: ConnectionRow,
    resource: string,
    identity: Buffer,
    signal: AbortSignal,
  ): Promise<{ file: string; row: number } | null> => {
    if (!hasLast({ ledger, folder: input.folder, connectionId: row.id })) return null;
    const name = identity.toString('hex');
    const found = (await inLast(row, signal, (at) => findByIdentity(at, resource, [name]))).get(name);
    return found === undefined ? null : { file: found.file, row: found.row };
  };

  const handlers: Handlers = {
    'problems.list': async ({ connection, show, after, limit }) => {
      const { id } = find(connection);
      const [blocked = '', from = ''] = (after ?? '').split('.');
      const start = after === undefined ? undefined : { blocked: numberIn(blocked), id: numberIn(from) };
      const groups = ledger.problems.groups(id, { show, after: start, limit });
      const last = groups.at(-1);
      const { open, hidden, resolved } = ledger.problems.counts(id);
      return {
        groups: viewAll(id, groups),
        next: groups.length < limit || last === undefined ? null : `${last.records + last.held}.${last.id}`,
        open,
        hidden,
        resolved,
      };
    },
    'problems.group': async ({ connection, group: reference }) => {
      const { id } = find(connection);
      const group = groupOf(id, reference);
      return {
        group: viewAll(id, [group])[0] as ProblemGroupView,
        resources: ledger.problemRecords
          .ofResources(group.id)
          .map((one) => ({ ...one, resource: displayName(one.resource) })),
        trend: ledger.problems.trend(group.id),
      };
    },
    'problems.records': async ({ connection, group: reference, waitingFor, after, limit }) => {
      const { id: connectionId } = find(connection);
      const group = groupOf(connectionId, reference);
      if (waitingFor !== undefined) {
        const { problemId } = recordOf(connectionId, waitingFor);
        const from = after === undefined ? 0 : numberIn(after);
        const rows = problemId === null ? [] : ledger.problemRecords.waiting(problemId, from, limit);
        return { records: rows.map(recordView), next: rows.length < limit ? null : String(rows.at(-1)?.id) };
      }
      const [state = '', resourceId = '', id = ''] = (after ?? '').split('.');
      const from =
        after === undefined
          ? undefined
          : { state: numberIn(state) as PendingState, resourceId: numberIn(resourceId), id: numberIn(id) };
      const rows = ledger.problemRecords.page(group.id, from, limit);
      const last = rows.at(-1);
      return {
        records: rows.map(recordView),
        next: rows.length < limit || last === undefined ? null : `${last.state}.${last.resourceId}.${last.id}`,
      };
    },
    'problems.record': async ({ connection, id }) => detailOf(recordOf(find(connection).id, id)),
    'problems.ignore': async ({ connection, group: reference, ignore }) => {
      const group = groupOf(find(connection).id, reference);
      ledger.transaction(() => ledger.problems.ignore(group.id, ignore ? now() : undefined));
      return { records: group.records, held: group.held };
    },
    'problems.fixed': async ({ connection, group: reference, fixed }) => {
      const { id } = find(connection);
      const group = groupOf(id, reference);
      ledger.transaction(() => {
        ledger.problems.fix(group.id, fixed ? now() : undefined);
        if (fixed) ledger.problemRecords.markRetry(id, { kind: 'group', groupId: group.id });
      });
      return { records: group.records, held: group.held };
    },
    'problems.clear': async ({ connection, group: reference, clear, since = 0 }) => {
      const { id } = find(connection);
      const group = reference === undefined ? undefined : groupOf(id, reference);
      const at = now();
      if (!clear) return { ...ledger.transaction(() => ledger.problems.restore(id, group?.id, since)), at };
      if (group !== undefined && group.records + group.held > 0) {
        throw new Failure(
          'usage',
          'The records of this cause are still not in the API, so it cannot be cleared. Ignore it, or mark it as fixed.',
        );
      }
      return { ...ledger.transaction(() => ledger.problems.clear(id, group?.id, at)), at };
    },
    'records.reference': async ({ connection, id }) => {
      const record = recordOf(find(connection).id, id);
      const identity = identityOf(record);
      if (identity === undefined) throw new Failure('usage', 'This record has no identity to be referred to by.');
      return {
        reference: ledger.transaction(() =>
          ledger.problemRecords.refer(record.resourceId, identity, record.keyHash, now()),
        ),
      };
    },
    'records.lookUp': async ({ connection, text }) => {
      const { id } = find(connection);
      const all = lookUp(ledger, id, text);
      if (all.length === 0) return { found: [] };
      const model = keptKnowledge(ledger, id)?.model;
      const found = all.map((one) => {
        const name = model?.resources[one.resource]?.identity[0]?.name;
        return { ...one, identifiers: name === undefined ? [] : [{ name, value: one.value }] };
      });
      return { found: ledger.transaction(() => found.map((one) => foundView(one, one.keyHash, null))) };
    },
    'records.search': async ({ connection, text, limit }) => {
      const row = find(connection);
      const found: Found[] = [];
      const more = await searching((signal, onFound) =>
        inLast(row, signal, (at) => {
          const noted = (one: Found): void => {
            found.push(one);
            onFound(one);
          };
          return searchSource({ ...at, text, limit, onFound: noted });
        }),
      );
      return { found: foundViews(found), more };
    },
    'records.foundSoFar': async ({ seen }) => {
      const search = [...searches].at(-1);
      if (search === undefined) return { found: [], isOver: true };
      if (search.found.length <= seen) await new Promise<void>((resolve) => search.waiting.add(resolve));
      return { found: foundViews(search.found.slice(seen)), isOver: !searches.has(search) };
    },
    'records.stopSearch': async () => {
      stopSearches();
      return {};
    },
    'records.find': async ({ reference }) => {
      const found = resolve(reference);
      const { problemRecords } = ledger;
      const problem = problemRecords.ofIdentity(found.resourceId, found.identity);
      const confirmed =
        problem === undefined
          ? ((found.keyHash && problemRecords.confirmedAs(found.resourceId, found.keyHash)) ??
            problemRecords.confirmed(found.resourceId, found.identity))
          : problemRecords.confirmedBehind(problem);
      const row = ledger.connections().find(({ id }) => id === found.connectionId);
      return {
        connection: row?.name ?? '',
        resource: displayName(found.resource),
        reference: found.reference,
        problem: problem === undefined ? null : recordView(problem),
        confirmed: confirmed === undefined ? null : { id: confirmed.id ?? null, at: confirmed.at },
        history: historyOf(problemRecords.history(found.resourceId, found.identity)),
      };
    },
    'records.place': async ({ reference }) => {
      const { connectionId, resource, resourceId, identity } = resolve(reference);
      const row = ledger.connections().find(({ id }) => id === connectionId);
      if (row === undefined || ledger.problemRecords.ofIdentity(resourceId, identity) !== undefined) return null;
      return searching((signal) => placeOf(row, resource, identity, signal));
    },
  };
  return {
    handlers,
    open: (connectionId, context) =>
      ledger.problems.groups(connectionId, { limit: SHOWN_WITH_ACCOUNT }).map((group) => view(group, context)),
    keptDescriptors,
    inLast: (row, resource, identities) => inLast(row, undefined, (at) => findByIdentity(at, resource, identities)),
    group: groupOf,
    view,
    choose,
    stop: stopSearches,
  };
}

/** How a cause stands; see `groupStates` in the contract. */
export function stateOf(group: ProblemGroup): GroupState {
  if (group.records + group.held === 0) return 'resolved';
  if (group.ignoredAt !== null) return 'ignored';
  if (group.fixedAt !== null) return 'fixed';
  if (group.returnedAt !== null || group.goneAt !== null) return 'regressed';
  return group.isNew ? 'new' : 'ongoing';
}

const recordView = (record: ProblemRecord): ProblemRecordView => ({
  id: record.id,
  resource: displayName(record.resource),
  state: STATES[record.state],
  kind: KINDS[record.kind],
  file: record.file,
  row: record.row,
  status: record.status,
  retry: record.retry,
});

/** @throws Failure `usage` for what no page before gave */
export function numberIn(text: string): number {
  const number = text === '' ? Number.NaN : Number(text);
  if (Number.isSafeInteger(number)) return number;
  throw new Failure('usage', 'The place in the list is not one that the list gave: begin again from its start.');
}

const subjectIn = (issue: object): string | null =>
  'subject' in issue && typeof issue.subject === 'string' ? issue.subject : null;
