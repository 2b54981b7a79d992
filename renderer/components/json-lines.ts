/** JSON laid out, a line at a time, each knowing whether it is what an issue is about. */

export interface JsonLine {
  /** How deep it is. */
  readonly indent: number;
  readonly name: string | undefined;
  /** The value, or the bracket that opens or closes it. */
  readonly value: string;
  readonly kind: 'text' | 'other' | 'bracket';
  /** A comma, or nothing. */
  readonly tail: string;
  readonly isMarked: boolean;
  /** It is not there, and should be. */
  readonly isMissing: boolean;
}

type Path = readonly string[];

/** `$.races[].raceDescriptor` → `['races', 'raceDescriptor']`; entries of a list have no name of their own. */
const partsOf = (path: string): Path =>
  path
    .replace(/^\$\.?/, '')
    .replace(/\[\d*\]/g, '')
    .split('.')
    .filter((part) => part !== '');

const isSame = (one: Path, other: Path): boolean =>
  one.length === other.length && one.every((part, i) => part === other[i]);
const begins = (whole: Path, start: Path): boolean => start.every((part, i) => part === whole[i]);

/**
 * @param marked paths as issues have them
 * @returns undefined where the text is no JSON
 */
export function jsonLines(text: string, marked: readonly string[]): readonly JsonLine[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const wanted = marked.map(partsOf).filter((path) => path.length > 0);
  const lines: JsonLine[] = [];
  const add = (value: unknown, at: Path, indent: number, name: string | undefined, tail: string): void => {
    const isMarked = name !== undefined && wanted.some((path) => isSame(path, at));
    const line = { indent, name, isMarked, isMissing: false };
    if (typeof value !== 'object' || value === null) {
      lines.push({ ...line, value: JSON.stringify(value), kind: typeof value === 'string' ? 'text' : 'other', tail });
      return;
    }
    const isList = Array.isArray(value);
    const members: readonly (readonly [string | undefined, unknown])[] = isList
      ? value.map((entry) => [undefined, entry] as const)
      : Object.entries(value);
    const missing = isList ? [] : missingIn(value, at, wanted);
    const [open, close] = isList ? ['[', ']'] : ['{', '}'];
    if (members.length + missing.length === 0) {
      lines.push({ ...line, value: `${open}${close}`, kind: 'bracket', tail });
      return;
    }
    lines.push({ ...line, value: open, kind: 'bracket', tail: '' });
    members.forEach(([member, inner], i) => {
      add(inner, member === undefined ? at : [...at, member], indent + 1, member, i < members.length - 1 ? ',' : '');
    });
    for (const lacking of missing) {
      lines.push({
        indent: indent + 1,
        name: lacking,
        value: '',
        kind: 'other',
        tail: '',
        isMarked: true,
        isMissing: true,
      });
    }
    lines.push({ indent, name: undefined, value: close, kind: 'bracket', tail, isMarked: false, isMissing: false });
  };
  add(parsed, [], 0, undefined, '');
  return lines;
}

/** What an object at a path lacks of what is wanted: `birthDate`, or `period.beginDate` where it has no period either. */
const missingIn = (object: object, at: Path, wanted: readonly Path[]): string[] => [
  ...new Set(
    wanted
      .filter((path) => path.length > at.length && begins(path, at) && !Object.hasOwn(object, path[at.length] ?? ''))
      .map((path) => path.slice(at.length).join('.')),
  ),
];
