/** Finds names of the specification in a server's sentence. What is not such a name is never taken over. */
import { LIMITS } from './body.ts';
import type { Vocabulary } from './vocabulary.ts';

const QUOTED = /['"‘’“”]([A-Za-z][A-Za-z0-9]{1,80})['"‘’“”]/g;
const WORD = /[A-Za-z][A-Za-z0-9]{1,80}/g;
/** `The referenced School item does not exist`, `referenced by existing Section, Grade item(s)`: without quotes. */
const BEFORE_ITEM = /\b([A-Z][A-Za-z0-9]{1,80})(?=(?:, [A-Z][A-Za-z0-9]{1,80}){0,4} (?:item|resource|entity)\b)/g;

const firstKnown = (text: string, pattern: RegExp, look: (word: string) => string | undefined): string | undefined => {
  for (const match of text.matchAll(pattern)) {
    const found = look(match[1] ?? match[0]);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** `$.races[0].raceDescriptor` and `request.races[0].RaceDescriptor` become `races.raceDescriptor`; else undefined. */
export const pathIn = (written: string | undefined, words: Vocabulary): string | undefined => {
  const parts = (written ?? '')
    .slice(0, LIMITS.path)
    .replace(/\[[^\]]*\]/g, '')
    .split('.')
    .filter((part) => part !== '' && part !== '$');
  const known = parts.map(words.property);
  // The body parameter's name comes before the path in the older form.
  if (known.length > 1 && known[0] === undefined) known.shift();
  return known.length > 0 && known.every((part) => part !== undefined) ? known.join('.') : undefined;
};

/** An entity's name stands in quotes, or before the word "item". */
export const entityIn = (text: string, words: Vocabulary): string | undefined =>
  firstKnown(text, QUOTED, words.entity) ?? firstKnown(text, BEFORE_ITEM, words.entity);

/** Of several in quotes the last: `'Student' … is a dependency of the 'grade' entity`. */
export const lastEntityIn = (text: string, words: Vocabulary): string | undefined => {
  let last: string | undefined;
  for (const match of text.matchAll(QUOTED)) last = words.entity(match[1] ?? '') ?? last;
  return last ?? firstKnown(text, BEFORE_ITEM, words.entity);
};

/** `$.schoolReference` is about a School. */
export const entityOfReference = (at: string | undefined, words: Vocabulary): string | undefined => {
  const name = /(\w{1,80})Reference$/.exec((at ?? '').slice(-100))?.[1];
  return name === undefined ? undefined : words.entity(name);
};

/** `GradeLevelDescriptor`, `EntryGradeLevelDescriptorId`: a type, or a property that holds one of the same name. */
export const descriptorIn = (text: string, words: Vocabulary): string | undefined =>
  firstKnown(text, WORD, (word) => {
    if (!/descriptor(id)?$/i.test(word)) return undefined;
    const name = word.replace(/id$/i, '');
    return words.descriptor(name) ?? words.descriptor(words.property(name) ?? '');
  });

/** The property a sentence is about stands at its beginning, or after one of a few words. */
export const propertyIn = (text: string, words: Vocabulary): string | undefined => {
  // `$.codeValue: …` and `Path 'birthDate', line 1` carry a path in the sentence itself.
  const inline = /(?:^|\bpath\s{1,4}['"])(\$?[\w.[\]]{1,300})(?=['"]|:)/i.exec(text)?.[1];
  const path = pathIn(inline, words);
  if (path !== undefined) return path;
  const named = /\b(?:field|property|for|member|value)\s{1,4}['"]([A-Za-z]\w{0,80})['"]/i.exec(text)?.[1];
  const bare = /\bfield\s{1,4}([A-Za-z]\w{0,80})/i.exec(text)?.[1];
  const first = /^\W{0,4}(?:the\s)?(?:field\s)?['"]?([A-Za-z]\w{0,80})/i.exec(text)?.[1];
  const descriptorId = (first ?? '').replace(/DescriptorId$/, 'Descriptor');
  for (const word of [named, bare, first, descriptorId]) {
    const found = word === undefined ? undefined : words.property(word);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** `All values supplied for 'schoolId' must match`; `paths $.a.schoolId and $.b.schoolId must have the same values`. */
export const agreedPropertyIn = (text: string, words: Vocabulary): string | undefined => {
  const word =
    /\bfor\s{1,4}['"]([A-Za-z]\w{0,80})['"]/i.exec(text)?.[1] ?? /\.([A-Za-z]\w{0,80}) and \$?\.?\w/.exec(text)?.[1];
  return word === undefined ? undefined : words.property(word);
};

/** `Identifying values for the Program item cannot be changed`. */
export const keyEntityIn = (text: string, words: Vocabulary): string | undefined => {
  const word = /\bfor the\s{1,4}['"]?([A-Za-z]\w{0,80})['"]?\s{1,4}(?:item|resource|entity)/i.exec(text)?.[1];
  return word === undefined ? undefined : words.entity(word);
};

/** The education organization's number that a refusal names: `'SchoolId'`. */
export const organizationIn = (text: string, words: Vocabulary): string | undefined =>
  firstKnown(text, QUOTED, (word) => (/id$/i.test(word) ? words.property(word) : undefined));
