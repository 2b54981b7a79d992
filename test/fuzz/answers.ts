/** Answers of servers that are not what they should be, as bytes on a socket. */
import { createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { grow, junk, NAMES } from './json-tree.ts';
import { CANARY } from './property.ts';

export interface Scripted {
  readonly status: string;
  readonly headers: readonly string[];
  readonly body: Body;
  readonly wire: 'whole' | 'chunked' | 'short' | 'too long' | 'reset' | 'no headers' | 'bytes' | 'twice';
}

type Body =
  | { readonly kind: 'own' | 'cut' | 'page' | 'empty' | 'huge' | 'bytes' | 'packed' | 'marked' | 'nested' }
  | { readonly kind: 'json'; readonly value: unknown };

const STATUS = [
  '200 OK',
  '200 OK',
  '201 Created',
  '204 No Content',
  '304 Not Modified',
  '302 Found',
  '400 Bad Request',
  '401 Unauthorized',
  '403 Forbidden',
  '404 Not Found',
  '409 Conflict',
  '412 X',
  '413 X',
  '418 Teapot',
  '422 X',
  '429 Too Many Requests',
  '500 X',
  '501 X',
  '503 Unavailable',
  '511 X',
  '599 X',
  '999 X',
  '100 Continue',
  '103 Early Hints',
  '000 X',
  '20 X',
];

const WORDS = [
  CANARY,
  '',
  '-1',
  '0',
  '99999999999999999999',
  '1e9',
  'NaN',
  '0x10',
  'Wed, 21 Oct 2099 07:28:00 GMT',
  'never',
  'http://[',
  '//',
  '/',
  '../..',
  'javascript:x',
  `/data/v3/ed-fi/x/${CANARY}`,
  '/data/v3/ed-fi/x/__proto__',
  'http://127.0.0.1:1/',
  'x'.repeat(9_000),
  'é',
  '%00',
  '%',
];
const HEADERS = [
  'Location',
  'Retry-After',
  'Content-Type',
  'Set-Cookie',
  'ETag',
  'Date',
  'Total-Count',
  'Next-Page-Token',
  'Content-Encoding',
  'WWW-Authenticate',
  '__proto__',
  'constructor',
  'Trailer',
  'Upgrade',
  'Connection',
];

const header = fc
  .tuple(
    fc.constantFrom(...HEADERS),
    fc.oneof(
      fc.constantFrom(
        ...WORDS,
        'application/json',
        'text/html',
        'gzip',
        'br',
        'application/problem+json; charset=utf-16',
      ),
      fc.string({ maxLength: 6 }),
    ),
  )
  .map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, ' ')}`);

/** A body of a refusal, with each of its members right, wrong or missing. */
export const problem = fc.record(
  {
    type: fc.oneof(
      fc.constantFrom(
        'urn:ed-fi:api:data-conflict',
        'urn:ed-fi:api:bad-request:data',
        `urn:ed-fi:api:${CANARY}`,
        7,
        null,
        ...NAMES,
      ),
      junk,
    ),
    title: junk,
    detail: fc.oneof(fc.constantFrom(CANARY, `The ${CANARY} value is invalid.`), junk),
    status: junk,
    correlationId: junk,
    errors: fc.oneof(fc.array(junk, { maxLength: 3 }), junk),
    validationErrors: fc.oneof(fc.dictionary(fc.constantFrom('$.a', ...NAMES, CANARY), junk), junk),
    message: junk,
    modelState: fc.oneof(fc.dictionary(fc.constantFrom(...NAMES), fc.array(junk, { maxLength: 2 })), junk),
    failures: junk,
    blockingUris: junk,
  },
  { requiredKeys: [] },
);

const item = fc.record(
  {
    id: fc.oneof(fc.constantFrom('a', CANARY, '__proto__', ''), junk),
    namespace: junk,
    codeValue: junk,
    keyValues: junk,
  },
  { requiredKeys: [] },
);

const body: fc.Arbitrary<Body> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'own' as const,
        'cut' as const,
        'page' as const,
        'empty' as const,
        'bytes' as const,
        'packed' as const,
        'marked' as const,
        'nested' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('own' as const, 'own' as const, 'own' as const, 'own' as const, 'huge' as const),
    }),
  },
  { weight: 3, arbitrary: problem.map((value) => ({ kind: 'json' as const, value })) },
  { weight: 2, arbitrary: junk.map((value) => ({ kind: 'json' as const, value })) },
  { weight: 1, arbitrary: fc.array(item, { maxLength: 4 }).map((value) => ({ kind: 'json' as const, value })) },
);

export const scripted: fc.Arbitrary<Scripted> = fc.record({
  status: fc.constantFrom(...STATUS),
  headers: fc.array(header, { maxLength: 3 }),
  body,
  wire: fc.constantFrom<Scripted['wire']>(
    'whole',
    'whole',
    'whole',
    'whole',
    'chunked',
    'short',
    'too long',
    'reset',
    'no headers',
    'bytes',
    'twice',
  ),
});

function bytesOf(one: Body, own: string): Buffer {
  switch (one.kind) {
    case 'own':
      return Buffer.from(own);
    case 'cut':
      return Buffer.from(own.slice(0, own.length >> 1));
    case 'page':
      return Buffer.from(`<!doctype html><html><body>${CANARY}</body></html>`);
    case 'empty':
      return Buffer.alloc(0);
    case 'huge':
      return Buffer.alloc(12 * 1024 * 1024, `{"detail":"${CANARY}",`);
    case 'bytes':
      return Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80, 0xed, 0xa0, 0x80, 0x7b]);
    case 'packed':
      return gzipSync(Buffer.alloc(1024 * 1024, 'x'));
    case 'marked':
      return Buffer.from(`\ufeff${own}`);
    case 'nested':
      return Buffer.from('['.repeat(50_000) + ']'.repeat(50_000));
    case 'json':
      return Buffer.from(
        JSON.stringify(one.value, (_, value: unknown) => (typeof value === 'string' ? grow(value) : value)) ?? '',
      );
  }
}

function send(socket: Socket, { status, headers, body: content, wire }: Scripted, own: string): void {
  const bytes = bytesOf(content, own);
  const lines = [`HTTP/1.1 ${status}`, ...headers];
  const write = (more: readonly string[], payload: Buffer): void =>
    void socket.write(Buffer.concat([Buffer.from(`${[...lines, ...more].join('\r\n')}\r\n\r\n`), payload]));
  switch (wire) {
    case 'whole':
      write([`Content-Length: ${bytes.length}`], bytes);
      return;
    case 'chunked':
      write(
        ['Transfer-Encoding: chunked'],
        Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\nzz\r\n')]),
      );
      return;
    case 'short':
      write([`Content-Length: ${bytes.length + 10}`], bytes);
      socket.end();
      return;
    case 'too long':
      write([`Content-Length: ${Math.max(0, bytes.length - 3)}`], bytes);
      return;
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'no headers':
      socket.end(bytes);
      return;
    case 'bytes':
      socket.end(Buffer.from([0x00, 0x16, 0x03, 0x01, 0xff]));
      return;
    case 'twice':
      write([`Content-Length: ${bytes.length}`, 'Content-Length: 1'], bytes);
  }
}

export interface ScriptServer {
  readonly url: string;
  /** What is answered from now on, by a path's beginning; what is not named is answered as an Ed-Fi API does. */
  script(answers: Readonly<Record<string, Scripted>>): void;
  close(): Promise<void>;
}

/** A server on loopback that says what it is told to, right or wrong. */
export async function startScript(own: (base: string, path: string) => string): Promise<ScriptServer> {
  let answers: Readonly<Record<string, Scripted>> = {};
  const open = new Set<Socket>();
  let base = '';
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (;;) {
        const end = received.indexOf('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
        if (end < 0 || received.length < end + 4 + length) return;
        const path = received.split(' ')[1] ?? '/';
        received = received.slice(end + 4 + length);
        const name = Object.keys(answers).find((start) => path.startsWith(start));
        const right: Scripted = {
          status: '200 OK',
          headers: ['Content-Type: application/json'],
          body: { kind: 'own' },
          wire: 'whole',
        };
        send(socket, name === undefined ? right : (answers[name] as Scripted), own(base, path));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url: base,
    script: (given) => {
      answers = given;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
