/**
 * A district, its API and a data folder, to which things happen. After each of them: what the ledger and the folder of the
 * dead process hold; and after the next run: that everything is as if nothing had happened.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, vi } from 'vitest';
import { ledgerKey } from '../../core/connections/ledger-key.ts';
import type { CommandInput, CommandName, CommandOutput, SyncResult } from '../../core/contract/schemas.ts';
import type { JsonObject } from '../../core/edfi/model.ts';
import { createEngine, type Engine, errorOf } from '../../core/engine.ts';
import { SCHEMA_VERSION } from '../../core/ledger/migrations.ts';
import { unpackApiId } from '../../core/ledger/records.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import type { Sandbox } from '../../core/sandbox/options.ts';
import { canonical } from '../../core/sync/canonical.ts';
import { createHashes } from '../../core/sync/hashes.ts';
import { apply, type EditKind } from '../sync/edits.ts';
import { createWorld } from '../sync/expectation.ts';
import { copyExport, drop, type Export, get, readExport, set, table, writeExport } from '../sync/export.ts';
import { type Heard, startProxy } from '../sync/proxy.ts';
import { district, expectAccount, newFolder, practice } from '../sync/workbench.ts';
import { fileStore } from './file-store.ts';
import type { ChildPoint } from './points.ts';
import type { Task } from './process.ts';
import type { Chance } from './seeded.ts';

/** Two keys of one district: a rotation is from one to the other. */
export const KEYS = [
  { key: 'first-key', secret: 'first-secret-of-the-district' },
  { key: 'second-key', secret: 'second-secret-of-the-district' },
] as const;

// A hundred deaths take a minute, and many on a machine that has much else to do.
vi.setConfig({ testTimeout: 1_200_000 });

/** Requests under way at once. */
export const CONNECTIONS = 4;

export type Call = <N extends CommandName>(command: N, input: CommandInput<N>) => Promise<CommandOutput<N>>;

/** What a process left when it died. */
export interface Remains {
  /** API ids of confirmed records → their content's hash, hexadecimal. */
  readonly confirmed: ReadonlyMap<string, string>;
}

export type World = Awaited<ReturnType<typeof makeWorld>>;

const filesUnder = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
    : [];

/** Values of the export that are long enough not to occur by chance. */
function personal(tables: Export): string[] {
  const users = tables.get('users');
  const columns = ['sourcedId', 'identifier', 'email', 'username', 'familyName'];
  const values = new Set<string>();
  for (const row of users?.rows ?? []) {
    for (const column of columns) values.add(row[users?.header.indexOf(column) ?? -1] ?? '');
  }
  return [...values].filter((value) => value.length >= 7);
}

/** What happens between two days: creates, updates, changes of keys and deletes, and nothing that is refused. */
const CHANGES = [
  'student-renamed',
  'teacher-renamed',
  'student-left',
  'student-came',
  'enrollment-dropped',
  'begin-date-moved',
  'entry-date-moved',
  'teaching-date-moved',
  'class-renamed',
  'class-recoded',
  'class-moved',
  'course-renamed',
  'course-recoded',
  'session-renamed',
  'contact-dropped',
] as const satisfies readonly EditKind[];

const CLASSES = 6;

/** Leaves a few classes of a district, and what belongs to them: what happens to it is over soon. */
function village(tables: Export): Export {
  const [classes, courses, enrollments] = [
    table(tables, 'classes'),
    table(tables, 'courses'),
    table(tables, 'enrollments'),
  ];
  const taught = new Set(enrollments.rows.map((row) => get(enrollments, row, 'classSourcedId')));
  classes.rows = classes.rows.filter((row) => taught.has(get(classes, row, 'sourcedId'))).slice(0, CLASSES);
  const kept = new Set(classes.rows.map((row) => get(classes, row, 'sourcedId')));
  drop(enrollments, (row) => !kept.has(get(enrollments, row, 'classSourcedId')));
  const used = new Set(classes.rows.map((row) => get(classes, row, 'courseSourcedId')));
  drop(courses, (row) => !used.has(get(courses, row, 'sourcedId')));
  return tables;
}

/** An export of what has changed: rows as they are now, and of those that are gone that they are to be deleted. */
function changesBetween(before: Export, after: Export): Export {
  const changes: Export = new Map();
  for (const [name, now] of after) {
    const { header } = now;
    if (name === 'manifest') {
      changes.set(name, {
        header,
        rows: now.rows.map((row) => row.map((value) => (value === 'bulk' ? 'delta' : value))),
      });
      continue;
    }
    const told = (row: readonly string[], status: string): string[] => {
      const copy = [...row];
      set(now, copy, 'status', status);
      set(now, copy, 'dateLastModified', '2026-09-01T00:00:00.000Z');
      return copy;
    };
    const old = new Map(table(before, name).rows.map((row) => [row[0], row.join('\n')]));
    const rows = now.rows.filter((row) => old.get(row[0]) !== row.join('\n')).map((row) => told(row, 'active'));
    const there = new Set(now.rows.map(([id]) => id));
    const gone = table(before, name).rows.filter(([id]) => !there.has(id as string));
    changes.set(name, { header, rows: [...rows, ...gone.map((row) => told(row, 'tobedeleted'))] });
  }
  return changes;
}

/** @param students how large the district is; a practice API, a proxy that listens in, and a folder of its own */
export async function makeWorld(
  options: {
    students?: number;
    seed?: number;
    folder?: string;
    clean?: boolean;
    latencyMs?: number;
    tokenLifetimeSeconds?: number;
    /** False for a machine without one: the ledger's key is in a file then, and the secret is given at each run. */
    keychain?: boolean;
    /** From the second day on, exports tell changes only. */
    deltas?: boolean;
  } = {},
) {
  const home = newFolder();
  const folder = options.folder ?? path.join(home, 'data');
  const keychain = options.keychain === false ? null : path.join(home, 'keychain');
  const store = keychain === null ? undefined : fileStore(keychain);
  const secret = keychain === null ? KEYS[0].secret : undefined;
  const { latencyMs = 0, tokenLifetimeSeconds = 1800 } = options;
  /** How far the API's own clock is ahead. */
  const apiClock = { aheadMs: 0 };
  const api: Sandbox = await practice({
    clients: KEYS,
    traits: { liveTokens: null },
    latencyMs,
    tokenLifetimeSeconds,
    now: () => Date.now() + apiClock.aheadMs,
  });
  const proxy = await startProxy(api);
  const first = await district({
    students: options.students ?? 6,
    seed: options.seed ?? 3,
    clean: options.clean ?? true,
  });
  const expectations = createWorld('5.2', { studentId: 'identifier' });
  const plain = village(readExport(first));
  let tables = plain;
  let days = 0;
  const write = (): string => writeExport(tables, path.join(home, `day-${days++}`));
  let source = write();
  let expected = await expectations.expect(source);

  const openEngine = () => createEngine({ folder, keychain: store, secret, now: Date.now, emit: () => undefined });

  // Where it can be kept nowhere, it is not asked for.
  const key = secret === undefined ? KEYS[0] : { key: KEYS[0].key };

  const world = {
    home,
    folder,
    api,
    apiClock,
    proxy,
    get source() {
      return source;
    },
    add: () => ({
      command: 'connections.add',
      input: { name: 'here', url: proxy.url, ...key, studentId: 'identifier', test: false } as const,
    }),
    sync: (more: object = {}) => ({
      command: 'sync.run',
      input: { connection: 'here', source, approve: true, concurrency: CONNECTIONS, ...more },
    }),

    /** What a child is given to do, on this folder. */
    task: (commands: Task['commands'], point?: ChildPoint): Task => ({
      folder,
      keychain,
      ...(secret === undefined ? {} : { secret }),
      commands,
      point,
    }),
    /** Takes the folder and all that it had in the keychain away. */
    forget(): void {
      rmSync(folder, { recursive: true });
      if (keychain !== null) rmSync(keychain, { force: true });
    },

    /** Makes the data folder and the connection. */
    connect: () =>
      world.start(async (call) => {
        await call('connections.add', world.add().input);
      }),

    /** Another day: other edits of the first one, so that some of the last day's are undone. @param edits how many */
    async nextDay(luck: Chance, edits = 4): Promise<void> {
      const before = tables;
      tables = copyExport(plain);
      apply(
        tables,
        Array.from({ length: edits }, () => ({ kind: luck.of(CHANGES), pick: luck.below(40) })),
      );
      rmSync(source, { recursive: true, force: true });
      source = write();
      expected = await expectations.expect(source);
      if (options.deltas) {
        rmSync(source, { recursive: true });
        source = writeExport(changesBetween(before, tables), source);
      }
    },

    /** What the API is to have of an export: resource and body in plain words. */
    async bodiesOf(folder: string): Promise<ReadonlySet<string>> {
      const { items } = await expectations.expect(folder);
      return new Set([...items].flatMap(([name, all]) => [...all.values()].map((body) => `${name} ${body}`)));
    },

    /** Opens the engine in this process, as the next start does, and closes it. */
    async start<T>(work: (call: Call, handle: Engine['handle']) => Promise<T>): Promise<T> {
      const engine = await openEngine();
      try {
        return await work(async (command, input) => {
          const answer = await engine.handle(command, input);
          if ('error' in answer) throw new Error(`${command}: ${answer.error.code}: ${answer.error.sentence}`);
          return answer.ok as never;
        }, engine.handle);
      } finally {
        await engine.close();
      }
    },

    /** Runs the batch as it is, whatever comes of it. */
    async attempt(more: object = {}): Promise<{ ok: unknown } | { error: { code: string; sentence: string } }> {
      try {
        const engine = await openEngine();
        try {
          return await engine.handle('sync.run', world.sync(more).input);
        } finally {
          await engine.close();
        }
      } catch (thrown) {
        return { error: errorOf(thrown) };
      }
    },

    /** Looks at what a dead process left, without touching it. */
    async remains(): Promise<Remains> {
      const secrets = KEYS.map(({ secret }) => secret);
      for (const file of filesUnder(folder)) {
        const bytes = readFileSync(file);
        for (const value of [...secrets, ...personal(tables)]) {
          for (const coding of ['utf8', 'utf16le'] as const) {
            if (bytes.includes(Buffer.from(value, coding)))
              throw new Error(`plain text is left in ${path.basename(file)}`);
          }
        }
      }
      const confirmed = new Map<string, string>();
      if (!existsSync(path.join(folder, 'ledger.db'))) return { confirmed };
      const copy = path.join(home, 'copy');
      rmSync(copy, { recursive: true, force: true });
      mkdirSync(copy);
      for (const name of readdirSync(folder))
        if (name.startsWith('ledger.')) cpSync(path.join(folder, name), path.join(copy, name));
      const { key } = await ledgerKey(copy, true, store);
      const seal = createSeal(key);
      const db = new Database(path.join(copy, 'ledger.db'));
      try {
        expectSound(db);
        if (db.pragma('user_version', { simple: true }) === 0) return { confirmed };
        const rows = db.prepare(
          'SELECT name, api_id AS id, full_hash AS full FROM record JOIN resource ON resource.id = resource_id',
        );
        for (const { name, id, full } of rows.all() as { name: string; id: Buffer | null; full: Buffer }[]) {
          if (id !== null) confirmed.set(`${name} ${unpackApiId(id, seal)}`, full.toString('hex'));
        }
      } finally {
        db.close();
      }
      return { confirmed };
    },

    /** Of the writes since `from` that the API did, those that the ledger of `remains` knows of. */
    async knownTo(remains: Remains, from: number): Promise<Heard[]> {
      const { key } = await ledgerKey(folder, true, store);
      const hashes = createHashes(createSeal(key));
      const last = new Map<string, Heard>();
      for (const heard of proxy.writes.slice(from)) {
        if (heard.status === undefined || heard.status >= 300) continue;
        last.set(sayItem(heard), heard);
      }
      return [...last].flatMap(([name, heard]) => {
        const there = remains.confirmed.get(name);
        if (heard.method === 'DELETE') return there === undefined ? [heard] : [];
        const full = hashes.full(heard.resource as string, canonical(heard.body as JsonObject));
        return there === Buffer.from(full, 'latin1').toString('hex') ? [heard] : [];
      });
    },

    /** Runs the batch to its end, and looks whether all is as it should be. @param known what must not be sent again */
    async finish(known: readonly Heard[] = []): Promise<SyncResult> {
      const from = proxy.writes.length;
      const [result, again, batches] = await world.start(async (call) => {
        const input = world.sync().input as CommandInput<'sync.run'>;
        return [
          await call('sync.run', input),
          await call('sync.run', input),
          await call('batches.list', { connection: 'here' }),
        ];
      });
      expectAccount(result);
      expect(result.state).toBe('done');
      const { differences, stuck } = expectations.compare(expected, (resource) => api.read(resource));
      expect({ differences, failed: result.account.failed }).toEqual({ differences: [], failed: stuck });
      const sent = new Set(proxy.writes.slice(from).map(sayWrite));
      expect(known.map(sayWrite).filter((one) => sent.has(one))).toEqual([]);
      // Once more, and nothing is left to do.
      expect(again.account).toMatchObject({ created: 0, updated: 0, deleted: 0, failed: result.account.failed });
      expect(batches.batches[0]?.state).toBe('done');
      world.expectTidy();
      await world.remains();
      return result;
    },

    /** @returns the names of what is in the keychain */
    secrets: (): string[] => Object.keys(JSON.parse(readFileSync(keychain ?? '', 'utf8')) as object),

    /** No temporary file, and no journal, is left in the folder. */
    expectTidy(): void {
      const left = filesUnder(folder).map((file) => path.relative(folder, file));
      expect(left.filter((file) => /\.(tmp|part|making|new)$|^tmp\b|-wal$|-journal$|-shm$/.test(file))).toEqual([]);
    },
  };
  return world;
}

/** The item that a write was about, as far as it is known. */
export const sayItem = ({ resource, id, made }: Heard): string => `${resource} ${id ?? made}`;
/** One write in words. */
export const sayWrite = ({ method, resource, id, body }: Heard): string =>
  `${method} ${resource} ${id ?? ''} ${JSON.stringify(body ?? '')}`;

/** Sound as a file, and its counts are those of the rows. */
function expectSound(db: Database.Database): void {
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  // One that was killed before it was made, or migrated, has no such counts.
  if (db.pragma('user_version', { simple: true }) !== SCHEMA_VERSION) return;
  expect(db.pragma('foreign_key_check')).toEqual([]);
  const wrong = (sql: string): unknown[] => db.prepare(sql).all();
  expect(
    wrong(
      `SELECT fingerprint FROM problem_group WHERE records <> (SELECT count(*) FROM pending WHERE group_id = problem_group.id AND state <> 3)
       OR held <> (SELECT count(*) FROM pending WHERE group_id = problem_group.id AND state = 3)`,
    ),
  ).toEqual([]);
  expect(
    wrong(
      'SELECT name FROM resource WHERE confirmed <> (SELECT count(*) FROM record WHERE resource_id = resource.id AND state IN (1, 3))',
    ),
  ).toEqual([]);
}
