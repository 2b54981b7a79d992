import type { JsonObject, ResourceName } from '../edfi/model.ts';
import type { ClientOptions } from './clients.ts';
import type { WriteCount } from './faults/effects.ts';
import type { FaultPlan } from './faults/plan.ts';
import type { Faults } from './faults/weather.ts';
import type { Generation, Traits } from './generations.ts';
import type { DependencyRow } from './models/compact.ts';
import type { DataStandard } from './models/load.ts';
import type { Place, RouteOptions } from './places.ts';

/** How a practice API is to be; everything has a default. */
export interface SandboxOptions {
  /** Which generation of API it behaves as; 7.3 unless told. */
  readonly generation?: Generation;
  /** Traits in place of the generation's own. */
  readonly traits?: { readonly [name in keyof Traits]?: Traits[name] | undefined };
  /** Tenants, instances and school years in its URLs, each with data of its own; none unless told. */
  readonly routes?: RouteOptions;
  /** Its keys; in place of `key`, `secret` and `educationOrganizationIds`, which give it one. At least one. */
  readonly clients?: readonly ClientOptions[];
  /** A snapshot of each place is taken as soon as what is there from the start is there. */
  readonly snapshot?: boolean;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** A shipped data standard; the generation's unless told (5.2 for 7.3), and with `openapi` the one most like it. */
  readonly dataStandard?: DataStandard;
  /**
   * Parsed OpenAPI documents (resources, descriptors, or both) of the API to impersonate, extensions included; served
   * back as they are.
   */
  readonly openapi?: readonly unknown[];
  /** The rows of the dependency list, or 'none' for an API that has no such endpoint (404). */
  readonly dependencies?: readonly DependencyRow[] | 'none';
  /** SQLite file that keeps the items, one for each place where there are routes; in memory unless told. */
  readonly file?: string;
  readonly key?: string;
  readonly secret?: string;
  /** 1800 unless told. */
  readonly tokenLifetimeSeconds?: number;
  /** Milliseconds each data request waits before it is looked at; 0 unless told. */
  readonly latencyMs?: number;
  /** The education organizations the key is for; [255901] unless told. */
  readonly educationOrganizationIds?: readonly number[];
  /** What is to go wrong; nothing unless told. */
  readonly faults?: FaultPlan;
  /**
   * `PUT`, `GET` and `DELETE /__control/faults` and `GET /__control/requests` are there, and what each write did is
   * noted; off unless told.
   */
  readonly control?: boolean;
  /** School years, the state agency, the district and its schools are there from the start unless false. */
  readonly preload?: boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Evenly spread in [0, 1): ids, tokens and correlation ids are made from it. */
  readonly random?: () => number;
}

/** What can be told to a practice API in another thread. */
export type SandboxWorkerOptions = Omit<SandboxOptions, 'now' | 'random'>;

/** Requests received since the start, refused ones included. */
export interface RequestCounts {
  readonly POST: number;
  readonly PUT: number;
  readonly DELETE: number;
  /** Every read: data, discovery, metadata and token_info. */
  readonly GET: number;
  /** Requests for an access token. */
  readonly token: number;
}

/** An item as it is stored: the body that was sent, without unknown members, and its id. */
export interface StoredItem {
  /** 32 hexadecimal digits, or a UUID with its dashes. */
  readonly id: string;
  readonly body: JsonObject;
}

export interface Sandbox {
  /** `http://127.0.0.1:54321`, without a trailing slash; discovery answers there. */
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  requests(): RequestCounts;
  readonly faults: Faults;
  /** What writes did to each item; nothing where `control` is off. */
  writes(): WriteCount[];
  /** Every item of a resource, in the order of creation, whoever may see it. @param place the first unless told */
  read(resource: ResourceName, place?: Place): StoredItem[];
  /**
   * Keeps the present state for requests that ask for a snapshot. @param place the first unless told
   * @returns its identifier
   */
  takeSnapshot(place?: Place): string;
  /** Stops listening, drops open connections, closes the file. */
  close(): Promise<void>;
}
