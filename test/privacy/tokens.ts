/**
 * Words that stand nowhere but in a planted record. A word is marker + number + marker, all in letters of one rare
 * alphabet: each of its ends tells it, and so does any piece of eight letters out of its middle.
 */

/** Each alphabet has seven letters; the first six are its marker. */
export const SCRIPTS = {
  latin: [...'zqxjkvw'],
  cyrillic: [...'щъэюжфы'],
  han: [...'龘靐齉爩鱻麤龗'],
  arabic: [...'ظضغخثذص'],
  emoji: [...'🦩🧿🪬🪸🫎🪻🫚'],
} as const satisfies Record<string, readonly string[]>;
export type Script = keyof typeof SCRIPTS;

const MARKER_LETTERS = 6;
const NUMBER_LETTERS = 5;

export const markerOf = (script: Script): string => SCRIPTS[script].slice(0, MARKER_LETTERS).join('');

/** @param number from 0 to 16,806; the same number gives the same word */
export function word(number: number, script: Script = 'latin'): string {
  const letters = SCRIPTS[script];
  let middle = '';
  for (let place = 0, rest = number; place < NUMBER_LETTERS; place++, rest = Math.floor(rest / letters.length)) {
    middle += letters[rest % letters.length];
  }
  const marker = markerOf(script);
  return marker + middle + marker;
}

/** What all planted numbers begin with; they have twelve digits, as many as a state's student number may have. */
export const NUMBER_MARKER = '9825507';
/** @param number from 0 to 99,999 */
export const digits = (number: number): string => NUMBER_MARKER + String(number).padStart(5, '0');

const DAY_MS = 86_400_000;
/** A day that nothing else is dated with. @param number days from the beginning of `year` */
export const rareDay = (number: number, year = 1901): string =>
  new Date(Date.UTC(year, 0, 1) + number * DAY_MS).toISOString().slice(0, 10);
