/**
 * What a bundle is made from. Each object is strict, each field of a closed kind (kinds.ts): what does not fit is left
 * out, and counted by file.
 */
import { z } from 'zod';
import { CATALOGUE, type ProblemCode } from '../../errors/catalogue.ts';
import { FAILURE_CODES } from '../../errors/failure.ts';
import { GROUP_STATUSES } from '../events.ts';
import { bucketField, durationField, isConnectionLabel, isReference, versionOf } from '../fields.ts';
import { architectureField, claimSetField, mappingSettingOf, platformField } from '../lists.ts';
import { columnOf, tableOf, type Words } from '../words.ts';
import { countKind, statusKind, timeKind } from './kinds.ts';

const codes = Object.keys(CATALOGUE) as [ProblemCode, ...ProblemCode[]];

export const BATCH_STATES = ['planning', 'waiting', 'sending', 'done', 'stopped'] as const;
export const BATCH_KINDS = ['sync', 'plan', 'audit', 'adopt', 'retry'] as const;
export const OPERATIONS = ['create', 'read', 'update', 'delete', 'read-changes'] as const;
/** What an API can do, or is like, beyond its version. */
export const TRAITS = [
  'encrypted',
  'unencrypted',
  'year-in-address',
  'tenant-in-address',
  'instance-in-address',
  'own-certificates',
  'swagger-2',
  'openapi-3',
  'dependencies-listed',
  'token-info',
  'token-info-with-claim-set',
  'cursor-paging',
  'change-queries',
  'snapshots',
  'problem-details',
  'profiles',
] as const;

const accountKind = z.strictObject({
  read: countKind,
  created: countKind,
  updated: countKind,
  deleted: countKind,
  unchanged: countKind,
  rejected: countKind,
  held: countKind,
  failed: countKind,
  skipped: countKind,
});
export type AccountFacts = z.infer<typeof accountKind>;

const requestsKind = z.strictObject({
  POST: countKind,
  PUT: countKind,
  DELETE: countKind,
  GET: countKind,
  token: countKind,
  retries: countKind,
});

const timingsKind = z.strictObject({
  /** Milliseconds, each; null where it was not measured. */
  totalMs: durationField.nullable(),
  planMs: durationField.nullable(),
  sendMs: durationField.nullable(),
  /** Of one request: the middle one, and the one that 95 of 100 are faster than. */
  latencyP50Ms: durationField.nullable(),
  latencyP95Ms: durationField.nullable(),
  /** Connections to the API open at once, at most. */
  connections: countKind.nullable(),
});

/** As the program or the API writes it, its first three numbers (four could be an address); null for what is none. */
const versionKind = z
  .string()
  .nullable()
  .transform((text): string | null => versionOf(text)?.replace(/^(\d+\.\d+\.\d+)\.\d+/, '$1') ?? null);

const labelKind = z.string().refine(isConnectionLabel);

const environmentKind = z.strictObject({
  rollbook: versionKind,
  node: versionKind,
  electron: versionKind,
  host: z.enum(['desktop', 'browser', 'command-line']),
  platform: platformField,
  arch: architectureField,
  /** First number of `os.release()`; 0 where it is not known. */
  osMajor: z.number().int().min(0).max(999),
  cores: z.number().int().min(1).max(4096),
  /** Of the machine, rounded. */
  memoryGb: z.number().int().min(0).max(65_536),
  ledger: z.strictObject({
    schemaVersion: z.number().int().min(0).max(9999),
    /** A bucket's lower bound: the exact size would tell how long values are. */
    megabytes: bucketField,
    records: countKind,
    openProblems: countKind,
  }),
  settings: z.strictObject({
    concurrency: z.union([z.literal('auto'), z.number().int().min(1).max(256)]),
    patienceSeconds: z.number().int().min(0).max(86_400),
    /** Days that events are kept. */
    retentionDays: z.number().int().min(0).max(9999),
    /** Where the connections' secrets are. */
    secrets: z.enum(['keychain', 'file', 'nowhere']),
  }),
});

/** Where names are looked up, and what is told of each that is not found. */
export interface NameRules {
  readonly words: Words;
  readonly hidden: () => void;
}

/**
 * @returns the schemas of the three lists and of the environment; a name inside an item that is not of the vocabulary
 *   becomes null, or is left out of its list, and `hidden` is called
 */
export const inputSchemas = ({ words, hidden }: NameRules) => {
  const named =
    (find: (text: string) => string | undefined) =>
    (text: string | null): string | null => {
      const found = text === null ? undefined : find(text);
      if (text !== null && found === undefined) hidden();
      return found ?? null;
    };
  const orNull = (find: (text: string) => string | undefined) => z.string().nullable().transform(named(find));
  const resourceKind = z.string().transform((text, context) => {
    const found = words.resource(text);
    if (found !== undefined) return found as string;
    context.addIssue('not a resource');
    return z.NEVER;
  });
  /** `ed-fi/sections`, and `tpdm/*` for all of an extension. */
  const resources = (text: string): string | undefined => {
    if (!text.endsWith('/*')) return words.resource(text);
    const prefix = words.extension(text.slice(0, -2));
    return prefix === undefined ? undefined : `${prefix}/*`;
  };
  /** One of the vocabulary as the specification spells it; any other is left out of its list. */
  const withKnownResource = <T extends { readonly resource: string }>(item: T): T[] => {
    const resource = named(resources)(item.resource);
    return resource === null ? [] : [{ ...item, resource }];
  };
  const subject = (text: string): string | undefined =>
    words.descriptor(text) ?? words.entity(text) ?? mappingSettingOf(text) ?? tableOf(text) ?? columnOf(text);
  const permissions = z.array(z.strictObject({ resource: z.string(), operations: z.array(z.enum(OPERATIONS)) }));
  return {
    connection: z.strictObject({
      /** `C1`, `state`: never its name. */
      label: labelKind,
      apiVersion: versionKind,
      dataStandard: versionKind,
      /** By what their resources begin with: `tpdm`. */
      extensions: z.array(z.strictObject({ name: orNull(words.extension), version: versionKind })),
      claimSet: claimSetField,
      /** Null where the API does not tell. What is beyond the specification is counted, and not named. */
      permissions: permissions.transform((list) => list.flatMap(withKnownResource)).nullable(),
      educationOrganizations: countKind,
      namespaces: countKind,
      profiles: countKind,
      traits: z.array(z.enum(TRAITS)),
      /** `ed-fi/sections`, `tpdm/*`. */
      resourcesOff: z.array(z.string()).transform((list) => list.flatMap((text) => named(resources)(text) ?? [])),
      vanished: z.enum(['delete', 'keep']),
      mapping: z.enum(['shipped', 'own']),
      descriptorMappings: countKind,
      /** Confirmed records in the ledger. */
      records: countKind,
      keySince: timeKind.nullable(),
      specificationAt: timeKind.nullable(),
    }),
    group: z.strictObject({
      /** The label of the connection it belongs to. */
      connection: labelKind,
      /** `G-7K4M-2Q` */
      reference: z.string().refine((text) => isReference('G', text)),
      code: z.enum(codes),
      /** `ed-fi/students`. */
      resource: resourceKind,
      /** `$.races[].raceDescriptor`; leaves as `races.raceDescriptor`. */
      path: orNull(words.path),
      /** Descriptor type, entity, setting, or table or column of the source. */
      subject: orNull(subject),
      httpStatus: statusKind.nullable(),
      status: z.enum(GROUP_STATUSES),
      firstSeen: timeKind,
      lastSeen: timeKind,
      records: countKind,
      held: countKind,
      /** Records of the group (its own and the held) at the end of a batch, oldest first. */
      trend: z.array(z.strictObject({ batch: countKind, records: countKind })),
      examples: z.array(z.string().refine((text) => isReference('R', text))).max(3),
    }),
    batch: z.strictObject({
      connection: labelKind,
      /** Its number in this ledger. */
      batch: countKind,
      /** `B-7K4M-2Q`: as events name it; null where they do not. */
      reference: z
        .string()
        .refine((text) => isReference('B', text))
        .nullable(),
      kind: z.enum(BATCH_KINDS),
      state: z.enum(BATCH_STATES),
      startedAt: timeKind,
      endedAt: timeKind.nullable(),
      /** Why it stopped early, where it did. */
      stoppedBy: z.enum(FAILURE_CODES).nullable(),
      account: accountKind.nullable(),
      resources: z
        .array(z.strictObject({ resource: z.string(), account: accountKind }))
        .transform((list) => list.flatMap(withKnownResource)),
      requests: requestsKind.nullable(),
      timings: timingsKind,
    }),
    environment: environmentKind,
  };
};

type Schemas = ReturnType<typeof inputSchemas>;
export type ConnectionFacts = z.input<Schemas['connection']>;
export type GroupFacts = z.input<Schemas['group']>;
export type BatchFacts = z.input<Schemas['batch']>;
export type EnvironmentFacts = z.input<Schemas['environment']>;

export interface BundleInput {
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  /** The vocabulary of all connections together. */
  readonly words: Words;
  readonly events: {
    /** Lines of the event log, oldest first. */
    readonly lines: Iterable<string>;
    /** Takes a line; gives what may be passed on of it, or undefined where it is no event of the catalogue. */
    readonly parse: (line: string) => object | undefined;
    /** How many lines a reader before this one did not pass; asked once all lines were taken. */
    readonly refused?: () => number;
    /** How many the sink itself has dropped. */
    readonly droppedBySink: number;
  };
  readonly connections: readonly ConnectionFacts[];
  readonly groups: readonly GroupFacts[];
  /** Oldest first within a connection. */
  readonly batches: readonly BatchFacts[];
  readonly environment: EnvironmentFacts;
}
