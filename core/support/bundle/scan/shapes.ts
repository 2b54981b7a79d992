/** Shapes that values of records, secrets and places have, and nothing in a bundle has. */

export type ShapeKind =
  | 'email'
  | 'date'
  | 'social-security-number'
  | 'phone'
  | 'digits'
  | 'url'
  | 'host'
  | 'path'
  | 'secret'
  | 'id';

const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*';

const SHAPES: readonly (readonly [ShapeKind, RegExp])[] = [
  ['email', /[^\s@]@[^\s@]/],
  ['date', /(?<!\d)(?:19|20)\d{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d)/],
  ['date', /(?<![\d.])\d{1,2}([-/.])\d{1,2}\1(?:19|20)\d{2}(?!\d)/],
  ['date', /(?<!\d)(?:0?[1-9]|[12]\d|3[01])([-/])(?:0?[1-9]|[12]\d|3[01])\1\d{2}(?!\d)/],
  ['date', new RegExp(`(?<!\\d)\\d{1,2}(?:st|nd|rd|th)?[\\s.-]+${MONTH}[\\s.,-]+\\d{2,4}(?!\\d)`, 'i')],
  ['date', new RegExp(`\\b${MONTH}\\.?\\s+\\d{1,2}(?:st|nd|rd|th)?,?\\s+\\d{2,4}(?!\\d)`, 'i')],
  ['social-security-number', /(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)/],
  ['phone', /(?<!\d)(?:\+?\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]\d{4}(?!\d)/],
  ['phone', /(?<![\d.])\d{3}[ .-]\d{4}(?!\d)/],
  ['phone', /\+\d[\d ().-]{6,}\d/],
  ['digits', /\p{Nd}{5}/u],
  ['url', /\b[a-z][a-z0-9+.-]*:\/\/|\bwww\.|\b(?:mailto|data|file|javascript):/i],
  [
    'host',
    /\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|mil|us|io|dev|app|cloud|local|lan|internal|corp|intra|home|arpa)\b|\blocalhost\b/i,
  ],
  ['host', /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}(?![\w:])/i],
  ['path', /\\|\b[a-z]:\/|(?:^|[\s'"(=,;])(?:~|\.{1,2})?\/[\w.-]+(?:\/|$)|%(?:appdata|userprofile|temp)%/i],
  ['secret', /\beyJ[\w-]{6,}\.|\b(?:bearer|basic|apikey)\s+\S{6,}|-----BEGIN/i],
  ['secret', /\b(?:secret|password|passwd|pwd|token|api[_-]?key|client[_-]?id)\s*[:=]\s*\S{4,}/i],
  ['id', /(?<![0-9a-z])[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-z])/i],
  ['id', /(?<![0-9a-z])(?:[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-z])/i],
];

/** Long, and of small and capital letters and digits at once: made by chance, not by a person who names things. */
const looksRandom = (chunk: string): boolean =>
  chunk.length >= 20 && /[a-z]/.test(chunk) && /[A-Z]/.test(chunk) && /\d/.test(chunk);

/**
 * Takes a text out of which a bundle's own times, versions and references were taken; gives the shapes in it.
 * @param isName whether a chunk is a name of the vocabulary, however random it looks (studentSection504ProgramAssociations)
 */
export function shapesIn(text: string, isName: (chunk: string) => boolean = () => false): ShapeKind[] {
  const found = SHAPES.filter(([, shape]) => shape.test(text)).map(([kind]) => kind);
  if ((text.match(/[\w+/=-]{20,}/g) ?? []).some((chunk) => looksRandom(chunk) && !isName(chunk))) found.push('secret');
  return [...new Set(found)];
}
