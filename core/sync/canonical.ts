/**
 * One form for every way of writing the same item, so that only a real change changes its hash: the order of members,
 * the form of a number, null against absent, and the order of a collection (Ed-Fi collections are sets) do not matter.
 */
import type { JsonObject, JsonValue } from '../edfi/model.ts';

/** The mapping shares frozen objects between records (one section reference for all its students): done once each. */
const shared = new WeakMap<object, string>();

function member(value: JsonValue | undefined): string {
  switch (typeof value) {
    case 'string':
      // The length stands before the text, so that no text can imitate a structure.
      return `"${value.length}:${value}`;
    case 'number':
      return `#${value}`;
    case 'boolean':
      return value ? 't' : 'f';
    case 'object': {
      if (value === null) return '';
      if (Array.isArray(value)) return list(value);
      if (!Object.isFrozen(value)) return object(value);
      let known = shared.get(value);
      if (known === undefined) {
        known = object(value);
        shared.set(value, known);
      }
      return known;
    }
    default:
      return '';
  }
}

function list(values: readonly JsonValue[]): string {
  const items: string[] = [];
  for (const value of values) {
    const item = member(value);
    if (item !== '') items.push(item);
  }
  if (items.length === 0) return '';
  return `[${items.sort().join(',')}]`;
}

interface Shape {
  readonly names: readonly string[];
  readonly sorted: readonly string[];
}
/** Bodies of a resource come with their members in the same order again and again: sort each order once. */
const shapes = new Map<string, Shape[]>();
/** A bound for hostile input that never repeats an order; far more than a mapping makes. */
const MOST_SHAPES = 64;

function sortedNames(names: string[]): readonly string[] {
  const first = names[0];
  if (first === undefined) return names;
  const known = shapes.get(first);
  if (known !== undefined) {
    next: for (const shape of known) {
      if (shape.names.length !== names.length) continue;
      for (let i = 1; i < names.length; i++) if (shape.names[i] !== names[i]) continue next;
      return shape.sorted;
    }
  }
  const sorted = names.slice().sort();
  if (known === undefined) {
    if (shapes.size < MOST_SHAPES) shapes.set(first, [{ names, sorted }]);
  } else if (known.length < MOST_SHAPES) known.push({ names, sorted });
  return sorted;
}

function object(value: JsonObject): string {
  let result = '';
  for (const name of sortedNames(Object.keys(value))) {
    const text = member(value[name]);
    if (text !== '') result += `${name}=${text};`;
  }
  return result === '' ? '' : `{${result}}`;
}

/**
 * @param body an item as it would be sent
 * @returns its canonical text; equal for two bodies exactly when they say the same. Empty objects, empty collections
 *   and nulls count as absent.
 */
export const canonical = (body: JsonObject): string => object(body);
