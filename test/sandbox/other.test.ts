/** The personality that is no ODS/API at all. */
import { expect, test } from 'vitest';
import {
  callerAs,
  classroom,
  course,
  descriptor,
  enrolment,
  offering,
  practice,
  SCHOOL,
  section,
  send,
  session,
  started,
  student,
  urlsAt,
} from './practice.ts';

const OTHER = { generation: 'other' } as const;

test('its addresses are below a stage, and nothing is at those of an ODS/API', async () => {
  const { url } = await started(OTHER);
  expect(await urlsAt(url)).toEqual({
    dependencies: `${url}/local/metadata/data/v3/dependencies`,
    openApiMetadata: `${url}/local/metadata/`,
    oauth: `${url}/local/oauth/token`,
    dataManagementApi: `${url}/local/v5.2/`,
  });
  expect((await send(`${url}/data/v3/ed-fi/students`, {})).status).toBe(404);
  expect((await send(`${url}/oauth/token`, { method: 'POST' })).status).toBe(404);
});

test('a token tells when it ends, not how long it lives', async () => {
  const { url, key, secret } = await started({ ...OTHER, now: () => 1_800_000_000_500, tokenLifetimeSeconds: 60 });
  const { json } = await send(`${url}/local/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: key, client_secret: secret }),
  });
  expect(json.expires_in).toBe(1_800_000_060);
});

test('a missing token is a malformed request, a wrong one is refused without a word', async () => {
  const { url } = await started(OTHER);
  const students = `${url}/local/v5.2/ed-fi/students`;
  const missing = await send(students, {});
  expect([missing.status, missing.json]).toEqual([400, { error: expect.any(String) }]);
  const wrong = await send(students, { headers: { authorization: 'Bearer nonsense' } });
  expect([wrong.status, wrong.text]).toEqual([401, '']);
});

test('an item has an id with dashes, a path for Location, and neither ETag nor links', async () => {
  const caller = await practice(OTHER);
  const ids = await classroom(caller);
  const made = await caller.post('classPeriods', { classPeriodName: 'P2', schoolReference: { schoolId: SCHOOL } });
  expect(made.status).toBe(201);
  expect(made.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(made.headers.get('location')).toBe(`/local/v5.2/ed-fi/classPeriods/${made.id}`);
  expect(made.headers.get('etag')).toBeNull();
  const read = await caller.get(`sections/${ids.section}`);
  expect(read.headers.get('etag')).toBeNull();
  expect(read.text).not.toMatch(/"link"|"_etag"/);
});

test('conflicts name what is missing, and what is in the way', async () => {
  const caller = await practice(OTHER);
  await caller.make('courses', course());
  const unresolved = await caller.post('courseOfferings', offering());
  expect(unresolved.status).toBe(409);
  expect(unresolved.json).toEqual({
    error: {
      message: 'Reference validation failed',
      failures: [{ resourceName: 'Session', identity: { schoolId: SCHOOL, schoolYear: 2027, sessionName: 'Fall' } }],
    },
  });
  const ids = await classroom(caller);
  const kept = await caller.remove('sections', String(ids.section));
  expect(kept.status).toBe(409);
  expect(kept.json.error).toMatchObject({
    blockingUris: [`/local/v5.2/ed-fi/studentSectionAssociations/${ids.seat}`],
  });
  const renamed = await caller.put('courses', String(ids.course), course('ALG2'));
  expect([renamed.status, renamed.json]).toEqual([
    400,
    { error: { message: 'The identity fields of the document cannot be modified' } },
  ]);
});

test('what is not valid is a list; a property or a parameter it does not know is not valid', async () => {
  const { post, get, make } = await practice(OTHER);
  const { firstName: _, ...nameless } = student('1');
  const refused = await post('students', { ...nameless, shoeSize: 9 });
  expect(refused.status).toBe(400);
  const errors = refused.json.error as { path: string }[];
  expect(errors.map(({ path }) => path).sort()).toEqual(['$.firstName', '$.shoeSize']);
  await make('sessions', session());
  await make('courses', course());
  await make('courseOfferings', offering());
  const linked = section();
  const reference = { ...(linked.courseOfferingReference as object), link: { rel: 'x', href: 'y' } };
  expect((await post('sections', { ...linked, courseOfferingReference: reference })).status).toBe(400);
  expect((await post('sections', linked)).status).toBe(201);
  const unknown = await post('sessions', { ...session('S'), termDescriptor: descriptor('Term', 'Never') });
  expect([unknown.status, unknown.json]).toEqual([
    400,
    { error: [expect.objectContaining({ path: '$.termDescriptor' })] },
  ]);
  for (const query of ['shoeSize=9', 'minChangeVersion=1', 'pageSize=5']) {
    expect((await get(`students?${query}`)).status, query).toBe(400);
  }
});

test('the total is always told', async () => {
  const { get } = await practice(OTHER);
  expect((await get('schools?limit=1')).headers.get('total-count')).toBe('400');
  expect((await get('students')).headers.get('total-count')).toBe('0');
});

test('who made an item owns it; everybody may read it, and be refused without a word', async () => {
  const clients = [
    { key: 'one', secret: 's' },
    { key: 'two', secret: 's', educationOrganizationIds: [5] },
  ];
  const sandbox = await started({ ...OTHER, clients });
  const one = await callerAs(sandbox, { key: 'one', secret: 's' });
  const two = await callerAs(sandbox, { key: 'two', secret: 's' });
  const id = await one.make('students', student('1'));
  expect((await one.post('students', student('1'))).status).toBe(200);
  for (const refused of [
    await two.post('students', student('1')),
    await two.put('students', id, student('1')),
    await two.remove('students', id),
  ]) {
    expect([refused.status, refused.text]).toEqual([403, '']);
  }
  expect((await two.get(`students/${id}`)).json.studentUniqueId).toBe('1');
  expect((await two.post('studentSchoolAssociations', enrolment('1'))).status).toBe(201);
});

test('it has no school years, an unknown namespace breaks it, and the lists of other generations are not there', async () => {
  const { sandbox, get, call, make } = await practice(OTHER);
  expect((await get('schoolYearTypes')).status).toBe(404);
  await make('sessions', session());
  const unknown = await get('dragons');
  expect([unknown.status, unknown.text]).toEqual([404, '']);
  const base = new URL(String((await urlsAt(sandbox.url)).dataManagementApi)).pathname;
  const broken = await call('GET', `${base}tx/buses`);
  expect([broken.status, broken.json]).toEqual([500, { error: expect.any(String) }]);
  for (const list of ['deletes', 'keyChanges', 'partitions']) expect((await get(`students/${list}`)).status).toBe(404);
  expect((await call('GET', '/local/changeQueries/v1/availableChangeVersions')).status).toBe(404);
});
