/** Rollbook's own client against every generation: one client, unchanged. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { createClient, type EdFiClient } from '../../core/edfi/client.ts';
import { dependencyOrder } from '../../core/edfi/dependencies.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { classifyAnswer } from '../../core/errors/classify.ts';
import { GENERATIONS, type Generation } from '../../core/sandbox/generations.ts';
import type { Sandbox, SandboxOptions } from '../../core/sandbox/options.ts';
import type { RouteOptions } from '../../core/sandbox/places.ts';
import { course, descriptor, enrolment, offering, SCHOOL, section, session, started, student } from './practice.ts';

interface Used {
  readonly sandbox: Sandbox;
  readonly client: EdFiClient;
}

/** A client that waits for nothing: every fault here is meant. */
async function using(options: SandboxOptions, routeValues: Record<string, string> = {}, base = ''): Promise<Used> {
  const sandbox = await started(options);
  const client = createClient({
    url: sandbox.url + base,
    key: sandbox.key,
    secret: () => sandbox.secret,
    routeValues,
    retry: { attempts: 1 },
  });
  onTestFinished(() => client.close());
  return { sandbox, client };
}

/** Discovery, token, documents, writes and reads: all that a sync does. */
async function allOf({ sandbox, client }: Used, generation: Generation, place: object = {}): Promise<void> {
  await client.signIn();
  const { version, dataStandard, placeholders, urls } = await client.discovery();
  if (generation !== 'other') expect(version).toBe(generation);
  expect([dataStandard, placeholders]).toEqual([expect.any(String), []]);
  expect(urls.dataManagementApi).toBeDefined();

  const model = parseSpecification(await client.openApi('resources'), await client.openApi('descriptors'));
  const order = dependencyOrder(await client.dependencies(), model);
  expect(order.derived).toBe(false);
  expect(order.create.get('ed-fi/schools')).toBeLessThan(order.create.get('ed-fi/sessions') ?? 0);
  const created = order.create.get('ed-fi/students') ?? 0;
  expect((order.update.get('ed-fi/students') ?? 0) > created).toBe(generation !== '5.3');

  const info = await client.tokenInfo();
  const tells = generation !== '5.3' && generation !== 'other';
  expect(info?.educationOrganizations.map((one) => one.educationOrganizationId)).toEqual(tells ? [255901] : undefined);
  expect(info?.claimSet === undefined).toBe(generation !== '7.3');

  const terms = await client.descriptorValues('ed-fi/termDescriptors');
  expect(terms).toContain(descriptor('Term', 'Fall Semester'));

  const post = async (resource: string, body: object) => client.post(`ed-fi/${resource}`, JSON.stringify(body));
  const made = await post('students', student('1'));
  expect([made.status, made.id]).toEqual([201, expect.stringMatching(/^[0-9a-f-]{32,36}$/)]);
  expect(made.etag === undefined).toBe(generation === 'other');
  expect((await post('studentSchoolAssociations', enrolment('1'))).status).toBe(201);
  const again = await post('students', { ...student('1'), firstName: 'Kim' });
  expect([again.status, again.id]).toEqual([200, made.id]);
  const put = await client.put('ed-fi/students', String(made.id), JSON.stringify(student('1')));
  expect(put.status).toBe(204);
  const found = await client.findByKey('ed-fi/students', { studentUniqueId: '1' });
  expect([found?.id, found?.body.firstName]).toEqual([made.id, 'Robin']);
  expect(await client.findByKey('ed-fi/students', { studentUniqueId: 'none' })).toBeUndefined();
  const page = await client.page('ed-fi/schools', { limit: 10, offset: 5, totalCount: true });
  expect([page.items.length, page.total]).toEqual([10, 400]);

  const kept = await client.remove('ed-fi/students', String(made.id));
  expect(kept.status).toBe(409);
  expect(classifyAnswer(kept, model).code).toBe('dependent-item-exists');
  expect((await post('courses', course())).status).toBe(201);
  const unresolved = await post('courseOfferings', offering());
  expect(unresolved.status).toBe(409);
  if (generation !== 'other') expect(classifyAnswer(unresolved, model).code).toBe('reference-missing');
  expect((await post('sessions', session())).status).toBe(201);
  expect((await post('courseOfferings', offering())).status).toBe(201);
  const inside = await post('sections', section());
  expect(inside.status).toBe(201);
  expect((await client.remove('ed-fi/sections', String(inside.id))).status).toBe(204);
  const gone = await client.remove('ed-fi/sections', String(inside.id));
  expect([gone.status, classifyAnswer(gone, model).code]).toEqual([404, 'item-gone']);
  expect(sandbox.read('ed-fi/students', place)).toHaveLength(1);
  expect(client.requests.token).toBe(1);
}

describe('the client', () => {
  test.each(GENERATIONS)('does all it has to against %s', async (generation) => {
    await allOf(await using({ generation }), generation);
  });

  const YEAR = { schoolYearFromRoute: '2027' };
  test.each<[Generation, RouteOptions, Record<string, string>]>([
    ['5.3', { year: [2026, 2027] }, YEAR],
    ['6.2', { instance: ['a', 'b'], year: [2026, 2027] }, { ...YEAR, instance: 'b' }],
    ['7.1', { year: [2026, 2027] }, YEAR],
    ['7.3', { tenant: ['a', 'b'], year: [2026, 2027] }, { ...YEAR, tenantIdentifier: 'b' }],
  ])('fills in what the routes of %s leave open: %j', async (generation, routes, routeValues) => {
    const { tenant, instance } = routes;
    const place = { ...(tenant && { tenant: 'b' }), ...(instance && { instance: 'b' }), year: 2027 };
    const used = await using({ generation, routes }, routeValues);
    await allOf(used, generation, place);
    expect(used.sandbox.read('ed-fi/students')).toEqual([]);
  });

  test('names what the routes leave open, and needs nothing where the base says it', async () => {
    const routes = { tenant: ['a', 'b'], year: [2026, 2027] };
    const open = await using({ routes, preload: false });
    expect((await open.client.discovery()).placeholders).toEqual(['tenantIdentifier', 'schoolYearFromRoute']);
    await expect(open.client.signIn()).rejects.toThrow(/tenantIdentifier, schoolYearFromRoute/);
    await allOf(await using({ routes }, {}, '/b/2027'), '7.3', { tenant: 'b', year: 2027 });
  });
});

describe('what the API refuses', () => {
  test.each(GENERATIONS)('is understood whatever %s calls it', async (generation) => {
    const { client } = await using({ generation });
    const model = parseSpecification(await client.openApi('resources'), await client.openApi('descriptors'));
    const refused = async (resource: string, body: object): Promise<unknown> =>
      classifyAnswer(await client.post(`ed-fi/${resource}`, JSON.stringify(body)), model);
    const { lastSurname: _, ...nameless } = student('1');
    expect(await refused('students', nameless)).toEqual({ code: 'required-missing', path: 'lastSurname' });
    expect(await refused('students', { ...student('1'), firstName: 'x'.repeat(80) })).toEqual({
      code: 'too-long',
      path: 'firstName',
    });
    expect(await refused('sessions', { ...session(), termDescriptor: descriptor('Term', 'Never') })).toMatchObject({
      code: 'descriptor-unknown-to-api',
      descriptor: 'TermDescriptor',
    });
    if (generation === 'other') return;
    const made = await client.post('ed-fi/courses', JSON.stringify(course()));
    const renamed = await client.put('ed-fi/courses', String(made.id), JSON.stringify(course('ALG2')));
    const restores = generation === '5.3' || generation === '6.2';
    expect(restores ? renamed.status : classifyAnswer(renamed, model).code).toBe(restores ? 204 : 'key-change-refused');
    expect(await refused('sessions', session('Fall', 255902001))).toMatchObject({
      code: 'not-authorized-organization',
    });
    const residence = {
      studentReference: { studentUniqueId: '1' },
      educationOrganizationReference: { educationOrganizationId: SCHOOL },
      sexDescriptor: descriptor('Sex', 'Female'),
    };
    expect(await refused('studentEducationOrganizationAssociations', residence)).toMatchObject({
      code: 'not-authorized-student',
    });
  });

  test.each<[string, { code: string; entity?: string }]>([
    ['a reference that leads nowhere', { code: 'reference-missing', entity: 'Session' }],
    ['a dependant in the way', { code: 'dependent-item-exists', entity: 'CourseOffering' }],
    ['a changed key', { code: 'key-change-refused' }],
  ])('by other is understood: %s', async (name, expected) => {
    const { client } = await using({ generation: 'other' });
    const model = parseSpecification(await client.openApi('resources'), await client.openApi('descriptors'));
    const { id = '' } = await client.post('ed-fi/courses', JSON.stringify(course()));
    const unresolved = await client.post('ed-fi/courseOfferings', JSON.stringify(offering()));
    await client.post('ed-fi/sessions', JSON.stringify(session()));
    await client.post('ed-fi/courseOfferings', JSON.stringify(offering()));
    const kept = await client.remove('ed-fi/courses', id);
    const renamed = await client.put('ed-fi/courses', id, JSON.stringify(course('ALG2')));
    const answer = name.includes('reference') ? unresolved : name.includes('dependant') ? kept : renamed;
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(classifyAnswer(answer, model)).toEqual(expected);
  });

  test.each<[Generation]>([['5.3'], ['7.1'], ['7.3']])('by claim set is told by %s', async (generation) => {
    const claimSet = { name: 'Little', resources: [{ resource: 'ed-fi/students', operations: ['Read'] as const }] };
    const { client } = await using({ generation, clients: [{ key: 'k', secret: 's', claimSet }] });
    const model = parseSpecification(await client.openApi('resources'), await client.openApi('descriptors'));
    for (const resource of ['students', 'sessions']) {
      const answer = await client.post(`ed-fi/${resource}`, JSON.stringify({}));
      expect([answer.status, classifyAnswer(answer, model).code]).toEqual([403, 'not-authorized-resource']);
    }
    expect((await client.tokenInfo())?.claimSet).toBe(generation === '7.3' ? 'Little' : undefined);
  });
});
