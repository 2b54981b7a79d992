/** What an API publishes of itself, read and parsed: its resources, and the order in which they go. */
import type { DependencyRow, Fetched } from './metadata.ts';
import type { ApiModel, JsonObject } from './model.ts';
import { parseSpecification } from './specification.ts';

export type DocumentName = 'resources' | 'descriptors' | 'dependencies';

export interface Description {
  readonly model: ApiModel;
  /** Null where the API gives no dependency list. */
  readonly rows: readonly DependencyRow[] | null;
  /** ETags of the documents it was read from, where the host gives them. */
  readonly etags: Readonly<Partial<Record<DocumentName, string>>>;
}

/** A document with the ETag it came with. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag?: string | undefined;
}

export interface Documents {
  readonly resources: Tagged<JsonObject | undefined>;
  /** Undefined where the API has no separate document of descriptors. */
  readonly descriptors: Tagged<JsonObject | undefined>;
  /** Undefined where the API gives no dependency list. */
  readonly dependencies: Tagged<readonly DependencyRow[] | undefined>;
}

/** `/ed-fi/gradeLevelDescriptors` → `GradeLevelDescriptor`, for specifications without a document of descriptors. */
function descriptorTypesIn(rows: readonly DependencyRow[] | undefined): string[] {
  return (rows ?? []).flatMap(({ resource }) => {
    const last = resource.slice(resource.lastIndexOf('/') + 1);
    return last.endsWith('Descriptors') ? [last.charAt(0).toUpperCase() + last.slice(1, -1)] : [];
  });
}

/** @returns the ETags of documents, without those that have none */
export const etagsOf = (tags: Readonly<Partial<Record<DocumentName, string | undefined>>>): Description['etags'] =>
  Object.fromEntries(Object.entries(tags).filter(([, etag]) => etag !== undefined));

/** @throws Failure `specification-unusable` as `parseSpecification` does */
export const describe = ({ resources, descriptors, dependencies }: Documents): Description => ({
  model: parseSpecification(resources.value, descriptors.value, descriptorTypesIn(dependencies.value)),
  rows: dependencies.value ?? null,
  etags: etagsOf({ resources: resources.etag, descriptors: descriptors.etag, dependencies: dependencies.etag }),
});

/** Takes what a request without an ETag gave: always the document itself. */
export const tagged = <T>(fetched: Fetched<T | undefined>): Tagged<T | undefined> =>
  fetched.same ? { value: undefined } : fetched;
