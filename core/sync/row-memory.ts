/** The sealed file in which a run leaves to the next what became of each row of the export. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { ResourceName } from '../edfi/model.ts';
import { Failure, isFailure } from '../errors/failure.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RowMemory } from '../mapping/types.ts';
import {
  openSealed,
  type SealedKind,
  type SealedReader,
  type SealedWriter,
  writeSealed,
} from '../sources/sealed-file.ts';

const KIND: SealedKind = {
  magic: 'RBROWS03',
  what: 'what Rollbook remembers of the rows of the export',
  isSpare: true,
  damaged: () => new Failure('source-unusable', 'What Rollbook remembers of the rows of the export is damaged.'),
};

const indexShape = z.strictObject({
  version: z.string(),
  book: z.string(),
  key: z.tuple([z.number(), z.number()]),
  sections: z.record(z.string(), z.strictObject({ blocks: z.array(z.number().int()), facts: z.unknown() })),
});
type Index = z.infer<typeof indexShape>;

/** Nothing was learned that is worth keeping: what the run before left stays. */
const NOTHING_LEARNED = Symbol('nothing learned');

export interface RowMemoryInput {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly connectionId: number;
  /** All on which the outcome of a row depends, besides its bytes and what is looked up for it. */
  readonly version: string;
  readonly remembers: (resource: ResourceName) => boolean;
  /** The ledger will be as it was: what it agrees with is then kept. */
  readonly isLook: boolean;
}

/**
 * Runs `work` with what the run before left, and keeps what this one leaves, if it ends well. A file that is missing,
 * damaged or of another version is no memory, and no failure; nor is one that cannot be written.
 * @throws what `work` throws
 */
export async function withRowMemory<T>(
  input: RowMemoryInput,
  work: (memory: RowMemory | undefined) => Promise<T>,
): Promise<T> {
  const file = path.join(input.folder, 'sources', `${input.connectionId}.known`);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const key = input.ledger.seal.fileKey('rows');
  const before = await openBefore(file, key, input.version);
  /** What came of the work, as soon as it was begun: then no trouble with the file is its own. */
  let done: { readonly value: T } | { readonly thrown: unknown } | undefined;
  try {
    await writeSealed(file, KIND, key, async (out) => {
      const kept = memoryOver(before, out, input.remembers);
      const isAgreed = isAgreedWith(input, before?.index.book);
      try {
        done = { value: await work(kept.memory) };
      } catch (thrown) {
        done = { thrown };
        throw thrown;
      }
      // A file cannot take another's name while it is open, everywhere.
      await before?.reader.close();
      if (!kept.isWhole() || (input.isLook && isAgreed)) throw NOTHING_LEARNED;
      const { key: prints, books } = kept.memory;
      return {
        version: input.version,
        book: books.now,
        key: prints as Index['key'],
        sections: kept.sections,
      } satisfies Index;
    });
  } catch (thrown) {
    await before?.reader.close();
    if (done === undefined && !isFailure(thrown)) throw thrown;
  }
  if (done === undefined) return work(undefined);
  if ('thrown' in done) throw done.thrown;
  return done.value;
}

const isAgreedWith = ({ ledger, connectionId }: RowMemoryInput, book: string | undefined): boolean =>
  book !== undefined && ledger.resources(connectionId).some(({ id }) => ledger.books.of(id) === book);

interface Before {
  readonly reader: SealedReader;
  readonly index: Index;
}

async function openBefore(file: string, key: Buffer, version: string): Promise<Before | undefined> {
  try {
    const reader = await openSealed(file, KIND, key);
    if (reader === undefined) return undefined;
    const index = indexShape.safeParse(reader.index);
    if (index.success && index.data.version === version) return { reader, index: index.data };
    await reader.close();
  } catch (thrown) {
    if (!isFailure(thrown)) throw thrown;
  }
  return undefined;
}

function memoryOver(
  before: Before | undefined,
  out: SealedWriter,
  remembers: RowMemory['remembers'],
): { memory: RowMemory; sections: Index['sections']; isWhole: () => boolean } {
  const sections: Index['sections'] = {};
  const written = new Map<string, number[]>();
  let isBroken = false;
  const memory: RowMemory = {
    key: before?.index.key ?? newKey(),
    books: { before: before?.index.book, now: randomBytes(12).toString('hex') },
    remembers,
    open(name) {
      if (before === undefined || !Object.hasOwn(before.index.sections, name)) return undefined;
      const { blocks, facts } = before.index.sections[name]!;
      return { facts, count: blocks.length, blocks: (first) => blocksOf(before.reader, blocks.slice(first)) };
    },
    async write(name, block) {
      if (isBroken) return;
      try {
        const number = await out.block(block, 'plain');
        const blocks = written.get(name);
        if (blocks === undefined) written.set(name, [number]);
        else blocks.push(number);
      } catch {
        // A disk that is full, mostly: the batch goes on, and says so itself if it needs the room.
        isBroken = true;
      }
    },
    close(name, facts) {
      sections[name] = { blocks: written.get(name) ?? [], facts };
    },
  };
  const isWhole = (): boolean => !isBroken && Object.keys(sections).some((name) => name.startsWith('table '));
  return { memory, sections, isWhole };
}

/** One block after another; they end where one is damaged. */
async function* blocksOf(reader: SealedReader, numbers: readonly number[]): AsyncGenerator<Buffer> {
  try {
    for (const number of numbers) yield* reader.blocks(number, 1);
  } catch (thrown) {
    if (!isFailure(thrown)) throw thrown;
  }
}

function newKey(): Index['key'] {
  const bytes = randomBytes(8);
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
}
