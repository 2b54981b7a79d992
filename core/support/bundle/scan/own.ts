/** What a bundle says in its own words: the scan takes any other for something of a record. */
import { z } from 'zod';
import { CATALOGUE, explain, type ProblemCode } from '../../../errors/catalogue.ts';
import { eventSchema } from '../../events.ts';
import { LABEL_WORDS } from '../../fields.ts';
import { MAPPING_SETTINGS } from '../../lists.ts';
import { createWords, type Words } from '../../words.ts';
import {
  type AccountView,
  type BatchView,
  BUNDLE_FILES,
  type BundleView,
  type ConnectionView,
  type Drops,
  type EnvironmentView,
  type GroupView,
} from '../content.ts';
import { inputSchemas } from '../input.ts';
import { MARKUP_WORDS, MONTHS, TEXT, WHO } from '../page-text.ts';
import { STYLE } from '../style.ts';

/** Keys that a bundle adds to those of its input. */
const VIEW_KEYS = [
  'v',
  'at',
  'seq',
  'rank',
  'title',
  'who',
  'severity',
  'retryHelps',
  'balanced',
  'connections',
  'groups',
  'batches',
  'events',
  'eventsBySink',
  'names',
  'madeAt',
  'dropped',
  'schemaVersion',
  'files',
  'file',
  'entries',
  'bytes',
  'sha256',
] as const satisfies readonly (
  | keyof (GroupView & BatchView & ConnectionView & EnvironmentView & AccountView & BundleView & Drops)
  | 'v'
  | 'at'
  | 'seq'
  | 'dropped'
  | 'schemaVersion'
  | 'files'
  | 'file'
  | 'entries'
  | 'bytes'
  | 'sha256'
)[];

/** Keys of numbers that no schema of the input has. */
const VIEW_NUMBERS = [
  'v',
  'at',
  'seq',
  'rank',
  'events',
  'eventsBySink',
  'groups',
  'batches',
  'connections',
  'names',
  'entries',
  'bytes',
  'schemaVersion',
];

/** Keys at which a time stands: as a bundle writes it, or in milliseconds since 1970 as the log does. */
export const TIME_KEYS: ReadonlySet<string> = new Set([
  'at',
  'madeAt',
  'firstSeen',
  'lastSeen',
  'startedAt',
  'endedAt',
  'keySince',
  'specificationAt',
  'datetime',
]);

export const VERSION_KEYS: ReadonlySet<string> = new Set([
  'rollbook',
  'node',
  'electron',
  'apiVersion',
  'dataStandard',
  'version',
]);

/** What can be told of a JSON Schema without its type. */
interface Node {
  readonly [name: string]: unknown;
}
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

interface Told {
  readonly words: Set<string>;
  readonly numbers: Set<string>;
}

/** Goes through a schema for its keys, its enumerations, and the keys that take a number. */
const collect = (node: unknown, at: string, told: Told): void => {
  if (!isNode(node)) return;
  if (Array.isArray(node)) {
    for (const one of node) collect(one, at, told);
    return;
  }
  if (node.type === 'integer' || node.type === 'number') told.numbers.add(at);
  for (const value of [node.const, ...(Array.isArray(node.enum) ? node.enum : [])]) {
    if (typeof value === 'string') told.words.add(value);
    if (typeof value === 'number') told.numbers.add(at);
  }
  if (isNode(node.properties)) {
    for (const [key, property] of Object.entries(node.properties)) {
      told.words.add(key);
      collect(property, key, told);
    }
  }
  for (const part of [node.items, node.anyOf, node.oneOf, node.allOf, node.prefixItems]) collect(part, at, told);
};

/** Words as the scan sees them: letters, their marks, and digits. */
export const TOKEN = /[\p{L}\p{M}\p{N}]+/gu;
/** Takes a text; gives its words, compatible forms made one, in lower case. */
export const tokensOf = (text: string): string[] => text.normalize('NFKC').toLowerCase().match(TOKEN) ?? [];

export interface Own {
  /** In lower case; whole (`token-info`) and in parts (`token`, `info`). */
  readonly words: ReadonlySet<string>;
  /** All sentences, as words with a space between, begun and ended by one. */
  readonly sentences: string;
  /** Keys at which a number may stand. */
  readonly numbers: ReadonlySet<string>;
}

const make = (): Own => {
  const told: Told = { words: new Set(VIEW_KEYS), numbers: new Set(VIEW_NUMBERS) };
  const nothing: Words = createWords();
  const schemas = [
    eventSchema({ words: () => undefined, isModule: () => false }),
    ...Object.values(inputSchemas({ words: nothing, hidden: () => undefined })),
  ];
  for (const schema of schemas) collect(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }), '', told);
  const codes = Object.keys(CATALOGUE) as ProblemCode[];
  const sentences = [
    ...codes.flatMap((code) => [explain(code).title, CATALOGUE[code].title]),
    ...Object.values(TEXT),
    ...Object.entries(WHO).flat(),
  ];
  const plain = [
    ...told.words,
    ...BUNDLE_FILES,
    ...LABEL_WORDS,
    ...MAPPING_SETTINGS,
    ...codes.map((code) => CATALOGUE[code].severity),
    ...MONTHS,
    ...sentences,
    ...MARKUP_WORDS.split(' '),
    ...Array.from(STYLE.matchAll(/\.([a-z]+)/g), ([, name = '']) => name),
    'true',
    'false',
    'null',
  ];
  return {
    words: new Set([...plain.map((text) => text.toLowerCase()), ...plain.flatMap(tokensOf)]),
    sentences: ` ${sentences.flatMap((sentence) => [...tokensOf(sentence), '']).join(' ')} `,
    numbers: told.numbers,
  };
};

let kept: Own | undefined;
/** Made once: the catalogues do not change while the program runs. */
export const own = (): Own => {
  kept ??= make();
  return kept;
};
