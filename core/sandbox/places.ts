/**
 * Where the parts of an API are: plain, below a stage, or with a tenant, an instance and a school year in their URLs.
 * Inside the practice API all paths are the plain ones; here they are found in, and written as, what a client sees.
 */
import { Failure } from '../errors/failure.ts';
import type { Traits, UrlName } from './generations.ts';

/** The plain paths. */
export const PATHS = {
  token: '/oauth/token',
  tokenInfo: '/oauth/token_info',
  metadata: '/metadata',
  resources: '/metadata/data/v3/resources/swagger.json',
  descriptors: '/metadata/data/v3/descriptors/swagger.json',
  dependencies: '/metadata/data/v3/dependencies',
  xsd: '/metadata/xsd',
  data: '/data/v3/',
  changes: '/changeQueries/v1/',
  composites: '/composites/v1/',
  identity: '/identity/v2/',
} as const;

/** Which of its several databases a request is for; a member that the API's URLs do not have is absent. */
export interface Place {
  readonly tenant?: string;
  readonly instance?: string;
  readonly year?: number;
}

/** The tenants, instances and school years of a practice API; what is not given is no part of its URLs. */
export interface RouteOptions {
  readonly tenant?: readonly string[] | undefined;
  readonly instance?: readonly string[] | undefined;
  readonly year?: readonly number[] | undefined;
}

export interface Found {
  /** One of all, the very same object, where nothing is left open. */
  readonly place: Place;
  /** The plain path. */
  readonly path: string;
}

export interface Places {
  /** Every place there is, in the order of the options; one without members where there are no routes. */
  readonly all: readonly Place[];
  /** @returns undefined where no place answers under this path */
  find(path: string): Found | undefined;
  /** A plain path as a client sees it; what `place` leaves open is a placeholder. */
  pathOf(plain: string, place: Place): string;
}

type Part = keyof Place;

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const STAGE = '/local';

/** Behind which part of a plain path the routes stand, where they stand inside; the longer ones first. */
const HEADS = ['/metadata/data/v3', '/data/v3', '/changeQueries/v1', '/composites/v1', '/identity/v2', '/metadata'];

/** Two places are the same where this is. */
export const placeKey = ({ tenant, instance, year }: Place): string =>
  [tenant ?? '', instance ?? '', year ?? ''].join('/');

/** Keys and tokens are good for one tenant, or where there are none, for one instance. */
export const realmOf = ({ tenant, instance }: Place): string => tenant ?? instance ?? '';

function partsOf(routes: RouteOptions, routing: Traits['routing']): Part[] {
  const parts = (['tenant', 'instance', 'year'] as const).filter((part) => (routes[part]?.length ?? 0) > 0);
  if (routing === 'stage' && parts.length > 0) {
    throw new Failure(
      'usage',
      'This generation of the practice API has no routes; leave tenant, instance and year out.',
    );
  }
  if (routing === 'inside' && parts.includes('tenant')) {
    throw new Failure('usage', 'Tenants came with version 7 of the API; name instances instead.');
  }
  for (const name of [...(routes.tenant ?? []), ...(routes.instance ?? [])]) {
    if (!NAME.test(name)) {
      throw new Failure(
        'usage',
        'A tenant or instance may be named with letters, digits, hyphens and underscores only.',
      );
    }
  }
  for (const year of routes.year ?? []) {
    if (!Number.isInteger(year) || year < 1900 || year > 2100) {
      throw new Failure('usage', 'A school year of a route is the year in which it ends, for example 2027.');
    }
  }
  return parts;
}

function everyPlace(routes: RouteOptions, parts: readonly Part[]): Place[] {
  return parts.reduce<Place[]>(
    (places, part) => places.flatMap((place) => (routes[part] ?? []).map((value) => ({ ...place, [part]: value }))),
    [{}],
  );
}

/**
 * @param routing the trait of that name
 * @throws Failure `usage` where the generation has no such routes, or a name cannot stand in a URL
 */
export function placesOf(
  { routing, dataStandard }: Pick<Traits, 'routing' | 'dataStandard'>,
  routes: RouteOptions = {},
): Places {
  const parts = partsOf(routes, routing);
  const years = routes.year ?? [];
  const placeholder = (part: Part): string => {
    switch (part) {
      case 'tenant':
        return '{tenantIdentifier}';
      case 'instance':
        return '{instance}';
      case 'year':
        return `{schoolYearFromRoute:range(${Math.min(...years)},${Math.max(...years)})}`;
    }
  };
  const written = (place: Place, only: readonly Part[]): string =>
    only.map((part) => `/${place[part] ?? placeholder(part)}`).join('');
  /** Takes as many segments as name parts of a place; undefined where one is no such part. */
  const read = (segments: readonly string[], only: readonly Part[]): Place | undefined => {
    let place: Place | undefined = {};
    only.slice(0, segments.length).forEach((part, index) => {
      const value = routes[part]?.find((known) => String(known) === segments[index]);
      place = value === undefined || place === undefined ? undefined : { ...place, [part]: value };
    });
    return place;
  };
  /** A path that begins with parts of a place, or with all of them; the rest is left. */
  const leading = (path: string, only: readonly Part[]): Found | undefined => {
    const segments = path.split('/').slice(1);
    const place = read(segments.slice(0, only.length), only);
    return place === undefined ? undefined : { place, path: `/${segments.slice(only.length).join('/')}` };
  };
  const all = everyPlace(routes, parts);
  const known = new Map(all.map((place) => [placeKey(place), place]));
  const finder =
    (look: (path: string) => Found | undefined): Places['find'] =>
    (path) => {
      const found = look(path);
      return found === undefined ? undefined : { ...found, place: known.get(placeKey(found.place)) ?? found.place };
    };
  const root = (path: string): Found | undefined => {
    const segments = path.split('/').filter((segment) => segment !== '');
    const place = segments.length > parts.length ? undefined : read(segments, parts);
    return place === undefined ? undefined : { place, path: '/' };
  };
  // Most practice APIs have no routes, and every request asks.
  const [only] = all;
  if (routing !== 'stage' && parts.length === 0 && only !== undefined) {
    return { all, find: (path) => ({ place: only, path }), pathOf: (plain) => plain };
  }

  switch (routing) {
    case 'stage': {
      const data = `${STAGE}/v${dataStandard}/`;
      return {
        all,
        find: finder((path) => {
          if (path === '/' || path === STAGE || path === `${STAGE}/`) return { place: {}, path: '/' };
          if (path.startsWith(data)) return { place: {}, path: PATHS.data + path.slice(data.length) };
          return path.startsWith(`${STAGE}/`) ? { place: {}, path: path.slice(STAGE.length) } : undefined;
        }),
        pathOf: (plain) => (plain.startsWith(PATHS.data) ? data + plain.slice(PATHS.data.length) : STAGE + plain),
      };
    }
    case 'prefix':
      return {
        all,
        find: finder((path) => root(path) ?? leading(path, parts)),
        pathOf: (plain, place) => written(place, parts) + plain,
      };
    case 'inside': {
      const signing = parts.filter((part) => part !== 'year');
      return {
        all,
        find: finder((path) => {
          const head = HEADS.find((known) => path === known || path.startsWith(`${known}/`));
          if (head !== undefined) {
            const found = leading(path.slice(head.length), parts);
            return found === undefined ? undefined : { ...found, path: head + (found.path === '/' ? '' : found.path) };
          }
          return root(path) ?? leading(path, signing);
        }),
        pathOf: (plain, place) => {
          const head = HEADS.find((known) => plain === known || plain.startsWith(`${known}/`));
          return head === undefined
            ? written(place, signing) + plain
            : head + written(place, parts) + plain.slice(head.length);
        },
      };
    }
  }
}

const PLAIN: Readonly<Record<UrlName, string>> = {
  dependencies: PATHS.dependencies,
  openApiMetadata: `${PATHS.metadata}/`,
  oauth: PATHS.token,
  oauthTokenIntrospection: PATHS.tokenInfo,
  dataManagementApi: PATHS.data,
  xsdMetadata: PATHS.xsd,
  changeQueries: PATHS.changes,
  composites: PATHS.composites,
  identity: PATHS.identity,
};

/** The path that discovery gives for one of its addresses: where a year stands inside it, without a slash at its end. */
export function publishedPath(places: Places, traits: Pick<Traits, 'routing'>, name: UrlName, place: Place): string {
  const path = places.pathOf(PLAIN[name], place);
  const hasRoutes = places.all.some((one) => Object.keys(one).length > 0);
  return traits.routing === 'inside' && hasRoutes ? path.replace(/\/$/, '') : path;
}
