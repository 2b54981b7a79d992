/** Which handler answers which request. */
import type { Api } from './api.ts';
import type { Claims } from './claims.ts';
import { PATHS } from './discovery.ts';
import type { ApiRequest, ApiResponse } from './exchange.ts';
import { readItem, remove, replace, upsert } from './items.ts';
import type { TokenService } from './oauth.ts';
import { methodNotAllowed, notFound } from './problems.ts';
import { readPage } from './query.ts';
import type { Shape } from './shape.ts';
import { describeGrant } from './token-info.ts';

/** The answers that stay the same as long as the API runs; each is made when it is first asked for. */
export interface Documents {
  discovery(): ApiResponse;
  metadataList(): ApiResponse;
  resources(): ApiResponse;
  descriptors(): ApiResponse;
  dependencies(accept: string): ApiResponse;
}

const needsMethod = (request: ApiRequest, method: string): void => {
  if (request.method !== method) throw methodNotAllowed([method], `Only ${method} is supported here.`);
};

/** Whether a request is about data (counted by method, delayed where a latency is set). */
export const isDataRequest = (path: string): boolean => path.startsWith(PATHS.data);

/** @returns a function from a request to its answer; what it refuses it throws as a `Problem` */
export function router(api: Api, tokens: TokenService, documents: Documents): (request: ApiRequest) => ApiResponse {
  const data = (request: ApiRequest): ApiResponse => {
    const claims = api.organizations.claimsOf(tokens.authenticate(request.headers).educationOrganizationIds);
    const [namespace, name, id, ...more] = request.path.slice(PATHS.data.length).replace(/\/$/, '').split('/');
    const shape = api.shapes.get(`${namespace}/${name}`);
    if (shape === undefined || more.length > 0) throw notFound();
    return id === undefined ? ofCollection(claims, shape, request) : ofItem(claims, shape, id, request);
  };

  const ofCollection = (claims: Claims, shape: Shape, request: ApiRequest): ApiResponse => {
    switch (request.method) {
      case 'GET':
        return readPage(api, claims, shape, request);
      case 'POST':
        return upsert(api, claims, shape, request);
      case 'PUT':
      case 'DELETE':
        throw methodNotAllowed(['GET', 'POST'], `${request.method} needs the id of an item at the end of the URL.`);
      default:
        throw methodNotAllowed(['GET', 'POST'], 'The method is not supported here.');
    }
  };

  const ofItem = (claims: Claims, shape: Shape, id: string, request: ApiRequest): ApiResponse => {
    switch (request.method) {
      case 'GET':
        return readItem(api, claims, shape, id, request);
      case 'PUT':
        return replace(api, claims, shape, id, request);
      case 'DELETE':
        return remove(api, claims, shape, id, request);
      case 'POST':
        throw methodNotAllowed(
          ['GET', 'PUT', 'DELETE'],
          "Items are created and updated by POST to the collection, without an 'id' in the URL.",
        );
      default:
        throw methodNotAllowed(['GET', 'PUT', 'DELETE'], 'The method is not supported here.');
    }
  };

  return (request) => {
    if (isDataRequest(request.path)) return data(request);
    const path = request.path.length > 1 ? request.path.replace(/\/$/, '') : request.path;
    switch (path) {
      case PATHS.token:
        needsMethod(request, 'POST');
        return tokens.issue(request);
      case PATHS.tokenInfo:
        needsMethod(request, 'POST');
        return tokens.inspect(request, (grant) => describeGrant(api, grant));
      case '/':
        needsMethod(request, 'GET');
        return documents.discovery();
      case PATHS.metadata:
        needsMethod(request, 'GET');
        return documents.metadataList();
      case PATHS.resources:
        needsMethod(request, 'GET');
        return documents.resources();
      case PATHS.descriptors:
        needsMethod(request, 'GET');
        return documents.descriptors();
      case PATHS.dependencies:
        needsMethod(request, 'GET');
        return documents.dependencies(request.headers.accept ?? '');
      default:
        throw notFound();
    }
  };
}
