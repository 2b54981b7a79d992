/** Writes the specifications of an API from its model, as an ODS/API 7 would: OpenAPI 3.0 with the Ed-Fi markers. */
import type { ApiModel, PropertyModel, ReferenceProperty, ResourceName, ScalarType } from '../edfi/model.ts';
import { filtersOf } from './query.ts';
import { capital, type Shape, shapesOf } from './shape.ts';

type Schema = Record<string, unknown>;

/** `ed-fi` → `edFi`, as schema names begin. */
const prefixOf = (resource: ResourceName): string =>
  resource.slice(0, resource.indexOf('/')).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
const small = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
const pointer = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

function scalarSchema(type: ScalarType, format?: string): Schema {
  switch (type) {
    case 'date':
    case 'date-time':
    case 'time':
      return { type: 'string', format: type };
    case 'integer':
    case 'number':
      return { type, ...(format === undefined ? {} : { format }) };
    case 'string':
    case 'boolean':
      return { type };
  }
}

function limitsOf(property: PropertyModel): Schema {
  switch (property.kind) {
    case 'descriptor':
      return { maxLength: property.maxLength };
    case 'scalar': {
      const { maxLength, minLength, minimum, maximum } = property;
      return {
        ...(maxLength === undefined ? {} : { maxLength }),
        ...(minLength === undefined ? {} : { minLength }),
        ...(minimum === undefined ? {} : { minimum }),
        ...(maximum === undefined ? {} : { maximum }),
      };
    }
    default:
      return {};
  }
}

const IDENTITY = { 'x-Ed-Fi-isIdentity': true };

function referenceSchema({ members }: ReferenceProperty): Schema {
  const properties = Object.fromEntries(
    members.map(({ name, type, maxLength, format }) => [
      name,
      { ...scalarSchema(type, format), ...(maxLength === undefined ? {} : { maxLength }), ...IDENTITY },
    ]),
  );
  const required = members.filter((member) => member.required).map(({ name }) => name);
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties: { ...properties, link: pointer('link') },
  };
}

const ITEM_START = { id: { type: 'string' } };
const ITEM_END = { _etag: { type: 'string' }, _lastModifiedDate: { type: 'string', format: 'date-time' } };

/** Adds the schema of an object, and of what is inside it, to `schemas`. */
function addSchema(
  schemas: Record<string, Schema>,
  name: string,
  prefix: string,
  properties: readonly PropertyModel[],
  isItem: boolean,
): void {
  const described: Record<string, Schema> = {};
  for (const property of properties) described[property.name] = propertySchema(schemas, name, prefix, property, isItem);
  const required = properties.filter((property) => property.required).map((property) => property.name);
  schemas[name] = {
    ...(required.length === 0 ? {} : { required }),
    type: 'object',
    properties: { ...(isItem ? ITEM_START : {}), ...described, ...(isItem ? ITEM_END : {}) },
  };
}

/** `races` of a student's association is `…Race`: collections are named for one of their items. */
const singular = (name: string): string =>
  capital(name)
    .replace(/ies$/, 'y')
    .replace(/(ss|x|ch)es$/, '$1')
    .replace(/(?<!s)s$/, '');

function propertySchema(
  schemas: Record<string, Schema>,
  owner: string,
  prefix: string,
  property: PropertyModel,
  isItem: boolean,
): Schema {
  const nullable = property.required ? {} : { nullable: true, 'x-nullable': true };
  switch (property.kind) {
    case 'scalar':
    case 'descriptor': {
      const schema = property.kind === 'scalar' ? scalarSchema(property.type, property.format) : scalarSchema('string');
      return { ...limitsOf(property), ...schema, ...(property.identity ? IDENTITY : nullable) };
    }
    case 'reference': {
      const name = `${prefix}_${small(property.entity)}Reference`;
      schemas[name] ??= referenceSchema(property);
      return pointer(name);
    }
    case 'collection': {
      const name = `${owner}${singular(property.name)}`;
      addSchema(schemas, name, prefix, property.properties, false);
      const minItems = property.minItems === 0 ? {} : { minItems: property.minItems };
      return { ...minItems, type: 'array', items: pointer(name) };
    }
    case 'object': {
      const name = property.name === '_ext' && isItem ? `${owner}Extensions` : `${owner}${capital(property.name)}`;
      addSchema(schemas, name, prefix, property.properties, false);
      return pointer(name);
    }
  }
}

const answers = (...codes: number[]): Record<string, Schema> =>
  Object.fromEntries(codes.map((code) => [String(code), { description: `${code}` }]));
const ID_PARAMETER = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const header = (name: string): Schema => ({ name, in: 'header', schema: { type: 'string' } });
const PAGING = [
  { name: 'offset', in: 'query', schema: { type: 'integer', format: 'int32' } },
  {
    name: 'limit',
    in: 'query',
    schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 500, default: 25 },
  },
  { name: 'totalCount', in: 'query', schema: { type: 'boolean', default: false } },
];

function paths(shape: Shape, schemaName: string): Record<string, Schema> {
  const body = {
    required: true,
    content: { 'application/json': { schema: pointer(schemaName) } },
    'x-bodyName': small(shape.entity),
  };
  const tags = [shape.name.slice(shape.name.indexOf('/') + 1)];
  const item = { ...answers(200), 200: { description: '200', content: body.content } };
  const filters = filtersOf(shape).map(({ name, type, identity, property }) => ({
    name,
    in: 'query',
    schema: { ...(property === undefined ? {} : limitsOf(property)), ...scalarSchema(type) },
    ...(identity ? IDENTITY : {}),
  }));
  return {
    [`/${shape.name}`]: {
      get: {
        tags,
        operationId: `get${capital(tags[0] ?? '')}`,
        parameters: [...PAGING, ...filters, { name: 'id', in: 'query', schema: { type: 'string' } }],
        responses: {
          200: {
            description: '200',
            content: { 'application/json': { schema: { type: 'array', items: pointer(schemaName) } } },
          },
          ...answers(400, 401, 403, 404, 500),
        },
      },
      post: {
        tags,
        operationId: `post${shape.entity}`,
        requestBody: body,
        responses: answers(200, 201, 400, 401, 403, 409, 412, 500),
      },
    },
    [`/${shape.name}/{id}`]: {
      get: {
        tags,
        operationId: `get${capital(tags[0] ?? '')}ById`,
        parameters: [ID_PARAMETER, header('If-None-Match')],
        responses: { ...item, ...answers(304, 401, 403, 404, 500) },
      },
      put: {
        tags,
        operationId: `put${shape.entity}`,
        parameters: [ID_PARAMETER, header('If-Match')],
        requestBody: body,
        responses: answers(204, 400, 401, 403, 404, 409, 412, 500),
        ...(shape.model.updatableKey ? { 'x-Ed-Fi-isUpdatable': true } : {}),
      },
      delete: {
        tags,
        operationId: `delete${shape.entity}ById`,
        parameters: [ID_PARAMETER, header('If-Match')],
        responses: answers(204, 401, 403, 404, 409, 412, 500),
      },
    },
  };
}

export type SpecificationName = 'resources' | 'descriptors';

/**
 * @param url `http://127.0.0.1:54321`
 * @returns the OpenAPI document of the model's resources, or of its descriptors
 */
export function specification(model: ApiModel, which: SpecificationName, url: string): object {
  const schemas: Record<string, Schema> = {
    link: { type: 'object', properties: { rel: { type: 'string' }, href: { type: 'string' } } },
  };
  const all: Record<string, Schema> = {};
  for (const shape of shapesOf(model).values()) {
    if ((shape.descriptor !== undefined) !== (which === 'descriptors')) continue;
    const prefix = prefixOf(shape.name);
    const name = `${prefix}_${small(shape.entity)}`;
    addSchema(schemas, name, prefix, shape.model.properties, true);
    Object.assign(all, paths(shape, name));
  }
  return {
    openapi: '3.0.1',
    info: { title: `Practice API: ${which}`, version: '3' },
    servers: [{ url: `${url}/data/v3` }],
    paths: all,
    components: {
      schemas,
      securitySchemes: {
        oauth2_client_credentials: {
          type: 'oauth2',
          flows: { clientCredentials: { tokenUrl: `${url}/oauth/token`, scopes: {} } },
        },
      },
    },
    security: [{ oauth2_client_credentials: [] }],
  };
}
