/** Pairing and taking back. */
import { ask } from '../../client/client.ts';
import { invalidateAfter } from '../../client/query.ts';
import type { Pairing } from './words.ts';

/** As many as one command takes. */
export const MOST_PAIRS = 1000;

/**
 * Puts each code back to what it was before it was paired.
 * @throws Refused for the first that cannot be; those before it are put back
 */
export async function takeBack(connection: string, pairs: readonly Pairing[]): Promise<void> {
  try {
    const replaced = pairs.flatMap(({ type, code, before }) => (before === null ? [] : [{ type, code, uri: before }]));
    if (replaced.length > 0) await ask('descriptors.mapMany', { connection, pairs: replaced });
    for (const { type, code, before } of pairs) {
      if (before === null) await ask('descriptors.unmap', { connection, type, code });
    }
  } finally {
    // Once, and not for each: every list that shows codes is read again.
    invalidateAfter('descriptors.unmap');
  }
}
