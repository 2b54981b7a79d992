/** Creating, changing, deleting and reading single items: `/data/v3/{namespace}/{resource}` and `/{id}`. */
import type { JsonObject, JsonValue } from '../edfi/model.ts';
import type { Api } from './api.ts';
import { authorize, requireOwner } from './authorization.ts';
import { cascade, keyValues, leaveKeyChange, refuseTakenKey } from './cascade.ts';
import { requireClaim } from './claim-sets.ts';
import type { Caller } from './claims.ts';
import { descriptorUri } from './descriptor-values.ts';
import { type ApiRequest, type ApiResponse, json } from './exchange.ts';
import { requireNamespace, requireReadableNamespace } from './namespaces.ts';
import {
  badRequest,
  dataPolicyEnforced,
  dependentItemExists,
  keyChangeNotSupported,
  notFound,
  optimisticLockFailed,
  unsupportedMediaType,
  validationFailed,
} from './problems.ts';
import { type AppliedProfile, canCreate, isProfileType, profileFor, underProfile, visible } from './profiles.ts';
import { resolveReferences } from './references.ts';
import { isObject, type Shape, setAt, valuesAt } from './shape.ts';
import { bodyOf, type Item } from './store.ts';

const JSON_TYPE = /^\s*(application|text)\/json\s*(;|$)/i;

/** @throws Problem 415 or 400 where the body is no JSON object */
function readBody(request: ApiRequest): JsonObject {
  const type = request.headers['content-type'] ?? '';
  if (!JSON_TYPE.test(type) && !isProfileType(type)) throw unsupportedMediaType();
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
  const { body, errors, descriptors } = api.validate(shape, given);
  if (errors !== undefined) throw validationFailed(errors, shape.entity, descriptors);
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

function checkIfMatch(api: Api, request: ApiRequest, item: Item): void {
  const header = request.headers['if-match'];
  if (api.traits.etags && header !== undefined && !matches(header, item.etag)) throw optimisticLockFailed();
}

const etagHeader = (api: Api, etag: string): Record<string, string> => (api.traits.etags ? { ETag: quoted(etag) } : {});
const written = (api: Api, shape: Shape, status: number, id: string, etag: string): ApiResponse => ({
  status,
  headers: { Location: api.locationOf(shape.name, id), ...etagHeader(api, etag) },
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

/**
 * Stores a new item as it is; whether it may be there is the caller's question.
 * @param owner the key of the client that makes it, null for what is there from the start
 */
export function insertItem(
  api: Api,
  shape: Shape,
  body: JsonObject,
  key: string,
  targets: readonly number[],
  owner: string | null,
): Item {
  const values = {
    id: api.newId(),
    resource: shape.name,
    key,
    body: JSON.stringify(body),
    ...api.newVersion(),
    owner,
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
  if (key !== item.key) leaveKeyChange(api, shape, item, body);
  api.store.refer(item.seq, targets, false);
  noteWritten(api, shape, body, bodyOf(item));
  return version.etag;
}

const writableProfile = (api: Api, { client }: Caller, shape: Shape, request: ApiRequest): AppliedProfile | undefined =>
  profileFor(client, api.profiles, shape, request, 'writable', api.traits.ambiguousProfile);

/** POST: creates the item, or updates the one that has its natural key. */
export function upsert(api: Api, caller: Caller, shape: Shape, request: ApiRequest): ApiResponse {
  const { client } = caller;
  requireClaim(client, shape.name, 'Create', 'Update');
  const profile = writableProfile(api, caller, shape, request);
  const given = readBody(request);
  if (given.id !== undefined) {
    throw badRequest('The request data was constructed incorrectly.', [
      "Resource identifiers cannot be assigned by the client. The 'id' property must not be in the request body.",
    ]);
  }
  return api.store.transaction(() => {
    // Under a profile, what an item has already decides what is left of the body.
    const givenKey = profile === undefined ? undefined : shape.keyOf(given);
    const stored = givenKey === undefined ? undefined : api.store.find(shape.name, givenKey);
    if (profile !== undefined && stored === undefined && !canCreate(profile, shape)) {
      throw dataPolicyEnforced(profile.name, shape.entity);
    }
    const whole = underProfile(profile, given, stored === undefined ? undefined : bodyOf(stored));
    const { body, key } = validBody(api, shape, whole);
    const existing = api.store.find(shape.name, key);
    requireClaim(client, shape.name, existing === undefined ? 'Create' : 'Update');
    requireNamespace(client, shape, body);
    authorize(api, caller, shape, body, existing === undefined ? 'create' : 'update');
    if (existing !== undefined) {
      requireOwner(api, caller, existing);
      checkIfMatch(api, request, existing);
    }
    const targets = resolveReferences(api, shape, body);
    if (existing === undefined) {
      const item = insertItem(api, shape, body, key, targets, client.key);
      return written(api, shape, 201, item.id, item.etag);
    }
    // A non-identifying organization or person may differ from the stored one: both must be the caller's.
    authorize(api, caller, shape, bodyOf(existing), 'update');
    return written(api, shape, 200, existing.id, replaceItem(api, shape, existing, body, key, targets));
  });
}

function itemOf(api: Api, shape: Shape, id: string): Item {
  const item = api.store.byId(id.toLowerCase());
  if (item === undefined || item.resource !== shape.name) throw notFound();
  return item;
}

/** Puts the stored key back into a body that came with another, wherever its values stand. */
function restoreKey(shape: Shape, body: JsonObject, before: JsonObject): void {
  const places = [...shape.model.identity, ...shape.unified];
  for (const { paths } of places) {
    const value = paths.flatMap((path) => valuesAt(before, path))[0];
    if (value !== undefined) for (const path of paths) setAt(body, path, value);
  }
}

/** PUT: replaces the item with this id; its natural key may change where the resource allows it. */
export function replace(api: Api, caller: Caller, shape: Shape, id: string, request: ApiRequest): ApiResponse {
  const { client } = caller;
  requireClaim(client, shape.name, 'Update');
  const profile = writableProfile(api, caller, shape, request);
  const given = readBody(request);
  return api.store.transaction(() => {
    const item = itemOf(api, shape, id);
    const before = bodyOf(item);
    const { body, key: keyGiven } = validBody(api, shape, underProfile(profile, given, before));
    requireNamespace(client, shape, before);
    authorize(api, caller, shape, before, 'update');
    requireOwner(api, caller, item);
    checkIfMatch(api, request, item);
    let key = keyGiven;
    if (key !== item.key && !shape.model.updatableKey) {
      switch (api.traits.keyChange) {
        case 'refused':
          throw keyChangeNotSupported(shape.entity);
        case 'restored':
          restoreKey(shape, body, before);
          key = item.key;
      }
    }
    const keyChanges = key !== item.key;
    requireNamespace(client, shape, body);
    authorize(api, caller, shape, body, keyChanges ? 'create' : 'update');
    if (keyChanges) refuseTakenKey(api, shape, key, body, item.seq);
    const targets = resolveReferences(api, shape, body);
    const etag = replaceItem(api, shape, item, body, key, targets);
    if (keyChanges) cascade(api, shape, item.seq, before, body);
    return written(api, shape, 204, item.id, etag);
  });
}

/** DELETE: removes the item with this id, unless another refers to it. */
export function remove(api: Api, caller: Caller, shape: Shape, id: string, request: ApiRequest): ApiResponse {
  requireClaim(caller.client, shape.name, 'Delete');
  return api.store.transaction(() => {
    const item = itemOf(api, shape, id);
    const body = bodyOf(item);
    requireNamespace(caller.client, shape, body);
    authorize(api, caller, shape, body, 'delete');
    requireOwner(api, caller, item);
    checkIfMatch(api, request, item);
    refuseReferenced(api, shape, item, body);
    api.store.leaveTrace(item, shape.subjectOf(body).org, keyValues(shape, body), null);
    api.store.remove(item.seq);
    noteWritten(api, shape, undefined, body);
    return { status: 204 };
  });
}

/** @throws Problem 409 where another item refers to this one */
function refuseReferenced(api: Api, shape: Shape, item: Item, body: JsonObject): void {
  const seq = api.store.firstDependant(item.seq);
  const dependant = seq === undefined ? mentioning(api, shape, body) : api.store.bySeq(seq);
  if (dependant === undefined) return;
  const blocking = [dependant.id, ...otherDependants(api, item.seq, dependant)];
  throw dependentItemExists(
    api.shapes.get(dependant.resource)?.entity ?? dependant.resource,
    blocking.map((id) => api.pathOf(dependant.resource, id)),
  );
}

/** A few more of those that are in the way, of the same resource. */
function otherDependants(api: Api, seq: number, first: Item): string[] {
  return api.store
    .dependants(seq)
    .slice(0, 5)
    .flatMap((row) => {
      const item = api.store.bySeq(row);
      return item === undefined || item.resource !== first.resource || item.seq === first.seq ? [] : [item.id];
    });
}

/** Use of a descriptor is not kept by row, for it would double every item: it is looked for when it matters. */
function mentioning(api: Api, shape: Shape, body: JsonObject): Item | undefined {
  if (shape.descriptor === undefined) return undefined;
  const uri = JSON.stringify(descriptorUri(String(body.namespace), String(body.codeValue)));
  for (const item of api.store.mentions(uri)) return item;
  return undefined;
}

/** An item as a reader gets it: with id, links, ETag and time of its last change, less what a profile hides. */
export function presented(api: Api, shape: Shape, item: Item, profile: AppliedProfile | undefined): JsonObject {
  const body = bodyOf(item);
  if (api.traits.links) addLinks(api, shape, body);
  const whole = {
    id: item.id,
    ...body,
    ...(api.traits.etags ? { _etag: item.etag } : {}),
    _lastModifiedDate: item.modified,
  };
  return visible(profile, whole);
}

function addLinks(api: Api, shape: Shape, body: JsonObject): void {
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
}

/** GET by id. */
export function readItem(api: Api, caller: Caller, shape: Shape, id: string, request: ApiRequest): ApiResponse {
  const { client } = caller;
  requireClaim(client, shape.name, 'Read');
  const profile = profileFor(client, api.profiles, shape, request, 'readable', api.traits.ambiguousProfile);
  const item = itemOf(api, shape, id);
  const body = bodyOf(item);
  requireReadableNamespace(client, shape, body);
  authorize(api, caller, shape, body, 'update');
  const known = request.headers['if-none-match'];
  if (api.traits.etags && known !== undefined && matches(known, item.etag)) {
    return { status: 304, headers: etagHeader(api, item.etag) };
  }
  return {
    ...json(presented(api, shape, item, profile), etagHeader(api, item.etag)),
    ...(profile === undefined ? {} : { contentType: profile.mediaType }),
  };
}
