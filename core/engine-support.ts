/** The engine's handling of what support gets: the preview of a bundle, and the bundle itself. */
import os from 'node:os';
import path from 'node:path';
import type { Profile } from './connections/profile.ts';
import type { CommandName, CommandOutput, KeyInfoView, ParsedInput } from './contract/schemas.ts';
import type { Discovery } from './edfi/discovery.ts';
import { batchView } from './engine-history.ts';
import { type EngineLog, type HostKind, ROLLBOOK_VERSION } from './engine-log.ts';
import { stateOf } from './engine-problems.ts';
import { readSettings } from './engine-settings.ts';
import { isProblemCode } from './errors/catalogue.ts';
import { FAILURE_CODES, Failure } from './errors/failure.ts';
import type { ConnectionRow, Ledger } from './ledger/ledger.ts';
import { SCHEMA_VERSION } from './ledger/migrations.ts';
import { identityOf } from './ledger/problem-records.ts';
import { type BundleFile, bundleContent } from './support/bundle/content.ts';
import {
  type BatchFacts,
  type BundleInput,
  type ConnectionFacts,
  type GroupFacts,
  OPERATIONS,
  TRAITS,
} from './support/bundle/input.ts';
import { previewOf } from './support/bundle/preview.ts';
import { describeFindings, scanBundle } from './support/bundle/scan.ts';
import { writeBundle } from './support/bundle/write.ts';
import { bucket } from './support/fields.ts';
import { architectureOf, claimSetOf, majorRelease, platformOf } from './support/lists.ts';
import { lineParser, logLines } from './support/reading.ts';

type SupportCommand = Extract<CommandName, `support.${string}`>;
type Handlers = { [N in SupportCommand]: (input: ParsedInput<N>) => Promise<CommandOutput<N>> };

export interface SupportInput {
  readonly ledger: Ledger;
  readonly folder: string;
  readonly host: HostKind;
  readonly now: () => number;
  readonly log: EngineLog;
  readonly dropped: () => number;
  readonly profileOf: (row: ConnectionRow) => Profile;
  readonly keyInfo: (connectionId: number) => KeyInfoView | undefined;
  readonly hasKeychain: boolean;
}

export interface EngineSupport {
  readonly handlers: Handlers;
}

/** Batches and causes of a connection that a bundle tells of. */
const MOST_BATCHES = 100;
const MOST_GROUPS = 500;
const SAMPLES = 3;

export function createSupportRoom(input: SupportInput): EngineSupport {
  const { ledger, folder, now, log } = input;

  const connectionFacts = (row: ConnectionRow): ConnectionFacts => {
    const profile = input.profileOf(row);
    const kept = ledger.cached(row.id, 'discovery');
    const discovery = kept === undefined ? undefined : (JSON.parse(kept.text) as Discovery);
    const key = input.keyInfo(row.id);
    const specification = ledger.cached(row.id, 'specification');
    return {
      label: log.label(row),
      apiVersion: discovery?.version ?? null,
      dataStandard: discovery?.dataStandard ?? null,
      extensions: (discovery?.dataModels ?? []).flatMap(({ name, version }) =>
        name === 'Ed-Fi' ? [] : [{ name: name.toLowerCase(), version }],
      ),
      claimSet: claimSetOf(key?.claimSet),
      permissions: key?.resources == null ? null : permissionsOf(key.resources),
      educationOrganizations: key?.educationOrganizations.length ?? 0,
      namespaces: key?.namespacePrefixes.length ?? 0,
      profiles: key?.profiles.length ?? 0,
      traits: traitsOf(discovery, profile, key, readSettings(ledger).ca.length > 0),
      resourcesOff: [...profile.off],
      vanished: profile.vanished,
      mapping: profile.mapping === undefined ? 'shipped' : 'own',
      descriptorMappings: ledger.descriptorMap(row.id).length,
      records: ledger.confirmedCount(row.id),
      keySince: profile.keySince ?? row.createdAt,
      specificationAt: specification?.fetchedAt ?? null,
    };
  };

  const groupFacts = (row: ConnectionRow): GroupFacts[] =>
    ledger.problems.groups(row.id, { show: 'all', limit: MOST_GROUPS }).flatMap((group) => {
      if (!isProblemCode(group.code)) return [];
      return [
        {
          connection: log.label(row),
          reference: group.reference,
          code: group.code,
          resource: group.resource,
          path: group.path,
          subject: group.subject,
          httpStatus: group.status === null || group.status < 100 ? null : group.status,
          status: stateOf(group),
          firstSeen: group.firstAt,
          lastSeen: group.lastAt,
          records: group.records,
          held: group.held,
          trend: ledger.problems
            .trend(group.id)
            .map(({ batch, records, held }) => ({ batch, records: records + held })),
          examples: ledger.problemRecords.some(group.id, SAMPLES).flatMap((record) => {
            const identity = identityOf(record);
            if (identity === undefined) return [];
            return [ledger.problemRecords.refer(record.resourceId, identity, record.keyHash, now())];
          }),
        },
      ];
    });

  const batchFacts = (row: ConnectionRow): BatchFacts[] =>
    ledger
      .batches(row.id, Number.MAX_SAFE_INTEGER, MOST_BATCHES)
      .reverse()
      .map((batch) => {
        const { account, resources, requests, stoppedBy, timings } = batchView(batch);
        return {
          connection: log.label(row),
          batch: batch.id,
          reference: batch.reference,
          kind: 'sync',
          state: batch.state,
          startedAt: batch.startedAt,
          endedAt: batch.endedAt,
          stoppedBy: FAILURE_CODES.find((code) => code === stoppedBy) ?? null,
          account,
          resources: Object.entries(resources).map(([resource, one]) => ({ resource, account: one })),
          requests,
          timings: timings ?? NOT_MEASURED,
        };
      });

  const content = (): BundleFile[] => {
    const rows = ledger.connections();
    const settings = readSettings(ledger);
    const extents = rows.map(({ id }) => ledger.extent(id));
    const sum = (key: 'records' | 'openProblems'): number => extents.reduce((total, extent) => total + extent[key], 0);
    const bundle: BundleInput = {
      madeAt: now(),
      words: log.words(),
      events: {
        lines: logLines(folder),
        parse: lineParser({ words: log.words() }),
        droppedBySink: input.dropped(),
      },
      connections: rows.map(connectionFacts),
      // References of records are made here at first need.
      groups: ledger.transaction(() => rows.flatMap(groupFacts)),
      batches: rows.flatMap(batchFacts),
      environment: {
        rollbook: ROLLBOOK_VERSION,
        node: process.versions.node,
        electron: process.versions.electron ?? null,
        host: HOSTS[input.host],
        platform: platformOf(process.platform),
        arch: architectureOf(process.arch),
        osMajor: majorRelease(os.release()),
        cores: os.availableParallelism(),
        memoryGb: Math.round(os.totalmem() / 1024 ** 3),
        ledger: {
          schemaVersion: SCHEMA_VERSION,
          megabytes: bucket(Math.ceil(ledger.size() / 1_048_576)),
          records: sum('records'),
          openProblems: sum('openProblems'),
        },
        settings: {
          concurrency: settings.concurrency,
          patienceSeconds: 20,
          retentionDays: settings.logDays,
          secrets: input.hasKeychain
            ? 'keychain'
            : rows.some((row) => input.profileOf(row).secretFile !== undefined)
              ? 'file'
              : 'nowhere',
        },
      },
    };
    const files = bundleContent(bundle);
    const findings = scanBundle(files, { values: hidden(rows), words: log.words() });
    if (findings.length > 0) {
      log.write({ type: 'support.bundle-blocked', findings: bucket(findings.length) });
      throw new Failure('internal', describeFindings(findings), { findings: findings.length });
    }
    return files;
  };

  /** What no bundle may hold: every text of the sealed columns, and what tells whose workstation and API this is. */
  function* hidden(rows: readonly ConnectionRow[]): Generator<string> {
    for (const text of ledger.problemRecords.sealedTexts()) yield* textsIn(text);
    for (const row of rows) {
      const profile = input.profileOf(row);
      yield row.name;
      yield profile.url;
      yield profile.key;
      yield* Object.values(profile.settings);
      yield* Object.values(profile.routeValues);
      if (profile.mapping !== undefined) yield profile.mapping;
      if (profile.secretFile !== undefined) yield profile.secretFile;
      for (const { code } of ledger.descriptorMap(row.id)) yield code;
      for (const { code } of ledger.codes.of(row.id)) yield code;
    }
    const { proxy } = readSettings(ledger);
    if (proxy !== '') yield proxy;
    yield folder;
    yield os.hostname();
    yield os.userInfo().username;
    yield os.homedir();
  }

  const handlers: Handlers = {
    'support.preview': async () => ({
      files: previewOf(content()).map(({ name, bytes, text }) => ({ name, bytes, text })),
    }),
    'support.save': async ({ out }) => {
      const file = path.resolve(out);
      const files = content();
      const { bytes, sha256 } = await writeBundle(files, file);
      log.write({
        type: 'support.bundle-made',
        events: bucket(files.find(({ name }) => name === 'events.jsonl')?.text.split('\n').length ?? 0),
        groups: bucket(ledger.connections().reduce((sum, { id }) => sum + ledger.problems.counts(id).open.causes, 0)),
        refused: bucket(input.dropped()),
      });
      return {
        file,
        bytes,
        sha256,
        files: files.map(({ name, text }) => ({ name, bytes: Buffer.byteLength(text) })),
      };
    },
  };
  return { handlers };
}

const HOSTS = { desktop: 'desktop', loopback: 'browser', cli: 'command-line', engine: 'command-line' } as const;

const NOT_MEASURED: BatchFacts['timings'] = {
  totalMs: null,
  planMs: null,
  sendMs: null,
  latencyP50Ms: null,
  latencyP95Ms: null,
  connections: null,
};

/** What a token's answer calls an operation, as a bundle names it; what it does not know is left out. */
function permissionsOf(resources: NonNullable<KeyInfoView['resources']>): NonNullable<ConnectionFacts['permissions']> {
  return resources.map(({ resource, operations }) => ({
    resource,
    operations: operations.flatMap((name) => {
      const known = OPERATIONS.find(
        (operation) => operation === name.toLowerCase().replace('readchanges', 'read-changes'),
      );
      return known === undefined ? [] : [known];
    }),
  }));
}

function traitsOf(
  discovery: Discovery | undefined,
  profile: Profile,
  key: KeyInfoView | undefined,
  hasOwnCertificates: boolean,
): ConnectionFacts['traits'] {
  const urls = discovery?.urls ?? {};
  const routes = Object.keys(profile.routeValues).map((name) => name.toLowerCase());
  const traits: Readonly<Record<string, boolean>> = {
    encrypted: discovery?.encrypted === true,
    unencrypted: discovery?.encrypted === false,
    'year-in-address': routes.some((name) => name.includes('year')),
    'tenant-in-address': routes.some((name) => name.includes('tenant')),
    'instance-in-address': routes.some((name) => name.includes('instance')),
    'own-certificates': hasOwnCertificates || profile.ca.length > 0,
    'dependencies-listed': urls.dependencies !== undefined,
    'token-info': key !== undefined,
    'token-info-with-claim-set': key?.resources != null,
    'change-queries': urls.changeQueries !== undefined,
    profiles: (key?.profiles.length ?? 0) > 0,
  };
  return TRAITS.filter((trait) => traits[trait] === true);
}

/** Every text inside a sealed value: the values of a body, the words of an answer. */
function* textsIn(sealed: string): Generator<string> {
  const parsed = parse(sealed);
  if (parsed === undefined) yield sealed;
  else yield* leaves(parsed);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function* leaves(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'number') yield String(value);
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) yield* leaves(inner);
}
