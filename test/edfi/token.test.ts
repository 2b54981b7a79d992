import { afterEach, describe, expect, test } from 'vitest';
import { lifetimeMs } from '../../core/edfi/token.ts';
import { clientOf, created, failureOf, type Handler, json, page, serveApi } from './server.ts';

const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(one: T): T => {
  opened.push(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

const bearer = (headers: Readonly<Record<string, string | string[] | undefined>>): string =>
  String(headers.authorization).replace('Bearer ', '');

const times = async (count: number, width: number, call: () => Promise<unknown>): Promise<void> => {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: width }, worker));
};

describe('the token', () => {
  test('is asked for once, by Basic header and form body, when the first call needs it', async () => {
    const server = keep(await serveApi());
    const { client, events } = clientOf(server.url);
    keep(client);
    await client.discovery();
    expect(server.tokens()).toBe(0);
    await Promise.all(Array.from({ length: 40 }, () => client.post('ed-fi/students', '{}')));
    expect(server.tokens()).toBe(1);
    const asked = server.seen.find((one) => one.path === '/oauth/token');
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('the-key:the-secret').toString('base64')}`);
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(asked?.body).toBe('grant_type=client_credentials');
    expect(events).toEqual([{ kind: 'token', reason: 'first', lifetimeMs: 1_800_000 }]);
    expect(client.requests).toEqual({ POST: 40, PUT: 0, DELETE: 0, GET: 1, token: 1, retries: 0 });
  });

  test('is renewed before it ends: 5,000 calls over three expiries, no 401, one request each', async () => {
    // One clock for both sides, which every data call moves on by a second: tokens of 1,500 s end three times.
    let clock = Date.parse('2026-08-01T08:00:00Z');
    let refused = 0;
    const until = new Map<string, number>();
    const server = keep(
      await serveApi({
        token: (_request, response) => {
          const token = `t${until.size + 1}`;
          until.set(token, clock + 1_500_000);
          json(response, 200, { access_token: token, expires_in: 1500 });
        },
        data: (request, response) => {
          clock += 1000;
          if ((until.get(bearer(request.headers)) ?? 0) > clock) return created(response);
          refused += 1;
          json(response, 401, {});
        },
      }),
    );
    const { client, events } = clientOf(server.url, { now: () => clock, maxConnections: 16 });
    keep(client);
    await times(5000, 16, () => client.post('ed-fi/students', '{}'));
    expect(refused).toBe(0);
    expect(until.size).toBe(4);
    expect(events.map((event) => event.kind === 'token' && event.reason)).toEqual([
      'first',
      'expiring',
      'expiring',
      'expiring',
    ]);
  });

  test('is renewed once for 50 calls that it was refused to', async () => {
    let revoked = false;
    const waiting: (() => void)[] = [];
    const server = keep(
      await serveApi({
        data: async (request, response) => {
          const token = bearer(request.headers);
          if (token !== 'token-1' || !revoked) return created(response);
          // All 50 are refused at the same time, so that all 50 would ask for a token.
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            if (waiting.length === 50) for (const go of waiting) go();
          });
          json(response, 401, {});
        },
      }),
    );
    const { client, events } = clientOf(server.url, { maxConnections: 50 });
    keep(client);
    await client.post('ed-fi/students', '{}');
    revoked = true;
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.post('ed-fi/students', '{}')));
    expect(answers.every((answer) => answer.status === 201 && answer.attempts === 2)).toBe(true);
    expect(server.tokens()).toBe(2);
    expect(events.at(-1)).toMatchObject({ kind: 'token', reason: 'refused' });
    expect(client.requests).toMatchObject({ POST: 101, token: 2, retries: 50 });
  });

  test('refused twice is a Failure, and nothing more is sent', async () => {
    const server = keep(await serveApi({ data: (_request, response) => json(response, 401, { error: 'CANARY-7' }) }));
    const { client } = clientOf(server.url);
    keep(client);
    const failure = await failureOf(client.post('ed-fi/students', '{}'));
    expect(failure).toMatchObject({ code: 'credentials-refused', details: { reason: 'token-refused' } });
    expect(client.requests).toMatchObject({ POST: 2, token: 2 });
  });

  test.each([
    ['works: nothing is lost', 3, { status: 201, attempts: 3 }],
    ['does not either: a Failure', 4, { code: 'credentials-refused', details: { reason: 'token-refused' } }],
  ])('one new token that nobody can use, after good ones, is waited out; the next one %s', async (_, good, end) => {
    let revoked = false;
    const server = keep(
      await serveApi({
        data: (request, response) => {
          const token = bearer(request.headers);
          if (token === `token-${good}` || (token === 'token-1' && !revoked)) created(response);
          else json(response, 401, {});
        },
      }),
    );
    const { client, waits } = clientOf(server.url);
    keep(client);
    await client.post('ed-fi/students', '{}');
    revoked = true;
    expect(await client.post('ed-fi/students', '{}').catch((thrown: unknown) => thrown)).toMatchObject(end);
    expect(server.tokens()).toBe(3);
    expect(waits).toHaveLength(1);
  });

  test('a new token that nobody can use is followed by one more, for however many calls met it', async () => {
    let revoked = false;
    const server = keep(
      await serveApi({
        data: (request, response) => {
          const token = bearer(request.headers);
          if (token === 'token-3' || (token === 'token-1' && !revoked)) created(response);
          else json(response, 401, {});
        },
      }),
    );
    const { client } = clientOf(server.url, { maxConnections: 20 });
    keep(client);
    await client.post('ed-fi/students', '{}');
    revoked = true;
    await times(200, 20, () => client.post('ed-fi/students', '{}'));
    expect(server.tokens()).toBe(3);
  });

  test('a 401 long after a renewal is not the second one', async () => {
    const script = [401, 503, 401, 201];
    const server = keep(
      await serveApi({
        data: (_request, response) => {
          const status = script.shift() ?? 500;
          if (status === 201) created(response);
          else json(response, status, {});
        },
      }),
    );
    const { client } = clientOf(server.url);
    keep(client);
    expect(await client.post('ed-fi/students', '{}')).toMatchObject({ status: 201, attempts: 4 });
    expect(server.tokens()).toBe(3);
  });

  test.each([
    ['invalid-client', 401, { error: 'invalid_client', error_description: 'CANARY-7' }],
    ['invalid-client', 400, { error: 'invalid_client' }],
    ['invalid-request', 401, { error: 'invalid_request' }],
    ['grant-refused', 400, { error: 'unsupported_grant_type' }],
    ['scope-refused', 400, { error: 'invalid_scope', error_description: 'CANARY-7' }],
    ['refused', 403, { message: 'CANARY-7' }],
    ['refused', 400, ['CANARY-7']],
  ])('%s (%i) becomes a sentence with its fix', async (reason, status, body) => {
    const server = keep(await serveApi({ token: (_request, response) => json(response, status, body) }));
    const { client } = clientOf(server.url);
    keep(client);
    const failure = await failureOf(client.post('ed-fi/students', '{}'));
    expect(failure).toMatchObject({ code: 'credentials-refused', details: { reason, status } });
    expect(failure.message).not.toMatch(/CANARY|the-secret|the-key/);
    expect(server.tokens()).toBe(1);
    // The same secret is not tried a second time, lest the key be locked.
    expect(await failureOf(client.signIn())).toBe(failure);
    expect(server.tokens()).toBe(1);
    expect(client.requests.POST).toBe(0);
  });

  test('a secret that was put right is tried', async () => {
    const server = keep(
      await serveApi({
        token: (request, response) => {
          const right = request.headers.authorization === `Basic ${Buffer.from('the-key:right').toString('base64')}`;
          if (right) json(response, 200, { access_token: 't', expires_in: 60 });
          else json(response, 401, { error: 'invalid_client' });
        },
      }),
    );
    let secret = 'wrong';
    const { client } = clientOf(server.url, { secret: async () => secret });
    keep(client);
    await failureOf(client.signIn());
    secret = 'right';
    await client.signIn();
    expect(server.tokens()).toBe(2);
  });

  test('too many live tokens is tried again later, then said', async () => {
    let left = 2;
    const tooMany: Handler = (_request, response) =>
      left-- > 0
        ? json(response, 429, { type: 'urn:ed-fi:api:security:authentication:too-many-tokens' })
        : json(response, 200, { access_token: 't', expires_in: 1800 });
    const server = keep(await serveApi({ token: tooMany }));
    const { client, waits } = clientOf(server.url);
    keep(client);
    expect(await client.post('ed-fi/students', '{}')).toMatchObject({ status: 201 });
    expect(server.tokens()).toBe(3);
    expect(waits).toHaveLength(2);
    left = 1000;
    const { client: other } = clientOf(server.url);
    keep(other);
    expect(await failureOf(other.signIn())).toMatchObject({ details: { reason: 'too-many-tokens' } });
  });

  test.each<[string, Handler, string, string]>([
    ['a web page', (_q, r) => page(r, 200), 'api-unreachable', 'web-page'],
    ['no token', (_q, r) => json(r, 200, { expires_in: 1800 }), 'api-unusable', 'token-missing'],
    ['an unsendable token', (_q, r) => json(r, 200, { access_token: 'a\nb' }), 'api-unusable', 'token-missing'],
    ['nothing there', (_q, r) => json(r, 404, {}), 'api-unusable', 'sign-in-missing'],
    ['an error', (_q, r) => json(r, 500, {}), 'api-unreachable', 'server-error'],
    ['a hang-up', (_q, _r, raw) => void raw.socket.destroy(), 'api-unreachable', 'connection-lost'],
  ])('a sign-in that answers with %s is told apart from a wrong key', async (_, token, code, reason) => {
    const server = keep(await serveApi({ token }));
    const { client } = clientOf(server.url);
    keep(client);
    expect(await failureOf(client.signIn())).toMatchObject({ code, details: { reason } });
  });

  test('an empty secret is not sent', async () => {
    const server = keep(await serveApi());
    const { client } = clientOf(server.url, { secret: () => '' });
    keep(client);
    expect(await failureOf(client.signIn())).toMatchObject({ code: 'secret-missing' });
    expect(server.tokens()).toBe(0);
  });

  test('its lifetime is read as seconds, or as a point in time by the clock of the server', () => {
    const now = Date.parse('2026-08-01T08:00:00Z');
    expect(lifetimeMs(1800, undefined, now)).toBe(1_800_000);
    expect(lifetimeMs(now / 1000 + 900, undefined, now)).toBe(900_000);
    // This computer's clock is an hour behind the server's.
    expect(lifetimeMs(now / 1000 + 3600 + 900, 'Sat, 01 Aug 2026 09:00:00 GMT', now)).toBe(900_000);
    for (const odd of [undefined, 0, -5, Number.NaN, now / 1000 - 10])
      expect(lifetimeMs(odd, undefined, now)).toBe(600_000);
  });

  test('with an epoch time for expires_in, it is used until then', async () => {
    const server = keep(
      await serveApi({
        token: (_request, response) =>
          json(response, 200, { access_token: 't', expires_in: Math.floor(Date.now() / 1000) + 1800 }),
      }),
    );
    const { client, events } = clientOf(server.url);
    keep(client);
    for (let n = 0; n < 5; n += 1) await client.post('ed-fi/students', '{}');
    expect(server.tokens()).toBe(1);
    const told = events[0];
    expect(told?.kind === 'token' && told.lifetimeMs > 1_700_000 && told.lifetimeMs <= 1_802_000).toBe(true);
  });
});
