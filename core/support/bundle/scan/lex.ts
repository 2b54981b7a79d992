/** Takes the files of a bundle apart into the pieces that the scan judges. */

/** `text`: a string, with the key or attribute it stands at; `word`: a key, a tag or an attribute, or what is no part of the format. */
export type Piece =
  | { readonly kind: 'text'; readonly at: string; readonly text: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'number'; readonly at: string; readonly text: string };

const JSON_PARTS = /"((?:[^"\\]|\\.)*)"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[^\s"{}[\]:,]+/g;

const unescaped = (raw: string): string => {
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
};

/** Takes lines of JSON, or of JSON over several lines; gives the pieces of the next line at each call. */
export function jsonLexer(): (line: string) => Piece[] {
  // A value may stand on another line than its key.
  let at = '';
  return (line) =>
    Array.from(line.matchAll(JSON_PARTS), ([whole, string, colon]): Piece => {
      if (string !== undefined) {
        const text = unescaped(string);
        if (colon === undefined) return { kind: 'text', at, text };
        at = text;
        return { kind: 'word', text };
      }
      if (/^-?\d/.test(whole)) return { kind: 'number', at, text: whole };
      return { kind: 'word', text: whole };
    });
}

const TAG = /<(\/?[a-z][a-z0-9]*)((?:\s+[a-z][a-z0-9-]*="[^"]*")*)\s*\/?>/gi;
const ATTRIBUTE = /([a-z][a-z0-9-]*)="([^"]*)"/gi;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Takes text with character references, named or by number; gives the characters. */
export const unescapeHtml = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,6}));?/gi, (whole, hex, decimal, name) => {
    if (typeof name === 'string') return ENTITIES[name.toLowerCase()] ?? whole;
    const code = typeof hex === 'string' ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

/** Takes a line of the page; gives its tags, attributes and the text between them. */
export function htmlPieces(given: string): Piece[] {
  // Where a name may be broken it is still one name.
  const line = given.replaceAll('<wbr>', '');
  const pieces: Piece[] = [];
  const between = (raw: string): void => {
    if (raw.trim() !== '') pieces.push({ kind: 'text', at: '', text: unescapeHtml(raw).trim() });
  };
  let end = 0;
  for (const match of line.matchAll(TAG)) {
    between(line.slice(end, match.index));
    end = match.index + match[0].length;
    pieces.push({ kind: 'word', text: (match[1] ?? '').replace('/', '') });
    for (const [, name = '', value = ''] of (match[2] ?? '').matchAll(ATTRIBUTE)) {
      pieces.push({ kind: 'word', text: name }, { kind: 'text', at: name, text: unescapeHtml(value) });
    }
  }
  between(line.slice(end));
  return pieces;
}
