/** Values of any origin as plain data, and plain data as JSON; none of the value's own code runs on the way. */
import { types } from 'node:util';

/** Thrown for what is no plain data; tells nothing of it. */
export class NotPlain extends Error {}

export type Plain = string | number | boolean | readonly Plain[] | { readonly [name: string]: Plain };

const DEEPEST = 6;
const MOST_MEMBERS = 5_000;
const LONGEST_TEXT = 300;

/**
 * Copies plain data out of its own data properties: getters, proxies, classes, cycles and symbols are refused, and
 * members that are undefined are left out.
 * @throws NotPlain
 */
export function plainCopy(value: unknown): Plain {
  const left = { members: MOST_MEMBERS };
  return copy(value, 0, left);
}

function copy(value: unknown, depth: number, left: { members: number }): Plain {
  left.members -= 1;
  if (depth > DEEPEST || left.members < 0) throw new NotPlain();
  switch (typeof value) {
    case 'string':
      if (value.length > LONGEST_TEXT) throw new NotPlain();
      return value;
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? refuse() : copyObject(value, depth, left);
    default:
      return refuse();
  }
}

const refuse = (): never => {
  throw new NotPlain();
};

function copyObject(value: object, depth: number, left: { members: number }): Plain {
  // Before anything else is asked of it: a proxy answers with code.
  if (types.isProxy(value)) throw new NotPlain();
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) {
    if (prototype !== Array.prototype || value.length > left.members) throw new NotPlain();
    const list: Plain[] = [];
    for (let i = 0; i < value.length; i++) list.push(copy(dataOf(value, String(i)), depth + 1, left));
    return list;
  }
  if (prototype !== Object.prototype && prototype !== null) throw new NotPlain();
  if (Object.getOwnPropertySymbols(value).length > 0) throw new NotPlain();
  const made: Record<string, Plain> = Object.create(null) as Record<string, Plain>;
  for (const name of Object.getOwnPropertyNames(value)) {
    const data = dataOf(value, name);
    if (data !== undefined) made[name] = copy(data, depth + 1, left);
  }
  return made;
}

function dataOf(value: object, name: string): unknown {
  const property = Object.getOwnPropertyDescriptor(value, name);
  if (property === undefined || !('value' in property)) throw new NotPlain();
  return property.value;
}

/** Plain data as JSON; unlike JSON.stringify it asks nothing for a `toJSON`. */
export function toJson(value: Plain): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(toJson).join(',')}]`;
  const members = Object.keys(value).map((name) => `${JSON.stringify(name)}:${toJson(value[name] ?? false)}`);
  return `{${members.join(',')}}`;
}

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);
