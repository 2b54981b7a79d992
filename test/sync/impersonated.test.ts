/** A whole district against practice APIs that impersonate real ones, by their own specifications and dependency lists. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DependencyRow } from '../../core/edfi/metadata.ts';
import { bench, district, expectAccount, practice } from './workbench.ts';

const DATA = path.resolve(import.meta.dirname, '../../../shared/data');
const there = existsSync(path.join(DATA, 'openapi'));
if (!there) process.stderr.write('skipped: the real specifications are not beside this project (../shared/data)\n');

const json = (file: string): unknown => JSON.parse(readFileSync(path.join(DATA, file), 'utf8'));

interface Real {
  readonly name: string;
  readonly openapi: readonly string[];
  readonly dependencies: string;
}
const REAL: readonly Real[] = [
  {
    name: 'ODS 5.3, DS 3.3b',
    openapi: ['ods-5.3_ds-3.3b_resources.swagger2.json'],
    dependencies: 'ods5.3-ds3.3b.json',
  },
  { name: 'DS 4.0', openapi: ['ds-4.0_resources.json', 'ds-4.0_descriptors.json'], dependencies: 'ods6.2-ds4.0.json' },
  { name: 'DS 5.0', openapi: ['ds-5.0_resources.json', 'ds-5.0_descriptors.json'], dependencies: 'ods7.1-ds5.0.json' },
  {
    name: 'DS 5.2 with TPDM',
    openapi: ['ds-5.2-tpdm_resources.json', 'ds-5.2-tpdm_descriptors.json'],
    dependencies: 'ods7.3-ds5.2.json',
  },
];

describe.skipIf(!there)('a district goes into', () => {
  test.each(REAL)('$name, and nothing is sent twice', async ({ openapi, dependencies }) => {
    const api = await practice({
      openapi: openapi.map((file) => json(path.join('openapi', file))),
      dependencies: json(path.join('dependencies', dependencies)) as readonly DependencyRow[],
    });
    const here = await bench(api);
    const source = await district();
    const first = await here.sync(source);
    expectAccount(first);
    expect(first.account).toMatchObject({ rejected: 0, held: 0, failed: 0, updated: 0, deleted: 0 });
    expect(first.account.created).toBeGreaterThan(400);
    expect(api.read('ed-fi/students')).toHaveLength(first.resources.students?.created ?? -1);
    const again = await here.sync(source);
    expect(again.account.unchanged).toBe(first.account.created);
    expect(again.requests).toMatchObject({ POST: 0, PUT: 0, DELETE: 0 });
  });

  test('DS 5.2 without a dependency list: the order is worked out', async () => {
    const api = await practice({
      openapi: [json('openapi/ds-5.2-tpdm_resources.json'), json('openapi/ds-5.2-tpdm_descriptors.json')],
      dependencies: 'none',
    });
    const here = await bench(api);
    const result = await here.sync(await district());
    expectAccount(result);
    expect(result.account).toMatchObject({ rejected: 0, held: 0, failed: 0 });
  });
});
