/** What a key may do: its claim set, its namespaces, its profiles, its education organizations. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import type { ClaimSet } from '../../core/sandbox/claim-sets.ts';
import type { ClientOptions } from '../../core/sandbox/clients.ts';
import type { Generation } from '../../core/sandbox/generations.ts';
import type { SandboxOptions } from '../../core/sandbox/options.ts';
import type { Profile } from '../../core/sandbox/profiles.ts';
import {
  type Caller,
  callerAs,
  classroom,
  course,
  enrolment,
  OTHER_SCHOOL,
  SCHOOL,
  send,
  session,
  started,
  student,
  tokenFrom,
} from './practice.ts';

const TYPE = 'urn:ed-fi:api:security:authorization';

/** A practice API with a district's key that may do everything, and another. */
async function two(
  second: Partial<ClientOptions>,
  options: SandboxOptions = {},
): Promise<{ district: Caller; second: Caller }> {
  const clients = [
    { key: 'district', secret: 's' },
    { key: 'second', secret: 's', ...second },
  ];
  const sandbox = await started({ ...options, clients });
  return {
    district: await callerAs(sandbox, { key: 'district', secret: 's' }),
    second: await callerAs(sandbox, { key: 'second', secret: 's' }),
  };
}

describe('claim sets', () => {
  const claimSet: ClaimSet = {
    name: 'Roster Only',
    resources: [
      { resource: 'ed-fi/students', operations: ['Create', 'Read'] },
      { resource: '/ed-fi/classPeriods', operations: ['Read', 'Update', 'Delete'] },
      { resource: 'ed-fi/*Descriptors', operations: ['Read'] },
    ],
  };

  test('a resource that is not in it is refused, and so is an action it does not allow', async () => {
    const { district, second } = await two({ claimSet });
    const courses = await second.get('courses');
    expect([courses.status, courses.json.type]).toEqual([403, `${TYPE}:access-denied:resource`]);
    expect((await second.post('courses', course())).json.type).toBe(`${TYPE}:access-denied:resource`);

    const made = await second.post('students', student('1'));
    expect(made.status).toBe(201);
    await district.make('studentSchoolAssociations', enrolment('1'));
    expect((await second.get(`students/${made.id}`)).status).toBe(200);
    for (const refused of [
      await second.post('students', student('1')),
      await second.put('students', made.id, student('1')),
      await second.remove('students', made.id),
    ]) {
      expect([refused.status, refused.json.type]).toEqual([403, `${TYPE}:access-denied:action`]);
    }

    const period = { classPeriodName: 'P1', schoolReference: { schoolId: SCHOOL } };
    expect((await second.post('classPeriods', period)).json.type).toBe(`${TYPE}:access-denied:action`);
    const id = await district.make('classPeriods', period);
    expect((await second.post('classPeriods', period)).status).toBe(200);
    expect((await second.remove('classPeriods', id)).status).toBe(204);
    expect((await second.get('termDescriptors')).status).toBe(200);
    expect((await second.get('students/deletes')).json.type).toBe(`${TYPE}:access-denied:action`);
  });

  test('token_info names it, and what it has', async () => {
    const { second } = await two({ claimSet, namespacePrefixes: ['uri://a.example'] });
    const { url } = second.sandbox;
    const token = await tokenFrom(`${url}/oauth/token`, 'second', 's');
    const { json } = await send(`${url}/oauth/token_info`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams({ token }),
    });
    expect(json).toMatchObject({
      client_id: 'second',
      claim_set: { name: 'Roster Only' },
      namespace_prefixes: ['uri://a.example'],
    });
    const resources = json.resources as JsonObject[];
    expect(resources).toContainEqual({ resource: '/ed-fi/students', operations: ['Create', 'Read'] });
    expect(resources).toContainEqual({ resource: '/ed-fi/termDescriptors', operations: ['Read'] });
    expect(resources.map(({ resource }) => resource)).not.toContain('/ed-fi/courses');
  });

  test.each<[Generation]>([['5.3'], ['7.1']])('%s asks whether a claim is missing', async (generation) => {
    const { second } = await two({ claimSet }, { generation });
    const refused = await second.get('courses');
    expect([refused.status, refused.json.message]).toEqual([
      403,
      'Access to the resource could not be authorized. Are you missing a claim?',
    ]);
  });
});

describe('namespaces', () => {
  const assessment = (namespace: string): JsonObject => ({
    assessmentIdentifier: 'A1',
    namespace,
    assessmentTitle: 'Reading',
    academicSubjects: [{ academicSubjectDescriptor: 'uri://ed-fi.org/AcademicSubjectDescriptor#English' }],
  });
  const term = (namespace: string): JsonObject => ({ namespace, codeValue: 'Late', shortDescription: 'Late' });

  test('of items have to begin with one of the key', async () => {
    const { district, second } = await two({ namespacePrefixes: ['uri://ours.example', 'uri://also.example'] });
    const refused = await second.post('assessments', assessment('uri://theirs.example/A'));
    expect([refused.status, refused.json.type]).toEqual([403, `${TYPE}:namespace:access-denied:namespace-mismatch`]);
    expect(refused.json.detail).toContain("'uri://ours.example', 'uri://also.example'");
    expect((await second.post('termDescriptors', term('uri://theirs.example/TermDescriptor'))).status).toBe(403);
    const own = await second.post('assessments', assessment('uri://also.example/A'));
    expect([own.status, own.text]).toEqual([201, '']);
    expect((await second.post('termDescriptors', term('uri://ours.example/TermDescriptor'))).status).toBe(201);

    const theirs = await district.make('assessments', assessment('uri://theirs.example/A'));
    expect((await second.get('assessments')).list.map(({ id }) => id)).toEqual([own.id]);
    expect((await second.get(`assessments/${theirs}`)).status).toBe(403);
    expect((await second.remove('assessments', theirs)).status).toBe(403);
    expect((await district.get('assessments')).list).toHaveLength(2);
    // Descriptors are everybody's to read, and what has no namespace is not asked for one.
    expect((await second.get('termDescriptors?codeValue=Fall%20Semester')).list).toHaveLength(1);
    expect((await second.post('students', student('1'))).status).toBe(201);
  });

  test('are needed at all, and worded otherwise up to 7.1', async () => {
    const none = await two({ namespacePrefixes: [] });
    expect((await none.second.post('termDescriptors', term('uri://a.example/TermDescriptor'))).json.type).toBe(
      `${TYPE}:namespace:invalid-client:no-namespaces`,
    );
    const older = await two({ namespacePrefixes: ['uri://ours.example'] }, { generation: '6.2' });
    const refused = await older.second.post('termDescriptors', term('uri://theirs.example/TermDescriptor'));
    expect([refused.status, refused.json.message]).toEqual([
      403,
      expect.stringContaining("NamespacePrefix claims: 'uri://ours.example'"),
    ]);
  });
});

describe('profiles', () => {
  const NAMES: Profile = {
    name: 'Names-Only',
    resources: {
      'ed-fi/students': { readable: { include: ['firstName', 'lastSurname'] }, writable: { exclude: ['middleName'] } },
      'ed-fi/sessions': { readable: { exclude: ['totalInstructionalDays'] } },
    },
  };
  const BARE: Profile = {
    name: 'Bare',
    resources: { 'ed-fi/students': { readable: { exclude: ['birthDate'] }, writable: { exclude: ['birthDate'] } } },
  };
  const type = (profile: string, usage: string, resource = 'student'): string =>
    `application/vnd.ed-fi.${resource}.${profile}.${usage}+json`;

  test('one that is assigned applies by itself: it hides when read, and leaves alone when written', async () => {
    const { district, second } = await two({ profiles: [NAMES] });
    const id = await district.make('students', { ...student('1'), middleName: 'Ash' });
    await district.make('studentSchoolAssociations', enrolment('1'));
    const read = await second.get(`students/${id}`);
    expect(Object.keys(read.json).sort()).toEqual(
      ['_etag', '_lastModifiedDate', 'firstName', 'id', 'lastSurname', 'studentUniqueId'].sort(),
    );
    expect(read.headers.get('content-type')).toBe(type('names-only', 'readable'));
    expect((await second.get('students')).list).toEqual([read.json]);

    expect((await second.put('students', id, { ...student('1'), firstName: 'Kim', middleName: 'Fern' })).status).toBe(
      204,
    );
    expect((await second.post('students', { ...student('1'), lastSurname: 'Moor' })).status).toBe(200);
    expect((await district.get(`students/${id}`)).json).toMatchObject({ lastSurname: 'Moor', middleName: 'Ash' });
    expect((await second.post('students', { ...student('2'), middleName: 'Fern' })).status).toBe(201);
    expect(second.sandbox.read('ed-fi/students')[1]?.body.middleName).toBeUndefined();
    // Not covered: as without a profile.
    expect((await second.post('courses', course())).status).toBe(201);
  });

  test('without a writable part a resource cannot be written', async () => {
    const { district, second } = await two({ profiles: [NAMES] });
    await district.make('sessions', session());
    expect((await second.get('sessions')).list[0]).not.toHaveProperty('totalInstructionalDays');
    const refused = await second.post('sessions', session());
    expect([refused.status, refused.json.type]).toEqual([405, 'urn:ed-fi:api:profile:method-usage']);
  });

  test('what an item needs cannot be left out of a new one', async () => {
    const { district, second } = await two({ profiles: [BARE] });
    const refused = await second.post('students', student('1'));
    expect([refused.status, refused.json.type]).toEqual([400, 'urn:ed-fi:api:bad-request:data-policy-enforced']);
    const id = await district.make('students', student('1'));
    await district.make('studentSchoolAssociations', enrolment('1'));
    const { birthDate, ...rest } = student('1');
    expect((await second.post('students', { ...rest, firstName: 'Kim' })).status).toBe(200);
    expect((await district.get(`students/${id}`)).json).toMatchObject({ firstName: 'Kim', birthDate });
  });

  test('of several one has to be named', async () => {
    const { district, second } = await two({ profiles: [NAMES, BARE] });
    const id = await district.make('students', { ...student('1'), middleName: 'Ash' });
    await district.make('studentSchoolAssociations', enrolment('1'));
    for (const refused of [await second.get('students'), await second.post('students', student('1'))]) {
      expect([refused.status, refused.json.type]).toEqual([403, 'urn:ed-fi:api:security:data-policy:incorrect-usage']);
    }
    const bare = await second.get(`students/${id}`, { accept: type('bare', 'readable') });
    expect([bare.json.middleName, bare.json.birthDate]).toEqual(['Ash', undefined]);
    const written = await second.post(
      'students',
      { ...student('1'), middleName: 'Fern' },
      { 'content-type': type('Names-Only', 'writable', 'students') },
    );
    expect(written.status).toBe(200);
    expect((await district.get(`students/${id}`)).json.middleName).toBe('Ash');
  });

  test.each<[Generation, number]>([
    ['5.3', 400],
    ['6.2', 403],
    ['7.1', 403],
  ])('%s refuses several in words of its own', async (generation, status) => {
    const { second } = await two({ profiles: [NAMES, BARE] }, { generation });
    const refused = await second.get('students');
    expect(refused.status).toBe(status);
    expect(refused.json.message).toMatch(/^More than one Profile is associated with .* \(Student\)\./);
  });

  test('named wrongly, it is refused', async () => {
    const { district, second } = await two({ profiles: [NAMES] });
    for (const accept of [
      type('none', 'readable'),
      type('names-only', 'readable', 'course'),
      type('names-only', 'writable'),
    ]) {
      const refused = await second.get('students', { accept });
      expect([refused.status, refused.json.type], accept).toEqual([400, 'urn:ed-fi:api:profile:invalid-profile-usage']);
    }
    const uncovered = await second.get('courses', { accept: type('names-only', 'readable', 'course') });
    expect(uncovered.json.type).toBe('urn:ed-fi:api:profile:invalid-profile-usage');
    // Who has none assigned may use any.
    const free = await district.get('students', { accept: type('names-only', 'readable') });
    expect([free.status, free.headers.get('content-type')]).toEqual([200, type('names-only', 'readable')]);
  });

  test('one of another key is not for a key that has its own', async () => {
    const clients = [
      { key: 'a', secret: 's', profiles: [NAMES] },
      { key: 'b', secret: 's', profiles: [BARE] },
    ];
    const sandbox = await started({ clients });
    const caller = await callerAs(sandbox, { key: 'a', secret: 's' });
    expect((await caller.get('students', { accept: type('bare', 'readable') })).status).toBe(403);
  });
});

describe('education organizations', () => {
  test("a school's key sees its school, a state's all districts", async () => {
    const clients = [
      { key: 'district', secret: 's' },
      { key: 'school', secret: 's', educationOrganizationIds: [SCHOOL] },
      { key: 'state', secret: 's', educationOrganizationIds: [31] },
      { key: 'elsewhere', secret: 's', educationOrganizationIds: [255902] },
    ];
    const sandbox = await started({ clients });
    const as = (key: string): Promise<Caller> => callerAs(sandbox, { key, secret: 's' });
    const [district, school, state, elsewhere] = await Promise.all(
      ['district', 'school', 'state', 'elsewhere'].map(as),
    );
    await classroom(district!);
    await district!.make('sessions', session('Fall', OTHER_SCHOOL));
    await district!.make('students', student('2'));
    await district!.make('studentSchoolAssociations', enrolment('2', OTHER_SCHOOL));

    const seen = async (caller: Caller | undefined, resource: string): Promise<number> =>
      Number((await caller!.get(`${resource}?limit=0&totalCount=true`)).headers.get('total-count'));
    const table = await Promise.all(
      ['schools', 'sessions', 'students', 'localEducationAgencies', 'stateEducationAgencies'].map((resource) =>
        Promise.all([district, school, state, elsewhere].map((caller) => seen(caller, resource))),
      ),
    );
    expect(table).toEqual([
      [400, 1, 400, 0],
      [2, 1, 2, 0],
      [2, 1, 2, 0],
      [1, 0, 1, 0],
      [0, 0, 1, 0],
    ]);
    expect((await school!.post('sessions', session('Spring'))).status).toBe(201);
    const refused = await school!.post('sessions', session('Spring', OTHER_SCHOOL));
    expect([refused.status, refused.json.type]).toEqual([403, TYPE]);
    expect((await state!.post('sessions', session('Spring', OTHER_SCHOOL))).status).toBe(201);
  });

  test('two clients cannot have one key, and there is at least one', async () => {
    const twice = [
      { key: 'a', secret: 's' },
      { key: 'a', secret: 't' },
    ];
    await expect(started({ clients: twice })).rejects.toThrow(/the same key/);
    await expect(started({ clients: [] })).rejects.toThrow(/at least one client/);
  });
});
