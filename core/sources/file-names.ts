/** The names by which rows tell out of which export they are: `users.csv`, or a file of an earlier export. */

const LAST = / of the last export$/;
const EARLIER = / of (\d+) exports ago$/;

/**
 * Takes the name of a row's file, gives its name once another export has come after it: `users.csv`, `users.csv of the
 * last export`, `users.csv of 2 exports ago`… So a name and a row number lead to one row, however many exports of
 * changes were laid over each other.
 */
export function olderName(file: string): string {
  if (LAST.test(file)) return file.replace(LAST, ' of 2 exports ago');
  const earlier = EARLIER.exec(file);
  if (earlier !== null) return file.replace(EARLIER, ` of ${Number(earlier[1]) + 1} exports ago`);
  return `${file} of the last export`;
}

/** The name without the words that tell from which export it is: the same for a file of all of them. */
export function plainName(file: string): string {
  return file.replace(LAST, '').replace(EARLIER, '');
}
