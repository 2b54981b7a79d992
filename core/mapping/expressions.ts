import type { JsonObject, JsonValue, PropertyModel, ReferenceMember, ResourceName } from '../edfi/model.ts';
import { type CodeUse, createCodes } from './codes.ts';
import { weekdaysBetween } from './dates.ts';
import {
  cachedPerRow,
  countCode,
  type Evaluate,
  emptyRow,
  type Frame,
  lookUp,
  newRow,
  type Row,
  report,
  rowAt,
  warn,
} from './runtime.ts';
import type { Condition, EachItem, Expression, Members } from './spec.ts';
import { compileTransform, listSeparator, splitList, tidy, unreadable, type Value } from './transforms.ts';
import type { MappingIssue } from './types.ts';

/** Where a value comes from, for the sentence about it. */
export interface Origin {
  readonly table: string;
  readonly column: string;
}

export interface Compiled {
  readonly evaluate: Evaluate;
  /** The joined rows it looks at. */
  readonly slots: ReadonlySet<number>;
  /** Its value does not depend on any row. */
  readonly constant: boolean;
  /** It must be asked for every record anew. */
  readonly impure: boolean;
  readonly origin: Origin | undefined;
  /** A list that a view gathered, passed on as it is. */
  readonly list?: boolean;
}

export interface CompiledCondition {
  readonly holds: (frame: Frame) => boolean;
  readonly slots: ReadonlySet<number>;
  /** Known without looking at any row. */
  readonly always: boolean | undefined;
}

export interface BoundColumn {
  readonly slot: number;
  readonly index: number;
  readonly origin: Origin | undefined;
  /** A list that a view gathered. */
  readonly list: boolean;
  /** Straight from a file, so not trimmed yet. */
  readonly raw: boolean;
}

export interface BoundRows {
  /** Number of the row index to ask. */
  readonly index: number;
  /** The columns in the order in which their values make up the index's key. */
  readonly columns: readonly string[];
}

/** What the surroundings of an expression offer to it: the rows joined there, and the connection. */
export interface Scope {
  /** Registers the use of a column. */
  bind(alias: string, column: string): BoundColumn;
  /** Makes room for the rows or items of a collection under a name of its own. */
  open(alias: string, rows: string | undefined): { readonly slot: number; readonly close: () => void };
  /** Registers the use of an index over a table or view. */
  index(rows: string, columns: readonly string[]): BoundRows;
  /** Where values worked out from this row alone can be kept on it; undefined where the row is seen only once. */
  cachePlace(slot: number): number | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly lookups: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The resource made here, if it is one. */
  readonly resource: ResourceName | undefined;
  /** The connection's full name for a resource, if it has it. */
  resourceNamed(name: string): ResourceName | undefined;
  leaveOut(path: string): void;
  needDescriptor(type: string): void;
}

type Shape = readonly (PropertyModel | (ReferenceMember & { readonly kind?: undefined }))[];

/** What the specification expects at the place of an expression. */
type Target =
  | { readonly kind: 'value'; readonly type: string | undefined }
  | { readonly kind: 'object'; readonly shape: Shape; readonly reference: boolean }
  | { readonly kind: 'collection'; readonly shape: Shape };

const anyValue: Target = { kind: 'value', type: undefined };

const targetOf = (property: Shape[number]): Target => {
  switch (property.kind) {
    case undefined:
    case 'scalar':
      return { kind: 'value', type: property.type };
    case 'descriptor':
      return anyValue;
    case 'reference':
      return { kind: 'object', shape: property.members, reference: true };
    case 'object':
      return { kind: 'object', shape: property.properties, reference: false };
    case 'collection':
      return { kind: 'collection', shape: property.properties };
    default:
      return property satisfies never;
  }
};

const none: ReadonlySet<number> = new Set();

const union = (parts: Iterable<{ readonly slots: ReadonlySet<number> }>): ReadonlySet<number> => {
  const slots = new Set<number>();
  for (const part of parts) for (const slot of part.slots) slots.add(slot);
  return slots;
};

const constant = (value: JsonValue | undefined): Compiled => ({
  evaluate: () => value,
  slots: none,
  constant: true,
  impure: false,
  origin: undefined,
});

const nowhere: Frame = {
  rows: [],
  run: { indexes: [], frozen: () => undefined, codes: createCodes({}), onLookUp: undefined },
  resolve: () => emptyRow,
  sourceId: '',
  issues: undefined,
  warnings: undefined,
  frozen: undefined,
  collecting: undefined,
};

/** A function of other functions; when all of them are constant and it cannot fail, so is it. */
const derived = (parts: readonly Compiled[], evaluate: Evaluate): Compiled => {
  if (parts.every((part) => part.constant)) {
    const value = evaluate(nowhere);
    const failed = nowhere.issues !== undefined;
    nowhere.issues = undefined;
    if (!failed) return constant(value);
  }
  return {
    evaluate,
    slots: union(parts),
    constant: false,
    impure: parts.some((part) => part.impure),
    origin: parts.find((part) => part.origin !== undefined)?.origin,
  };
};

/** A scalar as text; lists and objects do not get here. */
export const asText = (value: JsonValue | undefined): string | undefined =>
  value === undefined || value === null ? undefined : typeof value === 'string' ? value : String(value);

const issueOf = (
  code: MappingIssue['code'],
  path: string,
  origin: Origin | undefined,
  more: { readonly value?: string; readonly descriptor?: string; readonly setting?: string } = {},
): MappingIssue => ({
  code,
  path,
  ...(origin === undefined ? {} : { table: origin.table, column: origin.column }),
  ...more,
});

const readers: Readonly<Record<string, 'integer' | 'number' | 'boolean'>> = {
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
};

/** Brings a value into the type that the specification has for it; a text stays a text, however long. */
const coerced = (part: Compiled, target: Target, path: string): Compiled => {
  if (target.kind !== 'value' || target.type === undefined) return part;
  const reader = readers[target.type];
  if (reader === undefined) {
    return derived([part], (frame) => {
      const value = part.evaluate(frame);
      return typeof value === 'string' ? value : asText(value);
    });
  }
  const read = compileTransform(reader, {});
  const wanted = reader === 'boolean' ? 'boolean' : 'number';
  return derived([part], (frame) => {
    const value = part.evaluate(frame);
    if (value === undefined || typeof value === wanted) return value;
    const result = read(value as Value);
    if (result !== unreadable) return result as JsonValue | undefined;
    report(frame, issueOf('value-unreadable', path, part.origin, { value: String(value) }));
    return undefined;
  });
};

const conditional = (name: string): boolean => name.endsWith('?');
const plainName = (name: string): string => (conditional(name) ? name.slice(0, -1) : name);
const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** Compiles an expression; see `spec.ts` for what each kind means. `path` is the property it makes. */
export const compileExpression = (
  expression: Expression,
  scope: Scope,
  path: string,
  target: Target = anyValue,
): Compiled => {
  const inner = (part: Expression): Compiled => compileExpression(part, scope, path);
  const sameTarget = (part: Expression): Compiled => compileExpression(part, scope, path, target);
  const ready = (part: Compiled): Compiled => coerced(part, target, path);

  if (typeof expression === 'string') {
    const dot = expression.indexOf('.');
    const [alias, column] = dot < 0 ? [expression, 'value'] : [expression.slice(0, dot), expression.slice(dot + 1)];
    const { slot, index, origin, list, raw } = scope.bind(alias, column);
    const evaluate: Evaluate = list
      ? (frame) => {
          const value = rowAt(frame, slot).values[index];
          return value === undefined || value === '' ? undefined : value.split(listSeparator);
        }
      : raw
        ? (frame) => tidy(rowAt(frame, slot).values[index])
        : (frame) => rowAt(frame, slot).values[index] || undefined;
    return ready({ evaluate, slots: new Set([slot]), constant: false, impure: false, origin, list });
  }
  if ('constant' in expression) return ready(constant(expression.constant));
  if ('setting' in expression) {
    const { setting, after = '' } = expression;
    const value = tidy(scope.settings[setting]);
    return ready(constant(value?.startsWith(after) ? tidy(value.slice(after.length)) : undefined));
  }
  if ('lookup' in expression) {
    const table = scope.lookups[expression.lookup] ?? {};
    const of = inner(expression.of);
    const otherwise = expression.otherwise === undefined ? undefined : inner(expression.otherwise);
    const filled = Object.keys(table).length > 0;
    if (!filled && otherwise !== undefined) return ready(otherwise);
    return ready(
      derived(otherwise === undefined ? [of] : [of, otherwise], (frame) => {
        const code = asText(of.evaluate(frame));
        const found = code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined;
        return found ?? otherwise?.evaluate(frame);
      }),
    );
  }
  if ('descriptor' in expression) return compileDescriptor(expression, scope, path);
  if ('members' in expression) {
    const reference = target.kind === 'object' && target.reference;
    const shape = target.kind === 'value' ? undefined : target.shape;
    return objectOf(compileMembers(expression.members, scope, path, shape), reference, scope);
  }
  if ('items' in expression) {
    const shape = target.kind === 'collection' ? target.shape : undefined;
    const items: { readonly when: CompiledCondition; readonly item: Compiled }[] = [];
    for (const { when, item } of expression.items) {
      const condition = when === undefined ? always : compileCondition(when, scope);
      if (condition.always === false) continue;
      items.push({ when: condition, item: objectOf(compileMembers(item, scope, `${path}[]`, shape), false, scope) });
    }
    return varying([...items.map(({ item }) => item)], union(items.map(({ when }) => when)), (frame) => {
      const list: JsonValue[] = [];
      for (const { when, item } of items) {
        if (!when.holds(frame)) continue;
        const value = item.evaluate(frame);
        if (value !== undefined) list.push(value);
      }
      return distinctItems(list);
    });
  }
  if ('each' in expression) {
    const shape = target.kind === 'collection' ? target.shape : undefined;
    return compileEach(expression.each, expression.item, scope, path, shape);
  }
  if ('case' in expression) {
    const branches: { readonly when: CompiledCondition; readonly use: Compiled }[] = [];
    let last: Compiled | undefined;
    for (const { when, use } of expression.case) {
      const condition = compileCondition(when, scope);
      if (condition.always === false) continue;
      // What a setting rules out is never compiled, so that its columns and files are not read.
      if (condition.always === true) {
        last = sameTarget(use);
        break;
      }
      branches.push({ when: condition, use: sameTarget(use) });
    }
    const otherwise = last ?? (expression.else === undefined ? constant(undefined) : sameTarget(expression.else));
    if (branches.length === 0) return otherwise;
    return varying([...branches.map(({ use }) => use), otherwise], union(branches.map(({ when }) => when)), (frame) => {
      for (const { when, use } of branches) if (when.holds(frame)) return use.evaluate(frame);
      return otherwise.evaluate(frame);
    });
  }
  if ('test' in expression) {
    const condition = compileCondition(expression.test, scope);
    if (condition.always !== undefined) return ready(constant(condition.always));
    return ready(varying([], condition.slots, condition.holds));
  }
  if ('firstOf' in expression) {
    const parts: Compiled[] = [];
    for (const part of expression.firstOf) {
      const next = sameTarget(part);
      if (next.constant && next.evaluate(nowhere) === undefined) continue;
      parts.push(next);
      if (next.constant) break;
    }
    const [first] = parts;
    if (first === undefined) return constant(undefined);
    if (parts.length === 1) return first;
    return derived(parts, (frame) => {
      for (const part of parts) {
        const value = part.evaluate(frame);
        if (value !== undefined) return value;
      }
      return undefined;
    });
  }
  if ('concatenate' in expression) {
    const parts = expression.concatenate.map(inner);
    const between = expression.with ?? '';
    return ready(
      derived(parts, (frame) => {
        let text: string | undefined;
        for (const part of parts) {
          const value = asText(part.evaluate(frame));
          if (value !== undefined) text = text === undefined ? value : text + between + value;
        }
        return text;
      }),
    );
  }
  if ('latest' in expression) return ready(extreme(expression.latest.map(inner), (a, b) => a > b));
  if ('earliest' in expression) return ready(extreme(expression.earliest.map(inner), (a, b) => a < b));
  if ('weekdays' in expression) {
    const [from, to] = [inner(expression.weekdays[0]), inner(expression.weekdays[1])];
    return ready(
      derived([from, to], (frame) => {
        const [begin, end] = [asText(from.evaluate(frame)), asText(to.evaluate(frame))];
        return begin === undefined || end === undefined ? undefined : weekdaysBetween(begin, end);
      }),
    );
  }
  if ('value' in expression) {
    const value = inner(expression.value);
    const steps = expression.by.map((transform) => compileTransform(transform, scope.settings));
    return ready(
      derived([value], (frame) => {
        const before = value.evaluate(frame) as Value | undefined;
        let now: Value | undefined = before;
        for (const step of steps) {
          const next = step(now);
          if (next === unreadable) {
            report(frame, issueOf('value-unreadable', path, value.origin, { value: String(before) }));
            return undefined;
          }
          now = next;
        }
        return now as JsonValue | undefined;
      }),
    );
  }
  if ('freeze' in expression) return ready(compileFreeze(expression, scope, path));
  if ('optional' in expression) {
    const part = sameTarget(expression.optional);
    if (part.constant) return part;
    return {
      ...part,
      evaluate: (frame) => {
        const outer = frame.issues;
        frame.issues = undefined;
        const value = part.evaluate(frame);
        const met = issuesOf(frame);
        frame.issues = outer;
        if (met === undefined) return value;
        for (const issue of met) warn(frame, issue);
        return undefined;
      },
    };
  }
  if ('required' in expression) {
    const part = sameTarget(expression.required);
    const setting =
      typeof expression.required === 'object' && 'setting' in expression.required
        ? expression.required.setting
        : undefined;
    const issue =
      setting === undefined
        ? issueOf('value-missing', path, part.origin)
        : issueOf('required-setting', path, undefined, { setting });
    return {
      ...part,
      constant: false,
      evaluate: (frame) => {
        const value = part.evaluate(frame);
        // An unreadable value has been told already.
        if (value === undefined && frame.issues === undefined) report(frame, issue);
        return value;
      },
    };
  }
  return expression satisfies never;
};

/** A function, since the compiler does not see that evaluating fills the frame. */
const issuesOf = (frame: Frame): readonly MappingIssue[] | undefined => frame.issues;

const varying = (parts: readonly Compiled[], slots: ReadonlySet<number>, evaluate: Evaluate): Compiled => ({
  evaluate,
  slots: new Set([...union(parts), ...slots]),
  constant: false,
  impure: parts.some((part) => part.impure),
  origin: parts.find((part) => part.origin !== undefined)?.origin,
});

const extreme = (parts: readonly Compiled[], better: (a: string, b: string) => boolean): Compiled =>
  derived(parts, (frame) => {
    let best: string | undefined;
    for (const part of parts) {
      const value = asText(part.evaluate(frame));
      if (value !== undefined && (best === undefined || better(value, best))) best = value;
    }
    return best;
  });

const compileDescriptor = (
  expression: { readonly descriptor: string; readonly of: Expression | readonly Expression[] },
  scope: Scope,
  path: string,
): Compiled => {
  const type = expression.descriptor;
  scope.needDescriptor(type);
  const list: readonly Expression[] = Array.isArray(expression.of) ? expression.of : [expression.of as Expression];
  const codes = list.map((part) => compileExpression(part, scope, path));
  const origin = codes.find((code) => code.origin !== undefined)?.origin;
  return {
    slots: union(codes),
    constant: false,
    impure: codes.some((code) => code.impure),
    origin,
    evaluate: (frame) => {
      let code: string | undefined;
      let use: CodeUse | undefined;
      for (const part of codes) {
        const next = asText(part.evaluate(frame));
        if (next === undefined) continue;
        use = frame.run.codes.use(type, next);
        if (use.uri !== undefined) {
          countCode(frame, use);
          return use.uri;
        }
        // The last is the most general, and so the one worth mapping.
        code = next;
      }
      if (code !== undefined && use !== undefined) {
        countCode(frame, use);
        report(frame, issueOf('descriptor-unmapped', path, origin, { descriptor: type, value: code }));
      }
      return undefined;
    },
  };
};

const compileFreeze = (
  expression: Extract<Expression, { freeze: Expression }>,
  scope: Scope,
  path: string,
): Compiled => {
  const value = compileExpression(expression.freeze, scope, path);
  const holder = expression.for;
  const resource = holder === undefined ? scope.resource : scope.resourceNamed(holder.resource);
  if (resource === undefined) return value;
  const keptPath = holder?.path ?? path;
  const id = holder === undefined ? undefined : compileId(holder.id, scope);
  return {
    slots: new Set([...value.slots, ...(id?.slots ?? [])]),
    constant: false,
    impure: true,
    origin: value.origin,
    evaluate: (frame) => {
      const sourceId = id === undefined ? frame.sourceId : id.evaluate(frame);
      const text = frame.run.frozen(resource, sourceId, keptPath) ?? asText(value.evaluate(frame));
      if (text === undefined) return undefined;
      const held = { resource, sourceId, path: keptPath, value: text };
      if (frame.frozen === undefined) frame.frozen = [held];
      else frame.frozen.push(held);
      return text;
    },
  };
};

/** The source identity made of several values; an absent one is an empty part. */
export const compileId = (
  parts: readonly Expression[],
  scope: Scope,
): { readonly evaluate: (frame: Frame) => string; readonly slots: ReadonlySet<number> } => {
  const compiled = parts.map((part) => compileExpression(part, scope, ''));
  const [first] = compiled;
  return {
    slots: union(compiled),
    evaluate:
      compiled.length === 1
        ? (frame) => asText(first!.evaluate(frame)) ?? ''
        : (frame) => {
            let id = asText(first!.evaluate(frame)) ?? '';
            for (let at = 1; at < compiled.length; at += 1) id += `|${asText(compiled[at]!.evaluate(frame)) ?? ''}`;
            return id;
          },
  };
};

export interface CompiledMember {
  readonly name: string;
  readonly value: Compiled;
  readonly required: boolean;
}

/** Members that the specification has; the others are left out and said, unless written with a question mark. */
export const compileMembers = (
  members: Members,
  scope: Scope,
  path: string,
  shape: Shape | undefined,
): CompiledMember[] => {
  const known = shape === undefined ? undefined : new Map(shape.map((property) => [property.name, property]));
  const compiled: CompiledMember[] = [];
  for (const [written, expression] of Object.entries(members)) {
    const name = plainName(written);
    const property = known?.get(name);
    if (known !== undefined && property === undefined) {
      if (!conditional(written)) scope.leaveOut(joined(path, name));
      continue;
    }
    const target = property === undefined ? anyValue : targetOf(property);
    const value = compileExpression(expression, scope, joined(path, name), target);
    if (value.constant && value.evaluate(nowhere) === undefined && !property?.required) continue;
    compiled.push({ name, value, required: property?.required ?? false });
  }
  return compiled;
};

/**
 * An object out of its members: nothing where one that the specification requires is absent. In a reference all of
 * them count, since half a key names nothing.
 */
const objectOf = (members: readonly CompiledMember[], reference: boolean, scope: Scope): Compiled => {
  const parts = members.map(({ value }) => value);
  const slots = union(parts);
  const impure = parts.some((part) => part.impure);
  const names = members.map(({ name }) => name);
  const needed = members.map(({ required }) => required || reference);
  const evaluators = parts.map((part) => part.evaluate);
  const evaluate: Evaluate = (frame) => {
    const object: JsonObject = {};
    let empty = true;
    for (let at = 0; at < names.length; at += 1) {
      const value = evaluators[at]!(frame);
      if (value !== undefined) {
        object[names[at]!] = value;
        empty = false;
      } else if (needed[at]) return undefined;
    }
    return empty ? undefined : object;
  };
  const [slot] = slots;
  const place = slots.size === 1 && !impure && slot !== undefined ? scope.cachePlace(slot) : undefined;
  return {
    evaluate: place === undefined || slot === undefined ? evaluate : cachedPerRow(evaluate, slot, place),
    slots,
    constant: false,
    impure,
    origin: parts.find((part) => part.origin !== undefined)?.origin,
  };
};

/** A collection without repeats, which the API would refuse; undefined where it is empty. */
const distinctItems = (items: JsonValue[]): JsonValue[] | undefined => {
  if (items.length < 2) return items.length === 0 ? undefined : items;
  const seen = new Set<string>();
  return items.filter((item) => {
    const text = JSON.stringify(item);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
};

const compileEach = (
  each: EachItem,
  members: Members,
  scope: Scope,
  path: string,
  shape: Shape | undefined,
): Compiled => {
  const collect = (rowsOf: (frame: Frame) => readonly Row[], slot: number, item: Compiled): Evaluate => {
    return (frame) => {
      const rows = rowsOf(frame);
      if (rows.length === 0) return undefined;
      const outer = frame.rows[slot]!;
      const list: JsonValue[] = [];
      for (const row of rows) {
        frame.rows[slot] = row;
        const value = item.evaluate(frame);
        if (value !== undefined) list.push(value);
      }
      frame.rows[slot] = outer;
      return distinctItems(list);
    };
  };
  if ('rows' in each) {
    const columns = Object.keys(each.on);
    const bound = scope.index(each.rows, columns);
    const key = compileKey(
      bound.columns.map((column) => each.on[column]!),
      scope,
    );
    const { slot, close } = scope.open(each.as, each.rows);
    const item = objectOf(compileMembers(members, scope, `${path}[]`, shape), false, scope);
    close();
    const rowsOf = (frame: Frame): readonly Row[] => {
      const wanted = key.evaluate(frame);
      const found = wanted === undefined ? undefined : lookUp(frame.run, bound.index, wanted);
      return found === undefined ? [] : Array.isArray(found) ? (found as readonly Row[]) : [found as Row];
    };
    const slots = new Set([...item.slots, ...key.slots]);
    slots.delete(slot);
    // Asked for every record anew: what is looked up for it has to be known of each.
    return { ...item, constant: false, impure: true, slots, evaluate: collect(rowsOf, slot, item) };
  }
  const list = compileExpression(each.list, scope, path);
  const { slot, close } = scope.open(each.as, undefined);
  const item = objectOf(compileMembers(members, scope, `${path}[]`, shape), false, scope);
  close();
  const itemsOf = compileList(list, each.separator);
  const slots = new Set([...item.slots, ...list.slots]);
  slots.delete(slot);
  return {
    ...item,
    constant: false,
    slots,
    origin: list.origin,
    evaluate: collect((frame) => itemsOf(frame).map((text) => newRow([text], 0)), slot, item),
  };
};

/** The items of a list: one that a view gathered, or a text with separators (a comma, when none is named). */
export const compileList = (list: Compiled, separator = ','): ((frame: Frame) => readonly string[]) => {
  return (frame) => {
    const value = list.evaluate(frame);
    if (value === undefined) return [];
    return Array.isArray(value) ? (value as string[]) : splitList(String(value), separator);
  };
};

const keySeparator = '\u0001';

/** One text for several values, to find rows by; undefined where one of them is absent. */
export const compileKey = (
  parts: readonly Expression[],
  scope: Scope,
): {
  readonly evaluate: (frame: Frame) => string | undefined;
  readonly slots: ReadonlySet<number>;
  readonly origin: Origin | undefined;
} => {
  const compiled = parts.map((part) => compileExpression(part, scope, ''));
  const origin = compiled.find((part) => part.origin !== undefined)?.origin;
  const slots = union(compiled);
  const [first] = compiled;
  if (first === undefined) return { evaluate: () => '', slots, origin };
  if (compiled.length === 1) return { evaluate: (frame) => asText(first.evaluate(frame)), slots, origin };
  return {
    slots,
    origin,
    evaluate: (frame) => {
      let key: string | undefined;
      for (const part of compiled) {
        const value = asText(part.evaluate(frame));
        if (value === undefined) return undefined;
        key = key === undefined ? value : key + keySeparator + value;
      }
      return key;
    },
  };
};

/** The key under which `compileKey` finds a row with these values. */
export const keyOf = (values: readonly string[]): string => values.join(keySeparator);

const always: CompiledCondition = { holds: () => true, slots: none, always: true };

const folded = (parts: readonly Compiled[], holds: (frame: Frame) => boolean): CompiledCondition => {
  const known = parts.every((part) => part.constant);
  return { holds, slots: union(parts), always: known ? holds(nowhere) : undefined };
};

/** Compiles a condition; one that depends on settings alone is decided now. */
export const compileCondition = (condition: Condition, scope: Scope): CompiledCondition => {
  const part = (expression: Expression): Compiled => compileExpression(expression, scope, '');
  if ('all' in condition || 'any' in condition) {
    const every = 'all' in condition;
    const wanted: CompiledCondition[] = [];
    for (const one of 'all' in condition ? condition.all : condition.any) {
      const compiled = compileCondition(one, scope);
      if (compiled.always === !every) return { holds: () => !every, slots: none, always: !every };
      if (compiled.always === undefined) wanted.push(compiled);
    }
    if (wanted.length === 0) return { holds: () => every, slots: none, always: every };
    return {
      slots: union(wanted),
      always: undefined,
      holds: every
        ? (frame) => wanted.every((one) => one.holds(frame))
        : (frame) => wanted.some((one) => one.holds(frame)),
    };
  }
  if ('not' in condition) {
    const inner = compileCondition(condition.not, scope);
    return {
      holds: (frame) => !inner.holds(frame),
      slots: inner.slots,
      always: inner.always === undefined ? undefined : !inner.always,
    };
  }
  if ('same' in condition || 'before' in condition) {
    const [a, b] = ('same' in condition ? condition.same : condition.before).map(part) as [Compiled, Compiled];
    const compare = 'same' in condition ? (x: string, y: string) => x === y : (x: string, y: string) => x < y;
    return folded([a, b], (frame) => {
      const [x, y] = [asText(a.evaluate(frame)), asText(b.evaluate(frame))];
      return x !== undefined && y !== undefined && compare(x, y);
    });
  }
  const of = part(condition.of);
  if ('present' in condition) return folded([of], (frame) => (of.evaluate(frame) !== undefined) === condition.present);
  if ('startsWith' in condition) {
    const prefix = condition.startsWith.toLowerCase();
    return folded([of], (frame) => asText(of.evaluate(frame))?.toLowerCase().startsWith(prefix) ?? false);
  }
  const [words, wanted] =
    'is' in condition
      ? [[condition.is], true]
      : 'isNot' in condition
        ? [[condition.isNot], false]
        : 'in' in condition
          ? [condition.in, true]
          : [condition.notIn, false];
  const exact = new Set(words.map(String));
  const set = new Set(words.map((word) => String(word).toLowerCase()));
  return folded([of], (frame) => {
    const value = asText(of.evaluate(frame));
    if (value === undefined) return !wanted;
    return (exact.has(value) || set.has(value.toLowerCase())) === wanted;
  });
};
