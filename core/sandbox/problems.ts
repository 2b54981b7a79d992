/**
 * The errors the practice API answers with. Handlers throw a `Problem`, worded as an ODS/API from 7.2 on words it, and
 * with the wording of the generations before where that differs; `error-bodies.ts` decides how it looks on the wire.
 */
import type { JsonObject } from '../edfi/model.ts';

export type ValidationErrors = Readonly<Record<string, readonly string[]>>;

/** A descriptor's value that does not exist. */
export interface UnknownDescriptor {
  /** `$.entryGradeLevelDescriptor` */
  readonly path: string;
  /** `EntryGradeLevelDescriptor` */
  readonly name: string;
  /** `GradeLevelDescriptor` */
  readonly type: string;
  readonly value: string;
}

/** A reference that leads to nothing. */
export interface MissingItem {
  /** `Student` */
  readonly entity: string;
  readonly identity: JsonObject;
}

export interface ProblemFacts {
  readonly status: number;
  /** What follows `urn:ed-fi:api:` */
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly string[];
  readonly validationErrors?: ValidationErrors;
  readonly headers?: Readonly<Record<string, string>>;
  /** The sentence an API up to 7.1 sends, where it is another than `detail`. */
  readonly older?: string;
  /** The status of an API up to 7.1, where it is another. */
  readonly olderStatus?: number;
  /** Whose validation failed, and which of the errors are about descriptors. */
  readonly validated?: { readonly entity: string; readonly descriptors: readonly UnknownDescriptor[] };
  readonly missing?: readonly MissingItem[];
  /** Paths of items that refer to this one. */
  readonly blocking?: readonly string[];
}

export class Problem extends Error {
  readonly facts: ProblemFacts;

  constructor(facts: ProblemFacts) {
    super(facts.type);
    this.facts = facts;
  }
}

export const isProblem = (thrown: unknown): thrown is Problem => thrown instanceof Problem;

export const badRequest = (detail: string, errors?: readonly string[]): Problem =>
  new Problem({
    status: 400,
    type: 'bad-request',
    title: 'Bad Request',
    detail,
    ...(errors === undefined ? {} : { errors, older: errors.join(' ') }),
  });

export const validationFailed = (
  validationErrors: ValidationErrors,
  entity: string,
  descriptors: readonly UnknownDescriptor[],
): Problem =>
  new Problem({
    status: 400,
    type: 'bad-request:data-validation-failed',
    title: 'Data Validation Failed',
    detail: "Data validation failed. See 'validationErrors' for details.",
    validationErrors,
    older: 'The request is invalid.',
    validated: { entity, descriptors },
  });

export const parameterInvalid = (error: string): Problem =>
  new Problem({
    status: 400,
    type: 'bad-request:parameter-validation-failed',
    title: 'Parameter Validation Failed',
    detail: 'One or more parameters of the request are not valid.',
    errors: [error],
    older: error,
  });

export const keyChangeNotSupported = (entity: string): Problem =>
  new Problem({
    status: 400,
    type: 'bad-request:data-validation-failed:key-change-not-supported',
    title: 'Key Change Not Supported',
    detail: `Identifying values for the ${entity} item cannot be changed. Delete and recreate the item instead.`,
    older: 'Key values for this resource cannot be changed. Delete and recreate the item instead.',
  });

/** @param status 400 for an implementation that takes a missing token for a malformed request */
export const unauthenticated = (error: string, status: 400 | 401 = 401): Problem =>
  new Problem({
    status,
    type: 'security:authentication',
    title: 'Authentication Failed',
    detail: 'The caller could not be authenticated.',
    errors: [error],
    older: error,
    ...(status === 401 ? { headers: { 'WWW-Authenticate': 'Bearer' } } : {}),
  });

export const tooManyTokens = (limit: number): Problem =>
  new Problem({
    status: 429,
    type: 'security:authentication:too-many-tokens',
    title: 'Too Many Tokens',
    detail: 'The caller has too many access tokens in use. Wait for one to expire, or use one again.',
    errors: [`At most ${limit} access tokens can be in use for a client.`],
  });

/**
 * @param hint the entities one of which would authorize the item
 * @param older the sentence up to 7.1
 */
export const accessDenied = (error: string, older: string, hint: readonly string[] = []): Problem =>
  new Problem({
    status: 403,
    type: 'security:authorization',
    title: 'Authorization Denied',
    detail: `Access to the requested data could not be authorized.${
      hint.length === 0
        ? ''
        : ` Hint: You may need to create a corresponding ${hint.map((entity) => `'${entity}'`).join(' or ')} item.`
    }`,
    errors: [error],
    older,
  });

const NO_CLAIM = 'Access to the resource could not be authorized. Are you missing a claim?';

/** The claim set lacks the resource. */
export const resourceDenied = (claimSet: string, resource: string): Problem =>
  new Problem({
    status: 403,
    type: 'security:authorization:access-denied:resource',
    title: 'Authorization Denied',
    detail: 'Access to the requested data could not be authorized.',
    errors: [`The caller's claim set (${claimSet}) does not include the resource '${resource}'.`],
    older: NO_CLAIM,
  });

/** The claim set has the resource, but not for this. */
export const actionDenied = (claimSet: string, resource: string, operation: string): Problem =>
  new Problem({
    status: 403,
    type: 'security:authorization:access-denied:action',
    title: 'Authorization Denied',
    detail: 'Access to the requested data could not be authorized.',
    errors: [`The caller's claim set (${claimSet}) does not allow '${operation}' on the resource '${resource}'.`],
    older: NO_CLAIM,
  });

export type NamespaceRefusal =
  | 'access-denied:namespace-mismatch'
  | 'access-denied:namespace-required'
  | 'invalid-client:no-namespaces';

/** @param prefixes those of the caller */
export function namespaceDenied(refusal: NamespaceRefusal, prefixes: readonly string[]): Problem {
  const listed = prefixes.map((prefix) => `'${prefix}'`).join(', ');
  const sentences: Readonly<Record<NamespaceRefusal, string>> = {
    'access-denied:namespace-mismatch': `The 'Namespace' value of the data does not start with any of the caller's associated namespace prefixes (${listed}).`,
    'access-denied:namespace-required': "The 'Namespace' value of the data has not been provided.",
    'invalid-client:no-namespaces': 'The caller has not been given any namespace prefix.',
  };
  return new Problem({
    status: 403,
    type: `security:authorization:namespace:${refusal}`,
    title: 'Authorization Denied',
    detail: `Access to the requested data could not be authorized. ${sentences[refusal]}`,
    errors: [sentences[refusal]],
    older: `Access to the resource item could not be authorized based on the caller's NamespacePrefix claims: ${listed}.`,
  });
}

/** The item is another client's. */
export const notOwner = (): Problem =>
  new Problem({
    status: 403,
    type: 'security:authorization:ownership:access-denied:ownership-mismatch',
    title: 'Authorization Denied',
    detail: 'Access to the requested data could not be authorized. The item is not owned by the caller.',
    older: "Access to the resource item could not be authorized using any of the caller's ownership tokens.",
  });

/** A media type that names a profile the API does not have, or names it wrongly. */
export const invalidProfileUsage = (error: string): Problem =>
  new Problem({
    status: 400,
    type: 'profile:invalid-profile-usage',
    title: 'Invalid Profile Usage',
    detail: 'The request construction was invalid with respect to usage of a data policy.',
    errors: [error],
    older: error,
  });

export const profileMethodUsage = (profile: string, entity: string, usage: string): Problem => {
  const error = `The profile '${profile}' does not make the resource '${entity}' ${usage}.`;
  return new Problem({
    status: 405,
    type: 'profile:method-usage',
    title: 'Method Not Allowed With Profile',
    detail: 'The method is not allowed with the data policy that applies.',
    errors: [error],
    older: error,
  });
};

/** One of several assigned profiles has to be named, and none of them was. @param olderStatus up to 7.1 */
export const profileNeeded = (entity: string, mediaTypes: readonly string[], olderStatus: 400 | 403): Problem =>
  new Problem({
    status: 403,
    type: 'security:data-policy:incorrect-usage',
    title: 'Data Policy Failure Due to Incorrect Usage',
    detail: 'The request was not constructed correctly for the data policy that applies to the caller.',
    errors: [
      `By profile assignment, one of these profile-specific content types is required: ${mediaTypes.map((type) => `'${type}'`).join(', ')}.`,
    ],
    older: `More than one Profile is associated with this ApiClient/Application for the Resource (${entity}). You must pass the Profile as part of the Request.`,
    olderStatus,
  });

/** A new item cannot be complete, because a profile leaves a required part out. */
export const dataPolicyEnforced = (profile: string, entity: string): Problem => {
  const error = `The profile '${profile}' leaves out required members of '${entity}': an item cannot be created with it.`;
  return new Problem({
    status: 400,
    type: 'bad-request:data-policy-enforced',
    title: 'Data Policy Enforced',
    detail: 'The data cannot be saved because a data policy that applies to the request prevents it.',
    errors: [error],
    older: error,
  });
};

export const notFound = (): Problem =>
  new Problem({
    status: 404,
    type: 'not-found',
    title: 'Not Found',
    detail: 'The specified data could not be found.',
    older: 'The specified resource could not be found.',
  });

/** @param olderStatus 410 where a snapshot is named by its identifier */
export const snapshotNotFound = (olderStatus: 404 | 410): Problem =>
  new Problem({
    status: olderStatus,
    type: 'not-found',
    title: 'Not Found',
    detail: 'The snapshot could not be found.',
    older: 'The snapshot could not be found.',
  });

export const methodNotAllowed = (allowed: readonly string[], detail: string): Problem =>
  new Problem({
    status: 405,
    type: 'method-not-allowed',
    title: 'Method Not Allowed',
    detail,
    headers: { Allow: allowed.join(', ') },
  });

const small = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** @param missing the references that lead to nothing, at least one */
export function unresolvedReference(missing: readonly MissingItem[]): Problem {
  const entity = missing[0]?.entity ?? '';
  return new Problem({
    status: 409,
    type: 'data-conflict:unresolved-reference',
    title: 'Unresolved Reference',
    detail: `The referenced '${entity}' item does not exist.`,
    older: `The value supplied for the related '${small(entity)}' resource does not exist.`,
    missing,
  });
}

/** @param blocking paths of items that refer to it */
export const dependentItemExists = (entity: string, blocking: readonly string[]): Problem =>
  new Problem({
    status: 409,
    type: 'data-conflict:dependent-item-exists',
    title: 'Dependent Item Exists',
    detail: `The requested action cannot be performed because this item is referenced by an existing '${entity}' item.`,
    older: `The resource (or a subordinate entity of the resource) cannot be deleted because it is a dependency of the '${entity}' entity.`,
    blocking,
  });

/** @param names the key's members, @param values theirs, in the same order */
export const nonUniqueIdentity = (entity: string, names: readonly string[], values: readonly string[]): Problem =>
  new Problem({
    status: 409,
    type: 'data-conflict:non-unique-identity',
    title: 'Identifying Values Are Not Unique',
    detail: `The identifying values of the item are the same as those of another ${entity} item.`,
    errors: [`The duplicate key is (${names.join(', ')}) = (${values.join(', ')}).`],
    older: `A natural key conflict occurred when attempting to update a '${entity}' resource with a duplicate key. The duplicated columns and values are [${names.join(', ')}] (${values.join(', ')}).`,
  });

/** A value that is no key, but may occur once only, is another item's already. */
export const nonUniqueValues = (): Problem =>
  new Problem({
    status: 409,
    type: 'data-conflict:non-unique-values',
    title: 'Non-Unique Values',
    detail: 'A value of the item has to be unique, and another item has it already.',
    older: 'The value(s) supplied for the resource are not unique.',
  });

/** Another client's request and this one met on the way to the database. */
export const multiUserConflict = (): Problem =>
  new Problem({
    status: 409,
    type: 'data-conflict:multi-user-conflict',
    title: 'Multi-User Conflict',
    detail: 'The item was modified or deleted by another user while this request was processed.',
  });

export const optimisticLockFailed = (): Problem =>
  new Problem({
    status: 412,
    type: 'optimistic-lock-failed',
    title: 'Optimistic Lock Failed',
    detail: 'The item has been modified by another user.',
    errors: ['The value of the If-Match header is not the current ETag of the item.'],
    older: 'Resource was modified by another consumer.',
  });

export const payloadTooLarge = (): Problem =>
  new Problem({
    status: 413,
    type: 'bad-request:payload-too-large',
    title: 'Payload Too Large',
    detail: 'The body of the request is larger than this API accepts.',
  });

export const unsupportedMediaType = (): Problem =>
  new Problem({
    status: 415,
    type: 'unsupported-media-type',
    title: 'Unsupported Media Type',
    detail: 'The media type of the request body is not supported; send application/json.',
  });

/** What is there by name only: the identity endpoint of an API without an identity system behind it. */
export const notImplemented = (): Problem =>
  new Problem({
    status: 501,
    type: 'system:not-implemented',
    title: 'Not Implemented',
    detail: 'The requested functionality is not implemented here.',
  });

export const systemProblem = (): Problem =>
  new Problem({
    status: 500,
    type: 'system',
    title: 'System Error',
    detail: 'An unexpected problem has occurred.',
    older: 'An unexpected error occurred on the server.',
  });
