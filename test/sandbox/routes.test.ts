/** Tenants, instances and school years in the URLs. */
import { expect, test } from 'vitest';
import { isFailure } from '../../core/errors/failure.ts';
import type { Generation } from '../../core/sandbox/generations.ts';
import type { RouteOptions } from '../../core/sandbox/places.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import { callerAs, folder, send, started, student, tokenFrom, urlsAt } from './practice.ts';

const YEARS = '{schoolYearFromRoute:range(2026,2027)}';

test.each<[Generation, RouteOptions, Record<string, string>]>([
  [
    '5.3',
    { year: [2026, 2027] },
    {
      dataManagementApi: `/data/v3/${YEARS}`,
      oauth: '/oauth/token',
      dependencies: `/metadata/data/v3/${YEARS}/dependencies`,
      openApiMetadata: `/metadata/${YEARS}`,
    },
  ],
  [
    '6.2',
    { instance: ['a', 'b'], year: [2026, 2027] },
    {
      dataManagementApi: `/data/v3/{instance}/${YEARS}`,
      oauth: '/{instance}/oauth/token',
      changeQueries: `/changeQueries/v1/{instance}/${YEARS}`,
    },
  ],
  ['7.1', { year: [2026, 2027] }, { dataManagementApi: `/${YEARS}/data/v3/`, oauth: `/${YEARS}/oauth/token` }],
  [
    '7.3',
    { tenant: ['a', 'b'], year: [2026, 2027] },
    {
      dataManagementApi: `/{tenantIdentifier}/${YEARS}/data/v3/`,
      oauth: `/{tenantIdentifier}/${YEARS}/oauth/token`,
      openApiMetadata: `/{tenantIdentifier}/${YEARS}/metadata/`,
      oauthTokenIntrospection: `/{tenantIdentifier}/${YEARS}/oauth/token_info`,
      changeQueries: `/{tenantIdentifier}/${YEARS}/changeQueries/v1/`,
    },
  ],
  ['7.3', { tenant: ['a'] }, { dataManagementApi: '/{tenantIdentifier}/data/v3/' }],
])('discovery of %s with %j leaves open what it has to be told', async (generation, routes, paths) => {
  const { url } = await started({ generation, routes, preload: false });
  const expected = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, url + path]));
  expect(await urlsAt(`${url}/`)).toMatchObject(expected);
});

test.each<[Generation, RouteOptions, string, string[]]>([
  ['5.3', { year: [2026, 2027] }, '/2027', ['/data/v3/2027', '/oauth/token', '/metadata/2027']],
  [
    '6.2',
    { instance: ['a', 'b'], year: [2026, 2027] },
    '/b/2027',
    ['/data/v3/b/2027', '/b/oauth/token', '/metadata/b/2027'],
  ],
  ['7.1', { year: [2026, 2027] }, '/2027/', ['/2027/data/v3/', '/2027/oauth/token', '/2027/metadata/']],
  [
    '7.3',
    { tenant: ['a', 'b'], year: [2026, 2027] },
    '/b/2027',
    ['/b/2027/data/v3/', '/b/2027/oauth/token', '/b/2027/metadata/'],
  ],
])('discovery of %s under its own place is complete, and leads there', async (generation, routes, base, paths) => {
  const sandbox = await started({ generation, routes, preload: false });
  const urls = await urlsAt(sandbox.url + base);
  expect([urls.dataManagementApi, urls.oauth, urls.openApiMetadata]).toEqual(paths.map((path) => sandbox.url + path));
  expect(Object.values(urls).join(' ')).not.toContain('{');
  const { list } = await send(String(urls.openApiMetadata), {});
  for (const { endpointUri } of list) expect((await send(String(endpointUri), {})).status).toBe(200);
  expect((await send(String(urls.dependencies), {})).status).toBe(200);

  const caller = await callerAs(sandbox, { base });
  const made = await caller.post('students', student('1'));
  expect(made.status).toBe(201);
  const data = String(urls.dataManagementApi).replace(/\/$/, '');
  expect(made.headers.get('location')).toBe(`${data}/ed-fi/students/${made.id}`);
  expect((await send(String(made.headers.get('location')), {})).status).toBe(401);
  const { tenant, instance } = routes;
  const last = { ...(tenant && { tenant: 'b' }), ...(instance && { instance: 'b' }), year: 2027 };
  expect(sandbox.read('ed-fi/students', last)).toHaveLength(1);
  expect(sandbox.read('ed-fi/students')).toEqual([]);
});

test('what is left open in part stays open in part, and another place is nowhere', async () => {
  const { url } = await started({ routes: { tenant: ['a', 'b'], year: [2026, 2027] }, preload: false });
  expect((await urlsAt(`${url}/a`)).dataManagementApi).toBe(`${url}/a/${YEARS}/data/v3/`);
  for (const path of ['/c', '/a/2030', '/a/2026/more', '/data/v3/ed-fi/students', '/a/data/v3/ed-fi/students']) {
    expect((await send(url + path, {})).status, path).toBe(404);
  }
  expect((await send(`${url}/a/2026/data/v3/ed-fi/students`, {})).status).toBe(401);
  expect((await send(`${url}/metadata/`, {})).status).toBe(404);
});

test('a token is good for its tenant alone, in all of its years', async () => {
  const { url, key, secret } = await started({ routes: { tenant: ['a', 'b'], year: [2026, 2027] }, preload: false });
  const authorization = `Bearer ${await tokenFrom(`${url}/a/2026/oauth/token`, key, secret)}`;
  const status = async (place: string): Promise<number> =>
    (await send(`${url}/${place}/data/v3/ed-fi/students`, { headers: { authorization } })).status;
  expect(await status('a/2026')).toBe(200);
  expect(await status('a/2027')).toBe(200);
  expect(await status('b/2026')).toBe(401);
});

test('a key may be for one tenant and some years', async () => {
  const clients = [
    { key: 'all', secret: 's' },
    { key: 'one', secret: 's', tenant: 'b', years: [2027] },
  ];
  const { url } = await started({ routes: { tenant: ['a', 'b'], year: [2026, 2027] }, preload: false, clients });
  const status = async (key: string, place: string): Promise<number> => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: key, client_secret: 's' });
    return (await send(`${url}/${place}/oauth/token`, { method: 'POST', body })).status;
  };
  expect(await status('all', 'a/2026')).toBe(200);
  expect(await status('one', 'b/2027')).toBe(200);
  expect(await status('one', 'b/2026')).toBe(401);
  expect(await status('one', 'a/2027')).toBe(401);
  const authorization = `Bearer ${await tokenFrom(`${url}/b/2027/oauth/token`, 'one', 's')}`;
  const other = await send(`${url}/b/2026/data/v3/ed-fi/students`, { headers: { authorization } });
  expect(other.status).toBe(401);
});

test('a key may be for one instance before there were tenants', async () => {
  const clients = [{ key: 'one', secret: 's', tenant: 'b' }];
  const routes = { instance: ['a', 'b'], year: [2027] };
  const sandbox = await started({ generation: '6.2', routes, clients, preload: false });
  expect((await (await callerAs(sandbox, { base: '/b/2027' })).get('students')).status).toBe(200);
  expect((await (await callerAs(sandbox, { base: '/a/2027' })).get('students')).status).toBe(401);
});

test('5.3 tells the shape of its routes', async () => {
  const mode = async (routes: RouteOptions): Promise<unknown> =>
    (await send((await started({ generation: '5.3', routes, preload: false })).url, {})).json.apiMode;
  expect(await mode({})).toBe('Sandbox');
  expect(await mode({ year: [2027] })).toBe('Year Specific');
  expect(await mode({ instance: ['a'], year: [2027] })).toBe('Instance Year Specific');
});

test('each place keeps its own file', async () => {
  const file = `${folder()}/items.db`;
  const routes = { year: [2026, 2027] };
  const first = await startSandbox({ file, routes, preload: false });
  await (await callerAs(first, { base: '/2027' })).make('students', student('1'));
  await first.close();
  const second = await started({ file, routes, preload: false });
  expect(second.read('ed-fi/students', { year: 2027 })).toHaveLength(1);
  expect(second.read('ed-fi/students', { year: 2026 })).toEqual([]);
});

test.each<[Generation, RouteOptions, RegExp]>([
  ['5.3', { tenant: ['a'] }, /Tenants came with version 7/],
  ['other', { year: [2027] }, /has no routes/],
  ['7.3', { tenant: ['a b'] }, /may be named with/],
  ['7.3', { year: [27] }, /A school year/],
])('%s refuses %j in a sentence', async (generation, routes, sentence) => {
  const thrown = await startSandbox({ generation, routes }).catch((reason: unknown) => reason);
  expect(isFailure(thrown) && thrown.message).toMatch(sentence);
});

test('places that are not there are refused in a sentence', async () => {
  const sandbox = await started({ routes: { year: [2027] }, preload: false });
  expect(() => sandbox.read('ed-fi/students', { year: 2001 })).toThrow(/no such tenant/);
});
