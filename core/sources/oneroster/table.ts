import type { Failure } from '../../errors/failure.ts';
import { csvRecords, recordsIn } from '../csv.ts';
import { type Cutter, createCutter } from '../cut.ts';
import type { Encoding } from '../encoding.ts';
import { createIdRegister, type IdRegister } from '../id-register.ts';
import { createPrinter } from '../prints.ts';
import { shown, stopIfAborted, unusable } from '../refuse.ts';
import type { Glance, RowBatch, TableInfo } from '../types.ts';
import type { TableName } from './columns.ts';
import type { Entry } from './container.ts';
import { type Survey, textOf } from './survey.ts';

/** A table of an export, ready to be read. */
export interface OneRosterTable {
  readonly info: TableInfo & { readonly name: TableName };
  readonly entry: Entry;
  readonly survey: Survey;
  /** The column at each place of a row; undefined for a place that is never read. */
  readonly places: readonly (string | undefined)[];
  /** Set once the whole file was read and no sourcedId was found twice. */
  uniqueIds: boolean;
}

const FEED = 10;
/** A row with two identifiers; how many rows a file may have is guessed from it. */
const SHORT_ROW_BYTES = 100;

/** `active`: the rows that count. `all`: those marked `tobedeleted` too. */
export type Wanted = 'active' | 'all';

/**
 * Streams the rows of a table, projected to `columns`, refusing what would corrupt the result: ragged rows, a blank or
 * repeated sourcedId, a status that is none, a file that changes meanwhile.
 * @param glance passes rows over that are known already; they were looked at when they were met first
 */
export async function* readTable(
  table: OneRosterTable,
  columns: readonly string[],
  wanted: Wanted,
  signal?: AbortSignal,
  glance?: Glance,
): AsyncGenerator<RowBatch> {
  const { entry, survey } = table;
  const newRegister = (): IdRegister | undefined =>
    table.uniqueIds ? undefined : createIdRegister(survey.bytes / SHORT_ROW_BYTES);
  const readAll = (after: number): AsyncGenerator<RowBatch> =>
    readFrom(table, createReader(table, columns, wanted, newRegister()), after, signal);
  if (glance === undefined || survey.lineEnd === '\r' || !ENCODINGS.includes(survey.encoding)) yield* readAll(1);
  else {
    const read = createReader(table, columns, wanted, undefined);
    const last = yield* readUnknown(table, read, glance, survey.lineEnd, signal);
    if (last !== undefined) yield* readAll(last);
  }
  await entry.assertUnchanged();
  table.uniqueIds = true;
}

/** Parses the whole file, and gives the rows after the one with the number `after`; row 1 is the header. */
async function* readFrom(
  { entry, survey }: OneRosterTable,
  read: ReadRow,
  after: number,
  signal?: AbortSignal,
): AsyncGenerator<RowBatch> {
  for await (const { rows, first } of csvRecords(textOf(entry, survey, signal), entry.name, survey.lineEnd)) {
    stopIfAborted(signal);
    const out: string[][] = [];
    const numbers: number[] = [];
    for (let at = first === 1 ? 1 : 0; at < rows.length; at++) {
      const row = read(rows[at]!, first + at);
      if (row === undefined || first + at <= after) continue;
      out.push(row);
      numbers.push(first + at);
    }
    if (out.length > 0) yield { rows: out, numbers };
  }
}

/** In which rows are told apart byte by byte. */
const ENCODINGS: readonly Encoding[] = ['utf-8', 'windows-1252'];

/** Rows that are parsed at once: parsing has a cost for each time it is begun, and a long text outlives its rows. */
const PARSED_TOGETHER = 500;
/** Rows that are known together, mostly: few enough that one that changes takes few along, enough to be worth a digest. */
const GROUP_ROWS = 8;
/** A record has at least so many bytes, on the whole. */
const SHORTEST_ROW = 8;

/**
 * Cuts the file into records, and parses only those that are not known; of those that are where they were, whole groups
 * are passed over uncut.
 * @returns the number of the last row it could tell, where it could not tell all of them
 */
async function* readUnknown(
  table: OneRosterTable,
  read: ReadRow,
  glance: Glance,
  lineEnd: '\n' | '\r\n',
  signal?: AbortSignal,
): AsyncGenerator<RowBatch, number | undefined> {
  const { entry, survey, places } = table;
  const file = shown(entry.name);
  const cutter = createCutter(lineEnd, places.indexOf('sourcedId'), await createPrinter(glance.key));
  const parser = createPieceParser(read, survey.encoding, lineEnd);
  let number = 0;
  /** Rows that were cut one after another, until they are a group; and where they begin. */
  let cut = 0;
  let cutFrom = 0;
  const endGroup = (end: number): void => {
    // The last record of a file may go on another day.
    if (cut > 0 && cutter.bytes[end - 1] === FEED) {
      glance.group?.({ rows: cut, ...cutter.digest(cutFrom, end) });
    }
    cut = 0;
  };
  for await (const { chunk, isLast } of chunksOf(entry, survey, signal)) {
    stopIfAborted(signal);
    cutter.push(chunk, isLast);
    const most = Math.ceil(chunk.length / SHORTEST_ROW);
    if (number > 0) await glance.ready(most);
    const last = number;
    const batch: MutableBatch = { rows: [], numbers: [] };
    let agreed = true;
    while (agreed) {
      const expected = number === 0 ? undefined : glance.expected();
      if (expected !== undefined) {
        const end = cutter.place;
        const isThere = cutter.pass(expected);
        if (isThere === undefined) break;
        if (isThere) {
          endGroup(end);
          glance.meetExpected(number + 1);
          number += expected.rows;
          continue;
        }
      }
      const from = cutter.place;
      if (!cutter.next()) break;
      number += 1;
      if (number === 1) {
        const means = ENCODINGS.indexOf(survey.encoding) * 2 + (lineEnd === '\n' ? 0 : 1);
        glance.begin((cutter.low ^ means) >>> 0, cutter.high);
        await glance.ready(most);
        continue;
      }
      if (cut === 0) cutFrom = from;
      cut += 1;
      if (!glance.isKnown(cutter, number)) agreed = parser.add(cutter, number, batch);
      if (cut === GROUP_ROWS) endGroup(cutter.place);
    }
    agreed &&= parser.finish(cutter.bytes, batch);
    if (!agreed) throw unlike(file, last);
    endGroup(cutter.place);
    yield batch;
    if (cutter.isOdd) {
      glance.giveUp();
      return number;
    }
  }
  const twice = await glance.repeated();
  if (twice !== undefined) throw repeated(file, twice.before, twice.row);
  return undefined;
}

interface MutableBatch {
  readonly rows: string[][];
  readonly numbers: number[];
}

/** Parses records that were cut out of a file, many at once: those that follow one another are one piece. */
function createPieceParser(read: ReadRow, encoding: Encoding, lineEnd: '\n' | '\r\n') {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const lineEndBytes = Buffer.from(lineEnd);
  let wanted: number[] = [];
  let pieces: Uint8Array[] = [];
  let from = 0;
  let to = -1;
  const endPiece = (bytes: Uint8Array): void => {
    if (to !== -1) pieces.push(bytes.subarray(from, to), lineEndBytes);
    to = -1;
  };
  const parse = (bytes: Uint8Array, into: MutableBatch): boolean => {
    endPiece(bytes);
    const records = recordsIn(decoder.decode(Buffer.concat(pieces)), wanted.length, lineEnd);
    for (const [at, record] of records?.entries() ?? []) {
      const row = read(record, wanted[at]!);
      if (row === undefined) continue;
      into.rows.push(row);
      into.numbers.push(wanted[at]!);
    }
    wanted = [];
    pieces = [];
    return records !== undefined;
  };
  return {
    /** @returns whether the parser found the records that were cut */
    add({ bytes, start, end }: Cutter, number: number, into: MutableBatch): boolean {
      wanted.push(number);
      if (to === -1 || start !== to + lineEndBytes.length) {
        endPiece(bytes);
        from = start;
      }
      to = end;
      return wanted.length < PARSED_TOGETHER || parse(bytes, into);
    },
    /** Parses what is left; afterwards the bytes may be used again. */
    finish: (bytes: Uint8Array, into: MutableBatch): boolean => wanted.length === 0 || parse(bytes, into),
  };
}

/** Only a file with quotes that are none comes here, and one whose lines end differently. */
function unlike(file: string, row: number): Failure {
  return unusable(
    `${file}: after row ${row} the columns cannot be told apart; look for a stray quote there, correct it in the SIS and make a new export.`,
    { file, row },
  );
}

type ReadRow = (row: readonly string[], number: number) => string[] | undefined;

/** Takes a record and its number; gives the row with the columns that are wanted, undefined where it is not one of them. */
function createReader(
  table: OneRosterTable,
  columns: readonly string[],
  wanted: Wanted,
  register: IdRegister | undefined,
): ReadRow {
  const { places, entry } = table;
  const file = shown(entry.name);
  const delta = table.info.mode === 'delta';
  const width = places.length;
  const projection = columns.map((column) => places.indexOf(column));
  const idPlace = places.indexOf('sourcedId');
  const statusPlace = places.indexOf('status');
  return (row, number) => {
    if (row.length !== width) {
      if (row.length === 1 && row[0]!.trim() === '') return undefined;
      throw unusable(
        `${file}, row ${number}: ${counted(row.length)} where the header has ${width}; correct the row in the SIS, or make a new export.`,
        { file, row: number },
      );
    }
    const id = trimmed(row[idPlace]!);
    if (id === '') {
      if (row.every((value) => value.trim() === '')) return undefined;
      throw unusable(`${file}, row ${number}: sourcedId is blank; have the SIS give the row one.`, {
        file,
        row: number,
      });
    }
    const before = register?.add(id, number) ?? 0;
    if (before !== 0) throw repeated(file, before, number);
    const active = statusPlace < 0 || isActive(row[statusPlace]!, delta, file, number);
    if (!active && wanted === 'active') return undefined;
    const projected = new Array<string>(projection.length);
    for (let column = 0; column < projection.length; column++) {
      const place = projection[column]!;
      projected[column] = place < 0 ? '' : row[place]!;
    }
    return projected;
  };
}

function repeated(file: string, before: number, row: number): Failure {
  return unusable(
    `${file}: rows ${before} and ${row} have the same sourcedId; correct it in the SIS and make a new export.`,
    { file, row, before },
  );
}

/** The bytes of a file, its byte order mark aside, and which of them are the last. */
async function* chunksOf(
  entry: Entry,
  survey: Survey,
  signal?: AbortSignal,
): AsyncGenerator<{ chunk: Buffer; isLast: boolean }> {
  let left = survey.bytes;
  let skip = survey.bom;
  for await (const chunk of entry.bytes(signal)) {
    left -= chunk.length;
    yield { chunk: skip > 0 ? chunk.subarray(skip) : chunk, isLast: left <= 0 };
    skip = 0;
  }
}

function counted(values: number): string {
  return values === 1 ? '1 value' : `${values} values`;
}

/** `trim` only where there is something to trim. */
function trimmed(text: string): string {
  const last = text.length - 1;
  if (last < 0) return text;
  const begins = text.charCodeAt(0);
  const ends = text.charCodeAt(last);
  return begins > 32 && begins < 127 && ends > 32 && ends < 127 ? text : text.trim();
}

function isActive(value: string, delta: boolean, file: string, row: number): boolean {
  if (value === '' && !delta) return true;
  const status = value.trim().toLowerCase();
  if (status === 'active' || (status === '' && !delta)) return true;
  if (status === 'tobedeleted') return false;
  throw unusable(
    `${file}, row ${row}: status is neither active nor tobedeleted; correct it in the SIS and make a new export.`,
    { file, row },
  );
}
