/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`; a short text in a small vocabulary. */
const distance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, beforeLast[j - 2]! + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
};

/**
 * The known word that was probably meant.
 * @param word what was written
 * @param known the words that exist there
 * @returns the nearest known word, or undefined when none is near (more than a third of the letters differ)
 */
export const didYouMean = (word: string, known: Iterable<string>): string | undefined => {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
};

/** The tail of a sentence: `; did you mean "from"?`, or `. Known are: …` when nothing is near. */
export const hint = (word: string, known: readonly string[]): string => {
  const near = didYouMean(word, known);
  if (near !== undefined) return `; did you mean "${near}"?`;
  return known.length > 0 && known.length <= 40 ? `. Known there: ${known.join(', ')}.` : '.';
};
