/**
 * The loopback host: the same renderer and the same contract as in the desktop application, for a browser on this
 * machine. For machines on which Electron's runtime cannot be installed, and for the browser tests; not packaged.
 *
 *   GET  /open?token=…         exchanges the one-time token for the session's cookie
 *   GET  /<base>/…             the renderer
 *   POST /<base>/call/<name>   a command of the contract: JSON in, `{ok}|{error}` out
 *   GET  /<base>/events        events, as server-sent events
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EngineAnswer } from '../../core/contract/schemas.ts';
import { Failure } from '../../core/errors/failure.ts';
import { type Asset, loadAssets } from './assets.ts';
import { SECURITY_HEADERS } from './headers.ts';
import { createSessions, type Sessions } from './session.ts';

export interface LoopbackOptions {
  /** Answers a command by its name. Never throws; what comes in is checked there. */
  readonly call: (command: string, input: unknown) => Promise<EngineAnswer>;
  /** @returns a function that ends the subscription. Events are expected to be coalesced already. */
  readonly subscribe: (listener: (event: object) => void) => () => void;
  /** Where vite wrote the renderer. */
  readonly rendererDist: string;
  /** On 127.0.0.1; 0 takes any that is free. */
  readonly port: number;
}

export interface Loopback {
  /** `http://127.0.0.1:4711` */
  readonly origin: string;
  /** A link that opens the screens once. Each call makes a new one; one that was not used yet stops working. */
  link(): string;
  close(): Promise<void>;
}

/** A connection file with its descriptor map is the largest thing that comes in. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const KEEP_ALIVE_MS = 15_000;

/**
 * Serves the screens to this machine's browser.
 * @throws Failure `usage` where the renderer is not built, or the port is taken
 */
export async function serve(options: LoopbackOptions): Promise<Loopback> {
  const assets = loadAssets(options.rendererDist);
  const sessions = createSessions();
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 });
  const port = await listen(server, options.port);
  const host = `127.0.0.1:${port}`;
  const origin = `http://${host}`;
  const streams = new Set<ServerResponse>();

  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    // A request that another site's page, or another name for this machine, led here gets nothing at all.
    if (request.headers.host !== host || !isFromHere(request, origin)) return plain(response, 403, 'Refused.');
    handle(request, response, { options, assets, sessions, streams }).catch(() => {
      if (!response.headersSent) plain(response, 500, 'Something went wrong.');
      else response.destroy();
    });
  });

  return {
    origin,
    link: () => `${origin}/open?token=${sessions.newToken()}`,
    async close() {
      for (const stream of streams) stream.end();
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', () =>
      reject(new Failure('usage', `Port ${port} of this machine is taken: choose another with --port.`)),
    );
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/**
 * A page of another site can send a request here, but not hide where it comes from. `Sec-Fetch-Site` is `none` when a
 * person opens the link.
 */
function isFromHere(request: IncomingMessage, origin: string): boolean {
  const { origin: given, 'sec-fetch-site': site } = request.headers;
  if (given !== undefined && given !== origin) return false;
  if (request.method === 'POST' && given !== origin) return false;
  return site === undefined || site === 'same-origin' || site === 'none';
}

interface Context {
  readonly options: LoopbackOptions;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly sessions: Sessions;
  readonly streams: Set<ServerResponse>;
}

async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const { sessions } = context;
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (url.pathname === '/open') return open(request, response, url, sessions);
  if (!url.pathname.startsWith(sessions.base)) return plain(response, 404, 'There is nothing here.');
  if (!sessions.isKnown(request)) {
    return plain(response, 401, 'Open Rollbook with the link that npm start prints.');
  }
  const rest = url.pathname.slice(sessions.base.length);
  if (request.method === 'POST' && rest.startsWith('call/')) {
    return call(request, response, rest.slice('call/'.length), context);
  }
  if (request.method !== 'GET') return plain(response, 405, 'This cannot be done here.');
  if (rest === 'events') return stream(response, context);
  const asset = context.assets.get(rest === '' ? 'index.html' : rest);
  if (asset === undefined) return plain(response, 404, 'There is nothing here.');
  response.writeHead(200, { 'content-type': asset.type, 'content-length': asset.body.length });
  response.end(asset.body);
}

function open(request: IncomingMessage, response: ServerResponse, url: URL, sessions: Sessions): void {
  const cookie = request.method === 'GET' ? sessions.exchange(url.searchParams.get('token') ?? '') : undefined;
  if (cookie === undefined) {
    plain(response, 403, 'This link has been used already. Press Enter where npm start runs for a new one.');
  } else {
    response.writeHead(303, { location: sessions.base, 'set-cookie': cookie });
    response.end();
  }
}

async function call(
  request: IncomingMessage,
  response: ServerResponse,
  command: string,
  { options }: Context,
): Promise<void> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return json(response, 415, refusal('The command has to be JSON.'));
  }
  const text = await readBody(request);
  if (text === undefined) {
    // The rest is let go by, so that the browser comes to hear the answer.
    request.resume();
    return json(response, 413, refusal('The command is too large.'));
  }
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return json(response, 400, refusal('The command is not JSON.'));
  }
  json(response, 200, await options.call(command, input));
}

/** @returns undefined where it is larger than may be */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function stream(response: ServerResponse, { options, streams }: Context): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(': open\n\n');
  const end = options.subscribe((event) => void response.write(`data: ${JSON.stringify(event)}\n\n`));
  const beat = setInterval(() => void response.write(': still here\n\n'), KEEP_ALIVE_MS);
  streams.add(response);
  response.on('close', () => {
    clearInterval(beat);
    end();
    streams.delete(response);
  });
}

const refusal = (sentence: string): EngineAnswer => ({ error: { code: 'usage', sentence, details: {} } });

function json(response: ServerResponse, status: number, answer: EngineAnswer): void {
  const body = Buffer.from(JSON.stringify(answer));
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
  response.end(body);
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
