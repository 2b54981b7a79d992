import type { DependencyRow } from './metadata.ts';
import type { ApiModel, PropertyModel, ReferenceProperty, ResourceModel, ResourceName } from './model.ts';
import { AUTHORIZING } from './people.ts';

/**
 * When a resource may be sent: all of a lower number must be in the API before it. What has the same number can go at
 * once; deletes go by falling `create` numbers.
 */
export interface DependencyOrder {
  readonly create: ReadonlyMap<ResourceName, number>;
  /** Later than `create` for a person, whom a key may change only once an association makes it theirs. */
  readonly update: ReadonlyMap<ResourceName, number>;
  /** True where the API gave no list and the order was worked out from the references. */
  readonly derived: boolean;
}

/** How much an edge is worth when a circle has to be opened: the lowest goes first. */
const OPTIONAL = 0;
const AUTHORIZATION = 1;
const REQUIRED = 2;
const IDENTITY = 3;
type Weight = typeof OPTIONAL | typeof AUTHORIZATION | typeof REQUIRED | typeof IDENTITY;

/** From a resource to what must come before it. */
type Edges = Map<ResourceName, Map<ResourceName, Weight>>;

const DESCRIPTOR_ORDER = 1;
const FIRST_RESOURCE_ORDER = 2;

interface FoundReference {
  readonly reference: ReferenceProperty;
  readonly weight: typeof OPTIONAL | typeof REQUIRED | typeof IDENTITY;
}

/** All references of a resource, those inside collections and objects too; what is in an optional part is optional. */
function* referencesIn(properties: readonly PropertyModel[], needed: boolean): Generator<FoundReference, void, void> {
  for (const property of properties) {
    switch (property.kind) {
      case 'reference':
        if (needed && property.identity) yield { reference: property, weight: IDENTITY };
        else yield { reference: property, weight: needed && property.required ? REQUIRED : OPTIONAL };
        break;
      case 'collection':
      case 'object':
        yield* referencesIn(property.properties, needed && property.required);
        break;
      case 'scalar':
      case 'descriptor':
        break;
    }
  }
}

const addEdge = (edges: Edges, from: ResourceName, to: ResourceName, weight: Weight): void => {
  if (from === to) return;
  const out = edges.get(from);
  if (out && (out.get(to) ?? -1) < weight) out.set(to, weight);
};

const edgesOf = (model: ApiModel): Edges => {
  const resources = Object.values(model.resources);
  const edges: Edges = new Map(resources.map((resource) => [resource.name, new Map()]));
  const byEntity = new Map(resources.map((resource) => [resource.entity, resource]));
  for (const resource of resources) {
    for (const { reference, weight } of referencesIn(resource.properties, true)) {
      for (const target of reference.targets) if (edges.has(target)) addEdge(edges, resource.name, target, weight);
    }
  }
  for (const [entity, by] of Object.entries(AUTHORIZING)) {
    const associations = by.map((name) => byEntity.get(name)).filter((found) => found !== undefined);
    for (const resource of resources) {
      if (associations.includes(resource) || !refersTo(resource, entity)) continue;
      for (const association of associations) addEdge(edges, resource.name, association.name, AUTHORIZATION);
    }
  }
  return edges;
};

const refersTo = (resource: ResourceModel, entity: string): boolean => {
  for (const { reference } of referencesIn(resource.properties, true)) if (reference.entity === entity) return true;
  return false;
};

/** Groups of resources that need each other in a circle (Tarjan's algorithm, without recursion), circles only. */
const circlesOf = (edges: Edges): ReadonlySet<ResourceName>[] => {
  const index = new Map<ResourceName, number>();
  const low = new Map<ResourceName, number>();
  const open: ResourceName[] = [];
  const isOpen = new Set<ResourceName>();
  const circles: ReadonlySet<ResourceName>[] = [];
  const lower = (name: ResourceName, to: number): void => {
    low.set(name, Math.min(low.get(name) ?? to, to));
  };
  for (const root of edges.keys()) {
    if (index.has(root)) continue;
    const path: { readonly name: ResourceName; readonly rest: Iterator<ResourceName> }[] = [];
    const enter = (name: ResourceName): void => {
      index.set(name, index.size);
      lower(name, index.size - 1);
      open.push(name);
      isOpen.add(name);
      path.push({ name, rest: (edges.get(name) ?? new Map()).keys() });
    };
    enter(root);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const next = step.rest.next();
      if (!next.done) {
        if (!index.has(next.value)) enter(next.value);
        else if (isOpen.has(next.value)) lower(step.name, index.get(next.value) ?? 0);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above) lower(above.name, low.get(step.name) ?? 0);
      if (low.get(step.name) !== index.get(step.name)) continue;
      const circle = new Set(open.splice(open.indexOf(step.name)));
      for (const name of circle) isOpen.delete(name);
      if (circle.size > 1) circles.push(circle);
    }
  }
  return circles;
};

interface Edge {
  readonly from: ResourceName;
  readonly to: ResourceName;
  readonly weight: Weight;
}

const part = (edges: Edges, names: ReadonlySet<ResourceName>, without?: Edge): Edges =>
  new Map(
    [...names].map((from) => [
      from,
      new Map(
        [...(edges.get(from) ?? [])].filter(([to]) => names.has(to) && !(from === without?.from && to === without.to)),
      ),
    ]),
  );

const sizeOf = (circles: readonly ReadonlySet<ResourceName>[]): number =>
  circles.reduce((sum, circle) => sum + circle.size, 0);

/**
 * Opens every circle, one edge at a time: among those worth least, the one without which the least of the circle is
 * left, so that as many references as can be are still in order. Ties go by name: the same model, the same order.
 */
const openCircles = (edges: Edges): void => {
  for (let circles = circlesOf(edges); circles.length > 0; circles = circlesOf(edges)) {
    for (const circle of circles) {
      const inside: Edge[] = [...part(edges, circle)].flatMap(([from, out]) =>
        [...out].map(([to, weight]) => ({ from, to, weight })),
      );
      const least = Math.min(...inside.map((edge) => edge.weight));
      const ranked = inside
        .filter((edge) => edge.weight === least)
        .map((edge) => ({ edge, left: sizeOf(circlesOf(part(edges, circle, edge))), name: `${edge.from} ${edge.to}` }))
        .sort((one, other) => one.left - other.left || (one.name < other.name ? -1 : 1));
      const first = ranked[0]?.edge;
      if (first) edges.get(first.from)?.delete(first.to);
    }
  }
};

/** Numbers by the longest way down, given the numbers that are already known. */
const numbersOf = (edges: Edges, known: ReadonlyMap<ResourceName, number>): Map<ResourceName, number> => {
  const numbers = new Map<ResourceName, number>();
  const numberOf = (name: ResourceName): number => {
    const done = known.get(name) ?? numbers.get(name);
    if (done !== undefined) return done;
    let number = FIRST_RESOURCE_ORDER;
    for (const before of edges.get(name)?.keys() ?? []) number = Math.max(number, numberOf(before) + 1);
    numbers.set(name, number);
    return number;
  };
  for (const name of edges.keys()) numberOf(name);
  return numbers;
};

const listed = (rows: readonly DependencyRow[], operation: string): Map<ResourceName, number> => {
  const numbers = new Map<ResourceName, number>();
  for (const { resource, order, operations } of rows) {
    if (!operations.some((one) => one.toLowerCase() === operation)) continue;
    const name = resource.replace(/^\/+/, '');
    // Named twice, the later place counts: too late is safe, too early is refused.
    numbers.set(name, Math.max(order, numbers.get(name) ?? order));
  }
  return numbers;
};

/**
 * Takes the API's dependency list (undefined where it has none) and its model; gives the order of every resource and
 * descriptor of both. The list is followed as it is; what it does not name (schoolYearTypes, some extensions) is
 * placed by its references. Without a list, all are, identity and required references before optional ones.
 */
export const dependencyOrder = (rows: readonly DependencyRow[] | undefined, model: ApiModel): DependencyOrder => {
  const create = rows ? listed(rows, 'create') : new Map<ResourceName, number>();
  const update = rows ? listed(rows, 'update') : new Map<ResourceName, number>();
  for (const descriptor of Object.values(model.descriptors)) {
    if (!create.has(descriptor)) create.set(descriptor, DESCRIPTOR_ORDER);
  }
  const edges = edgesOf(model);
  openCircles(edges);
  for (const [name, number] of numbersOf(edges, create)) if (!create.has(name)) create.set(name, number);

  if (!rows) {
    const byEntity = new Map(Object.values(model.resources).map((resource) => [resource.entity, resource.name]));
    for (const [entity, by] of Object.entries(AUTHORIZING)) {
      const person = byEntity.get(entity);
      if (person === undefined) continue;
      const after = by.map((name) => create.get(byEntity.get(name) ?? '') ?? 0);
      update.set(person, Math.max(create.get(person) ?? 0, ...after.map((number) => number + 1)));
    }
  }
  for (const [name, number] of create) if (!update.has(name)) update.set(name, number);
  // A list may name only the update; without this the resource would have no place among the creates.
  for (const [name, number] of update) if (!create.has(name)) create.set(name, number);
  return { create, update, derived: rows === undefined };
};
