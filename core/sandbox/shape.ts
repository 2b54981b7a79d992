/** A resource's model, made ready for the work on single items: its key, its references, whom it is about. */
import { keyReader, referenceKeyReader } from '../edfi/keys.ts';
import type {
  ApiModel,
  IdentityPart,
  JsonObject,
  JsonValue,
  PropertyModel,
  ReferenceProperty,
  ResourceModel,
  ResourceName,
} from '../edfi/model.ts';
import type { Subject, Ties } from './store.ts';

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const small = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** A reference as it stands in one body; `value` may be changed in place. */
export type VisitReference = (property: ReferenceProperty, value: JsonObject, key: string | undefined) => void;

/** Places of a body that hold one and the same value. */
export interface Unified {
  readonly name: string;
  /** `classPeriods` in a path stands for each item of the collection. */
  readonly paths: readonly (readonly string[])[];
}

export interface Shape {
  readonly model: ResourceModel;
  readonly name: ResourceName;
  readonly entity: string;
  /** `GradeLevelDescriptor` where the resource is one of descriptors. */
  readonly descriptor: string | undefined;
  /** The natural key as text; undefined where a value is missing. */
  readonly keyOf: (body: JsonObject) => string | undefined;
  readonly eachReference: (body: JsonObject, visit: VisitReference) => void;
  readonly unified: readonly Unified[];
  readonly subjectOf: (body: JsonObject) => Subject;
  /** The name of the education organization's id that the item is about, for messages: `schoolId`. */
  readonly orgName: string | undefined;
  /** The same for people: `contactUniqueId`, or `parentUniqueId` before contacts were called so. */
  readonly personNames: Readonly<Record<'student' | 'staff' | 'contact', string | undefined>>;
  /** Which of org, student, staff and contact decide who may see or change an existing item. */
  readonly authorizedBy: Readonly<Record<keyof Subject, boolean>>;
  /** The same for making or deleting one: a person has no relationships yet, or no longer. */
  readonly createdBy: Readonly<Record<keyof Subject, boolean>>;
  /** Items say in a `namespace` of their own whose they are. */
  readonly namespaced: boolean;
  /** Ids of the education organizations it belongs to, where it is one itself. */
  readonly parentsOf: ((body: JsonObject) => number[]) | undefined;
}

const DESCRIPTOR_PROPERTIES: readonly PropertyModel[] = [
  { kind: 'scalar', name: 'namespace', type: 'string', required: true, identity: true, maxLength: 255 },
  { kind: 'scalar', name: 'codeValue', type: 'string', required: true, identity: true, maxLength: 50 },
  { kind: 'scalar', name: 'shortDescription', type: 'string', required: true, identity: false, maxLength: 75 },
  { kind: 'scalar', name: 'description', type: 'string', required: false, identity: false, maxLength: 1024 },
  { kind: 'scalar', name: 'effectiveBeginDate', type: 'date', required: false, identity: false },
  { kind: 'scalar', name: 'effectiveEndDate', type: 'date', required: false, identity: false },
];

/** @returns the model of a descriptor type's resource: all of them are alike */
export const descriptorModel = (type: string, name: ResourceName): ResourceModel => ({
  name,
  entity: type,
  properties: DESCRIPTOR_PROPERTIES,
  identity: [
    { name: 'codeValue', paths: [['codeValue']], type: 'string' },
    { name: 'namespace', paths: [['namespace']], type: 'string' },
  ],
  updatableKey: false,
  isA: [],
});

/** Values that share a column with the item's key in the ODS, though they are no part of it in the specification. */
const ALSO_UNIFIED: Readonly<Record<ResourceName, readonly (readonly [name: string, ...path: string[]])[]>> = {
  'ed-fi/bellSchedules': [['schoolId', 'classPeriods', 'classPeriodReference', 'schoolId']],
  'ed-fi/sections': [['schoolId', 'classPeriods', 'classPeriodReference', 'schoolId']],
  'ed-fi/sessions': [
    ['schoolId', 'academicWeeks', 'academicWeekReference', 'schoolId'],
    ['schoolId', 'gradingPeriods', 'gradingPeriodReference', 'schoolId'],
    ['schoolYear', 'gradingPeriods', 'gradingPeriodReference', 'schoolYear'],
  ],
  'ed-fi/staffSchoolAssociations': [['schoolId', 'calendarReference', 'schoolId']],
  'ed-fi/studentSchoolAssociations': [['schoolId', 'calendarReference', 'schoolId']],
};

/** Every value at a path, collections on the way taken item by item. */
export function valuesAt(body: JsonValue | undefined, path: readonly string[]): JsonValue[] {
  if (Array.isArray(body)) return body.flatMap((item) => valuesAt(item, path));
  const [first, ...rest] = path;
  if (first === undefined) return body === undefined || body === null ? [] : [body];
  return isObject(body) ? valuesAt(body[first], rest) : [];
}

/** Puts a value at a path wherever the path leads to one already. */
export function setAt(body: JsonValue | undefined, path: readonly string[], value: JsonValue): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (Array.isArray(body)) {
    for (const item of body) setAt(item, path, value);
  } else if (isObject(body) && body[first] !== undefined && body[first] !== null) {
    if (rest.length === 0) body[first] = value;
    else setAt(body[first], rest, value);
  }
}

type Walk = (body: JsonObject, visit: VisitReference) => void;

function referenceWalk(properties: readonly PropertyModel[]): Walk | undefined {
  const steps = properties.flatMap((property): Walk[] => {
    const { name } = property;
    switch (property.kind) {
      case 'reference': {
        const keyOf = referenceKeyReader(property);
        return [
          (body, visit) => {
            const value = body[name];
            if (isObject(value)) visit(property, value, keyOf(value));
          },
        ];
      }
      case 'collection':
      case 'object': {
        const inner = referenceWalk(property.properties);
        if (inner === undefined) return [];
        return [
          (body, visit) => {
            const value = body[name];
            for (const item of Array.isArray(value) ? value : [value]) if (isObject(item)) inner(item, visit);
          },
        ];
      }
      case 'scalar':
      case 'descriptor':
        return [];
    }
  });
  if (steps.length === 0) return undefined;
  return (body, visit) => {
    for (const step of steps) step(body, visit);
  };
}

const ORGANIZATION = 'EducationOrganization';
const ORGANIZATION_ID =
  /^(school|educationOrganization|localEducationAgency|stateEducationAgency|educationServiceCenter|communityOrganization|communityProvider|postSecondaryInstitution|educationOrganizationNetwork|organizationDepartment)Id$/;

/**
 * Where the values are that decide who may act on an item: in its key; else in its own references, those that have a
 * role (`responsibilitySchoolReference`) left out, as the ODS does.
 */
function subjectPaths(model: ResourceModel, name: RegExp): { name: string; paths: IdentityPart['paths'] } | undefined {
  const part = model.identity.find((candidate) => name.test(candidate.name));
  if (part !== undefined) return { name: part.name, paths: part.paths };
  for (const property of model.properties) {
    if (property.kind !== 'reference' || property.name !== `${small(property.entity)}Reference`) continue;
    const member = property.members.find((candidate) => name.test(candidate.name));
    if (member !== undefined) return { name: member.name, paths: [[property.name, member.name]] };
  }
  return undefined;
}

const firstAt = (body: JsonObject, paths: IdentityPart['paths'] | undefined): JsonValue | undefined => {
  for (const path of paths ?? []) {
    const [value] = valuesAt(body, path);
    if (value !== undefined) return value;
  }
  return undefined;
};
const numberAt = (body: JsonObject, paths: IdentityPart['paths'] | undefined): number | null => {
  const value = firstAt(body, paths);
  return typeof value === 'number' ? value : null;
};
const textAt = (body: JsonObject, paths: IdentityPart['paths'] | undefined): string | null => {
  const value = firstAt(body, paths);
  return typeof value === 'string' ? value : null;
};

/** What ties a person to an education organization is not authorized by being tied. */
const NEEDS_NO_STUDENT = /^ed-fi\/(studentSchoolAssociations|studentEducationOrganizationResponsibilityAssociations)$/;
const NEEDS_NO_STAFF = /^ed-fi\/staffEducationOrganization(Employment|Assignment)Associations$/;
const CONTACTS = /^ed-fi\/(contacts|parents)$/;
const PEOPLE = /^ed-fi\/(students|staffs|contacts|parents)$/;

/** The resources that tie people to education organizations, and contacts to students. */
export const TIES = {
  student: ['ed-fi/studentSchoolAssociations'],
  staff: [
    'ed-fi/staffEducationOrganizationEmploymentAssociations',
    'ed-fi/staffEducationOrganizationAssignmentAssociations',
  ],
  contact: ['ed-fi/studentContactAssociations', 'ed-fi/studentParentAssociations'],
} as const satisfies Ties;

function shapeOf(model: ResourceModel, descriptor: string | undefined): Shape {
  const { name } = model;
  const org = subjectPaths(model, ORGANIZATION_ID);
  const student = subjectPaths(model, /^studentUniqueId$/);
  const staff = subjectPaths(model, /^staffUniqueId$/);
  const contact = subjectPaths(model, /^(contact|parent)UniqueId$/);
  const subjectOf = (body: JsonObject): Subject => ({
    org: numberAt(body, org?.paths),
    student: textAt(body, student?.paths),
    staff: textAt(body, staff?.paths),
    contact: textAt(body, contact?.paths),
  });
  const authorizedBy = {
    org: org !== undefined,
    student: student !== undefined && !NEEDS_NO_STUDENT.test(name),
    staff: staff !== undefined && !NEEDS_NO_STAFF.test(name),
    contact: CONTACTS.test(name),
  };
  const person = PEOPLE.test(name);
  const createdBy = person ? { org: authorizedBy.org, student: false, staff: false, contact: false } : authorizedBy;

  const unified = model.identity
    .map(
      (part): Unified => ({
        name: part.name,
        paths: [
          ...part.paths,
          ...(ALSO_UNIFIED[name] ?? []).filter(([of]) => of === part.name).map(([, ...path]) => path),
        ],
      }),
    )
    .filter(({ paths }) => paths.length > 1);

  const parents = model.properties.flatMap((property) =>
    property.kind === 'reference' && property.members.length === 1 && ORGANIZATION_ID.test(property.members[0]!.name)
      ? [[property.name, property.members[0]!.name]]
      : [],
  );
  return {
    model,
    name,
    entity: model.entity,
    descriptor,
    keyOf: keyReader(model.identity),
    eachReference: referenceWalk(model.properties) ?? (() => undefined),
    unified,
    subjectOf,
    orgName: org?.name,
    personNames: { student: student?.name, staff: staff?.name, contact: contact?.name },
    authorizedBy,
    createdBy,
    namespaced: model.properties.some(({ kind, name: property }) => kind === 'scalar' && property === 'namespace'),
    parentsOf: model.isA.includes(ORGANIZATION)
      ? (body) => parents.flatMap((path) => valuesAt(body, path)).filter((value) => typeof value === 'number')
      : undefined,
  };
}

/** @returns every resource of the model, descriptors included, by name */
export function shapesOf(model: ApiModel): Map<ResourceName, Shape> {
  const shapes = new Map<ResourceName, Shape>();
  for (const [type, name] of Object.entries(model.descriptors)) {
    shapes.set(name, shapeOf(descriptorModel(type, name), type));
  }
  for (const resource of Object.values(model.resources)) shapes.set(resource.name, shapeOf(resource, undefined));
  return shapes;
}
