/** Names out of the specifications that are loaded now: the one open-ended part of what an event may say. */
import type { ApiModel } from '../edfi/model.ts';
import { vocabularyOf } from '../errors/vocabulary.ts';
import { COLUMNS, TABLES, type TableName } from '../sources/oneroster/columns.ts';
import type { Name, NameKind } from './fields.ts';

/** Each takes a text and gives it as the specification spells it, or undefined for what is not in it. */
export interface Words {
  /** `ed-fi/students`, `students`: a resource, descriptors' own among them. */
  resource(text: string): Name<'resource'> | undefined;
  /** `$.races[].raceDescriptor` and `races.raceDescriptor` give the latter; every part must be a property. */
  path(text: string): Name<'path'> | undefined;
  /** `GradeLevelDescriptor` */
  descriptor(text: string): Name<'descriptor'> | undefined;
  /** `Student` */
  entity(text: string): Name<'entity'> | undefined;
  /** `tpdm`: what an extension's resources begin with. */
  extension(text: string): Name<'extension'> | undefined;
}

const DEEPEST_PATH = 8;
const LONGEST_TEXT = 300;

/**
 * A specification comes from a server: what has not the form of a name is no name, whatever the server says. Five
 * digits in a row are a number of something, not a part of a name.
 */
const isName = (text: string): boolean => /^[A-Za-z_][\w-]{0,99}$/.test(text) && !/\d{5}/.test(text);
const isResource = (text: string): boolean => {
  const parts = text.split('/');
  return parts.length === 2 && parts.every(isName);
};

const lookUp = <K extends NameKind>(
  names: Iterable<string>,
  is: (name: string) => boolean,
): ((text: string) => Name<K> | undefined) => {
  const byLower = new Map<string, Name<K>>();
  for (const name of names) if (is(name)) byLower.set(name.toLowerCase(), name as Name<K>);
  return (text) => (text.length > LONGEST_TEXT ? undefined : byLower.get(text.toLowerCase()));
};

/** Asks several one after the other. */
const firstOf =
  (find: readonly ((text: string) => string | undefined)[], is: (name: string) => boolean) =>
  (text: string): string | undefined => {
    if (text.length > LONGEST_TEXT) return undefined;
    for (const one of find) {
      const found = one(text);
      if (found !== undefined && is(found)) return found;
    }
    return undefined;
  };

/** Takes the models of all connections (more than one where they differ); gives the words that they have together. */
export function createWords(...models: readonly ApiModel[]): Words {
  const vocabularies = models.map(vocabularyOf);
  const resources = models.flatMap((model) => [...Object.keys(model.resources), ...Object.values(model.descriptors)]);
  const resource = lookUp<'resource'>(resources, isResource);
  const extension = lookUp<'extension'>(
    new Set(resources.map((name) => name.slice(0, Math.max(0, name.indexOf('/'))))),
    isName,
  );
  const property = firstOf(
    vocabularies.map((one) => one.property),
    isName,
  );
  const descriptor = firstOf(
    vocabularies.map((one) => one.descriptor),
    isName,
  );
  const entity = firstOf(
    vocabularies.map((one) => one.entity),
    isName,
  );
  return {
    resource: (text) => {
      const path = text.startsWith('/') ? text.slice(1) : text;
      return resource(path.includes('/') ? path : `ed-fi/${path}`);
    },
    path: (text) => {
      if (text.length > LONGEST_TEXT) return undefined;
      const parts = text
        .replace(/^\$\.?/, '')
        .replace(/\[(\d{1,9}|\*)?\]/g, '')
        .split('.');
      if (parts.length > DEEPEST_PATH) return undefined;
      const names = parts.map(property);
      return names.includes(undefined) ? undefined : (names.join('.') as Name<'path'>);
    },
    descriptor: (text) => descriptor(text) as Name<'descriptor'> | undefined,
    entity: (text) => entity(text) as Name<'entity'> | undefined,
    extension,
  };
}

/**
 * A specification comes from a server, and may name things after what the server was told.
 * @param isHidden what may not be told whoever published it: a key, a secret
 */
export function withoutHidden(words: Words, isHidden: (name: string) => boolean): Words {
  const unless = <N extends string>(name: N | undefined): N | undefined =>
    name !== undefined && isHidden(name) ? undefined : name;
  return {
    resource: (text) => unless(words.resource(text)),
    path: (text) => unless(words.path(text)),
    descriptor: (text) => unless(words.descriptor(text)),
    entity: (text) => unless(words.entity(text)),
    extension: (text) => unless(words.extension(text)),
  };
}

/** Columns of OneRoster's tables; each name once. */
export const COLUMN_NAMES = [...new Set(TABLES.flatMap((table) => COLUMNS[table]))] as [ColumnName, ...ColumnName[]];
export type ColumnName = (typeof COLUMNS)[TableName][number];

/** @returns the table of a file or table name (`users.csv`, `users`); undefined for any other: file names are people's own */
export const tableOf = (text: unknown): TableName | undefined =>
  typeof text === 'string'
    ? TABLES.find((table) => table.toLowerCase() === text.toLowerCase().replace(/\.csv$/, ''))
    : undefined;

/** @returns the column of OneRoster with that name; undefined for any other */
export const columnOf = (text: unknown): ColumnName | undefined =>
  typeof text === 'string' ? COLUMN_NAMES.find((column) => column.toLowerCase() === text.toLowerCase()) : undefined;
