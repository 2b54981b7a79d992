/** Markup in which every value is escaped: what is put in is text, unless it came out of `html` itself. */
const made = new WeakSet<Html>();

export interface Html {
  readonly markup: string;
}

type Piece = Html | readonly Html[] | string | number;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Takes any text; gives it as it may stand between tags and in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');

const written = (piece: Piece): string => {
  if (typeof piece === 'string') return escapeHtml(piece);
  if (typeof piece === 'number') return String(piece);
  if (Array.isArray(piece)) return piece.map(written).join('');
  // An object that only looks like markup is none.
  return made.has(piece as Html) ? (piece as Html).markup : '';
};

/** A template whose own words are markup, and whose values are not. */
export const html = (template: readonly string[], ...values: readonly Piece[]): Html => {
  const result = {
    markup: template.map((text, index) => text + (index < values.length ? written(values[index] ?? '') : '')).join(''),
  };
  made.add(result);
  return result;
};

export const NOTHING: Html = html``;
