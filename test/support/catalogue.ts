/** Events for tests, made from the catalogue itself: a field that is added there is tried here. */
import fc from 'fast-check';
import { z } from 'zod';
import { newReference } from '../../core/ledger/references.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { eventSchema, type SupportEvent } from '../../core/support/events.ts';
import { LABEL_WORDS } from '../../core/support/fields.ts';
import { ownModules } from '../../core/support/modules.ts';
import { createWords, type Words } from '../../core/support/words.ts';

export const { model } = loadModel('5.2');
export const words: Words = createWords(model);
export const lookups = { words: () => words, isModule: ownModules().has };
export const schema = eventSchema(lookups);
/** The schemas of the events, by type. */
export const shapes = new Map(schema.options.map((option) => [option.shape.type.value, option] as const));

let seed = 0;
const repeatable = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => (seed++ * 89) % 240);

/** Words of every kind that is not an enumeration. */
const POOL: readonly string[] = [
  '7.3.1',
  '3.3b',
  '24',
  'C1',
  'C9999',
  LABEL_WORDS[0],
  `${LABEL_WORDS[1]}-2`,
  ...(['R', 'G', 'B'] as const).flatMap((prefix) => [
    newReference(prefix, repeatable),
    newReference(prefix, repeatable),
  ]),
  'ed-fi/students',
  'ed-fi/studentSchoolAssociations',
  'ed-fi/gradeLevelDescriptors',
  'races.raceDescriptor',
  'birthDate',
  'GradeLevelDescriptor',
  'Student',
  'ed-fi',
  'core/sync/plan.ts',
  'core/support/sink.ts',
];

const defOf = (type: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] => (type as z.core.$ZodTypes)._zod.def;

/** Makes what a schema of the catalogue takes. */
export function valuesOf(type: z.core.$ZodType): fc.Arbitrary<unknown> {
  const def = defOf(type);
  switch (def.type) {
    case 'literal':
      return fc.constantFrom(...def.values);
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries));
    case 'boolean':
      return fc.boolean();
    case 'number': {
      const { minValue, maxValue } = type as z.ZodNumber;
      return fc.integer({ min: minValue ?? Number.NaN, max: maxValue ?? Number.NaN });
    }
    case 'union':
      return fc.oneof(...def.options.map(valuesOf));
    case 'array':
      return fc.array(valuesOf(def.element), { maxLength: 3 });
    case 'optional':
      return fc.option(valuesOf(def.innerType), { nil: undefined });
    case 'object':
      return fc.record(Object.fromEntries(Object.entries(def.shape).map(([name, field]) => [name, valuesOf(field)])));
    case 'custom':
      return fc.constantFrom(...POOL.filter((word) => z.safeParse(type, word).success));
    default:
      throw new Error(`The catalogue has a field of type ${def.type}.`);
  }
}

/** Members that are undefined are as good as not there. */
export const withoutUndefined = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : [[name, withoutUndefined(member)]])),
  );
};

/** Any event of the catalogue. */
export const events: fc.Arbitrary<SupportEvent> = fc
  .oneof(...[...shapes.values()].map(valuesOf))
  .map((event) => withoutUndefined(event) as SupportEvent);

/** Every string that stands in a value. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...stringsIn(member)]);
}

/** What a string of a log may be, told without the schemas' own help: words of enumerations, names of members, or a kind. */
const literals = new Set<string>(['v', 'at', 'seq']);
const collect = (type: z.core.$ZodType): void => {
  const def = defOf(type);
  switch (def.type) {
    case 'literal':
      for (const one of def.values) literals.add(String(one));
      break;
    case 'enum':
      for (const one of Object.values(def.entries)) literals.add(String(one));
      break;
    case 'union':
      def.options.forEach(collect);
      break;
    case 'array':
      collect(def.element);
      break;
    case 'optional':
      collect(def.innerType);
      break;
    case 'object':
      for (const [name, field] of Object.entries(def.shape)) {
        literals.add(name);
        collect(field);
      }
      break;
    default:
      break;
  }
};
for (const shape of shapes.values()) collect(shape);

const names = new Set([
  ...Object.keys(model.resources),
  ...Object.values(model.descriptors),
  ...Object.keys(model.descriptors),
  ...Object.values(model.resources).flatMap(({ entity, isA }) => [entity, ...isA]),
  'ed-fi',
]);

export const mayStand = (text: string): boolean =>
  literals.has(text) ||
  names.has(text) ||
  /^[RGB]-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{2}$/.test(text) ||
  /^\d{1,3}(\.\d{1,3}){0,3}[a-z]?$/.test(text) ||
  /^C[1-9]\d{0,3}$/.test(text) ||
  LABEL_WORDS.some((word) => text.replace(/-\d{1,2}$/, '') === word) ||
  ownModules().has(text) ||
  text.split('.').every((part) => words.path(part) === part);
