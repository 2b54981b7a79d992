import type { JsonObject } from '../edfi/model.ts';
import type { Api } from './api.ts';
import { unresolvedReference } from './problems.ts';
import type { Shape } from './shape.ts';

/**
 * Finds what an item refers to. An entity the API does not offer as a resource cannot be looked up, and is let pass.
 * @returns the row numbers, each once
 * @throws Problem 409 naming the entity of the first item that does not exist
 */
export function resolveReferences({ store }: Pick<Api, 'store'>, shape: Shape, body: JsonObject): number[] {
  const found: number[] = [];
  shape.eachReference(body, ({ targets, entity }, _value, key) => {
    if (key === undefined || targets.length === 0) return;
    for (const target of targets) {
      const seq = store.seqOf(target, key);
      if (seq === undefined) continue;
      if (!found.includes(seq)) found.push(seq);
      return;
    }
    throw unresolvedReference(entity);
  });
  return found;
}
