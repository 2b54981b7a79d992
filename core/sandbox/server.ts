/**
 * The practice API: a real HTTP server that behaves as an Ed-Fi ODS/API 7.3, on a data standard that ships or on the
 * specification of an API to impersonate.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '../errors/failure.ts';
import type { Api } from './api.ts';
import { idMaker } from './chance.ts';
import { organizations } from './claims.ts';
import { descriptorValues } from './descriptor-values.ts';
import { PATHS } from './discovery.ts';
import { documentsOf } from './documents.ts';
import type { ApiRequest, ApiResponse } from './exchange.ts';
import { modelVersion } from './models/load.ts';
import { tokenService } from './oauth.ts';
import type { RequestCounts, Sandbox, SandboxOptions } from './options.ts';
import { DISTRICT_ID, preloadOrganizations, preloadVocabulary } from './preload.ts';
import { isProblem, Problem, payloadTooLarge, problemBody, systemProblem } from './problems.ts';
import { isDataRequest, router } from './routes.ts';
import { type Shape, shapesOf, TIES } from './shape.ts';
import { type Standard, standardOf } from './standard.ts';
import { bodyOf, openStore, type Store } from './store.ts';
import { type Validated, validator } from './validate.ts';

const LARGEST_BODY = 10_000_000;

function openStoreOf(file: string | undefined): Store {
  try {
    return openStore(file, TIES);
  } catch {
    throw new Failure(
      'usage',
      `The practice API cannot keep its items in ${file}; choose a file in a folder that can be written to, or none.`,
    );
  }
}

/** Everything but the network: the store filled, the handlers' tools ready. */
function createApi(standard: Standard, options: SandboxOptions, store: Store, dataUrl: () => string): Api {
  const { now = Date.now, random } = options;
  const shapes = shapesOf(standard.model);
  const descriptors = descriptorValues(standard.openTypes);
  const isEmpty = [...shapes.keys()].every((name) => store.count(name) === 0);
  for (const shape of shapes.values()) {
    if (shape.descriptor === undefined) continue;
    for (const item of store.all(shape.name)) descriptors.add(shape.descriptor, bodyOf(item));
  }
  const validators = new Map<Shape, (body: Validated['body']) => Validated>();
  let lastVersion = 0;
  const api: Api = {
    get dataUrl() {
      return dataUrl();
    },
    store,
    shapes,
    descriptors,
    organizations: organizations(store, shapes.values()),
    validate: (shape, body) => {
      let validate = validators.get(shape);
      if (validate === undefined) {
        validate = validator(shape, descriptors);
        validators.set(shape, validate);
      }
      return validate(body);
    },
    newId: idMaker(random),
    newVersion: () => {
      const time = now();
      // Tenths of microseconds, as the ODS counts; two versions in one millisecond still differ.
      lastVersion = Math.max(time * 1000, lastVersion + 1);
      return { etag: String(lastVersion), modified: new Date(time).toISOString() };
    },
  };
  if (isEmpty) {
    store.transaction(() => {
      preloadVocabulary(api, standard.descriptorValues);
      if (options.preload !== false) preloadOrganizations(api);
    });
  }
  return api;
}

const counted = (request: ApiRequest): keyof RequestCounts | undefined => {
  if (request.path === PATHS.token) return 'token';
  if (request.path === PATHS.tokenInfo) return 'GET';
  switch (request.method) {
    case 'GET':
    case 'POST':
    case 'PUT':
    case 'DELETE':
      return request.method;
    default:
      return undefined;
  }
};

/** Collects a request's body, then hands the whole over. */
function receive(incoming: IncomingMessage, then: (request: ApiRequest | Problem) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= LARGEST_BODY) chunks.push(chunk);
  });
  incoming.on('end', () => {
    if (size > LARGEST_BODY) return then(payloadTooLarge());
    const target = incoming.url ?? '/';
    const mark = target.indexOf('?');
    then({
      method: incoming.method ?? 'GET',
      path: mark === -1 ? target : target.slice(0, mark),
      query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
      headers: incoming.headers,
      body: (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8'),
    });
  });
}

function send(outgoing: ServerResponse, { status, headers, body, contentType }: ApiResponse): void {
  if (body === undefined) {
    outgoing.writeHead(status, status === 204 || status === 304 ? headers : { ...headers, 'Content-Length': '0' });
    outgoing.end();
    return;
  }
  outgoing.writeHead(status, {
    'Content-Type': contentType ?? 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  outgoing.end(body);
}

const asResponse = ({ facts }: Problem, correlationId: string): ApiResponse => ({
  status: facts.status,
  body: problemBody(facts, correlationId),
  contentType: 'application/problem+json',
  ...(facts.headers === undefined ? {} : { headers: facts.headers }),
});

const listen = (server: Server, port: number, host: string): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', () =>
      reject(new Failure('usage', `Port ${port} on ${host} cannot be listened on; choose another, or none for any.`)),
    );
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });

/**
 * Starts a practice API.
 * @returns where it listens, its key and secret, and what it has seen and stored
 * @throws Failure where a document, the data standard, the file or the port cannot be used
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', latencyMs = 0, now = Date.now } = options;
  const standard = standardOf(options.dataStandard, options.openapi);
  const store = openStoreOf(options.file);
  const newId = idMaker(options.random);
  const client = {
    key: options.key ?? 'practice-key',
    secret: options.secret ?? 'practice-secret',
    educationOrganizationIds: options.educationOrganizationIds ?? [DISTRICT_ID],
  };
  const counts = { POST: 0, PUT: 0, DELETE: 0, GET: 0, token: 0 };
  let url = '';
  let route: (request: ApiRequest) => ApiResponse;

  const answer = (request: ApiRequest): ApiResponse => {
    try {
      return route(request);
    } catch (thrown) {
      return asResponse(isProblem(thrown) ? thrown : systemProblem(), newId());
    }
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    receive(incoming, (request) => {
      if (request instanceof Problem) return send(outgoing, asResponse(request, newId()));
      const kind = counted(request);
      if (kind !== undefined) counts[kind] += 1;
      if (latencyMs > 0 && isDataRequest(request.path)) {
        setTimeout(() => send(outgoing, answer(request)), latencyMs);
      } else {
        send(outgoing, answer(request));
      }
    });
  });

  try {
    const api = createApi(standard, options, store, () => url + PATHS.data);
    const address = await listen(server, port, host);
    url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
    const version = modelVersion(standard.dataStandard);
    const documents = documentsOf(standard, standard.model, version, url, options.dependencies);
    route = router(api, tokenService([client], options.tokenLifetimeSeconds ?? 1800, now, newId), documents);
  } catch (thrown) {
    server.close();
    store.close();
    throw thrown;
  }

  return {
    url,
    key: client.key,
    secret: client.secret,
    requests: () => ({ ...counts }),
    read: (resource) => store.all(resource).map((item) => ({ id: item.id, body: bodyOf(item) })),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      store.close();
    },
  };
}
