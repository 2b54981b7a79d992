/** What the system shows when a batch has ended and nobody looks: counts alone, for others may see the screen. */
import { Notification } from 'electron';
import type { Place } from '../../core/contract/host.ts';
import type { EngineEvent } from '../../core/contract/schemas.ts';

export interface Message {
  readonly title: string;
  readonly body: string;
  readonly place: Place;
}

const counted = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** What the engine says of a batch's end. */
type Ending = Pick<Extract<EngineEvent, { type: 'batch' }>, 'state' | 'account'>;

/**
 * @param ending how it ended, and what came of its records
 * @returns what to say of it, in counts and fixed words; undefined where there is nothing to tell
 */
export function messageOf({ state, account }: Ending): Message | undefined {
  const { created = 0, updated = 0, deleted = 0, rejected = 0, held = 0, failed = 0 } = account ?? {};
  const sent = created + updated + deleted;
  const trouble = rejected + held + failed;
  const sentWords = counted(sent, 'record sent', 'records sent');
  switch (state) {
    case undefined:
    case 'planned':
      return undefined;
    case 'waiting':
      return {
        title: 'A batch waits for you',
        body: 'It would change more than usual. Look at it, and approve it or leave it.',
        place: 'batches',
      };
    case 'stopped':
      return {
        title: 'A batch has stopped early',
        body: `${sentWords}. The next one goes on from there.`,
        place: 'batches',
      };
    case 'failed':
      return {
        title: 'A batch could not be sent',
        body: 'Open Rollbook to see why, and what to do.',
        place: 'batches',
      };
    case 'done':
      if (trouble > 0) {
        return {
          title: 'A batch has ended and needs you',
          body: `${sentWords}, ${counted(trouble, 'record was', 'records were')} not.`,
          place: 'problems',
        };
      }
      return sent === 0 ? undefined : { title: 'A batch has ended', body: `${sentWords}.`, place: 'overview' };
  }
}

/**
 * Shows it, where the system can.
 * @param onClick gets the place that the message is about
 */
export function notify(message: Message, onClick: (place: Place) => void): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification({ title: message.title, body: message.body, silent: true });
  notification.on('click', () => onClick(message.place));
  notification.show();
}
