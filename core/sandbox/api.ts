/** What the handlers of one practice API share. */
import type { JsonObject, ResourceName } from '../edfi/model.ts';
import type { Organizations } from './claims.ts';
import type { DescriptorValues } from './descriptor-values.ts';
import type { Traits } from './generations.ts';
import type { Profile } from './profiles.ts';
import type { Shape } from './shape.ts';
import type { Store } from './store.ts';
import type { Validated } from './validate.ts';

export interface Api {
  readonly traits: Traits;
  readonly store: Store;
  readonly shapes: ReadonlyMap<ResourceName, Shape>;
  readonly descriptors: DescriptorValues;
  readonly organizations: Organizations;
  /** Every profile there is, whoever it is assigned to. */
  readonly profiles: readonly Profile[];
  /** The path of an item as a client sees it: `/data/v3/ed-fi/students/{id}`. */
  pathOf(resource: ResourceName, id: string): string;
  /** The same as the `Location` of an answer. */
  locationOf(resource: ResourceName, id: string): string;
  validate(shape: Shape, body: JsonObject): Validated;
  newId(): string;
  /** A new version of an item: never the same twice. */
  newVersion(): { readonly etag: string; readonly modified: string };
}
