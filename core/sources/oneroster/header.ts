import { shown, unusable } from '../refuse.ts';
import type { SourceNotice } from '../types.ts';
import {
  COLUMNS,
  isCredential,
  type OneRosterVersion,
  readHeader,
  requiredColumns,
  type TableName,
} from './columns.ts';

export interface TableHeader {
  /** The column at each place of a row; undefined for a place that is never read. */
  readonly places: readonly (string | undefined)[];
  readonly notices: readonly SourceNotice[];
}

const MOST_NAMED = 8;

/** The first names of a list, and how many more there are: a sentence has an end, however many columns a file has. */
const few = (names: readonly string[], link: string): string =>
  names.length <= MOST_NAMED
    ? names.join(link)
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;

/**
 * Puts a file's header right: case, blanks, misspellings; drops credentials and columns without a name.
 * @throws Failure when a column is missing or is there twice.
 */
export function readTableHeader(
  table: TableName,
  version: OneRosterVersion,
  delta: boolean,
  fileName: string,
  header: readonly string[],
): TableHeader {
  const file = shown(fileName);
  const places: (string | undefined)[] = [];
  const put: string[] = [];
  const credentials: string[] = [];
  const repeated: string[] = [];
  let nameless = 0;
  const readings = header.map((name) => readHeader(table, name));
  const exact = new Set(readings.flatMap(({ column, how }) => (how === 'exact' || how === 'case' ? [column] : [])));
  const taken = new Set<string>();
  const known = new Set<string>(COLUMNS[table]);

  for (const [place, name] of header.entries()) {
    const { how } = readings[place]!;
    let { column } = readings[place]!;
    if (isCredential(name)) {
      credentials.push(shown(name.trim()));
      places.push(undefined);
      continue;
    }
    if (column === '') {
      nameless++;
      places.push(undefined);
      continue;
    }
    // A misspelt header beside the right one is a column of its own.
    if (how === 'misspelt' && exact.has(column)) column = name.trim();
    if (taken.has(column)) {
      if (known.has(column)) {
        throw unusable(
          `${file}, row 1: two columns mean ${column}, so it is not known which one counts; have the SIS write it once.`,
          { file, row: 1, column },
        );
      }
      repeated.push(shown(column));
      places.push(undefined);
      continue;
    }
    taken.add(column);
    places.push(column);
    if (column !== name && (how === 'misspelt' || how === 'case') && known.has(column)) {
      put.push(`${shown(name)} as ${column}`);
    }
  }
  for (const column of requiredColumns(table, version, delta)) {
    if (taken.has(column)) continue;
    throw unusable(
      `${file}, row 1: the column ${column} is missing${delta ? ', which a delta export needs' : ''}; have the SIS write it.`,
      { file, row: 1, column },
    );
  }
  const notices: SourceNotice[] = [];
  const say = (code: string, sentence: string): void => {
    notices.push({ code, sentence });
  };
  if (put.length > 0)
    say('header-put-right', `${file}, row 1: headers were read as the standard writes them: ${few(put, ', ')}.`);
  if (credentials.length > 0) {
    say(
      'credentials-not-read',
      `${file}: ${few(credentials, ' and ')} ${credentials.length > 1 ? 'are' : 'is'} never read or kept; better left out of the export.`,
    );
  }
  if (repeated.length > 0)
    say('header-repeated', `${file}, row 1: of columns with one name only the first is read: ${few(repeated, ', ')}.`);
  if (nameless > 0) say('header-blank', `${file}, row 1: columns without a name are not read (${nameless}).`);
  return { places, notices };
}
