import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ClientEvent, ClientOptions, EdFiClient } from '../../core/edfi/client.ts';
import { createClient } from '../../core/edfi/client.ts';
import type { Failure } from '../../core/errors/failure.ts';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface TestServer {
  readonly url: string;
  readonly seen: Seen[];
  /** Sockets open now, and the most there ever were. */
  readonly sockets: { now: number; most: number };
  /** Requests under way at once, at most. */
  readonly busiest: () => number;
  close(): Promise<void>;
}

export type Handler = (request: Seen, response: ServerResponse, raw: IncomingMessage) => void | Promise<void>;

/** A real server on loopback that hands every request, read to its end, to `handler`. */
export const serve = async (handler: Handler, tls?: { key: string; cert: string }): Promise<TestServer> => {
  const seen: Seen[] = [];
  const open = new Set<Socket>();
  const sockets = { now: 0, most: 0 };
  let active = 0;
  let busiest = 0;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      active += 1;
      busiest = Math.max(busiest, active);
      response.on('close', () => {
        active -= 1;
      });
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(one);
      void handler(one, response, request);
    });
  };
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    sockets.now += 1;
    sockets.most = Math.max(sockets.most, sockets.now);
    socket.on('close', () => {
      open.delete(socket);
      sockets.now -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    seen,
    sockets,
    busiest: () => busiest,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
};

export const json = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

export const page = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end('<!DOCTYPE html><html><body>Please sign in, CANARY-7</body></html>');
};

export const created = (response: ServerResponse, location = '/data/v3/ed-fi/students/0123456789abcdef'): void => {
  response.writeHead(201, { location, etag: '"7"' });
  response.end();
};

export interface ApiParts {
  /** What the API's base address gives; the default names every address. */
  readonly discovery?: (base: string) => unknown;
  readonly token?: Handler;
  /** Everything under `/data/v3`. */
  readonly data?: Handler;
  /** Everything else. */
  readonly other?: Handler;
}

export const discoveryBody = (base: string) => ({
  version: '7.3',
  informationalVersion: '7.3',
  suite: '3',
  build: '7.3.1',
  dataModels: [
    { name: 'Ed-Fi', version: '5.2.0', informationalVersion: 'x' },
    { name: 'TPDM', version: '1.1.0', informationalVersion: 'y' },
  ],
  urls: {
    dependencies: `${base}/metadata/data/v3/dependencies`,
    openApiMetadata: `${base}/metadata/`,
    oauth: `${base}/oauth/token`,
    dataManagementApi: `${base}/data/v3/`,
    xsdMetadata: `${base}/metadata/xsd`,
    somethingNew: { nested: true },
  },
});

/** The least of an Ed-Fi API: discovery, a sign-in that gives `token-1`, `token-2` …, and `parts` for the rest. */
export const serveApi = async (
  parts: ApiParts = {},
  tls?: { key: string; cert: string },
): Promise<TestServer & { tokens: () => number }> => {
  let tokens = 0;
  let base = '';
  const server = await serve((request, response, raw) => {
    if (request.path === '/') return json(response, 200, parts.discovery?.(base) ?? discoveryBody(base));
    if (request.path === '/oauth/token') {
      tokens += 1;
      if (parts.token) return parts.token(request, response, raw);
      return json(response, 200, { access_token: `token-${tokens}`, expires_in: 1800, token_type: 'bearer' });
    }
    if (request.path.startsWith('/data/v3/')) {
      if (parts.data) return parts.data(request, response, raw);
      return created(response);
    }
    if (parts.other) return parts.other(request, response, raw);
    return json(response, 404, {});
  }, tls);
  base = server.url;
  return { ...server, tokens: () => tokens };
};

export interface TestClient {
  readonly client: EdFiClient;
  /** Every wait the client asked for, in milliseconds; none is really waited. */
  readonly waits: number[];
  readonly events: ClientEvent[];
}

/** A client that really sends, but whose waits pass at once and are written down. */
export const clientOf = (url: string, options: Partial<ClientOptions> = {}): TestClient => {
  const waits: number[] = [];
  const events: ClientEvent[] = [];
  const client = createClient({
    url,
    key: 'the-key',
    secret: () => 'the-secret',
    random: () => 0.5,
    sleep: async (ms) => {
      waits.push(ms);
    },
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { client, waits, events };
};

/** The Failure a promise ends with; fails the test where it does not. */
export const failureOf = async (promise: Promise<unknown>): Promise<Failure> => {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'Failure') return thrown as Failure;
    throw thrown;
  }
  throw new Error('it should have failed');
};
