import type { JsonObject, ResourceName } from '../edfi/model.ts';
import type { PrintKey } from '../sources/types.ts';
import type { Codes } from './codes.ts';
import type { DescriptorMap } from './descriptors.ts';

export type MappingIssueCode =
  /** A local code that the connection's descriptor map does not know. */
  | 'descriptor-unmapped'
  /** The row refers to a row of another file that is not there. */
  | 'row-missing'
  /** A value that is there and does not have the form it should. */
  | 'value-unreadable'
  /** A value without which the record cannot be named is empty. */
  | 'value-missing'
  /** A setting of the connection would have to give the value, and is empty. */
  | 'required-setting';

export interface MappingIssue {
  readonly code: MappingIssueCode;
  /** `entryGradeLevelDescriptor`, `races[].raceDescriptor`; '' where the whole record is concerned. */
  readonly path: string;
  readonly descriptor?: string;
  /** Out of the record: for the steward's eyes and the sealed plane only. */
  readonly value?: string;
  /** The table and column at fault; for `row-missing` the table that lacks the row and the column that names it. */
  readonly table?: string;
  readonly column?: string;
  /** The setting, for `required-setting`. */
  readonly setting?: string;
  /** The problem is another record's (the section's, of a student's place in it), which is reported there as its own. */
  readonly inherited?: true;
}

export interface FrozenValue {
  readonly path: string;
  readonly value: string;
}

export interface MappedRecord {
  readonly resource: ResourceName;
  /** May share frozen parts with other bodies; never change it in place. */
  readonly body: JsonObject;
  /** What the record is in the source: stays when its natural key changes. */
  readonly sourceId: string;
  readonly file: string;
  readonly row: number;
  /** Why it cannot be sent; absent where nothing is wrong. */
  readonly issues?: readonly MappingIssue[];
  /** What was left out of it, though it can be sent. */
  readonly warnings?: readonly MappingIssue[];
  /** The synthetic values it has this time, to be kept from the first send on. */
  readonly frozen?: readonly FrozenValue[];
  /** Expected to be at the API already. */
  readonly disposition?: 'match';
}

export interface LeftOut {
  readonly resource: ResourceName;
  /** Absent where the connection lacks the resource itself. */
  readonly path?: string;
}

export interface CompiledResource {
  readonly name: ResourceName;
  readonly disposition: 'create' | 'match';
  /** The top-level members of a body that the mapping can make. */
  readonly members: readonly string[];
  /** A record that vanishes from a bulk source may be deleted at the API. */
  readonly allowDelete: boolean;
  /** Every table that has a part in it. */
  readonly sourceTables: readonly string[];
  /** The table whose rows become records. */
  readonly table: string;
}

/** What the run before left of each row, and where this one leaves it for the next; under names of its own. */
export interface RowMemory {
  readonly key: PrintKey;
  /** The name of what the run before left, and of what this one leaves. */
  readonly books: { readonly before: string | undefined; readonly now: string };
  /** Whether the records of a resource are told of by `KnownRecords`. */
  remembers(resource: ResourceName): boolean;
  /** What stands under a name; undefined where nothing does. Blocks that are damaged end it before its `count`. */
  open(
    section: string,
  ): { readonly facts: unknown; readonly count: number; blocks(first: number): AsyncIterator<Buffer> } | undefined;
  write(section: string, block: Buffer): Promise<void>;
  /** All blocks of it are written; the facts, JSON, go with them. */
  close(section: string, facts: unknown): void;
}

/** Words by which the ledger knows a record: two of its key, two of its body. */
export const RECORD_WORDS = 4;

/** What the ledger says of the records of one resource. */
export interface KnownRecords {
  /** Whether what the run before left says of all records, but for those that are loose, what the ledger has. */
  readonly isAgreed: boolean;
  /** Whether the ledger may have another record than this one, or none; asked only where `isAgreed`. */
  isLoose(words: Uint32Array, at: number): boolean;
  /**
   * Only loose records will be asked for by `place`, and these; all others are in the source as they were. Told before
   * anything else, and only where `isAgreed`.
   * @param keys two words for each, in any order
   */
  narrow(keys: Uint32Array): void;
  /** So many records that are not loose, and whose rows are as they were, are in the source. */
  meetAll(records: number): void;
  /** What this run leaves says of a record of the batch that was given last what `wordsOf` told. */
  inBook(place: number): void;
  /** @returns the place of a record that it has as it is here, or -1 */
  place(words: Uint32Array, at: number): number;
  /**
   * Looks where `place` will look. Records lie scattered over the memory, and each look waits for it: many asked for
   * one right after the other are fetched together.
   * @returns nothing of use; a number, so that the look is not left out
   */
  warm(words: Uint32Array, at: number): number;
  /** Whether it was met in this run as something else. */
  isOther(place: number): boolean;
  /** It is in the source as it was. */
  meet(place: number): void;
  /** The words of a record of the batch that was given last; undefined for one that has to be mapped each time. */
  wordsOf(place: number): readonly number[] | undefined;
}

export interface RunContext {
  readonly descriptors: DescriptorMap;
  /** The value kept for a synthetic property of a record, if it was ever sent. */
  readonly frozen: (resource: ResourceName, sourceId: string, path: string) => string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly memory?: RowMemory | undefined;
}

export interface MappingRun {
  /** The codes met in the records that were read so far. */
  readonly codes: Pick<Codes, 'met' | 'beyond'>;
  /**
   * The records of one resource, in the order of its file, in batches of about a thousand.
   * @param resource as named in `compiled.resources`
   * @param known with it, rows that came to records that the ledger has as they were are only told to it; what is given
   *   before is to be looked at before the next is asked for
   */
  records(resource: ResourceName, known?: KnownRecords): AsyncIterable<MappedRecord[]>;
}
