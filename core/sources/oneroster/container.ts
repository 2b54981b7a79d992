import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import * as yauzl from 'yauzl';
import { Failure } from '../../errors/failure.ts';
import { readFailure, shown, stopIfAborted, systemCode, unusable } from '../refuse.ts';

/** One file of an export. */
export interface Entry {
  /** The name as the steward sees it. */
  readonly name: string;
  /** The file as it was found: in a zip, the zip's. Undefined where there is no such file, but a copy. */
  readonly state: FileState | undefined;
  /** The file's bytes in chunks; a chunk is only good until the next one is asked for. */
  bytes(signal?: AbortSignal): AsyncIterable<Buffer>;
  /** Throws a Failure when the file is no longer the one that was found at the start. */
  assertUnchanged(): Promise<void>;
}

/** What tells one state of a file from another, without reading it. */
export interface FileState {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
  /** When it was looked at, in milliseconds since 1970. */
  readonly seenAt: number;
}

/** A folder or a zip file, opened. */
export interface Container {
  readonly entries: readonly Entry[];
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
  /**
   * Milliseconds between two looks at the files; a file that differs is still being written. 0: one look. By default
   * 200, and only where a file was written within the last 2 seconds.
   */
  readonly settleMs?: number;
  /** What an earlier source said of the same export (`Source.known`): files that are as they were then are not read. */
  readonly known?: string | undefined;
}

const CHUNK = 256 * 1024;
/** The number that a zip gives the usual method. */
const DEFLATED = 8;
const RECENT_MS = 2000;
const DEFAULT_SETTLE_MS = 200;

interface Found {
  readonly name: string;
  readonly path: string;
  readonly state: FileState;
}

/** Whether a file is still the one that was found. Its ctime does not count: a backup changes that too. */
function isSame({ state: one }: Found, { state: other }: Found): boolean {
  return one.size === other.size && one.mtimeNs === other.mtimeNs && one.ino === other.ino;
}

/**
 * Opens a folder or a .zip; a single folder inside it that holds the files is entered.
 * @param isKnown whether a name is one that an export of this format has.
 * @throws Failure when there is nothing to read, the zip is damaged, or a file is still being written.
 */
export async function openContainer(
  path: string,
  isKnown: (name: string) => boolean,
  options: OpenOptions,
): Promise<Container> {
  const label = shown(basename(path) || path);
  const kind = await kindOf(path, label);
  if (kind === 'zip') {
    const found = await look(path, basename(path));
    await settle([found], options, () => Promise.all([look(path, basename(path))]));
    return openZip(found, label, isKnown);
  }
  const folder = await folderWithFiles(path, label, isKnown);
  const found = await filesOf(folder);
  await settle(found, options, () => filesOf(folder));
  return { entries: found.map(fileEntry), close: async () => {} };
}

async function kindOf(path: string, label: string): Promise<'folder' | 'zip'> {
  const info = await stat(path).catch((thrown: unknown) => {
    const code = systemCode(thrown);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw readFailure(thrown, label);
    throw unusable(`There is no folder or zip file ${label}; check the path of the export.`, { file: label });
  });
  if (info.isDirectory()) return 'folder';
  if (info.isFile() && /\.zip$/i.test(path)) return 'zip';
  throw unusable(`${label} is neither a folder nor a zip file; choose the folder or the zip of the OneRoster export.`, {
    file: label,
  });
}

async function folderWithFiles(path: string, label: string, isKnown: (name: string) => boolean): Promise<string> {
  const list = await listFolder(path);
  if (list.length === 0) {
    throw unusable(`The folder ${label} is empty; make an export into it, or choose another folder.`, { file: label });
  }
  if (list.some((item) => item.isFile() && isKnown(item.name))) return path;
  const inner: string[] = [];
  for (const item of list) {
    if (!item.isDirectory()) continue;
    const below = await listFolder(join(path, item.name));
    if (below.some((file) => file.isFile() && isKnown(file.name))) inner.push(join(path, item.name));
  }
  if (inner.length === 1) return inner[0]!;
  if (inner.length > 1) {
    throw unusable(`The folder ${label} holds several OneRoster exports; choose one of them.`, { file: label });
  }
  throw noExport(`The folder ${label}`, label);
}

async function listFolder(path: string) {
  return readdir(path, { withFileTypes: true }).catch((thrown: unknown) => {
    throw readFailure(thrown, basename(path));
  });
}

function noExport(what: string, label: string): Failure {
  return unusable(
    `${what} holds no OneRoster export (files like users.csv and enrollments.csv); choose the folder or zip that the SIS wrote.`,
    { file: label },
  );
}

async function filesOf(folder: string): Promise<Found[]> {
  const list = await listFolder(folder);
  const found: Found[] = [];
  for (const item of list) {
    if (item.isFile() && !isLitter(item.name)) found.push(await look(join(folder, item.name), item.name));
  }
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function look(path: string, name: string): Promise<Found> {
  try {
    const { size, mtimeNs, ctimeNs, ino, dev } = await stat(path, { bigint: true });
    return { name, path, state: { size, mtimeNs, ctimeNs, ino, dev, seenAt: Date.now() } };
  } catch (thrown) {
    throw readFailure(thrown, name);
  }
}

/** Looks twice, so that an export is not read while the SIS still writes it. */
async function settle(
  first: readonly Found[],
  options: OpenOptions,
  again: () => Promise<readonly Found[]>,
): Promise<void> {
  const recent = first.some(({ state }) => state.seenAt - Number(state.mtimeNs / 1_000_000n) < RECENT_MS);
  const pause = options.settleMs ?? (recent ? DEFAULT_SETTLE_MS : 0);
  if (pause <= 0) return;
  await wait(pause, undefined, options.signal ? { signal: options.signal } : {}).catch(() => undefined);
  stopIfAborted(options.signal);
  const before = new Map(first.map((file) => [file.name, file]));
  const after = await again();
  const moving = after.find((file) => {
    const found = before.get(file.name);
    return found === undefined || !isSame(found, file);
  });
  const gone = first.find((file) => !after.some((other) => other.name === file.name));
  const name = moving?.name ?? gone?.name;
  if (name !== undefined) {
    throw unusable(`${shown(name)} is still being written; wait until the export has finished, then try again.`, {
      file: shown(name),
    });
  }
}

/** Files that operating systems leave behind. */
function isLitter(name: string): boolean {
  return name.startsWith('.') || /^(thumbs\.db|desktop\.ini)$/i.test(name);
}

async function assertSame(found: Found): Promise<void> {
  if (!isSame(found, await look(found.path, found.name))) throw changedWhileRead(found.name);
}

/** What is thrown for a file that is no longer the one that was found at the start. */
export function changedWhileRead(name: string): Failure {
  return unusable(`${shown(name)} changed while it was read; wait until the export has finished, then try again.`, {
    file: shown(name),
  });
}

function fileEntry(found: Found): Entry {
  return {
    name: found.name,
    state: found.state,
    assertUnchanged: () => assertSame(found),
    async *bytes(signal) {
      let file: Awaited<ReturnType<typeof open>> | undefined;
      // The next piece is read while this one is worked on.
      let [now, next] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
      let coming: Promise<{ bytesRead: number }> | undefined;
      try {
        file = await open(found.path, 'r');
        coming = file.read(now, 0, CHUNK, null);
        for (;;) {
          stopIfAborted(signal);
          const { bytesRead } = await coming;
          if (bytesRead === 0) return;
          coming = file.read(next, 0, CHUNK, null);
          yield now.subarray(0, bytesRead);
          [now, next] = [next, now];
        }
      } catch (thrown) {
        throw readFailure(thrown, found.name);
      } finally {
        await coming?.catch(() => undefined);
        await file?.close();
      }
    },
  };
}

function damagedZip(label: string): Failure {
  return unusable(`${label} is damaged or was not copied completely; copy it again, or make a new export.`, {
    file: label,
  });
}

async function openZip(found: Found, label: string, isKnown: (name: string) => boolean): Promise<Container> {
  const zip = await yauzl.openPromise(found.path, { autoClose: false, lazyEntries: true }).catch(() => {
    throw damagedZip(label);
  });
  try {
    const all = await zipList(zip, label);
    const folders = new Set(all.filter((item) => isKnown(item.name)).map((item) => item.folder));
    const folder = folders.has('') ? '' : [...folders][0];
    if (folder === undefined) throw noExport(`The zip ${label}`, label);
    if (folder !== '' && folders.size > 1) {
      throw unusable(`The zip ${label} holds several OneRoster exports; choose one that holds a single export.`, {
        file: label,
      });
    }
    const chosen = all.filter((item) => item.folder === folder);
    const seen = new Set<string>();
    for (const { name } of chosen) {
      if (seen.has(name))
        throw unusable(`The zip ${label} holds two files named ${shown(name)}; make a new export.`, { file: label });
      seen.add(name);
    }
    return {
      entries: chosen.map(({ name, entry }) => zipEntry(zip, entry, name, found, label)),
      close: async () => zip.close(),
    };
  } catch (thrown) {
    zip.close();
    throw thrown;
  }
}

interface ZipItem {
  readonly folder: string;
  readonly name: string;
  readonly entry: yauzl.Entry;
}

/** The files at the root of the zip and in its top folders. */
async function zipList(zip: yauzl.ZipFile, label: string): Promise<ZipItem[]> {
  const items: ZipItem[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      const parts = entry.fileName.split('/');
      const name = parts.at(-1) ?? '';
      if (name === '' || parts.length > 2 || isLitter(name) || parts[0] === '__MACOSX') continue;
      items.push({ folder: parts.length === 2 ? parts[0]! : '', name, entry });
    }
  } catch {
    throw damagedZip(label);
  }
  return items;
}

function zipEntry(zip: yauzl.ZipFile, entry: yauzl.Entry, name: string, found: Found, label: string): Entry {
  return {
    name,
    state: found.state,
    assertUnchanged: () => assertSame(found),
    async *bytes(signal) {
      if (entry.isEncrypted()) {
        throw unusable(`${label} is protected by a password; have the SIS write the export without one.`, {
          file: label,
        });
      }
      const damaged = (): Failure =>
        unusable(`${shown(name)} in ${label} is damaged or cut off; copy the zip again, or make a new export.`, {
          file: shown(name),
        });
      let sum = 0;
      let left = entry.uncompressedSize;
      const stream = await inflated(zip, entry).catch(() => {
        throw damaged();
      });
      try {
        for await (const piece of stream as AsyncIterable<Buffer>) {
          stopIfAborted(signal);
          sum = crc32(piece, sum);
          left -= piece.length;
          if (left < 0) throw damaged();
          yield piece;
        }
      } catch (thrown) {
        throw thrown instanceof Failure ? thrown : damaged();
      } finally {
        stream.destroy();
      }
      if (left !== 0 || sum !== entry.crc32) throw damaged();
    },
  };
}

/** In pieces as large as those of a file, where yauzl's own are 16 kB: each is a round through the thread pool. */
async function inflated(zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<Readable> {
  if (entry.compressionMethod !== DEFLATED) return zip.openReadStreamPromise(entry);
  const raw = await zip.openReadStreamPromise(entry, { decompress: false });
  // An error of either ends both; it is met where the pieces are read.
  return pipeline(raw, createInflateRaw({ chunkSize: CHUNK }), () => {});
}
