/** A plan of any shape in a real ledger: so many records of each resource, and what each waits for. */
import { onTestFinished } from 'vitest';
import { dependencyOrder } from '../../core/edfi/dependencies.ts';
import { openLedger } from '../../core/ledger/ledger.ts';
import { Kind, PendingState } from '../../core/ledger/pending.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { createAccounts } from '../../core/sync/account.ts';
import type { DispatchInput } from '../../core/sync/dispatch.ts';
import { createHashes } from '../../core/sync/hashes.ts';
import { createOperations, OperationState, type Operations } from '../../core/sync/operations.ts';
import { emptyPlan } from '../../core/sync/plan.ts';
import { newFolder } from './workbench.ts';

export const STANDARD = loadModel('5.2');
export const ORDER = dependencyOrder(STANDARD.dependencies, STANDARD.model);

/** Names of resources in the order of the dependencies. */
export const RESOURCES: readonly string[] = [...ORDER.create.entries()]
  .filter(([name]) => STANDARD.model.resources[name] !== undefined)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name);

export type Shaped = Pick<DispatchInput, 'plan' | 'ledger' | 'batchId' | 'model' | 'order'>;

/**
 * @param sizes how many records of each resource, the first before those that may wait for it
 * @param targetsOf what a record waits for, as indexes of records before it
 */
export function shapedPlan(
  sizes: readonly (readonly [resource: string, count: number])[],
  targetsOf: (resource: number, record: number, op: number, firstOf: (resource: number) => number) => number[],
): Shaped {
  const ledger = openLedger(newFolder(), createSeal(Buffer.alloc(32, 7)));
  onTestFinished(() => ledger.close());
  const { id } = ledger.addConnection('here', '{}', 0);
  const operations = createOperations();
  const accounts = createAccounts();
  const names = sizes.map(([name]) => name);
  const resourceIds = names.map((name) => ledger.resourceId(id, name));
  const batchId = ledger.startBatch(id, 0);
  const firsts: number[] = [];
  ledger.transaction(() => {
    for (const [index, [name, count]] of sizes.entries()) {
      firsts.push(operations.count);
      for (let record = 0; record < count; record++) {
        const hash = Buffer.alloc(16);
        hash.writeUInt32BE(operations.count);
        const pendingId = ledger.pending.insert(batchId, {
          resourceId: resourceIds[index] as number,
          kind: Kind.create,
          state: PendingState.planned,
          keyHash: hash,
          oldKeyHash: undefined,
          fullHash: hash.subarray(0, 12),
          sourceHash: hash.subarray(0, 8),
          body: '{}',
          frozen: undefined,
          mapping: '',
          file: undefined,
          row: undefined,
          problemId: undefined,
          rootId: undefined,
        });
        const op = operations.add(index, Kind.create, pendingId, OperationState.waiting, 0);
        accounts.read(name);
        for (const target of targetsOf(index, record, op, (resource) => firsts[resource] as number)) {
          operations.waitFor(op, target);
        }
      }
    }
  });
  const resources = sizes.map(([resource, creates]) => ({ ...emptyPlan(resource, 0), creates }));
  const hashes = createHashes(ledger.seal);
  const plan = {
    resources,
    operations,
    names,
    resourceIds,
    accounts,
    hashes,
    untied: new Map<string, number>(),
    sought: new Set<number>(),
    onlySought: new Set<number>(),
    adrift: new Set<number>(),
    mayBeCarried: [],
    staying: new Set<string>(),
    isTied: () => false,
  };
  return { plan, ledger, batchId, model: STANDARD.model, order: ORDER };
}

/**
 * What a batch takes at least, in whatever order: its longest chain, or total ÷ connections, or, where wide comes only
 * after narrow, what has to be done before something may begin and then all that cannot begin before that.
 */
export function leastTime(operations: Operations, msOf: (op: number) => number, connections: number): number {
  const earliest = new Map<number, number>();
  const starts = new Map<number, number>();
  for (let op = 0; op < operations.count; op++) {
    if (operations.state(op) === OperationState.waiting && operations.free(op)) earliest.set(op, 0);
  }
  // A Map is walked in the order in which it was filled, and goes on with what is added meanwhile.
  const waiting = new Map<number, number>();
  for (let op = 0; op < operations.count; op++) {
    operations.dependants(op, (dependant) => void waiting.set(dependant, (waiting.get(dependant) ?? 0) + 1));
  }
  let path = 0;
  for (const [op, start] of earliest) {
    const end = start + msOf(op);
    path = Math.max(path, end);
    operations.dependants(op, (dependant) => {
      const left = (waiting.get(dependant) ?? 0) - 1;
      waiting.set(dependant, left);
      starts.set(dependant, Math.max(starts.get(dependant) ?? 0, end));
      if (left === 0) earliest.set(dependant, starts.get(dependant) ?? 0);
    });
  }
  let least = path;
  let behind = 0;
  for (const [op, start] of [...earliest].sort(([, a], [, b]) => b - a)) {
    behind += msOf(op);
    least = Math.max(least, start + behind / connections);
  }
  return least;
}
