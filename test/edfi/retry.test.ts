import { afterEach, describe, expect, test } from 'vitest';
import { retryAfterMs } from '../../core/edfi/retry.ts';
import { clientOf, created, failureOf, type Handler, json, page, serveApi } from './server.ts';

const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(one: T): T => {
  opened.push(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** Answers the data calls one after the other with `script`, then with 201. */
const scripted = async (script: readonly Handler[], options = {}) => {
  const left = [...script];
  const server = keep(
    await serveApi({
      data: (request, response, raw) => (left.shift() ?? ((_request, last) => created(last)))(request, response, raw),
    }),
  );
  const made = clientOf(server.url, options);
  keep(made.client);
  return { server, ...made };
};

const status =
  (code: number, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    json(response, code, {}, headers);
const hangUp: Handler = (_request, _response, raw) => void raw.socket.destroy();
const halfAnswer: Handler = (_request, response) => {
  response.writeHead(201, { 'content-length': '1000', location: '/data/v3/ed-fi/students/1' });
  response.write('{"half":');
  setTimeout(() => response.destroy(), 20);
};

describe('what is tried again', () => {
  test.each([408, 429, 500, 502, 503, 504])('%i, with growing waits', async (code) => {
    const { client, waits, events } = await scripted([status(code), status(code), status(code)]);
    expect(await client.post('ed-fi/students', '{}')).toMatchObject({ status: 201, attempts: 4 });
    expect(waits).toEqual([250, 500, 1000]);
    expect(client.requests).toMatchObject({ POST: 4, retries: 3 });
    expect(
      events.filter((event) => event.kind === 'retry').map((event) => event.kind === 'retry' && event.attempt),
    ).toEqual([1, 2, 3]);
  });

  test.each([
    ['a socket that is closed before the answer', hangUp],
    ['half an answer', halfAnswer],
    [
      'bytes that are no HTTP',
      ((_q, _r, raw) => void raw.socket.end('CANARY-7 this is no HTTP\r\n\r\n')) satisfies Handler,
    ],
    ['a page with a status of success', ((_q, r) => page(r, 200)) satisfies Handler],
    [
      'a redirect to a portal',
      ((_q, r) => void r.writeHead(302, { location: 'https://sso.example/' }).end()) satisfies Handler,
    ],
  ])('%s', async (_, trouble) => {
    const { client, events } = await scripted([trouble]);
    expect(await client.post('ed-fi/students', '{"a":1}')).toMatchObject({ status: 201, attempts: 2, repeated: true });
    expect(events.at(-1)).toMatchObject({ kind: 'retry', reason: 'connection', status: 0 });
  });

  test.each([400, 403, 404, 405, 409, 410, 412, 415, 422])('%i is not', async (code) => {
    const { client } = await scripted([status(code)]);
    expect(await client.put('ed-fi/students', '1', '{}')).toMatchObject({ status: code, attempts: 1 });
    expect(client.requests).toMatchObject({ PUT: 1, retries: 0 });
  });

  test('attempts are bounded, and the last answer stands', async () => {
    const { client } = await scripted(
      Array.from({ length: 20 }, () => status(500)),
      { retry: { attempts: 4 } },
    );
    expect(await client.post('ed-fi/students', '{}')).toMatchObject({ status: 500, attempts: 4 });
    expect(client.requests).toMatchObject({ POST: 4, retries: 3 });
  });

  test('time is bounded too', async () => {
    const { client, waits } = await scripted(
      Array.from({ length: 50 }, () => status(500)),
      {
        retry: { attempts: 50, baseMs: 2000, capMs: 2000, totalMs: 7900 },
      },
    );
    const answer = await client.post('ed-fi/students', '{}');
    expect(answer.status).toBe(500);
    // Waits of one second each: eight of them would not fit.
    expect(waits).toHaveLength(7);
  });

  test('with no answer at all it ends in a Failure without the server’s words', async () => {
    const { client } = await scripted(Array.from({ length: 20 }, () => hangUp));
    const failure = await failureOf(client.post('ed-fi/students', '{"lastSurname":"CANARY-7"}'));
    expect(failure).toMatchObject({ code: 'api-unreachable', details: { reason: 'connection-lost' } });
    expect(JSON.stringify([failure, failure.message, failure.stack, failure.cause])).not.toMatch(/CANARY|token-1/);
    expect(client.requests).toMatchObject({ POST: 6, retries: 5 });
  });

  test('a lost answer after one with a status leaves that answer', async () => {
    const { client } = await scripted([status(503), hangUp, hangUp], { retry: { attempts: 3 } });
    expect(await client.post('ed-fi/students', '{}')).toMatchObject({ status: 503, attempts: 3 });
  });
});

describe('a delete', () => {
  test('that finds nothing after its first answer was lost is done', async () => {
    const { client } = await scripted([hangUp, status(404)]);
    expect(await client.remove('ed-fi/students', '1')).toMatchObject({ status: 404, repeated: true });
  });

  test('that finds nothing at once is not', async () => {
    const { client } = await scripted([status(404)]);
    expect(await client.remove('ed-fi/students', '1')).not.toHaveProperty('repeated');
  });

  test('that was only throttled before has not happened', async () => {
    const { client } = await scripted([status(429), status(404)]);
    expect(await client.remove('ed-fi/students', '1')).not.toHaveProperty('repeated');
  });
});

describe('Retry-After', () => {
  test('is read in both forms, dates by the clock of the server', () => {
    const now = Date.parse('2026-08-01T08:00:00Z');
    expect(retryAfterMs('7', undefined, now)).toBe(7000);
    expect(retryAfterMs(' 0 ', undefined, now)).toBe(0);
    expect(retryAfterMs('Sat, 01 Aug 2026 08:00:30 GMT', undefined, now)).toBe(30_000);
    expect(retryAfterMs('Sat, 01 Aug 2026 09:00:30 GMT', 'Sat, 01 Aug 2026 09:00:00 GMT', now)).toBe(30_000);
    expect(retryAfterMs('Sat, 01 Aug 2026 07:00:00 GMT', undefined, now)).toBe(0);
    for (const odd of [undefined, '', 'soon', '-5', '1e9']) expect(retryAfterMs(odd, undefined, now)).toBeUndefined();
  });

  test.each([
    [429, '9', 9000],
    [503, '4', 4000],
    [503, 'date', 20_000],
  ])('with %i (%s) is waited for exactly', async (code, header, wait) => {
    const date = new Date(Date.now() + 3_600_000);
    const headers: Record<string, string> =
      header === 'date'
        ? { date: date.toUTCString(), 'retry-after': new Date(date.getTime() + 20_000).toUTCString() }
        : { 'retry-after': header };
    const { client, waits, events } = await scripted([status(code, headers)]);
    const answer = await client.post('ed-fi/students', '{}');
    expect(answer).toMatchObject({ status: 201, attempts: 2 });
    expect(answer).not.toHaveProperty('retryAfterMs');
    expect(waits).toEqual([wait]);
    expect(events).toContainEqual({ kind: 'wait', status: code, waitMs: wait });
  });

  test('a throttling API does not use up the attempts of a record', async () => {
    const { client } = await scripted(Array.from({ length: 12 }, () => status(429, { 'retry-after': '2' })));
    expect(await client.post('ed-fi/students', '{}')).toMatchObject({ status: 201, attempts: 13 });
  });

  test('longer than the time there is comes back with the answer, and others do not send', async () => {
    const { client } = await scripted([status(429, { 'retry-after': '3600' })], {
      sleep: () => new Promise<void>(() => {}),
    });
    expect(await client.post('ed-fi/students', '{}')).toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
    const failure = await failureOf(client.post('ed-fi/students', '{}'));
    expect(failure).toMatchObject({ code: 'api-unreachable', details: { reason: 'rate-limited' } });
    expect(client.requests.POST).toBe(1);
  });

  test('holds all calls of the client, not only the one that was told', async () => {
    let closed = false;
    let early = 0;
    let told = false;
    let open: (() => void) | undefined;
    const server = keep(
      await serveApi({
        data: (_request, response) => {
          if (closed) early += 1;
          if (told) return created(response);
          told = true;
          closed = true;
          json(response, 429, {}, { 'retry-after': '30' });
        },
      }),
    );
    const { client } = clientOf(server.url, {
      sleep: () =>
        new Promise((resolve) => {
          open = () => {
            closed = false;
            resolve();
          };
        }),
    });
    keep(client);
    const first = client.post('ed-fi/students', '{}');
    while (open === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    const others = Array.from({ length: 20 }, () => client.post('ed-fi/students', '{}'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.requests.POST).toBe(1);
    open();
    const answers = await Promise.all([first, ...others]);
    expect(answers.every((answer) => answer.status === 201)).toBe(true);
    expect(early).toBe(0);
    expect(client.requests.POST).toBe(22);
  });
});

describe('time-outs', () => {
  const LONG = { headersMs: 60_000, bodyMs: 60_000, totalMs: 60_000 };
  const twice = (timeouts: Partial<typeof LONG>) => ({ timeouts: { ...LONG, ...timeouts }, retry: { attempts: 2 } });

  test('slow headers', async () => {
    const { client } = await scripted([() => {}, () => {}], twice({ headersMs: 150 }));
    expect(await failureOf(client.post('ed-fi/students', '{}'))).toMatchObject({
      details: { reason: 'headers-timeout' },
    });
  });

  test('a body that stops', async () => {
    const stops: Handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('[');
    };
    const { client } = await scripted([stops, stops], twice({ bodyMs: 150 }));
    expect(await failureOf(client.page('ed-fi/students', { limit: 1, offset: 0 }))).toMatchObject({
      details: { reason: 'body-timeout' },
    });
  });

  test('a body that drips for ever', async () => {
    const drips: Handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    const { client } = await scripted([drips, drips], twice({ totalMs: 300 }));
    expect(await failureOf(client.page('ed-fi/students', { limit: 1, offset: 0 }))).toMatchObject({
      details: { reason: 'total-timeout' },
    });
  });
});

describe('stopping', () => {
  test('lets writes in flight finish and starts nothing new', async () => {
    const stop = new AbortController();
    let release: (() => void) | undefined;
    const server = keep(
      await serveApi({
        data: async (_request, response) => {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
          created(response);
        },
      }),
    );
    const { client } = clientOf(server.url, { signal: stop.signal, maxConnections: 1 });
    keep(client);
    const inFlight = client.post('ed-fi/students', '{}');
    const waiting = failureOf(client.post('ed-fi/students', '{}'));
    while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    expect(await waiting).toMatchObject({ code: 'cancelled' });
    release();
    expect(await inFlight).toMatchObject({ status: 201 });
    expect(await failureOf(client.post('ed-fi/students', '{}'))).toMatchObject({ code: 'cancelled' });
    expect(client.requests.POST).toBe(1);
  });

  test('does not repeat a write that failed in the meantime, and stops a read at once', async () => {
    const stop = new AbortController();
    const { client } = await scripted(
      [
        (_request, response) => {
          stop.abort();
          json(response, 503, {});
        },
      ],
      { signal: stop.signal },
    );
    expect(await client.post('ed-fi/students', '{}')).toMatchObject({ status: 503, attempts: 1 });
    const second = new AbortController();
    const { client: reader } = await scripted([() => second.abort()], { signal: second.signal });
    expect(await failureOf(reader.page('ed-fi/students', { limit: 1, offset: 0 }))).toMatchObject({
      code: 'cancelled',
    });
  });

  test('a closed client sends nothing', async () => {
    const { client, server } = await scripted([]);
    await client.post('ed-fi/students', '{}');
    await client.close();
    const before = server.seen.length;
    expect(await failureOf(client.post('ed-fi/students', '{}'))).toMatchObject({ code: 'cancelled' });
    expect(server.seen).toHaveLength(before);
  });
});
