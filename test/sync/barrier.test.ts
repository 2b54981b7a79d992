/** No barrier between levels: what the end of a batch waits for is its longest chain, or the number of connections. */
import { describe, expect, test } from 'vitest';
import { dispatch } from '../../core/sync/dispatch.ts';
import { planFixture } from '../bench/plan-fixture.ts';
import { leastTime, RESOURCES, type Shaped, shapedPlan } from './shaped-plan.ts';
import { virtualApi } from './virtual-time.ts';
import { newFolder } from './workbench.ts';

/** Sends a plan in virtual time. @returns how long it took, against what it takes at least */
async function ratio(shaped: Shaped, concurrency: number, msOf: (resource: string) => number): Promise<number> {
  const { plan } = shaped;
  const least = leastTime(
    plan.operations,
    (op) => msOf(plan.names[plan.operations.resource(op)] as string),
    concurrency,
  );
  const api = virtualApi(msOf);
  const work = dispatch({
    ...shaped,
    sender: api.sender,
    line: api.line,
    find: async () => undefined,
    item: async () => undefined,
    concurrency,
    maxConnections: 64,
    optimum: undefined,
    now: () => 0,
    patienceMs: 0,
    onProgress: () => undefined,
    onWaiting: () => undefined,
    signal: undefined,
  });
  const took = await api.pass(work);
  expect(await work).toMatchObject({ left: 0, stopped: undefined });
  plan.accounts.check();
  expect(plan.accounts.total().failed + plan.accounts.total().held).toBe(0);
  expect(api.most()).toBeLessThanOrEqual(concurrency);
  return took / least;
}

const same = (): number => 50;
/** Resources that cost the API differently: 30 to 90 ms. */
const different = (resource: string): number => 30 + (resource.length % 7) * 10;

/** Twenty resources, each a third smaller than the one before it in some order; each record refers to two earlier ones. */
function skewed(shuffle: number, records: number): Shaped {
  const chosen = RESOURCES.filter((_, index) => index % Math.floor(RESOURCES.length / 20) === 0).slice(0, 20);
  const sizes = chosen.map((name, index): [string, number] => [
    name,
    Math.max(1, Math.round((records / 3) * (2 / 3) ** ((index * shuffle) % 20))),
  ]);
  return shapedPlan(sizes, (resource, record, _op, firstOf) =>
    [1, 3]
      .filter((back) => resource >= back)
      .map((back) => firstOf(resource - back) + (record % (sizes[resource - back] as [string, number])[1])),
  );
}

describe('twenty resources of skewed size end within 5 % of the longest chain, or of total ÷ connections', () => {
  const cases = [1, 3, 7, 19].flatMap((shuffle) =>
    [4, 16, 48].flatMap((connections) => [same, different].map((msOf) => ({ shuffle, connections, msOf }))),
  );
  test.each(cases)('sizes by $shuffle, $connections connections, $msOf.name latencies', async (one) => {
    expect(await ratio(skewed(one.shuffle, 1_500), one.connections, one.msOf)).toBeLessThan(1.05);
  });
});

test('a long chain of few does not wait for a crowd that nobody waits for', async () => {
  // The crowd comes first in the dependencies: whoever sends by level begins the chain when the crowd is through.
  const [crowd = '', ...others] = RESOURCES;
  const sizes = [[crowd, 400] as [string, number], ...others.slice(0, 19).map((name): [string, number] => [name, 2])];
  const shaped = shapedPlan(sizes, (resource, record, _op, firstOf) =>
    resource < 2 ? [] : [firstOf(resource - 1) + record],
  );
  expect(await ratio(shaped, 20, same)).toBeLessThan(1.05);
});

test.each([4, 32])('a whole district, %i connections', async (connections) => {
  const fixture = await planFixture(newFolder(), 40);
  try {
    fixture.ledger.begin();
    const { plan } = await fixture.plan();
    fixture.ledger.commit();
    const { ledger, model, order } = fixture;
    const shaped = { plan, ledger, batchId: 1, model, order };
    expect(await ratio(shaped, connections, different)).toBeLessThan(1.05);
  } finally {
    fixture.ledger.close();
  }
});
