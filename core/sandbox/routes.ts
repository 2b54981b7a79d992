/** Which handler answers which request. */
import type { Api } from './api.ts';
import { availableChangeVersions, readDeletes, readKeyChanges } from './changes.ts';
import type { Caller } from './claims.ts';
import type { Documents } from './documents.ts';
import { type ApiRequest, type ApiResponse, json } from './exchange.ts';
import { readItem, remove, replace, upsert } from './items.ts';
import type { Grant, TokenService } from './oauth.ts';
import { PATHS } from './places.ts';
import { methodNotAllowed, notFound, notImplemented, systemProblem } from './problems.ts';
import { readPage, readPartitions } from './query.ts';
import type { Shape } from './shape.ts';
import { type Snapshot, snapshotFor } from './snapshots.ts';
import { describeGrant } from './token-info.ts';

/** One place: its data as they are, and as they were. */
export interface Site {
  readonly api: Api;
  /** Oldest first. */
  readonly snapshots: readonly Snapshot<Api>[];
}

const needsMethod = (request: ApiRequest, method: string): void => {
  if (request.method !== method) throw methodNotAllowed([method], `Only ${method} is supported here.`);
};

/** Whether a request is about data (counted by method, delayed where a latency is set). */
export const isDataRequest = (path: string): boolean => path.startsWith(PATHS.data);

const callerOf = (api: Api, { client, educationOrganizationIds }: Grant): Caller => ({
  ...api.organizations.claimsOf(educationOrganizationIds),
  client,
});

function ofCollection(api: Api, caller: Caller, shape: Shape, request: ApiRequest): ApiResponse {
  switch (request.method) {
    case 'GET':
      return readPage(api, caller, shape, request);
    case 'POST':
      return upsert(api, caller, shape, request);
    case 'PUT':
    case 'DELETE':
      throw methodNotAllowed(['GET', 'POST'], `${request.method} needs the id of an item at the end of the URL.`);
    default:
      throw methodNotAllowed(['GET', 'POST'], 'The method is not supported here.');
  }
}

function ofItem(api: Api, caller: Caller, shape: Shape, id: string, request: ApiRequest): ApiResponse {
  switch (request.method) {
    case 'GET':
      return readItem(api, caller, shape, id, request);
    case 'PUT':
      return replace(api, caller, shape, id, request);
    case 'DELETE':
      return remove(api, caller, shape, id, request);
    case 'POST':
      throw methodNotAllowed(
        ['GET', 'PUT', 'DELETE'],
        "Items are created and updated by POST to the collection, without an 'id' in the URL.",
      );
    default:
      throw methodNotAllowed(['GET', 'PUT', 'DELETE'], 'The method is not supported here.');
  }
}

/** What there is below a resource beside its items, as far as the API has it. */
function listBelow({ traits }: Api, name: string): typeof readDeletes | undefined {
  switch (name) {
    case 'deletes':
      return traits.changeQueries === 'none' ? undefined : readDeletes;
    case 'keyChanges':
      return traits.changeQueries === 'deletes-and-key-changes' ? readKeyChanges : undefined;
    case 'partitions':
      return traits.cursorPaging ? readPartitions : undefined;
    default:
      return undefined;
  }
}

/** @throws Problem where the API has no such resource */
function shapeNamed({ shapes, traits }: Api, namespace: string, name: string): Shape {
  const shape = shapes.get(`${namespace}/${name}`);
  if (shape !== undefined) return shape;
  const isKnown = [...shapes.keys()].some((resource) => resource.startsWith(`${namespace}/`));
  if (!isKnown && traits.unknownNamespace === 500) throw systemProblem();
  throw notFound();
}

/** @returns a function from a request for this place to its answer; what it refuses it throws as a `Problem` */
export function router(site: Site, tokens: TokenService, documents: Documents): (request: ApiRequest) => ApiResponse {
  const { traits } = site.api;

  const data = (request: ApiRequest): ApiResponse => {
    const grant = tokens.authenticate(request);
    const api = snapshotFor(traits, site.snapshots, request) ?? site.api;
    const caller = callerOf(api, grant);
    const [namespace = '', name = '', id, ...more] = request.path
      .slice(PATHS.data.length)
      .replace(/\/$/, '')
      .split('/');
    const shape = shapeNamed(api, namespace, name);
    if (more.length > 0) throw notFound();
    if (id === undefined) return ofCollection(api, caller, shape, request);
    const list = listBelow(api, id);
    if (list === undefined) return ofItem(api, caller, shape, id, request);
    needsMethod(request, 'GET');
    return list(api, caller, shape, request);
  };

  const changes = (request: ApiRequest): ApiResponse => {
    if (traits.changeQueries === 'none') throw notFound();
    tokens.authenticate(request);
    needsMethod(request, 'GET');
    switch (request.path.slice(PATHS.changes.length).replace(/\/$/, '')) {
      case 'availableChangeVersions':
        return availableChangeVersions(snapshotFor(traits, site.snapshots, request) ?? site.api);
      case 'snapshots':
        if (traits.snapshots !== 'by-identifier') throw notFound();
        return json(
          site.snapshots.map(({ identifier, taken }) => ({
            id: identifier,
            snapshotIdentifier: identifier,
            snapshotDateTime: taken,
          })),
        );
      default:
        throw notFound();
    }
  };

  return (request) => {
    if (isDataRequest(request.path)) return data(request);
    if (request.path.startsWith(PATHS.changes)) return changes(request);
    if (request.path.startsWith(PATHS.identity) && traits.urls.includes('identity')) throw notImplemented();
    const path = request.path.length > 1 ? request.path.replace(/\/$/, '') : request.path;
    switch (path) {
      case PATHS.token:
        needsMethod(request, 'POST');
        return tokens.issue(request);
      case PATHS.tokenInfo:
        if (traits.tokenInfo === 'none') throw notFound();
        needsMethod(request, 'POST');
        return tokens.inspect(request, (grant) => describeGrant(site.api, grant));
      case '/':
        needsMethod(request, 'GET');
        return documents.discovery(request.place);
      case PATHS.metadata:
        needsMethod(request, 'GET');
        return documents.metadataList(request.place);
      case PATHS.resources:
        needsMethod(request, 'GET');
        return documents.specification('resources', request.place);
      case PATHS.descriptors:
        needsMethod(request, 'GET');
        return documents.specification('descriptors', request.place);
      case PATHS.xsd:
        if (!traits.urls.includes('xsdMetadata')) throw notFound();
        needsMethod(request, 'GET');
        // The schemas of the older XML interchanges: the list is there, and empty.
        return json([]);
      case PATHS.dependencies:
        needsMethod(request, 'GET');
        return documents.dependencies(request.headers.accept ?? '');
      default:
        throw notFound();
    }
  };
}
