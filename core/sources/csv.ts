import Papa from 'papaparse';
import type { Failure } from '../errors/failure.ts';
import { shown, unusable } from './refuse.ts';

export type LineEnd = '\n' | '\r\n' | '\r';

export interface CsvRecords {
  readonly rows: readonly string[][];
  /** The number of `rows[0]` as a spreadsheet counts: the header is 1, and a record with line ends in it counts once. */
  readonly first: number;
}

/** Longer than any roster record: more text than this without an end of record means that a quote was never closed. */
const LONGEST_RECORD = 4 * 1024 * 1024;

/** The line end a file uses, told from its beginning; LF where it has none. */
export function lineEndOf(head: string): LineEnd {
  const feed = head.indexOf('\n');
  if (feed > 0 && head[feed - 1] === '\r') return '\r\n';
  return feed < 0 && head.includes('\r') ? '\r' : '\n';
}

/** The fields of the first record of `head`; `head` need not end where the record does. */
export function firstRecord(head: string, lineEnd: LineEnd): string[] {
  const parsed = parse(new Papa.Parser({ newline: lineEnd, delimiter: ',', preview: 1 }), head, false);
  const fields = parsed.data[0] ?? [];
  const last = fields.length - 1;
  if (lineEnd === '\n' && fields[last]?.endsWith('\r')) fields[last] = fields[last].slice(0, -1);
  return fields;
}

/**
 * Cuts text into records (RFC 4180), whatever the chunks; blank lines are records of one empty field.
 * A last field that ends in CR in a file of LF lines loses it: the line ended in CRLF.
 * @param text the decoded file in chunks of any size.
 * @param file the file's name, for refusals.
 * @throws Failure for a quoted field that does not end, or goes on after its closing quote.
 */
export async function* csvRecords(
  text: AsyncIterable<string>,
  file: string,
  lineEnd: LineEnd,
): AsyncGenerator<CsvRecords> {
  // The parser itself rather than papaparse's stream: no event per row, and the consumer sets the pace.
  const parser = new Papa.Parser({ newline: lineEnd, delimiter: ',' });
  let rest = '';
  let first = 1;
  const cut = (input: string, atEnd: boolean): { records: CsvRecords; used: number } => {
    const { data, errors, meta } = parse(parser, input, !atEnd);
    for (const error of errors) {
      // The unfinished last record of a chunk is parsed again with the next chunk.
      if (!atEnd && (error.row ?? 0) >= data.length) continue;
      throw oddQuotes(file, first + (error.row ?? 0), error.code === 'MissingQuotes');
    }
    if (lineEnd === '\n') for (const row of data) dropReturn(row);
    const records = { rows: data, first };
    first += data.length;
    return { records, used: meta.cursor };
  };
  for await (const chunk of text) {
    const input = rest === '' ? chunk : rest + chunk;
    const { records, used } = cut(input, false);
    rest = input.slice(used);
    if (rest.length > LONGEST_RECORD) {
      throw unusable(
        `${shown(file)}, row ${first}: a quoted value does not end, so the rows cannot be told apart; correct it in the SIS and make a new export.`,
        { file: shown(file), row: first },
      );
    }
    if (records.rows.length > 0) yield records;
  }
  // A file cut between CR and LF has lost nothing.
  if (lineEnd === '\r\n' && rest.endsWith('\r')) rest = rest.slice(0, -1);
  if (rest !== '') yield cut(rest, true).records;
}

/**
 * The fields of records that were cut out of a file already.
 * @param text the records, each with the line end after it.
 * @param count how many there are.
 * @returns undefined where the parser does not find as many, or finds fault with one
 */
export function recordsIn(text: string, count: number, lineEnd: LineEnd): string[][] | undefined {
  const { data, errors } = parse(new Papa.Parser({ newline: lineEnd, delimiter: ',' }), text, true);
  if (errors.length > 0 || data.length !== count) return undefined;
  if (lineEnd === '\n') for (const row of data) dropReturn(row);
  return data;
}

function oddQuotes(file: string, row: number, unclosed: boolean): Failure {
  return unusable(
    unclosed
      ? `${shown(file)}, row ${row}: a quoted value does not end before the file does, so the file seems cut off; make a new export.`
      : `${shown(file)}, row ${row}: text follows the closing quote of a value, so the columns cannot be told apart; correct it in the SIS and make a new export.`,
    { file: shown(file), row },
  );
}

function parse(parser: Papa.Parser, input: string, ignoreLast: boolean): Papa.ParseResult<string[]> {
  return parser.parse(input, 0, ignoreLast) as Papa.ParseResult<string[]>;
}

function dropReturn(row: string[]): void {
  const last = row.length - 1;
  const field = row[last];
  if (field?.charCodeAt(field.length - 1) === 13) row[last] = field.slice(0, -1);
}
