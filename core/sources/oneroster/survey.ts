import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { firstRecord, type LineEnd, lineEndOf } from '../csv.ts';
import { type Encoding, encodingStart, isUndefinedIn1252, textDecoder, unfinishedUtf8 } from '../encoding.ts';
import { createFingerprint } from '../fingerprint.ts';
import { shown, unusable } from '../refuse.ts';
import type { Entry } from './container.ts';

/** What one look through a whole file tells, before its rows are read. */
export interface Survey {
  readonly bytes: number;
  /** Of the bytes, as `createFingerprint` makes it. */
  readonly hash: string;
  readonly encoding: Encoding;
  readonly bom: number;
  /** The file is not UTF-8 as it should be, and was taken for Windows-1252. */
  readonly guessed: boolean;
  readonly lineEnd: LineEnd;
  readonly header: readonly string[];
  /** Something other than blanks and separators follows the header. */
  readonly hasRows: boolean;
}

/** A survey that was kept. */
export const surveySchema = z.strictObject({
  bytes: z.number().int().positive(),
  hash: z.string(),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']),
  bom: z.number().int().nonnegative(),
  guessed: z.boolean(),
  lineEnd: z.enum(['\n', '\r\n', '\r']),
  header: z.array(z.string()).readonly(),
  hasRows: z.boolean(),
}) satisfies z.ZodType<Survey>;

/** A header fits in this many bytes, or the file is no table. */
const LONGEST_HEADER = 1024 * 1024;

/**
 * Reads a file through once: its hash, its encoding, its header.
 * @throws Failure for a file that is empty, is not text, or ends inside a character.
 */
export async function survey(entry: Entry, signal?: AbortSignal): Promise<Survey> {
  const file = shown(entry.name);
  const fingerprint = createFingerprint();
  const head: Buffer[] = [];
  let headBytes = 0;
  let headDone = false;
  let hasRows = false;
  let bytes = 0;
  let start: ReturnType<typeof encodingStart> | undefined;
  let utf8 = true;
  let beyondAscii = false;
  let carry = Buffer.alloc(0);

  for await (const chunk of entry.bytes(signal)) {
    await fingerprint.add(chunk);
    bytes += chunk.length;
    start ??= encodingStart(chunk);
    let after = 0;
    if (!headDone) {
      const feed = lineFeedIn(chunk);
      head.push(Buffer.from(chunk));
      headBytes += chunk.length;
      headDone = feed >= 0 || headBytes >= LONGEST_HEADER;
      after = feed >= 0 ? feed + 1 : chunk.length;
    }
    hasRows ||= holdsData(chunk, after);
    if (start.encoding !== 'utf-8') continue;
    if (chunk.includes(0)) {
      throw unusable(`${file} holds zero bytes, so it is damaged or is no CSV file; make a new export.`, { file });
    }
    if (!utf8) continue;
    const joined = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
    const whole = joined.length - unfinishedUtf8(joined);
    const complete = joined.subarray(0, whole);
    utf8 = isUtf8(complete);
    carry = Buffer.from(joined.subarray(whole));
  }
  if (!start || bytes === start.bom) {
    throw unusable(`${file} is empty: it has not even a header; make a new export.`, { file });
  }
  if (utf8 && carry.length > 0) {
    // One accented letter at the end of a short Windows-1252 file looks the same; more of the file tells.
    for await (const chunk of entry.bytes(signal)) beyondAscii ||= hasUtf8Letters(chunk, carry.length);
    if (beyondAscii) {
      throw unusable(`${file} ends in the middle of a character, so it seems cut off; make a new export.`, { file });
    }
    utf8 = false;
  }
  const guessed = start.encoding === 'utf-8' && !utf8;
  if (guessed) await assert1252(entry, signal);
  const encoding = guessed ? 'windows-1252' : start.encoding;
  const text = textDecoder(encoding)(Buffer.concat(head).subarray(start.bom));
  const lineEnd = lineEndOf(text);
  return {
    bytes,
    hash: await fingerprint.end(),
    encoding,
    bom: start.bom,
    guessed,
    lineEnd,
    header: firstRecord(text, lineEnd),
    hasRows,
  };
}

function lineFeedIn(chunk: Buffer): number {
  const feed = chunk.indexOf(10);
  return feed >= 0 ? feed : chunk.indexOf(13);
}

/** Any byte from `from` on that is no zero (half of a UTF-16 letter), line end, tab, blank, quote or comma. */
function holdsData(chunk: Buffer, from: number): boolean {
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at]!;
    if (
      byte > 44 ||
      (byte !== 0 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 32 && byte !== 34 && byte !== 44)
    ) {
      return true;
    }
  }
  return false;
}

/** Whether a chunk of valid UTF-8 has letters of several bytes, its last `unfinished` bytes aside. */
function hasUtf8Letters(chunk: Buffer, unfinished: number): boolean {
  for (let at = 0; at < chunk.length - unfinished; at++) if (chunk[at]! >= 0x80) return true;
  return false;
}

async function assert1252(entry: Entry, signal?: AbortSignal): Promise<void> {
  const file = shown(entry.name);
  for await (const chunk of entry.bytes(signal)) {
    if (!chunk.some(isUndefinedIn1252)) continue;
    throw unusable(`${file} is in no encoding that Rollbook knows; have the SIS write the export as UTF-8.`, { file });
  }
}

/** The text of a surveyed file, in chunks. */
export async function* textOf(entry: Entry, known: Survey, signal?: AbortSignal): AsyncGenerator<string> {
  const decode = textDecoder(known.encoding);
  let skip = known.bom;
  for await (const chunk of entry.bytes(signal)) {
    const text = decode(skip > 0 ? chunk.subarray(skip) : chunk);
    skip = 0;
    if (text !== '') yield text;
  }
  const rest = decode(undefined);
  if (rest !== '') yield rest;
}
