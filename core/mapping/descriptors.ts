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

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];

const pairsOf = (text: string): Set<string> => {
  const letters = wordsOf(text).join(' ');
  return new Set(Array.from({ length: Math.max(0, letters.length - 1) }, (_, at) => letters.slice(at, at + 2)));
};

/** How much two texts share, from 0 to 1, by their pairs of neighbouring letters. */
const likeness = (a: string, b: string): number => {
  const [left, right] = [pairsOf(a), pairsOf(b)];
  if (left.size + right.size === 0) return 0;
  return (2 * [...left].filter((pair) => right.has(pair)).length) / (left.size + right.size);
};

const reasonFor = (code: string, value: string): SuggestionReason | undefined => {
  if (normaliseCode(code) === normaliseCode(value)) return 'same-text';
  const [words, others] = [wordsOf(code), wordsOf(value)];
  if (words.length > 0 && [...words].sort().join(' ') === [...others].sort().join(' ')) return 'same-words';
  if (others.length > 1 && words.length === 1 && others.map((word) => word[0]).join('') === words[0]) return 'initials';
  const shared = words.filter((word) => word.length > 2 && others.includes(word)).length;
  if (shared > 0 && (shared === words.length || shared === others.length)) return 'part-of';
  return likeness(code, value) >= 0.6 ? 'similar' : undefined;
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
  const found: Suggestion[] = [];
  const offer = (uri: string, reason: SuggestionReason) => {
    if (!found.some((suggestion) => suggestion.uri === uri))
      found.push({ uri, reason, confidence: confidenceOf[reason] });
  };
  const trimmed = code.trim();
  if (/^\d+$/.test(trimmed)) {
    for (const [mapped, uri] of Object.entries(map[type] ?? {})) {
      if (/^0\d+$/.test(mapped) && mapped !== trimmed && Number(mapped) === Number(trimmed))
        offer(uri, 'lost-leading-zero');
    }
  }
  for (const uri of known) {
    const reason = reasonFor(code, codeValueOf(uri));
    if (reason !== undefined) offer(uri, reason);
  }
  return found
    .sort((a, b) => reasons.indexOf(a.reason) - reasons.indexOf(b.reason) || (a.uri < b.uri ? -1 : 1))
    .slice(0, 5);
};
