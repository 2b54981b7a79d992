/** Change queries: which change versions there are, and what was deleted or renamed in between. */
import type { JsonObject } from '../edfi/model.ts';
import type { Api } from './api.ts';
import { requireClaim } from './claim-sets.ts';
import type { Caller } from './claims.ts';
import { type ApiRequest, type ApiResponse, json } from './exchange.ts';
import { pagingOf, parametersOf, windowOf } from './query.ts';
import type { Shape } from './shape.ts';
import type { Range, Trace } from './store.ts';

const ALWAYS: Range = { first: 0, last: Number.MAX_SAFE_INTEGER };

/** `/changeQueries/v1/availableChangeVersions` */
export const availableChangeVersions = (api: Api): ApiResponse =>
  json({ oldestChangeVersion: 0, newestChangeVersion: api.store.version() });

const parsed = (values: string): JsonObject => JSON.parse(values) as JsonObject;

/** Several changes of one key count as one: from the oldest key to the newest. */
function merged(traces: readonly Trace[]): Trace[] {
  const byId = new Map<string, Trace>();
  for (const trace of traces) {
    const earlier = byId.get(trace.id);
    byId.delete(trace.id);
    byId.set(trace.id, earlier === undefined ? trace : { ...trace, before: earlier.before });
  }
  return [...byId.values()];
}

function listed(
  api: Api,
  request: ApiRequest,
  find: (window: Range) => readonly Trace[],
  present: (trace: Trace) => JsonObject,
): ApiResponse {
  const parameters = parametersOf(request);
  const { limit, offset, total } = pagingOf(api, parameters);
  const traces = find(windowOf(parameters) ?? ALWAYS);
  return json(traces.slice(offset, offset + limit).map(present), total ? { 'Total-Count': String(traces.length) } : {});
}

/** `/{resource}/deletes` */
export function readDeletes(api: Api, { client, caller }: Caller, shape: Shape, request: ApiRequest): ApiResponse {
  requireClaim(client, shape.name, 'ReadChanges');
  const all = !shape.authorizedBy.org;
  return listed(
    api,
    request,
    (window) => api.store.gone(shape.name, caller, all, window),
    ({ version, id, before }) => ({ id, changeVersion: version, keyValues: parsed(before) }),
  );
}

/** `/{resource}/keyChanges` */
export function readKeyChanges(api: Api, { client, caller }: Caller, shape: Shape, request: ApiRequest): ApiResponse {
  requireClaim(client, shape.name, 'ReadChanges');
  const all = !shape.authorizedBy.org;
  return listed(
    api,
    request,
    (window) => merged(api.store.rekeyed(shape.name, caller, all, window)),
    ({ version, id, before, after }) => ({
      id,
      changeVersion: version,
      oldKeyValues: parsed(before),
      newKeyValues: parsed(after ?? '{}'),
    }),
  );
}
