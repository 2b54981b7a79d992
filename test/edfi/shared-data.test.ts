import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { dependencyOrder } from '../../core/edfi/dependencies.ts';
import { parseDependencies, parseSpecificationList } from '../../core/edfi/metadata.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { clientOf, json, serveApi } from './server.ts';

const DATA = new URL('../../../shared/data/', import.meta.url);
const absent = !existsSync(DATA);
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, DATA), 'utf8').replace(/^\uFEFF/, ''));

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

const LISTS = ['ods5.3-ds3.3b', 'ods6.2-ds4.0', 'ods7.1-ds5.0', 'ods7.3-ds5.2', 'ods-main-ds6.0'];
const PAIRS: readonly (readonly [string, string, string])[] = [
  ['3.3b', 'ods-5.3_ds-3.3b_resources.swagger2.json', 'ods5.3-ds3.3b'],
  ['4.0', 'ds-4.0_resources.json', 'ods6.2-ds4.0'],
  ['5.0', 'ds-5.0_resources.json', 'ods7.1-ds5.0'],
  ['5.2', 'ds-5.2-tpdm_resources.json', 'ods7.3-ds5.2'],
];

describe.skipIf(absent)('real bodies (skipped where ../shared/data is absent)', () => {
  test('the discovery and the list of an ODS 5.3 are read, and lead to its specification', async () => {
    const document = read('openapi/ods-5.3_ds-3.3b_resources.swagger2.json');
    let base = '';
    /** The recorded addresses, moved to the test's own server. */
    const here = (body: unknown): unknown =>
      JSON.parse(JSON.stringify(body).replaceAll('https://example.com/v5.3/api', base));
    const server = await serveApi({
      discovery: (url) => {
        base = url;
        return here(read('openapi/ods-5.3_discovery.json'));
      },
      other: (request, response) => {
        if (request.path === '/metadata/') json(response, 200, here(read('openapi/ods-5.3_metadata-list.json')));
        else if (request.path === '/metadata/data/v3/resources/swagger.json') json(response, 200, document);
        else if (request.path === '/metadata/data/v3/dependencies')
          json(response, 200, read('dependencies/ods5.3-ds3.3b.json'));
        else json(response, 404, {});
      },
    });
    opened.push(server);
    const { client } = clientOf(server.url);
    opened.push(client);
    expect(await client.discovery()).toMatchObject({ version: '5.3', apiMode: 'Sandbox', dataStandard: '3.3.1-b' });
    expect(await client.openApi('resources')).toEqual(document);
    expect(await client.dependencies()).toHaveLength(296);
    expect(await client.openApi('descriptors')).toBeUndefined();
    expect(parseSpecificationList(read('openapi/ods-5.3_metadata-list.json'))).toHaveLength(5);
  });

  test.each(LISTS)('every row of the dependency list %s is read', (name) => {
    const body = read(`dependencies/${name}.json`);
    const rows = parseDependencies(body);
    expect(rows).toHaveLength(Array.isArray(body) ? body.length : -1);
    const { create, update } = dependencyOrder(rows, { resources: {}, descriptors: {} });
    expect(create.get('ed-fi/students')).toBe(3);
    expect(update.get('ed-fi/students')).toBe(name === 'ods5.3-ds3.3b' ? 3 : name === 'ods6.2-ds4.0' ? 15 : 14);
  });

  test.each(PAIRS)('the order worked out for %s respects what the real list respects', (_, specification, list) => {
    const model = parseSpecification(read(`openapi/${specification}`));
    const own = dependencyOrder(undefined, model).create;
    const real = dependencyOrder(parseDependencies(read(`dependencies/${list}.json`)), model).create;
    const names = Object.keys(model.resources);
    expect(names.length).toBeGreaterThan(100);
    for (const name of names) expect(own.get(name), name).toBeGreaterThanOrEqual(2);
    // Every reference that the real order honours is honoured by ours, but for the few that close a circle.
    const broken: string[] = [];
    for (const resource of Object.values(model.resources)) {
      for (const property of resource.properties) {
        if (property.kind !== 'reference' || !property.required) continue;
        for (const target of property.targets) {
          if (target === resource.name || !((real.get(target) ?? 0) < (real.get(resource.name) ?? 0))) continue;
          if (!((own.get(target) ?? 0) < (own.get(resource.name) ?? 0))) broken.push(`${resource.name} → ${target}`);
        }
      }
    }
    expect(broken).toEqual([]);
    expect(own.get('ed-fi/studentSectionAssociations')).toBeGreaterThan(
      own.get('ed-fi/studentSchoolAssociations') ?? 99,
    );
  });
});
