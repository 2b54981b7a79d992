import { z } from 'zod';
import { isDateFormat } from './dates.ts';
import { hint } from './did-you-mean.ts';
import type { Aggregate, Condition, EachItem, Expression, MappingSpec, StepSpec, Transform, View } from './spec.ts';

/** zod's issues in our words; each goes behind the place it is about: `… has to be of type string`. */
export const mappingErrors: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_value':
      return `has to be one of ${issue.values.map((known) => JSON.stringify(known)).join(', ')}`;
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `has to be of type ${issue.expected}`;
    case 'too_small':
      return 'is too short or too small';
    default:
      return 'is not as the mapping language wants it';
  }
};

const unknownProperty = (property: string, known: readonly string[]): string =>
  `has a property "${property}" that is not known${hint(property, known)}`;

/** An object with these properties and no other. */
const strict = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? unknownProperty(issue.keys[0] ?? '', Object.keys(shape)) : undefined,
  });

/**
 * One of several objects, told apart by the property that only one of them has; a plain union would answer a misspelt
 * property with everything it is not.
 */
const kinds = <Kind>(what: string, shapes: Readonly<Record<string, z.ZodType>>, text?: z.ZodType): z.ZodType<Kind> =>
  z.custom<Kind>().superRefine((value: unknown, context) => {
    const complain = (message: string) => context.addIssue({ code: 'custom', message });
    const names = Object.keys(shapes);
    let schema: z.ZodType | undefined;
    if (typeof value === 'string' && text !== undefined) schema = text;
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const keys = Object.keys(value);
      schema = shapes[names.find((name) => keys.includes(name)) ?? ''];
      if (schema === undefined) {
        return complain(keys[0] === undefined ? `is empty; it has to be ${what}` : unknownProperty(keys[0], names));
      }
    } else return complain(value === undefined ? 'is missing' : `has to be ${what}`);
    const result = schema.safeParse(value, { error: mappingErrors });
    if (result.success) return;
    for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', message, path });
  });

const text = z.string().min(1);
const scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'has to be a text, a number, true or false' });
const alias = z.string().regex(/^[A-Za-z]\w*$/, { error: 'has to be a short name of letters and digits' });
const column = z.string().regex(/^[A-Za-z]\w*(\..+)?$/, { error: 'has to be alias.column' });

const lazyExpression: z.ZodType<Expression> = z.lazy(() => expression);
const lazyCondition: z.ZodType<Condition> = z.lazy(() => condition);
const expressions = z.array(lazyExpression).min(1);
const members = z.record(text, lazyExpression);

const transform = kinds<Transform>(
  'a transform',
  {
    pad: strict({
      pad: strict({ length: z.int().min(1), with: text.optional(), side: z.enum(['left', 'right']).optional() }),
    }),
    date: strict({
      date: z.union(
        [
          z
            .array(z.string().refine(isDateFormat, { error: 'has to name yyyy, MM or M, and dd or d, once each' }))
            .min(1),
          strict({ setting: text }),
        ],
        { error: 'has to be a list of date formats such as "M/d/yyyy", or {"setting": …}' },
      ),
    }),
    split: strict({ split: text }),
    item: strict({ item: z.int().min(0) }),
    default: strict({ default: scalar }),
    substring: strict({ substring: strict({ from: z.int().min(0).optional(), length: z.int().min(1) }) }),
    replace: strict({ replace: strict({ find: text, with: z.string() }) }),
    maxLength: strict({ maxLength: z.int().min(1) }),
    typedId: strict({
      typedId: z.union([text, strict({ setting: text, after: text.optional() })], {
        error: 'has to be a type of identifier, or {"setting": …}',
      }),
    }),
  },
  z.enum([
    'trim',
    'first',
    'count',
    'date',
    'month',
    'year',
    'number',
    'integer',
    'boolean',
    'upper',
    'lower',
    'title',
    'schoolYear',
    'identifier',
    'compactUuid',
  ]),
);

const eachItem = kinds<EachItem>('a list or rows', {
  list: strict({ list: lazyExpression, separator: text.optional(), as: alias }),
  rows: strict({ rows: text, as: alias, on: members }),
});

const expression = kinds<Expression>(
  'an expression',
  {
    constant: strict({ constant: scalar }),
    setting: strict({ setting: text, after: text.optional() }),
    lookup: strict({ lookup: text, of: lazyExpression, otherwise: lazyExpression.optional() }),
    descriptor: strict({
      descriptor: z
        .string()
        .regex(/^[A-Z]\w*Descriptor$/, { error: 'has to be a descriptor type such as "TermDescriptor"' }),
      of: z.custom<unknown>().superRefine((value, context) => {
        const result = (Array.isArray(value) ? expressions : lazyExpression).safeParse(value, { error: mappingErrors });
        for (const { path, message } of result.error?.issues ?? []) context.addIssue({ code: 'custom', message, path });
      }),
    }),
    members: strict({ members }),
    items: strict({ items: z.array(strict({ when: lazyCondition.optional(), item: members })).min(1) }),
    each: strict({ each: eachItem, item: members }),
    case: strict({
      case: z.array(strict({ when: lazyCondition, use: lazyExpression })).min(1),
      else: lazyExpression.optional(),
    }),
    test: strict({ test: lazyCondition }),
    firstOf: strict({ firstOf: expressions }),
    concatenate: strict({ concatenate: expressions, with: z.string().optional() }),
    latest: strict({ latest: expressions }),
    earliest: strict({ earliest: expressions }),
    weekdays: strict({ weekdays: z.tuple([lazyExpression, lazyExpression]) }),
    value: strict({ value: lazyExpression, by: z.array(transform).min(1) }),
    freeze: strict({
      freeze: lazyExpression,
      for: strict({ resource: text, id: expressions, path: text }).optional(),
    }),
    optional: strict({ optional: lazyExpression }),
    required: strict({ required: lazyExpression }),
  },
  column,
);

const condition = kinds<Condition>('a condition', {
  all: strict({ all: z.array(lazyCondition) }),
  any: strict({ any: z.array(lazyCondition) }),
  not: strict({ not: lazyCondition }),
  same: strict({ same: z.tuple([lazyExpression, lazyExpression]) }),
  before: strict({ before: z.tuple([lazyExpression, lazyExpression]) }),
  isNot: strict({ of: lazyExpression, isNot: scalar }),
  is: strict({ of: lazyExpression, is: scalar }),
  in: strict({ of: lazyExpression, in: z.array(z.string()).min(1) }),
  notIn: strict({ of: lazyExpression, notIn: z.array(z.string()).min(1) }),
  startsWith: strict({ of: lazyExpression, startsWith: text }),
  present: strict({ of: lazyExpression, present: z.boolean() }),
});

const step = kinds<StepSpec>('a join or an each', {
  join: strict({
    join: text,
    as: alias,
    on: members,
    missing: z.enum(['empty', 'drop', 'issue']).optional(),
    many: z.literal(true).optional(),
  }),
  each: strict({
    each: kinds('a list or several values', {
      list: strict({ list: lazyExpression, separator: text.optional() }),
      of: strict({ of: expressions }),
    }),
    as: alias,
    empty: z.enum(['drop', 'keep', 'issue']).optional(),
  }),
});

const rows = {
  from: kinds('a table or a view', {
    table: strict({ table: text, as: alias }),
    view: strict({ view: text, as: alias, clean: z.literal(true).optional() }),
  }),
  steps: z.array(step).optional(),
  where: z.array(lazyCondition).optional(),
};

const aggregate = kinds<Aggregate>('min, max, first, list or count', {
  min: strict({ min: lazyExpression }),
  max: strict({ max: lazyExpression }),
  first: strict({ first: lazyExpression }),
  list: strict({ list: lazyExpression }),
  count: strict({ count: z.literal(true) }),
});

const view = kinds<View>('a view', {
  union: strict({ union: z.array(text).min(2), distinct: z.array(text).min(1).optional() }),
  group: strict({ ...rows, group: members, gather: z.record(text, aggregate) }),
  columns: strict({
    ...rows,
    columns: members,
    distinct: z.array(text).min(1).optional(),
    rank: strict({ within: z.array(text), by: z.array(text).min(1), as: text, of: text }).optional(),
  }),
});

const resource = strict({
  resource: z.string().regex(/^[A-Za-z][\w/-]*\??$/, { error: 'has to be the name of a resource such as "students"' }),
  ...rows,
  id: expressions,
  distinct: expressions.optional(),
  match: lazyCondition.optional(),
  delete: z.boolean().optional(),
  properties: members,
});

/** The shape of a whole mapping file; what its names refer to is checked when it is compiled. */
export const mappingSchema = strict({
  rollbook: z.literal(1, { error: 'has to be 1, the version of the mapping language that this program reads' }),
  name: text,
  version: text,
  dataStandard: text,
  source: z.literal('oneroster'),
  extensions: z.record(text, z.array(text)).optional(),
  settings: z.record(
    text,
    strict({
      title: text,
      choices: z.array(text).min(1).optional(),
      default: text.optional(),
      required: z.literal(true).optional(),
    }),
  ),
  lookups: z.record(text, z.record(z.string(), z.string())).optional(),
  views: z.record(text, view).optional(),
  resources: z.array(resource).min(1),
}) as unknown as z.ZodType<MappingSpec>;
