import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { Failure } from '../errors/failure.ts';
import { olderName } from './file-names.ts';
import { readFailure, shown, stopIfAborted, systemCode, unusable } from './refuse.ts';
import type { RowBatch, Source, TableInfo } from './types.ts';

/**
 * A sealed copy of the last full set of rows, without which a delta export means nothing. On disk:
 *
 *     header    8 bytes `RBSNAP01`, 16 bytes salt
 *     blocks    4 bytes length, AES-256-GCM of zstd of JSON [[row numbers], [rows], file where it is not the table's
 *               own], 16 bytes tag; any number
 *     index     the same, of JSON: version, fingerprint, tables with the place and number of their blocks
 *     trailer   8 bytes place of the index, 8 bytes `RBSNAPND`
 *
 * The file's own key comes from the given key and the salt, so that a counter is a safe nonce; the nonce also says
 * whether a block is rows or the index, and the header is authenticated with each: blocks that were changed, moved,
 * dropped or brought from another file do not open.
 */
const MAGIC = Buffer.from('RBSNAP01');
const END = Buffer.from('RBSNAPND');
const HEADER_BYTES = MAGIC.length + 16;
const TRAILER_BYTES = 16;
const TAG_BYTES = 16;
/** Characters of rows that are gathered into a block. */
const BLOCK_CHARACTERS = 1024 * 1024;
/** No block of ours comes near it; a damaged length must not make us ask for gigabytes. */
const LARGEST_BLOCK = 64 * 1024 * 1024;

const index = z.strictObject({
  version: z.enum(['1.1', '1.2']),
  fingerprint: z.string(),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      columns: z.array(z.string()),
      file: z.string(),
      /** Byte place of the first block, its counter, and how many follow one another. */
      place: z.number().int().nonnegative(),
      first: z.number().int().nonnegative(),
      blocks: z.number().int().nonnegative(),
    }),
  ),
});
type Index = z.infer<typeof index>;

/** Row numbers, rows, and their file where it is not the table's own. Checked by its seal: only we can have written it. */
type Block = readonly [number[], string[][], string?];

type BlockKind = 'rows' | 'index';

export interface Seal {
  /** 32 bytes, from the secret store. */
  readonly key: Buffer;
}

/**
 * Writes every row and column of a full set into one sealed file, readable by this account only; the file is there
 * whole or not at all.
 * @throws Failure what reading the source throws; `disk-full`.
 */
export async function saveSnapshot(source: Source, file: string, seal: Seal, signal?: AbortSignal): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx', 0o600);
    await writeSnapshot(source, handle, seal.key, signal);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, file);
  } catch (thrown) {
    await handle?.close();
    await rm(temporary, { force: true });
    throw writeFailure(thrown);
  }
}

function writeFailure(thrown: unknown): unknown {
  switch (systemCode(thrown)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure(
        'disk-full',
        'The disk is full, so the sealed copy of the export could not be kept; free some space and try again.',
      );
    case 'ENOENT':
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return unusable(
        'The sealed copy of the export could not be written; check that the data folder is there and may be written to.',
      );
    default:
      return thrown;
  }
}

async function writeSnapshot(source: Source, handle: FileHandle, key: Buffer, signal?: AbortSignal): Promise<void> {
  const header = Buffer.concat([MAGIC, randomBytes(16)]);
  const sealed = sealer(header, key);
  let place = 0;
  let blocks = 0;
  const write = async (bytes: Buffer): Promise<void> => {
    // One call may write less than all of it.
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, from, bytes.length - from, place);
      from += bytesWritten;
      place += bytesWritten;
    }
  };
  await write(header);
  const tables: Index['tables'] = [];
  for (const { name, columns, file } of source.tables.values()) {
    const table = { name, columns: [...columns], file, place, first: blocks, blocks: 0 };
    let rows: (readonly string[])[] = [];
    let numbers: number[] = [];
    let characters = 0;
    let from: string | undefined;
    const flush = async (): Promise<void> => {
      if (rows.length === 0) return;
      const block: readonly unknown[] = from === undefined ? [numbers, rows] : [numbers, rows, from];
      await write(sealed('rows', blocks++, JSON.stringify(block)));
      table.blocks++;
      rows = [];
      numbers = [];
      characters = 0;
    };
    for await (const batch of source.read(name, columns, signal)) {
      stopIfAborted(signal);
      if (batch.file !== from) await flush();
      from = batch.file;
      for (const [at, row] of batch.rows.entries()) {
        rows.push(row);
        numbers.push(batch.numbers[at]!);
        for (const value of row) characters += value.length + 3;
        if (characters >= BLOCK_CHARACTERS) await flush();
      }
    }
    await flush();
    tables.push(table);
  }
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeBigUInt64BE(BigInt(place), 0);
  END.copy(trailer, 8);
  const contents: Index = { version: source.version, fingerprint: source.fingerprint, tables };
  await write(sealed('index', 0, JSON.stringify(contents)));
  await write(trailer);
}

/**
 * What a sealed copy is opened as, which is how its rows name their files.
 * `base`: a delta is laid over it. Its files are `users.csv of the last export`, and those that were of an earlier
 * export when it was made are of one more before now (`olderName`).
 * `itself`: it stands for the export it was made of, to send or to look at that again. Files have the names they had,
 * so that a record is at the same place as in the batch that made the copy.
 */
export type SnapshotUse = 'base' | 'itself';

/**
 * Opens a sealed copy as a full set; rows keep their numbers.
 * @param key the 32 bytes it was sealed with.
 * @throws Failure when the file is missing, damaged, or sealed with another key; also while reading.
 */
export async function openSnapshot(file: string, key: Buffer, as: SnapshotUse = 'base'): Promise<Source> {
  const handle = await open(file, 'r').catch((thrown: unknown) => {
    if (systemCode(thrown) === 'ENOENT') {
      throw unusable(
        'There is no sealed copy of the last full export, which a delta export needs; make a bulk export first.',
      );
    }
    throw readFailure(thrown, basename(file));
  });
  try {
    const { size } = await handle.stat();
    if (size < HEADER_BYTES + TRAILER_BYTES) throw damaged(file);
    const header = await readExactly(handle, file, 0, HEADER_BYTES);
    const trailer = await readExactly(handle, file, size - TRAILER_BYTES, TRAILER_BYTES);
    if (!header.subarray(0, MAGIC.length).equals(MAGIC) || !trailer.subarray(8).equals(END)) throw damaged(file);
    const indexPlace = Number(trailer.readBigUInt64BE(0));
    const unsealed = unsealer(header, key, file);
    const readBlock = async (place: number, kind: BlockKind, counter: number) => {
      const length = place + 4 > size ? 0 : (await readExactly(handle, file, place, 4)).readUInt32BE(0);
      if (length < TAG_BYTES || length > LARGEST_BLOCK || place + 4 + length > size) throw damaged(file);
      return {
        text: unsealed(kind, counter, await readExactly(handle, file, place + 4, length)),
        next: place + 4 + length,
      };
    };
    const contents = await readIndex(readBlock, indexPlace, size, file);
    return snapshotSource(contents, as === 'base' ? olderName : (name) => name, readBlock, () => handle.close());
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

type ReadBlock = (place: number, kind: BlockKind, counter: number) => Promise<{ text: string; next: number }>;

async function readIndex(readBlock: ReadBlock, place: number, size: number, file: string): Promise<Index> {
  if (!Number.isSafeInteger(place) || place < HEADER_BYTES || place >= size) throw damaged(file);
  const { text, next } = await readBlock(place, 'index', 0);
  if (next !== size - TRAILER_BYTES) throw damaged(file);
  return index.parse(JSON.parse(text));
}

function snapshotSource(
  contents: Index,
  nameNow: (file: string) => string,
  readBlock: ReadBlock,
  close: () => Promise<void>,
): Source {
  const tables = new Map<string, TableInfo>();
  for (const { name, columns, file: named } of contents.tables) {
    tables.set(name, { name, columns, mode: 'bulk', file: nameNow(named) });
  }
  async function* read(name: string, columns: readonly string[], signal?: AbortSignal): AsyncGenerator<RowBatch> {
    const table = contents.tables.find((one) => one.name === name);
    if (!table) throw unusable(`The last full export has no table ${shown(name)}; make a bulk export.`);
    const projection = columns.map((column) => table.columns.indexOf(column));
    let { place } = table;
    for (let at = 0; at < table.blocks; at++) {
      stopIfAborted(signal);
      const { text, next } = await readBlock(place, 'rows', table.first + at);
      place = next;
      const [numbers, rows, from] = JSON.parse(text) as Block;
      yield {
        numbers,
        rows: rows.map((row) => projection.map((column) => row[column] ?? '')),
        ...(from === undefined ? {} : { file: nameNow(from) }),
      };
    }
  }
  return {
    kind: 'oneroster',
    version: contents.version,
    tables,
    notices: [],
    fingerprint: contents.fingerprint,
    read,
    close,
  };
}

function fileKey(header: Buffer, key: Buffer): Buffer {
  if (key.length !== 32) throw new Failure('internal', 'The key of a sealed copy must have 32 bytes.');
  return Buffer.from(hkdfSync('sha256', key, header.subarray(MAGIC.length), 'rollbook snapshot', 32));
}

function nonceOf(kind: BlockKind, counter: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(kind === 'rows' ? 1 : 2, 0);
  nonce.writeBigUInt64BE(BigInt(counter), 4);
  return nonce;
}

function sealer(header: Buffer, key: Buffer): (kind: BlockKind, counter: number, text: string) => Buffer {
  const secret = fileKey(header, key);
  return (kind, counter, text) => {
    const cipher = createCipheriv('aes-256-gcm', secret, nonceOf(kind, counter));
    cipher.setAAD(header);
    const packed = zstdCompressSync(Buffer.from(text), { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    const body = Buffer.concat([cipher.update(packed), cipher.final(), cipher.getAuthTag()]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  };
}

function unsealer(
  header: Buffer,
  key: Buffer,
  file: string,
): (kind: BlockKind, counter: number, body: Buffer) => string {
  const secret = fileKey(header, key);
  return (kind, counter, body) => {
    try {
      const decipher = createDecipheriv('aes-256-gcm', secret, nonceOf(kind, counter), { authTagLength: TAG_BYTES });
      decipher.setAAD(header);
      decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
      const packed = Buffer.concat([decipher.update(body.subarray(0, body.length - TAG_BYTES)), decipher.final()]);
      return zstdDecompressSync(packed).toString();
    } catch {
      throw damaged(file);
    }
  };
}

async function readExactly(handle: FileHandle, file: string, place: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  try {
    for (let from = 0; from < length; ) {
      const { bytesRead } = await handle.read(bytes, from, length - from, place + from);
      if (bytesRead === 0) throw damaged(file);
      from += bytesRead;
    }
  } catch (thrown) {
    throw readFailure(thrown, basename(file));
  }
  return bytes;
}

function damaged(file: string): Failure {
  const name = shown(basename(file));
  return unusable(
    `The sealed copy of the last export (${name}) is damaged or was sealed with another key; make a bulk export, which replaces it.`,
    { file: name },
  );
}
