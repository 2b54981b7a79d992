import { Failure } from '../errors/failure.ts';
import type { Source } from '../sources/types.ts';
import { createCodes } from './codes.ts';
import type { CompiledMapping } from './compile.ts';
import { keyOf } from './expressions.ts';
import { expand, frameFor, passes, tellRowIssues } from './frame.ts';
import { cell, createGroups, type GroupUse } from './groups.ts';
import { createRunMemory, type RunMemory } from './memory.ts';
import {
  type GroupViewPlan,
  type IndexPlan,
  needsOf,
  type ResourcePlan,
  type RowViewPlan,
  rootTable,
  type ScopePlan,
  type SlimPlan,
  type UnionViewPlan,
  type ViewPlan,
} from './plan.ts';
import { createRecordMaker } from './records.ts';
import { gatherRemembered, rememberedRecords } from './remembered.ts';
import { type Frame, newRow, type Row, type RowIndex, type RunValues } from './runtime.ts';
import { openTables, type Tables } from './tables.ts';
import { tidy } from './transforms.ts';
import type { KnownRecords, MappedRecord, MappingRun, RunContext } from './types.ts';

const batchSize = 1000;

/** The run's own memory: views and indexes, each made when first needed. */
interface Memory {
  readonly tables: Tables;
  readonly run: RunValues & { readonly indexes: (RowIndex | undefined)[] };
  readonly views: Map<ViewPlan, Promise<readonly Row[]>>;
  readonly building: Map<IndexPlan, Promise<void>>;
  /** Of rows, from the run before. */
  readonly rows: RunMemory | undefined;
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

const buildGroupView = async (memory: Memory, view: GroupViewPlan): Promise<Row[]> => {
  const groups = createGroups(view);
  const { scope } = view;
  const take = (frame: Frame): GroupUse => {
    // A value that cannot be read is told where its row becomes a record.
    frame.issues = undefined;
    return groups.add(frame);
  };
  if (memory.rows?.covers(scope) === true && scope.source.kind === 'table') {
    await gatherRemembered(memory.rows, scope, scope.source, view.name, groups, frameFor(scope, memory.run), take);
  } else await rowsOfScope(memory, scope, take);
  return groups.rows();
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

const recordsOf = async function* (
  memory: Memory,
  plan: ResourcePlan,
  known: KnownRecords | undefined,
): AsyncGenerator<MappedRecord[]> {
  const { scope } = plan;
  await ensureScope(memory, scope);
  const table = rootTable(scope.source);
  const maker = createRecordMaker(plan, frameFor(scope, memory.run), memory.tables.fileOf(table));
  if (known !== undefined && memory.rows?.covers(scope) === true) {
    yield* rememberedRecords(memory.rows, plan, table, memory.run, maker, known);
    return;
  }
  for await (const rows of sourceRows(memory, scope)) {
    for (const row of rows) maker.take(row);
    if (maker.records.length >= batchSize) yield maker.records.splice(0);
  }
  if (maker.records.length > 0) yield maker.records.splice(0);
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
      onLookUp: undefined,
    },
    views: new Map(),
    building: new Map(),
    rows:
      context.memory === undefined
        ? undefined
        : createRunMemory(source, compiled.plan.resources, context.memory, context.signal),
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
    records: async function* (resource, known) {
      const plan = compiled.plan.resources.find((one) => one.name === resource);
      if (plan === undefined)
        throw new Failure('internal', `The mapping does not make the resource ${resource}.`, { resource });
      yield* recordsOf(memory, plan, known);
      release(plan);
    },
  };
};
