/** The same specification as Swagger 2.0, which an ODS/API up to 5.3 writes. */

export type Schema = Record<string, unknown>;

/** The parts of an OpenAPI 3.0 document that `openapi.ts` writes. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: Schema;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Schema>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Schema;
  };
  readonly security: readonly Schema[];
}

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Members that Swagger 2.0 has not, or that came later. */
const LATER = new Set(['nullable', 'x-nullable', 'x-bodyName']);

/** Pointers lead elsewhere; everything else stays. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !LATER.has(name))
      .map(([name, inner]) => {
        if (name !== '$ref' || typeof inner !== 'string') return [name, moved(inner)];
        return [name, inner.replace('/components/schemas/', '/definitions/').replace('/components/', '/')];
      }),
  );
}

/** A parameter's type stands in the parameter itself. */
function flattened(parameter: unknown): unknown {
  if (!isObject(parameter) || !isObject(parameter.schema)) return moved(parameter);
  const { schema, ...rest } = parameter;
  return moved({ ...rest, ...schema });
}

/** The schema inside the first media type of a body or an answer. */
function schemaOf(content: unknown): unknown {
  const [first] = isObject(content) ? Object.values(content) : [];
  return isObject(first) ? first.schema : undefined;
}

function answer(response: unknown): unknown {
  if (!isObject(response)) return response;
  const { content, ...rest } = response;
  const schema = schemaOf(content);
  return schema === undefined ? rest : { ...rest, schema: moved(schema) };
}

function operation(method: unknown): unknown {
  if (!isObject(method)) return method;
  const { parameters, requestBody, responses, ...rest } = method;
  const body = isObject(requestBody)
    ? [{ name: requestBody['x-bodyName'], in: 'body', required: true, schema: moved(schemaOf(requestBody.content)) }]
    : [];
  return {
    ...rest,
    consumes: ['application/json'],
    produces: ['application/json'],
    parameters: [...(Array.isArray(parameters) ? parameters.map(flattened) : []), ...body],
    responses: isObject(responses)
      ? Object.fromEntries(Object.entries(responses).map(([status, response]) => [status, answer(response)]))
      : {},
  };
}

/** That generation marks what is part of a key on scalars of items and on parameters, never inside a reference. */
function withoutMarks(schema: Schema): Schema {
  const properties = Object.entries(isObject(schema.properties) ? schema.properties : {}).map(([name, property]) => {
    if (!isObject(property)) return [name, property];
    const { 'x-Ed-Fi-isIdentity': _, ...rest } = property;
    return [name, rest];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** @param server `http://127.0.0.1:54321/data/v3` */
export function asSwagger(
  { info, paths, components, security }: OpenApi,
  { server, tokenUrl }: { readonly server: string; readonly tokenUrl: string },
): object {
  const { host, pathname, protocol } = new URL(server);
  return {
    swagger: '2.0',
    basePath: pathname,
    host,
    schemes: [protocol.replace(':', '')],
    info,
    consumes: ['application/json'],
    produces: ['application/json'],
    parameters: Object.fromEntries(
      Object.entries(components.parameters).map(([name, parameter]) => [name, flattened(parameter)]),
    ),
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, methods]) => [
        path,
        Object.fromEntries(Object.entries(methods).map(([method, described]) => [method, operation(described)])),
      ]),
    ),
    definitions: Object.fromEntries(
      Object.entries(components.schemas).map(([name, schema]) => [
        name,
        moved(name.endsWith('Reference') ? withoutMarks(schema) : schema),
      ]),
    ),
    security,
    securityDefinitions: {
      oauth2_client_credentials: { type: 'oauth2', flow: 'application', tokenUrl, scopes: {} },
    },
  };
}
