/**
 * In what the generations of Ed-Fi APIs differ, as traits: the code asks for a trait and never for a version, and each
 * trait can be set by itself for hosts that differ from their generation.
 */
import type { DataStandard } from './models/load.ts';

/** An ODS/API version, or another implementation altogether. */
export type Generation = '5.3' | '6.2' | '7.1' | '7.3' | 'other';

export const GENERATIONS: readonly Generation[] = ['5.3', '6.2', '7.1', '7.3', 'other'];
export const DEFAULT_GENERATION: Generation = '7.3';

/** The addresses that discovery may give. */
export type UrlName =
  | 'dependencies'
  | 'openApiMetadata'
  | 'oauth'
  | 'oauthTokenIntrospection'
  | 'dataManagementApi'
  | 'xsdMetadata'
  | 'changeQueries'
  | 'composites'
  | 'identity';

/** Plain data only: options go to another thread. */
export interface Traits {
  /** The data standard that is served unless another is asked for. */
  readonly dataStandard: DataStandard;
  /** What discovery calls the software's version. */
  readonly version: string;
  /** Members of discovery beside version, informationalVersion, dataModels and urls. */
  readonly members: readonly ('suite' | 'build' | 'apiMode' | 'applicationName')[];
  readonly urls: readonly UrlName[];
  /**
   * Where a tenant, an instance or a school year stands in a URL: inside (`/data/v3/{instance}/{year}/`), before all
   * else, or nowhere (and everything below a stage, `/local`).
   */
  readonly routing: 'inside' | 'prefix' | 'stage';
  readonly specification: 'swagger-2' | 'openapi-3';
  /** The dependency list as GraphML where that is asked for. */
  readonly dependencyGraph: boolean;
  readonly errors: 'message' | 'message-with-correlation' | 'problem-details' | 'error';
  /** How the older errors say that a descriptor's value does not exist. */
  readonly unknownDescriptor: 'id-required' | 'unresolved';
  /** A PUT that changes the key of a resource whose key is fixed. */
  readonly keyChange: 'restored' | 'refused';
  readonly tokenInfo: 'none' | 'plain' | 'claim-set';
  /** Tokens a client may have in use at once; null where there is no limit. */
  readonly liveTokens: number | null;
  /** `expires_in` as seconds from now, or as a time in seconds since 1970. */
  readonly expiry: 'seconds' | 'epoch';
  readonly missingBearer: 400 | 401;
  /** 32 hexadecimal digits, or a UUID with its dashes. */
  readonly ids: 'digits' | 'dashed';
  readonly location: 'absolute' | 'path';
  readonly etags: boolean;
  /** References carry a link when they are read. */
  readonly links: boolean;
  /** By relationships with education organizations, or by who made an item. */
  readonly authorization: 'relationships' | 'ownership';
  readonly unknownMembers: 'ignored' | 'refused';
  readonly unknownParameters: 'ignored' | 'refused';
  readonly totalCount: 'asked' | 'always';
  /** The answer to a namespace (`tx` of `tx/buses`) that the API does not have. */
  readonly unknownNamespace: 404 | 500;
  /** Whether `schoolYearTypes` is a resource. */
  readonly schoolYears: boolean;
  readonly cursorPaging: boolean;
  readonly changeQueries: 'none' | 'deletes' | 'deletes-and-key-changes';
  readonly snapshots: 'none' | 'by-identifier' | 'by-flag';
  /** The answer where several profiles are assigned and the request names none. */
  readonly ambiguousProfile: 400 | 403;
}

const ODS_5_3: Traits = {
  dataStandard: '3.3b',
  version: '5.3',
  members: ['suite', 'build', 'apiMode'],
  urls: ['dependencies', 'openApiMetadata', 'oauth', 'dataManagementApi', 'xsdMetadata'],
  routing: 'inside',
  specification: 'swagger-2',
  dependencyGraph: true,
  errors: 'message',
  unknownDescriptor: 'id-required',
  keyChange: 'restored',
  tokenInfo: 'none',
  liveTokens: null,
  expiry: 'seconds',
  missingBearer: 401,
  ids: 'digits',
  location: 'absolute',
  etags: true,
  links: true,
  authorization: 'relationships',
  unknownMembers: 'ignored',
  unknownParameters: 'ignored',
  totalCount: 'asked',
  unknownNamespace: 404,
  schoolYears: true,
  cursorPaging: false,
  changeQueries: 'deletes',
  snapshots: 'by-identifier',
  ambiguousProfile: 400,
};

const ODS_6_2: Traits = {
  ...ODS_5_3,
  dataStandard: '4.0',
  version: '6.2',
  urls: [...ODS_5_3.urls, 'changeQueries', 'composites', 'identity'],
  specification: 'openapi-3',
  unknownDescriptor: 'unresolved',
  tokenInfo: 'plain',
  ambiguousProfile: 403,
};

const ODS_7_1: Traits = {
  ...ODS_6_2,
  // The nearest of those that ship to the 5.0 that came with it.
  dataStandard: '5.2',
  version: '7.1',
  members: ['suite', 'build'],
  urls: ['dependencies', 'openApiMetadata', 'oauth', 'dataManagementApi', 'changeQueries'],
  routing: 'prefix',
  errors: 'message-with-correlation',
  keyChange: 'refused',
  changeQueries: 'deletes-and-key-changes',
  snapshots: 'by-flag',
};

const ODS_7_3: Traits = {
  ...ODS_7_1,
  version: '7.3',
  members: ['suite', 'build', 'applicationName'],
  urls: [...ODS_7_1.urls, 'oauthTokenIntrospection'],
  errors: 'problem-details',
  tokenInfo: 'claim-set',
  liveTokens: 15,
  cursorPaging: true,
};

const OTHER: Traits = {
  ...ODS_7_3,
  version: '0.4.0',
  members: ['applicationName'],
  urls: ['dependencies', 'openApiMetadata', 'oauth', 'dataManagementApi'],
  routing: 'stage',
  dependencyGraph: false,
  errors: 'error',
  tokenInfo: 'none',
  liveTokens: null,
  expiry: 'epoch',
  missingBearer: 400,
  ids: 'dashed',
  location: 'path',
  etags: false,
  links: false,
  authorization: 'ownership',
  unknownMembers: 'refused',
  unknownParameters: 'refused',
  totalCount: 'always',
  unknownNamespace: 500,
  schoolYears: false,
  cursorPaging: false,
  changeQueries: 'none',
  snapshots: 'none',
};

const TRAITS: Readonly<Record<Generation, Traits>> = {
  '5.3': ODS_5_3,
  '6.2': ODS_6_2,
  '7.1': ODS_7_1,
  '7.3': ODS_7_3,
  other: OTHER,
};

/** @returns the traits of a generation (7.3 unless told), those that are given in place of its own */
export const traitsOf = (
  generation: Generation = DEFAULT_GENERATION,
  given: { readonly [name in keyof Traits]?: Traits[name] | undefined } = {},
): Traits => ({
  ...TRAITS[generation],
  ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Traits>),
});
