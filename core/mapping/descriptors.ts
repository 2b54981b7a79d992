/** Per connection: descriptor type → local code → `namespace#codeValue`. Plain data, so that it can be kept and edited. */
export type DescriptorMap = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Descriptor type → local code → the code values it stands for, the best first. */
export type DescriptorDefaults = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Descriptor type → the values that the API has, as `namespace#codeValue`. */
export type KnownDescriptors = Readonly<Record<string, readonly string[]>>;

/** The form in which codes are compared: trimmed, without regard to case. `5` is not `05`. */
export const normaliseCode = (code: string): string => code.trim().toLowerCase();

const codeValueOf = (uri: string): string => uri.slice(uri.indexOf('#') + 1);
const namespaceOf = (uri: string): string => uri.slice(0, Math.max(0, uri.indexOf('#')));

/**
 * The first descriptor map of a connection.
 * @param defaults the shipped crosswalk
 * @param known what the API really has
 * @returns the codes of the crosswalk for which the API has a value: Ed-Fi's own, else the one other that has the same
 *   code value. Where several namespaces offer it, or none, the code stays unmapped; nothing is guessed.
 */
export const seedDescriptorMap = (defaults: DescriptorDefaults, known: KnownDescriptors): DescriptorMap => {
  const map: Record<string, Record<string, string>> = {};
  for (const [type, codes] of Object.entries(defaults)) {
    const byValue = new Map<string, string[]>();
    for (const uri of known[type] ?? []) {
      const value = normaliseCode(codeValueOf(uri));
      const uris = byValue.get(value);
      if (uris === undefined) byValue.set(value, [uri]);
      else uris.push(uri);
    }
    const own = `uri://ed-fi.org/${type}`.toLowerCase();
    for (const [code, candidates] of Object.entries(codes)) {
      for (const candidate of candidates) {
        const uris = byValue.get(normaliseCode(candidate)) ?? [];
        const chosen =
          uris.find((uri) => namespaceOf(uri).toLowerCase() === own) ?? (uris.length === 1 ? uris[0] : undefined);
        if (chosen === undefined) continue;
        map[type] ??= {};
        map[type][code] = chosen;
        break;
      }
    }
  }
  return map;
};

/** Why a value is offered for a code, the surest first. */
export type SuggestionReason = 'same-text' | 'lost-leading-zero' | 'same-words' | 'initials' | 'part-of' | 'similar';

export interface Suggestion {
  readonly uri: string;
  readonly reason: SuggestionReason;
  readonly confidence: 'high' | 'medium' | 'low';
}

const confidenceOf: Readonly<Record<SuggestionReason, Suggestion['confidence']>> = {
  'same-text': 'high',
  'lost-leading-zero': 'high',
  'same-words': 'medium',
  initials: 'medium',
  'part-of': 'low',
  similar: 'low',
};

const reasons = Object.keys(confidenceOf) as readonly SuggestionReason[];

const ORDINALS = 'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(' ');

/** Its words, in lower case; 5, 05 and 5th are the word fifth, since one writes grades and terms in either way. */
const wordsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\d]+/gu) ?? []).map((word) => {
    const [, number] = /^(\d{1,2})(?:st|nd|rd|th)?$/.exec(word) ?? [];
    return (number === undefined ? undefined : ORDINALS[Number(number)]) ?? word;
  });

/** A code, or a code value, taken apart for comparing. */
interface Parts {
  readonly text: string;
  readonly words: readonly string[];
  readonly sorted: string;
  readonly initials: string;
  /** Its pairs of neighbouring letters. */
  readonly pairs: ReadonlySet<string>;
}

const partsOf = (text: string): Parts => {
  const words = wordsOf(text);
  const letters = words.join(' ');
  return {
    text: normaliseCode(text),
    words,
    sorted: [...words].sort().join(' '),
    initials: words.map((word) => word[0]).join(''),
    pairs: new Set(Array.from({ length: Math.max(0, letters.length - 1) }, (_, at) => letters.slice(at, at + 2))),
  };
};

/** The values of a type are compared with one code after the other. */
const takenApart = new WeakMap<readonly string[], readonly Parts[]>();
const partsOfAll = (known: readonly string[]): readonly Parts[] => {
  let parts = takenApart.get(known);
  if (parts === undefined) {
    parts = known.map((uri) => partsOf(codeValueOf(uri)));
    takenApart.set(known, parts);
  }
  return parts;
};

/** How much two texts share, from 0 to 1, by their pairs of neighbouring letters. */
const likeness = ({ pairs: left }: Parts, { pairs: right }: Parts): number => {
  if (left.size + right.size === 0) return 0;
  let shared = 0;
  for (const pair of left) if (right.has(pair)) shared += 1;
  return (2 * shared) / (left.size + right.size);
};

const reasonFor = (code: Parts, value: Parts, alike: number): SuggestionReason | undefined => {
  if (code.text === value.text) return 'same-text';
  const [words, others] = [code.words, value.words];
  if (words.length > 0 && code.sorted === value.sorted) return 'same-words';
  if (others.length > 1 && words.length === 1 && value.initials === words[0]) return 'initials';
  const shared = words.filter((word) => word.length > 2 && others.includes(word)).length;
  if (shared > 0 && (shared === words.length || shared === others.length)) return 'part-of';
  return alike >= 0.6 ? 'similar' : undefined;
};

/**
 * What an unmapped code may stand for; a person has to confirm it.
 * @param type descriptor type, `GradeLevelDescriptor`
 * @param code the code as the source has it
 * @param known the values of that type at the API
 * @param map the connection's map, which knows the code with its leading zero
 * @returns at most five values, the surest first
 */
export const suggest = (
  type: string,
  code: string,
  known: readonly string[],
  map: DescriptorMap = {},
): Suggestion[] => {
  const found: (Suggestion & { readonly alike: number })[] = [];
  const offer = (uri: string, reason: SuggestionReason, alike: number) => {
    if (!found.some((suggestion) => suggestion.uri === uri))
      found.push({ uri, reason, confidence: confidenceOf[reason], alike });
  };
  const trimmed = code.trim();
  if (/^\d+$/.test(trimmed)) {
    for (const [mapped, uri] of Object.entries(map[type] ?? {})) {
      if (/^0\d+$/.test(mapped) && mapped !== trimmed && Number(mapped) === Number(trimmed))
        offer(uri, 'lost-leading-zero', 1);
    }
  }
  const parts = partsOf(code);
  const values = partsOfAll(known);
  for (const [at, uri] of known.entries()) {
    const value = values[at] as Parts;
    const alike = likeness(parts, value);
    const reason = reasonFor(parts, value, alike);
    if (reason !== undefined) offer(uri, reason, alike);
  }
  return found
    .sort(
      (a, b) => reasons.indexOf(a.reason) - reasons.indexOf(b.reason) || b.alike - a.alike || (a.uri < b.uri ? -1 : 1),
    )
    .slice(0, 5)
    .map(({ alike: _alike, ...suggestion }) => suggestion);
};

export interface DescriptorValue {
  readonly uri: string;
  readonly namespace: string;
  readonly codeValue: string;
}

/** How well a value fits what was typed, the best first; undefined where it does not occur. */
const rankOf = ({ namespace, codeValue }: DescriptorValue, wanted: string): number | undefined => {
  const value = codeValue.toLowerCase();
  if (value === wanted) return 0;
  if (value.startsWith(wanted)) return 1;
  const at = value.indexOf(wanted);
  if (at !== -1) return /[\p{L}\d]/u.test(value.charAt(at - 1)) ? 3 : 2;
  return namespace.toLowerCase().includes(wanted) ? 4 : undefined;
};

/**
 * Values of a type in which a text occurs, whatever its case.
 * @param known the values of the type at the API, as `namespace#codeValue`
 * @param text what a person typed; '' for all
 * @returns the one that is the text, those that begin with it, those of which a word does, those that have it anywhere,
 *   and those whose namespace has it; each by code value
 */
export const findValues = (known: readonly string[], text: string): DescriptorValue[] => {
  const wanted = text.trim().toLowerCase();
  return known
    .flatMap((uri) => {
      const value = { uri, namespace: namespaceOf(uri), codeValue: codeValueOf(uri) };
      const rank = wanted === '' || uri.toLowerCase() === wanted ? 0 : rankOf(value, wanted);
      return rank === undefined ? [] : [{ value, rank }];
    })
    .sort(
      (a, b) =>
        a.rank - b.rank || compareText(a.value.codeValue, b.value.codeValue) || compareText(a.value.uri, b.value.uri),
    )
    .map(({ value }) => value);
};

const order = new Intl.Collator('en', { numeric: true });
const compareText = (a: string, b: string): number => order.compare(a, b);
