import { Failure } from '../errors/failure.ts';
import { COLUMNS, isCredential } from '../sources/oneroster/columns.ts';
import { hint } from './did-you-mean.ts';

import type { Condition, Expression, MappingSpec, Members, Rows, Transform, View } from './spec.ts';

/** The tables of the source and their columns. */
const onerosterTables: Readonly<Record<string, readonly string[]>> = COLUMNS;

/** The columns that each alias has; undefined where it is the item of a list, named by the alias alone. */
type Aliases = ReadonlyMap<string, readonly string[] | undefined>;

/** The columns that a view makes. */
export const columnsOfView = (view: View, views: Readonly<Record<string, View>>): readonly string[] => {
  if ('union' in view) {
    const first = views[view.union[0]!];
    return first === undefined || first === view ? [] : columnsOfView(first, views);
  }
  if ('group' in view) return [...Object.keys(view.group), ...Object.keys(view.gather)];
  return [...Object.keys(view.columns), ...(view.rank === undefined ? [] : [view.rank.as, view.rank.of])];
};

/**
 * Checks that every name in a mapping stands for something: aliases, columns, views, settings and lookups, also in parts
 * that the connection's settings or specification leave unused.
 * @throws Failure mapping-invalid, naming the mapping, the place, and the nearest known name
 */
export const checkMapping = (spec: MappingSpec): void => {
  const views = spec.views ?? {};

  const fail = (place: string, sentence: string): never => {
    throw new Failure('mapping-invalid', `In the mapping "${spec.name}", ${place} ${sentence}`, {
      mapping: spec.name,
      place,
    });
  };
  const known = (place: string, what: string, name: string, names: readonly string[]): void => {
    if (!names.includes(name)) fail(place, `names the ${what} "${name}", which is not known${hint(name, names)}`);
  };
  const checkColumn = (place: string, column: string, columns: readonly string[]): void => {
    if (isCredential(column))
      fail(place, `names the column "${column}", which is never read because it is a credential.`);
    known(place, 'column', column, columns);
  };
  const columnsOf = (place: string, name: string): readonly string[] => {
    const view = views[name];
    if (view !== undefined) return columnsOfView(view, views);
    known(place, 'table or view', name, [...Object.keys(onerosterTables), ...Object.keys(views)]);
    return [...(onerosterTables[name] ?? []), ...(spec.extensions?.[name] ?? [])];
  };
  const checkSetting = (place: string, name: string): void => known(place, 'setting', name, Object.keys(spec.settings));

  const checkTransform = (place: string, transform: Transform): void => {
    if (typeof transform === 'string') return;
    if ('date' in transform && 'setting' in transform.date) checkSetting(place, transform.date.setting);
    if ('typedId' in transform && typeof transform.typedId !== 'string') checkSetting(place, transform.typedId.setting);
  };

  /** A view's columns hold single values; objects and collections belong to resources. */
  let single = false;
  const notInView = (place: string): void => {
    if (single) fail(place, 'makes an object or a collection, which a view cannot hold.');
  };

  const checkMembers = (place: string, members: Members, aliases: Aliases): void => {
    for (const [name, expression] of Object.entries(members))
      checkExpression(`${place} › ${name}`, expression, aliases);
  };

  const checkExpression = (place: string, expression: Expression, aliases: Aliases): void => {
    const inner = (part: Expression): void => checkExpression(place, part, aliases);
    if (typeof expression === 'string') {
      const dot = expression.indexOf('.');
      const alias = dot < 0 ? expression : expression.slice(0, dot);
      known(place, 'alias', alias, [...aliases.keys()]);
      const columns = aliases.get(alias);
      if (columns === undefined && dot >= 0)
        fail(place, `asks for a column of "${alias}", which is the item of a list and has none.`);
      if (columns !== undefined && dot < 0) fail(place, `names "${alias}" without a column.`);
      if (columns !== undefined) checkColumn(place, expression.slice(dot + 1), columns);
    } else if ('setting' in expression) checkSetting(place, expression.setting);
    else if ('lookup' in expression) {
      known(place, 'lookup', expression.lookup, Object.keys(spec.lookups ?? {}));
      inner(expression.of);
      if (expression.otherwise !== undefined) inner(expression.otherwise);
    } else if ('descriptor' in expression) {
      if (Array.isArray(expression.of)) expression.of.forEach(inner);
      else inner(expression.of as Expression);
    } else if ('members' in expression) {
      notInView(place);
      checkMembers(place, expression.members, aliases);
    } else if ('items' in expression) {
      notInView(place);
      for (const { when, item } of expression.items) {
        if (when !== undefined) checkCondition(place, when, aliases);
        checkMembers(place, item, aliases);
      }
    } else if ('each' in expression) {
      notInView(place);
      const { each } = expression;
      if ('rows' in each) {
        const columns = columnsOf(place, each.rows);
        for (const column of Object.keys(each.on)) checkColumn(place, column, columns);
        checkMembers(place, each.on, aliases);
        checkMembers(place, expression.item, new Map([...aliases, [each.as, columns]]));
      } else {
        inner(each.list);
        checkMembers(place, expression.item, new Map([...aliases, [each.as, undefined]]));
      }
    } else if ('case' in expression) {
      for (const { when, use } of expression.case) {
        checkCondition(place, when, aliases);
        inner(use);
      }
      if (expression.else !== undefined) inner(expression.else);
    } else if ('test' in expression) checkCondition(place, expression.test, aliases);
    else if ('firstOf' in expression) expression.firstOf.forEach(inner);
    else if ('concatenate' in expression) expression.concatenate.forEach(inner);
    else if ('latest' in expression) expression.latest.forEach(inner);
    else if ('earliest' in expression) expression.earliest.forEach(inner);
    else if ('weekdays' in expression) expression.weekdays.forEach(inner);
    else if ('value' in expression) {
      inner(expression.value);
      for (const transform of expression.by) checkTransform(place, transform);
    } else if ('freeze' in expression) {
      inner(expression.freeze);
      expression.for?.id.forEach(inner);
    } else if ('optional' in expression) inner(expression.optional);
    else if ('required' in expression) inner(expression.required);
  };

  const checkCondition = (place: string, condition: Condition, aliases: Aliases): void => {
    if ('all' in condition) for (const one of condition.all) checkCondition(place, one, aliases);
    else if ('any' in condition) for (const one of condition.any) checkCondition(place, one, aliases);
    else if ('not' in condition) checkCondition(place, condition.not, aliases);
    else if ('same' in condition) for (const part of condition.same) checkExpression(place, part, aliases);
    else if ('before' in condition) for (const part of condition.before) checkExpression(place, part, aliases);
    else checkExpression(place, condition.of, aliases);
  };

  /** Checks where rows come from; gives the aliases that the rest can use. */
  const checkRows = (place: string, { from, steps = [], where = [] }: Rows): Aliases => {
    if (from.view !== undefined) known(place, 'view', from.view, Object.keys(views));
    if (from.table !== undefined) known(place, 'table', from.table, Object.keys(onerosterTables));
    const aliases = new Map<string, readonly string[] | undefined>([
      [from.as, columnsOf(place, (from.view ?? from.table)!)],
    ]);
    for (const step of steps) {
      if (aliases.has(step.as)) fail(place, `uses the alias "${step.as}" twice.`);
      if ('join' in step) {
        const columns = columnsOf(place, step.join);
        for (const column of Object.keys(step.on)) checkColumn(place, column, columns);
        checkMembers(place, step.on, aliases);
        aliases.set(step.as, columns);
      } else {
        if ('list' in step.each) checkExpression(place, step.each.list, aliases);
        else for (const part of step.each.of) checkExpression(place, part, aliases);
        aliases.set(step.as, undefined);
      }
    }
    for (const condition of where) checkCondition(place, condition, aliases);
    return aliases;
  };

  const checkView = (name: string, view: View): void => {
    const place = `views › ${name}`;
    const columns = columnsOfView(view, views);
    if ('union' in view) {
      for (const member of view.union) {
        known(place, 'view', member, Object.keys(views));
        for (const column of columns) known(place, `column of ${member}`, column, columnsOfView(views[member]!, views));
      }
    } else {
      const aliases = checkRows(place, view);
      if ('group' in view) {
        checkMembers(place, view.group, aliases);
        for (const aggregate of Object.values(view.gather)) {
          if (!('count' in aggregate)) checkExpression(place, Object.values(aggregate)[0] as Expression, aliases);
        }
        return;
      }
      checkMembers(place, view.columns, aliases);
      for (const column of [...(view.rank?.within ?? []), ...(view.rank?.by ?? [])])
        known(place, 'column', column, Object.keys(view.columns));
    }
    for (const column of view.distinct ?? []) known(place, 'column', column, columns);
  };

  /** A view may use others, but not itself through them. */
  const checkCircles = (name: string, above: readonly string[]): void => {
    const view = views[name];
    if (view === undefined) return;
    if (above.includes(name))
      fail(`views › ${name}`, `uses itself, through ${above.slice(above.indexOf(name)).join(', ')}.`);
    const used =
      'union' in view
        ? view.union
        : [view.from.view ?? '', ...(view.steps ?? []).map((step) => ('join' in step ? step.join : ''))];
    for (const other of used) checkCircles(other, [...above, name]);
  };

  for (const name of Object.keys(views)) {
    if (onerosterTables[name] !== undefined) fail(`views › ${name}`, 'has the name of a table; give it another.');
    checkCircles(name, []);
  }
  single = true;
  for (const [name, view] of Object.entries(views)) checkView(name, view);
  single = false;
  for (const resource of spec.resources) {
    const place = `resources › ${resource.resource}`;
    const aliases = checkRows(place, resource);
    for (const part of [...resource.id, ...(resource.distinct ?? [])]) checkExpression(place, part, aliases);
    if (resource.match !== undefined) checkCondition(place, resource.match, new Map());
    checkMembers(place, resource.properties, aliases);
  }
};
