import { z } from 'zod';
import { createFingerprint } from '../fingerprint.ts';
import { stopIfAborted } from '../refuse.ts';
import type { SealedReader, SealedWriter } from '../sealed-file.ts';
import { type Container, changedWhileRead, type Entry } from './container.ts';
import { type Survey, surveySchema } from './survey.ts';
import { type OneRosterTable, readTable } from './table.ts';

/** A copy of an export's files in a sealed file: opened again, it is the export as it was. */

/** A block of a file, in bytes. */
const BLOCK_BYTES = 1024 * 1024;
/** Characters of rows that are written at once. */
const PIECE_CHARACTERS = 64 * 1024;

export const copyIndex = z.strictObject({
  files: z.array(
    z.strictObject({
      name: z.string(),
      /** Of a file that is read; of any other only the name is kept. */
      survey: surveySchema.optional(),
      /** The number of the first block, and how many follow one another. */
      first: z.number().int().nonnegative(),
      blocks: z.number().int().nonnegative(),
    }),
  ),
});
export type CopyIndex = z.infer<typeof copyIndex>;

/** A file of an export, opened. */
export interface ExportFile {
  readonly entry: Entry;
  /** What was found when the export was opened; undefined for a file that is not read. */
  readonly survey: Survey | undefined;
  /** Where the file is a table. */
  readonly table: OneRosterTable | undefined;
}

/**
 * Copies the files that are read, byte by byte, and the names of the others. Of a table that has columns which are never
 * kept (credentials), the rows are written instead, without them, each where it was.
 * @throws Failure when a file is no longer what it was when it was opened.
 */
export async function copyFiles(
  files: readonly ExportFile[],
  out: SealedWriter,
  signal?: AbortSignal,
): Promise<CopyIndex> {
  const copied: CopyIndex['files'] = [];
  for (const { entry, survey, table } of files) {
    if (survey === undefined) {
      copied.push({ name: entry.name, first: 0, blocks: 0 });
      continue;
    }
    const checked = checkedEntry(entry, survey);
    const isWhole = table === undefined || table.places.every((column) => column !== undefined);
    const bytes = isWhole ? checked.bytes(signal) : rowsOf({ ...table, entry: checked }, signal);
    const blocks = await copyBytes(bytes, out);
    copied.push({ name: entry.name, survey: isWhole ? survey : { ...survey, ...AS_WRITTEN }, ...blocks });
  }
  return { files: copied };
}

/** The same file; at its end it is refused if its bytes are not those of the survey. */
function checkedEntry(entry: Entry, survey: Survey): Entry {
  return {
    ...entry,
    async *bytes(signal) {
      const fingerprint = createFingerprint();
      for await (const chunk of entry.bytes(signal)) {
        await fingerprint.add(chunk);
        yield chunk;
      }
      if ((await fingerprint.end()) !== survey.hash) throw changedWhileRead(entry.name);
    },
  };
}

async function copyBytes(
  bytes: AsyncIterable<Buffer>,
  out: SealedWriter,
): Promise<{ readonly first: number; readonly blocks: number }> {
  let first = 0;
  let blocks = 0;
  let block = Buffer.allocUnsafe(BLOCK_BYTES);
  let used = 0;
  const flush = async (): Promise<void> => {
    const number = await out.block(block.subarray(0, used), 'packed');
    if (blocks++ === 0) first = number;
    block = Buffer.allocUnsafe(BLOCK_BYTES);
    used = 0;
  };
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(block, used, at);
      at += copied;
      used += copied;
      if (used === BLOCK_BYTES) await flush();
    }
  }
  if (used > 0) await flush();
  return { first, blocks };
}

/** CRLF, because a last value that ends in CR loses it in a file of LF lines. */
const AS_WRITTEN = { encoding: 'utf-8', bom: 0, lineEnd: '\r\n' } as const;

/** The table as a file that reads the same: the rows have their numbers, and what is never read is blank. */
async function* rowsOf(table: OneRosterTable, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const columns = table.places.filter((column) => column !== undefined);
  /** For each place of a row, the index of its value. */
  const indexes = table.places.map((column) => (column === undefined ? -1 : columns.indexOf(column)));
  let piece = line(table.survey.header);
  let number = 1;
  for await (const { rows, numbers } of readTable(table, columns, 'all', signal)) {
    for (const [at, row] of rows.entries()) {
      // Rows without anything in them are not read, but they count.
      for (number += 1; number < numbers[at]!; number += 1) piece += AS_WRITTEN.lineEnd;
      piece += line(indexes.map((index) => row[index] ?? ''));
      if (piece.length < PIECE_CHARACTERS) continue;
      yield Buffer.from(piece);
      piece = '';
    }
  }
  yield Buffer.from(piece);
}

const line = (values: readonly string[]): string => `${values.map(quoted).join(',')}${AS_WRITTEN.lineEnd}`;

const quoted = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** The files of a copy, in place of the folder or zip they are of. Closing it closes the sealed file. */
export function copyContainer({ files }: CopyIndex, sealed: SealedReader): Container {
  const entries = files.map(
    ({ name, first, blocks }): Entry => ({
      name,
      state: undefined,
      assertUnchanged: async () => {},
      async *bytes(signal) {
        for await (const block of sealed.blocks(first, blocks)) {
          stopIfAborted(signal);
          yield block;
        }
      },
    }),
  );
  return { entries, close: sealed.close };
}
