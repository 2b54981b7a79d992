/**
 * The shape in which Rollbook knows an Ed-Fi API's resources: facts only (names, types, lengths, keys, references),
 * read from that API's own OpenAPI document by `specification.ts` or from a compact model in assets/models.
 */

/** `ed-fi/sections`: the resource's path under the data management URL, without a leading slash. */
export type ResourceName = string;

export type ScalarType = 'string' | 'integer' | 'number' | 'boolean' | 'date' | 'date-time' | 'time';

interface PropertyBase {
  readonly name: string;
  /** A value must be there for the API to accept the item. */
  readonly required: boolean;
  /** Part of the natural key (for a reference: all of its members are). */
  readonly identity: boolean;
}

export interface ScalarProperty extends PropertyBase {
  readonly kind: 'scalar';
  readonly type: ScalarType;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** OpenAPI format where it narrows the type: int32, int64, double. */
  readonly format?: string;
}

/** A value `namespace#codeValue` out of one descriptor type's list. */
export interface DescriptorProperty extends PropertyBase {
  readonly kind: 'descriptor';
  /** `GradeLevelDescriptor`; absent where the specification does not tell the type. */
  readonly descriptor?: string;
  readonly maxLength: number;
}

export interface ReferenceMember {
  readonly name: string;
  readonly type: ScalarType;
  readonly required: boolean;
  readonly descriptor?: string;
  readonly maxLength?: number;
  readonly format?: string;
}

/** Another item, named by its natural key. */
export interface ReferenceProperty extends PropertyBase {
  readonly kind: 'reference';
  /** The entity it names: `Section`, or an abstract one: `EducationOrganization`. */
  readonly entity: string;
  /** The resources that can hold that entity; several where it is abstract, none where the API does not offer it. */
  readonly targets: readonly ResourceName[];
  readonly members: readonly ReferenceMember[];
}

/** A list of objects, for example `races` or `addresses`. */
export interface CollectionProperty extends PropertyBase {
  readonly kind: 'collection';
  readonly minItems: number;
  readonly properties: readonly PropertyModel[];
}

/** A single embedded object, `_ext` and its members among them. */
export interface ObjectProperty extends PropertyBase {
  readonly kind: 'object';
  readonly properties: readonly PropertyModel[];
}

export type PropertyModel =
  | ScalarProperty
  | DescriptorProperty
  | ReferenceProperty
  | CollectionProperty
  | ObjectProperty;

/**
 * One value of a natural key: where it is in a body, and the name by which references to the resource carry it.
 * A key value that sits in several places (schoolId in two references that must agree) has several paths.
 */
export interface IdentityPart {
  /** `schoolId`: the member's name in a reference to this resource. */
  readonly name: string;
  /** `[['courseOfferingReference','schoolId'], …]`, the first that has a value counts. */
  readonly paths: readonly (readonly string[])[];
  readonly type: ScalarType;
}

export interface ResourceModel {
  readonly name: ResourceName;
  /** `Section`, in the specification's own spelling, first letter upper case. */
  readonly entity: string;
  readonly properties: readonly PropertyModel[];
  /** In the order of `name`, so that the same key always reads the same. */
  readonly identity: readonly IdentityPart[];
  /** A PUT may change the natural key (and the API carries the change on to the dependants). */
  readonly updatableKey: boolean;
  /** The entities this one also is: a `School` is an `EducationOrganization`. */
  readonly isA: readonly string[];
}

export interface ApiModel {
  /** Every resource that is no descriptor. */
  readonly resources: Readonly<Record<ResourceName, ResourceModel>>;
  /** Descriptor type (`GradeLevelDescriptor`) to its resource (`ed-fi/gradeLevelDescriptors`). */
  readonly descriptors: Readonly<Record<string, ResourceName>>;
}

/** The last part of a resource's name: `sections` of `ed-fi/sections`. */
export const shortName = (resource: ResourceName): string => resource.slice(resource.indexOf('/') + 1);

/** A resource as people see it: without the namespace where it is Ed-Fi's own. */
export const displayName = (resource: ResourceName): string =>
  resource.startsWith('ed-fi/') ? shortName(resource) : resource;

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export interface JsonObject {
  [name: string]: JsonValue;
}
