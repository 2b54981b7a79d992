import { expect, test } from 'vitest';
import { Kind } from '../../core/ledger/pending.ts';
import { createOperations, OperationState, type Operations } from '../../core/sync/operations.ts';

/** Operations by number, and what was told of them. */
function graph(count: number) {
  const operations: Operations = createOperations();
  for (let n = 0; n < count; n++) operations.add(n % 3, Kind.create, 100 + n, OperationState.waiting, 0);
  const told = { released: [] as number[], held: [] as number[] };
  return {
    operations,
    told,
    settle(op: number, succeeded: boolean): void {
      operations.setState(op, succeeded ? OperationState.done : OperationState.blocked);
      operations.settled(
        op,
        succeeded,
        (next) => {
          operations.setState(next, OperationState.ready);
          told.released.push(next);
        },
        (next) => {
          operations.setState(next, OperationState.blocked);
          told.held.push(next);
        },
      );
    },
    reopen(op: number): number[] {
      const waiting: number[] = [];
      operations.setState(op, OperationState.waiting);
      operations.reopen(op, (next) => {
        operations.setState(next, OperationState.waiting);
        waiting.push(next);
      });
      return waiting;
    },
  };
}

test('an operation carries what it was given', () => {
  const { operations } = graph(0);
  const op = operations.add(2, Kind.rekey, 77, OperationState.blocked, 9);
  expect([operations.count, operations.resource(op), operations.kind(op), operations.pendingId(op)]).toEqual([
    1,
    2,
    Kind.rekey,
    77,
  ]);
  expect([operations.state(op), operations.problem(op), operations.free(op)]).toEqual([
    OperationState.blocked,
    9,
    true,
  ]);
  operations.setKind(op, Kind.create);
  operations.setProblem(op, 10);
  expect([operations.kind(op), operations.problem(op)]).toEqual([Kind.create, 10]);
});

test('one that waits for several goes after the last of them', () => {
  const { operations, told, settle } = graph(3);
  operations.waitFor(2, 0);
  operations.waitFor(2, 1);
  expect(operations.free(2)).toBe(false);
  settle(0, true);
  expect(told).toEqual({ released: [], held: [] });
  settle(1, true);
  expect(told).toEqual({ released: [2], held: [] });
  expect(operations.free(2)).toBe(true);
});

test('one that waits for several is held by the first that fails, once', () => {
  const { operations, told, settle } = graph(3);
  operations.waitFor(2, 0);
  operations.waitFor(2, 1);
  settle(1, false);
  settle(0, false);
  expect(told).toEqual({ released: [], held: [2] });
});

test('of several of which one is enough, all have their turn, and only none of them holds', () => {
  for (const outcomes of [
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    const { operations, told, settle } = graph(3);
    operations.waitForAny(2, [0, 1]);
    settle(0, outcomes[0]);
    expect(told).toEqual({ released: [], held: [] });
    settle(1, outcomes[1]);
    expect(told).toEqual({ released: [2], held: [] });
  }
  const { operations, told, settle } = graph(3);
  operations.waitForAny(2, [0, 1]);
  settle(0, false);
  settle(1, false);
  expect(told).toEqual({ released: [], held: [2] });
});

test('a second try lets those wait again that were held, and only those', () => {
  const { operations, told, settle, reopen } = graph(4);
  operations.waitFor(2, 0);
  operations.waitForAny(3, [0, 1]);
  settle(0, false);
  settle(1, true);
  expect(told).toEqual({ released: [3], held: [2] });
  operations.setState(3, OperationState.done);
  expect(reopen(0)).toEqual([2]);
  expect(operations.free(2)).toBe(false);
  settle(0, true);
  expect(told).toEqual({ released: [3, 2], held: [2] });
});

test('a second try of one of which one was enough', () => {
  const { operations, told, settle, reopen } = graph(3);
  operations.waitForAny(2, [0, 1]);
  settle(0, false);
  settle(1, false);
  expect(reopen(0)).toEqual([2]);
  settle(0, true);
  expect(told.released).toEqual([2]);
});

test('dependants are told whether they wait still or not', () => {
  const { operations } = graph(4);
  operations.waitFor(1, 0);
  operations.waitForAny(2, [0, 3]);
  const found: number[] = [];
  operations.dependants(0, (op) => void found.push(op));
  expect(found.sort()).toEqual([1, 2]);
});

test('the height of each is the longest chain that waits for it', () => {
  const { operations } = graph(8);
  // 0 ← 1 ← 2 ← 3, 0 ← 4 (any of 0 and 5), and two that wait for each other.
  operations.waitFor(1, 0);
  operations.waitFor(2, 1);
  operations.waitFor(3, 2);
  operations.waitForAny(4, [0, 5]);
  operations.waitFor(6, 7);
  operations.waitFor(7, 6);
  expect([...operations.heights()]).toEqual([3, 2, 1, 0, 0, 1, 0, 0]);
});

test('what does not go any more makes nothing taller, and a chain longer than 255 counts as that', () => {
  const { operations } = graph(300);
  for (let op = 1; op < 300; op++) operations.waitFor(op, op - 1);
  const heights = operations.heights();
  expect([heights[0], heights[44], heights[45], heights[298], heights[299]]).toEqual([255, 255, 254, 1, 0]);
  operations.setState(299, OperationState.blocked);
  expect(operations.heights()[298]).toBe(0);
});
