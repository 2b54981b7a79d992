/** What the handlers of one practice API share. */
import type { JsonObject, ResourceName } from '../edfi/model.ts';
import type { Organizations } from './claims.ts';
import type { DescriptorValues } from './descriptor-values.ts';
import type { Shape } from './shape.ts';
import type { Store } from './store.ts';
import type { Validated } from './validate.ts';

export interface Api {
  /** `http://127.0.0.1:54321/data/v3/` */
  readonly dataUrl: string;
  readonly store: Store;
  readonly shapes: ReadonlyMap<ResourceName, Shape>;
  readonly descriptors: DescriptorValues;
  readonly organizations: Organizations;
  validate(shape: Shape, body: JsonObject): Validated;
  newId(): string;
  /** A new version of an item: never the same twice. */
  newVersion(): { readonly etag: string; readonly modified: string };
}
