/**
 * The errors the practice API answers with, as an ODS/API from 7.2 on words them. Handlers throw a `Problem`; the
 * generation that the API impersonates decides how it looks on the wire.
 */

export type ValidationErrors = Readonly<Record<string, readonly string[]>>;

export interface ProblemFacts {
  readonly status: number;
  /** What follows `urn:ed-fi:api:` */
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly string[];
  readonly validationErrors?: ValidationErrors;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Problem extends Error {
  readonly facts: ProblemFacts;

  constructor(facts: ProblemFacts) {
    super(facts.type);
    this.facts = facts;
  }
}

export const isProblem = (thrown: unknown): thrown is Problem => thrown instanceof Problem;

/** @returns the body of an `application/problem+json` answer */
export const problemBody = (facts: ProblemFacts, correlationId: string): string =>
  JSON.stringify({
    detail: facts.detail,
    type: `urn:ed-fi:api:${facts.type}`,
    title: facts.title,
    status: facts.status,
    correlationId,
    ...(facts.validationErrors === undefined ? {} : { validationErrors: facts.validationErrors }),
    ...(facts.errors === undefined ? {} : { errors: facts.errors }),
  });

export const badRequest = (detail: string, errors?: readonly string[]): Problem =>
  new Problem({
    status: 400,
    type: 'bad-request',
    title: 'Bad Request',
    detail,
    ...(errors === undefined ? {} : { errors }),
  });

export const validationFailed = (validationErrors: ValidationErrors): Problem =>
  new Problem({
    status: 400,
    type: 'bad-request:data-validation-failed',
    title: 'Data Validation Failed',
    detail: "Data validation failed. See 'validationErrors' for details.",
    validationErrors,
  });

export const parameterInvalid = (error: string): Problem =>
  new Problem({
    status: 400,
    type: 'bad-request:parameter-validation-failed',
    title: 'Parameter Validation Failed',
    detail: 'One or more parameters of the request are not valid.',
    errors: [error],
  });

export const keyChangeNotSupported = (entity: string): Problem =>
  new Problem({
    status: 400,
    type: 'bad-request:data-validation-failed:key-change-not-supported',
    title: 'Key Change Not Supported',
    detail: `Identifying values for the ${entity} item cannot be changed. Delete and recreate the item instead.`,
  });

export const unauthenticated = (error: string): Problem =>
  new Problem({
    status: 401,
    type: 'security:authentication',
    title: 'Authentication Failed',
    detail: 'The caller could not be authenticated.',
    errors: [error],
    headers: { 'WWW-Authenticate': 'Bearer' },
  });

export const tooManyTokens = (limit: number): Problem =>
  new Problem({
    status: 429,
    type: 'security:authentication:too-many-tokens',
    title: 'Too Many Tokens',
    detail: 'The caller has too many access tokens in use. Wait for one to expire, or use one again.',
    errors: [`At most ${limit} access tokens can be in use for a client.`],
  });

/** @param hint the entities one of which would authorize the item */
export const accessDenied = (error: string, hint: readonly string[] = []): Problem =>
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
  });

export const notFound = (): Problem =>
  new Problem({
    status: 404,
    type: 'not-found',
    title: 'Not Found',
    detail: 'The specified data could not be found.',
  });

export const methodNotAllowed = (allowed: readonly string[], detail: string): Problem =>
  new Problem({
    status: 405,
    type: 'method-not-allowed',
    title: 'Method Not Allowed',
    detail,
    headers: { Allow: allowed.join(', ') },
  });

export const unresolvedReference = (entity: string): Problem =>
  new Problem({
    status: 409,
    type: 'data-conflict:unresolved-reference',
    title: 'Unresolved Reference',
    detail: `The referenced '${entity}' item does not exist.`,
  });

export const dependentItemExists = (entity: string): Problem =>
  new Problem({
    status: 409,
    type: 'data-conflict:dependent-item-exists',
    title: 'Dependent Item Exists',
    detail: `The requested action cannot be performed because this item is referenced by an existing '${entity}' item.`,
  });

/** @param names the key's members, @param values theirs, in the same order */
export const nonUniqueIdentity = (entity: string, names: readonly string[], values: readonly string[]): Problem =>
  new Problem({
    status: 409,
    type: 'data-conflict:non-unique-identity',
    title: 'Identifying Values Are Not Unique',
    detail: `The identifying values of the item are the same as those of another ${entity} item.`,
    errors: [`The duplicate key is (${names.join(', ')}) = (${values.join(', ')}).`],
  });

export const optimisticLockFailed = (): Problem =>
  new Problem({
    status: 412,
    type: 'optimistic-lock-failed',
    title: 'Optimistic Lock Failed',
    detail: 'The item has been modified by another user.',
    errors: ['The value of the If-Match header is not the current ETag of the item.'],
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

export const systemProblem = (): Problem =>
  new Problem({ status: 500, type: 'system', title: 'System Error', detail: 'An unexpected problem has occurred.' });
