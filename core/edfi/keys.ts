/**
 * Natural keys as text: the same key reads the same whether it is taken from an item's own body or from a reference
 * to it, so that a reference can be matched with the record it names.
 */
import type { IdentityPart, JsonObject, JsonValue, PropertyModel, ReferenceProperty, ResourceModel } from './model.ts';

/** Between the values of a key; cannot occur in a value that an API accepts. */
const SEPARATOR = '\u001f';

function text(value: JsonValue | undefined): string | undefined {
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : value;
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

const at = (body: JsonObject, path: readonly string[]): JsonValue | undefined => {
  let value: JsonValue | undefined = body;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = value[name];
  }
  return value;
};

/**
 * @param identity the natural key of a resource
 * @returns a function from a body to its key as text, or undefined where a value of the key is missing
 */
export function keyReader(identity: readonly IdentityPart[]): (body: JsonObject) => string | undefined {
  const paths = identity.map((part) => part.paths);
  return (body) => {
    let key = '';
    for (const alternatives of paths) {
      let value: string | undefined;
      for (const path of alternatives) {
        value = text(at(body, path));
        if (value !== undefined) break;
      }
      if (value === undefined) return undefined;
      key += value + SEPARATOR;
    }
    return paths.length === 0 ? undefined : key;
  };
}

/** @returns the query that finds the item with this key, as `keyReader` gives it: each value under the name queries have for it */
export function keyQuery(identity: readonly IdentityPart[], key: string): Record<string, string> {
  const values = key.split(SEPARATOR);
  return Object.fromEntries(identity.map((part, i) => [part.name, values[i] ?? '']));
}

/** @returns the key, as `keyReader` gives it, of a resource whose natural key is this value alone */
export const keyOfOne = (value: string): string => value + SEPARATOR;

/** @returns a function from a reference's members to the key of the item it names; undefined where one is missing. */
export function referenceKeyReader(property: ReferenceProperty): (reference: JsonObject) => string | undefined {
  const names = property.members.map((member) => member.name).sort();
  return (reference) => {
    let key = '';
    for (const name of names) {
      const value = text(reference[name]);
      if (value === undefined) return undefined;
      key += value + SEPARATOR;
    }
    return names.length === 0 ? undefined : key;
  };
}

/** One reference found in a body. */
export interface FoundReference {
  readonly property: ReferenceProperty;
  /** `$.classPeriods[0].classPeriodReference` without the index: the place in the model, not in the record. */
  readonly path: string;
  readonly key: string;
}

type Visit = (found: FoundReference) => void;

function referenceVisitor(
  properties: readonly PropertyModel[],
  prefix: string,
): ((body: JsonObject, visit: Visit) => void) | undefined {
  const steps: ((body: JsonObject, visit: Visit) => void)[] = [];
  for (const property of properties) {
    const { name } = property;
    switch (property.kind) {
      case 'reference': {
        const keyOf = referenceKeyReader(property);
        const path = `${prefix}.${name}`;
        steps.push((body, visit) => {
          const value = body[name];
          if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
          const key = keyOf(value);
          if (key !== undefined) visit({ property, path, key });
        });
        break;
      }
      case 'collection': {
        const inner = referenceVisitor(property.properties, `${prefix}.${name}[]`);
        if (inner === undefined) break;
        steps.push((body, visit) => {
          const value = body[name];
          if (!Array.isArray(value)) return;
          for (const item of value) {
            if (typeof item === 'object' && item !== null && !Array.isArray(item)) inner(item, visit);
          }
        });
        break;
      }
      case 'object': {
        const inner = referenceVisitor(property.properties, `${prefix}.${name}`);
        if (inner === undefined) break;
        steps.push((body, visit) => {
          const value = body[name];
          if (typeof value === 'object' && value !== null && !Array.isArray(value)) inner(value, visit);
        });
        break;
      }
      case 'scalar':
      case 'descriptor':
        break;
    }
  }
  if (steps.length === 0) return undefined;
  return (body, visit) => {
    for (const step of steps) step(body, visit);
  };
}

/** @returns a function that visits every complete reference in a body, those inside collections included. */
export function referenceReader(model: ResourceModel): (body: JsonObject, visit: Visit) => void {
  return referenceVisitor(model.properties, '$') ?? (() => undefined);
}
