/** Lists that come a page at a time. */
import { InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { whole } from './options.ts';
import { jsonLine, out } from './terminal.ts';

export interface PageOptions {
  readonly limit?: number;
  readonly after?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** What asks for the page behind this one; null where there is none. */
  readonly next: string | null;
}

/** A program gets everything unless it says how much, in pages of this size. */
const AT_ONCE = 500;

export const limitOption = (unless: number): Option =>
  new Option('--limit <n>', `how many at a time: ${unless} unless told, and all with --json`).argParser(
    whole(1, AT_ONCE),
  );
export const afterOption = (): Option =>
  new Option('--after <place>', 'go on where the page before ended, as its last line says').argParser((text) => {
    if (/^[\w.]{1,100}$/.test(text)) return text;
    throw new InvalidArgumentError('has to be taken from the last line of the page before.');
  });

/**
 * Prints a list as lines for a program: to its end, or as much as it asked for with, in the last line, the place where
 * to go on.
 * @param load gives the page behind a place
 */
export async function jsonPages<T>(
  { limit, after }: PageOptions,
  load: (page: { limit: number; after?: string }) => Promise<Page<T>>,
  line: (item: T) => unknown,
): Promise<void> {
  for (let from = after; ; ) {
    const { items, next } = await load({ limit: limit ?? AT_ONCE, ...(from === undefined ? {} : { after: from }) });
    for (const item of items) jsonLine(line(item));
    if (next === null) return;
    if (limit !== undefined) {
      jsonLine({ type: 'more', after: next });
      return;
    }
    from = next;
  }
}

/** Prints the command that shows the next page. @param command the one that showed this */
export function printMore(next: string | null, command: (...words: readonly string[]) => string): void {
  if (next !== null) out(pc.dim(`More: ${command('--after', next)}`));
}
