import { expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { practice, send } from './practice.ts';

test('discovery leads to everything else, without a token', async () => {
  const { sandbox } = await practice();
  const found = await send(`${sandbox.url}/`, {});
  expect(found.json).toMatchObject({
    version: '7.3',
    suite: '3',
    dataModels: [{ name: 'Ed-Fi', version: '5.2.0', informationalVersion: expect.any(String) }],
  });
  const urls = found.json.urls as Record<string, string>;
  expect(Object.keys(urls).sort()).toEqual([
    'changeQueries',
    'dataManagementApi',
    'dependencies',
    'oauth',
    'oauthTokenIntrospection',
    'openApiMetadata',
  ]);
  expect(urls.dataManagementApi).toBe(`${sandbox.url}/data/v3/`);

  const list = (await send(String(urls.openApiMetadata), {})).list;
  expect(list.map(({ name }) => name)).toEqual(['Resources', 'Descriptors']);
  const [resources, descriptors] = await Promise.all(
    list.map(async ({ endpointUri }) => (await send(String(endpointUri), {})).json),
  );
  const { model } = loadModel('5.2');
  const read = parseSpecification(resources, descriptors);
  expect(Object.keys(read.resources).sort()).toEqual(Object.keys(model.resources).sort());
  expect(read.descriptors).toEqual(model.descriptors);
  const section = (resources!.paths as JsonObject)['/ed-fi/sections/{id}'] as JsonObject;
  expect(section.put).toMatchObject({ 'x-Ed-Fi-isUpdatable': true });
  expect((await send(`${sandbox.url}/metadata`, {})).list).toEqual(list);
});

test('the dependency list is the one of the data standard, and a person is in it twice', async () => {
  const { sandbox } = await practice();
  const { list } = await send(`${sandbox.url}/metadata/data/v3/dependencies`, {});
  expect(list.filter(({ resource }) => resource === '/ed-fi/students')).toEqual([
    { resource: '/ed-fi/students', order: 3, operations: ['Create'] },
    { resource: '/ed-fi/students', order: 14, operations: ['Update'] },
  ]);
  expect(list).toHaveLength(loadModel('5.2').dependencies.length);
});

test('the dependency list is a graph for who asks for one', async () => {
  const { sandbox } = await practice();
  const graph = await send(`${sandbox.url}/metadata/data/v3/dependencies`, {
    headers: { accept: 'application/graphml+xml' },
  });
  expect(graph.headers.get('content-type')).toContain('application/graphml+xml');
  expect(graph.text).toContain('<node id="/ed-fi/sections"/>');
  expect(graph.text).toContain('<edge source="/ed-fi/courseOfferings" target="/ed-fi/sections"/>');
  expect(graph.text).toContain('<edge source="/ed-fi/termDescriptors" target="/ed-fi/sessions"/>');
});

test('the dependency list can be given, and can be missing', async () => {
  const rows = [{ resource: '/ed-fi/students', order: 1, operations: ['Create', 'Update'] }];
  const given = await practice({ dependencies: rows });
  expect((await send(`${given.sandbox.url}/metadata/data/v3/dependencies`, {})).list).toEqual(rows);
  const without = await practice({ dependencies: 'none' });
  expect((await send(`${without.sandbox.url}/metadata/data/v3/dependencies`, {})).status).toBe(404);
  const urls = (await send(without.sandbox.url, {})).json.urls as JsonObject;
  expect(urls.dependencies).toBeUndefined();
});

test.each(['3.3b', '4.0'])('data standard %s is served when asked for', async (dataStandard) => {
  const { sandbox, get } = await practice({ dataStandard });
  const version = dataStandard === '4.0' ? '4.0.0' : '3.3.1-b';
  expect((await send(sandbox.url, {})).json.dataModels).toMatchObject([{ version }]);
  expect((await get('parents')).status).toBe(200);
  expect((await get('contacts')).status).toBe(404);
  expect((await get('schoolYearTypes?schoolYear=2027')).list).toHaveLength(1);
  expect((await get('schools?totalCount=true')).headers.get('total-count')).toBe('400');
});

test('what is nowhere is not found', async () => {
  const { sandbox, call, get } = await practice();
  expect((await send(`${sandbox.url}/nowhere`, {})).status).toBe(404);
  const unknown = await get('dragons');
  expect(unknown.status).toBe(404);
  expect(unknown.json.type).toBe('urn:ed-fi:api:not-found');
  expect((await call('GET', '/data/v3/tx/dragons')).status).toBe(404);
  expect((await get('students/deletes/more')).status).toBe(404);
});
