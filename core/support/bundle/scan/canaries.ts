/** Looks for values of the sealed plane, whatever their case and spacing, in one pass over a text's words. */
import { own, tokensOf } from './own.ts';

/** Shorter ones would be found everywhere: a count, an initial, `F`. */
const SHORTEST_WORD = 3;
const SHORTEST_NUMBER = 4;
/** Characters outside of Latin say more. */
const SHORTEST_OTHER = 2;
/** A sentence is found by any so many of its words in a row. */
const WINDOW = 4;
/** Written without their spaces, words are only told from others when they are long together. */
const SHORTEST_JOINED = 6;

const COMPOUND = /[\p{L}\p{N}]+(?:[-/._][\p{L}\p{N}]+)+/gu;
/** Between two words: no value has it. */
const BREAK = ' 0 ';

const longEnough = (token: string): boolean => {
  if (/^\p{N}+$/u.test(token)) return token.length >= SHORTEST_NUMBER;
  return token.length >= (/^[\p{Script=Latin}\p{N}]+$/u.test(token) ? SHORTEST_WORD : SHORTEST_OTHER);
};

export interface Canaries {
  /** @returns whether one of the values is in a text */
  isIn(text: string): boolean;
}

/**
 * @param values out of the sealed columns; any number of them, gone through once
 * @param isClosed whether a word is of the vocabulary or one of the bundle's own: values that are cannot be told from it
 */
export function createCanaries(values: Iterable<string>, isClosed: (word: string) => boolean): Canaries {
  const { sentences } = own();
  const words = new Set<string>();
  /** Phrases by their first two words. */
  const phrases = new Map<string, Set<string>>();
  const addPhrase = (tokens: readonly string[]): void => {
    const phrase = tokens.join(' ');
    if (sentences.includes(` ${phrase} `)) return;
    const start = `${tokens[0]} ${tokens[1]}`;
    const known = phrases.get(start);
    if (known === undefined) phrases.set(start, new Set([phrase]));
    else known.add(phrase);
  };
  for (const value of values) {
    if (isClosed(value)) continue;
    const tokens = tokensOf(value);
    const joined = tokens.join('');
    if (tokens.length === 1) {
      if (longEnough(joined) && !isClosed(joined)) words.add(joined);
      continue;
    }
    // A handful of short numbers (`1 2`, `9-12`) says nothing.
    if (tokens.length === 0 || !(longEnough(joined) && joined.length >= SHORTEST_NUMBER)) continue;
    if (joined.length >= SHORTEST_JOINED && !isClosed(joined)) words.add(joined);
    if (tokens.length <= WINDOW + 1) addPhrase(tokens);
    else for (let i = 0; i + WINDOW <= tokens.length; i++) addPhrase(tokens.slice(i, i + WINDOW));
  }
  return {
    isIn(text) {
      // A compound name of ours (`ed-fi/students`, `token-info`) is one thing, and no row of words.
      const tokens = tokensOf(text.replace(COMPOUND, (compound) => (isClosed(compound) ? BREAK : compound)));
      if (tokens.some((token) => words.has(token))) return true;
      if (tokens.length > 1 && words.has(tokens.join(''))) return true;
      if (phrases.size === 0) return false;
      for (let i = 0; i + 1 < tokens.length; i++) {
        const candidates = phrases.get(`${tokens[i]} ${tokens[i + 1]}`);
        if (candidates === undefined) continue;
        for (let length = 2; length <= WINDOW + 1 && i + length <= tokens.length; length++) {
          if (candidates.has(tokens.slice(i, i + length).join(' '))) return true;
        }
      }
      return false;
    },
  };
}
