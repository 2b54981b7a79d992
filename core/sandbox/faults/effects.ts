/** What requests did to each item, so that it can be told whether one was applied twice. */
import type { ApiRequest, ApiResponse } from '../exchange.ts';
import { type Place, placeKey } from '../places.ts';

/** Writes of one item that took effect, whether or not the caller heard of it. */
export interface WriteCount {
  /** The tenant, instance or school year it is in; nothing where there are none. */
  readonly place: Place;
  /** `ed-fi/students` */
  readonly resource: string;
  /** The values of its natural key. */
  readonly key: readonly string[];
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
}

export interface Effects {
  /** Answers a request, and notes what it did. */
  around(request: ApiRequest, answer: (request: ApiRequest) => ApiResponse): ApiResponse;
  /** How often the API itself gave each status; what only faults answered is not in it. */
  statuses(): Readonly<Record<string, number>>;
  writes(): WriteCount[];
}

type Counts = { created: number; updated: number; deleted: number };
interface Item {
  readonly resource: string;
  readonly key: string;
}

/** Ends each value of a key. */
const KEY_SEPARATOR = '\u001f';
const idIn = (path: string | undefined): string => path?.slice(path.lastIndexOf('/') + 1) ?? '';

/** What a status says that a write did; undefined where it did nothing. */
function effectOf(method: string, status: number): keyof Counts | undefined {
  if (status < 200 || status > 299) return undefined;
  switch (method) {
    case 'POST':
      return status === 201 ? 'created' : 'updated';
    case 'PUT':
      return 'updated';
    case 'DELETE':
      return 'deleted';
    default:
      return undefined;
  }
}

/** @param itemOf the item that has an id now */
export function createEffects(itemOf: (place: Place, id: string) => Item | undefined): Effects {
  const items = new Map<string, Item & { readonly place: Place; readonly counts: Counts }>();
  const statuses = new Map<number, number>();
  const note = (place: Place, item: Item | undefined, effect: keyof Counts): void => {
    if (item === undefined) return;
    const name = `${placeKey(place)}/${item.resource}/${item.key}`;
    let entry = items.get(name);
    if (entry === undefined) {
      entry = { place, resource: item.resource, key: item.key, counts: { created: 0, updated: 0, deleted: 0 } };
      items.set(name, entry);
    }
    entry.counts[effect] += 1;
  };
  return {
    around: (request, answer) => {
      const { method, path, place } = request;
      // An item that is deleted can be asked for its key before, one that is made only after.
      const before = method === 'DELETE' ? itemOf(place, idIn(path)) : undefined;
      const response = answer(request);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      const effect = effectOf(method, response.status);
      if (effect !== undefined) note(place, before ?? itemOf(place, idIn(response.headers?.Location)), effect);
      return response;
    },
    statuses: () => Object.fromEntries([...statuses].sort(([a], [b]) => a - b)),
    writes: () =>
      [...items.values()].map(({ place, resource, key, counts }) => ({
        place,
        resource,
        key: key.split(KEY_SEPARATOR).slice(0, -1),
        ...counts,
      })),
  };
}
