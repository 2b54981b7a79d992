/** The way back from clearing what is over. */
import { call } from '../client/client.ts';
import { type Toast, toast } from './toasts.ts';

/**
 * @param at when it was cleared, as the engine said
 * @param group the one cause that was; all that were cleared then unless told
 */
export const undoClear = (connection: string, at: number, group?: string): NonNullable<Toast['undo']> => ({
  label: 'Put back',
  act: () => {
    call('problems.clear', { connection, clear: false, since: at, ...(group === undefined ? {} : { group }) }).then(
      () => toast('It is on the list of what is over again.'),
      () => toast('It could not be put back. Try it again with “rollbook clear --undo”.'),
    );
  },
});
