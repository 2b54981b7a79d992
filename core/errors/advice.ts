/** A problem group in words a steward understands. */
import { CATALOGUE, explain, isProblemCode } from './catalogue.ts';

export interface Advice {
  readonly title: string;
  readonly what: string;
  readonly fix: string;
  readonly who: string;
}

const RESOURCE_WORDS = /^ed-fi\//;

/**
 * @param code of the catalogue; one that a newer version wrote is explained as unclassified
 * @param at the resource (`ed-fi/students`), the path in it (`$.races[].raceDescriptor`), and the descriptor type,
 *   entity, setting, or place in the source it is about
 */
export function advise(
  code: string,
  at: { readonly resource: string; readonly path: string | null; readonly subject: string | null },
): Advice {
  const known = isProblemCode(code) ? code : 'unclassified';
  const property = at.path?.replace(/^\$\.?/, '').replaceAll('[]', '');
  const isDescriptor = at.subject?.endsWith('Descriptor') === true;
  const entry = explain(known, {
    resource: at.resource.replace(RESOURCE_WORDS, ''),
    ...(property === undefined || property === '' ? {} : { property }),
    ...(at.subject !== null && isDescriptor ? { descriptor: at.subject } : {}),
    ...(at.subject !== null && !isDescriptor ? { entity: at.subject } : {}),
  });
  return { title: entry.title, what: entry.what, fix: entry.fix, who: entry.who };
}

/** @returns whether sending the same again, later, may succeed by itself */
export const retryHelps = (code: string): boolean => isProblemCode(code) && CATALOGUE[code].retryHelps;

/** @returns whether a problem of this code is one, or only worth knowing */
export const severityOf = (code: string): 'error' | 'warning' =>
  isProblemCode(code) ? CATALOGUE[code].severity : 'error';
