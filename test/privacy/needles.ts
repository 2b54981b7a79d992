/** What is looked for, as bytes: each canary as it would stand in plain, folded to lower case; and its plain hashes. */
import { hash } from 'node:crypto';
import type { Canary } from './canaries.ts';
import { markerOf, NUMBER_MARKER, SCRIPTS, type Script } from './tokens.ts';

export type Alone = 'no' | 'left' | 'both';
export interface Needle {
  readonly bytes: Buffer;
  readonly form: string;
  /** Undefined for a marker, which all canaries of its alphabet share. */
  readonly canary: Canary | undefined;
  /** No letter or digit may stand on these sides: it is short enough to be part of something else. */
  readonly alone: Alone;
}

/** Finds many needles at once: two bytes out of three are passed over after one look into a table of bits. */
export interface Matcher {
  /** @returns the first place of each needle that is there */
  find(bytes: Uint8Array): { readonly needle: Needle; readonly at: number }[];
}

const isWordByte = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90));

/** From the fourth byte on, for the first three led here. Most differ at once: a call of `compare` costs more than that. */
function isAt(bytes: Uint8Array, needle: Uint8Array, at: number): boolean {
  for (let next = 3; next < needle.length; next++) if (bytes[at + next] !== needle[next]) return false;
  return true;
}

export function createMatcher(needles: readonly Needle[]): Matcher {
  const heads = new Uint8Array(1 << 21);
  const byHead = new Map<number, Needle[]>();
  for (const needle of needles) {
    const head = needle.bytes.readUIntLE(0, 3);
    heads[head >> 3] = (heads[head >> 3] as number) | (1 << (head & 7));
    byHead.set(head, [...(byHead.get(head) ?? []), needle]);
  }
  return {
    find(bytes) {
      const found = new Map<Needle, number>();
      const last = bytes.length - 3;
      for (let at = 0; at <= last; at++) {
        const head = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
        if (((heads[head >> 3] as number) & (1 << (head & 7))) === 0) continue;
        for (const needle of byHead.get(head) ?? []) {
          const end = at + needle.bytes.length;
          if (found.has(needle) || end > bytes.length) continue;
          if (!isAt(bytes, needle.bytes, at)) continue;
          if (needle.alone !== 'no' && isWordByte(bytes[at - 1])) continue;
          if (needle.alone === 'both' && isWordByte(bytes[end])) continue;
          found.set(needle, at);
        }
      }
      return [...found].map(([needle, at]) => ({ needle, at }));
    },
  };
}

const FOLD = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));

/** @returns the bytes with A to Z in lower case */
export function folded(bytes: Uint8Array): Uint8Array {
  const lower = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) lower[at] = FOLD[bytes[at] as number] as number;
  return lower;
}

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const IN_TEXT: readonly (readonly [name: string, encode: (text: string) => Buffer])[] = [
  ['', (text) => Buffer.from(text, 'utf8')],
  [' in UTF-16LE', (text) => Buffer.from(text, 'utf16le')],
  [' in UTF-16BE', utf16be],
];

/** A matcher folds A to Z and nothing else; letters beyond them are looked for in each case. */
const cases = (text: string): string[] => [
  ...new Set([
    text.toLowerCase(),
    text.toUpperCase().replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    [...text.toLowerCase()]
      .map((letter, at) => (at === 0 && letter > '\u007f' ? letter.toUpperCase() : letter))
      .join(''),
  ]),
];

/** A piece out of the middle of a word tells it from this many letters on; from its ends it is six. */
const PIECE = 8;

const scriptOf = (value: string): Script | undefined =>
  (Object.keys(SCRIPTS) as Script[]).find((script) => value.toLowerCase().includes(markerOf(script)));

/** The planted word of a canary: what is around it (`@example.org`) is no secret. */
function wordIn(value: string): { word: string[]; script: Script } | undefined {
  const script = scriptOf(value);
  if (script === undefined) return undefined;
  const letters = [...value.toLowerCase()];
  const marker = markerOf(script);
  const from = letters.findIndex((_, at) => letters.slice(at, at + 6).join('') === marker);
  return { word: letters.slice(from, from + 17), script };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The ways in which a day is written; those of which a longer number may be made stand alone. */
function dayForms(day: string): { text: string; alone: Alone }[] {
  const [year = '', month = '', date = ''] = day.split('-');
  const at = Date.parse(day);
  const [m, d] = [String(Number(month)), String(Number(date))];
  const name = MONTHS[Number(month) - 1] ?? '';
  return [
    ...[
      day,
      `${year}/${month}/${date}`,
      `${month}/${date}/${year}`,
      `${date}.${month}.${year}`,
      `${date}/${month}/${year}`,
    ],
    ...[`${month}-${date}-${year}`, `${name} ${date} ${year}`, `${name} ${d}, ${year}`, `${date} ${name} ${year}`],
  ]
    .map((text) => ({ text, alone: 'no' as Alone }))
    .concat(
      [`${m}/${d}/${year}`, `${d}.${m}.${year}`, `${year}${month}${date}`, String(at), String(at / 1000)].map(
        (text) => ({
          text,
          alone: 'both' as Alone,
        }),
      ),
    );
}

/** @returns what a canary looks like in text, and the text's forms for the hashes */
export function textNeedles(canaries: readonly Canary[]): Needle[] {
  const needles = new Map<string, Needle>();
  const add = (text: string, form: string, canary: Canary | undefined, alone: Alone = 'no'): void => {
    for (const one of cases(text)) {
      for (const [encoding, encode] of IN_TEXT) {
        // Folded byte by byte, as what it is compared with: half of a letter in UTF-16 may look like A to Z.
        const bytes = Buffer.from(folded(encode(one)));
        const key = bytes.toString('latin1');
        if (!needles.has(key)) needles.set(key, { bytes, form: form + encoding, canary, alone });
      }
    }
  };
  for (const canary of canaries) {
    switch (canary.form) {
      case 'word': {
        const found = wordIn(canary.value);
        // A secret or a folder's name may be any text.
        if (found === undefined) {
          add(canary.value, 'whole', canary);
          break;
        }
        add(found.word.join(''), 'whole', canary);
        for (let at = 0; at + PIECE <= found.word.length; at++) {
          add(found.word.slice(at, at + PIECE).join(''), 'piece', canary);
        }
        add(markerOf(found.script), 'marker', undefined);
        break;
      }
      case 'number':
        add(canary.value, 'digits', canary);
        add(canary.value.slice(2), 'its last ten digits', canary);
        add(NUMBER_MARKER, 'first digits', undefined, 'left');
        break;
      case 'day':
        for (const { text, alone } of dayForms(canary.value)) add(text, 'day', canary, alone);
    }
  }
  return [...needles.values()];
}

const HASHES = ['md5', 'sha1', 'sha256', 'sha512'] as const;

/** A number as SQLite, a buffer or a float would keep it. */
function binaryNumber(value: string): Buffer[] {
  const number = Number(value);
  const six = Buffer.alloc(6);
  six.writeUIntBE(number, 0, 6);
  const little = Buffer.alloc(8);
  little.writeBigInt64LE(BigInt(value));
  const floating = Buffer.alloc(8);
  floating.writeDoubleBE(number);
  return [six, little, floating, Buffer.from(floating).reverse()];
}

/**
 * What must be compared bit by bit: hashes without a key of the value as it is and in lower and upper case.
 * @param length bytes of a hash that are enough to tell it
 */
export function exactNeedles(canaries: readonly Canary[], length: number): Needle[] {
  const needles = new Map<string, Needle>();
  for (const canary of canaries) {
    for (const text of new Set([canary.value, canary.value.toLowerCase(), canary.value.toUpperCase()])) {
      for (const name of HASHES) {
        const bytes = hash(name, text, 'buffer').subarray(0, length);
        needles.set(bytes.toString('latin1'), { bytes, form: name, canary, alone: 'no' });
      }
    }
    if (canary.form !== 'number') continue;
    for (const bytes of binaryNumber(canary.value)) {
      needles.set(bytes.toString('latin1'), { bytes, form: 'binary number', canary, alone: 'no' });
    }
  }
  return [...needles.values()];
}
