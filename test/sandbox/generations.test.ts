/** What tells the generations apart, each over HTTP. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { GENERATIONS, type Generation, traitsOf } from '../../core/sandbox/generations.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import {
  callerAs,
  classroom,
  course,
  descriptor,
  enrolment,
  offering,
  practice,
  SCHOOL,
  send,
  session,
  started,
  student,
  tokenFrom,
  urlsAt,
} from './practice.ts';

const ODS = GENERATIONS.filter((generation) => generation !== 'other');
const LEGACY = ['5.3', '6.2', '7.1'] as const;

describe('discovery', () => {
  const OFTEN = ['dataManagementApi', 'dependencies', 'oauth', 'openApiMetadata'];
  test.each<[Generation, string, string[], string[]]>([
    ['5.3', '3.3.1-b', ['apiMode', 'build', 'suite'], ['xsdMetadata']],
    ['6.2', '4.0.0', ['apiMode', 'build', 'suite'], ['changeQueries', 'composites', 'identity', 'xsdMetadata']],
    ['7.1', '5.2.0', ['build', 'suite'], ['changeQueries']],
    ['7.3', '5.2.0', ['applicationName', 'build', 'suite'], ['changeQueries', 'oauthTokenIntrospection']],
    ['other', '5.2.0', ['applicationName'], []],
  ])('of %s has its own members', async (generation, dataStandard, members, urls) => {
    const { url } = await started({ generation, preload: false });
    const { json } = await send(url, {});
    expect(Object.keys(json).sort()).toEqual(
      ['dataModels', 'informationalVersion', 'urls', 'version', ...members].sort(),
    );
    if (generation !== 'other') expect(json.version).toBe(generation);
    expect(json.dataModels).toMatchObject([{ name: 'Ed-Fi', version: dataStandard }]);
    expect(Object.keys(json.urls as JsonObject).sort()).toEqual([...OFTEN, ...urls].sort());
    for (const address of Object.values(json.urls as JsonObject)) expect(String(address).startsWith(url)).toBe(true);
  });

  test('of 6.2 leads to endpoints that exist, the one for identities without a system behind it', async () => {
    const { url } = await started({ generation: '6.2', preload: false });
    const { xsdMetadata, identity } = await urlsAt(url);
    expect((await send(String(xsdMetadata), {})).list).toEqual([]);
    expect((await send(`${identity}identities`, {})).status).toBe(501);
  });
});

describe('specifications', () => {
  test.each(GENERATIONS)('of %s are read as the model that is behind them', async (generation) => {
    const { url } = await started({ generation, preload: false });
    const { openApiMetadata } = await urlsAt(url);
    const { list } = await send(String(openApiMetadata), {});
    const [resources, descriptors] = await Promise.all(
      ['Resources', 'Descriptors'].map(async (name) => {
        const entry = list.find((candidate) => candidate.name === name);
        return (await send(String(entry?.endpointUri), {})).json;
      }),
    );
    const read = parseSpecification(resources, descriptors);
    const { model } = loadModel(traitsOf(generation).dataStandard);
    const comparable = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (key, inner) =>
          key === 'targets'
            ? inner.filter((name: string) => generation !== 'other' || name !== 'ed-fi/schoolYearTypes').sort()
            : inner,
        ),
      );
    const { 'ed-fi/schoolYearTypes': years, ...others } = model.resources;
    expect(years).toBeDefined();
    const expected = generation === 'other' ? { ...model, resources: others } : model;
    expect(comparable(read)).toEqual(comparable(expected));
  });

  test('of 5.3 are Swagger 2.0, without identity marks in references', async () => {
    const { url } = await started({ generation: '5.3', preload: false });
    const { json } = await send(`${url}/metadata/data/v3/resources/swagger.json`, {});
    expect(json).toMatchObject({ swagger: '2.0', host: new URL(url).host, basePath: '/data/v3', schemes: ['http'] });
    expect(json.components).toBeUndefined();
    const definitions = json.definitions as Record<string, { properties: JsonObject }>;
    expect(definitions.edFi_section?.properties.sectionIdentifier).toMatchObject({ 'x-Ed-Fi-isIdentity': true });
    expect(JSON.stringify(definitions.edFi_sectionReference)).not.toContain('isIdentity');
    expect(JSON.stringify(json)).not.toMatch(/components|nullable|"content"/);
    const paths = json.paths as Record<string, Record<string, { parameters: JsonObject[] }>>;
    expect(paths['/ed-fi/sections']?.post?.parameters).toEqual([
      { name: 'section', in: 'body', required: true, schema: { $ref: '#/definitions/edFi_section' } },
    ]);
    expect(paths['/ed-fi/sections']?.get?.parameters).toContainEqual({
      name: 'sectionIdentifier',
      in: 'query',
      maxLength: 255,
      type: 'string',
      'x-Ed-Fi-isIdentity': true,
    });
  });

  test.each<[Generation, string[]]>([
    ['5.3', ['deletes']],
    ['6.2', ['deletes']],
    ['7.1', ['deletes', 'keyChanges']],
    ['7.3', ['deletes', 'keyChanges', 'partitions']],
    ['other', []],
  ])('of %s name what there is below a resource', async (generation, names) => {
    const { url } = await started({ generation, preload: false });
    const [entry] = (await send(String((await urlsAt(url)).openApiMetadata), {})).list;
    const { json } = await send(String(entry?.endpointUri), {});
    const found = Object.keys(json.paths as JsonObject).filter((path) => path.startsWith('/ed-fi/sections/'));
    expect(found.sort()).toEqual([...names.map((name) => `/ed-fi/sections/${name}`), '/ed-fi/sections/{id}'].sort());
    expect(json.openapi).toBe(generation === '5.3' ? undefined : '3.0.1');
  });
});

describe('dependencies', () => {
  test.each<[Generation, string, number[]]>([
    ['5.3', 'parents', [3]],
    ['6.2', 'parents', [3, 16]],
    ['7.1', 'contacts', [3, 15]],
    ['7.3', 'contacts', [3, 15]],
  ])('of %s have a person as often as they split create and update', async (generation, people, orders) => {
    const { url } = await started({ generation, preload: false });
    const { dependencies = '' } = await urlsAt(url);
    const rows = (await send(dependencies, {})).list.filter(({ resource }) => resource === `/ed-fi/${people}`);
    expect(rows.map(({ order }) => order)).toEqual(orders);
    expect(rows[0]?.operations).toEqual(['Create']);
    const graph = (await send(dependencies, { headers: { accept: 'application/graphml' } })).text;
    expect(graph).toContain(`<node id="/ed-fi/${people}"/>`);
    expect(graph.includes(`<node id="/ed-fi/${people}#Retry"/>`)).toBe(orders.length > 1);
    const singular = people === 'parents' ? 'Parent' : 'Contact';
    const tie = `/ed-fi/student${singular}Associations`;
    expect(graph).toContain(`<edge source="/ed-fi/${people}" target="${tie}"/>`);
    expect(graph.includes(`<edge source="${tie}" target="/ed-fi/${people}#Retry"/>`)).toBe(orders.length > 1);
  });

  test('of the other implementation are a list whatever is asked for', async () => {
    const { url } = await started({ generation: 'other', preload: false });
    const { dependencies = '' } = await urlsAt(url);
    const { list } = await send(dependencies, { headers: { accept: 'application/graphml' } });
    expect(list).toContainEqual({ resource: '/ed-fi/students', order: 14, operations: ['Update'] });
    expect(list.map(({ resource }) => resource)).not.toContain('/ed-fi/schoolYearTypes');
  });
});

describe('error bodies up to 7.1', () => {
  test.each(LEGACY)('of %s hold a message, from 7 on with a correlation id', async (generation) => {
    const { get } = await practice({ generation, preload: false });
    const missing = await get('sessions/nothing');
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toContain('application/json');
    expect(missing.json).toEqual({
      message: 'The specified resource could not be found.',
      ...(generation === '7.1' ? { correlationId: expect.stringMatching(/^[0-9a-f]{32}$/) } : {}),
    });
  });

  test.each(LEGACY)('of %s name the fields of what is not valid', async (generation) => {
    const { post } = await practice({ generation });
    const refused = await post('students', { ...student('1'), firstName: 'x'.repeat(80), birthDate: 'then' });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      message: 'The request is invalid.',
      modelState: {
        'request.FirstName': ['FirstName must be at most 75 characters in length.'],
        'request.BirthDate': [expect.any(String)],
      },
    });
  });

  test.each<[Generation, string]>([
    ['5.3', "Validation of 'Session' failed.\r\nTermDescriptorId is required."],
    ['6.2', "Unable to resolve value 'uri://ed-fi.org/TermDescriptor#Never' to an existing 'TermDescriptor' resource."],
  ])('of %s say in their way that a descriptor does not exist', async (generation, message) => {
    const { post } = await practice({ generation });
    const refused = await post('sessions', { ...session(), termDescriptor: descriptor('Term', 'Never') });
    expect([refused.status, refused.json]).toEqual([400, { message }]);
  });

  test.each(LEGACY)('of %s speak of references, dependants and taken keys', async (generation) => {
    const caller = await practice({ generation });
    const { post, put, remove, make } = caller;
    await make('courses', course());
    const unresolved = await post('courseOfferings', offering());
    expect(unresolved.status).toBe(409);
    expect(unresolved.json.message).toBe("The value supplied for the related 'session' resource does not exist.");
    const ids = await classroom(caller);
    const kept = await remove('sections', String(ids.section));
    expect(kept.status).toBe(409);
    expect(kept.json.message).toContain(
      "cannot be deleted because it is a dependency of the 'StudentSectionAssociation'",
    );
    const other = await make('classPeriods', { classPeriodName: 'P2', schoolReference: { schoolId: SCHOOL } });
    const taken = await put('classPeriods', other, { classPeriodName: 'P1', schoolReference: { schoolId: SCHOOL } });
    expect(taken.status).toBe(409);
    expect(taken.json.message).toContain(`[ClassPeriodName, SchoolId] (P1, ${SCHOOL})`);
    const raced = await remove('classPeriods', other, { 'if-match': '"other"' });
    expect([raced.status, raced.json.message]).toEqual([412, 'Resource was modified by another consumer.']);
  });

  test.each(LEGACY)('of %s tell a missing relationship from a missing person', async (generation) => {
    const { post, make } = await practice({ generation });
    const residence = {
      studentReference: { studentUniqueId: '1' },
      educationOrganizationReference: { educationOrganizationId: SCHOOL },
      sexDescriptor: descriptor('Sex', 'Female'),
    };
    const nobody = await post('studentEducationOrganizationAssociations', residence);
    expect(nobody.status).toBe(403);
    expect(nobody.json.message).toBe(
      "Access to the resource item could not be authorized because the 'Student' was not found.",
    );
    await make('students', student('1'));
    const unrelated = await post('studentEducationOrganizationAssociations', residence);
    expect(unrelated.status).toBe(403);
    expect(unrelated.json.message).toMatch(
      /^Authorization denied\. .* claims \(255901\) .*: 'EducationOrganizationId', 'StudentUniqueId'\.$/,
    );
    expect((await post('studentSchoolAssociations', enrolment('none'))).status).toBe(409);
  });

  test('an unknown token is refused with a message', async () => {
    const { url } = await started({ generation: '5.3', preload: false });
    const refused = await send(`${url}/data/v3/ed-fi/students`, { headers: { authorization: 'Bearer none' } });
    expect([refused.status, refused.json]).toEqual([401, { message: 'Access token is not valid or has expired.' }]);
  });
});

describe('a changed key of a resource whose key is fixed', () => {
  test.each<[Generation]>([['5.3'], ['6.2']])('is restored by %s without a word', async (generation) => {
    const { sandbox, make, put } = await practice({ generation });
    const id = await make('courses', course());
    const moved = await put('courses', id, { ...course('ALG2'), courseTitle: 'Algebra II' });
    expect([moved.status, moved.id]).toEqual([204, id]);
    expect(sandbox.read('ed-fi/courses').map(({ body }) => [body.courseCode, body.courseTitle])).toEqual([
      ['ALG1', 'Algebra II'],
    ]);
  });

  test('is refused by 7.1 with a message, by 7.3 with a type of its own', async () => {
    const older = await practice({ generation: '7.1' });
    const refused = await older.put('courses', await older.make('courses', course()), course('ALG2'));
    expect(refused.status).toBe(400);
    expect(refused.json.message).toMatch(/^Key values for this resource cannot be changed/);
    expect(refused.json.type).toBeUndefined();
    const newer = await practice({ generation: '7.3' });
    const typed = await newer.put('courses', await newer.make('courses', course()), course('ALG2'));
    expect([typed.status, typed.json.type]).toEqual([
      400,
      'urn:ed-fi:api:bad-request:data-validation-failed:key-change-not-supported',
    ]);
  });

  test.each(ODS)('does not keep %s from carrying on a key that may change', async (generation) => {
    const caller = await practice({ generation });
    const ids = await classroom(caller);
    const renamed = await caller.put('sessions', String(ids.session), session('Autumn'));
    expect(renamed.status).toBe(204);
    expect(caller.sandbox.read('ed-fi/studentSectionAssociations')[0]?.body.sectionReference).toMatchObject({
      sessionName: 'Autumn',
    });
  });
});

describe('tokens', () => {
  test.each<[Generation, string[] | undefined]>([
    ['5.3', undefined],
    ['6.2', []],
    ['7.1', []],
    ['7.3', ['claim_set', 'resources', 'services']],
    ['other', undefined],
  ])('token_info of %s tells what it knows', async (generation, more) => {
    const sandbox = await started({ generation });
    const { oauth = '' } = await urlsAt(sandbox.url);
    const token = await tokenFrom(oauth, sandbox.key, sandbox.secret);
    const told = await send(`${oauth}_info`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams({ token }),
    });
    expect(told.status).toBe(more === undefined ? 404 : 200);
    if (more === undefined) return;
    expect(Object.keys(told.json).sort()).toEqual(
      ['active', 'assigned_profiles', 'client_id', 'education_organizations', 'namespace_prefixes', ...more].sort(),
    );
    expect(told.json.education_organizations).toMatchObject([{ education_organization_id: 255901 }]);
  });

  test.each(GENERATIONS)('%s has a cap on live tokens only if it is 7.3', async (generation) => {
    const sandbox = await started({ generation, preload: false });
    const { oauth = '' } = await urlsAt(sandbox.url);
    const body = { grant_type: 'client_credentials', client_id: sandbox.key, client_secret: sandbox.secret };
    const statuses: number[] = [];
    for (let count = 0; count < 17; count++) {
      statuses.push((await send(oauth, { method: 'POST', body: new URLSearchParams(body) })).status);
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(generation === '7.3' ? 2 : 0);
    expect(statuses.slice(0, 15)).toEqual(Array(15).fill(200));
  });
});

describe('traits set by themselves', () => {
  test('ids with dashes, Location as a path, and no ETag', async () => {
    const traits = { ids: 'dashed', location: 'path', etags: false } as const;
    const { post, get, put, remove } = await practice({ traits });
    const made = await post('students', student('1'));
    expect(made.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(made.headers.get('location')).toBe(`/data/v3/ed-fi/students/${made.id}`);
    expect(made.headers.get('etag')).toBeNull();
    await post('studentSchoolAssociations', enrolment('1'));
    const read = await get(`students/${made.id}`, { 'if-none-match': '*' });
    expect([read.status, read.headers.get('etag'), read.json._etag]).toEqual([200, null, undefined]);
    expect(read.json.id).toBe(made.id);
    expect((await put('students', made.id, student('1'), { 'if-match': '"x"' })).status).toBe(204);
    expect((await remove('students', made.id)).status).toBe(409);
  });

  test('a trait of one generation in another', async () => {
    const sandbox = await started({ generation: '7.3', traits: { errors: 'message', tokenInfo: 'none' } });
    const { get } = await callerAs(sandbox);
    expect((await get('sessions/nothing')).json).toEqual({ message: 'The specified resource could not be found.' });
    expect((await urlsAt(sandbox.url)).oauthTokenIntrospection).toBeUndefined();
  });
});
