/**
 * Where an API carries a key change on, it may carry an item on to a key that another record is to have, before a PUT of
 * its own record moves that item further. A POST of the other record then finds the item under its key and updates it,
 * and the PUT would take the item away from under it: nothing would be left of the other record, and nobody would know.
 */
import type { Answer } from '../edfi/answer.ts';
import type { ResourceModel, ResourceName } from '../edfi/model.ts';

export interface Carried {
  /** Whether a POST of another record has found the item: it is that record's from then on, and a PUT has to leave it. */
  isFound(apiId: string): boolean;
  /** Moves an item by PUT. @returns what `put` gives */
  move(apiId: string, put: () => Promise<Answer>): Promise<Answer>;
  /**
   * To be told of each item that a POST has found; waits for a PUT to it that is under way.
   * @returns whether a PUT may have moved the item since, so that the POST has to go once more
   */
  find(apiId: string): Promise<boolean>;
}

/**
 * @param found ids of items that records of an earlier batch share, so that what was stopped in between goes on as it was;
 *   undefined where no key changes in this one: then nothing has to be kept of what POSTs find
 */
export function createCarried(found: Iterable<string> | undefined): Carried {
  const others = new Set(found);
  const moving = new Map<string, Promise<void>>();
  const moved = new Set<string>();
  return {
    isFound: (apiId) => others.has(apiId),
    move(apiId, put) {
      const answer = put();
      const isOver = answer.then(
        ({ status }) => {
          if (status === 200 || status === 204) moved.add(apiId);
        },
        // Nothing is known of it: it may have had its effect.
        () => void moved.add(apiId),
      );
      moving.set(
        apiId,
        isOver.then(() => void moving.delete(apiId)),
      );
      return answer;
    },
    async find(apiId) {
      if (found === undefined) return false;
      others.add(apiId);
      await moving.get(apiId);
      return moved.has(apiId);
    },
  };
}

/**
 * @param moved resources whose keys change
 * @returns what the API changes of a resource's items when it carries these changes on: their key, or only their body;
 *   undefined where nothing in them refers to any of those
 */
export function carriesOn(model: ResourceModel, moved: ReadonlySet<ResourceName>): 'key' | 'body' | undefined {
  if (moved.size === 0) return undefined;
  let carries: 'key' | 'body' | undefined;
  const visit = (properties: ResourceModel['properties']): void => {
    for (const property of properties) {
      if (property.kind === 'reference') {
        if (property.targets.some((target) => moved.has(target))) {
          carries = property.identity || carries === 'key' ? 'key' : 'body';
        }
      } else if (property.kind === 'collection' || property.kind === 'object') visit(property.properties);
    }
  };
  visit(model.properties);
  return carries;
}
