import { createHash } from 'node:crypto';
import { type ApiModel, type ResourceModel, type ResourceName, shortName } from '../edfi/model.ts';
import { Failure } from '../errors/failure.ts';
import { checkMapping } from './check.ts';
import { didYouMean } from './did-you-mean.ts';
import {
  asText,
  type BoundColumn,
  type Compiled,
  type CompiledCondition,
  compileCondition,
  compileExpression,
  compileId,
  compileKey,
  compileList,
  compileMembers,
  type Origin,
  type Scope,
} from './expressions.ts';
import {
  type Accumulate,
  type GroupViewPlan,
  type IndexPlan,
  type MappingPlan,
  needsOf,
  type ResourcePlan,
  type RowViewPlan,
  rootTable,
  type ScopePlan,
  type SlimPlan,
  type StepPlan,
  type TablePlan,
  type UnionViewPlan,
  type ViewPlan,
} from './plan.ts';
import type { Evaluate, Frame } from './runtime.ts';
import type { Aggregate, Expression, MappingSpec, ResourceSpec, Rows, SettingSpec, StepSpec, View } from './spec.ts';
import type { CompiledResource, LeftOut } from './types.ts';

export interface CompiledMapping {
  /** Changes with the mapping and with the settings. */
  readonly version: string;
  readonly resources: readonly CompiledResource[];
  /** What is read of each table. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  /** What the mapping makes and the connection's specification does not have. */
  readonly leftOut: readonly LeftOut[];
  readonly descriptorTypes: ReadonlySet<string>;
  /** All settings, with defaults filled in. */
  readonly settings: Readonly<Record<string, string>>;
  /** For `runMapping` only. */
  readonly plan: MappingPlan;
}

const allows = (choice: string, value: string): boolean =>
  choice.endsWith('*') ? value.length >= choice.length && value.startsWith(choice.slice(0, -1)) : choice === value;

const choicesOf = ({ choices }: SettingSpec): string =>
  choices === undefined ? 'any text' : choices.map((choice) => choice.replace('*', 'TYPE')).join(', ');

/**
 * The settings with which a mapping works.
 * @param spec the mapping
 * @param given what the steward chose for the connection
 * @returns given values and defaults
 * @throws Failure usage, for an unknown setting, a value that is none of its choices, or one that has no default
 */
export const resolveSettings = (spec: MappingSpec, given: Readonly<Record<string, string>>): Record<string, string> => {
  const resolved: Record<string, string> = {};
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(spec.settings, name)) continue;
    const near = didYouMean(name, Object.keys(spec.settings));
    const tail = near === undefined ? '.' : `; did you mean "${near}"?`;
    throw new Failure('usage', `The mapping "${spec.name}" has no setting "${name}"${tail}`, { setting: name });
  }
  for (const [name, setting] of Object.entries(spec.settings)) {
    const value = (Object.hasOwn(given, name) ? given[name] : undefined) ?? setting.default;
    if (value === undefined || value === '') {
      if (setting.required !== true) continue;
      throw new Failure(
        'usage',
        `Choose the setting "${name}" (${setting.title}): ${choicesOf(setting)}. It has no default.`,
        {
          setting: name,
          choices: choicesOf(setting),
        },
      );
    }
    if (setting.choices !== undefined && !setting.choices.some((choice) => allows(choice, value))) {
      throw new Failure('usage', `The setting "${name}" (${setting.title}) has to be one of: ${choicesOf(setting)}.`, {
        setting: name,
        choices: choicesOf(setting),
      });
    }
    resolved[name] = value;
  }
  return resolved;
};

/** JSON whose members are in the order of their names. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** @returns the model's own name for a resource as a mapping writes it (`students`, `tpdm/candidates`); undefined where it has none */
export const findResource = (model: ApiModel, name: string): ResourceName | undefined => {
  if (name.includes('/')) return Object.hasOwn(model.resources, name) ? name : undefined;
  const own = `ed-fi/${name}`;
  return Object.hasOwn(model.resources, own)
    ? own
    : Object.keys(model.resources).find((resource) => shortName(resource) === name);
};

interface Registry {
  readonly spec: MappingSpec;
  readonly model: ApiModel;
  readonly settings: Readonly<Record<string, string>>;
  readonly tables: Map<string, TablePlan>;
  readonly slims: Map<string, SlimPlan>;
  readonly views: Map<string, BuiltView>;
  readonly indexes: Map<string, IndexPlan>;
  readonly leftOut: Map<string, LeftOut>;
  readonly descriptorTypes: Set<string>;
}

interface Needed {
  readonly index: number;
  readonly origin: Origin | undefined;
  readonly list: boolean;
}

interface BuiltView {
  readonly plan: ViewPlan;
  /** Makes the view hold a column, and says where. */
  need(column: string): Needed;
}

const positionIn = (columns: string[], column: string): number => {
  const at = columns.indexOf(column);
  return at >= 0 ? at : columns.push(column) - 1;
};

const tableOf = (registry: Registry, name: string): TablePlan => {
  const known = registry.tables.get(name);
  if (known !== undefined) return known;
  const plan: TablePlan = { kind: 'table', name, columns: [], scans: 0 };
  registry.tables.set(name, plan);
  return plan;
};

const slimOf = (registry: Registry, name: string): SlimPlan => {
  const known = registry.slims.get(name);
  if (known !== undefined) return known;
  const plan: SlimPlan = { kind: 'slim', table: tableOf(registry, name), sources: [], cachePlaces: 0 };
  registry.slims.set(name, plan);
  return plan;
};

/** What can be joined under a name: a view, or a table cut down to the columns that joins need. */
const joinable = (
  registry: Registry,
  name: string,
): { readonly relation: SlimPlan | ViewPlan; need(column: string): Needed } => {
  if (Object.hasOwn(registry.spec.views ?? {}, name)) {
    const view = viewOf(registry, name);
    return { relation: view.plan, need: view.need };
  }
  const slim = slimOf(registry, name);
  return {
    relation: slim,
    need: (column) => {
      const source = positionIn(slim.table.columns, column);
      const at = slim.sources.indexOf(source);
      return { index: at >= 0 ? at : slim.sources.push(source) - 1, origin: { table: name, column }, list: false };
    },
  };
};

const indexOf = (registry: Registry, name: string, columns: readonly string[], many: boolean): IndexPlan => {
  const key = `${name} ${many} ${columns.join(' ')}`;
  const known = registry.indexes.get(key);
  if (known !== undefined) return known;
  const { relation, need } = joinable(registry, name);
  // Asking a view for its columns may make further indexes, so this one is numbered after that.
  const positions = columns.map((column) => need(column).index);
  const plan: IndexPlan = { number: registry.indexes.size, relation, key: positions, many };
  registry.indexes.set(key, plan);
  return plan;
};

interface BuiltScope {
  readonly plan: ScopePlan;
  readonly scope: Scope;
  /** Fixes the steps, once every expression that uses them is compiled. */
  finish(): void;
}

/**
 * Compiles where rows come from. Joins that neither filter nor fan out nor report are only made when an expression uses
 * them, so that a file is not read for a property that the connection does not have.
 */
const scopeOf = (registry: Registry, rows: Rows, resource: ResourceModel | undefined): BuiltScope => {
  const { from, steps = [], where = [] } = rows;
  const fromName = (from.view ?? from.table)!;
  const fromView = from.view === undefined ? undefined : viewOf(registry, from.view);
  const source = fromView?.plan ?? tableOf(registry, fromName);
  if (source.kind === 'table') source.scans += 1;

  const plan: ScopePlan = {
    source,
    clean: from.clean === true,
    slots: steps.length + 1,
    conditions: [],
    steps: [],
    indexes: new Set(),
    never: false,
  };
  const built: (StepPlan | undefined)[] = steps.map(() => undefined);
  const origins: (Origin | undefined)[] = steps.map(() => undefined);
  /** Collections being compiled: their names are known only inside. */
  const opened = new Map<string, { readonly slot: number; readonly rows: string | undefined }>();

  const buildJoin = (at: number, step: Extract<StepSpec, { join: string }>): StepPlan => {
    const columns = Object.keys(step.on).sort();
    const index = indexOf(registry, step.join, columns, step.many === true);
    plan.indexes.add(index);
    const key = compileKey(
      columns.map((column) => step.on[column]!),
      scope,
    );
    return {
      slot: at + 1,
      conditions: [],
      kind: 'join',
      index,
      key: key.evaluate,
      missing: step.missing ?? 'empty',
      many: step.many === true,
      table: rootTable(index.relation).name,
      column: key.origin?.column ?? '',
    };
  };

  const buildEach = (at: number, step: Extract<StepSpec, { each: unknown }>): StepPlan => {
    let items: (frame: Frame) => readonly string[];
    let origin: Origin | undefined;
    if ('list' in step.each) {
      const list = compileExpression(step.each.list, scope, '');
      items = compileList(list, step.each.separator);
      origin = list.origin;
    } else {
      const parts = step.each.of.map((part) => compileExpression(part, scope, ''));
      origin = parts.find((part) => part.origin !== undefined)?.origin;
      items = (frame) => {
        const values = new Set<string>();
        for (const part of parts) {
          const value = asText(part.evaluate(frame));
          if (value !== undefined) values.add(value);
        }
        return [...values];
      };
    }
    origins[at] = origin;
    return {
      slot: at + 1,
      conditions: [],
      kind: 'each',
      items,
      empty: step.empty ?? 'drop',
      table: origin?.table ?? fromName,
      column: origin?.column ?? '',
    };
  };

  const use = (at: number): void => {
    if (built[at] !== undefined) return;
    const step = steps[at]!;
    built[at] = 'join' in step ? buildJoin(at, step) : buildEach(at, step);
  };

  const bind = (alias: string, column: string): BoundColumn => {
    const inner = opened.get(alias);
    if (inner !== undefined) {
      if (inner.rows === undefined) return { slot: inner.slot, index: 0, origin: undefined, list: false, raw: false };
      return { slot: inner.slot, raw: false, ...joinable(registry, inner.rows).need(column) };
    }
    if (alias === from.as) {
      if (fromView !== undefined) return { slot: 0, raw: false, ...fromView.need(column) };
      const table = tableOf(registry, fromName);
      return {
        slot: 0,
        raw: true,
        index: positionIn(table.columns, column),
        origin: { table: fromName, column },
        list: false,
      };
    }
    const at = steps.findIndex((step) => step.as === alias);
    const step = steps[at]!;
    use(at);
    if (!('join' in step)) return { slot: at + 1, index: 0, origin: origins[at], list: false, raw: false };
    return { slot: at + 1, raw: false, ...joinable(registry, step.join).need(column) };
  };

  const scope: Scope = {
    bind,
    open: (alias, rowsOf) => {
      const slot = plan.slots;
      plan.slots += 1;
      opened.set(alias, { slot, rows: rowsOf });
      return { slot, close: () => opened.delete(alias) };
    },
    index: (name, columns) => {
      const sorted = [...columns].sort();
      const index = indexOf(registry, name, sorted, true);
      plan.indexes.add(index);
      return { index: index.number, columns: sorted };
    },
    cachePlace: (slot) => {
      const step = steps[slot - 1];
      if (slot === 0 || step === undefined || !('join' in step)) return undefined;
      const { relation } = joinable(registry, step.join);
      relation.cachePlaces += 1;
      return relation.cachePlaces - 1;
    },
    settings: registry.settings,
    lookups: registry.spec.lookups ?? {},
    resource: resource?.name,
    resourceNamed: (name) => findResource(registry.model, name),
    leaveOut: (path) => {
      if (resource !== undefined) registry.leftOut.set(`${resource.name} ${path}`, { resource: resource.name, path });
    },
    needDescriptor: (type) => registry.descriptorTypes.add(type),
  };

  for (const [at, step] of steps.entries()) {
    if ('each' in step || step.many === true || step.missing === 'drop' || step.missing === 'issue') use(at);
  }
  const conditions: CompiledCondition[] = [];
  for (const condition of where) {
    const compiled = compileCondition(condition, scope);
    if (compiled.always === false) plan.never = true;
    if (compiled.always === undefined) conditions.push(compiled);
  }

  return {
    plan,
    scope,
    finish: () => {
      const used = built.filter((step) => step !== undefined);
      // A condition is asked as soon as the rows it looks at are there.
      const last = (condition: CompiledCondition): number => Math.max(0, ...condition.slots);
      const upTo = (from: number, to: number) =>
        conditions.filter((condition) => last(condition) >= from && last(condition) < to).map(({ holds }) => holds);
      plan.conditions = upTo(0, used[0]?.slot ?? Number.POSITIVE_INFINITY);
      for (const [at, step] of used.entries()) {
        step.conditions = upTo(step.slot, used[at + 1]?.slot ?? Number.POSITIVE_INFINITY);
      }
      plan.steps = used;
    },
  };
};

const viewOf = (registry: Registry, name: string): BuiltView => {
  const known = registry.views.get(name);
  if (known !== undefined) return known;
  const view: View = registry.spec.views![name]!;
  const built =
    'union' in view
      ? unionView(registry, name, view)
      : 'group' in view
        ? groupView(registry, name, view)
        : rowView(registry, name, view);
  registry.views.set(name, built);
  return built;
};

const rowView = (registry: Registry, name: string, view: Extract<View, { columns: unknown }>): BuiltView => {
  const { plan: scopePlan, scope, finish } = scopeOf(registry, view, undefined);
  const facts: Needed[] = [];
  const plan: RowViewPlan = {
    kind: 'view',
    form: 'rows',
    name,
    table: rootTable(scopePlan.source),
    scope: scopePlan,
    columns: [],
    distinct: view.distinct?.length,
    rank: undefined,
    cachePlaces: 0,
  };
  const add = (column: string, compiled: Pick<Compiled, 'evaluate' | 'origin' | 'list'>): Needed => {
    const fact = { index: plan.columns.length, origin: compiled.origin, list: compiled.list === true };
    plan.columns.push({ name: column, evaluate: compiled.evaluate });
    facts.push(fact);
    // Compiling may have used further joins.
    finish();
    return fact;
  };
  const need = (column: string): Needed => {
    const at = plan.columns.findIndex((known) => known.name === column);
    if (at >= 0) return facts[at]!;
    const { rank } = view;
    if (rank !== undefined && (column === rank.as || column === rank.of)) {
      const positions = (columns: readonly string[]) => columns.map((one) => need(one).index);
      const ranked = plan.rank ?? { within: positions(rank.within), by: positions(rank.by), as: -1, of: -1 };
      const fact = add(column, { evaluate: () => undefined, origin: undefined });
      plan.rank = { ...ranked, [column === rank.as ? 'as' : 'of']: fact.index };
      return fact;
    }
    return add(column, compileExpression(view.columns[column]!, scope, ''));
  };
  for (const column of view.distinct ?? []) need(column);
  finish();
  return { plan, need };
};

const groupView = (registry: Registry, name: string, view: Extract<View, { group: unknown }>): BuiltView => {
  const { plan: scopePlan, scope, finish } = scopeOf(registry, view, undefined);
  const names = Object.keys(view.group);
  const keys = names.map((column) => compileExpression(view.group[column]!, scope, ''));
  const plan: GroupViewPlan = {
    kind: 'view',
    form: 'group',
    name,
    table: rootTable(scopePlan.source),
    scope: scopePlan,
    keys: keys.map(({ evaluate }) => evaluate),
    gathered: [],
    cachePlaces: 0,
  };
  const origins: (Origin | undefined)[] = [];
  finish();
  const need = (column: string): Needed => {
    const key = names.indexOf(column);
    if (key >= 0) return { index: key, origin: keys[key]!.origin, list: false };
    const aggregate: Aggregate = view.gather[column]!;
    const how = Object.keys(aggregate)[0] as Accumulate;
    let at = plan.gathered.findIndex((known) => known.name === column);
    if (at < 0) {
      const part = Object.values(aggregate)[0] as Expression | true;
      const compiled = part === true ? undefined : compileExpression(part, scope, '');
      const one: Evaluate = () => 1;
      at = plan.gathered.push({ name: column, how, evaluate: compiled?.evaluate ?? one }) - 1;
      origins[at] = compiled?.origin;
      finish();
    }
    return { index: names.length + at, origin: origins[at], list: how === 'list' };
  };
  return { plan, need };
};

const unionView = (registry: Registry, name: string, view: Extract<View, { union: unknown }>): BuiltView => {
  const members = view.union.map((member) => viewOf(registry, member));
  const plan: UnionViewPlan = {
    kind: 'view',
    form: 'union',
    name,
    table: members[0]!.plan.table,
    members: members.map((member) => member.plan),
    columns: [],
    distinct: view.distinct?.length,
    cachePlaces: 0,
  };
  const need = (column: string): Needed => {
    const facts = members.map((member) => member.need(column));
    const known = plan.columns.findIndex((one) => one.name === column);
    const index =
      known >= 0 ? known : plan.columns.push({ name: column, positions: facts.map((fact) => fact.index) }) - 1;
    return { index, origin: facts[0]!.origin, list: facts[0]!.list };
  };
  for (const column of view.distinct ?? []) need(column);
  return { plan, need };
};

const compileResource = (registry: Registry, spec: ResourceSpec): ResourcePlan | undefined => {
  const conditional = spec.resource.endsWith('?');
  const written = conditional ? spec.resource.slice(0, -1) : spec.resource;
  const name = findResource(registry.model, written);
  const model = name === undefined ? undefined : registry.model.resources[name];
  if (name === undefined || model === undefined) {
    const resource = written.includes('/') ? written : `ed-fi/${written}`;
    if (!conditional) registry.leftOut.set(resource, { resource });
    return undefined;
  }
  const { plan, scope, finish } = scopeOf(registry, spec, model);
  const id = compileId(spec.id, scope);
  const distinct = spec.distinct === undefined ? undefined : compileId(spec.distinct, scope);
  const members = compileMembers(spec.properties, scope, '', model.properties);
  finish();
  const match = spec.match === undefined ? false : compileCondition(spec.match, scope).always === true;
  return {
    name,
    scope: plan,
    id: id.evaluate,
    distinct: distinct?.evaluate,
    match,
    allowDelete: spec.delete !== false && !match,
    names: members.map((member) => member.name),
    properties: members.map((member) => member.value.evaluate),
  };
};

/**
 * Compiles a mapping for one connection, once: to functions that know where every value is.
 * @param spec the mapping, as `parseMapping` gives it
 * @param model the connection's own specification
 * @param given the connection's settings; defaults are filled in
 * @returns what `runMapping` runs, and what the steward should know of it
 * @throws Failure mapping-invalid for a name that stands for nothing, usage for a setting
 */
export const compileMapping = (
  spec: MappingSpec,
  model: ApiModel,
  given: Readonly<Record<string, string>>,
): CompiledMapping => {
  checkMapping(spec);
  const settings = resolveSettings(spec, given);
  const registry: Registry = {
    spec,
    model,
    settings,
    tables: new Map(),
    slims: new Map(),
    views: new Map(),
    indexes: new Map(),
    leftOut: new Map(),
    descriptorTypes: new Set(),
  };
  const resources: ResourcePlan[] = [];
  for (const resource of spec.resources) {
    const plan = compileResource(registry, resource);
    if (plan !== undefined) resources.push(plan);
  }
  const indexes = [...registry.indexes.values()];
  for (const { relation } of indexes) if (relation.kind === 'slim') relation.table.scans += 1;
  return {
    version: createHash('sha256').update(canonical({ spec, settings })).digest('hex').slice(0, 16),
    resources: resources.map(({ name, match, allowDelete, scope, names }) => ({
      name,
      disposition: match ? 'match' : 'create',
      members: names,
      allowDelete,
      sourceTables: [...needsOf(scope).tables].map((table) => table.name).sort(),
      table: rootTable(scope.source).name,
    })),
    tables: new Map([...registry.tables.values()].map((table) => [table.name, table.columns])),
    leftOut: [...registry.leftOut.values()],
    descriptorTypes: registry.descriptorTypes,
    settings,
    plan: { resources, indexes },
  };
};
