/** The education organizations a caller may act for: those of its key, and all that belong to them. */
import type { JsonObject } from '../edfi/model.ts';
import type { Client } from './clients.ts';
import type { Shape } from './shape.ts';
import { bodyOf, type Store } from './store.ts';

export interface Claims {
  /** The organizations themselves, as the key or the token's scope names them. */
  readonly ids: readonly number[];
  /** Their name in the store. */
  readonly caller: string;
}

/** Who asks: its key, and the education organizations of its token. */
export interface Caller extends Claims {
  readonly client: Client;
}

export interface Organizations {
  /** Makes the store know a caller's organizations, if it does not yet. */
  claimsOf(ids: readonly number[]): Claims;
  /** Takes in an organization that was written, or forgets one that was deleted. */
  changed(shape: Shape, id: number | null, body: JsonObject | undefined): void;
}

export function organizations(store: Store, shapes: Iterable<Shape>): Organizations {
  const parents = new Map<number, readonly number[]>();
  for (const shape of shapes) {
    if (shape.parentsOf === undefined) continue;
    for (const item of store.all(shape.name)) {
      const body = bodyOf(item);
      const { org } = shape.subjectOf(body);
      if (org !== null) parents.set(org, shape.parentsOf(body));
    }
  }
  const known = new Map<string, Claims>();

  const belongs = (id: number, owners: readonly number[], above: ReadonlySet<number> = new Set()): boolean =>
    owners.includes(id) ||
    (!above.has(id) && (parents.get(id) ?? []).some((parent) => belongs(parent, owners, new Set([...above, id]))));
  const refresh = ({ ids, caller }: Claims): void => {
    store.setClaims(caller, [...ids, ...[...parents.keys()].filter((id) => belongs(id, ids))]);
  };

  return {
    claimsOf: (ids) => {
      const caller = ids.join(',');
      let claims = known.get(caller);
      if (claims === undefined) {
        claims = { ids, caller };
        known.set(caller, claims);
        refresh(claims);
      }
      return claims;
    },
    changed: (shape, id, body) => {
      if (shape.parentsOf === undefined || id === null) return;
      if (body === undefined) parents.delete(id);
      else parents.set(id, shape.parentsOf(body));
      for (const claims of known.values()) refresh(claims);
    },
  };
}
