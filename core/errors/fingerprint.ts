/** What makes two problems one cause: names of the catalogue and the model, and never a text that could hold a value. */

/** Written before each fingerprint: one made by another rule is another cause. */
export const FINGERPRINT_VERSION = 1;

export interface Fingerprinted {
  readonly code: string;
  /** `ed-fi/students`. */
  readonly resource: string;
  /** `$.races[].raceDescriptor` and `races[3].raceDescriptor` are the same place; `$` and none are, too. */
  readonly path?: string | undefined;
  /** The descriptor type, the referenced entity, or the place in the source. */
  readonly subject?: string | undefined;
  /** The keyed hash, in hex, of the one value that makes the cause (an unmapped code): one wherever it occurs. */
  readonly value?: string | undefined;
}

const HASH = /^[0-9a-f]{8,128}$/i;

/** Where in the body, as the API writes it and as the checks here do, in one spelling: names only, no positions. */
const canonicalPath = (path: string): string => path.replace(/\[[^\]]*\]/g, '').replace(/^\$\.?/, '');

/** Columns of a source may be called anything: a part stays one part, and the whole one line. */
const part = (text: string): string => text.replace(/[%|\p{Cc}]/gu, (found) => encodeURIComponent(found));

/**
 * Takes what is known of a problem; gives one line that is the same for every problem of one cause:
 * `1|required-missing|ed-fi/students|birthDate||`. With a value's hash, resource and path are left out.
 * @throws RangeError where the value is no hash: what a record holds must not get in
 */
export function fingerprintOf({ code, resource, path, subject, value }: Fingerprinted): string {
  if (value !== undefined && !HASH.test(value)) throw new RangeError('A fingerprint takes a hash, never a value.');
  const place = value === undefined ? [resource, canonicalPath(path ?? '')] : ['', ''];
  return [String(FINGERPRINT_VERSION), code, ...place, subject ?? '', value?.toLowerCase() ?? ''].map(part).join('|');
}
