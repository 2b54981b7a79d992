import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checked } from '../errors/checked.ts';
import { Failure } from '../errors/failure.ts';
import type { DescriptorDefaults } from './descriptors.ts';
import { mappingErrors, mappingSchema } from './schema.ts';
import type { MappingSpec } from './spec.ts';

/** `resources › students › properties › birthDate`: a place in the file, with a resource's name instead of its number. */
const placeOf = (path: readonly PropertyKey[], document: unknown): string => {
  const words: string[] = [];
  let here: unknown = document;
  for (const [index, part] of path.entries()) {
    here = typeof here === 'object' && here !== null ? (here as Record<PropertyKey, unknown>)[part] : undefined;
    const name = typeof here === 'object' && here !== null ? (here as Record<string, unknown>).resource : undefined;
    if (typeof part !== 'number') words.push(String(part));
    else words.push(path[index - 1] === 'resources' && typeof name === 'string' ? name : `no. ${part + 1}`);
  }
  return words.join(' › ');
};

/**
 * Reads a mapping out of its text.
 * @param text JSON
 * @param file the name by which a person knows the file; it goes into the sentences
 * @returns the mapping; its references to views, aliases and settings are checked by `compileMapping`
 * @throws Failure mapping-invalid, naming file, place and property
 */
export const parseMapping = (text: string, file: string): MappingSpec => {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new Failure(
      'mapping-invalid',
      `The mapping file ${file} is not JSON; open it in an editor that checks JSON and put it right.`,
      { file },
    );
  }
  const result = checked(mappingSchema, document, { error: mappingErrors });
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const place = placeOf(path, document);
  const sentence = `In the mapping file ${file}, ${place === '' ? 'the top level' : place} ${message}`;
  throw new Failure('mapping-invalid', /[.?]$/.test(sentence) ? sentence : `${sentence}.`, { file, place });
};

/**
 * Reads a mapping file from disk.
 * @param path where it is
 * @throws Failure mapping-invalid, also when there is no such file
 */
export const loadMapping = async (path: string): Promise<MappingSpec> => {
  const file = basename(path);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new Failure(
      'mapping-invalid',
      `The mapping file ${file} cannot be read; check that it is there and may be opened.`,
      { file },
    );
  }
  return parseMapping(text, file);
};

const shipped = (name: string): string => fileURLToPath(new URL(`../../assets/mappings/${name}`, import.meta.url));

/** The OneRoster mappings that come with the program, by the data standard they are written for. */
export const shippedMappings: Readonly<Record<'4.0' | '5.2', string>> = {
  '4.0': shipped('oneroster-ds4.0.json'),
  '5.2': shipped('oneroster-ds5.2.json'),
};

/**
 * The shipped OneRoster mapping nearest to a data standard.
 * @param dataStandard the Ed-Fi entry of an API's data models: `3.3.1-b`, `4.0.0`, `5.2.0`
 * @returns its path
 */
export const shippedMappingFor = (dataStandard: string): string =>
  shippedMappings[Number.parseInt(dataStandard, 10) < 5 ? '4.0' : '5.2'];

/** Reads the default crosswalk from OneRoster's codes to descriptor values. */
export const loadDescriptorDefaults = async (): Promise<DescriptorDefaults> => {
  const document: { readonly descriptors: DescriptorDefaults } = JSON.parse(
    await readFile(shipped('oneroster-codes.json'), 'utf8'),
  );
  return document.descriptors;
};
