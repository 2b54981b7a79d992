/**
 * The records a batch has to do something about, and what each waits for: a graph over whole numbers in typed arrays,
 * so that a first load of millions fits. A record that cannot go is in it too, so that what refers to it is held.
 */
import type { Kind } from '../ledger/pending.ts';
import { createIntList } from './int-list.ts';

/** ready: may go when its turn comes; waiting: for others; blocked: not in this batch, because of the problem it carries. */
export const OperationState = { waiting: 1, ready: 2, sent: 3, done: 4, blocked: 5 } as const;
export type OperationState = (typeof OperationState)[keyof typeof OperationState];

export interface Operations {
  readonly count: number;
  /** @param problem the problem that blocks it, 0 for none @returns its index */
  add(resource: number, kind: Kind, pendingId: number, state: OperationState, problem: number): number;
  resource(op: number): number;
  kind(op: number): Kind;
  setKind(op: number, kind: Kind): void;
  pendingId(op: number): number;
  state(op: number): OperationState;
  setState(op: number, state: OperationState): void;
  /** The root problem of one that is blocked. */
  problem(op: number): number;
  setProblem(op: number, problem: number): void;
  /** `op` goes only after `target`, and not at all if that fails. */
  waitFor(op: number, target: number): void;
  /** `op` goes after all of `targets` have had their turn, and not at all if none of them succeeded. */
  waitForAny(op: number, targets: readonly number[]): void;
  /** @returns whether nothing is left that `op` waits for */
  free(op: number): boolean;
  /** Tells those that wait for `op` how it ended; calls back for each that may go now, or cannot go any more. */
  settled(op: number, succeeded: boolean, released: (op: number) => void, held: (op: number) => void): void;
  /** Visits those that wait, or waited, for `op`. */
  dependants(op: number, visit: (op: number) => void): void;
  /**
   * How long a chain of others waits for each that is to go, by its index: what holds up the longest chain has to go
   * first. What waits in a circle has 0; longer chains than 255 count as that.
   */
  heights(): Uint8Array;
  /** Undoes `settled(op, false)` before `op` is tried again: its dependants wait once more. */
  reopen(op: number, waiting: (op: number) => void): void;
}

const TALLEST = 255;
const ALL = 0;
const ANY = 1;

export function createOperations(): Operations {
  const resources = createIntList();
  const kinds = createIntList();
  const pendingIds = createIntList();
  const states = createIntList();
  const problems = createIntList();
  /** Unfinished targets of each kind, and whether one of the `any` has succeeded. */
  const open = createIntList();
  const openAny = createIntList();
  const anyDone = createIntList();
  const firstEdge = createIntList();
  const edgeTo = createIntList();
  const edgeMode = createIntList();
  const nextEdge = createIntList();

  const edge = (op: number, target: number, mode: number): void => {
    const index = edgeTo.push(op);
    edgeMode.push(mode);
    nextEdge.push(firstEdge.get(target));
    firstEdge.set(target, index);
  };
  const eachDependant = (op: number, visit: (dependant: number, mode: number) => void): void => {
    for (let e = firstEdge.get(op); e !== -1; e = nextEdge.get(e)) visit(edgeTo.get(e), edgeMode.get(e));
  };
  const free = (op: number): boolean => open.get(op) === 0 && openAny.get(op) === 0;

  return {
    get count() {
      return resources.length;
    },
    add(resource, kind, pendingId, state, problem) {
      resources.push(resource);
      kinds.push(kind);
      pendingIds.push(pendingId);
      problems.push(problem);
      open.push(0);
      openAny.push(0);
      anyDone.push(0);
      firstEdge.push(-1);
      return states.push(state);
    },
    resource: resources.get,
    kind: (op) => kinds.get(op) as Kind,
    setKind: kinds.set,
    pendingId: pendingIds.get,
    state: (op) => states.get(op) as OperationState,
    setState: states.set,
    problem: problems.get,
    setProblem: problems.set,
    waitFor(op, target) {
      edge(op, target, ALL);
      open.set(op, open.get(op) + 1);
    },
    waitForAny(op, targets) {
      for (const target of targets) edge(op, target, ANY);
      openAny.set(op, openAny.get(op) + targets.length);
    },
    free,
    dependants: eachDependant,
    settled(op, succeeded, released, held) {
      eachDependant(op, (dependant, mode) => {
        if (mode === ALL) {
          if (succeeded) open.set(dependant, open.get(dependant) - 1);
        } else {
          openAny.set(dependant, openAny.get(dependant) - 1);
          if (succeeded) anyDone.set(dependant, 1);
        }
        if (states.get(dependant) !== OperationState.waiting) return;
        const hopeless =
          (mode === ALL && !succeeded) ||
          (mode === ANY && openAny.get(dependant) === 0 && anyDone.get(dependant) === 0);
        if (hopeless) held(dependant);
        else if (free(dependant)) released(dependant);
      });
    },
    heights() {
      const count = resources.length;
      const heights = new Uint8Array(count);
      // What waits for nothing comes first, then what waits only for such as have come: backwards, each meets its
      // dependants before itself.
      const order = new Int32Array(count);
      const left = new Int32Array(count);
      let end = 0;
      for (let op = 0; op < count; op++) {
        left[op] = open.get(op) + openAny.get(op);
        if (left[op] === 0) order[end++] = op;
      }
      for (let at = 0; at < end; at++) {
        eachDependant(order[at] as number, (dependant) => {
          left[dependant] = (left[dependant] as number) - 1;
          if (left[dependant] === 0) order[end++] = dependant;
        });
      }
      for (let at = end - 1; at >= 0; at--) {
        const op = order[at] as number;
        let height = 0;
        eachDependant(op, (dependant) => {
          if (states.get(dependant) === OperationState.waiting) {
            height = Math.max(height, (heights[dependant] as number) + 1);
          }
        });
        heights[op] = Math.min(height, TALLEST);
      }
      return heights;
    },
    reopen(op, waiting) {
      eachDependant(op, (dependant, mode) => {
        if (mode === ANY) openAny.set(dependant, openAny.get(dependant) + 1);
        if (states.get(dependant) === OperationState.blocked) waiting(dependant);
      });
    },
  };
}
