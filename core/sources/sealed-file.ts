import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { Failure } from '../errors/failure.ts';
import { readFailure, systemCode, unusable } from './refuse.ts';

/**
 * A sealed file of blocks, with an index of what they are. On disk:
 *
 *     header    8 bytes magic, 16 bytes salt
 *     blocks    4 bytes length (its highest bit: not packed), AES-256-GCM of the bytes or of zstd of them, 16 bytes tag
 *     index     the same, of JSON
 *     trailer   8 bytes place of the index, 8 bytes: 6 of the magic and `ND`
 *
 * The file's own key comes from the given key and the salt, so that a counter is a safe nonce; the nonce also says
 * whether a block is packed, or is the index, and the header is authenticated with each: blocks that were changed,
 * moved, dropped or brought from another file or another kind of file do not open.
 */
const MAGIC_BYTES = 8;
const HEADER_BYTES = MAGIC_BYTES + 16;
const TRAILER_BYTES = 16;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const NOT_PACKED = 0x8000_0000;
/** No block of ours comes near it; a damaged length must not make us ask for gigabytes. */
const LARGEST_BLOCK = 64 * 1024 * 1024;
/** Blocks that are packed or written while the next is made. */
const MOST_UNDER_WAY = 4;
/** What a block is unpacked into at once. */
const USUAL_BLOCK = 1024 * 1024 + 64 * 1024;

const BLOCK_KINDS = { packed: 1, index: 2, plain: 3 } as const;
type BlockKind = keyof typeof BLOCK_KINDS;

/** One kind of sealed file. */
export interface SealedKind {
  /** 8 letters, by which one kind of file is not taken for another; the version is among them. */
  readonly magic: string;
  /** `the sealed copy of the export`: for the sentences of a file that cannot be written. */
  readonly what: string;
  /** Whether it may be gone when the power fails, since it can be made again: then the disk is not waited for. */
  readonly isSpare?: true;
  /** What is thrown for a file that is cut, changed, of another kind, or sealed with another key. */
  damaged(file: string): Failure;
}

export interface SealedWriter {
  /**
   * Adds a block. Resolves as soon as there is room for another, before this one is written: a failure comes with one of
   * the next blocks, or at the end.
   * @param bytes ours from now on: they must not be written to again.
   * @param how `plain` for what zstd would not make smaller, as hashes.
   * @returns the block's number: 0, 1, 2, …
   */
  block(bytes: Buffer, how: 'packed' | 'plain'): Promise<number>;
}

/**
 * Writes a sealed file, readable by this account only; it is there whole or not at all. What a process that is killed
 * meanwhile leaves behind ends in `.tmp`.
 * @param key 32 bytes, from the secret store.
 * @param fill adds the blocks, and gives the index: any JSON.
 * @throws Failure `disk-full`, `source-unusable` where the folder cannot be written to, and what `fill` throws.
 */
export async function writeSealed(
  file: string,
  kind: SealedKind,
  key: Buffer,
  fill: (out: SealedWriter) => Promise<unknown>,
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx', 0o600);
    await writeBlocks(handle, kind, key, fill);
    if (kind.isSpare !== true) await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, file);
    if (kind.isSpare !== true) await flushNames(dirname(file));
  } catch (thrown) {
    await handle?.close();
    await rm(temporary, { force: true });
    throw writeFailure(thrown, kind.what);
  }
}

/**
 * Writes the names in a folder down to the disk, where its file system can: when the power fails, the ledger must not tell
 * of a file that has the name of an older one. Windows sees to it by itself.
 */
async function flushNames(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync().catch(ignored);
  } finally {
    await handle.close();
  }
}

function writeFailure(thrown: unknown, what: string): unknown {
  switch (systemCode(thrown)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure('disk-full', `The disk is full, so ${what} could not be kept; free some space and try again.`);
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return unusable(
        `${what.charAt(0).toUpperCase()}${what.slice(1)} could not be written; check that the data folder is there and may be written to.`,
      );
    default:
      return thrown;
  }
}

/**
 * Gives the memory of a block that was read back at once. Left to the collector, every few dozen megabytes of blocks,
 * which it does not see, would have it go through everything else. Nothing may look at the block any more.
 */
export function letGo(buffer: ArrayBufferLike): void {
  // Small ones may be the pool that all small ones are cut from.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize && !buffer.detached) buffer.transfer(0);
}

/** The same, for bytes that may be a part of what others look at: these stay. */
function letGoWhole({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === buffer.byteLength) letGo(buffer);
}

async function writeBlocks(
  handle: FileHandle,
  { magic }: SealedKind,
  key: Buffer,
  fill: (out: SealedWriter) => Promise<unknown>,
): Promise<void> {
  const header = Buffer.concat([Buffer.from(magic, 'latin1'), randomBytes(HEADER_BYTES - MAGIC_BYTES)]);
  const secret = fileKey(header, key);
  let place = 0;
  const write = async (...parts: Buffer[]): Promise<void> => {
    for (const bytes of parts) {
      // One call may write less than all of it.
      for (let from = 0; from < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, from, bytes.length - from, place);
        from += bytesWritten;
        place += bytesWritten;
      }
    }
  };
  await write(header);

  let count = 0;
  /** Blocks that are not written yet, oldest first; each waits for the one before it. */
  const underWay: Promise<void>[] = [];
  const add = (kind: BlockKind, counter: number, bytes: Buffer): void => {
    // Packed at once, in a thread of its own, whatever is still to be written before it.
    const packed = kind === 'plain' ? Promise.resolve(bytes) : pack(bytes);
    packed.catch(ignored);
    const before = underWay.at(-1);
    const written = (async () => {
      await before;
      const sealed = sealBlock(header, secret, kind, counter, await packed);
      letGoWhole(bytes);
      await write(...sealed);
      sealed.forEach(letGoWhole);
    })();
    written.catch(ignored);
    underWay.push(written);
  };
  try {
    const index = await fill({
      async block(bytes, how) {
        if (bytes.length > LARGEST_BLOCK) throw new Failure('internal', 'A block of a sealed file is too large.');
        const number = count++;
        add(how, number, bytes);
        while (underWay.length >= MOST_UNDER_WAY) {
          await underWay[0];
          underWay.shift();
        }
        return number;
      },
    });
    await underWay.at(-1);
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeBigUInt64BE(BigInt(place), 0);
    endMark(magic).copy(trailer, 8);
    add('index', 0, Buffer.from(JSON.stringify(index)));
    await underWay.at(-1);
    await write(trailer);
  } finally {
    // The file must not be closed under a block that is still written.
    await Promise.allSettled(underWay);
  }
}

/** For a promise that is waited for later, or no more: its failure is no unhandled one. */
const ignored = (): void => {};

export interface SealedReader {
  /** What `fill` gave; only we can have written it, but perhaps another version of us: the caller checks its shape. */
  readonly index: unknown;
  /**
   * The bytes of `count` blocks from number `first` on; reads and unpacks the next one ahead.
   * @throws Failure when one is damaged, or not there.
   */
  blocks(first: number, count: number): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a sealed file.
 * @returns undefined where there is no such file
 * @throws Failure what `kind.damaged` gives, or `source-unusable` where the file may not be read.
 */
export async function openSealed(file: string, kind: SealedKind, key: Buffer): Promise<SealedReader | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw readFailure(thrown, basename(file));
  }
  try {
    return await readerOf(handle, file, kind, key);
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

async function readerOf(handle: FileHandle, file: string, kind: SealedKind, key: Buffer): Promise<SealedReader> {
  const damaged = (): Failure => kind.damaged(file);
  const { size } = await handle.stat();
  if (size < HEADER_BYTES + TRAILER_BYTES) throw damaged();

  const readExactly = async (place: number, length: number, into?: Buffer): Promise<Buffer> => {
    const bytes = into?.subarray(0, length) ?? Buffer.allocUnsafe(length);
    try {
      for (let from = 0; from < length; ) {
        const { bytesRead } = await handle.read(bytes, from, length - from, place + from);
        if (bytesRead === 0) throw damaged();
        from += bytesRead;
      }
    } catch (thrown) {
      throw readFailure(thrown, basename(file));
    }
    return bytes;
  };

  const header = await readExactly(0, HEADER_BYTES);
  const trailer = await readExactly(size - TRAILER_BYTES, TRAILER_BYTES);
  if (header.toString('latin1', 0, MAGIC_BYTES) !== kind.magic) throw damaged();
  if (!trailer.subarray(8).equals(endMark(kind.magic))) throw damaged();
  const indexPlace = Number(trailer.readBigUInt64BE(0));
  if (!Number.isSafeInteger(indexPlace) || indexPlace < HEADER_BYTES) throw damaged();

  const secret = fileKey(header, key);
  const lengthBytes = Buffer.alloc(LENGTH_BYTES);
  /** The length of the block at a place, which must end at or before `end`. */
  const lengthAt = (place: number, end: number): { length: number; packed: boolean } => {
    if (place + LENGTH_BYTES > end) throw damaged();
    try {
      // A few bytes that mostly lie in memory: a round through the thread pool would take longer.
      if (readSync(handle.fd, lengthBytes, 0, LENGTH_BYTES, place) !== LENGTH_BYTES) throw damaged();
    } catch (thrown) {
      throw readFailure(thrown, basename(file));
    }
    const word = lengthBytes.readUInt32BE(0);
    const length = word & ~NOT_PACKED;
    if (length < TAG_BYTES || length > LARGEST_BLOCK || place + LENGTH_BYTES + length > end) throw damaged();
    return { length, packed: (word & NOT_PACKED) === 0 };
  };
  const rooms: Buffer[] = [];
  const opened = async (blockKind: BlockKind, counter: number, place: number, length: number): Promise<Buffer> => {
    // Room is used again, since a block is copied as it is opened; a million rows would ask for it fifty times over.
    let room = rooms.pop();
    if (room === undefined || room.length < length) room = Buffer.allocUnsafe(length + (length >> 2));
    const body = await readExactly(place + LENGTH_BYTES, length, room);
    try {
      const bytes = unsealBlock(header, secret, blockKind, counter, body);
      rooms.push(room);
      return blockKind === 'plain' ? bytes : await unpack(bytes);
    } catch {
      throw damaged();
    }
  };

  const indexEnd = size - TRAILER_BYTES;
  const atIndex = lengthAt(indexPlace, indexEnd);
  if (indexPlace + LENGTH_BYTES + atIndex.length !== indexEnd) throw damaged();
  const index: unknown = JSON.parse((await opened('index', 0, indexPlace, atIndex.length)).toString());

  /** Places of the blocks as far as they are known: each tells where the next one is. */
  const places: number[] = [HEADER_BYTES];
  const placeOf = (counter: number): number => {
    while (places.length <= counter) {
      const last = places.at(-1)!;
      places.push(last + LENGTH_BYTES + lengthAt(last, indexPlace).length);
    }
    return places[counter]!;
  };
  const block = async (counter: number): Promise<Buffer> => {
    const place = placeOf(counter);
    const { length, packed } = lengthAt(place, indexPlace);
    return opened(packed ? 'packed' : 'plain', counter, place, length);
  };

  return {
    index,
    async *blocks(first, count) {
      const ahead = (counter: number): Promise<Buffer> | undefined => {
        if (counter >= first + count) return undefined;
        const coming = block(counter);
        coming.catch(ignored);
        return coming;
      };
      let coming = ahead(first);
      for (let counter = first; coming !== undefined; ) {
        const bytes = await coming;
        counter += 1;
        coming = ahead(counter);
        yield bytes;
      }
    },
    close: () => handle.close(),
  };
}

const endMark = (magic: string): Buffer => Buffer.from(`${magic.slice(0, 6)}ND`, 'latin1');

function fileKey(header: Buffer, key: Buffer): Buffer {
  if (key.length !== 32) throw new Failure('internal', 'The key of a sealed file must have 32 bytes.');
  // Files that were sealed by earlier versions need these words; kinds are told apart by the header.
  return Buffer.from(hkdfSync('sha256', key, header.subarray(MAGIC_BYTES), 'rollbook snapshot', 32));
}

function nonceOf(kind: BlockKind, counter: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(BLOCK_KINDS[kind], 0);
  nonce.writeBigUInt64BE(BigInt(counter), 4);
  return nonce;
}

/** @returns what is written of a block, in order: put together, it would be copied once more */
function sealBlock(header: Buffer, secret: Buffer, kind: BlockKind, counter: number, bytes: Buffer): Buffer[] {
  const cipher = createCipheriv('aes-256-gcm', secret, nonceOf(kind, counter));
  cipher.setAAD(header);
  const body = cipher.update(bytes);
  cipher.final();
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE((body.length + TAG_BYTES + (kind === 'plain' ? NOT_PACKED : 0)) >>> 0);
  return [length, body, cipher.getAuthTag()];
}

function unsealBlock(header: Buffer, secret: Buffer, kind: BlockKind, counter: number, body: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', secret, nonceOf(kind, counter), { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
  const bytes = decipher.update(body.subarray(0, body.length - TAG_BYTES));
  decipher.final();
  return bytes;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

// Room for the whole result: each piece of it is a round through the thread pool.
const pack = (bytes: Buffer): Promise<Buffer> =>
  compress(bytes, {
    chunkSize: bytes.length + (bytes.length >> 7) + 1024,
    pledgedSrcSize: bytes.length,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });

const unpack = (bytes: Buffer): Promise<Buffer> => decompress(bytes, { chunkSize: USUAL_BLOCK });
