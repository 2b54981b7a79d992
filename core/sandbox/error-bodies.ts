/** How a problem looks on the wire, by the trait `errors`. */
import type { ApiResponse } from './exchange.ts';
import type { Traits } from './generations.ts';
import type { ProblemFacts, ValidationErrors } from './problems.ts';

type Body = Pick<ApiResponse, 'status' | 'body' | 'contentType'>;
type ErrorTraits = Pick<Traits, 'errors' | 'unknownDescriptor'>;

/** From 7.2 on: `application/problem+json`. */
const problemDetails = (facts: ProblemFacts, correlationId: string): Body => ({
  status: facts.status,
  body: JSON.stringify({
    detail: facts.detail,
    type: `urn:ed-fi:api:${facts.type}`,
    title: facts.title,
    status: facts.status,
    correlationId,
    ...(facts.validationErrors === undefined ? {} : { validationErrors: facts.validationErrors }),
    ...(facts.errors === undefined ? {} : { errors: facts.errors }),
  }),
  contentType: 'application/problem+json',
});

/** `$.races[0].raceDescriptor` → `request.races[0].RaceDescriptor` */
const modelStateName = (path: string): string =>
  `request.${path.slice(2)}`.replace(/\.([a-z])(?=[^.]*$)/, (_, letter: string) => `.${letter.toUpperCase()}`);

function without(errors: ValidationErrors, paths: ReadonlySet<string>): ValidationErrors {
  return Object.fromEntries(Object.entries(errors).filter(([path]) => !paths.has(path)));
}

/**
 * The sentences of an API up to 7.1. It looks descriptors up after everything else was found well-formed, and says
 * what it misses in the message alone.
 */
function olderValidation(
  { validationErrors = {}, validated, older }: ProblemFacts,
  wording: Traits['unknownDescriptor'],
): Record<string, unknown> {
  const { entity = '', descriptors = [] } = validated ?? {};
  const shape = without(validationErrors, new Set(descriptors.map(({ path }) => path)));
  if (Object.keys(shape).length > 0) {
    return {
      message: older,
      modelState: Object.fromEntries(Object.entries(shape).map(([path, messages]) => [modelStateName(path), messages])),
    };
  }
  switch (wording) {
    case 'id-required':
      return {
        message: [`Validation of '${entity}' failed.`, ...descriptors.map(({ name }) => `${name}Id is required.`)].join(
          '\r\n',
        ),
      };
    case 'unresolved':
      return {
        message: descriptors
          .map(({ type, value }) => `Unable to resolve value '${value}' to an existing '${type}' resource.`)
          .join('\r\n'),
      };
  }
}

function message(facts: ProblemFacts, wording: Traits['unknownDescriptor'], correlationId?: string): Body {
  const said =
    facts.validated === undefined ? { message: facts.older ?? facts.detail } : olderValidation(facts, wording);
  return {
    status: facts.olderStatus ?? facts.status,
    body: JSON.stringify(correlationId === undefined ? said : { ...said, correlationId }),
  };
}

/** Another implementation: `{"error": …}` as a text, a list or an object; nothing at all where access is denied. */
function error(facts: ProblemFacts): Body {
  const { status, type, detail, validationErrors, missing, blocking, errors } = facts;
  if (status === 401 || status === 403 || status === 404) return { status };
  const said = (): unknown => {
    if (validationErrors !== undefined) {
      return Object.entries(validationErrors).flatMap(([path, messages]) =>
        messages.map((text) => ({ message: text, path })),
      );
    }
    if (missing !== undefined) {
      return {
        message: 'Reference validation failed',
        failures: missing.map(({ entity, identity }) => ({ resourceName: entity, identity })),
      };
    }
    if (blocking !== undefined) {
      return {
        message: 'The resource cannot be deleted because it is a dependency of other documents',
        blockingUris: blocking,
      };
    }
    if (type.endsWith('non-unique-values')) {
      return { message: 'Insert failed: the identity is in use by another document', blockingUris: [] };
    }
    if (type.endsWith('multi-user-conflict')) {
      return { message: 'Write conflict due to concurrent access to this or related resources' };
    }
    if (type.endsWith('key-change-not-supported')) {
      return { message: 'The identity fields of the document cannot be modified' };
    }
    return errors?.[0] ?? detail;
  };
  return { status, body: JSON.stringify({ error: said() }) };
}

/** @returns the answer to a request that ended in a problem */
export function problemResponse(facts: ProblemFacts, traits: ErrorTraits, correlationId: string): ApiResponse {
  const body = ((): Body => {
    switch (traits.errors) {
      case 'problem-details':
        return problemDetails(facts, correlationId);
      case 'message':
        return message(facts, traits.unknownDescriptor);
      case 'message-with-correlation':
        return message(facts, traits.unknownDescriptor, correlationId);
      case 'error':
        return error(facts);
    }
  })();
  return { ...body, ...(facts.headers === undefined ? {} : { headers: facts.headers }) };
}
