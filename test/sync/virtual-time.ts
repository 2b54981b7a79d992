/**
 * An API that answers in virtual time: what it was sent is answered in the order of the answers' times, and time stands
 * still while the sender works. So it is seen how a batch is ordered, whatever this machine does meanwhile.
 */
import type { Answer } from '../../core/edfi/answer.ts';
import type { Line, Sender } from '../../core/sync/dispatch.ts';

export interface VirtualApi {
  readonly sender: Sender;
  readonly line: Line;
  /** Lets time pass until `work` is done. @returns how long that took in virtual time */
  pass(work: Promise<unknown>): Promise<number>;
  /** Most requests that were under way at once. */
  readonly most: () => number;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @param msOf how long a request for a resource takes */
export function virtualApi(msOf: (resource: string) => number): VirtualApi {
  let now = 0;
  let most = 0;
  const underWay = new Map<() => void, number>();
  const answer = (resource: string, status: number): Promise<Answer> =>
    new Promise((resolve) => {
      const end = now + msOf(resource);
      underWay.set(() => resolve({ status, id: '0'.repeat(32), text: '', attempts: 1, ms: 0 }), end);
      most = Math.max(most, underWay.size);
    });
  return {
    sender: {
      post: (resource) => answer(resource, 201),
      put: (resource) => answer(resource, 204),
      remove: (resource) => answer(resource, 204),
    },
    line: { setConcurrency: () => undefined, listen: () => () => undefined },
    most: () => most,
    async pass(work) {
      let isDone = false;
      void work.finally(() => {
        isDone = true;
      });
      while (!isDone) {
        // An answer is committed in the turn after it came, and what it lets go is sent in the one after that.
        for (let turns = 0; turns < 4; turns++) await turn();
        now = underWay.size === 0 ? now : Math.min(...underWay.values());
        for (const [end, at] of [...underWay]) {
          if (at > now) continue;
          underWay.delete(end);
          end();
        }
      }
      await work;
      return now;
    },
  };
}
