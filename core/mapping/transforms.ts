import { dateReader, isoDate } from './dates.ts';
import type { Transform } from './spec.ts';

/** What flows through a chain of transforms: text, a number, true or false, or a list of texts. */
export type Value = string | number | boolean | readonly string[];

/** What a transform gives for a value that it cannot read; absent (undefined) is not an error, this is. */
export const unreadable: unique symbol = Symbol('unreadable');

export type Step = (value: Value | undefined) => Value | undefined | typeof unreadable;

/** Separates the items of a list that a view gathered; no file holds it. */
export const listSeparator = '\u001f';

const text = (value: Value): string =>
  typeof value === 'string' ? value : Array.isArray(value) ? value.join(listSeparator) : String(value);

/** Text without surrounding blanks (no-break spaces and byte order marks too), or undefined when nothing is left. */
export const tidy = (value: string | undefined): string | undefined => {
  if (value === undefined || value === '') return undefined;
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(value.length - 1);
  if (first > 32 && last > 32 && first < 128 && last < 128) return value;
  const trimmed = value.trim();
  return trimmed === '' ? undefined : trimmed;
};

/** The items of a text between separators, trimmed, without empty ones. */
export const splitList = (value: string, separator: string): string[] => {
  const items: string[] = [];
  for (const piece of value.split(separator)) {
    const item = tidy(piece);
    if (item !== undefined) items.push(item);
  }
  return items;
};

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const scientific = /^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i;
const dashedUuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const readNumber = (value: Value, whole: boolean): number | typeof unreadable => {
  const read = typeof value === 'number' ? value : decimal.test(text(value)) ? Number(text(value)) : Number.NaN;
  if (!Number.isFinite(read) || (whole && !Number.isSafeInteger(read))) return unreadable;
  return read;
};

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', '0'].map((word) => [word, false] as const),
]);

const readBoolean = (value: Value): boolean | typeof unreadable =>
  typeof value === 'boolean' ? value : (truths.get(text(value).toLowerCase()) ?? unreadable);

/** The ending year of `2027`, `2026-2027` or `2026-27`. */
const readSchoolYear = (value: Value): number | typeof unreadable => {
  const found = /^(\d{4})(?:\s*[-/–]\s*(\d{4}|\d{2}))?$/.exec(text(value));
  if (found === null) return unreadable;
  const begin = Number(found[1]);
  if (found[2] === undefined) return begin;
  const end = found[2].length === 4 ? Number(found[2]) : begin - (begin % 100) + Number(found[2]);
  const year = end < begin ? end + 100 : end;
  return year - begin === 1 ? year : unreadable;
};

const typedIdPattern = /\{\s*([^:{}]+?)\s*:\s*([^{}]*?)\s*\}/g;

/**
 * The identifier of one type out of OneRoster's `userIds`.
 * @param value `{SIS:123},{State:00456}`
 * @param type compared without regard to case
 * @returns the identifier as it stands (leading zeros kept), or undefined when there is none of that type
 */
export const typedId = (value: string, type: string): string | undefined => {
  const wanted = type.trim().toLowerCase();
  for (const [, kind, id] of value.matchAll(typedIdPattern)) {
    if (kind!.toLowerCase() === wanted) return tidy(id);
  }
  return undefined;
};

const titleCase = (value: string): string =>
  value
    .toLowerCase()
    .replace(/(^|[\s\-'’])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());

const present =
  (step: (value: Value) => Value | undefined | typeof unreadable): Step =>
  (value) =>
    value === undefined ? undefined : step(value);

const dateStep = (formats: readonly string[]): Step => {
  const readers = formats.filter((format) => format !== 'yyyy-MM-dd').map(dateReader);
  return present((value) => {
    const written = text(value);
    const iso = isoDate(written);
    if (iso !== undefined) return iso;
    for (const reader of readers) {
      const date = reader(written);
      if (date !== undefined) return date;
    }
    return unreadable;
  });
};

/**
 * Compiles one named transform of a mapping.
 * @param transform as written in the mapping file
 * @param settings the connection's settings, for transforms that name one
 * @returns a pure function from a value (undefined where absent) to a value, undefined, or `unreadable`
 */
export const compileTransform = (transform: Transform, settings: Readonly<Record<string, string>>): Step => {
  if (typeof transform === 'string') {
    switch (transform) {
      case 'trim':
        return present((value) => tidy(text(value)));
      case 'first':
        return present((value) => (Array.isArray(value) ? value[0] : value));
      case 'count':
        return present((value) => (Array.isArray(value) ? value.length : 1));
      case 'date':
        return dateStep([]);
      case 'month':
        return present((value) => Number(text(value).slice(5, 7)));
      case 'year':
        return present((value) => Number(text(value).slice(0, 4)));
      case 'number':
        return present((value) => readNumber(value, false));
      case 'integer':
        return present((value) => readNumber(value, true));
      case 'boolean':
        return present(readBoolean);
      case 'upper':
        return present((value) => text(value).toUpperCase());
      case 'lower':
        return present((value) => text(value).toLowerCase());
      case 'title':
        return present((value) => titleCase(text(value)));
      case 'schoolYear':
        return present(readSchoolYear);
      case 'identifier':
        // A spreadsheet turns a long number into 2.55901E+08; its last digits are gone for good.
        return present((value) => (scientific.test(text(value)) ? unreadable : text(value)));
      case 'compactUuid':
        // A dashed UUID has 36 characters where Ed-Fi's unique ids have room for 32.
        return present((value) => (dashedUuid.test(text(value)) ? text(value).replaceAll('-', '') : text(value)));
      default:
        return transform satisfies never;
    }
  }
  if ('pad' in transform) {
    const { length, with: filler = '0', side = 'left' } = transform.pad;
    return present((value) =>
      side === 'left' ? text(value).padStart(length, filler) : text(value).padEnd(length, filler),
    );
  }
  if ('date' in transform) {
    if (!('setting' in transform.date)) return dateStep(transform.date);
    const chosen = settings[transform.date.setting];
    return dateStep(chosen === undefined ? [] : [chosen]);
  }
  if ('split' in transform)
    return present((value) => (typeof value === 'string' ? splitList(value, transform.split) : value));
  if ('item' in transform)
    return present((value) =>
      Array.isArray(value) ? value[transform.item] : transform.item === 0 ? value : undefined,
    );
  if ('default' in transform) return (value) => value ?? transform.default;
  if ('substring' in transform) {
    const { from = 0, length } = transform.substring;
    // Counted and cut by UTF-16 unit, as maxLength is checked, but never through the middle of a character.
    return present((value) => {
      const cut = text(value).slice(from, from + length);
      return tidy(/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut);
    });
  }
  if ('replace' in transform)
    return present((value) => tidy(text(value).replaceAll(transform.replace.find, transform.replace.with)));
  if ('maxLength' in transform)
    return present((value) => (text(value).length > transform.maxLength ? unreadable : value));
  if ('typedId' in transform) {
    const { typedId: wanted } = transform;
    const type =
      typeof wanted === 'string' ? wanted : (settings[wanted.setting] ?? '').slice((wanted.after ?? '').length);
    return present((value) => typedId(text(value), type));
  }
  return transform satisfies never;
};
