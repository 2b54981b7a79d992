/**
 * Carries a changed natural key on: whatever refers to the item is rewritten, and where that changes a key in its
 * turn, whatever refers to that, and so on.
 */
import { referenceKeyReader } from '../edfi/keys.ts';
import type { JsonObject } from '../edfi/model.ts';
import type { Api } from './api.ts';
import { nonUniqueIdentity } from './problems.ts';
import { resolveReferences } from './references.ts';
import { isObject, type Shape, setAt, valuesAt } from './shape.ts';
import { bodyOf, type Item } from './store.ts';

/** The natural key's values by the names that references carry. */
export const keyValues = (shape: Shape, body: JsonObject): JsonObject =>
  Object.fromEntries(
    shape.model.identity.map((part) => [part.name, part.paths.flatMap((path) => valuesAt(body, path))[0] ?? null]),
  );

/** Keeps for change queries that an item is called otherwise now. @param item as it was */
export function leaveKeyChange(api: Pick<Api, 'store'>, shape: Shape, item: Item, after: JsonObject): void {
  const { org } = shape.subjectOf(after);
  api.store.leaveTrace(item, org, keyValues(shape, bodyOf(item)), keyValues(shape, after));
}

/** @throws Problem 409 where another item has this key already */
export function refuseTakenKey(
  api: Pick<Api, 'store'>,
  shape: Shape,
  key: string,
  body: JsonObject,
  seq: number,
): void {
  const holder = api.store.seqOf(shape.name, key);
  if (holder === undefined || holder === seq) return;
  const values = keyValues(shape, body);
  throw nonUniqueIdentity(
    shape.entity,
    Object.keys(values).map((name) => name.charAt(0).toUpperCase() + name.slice(1)),
    Object.values(values).map(String),
  );
}

/**
 * @param seq the row whose key has changed already
 * @param before its body before, @param after its body now
 * @throws Problem 409 where a rewritten item collides with another, or refers to nothing: the caller's transaction
 *   undoes all of it
 */
export function cascade(api: Api, shape: Shape, seq: number, before: JsonObject, after: JsonObject): void {
  const touched = new Map<number, Shape>();

  const carry = (target: Shape, row: number, oldBody: JsonObject, newBody: JsonObject): void => {
    const oldKey = target.keyOf(oldBody);
    const newKey = target.keyOf(newBody);
    if (oldKey === newKey) return;
    const values = keyValues(target, newBody);
    for (const source of api.store.dependants(row)) {
      const item = api.store.bySeq(source);
      const dependant = item === undefined ? undefined : api.shapes.get(item.resource);
      if (item === undefined || dependant === undefined) continue;
      touched.set(source, dependant);
      const rewritten = rewrite(target, dependant, item, oldKey, values);
      if (rewritten === undefined) continue;
      save(dependant, item, rewritten);
      carry(dependant, source, bodyOf(item), rewritten);
    }
  };

  const rewrite = (
    target: Shape,
    dependant: Shape,
    item: Item,
    oldKey: string | undefined,
    values: JsonObject,
  ): JsonObject | undefined => {
    const body = bodyOf(item);
    const keyBefore = keyValues(dependant, body);
    let changed = false;
    dependant.eachReference(body, (property, reference, key) => {
      if (key !== oldKey || !property.targets.includes(target.name)) return;
      for (const member of property.members) {
        const value = values[member.name];
        if (value !== undefined) reference[member.name] = value;
      }
      changed = referenceKeyReader(property)(reference) !== oldKey || changed;
    });
    if (!changed) return undefined;
    // A value that several references share is one column in the ODS: where one of them changed, all do.
    for (const { name, paths } of dependant.unified) {
      const moved = paths.flatMap((path) => valuesAt(body, path)).find((value) => value !== keyBefore[name]);
      if (moved !== undefined && !isObject(moved)) for (const path of paths) setAt(body, path, moved);
    }
    return body;
  };

  const save = (dependant: Shape, item: Item, body: JsonObject): void => {
    const key = dependant.keyOf(body) ?? item.key;
    refuseTakenKey(api, dependant, key, body, item.seq);
    const text = JSON.stringify(body);
    api.store.update(item.seq, { key, body: text, ...api.newVersion(), ...dependant.subjectOf(body) });
    if (key !== item.key) leaveKeyChange(api, dependant, item, body);
  };

  carry(shape, seq, before, after);
  // Only now do all references read as they will stay.
  for (const [source, dependant] of touched) {
    const item = api.store.bySeq(source);
    if (item !== undefined) api.store.refer(source, resolveReferences(api, dependant, bodyOf(item)), false);
  }
}
