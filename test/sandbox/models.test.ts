import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PropertyModel, ReferenceProperty } from '../../core/edfi/model.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { isFailure } from '../../core/errors/failure.ts';
import { GENERATIONS, traitsOf } from '../../core/sandbox/generations.ts';
import { generateModel } from '../../core/sandbox/models/generate.ts';
import { loadModel, modelFile, shippedStandards } from '../../core/sandbox/models/load.ts';
import { specification } from '../../core/sandbox/openapi.ts';
import { data, hasData } from './practice.ts';

const KEYS_THAT_MOVE = [
  'classPeriods',
  'gradebookEntries',
  'grades',
  'locations',
  'sections',
  'sessions',
  'studentSchoolAssociations',
  'studentSectionAssociations',
].map((name) => `ed-fi/${name}`);

function referencesIn(properties: readonly PropertyModel[]): ReferenceProperty[] {
  return properties.flatMap((property) => {
    if (property.kind === 'reference') return [property];
    return property.kind === 'collection' || property.kind === 'object' ? referencesIn(property.properties) : [];
  });
}

test('the shipped data standards are those promised', () => {
  expect(shippedStandards()).toEqual(expect.arrayContaining(['3.3b', '4.0', '5.2']));
});

test('an unknown data standard gets a sentence', () => {
  expect(() => loadModel('../5.2')).toThrow(/There is no model of data standard/);
  try {
    loadModel('9.9');
    expect.unreachable();
  } catch (thrown) {
    expect(isFailure(thrown)).toBe(true);
  }
});

describe.each(shippedStandards())('data standard %s', (dataStandard) => {
  const { model, descriptorValues, dependencies } = loadModel(dataStandard);
  const resources = Object.values(model.resources);

  test('every key value is where the key says', () => {
    for (const { name, identity, properties } of resources) {
      expect(identity.length, name).toBeGreaterThan(0);
      for (const part of identity) {
        for (const path of part.paths) {
          const property = properties.find((candidate) => candidate.name === path[0]);
          expect(property?.identity, `${name} ${path.join('.')}`).toBe(true);
          if (path.length === 1) continue;
          expect(property?.kind).toBe('reference');
          const members = property?.kind === 'reference' ? property.members : [];
          expect(members.map((member) => member.name)).toContain(path[1]);
        }
      }
    }
  });

  test('the members of every reference are the key of what it names', () => {
    for (const { name, properties } of resources) {
      for (const reference of referencesIn(properties)) {
        expect(reference.targets.length, `${name}.${reference.name}`).toBeGreaterThan(0);
        const members = reference.members.map((member) => member.name).sort();
        for (const target of reference.targets) {
          const targetModel = model.resources[target];
          const key = targetModel?.identity.map((part) => part.name);
          if (targetModel?.isA.includes('EducationOrganization') && reference.entity === 'EducationOrganization') {
            expect(key, `${name}.${reference.name} → ${target}`).toHaveLength(members.length);
          } else {
            expect(key, `${name}.${reference.name} → ${target}`).toEqual(members);
          }
        }
      }
    }
  });

  test('exactly eight keys can be changed', () => {
    const movable = resources.filter((resource) => resource.updatableKey).map((resource) => resource.name);
    expect(movable.sort()).toEqual(KEYS_THAT_MOVE);
  });

  test('every descriptor property has a type the standard knows, and all values have a type', () => {
    const types = new Set(Object.keys(model.descriptors));
    const untyped: string[] = [];
    const look = (owner: string, properties: readonly PropertyModel[]): void => {
      for (const property of properties) {
        if (property.kind === 'descriptor' && !types.has(property.descriptor ?? '')) {
          untyped.push(`${owner}.${property.name}`);
        }
        if (property.kind === 'collection' || property.kind === 'object') look(owner, property.properties);
      }
    };
    for (const { name, properties } of resources) look(name, properties);
    expect(untyped).toEqual([]);
    expect(Object.keys(descriptorValues).filter((type) => !types.has(type))).toEqual([]);
    expect(descriptorValues.GradeLevelDescriptor).toContainEqual({
      namespace: 'uri://ed-fi.org/GradeLevelDescriptor',
      codeValue: 'Ninth grade',
    });
  });

  test('the dependency list has every resource and descriptor but the school years', () => {
    const listed = new Set(dependencies.map(({ resource }) => resource));
    const expected = [...Object.keys(model.resources), ...Object.values(model.descriptors)].map((name) => `/${name}`);
    expect(expected.filter((name) => !listed.has(name))).toEqual(['/ed-fi/schoolYearTypes']);
    expect([...listed].filter((name) => !expected.includes(name))).toEqual([]);
  });

  test('the file is small', () => {
    expect(statSync(modelFile(dataStandard)).size).toBeLessThan(400_000);
  });

  test.each(GENERATIONS)('the specification that %s writes from it reads back as the same model', (generation) => {
    const documents = (['resources', 'descriptors'] as const).map((which): unknown =>
      JSON.parse(
        JSON.stringify(
          specification(model, which, {
            server: 'http://127.0.0.1:1/data/v3',
            tokenUrl: 'http://127.0.0.1:1/oauth/token',
            traits: traitsOf(generation),
          }),
        ),
      ),
    );
    const comparable = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, inner) => (key === 'targets' ? [...inner].sort() : inner)));
    expect(comparable(parseSpecification(documents[0], documents[1]))).toEqual(comparable(model));
  });
});

describe.skipIf(!hasData)('the generator, from the public documents (skipped where they are absent)', () => {
  test.each([
    ['3.3b', 'ods-5.3_ds-3.3b_resources.swagger2.json', undefined, 'ds-3.3.1-b.json', 'ods5.3-ds3.3b.json'],
    ['4.0', 'ds-4.0_resources.json', 'ds-4.0_descriptors.json', 'ds-4.0.json', 'ods6.2-ds4.0.json'],
    ['5.2', 'ds-5.2-tpdm_resources.json', 'ds-5.2-tpdm_descriptors.json', 'ds-5.2.json', 'ods7.3-ds5.2.json'],
  ])('%s is what ships', (dataStandard, resources, descriptors, values, dependencies) => {
    const text = generateModel({
      dataStandard,
      resources: data(`openapi/${resources}`),
      descriptors: descriptors === undefined ? undefined : data(`openapi/${descriptors}`),
      values: data(`descriptors/${values}`),
      dependencies: data(`dependencies/${dependencies}`),
    });
    expect(text === readFileSync(modelFile(dataStandard), 'utf8')).toBe(true);
  });
});

test('the generator refuses what it cannot read, in words', () => {
  expect(() => generateModel({ dataStandard: '1', resources: {}, values: {} })).toThrow(/OpenAPI document/);
  expect(() => generateModel({ dataStandard: '1', resources: {}, values: [] })).toThrow(/values file/);
});
