/**
 * Reads an Ed-Fi API's own OpenAPI document into resource models.
 * Swagger 2.0 (`definitions`, up to about ODS 5.3) and OpenAPI 3.0 (`components.schemas`), as the ODS and the DMS write them.
 */
import { Failure } from '../errors/failure.ts';
import type {
  ApiModel,
  IdentityPart,
  PropertyModel,
  ReferenceMember,
  ReferenceProperty,
  ResourceModel,
  ResourceName,
  ScalarType,
} from './model.ts';

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  maxLength?: number;
  minLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  allOf?: Schema[];
  'x-Ed-Fi-isIdentity'?: boolean;
}
interface Parameter {
  $ref?: string;
  name?: string;
  in?: string;
  schema?: Schema;
  'x-Ed-Fi-isIdentity'?: boolean;
}
interface Operation {
  parameters?: Parameter[];
  requestBody?: { $ref?: string; content?: Record<string, { schema?: Schema }> };
  'x-Ed-Fi-isUpdatable'?: boolean;
}
type PathItem = Partial<Record<'get' | 'post' | 'put' | 'delete', Operation>>;
interface Document {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly schemas: ReadonlyMap<string, Schema>;
  readonly bodies: ReadonlyMap<string, NonNullable<Operation['requestBody']>>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unusable = (what: string): Failure =>
  new Failure(
    'specification-unusable',
    `The API's ${what} cannot be read as an OpenAPI document. Ask the API's host whether its metadata endpoint is complete.`,
  );

/** Schemas that lie inside each other, and objects written out inside an object: real ones go down five or six times. */
const DEEPEST = 40;
/** Properties of all resources together, those of their parts too: real ones have some ten thousand. */
const MOST_PROPERTIES = 250_000;

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const countIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
const numberIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const listIn = (value: unknown): unknown[] | undefined => (Array.isArray(value) ? value : undefined);

/** What has a value. */
const known = <T extends object>(members: { readonly [Name in keyof T]: T[Name] | undefined }): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;

const membersOf = <T>(value: unknown, read: (member: unknown) => T): Record<string, T> | undefined =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, read(member)])) : undefined;

/** What stands in the place of a schema, as far as it is one: a member of another type counts as not there. */
function asSchema(value: unknown, level = 0): Schema {
  if (!isObject(value) || level > DEEPEST) return {};
  const inside = (member: unknown): Schema => asSchema(member, level + 1);
  return known<Schema>({
    $ref: textIn(value.$ref),
    type: textIn(value.type),
    format: textIn(value.format),
    maxLength: countIn(value.maxLength),
    minLength: countIn(value.minLength),
    minimum: numberIn(value.minimum),
    maximum: numberIn(value.maximum),
    minItems: countIn(value.minItems),
    items: value.items === undefined ? undefined : inside(value.items),
    properties: membersOf(value.properties, inside),
    required: listIn(value.required)?.filter((name) => typeof name === 'string'),
    allOf: listIn(value.allOf)?.map(inside),
    'x-Ed-Fi-isIdentity': value['x-Ed-Fi-isIdentity'] === true ? true : undefined,
  });
}

const asParameter = (value: unknown): Parameter =>
  isObject(value)
    ? known<Parameter>({
        $ref: textIn(value.$ref),
        name: textIn(value.name),
        in: textIn(value.in),
        schema: value.schema === undefined ? undefined : asSchema(value.schema),
        'x-Ed-Fi-isIdentity': value['x-Ed-Fi-isIdentity'] === true ? true : undefined,
      })
    : {};

const asBody = (value: unknown): NonNullable<Operation['requestBody']> =>
  isObject(value)
    ? known<NonNullable<Operation['requestBody']>>({
        $ref: textIn(value.$ref),
        content: membersOf(value.content, (media) =>
          isObject(media) && media.schema !== undefined ? { schema: asSchema(media.schema) } : {},
        ),
      })
    : {};

const asOperation = (value: unknown): Operation | undefined =>
  isObject(value)
    ? known<Operation>({
        parameters: listIn(value.parameters)?.map(asParameter),
        requestBody: value.requestBody === undefined ? undefined : asBody(value.requestBody),
        'x-Ed-Fi-isUpdatable': value['x-Ed-Fi-isUpdatable'] === true ? true : undefined,
      })
    : undefined;

const asPathItem = (value: unknown): PathItem =>
  isObject(value)
    ? known<PathItem>({
        get: asOperation(value.get),
        post: asOperation(value.post),
        put: asOperation(value.put),
        delete: asOperation(value.delete),
      })
    : {};

function asDocument(value: unknown, what: string): Document {
  if (!isObject(value) || !isObject(value.paths)) throw unusable(what);
  const components = isObject(value.components) ? value.components : {};
  const schemas = value.definitions ?? components.schemas;
  if (!isObject(schemas)) throw unusable(what);
  return {
    paths: membersOf(value.paths, asPathItem) ?? {},
    schemas: new Map(Object.entries(schemas).map(([name, schema]) => [name, asSchema(schema)])),
    bodies: new Map(
      Object.entries(isObject(components.requestBodies) ? components.requestBodies : {}).map(([name, body]) => [
        name,
        asBody(body),
      ]),
    ),
  };
}

const refName = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `edFi_sectionReference` and `EdFi_Section_Reference` both name the entity `Section`. */
const entityOf = (schemaName: string): string => capital(schemaName.slice(schemaName.indexOf('_') + 1));
const isReferenceSchema = (schemaName: string): boolean => /[a-z_]Reference$/.test(schemaName);
const referencedEntity = (schemaName: string): string => entityOf(schemaName).replace(/_?Reference$/, '');

/** `/ed-fi/sections` → `ed-fi/sections`; undefined for `/{id}`, `/deletes` and the like. */
function resourceOf(path: string): ResourceName | undefined {
  const match = /^\/([^/{}]+)\/([^/{}]+)$/.exec(path);
  return match ? `${match[1]}/${match[2]}` : undefined;
}

const descriptorTypeOf = (resource: ResourceName): string | undefined => {
  const short = resource.slice(resource.indexOf('/') + 1);
  return short.endsWith('Descriptors') ? capital(short.slice(0, -1)) : undefined;
};

function bodySchemaName(doc: Document, operation: Operation): string | undefined {
  const inBody = operation.parameters?.find((p) => p.in === 'body')?.schema?.$ref;
  if (inBody !== undefined) return refName(inBody);
  let body = operation.requestBody;
  if (body?.$ref !== undefined) body = doc.bodies.get(refName(body.$ref));
  const schema = Object.values(body?.content ?? {})[0]?.schema;
  return schema?.$ref === undefined ? undefined : refName(schema.$ref);
}

function scalarType(schema: Schema): ScalarType {
  switch (schema.type) {
    case 'integer':
    case 'number':
    case 'boolean':
      return schema.type;
    default:
      return schema.format === 'date' || schema.format === 'date-time' || schema.format === 'time'
        ? schema.format
        : 'string';
  }
}

/** Members every item has that are not part of its data. */
const BOOKKEEPING = new Set(['id', 'link', '_etag', '_lastModifiedDate', 'changeVersion', '_lineage']);

interface Context {
  readonly schemas: ReadonlyMap<string, Schema>;
  /** Properties read so far. */
  read: number;
  /** Descriptor types in lower case → type; empty when none is known. */
  readonly descriptorTypes: Map<string, string>;
}

/** `entryGradeLevelDescriptor` → `GradeLevelDescriptor`: the longest known type the property's name ends with. */
function descriptorTypeByName(property: string, known: Map<string, string>): string | undefined {
  const lower = property.toLowerCase();
  for (let start = 0; start < lower.length; start++) {
    const found = known.get(lower.slice(start));
    if (found !== undefined) return found;
  }
  return undefined;
}

function limits(schema: Schema): Partial<Record<'maxLength' | 'minLength' | 'minimum' | 'maximum', number>> & {
  format?: string;
} {
  return {
    ...(schema.maxLength === undefined ? {} : { maxLength: schema.maxLength }),
    ...(schema.minLength === undefined ? {} : { minLength: schema.minLength }),
    ...(schema.minimum === undefined ? {} : { minimum: schema.minimum }),
    ...(schema.maximum === undefined ? {} : { maximum: schema.maximum }),
    ...(schema.format !== undefined && /^(int32|int64|double|float)$/.test(schema.format)
      ? { format: schema.format }
      : {}),
  };
}

const isDescriptorProperty = (name: string, schema: Schema): boolean =>
  name.endsWith('Descriptor') && schema.type === 'string';

function referenceMembers(schema: Schema, context: Context): ReferenceMember[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .filter(([name, member]) => !BOOKKEEPING.has(name) && member.$ref === undefined)
    .map(([name, member]) => {
      const descriptor = isDescriptorProperty(name, member)
        ? descriptorTypeByName(name, context.descriptorTypes)
        : undefined;
      return {
        name,
        type: scalarType(member),
        // Some specifications mark no member of a reference as required: its members are its key, so all are.
        required: required.size === 0 || required.has(name),
        ...(descriptor === undefined ? {} : { descriptor }),
        ...(member.maxLength === undefined ? {} : { maxLength: member.maxLength }),
        ...(member.format === 'int32' || member.format === 'int64' ? { format: member.format } : {}),
      };
    });
}

function readProperties(schemaName: string, context: Context, above: readonly string[]): PropertyModel[] {
  const schema = context.schemas.get(schemaName);
  if (schema === undefined || above.includes(schemaName) || above.length > DEEPEST) return [];
  const parts = [
    schema,
    ...(schema.allOf ?? []).map((part) => (part.$ref ? context.schemas.get(refName(part.$ref)) : part)),
  ];
  const required = new Set(parts.flatMap((part) => part?.required ?? []));
  const properties: PropertyModel[] = [];
  for (const part of parts) {
    for (const [name, property] of Object.entries(part?.properties ?? {})) {
      if (BOOKKEEPING.has(name)) continue;
      context.read += 1;
      if (context.read > MOST_PROPERTIES) throw unusable('resource specification');
      properties.push(readProperty(name, property, required.has(name), context, [...above, schemaName]));
    }
  }
  return properties;
}

function readProperty(
  name: string,
  schema: Schema,
  required: boolean,
  context: Context,
  above: readonly string[],
): PropertyModel {
  const base = { name, required, identity: schema['x-Ed-Fi-isIdentity'] === true };
  const ref = schema.$ref ?? schema.allOf?.find((part) => part.$ref !== undefined)?.$ref;
  if (ref !== undefined) {
    const target = refName(ref);
    if (!isReferenceSchema(target)) {
      return { ...base, kind: 'object', properties: readProperties(target, context, above) };
    }
    const members = referenceMembers(context.schemas.get(target) ?? {}, context);
    return { ...base, kind: 'reference', entity: referencedEntity(target), targets: [], members };
  }
  if (schema.type === 'array') {
    const item = schema.items?.$ref === undefined ? undefined : refName(schema.items.$ref);
    const properties = item === undefined ? [] : readProperties(item, context, above);
    return { ...base, kind: 'collection', minItems: schema.minItems ?? (required ? 1 : 0), properties };
  }
  if (schema.type === 'object' || (schema.type === undefined && schema.properties !== undefined)) {
    return { ...base, kind: 'object', properties: [] };
  }
  if (isDescriptorProperty(name, schema)) {
    const descriptor = descriptorTypeByName(name, context.descriptorTypes);
    return {
      ...base,
      kind: 'descriptor',
      maxLength: schema.maxLength ?? 306,
      ...(descriptor === undefined ? {} : { descriptor }),
    };
  }
  return { ...base, kind: 'scalar', type: scalarType(schema), ...limits(schema) };
}

/**
 * The name under which a reference to the owner carries one member of the owner's own reference.
 * `gradingPeriodReference.schoolYear` is `gradingPeriodSchoolYear` in a GradeReference (two years could differ), but
 * plain `schoolYear` in a SectionReference; `graduationSchoolYearTypeReference.schoolYear` is `graduationSchoolYear`.
 */
function carriedName(reference: ReferenceProperty, member: string, names: ReadonlySet<string>): string | undefined {
  const base = reference.name.replace(/Reference$/, '');
  const role = base.toLowerCase().endsWith(reference.entity.toLowerCase())
    ? base.slice(0, base.length - reference.entity.length)
    : '';
  for (const candidate of [
    joinOverlapping(base, capital(member)),
    base + capital(member),
    role + capital(member),
    member,
  ]) {
    if (names.has(candidate)) return candidate;
  }
  return undefined;
}

/** `gradingPeriod` + `PeriodSequence` is `gradingPeriodSequence`: the Ed-Fi naming rule does not say a word twice. */
function joinOverlapping(first: string, second: string): string {
  for (let shared = Math.min(first.length, second.length); shared > 1; shared--) {
    if (/^[A-Z]/.test(second) && first.endsWith(second.slice(0, shared))) return first + second.slice(shared);
  }
  return first + second;
}

function identityNames(path: PathItem, referenceSchema: Schema | undefined): Set<string> | undefined {
  if (referenceSchema?.properties !== undefined) {
    return new Set(
      Object.entries(referenceSchema.properties)
        .filter(([name, member]) => !BOOKKEEPING.has(name) && member.$ref === undefined)
        .map(([name]) => name),
    );
  }
  const flagged = (path.get?.parameters ?? []).filter(
    (p) => p['x-Ed-Fi-isIdentity'] === true || p.schema?.['x-Ed-Fi-isIdentity'] === true,
  );
  return flagged.length === 0 ? undefined : new Set(flagged.flatMap((p) => (p.name === undefined ? [] : [p.name])));
}

/**
 * Which of a resource's properties make up its natural key. The DMS marks references too; the ODS marks only scalars,
 * so a required reference counts when every member of it is carried by references to (or queries for) this resource.
 */
function withIdentity(
  properties: readonly PropertyModel[],
  names: ReadonlySet<string> | undefined,
): { properties: PropertyModel[]; identity: IdentityPart[] } {
  const parts = new Map<string, { name: string; paths: string[][]; type: ScalarType }>();
  const add = (name: string, path: string[], type: ScalarType): void => {
    const part = parts.get(name);
    if (part) part.paths.push(path);
    else parts.set(name, { name, paths: [path], type });
  };
  const result = properties.map((property): PropertyModel => {
    if (property.kind === 'reference') {
      const carried = property.members.map((member) => ({
        member,
        as: names === undefined ? member.name : carriedName(property, member.name, names),
      }));
      const whole = property.members.length > 0 && carried.every(({ as }) => as !== undefined);
      const identity = property.identity || (names !== undefined && property.required && whole);
      if (identity) {
        for (const { member, as } of carried) add(as ?? member.name, [property.name, member.name], member.type);
      }
      return { ...property, identity };
    }
    if (property.kind !== 'scalar' && property.kind !== 'descriptor') return property;
    if (property.identity || (property.required && names?.has(property.name))) {
      add(property.name, [property.name], property.kind === 'scalar' ? property.type : 'string');
      return { ...property, identity: true };
    }
    return property;
  });
  const identity = [...parts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { properties: result, identity };
}

/** Abstract entities no API offers as a resource, told by what their concrete resources have in common. */
function abstractEntities(entity: string, properties: readonly PropertyModel[], identity: readonly IdentityPart[]) {
  const isA: string[] = [];
  const only = identity.length === 1 ? identity[0] : undefined;
  if (
    only?.type === 'integer' &&
    only.name.toLowerCase() === `${entity.toLowerCase()}id` &&
    properties.some((p) => p.name === 'nameOfInstitution')
  ) {
    isA.push('EducationOrganization');
  }
  if (
    /^Student.*ProgramAssociation$/.test(entity) &&
    ['programReference', 'studentReference'].every((name) => properties.some((p) => p.name === name && p.identity))
  ) {
    isA.push('GeneralStudentProgramAssociation');
  }
  return isA;
}

function resolveTargets(properties: readonly PropertyModel[], byEntity: Map<string, ResourceName[]>): PropertyModel[] {
  return properties.map((property): PropertyModel => {
    switch (property.kind) {
      case 'reference':
        return { ...property, targets: byEntity.get(property.entity.toLowerCase()) ?? [] };
      case 'collection':
      case 'object':
        return { ...property, properties: resolveTargets(property.properties, byEntity) };
      case 'scalar':
      case 'descriptor':
        return property;
    }
  });
}

/**
 * Reads resource models out of an API's specification.
 * @param resources the OpenAPI document of the resources, parsed from JSON
 * @param descriptors the one of the descriptors, where the API has it; without it a descriptor's type is guessed from
 *   `knownDescriptorTypes` (for example out of the dependency list)
 * @returns the model: every resource with its properties and natural key, every descriptor type with its resource
 * @throws Failure `specification-unusable` when a document is no OpenAPI document, or offers no resource at all
 */
export function parseSpecification(
  resources: unknown,
  descriptors?: unknown,
  knownDescriptorTypes: readonly string[] = [],
): ApiModel {
  const doc = asDocument(resources, 'resource specification');
  const descriptorDoc = descriptors === undefined ? undefined : asDocument(descriptors, 'descriptor specification');

  const descriptorResources: Record<string, ResourceName> = {};
  for (const path of [...Object.keys(descriptorDoc?.paths ?? {}), ...Object.keys(doc.paths)]) {
    const resource = resourceOf(path);
    const type = resource === undefined ? undefined : descriptorTypeOf(resource);
    if (resource !== undefined && type !== undefined) descriptorResources[type] ??= resource;
  }
  const types = [...Object.keys(descriptorResources), ...knownDescriptorTypes];
  const { schemas } = doc;
  const context: Context = {
    schemas,
    read: 0,
    descriptorTypes: new Map(types.map((type) => [type.toLowerCase(), type])),
  };
  for (const type of knownDescriptorTypes)
    descriptorResources[type] ??= `ed-fi/${type.charAt(0).toLowerCase()}${type.slice(1)}s`;

  const referenceSchemas = new Map<string, Schema>();
  for (const [name, schema] of schemas) {
    if (isReferenceSchema(name)) referenceSchemas.set(referencedEntity(name).toLowerCase(), schema);
  }

  const found: Record<ResourceName, ResourceModel> = {};
  const byEntity = new Map<string, ResourceName[]>();
  const register = (entity: string, resource: ResourceName): void => {
    const list = byEntity.get(entity.toLowerCase());
    if (list) list.push(resource);
    else byEntity.set(entity.toLowerCase(), [resource]);
  };
  for (const [path, item] of Object.entries(doc.paths)) {
    const resource = resourceOf(path);
    if (resource === undefined || descriptorTypeOf(resource) !== undefined || item.post === undefined) continue;
    const schemaName = bodySchemaName(doc, item.post);
    if (schemaName === undefined || !schemas.has(schemaName)) continue;
    // The DMS calls a school year's body `SchoolYear`, and references to it `SchoolYearTypeReference`.
    const entity = resource.endsWith('/schoolYearTypes') ? 'SchoolYearType' : entityOf(schemaName);
    const names = identityNames(item, referenceSchemas.get(entity.toLowerCase()));
    const { properties, identity } = withIdentity(readProperties(schemaName, context, []), names);
    const isA = abstractEntities(entity, properties, identity);
    const updatableKey = doc.paths[`${path}/{id}`]?.put?.['x-Ed-Fi-isUpdatable'] === true;
    found[resource] = { name: resource, entity, properties, identity, updatableKey, isA };
    register(entity, resource);
    for (const abstract of isA) register(abstract, resource);
  }
  if (Object.keys(found).length === 0) throw unusable('resource specification');

  return {
    resources: Object.fromEntries(
      Object.entries(found).map(([name, model]) => [
        name,
        { ...model, properties: resolveTargets(model.properties, byEntity) },
      ]),
    ),
    descriptors: descriptorResources,
  };
}
