/** Loads the Ed-Fi data standards that ship with Rollbook (assets/models). */
import { readdirSync, readFileSync } from 'node:fs';
import { Failure } from '../../errors/failure.ts';
import { type CompactModel, fromCompact, type ShippedModel } from './compact.ts';

const FOLDER = new URL('../../../assets/models/', import.meta.url);
const FILE = /^ds-(.+)\.json$/;

/** A data standard as its model file is named: `3.3b`, `4.0`, `5.2`. */
export type DataStandard = string;

/** Where a data standard's model file is, whether or not it exists. */
export const modelFile = (dataStandard: DataStandard): URL => new URL(`ds-${dataStandard}.json`, FOLDER);

/** @returns the data standards that ship, oldest first: `['3.3b', '4.0', '5.2']` */
export const shippedStandards = (): DataStandard[] =>
  readdirSync(FOLDER)
    .flatMap((name) => FILE.exec(name)?.[1] ?? [])
    .sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b));

const loaded = new Map<DataStandard, ShippedModel>();

/**
 * @param dataStandard one of `shippedStandards()`
 * @returns its model, its descriptor values by type, and the rows of the dependency list of an API that runs it.
 *   Loaded once per thread and shared: treat as frozen.
 * @throws Failure `usage` when no such data standard ships
 */
export function loadModel(dataStandard: DataStandard): ShippedModel {
  const known = loaded.get(dataStandard);
  if (known !== undefined) return known;
  if (!shippedStandards().includes(dataStandard)) {
    throw new Failure(
      'usage',
      `There is no model of data standard ${JSON.stringify(dataStandard)}; choose one of ${shippedStandards().join(', ')}.`,
    );
  }
  const model = fromCompact(JSON.parse(readFileSync(modelFile(dataStandard), 'utf8')) as CompactModel);
  loaded.set(dataStandard, model);
  return model;
}

/** The data standard's version as an API's discovery says it: `5.2.0`, and `3.3.1-b` for what is called 3.3b. */
export const modelVersion = (dataStandard: DataStandard): string =>
  dataStandard === '3.3b' ? '3.3.1-b' : `${dataStandard}.0`;
