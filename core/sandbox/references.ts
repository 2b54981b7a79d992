import type { JsonObject } from '../edfi/model.ts';
import type { Api } from './api.ts';
import { type MissingItem, unresolvedReference } from './problems.ts';
import type { Shape } from './shape.ts';

/**
 * Finds what an item refers to. An entity the API does not offer as a resource cannot be looked up, and is let pass.
 * @returns the row numbers, each once
 * @throws Problem 409 naming the entities of the items that do not exist
 */
export function resolveReferences({ store }: Pick<Api, 'store'>, shape: Shape, body: JsonObject): number[] {
  const found: number[] = [];
  const missing: MissingItem[] = [];
  shape.eachReference(body, ({ targets, entity }, value, key) => {
    if (key === undefined || targets.length === 0) return;
    for (const target of targets) {
      const seq = store.seqOf(target, key);
      if (seq === undefined) continue;
      if (!found.includes(seq)) found.push(seq);
      return;
    }
    missing.push({ entity, identity: { ...value } });
  });
  if (missing.length > 0) throw unresolvedReference(missing);
  return found;
}
