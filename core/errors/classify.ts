import type { ApiModel } from '../edfi/model.ts';
import type { ProblemCode } from './catalogue.ts';
import { type Vocabulary, vocabularyOf } from './vocabulary.ts';

/** An API's refusal of one write; `text` is its body, which may quote the record and goes no further than here. */
export interface RefusedAnswer {
  readonly status: number;
  /** The problem's type behind `urn:ed-fi:api:`. */
  readonly type?: string;
  readonly text: string;
}

/** What is known of a refusal: a code, and names out of the specification's vocabulary. */
export interface Classified {
  readonly code: ProblemCode;
  /** Dotted, without array positions: `races.raceDescriptor`; one name where the API tells no more. */
  readonly path?: string;
  /** The entity that is missing, that stands in the way, or whose key is meant: `Student`. */
  readonly entity?: string;
  /** The descriptor type: `GradeLevelDescriptor`. */
  readonly descriptor?: string;
}

/** Bodies are searched up to here, so that a hostile one costs little; real messages have a few hundred characters. */
const LONGEST_TEXT = 4000;
const LONGEST_PATH = 300;
const MOST_MESSAGES = 20;

/** One message of a body, with the path under which it stood where the body is keyed by path. */
interface Message {
  readonly at?: string;
  readonly text: string;
}

interface Body {
  /** False for a page, an empty body, or anything else that is no JSON object. */
  readonly isObject: boolean;
  readonly messages: readonly Message[];
  /** `blockingUris` and `failures` of implementations that send these. */
  readonly blocking: readonly string[];
  readonly failures: boolean;
  readonly missing: readonly string[];
}

const strings = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(strings);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(strings);
  return [];
};

const keyed = (value: unknown): Message[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([at, messages]) => strings(messages).map((text) => ({ at, text })));
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const bodyOf = (text: string): Body => {
  const json = parse(text);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { isObject: false, messages: [], blocking: [], failures: false, missing: [] };
  }
  const { validationErrors, modelState, errors, detail, message, error, failures, blockingUris } = json as Record<
    string,
    unknown
  >;
  // Some hosts put both inside their `error`, others beside it.
  const inside =
    typeof error === 'object' && error !== null && !Array.isArray(error) ? (error as Record<string, unknown>) : {};
  const missing = failures ?? inside.failures;
  const messages: Message[] = [
    ...keyed(validationErrors),
    ...keyed(modelState),
    ...[errors, detail, message, error, failures].flatMap(strings).map((one) => ({ text: one })),
  ];
  return {
    isObject: true,
    messages: messages.slice(0, MOST_MESSAGES).map(({ at, text: words }) => ({
      ...(at === undefined ? {} : { at: at.slice(0, LONGEST_PATH) }),
      text: words.slice(0, LONGEST_TEXT),
    })),
    blocking: strings(blockingUris ?? inside.blockingUris).slice(0, MOST_MESSAGES),
    failures: missing !== undefined,
    missing: namesOfMissing(missing),
  };
};

/** The resources that `failures` names, each `{resourceName, identity}`. */
const namesOfMissing = (failures: unknown): string[] =>
  (Array.isArray(failures) ? failures : []).flatMap((one: unknown) => {
    const name = typeof one === 'object' && one !== null ? (one as Record<string, unknown>).resourceName : undefined;
    return typeof name === 'string' ? [name.slice(0, LONGEST_PATH)] : [];
  });

/** `$.races[0].raceDescriptor` and `request.races[0].RaceDescriptor` become `races.raceDescriptor`; else undefined. */
const pathIn = (written: string | undefined, words: Vocabulary): string | undefined => {
  const parts = (written ?? '')
    .replace(/\[[^\]]*\]/g, '')
    .split('.')
    .filter((part) => part !== '' && part !== '$');
  const known = parts.map(words.property);
  // The body parameter's name comes before the path in the older form.
  if (known.length > 1 && known[0] === undefined) known.shift();
  return known.length > 0 && known.every((part) => part !== undefined) ? known.join('.') : undefined;
};

const QUOTED = /['"‘’“”]([A-Za-z][A-Za-z0-9]{1,80})['"‘’“”]/g;
const WORD = /[A-Za-z][A-Za-z0-9]{1,80}/g;

const firstKnown = (text: string, pattern: RegExp, look: (word: string) => string | undefined): string | undefined => {
  for (const match of text.matchAll(pattern)) {
    const found = look(match[1] ?? match[0]);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** An entity's name stands in quotes; one with the ending `Descriptor` is a descriptor. */
const entityIn = (text: string, words: Vocabulary): string | undefined => firstKnown(text, QUOTED, words.entity);

const descriptorIn = (text: string, words: Vocabulary): string | undefined =>
  firstKnown(text, WORD, (word) => {
    if (!/descriptor(id)?$/i.test(word)) return undefined;
    const name = word.replace(/id$/i, '');
    return words.descriptor(name) ?? words.descriptor(words.property(name) ?? '');
  });

/** The property a sentence is about stands at its beginning, or in quotes after one of a few words. */
const propertyIn = (text: string, words: Vocabulary): string | undefined => {
  // `$.codeValue: …` and `Path 'birthDate', line 1` carry a path in the sentence itself.
  const inline = /(?:^|\bpath\s+['"])(\$?[\w.[\]]+)(?=['"]|:)/i.exec(text)?.[1];
  const path = pathIn(inline, words);
  if (path !== undefined) return path;
  const quoted = /\b(?:field|property|for|member|value)\s+['"]([A-Za-z]\w{0,80})['"]/i.exec(text)?.[1];
  const first = /^\W*(?:the\s+)?(?:field\s+)?['"]?([A-Za-z]\w{0,80})/i.exec(text)?.[1];
  const descriptorId = (first ?? '').replace(/DescriptorId$/, 'Descriptor');
  return (
    (quoted === undefined ? undefined : words.property(quoted)) ??
    (first === undefined ? undefined : (words.property(first) ?? words.property(descriptorId)))
  );
};

const made = (code: ProblemCode, found: Omit<Classified, 'code'> | undefined = undefined): Classified => ({
  code,
  ...found,
});

/** Leaves out what was not found: an absent name is absent, not undefined. */
const names = (found: { path?: string | undefined; entity?: string | undefined; descriptor?: string | undefined }) => ({
  ...(found.path === undefined ? {} : { path: found.path }),
  ...(found.entity === undefined ? {} : { entity: found.entity }),
  ...(found.descriptor === undefined ? {} : { descriptor: found.descriptor }),
});

/** One message of a 400, tested from the most telling wording to the least. */
const validation = (message: Message, words: Vocabulary): Classified | undefined => {
  const { text } = message;
  const path = pathIn(message.at, words) ?? propertyIn(text, words);
  const is = (pattern: RegExp): boolean => pattern.test(text);

  if (is(/(key values?|identifying values?|identity fields).{0,80}cannot be (changed|modified)/i)) {
    return made('key-change-refused', names({ entity: entityIn(text, words) ?? keyEntityIn(text, words) }));
  }
  if (is(/must match|conflicting values|references? (do not|don't) agree/i)) {
    return made('keys-disagree', names({ path: suppliedFor(text, words) ?? path }));
  }
  const descriptor = descriptorIn(text, words);
  const isDescriptor = descriptor !== undefined || is(/descriptor/i);
  // Up to 7.1 a value that was not found leaves the id of its descriptor empty, and the id is what is then asked for.
  if (descriptor !== undefined && is(/descriptorid\b.{0,20}is required/i)) {
    return made('descriptor-unknown-to-api', names({ descriptor }));
  }
  if (isDescriptor && is(/does not exist|unable to resolve|not (be )?(found|resolved)|unknown|invalid descriptor/i)) {
    return made('descriptor-unknown-to-api', names({ path: pathIn(message.at, words), descriptor }));
  }
  if (is(/at least (one|1) (item|entry|element)|must not be empty|cannot be empty|minimum number of items/i)) {
    return made('items-missing', names({ path }));
  }
  if (is(/leading or trailing (white ?)?spaces?|whitespace/i)) return made('stray-spaces', names({ path }));
  if (is(/dangerous|markup|potentially unsafe|script/i)) return made('unsafe-characters', names({ path }));
  if (is(/at most|too long|maximum length|max(imum)? ?length|exceeds/i) && is(/characters?|length|long/i)) {
    return made('too-long', names({ path }));
  }
  if (is(/at least \d+ characters?|minimum length|must be between|greater than|less than|out of range/i)) {
    return made('out-of-range', names({ path }));
  }
  if (is(/date(time|only|timeoffset)?\b/i) && is(/convert|pars|valid|format|recogni[sz]ed/i)) {
    return made('bad-date', names({ path }));
  }
  if (is(/convert|pars|could not be read|input string/i)) {
    return made(
      is(/int(eger|16|32|64)?\b|decimal|double|number|numeric/i) ? 'bad-number' : 'value-unreadable',
      names({ path }),
    );
  }
  if (is(/\b(is|are) required|required propert|must be (supplied|provided|specified)|is missing|may not be null/i)) {
    return made('required-missing', names({ path, descriptor }));
  }
  if (
    is(
      /(could not|not) (be )?(find|found).{0,20}member|unknown (property|member|field)|not (allowed|permitted|expected|a known)|additional propert|overpost/i,
    )
  ) {
    return made('property-unknown-to-api', names({ path }));
  }
  if (is(/not (a )?(valid|allowed)|invalid/i) && path !== undefined) return made('value-unreadable', names({ path }));
  return undefined;
};

/** `All values supplied for 'schoolId' must match`. */
const suppliedFor = (text: string, words: Vocabulary): string | undefined => {
  const word = /\bfor\s+['"]([A-Za-z]\w{0,80})['"]/i.exec(text)?.[1];
  return word === undefined ? undefined : words.property(word);
};

/** `Identifying values for the Program item cannot be changed`: the one wording that names an entity without quotes. */
const keyEntityIn = (text: string, words: Vocabulary): string | undefined => {
  const word = /\bfor the\s+['"]?([A-Za-z]\w{0,80})['"]?\s+(?:item|resource|entity)/i.exec(text)?.[1];
  return word === undefined ? undefined : words.entity(word);
};

const badRequest = (body: Body, type: string, words: Vocabulary): Classified => {
  if (type.includes('key-change-not-supported')) {
    const text = body.messages.map((message) => message.text).join('\n');
    return made('key-change-refused', names({ entity: keyEntityIn(text, words) ?? entityIn(text, words) }));
  }
  if (type.startsWith('profile')) return made('profile-mismatch');
  let unspecific: Classified | undefined;
  for (const message of body.messages) {
    // The older form strings several sentences together, line by line.
    for (const line of message.text.split(/\r?\n|\t/)) {
      const found = validation({ ...message, text: line.trim() }, words);
      if (found === undefined) continue;
      if (found.path !== undefined || found.entity !== undefined || found.descriptor !== undefined) return found;
      unspecific ??= found;
    }
  }
  if (unspecific) return unspecific;
  const all = body.messages.map((message) => message.text).join('\n');
  if (/\bprofile\b/i.test(all)) return made('profile-mismatch');
  if (/unexpected (character|token|end)|malformed|not valid json|invalid json|non-empty request body/i.test(all)) {
    return made('body-unreadable');
  }
  return made('unclassified');
};

const all = (body: Body): string => body.messages.map((message) => message.text).join('\n');

/** Which of a refusal's words tells whose right is missing: persons before organizations, since they come with one. */
const forbidden = (answer: RefusedAnswer, body: Body, type: string, words: Vocabulary): Classified => {
  if (!body.isObject) {
    // An empty 403 is how one implementation refuses another client's item; a page is a gateway's.
    return made(answer.text.trim() === '' ? 'owned-by-another' : 'blocked-by-gateway');
  }
  const text = all(body);
  if (type.startsWith('profile')) return made('profile-mismatch');
  if (type.includes('namespace')) return made('not-authorized-namespace');
  if (type.includes('ownership')) return made('owned-by-another');
  if (type.includes('access-denied:resource') || type.includes('access-denied:action')) {
    return made('not-authorized-resource');
  }
  if (/\bnamespace prefix/i.test(text)) return made('not-authorized-namespace');
  if (/\bprofile\b/i.test(text)) return made('profile-mismatch');
  if (/\bowner(ship)?\b/i.test(text)) return made('owned-by-another');
  if (
    /student(uniqueid|usi)\b|studentschoolassociation|studenteducationorganization\w*association|['"]student['"]/i.test(
      text,
    )
  ) {
    return made('not-authorized-student', names({ entity: words.entity('Student') }));
  }
  if (/staff(uniqueid|usi)\b|staffeducationorganization\w+association|['"]staff['"]/i.test(text)) {
    return made('not-authorized-staff', names({ entity: words.entity('Staff') }));
  }
  if (/(contact|parent)(uniqueid|usi)\b|student(contact|parent)association|['"](contact|parent)['"]/i.test(text)) {
    return made('not-authorized-contact', names({ entity: words.entity('Contact') ?? words.entity('Parent') }));
  }
  if (
    /\b(school|localeducationagency|stateeducationagency|educationorganization)id\b|education organization/i.test(text)
  ) {
    return made('not-authorized-organization', names({ path: organizationIn(text, words) }));
  }
  if (/\bclaims?\b|\bclaim set\b|missing a claim/i.test(text) || type.includes('access-denied')) {
    return made('not-authorized-resource');
  }
  return made('not-authorized');
};

const organizationIn = (text: string, words: Vocabulary): string | undefined =>
  firstKnown(text, QUOTED, (word) => (/id$/i.test(word) ? words.property(word) : undefined));

/** The resource's name out of an address: `https://…/ed-fi/studentSectionAssociations/…`, as an entity. */
const blockingEntity = (uris: readonly string[], model: ApiModel): string | undefined => {
  for (const uri of uris) {
    for (const resource of Object.values(model.resources)) {
      if (uri.toLowerCase().includes(`/${resource.name.toLowerCase()}/`)) return resource.entity;
    }
  }
  return undefined;
};

const conflict = (body: Body, type: string, words: Vocabulary, model: ApiModel): Classified => {
  const text = all(body);
  const entity = entityIn(text, words);
  if (type.includes('unresolved-reference')) return made('reference-missing', names({ entity }));
  if (type.includes('dependent-item-exists')) return made('dependent-item-exists', names({ entity }));
  if (type.includes('non-unique')) return made('key-taken', names({ entity }));
  if (type.includes('multi-user-conflict')) return made('changed-by-another');
  if (body.blocking.length > 0) {
    return made('dependent-item-exists', names({ entity: blockingEntity(body.blocking, model) }));
  }
  if (/cannot be deleted|cannot be removed|is a dependency of|referenced by|dependent|subordinate/i.test(text)) {
    return made('dependent-item-exists', names({ entity: lastEntityIn(text, words) }));
  }
  if (/duplicate|not unique|non-unique|already exists|natural key conflict|same key/i.test(text)) {
    return made('key-taken', names({ entity }));
  }
  if (/does not exist|do not exist|could not be (found|resolved)|unresolved|not found/i.test(text) || body.failures) {
    const named = body.missing.map(words.entity).find((one) => one !== undefined);
    return made('reference-missing', names({ entity: named ?? entity }));
  }
  if (/another (user|client|consumer)|concurren|modified/i.test(text)) return made('changed-by-another');
  return made('unclassified');
};

const lastEntityIn = (text: string, words: Vocabulary): string | undefined => {
  let last: string | undefined;
  for (const match of text.matchAll(QUOTED)) last = words.entity(match[1] ?? '') ?? last;
  return last;
};

/**
 * Takes the API's refusal of a write (status, problem type, body) and the model; gives what it is by status, type,
 * shape of the body, paths and known wordings, old and new. Of the API's own words only names that stand in the
 * model's vocabulary are kept, in the model's spelling.
 */
export const classifyAnswer = (answer: RefusedAnswer, model: ApiModel): Classified => {
  const words = vocabularyOf(model);
  const type = answer.type ?? '';
  const body = bodyOf(answer.text);
  const { status } = answer;
  switch (status) {
    case 400:
    case 422:
      return body.isObject ? badRequest(body, type, words) : unreadable(answer);
    case 401:
      return made('token-refused');
    case 403:
      return forbidden(answer, body, type, words);
    case 404:
      return missesItem(answer, body) ? made('item-gone') : made('resource-unknown-to-api');
    case 405:
      return made(type.startsWith('profile') ? 'profile-mismatch' : 'resource-unknown-to-api');
    case 409:
      return conflict(body, type, words, model);
    case 410:
      return made('item-gone');
    case 412:
      return made('changed-by-another');
    case 413:
    case 415:
      return made(type.startsWith('profile') ? 'profile-mismatch' : 'body-unreadable');
    case 429:
      return made('rate-limited');
    case 408:
      return made('unreachable');
    case 503:
      return made(/circuit|rate.?limit|too many/i.test(all(body)) ? 'rate-limited' : 'server-error');
    default:
      if (status >= 500) return made('server-error');
      return made(status === 0 ? 'unreachable' : 'unclassified');
  }
};

const unreadable = (answer: RefusedAnswer): Classified =>
  made(/^\s*</.test(answer.text) ? 'blocked-by-gateway' : 'unclassified');

/** An API that misses an item says so in a body, or with nothing at all; a web server that misses a page sends one. */
const missesItem = (answer: RefusedAnswer, body: Body): boolean => body.isObject || answer.text.trim() === '';
