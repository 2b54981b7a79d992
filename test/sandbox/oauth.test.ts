import { expect, test } from 'vitest';
import { practice, type Reply, send, tokenOf } from './practice.ts';

const GRANT = { grant_type: 'client_credentials' };

function asker(url: string) {
  return (body: Record<string, string>, headers: Record<string, string> = {}): Promise<Reply> =>
    send(`${url}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(body) });
}
const basic = (text: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});

test('a token is given for credentials in the body or in the header, as form or JSON', async () => {
  const { sandbox } = await practice({ key: 'k', secret: 's:s' });
  const ask = asker(sandbox.url);
  const inForm = await ask({ ...GRANT, client_id: 'k', client_secret: 's:s' });
  expect(inForm.status).toBe(200);
  expect(inForm.json).toEqual({ access_token: expect.any(String), expires_in: 1800, token_type: 'bearer' });
  expect((await ask(GRANT, basic('k:s:s'))).status).toBe(200);
  const inJson = await send(`${sandbox.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...basic('k:s:s') },
    body: JSON.stringify(GRANT),
  });
  expect(inJson.status).toBe(200);
  expect(sandbox.requests().token).toBe(4);
});

test('each refusal has its own status and code', async () => {
  const { sandbox } = await practice({ key: 'k', secret: 's' });
  const ask = asker(sandbox.url);
  const own = { client_id: 'k', client_secret: 's' };
  const refusals: [Promise<Reply>, number, string][] = [
    [ask({ ...GRANT, ...own }, basic('k:s')), 400, 'invalid_client'],
    [ask(GRANT), 401, 'invalid_request'],
    [ask({ ...GRANT, client_id: 'k', client_secret: 'other' }), 401, 'invalid_client'],
    [ask({ ...GRANT, client_id: 'other', client_secret: 's' }), 401, 'invalid_client'],
    [ask(GRANT, basic('k:other')), 401, 'invalid_client'],
    [ask(GRANT, basic('no colon')), 400, 'invalid_request'],
    [ask(GRANT, { authorization: 'Basic %%%' }), 400, 'invalid_request'],
    [ask({ grant_type: 'password', ...own }), 400, 'unsupported_grant_type'],
    [ask(own), 400, 'unsupported_grant_type'],
    [ask({ ...GRANT, ...own, scope: '255902' }), 400, 'invalid_scope'],
    [ask({ ...GRANT, ...own, scope: 'all' }), 400, 'invalid_scope'],
  ];
  for (const [asked, status, error] of refusals) {
    const reply = await asked;
    expect([reply.status, reply.json.error]).toEqual([status, error]);
  }
  expect((await ask({ ...GRANT, ...own, scope: 'all' })).json.error_description).toEqual(expect.any(String));
  expect((await ask({ ...GRANT, ...own, scope: '255901' })).status).toBe(200);
});

test('malformed JSON and a wrong method are refused', async () => {
  const { sandbox } = await practice();
  const malformed = await send(`${sandbox.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  });
  expect([malformed.status, malformed.json.error]).toEqual([400, 'invalid_request']);
  expect((await send(`${sandbox.url}/oauth/token`, { method: 'GET' })).status).toBe(405);
});

test('a sixteenth live token is refused until one expires', async () => {
  let time = 1_000_000;
  const { sandbox } = await practice({ now: () => time, tokenLifetimeSeconds: 60 });
  const ask = asker(sandbox.url);
  const own = { ...GRANT, client_id: sandbox.key, client_secret: sandbox.secret };
  for (let live = 1; live < 15; live++) expect((await ask(own)).status).toBe(200);
  const refused = await ask(own);
  expect(refused.status).toBe(429);
  expect(refused.json.type).toBe('urn:ed-fi:api:security:authentication:too-many-tokens');
  time += 60_000;
  expect((await ask(own)).status).toBe(200);
});

test('data needs a token that is known and has not expired', async () => {
  let time = 1_000_000;
  const { sandbox, get } = await practice({ now: () => time, tokenLifetimeSeconds: 60 });
  expect((await get('schools?limit=1')).status).toBe(200);
  time += 60_000;
  const expired = await get('schools?limit=1');
  expect(expired.status).toBe(401);
  expect(expired.json.type).toBe('urn:ed-fi:api:security:authentication');
  const schools = `${sandbox.url}/data/v3/ed-fi/schools`;
  expect((await send(schools, {})).status).toBe(401);
  expect((await send(schools, { headers: { authorization: 'Bearer nonsense' } })).status).toBe(401);
  expect((await send(schools, { headers: basic('a:b') })).status).toBe(401);
});

test('token_info tells whom the token is for', async () => {
  const { sandbox } = await practice();
  const token = await tokenOf(sandbox);
  const ask = (body: URLSearchParams | string, headers: Record<string, string>): Promise<Reply> =>
    send(`${sandbox.url}/oauth/token_info`, { method: 'POST', headers, body });
  const authorization = `Bearer ${token}`;
  const form = await ask(new URLSearchParams({ token }), { authorization });
  expect(form.status).toBe(200);
  expect(form.json).toMatchObject({
    active: true,
    client_id: sandbox.key,
    namespace_prefixes: ['uri://ed-fi.org'],
    education_organizations: [
      {
        education_organization_id: 255901,
        local_education_agency_id: 255901,
        name_of_institution: expect.any(String),
        type: 'edfi.LocalEducationAgency',
      },
    ],
    assigned_profiles: [],
    claim_set: { name: expect.any(String) },
    services: [],
  });
  expect(form.json.resources).toContainEqual({
    resource: '/ed-fi/students',
    operations: ['Create', 'Read', 'Update', 'Delete'],
  });
  const inJson = await ask(JSON.stringify({ token }), { authorization, 'content-type': 'application/json' });
  expect(inJson.json).toEqual(form.json);
  expect((await ask(new URLSearchParams({ token }), {})).status).toBe(401);
  expect((await ask(new URLSearchParams({ token: 'other' }), { authorization })).status).toBe(401);
  expect((await ask(new URLSearchParams(), { authorization })).status).toBe(400);
});
