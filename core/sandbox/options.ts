import type { JsonObject, ResourceName } from '../edfi/model.ts';
import type { DependencyRow } from './models/compact.ts';
import type { DataStandard } from './models/load.ts';

/** How a practice API is to be; everything has a default. */
export interface SandboxOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** A shipped data standard; 5.2 unless told, and with `openapi` the one most like it. */
  readonly dataStandard?: DataStandard;
  /**
   * Parsed OpenAPI documents (resources, descriptors, or both) of the API to impersonate, extensions included; served
   * back as they are.
   */
  readonly openapi?: readonly unknown[];
  /** The rows of the dependency list, or 'none' for an API that has no such endpoint (404). */
  readonly dependencies?: readonly DependencyRow[] | 'none';
  /** SQLite file that keeps the items; in memory unless told. */
  readonly file?: string;
  readonly key?: string;
  readonly secret?: string;
  /** 1800 unless told. */
  readonly tokenLifetimeSeconds?: number;
  /** Milliseconds each data request waits before it is looked at; 0 unless told. */
  readonly latencyMs?: number;
  /** The education organizations the key is for; [255901] unless told. */
  readonly educationOrganizationIds?: readonly number[];
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
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly body: JsonObject;
}

export interface Sandbox {
  /** `http://127.0.0.1:54321`, without a trailing slash; discovery answers there. */
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  requests(): RequestCounts;
  /** Every item of a resource, in the order of creation, whoever may see it. */
  read(resource: ResourceName): StoredItem[];
  /** Stops listening, drops open connections, closes the file. */
  close(): Promise<void>;
}
