/** The records behind the causes: what a steward looks at one by one, and chooses to send again. */
import type { Database } from 'better-sqlite3';
import { type Kind, PendingState } from './pending.ts';
import type { ProblemDetail } from './problems.ts';
import { AGAIN, SOURCE_BYTES, unpackApiId } from './records.ts';
import type { Seal } from './seal.ts';

export interface ProblemRecord {
  readonly id: number;
  readonly connectionId: number;
  readonly resourceId: number;
  readonly resource: string;
  readonly kind: Kind;
  readonly state: PendingState;
  readonly file: string | null;
  readonly row: number | null;
  readonly status: number | null;
  readonly retry: boolean;
  readonly problemId: number | null;
  readonly groupId: number | null;
  readonly keyHash: Buffer | null;
  /** The key under which the API has it, where that is another one. */
  readonly oldKeyHash: Buffer | null;
  readonly sourceHash: Buffer | null;
}

export interface Entry {
  readonly at: number;
  readonly code: string;
  readonly path: string | null;
  readonly subject: string | null;
  readonly resource: string;
  readonly status: number | null;
}

/** The last one of the page before. */
export interface RecordsAfter {
  readonly state: PendingState;
  readonly resourceId: number;
  readonly id: number;
}

/** What is to be sent again. Times are milliseconds since 1970, both ends included. */
export type RetryChoice =
  | { readonly kind: 'all' }
  | { readonly kind: 'group'; readonly groupId: number }
  | { readonly kind: 'record'; readonly id: number }
  | { readonly kind: 'resource'; readonly resourceId: number; readonly since: number; readonly until: number };

/** What the API has, by its id there, and since when (milliseconds since 1970). */
export interface ConfirmedItem {
  readonly id: string | undefined;
  readonly at: number;
}

/** What a random reference stands for. */
export interface Referenced {
  readonly reference: string;
  readonly connectionId: number;
  readonly resourceId: number;
  readonly resource: string;
  readonly identity: Buffer;
  /** The key that it had when its reference was last given; null where it had none. */
  readonly keyHash: Buffer | null;
}

export interface ProblemRecords {
  /** Records of a cause: those that fail themselves first, then those that wait. */
  page(groupId: number, after: RecordsAfter | undefined, limit: number): ProblemRecord[];
  /** Those held because of one problem, in the order of their ids. */
  waiting(problemId: number, after: number, limit: number): ProblemRecord[];
  find(connectionId: number, id: number): ProblemRecord | undefined;
  /** The one among the problems that has this identity; see `identityOf`. */
  ofIdentity(resourceId: number, identity: Uint8Array): ProblemRecord | undefined;
  body(id: number): string | undefined;
  detail(problemId: number): (ProblemDetail & { readonly at: number; readonly status: number | null }) | undefined;
  history(resourceId: number, sourceHash: Uint8Array): Entry[];
  /** How many wait for a problem, by resource. */
  dependants(problemId: number): { resource: string; records: number }[];
  ofResources(groupId: number): { resource: string; records: number; held: number }[];
  /** Some of a cause's own records, for references. */
  some(groupId: number, limit: number): ProblemRecord[];
  /** Marks records to go again with the next batch, with those they wait for. @returns how many were chosen */
  markRetry(connectionId: number, choice: RetryChoice): number;
  /** The confirmed record with this identity: a look at each record of the resource where that is a source identity. */
  confirmed(resourceId: number, identity: Uint8Array): ConfirmedItem | undefined;
  confirmedAs(resourceId: number, keyHash: Uint8Array): ConfirmedItem | undefined;
  /** What the API has of a record that is among the problems, under its key or its old one. */
  confirmedBehind(record: ProblemRecord): ConfirmedItem | undefined;
  /** Confirmed records, and those taken over, are to be sent again by the next batch that meets them in the source. @returns how many */
  resend(resourceId: number, since: number, until: number): number;
  resendOne(resourceId: number, identity: Uint8Array): number;
  /** The random reference of a record, made at first need. @param keyHash its key, where it has one */
  refer(resourceId: number, identity: Uint8Array, keyHash: Uint8Array | null | undefined, at: number): string;
  referenceOf(resourceId: number, identity: Uint8Array): string | undefined;
  resolve(reference: string): Referenced | undefined;
  /** Every text of the sealed columns: what no file for support may hold. */
  sealedTexts(): Iterable<string>;
}

/** What a record is known by: its source identity, or its key where it has none (it was taken over). */
export function identityOf(record: Pick<ProblemRecord, 'sourceHash' | 'keyHash'>): Buffer | undefined {
  const source = record.sourceHash;
  return (source?.some((byte) => byte !== 0) ? source : record.keyHash) ?? undefined;
}

const OWN_FIRST = [PendingState.rejected, PendingState.failed, PendingState.held];

/** @param changed told before a record, or what is pending, is marked to go again */
export function createProblemRecords(
  db: Database,
  seal: Seal,
  newReference: () => string,
  changed: () => void,
): ProblemRecords {
  const columns = `pending.id, resource.connection_id AS connectionId, pending.resource_id AS resourceId,
    resource.name AS resource, kind, state, pending.file, pending.row, own.status, retry, problem_id AS problemId,
    pending.group_id AS groupId, key_hash AS keyHash, old_key_hash AS oldKeyHash,
    pending.source_hash AS sourceHash
    FROM pending JOIN resource ON resource.id = pending.resource_id LEFT JOIN problem AS own ON own.id = problem_id`;
  const page = db.prepare(
    `SELECT ${columns} WHERE pending.group_id = @groupId AND state = @state
       AND (pending.resource_id, pending.id) > (@resourceId, @id) ORDER BY pending.resource_id, pending.id LIMIT @limit`,
  );
  const waiting = db.prepare(
    `SELECT ${columns} WHERE root_id = ? AND state = 3 AND pending.id > ? ORDER BY pending.id LIMIT ?`,
  );
  const find = db.prepare(`SELECT ${columns} WHERE pending.id = ? AND resource.connection_id = ?`);
  const bySource = db.prepare(
    `SELECT ${columns} WHERE pending.resource_id = ? AND pending.source_hash = ? AND pending.group_id IS NOT NULL LIMIT 1`,
  );
  const byKey = db.prepare(
    `SELECT ${columns} WHERE pending.resource_id = ? AND key_hash = ? AND pending.group_id IS NOT NULL LIMIT 1`,
  );
  const body = db.prepare('SELECT body FROM pending WHERE id = ?').pluck();
  const detail = db.prepare('SELECT detail, at, status FROM problem WHERE id = ?');
  const history = db.prepare(
    `SELECT at, code, path, subject, resource.name AS resource, status FROM problem
     JOIN resource ON resource.id = resource_id WHERE resource_id = ? AND source_hash = ? ORDER BY problem.id`,
  );
  const dependants = db.prepare(
    `SELECT resource.name AS resource, count(*) AS records FROM pending JOIN resource ON resource.id = resource_id
     WHERE root_id = ? AND state = 3 GROUP BY resource_id ORDER BY records DESC`,
  );
  const ofResources = db.prepare(
    `SELECT resource.name AS resource, sum(state <> 3) AS records, sum(state = 3) AS held
     FROM pending JOIN resource ON resource.id = resource_id WHERE group_id = ? GROUP BY resource_id
     ORDER BY count(*) DESC, resource.name`,
  );
  const chosen: Readonly<Record<RetryChoice['kind'], string>> = {
    all: 'resource_id IN (SELECT id FROM resource WHERE connection_id = @connectionId) AND state > 1',
    group: 'group_id = @groupId AND state > 1',
    record: 'id = @id AND state > 1',
    resource: `resource_id = @resourceId AND state > 1 AND EXISTS (SELECT 1 FROM problem
      WHERE problem.id = coalesce(problem_id, root_id) AND at BETWEEN @since AND @until)`,
  };
  const mark = Object.fromEntries(
    Object.entries(chosen).map(([kind, where]) => [
      kind,
      {
        // Before the rows themselves: what one waits for has to go again too.
        roots: db.prepare(
          `UPDATE pending SET retry = 1 WHERE problem_id IN (SELECT root_id FROM pending WHERE ${where} AND root_id IS NOT NULL)`,
        ),
        own: db.prepare(`UPDATE pending SET retry = 1 WHERE ${where}`),
      },
    ]),
  ) as Record<RetryChoice['kind'], { roots: ReturnType<typeof db.prepare>; own: ReturnType<typeof db.prepare> }>;
  const confirmedBySource = db.prepare(
    'SELECT api_id AS id, confirmed_at AS at FROM record WHERE resource_id = ? AND source_hash = ? LIMIT 1',
  );
  const confirmedByKey = db.prepare(
    'SELECT api_id AS id, confirmed_at AS at FROM record WHERE resource_id = ? AND key_hash = ?',
  );
  // A key change that was to be a create and a delete is two of one source.
  const confirmedBehind = db.prepare(
    `SELECT api_id AS id, confirmed_at AS at FROM record WHERE resource_id = @resourceId AND key_hash IN (
       SELECT @keyHash UNION SELECT @oldKeyHash
       UNION SELECT key_hash FROM pending
         WHERE resource_id = @resourceId AND source_hash = @sourceHash AND group_id IS NOT NULL
       UNION SELECT old_key_hash FROM pending
         WHERE resource_id = @resourceId AND source_hash = @sourceHash AND group_id IS NOT NULL) LIMIT 1`,
  );
  // A record whose hash is nobody's differs from whatever the source has. What was taken over is known by its key alone.
  const resend = db.prepare(
    `UPDATE record SET ${AGAIN} WHERE resource_id = ? AND state IN (1, 3) AND confirmed_at BETWEEN ? AND ?`,
  );
  const resendBySource = db.prepare(
    `UPDATE record SET ${AGAIN} WHERE resource_id = ? AND state = 1 AND source_hash = ?`,
  );
  const resendByKey = db.prepare(
    `UPDATE record SET ${AGAIN} WHERE resource_id = ? AND state IN (1, 3) AND key_hash = ?`,
  );
  const referenceOf = db.prepare('SELECT id FROM reference WHERE resource_id = ? AND identity = ?').pluck();
  const refer = db.prepare(
    'INSERT OR IGNORE INTO reference (id, resource_id, identity, key_hash, made_at) VALUES (?, ?, ?, ?, ?)',
  );
  const noteKey = db.prepare('UPDATE reference SET key_hash = ? WHERE id = ? AND key_hash IS NOT ?');
  const resolve = db.prepare(
    `SELECT reference.id AS reference, resource.connection_id AS connectionId, resource_id AS resourceId,
       resource.name AS resource, identity, key_hash AS keyHash FROM reference JOIN resource ON resource.id = resource_id WHERE reference.id = ?`,
  );
  const bodies = db.prepare('SELECT body FROM pending WHERE body IS NOT NULL').pluck();
  const details = db.prepare('SELECT detail FROM problem WHERE detail IS NOT NULL').pluck();
  const values = db.prepare('SELECT value FROM problem_group WHERE value IS NOT NULL').pluck();
  const frozen = db.prepare('SELECT value FROM frozen').pluck();

  type Row = Omit<ProblemRecord, 'retry'> & { retry: number };
  const made = (row: Row): ProblemRecord => ({ ...row, retry: row.retry === 1 });
  const all = (rows: unknown[]): ProblemRecord[] => (rows as Row[]).map(made);
  const item = (row: unknown): ConfirmedItem | undefined => {
    const { id, at } = (row ?? {}) as { id?: Buffer | null; at?: number };
    return at === undefined ? undefined : { id: id ? unpackApiId(id, seal) : undefined, at };
  };
  const one = (row: unknown): ProblemRecord | undefined => (row === undefined ? undefined : made(row as Row));
  const isSource = (identity: Uint8Array): boolean => identity.length === SOURCE_BYTES;
  const ofGroup = (groupId: number, states: readonly PendingState[], from: RecordsAfter | undefined, limit: number) => {
    const found: ProblemRecord[] = [];
    let after = from;
    for (const state of states.slice(after === undefined ? 0 : states.indexOf(after.state))) {
      const { resourceId, id } = after?.state === state ? after : { resourceId: 0, id: 0 };
      found.push(...all(page.all({ groupId, state, resourceId, id, limit: limit - found.length })));
      if (found.length >= limit) break;
      after = undefined;
    }
    return found;
  };
  return {
    page: (groupId, after, limit) => ofGroup(groupId, OWN_FIRST, after, limit),
    waiting: (problemId, after, limit) => all(waiting.all(problemId, after, limit)),
    find: (connectionId, id) => one(find.get(id, connectionId)),
    ofIdentity: (resourceId, identity) => one((isSource(identity) ? bySource : byKey).get(resourceId, identity)),
    body(id) {
      const sealed = body.get(id) as Buffer | null | undefined;
      return sealed ? seal.open('body', sealed) : undefined;
    },
    detail(problemId) {
      const row = detail.get(problemId) as { detail: Buffer | null; at: number; status: number | null } | undefined;
      if (row === undefined) return undefined;
      const opened = row.detail === null ? {} : (JSON.parse(seal.open('detail', row.detail)) as ProblemDetail);
      return { ...opened, at: row.at, status: row.status };
    },
    history: (resourceId, sourceHash) => history.all(resourceId, sourceHash) as Entry[],
    dependants: (problemId) => dependants.all(problemId) as { resource: string; records: number }[],
    ofResources: (groupId) => ofResources.all(groupId) as { resource: string; records: number; held: number }[],
    some: (groupId, limit) => ofGroup(groupId, OWN_FIRST, undefined, limit),
    markRetry(connectionId, choice) {
      changed();
      const values = { connectionId, ...choice };
      mark[choice.kind].roots.run(values);
      return mark[choice.kind].own.run(values).changes;
    },
    confirmed: (resourceId, identity) =>
      item((isSource(identity) ? confirmedBySource : confirmedByKey).get(resourceId, identity)),
    confirmedAs: (resourceId, keyHash) => item(confirmedByKey.get(resourceId, keyHash)),
    confirmedBehind({ resourceId, keyHash, oldKeyHash, sourceHash }) {
      const source = sourceHash?.some((byte) => byte !== 0) ? sourceHash : null;
      return item(confirmedBehind.get({ resourceId, keyHash, oldKeyHash, sourceHash: source }));
    },
    resend(resourceId, since, until) {
      changed();
      return resend.run(resourceId, since, until).changes;
    },
    resendOne(resourceId, identity) {
      changed();
      return (isSource(identity) ? resendBySource : resendByKey).run(resourceId, identity).changes;
    },
    refer(resourceId, identity, keyHash, at) {
      for (;;) {
        const known = referenceOf.get(resourceId, identity) as string | undefined;
        if (known !== undefined) {
          if (keyHash != null) noteKey.run(keyHash, known, keyHash);
          return known;
        }
        refer.run(newReference(), resourceId, identity, keyHash ?? null, at);
      }
    },
    referenceOf: (resourceId, identity) => referenceOf.get(resourceId, identity) as string | undefined,
    resolve: (reference) => resolve.get(reference) as Referenced | undefined,
    *sealedTexts() {
      for (const sealed of bodies.iterate() as Iterable<Buffer>) yield seal.open('body', sealed);
      for (const sealed of details.iterate() as Iterable<Buffer>) yield seal.open('detail', sealed);
      for (const sealed of values.iterate() as Iterable<Buffer>) yield seal.open('value', sealed);
      for (const sealed of frozen.iterate() as Iterable<Buffer>) yield seal.open('frozen', sealed);
    },
  };
}
