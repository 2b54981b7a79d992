/** What goes into a bundle, as files: the same facts always give the same bytes. */
import { hash } from 'node:crypto';
import type { z } from 'zod';
import { advise, retryHelps } from '../../errors/advice.ts';
import { CATALOGUE } from '../../errors/catalogue.ts';
import { Failure } from '../../errors/failure.ts';
import { EVENT_SCHEMA_VERSION } from '../events.ts';
import { renderPage } from './html.ts';
import { type AccountFacts, type BundleInput, inputSchemas } from './input.ts';
import { type Bucketed, bucketed, isoTime, timeKind } from './kinds.ts';

export interface BundleFile {
  readonly name: BundleFileName;
  /** UTF-8, lines ended by \n. */
  readonly text: string;
}

/** In the order in which they are shown and zipped. */
export const BUNDLE_FILES = [
  'index.html',
  'groups.json',
  'batches.json',
  'connections.json',
  'environment.json',
  'events.jsonl',
  'manifest.json',
] as const;
export type BundleFileName = (typeof BUNDLE_FILES)[number];

export const BUNDLE_VERSION = 1;

type Output<N extends keyof ReturnType<typeof inputSchemas>> = z.output<ReturnType<typeof inputSchemas>[N]>;

export type AccountView = Record<keyof AccountFacts, Bucketed> & {
  /** read = created + updated + deleted + unchanged + rejected + held + failed + skipped, of the exact numbers. */
  readonly balanced: boolean;
};

export interface GroupView {
  readonly connection: string;
  /** 1: what fixing it would release is the most. */
  readonly rank: number;
  readonly reference: string;
  readonly code: string;
  readonly title: string;
  readonly who: string;
  readonly severity: 'error' | 'warning';
  readonly retryHelps: boolean;
  readonly resource: string;
  readonly path: string | null;
  readonly subject: string | null;
  readonly httpStatus: number | null;
  readonly status: Output<'group'>['status'];
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly records: Bucketed;
  readonly held: Bucketed;
  readonly trend: readonly { readonly batch: number; readonly records: Bucketed }[];
  readonly examples: readonly string[];
}

export type BatchView = Omit<Output<'batch'>, 'startedAt' | 'endedAt' | 'account' | 'resources'> & {
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly account: AccountView | null;
  readonly resources: readonly { readonly resource: string; readonly account: AccountView }[];
};

export type ConnectionView = Omit<Output<'connection'>, 'keySince' | 'specificationAt' | 'records'> & {
  readonly records: Bucketed;
  readonly keySince: string | null;
  readonly specificationAt: string | null;
};

export type EnvironmentView = Omit<Output<'environment'>, 'ledger'> & {
  readonly ledger: {
    readonly schemaVersion: number;
    readonly megabytes: number;
    readonly records: Bucketed;
    readonly openProblems: Bucketed;
  };
};

/** What was not passed on, by where it would have stood. */
export interface Drops {
  readonly events: number;
  readonly eventsBySink: number;
  readonly groups: number;
  readonly batches: number;
  readonly connections: number;
  /** Names outside the vocabulary, in items that were kept without them. */
  readonly names: number;
}

/** All that the page shows. */
export interface BundleView {
  readonly madeAt: string;
  readonly environment: EnvironmentView;
  readonly connections: readonly ConnectionView[];
  readonly groups: readonly GroupView[];
  readonly batches: readonly BatchView[];
  readonly events: number;
  /** Records of the open groups, and those held because of them. */
  readonly blocked: Bucketed;
  readonly drops: Drops;
}

const accountView = (account: AccountFacts): AccountView => {
  const { read, created, updated, deleted, unchanged, rejected, held, failed, skipped } = account;
  return {
    read: bucketed(read),
    created: bucketed(created),
    updated: bucketed(updated),
    deleted: bucketed(deleted),
    unchanged: bucketed(unchanged),
    rejected: bucketed(rejected),
    held: bucketed(held),
    failed: bucketed(failed),
    skipped: bucketed(skipped),
    balanced: read === created + updated + deleted + unchanged + rejected + held + failed + skipped,
  };
};

const groupView = (group: Output<'group'>, index: number): GroupView => {
  const { title, who } = advise(group.code, group);
  return {
    connection: group.connection,
    rank: index + 1,
    reference: group.reference,
    code: group.code,
    title,
    who,
    severity: CATALOGUE[group.code].severity,
    retryHelps: retryHelps(group.code),
    resource: group.resource,
    path: group.path,
    subject: group.subject,
    httpStatus: group.httpStatus,
    status: group.status,
    firstSeen: isoTime(group.firstSeen),
    lastSeen: isoTime(group.lastSeen),
    records: bucketed(group.records),
    held: bucketed(group.held),
    trend: group.trend.map(({ batch, records }) => ({ batch, records: bucketed(records) })),
    examples: group.examples,
  };
};

const batchView = (batch: Output<'batch'>): BatchView => ({
  ...batch,
  startedAt: isoTime(batch.startedAt),
  endedAt: batch.endedAt === null ? null : isoTime(batch.endedAt),
  account: batch.account === null ? null : accountView(batch.account),
  resources: batch.resources.map(({ resource, account }) => ({ resource, account: accountView(account) })),
});

const connectionView = (connection: Output<'connection'>): ConnectionView => ({
  ...connection,
  records: bucketed(connection.records),
  keySince: connection.keySince === null ? null : isoTime(connection.keySince),
  specificationAt: connection.specificationAt === null ? null : isoTime(connection.specificationAt),
});

const environmentView = (environment: Output<'environment'>): EnvironmentView => ({
  ...environment,
  ledger: {
    ...environment.ledger,
    records: bucketed(environment.ledger.records),
    openProblems: bucketed(environment.ledger.openProblems),
  },
});

const isClosed = ({ status }: Output<'group'>): boolean =>
  status === 'resolved' || status === 'fixed' || status === 'ignored';

/** Open groups first; then by what fixing them releases; then by reference, so that the order never wavers. */
const byRank = (a: Output<'group'>, b: Output<'group'>): number => {
  return (
    Number(isClosed(a)) - Number(isClosed(b)) ||
    b.records + b.held - (a.records + a.held) ||
    (a.reference < b.reference ? -1 : a.reference > b.reference ? 1 : 0)
  );
};

/** Indented: a person can read it, and a finding of the scan has a line to name. */
const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** Takes an event as the reader of the log gives it; gives its line as the log has it, for the same reader to read. */
export const eventLine = (event: object): string => JSON.stringify({ v: EVENT_SCHEMA_VERSION, ...event });

const eventLines = ({
  lines,
  parse,
  refused = () => 0,
}: BundleInput['events']): { text: string; count: number; dropped: number } => {
  const kept: string[] = [];
  let dropped = 0;
  for (const line of lines) {
    if (line.trim() === '') continue;
    const event = parse(line);
    if (event === undefined) dropped += 1;
    else kept.push(`${eventLine(event)}\n`);
  }
  return { text: kept.join(''), count: kept.length, dropped: dropped + refused() };
};

/**
 * Takes facts of closed kinds; gives the files of the bundle, `manifest.json` last. Items that do not fit their schema
 * are left out and counted; names outside the vocabulary become null and are counted.
 * @throws Failure `internal` where the clock or the environment do not fit: those are Rollbook's own
 */
export function bundleContent(input: BundleInput): BundleFile[] {
  let names = 0;
  const schemas = inputSchemas({ words: input.words, hidden: () => (names += 1) });
  const admit = <T>(schema: z.ZodType<T>, items: readonly unknown[]): { kept: T[]; dropped: number } => {
    const parsed = items.map((item) => schema.safeParse(item));
    const kept = parsed.flatMap((result) => (result.success ? [result.data] : []));
    return { kept, dropped: items.length - kept.length };
  };
  const connections = admit(schemas.connection, input.connections);
  const groups = admit(schemas.group, input.groups);
  const batches = admit(schemas.batch, input.batches);
  const environment = schemas.environment.safeParse(input.environment);
  const madeAt = timeKind.safeParse(input.madeAt);
  if (!environment.success || !madeAt.success) {
    throw new Failure(
      'internal',
      "The support bundle was not made: the workstation's own facts (its clock among them) are not as expected. Check the date of this computer and try again.",
    );
  }
  const events = eventLines(input.events);
  const view: BundleView = {
    madeAt: isoTime(madeAt.data),
    environment: environmentView(environment.data),
    connections: connections.kept.map(connectionView),
    groups: groups.kept.toSorted(byRank).map(groupView),
    batches: batches.kept.map(batchView),
    events: events.count,
    blocked: bucketed(
      groups.kept.reduce((sum, group) => (isClosed(group) ? sum : sum + group.records + group.held), 0),
    ),
    drops: {
      events: events.dropped,
      eventsBySink: Math.max(0, Math.trunc(input.events.droppedBySink)),
      groups: groups.dropped,
      batches: batches.dropped,
      connections: connections.dropped,
      names,
    },
  };
  const files: BundleFile[] = [
    { name: 'index.html', text: renderPage(view) },
    { name: 'groups.json', text: json({ groups: view.groups }) },
    { name: 'batches.json', text: json({ batches: view.batches }) },
    { name: 'connections.json', text: json({ connections: view.connections }) },
    { name: 'environment.json', text: json(view.environment) },
    { name: 'events.jsonl', text: events.text },
  ];
  return [...files, { name: 'manifest.json', text: manifest(view, files) }];
}

const manifest = (view: BundleView, files: readonly BundleFile[]): string => {
  const entries: Readonly<Partial<Record<BundleFileName, number>>> = {
    'groups.json': view.groups.length,
    'batches.json': view.batches.length,
    'connections.json': view.connections.length,
    'events.jsonl': view.events,
  };
  return json({
    schemaVersion: BUNDLE_VERSION,
    madeAt: view.madeAt,
    rollbook: view.environment.rollbook,
    dropped: view.drops,
    files: files.map(({ name, text }) => ({
      file: name,
      entries: entries[name] ?? 1,
      bytes: Buffer.byteLength(text),
      sha256: hash('sha256', text, 'hex'),
    })),
  });
};
