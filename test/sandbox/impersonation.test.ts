import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import { traitsOf } from '../../core/sandbox/generations.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { specification } from '../../core/sandbox/openapi.ts';
import { classroom, data, hasData, practice, send, student } from './practice.ts';

const STATE = {
  server: 'http://state.example/data/v3',
  tokenUrl: 'http://state.example/oauth/token',
  traits: traitsOf(),
};

/** The shipped standard as a state would publish it, with an extension of its own. */
function stateDocuments(): JsonObject[] {
  const { model } = loadModel('5.2');
  const resources = JSON.parse(JSON.stringify(specification(model, 'resources', STATE))) as {
    paths: JsonObject;
    components: { schemas: Record<string, { properties: JsonObject }> };
  };
  const descriptors = JSON.parse(JSON.stringify(specification(model, 'descriptors', STATE))) as JsonObject;
  const schemas = resources.components.schemas;
  const pointer = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });
  const add = (name: string, properties: JsonObject, required: string[]): void => {
    Object.assign(schemas, { [name]: { type: 'object', required, properties } });
  };
  add('tx_studentExtension', { crisisDescriptor: { type: 'string', maxLength: 306 } }, ['crisisDescriptor']);
  add('studentExtensions', { tx: pointer('tx_studentExtension') }, []);
  schemas.edFi_student!.properties._ext = pointer('studentExtensions');
  add(
    'tx_bus',
    {
      busId: { type: 'string', maxLength: 20, 'x-Ed-Fi-isIdentity': true },
      schoolReference: pointer('edFi_schoolReference'),
    },
    ['busId', 'schoolReference'],
  );
  const body = { required: true, content: { 'application/json': { schema: pointer('tx_bus') } } };
  const parameters = ['busId', 'schoolId'].map((name) => ({
    name,
    in: 'query',
    schema: { type: name === 'busId' ? 'string' : 'integer' },
    'x-Ed-Fi-isIdentity': true,
  }));
  resources.paths['/tx/buses'] = { get: { parameters }, post: { requestBody: body } };
  resources.paths['/tx/buses/{id}'] = { put: { requestBody: body } };
  (descriptors.paths as JsonObject)['/tx/crisisDescriptors'] = {};
  return [descriptors, resources as unknown as JsonObject];
}

test("a state's extension is served, checked and stored", async () => {
  const openapi = stateDocuments();
  const { sandbox, call, post } = await practice({ openapi });
  expect((await send(sandbox.url, {})).json.dataModels).toMatchObject([
    { name: 'Ed-Fi', version: '5.2.0' },
    { name: 'TX' },
  ]);
  const list = (await send(`${sandbox.url}/metadata`, {})).list;
  const served = await Promise.all(list.map(async ({ endpointUri }) => (await send(String(endpointUri), {})).json));
  expect(served).toEqual([openapi[1], openapi[0]]);
  const rows = (await send(`${sandbox.url}/metadata/data/v3/dependencies`, {})).list;
  const orderOf = (name: string): number => Number(rows.find(({ resource }) => resource === name)?.order);
  expect(orderOf('/tx/buses')).toBeGreaterThan(orderOf('/ed-fi/schools'));
  expect(orderOf('/tx/crisisDescriptors')).toBe(1);

  const bus = { busId: 'B', schoolReference: { schoolId: 255901001 } };
  const made = await call('POST', '/data/v3/tx/buses', bus);
  expect([made.status, made.headers.get('location')]).toEqual([201, `${sandbox.url}/data/v3/tx/buses/${made.id}`]);
  expect((await call('GET', '/data/v3/tx/buses?schoolId=255901001')).list).toMatchObject([bus]);
  expect((await call('POST', '/data/v3/tx/buses', { ...bus, schoolReference: { schoolId: 5 } })).status).toBe(403);

  // Of this descriptor type nothing is known: any value that looks like one will do.
  const extended = (crisisDescriptor: string): JsonObject => ({ ...student('1'), _ext: { tx: { crisisDescriptor } } });
  expect((await post('students', extended('flood'))).json.validationErrors).toEqual({
    '$._ext.tx.crisisDescriptor': ["CrisisDescriptor value 'flood' does not exist."],
  });
  expect((await post('students', extended('uri://tx.example/CrisisDescriptor#Flood'))).status).toBe(201);
  expect(sandbox.read('ed-fi/students')[0]?.body._ext).toEqual({
    tx: { crisisDescriptor: 'uri://tx.example/CrisisDescriptor#Flood' },
  });
});

test('without a descriptor document, descriptors are those of the nearest standard', async () => {
  const { sandbox, get } = await practice({ openapi: [stateDocuments()[1]] });
  expect((await send(`${sandbox.url}/metadata`, {})).list.map(({ name }) => name)).toEqual(['Resources']);
  expect((await send(`${sandbox.url}/metadata/data/v3/descriptors/swagger.json`, {})).status).toBe(404);
  expect((await get('termDescriptors?codeValue=Fall%20Semester')).list).toHaveLength(1);
});

describe.skipIf(!hasData)('the real specifications (skipped where they are absent)', () => {
  test.each([
    ['3.3.1-b', ['ods-5.3_ds-3.3b_resources.swagger2.json']],
    ['4.0.0', ['ds-4.0_resources.json', 'ds-4.0_descriptors.json']],
    // 5.0 does not ship: the nearest that does has its contacts and not its parents.
    ['5.2.0', ['ds-5.0_resources.json', 'ds-5.0_descriptors.json']],
    ['5.2.0', ['ds-5.2-tpdm_resources.json', 'ds-5.2-tpdm_descriptors.json']],
  ])('like %s: %j', async (version, files) => {
    const openapi = files.map((file) => data(`openapi/${file}`));
    const caller = await practice({ openapi });
    const { sandbox, call, get, put } = caller;
    expect((await send(sandbox.url, {})).json.dataModels).toMatchObject([{ name: 'Ed-Fi', version }, { name: 'TPDM' }]);
    const served = await send(`${sandbox.url}/metadata/data/v3/resources/swagger.json`, {});
    expect(served.json).toEqual(openapi[0]);
    const rows = (await send(`${sandbox.url}/metadata/data/v3/dependencies`, {})).list;
    expect(rows.map(({ resource }) => resource)).toContain('/tpdm/candidates');

    const ids = await classroom(caller);
    expect((await get('schools?totalCount=true&limit=1')).headers.get('total-count')).toBe('400');
    expect((await get(`sections/${ids.section}`)).json.sectionIdentifier).toBe('S-1');
    const renamed = { classPeriodName: 'P2', schoolReference: { schoolId: 255901001 } };
    expect((await put('classPeriods', String(ids.period), renamed)).status).toBe(204);
    expect(sandbox.read('ed-fi/sections')[0]?.body.classPeriods).toEqual([
      { classPeriodReference: { classPeriodName: 'P2', schoolId: 255901001 } },
    ]);
    expect((await call('GET', '/data/v3/tpdm/candidates')).status).toBe(200);
  });
});
