/** A real server before a practice API: every answer passes through, and can be another one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface Front {
  readonly url: string;
  readonly asked: Asked[];
  /** Takes what was asked; gives an answer in place of the API's, 'hang' for none at all, or undefined to let it pass. */
  instead: (asked: Asked) => Partial<Answer> | 'hang' | undefined;
  /** Takes the API's answer; gives the one that is sent. */
  rewrite: (asked: Asked, answer: Answer) => Answer;
  close(): Promise<void>;
}

interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** @param behind where the answers come from; undefined where every answer is an `instead` */
export async function front(behind: { readonly url: string } | undefined, tls?: Certificate): Promise<Front> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void answer(request, Buffer.concat(chunks).toString('utf8'), response));
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let isOpen = true;
  const made: Front = {
    url,
    asked: [],
    instead: () => undefined,
    rewrite: (_asked, one) => one,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const answer = async (request: IncomingMessage, body: string, response: ServerResponse): Promise<void> => {
    const asked = { method: request.method ?? '', path: request.url ?? '', headers: request.headers };
    made.asked.push(asked);
    const instead = made.instead(asked);
    if (instead === 'hang') return;
    const passed = instead ?? made.rewrite(asked, await pass(asked, body));
    const { status = 200, headers = {}, body: text = '' } = passed;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(text);
  };
  const pass = async (asked: Asked, body: string): Promise<Answer> => {
    if (behind === undefined) return { status: 404, headers: {}, body: '{}' };
    const kept = ['authorization', 'content-type', 'accept', 'if-match'] as const;
    const headers: Record<string, string> = {};
    for (const name of kept) {
      const value = asked.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    const reply = await fetch(behind.url + asked.path, {
      method: asked.method,
      headers,
      ...(body === '' ? {} : { body }),
    });
    const told: Record<string, string> = {};
    for (const name of ['content-type', 'location', 'etag', 'date', 'total-count']) {
      const value = reply.headers.get(name);
      if (value !== null) told[name] = value.replaceAll(behind.url, url);
    }
    return { status: reply.status, headers: told, body: (await reply.text()).replaceAll(behind.url, url) };
  };
  onTestFinished(() => made.close());
  return made;
}

export const html = (status = 200): Partial<Answer> => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: '<!DOCTYPE html><html><body>Please sign in, CANARY-7</body></html>',
});

export const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A certificate for 127.0.0.1 that nobody has signed but itself. */
export function selfSigned(): Certificate {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'].concat([
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      cert,
    ]),
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}
