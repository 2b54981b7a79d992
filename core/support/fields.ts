/**
 * The only kinds of field that an event can have. None of them takes a `string`: a value is a literal, a bounded number,
 * or a word that only the function beside its type can make.
 */
import { z } from 'zod';
import { labelWords } from '../contract/labels.ts';

declare const brand: unique symbol;
/** A word of one kind; a string becomes one only by the function that checks it. */
type Word<Kind extends string> = string & { readonly [brand]: Kind };

/** @returns the schema of a closed list of words */
export const oneOf = <const T extends readonly [string, ...string[]]>(words: T) => z.enum(words);

/** Yes or no: an enumeration of two. */
export const flag = z.boolean();

/** A whole number of the range. */
export const integer = (least: number, most: number) => z.number().int().min(least).max(most);

const LONGEST_MS = 100 * 24 * 3_600_000;
/** Milliseconds, up to 100 days. */
export const durationField = integer(0, LONGEST_MS);
/** @returns milliseconds as a field takes them: whole, within bounds; 0 for what is no number */
export const duration = (ms: number): number => within(ms, LONGEST_MS);

/** Between these Rollbook can have run, in milliseconds since 1970; few numbers of anything else lie there. */
export const EARLIEST = Date.UTC(2023, 0, 1);
export const LATEST = Date.UTC(2100, 0, 1);
export const timeField = integer(EARLIEST, LATEST);
/** @returns a time as a field takes it: whole, within bounds; the earliest for what is no number */
export const time = (ms: number): number => Math.max(EARLIEST, within(ms, LATEST));

const within = (value: number, most: number): number =>
  Number.isFinite(value) ? Math.min(most, Math.max(0, Math.round(value))) : 0;

/** An HTTP status; 0 where there was no answer. */
export const statusField = z.union([z.literal(0), integer(100, 599)]);
/** @returns a status as a field takes it: 0 for what is none */
export const httpStatus = (status: unknown): number =>
  typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599 ? status : 0;

/** Lower bounds of the buckets: 0, 1 to 9, 10 to 19, 20 to 49 and so on. */
export const BUCKETS = [
  0, 1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
  2_000_000, 5_000_000, 10_000_000,
] as const;
/** A count that tells no small number: a bucket's lower bound. */
export type Bucket = (typeof BUCKETS)[number];
export const bucketField = z.literal(BUCKETS);

/** @returns the bucket of a count; 0 for what is none */
export const bucket = (count: number): Bucket => BUCKETS.findLast((bound) => bound <= count) ?? 0;

/** Digits and dots, three digits at a part, and a letter at most: `7.3.1`, `3.3b`. */
export type Version = Word<'version'>;
const VERSION = /^\d{1,3}(\.\d{1,3}){0,3}[a-z]?$/;
export const versionField = z.custom<Version>((value) => typeof value === 'string' && VERSION.test(value));

/**
 * @param text a version as a program or an API writes it: `v24.1.0`, `3.3.1-b`
 * @returns it as a field takes it (`24.1.0`, `3.3.1b`); undefined for anything else
 */
export function versionOf(text: unknown): Version | undefined {
  if (typeof text !== 'string' || text.length > 20) return undefined;
  const [, digits, letter = ''] = /^v?(\d{1,3}(?:\.\d{1,3}){0,3})(?:-?([a-z]))?$/i.exec(text) ?? [];
  return digits === undefined ? undefined : (`${digits}${letter.toLowerCase()}` as Version);
}

/** What a reference stands for: a record, a group of problems, a batch. */
export type ReferencePrefix = 'R' | 'G' | 'B';
/** `R-7K4M-2Q`: random, resolved by the ledger that gave it and by nothing else. */
export type Reference<P extends ReferencePrefix = ReferencePrefix> = Word<`reference ${P}`>;

/** As core/ledger/references.ts makes them. */
const ALPHABET = '23456789BCDFGHJKMNPQRSTVWXYZ';
const REFERENCE = new RegExp(`^[RGB]-[${ALPHABET}]{4}-[${ALPHABET}]{2}$`);

/** @returns whether a text is a reference with that prefix */
export const isReference = <P extends ReferencePrefix>(prefix: P, text: unknown): text is Reference<P> =>
  typeof text === 'string' && text.startsWith(prefix) && REFERENCE.test(text);

/** @returns a text as a reference where it is one with that prefix, else undefined */
export const referenceOf = <P extends ReferencePrefix>(prefix: P, text: unknown): Reference<P> | undefined =>
  isReference(prefix, text) ? text : undefined;

export const referenceField = <P extends ReferencePrefix>(prefix: P) =>
  z.custom<Reference<P>>((value) => isReference(prefix, value));

/** Words a steward may choose to name a connection to support: no word of their own gets in. */
export const LABEL_WORDS = labelWords;
export type LabelWord = (typeof LABEL_WORDS)[number];
/** `C1`, `state`, `state-2`: how a connection is named to support. */
export type ConnectionLabel = `C${number}` | LabelWord | `${LabelWord}-${number}`;
const LABEL = new RegExp(`^(C[1-9]\\d{0,3}|(${LABEL_WORDS.join('|')})(-[1-9]\\d?)?)$`);

/** @returns whether a text is a label: a number (`C1`), or one of the words, with a number behind it or without */
export const isConnectionLabel = (text: unknown): text is ConnectionLabel =>
  typeof text === 'string' && LABEL.test(text);

export const labelField = z.custom<ConnectionLabel>(isConnectionLabel);

/** @returns the label of a connection that has none of the words; its number is taken into 1 to 9999 */
export const numberLabel = (number: number): ConnectionLabel =>
  `C${Number.isFinite(number) ? Math.min(9999, Math.max(1, Math.trunc(number))) : 1}`;

/** What a name is the name of. */
export type NameKind = 'resource' | 'path' | 'descriptor' | 'entity' | 'extension';
/** A word out of the loaded specification; `createWords` alone makes them. */
export type Name<K extends NameKind = NameKind> = Word<`name ${K}`>;

/** A file of our own program, by its path in it (`core/sync/plan.ts`); the list of modules alone makes them. */
export type ModuleName = Word<'module'>;
