/**
 * A server in front of the practice API that says back what it was told: every refusal, and much that is none, holds the
 * record, the key or the secret, as it is, escaped, encoded, in pieces, in names and in headers.
 */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { JsonObject, JsonValue } from '../../core/edfi/model.ts';

/** Every refusal that an API, or what stands before it, gives. */
export const STATUSES = [
  400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 422, 429, 500, 501, 502, 503, 504,
] as const;

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** `ed-fi/students`; undefined for discovery, tokens and metadata. */
  readonly resource: string | undefined;
  readonly kind: 'data' | 'token' | 'metadata' | 'discovery';
  readonly text: string;
  readonly body: JsonObject | undefined;
}

export type Manner =
  | { readonly kind: 'refuse'; readonly status: number; readonly style: Style }
  /** Takes the record, and names it in headers where an id is expected. */
  | { readonly kind: 'take'; readonly style: 'location' | 'etag' }
  /** The API's own answer with words of its own put in. */
  | { readonly kind: 'rewrite'; readonly change: (text: string, told: Told) => string; readonly headers?: boolean }
  | { readonly kind: 'hang' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'half' }
  /** Something that is not HTTP. */
  | { readonly kind: 'babble' };

/** What a server knows by now, and may say at any time. */
export interface Told {
  readonly key: string;
  readonly secret: string;
  /** Texts and numbers of the record that came. */
  readonly values: readonly string[];
  readonly raw: string;
}

export interface Hostile {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  /** Everything that came, headers and all, as one text each. */
  readonly received: string[];
  /** How many of them were writes. */
  writes: number;
  /** How it behaves; may be exchanged at any time. Undefined: as the practice API does. */
  manner: (asked: Asked) => Manner | undefined;
}

interface Words {
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly reason?: string;
}

const leaves = (value: JsonValue | undefined): string[] => {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (Array.isArray(value)) return value.flatMap(leaves);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
};

const unicode = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
const entities = (text: string): string => [...text].map((letter) => `&#${letter.codePointAt(0)};`).join('');
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const third = (text: string, nth: number): string =>
  text.slice(Math.floor((text.length * nth) / 3), Math.floor((text.length * (nth + 1)) / 3));
/** As a header may carry it. */
const inHeader = (text: string): string => (/^[ -~]*$/.test(text) ? text : encodeURIComponent(text)).slice(0, 200);

const problem = (detail: string, more: Record<string, unknown> = {}): Words => ({
  type: 'application/problem+json',
  body: JSON.stringify({
    detail,
    type: 'urn:ed-fi:api:bad-request:data-validation-failed',
    title: 'Refused',
    status: 400,
    correlationId: '0f0f0f0f-1111',
    ...more,
  }),
});

/** The ways in which a server says a record back. */
export const STYLES = {
  text: (told) => ({ type: 'text/plain', body: `Cannot take ${told.raw} of ${told.key}:${told.secret}` }),
  json: (told) => ({ type: 'application/json', body: JSON.stringify({ message: told.raw, was: told.values }) }),
  modelState: (told) => ({
    type: 'application/json',
    body: JSON.stringify({
      message: 'The request is invalid.',
      modelState: Object.fromEntries(told.values.map((value) => [`request.${value}`, [`'${value}' is required.`]])),
    }),
  }),
  problem: (told) =>
    problem(`The value '${told.values[0] ?? ''}' of ${told.raw} was refused.`, {
      validationErrors: Object.fromEntries(told.values.map((value) => [`$.${value}`, [`${value} is required.`]])),
      errors: told.values.map((value) => `The '${value}' reference could not be resolved: '${value}'.`),
    }),
  conflict: (told) =>
    problem(`The referenced '${told.values[0] ?? ''}' item does not exist.`, {
      type: 'urn:ed-fi:api:data-conflict:unresolved-reference',
    }),
  html: (told) => ({
    type: 'text/html',
    body: `<html><title>${escaped(told.values.join(' '))}</title><pre>${escaped(told.raw)}</pre></html>`,
  }),
  htmlEntities: (told) => ({ type: 'text/html', body: `<html><p>${entities(told.raw)}</p></html>` }),
  jsonEscapes: (told) => ({
    type: 'application/json',
    body: `{"message":"${unicode(told.raw)}","error":{"failures":[{"resourceName":"${unicode(told.values[0] ?? '')}"}]}}`,
  }),
  percent: (told) => problem(encodeURIComponent(encodeURIComponent(told.raw))),
  base64: (told) => problem(Buffer.from(told.raw).toString('base64')),
  utf16: (told) => problem(Buffer.from(told.raw, 'utf16le').toString('base64')),
  hex: (told) => problem(Buffer.from(told.raw).toString('hex')),
  split: (told) =>
    problem('See below.', {
      errors: told.values.flatMap((value) => [third(value, 0), third(value, 1), third(value, 2)]),
      ...Object.fromEntries(told.values.map((value, nth) => [`${third(value, 0)}${nth}`, third(value, 1)])),
    }),
  names: (told) => ({
    type: 'application/json',
    body: JSON.stringify(Object.fromEntries(told.values.map((value) => [value, { [value]: value }]))),
  }),
  // Both have a closed form that a word or a number of a record can have by accident, or on purpose.
  type: (told) =>
    problem('Refused.', {
      type: `urn:ed-fi:api:${word(told)}:${word(told)}`,
      correlationId: numberOf(told),
      title: word(told),
    }),
  headers: (told) => ({
    ...problem('Refused.'),
    headers: {
      location: `/data/v3/ed-fi/students/${encodeURIComponent(told.values[0] ?? '')}`,
      'www-authenticate': `Bearer realm="${inHeader(told.values.join(' '))}", error="${told.secret}"`,
      'retry-after': inHeader(told.values[0] ?? ''),
      etag: `"${inHeader(told.values[0] ?? '')}"`,
      'set-cookie': `who=${encodeURIComponent(told.values[0] ?? '')}`,
      'x-echo': inHeader(told.raw),
      server: told.secret,
      link: `<https://example.org/?key=${told.key}&secret=${told.secret}>; rel="next"`,
    },
    reason: inHeader(told.values[0] ?? 'Refused'),
  }),
} as const satisfies Record<string, (told: Told) => Words>;
export type Style = keyof typeof STYLES;
export const STYLE_NAMES = Object.keys(STYLES) as Style[];

const word = ({ values }: Told): string =>
  values.map((value) => value.toLowerCase()).find((value) => /^[a-z]{8,}$/.test(value)) ?? 'nothing';
const numberOf = ({ values }: Told): string => values.find((value) => /^\d{8,}$/.test(value)) ?? '0f0f0f0f-1111';

const textOf = async (stream: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const kindOf = (path: string): Asked['kind'] => {
  if (/\/oauth\/(?!token_info)/i.test(path)) return 'token';
  if (/^\/data\/v3\//.test(path)) return 'data';
  return /^\/?(\?.*)?$/.test(path) ? 'discovery' : 'metadata';
};

/** @param api a practice API; gone after the test, as this is */
export async function startHostile(api: {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
}): Promise<Hostile> {
  let url = '';
  const received: string[] = [];
  const hostile = {
    key: api.key,
    secret: api.secret,
    received,
    writes: 0,
    manner: () => undefined,
  } as unknown as Hostile;

  const pass = (
    incoming: IncomingMessage,
    text: string,
    answer: (status: number, headers: Record<string, string>, text: string) => void,
    failed: () => void,
  ): void => {
    const { host: _host, ...headers } = incoming.headers;
    const onward = forward(`${api.url}${incoming.url}`, { method: incoming.method, headers }, async (from) => {
      const body = (await textOf(from)).replaceAll(api.url, url);
      const { 'content-length': _length, 'transfer-encoding': _encoding, location, ...rest } = from.headers;
      const kept = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]));
      if (location !== undefined) kept.location = location.replace(api.url, url);
      answer(from.statusCode ?? 500, kept, body);
    });
    onward.on('error', failed);
    onward.end(text);
  };

  const refuse = (outgoing: ServerResponse, status: number, words: Words): void => {
    outgoing.writeHead(status, words.reason ?? 'Refused', { 'content-type': words.type, ...words.headers });
    outgoing.end(words.body);
  };

  const server = createServer({ keepAliveTimeout: 60_000 }, async (incoming, outgoing) => {
    const path = incoming.url ?? '/';
    const text = await textOf(incoming);
    received.push(`${incoming.method} ${path}\n${JSON.stringify(incoming.headers)}\n${text}`);
    const kind = kindOf(path);
    if (kind === 'data' && incoming.method !== 'GET') hostile.writes += 1;
    const data = /^\/data\/v3\/([^/?]+\/[^/?]+)/.exec(path);
    const body = kind === 'data' && text !== '' ? (JSON.parse(text) as JsonObject) : undefined;
    const manner = hostile.manner({
      method: incoming.method ?? 'GET',
      path,
      resource: data?.[1],
      kind,
      text,
      body,
    });
    const values = leaves(body).filter((value) => value.length > 5);
    const told: Told = { key: api.key, secret: api.secret, values, raw: text };
    const plain = (status: number, headers: Record<string, string>, answered: string): void => {
      outgoing.writeHead(status, headers);
      outgoing.end(answered === '' ? undefined : answered);
    };
    const gone = (): void => void outgoing.destroy();
    switch (manner?.kind) {
      case undefined:
        return pass(incoming, text, plain, gone);
      case 'refuse':
        return refuse(outgoing, manner.status, STYLES[manner.style](told));
      case 'take':
        return pass(
          incoming,
          text,
          (status, headers, answered) => {
            const said = encodeURIComponent(values[0] ?? 'nothing');
            const more = manner.style === 'location' ? { location: `${url}${path}/${said}` } : { etag: said };
            plain(status, { ...headers, ...(status < 300 ? more : {}) }, answered);
          },
          gone,
        );
      case 'rewrite':
        return pass(
          incoming,
          text,
          (status, headers, answered) =>
            plain(
              status,
              manner.headers === true ? { ...headers, etag: `"${api.secret}"`, 'x-echo': api.secret } : headers,
              manner.change(answered, told),
            ),
          gone,
        );
      case 'hang':
        return;
      case 'drop':
        return void incoming.socket.destroy();
      case 'half':
        outgoing.writeHead(400, { 'content-type': 'application/json', 'content-length': '100000' });
        outgoing.write(`{"message":${JSON.stringify(text)}`);
        setTimeout(() => incoming.socket.destroy(), 20);
        return;
      case 'babble':
        incoming.socket.end(`${text}\r\n${api.secret}\r\n\r\n`);
        return;
    }
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
  return Object.assign(hostile, { url });
}
