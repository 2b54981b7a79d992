/** The loopback host as a browser, and as somebody who is not meant to, meets it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as ask, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoopbackApp, startLoopbackApp } from '../../electron/loopback/app.ts';
import { builtRenderer } from '../../electron/loopback/build.ts';

let folder: string;
let app: LoopbackApp;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'rollbook-loopback-'));
  app = await startLoopbackApp({
    engine: { folder: path.join(folder, 'data'), secrets: 'memory', secret: undefined },
    rendererDist: await builtRenderer(),
    port: 0,
    onQuit: () => undefined,
  });
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}
interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** With any header, Host included: fetch would not let one. */
function send(address: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = ask(address, { method, headers: { connection: 'close', ...headers } }, (reply) => {
      const parts: Buffer[] = [];
      reply.on('data', (part: Buffer) => parts.push(part));
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text: Buffer.concat(parts).toString('utf8') }),
      );
      reply.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('the engine knows that a host which stays runs it: batches and copies begin by themselves', async () => {
  await app.call('connections.list', {});
  const logs = path.join(folder, 'data', 'logs');
  const log = readdirSync(logs).map((name) => readFileSync(path.join(logs, name), 'utf8'));
  expect(log.join('')).toMatch(/"type":"app\.started".*"host":"loopback"/);
});

/** A browser that has opened the link. */
async function session(): Promise<{ readonly base: string; readonly cookie: string }> {
  const { status, headers } = await send(app.link());
  expect(status).toBe(303);
  const cookie = headers['set-cookie']?.[0] ?? '';
  return { base: `${app.origin}${headers.location}`, cookie: cookie.split(';')[0] ?? '' };
}

const json = (cookie: string, more: Readonly<Record<string, string>> = {}) => ({
  cookie,
  origin: app.origin,
  'content-type': 'application/json',
  ...more,
});

test('The link opens one session, once', async () => {
  const link = app.link();
  const first = await send(link);
  expect(first.status).toBe(303);
  const cookie = first.headers['set-cookie']?.[0] ?? '';
  expect(cookie).toMatch(/; HttpOnly/);
  expect(cookie).toMatch(/; SameSite=Strict/);
  // Not to other programs' ports on 127.0.0.1, which share its cookies.
  expect(cookie).toContain(`; Path=${first.headers.location};`);
  expect(first.headers.location).toMatch(/^\/[0-9a-f]{24}\/$/);
  const second = await send(link);
  expect(second.status).toBe(403);
  expect(second.headers['set-cookie']).toBeUndefined();
  expect((await send(`${app.origin}/open?token=`)).status).toBe(403);
});

test('A newer link takes the place of one that was not used', async () => {
  const old = app.link();
  const newer = app.link();
  expect((await send(old)).status).toBe(403);
  expect((await send(newer)).status).toBe(303);
});

test('Without its cookie nothing is served', async () => {
  const { base, cookie } = await session();
  expect((await send(base)).status).toBe(401);
  expect((await send(base, { headers: { cookie: `${cookie}x` } })).status).toBe(401);
  expect((await send(`${base}events`)).status).toBe(401);
  const call = await send(`${base}call/connections.list`, { method: 'POST', headers: json(''), body: '{}' });
  expect(call.status).toBe(401);
  expect((await send(`${app.origin}/`)).status).toBe(404);
  expect((await send(base, { headers: { cookie } })).status).toBe(200);
});

test('Another name for this machine gets nothing (DNS rebinding)', async () => {
  const { base, cookie } = await session();
  for (const host of ['rollbook.example', 'localhost', `localhost:${new URL(base).port}`, '127.0.0.1']) {
    expect({ host, status: (await send(base, { headers: { cookie, host } })).status }).toEqual({ host, status: 403 });
  }
});

test('Another site’s page gets nothing (cross-site requests)', async () => {
  const { base, cookie } = await session();
  const call = `${base}call/connections.list`;
  const status = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await send(call, { method: 'POST', headers, body: '{}' })).status;
  expect(await status(json(cookie))).toBe(200);
  expect(await status(json(cookie, { origin: 'https://elsewhere.example' }))).toBe(403);
  expect(await status(json(cookie, { origin: 'null' }))).toBe(403);
  expect(await status(json(cookie, { 'sec-fetch-site': 'cross-site' }))).toBe(403);
  // Another port of this machine is the same site, but not the same origin.
  expect(await status(json(cookie, { 'sec-fetch-site': 'same-site' }))).toBe(403);
  const { origin: _, ...without } = json(cookie);
  expect(await status(without)).toBe(403);
  // What a form can send is no command.
  expect(await status(json(cookie, { 'content-type': 'text/plain' }))).toBe(415);
  expect((await send(base, { headers: { cookie, origin: 'https://elsewhere.example' } })).status).toBe(403);
});

test('Every answer carries the policy and is kept by nobody', async () => {
  const { base, cookie } = await session();
  const replies = [
    await send(base, { headers: { cookie } }),
    await send(`${base}nothing`, { headers: { cookie } }),
    await send(base),
    await send(base, { headers: { host: 'elsewhere.example' } }),
    await send(`${base}call/connections.list`, { method: 'POST', headers: json(cookie), body: '{}' }),
  ];
  for (const { headers } of replies) {
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers['content-security-policy']).not.toMatch(/unsafe|data:|blob:|\*/);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
    });
  }
});

test('A path leads to nothing but the built renderer', async () => {
  const { base, cookie } = await session();
  for (const name of ['../package.json', '..%2f..%2fpackage.json', '%2e%2e/package.json', 'assets/', 'constructor']) {
    const { status, text } = await send(`${base}${name}`, { headers: { cookie } });
    expect({ name, status }).toEqual({ name, status: 404 });
    expect(text).not.toContain('dependencies');
  }
  expect((await send(base, { method: 'DELETE', headers: json(cookie) })).status).toBe(405);
});

test('A command is answered by the contract, and an error is a code and a sentence', async () => {
  const { base, cookie } = await session();
  const call = async (command: string, body: string): Promise<unknown> =>
    JSON.parse((await send(`${base}call/${command}`, { method: 'POST', headers: json(cookie), body })).text);
  expect(await call('connections.list', '{}')).toEqual({ ok: [] });
  expect(await call('host.state', '{}')).toMatchObject({ ok: { host: 'loopback', engine: { state: 'running' } } });
  const refused = { error: { code: 'usage', sentence: expect.stringMatching(/\.$/), details: {} } };
  for (const [command, body] of [
    ['no.such', '{}'],
    ['constructor', '{}'],
    ['connections.show', '{}'],
    ['connections.show', '{"name":42}'],
    ['connections.show', '[]'],
    ['connections.show', '{'],
    ['dialogs.chooseFolder', '{"purpose":"source"}'],
    ['links.open', '{"url":"https://elsewhere.example/"}'],
    ['files.reveal', '{"path":"/no/such/file"}'],
  ] as const) {
    expect({ command, answer: await call(command, body) }).toEqual({ command, answer: refused });
  }
  expect(await call('connections.show', '{"name":"north"}')).toMatchObject({ error: { code: 'connection-unknown' } });
});

test('What is too large is refused before it is read', async () => {
  const { base, cookie } = await session();
  const body = `"${'x'.repeat(5 * 1024 * 1024)}"`;
  const { status, text } = await send(`${base}call/connections.list`, {
    method: 'POST',
    headers: json(cookie, { 'content-length': String(Buffer.byteLength(body)) }),
    body,
  });
  expect(status).toBe(413);
  expect(JSON.parse(text)).toMatchObject({ error: { code: 'usage' } });
});

test('A folder is listed by names, without what is hidden', async () => {
  const { base, cookie } = await session();
  const list = async (input: unknown): Promise<unknown> =>
    JSON.parse(
      (
        await send(`${base}call/loopback.folder`, {
          method: 'POST',
          headers: json(cookie),
          body: JSON.stringify(input),
        })
      ).text,
    );
  const data = path.join(folder, 'data');
  expect(await list({ path: folder, endings: [] })).toEqual({
    ok: {
      path: folder,
      parent: path.dirname(folder),
      folders: [{ name: 'data', path: data }],
      files: [],
      isCut: false,
    },
  });
  expect(await list({ path: data, endings: ['.db'] })).toMatchObject({ ok: { files: [{ name: 'ledger.db' }] } });
  expect(await list({ path: path.join(folder, 'none'), endings: [] })).toMatchObject({ error: { code: 'usage' } });
  expect(await list({ path: null, endings: ['../x'] })).toMatchObject({ error: { code: 'usage' } });
});

test('Events come as they happen, and a theme that was chosen is told', async () => {
  const { base, cookie } = await session();
  const got = new Promise<string>((resolve, reject) => {
    const stream = ask(`${base}events`, { headers: { cookie } }, (reply) => {
      expect(reply.headers['content-type']).toMatch(/^text\/event-stream/);
      reply.on('data', (part: Buffer) => {
        const text = part.toString('utf8');
        if (!text.includes('"theme":"dark"')) return;
        resolve(text);
        stream.destroy();
      });
    });
    stream.on('error', reject);
    stream.end();
  });
  const chosen = await send(`${base}call/host.setTheme`, {
    method: 'POST',
    headers: json(cookie),
    body: '{"theme":"dark"}',
  });
  expect(JSON.parse(chosen.text)).toMatchObject({ ok: { theme: 'dark' } });
  expect(JSON.parse((await got).replace(/^data: /, ''))).toMatchObject({
    type: 'host-state',
    state: { theme: 'dark' },
  });
});
