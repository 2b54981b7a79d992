/** The descriptor map as a run uses it, and how often each local code was met on the way. */
import { type DescriptorMap, normaliseCode } from './descriptors.ts';

/** A local code that went through the descriptor map. */
export interface MetCode {
  readonly type: string;
  /** The form in which codes are compared. */
  readonly key: string;
  /** As it was written first. */
  readonly code: string;
  /** Records that had it. */
  readonly records: number;
}

/** One code while a run goes on: what it stands for, and who had it. */
export interface CodeUse {
  readonly type: string;
  /** As it was written first. */
  readonly code: string;
  readonly uri: string | undefined;
  records: number;
  /** The record that was counted last: one that has a code twice counts once. */
  last: number;
}

export interface Codes {
  /** The number of the record that is made now. */
  record: number;
  /** Where those of one row are gathered; undefined where nobody asks. */
  counted: CodeUse[] | undefined;
  /** @param code as the source has it @returns the same object for each spelling of a code */
  use(type: string, code: string): CodeUse;
  /** Every code that a record had. */
  met(): MetCode[];
  /** How often a code was met that is not kept because there were too many different ones. */
  readonly beyond: number;
}

/** Different codes that are kept: a column of free text must not fill the memory, nor the ledger. */
export const MOST_CODES = 20_000;
/** Spellings of a type that are found without being normalised again. */
const MOST_SPELLINGS = 10_000;

interface Kept extends CodeUse {
  readonly key: string;
}

interface OfType {
  readonly type: string;
  readonly uris: ReadonlyMap<string, string>;
  readonly spellings: Map<string, CodeUse>;
  readonly codes: Map<string, Kept>;
}

/** @param map the connection's descriptor map */
export const createCodes = (map: DescriptorMap): Codes => {
  const types = new Map<string, OfType>();
  let kept = 0;
  let beyond = 0;

  const ofType = (type: string): OfType => {
    let found = types.get(type);
    if (found === undefined) {
      const uris = new Map(Object.entries(map[type] ?? {}).map(([code, uri]) => [normaliseCode(code), uri]));
      found = { type, uris, spellings: new Map(), codes: new Map() };
      types.set(type, found);
    }
    return found;
  };

  const lookUp = ({ type, uris, spellings, codes }: OfType, code: string): CodeUse => {
    const key = normaliseCode(code);
    let use: CodeUse | undefined = codes.get(key);
    if (use === undefined) {
      const uri = uris.get(key);
      if (kept >= MOST_CODES) {
        beyond += 1;
        return { type, code, uri, records: 0, last: 0 };
      }
      kept += 1;
      const made: Kept = { type, code: code.trim(), uri, records: 0, last: 0, key };
      codes.set(key, made);
      use = made;
    }
    if (spellings.size < MOST_SPELLINGS) spellings.set(code, use);
    return use;
  };

  return {
    record: 0,
    counted: undefined,
    use: (type, code) => {
      const known = types.get(type) ?? ofType(type);
      return known.spellings.get(code) ?? lookUp(known, code);
    },
    met: () =>
      [...types].flatMap(([type, { codes }]) =>
        [...codes.values()].flatMap(({ key, code, records }) => (records === 0 ? [] : [{ type, key, code, records }])),
      ),
    get beyond() {
      return beyond;
    },
  };
};
