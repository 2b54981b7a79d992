import { Failure } from '../errors/failure.ts';

/**
 * Makes the refusal of a source that would corrupt the result.
 * @param sentence what, where (file and row), what to do; no value from a record.
 */
export function unusable(sentence: string, details: Record<string, string | number | boolean> = {}): Failure {
  return new Failure('source-unusable', sentence, details);
}

/** Throws `Failure('cancelled')` once the signal is aborted. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Failure('cancelled', 'The reading was stopped before it was done.');
}

/**
 * A file's or column's name, fit for a terminal: a name comes from someone else's disk and could carry control
 * characters or be endless.
 */
export function shown(name: string): string {
  const plain = name.replace(/[\p{C}\u2028\u2029]/gu, '?');
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
}

/** The `code` of a system error (`ENOENT`), or undefined for anything else. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Says in words why a file or folder could not be read; a Failure passes through as it is. */
export function readFailure(thrown: unknown, name: string): Error {
  if (thrown instanceof Failure) return thrown;
  const what = shown(name);
  switch (systemCode(thrown)) {
    case 'ENOENT':
      return unusable(`${what} is not there any more; make a new export and try again.`, { file: what });
    case 'EACCES':
    case 'EPERM':
      return unusable(`${what} may not be read by this account; ask for permission to read it.`, { file: what });
    case 'EBUSY':
      return unusable(`${what} is in use by another program; close that program and try again.`, { file: what });
    default:
      return unusable(`${what} could not be read from the disk; copy the export again and try once more.`, {
        file: what,
      });
  }
}
