/**
 * The file format of assets/models: an Ed-Fi data standard as facts only, one resource, reference or descriptor type a
 * line, so that two standards can be compared by eye and a change reads well in a diff.
 *
 *     resources     short name → [entity, flags ('k': a PUT may change the key), isA, identity, properties]
 *     identity      [name, type, …paths]; a path is `courseOfferingReference.schoolId`
 *     properties    [kind and flags, name, …]; '!' required, '*' part of the natural key
 *                     s  scalar      type, limits
 *                     d  descriptor  type ('' where unknown), longest value where it is not 306
 *                     r  reference   key into `references`
 *                     c  collection  fewest items, properties
 *                     o  object      properties
 *     references    entity → [short names of the resources that can hold it, members]; `Section~2` where two
 *                   references to one entity differ
 *     members       [name, type, limits]; '?' before the name where the member may be absent
 *     descriptors   the types; [type, resource] where the resource is not simply the type's plural
 *     values        type → namespace → code values; '' is the namespace `uri://ed-fi.org/<type>`
 *     dependencies  [short name, order, operations ('CU', 'C' or 'U')]
 *
 * Everything is in the namespace `ed-fi`.
 */
import type {
  ApiModel,
  IdentityPart,
  PropertyModel,
  ReferenceMember,
  ReferenceProperty,
  ResourceModel,
  ScalarType,
} from '../../edfi/model.ts';

/** Longest value a descriptor property takes, unless the model says otherwise. */
const DESCRIPTOR_LENGTH = 306;
const NAMESPACE = 'ed-fi/';

interface Limits {
  /** maxLength, minLength, maximum, minimum, format, descriptor type */
  readonly l?: number;
  readonly s?: number;
  readonly hi?: number;
  readonly lo?: number;
  readonly f?: string;
  readonly d?: string;
}
type CompactProperty =
  | readonly [flags: string, name: string, type: string, limits?: Limits]
  | readonly [flags: string, name: string, descriptor: string, maxLength?: number]
  | readonly [flags: string, name: string, minItems: number, properties: readonly CompactProperty[]]
  | readonly [flags: string, name: string, properties: readonly CompactProperty[]];
type CompactIdentity = readonly [name: string, type: string, ...paths: string[]];
type CompactResource = readonly [
  entity: string,
  flags: string,
  isA: readonly string[],
  identity: readonly CompactIdentity[],
  properties: readonly CompactProperty[],
];
type CompactMember = readonly [name: string, type: string, limits?: Limits];
type CompactReference = readonly [targets: readonly string[], members: readonly CompactMember[]];

export interface DescriptorValue {
  /** `uri://ed-fi.org/GradeLevelDescriptor` */
  readonly namespace: string;
  readonly codeValue: string;
}

/** A row of an API's dependency list. */
export interface DependencyRow {
  /** `/ed-fi/sections` */
  readonly resource: string;
  readonly order: number;
  readonly operations: readonly string[];
}

export interface ShippedModel {
  readonly model: ApiModel;
  /** By descriptor type, in the order of the data standard. */
  readonly descriptorValues: Readonly<Record<string, readonly DescriptorValue[]>>;
  readonly dependencies: readonly DependencyRow[];
}

export interface CompactModel {
  readonly dataStandard: string;
  readonly resources: Readonly<Record<string, CompactResource>>;
  readonly references: Readonly<Record<string, CompactReference>>;
  readonly descriptors: readonly (string | readonly [type: string, resource: string])[];
  readonly values: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly dependencies: readonly (readonly [resource: string, order: number, operations: string])[];
}

const short = (resource: string): string => resource.slice(NAMESPACE.length);
const pluralOf = (type: string): string => `${type.charAt(0).toLowerCase()}${type.slice(1)}s`;
const ownNamespace = (type: string): string => `uri://ed-fi.org/${type}`;

const someLimits = (limits: Record<keyof Limits, number | string | undefined>): Limits | undefined => {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Limits);
};
const withLimits = <T extends readonly unknown[]>(tuple: T, limits: Limits | undefined): T | readonly [...T, Limits] =>
  limits === undefined ? tuple : [...tuple, limits];

/** @returns the shipped form of a model; of it only what is in the namespace `ed-fi`, without extensions. */
export function toCompact(dataStandard: string, shipped: ShippedModel): CompactModel {
  const references = new Map<string, CompactReference>();

  const referenceKey = (property: ReferenceProperty): string => {
    const compact: CompactReference = [
      property.targets.filter((target) => target.startsWith(NAMESPACE)).map(short),
      property.members.map((member) =>
        withLimits(
          [`${member.required ? '' : '?'}${member.name}`, member.type] as const,
          someLimits({
            l: member.maxLength,
            s: undefined,
            hi: undefined,
            lo: undefined,
            f: member.format,
            d: member.descriptor,
          }),
        ),
      ),
    ];
    for (let number = 1; ; number++) {
      const key = number === 1 ? property.entity : `${property.entity}~${number}`;
      const known = references.get(key);
      if (known === undefined) references.set(key, compact);
      if (known === undefined || JSON.stringify(known) === JSON.stringify(compact)) return key;
    }
  };

  const property = (model: PropertyModel): CompactProperty => {
    const flags = `${model.required ? '!' : ''}${model.identity ? '*' : ''}`;
    switch (model.kind) {
      case 'scalar':
        return withLimits(
          [`s${flags}`, model.name, model.type] as const,
          someLimits({
            l: model.maxLength,
            s: model.minLength,
            hi: model.maximum,
            lo: model.minimum,
            f: model.format,
            d: undefined,
          }),
        );
      case 'descriptor': {
        const type = model.descriptor ?? '';
        return model.maxLength === DESCRIPTOR_LENGTH
          ? [`d${flags}`, model.name, type]
          : [`d${flags}`, model.name, type, model.maxLength];
      }
      case 'reference':
        return [`r${flags}`, model.name, referenceKey(model)];
      case 'collection':
        return [`c${flags}`, model.name, model.minItems, properties(model.properties)];
      case 'object':
        return [`o${flags}`, model.name, properties(model.properties)];
    }
  };
  const properties = (models: readonly PropertyModel[]): CompactProperty[] =>
    models.filter((model) => model.name !== '_ext').map(property);

  const sorted = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

  const resources = Object.fromEntries(
    sorted(shipped.model.resources)
      .filter(([name]) => name.startsWith(NAMESPACE))
      .map(([name, model]): [string, CompactResource] => [
        short(name),
        [
          model.entity,
          model.updatableKey ? 'k' : '',
          model.isA,
          model.identity.map(
            (part): CompactIdentity => [part.name, part.type, ...part.paths.map((path) => path.join('.'))],
          ),
          properties(model.properties),
        ],
      ]),
  );
  const values = Object.fromEntries(
    sorted(shipped.descriptorValues).map(([type, list]) => {
      const byNamespace: Record<string, string[]> = {};
      for (const { namespace, codeValue } of list) {
        const key = namespace === ownNamespace(type) ? '' : namespace;
        byNamespace[key] ??= [];
        byNamespace[key].push(codeValue);
      }
      return [type, byNamespace];
    }),
  );
  return {
    dataStandard,
    resources,
    references: Object.fromEntries([...references].sort(([a], [b]) => (a < b ? -1 : 1))),
    descriptors: sorted(shipped.model.descriptors)
      .filter(([, resource]) => resource.startsWith(NAMESPACE))
      .map(([type, resource]) => (short(resource) === pluralOf(type) ? type : ([type, short(resource)] as const))),
    values,
    dependencies: shipped.dependencies
      .filter(({ resource }) => resource.startsWith(`/${NAMESPACE}`))
      .map(({ resource, order, operations }) => [
        resource.slice(NAMESPACE.length + 1),
        order,
        operations.map((operation) => operation.charAt(0)).join(''),
      ]),
  };
}

/** @returns the file's text: always the same for the same model. */
export function compactText(compact: CompactModel): string {
  const entries = (record: Readonly<Record<string, unknown>>): string =>
    Object.entries(record)
      .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
      .join(',\n');
  const rows = (list: readonly unknown[]): string => list.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  return `{
  "dataStandard": ${JSON.stringify(compact.dataStandard)},
  "resources": {
${entries(compact.resources)}
  },
  "references": {
${entries(compact.references)}
  },
  "descriptors": [
${rows(compact.descriptors)}
  ],
  "values": {
${entries(compact.values)}
  },
  "dependencies": [
${rows(compact.dependencies)}
  ]
}
`;
}

const OPERATIONS: Readonly<Record<string, string>> = { C: 'Create', U: 'Update' };

/** @returns the model as the rest of Rollbook knows it; the opposite of `toCompact`. */
export function fromCompact(compact: CompactModel): ShippedModel {
  const members = new Map<string, readonly ReferenceMember[]>();
  const membersOf = (key: string): readonly ReferenceMember[] => {
    const known = members.get(key);
    if (known !== undefined) return known;
    const read = (compact.references[key]?.[1] ?? []).map(
      ([name, type, limits = {}]): ReferenceMember => ({
        name: name.replace('?', ''),
        type: type as ScalarType,
        required: !name.startsWith('?'),
        ...(limits.d === undefined ? {} : { descriptor: limits.d }),
        ...(limits.l === undefined ? {} : { maxLength: limits.l }),
        ...(limits.f === undefined ? {} : { format: limits.f }),
      }),
    );
    members.set(key, read);
    return read;
  };

  const property = (tuple: CompactProperty): PropertyModel => {
    const [flags, name, third, fourth] = tuple;
    const base = { name, required: flags.includes('!'), identity: flags.includes('*') };
    switch (flags.charAt(0)) {
      case 's': {
        const limits = (fourth ?? {}) as Limits;
        return {
          ...base,
          kind: 'scalar',
          type: third as ScalarType,
          ...(limits.l === undefined ? {} : { maxLength: limits.l }),
          ...(limits.s === undefined ? {} : { minLength: limits.s }),
          ...(limits.lo === undefined ? {} : { minimum: limits.lo }),
          ...(limits.hi === undefined ? {} : { maximum: limits.hi }),
          ...(limits.f === undefined ? {} : { format: limits.f }),
        };
      }
      case 'd':
        return {
          ...base,
          kind: 'descriptor',
          maxLength: typeof fourth === 'number' ? fourth : DESCRIPTOR_LENGTH,
          ...(third === '' ? {} : { descriptor: third as string }),
        };
      case 'r': {
        const key = third as string;
        return {
          ...base,
          kind: 'reference',
          entity: key.replace(/~\d+$/, ''),
          targets: (compact.references[key]?.[0] ?? []).map((target) => NAMESPACE + target),
          members: membersOf(key),
        };
      }
      case 'c':
        return {
          ...base,
          kind: 'collection',
          minItems: third as number,
          properties: (fourth as readonly CompactProperty[]).map(property),
        };
      default:
        return { ...base, kind: 'object', properties: (third as readonly CompactProperty[]).map(property) };
    }
  };

  const resources = Object.fromEntries(
    Object.entries(compact.resources).map(([name, [entity, flags, isA, identity, properties]]) => {
      const model: ResourceModel = {
        name: NAMESPACE + name,
        entity,
        properties: properties.map(property),
        identity: identity.map(
          ([part, type, ...paths]): IdentityPart => ({
            name: part,
            paths: paths.map((path) => path.split('.')),
            type: type as ScalarType,
          }),
        ),
        updatableKey: flags.includes('k'),
        isA,
      };
      return [model.name, model];
    }),
  );
  return {
    model: {
      resources,
      descriptors: Object.fromEntries(
        compact.descriptors.map((entry) =>
          typeof entry === 'string' ? [entry, NAMESPACE + pluralOf(entry)] : [entry[0], NAMESPACE + entry[1]],
        ),
      ),
    },
    descriptorValues: Object.fromEntries(
      Object.entries(compact.values).map(([type, byNamespace]) => [
        type,
        Object.entries(byNamespace).flatMap(([namespace, codes]) =>
          codes.map((codeValue) => ({ namespace: namespace === '' ? ownNamespace(type) : namespace, codeValue })),
        ),
      ]),
    ),
    dependencies: compact.dependencies.map(([resource, order, operations]) => ({
      resource: `/${NAMESPACE}${resource}`,
      order,
      operations: [...operations].map((letter) => OPERATIONS[letter] ?? letter),
    })),
  };
}
