import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createDispatcher } from '../../core/edfi/transport.ts';
import { clientOf, failureOf, serve, serveApi } from './server.ts';

const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(one: T): T => {
  opened.push(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** A certificate of its own authority, for `names`; undefined where openssl is absent. */
const certificate = (names: string): { key: string; cert: string } | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'rollbook-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=practice', '-addext', `subjectAltName=${names}`];
  const files = ['-keyout', key, '-out', cert, '-days', '2'];
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject], {
      stdio: 'ignore',
    });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const tls = certificate('DNS:localhost,IP:127.0.0.1');
const otherName = certificate('DNS:elsewhere.example');

describe.skipIf(tls === undefined)('TLS (skipped where openssl is absent)', () => {
  test('a certificate of an unknown authority is refused, with its sentence, and nothing is sent', async () => {
    const server = keep(await serveApi({}, tls));
    const { client } = clientOf(server.url);
    keep(client);
    const failure = await failureOf(client.discovery());
    expect(failure).toMatchObject({ code: 'api-unreachable', details: { reason: 'tls-untrusted' } });
    expect(failure.message).toContain('authority');
    expect(server.seen).toHaveLength(0);
    expect(client.requests.GET).toBe(0);
  });

  test('it is accepted with the authority’s certificate', async () => {
    const server = keep(await serveApi({}, tls));
    const { client } = clientOf(server.url, { ca: [tls?.cert ?? ''] });
    keep(client);
    expect(await client.post('ed-fi/students', '{}')).toMatchObject({ status: 201 });
    expect(await client.discovery()).toMatchObject({ encrypted: true });
  });

  test('one for another name is refused even so', async () => {
    const server = keep(await serveApi({}, otherName));
    const { client } = clientOf(server.url, { ca: [otherName?.cert ?? ''] });
    keep(client);
    expect(await failureOf(client.discovery())).toMatchObject({ details: { reason: 'tls-wrong-name' } });
  });

  test('https to a port without TLS is said', async () => {
    const server = keep(await serveApi());
    const { client } = clientOf(server.url.replace('http:', 'https:'));
    keep(client);
    expect(await failureOf(client.discovery())).toMatchObject({ details: { reason: 'tls-broken' } });
  });

  test('an encrypted API that gives unencrypted addresses does not get the secret', async () => {
    const plain = keep(await serveApi());
    const server = keep(
      await serveApi(
        {
          discovery: () => ({ urls: { oauth: `${plain.url}/oauth/token`, dataManagementApi: `${plain.url}/data/v3` } }),
        },
        tls,
      ),
    );
    const { client } = clientOf(server.url, { ca: [tls?.cert ?? ''] });
    keep(client);
    expect(await failureOf(client.signIn())).toMatchObject({ code: 'api-unusable', details: { reason: 'downgrade' } });
    expect(plain.seen).toHaveLength(0);
  });
});

describe.skipIf(tls === undefined)('a proxy (skipped where openssl is absent)', () => {
  const settings = {
    maxConnections: 2,
    timeouts: { connectMs: 5000, headersMs: 5000, bodyMs: 5000, totalMs: 5000 },
    ca: [tls?.cert ?? ''],
    userAgent: 'test',
  };

  /** A proxy that opens tunnels to `target`, whatever host is asked for, and writes down what was. */
  const tunnel = async (target: string): Promise<{ url: string; asked: string[]; close(): Promise<void> }> => {
    const asked: string[] = [];
    const server = http.createServer();
    server.on('connect', (request, socket, head) => {
      asked.push(request.url ?? '');
      const upstream = connect(Number(new URL(target).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [upstream, socket]) end.on('error', () => end.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      asked,
      close: () =>
        new Promise((resolve) => {
          server.closeAllConnections();
          server.close(() => resolve());
        }),
    };
  };

  test('of the environment is used for other hosts, with TLS verified through it, and never for this computer', async () => {
    const named = certificate('DNS:api.example.test');
    const target = keep(await serve((_request, response) => void response.end('here'), named));
    const proxy = keep(await tunnel(target.url));
    const environment = { HTTPS_PROXY: proxy.url };
    const get = async (ca: string[], origin: string): Promise<string> => {
      const dispatcher = createDispatcher({ ...settings, ca }, environment);
      try {
        return await (await dispatcher.request({ origin, path: '/', method: 'GET' })).body.text();
      } finally {
        await dispatcher.destroy();
      }
    };
    expect(await get([named?.cert ?? ''], 'https://api.example.test')).toBe('here');
    expect(proxy.asked).toEqual(['api.example.test:443']);
    await expect(get([], 'https://api.example.test')).rejects.toThrow();
    const local = keep(await serve((_request, response) => void response.end('local'), tls));
    expect(await get([tls?.cert ?? ''], local.url)).toBe('local');
    expect(proxy.asked).toHaveLength(2);
  });
});
