/** Which of an API's resources a connection uses: core resources and each extension's, chosen one by one or together. */
import { z } from 'zod';
import type { ResourceGroupView } from '../contract/schemas.ts';
import type { ApiModel, ResourceName } from '../edfi/model.ts';
import { extensionInWords } from './words.ts';

/** `ed-fi/sections`, or `tpdm/*` for all of an extension. */
export const selectorSchema = z
  .string()
  .regex(/^[A-Za-z][\w-]*\/(\*|[A-Za-z]\w*)$/, 'a resource like ed-fi/sections, or an extension like tpdm/*');

const prefixOf = (resource: ResourceName): string => resource.slice(0, resource.indexOf('/'));

/** @returns whether a list of what is switched off covers a resource */
export const isOff = (off: readonly string[], resource: ResourceName): boolean => {
  const name = resource.toLowerCase();
  return off.some((one) => {
    const selector = one.toLowerCase();
    return selector === name || selector === `${prefixOf(name)}/*`;
  });
};

/**
 * @param mapped the resources that the connection's mapping makes
 * @returns the API's resources by where they come from, Ed-Fi's own first
 */
export function groupResources(
  model: ApiModel,
  mapped: ReadonlySet<ResourceName>,
  off: readonly string[],
): ResourceGroupView[] {
  const groups = new Map<string, ResourceGroupView>();
  for (const resource of Object.keys(model.resources).sort()) {
    const prefix = prefixOf(resource);
    let group = groups.get(prefix);
    if (group === undefined) {
      group = { prefix, inWords: prefix === 'ed-fi' ? 'Ed-Fi' : extensionInWords(prefix), resources: [] };
      groups.set(prefix, group);
    }
    group.resources.push({ resource, mapped: mapped.has(resource), on: !isOff(off, resource) });
  }
  return [...groups.values()].sort(
    (a, b) => Number(b.prefix === 'ed-fi') - Number(a.prefix === 'ed-fi') || (a.prefix < b.prefix ? -1 : 1),
  );
}

/** Selectors of a list that no resource of the API answers to. */
export const unknownSelectors = (off: readonly string[], model: ApiModel): string[] => {
  const names = Object.keys(model.resources);
  return off.filter((selector) => !names.some((name) => isOff([selector], name)));
};
