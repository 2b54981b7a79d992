/** A district's network: a real HTTP proxy that is the only way out, and an authority of the district's own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export interface HttpProxy {
  readonly url: string;
  /** What it was asked for: `CONNECT host:port`, `GET http://…`. */
  readonly asked: string[];
}

/** @param portOf the port on this computer at which a name is to be found; undefined for a name that nobody knows */
export async function httpProxy(portOf: (host: string) => number | undefined): Promise<HttpProxy> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const wanted = new URL(request.url ?? '');
    asked.push(`${request.method} ${wanted.origin}`);
    const onward = http.request(
      {
        host: '127.0.0.1',
        port: portOf(wanted.hostname),
        method: request.method,
        path: `${wanted.pathname}${wanted.search}`,
        headers: request.headers,
      },
      (reply) => {
        response.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket, head) => {
    asked.push(`CONNECT ${request.url}`);
    const port = portOf((request.url ?? '').replace(/:\d+$/, ''));
    if (port === undefined) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) end.on('error', () => end.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export interface Authority {
  /** Its own certificate, PEM. */
  readonly ca: string;
  /** A certificate that it signed for a name. */
  certify(name: string): { readonly key: string; readonly cert: string };
}

/** A district's own certificate authority, made by openssl. */
export function districtAuthority(): Authority {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => path.join(folder, name);
  const openssl = (...words: string[]): void => void execFileSync('openssl', words, { stdio: 'ignore' });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=District');
  return {
    ca: readFileSync(at('ca.pem'), 'utf8'),
    certify(name) {
      writeFileSync(at('ext'), `subjectAltName=DNS:${name}`);
      openssl('req', ...key, '-keyout', at('leaf.key'), '-out', at('leaf.csr'), '-subj', `/CN=${name}`);
      const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('ext')];
      openssl('x509', '-req', '-in', at('leaf.csr'), ...signed, '-out', at('leaf.pem'), '-days', '2');
      return { key: readFileSync(at('leaf.key'), 'utf8'), cert: readFileSync(at('leaf.pem'), 'utf8') };
    },
  };
}
