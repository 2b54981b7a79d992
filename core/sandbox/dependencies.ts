/** The dependency list: in which order resources have to be sent. */
import type { ApiModel, PropertyModel, ResourceName } from '../edfi/model.ts';
import type { DependencyRow } from './models/compact.ts';
import { TIES } from './shape.ts';

function targetsOf(descriptors: ApiModel['descriptors'], properties: readonly PropertyModel[]): ResourceName[] {
  return properties.flatMap((property): readonly ResourceName[] => {
    switch (property.kind) {
      case 'reference':
        return property.targets;
      case 'collection':
      case 'object':
        return targetsOf(descriptors, property.properties);
      case 'descriptor': {
        const resource = property.descriptor === undefined ? undefined : descriptors[property.descriptor];
        return resource === undefined ? [] : [resource];
      }
      case 'scalar':
        return [];
    }
  });
}

/** Each resource with the resources it refers to, itself left out. */
const edgesOf = (model: ApiModel): Map<ResourceName, ResourceName[]> =>
  new Map(
    Object.values(model.resources).map(({ name, properties }) => [
      name,
      [...new Set(targetsOf(model.descriptors, properties))].filter((target) => target !== name),
    ]),
  );

const SCHOOL_YEARS = /\/schoolYearTypes$/;

/**
 * @param known rows that are taken as they are, where the model has the resource
 * @returns a row for each resource of the model but the school years (no Ed-Fi API lists them); what is not known comes
 *   after all it refers to
 */
export function dependencyRows(model: ApiModel, known: readonly DependencyRow[]): DependencyRow[] {
  const operations = ['Create', 'Update'];
  const names = new Set([...Object.keys(model.resources), ...Object.values(model.descriptors)]);
  const rows = known.filter(({ resource }) => names.has(resource.slice(1)));
  const orders = new Map<ResourceName, number>();
  for (const { resource, order } of rows)
    orders.set(resource.slice(1), Math.max(order, orders.get(resource.slice(1)) ?? 0));
  const listed = new Set(orders.keys());
  for (const name of Object.values(model.descriptors)) if (!orders.has(name)) orders.set(name, 1);

  const edges = edgesOf(model);
  const orderOf = (name: ResourceName, above: readonly ResourceName[]): number => {
    const order = orders.get(name);
    if (order !== undefined) return order;
    // A circle of references has no order: it is cut where it closes.
    if (above.includes(name)) return 1;
    const found = 1 + Math.max(1, ...(edges.get(name) ?? []).map((target) => orderOf(target, [...above, name])));
    orders.set(name, found);
    return found;
  };
  for (const name of names) orderOf(name, []);
  const added = [...orders]
    .filter(([name]) => !listed.has(name) && !SCHOOL_YEARS.test(name))
    .map(([name, order]): DependencyRow => ({ resource: `/${name}`, order, operations }));
  return [...rows, ...added].sort(
    (a, b) => a.order - b.order || (a.resource < b.resource ? -1 : a.resource > b.resource ? 1 : 0),
  );
}

/** Where a resource stands that can be updated only later than it is created: `/ed-fi/students#Retry`. */
const RETRY = '#Retry';

/** What ties a person down: it needs the person to be there, and the person's update needs it. */
const AUTHORIZING: Readonly<Record<string, readonly ResourceName[]>> = {
  '/ed-fi/students': TIES.student,
  '/ed-fi/staffs': TIES.staff,
  '/ed-fi/contacts': TIES.contact,
  '/ed-fi/parents': TIES.contact,
};

/** @returns the same as a GraphML document: an edge leads from what is needed to what needs it */
export function dependencyGraph(model: ApiModel, rows: readonly DependencyRow[]): string {
  const listed = new Set(rows.map(({ resource }) => resource));
  const retried = new Set([...listed].filter((resource) => rows.filter((row) => row.resource === resource).length > 1));
  const nodes = [...listed, ...[...retried].map((resource) => resource + RETRY)].sort();
  const edge = (source: string, target: string): string => `<edge source="${source}" target="${target}"/>`;
  const edges = [...edgesOf(model)].flatMap(([name, targets]) =>
    targets
      .map((target) => `/${target}`)
      .filter((target) => listed.has(target) && listed.has(`/${name}`))
      .flatMap((target) => {
        if (!retried.has(target)) return edge(target, `/${name}`);
        if (!AUTHORIZING[target]?.includes(name)) return edge(target + RETRY, `/${name}`);
        return [edge(target, `/${name}`), edge(`/${name}`, target + RETRY)];
      }),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    '<graph id="EdFi Dependencies" edgedefault="directed">',
    ...nodes.map((node) => `<node id="${node}"/>`),
    ...edges.sort(),
    '</graph>',
    '</graphml>',
    '',
  ].join('\n');
}
