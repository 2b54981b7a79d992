/**
 * What is wrong with a body, by the sentence in which an API says so (400): the wordings of ODS/APIs before and after
 * 7.2, of the Data Management Service, of JSON Schema validators and of states. From the most telling to the least.
 */
import type { ProblemCode } from './catalogue.ts';

export interface Wording {
  readonly code: ProblemCode;
  /** Every one of these has to be found. Lengths are bounded, so that none can search for long. */
  readonly says: readonly RegExp[];
}

export const WORDINGS: readonly Wording[] = [
  {
    code: 'items-repeated',
    says: [/\bitems?\b/i, /same as (one|another)|same identifying values as|more than once|duplicate/i],
  },
  {
    code: 'items-missing',
    says: [
      /at least (one|1) (item|entry|element)|fewer than \d{1,6} items?|minimum number of items|empty (list|collection|array)/i,
    ],
  },
  { code: 'stray-spaces', says: [/(leading or trailing|surrounding) (white ?)?spaces?/i] },
  { code: 'unsafe-characters', says: [/\bdangerous\b|\bmarkup\b|\bunsafe\b|<script/i] },
  {
    code: 'too-long',
    says: [/at most|too long|max(imum)? ?length|exceeds|more than \d{1,6} characters/i, /characters?|length|\blong\b/i],
  },
  {
    code: 'out-of-range',
    says: [
      /(at least|fewer than|shorter than) \d{1,6} characters?|minimum ?length|must be between|greater than|less than|out of range|must be at (most|least)|must be [<>]=?|(above|below) the (maximum|minimum)/i,
    ],
  },
  {
    code: 'bad-date',
    says: [
      /(date|time)(time|only|span|timeoffset)?\b/i,
      /convert|\bpars(e|ed|ing)\b|\bvalid\b|format|recogni[sz]ed|must be a (date|time)/i,
    ],
  },
  {
    code: 'bad-number',
    says: [
      /convert|\bpars(e|ed|ing)\b|could not be read|input string|(must|should) be/i,
      /\bint(eger|16|32|64)?\b|\bdecimal\b|\bdouble\b|\bnumber\b|\bnumeric\b/i,
    ],
  },
  {
    code: 'required-missing',
    says: [
      /\b(is|are) required|required propert|must be (supplied|provided|specified)|\b(is|are) missing|may not be null|(must not|cannot|can't|may not) be (empty|blank|null)/i,
    ],
  },
  {
    code: 'property-unknown-to-api',
    says: [
      /(could not|not) (be )?(find|found).{0,20}member|unknown (property|member|field)|not (permitted|expected|a known)|additional propert|\boverpost/i,
    ],
  },
  {
    code: 'value-unreadable',
    says: [
      /convert|\bpars(e|ed|ing)\b|could not be read|input string|(must|should) be (a |an )?['"]?(text|string|true|bool|boolean|list|array|object)|does not match|must match (the )?(format|pattern)|allowed values/i,
    ],
  },
];

/** Only where a property is known: by itself this says too little. */
export const NOT_VALID = /\bnot (a )?(valid|allowed)\b|\binvalid\b/i;

export const KEY_CHANGE =
  /(key values?|identifying values?|identity fields).{0,80}cannot be (changed|modified)|identity of the resource does not match/i;

export const KEYS_DISAGREE =
  /must match(?! (the )?(format|pattern|regex))|must have the same values?|conflicting values|references? (do not|don't) agree/i;

/** Up to 7.1 a value that was not found leaves the id of its descriptor empty, and the id is what is then asked for. */
export const DESCRIPTOR_ID_REQUIRED = /descriptorid\b.{0,20}is required/i;

export const NOT_FOUND = /does not exist|unable to resolve|not (be )?(found|resolved)|\bunknown\b|invalid descriptor/i;

/** What was sent is no JSON, or not where or how the API wants it: not the record's fault. */
export const UNREADABLE =
  /unexpected (character|token|end)|malformed|not valid json|invalid json|(non-empty|missing|empty)( request)? body|bytepositioninline|invalid (after|start)|expected either|identifiers cannot be assigned/i;
