import type { ApiModel, PropertyModel } from '../../core/edfi/model.ts';
import { type CompiledMapping, compileMapping } from '../../core/mapping/compile.ts';
import { parseMapping } from '../../core/mapping/load.ts';
import { runMapping } from '../../core/mapping/run.ts';
import type { MappedRecord, RunContext } from '../../core/mapping/types.ts';
import type { Source } from '../../core/sources/types.ts';
import { type Sheets, sourceOf } from './small-district.ts';

type Loose = Record<string, unknown>;

export const scalar = (name: string, more: Loose = {}): PropertyModel =>
  ({ kind: 'scalar', type: 'string', name, required: false, identity: false, ...more }) as PropertyModel;

/** A model of one resource, `ed-fi/things`, with these properties. */
export const thingsModel = (properties: readonly PropertyModel[]): ApiModel => ({
  resources: {
    'ed-fi/things': { name: 'ed-fi/things', entity: 'Thing', properties, identity: [], updatableKey: false, isA: [] },
  },
  descriptors: {},
});

/** A mapping in the file's own language, of one resource made from users. */
export const thingsMapping = (resource: Loose, more: Loose = {}): string =>
  JSON.stringify({
    rollbook: 1,
    name: 'Things',
    version: '1',
    dataStandard: '5.2',
    source: 'oneroster',
    settings: {},
    ...more,
    resources: [
      { resource: 'things', from: { table: 'users', as: 'u' }, id: ['u.sourcedId'], properties: {}, ...resource },
    ],
  });

export const nothingFrozen: RunContext = { descriptors: {}, frozen: () => undefined };

/** All records of a resource. */
export const recordsOf = async (
  compiled: CompiledMapping,
  source: Source,
  resource: string,
  context: RunContext = nothingFrozen,
): Promise<MappedRecord[]> => {
  const records: MappedRecord[] = [];
  for await (const batch of runMapping(compiled, source, context).records(resource)) records.push(...batch);
  return records;
};

/** Maps users into things. */
export const things = async (
  resource: Loose,
  sheets: Sheets,
  options: {
    readonly properties?: readonly PropertyModel[];
    readonly more?: Loose;
    readonly settings?: Record<string, string>;
    readonly context?: RunContext;
  } = {},
): Promise<MappedRecord[]> => {
  const names = Object.keys((resource.properties ?? {}) as Loose).map((name) => scalar(name.replace('?', '')));
  const spec = parseMapping(thingsMapping(resource, options.more), 'things.json');
  const compiled = compileMapping(spec, thingsModel(options.properties ?? names), options.settings ?? {});
  return recordsOf(compiled, sourceOf(sheets), 'ed-fi/things', options.context);
};
