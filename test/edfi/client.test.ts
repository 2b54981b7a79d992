import { afterEach, describe, expect, test } from 'vitest';
import { idOfLocation, problemOf } from '../../core/edfi/answer.ts';
import { clientOf, created, discoveryBody, failureOf, type Handler, json, page, serveApi } from './server.ts';

const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(one: T): T => {
  opened.push(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

const made = async (parts: Parameters<typeof serveApi>[0], options = {}) => {
  const server = keep(await serveApi(parts));
  const one = clientOf(server.url, options);
  keep(one.client);
  return { server, ...one };
};

describe('an answer', () => {
  test('carries id, etag, and the problem by its closed form only', async () => {
    const problem = {
      detail: 'CANARY-7',
      type: 'urn:ed-fi:api:data-conflict:unresolved-reference',
      correlationId: '2f5e1c1a-1111-4222-8333-abcdefabcdef',
      status: 409,
    };
    const { client, server } = await made({
      data: (request, response) => (request.method === 'PUT' ? json(response, 409, problem) : created(response)),
    });
    expect(await client.post('ed-fi/students', '{"a":"ü"}')).toMatchObject({
      status: 201,
      id: '0123456789abcdef',
      etag: '"7"',
      text: '',
      attempts: 1,
    });
    expect(server.seen.at(-1)).toMatchObject({ method: 'POST', path: '/data/v3/ed-fi/students', body: '{"a":"ü"}' });
    expect(server.seen.at(-1)?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer token-1',
    });
    expect(await client.put('ed-fi/students', 'abc', '{}')).toMatchObject({
      status: 409,
      type: 'data-conflict:unresolved-reference',
      correlationId: problem.correlationId,
      text: JSON.stringify(problem),
    });
    expect(server.seen.at(-1)?.path).toBe('/data/v3/ed-fi/students/abc');
    await client.remove('ed-fi/students', 'abc');
    expect(server.seen.at(-1)).toMatchObject({ method: 'DELETE', path: '/data/v3/ed-fi/students/abc', body: '' });
    expect(server.seen.at(-1)?.headers).not.toHaveProperty('content-type');
  });

  test.each([
    ['https://h/api/data/v3/ed-fi/students/0a1b2c3d4e5f60718293a4b5c6d7e8f9', '0a1b2c3d4e5f60718293a4b5c6d7e8f9'],
    ['/data/v3/ed-fi/students/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9', '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'],
    ['/data/v3/ed-fi/students/77/?x=1#y', '77'],
    ['77', undefined],
    ['/', undefined],
    ['/a/b c', undefined],
    [undefined, undefined],
  ])('takes the id out of the Location %s', (location, id) => {
    expect(idOfLocation(location)).toBe(id);
  });

  test('drops a type or correlation id that could hold something else', () => {
    expect(problemOf('{"type":"urn:ed-fi:api:Jane Doe","correlationId":"Jane Doe"}')).toEqual({});
    expect(problemOf('{"type":"https://example/x","correlationId":7}')).toEqual({});
    expect(problemOf('[]')).toEqual({});
    expect(problemOf('{"type":"urn:ed-fi:api:not-found"')).toEqual({});
  });
});

describe('connections', () => {
  const slow: Handler = async (_request, response) => {
    await new Promise((resolve) => setTimeout(resolve, 15));
    created(response);
  };
  const many = (client: ReturnType<typeof clientOf>['client'], count: number) =>
    Promise.all(Array.from({ length: count }, () => client.post('ed-fi/students', '{}')));

  test('are never more than was allowed, and are kept', async () => {
    const { client, server } = await made({ data: slow }, { maxConnections: 6 });
    await many(client, 120);
    expect(server.busiest()).toBe(6);
    // The sign-in and the discovery use the same six.
    expect(server.sockets.most).toBeLessThanOrEqual(6);
  });

  test('can be made fewer and more while it runs', async () => {
    const { client, server } = await made({ data: slow }, { maxConnections: 8 });
    client.setConcurrency(2);
    await many(client, 20);
    expect(server.busiest()).toBe(2);
    const first = many(client, 60);
    client.setConcurrency(5);
    await first;
    expect(server.busiest()).toBe(5);
    client.setConcurrency(1000);
    await many(client, 60);
    expect(server.busiest()).toBe(8);
  });
});

describe('reading', () => {
  const total = 1203;
  const items = Array.from({ length: total }, (_, n) => ({
    id: `id-${n}`,
    codeValue: `C${n}`,
    namespace: 'uri://ed-fi.org/GradeLevelDescriptor',
  }));
  const paged =
    (largest: number, withTotal: boolean): Handler =>
    (request, response) => {
      const query = new URL(request.path, 'http://x').searchParams;
      const offset = Number(query.get('offset'));
      const limit = Math.min(Number(query.get('limit') ?? 25), largest);
      const headers: Record<string, string> =
        withTotal && query.get('totalCount') === 'true' ? { 'total-count': String(total) } : {};
      json(response, 200, items.slice(offset, offset + limit), headers);
    };

  test.each([
    ['pages of 500', 500, false, 3],
    ['pages of 500 and a count', 500, true, 3],
    ['smaller pages and a count', 300, true, 5],
  ])('finds every item with %s', async (_, largest, withTotal, requests) => {
    const { client, server } = await made({ data: paged(largest, withTotal) });
    const values = await client.descriptorValues('ed-fi/gradeLevelDescriptors');
    expect(values).toHaveLength(total);
    expect(values[1202]).toBe('uri://ed-fi.org/GradeLevelDescriptor#C1202');
    const ids: string[] = [];
    for await (const item of client.items('ed-fi/gradeLevelDescriptors')) ids.push(item.id);
    expect(new Set(ids).size).toBe(total);
    expect(server.seen.filter((one) => one.path.startsWith('/data'))).toHaveLength(2 * requests);
  });

  test('gives one page with its count, and one item by its key', async () => {
    const { client, server } = await made({ data: paged(500, true) });
    const one = await client.page('ed-fi/x', { limit: 2, offset: 4, totalCount: true });
    expect(one).toMatchObject({ total, items: [{ id: 'id-4' }, { id: 'id-5', body: { codeValue: 'C5' } }] });
    expect(await client.page('ed-fi/x', { limit: 2, offset: 4 })).not.toHaveProperty('total');
    expect(await client.findByKey('ed-fi/x', { studentUniqueId: 'a&b=c d' })).toMatchObject({ id: 'id-0' });
    const asked = new URL(server.seen.at(-1)?.path ?? '', 'http://x').searchParams;
    expect([...asked]).toEqual([['studentUniqueId', 'a&b=c d']]);
  });

  test('finds nothing where there is nothing', async () => {
    const { client } = await made({
      data: (request, response) => (request.path.includes('gone') ? json(response, 404, {}) : json(response, 200, [])),
    });
    expect(await client.findByKey('ed-fi/x', { a: '1' })).toBeUndefined();
    expect(await client.findByKey('ed-fi/gone', { a: '1' })).toBeUndefined();
    expect(await client.descriptorValues('ed-fi/xDescriptors')).toEqual([]);
  });

  test.each<[string, Handler, string, string]>([
    ['no right', (_q, r) => json(r, 403, { detail: 'CANARY-7' }), 'api-unusable', 'not-authorized'],
    ['no such resource', (_q, r) => json(r, 404, {}), 'api-unusable', 'status'],
    ['an error', (_q, r) => json(r, 500, {}), 'api-unreachable', 'server-error'],
    ['no list', (_q, r) => json(r, 200, { CANARY: 7 }), 'api-unusable', 'not-a-list'],
    ['a list of something else', (_q, r) => json(r, 200, ['CANARY-7']), 'api-unusable', 'not-a-list'],
    ['a portal', (_q, r) => page(r, 200), 'api-unreachable', 'web-page'],
  ])('says what is wrong: %s', async (_, data, code, reason) => {
    const { client } = await made({ data });
    const failure = await failureOf(client.page('ed-fi/schools', { limit: 1, offset: 0 }));
    expect(failure).toMatchObject({ code, details: { reason } });
    expect(failure.message).not.toContain('CANARY');
  });
});

describe('token_info', () => {
  const body = {
    active: true,
    client_id: 'x',
    namespace_prefixes: ['uri://ed-fi.org'],
    education_organizations: [
      {
        education_organization_id: 255901,
        name_of_institution: 'A District',
        type: 'edfi.LocalEducationAgency',
        extra: 1,
      },
    ],
    assigned_profiles: null,
    claim_set: { name: 'SIS Vendor' },
    resources: [{ resource: '/ed-fi/students', operations: ['Create'] }],
  };
  const info: Handler = (request, response) =>
    request.path === '/oauth/token_info' && request.body === 'token=token-1' && request.headers.authorization
      ? json(response, 200, body)
      : json(response, 404, {});

  test('is read with the token in header and body, beside the sign-in or where the list says', async () => {
    const expected = {
      active: true,
      namespacePrefixes: ['uri://ed-fi.org'],
      educationOrganizations: [
        { educationOrganizationId: 255901, nameOfInstitution: 'A District', type: 'edfi.LocalEducationAgency' },
      ],
      assignedProfiles: [],
      claimSet: 'SIS Vendor',
      resources: [{ resource: '/ed-fi/students', operations: ['Create'] }],
    };
    const { client } = await made({ other: info });
    expect(await client.tokenInfo()).toEqual(expected);
    const { client: listed, server } = await made({
      discovery: (base) => ({
        ...discoveryBody(base),
        urls: { ...discoveryBody(base).urls, oauthTokenIntrospection: `${base}/elsewhere` },
      }),
      other: (request, response) => info({ ...request, path: '/oauth/token_info' }, response, undefined as never),
    });
    expect(await listed.tokenInfo()).toEqual(expected);
    expect(server.seen.at(-1)?.path).toBe('/elsewhere');
  });

  test.each<[string, Handler]>([
    ['missing', (_q, r) => json(r, 404, {})],
    ['a web page', (_q, r) => page(r, 200)],
    ['something else', (_q, r) => json(r, 200, { hello: 1 })],
  ])('that is %s is undefined', async (_, other) => {
    const { client } = await made({ other });
    expect(await client.tokenInfo()).toBeUndefined();
  });
});

describe('metadata', () => {
  const resources = { openapi: '3.0.1', paths: { '/ed-fi/students': {} }, components: {} };
  const listOf = (base: string) => [
    { name: 'Descriptors', endpointUri: `${base}/spec/descriptors`, prefix: null },
    { name: 'Resources', endpointUri: `${base}/spec/tpdm`, prefix: 'TPDM' },
    { name: 'RESOURCES', endpointUri: '../spec/resources', prefix: '' },
  ];
  const metadata =
    (parts: Record<string, Handler>): Handler =>
    (request, response, raw) => {
      const base = `http://${String(request.headers.host)}`;
      const part = parts[request.path];
      if (part) return part(request, response, raw);
      if (request.path === '/metadata/') return json(response, 200, listOf(base));
      if (request.path === '/spec/resources') return json(response, 200, resources);
      return json(response, 404, {});
    };

  test('is found by the list, whatever the case of its names', async () => {
    const { client, server } = await made({ other: metadata({}) });
    expect(await client.openApi('resources')).toEqual(resources);
    expect(await client.openApi('descriptors')).toBeUndefined();
    expect(await client.dependencies()).toBeUndefined();
    expect(server.tokens()).toBe(0);
    expect(server.seen.filter((one) => one.path === '/metadata/')).toHaveLength(1);
  });

  test('that wants a sign-in gets it', async () => {
    const { client, server } = await made({
      other: metadata({
        '/spec/resources': (request, response) =>
          request.headers.authorization === 'Bearer token-1' ? json(response, 200, resources) : json(response, 401, {}),
      }),
    });
    expect(await client.openApi('resources')).toEqual(resources);
    expect(server.tokens()).toBe(1);
  });

  test.each<[string, Record<string, Handler>]>([
    ['a page for the list', { '/metadata/': (_q, r) => page(r, 200) }],
    ['no list', { '/metadata/': (_q, r) => json(r, 404, {}) }],
    ['a list of something else', { '/metadata/': (_q, r) => json(r, 200, { a: 1 }) }],
    ['an empty list', { '/metadata/': (_q, r) => json(r, 200, []) }],
    ['a page for the document', { '/spec/resources': (_q, r) => page(r, 200) }],
    ['half a document', { '/spec/resources': (_q, r) => void r.writeHead(200).end('{"paths": {"CANARY-7') }],
    ['another document', { '/spec/resources': (_q, r) => json(r, 200, { CANARY: 7 }) }],
    ['no document', { '/spec/resources': (_q, r) => json(r, 404, {}) }],
  ])('with %s is unusable, in words', async (_, parts) => {
    const { client } = await made({ other: metadata(parts) });
    const failure = await failureOf(client.openApi('resources'));
    expect(failure.code).toBe('specification-unusable');
    expect(failure.message).not.toContain('CANARY');
  });

  test('dependencies are rows, and absent where a page or something else is in their place', async () => {
    const rows = [
      { resource: '/ed-fi/students', order: 3, operations: ['Create'] },
      { resource: '/ed-fi/x', order: 1, more: 1 },
    ];
    const path = '/metadata/data/v3/dependencies';
    const { client } = await made({ other: metadata({ [path]: (_q, r) => json(r, 200, rows) }) });
    expect(await client.dependencies()).toEqual([
      rows[0],
      { resource: '/ed-fi/x', order: 1, operations: ['Create', 'Update'] },
    ]);
    for (const other of [
      (r: Parameters<Handler>[1]) => page(r, 200),
      (r: Parameters<Handler>[1]) => json(r, 200, {}),
    ]) {
      const { client: odd } = await made({ other: metadata({ [path]: (_q, r) => other(r) }) });
      expect(await odd.dependencies()).toBeUndefined();
    }
    const { client: broken } = await made({ other: metadata({ [path]: (_q, r) => json(r, 500, {}) }) });
    expect(await failureOf(broken.dependencies())).toMatchObject({ code: 'api-unreachable' });
  });
});
