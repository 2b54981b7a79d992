/**
 * The practice API: a real HTTP server that behaves as an Ed-Fi API of some generation (7.3 unless told), on a data
 * standard that ships or on the specification of an API to impersonate.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../edfi/model.ts';
import { Failure } from '../errors/failure.ts';
import type { Api } from './api.ts';
import { dashed, idMaker } from './chance.ts';
import { organizations } from './claims.ts';
import { type Client, clientsOf } from './clients.ts';
import { descriptorValues } from './descriptor-values.ts';
import { type Documents, documentsOf } from './documents.ts';
import { problemResponse } from './error-bodies.ts';
import { type ApiRequest, type ApiResponse, headersOf } from './exchange.ts';
import { controlOf, isControl } from './faults/control.ts';
import { createEffects } from './faults/effects.ts';
import { listenerOf } from './faults/listener.ts';
import { createWeather } from './faults/weather.ts';
import { type Traits, traitsOf } from './generations.ts';
import { modelVersion } from './models/load.ts';
import { type TokenService, tokenService } from './oauth.ts';
import type { RequestCounts, Sandbox, SandboxOptions } from './options.ts';
import { PATHS, type Place, type Places, placesOf } from './places.ts';
import { DISTRICT_ID, preloadOrganizations, preloadVocabulary } from './preload.ts';
import { isProblem, notFound, Problem, payloadTooLarge, systemProblem } from './problems.ts';
import { isDataRequest, router, type Site } from './routes.ts';
import { type Shape, shapesOf, TIES } from './shape.ts';
import type { Snapshot } from './snapshots.ts';
import { type Standard, standardOf, withoutSchoolYears } from './standard.ts';
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

/** What all places of one practice API share. */
interface Ground {
  readonly standard: Standard;
  readonly traits: Traits;
  readonly options: SandboxOptions;
  readonly clients: readonly Client[];
  readonly places: Places;
  readonly newId: () => string;
  /** `http://127.0.0.1:54321` */
  readonly url: () => string;
}

/** Everything but the network: the store filled, the handlers' tools ready. */
function createApi(
  { standard, traits, options, clients, places, url, newId }: Ground,
  store: Store,
  place: Place,
): Api {
  const { now = Date.now } = options;
  const shapes = shapesOf(standard.model);
  const descriptors = descriptorValues(standard.openTypes);
  const isEmpty = [...shapes.keys()].every((name) => store.count(name) === 0);
  for (const shape of shapes.values()) {
    if (shape.descriptor === undefined) continue;
    for (const item of store.all(shape.name)) descriptors.add(shape.descriptor, bodyOf(item));
  }
  const validators = new Map<Shape, (body: JsonObject) => Validated>();
  let lastVersion = 0;
  const pathOf: Api['pathOf'] = (resource, id) => places.pathOf(`${PATHS.data}${resource}/${id}`, place);
  const api: Api = {
    traits,
    store,
    shapes,
    descriptors,
    organizations: organizations(store, shapes.values()),
    profiles: clients.flatMap(({ profiles }) => profiles),
    pathOf,
    locationOf: (resource, id) => (traits.location === 'absolute' ? url() : '') + pathOf(resource, id),
    validate: (shape, body) => {
      let validate = validators.get(shape);
      if (validate === undefined) {
        validate = validator(shape, descriptors, traits.unknownMembers);
        validators.set(shape, validate);
      }
      return validate(body);
    },
    newId: () => (traits.ids === 'dashed' ? dashed(newId()) : newId()),
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

/** One place, with what belongs to it alone. */
interface OwnSite extends Site {
  readonly route: (request: ApiRequest) => ApiResponse;
  takeSnapshot(): string;
  close(): void;
}

function createSite(ground: Ground, place: Place, tokens: TokenService, documents: () => Documents): OwnSite {
  const { options, newId } = ground;
  const { file, now = Date.now } = options;
  const suffix = Object.values(place).join('-');
  const store = openStoreOf(file === undefined || suffix === '' ? file : `${file}.${suffix}`);
  const stores = [store];
  const snapshots: Snapshot<Api>[] = [];
  try {
    const api = createApi(ground, store, place);
    const site: Site = { api, snapshots };
    let route: OwnSite['route'] | undefined;
    const own: OwnSite = {
      ...site,
      route: (request) => {
        route ??= router(site, tokens, documents());
        return route(request);
      },
      takeSnapshot: () => {
        const copy = openStore(store.image(), TIES);
        stores.push(copy);
        const identifier = newId();
        snapshots.push({
          identifier,
          taken: new Date(now()).toISOString(),
          site: createApi(ground, copy, place),
        });
        return identifier;
      },
      close: () => {
        for (const open of stores) open.close();
      },
    };
    if (options.snapshot === true) own.takeSnapshot();
    return own;
  } catch (thrown) {
    for (const open of stores) open.close();
    throw thrown;
  }
}

/** Every place has its data; they are made when they are first asked for. */
function createSites(ground: Ground, tokens: TokenService, documents: () => Documents) {
  const sites = new Map<Place, OwnSite>();
  const { all } = ground.places;
  const wholeOf = (place: Place): Place | undefined =>
    all.includes(place)
      ? place
      : all.find((one) => Object.entries(place).every(([part, value]) => one[part as keyof Place] === value));
  return {
    /** @param place may leave open what then is the first of its kind; undefined where there is no such place */
    at: (place: Place): OwnSite | undefined => {
      const whole = wholeOf(place);
      if (whole === undefined) return undefined;
      let site = sites.get(whole);
      if (site === undefined) {
        site = createSite(ground, whole, tokens, documents);
        sites.set(whole, site);
      }
      return site;
    },
    close: (): void => {
      for (const site of sites.values()) site.close();
    },
  };
}

/** What can be told where the place is left open: where the others are, and who signs in. */
const isOpenPath = (path: string): boolean => path === '/' || path === PATHS.token || path === PATHS.tokenInfo;

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

/** Collects a request's body, then hands the whole over, with the path as the client gave it. */
function receive(incoming: IncomingMessage, then: (request: Omit<ApiRequest, 'place'> | Problem) => void): void {
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

function send(outgoing: ServerResponse, response: ApiResponse): void {
  const { status, headers, body } = response;
  if (body === undefined) {
    outgoing.writeHead(status, status === 204 || status === 304 ? headers : { ...headers, 'Content-Length': '0' });
    outgoing.end();
    return;
  }
  outgoing.writeHead(status, headersOf({ ...response, body }));
  outgoing.end(body);
}

const listen = (server: Server, port: number, host: string): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', () =>
      reject(new Failure('usage', `Port ${port} on ${host} cannot be listened on; choose another, or none for any.`)),
    );
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });

/** No place is at this path: whatever it asks for is not found. */
const NOWHERE = '';

/**
 * Starts a practice API.
 * @returns where it listens, its key and secret, and what it has seen and stored
 * @throws Failure where a document, the data standard, the file or the port cannot be used, or an option does not fit
 *   the generation
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', latencyMs = 0 } = options;
  const traits = traitsOf(options.generation, options.traits);
  const found = standardOf(options.dataStandard, options.openapi, traits.dataStandard);
  const standard = traits.schoolYears ? found : withoutSchoolYears(found);
  const places = placesOf({ routing: traits.routing, dataStandard: standard.dataStandard }, options.routes);
  const newId = idMaker(options.random);
  const organizationIds = options.educationOrganizationIds ?? [DISTRICT_ID];
  const clients = clientsOf(
    options.clients ?? [{ key: options.key ?? 'practice-key', secret: options.secret ?? 'practice-secret' }],
    organizationIds,
  );
  const [client] = clients;
  if (client === undefined) throw new Failure('usage', 'The practice API needs at least one client; give it a key.');
  const counts = { POST: 0, PUT: 0, DELETE: 0, GET: 0, token: 0 };
  let url = '';
  let documents: Documents | undefined;

  const weather = createWeather(options.faults, {
    now: options.now ?? Date.now,
    answer: (request) => noted(request),
    refuse: ({ facts }) => problemResponse(facts, traits, newId()),
    send,
    revoke: (token) => tokens.revoke(token),
  });
  const { now } = weather;
  const tokens = tokenService(clients, traits, options.tokenLifetimeSeconds ?? 1800, now, newId);
  const ground: Ground = { standard, traits, options: { ...options, now }, clients, places, newId, url: () => url };
  const sites = createSites(ground, tokens, () => {
    documents ??= documentsOf(
      standard,
      { url, traits, places, modelVersion: modelVersion(standard.dataStandard) },
      options.dependencies,
    );
    return documents;
  });

  const answer = (request: ApiRequest): ApiResponse => {
    try {
      const isThere = request.path !== NOWHERE && (places.all.includes(request.place) || isOpenPath(request.path));
      const site = isThere ? sites.at(request.place) : undefined;
      if (site === undefined) throw notFound();
      return site.route(request);
    } catch (thrown) {
      return problemResponse((isProblem(thrown) ? thrown : systemProblem()).facts, traits, newId());
    }
  };
  const effects =
    options.control === true ? createEffects((place, id) => sites.at(place)?.api.store.byId(id)) : undefined;
  const noted = (request: ApiRequest): ApiResponse => effects?.around(request, answer) ?? answer(request);
  const control = effects && controlOf(weather.faults, () => ({ ...counts }), effects);
  const pass = (request: ApiRequest, outgoing: ServerResponse): void => {
    if (weather.isCalm) send(outgoing, noted(request));
    else weather.handle(request, outgoing);
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    receive(incoming, (received) => {
      if (received instanceof Problem) return send(outgoing, problemResponse(received.facts, traits, newId()));
      if (control !== undefined && isControl(received.path)) return send(outgoing, control(received));
      const request: ApiRequest = { ...received, ...(places.find(received.path) ?? { place: {}, path: NOWHERE }) };
      const kind = counted(request);
      if (kind !== undefined) counts[kind] += 1;
      if (latencyMs > 0 && isDataRequest(request.path)) {
        setTimeout(() => pass(request, outgoing), latencyMs);
      } else {
        pass(request, outgoing);
      }
    });
  });

  try {
    // The first place is always wanted, and shows whether the file can be used.
    sites.at({});
    const address = await listen(server, port, host);
    url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
    weather.listen(listenerOf(server, address.port, host));
  } catch (thrown) {
    weather.stop();
    server.close();
    sites.close();
    throw thrown;
  }

  const siteAt = (place: Place = {}): OwnSite => {
    const site = sites.at(place);
    if (site === undefined) throw new Failure('usage', 'The practice API has no such tenant, instance or school year.');
    return site;
  };
  return {
    url,
    key: client.key,
    secret: client.secret,
    requests: () => ({ ...counts }),
    faults: weather.faults,
    writes: () => effects?.writes() ?? [],
    read: (resource, place) =>
      siteAt(place)
        .api.store.all(resource)
        .map((item) => ({ id: item.id, body: bodyOf(item) })),
    takeSnapshot: (place) => siteAt(place).takeSnapshot(),
    close: async () => {
      weather.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      sites.close();
    },
  };
}
