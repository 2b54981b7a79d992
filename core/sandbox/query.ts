/** GET of a collection: paging by offset or by cursor, filters by property, windows of change versions. */
import type { PropertyModel, ScalarType } from '../edfi/model.ts';
import type { Api } from './api.ts';
import { pageSubjects } from './authorization.ts';
import { requireClaim } from './claim-sets.ts';
import type { Caller } from './claims.ts';
import { type ApiRequest, type ApiResponse, json } from './exchange.ts';
import { presented } from './items.ts';
import { namespaceCondition } from './namespaces.ts';
import { parameterInvalid } from './problems.ts';
import { profileFor } from './profiles.ts';
import { capital, type Shape } from './shape.ts';
import { type Condition, changedWithin, hasId, hasValue, isWithin, nothing, type Range } from './store.ts';

const MOST = 500;
const DEFAULT = 25;

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

/** The parameters of a request, by their names in lower case. */
export type Parameters = ReadonlyMap<string, string>;

export const parametersOf = (request: ApiRequest): Parameters =>
  new Map([...request.query].map(([name, value]) => [name.toLowerCase(), value]));

/**
 * @param name as messages spell it: `limit`
 * @param most the largest value that is allowed; undefined where any is
 * @returns the parameter's whole number, or undefined where it is not there
 * @throws Problem 400 where it is no number in range
 */
export function whole(parameters: Parameters, name: string, most?: number, least = 0): number | undefined {
  const text = parameters.get(name.toLowerCase());
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER)) return value;
  throw parameterInvalid(
    most === undefined
      ? `${capital(name)} must be a number not below ${least}.`
      : `${capital(name)} must be a number between ${least} and ${most}.`,
  );
}

/** What part of a list is asked for, and whether its length is. */
export interface Paging {
  readonly limit: number;
  readonly offset: number;
  readonly total: boolean;
}

/** @throws Problem 400 where a value is none, or out of range */
export function pagingOf(api: Pick<Api, 'traits'>, parameters: Parameters): Paging {
  const limit = whole(parameters, 'limit', MOST) ?? DEFAULT;
  const offset = whole(parameters, 'offset') ?? 0;
  const total = parameters.get('totalcount') ?? 'false';
  if (!/^(true|false)$/i.test(total)) throw parameterInvalid('TotalCount must be true or false.');
  return { limit, offset, total: api.traits.totalCount === 'always' || total.toLowerCase() === 'true' };
}

/** @returns the window of change versions that is asked for, or undefined */
export function windowOf(parameters: Parameters): Range | undefined {
  const first = whole(parameters, 'minChangeVersion');
  const last = whole(parameters, 'maxChangeVersion');
  if (first === undefined && last === undefined) return undefined;
  if (first !== undefined && last !== undefined && first > last) {
    throw parameterInvalid('MinChangeVersion must not be above MaxChangeVersion.');
  }
  return { first: first ?? 0, last: last ?? Number.MAX_SAFE_INTEGER };
}

/** Parameters that are no property. */
function isOwnParameter({ traits }: Pick<Api, 'traits'>, name: string): boolean {
  switch (name) {
    case 'limit':
    case 'offset':
    case 'totalcount':
    case 'id':
      return true;
    case 'minchangeversion':
    case 'maxchangeversion':
      return traits.changeQueries !== 'none';
    case 'pagetoken':
    case 'pagesize':
    case 'number':
      return traits.cursorPaging;
    default:
      return false;
  }
}

/** @returns what every item of the answer has to meet, beside being the caller's business */
function conditionsOf(api: Api, { client }: Caller, shape: Shape, parameters: Parameters): Condition[] {
  const conditions: Condition[] = namespaceCondition(client, shape);
  const id = parameters.get('id');
  if (id !== undefined) conditions.push(hasId(id.toLowerCase()));
  const window = api.traits.changeQueries === 'none' ? undefined : windowOf(parameters);
  if (window !== undefined) conditions.push(changedWithin(window));
  const key: Record<string, string> = {};
  for (const [name, text] of parameters) {
    if (isOwnParameter(api, name)) continue;
    const filter = filterNamed(shape, name);
    if (filter === undefined) {
      if (api.traits.unknownParameters === 'ignored') continue;
      throw parameterInvalid(`The resource does not include the property '${name}'.`);
    }
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
  return conditions;
}

/** A part of the order of creation, as clients hand it on without looking inside. */
const tokenOf = ({ first, last }: Range): string => Buffer.from(`${first}-${last}`, 'utf8').toString('base64url');

function rangeOf(token: string): Range {
  const match = /^(\d{1,15})-(\d{1,16})$/.exec(Buffer.from(token, 'base64url').toString('utf8'));
  if (match === null) throw parameterInvalid('The page token provided is invalid.');
  return { first: Number(match[1]), last: Number(match[2]) };
}

const EVERYTHING: Range = { first: 0, last: Number.MAX_SAFE_INTEGER };

/** @returns where a page of cursor paging begins and how long it is; undefined where that is not asked for */
function cursorOf(api: Api, parameters: Parameters): { range: Range; size: number } | undefined {
  if (!api.traits.cursorPaging) return undefined;
  const token = parameters.get('pagetoken');
  const size = whole(parameters, 'pageSize', MOST);
  if (token === undefined && size === undefined) return undefined;
  if (parameters.has('offset') || parameters.has('limit')) {
    throw parameterInvalid('Limit and Offset cannot be used with PageToken and PageSize.');
  }
  if (token !== undefined && parameters.get('totalcount')?.toLowerCase() === 'true') {
    throw parameterInvalid('TotalCount cannot be asked for with PageToken.');
  }
  return { range: token === undefined ? EVERYTHING : rangeOf(token), size: size ?? DEFAULT };
}

/** @returns a page of what the caller may see, in the order of creation */
export function readPage(api: Api, caller: Caller, shape: Shape, request: ApiRequest): ApiResponse {
  requireClaim(caller.client, shape.name, 'Read');
  const profile = profileFor(caller.client, api.profiles, shape, request, 'readable', api.traits.ambiguousProfile);
  const parameters = parametersOf(request);
  const { limit, offset, total } = pagingOf(api, parameters);
  const cursor = cursorOf(api, parameters);
  const conditions = conditionsOf(api, caller, shape, parameters);
  const subjects = pageSubjects(api, shape);
  const wanted = cursor?.size ?? limit;
  const within = cursor === undefined ? conditions : [...conditions, isWithin(cursor.range)];
  const items =
    wanted === 0 ? [] : api.store.page(shape.name, caller.caller, subjects, within, wanted, cursor ? 0 : offset);
  const headers: Record<string, string> = {};
  if (total) {
    headers['Total-Count'] = String(api.store.total(shape.name, caller.caller, subjects, conditions));
  }
  const last = items.at(-1);
  if (cursor !== undefined && last !== undefined) {
    headers['Next-Page-Token'] = tokenOf({ first: last.seq + 1, last: cursor.range.last });
  }
  return {
    ...json(
      items.map((item) => presented(api, shape, item, profile)),
      headers,
    ),
    ...(profile === undefined ? {} : { contentType: profile.mediaType }),
  };
}

const MOST_PARTITIONS = 200;
const ITEMS_OF_A_PARTITION = 1000;

/** `/partitions`: where to begin to read all that the caller may see in parts, at the same time. */
export function readPartitions(api: Api, caller: Caller, shape: Shape, request: ApiRequest): ApiResponse {
  requireClaim(caller.client, shape.name, 'Read');
  const parameters = parametersOf(request);
  const conditions = conditionsOf(api, caller, shape, parameters);
  const subjects = pageSubjects(api, shape);
  const number =
    whole(parameters, 'number', MOST_PARTITIONS, 1) ??
    Math.max(1, Math.ceil(api.store.total(shape.name, caller.caller, subjects, conditions) / ITEMS_OF_A_PARTITION));
  const parts = api.store.partitions(shape.name, caller.caller, subjects, conditions, number);
  return json({ pageTokens: parts.map(tokenOf) });
}
