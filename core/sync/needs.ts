/** What a connection's mapping makes of one API, less what is switched off: what is sent, and what that takes. */
import type { Discovery } from '../edfi/discovery.ts';
import type { ApiModel, ResourceName } from '../edfi/model.ts';
import { type CompiledMapping, compileMapping, findResource } from '../mapping/compile.ts';
import { loadMapping, shippedMappingFor } from '../mapping/load.ts';

export interface ChosenMapping {
  readonly discovery: Pick<Discovery, 'dataStandard'>;
  readonly model: ApiModel;
  /** A mapping file of the steward's own in place of the shipped one. */
  readonly mappingFile: string | undefined;
  /** studentId among them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly isOff: (resource: ResourceName) => boolean;
}

export interface Chosen {
  readonly compiled: CompiledMapping;
  /** What the mapping would make, and the steward switched off. */
  readonly off: readonly ResourceName[];
}

/** @throws Failure `mapping-invalid`, `usage` as `compileMapping` does */
export async function compileChosen(input: ChosenMapping): Promise<Chosen> {
  const { discovery, model, mappingFile, settings, isOff } = input;
  const spec = await loadMapping(mappingFile ?? shippedMappingFor(discovery.dataStandard ?? '5.2'));
  const off: ResourceName[] = [];
  const resources = spec.resources.filter(({ resource }) => {
    const name = findResource(model, resource.replace(/\?$/, ''));
    if (name === undefined || !isOff(name)) return true;
    off.push(name);
    return false;
  });
  return { compiled: compileMapping({ ...spec, resources }, model, settings), off };
}

export interface NeededOfApi {
  readonly resources: readonly {
    readonly name: ResourceName;
    readonly operations: readonly ('Create' | 'Read' | 'Update' | 'Delete')[];
  }[];
  readonly descriptorTypes: ReadonlySet<string>;
  /** What the mapping makes and the API does not have. */
  readonly lacking: readonly ResourceName[];
}

/** @param deletes whether records that vanish from the source are deleted at the API */
export function neededOf(compiled: CompiledMapping, deletes: boolean): NeededOfApi {
  return {
    resources: compiled.resources.map(({ name, disposition, allowDelete }) => ({
      name,
      operations:
        disposition === 'match'
          ? ['Read']
          : deletes && allowDelete
            ? ['Create', 'Update', 'Delete']
            : ['Create', 'Update'],
    })),
    descriptorTypes: compiled.descriptorTypes,
    lacking: compiled.leftOut.flatMap(({ resource, path }) => (path === undefined ? [resource] : [])),
  };
}
