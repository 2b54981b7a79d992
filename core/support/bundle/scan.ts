/**
 * The last look at a bundle before it may leave. The catalogues make sure that no value gets in; this makes sure that
 * they did. Whatever is not in a bundle's own words, in the vocabulary, or in one of its own shapes, is a finding.
 */
import { EARLIEST, isConnectionLabel, isReference, LATEST } from '../fields.ts';
import type { Words } from '../words.ts';
import type { BundleFile, BundleFileName } from './content.ts';
import { MONTHS } from './page-text.ts';
import { createCanaries } from './scan/canaries.ts';
import { decodings } from './scan/decode.ts';
import { htmlPieces, jsonLexer, type Piece } from './scan/lex.ts';
import { own, TIME_KEYS, VERSION_KEYS } from './scan/own.ts';
import { type ShapeKind, shapesIn } from './scan/shapes.ts';
import { POLICY, STYLE } from './style.ts';

/** `value`: one of the values given; `unknown-word`: no word of a bundle's own; the others: see scan/shapes.ts. */
export type FindingKind = 'value' | 'unknown-word' | ShapeKind;

/** Where something was found and what kind of thing it is; never the thing. */
export interface ScanFinding {
  readonly file: BundleFileName;
  /** From 1. */
  readonly line: number;
  readonly kind: FindingKind;
}

/** More tell nothing new. */
const MOST_FINDINGS = 1_000;
const MOST_REMEMBERED = 100_000;

export interface ScanRules {
  /** Values out of the sealed columns, as many as there are; gone through once. One that is a name or word of ours is not looked for. */
  readonly values: Iterable<string>;
  /** The vocabulary that the bundle was made with. */
  readonly words: Words;
}

const ISO = /^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}Z$/;
const SHOWN_TIME = new RegExp(`^(\\d{1,2}) (${MONTHS.join('|')}) (20\\d\\d), ([0-2]\\d:[0-5]\\d) UTC$`);
const VERSION = /^\d{1,3}(\.\d{1,3}){0,3}[a-z]?$/;
const VERSIONS_IN_TEXT = /(?<![^\s(])\d{1,3}(?:(?:\.\d{1,3}){1,2}[a-z]?|[a-z])(?![^\s,)])/g;
const COUNTS_IN_TEXT = /(?<![\w.,-])\d{1,3}(?:,\d{3})+(?![\w.,-]\w)/g;
const REFERENCES_IN_TEXT = /\b[RGB]-\w{4}-\w{2}\b/g;
const MODULE =
  /^(?:(?:core|electron|renderer)(?:\/[a-z][a-z0-9-]{0,40}){1,5}\.(?:ts|js|mjs|cjs)|[a-z][a-z0-9-]{0,40}\.c?js)$/;
const COORDINATES = /^-?\d{1,4}(?:\.\d)?(?: -?\d{1,4}(?:\.\d)?){0,3}$/;
const COORDINATE_KEYS: ReadonlySet<string> = new Set(
  'x,y,x1,x2,y1,y2,rx,width,height,viewBox,tabindex,colspan'.split(','),
);

/** A time at which Rollbook can have run: a date of birth in a time's clothes is none. */
const isOurTime = (at: number): boolean => at >= EARLIEST && at < LATEST;

/** Whether a whole string is one of a bundle's own shapes at the key where it stands. */
const isOwnShape = (file: BundleFileName, at: string, text: string): boolean => {
  if (text === '' || text === '<10') return true;
  if (ISO.test(text)) return TIME_KEYS.has(at) && isOurTime(Date.parse(text));
  if (SHOWN_TIME.test(text)) return file === 'index.html' && isOurTime(Date.parse(text.replace(',', '')));
  if (isReference('R', text) || isReference('G', text) || isReference('B', text)) return true;
  if (VERSION_KEYS.has(at) && VERSION.test(text)) return true;
  if (at === 'sha256') return file === 'manifest.json' && /^[0-9a-f]{64}$/.test(text);
  if (COORDINATE_KEYS.has(at)) return file === 'index.html' && COORDINATES.test(text);
  return isConnectionLabel(text);
};

/** Own shapes inside a sentence of the page become a break between its words. */
const withoutOwnShapes = (text: string): string =>
  text
    .replace(REFERENCES_IN_TEXT, (found) =>
      isReference('R', found) || isReference('G', found) || isReference('B', found) ? '|' : found,
    )
    .replace(COUNTS_IN_TEXT, '|')
    .replace(VERSIONS_IN_TEXT, '|');

/**
 * Looks through all files for what must not leave.
 * @param files as they would be written
 * @returns nothing where the bundle may leave; else where it may not, in the order of the files, 1,000 at most
 */
export function scanBundle(files: readonly BundleFile[], rules: ScanRules): ScanFinding[] {
  const { words: ownWords, numbers } = own();
  const { words } = rules;
  const isClosed = (word: string): boolean =>
    ownWords.has(word.toLowerCase()) ||
    (words.resource(word) ??
      words.path(word) ??
      words.descriptor(word) ??
      words.entity(word) ??
      words.extension(word)) !== undefined;
  const values = createCanaries(rules.values, isClosed);

  /** A word is known as a whole, or in all of its parts; a short number is one. */
  const isKnown = (chunk: string, splits: readonly RegExp[]): boolean => {
    if (chunk === '' || /^\d{1,4}$/.test(chunk) || isConnectionLabel(chunk) || isClosed(chunk)) return true;
    const [split, ...rest] = splits;
    if (split === undefined) return false;
    const parts = chunk.split(split);
    return parts.length > 1 ? parts.every((part) => isKnown(part, rest)) : isKnown(chunk, rest);
  };
  const hasUnknown = (text: string): boolean =>
    !text.split(/[^\p{L}\p{M}\p{N}/.$[\]_*-]+/u).every((chunk) => isKnown(chunk, [/[/.$[\]*]+/, /[-_]+/]));

  const judgeText = (file: BundleFileName, at: string, text: string): FindingKind[] => {
    if (isOwnShape(file, at, text)) return [];
    // A place in the program's own files; whether it has that file, the event's parser has seen to.
    if (at === 'module' && MODULE.test(text)) return values.isIn(text) ? ['value'] : [];
    const rest = file === 'index.html' ? withoutOwnShapes(text) : text;
    const kinds: FindingKind[] = [...shapesIn(rest, isClosed)];
    // Short numbers are known words, and digits written for an address are short numbers; nothing of ours is written so.
    if (hasUnknown(rest) || /%[0-9a-f]{2}/i.test(rest)) kinds.push('unknown-word');
    if (values.isIn(rest)) kinds.push('value');
    // What is wholly of known words is no encoding of anything else.
    if (kinds.length === 0) return kinds;
    for (const form of decodings(text)) {
      if (values.isIn(form)) kinds.push('value');
      for (const kind of shapesIn(form)) if (kind === 'email' || kind === 'social-security-number') kinds.push(kind);
    }
    return kinds;
  };
  const judgeNumber = (at: string, text: string): FindingKind[] => {
    if (/^\d{1,4}$/.test(text) && numbers.has(at)) return [];
    if (!numbers.has(at) || !/^\d{1,15}$/.test(text)) return ['digits'];
    if (TIME_KEYS.has(at) && text !== '0' && !isOurTime(Number(text))) return ['date'];
    return [];
  };
  const judge = (file: BundleFileName, piece: Piece): FindingKind[] => {
    switch (piece.kind) {
      case 'number':
        return judgeNumber(piece.at, piece.text);
      case 'word':
        return judgeText(file, '', piece.text);
      case 'text':
        return judgeText(file, piece.at, piece.text);
    }
  };

  const findings: ScanFinding[] = [];
  for (const { name: file, text } of files) {
    // Lines of a log say the same again and again.
    const remembered = new Map<string, readonly FindingKind[]>();
    const judged = (piece: Piece): readonly FindingKind[] => {
      const key = `${piece.kind}\n${piece.kind === 'word' ? '' : piece.at}\n${piece.text}`;
      let kinds = remembered.get(key);
      if (kinds === undefined) {
        kinds = judge(file, piece);
        if (remembered.size >= MOST_REMEMBERED) remembered.clear();
        remembered.set(key, kinds);
      }
      return kinds;
    };
    const isPage = file === 'index.html';
    const jsonPieces = jsonLexer();
    const lines = (isPage ? withoutStyle(text) : text).split('\n');
    for (const [index, line] of lines.entries()) {
      const kinds = new Set((isPage ? htmlPieces(line) : jsonPieces(line)).flatMap(judged));
      for (const kind of kinds) findings.push({ file, line: index + 1, kind });
      if (findings.length >= MOST_FINDINGS) return findings.slice(0, MOST_FINDINGS);
    }
  }
  return findings;
}

/** Style sheet and policy, where they stand as they are ours, byte for byte; the lines keep their numbers. */
const withoutStyle = (page: string): string =>
  page
    .replace('<!doctype html>', '')
    .replace(`content="${POLICY}"`, '')
    .replace(`<style>${STYLE}</style>`, STYLE.replace(/[^\n]/g, ''));

const IN_WORDS: Readonly<Record<FindingKind, string>> = {
  value: 'a value of a record',
  'unknown-word': 'a word that is not of the vocabulary',
  email: 'an email address',
  date: 'a date',
  'social-security-number': 'a social security number',
  phone: 'a phone number',
  digits: 'a long number',
  url: 'an address',
  host: 'a host name',
  path: 'a path',
  secret: 'a secret',
  id: 'an identifier',
};

/** So many places are named in a sentence. */
const NAMED_PLACES = 3;

/** Takes what a scan found, at least one; gives a sentence that says where, what kind of thing, and what to do. */
export function describeFindings(findings: readonly ScanFinding[]): string {
  const places = findings
    .slice(0, NAMED_PLACES)
    .map(({ file, line, kind }) => `${file}, line ${line} (${IN_WORDS[kind]})`)
    .join('; ');
  const more = findings.length - NAMED_PLACES;
  return `The support bundle was not made: the last check found what looks like more than may leave in ${places}${
    more > 0 ? ` and ${more === 1 ? 'one more place' : `${more} more places`}` : ''
  }. Nothing was written. Tell support these places; they hold no value.`;
}
