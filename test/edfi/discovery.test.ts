import { afterEach, describe, expect, test } from 'vitest';
import { createClient } from '../../core/edfi/client.ts';
import { fillPlaceholders } from '../../core/edfi/discovery.ts';
import { clientOf, discoveryBody, failureOf, json, page, serve, serveApi, type TestServer } from './server.ts';

const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(one: T): T => {
  opened.push(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

const discover = (server: TestServer, options = {}) => keep(clientOf(server.url, options).client).discovery();

describe('discovery', () => {
  test('is asked once and read with unknown and missing members', async () => {
    const server = keep(await serveApi());
    const { client } = clientOf(server.url);
    keep(client);
    const [one, two] = await Promise.all([client.discovery(), client.discovery()]);
    expect(one).toBe(two);
    expect(server.seen).toHaveLength(1);
    expect(one).toMatchObject({ version: '7.3', dataStandard: '5.2.0', placeholders: [], encrypted: false });
    expect(one.dataModels.map((model) => model.name)).toEqual(['Ed-Fi', 'TPDM']);
    expect(one.urls.dataManagementApi).toBe(`${server.url}/data/v3/`);
    expect(one.urls.changeQueries).toBeUndefined();
    expect(one).not.toHaveProperty('apiMode');
  });

  test('gives only what is there where an API says little', async () => {
    const server = keep(
      await serveApi({ discovery: (base) => ({ urls: { oauth: `${base}/t`, dataManagementApi: `${base}/d` } }) }),
    );
    expect(await discover(server)).toEqual({
      dataModels: [],
      urls: { oauth: `${server.url}/t`, dataManagementApi: `${server.url}/d` },
      placeholders: [],
      encrypted: false,
    });
  });

  const withPlaceholders = (base: string) => ({
    ...discoveryBody(base),
    urls: {
      ...discoveryBody(base).urls,
      oauth: `${base}/{instance}/oauth/token`,
      dataManagementApi: `${base}/data/v3/{instance}/{schoolYearFromRoute:range(2020,2030)}`,
    },
  });

  test('lists the placeholders that have no value, and does not use their addresses', async () => {
    const server = keep(await serveApi({ discovery: withPlaceholders }));
    const { client } = clientOf(server.url);
    keep(client);
    expect((await client.discovery()).placeholders.toSorted()).toEqual(['instance', 'schoolYearFromRoute']);
    const failure = await failureOf(client.post('ed-fi/students', '{}'));
    expect(failure.code).toBe('api-unusable');
    expect(failure.message).toContain('instance, schoolYearFromRoute');
    expect(server.seen).toHaveLength(1);
  });

  test('fills placeholders with route values', async () => {
    const server = keep(await serveApi({ discovery: withPlaceholders }));
    const found = await discover(server, { routeValues: { instance: 'a b', schoolYearFromRoute: '2026' } });
    expect(found.placeholders).toEqual([]);
    expect(found.urls.dataManagementApi).toBe(`${server.url}/data/v3/a%20b/2026`);
    expect(fillPlaceholders('https://x/%7Binstance%7D/', { instance: '7' })).toEqual({ url: 'https://x/7/', open: [] });
    expect(fillPlaceholders('https://x/{toString}/', {}).open).toEqual(['toString']);
  });

  test.each([
    ['a web page', 'web-page', (r: Parameters<typeof page>[0]) => page(r, 200)],
    [
      'JSON of something else',
      'members-missing',
      (r: Parameters<typeof page>[0]) => json(r, 200, { hello: 'CANARY-7' }),
    ],
    ['a JSON list', 'members-missing', (r: Parameters<typeof page>[0]) => json(r, 200, [])],
    ['JSON cut off', 'not-json', (r: Parameters<typeof page>[0]) => r.writeHead(200, {}).end('{"version": "CANARY-7')],
    ['nothing there', 'not-found', (r: Parameters<typeof page>[0]) => page(r, 404)],
    ['a sign-in', 'closed', (r: Parameters<typeof page>[0]) => json(r, 401, {})],
    ['another refusal', 'status', (r: Parameters<typeof page>[0]) => json(r, 406, {})],
  ])('says so when the address answers with %s', async (_, reason, answer) => {
    const server = keep(await serve((_request, response) => void answer(response)));
    const failure = await failureOf(discover(server));
    expect(failure.code).toBe('api-not-edfi');
    expect(failure.details.reason).toBe(reason);
    expect(failure.message).not.toContain('CANARY');
    expect(server.seen).toHaveLength(1);
  });

  test('takes a server in trouble for unreachable, after trying again', async () => {
    const server = keep(await serve((_request, response) => json(response, 503, {})));
    expect(await failureOf(discover(server))).toMatchObject({ code: 'api-unreachable' });
    expect(server.seen.length).toBeGreaterThan(1);
  });

  test('follows a redirect on the same host, and refuses one that leads away', async () => {
    const server = keep(
      await serve((request, response) => {
        if (request.path === '/') response.writeHead(301, { location: '/api/' }).end();
        else json(response, 200, discoveryBody('http://127.0.0.1'));
      }),
    );
    expect(await discover(server)).toMatchObject({ version: '7.3' });
    const away = keep(
      await serve(
        (_request, response) => response.writeHead(302, { location: 'https://sso.example/CANARY-7' }).end() as never,
      ),
    );
    const failure = await failureOf(discover(away));
    expect(failure).toMatchObject({ code: 'api-unreachable', details: { reason: 'redirected' } });
    expect(failure.message).not.toContain('CANARY');
  });

  test('a circle of redirects ends', async () => {
    const server = keep(await serve((_request, response) => response.writeHead(302, { location: '/' }).end() as never));
    expect(await failureOf(discover(server))).toMatchObject({ details: { reason: 'redirected' } });
  });

  test('a host that is not there is named, by reason', async () => {
    const server = await serve(() => {});
    await server.close();
    expect(await failureOf(discover(server))).toMatchObject({
      code: 'api-unreachable',
      details: { reason: 'refused' },
    });
    const nowhere = clientOf('http://no-such-host.invalid/').client;
    keep(nowhere);
    const failure = await failureOf(nowhere.discovery());
    expect(failure.details.reason).toBe('name-unresolved');
    expect(failure.message).toContain('no-such-host.invalid');
  });

  test.each([
    ['no address', 'not an address'],
    ['another scheme', 'ftp://api.example.org/'],
    ['a file', 'file:///etc/passwd'],
    ['a key inside', 'https://key:CANARY-7@api.example.org/'],
  ])('refuses a URL that is %s before anything is sent', (_, url) => {
    const make = () => createClient({ url, key: 'k', secret: () => 's' });
    expect(make).toThrowError(expect.objectContaining({ code: 'usage' }));
    expect(make).not.toThrowError(/CANARY/);
  });
});
