import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
    systemCertificates: false,
    proxy: '',
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

  test('that was set goes before that of the environment; NO_PROXY holds for it all the same', async () => {
    const named = certificate('DNS:api.example.test');
    const target = keep(await serve((_request, response) => void response.end('here'), named));
    const [chosen, other] = [keep(await tunnel(target.url)), keep(await tunnel(target.url))];
    const get = async (noProxy: string): Promise<string> => {
      const dispatcher = createDispatcher(
        { ...settings, ca: [named?.cert ?? ''], proxy: chosen.url },
        { HTTPS_PROXY: other.url, NO_PROXY: noProxy },
      );
      try {
        return await (
          await dispatcher.request({ origin: 'https://api.example.test', path: '/', method: 'GET' })
        ).body.text();
      } finally {
        await dispatcher.destroy();
      }
    };
    expect(await get('elsewhere.test')).toBe('here');
    await expect(get('.example.test')).rejects.toThrow();
    expect([chosen.asked, other.asked]).toEqual([['api.example.test:443'], []]);
  });

  test('that is not there is told as what it is, and so is one that refuses', async () => {
    const gone = keep(await tunnel('http://127.0.0.1:1'));
    await gone.close();
    const { client } = clientOf('https://api.example.test', { proxy: gone.url });
    keep(client);
    const failure = await failureOf(client.discovery());
    expect(failure).toMatchObject({ code: 'api-unreachable', details: { reason: 'proxy-unreachable' } });
    expect(failure.message).toContain('proxy');
    const server = http.createServer();
    server.on('connect', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    keep({ close: () => new Promise((resolve) => void server.close(() => resolve())) });
    const refused = clientOf('https://api.example.test', {
      proxy: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    keep(refused.client);
    expect(await failureOf(refused.client.discovery())).toMatchObject({ details: { reason: 'proxy-refused' } });
  });
});

describe.skipIf(tls === undefined)("this computer's own store (skipped where openssl is absent)", () => {
  /** A process of its own: what a store holds is read once in each. */
  const reach = async (url: string, store: Record<string, string>, more: string): Promise<string> => {
    const code = `import { createClient } from '${new URL('../../core/edfi/client.ts', import.meta.url).href}';
      const client = createClient({ url: '${url}', key: 'k', secret: () => 's', retry: { attempts: 1 }, ${more} });
      try { await client.discovery(); process.stdout.write('reached'); }
      catch (thrown) { process.stdout.write(String(thrown.details?.reason)); } finally { await client.close(); }`;
    const { NODE_EXTRA_CA_CERTS: _extra, ...env } = process.env;
    const ran = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      env: { ...env, ...store },
    });
    return ran.stdout;
  };

  // Where the store is not OpenSSL's, a test does not write into it.
  test.skipIf(process.platform !== 'linux')('is trusted where that is chosen, and not otherwise', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollbook-store-'));
    const { url } = keep(await serveApi({}, tls));
    try {
      const store = join(folder, 'store.pem');
      writeFileSync(store, tls?.cert ?? '');
      const full = { SSL_CERT_FILE: store, SSL_CERT_DIR: folder };
      expect(await reach(url, full, 'systemCertificates: true')).toBe('reached');
      expect(await reach(url, full, 'systemCertificates: false')).toBe('tls-untrusted');
      // Empty, and not to be read at all: the district's own authority is trusted all the same.
      for (const none of [
        { SSL_CERT_FILE: join(folder, 'none'), SSL_CERT_DIR: join(folder, 'none') },
        { SSL_CERT_FILE: folder, SSL_CERT_DIR: '/dev/null' },
      ]) {
        expect(await reach(url, none, `systemCertificates: true, ca: [${JSON.stringify(tls?.cert)}]`)).toBe('reached');
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
