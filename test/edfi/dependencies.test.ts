import { describe, expect, test } from 'vitest';
import { dependencyOrder } from '../../core/edfi/dependencies.ts';
import type { ApiModel, PropertyModel, ResourceModel, ResourceName } from '../../core/edfi/model.ts';

type Kind = 'identity' | 'required' | 'optional';

const reference = (entity: string, targets: readonly ResourceName[], kind: Kind): PropertyModel => ({
  kind: 'reference',
  name: `${entity}Reference`,
  entity,
  targets,
  members: [],
  required: kind !== 'optional',
  identity: kind === 'identity',
});

const entityOf = (name: string): string => {
  const singular =
    name === 'people' ? 'person' : name.endsWith('ies') ? `${name.slice(0, -3)}y` : name.replace(/s$/, '');
  return `${singular.charAt(0).toUpperCase()}${singular.slice(1)}`;
};

/** A model out of `{sections: {schools: 'identity'}}`. */
const modelOf = (
  graph: Readonly<Record<string, Readonly<Record<string, Kind>>>>,
  extra: Readonly<Record<string, readonly PropertyModel[]>> = {},
): ApiModel => {
  const resources: Record<ResourceName, ResourceModel> = {};
  for (const [name, before] of Object.entries(graph)) {
    resources[`ed-fi/${name}`] = {
      name: `ed-fi/${name}`,
      entity: entityOf(name),
      properties: [
        ...Object.entries(before).map(([to, kind]) => reference(entityOf(to), [`ed-fi/${to}`], kind)),
        ...(extra[name] ?? []),
      ],
      identity: [],
      updatableKey: false,
      isA: [],
    };
  }
  return { resources, descriptors: { TermDescriptor: 'ed-fi/termDescriptors' } };
};

const precedes = (order: ReadonlyMap<ResourceName, number>, first: string, second: string): boolean =>
  (order.get(`ed-fi/${first}`) ?? Number.NaN) < (order.get(`ed-fi/${second}`) ?? Number.NaN);

describe('the order worked out from references', () => {
  test('puts descriptors first, then everything after what it refers to', () => {
    const { create, update, derived } = dependencyOrder(
      undefined,
      modelOf({
        sections: { sessions: 'required', schools: 'optional' },
        sessions: { schools: 'identity' },
        schools: {},
      }),
    );
    expect([...create].toSorted()).toEqual([
      ['ed-fi/schools', 2],
      ['ed-fi/sections', 4],
      ['ed-fi/sessions', 3],
      ['ed-fi/termDescriptors', 1],
    ]);
    expect(update).toEqual(create);
    expect(derived).toBe(true);
  });

  test('counts references inside collections and objects, as optional where the collection is', () => {
    const list = (required: boolean, to: string): PropertyModel => ({
      kind: 'collection',
      name: 'list',
      required,
      identity: false,
      minItems: required ? 1 : 0,
      properties: [reference(entityOf(to), [`ed-fi/${to}`], 'required')],
    });
    const { create } = dependencyOrder(
      undefined,
      modelOf({ a: {}, b: {}, c: {} }, { a: [list(false, 'b')], b: [list(true, 'a'), list(false, 'c')] }),
    );
    expect(precedes(create, 'a', 'b')).toBe(true);
    expect(precedes(create, 'c', 'b')).toBe(true);
  });

  test('an optional reference to its own kind does not hang or push it back', () => {
    const { create } = dependencyOrder(undefined, modelOf({ schools: { schools: 'optional' } }));
    expect(create.get('ed-fi/schools')).toBe(2);
  });

  test('opens a circle where it costs least', () => {
    const { create } = dependencyOrder(
      undefined,
      modelOf({
        a: { b: 'identity' },
        b: { c: 'required' },
        c: { a: 'optional', d: 'optional' },
        d: {},
      }),
    );
    expect(precedes(create, 'd', 'c')).toBe(true);
    expect(precedes(create, 'c', 'b')).toBe(true);
    expect(precedes(create, 'b', 'a')).toBe(true);
  });

  test('ends even where everything needs everything', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const graph = Object.fromEntries(
      names.map((from) => [from, Object.fromEntries(names.map((to) => [to, 'identity' as const]))]),
    );
    const { create } = dependencyOrder(undefined, modelOf(graph));
    expect(new Set(names.map((name) => create.get(`ed-fi/${name}`))).size).toBe(5);
  });

  test('an abstract reference waits for all that can stand for it, extensions of the model ignored', () => {
    const model = modelOf(
      { schools: { agencies: 'optional' }, agencies: {}, programs: {} },
      { programs: [reference('EducationOrganization', ['ed-fi/schools', 'ed-fi/agencies', 'tx/unknown'], 'identity')] },
    );
    expect(dependencyOrder(undefined, model).create.get('ed-fi/programs')).toBe(4);
  });

  test('what belongs to a person comes after the association that authorises it, and the person’s update too', () => {
    const { create, update } = dependencyOrder(
      undefined,
      modelOf({
        students: {},
        staffs: {},
        contacts: {},
        schools: {},
        studentSchoolAssociations: { students: 'identity', schools: 'identity' },
        studentSectionAssociations: { students: 'identity' },
        studentContactAssociations: { students: 'identity', contacts: 'identity' },
        staffEducationOrganizationAssignmentAssociations: {
          staffs: 'identity',
          schools: 'identity',
          staffEducationOrganizationEmploymentAssociations: 'optional',
        },
        staffEducationOrganizationEmploymentAssociations: { staffs: 'identity', schools: 'identity' },
        staffSectionAssociations: { staffs: 'identity' },
      }),
    );
    expect(precedes(create, 'studentSchoolAssociations', 'studentSectionAssociations')).toBe(true);
    expect(precedes(create, 'studentSchoolAssociations', 'studentContactAssociations')).toBe(true);
    expect(
      precedes(
        create,
        'staffEducationOrganizationEmploymentAssociations',
        'staffEducationOrganizationAssignmentAssociations',
      ),
    ).toBe(true);
    expect(precedes(create, 'staffEducationOrganizationAssignmentAssociations', 'staffSectionAssociations')).toBe(true);
    expect(create.get('ed-fi/students')).toBe(2);
    expect(update.get('ed-fi/students')).toBe((create.get('ed-fi/studentSchoolAssociations') ?? 0) + 1);
    expect(update.get('ed-fi/contacts')).toBe((create.get('ed-fi/studentContactAssociations') ?? 0) + 1);
    expect(update.get('ed-fi/staffs')).toBe(
      (create.get('ed-fi/staffEducationOrganizationAssignmentAssociations') ?? 0) + 1,
    );
  });
});

describe('the order of the list', () => {
  test('is followed, creates and updates apart, and updates like creates where it does not tell', () => {
    const { create, update, derived } = dependencyOrder(
      [
        { resource: '/ed-fi/students', order: 3, operations: ['Create'] },
        { resource: '/ed-fi/students', order: 14, operations: ['Update'] },
        { resource: '/ed-fi/schools', order: 5, operations: ['Create'] },
        { resource: '/tx/things', order: 9, operations: ['create', 'update', 'Other'] },
      ],
      modelOf({ students: {}, schools: {} }),
    );
    expect([create.get('ed-fi/students'), update.get('ed-fi/students')]).toEqual([3, 14]);
    expect([create.get('ed-fi/schools'), update.get('ed-fi/schools')]).toEqual([5, 5]);
    expect([create.get('tx/things'), update.get('tx/things')]).toEqual([9, 9]);
    expect(derived).toBe(false);
  });

  test('is filled up by references for what it does not name', () => {
    const { create } = dependencyOrder(
      [{ resource: '/ed-fi/schools', order: 5, operations: ['Create'] }],
      modelOf({ schools: {}, schoolYearTypes: {}, extras: { schools: 'optional', schoolYearTypes: 'required' } }),
    );
    expect([create.get('ed-fi/schoolYearTypes'), create.get('ed-fi/extras')]).toEqual([2, 6]);
    expect(create.get('ed-fi/termDescriptors')).toBe(1);
  });
});
