/** Two bodies of one item, member by member: what a steward looks at before an update is sent. */
import type { JsonObject, JsonValue } from '../edfi/model.ts';

export interface Difference {
  /** `addresses[1].city`. */
  readonly path: string;
  /** As text; null where the member is not there. */
  readonly before: string | null;
  readonly after: string | null;
}

const textOf = (value: JsonValue | undefined): string | null => {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Entries of a collection have no order of their own: equal ones stand beside each other. */
const inOrder = (list: readonly JsonValue[]): JsonValue[] =>
  list.toSorted((a, b) => {
    const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
    return one < other ? -1 : one > other ? 1 : 0;
  });

/** @returns every member in which the two differ, by path; empty when they say the same */
export function differencesOf(before: JsonObject, after: JsonObject): Difference[] {
  const found: Difference[] = [];
  const compare = (path: string, one: JsonValue | undefined, other: JsonValue | undefined): void => {
    if (isObject(one) || isObject(other)) {
      const [left, right] = [isObject(one) ? one : {}, isObject(other) ? other : {}];
      for (const name of new Set([...Object.keys(left), ...Object.keys(right)].toSorted())) {
        compare(path === '' ? name : `${path}.${name}`, left[name], right[name]);
      }
      return;
    }
    if (Array.isArray(one) || Array.isArray(other)) {
      const [left, right] = [Array.isArray(one) ? inOrder(one) : [], Array.isArray(other) ? inOrder(other) : []];
      for (let i = 0; i < Math.max(left.length, right.length); i++) compare(`${path}[${i}]`, left[i], right[i]);
      return;
    }
    // Descriptors are the same whatever their case.
    const [left, right] = [textOf(one), textOf(other)];
    const same = left === right || (left?.startsWith('uri://') === true && left.toLowerCase() === right?.toLowerCase());
    if (!same) found.push({ path, before: left, after: right });
  };
  compare('', before, after);
  return found;
}
