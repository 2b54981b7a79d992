/** What audit and adopt have in common: which resources are read back, in which order, and how far the reading is. */
import type { DependencyOrder } from '../edfi/dependencies.ts';
import type { ApiModel, ResourceModel, ResourceName } from '../edfi/model.ts';

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
