/** A server between Rollbook and the practice API that listens in, and answers itself where a test wants it to. */
import { createServer, request as forward, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../core/edfi/model.ts';
import type { Sandbox } from '../../core/sandbox/options.ts';

export interface Heard {
  readonly method: string;
  /** `ed-fi/students`; undefined for discovery, tokens and metadata. */
  readonly resource: string | undefined;
  readonly id: string | undefined;
  readonly body: JsonObject | undefined;
  readonly path: string;
}
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}
export interface Listening {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  /** Writes that arrived, in order. */
  readonly writes: Heard[];
  /** Answers in place of the API where it gives a reply; may be exchanged at any time. */
  answer: (heard: Heard) => Reply | undefined;
}

const text = async (stream: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

export async function startProxy(api: Sandbox): Promise<Listening> {
  let url = '';
  const proxy = {
    key: api.key,
    secret: api.secret,
    writes: [] as Heard[],
    answer: () => undefined,
  } as unknown as Listening;
  const server = createServer({ keepAliveTimeout: 60_000 }, async (incoming, outgoing) => {
    const path = incoming.url ?? '/';
    const method = incoming.method ?? 'GET';
    const body = await text(incoming);
    const data = /^\/data\/v3\/([^/?]+\/[^/?]+)(?:\/([^/?]+))?/.exec(path);
    const heard: Heard = {
      method,
      path,
      resource: data?.[1],
      id: data?.[2],
      body: data !== null && body !== '' ? (JSON.parse(body) as JsonObject) : undefined,
    };
    if (heard.resource !== undefined && method !== 'GET') proxy.writes.push(heard);
    const own = proxy.answer(heard);
    if (own !== undefined) {
      outgoing.writeHead(own.status, { 'content-type': 'application/json', ...own.headers });
      outgoing.end(own.body === undefined ? undefined : JSON.stringify(own.body));
      return;
    }
    const { host: _host, ...headers } = incoming.headers;
    const onward = forward(`${api.url}${path}`, { method, headers }, async (answer) => {
      const answered = (await text(answer)).replaceAll(api.url, url);
      const { 'content-length': _length, location, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 500, {
        ...rest,
        ...(location === undefined ? {} : { location: location.replace(api.url, url) }),
      });
      outgoing.end(answered === '' ? undefined : answered);
    });
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return Object.assign(proxy, { url });
}

/** A problem as a 7.3 answers it. */
export const problem = (status: number, type: string, detail = 'refused'): Reply => ({
  status,
  body: { detail, type: `urn:ed-fi:api:${type}`, title: 'Refused', status, correlationId: '0f0f0f0f-1111' },
  headers: { 'content-type': 'application/problem+json' },
});
