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
  /** Of the API's answer, once it is there. */
  status?: number;
  /** The item that a POST made, by the API's answer. */
  made?: string;
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
  /** Sockets that are open now, and the most there ever were. */
  readonly sockets: { now: number; most: number };
  /** Of the writes that arrived, how many were under way when each did, itself included. */
  readonly active: number[];
  /** Answers in place of the API where it gives a reply; may be exchanged at any time. */
  answer: (heard: Heard) => Reply | undefined;
  /** Hears of each write when the API has done it, and again when its answer has gone on; may be exchanged, too. */
  onWrite: (heard: Heard, what: 'done' | 'answered') => void;
  /** Drops every connection; what was under way reaches the API, and its answer nobody. */
  drop(): void;
  /** From now on nobody is there: connections are refused, or taken and not answered; until the network is back. */
  network(is: 'there' | 'refused' | 'silent'): void;
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
    sockets: { now: 0, most: 0 },
    active: [] as number[],
    answer: () => undefined,
    onWrite: () => undefined,
  } as unknown as Listening;
  let reach: 'there' | 'refused' | 'silent' = 'there';
  let underWay = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, async (incoming, outgoing) => {
    if (reach === 'silent') return;
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
    if (heard.resource !== undefined && method !== 'GET') {
      proxy.writes.push(heard);
      underWay += 1;
      proxy.active.push(underWay);
      outgoing.once('close', () => {
        underWay -= 1;
      });
    }
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
      const isWrite = heard.resource !== undefined && method !== 'GET';
      if (answer.statusCode !== undefined) heard.status = answer.statusCode;
      if (location !== undefined) heard.made = location.slice(location.lastIndexOf('/') + 1);
      if (isWrite) proxy.onWrite(heard, 'done');
      outgoing.writeHead(answer.statusCode ?? 500, {
        ...rest,
        ...(location === undefined ? {} : { location: location.replace(api.url, url) }),
      });
      outgoing.end(answered === '' ? undefined : answered);
      if (isWrite) proxy.onWrite(heard, 'answered');
    });
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  });
  server.on('connection', (socket) => {
    proxy.sockets.now += 1;
    proxy.sockets.most = Math.max(proxy.sockets.most, proxy.sockets.now);
    socket.once('close', () => {
      proxy.sockets.now -= 1;
    });
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
  server.on('connection', (socket) => {
    if (reach === 'refused') socket.destroy();
  });
  const drop = (): void => server.closeAllConnections();
  return Object.assign(proxy, {
    url,
    drop,
    network(is: typeof reach) {
      reach = is;
      // What hangs, hangs no longer.
      if (is !== 'silent') drop();
    },
  });
}

/** A problem as a 7.3 answers it. */
export const problem = (status: number, type: string, detail = 'refused'): Reply => ({
  status,
  body: { detail, type: `urn:ed-fi:api:${type}`, title: 'Refused', status, correlationId: '0f0f0f0f-1111' },
  headers: { 'content-type': 'application/problem+json' },
});
