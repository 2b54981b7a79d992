/** What `npm start -- --demo` shows: a practice API, a fictional district, and a first batch that left problems. */
import type { SyncResult } from '../../core/contract/schemas.ts';
import { Failure } from '../../core/errors/failure.ts';
import type { Practice } from '../practice.ts';
import type { LoopbackApp } from './app.ts';

/**
 * Sends the district's first day. What its export has wrong, and what no descriptor is mapped for, stays to be looked at.
 * @returns the batch's result
 * @throws Failure
 */
export async function prepareDemo(
  app: Pick<LoopbackApp, 'call'> & { readonly practice: Pick<Practice, 'start'> },
): Promise<SyncResult> {
  const { connection } = await app.practice.start();
  if (connection === null) {
    throw new Failure('internal', 'The practice district could not be set up. Start again.');
  }
  return app.call('sync.run', { connection, approve: true });
}
