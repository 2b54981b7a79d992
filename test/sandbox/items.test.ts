import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import {
  classroom,
  course,
  descriptor,
  enrolment,
  OTHER_SCHOOL,
  offering,
  practice,
  SCHOOL,
  section,
  send,
  session,
  student,
} from './practice.ts';

const period = (classPeriodName: string): JsonObject => ({ classPeriodName, schoolReference: { schoolId: SCHOOL } });

describe('POST', () => {
  test('creates, with a place and a version', async () => {
    const { sandbox, post } = await practice();
    const made = await post('classPeriods', period('P1'));
    expect(made.status).toBe(201);
    expect(made.text).toBe('');
    expect(made.id).toMatch(/^[0-9a-f]{32}$/);
    expect(made.headers.get('location')).toBe(`${sandbox.url}/data/v3/ed-fi/classPeriods/${made.id}`);
    expect(made.headers.get('etag')).toMatch(/^".+"$/);
    expect(sandbox.read('ed-fi/classPeriods')).toEqual([{ id: made.id, body: period('P1') }]);
  });

  test('updates what has the same natural key', async () => {
    const { sandbox, post } = await practice();
    const made = await post('sessions', session());
    const again = await post('sessions', session());
    expect([again.status, again.id, again.headers.get('etag')]).toEqual([200, made.id, made.headers.get('etag')]);
    const changed = await post('sessions', { ...session(), totalInstructionalDays: 81 });
    expect([changed.status, changed.id]).toEqual([200, made.id]);
    expect(changed.headers.get('etag')).not.toBe(made.headers.get('etag'));
    expect(sandbox.read('ed-fi/sessions').map(({ body }) => body.totalInstructionalDays)).toEqual([81]);
  });

  test('takes no id, and forgets members it does not know', async () => {
    const { sandbox, post } = await practice();
    const refused = await post('classPeriods', { ...period('P1'), id: 'x' });
    expect([refused.status, refused.json.type]).toEqual([400, 'urn:ed-fi:api:bad-request']);
    expect((await post('classPeriods', { ...period('P1'), colour: 'blue', _etag: '1' })).status).toBe(201);
    expect(sandbox.read('ed-fi/classPeriods').map(({ body }) => body)).toEqual([period('P1')]);
  });

  test('needs what it refers to, and names it', async () => {
    const { sandbox, post, make } = await practice();
    const missing = await post('studentSchoolAssociations', enrolment('1'));
    expect(missing.status).toBe(409);
    expect(missing.json).toMatchObject({
      type: 'urn:ed-fi:api:data-conflict:unresolved-reference',
      status: 409,
      detail: expect.stringContaining("'Student'"),
      correlationId: expect.any(String),
    });
    await make('courses', course());
    expect((await post('courseOfferings', offering())).json.detail).toContain("'Session'");
    await make('sessions', session());
    await make('courseOfferings', offering());
    const inside = {
      ...section(),
      classPeriods: [{ classPeriodReference: { classPeriodName: 'P9', schoolId: SCHOOL } }],
    };
    expect((await post('sections', inside)).json.detail).toContain("'ClassPeriod'");
    expect(sandbox.read('ed-fi/sections')).toEqual([]);
  });

  test('an education organization may be a school or an agency', async () => {
    const { post } = await practice();
    const at = (educationOrganizationId: number): JsonObject => ({
      ...course(),
      educationOrganizationReference: { educationOrganizationId },
    });
    expect((await post('courses', at(SCHOOL))).status).toBe(201);
    expect((await post('courses', at(255901))).status).toBe(201);
  });

  test('refuses other media types and malformed JSON', async () => {
    const { post } = await practice();
    const text = await post('classPeriods', JSON.stringify(period('P1')), { 'content-type': 'text/plain' });
    expect([text.status, text.json.type]).toEqual([415, 'urn:ed-fi:api:unsupported-media-type']);
    for (const body of ['{"classPeriodName": ', '', '[]', 'null']) {
      const refused = await post('classPeriods', body);
      expect([refused.status, refused.json.type], body).toEqual([400, 'urn:ed-fi:api:bad-request']);
      expect(refused.headers.get('content-type')).toContain('application/problem+json');
    }
  });
});

describe('PUT', () => {
  test('replaces the item with the id', async () => {
    const { sandbox, make, put } = await practice();
    const id = await make('sessions', session());
    const done = await put('sessions', id, { ...session(), totalInstructionalDays: 90 });
    expect([done.status, done.text, done.id]).toEqual([204, '', id]);
    expect(done.headers.get('etag')).not.toBeNull();
    expect(sandbox.read('ed-fi/sessions')).toEqual([{ id, body: { ...session(), totalInstructionalDays: 90 } }]);
  });

  test('an unknown id, and the id of another resource, are not found', async () => {
    const { make, put } = await practice();
    const id = await make('sessions', session());
    expect((await put('sessions', '0'.repeat(32), session())).status).toBe(404);
    expect((await put('classPeriods', id, period('P1'))).status).toBe(404);
  });

  test('keeps the key of a resource whose key is fixed', async () => {
    const { sandbox, make, put } = await practice();
    const id = await make('courses', course());
    const refused = await put('courses', id, course('ALG2'));
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      type: 'urn:ed-fi:api:bad-request:data-validation-failed:key-change-not-supported',
      detail: expect.stringContaining('Course'),
    });
    expect(sandbox.read('ed-fi/courses').map(({ body }) => body.courseCode)).toEqual(['ALG1']);
  });

  test('does not take the key of another item', async () => {
    const { make, put } = await practice();
    await make('classPeriods', period('P1'));
    const id = await make('classPeriods', period('P2'));
    const refused = await put('classPeriods', id, period('P1'));
    expect(refused.status).toBe(409);
    expect(refused.json).toMatchObject({
      type: 'urn:ed-fi:api:data-conflict:non-unique-identity',
      errors: [`The duplicate key is (ClassPeriodName, SchoolId) = (P1, ${SCHOOL}).`],
    });
  });
});

describe('DELETE', () => {
  test('removes an item, once', async () => {
    const { sandbox, make, remove } = await practice();
    const id = await make('classPeriods', period('P1'));
    expect((await remove('classPeriods', id)).status).toBe(204);
    expect(sandbox.read('ed-fi/classPeriods')).toEqual([]);
    expect((await remove('classPeriods', id)).status).toBe(404);
  });

  test('keeps what others refer to, and names one of them', async () => {
    const caller = await practice();
    const ids = await classroom(caller);
    const refused = await caller.remove('sections', String(ids.section));
    expect(refused.status).toBe(409);
    expect(refused.json).toMatchObject({
      type: 'urn:ed-fi:api:data-conflict:dependent-item-exists',
      detail: expect.stringContaining("'StudentSectionAssociation'"),
    });
    expect((await caller.remove('classPeriods', String(ids.period))).json.detail).toContain("'Section'");
    expect((await caller.remove('studentSectionAssociations', String(ids.seat))).status).toBe(204);
    expect((await caller.remove('sections', String(ids.section))).status).toBe(204);
    expect((await caller.remove('classPeriods', String(ids.period))).status).toBe(204);
  });

  test('what an item no longer refers to is free', async () => {
    const caller = await practice();
    const ids = await classroom(caller);
    expect((await caller.put('sections', String(ids.section), section())).status).toBe(204);
    expect((await caller.remove('classPeriods', String(ids.period))).status).toBe(204);
  });
});

describe('versions', () => {
  test('If-Match guards PUT, DELETE and POST', async () => {
    const { make, post, put, remove } = await practice();
    const id = await make('sessions', session());
    const wrong = { 'if-match': '"other"' };
    for (const refused of [
      await put('sessions', id, session(), wrong),
      await remove('sessions', id, wrong),
      await post('sessions', session(), wrong),
    ]) {
      expect([refused.status, refused.json.type]).toEqual([412, 'urn:ed-fi:api:optimistic-lock-failed']);
    }
    const etag = String((await post('sessions', session())).headers.get('etag'));
    const changed = await put('sessions', id, { ...session(), totalInstructionalDays: 1 }, { 'if-match': etag });
    expect(changed.status).toBe(204);
    expect((await remove('sessions', id, { 'if-match': etag })).status).toBe(412);
    expect((await remove('sessions', id, { 'if-match': String(changed.headers.get('etag')) })).status).toBe(204);
  });

  test('GET by id gives links, id and version, or 304', async () => {
    const caller = await practice();
    const ids = await classroom(caller);
    const read = await caller.get(`sections/${ids.section}`);
    expect(read.status).toBe(200);
    const courseOfferingReference = read.json.courseOfferingReference as JsonObject;
    expect(courseOfferingReference.link).toEqual({
      rel: 'CourseOffering',
      href: `/ed-fi/courseOfferings/${ids.offering}`,
    });
    expect(read.json).toMatchObject({
      id: ids.section,
      sectionIdentifier: 'S-1',
      classPeriods: [
        { classPeriodReference: { link: { rel: 'ClassPeriod', href: `/ed-fi/classPeriods/${ids.period}` } } },
      ],
      _lastModifiedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    const etag = String(read.headers.get('etag'));
    expect(etag).toBe(`"${read.json._etag}"`);
    const same = await caller.get(`sections/${ids.section}`, { 'if-none-match': etag });
    expect([same.status, same.text]).toEqual([304, '']);
    expect((await caller.get(`sections/${ids.section}`, { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await caller.get('sections/nothing')).status).toBe(404);
    const enrolled = await caller.get(`courses/${ids.course}`);
    expect(enrolled.json.educationOrganizationReference).toMatchObject({ link: { rel: 'School' } });
  });
});

describe('GET of a collection', () => {
  test('filters by properties and by flattened keys', async () => {
    const caller = await practice();
    const ids = await classroom(caller);
    const { get, make } = caller;
    await make('sections', section('S-2'));
    const found = async (query: string): Promise<unknown[]> => (await get(query)).list.map(({ id }) => id);
    expect(await found('sections?sectionIdentifier=S-1')).toEqual([ids.section]);
    expect(await found(`sections?schoolId=${SCHOOL}&sessionName=Fall`)).toHaveLength(2);
    expect(await found(`sections?schoolId=${OTHER_SCHOOL}`)).toEqual([]);
    expect(
      await found(
        `sections?sectionIdentifier=S-1&schoolId=${SCHOOL}&schoolYear=2027&sessionName=Fall&localCourseCode=ALG1`,
      ),
    ).toEqual([ids.section]);
    expect(await found('students?studentUniqueId=604')).toEqual([ids.student]);
    expect(await found('students?lastSurname=Marsh&firstName=Robin')).toEqual([ids.student]);
    expect(await found('students?lastSurname=Marsh&firstName=Other')).toEqual([]);
    expect(await found(`sections?id=${ids.section}`)).toEqual([ids.section]);
    expect(await found(`sessions?termDescriptor=${encodeURIComponent(descriptor('Term', 'Fall Semester'))}`)).toEqual([
      ids.session,
    ]);
    expect(await found('schoolYearTypes?currentSchoolYear=true')).toHaveLength(1);
    expect(await found('sections?nonsense=1')).toHaveLength(2);
    expect((await get('sections?schoolId=many')).status).toBe(400);
    expect((await get('schoolYearTypes?currentSchoolYear=maybe')).status).toBe(400);
  });

  test('pages by limit and offset, and counts', async () => {
    const { get } = await practice();
    expect((await get('schools')).list).toHaveLength(25);
    const all: unknown[] = [];
    for (let offset = 0; offset < 400; offset += 150) {
      const page = await get(`schools?limit=150&offset=${offset}&totalCount=true`);
      expect(page.headers.get('total-count')).toBe('400');
      all.push(...page.list.map(({ schoolId }) => schoolId));
    }
    expect(all).toEqual(Array.from({ length: 400 }, (_, index) => 255901001 + index));
    const none = await get('schools?limit=0&totalCount=true');
    expect([none.text, none.headers.get('total-count')]).toEqual(['[]', '400']);
    expect((await get('schools?limit=500')).headers.get('total-count')).toBeNull();
    for (const query of ['limit=501', 'limit=-1', 'limit=x', 'offset=-1', 'offset=x', 'totalCount=x']) {
      const refused = await get(`schools?${query}`);
      expect([refused.status, refused.json.type], query).toEqual([
        400,
        'urn:ed-fi:api:bad-request:parameter-validation-failed',
      ]);
    }
  });
});

test('a method that does not fit the URL is refused', async () => {
  const { call, make } = await practice();
  const id = await make('sessions', session());
  for (const [method, path] of [
    ['POST', `/data/v3/ed-fi/sessions/${id}`],
    ['PUT', '/data/v3/ed-fi/sessions'],
    ['DELETE', '/data/v3/ed-fi/sessions'],
    ['PATCH', `/data/v3/ed-fi/sessions/${id}`],
    ['PATCH', '/data/v3/ed-fi/sessions'],
    ['POST', '/metadata'],
  ] as const) {
    const refused = await call(method, path, session());
    expect(refused.status, `${method} ${path}`).toBe(405);
    expect(refused.headers.get('allow')).not.toBeNull();
  }
});

test('requests are counted by kind', async () => {
  const { sandbox, post, put, remove, get } = await practice();
  const { id } = await post('students', student('1'));
  await post('studentSchoolAssociations', enrolment('1'));
  await put('students', id, student('1'));
  await remove('students', id);
  await get('students');
  await send(sandbox.url, {});
  expect(sandbox.requests()).toEqual({ POST: 2, PUT: 1, DELETE: 1, GET: 2, token: 1 });
});

test('a body too large is refused', async () => {
  const { post } = await practice();
  expect((await post('students', { ...student('1'), firstName: 'x'.repeat(10_000_001) })).status).toBe(413);
});

test('given chances and a clock, it is the same each time', async () => {
  const made: unknown[] = [];
  for (let run = 0; run < 2; run++) {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48271) % 0x7fff_ffff;
      return seed / 0x7fff_ffff;
    };
    const { sandbox, make, get } = await practice({ random, now: () => 1_800_000_000_000, preload: false });
    const id = await make('students', student('1'));
    await make('students', student('2'));
    made.push([id, sandbox.read('ed-fi/students'), (await get('schoolYearTypes')).list]);
  }
  expect(made[0]).toEqual(made[1]);
});
