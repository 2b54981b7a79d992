/** Commands that a person may run next, to be copied. */

/** Where a person is. */
export interface Place {
  readonly connection: string;
  /** `--data`, where it was given. */
  readonly data: string | undefined;
  /** False where the connection is gone when the person reads it (the demo). */
  readonly stays: boolean;
}

/** A value for a shell, so that whatever an export holds is taken as a word and nothing else. */
function quoted(text: string): string {
  if (/^[\w.,:/#@%+=-]+$/.test(text)) return text;
  return process.platform === 'win32' ? `"${text.replaceAll('"', '""')}"` : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * @param name of the command: `descriptors map`
 * @param words what stands behind the connection; each is made fit for a shell
 */
export function commandFor(name: string, place: Place, ...words: readonly string[]): string {
  const folder = place.data === undefined ? [] : ['--data', place.data];
  return ['rollbook', name, ...['--connection', place.connection, ...folder, ...words].map(quoted)].join(' ');
}
