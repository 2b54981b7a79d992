/** A cloned connection is a starting point: what of it may not fit its own API, for a person to look at again. */
import type { LookAgainView } from '../contract/schemas.ts';
import type { ResourceName } from '../edfi/model.ts';
import type { Profile } from './profile.ts';

export interface Comparison {
  /** In words; undefined where it is not known. */
  readonly standardBefore: string | undefined;
  readonly standardNow: string | undefined;
  /** The clone's descriptor map. */
  readonly descriptors: readonly { readonly type: string; readonly code: string; readonly uri: string }[];
  /** The values of a type at the clone's API; undefined where they are not known. */
  readonly values: (type: string) => readonly string[] | undefined;
  /** What the mapping makes and the clone's API does not have. */
  readonly lacking: readonly ResourceName[];
  /** What is switched off although the API has no such resource. */
  readonly unknownOff: readonly string[];
}

const YEAR = /(?<!\d)(?:19|20)\d\d(?!\d)/;

/** @returns what was taken over and names a year: the one thing that is sure to be another next time */
export function yearsIn(profile: Profile): LookAgainView[] {
  const entry = (id: string, what: string): LookAgainView => ({
    entry: `year:${id}`,
    kind: 'year',
    sentence: `${what} names a year: check that it is the right one for this connection.`,
  });
  const found: LookAgainView[] = [];
  if (YEAR.test(profile.url)) found.push(entry('url', 'The address'));
  for (const [name, value] of Object.entries(profile.routeValues)) {
    if (/year/i.test(name) || YEAR.test(value))
      found.push(entry(`route:${name}`, `The value for "${name}" in the API's addresses`));
  }
  for (const [name, value] of Object.entries(profile.settings)) {
    if (YEAR.test(value)) found.push(entry(`setting:${name}`, `The setting "${name}"`));
  }
  if (profile.mapping !== undefined && YEAR.test(profile.mapping))
    found.push(entry('mapping', "The mapping file's name"));
  return found;
}

/** Stands on the list until the clone's own API could be read. */
export const NOT_COMPARED: LookAgainView = {
  entry: 'not-compared',
  kind: 'not-compared',
  sentence: 'This connection has not been compared with its API yet: test it.',
};

/** @returns what does not fit the clone's API; nothing that a person has decided is changed by it */
export function compareClone(facts: Comparison): LookAgainView[] {
  const found: LookAgainView[] = [];
  const { standardBefore, standardNow } = facts;
  if (standardBefore !== undefined && standardNow !== undefined && standardBefore !== standardNow) {
    found.push({
      entry: 'data-standard',
      kind: 'data-standard',
      sentence: `The data standard is ${standardNow}, and was ${standardBefore} where this was cloned from: look at what a first plan leaves out.`,
    });
  }
  for (const resource of facts.lacking) {
    found.push({
      entry: `resource:${resource}`,
      kind: 'resource',
      sentence: `This API has no ${resource}, which the mapping makes: they are left out.`,
    });
  }
  for (const selector of facts.unknownOff) {
    found.push({
      entry: `resource:${selector}`,
      kind: 'resource',
      sentence: `${selector} is switched off, and this API has no such resource.`,
    });
  }
  for (const { type, code, uri } of facts.descriptors) {
    const values = facts.values(type);
    if (values === undefined || values.some((value) => value.toLowerCase() === uri.toLowerCase())) continue;
    found.push({
      entry: `descriptor:${type}:${code}`,
      kind: 'descriptor',
      sentence: `The code "${code}" of ${type} is mapped to a value that this API does not have: map it to another.`,
    });
  }
  return found;
}
