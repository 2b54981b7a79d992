/** Creating, changing, deleting and reading single items: `/data/v3/{namespace}/{resource}` and `/{id}`. */
import type { JsonObject, JsonValue } from '../edfi/model.ts';
import type { Api } from './api.ts';
import { authorize } from './authorization.ts';
import { cascade, refuseTakenKey } from './cascade.ts';
import type { Claims } from './claims.ts';
import { descriptorUri } from './descriptor-values.ts';
import { type ApiRequest, type ApiResponse, json } from './exchange.ts';
import {
  badRequest,
  dependentItemExists,
  keyChangeNotSupported,
  notFound,
  optimisticLockFailed,
  unsupportedMediaType,
  validationFailed,
} from './problems.ts';
import { resolveReferences } from './references.ts';
import { isObject, type Shape } from './shape.ts';
import { bodyOf, type Item } from './store.ts';

const JSON_TYPE = /^\s*(application|text)\/json\s*(;|$)/i;

/** @throws Problem 415 or 400 where the body is no JSON object */
function readBody(request: ApiRequest): JsonObject {
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) throw unsupportedMediaType();
  if (request.body === '') {
    throw badRequest('The request could not be processed.', ['A non-empty request body is required.']);
  }
  let body: JsonValue;
  try {
    body = JSON.parse(request.body) as JsonValue;
  } catch {
    throw badRequest('The request body contains malformed JSON.');
  }
  if (!isObject(body)) throw badRequest('The request body must be a JSON object.');
  return body;
}

function validBody(api: Api, shape: Shape, given: JsonObject): { body: JsonObject; key: string } {
  const { body, errors } = api.validate(shape, given);
  if (errors !== undefined) throw validationFailed(errors);
  const key = shape.keyOf(body);
  if (key === undefined) throw badRequest('The request body does not contain the identifying values of the item.');
  return { body, key };
}

const quoted = (etag: string): string => `"${etag}"`;
const matches = (header: string, etag: string): boolean =>
  header
    .split(',')
    .map((part) => part.trim().replace(/^W\//, '').replaceAll('"', ''))
    .some((value) => value === '*' || value === etag);

function checkIfMatch(request: ApiRequest, item: Item): void {
  const header = request.headers['if-match'];
  if (header !== undefined && !matches(header, item.etag)) throw optimisticLockFailed();
}

const locationOf = (api: Api, shape: Shape, id: string): string => `${api.dataUrl}${shape.name}/${id}`;
const written = (api: Api, shape: Shape, status: number, id: string, etag: string): ApiResponse => ({
  status,
  headers: { Location: locationOf(api, shape, id), ETag: quoted(etag) },
});

/** The memory beside the store follows what was written. */
function noteWritten(api: Api, shape: Shape, body: JsonObject | undefined, before: JsonObject | undefined): void {
  if (shape.descriptor !== undefined) {
    if (body === undefined && before !== undefined) api.descriptors.remove(shape.descriptor, before);
    else if (body !== undefined) api.descriptors.add(shape.descriptor, body);
  }
  const subject = body ?? before;
  if (subject !== undefined) api.organizations.changed(shape, shape.subjectOf(subject).org, body);
}

/** Stores a new item as it is; whether it may be there is the caller's question. */
export function insertItem(api: Api, shape: Shape, body: JsonObject, key: string, targets: readonly number[]): Item {
  const values = {
    id: api.newId(),
    resource: shape.name,
    key,
    body: JSON.stringify(body),
    ...api.newVersion(),
  };
  const seq = api.store.insert({ ...values, ...shape.subjectOf(body) });
  if (targets.length > 0) api.store.refer(seq, targets, true);
  noteWritten(api, shape, body, undefined);
  return { seq, ...values };
}

/** @returns the new version's ETag; the old one where nothing changed */
function replaceItem(api: Api, shape: Shape, item: Item, body: JsonObject, key: string, targets: number[]): string {
  const text = JSON.stringify(body);
  if (text === item.body) return item.etag;
  const version = api.newVersion();
  api.store.update(item.seq, { key, body: text, ...version, ...shape.subjectOf(body) });
  api.store.refer(item.seq, targets, false);
  noteWritten(api, shape, body, bodyOf(item));
  return version.etag;
}

/** POST: creates the item, or updates the one that has its natural key. */
export function upsert(api: Api, claims: Claims, shape: Shape, request: ApiRequest): ApiResponse {
  const given = readBody(request);
  if (given.id !== undefined) {
    throw badRequest('The request data was constructed incorrectly.', [
      "Resource identifiers cannot be assigned by the client. The 'id' property must not be in the request body.",
    ]);
  }
  const { body, key } = validBody(api, shape, given);
  return api.store.transaction(() => {
    const existing = api.store.find(shape.name, key);
    authorize(api.store, claims, shape, body, existing === undefined ? 'create' : 'update');
    if (existing !== undefined) checkIfMatch(request, existing);
    const targets = resolveReferences(api, shape, body);
    if (existing === undefined) {
      const item = insertItem(api, shape, body, key, targets);
      return written(api, shape, 201, item.id, item.etag);
    }
    // A non-identifying organization or person may differ from the stored one: both must be the caller's.
    authorize(api.store, claims, shape, bodyOf(existing), 'update');
    return written(api, shape, 200, existing.id, replaceItem(api, shape, existing, body, key, targets));
  });
}

function itemOf(api: Api, shape: Shape, id: string): Item {
  const item = api.store.byId(id.toLowerCase());
  if (item === undefined || item.resource !== shape.name) throw notFound();
  return item;
}

/** PUT: replaces the item with this id; its natural key may change where the resource allows it. */
export function replace(api: Api, claims: Claims, shape: Shape, id: string, request: ApiRequest): ApiResponse {
  const given = readBody(request);
  return api.store.transaction(() => {
    const item = itemOf(api, shape, id);
    const { body, key } = validBody(api, shape, given);
    const before = bodyOf(item);
    authorize(api.store, claims, shape, before, 'update');
    checkIfMatch(request, item);
    const keyChanges = key !== item.key;
    if (keyChanges && !shape.model.updatableKey) throw keyChangeNotSupported(shape.entity);
    authorize(api.store, claims, shape, body, keyChanges ? 'create' : 'update');
    if (keyChanges) refuseTakenKey(api, shape, key, body, item.seq);
    const targets = resolveReferences(api, shape, body);
    const etag = replaceItem(api, shape, item, body, key, targets);
    if (keyChanges) cascade(api, shape, item.seq, before, body);
    return written(api, shape, 204, item.id, etag);
  });
}

/** DELETE: removes the item with this id, unless another refers to it. */
export function remove(api: Api, claims: Claims, shape: Shape, id: string, request: ApiRequest): ApiResponse {
  return api.store.transaction(() => {
    const item = itemOf(api, shape, id);
    const body = bodyOf(item);
    authorize(api.store, claims, shape, body, 'delete');
    checkIfMatch(request, item);
    const dependant = api.store.firstDependant(item.seq) ?? mentioning(api, shape, body);
    if (dependant !== undefined) throw dependentItemExists(api.shapes.get(dependant)?.entity ?? dependant);
    api.store.remove(item.seq);
    noteWritten(api, shape, undefined, body);
    return { status: 204 };
  });
}

/** Use of a descriptor is not kept by row, for it would double every item: it is looked for when it matters. */
function mentioning(api: Api, shape: Shape, body: JsonObject): string | undefined {
  if (shape.descriptor === undefined) return undefined;
  const uri = JSON.stringify(descriptorUri(String(body.namespace), String(body.codeValue)));
  for (const item of api.store.mentions(uri)) return item.resource;
  return undefined;
}

/** An item as a reader gets it: with id, links, ETag and time of its last change. */
export function presented(api: Api, shape: Shape, item: Item): JsonObject {
  const body = bodyOf(item);
  shape.eachReference(body, ({ targets }, reference, key) => {
    if (key === undefined) return;
    for (const target of targets) {
      const found = api.store.find(target, key);
      if (found === undefined) continue;
      const rel = api.shapes.get(target)?.entity ?? target;
      reference.link = { rel, href: `/${target}/${found.id}` };
      return;
    }
  });
  return { id: item.id, ...body, _etag: item.etag, _lastModifiedDate: item.modified };
}

/** GET by id. */
export function readItem(api: Api, claims: Claims, shape: Shape, id: string, request: ApiRequest): ApiResponse {
  const item = itemOf(api, shape, id);
  authorize(api.store, claims, shape, bodyOf(item), 'update');
  const known = request.headers['if-none-match'];
  if (known !== undefined && matches(known, item.etag)) return { status: 304, headers: { ETag: quoted(item.etag) } };
  return json(presented(api, shape, item), { ETag: quoted(item.etag) });
}
