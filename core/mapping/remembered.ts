/** Steps of a run that pass over the rows whose outcome is known from the run before. */

import type { CodeUse } from './codes.ts';
import { keyOf } from './expressions.ts';
import { expand, passes } from './frame.ts';
import type { Group, Groups, GroupUse } from './groups.ts';
import { type RunMemory, TRUSTED, type Trust } from './memory.ts';
import type { ResourcePlan, ScopePlan, TablePlan } from './plan.ts';
import type { RecordMaker } from './records.ts';
import type { Outcomes } from './row-book.ts';
import { type Frame, newRow, type RunValues } from './runtime.ts';
import { type KnownRecords, type MappedRecord, RECORD_WORDS } from './types.ts';

const batchSize = 1000;
/** Different sets of codes that are kept from run to run; a row with one more is mapped each time. */
const MOST_CODE_SETS = 40_000;

/** The file's row of an ordinal. */
const numberOf = (ordinal: number): number => ordinal + 2;

interface GroupFacts {
  readonly groups: readonly (readonly string[])[];
  readonly values: readonly string[];
}

/**
 * Gathers a view from a table, row by row.
 * @param take adds what a frame of the scope adds
 */
export const gatherRemembered = async (
  memory: RunMemory,
  scope: ScopePlan,
  table: TablePlan,
  name: string,
  groups: Groups,
  frame: Frame,
  take: (frame: Frame) => GroupUse,
): Promise<void> => {
  const walk = await memory.walk({ ...scope, source: table }, `view ${name}`, [], () => 0);
  const before = walk.facts as GroupFacts | undefined;
  /** Groups and values have the numbers that they had, so that what the book says can be taken over as it is. */
  const names = [...(before?.groups ?? [])];
  const values = [...(before?.values ?? [])];
  const groupIds = new Map(names.map((one, id) => [keyOf(one), id]));
  const valueIds = new Map(values.map((value, id) => [value, id + 1]));
  /** The groups of this run by those numbers. */
  const met: (Group | undefined)[] = [];
  let used = 0;
  const groupAt = (id: number, ordinal: number): Group => {
    let group = met[id];
    if (group === undefined) {
      group = groups.group(names[id]!, numberOf(ordinal));
      met[id] = group;
      used += 1;
    }
    return group;
  };
  const idOfGroup = (group: Group): number => {
    const key = keyOf(group.values);
    let id = groupIds.get(key);
    if (id === undefined) {
      id = names.push(group.values) - 1;
      groupIds.set(key, id);
    }
    if (met[id] === undefined) {
      met[id] = group;
      used += 1;
    }
    return id;
  };
  /** A value's number; 0 stands for none. */
  const idOf = (value: string | undefined): number => {
    if (value === undefined) return 0;
    let id = valueIds.get(value);
    if (id === undefined) {
      id = values.push(value);
      valueIds.set(value, id);
    }
    return id;
  };
  /** Gathers what the book says of rows that follow one another. */
  const takeOver = ({ words, places, counts }: Outcomes, row: number, many: number, ordinal: number): void => {
    for (let at = row; at < row + many; at += 1) {
      const length = counts[at]!;
      if (length === 0) continue;
      const place = places[at]!;
      // Rows of one person mostly follow one another, and say the same.
      if (!groups.counts && at > row && counts[at - 1] === length) {
        let k = 0;
        while (k < length && words[place + k] === words[place - length + k]) k += 1;
        if (k === length) continue;
      }
      const group = groupAt(words[place]!, ordinal + at - row);
      for (let k = 1; k < length; k += 1) {
        const value = words[place + k]!;
        groups.gather(group, k - 1, value === 0 ? undefined : values[value - 1]);
      }
    }
  };
  const none: readonly number[] = [];
  let use: GroupUse | undefined;
  const emit = (): void => {
    use = take(frame);
  };
  const outcome: number[] = [];
  for await (const { first, count, entries, tokens, rows, ordinals } of walk.chunks()) {
    let given = 0;
    for (let i = 0; i < count; i += 1) {
      const ordinal = first + i;
      if (tokens[i] !== -1) {
        const entry = entries[i]!;
        const block = walk.block(entry);
        const row = entry - block.first;
        let many = 1;
        const most = Math.min(count - i, block.counts.length - row);
        while (many < most && tokens[i + many] !== -1 && entries[i + many] === entry + many) many += 1;
        takeOver(block, row, many, ordinal);
        walk.writer.copy(block, row, many);
        i += many - 1;
        continue;
      }
      outcome.length = 0;
      if (ordinals[given] === ordinal) {
        frame.rows[0] = newRow(rows[given]!, numberOf(ordinal));
        given += 1;
        use = undefined;
        if (passes(scope.conditions, frame)) expand(scope.steps, 0, frame, emit);
        if (use !== undefined) {
          const { group, gathered } = use as GroupUse;
          outcome.push(idOfGroup(group), ...gathered.map(idOf));
        }
      }
      walk.writer.add(none, outcome);
    }
  }
  // Of names that are met no more a book would have ever more: now and then it is begun anew.
  const isWorn = names.length > 1000 && used < names.length / 2;
  await walk.finish(isWorn ? undefined : ({ groups: names, values } satisfies GroupFacts));
};

/** The codes that the records of a row have, and in how many of them: each set has a number. */
type CodeSet = readonly (readonly [type: string, code: string, records: number])[];

interface RecordFacts {
  readonly sets: readonly CodeSet[];
}

const createCodeSets = (known: readonly CodeSet[]) => {
  const sets = [...known];
  const ids = new Map(sets.map((set, id) => [JSON.stringify(set), id]));
  const uses = new Float64Array(MOST_CODE_SETS + 1);
  return {
    sets,
    /** @returns a set's number plus one, 0 for none, undefined where there are too many */
    idOf: (counted: readonly CodeUse[]): number | undefined => {
      if (counted.length === 0) return 0;
      const records = new Map<CodeUse, number>();
      for (const use of counted) records.set(use, (records.get(use) ?? 0) + 1);
      const set: CodeSet = [...records].map(([use, count]) => [use.type, use.code, count]);
      const text = JSON.stringify(set);
      let id = ids.get(text);
      if (id === undefined) {
        if (sets.length >= MOST_CODE_SETS) return undefined;
        id = sets.push(set) - 1;
        ids.set(text, id);
      }
      return id + 1;
    },
    /** A row with this set was passed over. */
    meet: (id: number): void => {
      if (id > 0) uses[id - 1]! += 1;
    },
    /** Counts the codes of all rows that were passed over. */
    count: (run: RunValues): void => {
      for (const [id, set] of sets.entries()) {
        const rows = uses[id]!;
        if (rows === 0) continue;
        for (const [type, code, records] of set) run.codes.use(type, code).records += rows * records;
      }
    },
  };
};

/** A row that was looked at, until what became of it is known. */
interface Note {
  readonly lookUps: readonly number[];
  /** Its records in the batch at hand. */
  readonly from: number;
  readonly to: number;
  /** The number of its codes; undefined for a row that has to be mapped each time. */
  readonly codes: number | undefined;
}

/** What the book says of a row holds where none of its records is loose. */
const trustIn = (known: KnownRecords): Trust => {
  let keys = new Uint32Array(1024);
  let used = 0;
  return {
    holds: (words, at, count) => {
      for (let from = at + 1; from < at + count; from += RECORD_WORDS) if (known.isLoose(words, from)) return false;
      return true;
    },
    other: (words, at, count) => {
      for (let from = at + 1; from < at + count; from += RECORD_WORDS) {
        if (used === keys.length) {
          const more = new Uint32Array(used * 2);
          more.set(keys);
          keys = more;
        }
        keys[used] = words[from]!;
        keys[used + 1] = words[from + 1]!;
        used += 2;
      }
    },
    begin: () => known.narrow(keys.subarray(0, used)),
  };
};

/**
 * The records of a resource whose rows are passed over where the ledger has what they came to.
 */
export const rememberedRecords = async function* (
  memory: RunMemory,
  plan: ResourcePlan,
  table: TablePlan,
  run: RunValues,
  maker: RecordMaker,
  known: KnownRecords,
): AsyncGenerator<MappedRecord[]> {
  const walk = await memory.walk(
    { ...plan.scope, source: table },
    `records ${plan.name}`,
    run.indexes,
    (words, at, count) => {
      let place = 0;
      for (let from = at + 1; from < at + count; from += RECORD_WORDS) {
        place = known.place(words, from);
        if (place === -1) return -1;
      }
      return place;
    },
    (words, at, count) => (count === 1 + RECORD_WORDS ? known.warm(words, at + 1) : 0),
    known.isAgreed ? trustIn(known) : undefined,
  );
  const sets = createCodeSets((walk.facts as RecordFacts | undefined)?.sets ?? []);
  const { records } = maker;
  let notes: Note[] = [];
  /** Notes what became of rows, now that the ledger's side has looked at their records. */
  const settle = (): void => {
    for (const { lookUps, from, to, codes } of notes) {
      let outcome: number[] | undefined = to === from ? [] : codes === undefined ? undefined : [codes];
      for (let place = from; place < to && outcome !== undefined; place += 1) {
        const words = known.wordsOf(place);
        if (words === undefined) outcome = undefined;
        else outcome.push(...words);
      }
      if (!walk.writer.add(lookUps, codes === undefined ? undefined : outcome)) continue;
      for (let place = from; place < to; place += 1) known.inBook(place);
    }
    notes = [];
  };
  const late = new Set<number>();

  /** @returns whether all records of a row are in the source as they were */
  const meet = (block: Outcomes, row: number, token: number): boolean => {
    const at = block.places[row]! + block.lookUps[row]!;
    const count = block.counts[row]!;
    if (count === 0) return true;
    if (count === 1 + RECORD_WORDS) {
      if (known.isOther(token)) return false;
      known.meet(token);
    } else {
      const places: number[] = [];
      for (let from = at + 1; from < at + count; from += RECORD_WORDS) places.push(known.place(block.words, from));
      if (places.some(known.isOther)) return false;
      for (const place of places) known.meet(place);
    }
    sets.meet(block.words[at]!);
    return true;
  };

  /** Takes over rows that can be trusted, which follow one another in the file and in the book. */
  const meetTrusted = (block: Outcomes, row: number, many: number): void => {
    let met = 0;
    for (let at = row; at < row + many; at += 1) {
      const count = block.counts[at]!;
      if (count === 0) continue;
      sets.meet(block.words[block.places[at]! + block.lookUps[at]!]!);
      met += (count - 1) / RECORD_WORDS;
    }
    known.meetAll(met);
    walk.writer.copy(block, row, many);
  };

  for await (const { first, count, entries, tokens, rows, ordinals } of walk.chunks()) {
    let given = 0;
    for (let i = 0; i < count; i += 1) {
      const ordinal = first + i;
      const token = tokens[i]!;
      if (token !== -1) {
        // What came before it in the file is looked at before it.
        if (records.length > 0) yield records.splice(0);
        if (notes.length > 0) settle();
        const entry = entries[i]!;
        const block = walk.block(entry);
        const row = entry - block.first;
        if (token === TRUSTED) {
          let many = 1;
          const most = Math.min(count - i, block.counts.length - row);
          while (many < most && tokens[i + many] === TRUSTED && entries[i + many] === entry + many) many += 1;
          meetTrusted(block, row, many);
          i += many - 1;
        } else if (meet(block, row, token)) walk.writer.copy(block, row, 1);
        else {
          late.add(numberOf(ordinal));
          walk.writer.add([], undefined);
        }
        continue;
      }
      const from = records.length;
      const lookUps: number[] = [];
      let codes: number | undefined = 0;
      if (ordinals[given] === ordinal) {
        const counted: CodeUse[] = [];
        run.onLookUp = (index, key) => void lookUps.push(memory.lookUpPrint(index, key));
        run.codes.counted = counted;
        maker.take(newRow(rows[given]!, numberOf(ordinal)));
        run.onLookUp = undefined;
        run.codes.counted = undefined;
        given += 1;
        if (records.length > from) walk.lookAgain(ordinal);
        codes = maker.isSingular ? undefined : sets.idOf(counted);
      }
      notes.push({ lookUps, from, to: records.length, codes });
      if (records.length >= batchSize) {
        yield records.splice(0);
        settle();
      }
    }
    if (records.length > 0) yield records.splice(0);
    settle();
  }
  if (late.size > 0) {
    for await (const { rows, numbers } of memory.rowsAt(table, late)) {
      for (const [i, number] of numbers.entries()) if (late.has(number)) maker.take(newRow(rows[i]!, number));
    }
    if (records.length > 0) yield records.splice(0);
  }
  sets.count(run);
  await walk.finish({ sets: sets.sets } satisfies RecordFacts);
};
