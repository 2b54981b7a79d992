/** The heart of the matter: after a sync the API says exactly what the source says, record by record. */
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import { apply, EDIT_KINDS, type Edit } from './edits.ts';
import { createWorld } from './expectation.ts';
import { copyExport, readExport, writeExport } from './export.ts';
import { bench, expectAccount, newFolder } from './workbench.ts';

interface Story {
  readonly seed: number;
  readonly students: number;
  readonly clean: boolean;
  readonly version: '1.1' | '1.2';
  readonly standard: '5.2' | '4.0';
  readonly days: readonly (readonly Edit[])[];
}

const edit: fc.Arbitrary<Edit> = fc.record({ kind: fc.constantFrom(...EDIT_KINDS), pick: fc.nat(999) });
const story: fc.Arbitrary<Story> = fc.record({
  seed: fc.integer({ min: 1, max: 500 }),
  students: fc.integer({ min: 20, max: 60 }),
  clean: fc.boolean(),
  version: fc.constantFrom('1.1', '1.2'),
  standard: fc.constantFrom('5.2', '5.2', '4.0'),
  days: fc.array(fc.array(edit, { minLength: 2, maxLength: 12 }), { minLength: 2, maxLength: 4 }),
});

/** Changes of a key that the API carries on to what refers to it. */
const CARRIED_ON: readonly Edit['kind'][] = ['session-renamed', 'class-of-another-course', 'class-recoded'];

async function live({ seed, students, clean, version, standard, days }: Story): Promise<void> {
  const folder = newFolder();
  const api = await startSandbox({ dataStandard: standard });
  const { sync, close } = await bench(api);
  try {
    const world = createWorld(standard, { studentId: 'identifier' });
    const first = path.join(folder, 'day0');
    await writeDistrict({ out: first, students, seed, clean, version });
    const tables = readExport(first);
    let source = first;
    for (let day = 0; day <= days.length; day++) {
      if (day > 0) {
        apply(tables, days[day - 1] ?? []);
        source = writeExport(copyExport(tables), path.join(folder, `day${day}`));
      }
      const expected = await world.expect(source);
      const before = api.requests();
      const result = await sync(source);
      const after = api.requests();
      expectAccount(result);
      expect(result.state).toBe('done');
      const { differences, stuck, tying } = world.compare(expected, (resource) => api.read(resource));
      expect({ day, differences: differences.slice(0, 5) }).toEqual({ day, differences: [] });
      expect({ day, failed: result.account.failed, problems: result.problems }).toMatchObject({ day, failed: stuck });
      const { created, updated, deleted } = result.account;
      const sent = after.POST + after.PUT + after.DELETE - before.POST - before.PUT - before.DELETE;
      // What could not be deleted was tried twice; a person whom an association still ties, once that had its second turn.
      const tried = 2 * (stuck - tying);
      const due = created + updated + deleted + tried;
      // An item whose key changes with its session's or section's and by itself too is tried with a PUT before it is made
      // anew; and what was carried on to the key of another goes without a request.
      const renamed = day > 0 && days[day - 1]?.some(({ kind }) => CARRIED_ON.includes(kind)) === true;
      expect(sent).toBeGreaterThanOrEqual(due - tying - (renamed ? deleted : 0));
      expect(sent).toBeLessThanOrEqual(renamed ? due + Math.min(created, deleted) : due);

      const again = await sync(source);
      expectAccount(again);
      expect({ day, ...again.account }).toMatchObject({ day, created: 0, updated: 0, deleted: 0, failed: stuck });
      expect(again.account.unchanged).toBe([...expected.items.values()].reduce((sum, items) => sum + items.size, 0));
      const quiet = api.requests();
      expect({ POST: quiet.POST, PUT: quiet.PUT }).toEqual({ POST: after.POST, PUT: after.PUT });
      expect(quiet.DELETE - after.DELETE).toBeLessThanOrEqual(tried);
      expect(quiet.DELETE - after.DELETE).toBeGreaterThanOrEqual(tried - tying);
    }
  } finally {
    await close();
    await api.close();
  }
}

test('the API equals the source after every day of a random district', async () => {
  await fc.assert(fc.asyncProperty(story, live), {
    numRuns: Number(process.env.ROLLBOOK_RUNS ?? 4),
    endOnFailure: process.env.ROLLBOOK_SHRINK === undefined,
  });
}, 300_000);
