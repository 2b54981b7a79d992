/** What audit and adopt have in common: which resources are read back, in which order, and how far the reading is. */
import type { DependencyOrder } from '../edfi/dependencies.ts';
import type { ApiModel, ResourceModel, ResourceName } from '../edfi/model.ts';
import type { Reader } from '../edfi/sweep.ts';
import { Failure } from '../errors/failure.ts';

/** A resource as the connection's mapping makes it: `CompiledResource` is one. */
export interface MadeResource {
  readonly name: ResourceName;
  /** `match`: expected at the API, and only referred to. */
  readonly disposition: 'create' | 'match';
  /** The top-level members of a body that the mapping can make. */
  readonly members: readonly string[];
}

export interface ReadingProgress {
  readonly resource: ResourceName;
  /** Resources done, of how many. */
  readonly resources: number;
  readonly of: number;
  /** Items read so far, of all resources. */
  readonly items: number;
  /** How many there are to be read in all; absent where the API does not tell. */
  readonly total: number | undefined;
}

/**
 * Asks the API how many items of these resources it has, one small request for each.
 * @returns their sum; undefined where the API does not tell
 * @throws Failure as the client does; `cancelled`
 */
export async function countItems(
  client: Pick<Reader, 'page'>,
  made: readonly { readonly resource: MadeResource }[],
  parallel: number,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const atOnce = Math.max(1, Math.trunc(parallel));
  let sum = 0;
  for (let from = 0; from < made.length; from += atOnce) {
    if (signal?.aborted) throw new Failure('cancelled', 'Stopped, as asked; nothing was changed.');
    const asked = made
      .slice(from, from + atOnce)
      .map(({ resource }) => client.page(resource.name, { limit: 1, offset: 0, totalCount: true }));
    for (const { total } of await Promise.all(asked)) {
      if (total === undefined) return undefined;
      sum += total;
    }
  }
  return sum;
}

/** @returns the resources that the API has, in the order in which a batch would create them */
export function inOrder(
  resources: readonly MadeResource[],
  order: DependencyOrder,
  model: ApiModel,
): { readonly resource: MadeResource; readonly model: ResourceModel }[] {
  const place = (name: ResourceName): number => order.create.get(name) ?? Number.MAX_SAFE_INTEGER;
  return resources
    .flatMap((resource) => {
      const found = model.resources[resource.name];
      return found === undefined ? [] : [{ resource, model: found }];
    })
    .sort((a, b) => place(a.resource.name) - place(b.resource.name) || (a.resource.name < b.resource.name ? -1 : 1));
}

/** So many items that differ tell something about the API. */
const NOT_A_FEW = 20;

/**
 * @param differing items whose content is not what the ledger has @param same those whose content is
 * @returns whether it is less likely that they were changed than that the API writes what it was sent in its own way, or
 *   that the mapping was changed and nothing sent since
 */
export const looksRewritten = (differing: number, same: number): boolean => differing >= NOT_A_FEW && differing > same;
