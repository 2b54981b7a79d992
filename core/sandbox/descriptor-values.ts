/** Which descriptor values exist, in memory: asked for by every item that is written. */
import type { JsonObject } from '../edfi/model.ts';

const WELL_FORMED = /^uri:\/\/[^#\s]+#\S(.*\S)?$/;

/** `uri://ed-fi.org/TermDescriptor#Fall Semester`, as a body of an item carries it. */
export const descriptorUri = (namespace: string, codeValue: string): string => `${namespace}#${codeValue}`;

export interface DescriptorValues {
  /** @param type the descriptor type, or undefined where the specification does not tell it */
  exists(type: string | undefined, uri: string): boolean;
  add(type: string, body: JsonObject): void;
  remove(type: string, body: JsonObject): void;
}

/** @param open the types of which nothing is known: any well-formed value of theirs exists */
export function descriptorValues(open: ReadonlySet<string>): DescriptorValues {
  const known = new Map<string, Set<string>>();
  const uriOf = (body: JsonObject): string => descriptorUri(String(body.namespace), String(body.codeValue));
  return {
    exists: (type, uri) => {
      if (type === undefined || open.has(type)) return WELL_FORMED.test(uri);
      return known.get(type)?.has(uri) === true;
    },
    add: (type, body) => {
      const uris = known.get(type);
      if (uris === undefined) known.set(type, new Set([uriOf(body)]));
      else uris.add(uriOf(body));
    },
    remove: (type, body) => void known.get(type)?.delete(uriOf(body)),
  };
}
