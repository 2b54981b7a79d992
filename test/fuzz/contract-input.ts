/** Inputs for every command of the contract, made from its own schemas: fitting, nearly fitting, and not at all. */
import fc from 'fast-check';
import { z } from 'zod';
import { type CommandName, commands } from '../../core/contract/schemas.ts';
import { changes, grow, junk, spoil } from './json-tree.ts';
import { CANARY } from './property.ts';

/** What a member of this name can be, so that commands meet something that is there; paths lead into the test's own folder. */
export type Known = Readonly<Record<string, readonly string[]>>;

type Schema = {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
};

const words = fc.oneof(
  fc.constantFrom(
    CANARY,
    '',
    ' ',
    '\n',
    '\u0000',
    '__proto__',
    'constructor',
    '💥',
    '%s',
    "'; DROP TABLE record; --",
    'x'.repeat(5_000),
    '\ud800',
  ),
  fc.string({ maxLength: 12 }),
);

function numbers({ type, minimum = -10, maximum = 1e6 }: Schema): fc.Arbitrary<unknown> {
  const [min, max] = [Math.max(minimum, -1e6), Math.min(maximum, 1e6)];
  const edge = fc.constantFrom(min, max, 0, 1);
  return type === 'integer'
    ? fc.oneof(edge, fc.integer({ min: Math.ceil(min), max: Math.floor(max) }))
    : fc.oneof(edge, fc.double({ min, max, noNaN: true }));
}

function fitting(schema: Schema, known: Known, name: string): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const several = schema.anyOf ?? schema.oneOf;
  if (several !== undefined) return fc.oneof(...several.map((one) => fitting(one, known, name)));
  const told = known[name];
  switch (schema.type) {
    case 'string':
      if (told !== undefined) return fc.constantFrom(...told);
      return schema.pattern === undefined ? words : fc.oneof(fc.stringMatching(new RegExp(schema.pattern)), words);
    case 'number':
    case 'integer':
      return numbers(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(fitting(schema.items ?? {}, known, name), { maxLength: 4 });
    case 'object': {
      if (schema.properties === undefined) {
        const of = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
        return fc.dictionary(
          fc.oneof(fc.constantFrom('studentId', 'schoolYear', 'instance'), words),
          fitting(of, known, ''),
          { maxKeys: 3 },
        );
      }
      const members = Object.entries(schema.properties).map(([member, of]) => [member, fitting(of, known, member)]);
      return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, {
        requiredKeys: [...(schema.required ?? [])],
      });
    }
    default:
      return told === undefined ? junk.map(grow) : fc.oneof(fc.constantFrom(...told), junk.map(grow));
  }
}

export interface Asked {
  readonly command: string;
  readonly input: unknown;
}

const schemaOf = (command: CommandName): Schema =>
  z.toJSONSchema(commands[command].input, { io: 'input', unrepresentable: 'any' }) as Schema;

/** @param document members that hold a whole document: a fitting one, to be spoiled as well */
export function asked(known: Known, document: unknown): fc.Arbitrary<Asked> {
  const each = (Object.keys(commands) as CommandName[]).map((command) => {
    const right = fitting(schemaOf(command), known, '');
    const documents = command === 'connections.import' ? [withDocument(right, document)] : [];
    const fits = fc.oneof(right, ...documents);
    const nearly = fc.tuple(fits, changes(2)).map(([input, all]) => spoil(input, all));
    return fc
      .oneof({ weight: 5, arbitrary: fits }, { weight: 3, arbitrary: nearly }, { weight: 1, arbitrary: junk.map(grow) })
      .map((input) => ({ command, input }));
  });
  const unknown = fc
    .constantFrom('', '__proto__', 'constructor', 'toString', 'sync', CANARY)
    .map((command) => ({ command, input: {} }));
  return fc.oneof(...each, unknown);
}

const withDocument = (input: fc.Arbitrary<unknown>, document: unknown): fc.Arbitrary<unknown> =>
  fc.tuple(input, fc.option(changes(3))).map(([given, all]) => ({
    ...(given as object),
    document: all === null ? document : spoil(document, all),
  }));
