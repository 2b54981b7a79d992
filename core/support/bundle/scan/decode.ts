/** Undoes what may have been done to a value on its way: escapes, base64, hex. */
import { unescapeHtml } from './lex.ts';

const urlDecoded = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));

const jsonDecoded = (text: string): string =>
  text.replace(/\\u\{?([0-9a-f]{4,6})\}?|\\x([0-9a-f]{2})|\\(.)/gi, (whole, unicode, byte, other) => {
    if (typeof other === 'string') return other;
    const code = Number.parseInt(String(unicode ?? byte), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

/** Words, with whatever is between them: what is none of it is no text. */
const isText = (text: string): boolean => /[\p{L}\p{N}]{2}/u.test(text) && !text.includes('\uFFFD');

const bytesAsText = (bytes: Buffer): string[] => [bytes.toString('utf8'), bytes.toString('utf16le')].filter(isText);

/** A value may begin anywhere in a longer run: each of the four places where a group can start is tried. */
const base64Decoded = (text: string): string[] =>
  (text.match(/[A-Za-z0-9+/_-]{4,}={0,2}/g) ?? []).flatMap((run) =>
    [0, 1, 2, 3]
      .filter((start) => run.length - start >= 4)
      .flatMap((start) => bytesAsText(Buffer.from(run.slice(start), 'base64'))),
  );

const hexDecoded = (text: string): string[] =>
  (text.match(/(?:[0-9a-f]{2}[ :]?){3,}/gi) ?? []).flatMap((run) =>
    bytesAsText(Buffer.from(run.replace(/[ :]/g, ''), 'hex')),
  );

/** Takes a text; gives other texts that it may be a form of, itself not among them. */
export function decodings(text: string): string[] {
  const forms = new Set<string>();
  const add = (form: string): void => {
    if (form !== text) forms.add(form);
  };
  if (text.includes('%')) add(urlDecoded(text));
  if (text.includes('%')) add(urlDecoded(urlDecoded(text)));
  if (text.includes('+')) add(text.replaceAll('+', ' '));
  if (text.includes('\\')) add(jsonDecoded(text));
  if (text.includes('&')) add(unescapeHtml(text));
  for (const form of base64Decoded(text)) add(form);
  for (const form of hexDecoded(text)) add(form);
  return [...forms];
}
