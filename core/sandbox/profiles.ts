/** Profiles: parts of resources that a key sees, and may write. */
import type { JsonObject, ResourceName } from '../edfi/model.ts';
import type { Client } from './clients.ts';
import type { ApiRequest } from './exchange.ts';
import { invalidProfileUsage, profileMethodUsage, profileNeeded } from './problems.ts';
import type { Shape } from './shape.ts';

/** Which members of an item there are; those of its key always are. */
export type MemberRule = { readonly include: readonly string[] } | { readonly exclude: readonly string[] };

export interface Profile {
  /** `Sample-Student-Readonly` */
  readonly name: string;
  /** What the profile covers; a resource without `writable` cannot be written with it. */
  readonly resources: Readonly<
    Record<ResourceName, { readonly readable?: MemberRule; readonly writable?: MemberRule }>
  >;
}

type Usage = 'readable' | 'writable';

/** A profile that applies to one request. */
export interface AppliedProfile {
  readonly name: string;
  readonly mediaType: string;
  /** Whether a member of an item is visible, or can be written. */
  readonly has: (member: string) => boolean;
}

const MEDIA_TYPE = /^application\/vnd\.ed-fi\.([^.\s;,]+)\.([^\s;,]+)\.(readable|writable)\+json$/i;

const mediaTypeOf = (shape: Shape, profile: Profile, usage: Usage): string =>
  `application/vnd.ed-fi.${shape.entity.toLowerCase()}.${profile.name.toLowerCase()}.${usage}+json`;

/** The first profile-specific media type of a header. */
function namedIn(header: string | undefined): RegExpExecArray | undefined {
  if (header === undefined || !/vnd\.ed-fi/i.test(header)) return undefined;
  for (const part of header.split(',')) {
    const match = MEDIA_TYPE.exec(part.split(';')[0]?.trim() ?? '');
    if (match !== null) return match;
  }
  return undefined;
}

/** Whether a body's media type is one of a profile, and so is JSON. */
export const isProfileType = (contentType: string | undefined): boolean => namedIn(contentType) !== undefined;

const covers = (profile: Profile, shape: Shape): boolean => Object.hasOwn(profile.resources, shape.name);

function applied(profile: Profile, shape: Shape, usage: Usage): AppliedProfile {
  const rule = profile.resources[shape.name]?.[usage];
  if (rule === undefined) throw profileMethodUsage(profile.name, shape.entity, usage);
  const listed = new Set('include' in rule ? rule.include : rule.exclude);
  const included = 'include' in rule;
  const key = new Set(shape.model.identity.flatMap(({ paths }) => paths.map((path) => path[0])));
  return {
    name: profile.name,
    mediaType: mediaTypeOf(shape, profile, usage),
    has: (member) => key.has(member) || listed.has(member) === included,
  };
}

/**
 * @param known every profile the API has
 * @param usage whether the request reads or writes
 * @param olderStatus the status up to 7.1 of a request that names none of several
 * @returns the profile that applies; undefined where none does
 * @throws Problem where one would have to be named, or is named wrongly
 */
export function profileFor(
  client: Client,
  known: readonly Profile[],
  shape: Shape,
  request: ApiRequest,
  usage: Usage,
  olderStatus: 400 | 403,
): AppliedProfile | undefined {
  const assigned = client.profiles.filter((profile) => covers(profile, shape));
  const named = namedIn(usage === 'readable' ? request.headers.accept : request.headers['content-type']);
  if (named === undefined) {
    const [only, ...others] = assigned;
    if (only === undefined) return undefined;
    if (others.length === 0) return applied(only, shape, usage);
    throw profileNeeded(
      shape.entity,
      assigned.map((profile) => mediaTypeOf(shape, profile, usage)),
      olderStatus,
    );
  }
  const [, resource = '', name = '', saidUsage = ''] = named.map((part) => part.toLowerCase());
  const profile = known.find((candidate) => candidate.name.toLowerCase() === name);
  if (profile === undefined) throw invalidProfileUsage('The profile that the media type names does not exist.');
  const collection = shape.name.slice(shape.name.indexOf('/') + 1).toLowerCase();
  if (resource !== shape.entity.toLowerCase() && resource !== collection) {
    throw invalidProfileUsage('The resource that the media type names is not the one of the request.');
  }
  if (saidUsage !== usage) throw invalidProfileUsage(`A media type with '${usage}' is needed for this method.`);
  if (!covers(profile, shape)) throw invalidProfileUsage('The profile does not have the resource of the request.');
  if (assigned.length > 0 && !assigned.includes(profile)) {
    throw profileNeeded(
      shape.entity,
      assigned.map((one) => mediaTypeOf(shape, one, usage)),
      403,
    );
  }
  return applied(profile, shape, usage);
}

/** @returns the members of an item that the profile has; all of them without a profile */
export function withProfile(profile: AppliedProfile | undefined, body: JsonObject): JsonObject {
  if (profile === undefined) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => profile.has(name)));
}

/** @returns the body to store: what the profile lets be written, and of the rest what was there */
export function underProfile(
  profile: AppliedProfile | undefined,
  given: JsonObject,
  before: JsonObject | undefined,
): JsonObject {
  if (profile === undefined) return given;
  const kept = Object.entries(before ?? {}).filter(([name]) => !profile.has(name));
  return { ...withProfile(profile, given), ...Object.fromEntries(kept) };
}

/** Whether an item can be made with the profile: nothing that every item needs is left out. */
export const canCreate = (profile: AppliedProfile | undefined, shape: Shape): boolean =>
  profile === undefined || shape.model.properties.every((property) => !property.required || profile.has(property.name));

/** Bookkeeping members, which no profile hides. */
const ALWAYS = ['id', '_etag', '_lastModifiedDate'];

/** The same for an item as a reader gets it. */
export function visible(profile: AppliedProfile | undefined, item: JsonObject): JsonObject {
  if (profile === undefined) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => ALWAYS.includes(name) || profile.has(name)));
}
