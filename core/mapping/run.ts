import type { JsonObject, ResourceName } from '../edfi/model.ts';
import { Failure } from '../errors/failure.ts';
import type { Source } from '../sources/types.ts';
import { createCodes } from './codes.ts';
import type { CompiledMapping } from './compile.ts';
import { asText, keyOf } from './expressions.ts';
import {
  type GroupViewPlan,
  type IndexPlan,
  needsOf,
  type ResourcePlan,
  type RowViewPlan,
  rootTable,
  type ScopePlan,
  type SlimPlan,
  type StepPlan,
  type UnionViewPlan,
  type ViewPlan,
} from './plan.ts';
import {
  absentRow,
  type Evaluate,
  emptyRow,
  type Frame,
  type HeldValue,
  laterRow,
  missingRow,
  newRow,
  type Row,
  type RowIndex,
  type RunValues,
  report,
} from './runtime.ts';
import { openTables, type Tables } from './tables.ts';
import { listSeparator, tidy } from './transforms.ts';
import type { FrozenValue, MappedRecord, MappingRun, RunContext } from './types.ts';

const batchSize = 1000;

/** Tells, with the record at hand, the problems of a row that comes with it. */
const tellInherited = (frame: Frame, row: Row): void => {
  if (row.issues === undefined) return;
  row.inherited ??= row.issues.map((issue) => ({ ...issue, inherited: true }));
  for (const issue of row.inherited) report(frame, issue);
};

const frameFor = (scope: ScopePlan, run: RunValues): Frame => ({
  rows: Array.from({ length: scope.slots }, () => emptyRow),
  run,
  resolve: (frame, slot) => {
    const step = scope.steps.find((one) => one.slot === slot);
    const key = step?.kind === 'join' ? step.key(frame) : undefined;
    const found = step?.kind === 'join' && key !== undefined ? run.indexes[step.index.number]!.get(key) : undefined;
    const row = (found as Row | undefined) ?? emptyRow;
    frame.rows[slot] = row;
    tellInherited(frame, row);
    return row;
  },
  sourceId: '',
  issues: undefined,
  warnings: undefined,
  frozen: undefined,
  collecting: undefined,
});

const passes = (conditions: readonly ((frame: Frame) => boolean)[], frame: Frame): boolean => {
  for (const condition of conditions) if (!condition(frame)) return false;
  return true;
};

/** Tells the problems of the rows that are joined in a frame: its own first, then those that come with others' rows. */
const tellRowIssues = (scope: ScopePlan, frame: Frame): void => {
  const own = frame.rows[0]!.issues;
  if (own !== undefined) for (const issue of own) report(frame, issue);
  for (const step of scope.steps) {
    const row = frame.rows[step.slot]!;
    if (row === missingRow && step.kind === 'join') {
      const value = step.key(frame);
      report(frame, {
        code: 'row-missing',
        path: '',
        table: step.table,
        column: step.column,
        ...(value === undefined ? {} : { value }),
      });
    } else if (row === absentRow && frame.issues === undefined) {
      // Where something else is missing already, the empty value follows from it.
      report(frame, { code: 'value-missing', path: '', table: rootTable(scope.source).name, column: step.column });
    } else tellInherited(frame, row);
  }
};

/** Joins the rows that belong to the one in slot 0, and calls `emit` for every combination that passes. */
const expand = (steps: readonly StepPlan[], start: number, frame: Frame, emit: () => void): void => {
  for (let at = start; at < steps.length; at += 1) {
    const step = steps[at]!;
    let row: Row | undefined;
    if (step.kind === 'join') {
      if (step.missing === 'empty' && !step.many && step.conditions.length === 0) {
        frame.rows[step.slot] = laterRow;
        continue;
      }
      const key = step.key(frame);
      const found = key === undefined ? undefined : frame.run.indexes[step.index.number]!.get(key);
      if (found === undefined) {
        if (step.missing === 'drop') return;
        row = step.missing === 'empty' ? emptyRow : key === undefined ? absentRow : missingRow;
      } else if (!step.many) row = found as Row;
      else {
        const rows = found as readonly Row[];
        if (rows.length === 1) row = rows[0]!;
        else {
          for (const one of rows) {
            frame.rows[step.slot] = one;
            if (passes(step.conditions, frame)) expand(steps, at + 1, frame, emit);
          }
          return;
        }
      }
    } else {
      const items = step.items(frame);
      if (items.length === 0) {
        if (step.empty === 'drop') return;
        row = step.empty === 'keep' ? emptyRow : absentRow;
      } else if (items.length === 1) row = newRow([items[0]!], 0);
      else {
        for (const item of items) {
          frame.rows[step.slot] = newRow([item], 0);
          if (passes(step.conditions, frame)) expand(steps, at + 1, frame, emit);
        }
        return;
      }
    }
    frame.rows[step.slot] = row;
    if (!passes(step.conditions, frame)) return;
  }
  emit();
};

const cell = (evaluate: Evaluate, frame: Frame): string => {
  const value = evaluate(frame);
  return Array.isArray(value) ? value.join(listSeparator) : (asText(value) ?? '');
};

/** The run's own memory: views and indexes, each made when first needed. */
interface Memory {
  readonly tables: Tables;
  readonly run: RunValues & { readonly indexes: (RowIndex | undefined)[] };
  readonly views: Map<ViewPlan, Promise<readonly Row[]>>;
  readonly building: Map<IndexPlan, Promise<void>>;
}

/** The rows that a scope starts from, in batches. */
const sourceRows = async function* (memory: Memory, scope: ScopePlan): AsyncGenerator<readonly Row[]> {
  if (scope.never) return;
  const { source } = scope;
  if (source.kind === 'view') {
    const rows = await viewRows(memory, source);
    for (let at = 0; at < rows.length; at += batchSize) {
      const batch = rows.slice(at, at + batchSize);
      yield scope.clean ? batch.filter((row) => row.issues === undefined) : batch;
    }
    return;
  }
  for await (const { rows, numbers, file } of memory.tables.read(source)) {
    yield rows.map((values, at) => newRow(values, numbers[at]!, file));
  }
};

const ensureScope = async (memory: Memory, scope: ScopePlan): Promise<void> => {
  for (const index of scope.indexes) await ensureIndex(memory, index);
};

const rowsOfScope = async (memory: Memory, scope: ScopePlan, emit: (frame: Frame) => void): Promise<void> => {
  await ensureScope(memory, scope);
  const frame = frameFor(scope, memory.run);
  const tell = (): void => emit(frame);
  for await (const batch of sourceRows(memory, scope)) {
    for (const row of batch) {
      frame.rows[0] = row;
      if (passes(scope.conditions, frame)) expand(scope.steps, 0, frame, tell);
    }
  }
};

const buildRowView = async (memory: Memory, view: RowViewPlan): Promise<Row[]> => {
  const rows: Row[] = [];
  const seen = new Set<string>();
  const { distinct, columns, scope } = view;
  await rowsOfScope(memory, scope, (frame) => {
    frame.issues = undefined;
    frame.frozen = undefined;
    memory.run.codes.record += 1;
    tellRowIssues(scope, frame);
    const values: string[] = [];
    for (let at = 0; at < columns.length; at += 1) {
      if (at === distinct) {
        const key = keyOf(values);
        if (seen.has(key)) return;
        seen.add(key);
      }
      values.push(cell(columns[at]!.evaluate, frame));
    }
    if (distinct === columns.length) {
      const key = keyOf(values);
      if (seen.has(key)) return;
      seen.add(key);
    }
    const row = newRow(values, frame.rows[0]!.number, frame.rows[0]!.file);
    row.issues = frame.issues;
    row.frozen = frame.frozen;
    rows.push(row);
  });
  rankRows(view, rows);
  return rows;
};

const rankRows = ({ rank }: RowViewPlan, rows: readonly Row[]): void => {
  if (rank === undefined) return;
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(rank.within.map((at) => row.values[at] ?? ''));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  for (const group of groups.values()) {
    const keyed = group.map((row) => ({ row, key: keyOf(rank.by.map((at) => row.values[at] ?? '')) }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    for (const [place, { row }] of keyed.entries()) {
      const values = row.values as string[];
      if (rank.as >= 0) values[rank.as] = String(place + 1);
      if (rank.of >= 0) values[rank.of] = String(group.length);
    }
  }
};

type Gathered = string | undefined | Set<string> | number;

const buildGroupView = async (memory: Memory, view: GroupViewPlan): Promise<Row[]> => {
  const groups = new Map<
    string,
    { readonly values: string[]; readonly number: number; readonly gathered: Gathered[] }
  >();
  const { keys, gathered, scope } = view;
  await rowsOfScope(memory, scope, (frame) => {
    // A value that cannot be read is told where its row becomes a record.
    frame.issues = undefined;
    const values = keys.map((key) => cell(key, frame));
    const key = keyOf(values);
    let group = groups.get(key);
    if (group === undefined) {
      group = {
        values,
        number: frame.rows[0]!.number,
        gathered: gathered.map(({ how }) => (how === 'list' ? new Set() : how === 'count' ? 0 : undefined)),
      };
      groups.set(key, group);
    }
    for (const [at, { how, evaluate }] of gathered.entries()) {
      const before = group.gathered[at];
      if (how === 'count') {
        group.gathered[at] = (before as number) + 1;
        continue;
      }
      const value = asText(evaluate(frame));
      if (value === undefined) continue;
      if (how === 'list') (before as Set<string>).add(value);
      else if (
        before === undefined ||
        (how === 'min' && value < String(before)) ||
        (how === 'max' && value > String(before))
      )
        group.gathered[at] = value;
    }
  });
  return [...groups.values()].map(({ values, number, gathered: results }) =>
    newRow(
      [
        ...values,
        ...results.map((result) =>
          result instanceof Set ? [...result].sort().join(listSeparator) : String(result ?? ''),
        ),
      ],
      number,
    ),
  );
};

const buildUnionView = async (memory: Memory, view: UnionViewPlan): Promise<Row[]> => {
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (const [member, plan] of view.members.entries()) {
    for (const row of await viewRows(memory, plan)) {
      const values = view.columns.map(({ positions }) => row.values[positions[member]!] ?? '');
      if (view.distinct !== undefined) {
        const key = keyOf(values.slice(0, view.distinct));
        if (seen.has(key)) continue;
        seen.add(key);
      }
      const copy = newRow(values, row.number, row.file);
      copy.issues = row.issues;
      copy.frozen = row.frozen;
      rows.push(copy);
    }
  }
  return rows;
};

function viewRows(memory: Memory, view: ViewPlan): Promise<readonly Row[]> {
  let rows = memory.views.get(view);
  if (rows === undefined) {
    rows =
      view.form === 'rows'
        ? buildRowView(memory, view)
        : view.form === 'group'
          ? buildGroupView(memory, view)
          : buildUnionView(memory, view);
    memory.views.set(view, rows);
  }
  return rows;
}

const slimRows = async function* (memory: Memory, { table, sources }: SlimPlan): AsyncGenerator<readonly Row[]> {
  for await (const { rows, numbers, file } of memory.tables.read(table)) {
    yield rows.map((values, at) =>
      newRow(
        sources.map((source) => tidy(values[source]) ?? ''),
        numbers[at]!,
        file,
      ),
    );
  }
};

const buildIndex = async (memory: Memory, index: IndexPlan): Promise<void> => {
  const { relation, key, many } = index;
  const one = new Map<string, Row>();
  const several = new Map<string, Row[]>();
  const add = (row: Row): void => {
    const values = key.map((at) => row.values[at] ?? '');
    if (values.includes('')) return;
    const text = keyOf(values);
    if (!many) {
      if (!one.has(text)) one.set(text, row);
      return;
    }
    const rows = several.get(text);
    if (rows === undefined) several.set(text, [row]);
    else rows.push(row);
  };
  if (relation.kind === 'slim') {
    for await (const batch of slimRows(memory, relation)) for (const row of batch) add(row);
  } else for (const row of await viewRows(memory, relation)) add(row);
  memory.run.indexes[index.number] = many ? several : one;
};

function ensureIndex(memory: Memory, index: IndexPlan): Promise<void> {
  let built = memory.building.get(index);
  if (built === undefined) {
    built = buildIndex(memory, index);
    memory.building.set(index, built);
  }
  return built;
}

/** The synthetic values of a record: those made in it, and those that came with the rows it is made of. */
const frozenOf = (resource: ResourceName, sourceId: string, frame: Frame): FrozenValue[] | undefined => {
  let found: FrozenValue[] | undefined;
  const take = (held: readonly HeldValue[]): void => {
    for (const { resource: owner, sourceId: id, path, value } of held) {
      if (id !== sourceId || owner !== resource) continue;
      if (found === undefined) found = [{ path, value }];
      else if (!found.some((known) => known.path === path)) found.push({ path, value });
    }
  };
  for (const row of frame.rows) if (row.frozen !== undefined) take(row.frozen);
  if (frame.frozen !== undefined) take(frame.frozen);
  return found;
};

type Writable<Shape> = { -readonly [Name in keyof Shape]: Shape[Name] };

const recordsOf = async function* (memory: Memory, plan: ResourcePlan): AsyncGenerator<MappedRecord[]> {
  const { scope, name, names, properties, distinct, match } = plan;
  await ensureScope(memory, scope);
  const frame = frameFor(scope, memory.run);
  const table = rootTable(scope.source);
  const file = memory.tables.fileOf(table);
  const seen = new Set<string>();
  let batch: MappedRecord[] = [];

  const emit = (): void => {
    frame.issues = undefined;
    frame.warnings = undefined;
    frame.frozen = undefined;
    if (distinct !== undefined) {
      const key = distinct(frame);
      if (seen.has(key)) return;
      seen.add(key);
    }
    memory.run.codes.record += 1;
    tellRowIssues(scope, frame);
    const sourceId = plan.id(frame);
    frame.sourceId = sourceId;
    const body: JsonObject = {};
    for (let at = 0; at < names.length; at += 1) {
      const value = properties[at]!(frame);
      if (value !== undefined) body[names[at]!] = value;
    }
    const record: Writable<MappedRecord> = {
      resource: name,
      body,
      sourceId,
      file: frame.rows[0]!.file ?? file,
      row: frame.rows[0]!.number,
    };
    // Added only where there is something: spreading what may be absent costs as much as the mapping itself.
    const frozen = frozenOf(name, sourceId, frame);
    if (frame.issues !== undefined) record.issues = frame.issues;
    if (frame.warnings !== undefined) record.warnings = frame.warnings;
    if (frozen !== undefined) record.frozen = frozen;
    if (match) record.disposition = 'match';
    batch.push(record);
  };

  for await (const rows of sourceRows(memory, scope)) {
    for (const row of rows) {
      frame.rows[0] = row;
      if (passes(scope.conditions, frame)) expand(scope.steps, 0, frame, emit);
    }
    if (batch.length >= batchSize) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
};

/**
 * Runs a compiled mapping over one export.
 * @param compiled from `compileMapping`
 * @param source the opened export
 * @param context the connection's descriptor map, the values frozen for its records, and a signal that stops the run
 * @returns the records of each resource, read as they are asked for; indexes and views are made once, and let go when
 *   the last resource that needs them has been read
 */
export const runMapping = (compiled: CompiledMapping, source: Source, context: RunContext): MappingRun => {
  const memory: Memory = {
    tables: openTables(source, context.signal),
    run: {
      indexes: [],
      frozen: context.frozen,
      codes: createCodes(context.descriptors),
    },
    views: new Map(),
    building: new Map(),
  };
  const needs = new Map(compiled.plan.resources.map((plan) => [plan, needsOf(plan.scope)]));
  const unread = new Set(compiled.plan.resources);

  const release = (done: ResourcePlan): void => {
    unread.delete(done);
    const still = [...unread].map((plan) => needs.get(plan)!);
    const { views, indexes } = needs.get(done)!;
    for (const view of views) if (!still.some((need) => need.views.has(view))) memory.views.delete(view);
    for (const index of indexes) {
      if (still.some((need) => need.indexes.has(index))) continue;
      memory.building.delete(index);
      memory.run.indexes[index.number] = undefined;
    }
  };

  return {
    codes: memory.run.codes,
    records: async function* (resource) {
      const plan = compiled.plan.resources.find((one) => one.name === resource);
      if (plan === undefined)
        throw new Failure('internal', `The mapping does not make the resource ${resource}.`, { resource });
      yield* recordsOf(memory, plan);
      release(plan);
    },
  };
};
