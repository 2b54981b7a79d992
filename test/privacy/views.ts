/** Undoes whatever a text may have been put through, layer by layer: each layer is a view, and is looked at like a file. */
import { constants, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';

export interface View {
  /** The layers that were taken off, outermost first; empty for the bytes as they are. */
  readonly layers: readonly string[];
  readonly bytes: Buffer;
}

const DEEPEST = 4;
const LARGEST = 64 * 1024 * 1024;

/** Each of them gives the bytes below one layer, or nothing where there is no such layer. */
type Peel = (text: string) => Buffer | undefined;

/** Named entities that letters and separators may be written with. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  commat: '@',
  period: '.',
  colon: ':',
  comma: ',',
  sol: '/',
  hyphen: '-',
  dash: '-',
  lowbar: '_',
  num: '#',
  percnt: '%',
  plus: '+',
  lpar: '(',
  rpar: ')',
  lbrace: '{',
  rbrace: '}',
  Tab: '\t',
  NewLine: '\n',
};

/** The UTF-8 bytes of a code point, as latin1 text like everything around it. */
const codePoint = (code: number): string =>
  code > 0x10ffff ? '' : Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1');

/** `\ud83e\udda9` is one character in two escapes. */
const jsonEscapes = (text: string): string =>
  text
    .replace(/(?:\\+u[0-9a-f]{4})+/gi, (run) => {
      const units = [...run.matchAll(/u([0-9a-f]{4})/gi)].map(([, unit = '0']) => Number.parseInt(unit, 16));
      return Buffer.from(String.fromCharCode(...units), 'utf8').toString('latin1');
    })
    .replace(/\\+u\{([0-9a-f]{1,6})\}/gi, (_, code: string) => codePoint(Number.parseInt(code, 16)))
    .replace(/\\+x([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\+([0-3][0-7]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
    .replace(/\\+([/"'\\])/g, '$1');

const htmlEntities = (text: string): string =>
  text
    .replace(/&#(\d{1,7});?/g, (_, code: string) => codePoint(Number(code)))
    .replace(/&#x([0-9a-f]{1,6});?/gi, (_, code: string) => codePoint(Number.parseInt(code, 16)))
    .replace(/&([A-Za-z]{2,8});/g, (whole, name: string) => ENTITIES[name] ?? whole);

/** As far from an escape as the rest of a word may stand. */
const REACH = 64;

/** Undoes escapes in the stretches of a text that have any; the rest was looked at already. */
function unescaped(text: string, mark: RegExp, undo: (text: string) => string): Buffer | undefined {
  const pieces: string[] = [];
  let [from, to] = [0, -1];
  const take = (): void => {
    if (to !== -1) pieces.push(undo(text.slice(from, to)));
  };
  for (const { index, 0: found } of text.matchAll(mark)) {
    if (to === -1 || index - REACH > to) {
      take();
      from = Math.max(0, index - REACH);
    }
    to = index + found.length + REACH;
  }
  take();
  return pieces.length === 0 ? undefined : Buffer.from(pieces.join('\n'), 'latin1');
}

const hexByte = (_: string, code: string): string => String.fromCharCode(Number.parseInt(code, 16));

/** All runs of an alphabet, decoded at each possible beginning, one after the other. */
function runs(text: string, pattern: RegExp, offsets: number, decode: (run: string) => Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (const [run] of text.matchAll(pattern)) {
    for (let offset = 0; offset < offsets; offset++) pieces.push(decode(run.slice(offset)), GAP);
  }
  return pieces.length === 0 ? undefined : Buffer.concat(pieces);
}
const GAP = Buffer.from(' \n');

const BASE64 = /[A-Za-z0-9+/_-]{8,}/g;
const HEX = /[0-9a-f]{12,}/gi;
const SPACED_HEX = /(?:[0-9a-f]{2}[ :,;-]){5,}[0-9a-f]{2}/gi;

const base64 = (text: string): Buffer | undefined =>
  runs(text.replace(/[\r\n]+/g, ''), BASE64, 4, (run) => Buffer.from(run, 'base64'));

const PEELS: readonly (readonly [name: string, peel: Peel])[] = [
  ['percent', (text) => unescaped(text, /%[0-9a-f]{2}/gi, (all) => all.replace(/%([0-9a-f]{2})/gi, hexByte))],
  ['escapes', (text) => unescaped(text, /\\+(?:u[0-9a-f]{4}|u\{|x[0-9a-f]{2}|[0-3][0-7]{2}|[/"'\\])/gi, jsonEscapes)],
  ['entities', (text) => unescaped(text, /&(?:#\d|#x[0-9a-f]|[a-z]{2,8};)/gi, htmlEntities)],
  [
    'quoted-printable',
    (text) =>
      unescaped(text, /=(?:\r?\n|[0-9A-F]{2})/g, (all) =>
        all.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, hexByte),
      ),
  ],
  ['base64', base64],
  ['hex', (text) => runs(text, HEX, 2, (run) => Buffer.from(run, 'hex'))],
  ['hex', (text) => runs(text, SPACED_HEX, 1, (run) => Buffer.from(run.replace(/[^0-9a-f]/gi, ''), 'hex'))],
];

/** Where a gzip member's data begins, its header being of any length. */
function gzipData(bytes: Buffer, from: number): number {
  const flags = bytes[from + 3] ?? 0;
  let at = from + 10;
  if ((flags & 4) !== 0) at += 2 + (at + 2 <= bytes.length ? bytes.readUInt16LE(at) : 0);
  for (const flag of [8, 16]) if ((flags & flag) !== 0) at = bytes.indexOf(0, at) + 1;
  return (flags & 2) !== 0 ? at + 2 : at;
}

const flush = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LARGEST };
const STREAMS: readonly (readonly [name: string, magic: Buffer, open: (bytes: Buffer, from: number) => Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b, 8]), (bytes, from) => inflateRawSync(bytes.subarray(gzipData(bytes, from)), flush)],
  ...[0x01, 0x5e, 0x9c, 0xda].map(
    (level) =>
      [
        'zlib',
        Buffer.from([0x78, level]),
        (bytes: Buffer, from: number) => inflateSync(bytes.subarray(from), flush),
      ] as const,
  ),
  [
    'zstd',
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    (bytes, from) =>
      zstdDecompressSync(bytes.subarray(from), { finishFlush: constants.ZSTD_e_flush, maxOutputLength: LARGEST }),
  ],
  [
    'zip entry',
    Buffer.from('PK\u0003\u0004', 'latin1'),
    (bytes, from) => {
      const method = bytes.readUInt16LE(from + 8);
      const data = from + 30 + bytes.readUInt16LE(from + 26) + bytes.readUInt16LE(from + 28);
      // A stored entry stands in the open, and was looked at with the file.
      return method === 8 ? inflateRawSync(bytes.subarray(data), flush) : Buffer.alloc(0);
    },
  ],
];

function* streams(bytes: Buffer): Generator<readonly [name: string, bytes: Buffer]> {
  for (const [name, magic, open] of STREAMS) {
    for (let at = bytes.indexOf(magic); at !== -1; at = bytes.indexOf(magic, at + 1)) {
      try {
        const inside = open(bytes, at);
        if (inside.length > 0) yield [name, inside];
      } catch {
        // Two or three bytes that only look like the beginning of a stream.
      }
    }
  }
}

/** @returns the bytes, and everything that comes to light under escapes, encodings and compression, layer by layer */
export function* views(bytes: Buffer, layers: readonly string[] = []): Generator<View> {
  yield { layers, bytes };
  if (layers.length === DEEPEST) return;
  const text = bytes.toString('latin1');
  const outer = layers.at(-1);
  for (const [name, peel] of PEELS) {
    // What was decoded at several beginnings is mostly noise: of that only real text is worth another look.
    if ((outer === 'base64' || outer === 'hex') && (name === outer || layers.length > 2)) continue;
    const below = peel(text);
    if (below !== undefined) yield* views(below, [...layers, name]);
  }
  for (const [name, inside] of streams(bytes)) yield* views(inside, [...layers, name]);
}
