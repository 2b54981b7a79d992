/**
 * Writes assets/models/ds-<standard>.json from an API's own documents:
 *
 *     npm run models -- --data-standard 5.2 --resources FILE [--descriptors FILE] --values FILE [--dependencies FILE]
 *
 * resources and descriptors: OpenAPI documents (Swagger 2.0 or OpenAPI 3.0); values: descriptor type → list of
 * {namespace, codeValue}; dependencies: rows of an API's dependency list. Names, types and codes are taken; nothing
 * that is a sentence is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { ApiModel, PropertyModel, ResourceModel } from '../../edfi/model.ts';
import { parseSpecification } from '../../edfi/specification.ts';
import { Failure, isFailure } from '../../errors/failure.ts';
import { compactText, toCompact } from './compact.ts';
import { modelFile } from './load.ts';

export interface GeneratorInput {
  readonly dataStandard: string;
  /** Parsed JSON of the files named above. */
  readonly resources: unknown;
  readonly descriptors?: unknown;
  readonly values: unknown;
  readonly dependencies?: unknown;
}

const valuesSchema = z.record(z.string(), z.array(z.object({ namespace: z.string(), codeValue: z.string() })));
const dependenciesSchema = z.array(
  z.object({ resource: z.string(), order: z.number(), operations: z.array(z.string()) }),
);

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new Failure('usage', `The ${what} file does not have the expected shape.`);
  return result.data;
}

const SCHOOL_YEARS = 'ed-fi/schoolYearTypes';

/** Some specifications leave the school years out, or all but their number, though everything refers to them. */
const schoolYearTypes: ResourceModel = {
  name: SCHOOL_YEARS,
  entity: 'SchoolYearType',
  properties: [
    { kind: 'scalar', name: 'schoolYear', type: 'integer', required: true, identity: true, format: 'int32' },
    { kind: 'scalar', name: 'currentSchoolYear', type: 'boolean', required: true, identity: false },
    { kind: 'scalar', name: 'schoolYearDescription', type: 'string', required: true, identity: false, maxLength: 50 },
  ],
  identity: [{ name: 'schoolYear', paths: [['schoolYear']], type: 'integer' }],
  updatableKey: false,
  isA: [],
};

function withSchoolYears(model: ApiModel): ApiModel {
  if (model.resources[SCHOOL_YEARS]?.properties.some(({ name }) => name === 'schoolYearDescription')) return model;
  const pointed = (properties: readonly PropertyModel[]): PropertyModel[] =>
    properties.map((property): PropertyModel => {
      switch (property.kind) {
        case 'reference':
          return property.entity === schoolYearTypes.entity ? { ...property, targets: [SCHOOL_YEARS] } : property;
        case 'collection':
        case 'object':
          return { ...property, properties: pointed(property.properties) };
        case 'scalar':
        case 'descriptor':
          return property;
      }
    });
  const resources = Object.entries(model.resources).map(
    ([name, resource]) => [name, { ...resource, properties: pointed(resource.properties) }] as const,
  );
  return { ...model, resources: { ...Object.fromEntries(resources), [SCHOOL_YEARS]: schoolYearTypes } };
}

/**
 * The document without the resources of extensions: their descriptor types must not be taken for those that the
 * properties of the standard name.
 */
function standardOnly(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || !('paths' in document)) return document;
  const paths = Object.entries(document.paths ?? {}).filter(([path]) => path.startsWith('/ed-fi/'));
  return { ...document, paths: Object.fromEntries(paths) };
}

const DESCRIPTORS = /^\/ed-fi\/([^/]+Descriptor)s$/;

/** Of names that differ in case alone, the first. */
const spelledOnce = (names: readonly string[]): string[] => [
  ...new Map([...names].reverse().map((name) => [name.toLowerCase(), name])).values(),
];

/**
 * @returns the text of the model file, the same for the same input
 * @throws Failure `specification-unusable` or `usage` when a document cannot be read
 */
export function generateModel(input: GeneratorInput): string {
  const givenValues = checked(valuesSchema, input.values, 'values');
  const dependencies = checked(dependenciesSchema, input.dependencies ?? [], 'dependencies');
  const listed = dependencies.flatMap(({ resource }) => DESCRIPTORS.exec(resource)?.[1] ?? []);
  // The API's spelling goes before that of the values: one says CteProgramService, the other CTEProgramService.
  const types = spelledOnce([
    ...listed.map((name) => name.charAt(0).toUpperCase() + name.slice(1)),
    ...Object.keys(givenValues),
  ]);
  const model = withSchoolYears(
    parseSpecification(
      standardOnly(input.resources),
      standardOnly(input.descriptors),
      // A type known by its values need not be offered by the API: without a descriptor document there is nothing better.
      input.descriptors === undefined ? types : [],
    ),
  );
  const spelling = new Map(Object.keys(model.descriptors).map((type) => [type.toLowerCase(), type]));
  const descriptorValues = Object.fromEntries(
    Object.entries(givenValues).map(([type, values]) => [spelling.get(type.toLowerCase()) ?? type, values]),
  );
  return compactText(toCompact(input.dataStandard, { model, descriptorValues, dependencies }));
}

/** Parsed JSON of a file; a byte order mark is no part of it. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch {
    throw new Failure('usage', `The file ${file} cannot be read as JSON.`);
  }
}

function main(): void {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { 'data-standard': option, resources: option, descriptors: option, values: option, dependencies: option },
  });
  const { 'data-standard': dataStandard, resources, descriptors, dependencies } = values;
  if (dataStandard === undefined || resources === undefined || values.values === undefined) {
    throw new Failure('usage', 'Give at least --data-standard, --resources and --values.');
  }
  const text = generateModel({
    dataStandard,
    resources: readJson(resources),
    descriptors: descriptors === undefined ? undefined : readJson(descriptors),
    values: readJson(values.values),
    dependencies: dependencies === undefined ? undefined : readJson(dependencies),
  });
  writeFileSync(modelFile(dataStandard), text);
  process.stdout.write(`assets/models/ds-${dataStandard}.json: ${Math.round(text.length / 1000)} kB\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main();
  } catch (thrown) {
    const sentence =
      isFailure(thrown) || thrown instanceof TypeError ? thrown.message : 'The model could not be written.';
    process.stderr.write(`${sentence}\n`);
    process.exitCode = 1;
  }
}
