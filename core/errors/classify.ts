/** Which code of the catalogue an API's refusal is, old or new, and about which names of the specification. */
import type { ApiModel } from '../edfi/model.ts';
import { type Body, linesOf, type Message, readBody, textOf } from './body.ts';
import type { ProblemCode } from './catalogue.ts';
import {
  agreedPropertyIn,
  descriptorIn,
  entityIn,
  entityOfReference,
  keyEntityIn,
  lastEntityIn,
  organizationIn,
  pathIn,
  propertyIn,
} from './names.ts';
import { tellUnclassified } from './unclassified.ts';
import { type Vocabulary, vocabularyOf } from './vocabulary.ts';
import {
  DESCRIPTOR_ID_REQUIRED,
  KEY_CHANGE,
  KEYS_DISAGREE,
  NOT_FOUND,
  NOT_VALID,
  UNREADABLE,
  WORDINGS,
} from './wordings.ts';

/** An API's refusal of one write; `text` is its body, which may quote the record and goes no further than here. */
export interface RefusedAnswer {
  readonly status: number;
  /** The problem's type behind `urn:ed-fi:api:`. */
  readonly type?: string;
  readonly text: string;
  /** What was refused, where it is known: a POST finds no resource where a PUT finds no item. */
  readonly method?: 'POST' | 'PUT' | 'DELETE';
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

/** An absent name is absent, not undefined. */
const made = (
  code: ProblemCode,
  found: { path?: string | undefined; entity?: string | undefined; descriptor?: string | undefined } = {},
): Classified => ({
  code,
  ...(found.path === undefined ? {} : { path: found.path }),
  ...(found.entity === undefined ? {} : { entity: found.entity }),
  ...(found.descriptor === undefined ? {} : { descriptor: found.descriptor }),
});

/** One sentence of a 400. */
const validation = ({ at, text }: Message, words: Vocabulary): Classified | undefined => {
  const stood = pathIn(at, words);
  const path = stood ?? propertyIn(text, words);
  if (KEY_CHANGE.test(text)) {
    return made('key-change-refused', { entity: entityIn(text, words) ?? keyEntityIn(text, words) });
  }
  if (KEYS_DISAGREE.test(text)) return made('keys-disagree', { path: agreedPropertyIn(text, words) ?? path });
  const descriptor = descriptorIn(text, words);
  if (DESCRIPTOR_ID_REQUIRED.test(text)) {
    return made('descriptor-unknown-to-api', { descriptor });
  }
  if ((descriptor !== undefined || /descriptor/i.test(text)) && NOT_FOUND.test(text)) {
    return made('descriptor-unknown-to-api', { path: stood, descriptor });
  }
  if (UNREADABLE.test(text)) return made('body-unreadable');
  const wording = WORDINGS.find(({ says }) => says.every((pattern) => pattern.test(text)));
  // As a check here says it: the path tells more than the descriptor's type, and makes the same cause of both.
  if (wording !== undefined) return made(wording.code, path === undefined ? { descriptor } : { path });
  return NOT_VALID.test(text) && path !== undefined ? made('value-unreadable', { path }) : undefined;
};

/** The sentence that names something is worth more than one that does not. */
const firstValidation = (body: Body, words: Vocabulary): Classified | undefined => {
  let unspecific: Classified | undefined;
  for (const message of body.messages) {
    for (const text of linesOf(message)) {
      const found = validation({ ...message, text }, words);
      if (found === undefined) continue;
      if (found.path !== undefined || found.entity !== undefined || found.descriptor !== undefined) return found;
      unspecific ??= found;
    }
  }
  return unspecific;
};

const isAboutProfile = (type: string, text = ''): boolean =>
  type.startsWith('profile') || type.includes('data-policy') || /\bprofile\b/i.test(text);

const badRequest = (body: Body, type: string, words: Vocabulary): Classified => {
  const text = textOf(body);
  if (type.includes('key-change-not-supported')) {
    return made('key-change-refused', { entity: keyEntityIn(text, words) ?? entityIn(text, words) });
  }
  if (isAboutProfile(type)) return made('profile-mismatch');
  // One implementation takes a missing token for a malformed request.
  if (type.startsWith('security:authentication') || /\bauthorization header\b/i.test(text))
    return made('token-refused');
  if (type.endsWith('payload-too-large')) return made('record-too-large');
  if (type.includes('parameter')) return made('body-unreadable');
  const found = firstValidation(body, words);
  if (found !== undefined) return found;
  if (isAboutProfile(type, text)) return made('profile-mismatch');
  // Nothing more is known than that a value is wrong.
  return made(type.includes('data-validation-failed') && NOT_VALID.test(text) ? 'value-unreadable' : 'unclassified');
};

const STUDENT =
  /student(uniqueid|usi)\b|studentschoolassociation|studenteducationorganization\w{0,60}association|['"]student['"]/i;
const STAFF = /staff(uniqueid|usi)\b|staffeducationorganization\w{1,60}association|['"]staff['"]/i;
const CONTACT = /(contact|parent)(uniqueid|usi)\b|student(contact|parent)association|['"](contact|parent)['"]/i;
const ORGANIZATION =
  /\b(school|localeducationagency|stateeducationagency|educationservicecenter|postsecondaryinstitution|educationorganization)id\b|education organization/i;

/** Which of a refusal's words tells whose right is missing: persons before organizations, since they come with one. */
const forbidden = (answer: RefusedAnswer, body: Body, type: string, words: Vocabulary): Classified => {
  if (!body.isObject) {
    // An empty 403 is how one implementation refuses another client's item; a page is a gateway's.
    return made(answer.text.trim() === '' ? 'owned-by-another' : 'blocked-by-gateway');
  }
  const text = textOf(body);
  if (isAboutProfile(type)) return made('profile-mismatch');
  if (type.includes('namespace')) return made('not-authorized-namespace');
  if (type.includes('ownership')) return made('owned-by-another');
  if (type.includes('access-denied:resource') || type.includes('access-denied:action')) {
    return made('not-authorized-resource');
  }
  if (/\bnamespace ?prefix/i.test(text)) return made('not-authorized-namespace');
  if (isAboutProfile(type, text)) return made('profile-mismatch');
  if (/\bowne[rd]\b|\bownership\b/i.test(text)) return made('owned-by-another');
  if (STUDENT.test(text)) return made('not-authorized-student', { entity: words.entity('Student') });
  if (STAFF.test(text)) return made('not-authorized-staff', { entity: words.entity('Staff') });
  if (CONTACT.test(text)) {
    return made('not-authorized-contact', { entity: words.entity('Contact') ?? words.entity('Parent') });
  }
  if (ORGANIZATION.test(text)) return made('not-authorized-organization', { path: organizationIn(text, words) });
  // A relationship that is not named is no missing claim, though the older sentence speaks of claims as well.
  if (type.includes('relationships') || /\brelationships?\b/i.test(text)) return made('not-authorized');
  if (/\bclaims?\b/i.test(text) || type.includes('access-denied')) return made('not-authorized-resource');
  return made('not-authorized');
};

/** The resource's name out of an address: `https://…/ed-fi/studentSectionAssociations/…`, as an entity. */
const blockingEntity = (uris: readonly string[], model: ApiModel): string | undefined => {
  for (const uri of uris.map((one) => one.toLowerCase())) {
    for (const resource of Object.values(model.resources)) {
      if (uri.includes(`/${resource.name.toLowerCase()}/`)) return resource.entity;
    }
  }
  return undefined;
};

const conflict = (body: Body, type: string, words: Vocabulary, model: ApiModel): Classified => {
  const text = textOf(body);
  const entity = entityIn(text, words);
  const missing = (): Classified =>
    made('reference-missing', {
      entity:
        body.missing.map(words.entity).find((one) => one !== undefined) ??
        entity ??
        body.messages.map(({ at }) => entityOfReference(at, words)).find((one) => one !== undefined),
    });
  if (type.includes('unresolved-reference')) return missing();
  if (type.includes('dependent-item-exists')) return made('dependent-item-exists', { entity });
  if (type.includes('non-unique')) return made('key-taken', { entity });
  if (type.includes('multi-user-conflict')) return made('changed-by-another');
  // With addresses of what has the identity, as where something stands in the way: so it comes first.
  if (/\bidentity is in use\b/i.test(text)) return made('key-taken', { entity });
  if (body.blocking.length > 0) {
    return made('dependent-item-exists', { entity: blockingEntity(body.blocking, model) });
  }
  if (/cannot be (deleted|removed)|is a dependency of|referenced by|\bdependent\b|\bsubordinate\b/i.test(text)) {
    return made('dependent-item-exists', { entity: lastEntityIn(text, words) });
  }
  if (/duplicate|not unique|must be unique|non-unique|already exists|key conflict|same key/i.test(text)) {
    return made('key-taken', { entity });
  }
  if (/does not exist|do not exist|could not be (found|resolved)|unresolved|not found/i.test(text) || body.failures) {
    return missing();
  }
  return made(
    /another (user|client|consumer)|concurren|write conflict|modified/i.test(text)
      ? 'changed-by-another'
      : 'unclassified',
  );
};

/** An API that misses an item says so in a body, or with nothing at all; a web server that misses a page sends one. */
const notFound = (answer: RefusedAnswer, body: Body, type: string): Classified => {
  const text = textOf(body);
  if (/write conflict/i.test(text)) return made('changed-by-another');
  const isOfApi = body.isObject || answer.text.trim() === '';
  const isOfAddress = answer.method === 'POST' || type.startsWith('route') || /invalid resource/i.test(text);
  return made(isOfApi && !isOfAddress ? 'item-gone' : 'resource-unknown-to-api');
};

const unavailable = (body: Body, type: string): Classified =>
  made(
    type === 'service-unavailable' ||
      type === 'too-many-requests' ||
      /circuit|rate.?limit|too many|temporarily un|cannot take requests/i.test(textOf(body))
      ? 'rate-limited'
      : 'server-error',
  );

const unreadable = (answer: RefusedAnswer): Classified =>
  made(/^\s{0,200}</.test(answer.text) ? 'blocked-by-gateway' : 'unclassified');

const classified = (answer: RefusedAnswer, model: ApiModel): Classified => {
  const words = vocabularyOf(model);
  const type = answer.type ?? '';
  const body = readBody(answer.text);
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
      return notFound(answer, body, type);
    case 405:
      return made(isAboutProfile(type, textOf(body)) ? 'profile-mismatch' : 'action-not-offered');
    case 407:
    case 511:
      return made('blocked-by-gateway');
    case 409:
      return conflict(body, type, words, model);
    case 410:
      return made('item-gone');
    case 412:
      return made('changed-by-another');
    case 413:
      return made('record-too-large');
    case 406:
    case 415:
      return made(isAboutProfile(type, textOf(body)) ? 'profile-mismatch' : 'body-unreadable');
    case 408:
      return made('unreachable');
    case 429:
      return made('rate-limited');
    case 503:
      return unavailable(body, type);
    default:
      if (status >= 500) return made('server-error');
      return made(status === 0 ? 'unreachable' : 'unclassified');
  }
};

/**
 * Takes the API's refusal of a write (status, problem type, body) and the model; gives what it is by status, type,
 * shape of the body, paths and known wordings, old and new. Of the API's own words only names that stand in the
 * model's vocabulary are kept, in the model's spelling. What fits nothing is told on `rollbook:unclassified`.
 */
export const classifyAnswer = (answer: RefusedAnswer, model: ApiModel): Classified => {
  const found = classified(answer, model);
  if (found.code === 'unclassified') tellUnclassified({ status: answer.status, type: answer.type });
  return found;
};
