/**
 * An item as the API gives it, cut down to what can be compared with an item as it was sent.
 *
 * The ledger has no bodies, only the hash of what was sent, and an API gives more than that: id, ETag, time of change,
 * links, values of its own. So the rule is: of the members that the mapping makes for the resource, all that the
 * connection's specification knows, at every depth. Whatever else the API has (a member that another system maintains
 * and no mapping of ours makes) is neither compared nor taken over. A member that the mapping could make, but did not
 * for this item, has to be absent. Dates count by their day, since some hosts write them with a time.
 */
import type { JsonObject, JsonValue, PropertyModel, ResourceModel } from '../edfi/model.ts';

type Cut = (value: JsonValue) => JsonValue | undefined;

const DAY = /^\d{4}-\d{2}-\d{2}T/;
const day: Cut = (value) => (typeof value === 'string' && DAY.test(value) ? value.slice(0, 10) : value);
const whole: Cut = (value) => value;

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function cutObject(members: ReadonlyMap<string, Cut>): (body: JsonObject) => JsonObject {
  return (body) => {
    const kept: JsonObject = {};
    for (const [name, value] of Object.entries(body)) {
      const cut = members.get(name)?.(value);
      if (cut !== undefined) kept[name] = cut;
    }
    return kept;
  };
}

function cutOf(property: PropertyModel): Cut {
  switch (property.kind) {
    case 'scalar':
      return property.type === 'date' ? day : whole;
    case 'descriptor':
      return whole;
    case 'reference': {
      const members = property.members.map(({ name, type }) => [name, type === 'date' ? day : whole] as const);
      const object = cutObject(new Map(members));
      return (value) => (isObject(value) ? object(value) : undefined);
    }
    case 'object': {
      const object = cutObject(cutsOf(property.properties));
      return (value) => (isObject(value) ? object(value) : undefined);
    }
    case 'collection': {
      const object = cutObject(cutsOf(property.properties));
      return (value) => (Array.isArray(value) ? value.filter(isObject).map(object) : undefined);
    }
  }
}

const cutsOf = (properties: readonly PropertyModel[]): Map<string, Cut> =>
  new Map(properties.map((property) => [property.name, cutOf(property)]));

/**
 * @param members the top-level members that the mapping makes for the resource
 * @returns a function from an item's body, as the API gives it, to what of it can be compared with a body that was sent
 */
export function comparableReader(model: ResourceModel, members: readonly string[]): (body: JsonObject) => JsonObject {
  const made = new Set(members);
  return cutObject(cutsOf(model.properties.filter(({ name }) => made.has(name))));
}
