import { StringDecoder } from 'node:string_decoder';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export interface EncodingStart {
  readonly encoding: Encoding;
  /** Bytes of the byte order mark, not part of the text. */
  readonly bom: number;
}

/**
 * What a file's first bytes say about its encoding.
 * UTF-16 without a mark is known by its zero bytes: a header begins with two ASCII letters.
 */
export function encodingStart(head: Buffer): EncodingStart {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', bom: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bom: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bom: 2 };
  if (head[0] && head[1] === 0 && head[2] && head[3] === 0) return { encoding: 'utf-16le', bom: 0 };
  if (head[0] === 0 && head[1] && head[2] === 0 && head[3]) return { encoding: 'utf-16be', bom: 0 };
  return { encoding: 'utf-8', bom: 0 };
}

/** Bytes that Windows-1252 gives no character. */
export function isUndefinedIn1252(byte: number): boolean {
  return byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d;
}

/** How many bytes at the end of `bytes` begin a UTF-8 character that the next chunk has to finish (0 to 3). */
export function unfinishedUtf8(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

/**
 * Decodes chunk after chunk.
 * @returns text of a chunk; call once more with undefined at the end of the file.
 */
export function textDecoder(encoding: Encoding): (chunk: Buffer | undefined) => string {
  if (encoding === 'utf-8') {
    // Several times as fast as a streaming TextDecoder; that the bytes are UTF-8 has been checked before.
    const decoder = new StringDecoder('utf8');
    return (chunk) => (chunk ? decoder.write(chunk) : decoder.end());
  }
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (chunk) => (chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode());
}
