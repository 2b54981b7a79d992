/** GET of a collection: paging and filters by property. */
import type { PropertyModel, ScalarType } from '../edfi/model.ts';
import type { Api } from './api.ts';
import { pageSubjects } from './authorization.ts';
import type { Claims } from './claims.ts';
import { type ApiRequest, type ApiResponse, json } from './exchange.ts';
import { presented } from './items.ts';
import { parameterInvalid } from './problems.ts';
import { capital, type Shape } from './shape.ts';
import { type Condition, hasId, hasValue, nothing } from './store.ts';

const MOST = 500;
const DEFAULT = 25;
/** Parameters that are no property. */
const NOT_PROPERTIES = new Set(['limit', 'offset', 'totalcount', 'minchangeversion', 'maxchangeversion', 'id']);

/** What one query parameter may name: the same value can be in several places. */
export interface Filter {
  readonly name: string;
  readonly type: ScalarType;
  readonly identity: boolean;
  readonly paths: readonly (readonly string[])[];
  readonly property: PropertyModel | undefined;
}

/**
 * The flattened properties of a resource, as query parameters name them: key values by the names references carry,
 * scalars and descriptors by their own, members of other references with the reference's name before them.
 */
export function filtersOf(shape: Shape): Filter[] {
  const filters = new Map<string, Filter>();
  const { identity, properties } = shape.model;
  for (const part of identity) {
    const own = properties.find(({ name }) => part.paths.some((path) => path.length === 1 && path[0] === name));
    filters.set(part.name, { name: part.name, type: part.type, identity: true, paths: part.paths, property: own });
  }
  const offer = (filter: Filter): void => {
    if (!filters.has(filter.name)) filters.set(filter.name, filter);
  };
  for (const property of properties) {
    const { name } = property;
    if (property.kind === 'scalar' || property.kind === 'descriptor') {
      const type = property.kind === 'scalar' ? property.type : 'string';
      offer({ name, type, identity: false, paths: [[name]], property });
    }
  }
  for (const property of properties) {
    if (property.kind !== 'reference' || property.identity) continue;
    const base = property.name.replace(/Reference$/, '');
    const role = base.toLowerCase().endsWith(property.entity.toLowerCase())
      ? base.slice(0, base.length - property.entity.length)
      : base;
    for (const { name, type } of property.members) {
      const carried = role === '' ? name : role + capital(name);
      offer({ name: carried, type, identity: false, paths: [[property.name, name]], property: undefined });
    }
  }
  return [...filters.values()];
}

const filterTables = new WeakMap<Shape, ReadonlyMap<string, Filter>>();
function filterNamed(shape: Shape, name: string): Filter | undefined {
  let table = filterTables.get(shape);
  if (table === undefined) {
    table = new Map(filtersOf(shape).map((filter) => [filter.name.toLowerCase(), filter]));
    filterTables.set(shape, table);
  }
  return table.get(name);
}

function filterValue(filter: Filter, text: string): string | number | boolean {
  switch (filter.type) {
    case 'integer':
    case 'number': {
      const value = Number(text);
      if (text.trim() === '' || !Number.isFinite(value)) {
        throw parameterInvalid(`The value of the parameter '${filter.name}' must be a number.`);
      }
      return value;
    }
    case 'boolean':
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
      throw parameterInvalid(`The value of the parameter '${filter.name}' must be true or false.`);
    case 'string':
    case 'date':
    case 'date-time':
    case 'time':
      return text;
  }
}

function whole(parameters: ReadonlyMap<string, string>, name: string, most: number, standard: number): number {
  const text = parameters.get(name);
  if (text === undefined) return standard;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (value >= 0 && value <= most) return value;
  throw parameterInvalid(
    most === MOST
      ? `${capital(name)} must be a number between 0 and ${most}.`
      : `${capital(name)} must be a number not below 0.`,
  );
}

/** @returns a page of what the caller may see, in the order of creation */
export function readPage(api: Api, claims: Claims, shape: Shape, request: ApiRequest): ApiResponse {
  const parameters = new Map([...request.query].map(([name, value]) => [name.toLowerCase(), value]));
  const limit = whole(parameters, 'limit', MOST, DEFAULT);
  const offset = whole(parameters, 'offset', Number.MAX_SAFE_INTEGER, 0);
  const total = parameters.get('totalcount') ?? 'false';
  if (!/^(true|false)$/i.test(total)) throw parameterInvalid('TotalCount must be true or false.');

  const conditions: Condition[] = [];
  const id = parameters.get('id');
  if (id !== undefined) conditions.push(hasId(id.toLowerCase()));
  const key: Record<string, string> = {};
  for (const [name, text] of parameters) {
    const filter = NOT_PROPERTIES.has(name) ? undefined : filterNamed(shape, name);
    if (filter === undefined) continue;
    const value = filterValue(filter, text);
    if (filter.identity) key[filter.name] = String(value);
    conditions.push(hasValue(filter.paths, value));
  }
  // The whole key names one item at most: found by its index instead of by a look at every item.
  const named = shape.model.identity.map((part) => key[part.name]);
  if (named.length > 0 && named.every((value) => value !== undefined)) {
    const item = api.store.find(shape.name, named.map((value) => `${value}\u001f`).join(''));
    conditions.unshift(item === undefined ? nothing : hasId(item.id));
  }

  const subjects = pageSubjects(shape);
  const items = limit === 0 ? [] : api.store.page(shape.name, claims.caller, subjects, conditions, limit, offset);
  return json(
    items.map((item) => presented(api, shape, item)),
    total.toLowerCase() === 'true'
      ? { 'Total-Count': String(api.store.total(shape.name, claims.caller, subjects, conditions)) }
      : undefined,
  );
}
