import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ApiModel, PropertyModel, ReferenceProperty, ResourceModel } from '../../core/edfi/model.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { isFailure } from '../../core/errors/failure.ts';
import { openApi3, swagger2 } from './documents.ts';

const resource = (model: ApiModel, name: string): ResourceModel => {
  const found = model.resources[name];
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
const property = (of: { readonly properties: readonly PropertyModel[] }, name: string): PropertyModel => {
  const found = of.properties.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
const key = (model: ResourceModel): string[] => model.identity.map(({ name }) => name);

function* references(properties: readonly PropertyModel[]): Generator<ReferenceProperty> {
  for (const one of properties) {
    if (one.kind === 'reference') yield one;
    else if (one.kind === 'collection' || one.kind === 'object') yield* references(one.properties);
  }
}

describe.each([
  ['OpenAPI 3.0', openApi3],
  ['Swagger 2.0', swagger2],
] as const)('%s', (_name, document) => {
  const model = parseSpecification(document());

  test('every resource is read, and no other path', () => {
    expect(Object.keys(model.resources)).toEqual([
      'ed-fi/schools',
      'ed-fi/sessions',
      'ed-fi/gradingPeriods',
      'ed-fi/grades',
    ]);
    expect(model.descriptors).toEqual({
      GradeLevelDescriptor: 'ed-fi/gradeLevelDescriptors',
      TermDescriptor: 'ed-fi/termDescriptors',
    });
  });

  test('properties carry what the document says of them, and what every item has is left out', () => {
    const session = resource(model, 'ed-fi/sessions');
    expect(session.properties.map(({ name }) => name)).not.toContain('id');
    expect(property(session, 'sessionName')).toMatchObject({
      kind: 'scalar',
      type: 'string',
      maxLength: 60,
      required: true,
      identity: true,
    });
    expect(property(session, 'beginDate')).toMatchObject({
      kind: 'scalar',
      type: 'date',
      required: true,
      identity: false,
    });
    expect(property(session, 'termDescriptor')).toMatchObject({
      kind: 'descriptor',
      descriptor: 'TermDescriptor',
      maxLength: 306,
    });
    expect(property(session, 'totalInstructionalDays')).toMatchObject({
      type: 'integer',
      format: 'int32',
      minimum: 0,
      maximum: 366,
      required: false,
    });
    expect(property(session, 'gradingPeriods')).toMatchObject({ kind: 'collection', required: false, minItems: 0 });
    expect(property(resource(model, 'ed-fi/schools'), 'gradeLevels')).toMatchObject({
      kind: 'collection',
      required: true,
      minItems: 1,
    });
    expect(property(resource(model, 'ed-fi/grades'), 'percent')).toMatchObject({ type: 'number', format: 'double' });
  });

  test('references know their members and the resources that can hold their target', () => {
    const grade = resource(model, 'ed-fi/grades');
    expect(property(grade, 'sessionReference')).toMatchObject({
      kind: 'reference',
      entity: 'Session',
      targets: ['ed-fi/sessions'],
      members: [{ name: 'schoolId', type: 'integer' }, { name: 'schoolYear' }, { name: 'sessionName', maxLength: 60 }],
    });
    const [inside] = references([property(resource(model, 'ed-fi/sessions'), 'gradingPeriods')]);
    expect(inside).toMatchObject({ entity: 'GradingPeriod', targets: ['ed-fi/gradingPeriods'] });
    // An abstract entity is held by whatever is one; an entity the API does not offer by none.
    expect(property(grade, 'responsibleOrganizationReference')).toMatchObject({
      entity: 'EducationOrganization',
      targets: ['ed-fi/schools'],
    });
    expect(property(resource(model, 'ed-fi/sessions'), 'schoolYearTypeReference')).toMatchObject({ targets: [] });
    expect(resource(model, 'ed-fi/schools').isA).toEqual(['EducationOrganization']);
  });

  test('natural keys are found through references, in the order of their names', () => {
    expect(key(resource(model, 'ed-fi/schools'))).toEqual(['schoolId']);
    expect(key(resource(model, 'ed-fi/sessions'))).toEqual(['schoolId', 'schoolYear', 'sessionName']);
    const grade = resource(model, 'ed-fi/grades');
    expect(key(grade)).toEqual([
      'gradeTypeDescriptor',
      'gradingPeriodName',
      'gradingPeriodSchoolYear',
      'schoolId',
      'schoolYear',
      'sessionName',
    ]);
    expect(grade.identity.find(({ name }) => name === 'schoolId')?.paths).toEqual([
      ['gradingPeriodReference', 'schoolId'],
      ['sessionReference', 'schoolId'],
    ]);
    expect(grade.identity.find(({ name }) => name === 'gradingPeriodSchoolYear')?.paths).toEqual([
      ['gradingPeriodReference', 'schoolYear'],
    ]);
    // Optional references are no part of a key, even where their members would fit.
    expect(property(grade, 'schoolReference').identity).toBe(false);
    expect(property(grade, 'responsibleOrganizationReference').identity).toBe(false);
  });

  test('which keys a PUT may change', () => {
    expect(
      Object.values(model.resources)
        .filter(({ updatableKey }) => updatableKey)
        .map(({ name }) => name),
    ).toEqual(['ed-fi/sessions', 'ed-fi/grades']);
  });

  test('extensions are read under their own name', () => {
    const ext = property(resource(model, 'ed-fi/schools'), '_ext');
    expect(ext).toMatchObject({
      kind: 'object',
      properties: [
        {
          kind: 'object',
          name: 'tx',
          properties: [
            { name: 'charterWaitlist', type: 'boolean', required: true },
            { name: 'openedOn', type: 'date' },
          ],
        },
      ],
    });
  });
});

test('a collection that refers to itself does not go on for ever', () => {
  const document = openApi3() as { components: { schemas: Record<string, { properties: Record<string, unknown> }> } };
  document.components.schemas.edFi_sessionGradingPeriod!.properties.more = {
    type: 'array',
    items: { $ref: '#/components/schemas/edFi_sessionGradingPeriod' },
  };
  const model = parseSpecification(document);
  expect(property(resource(model, 'ed-fi/sessions'), 'gradingPeriods')).toMatchObject({ kind: 'collection' });
});

test.each([
  ['text', 'hello'],
  ['nothing', null],
  ['a list', []],
  ['a page of JSON', { message: 'hello' }],
  ['a document without schemas', { openapi: '3.0.1', paths: {} }],
  ['a document without resources', { openapi: '3.0.1', paths: {}, components: { schemas: {} } }],
  ['a document with nothing but descriptors', { paths: { '/ed-fi/termDescriptors': { post: {} } }, definitions: {} }],
])('%s is refused with a sentence', (_name, document) => {
  try {
    parseSpecification(document);
  } catch (thrown) {
    if (!isFailure(thrown)) throw thrown;
    expect(thrown.code).toBe('specification-unusable');
    return;
  }
  throw new Error('It was not refused.');
});

const DATA = new URL('../../../shared/data/', import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, DATA), 'utf8').replace(/^\uFEFF/, ''));
const DOCUMENTS: readonly (readonly [string, string, string | undefined])[] = [
  ['3.3b', 'ods-5.3_ds-3.3b_resources.swagger2.json', undefined],
  ['4.0', 'ds-4.0_resources.json', 'ds-4.0_descriptors.json'],
  ['5.0', 'ds-5.0_resources.json', 'ds-5.0_descriptors.json'],
  ['5.2', 'ds-5.2-tpdm_resources.json', 'ds-5.2-tpdm_descriptors.json'],
];
const UPDATABLE = [
  'classPeriods',
  'gradebookEntries',
  'grades',
  'locations',
  'sections',
  'sessions',
  'studentSchoolAssociations',
  'studentSectionAssociations',
];

describe.skipIf(!existsSync(DATA))('real documents (skipped where ../shared/data is absent)', () => {
  test.each(DOCUMENTS)('%s: every reference carries exactly the key of its target', (standard, file, descriptors) => {
    const types = (read('dependencies/ods7.3-ds5.2.json') as { resource: string }[])
      .map(({ resource: path }) => path.slice(path.lastIndexOf('/') + 1))
      .filter((name) => name.endsWith('Descriptors'))
      .map((name) => name.charAt(0).toUpperCase() + name.slice(1, -1));
    const model = parseSpecification(
      read(`openapi/${file}`),
      descriptors === undefined ? undefined : read(`openapi/${descriptors}`),
      descriptors === undefined ? types : [],
    );
    const all = Object.values(model.resources);
    expect(all.length).toBeGreaterThan(80);
    const wrong: string[] = [];
    let checked = 0;
    for (const one of all) {
      if (one.identity.length === 0) wrong.push(`${one.name} has no key`);
      for (const reference of references(one.properties)) {
        for (const name of reference.targets) {
          const target = resource(model, name);
          const members = reference.members.map((member) => member.name).sort();
          // A reference to an abstract entity calls the one value of the key by the abstract name.
          const abstract = target.entity !== reference.entity;
          checked += 1;
          if (abstract ? members.length !== target.identity.length : members.join() !== key(target).join()) {
            wrong.push(`${one.name}.${reference.name}: ${members.join()} is not ${key(target).join()} of ${name}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(200);
    const updatable = all.filter(({ updatableKey }) => updatableKey).map(({ name }) => name.replace('ed-fi/', ''));
    // Standards differ in which of the eight they have; none has another.
    for (const name of updatable)
      expect({ standard, name, known: UPDATABLE.includes(name) }).toEqual({ standard, name, known: true });
    expect(updatable.length).toBeGreaterThan(5);
    const unknown = all.flatMap(({ name, properties }) =>
      properties.flatMap((one) =>
        one.kind === 'descriptor' && one.descriptor === undefined ? [`${name}.${one.name}`] : [],
      ),
    );
    if (descriptors !== undefined) expect(unknown).toEqual([]);
  });
});
