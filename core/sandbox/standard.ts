/** What a practice API is made of: a shipped data standard, or the documents of the API it impersonates. */
import type { ApiModel, PropertyModel, ResourceModel, ResourceName } from '../edfi/model.ts';
import { parseSpecification } from '../edfi/specification.ts';
import { Failure } from '../errors/failure.ts';
import type { DependencyRow, DescriptorValue } from './models/compact.ts';
import { type DataStandard, loadModel, shippedStandards } from './models/load.ts';

const DEFAULT_STANDARD: DataStandard = '5.2';

export interface Standard {
  readonly dataStandard: DataStandard;
  readonly model: ApiModel;
  readonly descriptorValues: Readonly<Record<string, readonly DescriptorValue[]>>;
  /** Descriptor types of which no value is known: any well-formed one is taken. */
  readonly openTypes: ReadonlySet<string>;
  readonly dependencies: readonly DependencyRow[];
  /** The documents that were given, to be served back as they are. */
  readonly documents: { readonly resources?: unknown; readonly descriptors?: unknown };
}

const pathsOf = (document: unknown): string[] => {
  const paths = typeof document === 'object' && document !== null ? (document as { paths?: unknown }).paths : undefined;
  return typeof paths === 'object' && paths !== null ? Object.keys(paths) : [];
};
const isDescriptorPath = (path: string): boolean => /^\/[^/]+\/[^/]+Descriptors(\/|$)/.test(path);

/** A specification of descriptors has no path but theirs. */
const isDescriptorDocument = (document: unknown): boolean => {
  const paths = pathsOf(document).filter((path) => /^\/[^/]+\/[^/]+$/.test(path));
  return paths.length > 0 && paths.every(isDescriptorPath);
};

/** Resources, and their properties, that two models would have to share to be alike. */
const namesOf = (model: ApiModel): Set<string> =>
  new Set(
    Object.values(model.resources).flatMap(({ name, properties }) => [
      name,
      ...properties.map((property: PropertyModel) => `${name}.${property.name}`),
    ]),
  );

/** The shipped data standard whose resources and properties are most like those of a model. */
function nearestStandard(model: ApiModel): DataStandard {
  const names = namesOf(model);
  let nearest = DEFAULT_STANDARD;
  let best = -1;
  for (const standard of shippedStandards()) {
    const shipped = namesOf(loadModel(standard).model);
    const shared = [...shipped].filter((name) => names.has(name)).length;
    const likeness = shared / (shipped.size + names.size - shared);
    if (likeness > best) {
      best = likeness;
      nearest = standard;
    }
  }
  return nearest;
}

const SCHOOL_YEARS = 'ed-fi/schoolYearTypes';

function withoutTarget(properties: readonly PropertyModel[], target: ResourceName): PropertyModel[] {
  return properties.map((property): PropertyModel => {
    switch (property.kind) {
      case 'reference':
        return { ...property, targets: property.targets.filter((name) => name !== target) };
      case 'collection':
      case 'object':
        return { ...property, properties: withoutTarget(property.properties, target) };
      case 'scalar':
      case 'descriptor':
        return property;
    }
  });
}

/** @returns the same for an API that does not offer school years as a resource: references to them lead nowhere */
export function withoutSchoolYears(standard: Standard): Standard {
  const resources = Object.values(standard.model.resources)
    .filter(({ name }) => name !== SCHOOL_YEARS)
    .map((resource): [ResourceName, ResourceModel] => [
      resource.name,
      { ...resource, properties: withoutTarget(resource.properties, SCHOOL_YEARS) },
    ]);
  return { ...standard, model: { ...standard.model, resources: Object.fromEntries(resources) } };
}

/**
 * @param openapi parsed OpenAPI documents: of resources, of descriptors, or of both
 * @param usual the data standard where neither it nor documents are given
 * @throws Failure `specification-unusable` or `usage` where a document or the data standard cannot be used
 */
export function standardOf(
  dataStandard: DataStandard | undefined,
  openapi: readonly unknown[] | undefined,
  usual: DataStandard,
): Standard {
  if (openapi === undefined || openapi.length === 0) {
    const standard = dataStandard ?? usual;
    return { dataStandard: standard, ...loadModel(standard), openTypes: new Set(), documents: {} };
  }
  const descriptors = openapi.find(isDescriptorDocument);
  const resources = openapi.find((document) => document !== descriptors);
  if (resources === undefined) {
    throw new Failure('specification-unusable', 'None of the OpenAPI documents describes resources; add that one.');
  }
  // Parsed a first time to see what it is like: without descriptors of its own it borrows those of its like.
  const standard = dataStandard ?? nearestStandard(parseSpecification(resources, descriptors));
  const shipped = loadModel(standard);
  const model = parseSpecification(
    resources,
    descriptors,
    descriptors === undefined ? Object.keys(shipped.model.descriptors) : [],
  );
  const types = Object.keys(model.descriptors);
  return {
    dataStandard: standard,
    model,
    descriptorValues: Object.fromEntries(types.map((type) => [type, shipped.descriptorValues[type] ?? []])),
    openTypes: new Set(types.filter((type) => shipped.descriptorValues[type] === undefined)),
    dependencies: shipped.dependencies,
    documents: descriptors === undefined ? { resources } : { resources, descriptors },
  };
}
