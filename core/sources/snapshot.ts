import { basename } from 'node:path';
import { z } from 'zod';
import type { Failure } from '../errors/failure.ts';
import { olderName } from './file-names.ts';
import { copyIndex } from './oneroster/copy.ts';
import { openCopy } from './oneroster/open.ts';
import { shown, stopIfAborted, unusable } from './refuse.ts';
import { openSealed, type SealedKind, type SealedReader, type SealedWriter, writeSealed } from './sealed-file.ts';
import type { RowBatch, Source, TableInfo } from './types.ts';

/**
 * A sealed copy of the last full set, without which a delta export means nothing. Of an export that is read from its own
 * files it is a copy of these (`oneroster/copy.ts`). Of a delta over an earlier set it is rows, in blocks of JSON of
 * [[row numbers], [rows], file where it is not the table's own]; so it was of any export in earlier versions.
 */
const COPY: SealedKind = { magic: 'RBSNAP01', what: 'the sealed copy of the export', damaged };

/** Characters of rows that are gathered into a block. */
const BLOCK_CHARACTERS = 1024 * 1024;

const index = z.strictObject({
  version: z.enum(['1.1', '1.2']),
  fingerprint: z.string(),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      columns: z.array(z.string()),
      file: z.string(),
      /** What earlier versions wrote beside it. */
      place: z.number().optional(),
      /** The number of the first block, and how many follow one another. */
      first: z.number().int().nonnegative(),
      blocks: z.number().int().nonnegative(),
    }),
  ),
});
type Index = z.infer<typeof index>;

/** Row numbers, rows, and their file where it is not the table's own. Checked by its seal: only we can have written it. */
type Block = readonly [number[], string[][], string?];

export interface Seal {
  /** 32 bytes, from the secret store. */
  readonly key: Buffer;
}

/**
 * Writes a full set, all of its rows and columns, into one sealed file, readable by this account only; the file is there
 * whole or not at all.
 * @throws Failure what reading the source throws, so for a file that is no longer what it was when it was opened;
 *   `disk-full`.
 */
export async function saveSnapshot(source: Source, file: string, seal: Seal, signal?: AbortSignal): Promise<void> {
  await writeSealed(file, COPY, seal.key, (out) => source.copy?.(out, signal) ?? writeRows(source, out, signal));
}

async function writeRows(source: Source, out: SealedWriter, signal?: AbortSignal): Promise<Index> {
  let blocks = 0;
  const tables: Index['tables'] = [];
  for (const { name, columns, file } of source.tables.values()) {
    const table = { name, columns: [...columns], file, first: blocks, blocks: 0 };
    let rows: (readonly string[])[] = [];
    let numbers: number[] = [];
    let characters = 0;
    let from: string | undefined;
    const flush = async (): Promise<void> => {
      if (rows.length === 0) return;
      const block: readonly unknown[] = from === undefined ? [numbers, rows] : [numbers, rows, from];
      blocks = (await out.block(Buffer.from(JSON.stringify(block)), 'packed')) + 1;
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
  return { version: source.version, fingerprint: source.fingerprint, tables };
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
  const sealed = await openSealed(file, COPY, key);
  if (sealed === undefined) {
    throw unusable(
      'There is no sealed copy of the last full export, which a delta export needs; make a bulk export first.',
    );
  }
  try {
    const files = copyIndex.safeParse(sealed.index);
    if (files.success) {
      const source = await openCopy(files.data, sealed, () => damaged(file));
      return as === 'base' ? asBase(source) : source;
    }
    const rows = index.safeParse(sealed.index);
    if (!rows.success) throw damaged(file);
    return rowsSource(rows.data, as === 'base' ? olderName : (name) => name, sealed);
  } catch (thrown) {
    await sealed.close();
    throw thrown;
  }
}

/** Its files under the names they have once another export has come after it. */
function asBase(source: Source): Source {
  const tables = new Map<string, TableInfo>();
  for (const [name, table] of source.tables) tables.set(name, { ...table, file: olderName(table.file) });
  return { ...source, tables };
}

function rowsSource(contents: Index, nameNow: (file: string) => string, sealed: SealedReader): Source {
  const tables = new Map<string, TableInfo>();
  for (const { name, columns, file: named } of contents.tables) {
    tables.set(name, { name, columns, mode: 'bulk', file: nameNow(named) });
  }
  async function* read(name: string, columns: readonly string[], signal?: AbortSignal): AsyncGenerator<RowBatch> {
    const table = contents.tables.find((one) => one.name === name);
    if (!table) throw unusable(`The last full export has no table ${shown(name)}; make a bulk export.`);
    const projection = columns.map((column) => table.columns.indexOf(column));
    for await (const block of sealed.blocks(table.first, table.blocks)) {
      stopIfAborted(signal);
      const [numbers, rows, from] = JSON.parse(block.toString()) as Block;
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
    close: sealed.close,
  };
}

function damaged(file: string): Failure {
  const name = shown(basename(file));
  return unusable(
    `The sealed copy of the last export (${name}) is damaged or was sealed with another key; make a bulk export, which replaces it.`,
    { file: name },
  );
}
