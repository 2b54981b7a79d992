/**
 * Tells whoever counts that an answer fitted nothing, so that the catalogue can grow. A channel, since the one who counts
 * (the engine, a test run) is no business of the one who classifies, and costs nothing where nobody listens.
 */
import { channel } from 'node:diagnostics_channel';

export const UNCLASSIFIED_CHANNEL = 'rollbook:unclassified';

export interface Unclassified {
  readonly status: number;
  /** The problem's type behind `urn:ed-fi:api:`; the server's own word, so for counting only. */
  readonly type: string | undefined;
}

const told = channel(UNCLASSIFIED_CHANNEL);

export const tellUnclassified = (answer: Unclassified): void => {
  if (told.hasSubscribers) told.publish({ status: answer.status, type: answer.type });
};
