/** A district planned against the shipped model and a real ledger file, without an API: for figures about planning. */
import path from 'node:path';
import { dependencyOrder } from '../../core/edfi/dependencies.ts';
import { type Ledger, openLedger } from '../../core/ledger/ledger.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import { compileMapping } from '../../core/mapping/compile.ts';
import { seedDescriptorMap } from '../../core/mapping/descriptors.ts';
import { loadDescriptorDefaults, loadMapping, shippedMappings } from '../../core/mapping/load.ts';
import { runMapping } from '../../core/mapping/run.ts';
import type { RowMemory } from '../../core/mapping/types.ts';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { openSource } from '../../core/sources/oneroster/open.ts';
import { personRules } from '../../core/sync/authorization.ts';
import { type Plan, type PlannedResource, planBatch } from '../../core/sync/plan.ts';
import { withRowMemory } from '../../core/sync/row-memory.ts';

export type Planned = Awaited<ReturnType<typeof planFixture>>;

/**
 * @param students size of the district; 7,500 have 100,000 section enrolments
 * @param options `isThere`: it was made before, in this folder
 */
export async function planFixture(folder: string, students: number, options: { readonly isThere?: boolean } = {}) {
  const source = path.join(folder, `district-${students}`);
  if (options.isThere !== true) await writeDistrict({ out: source, students, clean: true });
  const { model, descriptorValues, dependencies } = loadModel('5.2');
  const uris = Object.fromEntries(
    Object.entries(descriptorValues).map(([type, values]) => [
      type,
      values.map((v) => `${v.namespace}#${v.codeValue}`),
    ]),
  );
  const compiled = compileMapping(await loadMapping(shippedMappings['5.2']), model, { studentId: 'identifier' });
  const known = new Map(
    Object.entries(uris).map(([type, values]) => [type, new Set(values.map((v) => v.toLowerCase()))]),
  );
  const descriptors = seedDescriptorMap(await loadDescriptorDefaults(), uris);
  const order = dependencyOrder(dependencies, model);
  const opening = performance.now();
  const ledger: Ledger = openLedger(path.join(folder, `ledger-${students}`), createSeal(Buffer.alloc(32, 1)));
  const openMs = performance.now() - opening;
  const connection = ledger.connections()[0] ?? ledger.addConnection('bench', '{}', 0);
  const place = (name: string): boolean => {
    const resource = model.resources[name];
    return resource !== undefined && personRules(resource, model, order.create).authorises === undefined;
  };
  const planWith = (resources: readonly PlannedResource[], books?: RowMemory['books']): Promise<Plan> =>
    planBatch({
      books,
      ledger,
      connectionId: connection.id,
      batchId: ledger.startBatch(connection.id, 0),
      model,
      order,
      resources,
      known: (type) => known.get(type),
      mappingVersion: 'bench',
      retryFailed: false,
      keepBodies: false,
      find: async () => '0'.repeat(32),
      now: () => 0,
      onProgress: () => undefined,
      signal: undefined,
    });
  /**
   * A whole batch's plan, with what the run before left of the rows.
   * @param isLook as a plan that is only looked at: the ledger stays as it is
   */
  const planAll = async (isLook = true): Promise<{ plan: Plan; ms: number }> => {
    const started = performance.now();
    const opened = await openSource(source);
    ledger.begin();
    try {
      const memory = { folder, ledger, connectionId: connection.id, version: 'bench', remembers: place, isLook };
      const result = await withRowMemory(memory, (rows) => {
        const run = runMapping(compiled, opened, {
          descriptors,
          frozen: () => undefined,
          ...(rows === undefined ? {} : { memory: rows }),
        });
        return planWith(
          compiled.resources.map(({ name }) => ({
            name,
            deletes: true,
            remembers: place(name),
            records: (asked) => run.records(name, asked),
          })),
          rows?.books,
        );
      });
      if (!isLook) ledger.commit();
      return { plan: result, ms: performance.now() - started };
    } finally {
      ledger.rollback();
      await opened.close();
    }
  };
  /** @param only the resources to plan; those before them are read too, as in a batch, but outside the measured time */
  const plan = async (only?: string): Promise<{ plan: Plan; ms: number }> => {
    const opened = await openSource(source);
    try {
      const run = runMapping(compiled, opened, { descriptors, frozen: () => undefined });
      if (only !== undefined) {
        // A batch has read what these records join long before it comes to them.
        for await (const _ of run.records('ed-fi/sections'));
        for await (const _ of run.records('ed-fi/studentSchoolAssociations'));
      }
      const started = performance.now();
      const result = await planWith(
        compiled.resources
          .filter(({ name }) => only === undefined || name === only)
          .map(({ name }) => ({ name, deletes: true, remembers: false, records: () => run.records(name) })),
      );
      return { plan: result, ms: performance.now() - started };
    } finally {
      await opened.close();
    }
  };
  return { source, compiled, descriptors, model, order, ledger, connection, openMs, plan, planAll };
}
