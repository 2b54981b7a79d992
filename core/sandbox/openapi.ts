/** Writes the specifications of an API from its model: OpenAPI with the Ed-Fi markers. */
import type { ApiModel, PropertyModel, ReferenceProperty, ResourceName, ScalarType } from '../edfi/model.ts';
import type { Traits } from './generations.ts';
import { filtersOf } from './query.ts';
import { capital, type Shape, shapesOf } from './shape.ts';
import { asSwagger, type OpenApi, type Schema } from './swagger.ts';

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

const query = (name: string, schema: Schema): Schema => ({ name, in: 'query', schema });
const parameter = (name: string): Schema => ({ $ref: `#/components/parameters/${name}` });

/** Parameters that many operations share, as far as the API has them. */
function sharedParameters(traits: Traits): Record<string, Schema> {
  const version = { type: 'integer', format: 'int64' };
  return {
    offset: query('offset', { type: 'integer', format: 'int32' }),
    limit: query('limit', { type: 'integer', format: 'int32', minimum: 0, maximum: 500, default: 25 }),
    totalCount: query('totalCount', { type: 'boolean', default: false }),
    ...(traits.changeQueries === 'none'
      ? {}
      : {
          MinChangeVersion: query('minChangeVersion', version),
          MaxChangeVersion: query('maxChangeVersion', version),
        }),
    ...(traits.cursorPaging
      ? {
          pageToken: query('pageToken', { type: 'string' }),
          pageSize: query('pageSize', { type: 'integer', format: 'int32', minimum: 0, maximum: 500, default: 25 }),
          numberOfPartitions: query('number', { type: 'integer', format: 'int32', minimum: 1, maximum: 200 }),
        }
      : {}),
  };
}

const pagingParameters = (traits: Traits): Schema[] =>
  Object.keys(sharedParameters(traits))
    .filter((name) => name !== 'numberOfPartitions')
    .map(parameter);

/** The header that asks for a snapshot. */
function snapshotHeader(traits: Traits): Schema[] {
  switch (traits.snapshots) {
    case 'none':
      return [];
    case 'by-identifier':
      return [header('Snapshot-Identifier')];
    case 'by-flag':
      return [{ name: 'Use-Snapshot', in: 'header', schema: { type: 'boolean', default: false } }];
  }
}

const listOf = (schema: Schema): Schema => ({
  200: { description: '200', content: { 'application/json': { schema: { type: 'array', items: schema } } } },
  ...answers(400, 401, 403, 404, 500),
});

/** What there is below a resource beside its items. */
function below(shape: Shape, tags: readonly string[], traits: Traits): Record<string, Schema> {
  const windows = ['offset', 'limit', 'totalCount', 'MinChangeVersion', 'MaxChangeVersion'].map(parameter);
  const listing = (operation: string): Schema => ({
    get: {
      tags,
      operationId: `${operation}${capital(tags[0] ?? '')}`,
      parameters: [...windows, ...snapshotHeader(traits)],
      responses: listOf({ type: 'object' }),
    },
  });
  return {
    ...(traits.changeQueries === 'none' ? {} : { [`/${shape.name}/deletes`]: listing('deletes') }),
    ...(traits.changeQueries === 'deletes-and-key-changes'
      ? { [`/${shape.name}/keyChanges`]: listing('keyChanges') }
      : {}),
    ...(traits.cursorPaging
      ? {
          [`/${shape.name}/partitions`]: {
            get: {
              tags,
              operationId: `get${capital(tags[0] ?? '')}Partitions`,
              parameters: [parameter('numberOfPartitions')],
              responses: answers(200, 400, 401, 403, 404, 500),
            },
          },
        }
      : {}),
  };
}

function paths(shape: Shape, schemaName: string, traits: Traits): Record<string, Schema> {
  const body = {
    required: true,
    content: { 'application/json': { schema: pointer(schemaName) } },
    'x-bodyName': small(shape.entity),
  };
  const tags = [shape.name.slice(shape.name.indexOf('/') + 1)];
  const item = { ...answers(200), 200: { description: '200', content: body.content } };
  const filters = filtersOf(shape).map(({ name, type, identity, property }) => ({
    ...query(name, { ...(property === undefined ? {} : limitsOf(property)), ...scalarSchema(type) }),
    ...(identity ? IDENTITY : {}),
  }));
  return {
    [`/${shape.name}`]: {
      get: {
        tags,
        operationId: `get${capital(tags[0] ?? '')}`,
        parameters: [
          ...pagingParameters(traits),
          ...filters,
          query('id', { type: 'string' }),
          ...snapshotHeader(traits),
        ],
        responses: listOf(pointer(schemaName)),
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
        parameters: [ID_PARAMETER, header('If-None-Match'), ...snapshotHeader(traits)],
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
    ...below(shape, tags, traits),
  };
}

export type SpecificationName = 'resources' | 'descriptors';

/** Where the API is that a specification describes, and what it is like. */
export interface Described {
  /** `http://127.0.0.1:54321/data/v3` */
  readonly server: string;
  readonly tokenUrl: string;
  readonly traits: Traits;
}

/** @returns the document of the model's resources, or of its descriptors, in the form that the API's generation has */
export function specification(model: ApiModel, which: SpecificationName, described: Described): object {
  const { server, tokenUrl, traits } = described;
  const schemas: Record<string, Schema> = {
    link: { type: 'object', properties: { rel: { type: 'string' }, href: { type: 'string' } } },
  };
  const all: Record<string, Schema> = {};
  for (const shape of shapesOf(model).values()) {
    if ((shape.descriptor !== undefined) !== (which === 'descriptors')) continue;
    const prefix = prefixOf(shape.name);
    const name = `${prefix}_${small(shape.entity)}`;
    addSchema(schemas, name, prefix, shape.model.properties, true);
    Object.assign(all, paths(shape, name, traits));
  }
  const document: OpenApi = {
    openapi: '3.0.1',
    info: { title: `Practice API: ${which}`, version: '3' },
    servers: [{ url: server }],
    paths: all,
    components: {
      schemas,
      parameters: sharedParameters(traits),
      securitySchemes: {
        oauth2_client_credentials: {
          type: 'oauth2',
          flows: { clientCredentials: { tokenUrl, scopes: {} } },
        },
      },
    },
    security: [{ oauth2_client_credentials: [] }],
  };
  switch (traits.specification) {
    case 'openapi-3':
      return document;
    case 'swagger-2':
      return asSwagger(document, { server, tokenUrl });
  }
}
