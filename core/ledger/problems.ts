/** The append-only list of what went wrong, and the causes in which a steward sees it. */
import type { Database } from 'better-sqlite3';
import { fingerprintOf } from '../errors/fingerprint.ts';
import type { Seal } from './seal.ts';

export interface NewProblem {
  readonly batchId: number;
  readonly resourceId: number;
  readonly code: string;
  /** Where in the body: names of the model only, never an index or a value. */
  readonly path: string | undefined;
  /** The descriptor type or the referenced entity. */
  readonly subject: string | undefined;
  /** What makes two of the same code one cause (the unmapped code); kept as a keyed hash. */
  readonly value: string | undefined;
  readonly status: number | undefined;
  readonly file: string | undefined;
  readonly row: number | undefined;
  /** Whose problem it is: the record's source identity. */
  readonly sourceHash: Uint8Array | undefined;
  /** For the steward's eyes on this workstation: sealed. */
  readonly detail: ProblemDetail | undefined;
}

/** What a problem keeps of the record and of the server's own words; sealed. */
export interface ProblemDetail {
  /** The offending value of the first finding. */
  readonly value?: string | undefined;
  /** Every finding of the record. */
  readonly issues?: readonly { readonly code: string; readonly path?: string; readonly value?: string }[] | undefined;
  readonly method?: 'POST' | 'PUT' | 'DELETE';
  /** The item's id in the API, where the request was to it. */
  readonly id?: string | undefined;
  readonly answer?: string;
  readonly correlationId?: string | undefined;
}

/** One root cause: its counts are of what is not confirmed now. */
export interface ProblemGroup {
  readonly id: number;
  /** `G-7K4M-2Q`. */
  readonly reference: string;
  readonly code: string;
  readonly resource: string;
  readonly path: string | null;
  readonly subject: string | null;
  readonly status: number | null;
  /** Records that fail for this cause themselves. */
  readonly records: number;
  /** Records that wait because of them. */
  readonly held: number;
  readonly occurrences: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Met first in the connection's last batch. */
  readonly isNew: boolean;
  readonly ignoredAt: number | null;
  readonly fixedAt: number | null;
  /** Since when nothing is left of it; of one that came back: since when it is back. */
  readonly goneAt: number | null;
  readonly returnedAt: number | null;
  /** The first place in the source, for the steward to look. */
  readonly file: string | null;
  readonly row: number | null;
  /** The value itself where the whole group is of one (an unmapped code); sealed, for this workstation only. */
  readonly value: string | undefined;
}

/** What makes two problems one and the same. */
export type Cause = Pick<NewProblem, 'code' | 'path' | 'subject' | 'value'>;

/** `open` is what a steward has to look at; `hidden` what is ignored, or marked as fixed and not looked at again yet. */
export type Show = 'open' | 'hidden' | 'resolved' | 'all';

export interface PageOfGroups {
  readonly show?: Show;
  /** The last one of the page before. */
  readonly after?: { readonly blocked: number; readonly id: number } | undefined;
  readonly limit?: number;
}

export interface Trend {
  readonly batch: number;
  readonly at: number;
  readonly records: number;
  readonly held: number;
}

export interface Problems {
  add(problem: NewProblem, at: number): number;
  /** @returns whether the problem with this number is of this cause */
  isSame(id: number, cause: Cause): boolean;
  /** Causes at a connection, the one that blocks most first. */
  groups(connectionId: number, page?: PageOfGroups): ProblemGroup[];
  group(connectionId: number, reference: string): ProblemGroup | undefined;
  groupById(id: number): ProblemGroup | undefined;
  /** Codes without a descriptor value, by how many records fail for it and wait because of them; of what is open or hidden. */
  unmapped(connectionId: number): { type: string; code: string; records: number; held: number }[];
  counts(connectionId: number): {
    open: { causes: number; records: number; held: number };
    hidden: number;
    resolved: number;
  };
  trend(groupId: number): Trend[];
  /** Takes stock at the end of a batch: what is still there, gone or back, and how much of it. */
  endOfBatch(connectionId: number, batchId: number, startedAt: number, at: number): void;
  ignore(groupId: number, at: number | undefined): void;
  fix(groupId: number, at: number | undefined): void;
  /** Hides what is over, of one cause or of all. @returns how many causes and entries were hidden */
  clear(connectionId: number, groupId: number | undefined, at: number): { causes: number; entries: number };
  /** Takes clearing back, of one cause or of all, where it was at `since` or later. @returns as `clear` */
  restore(connectionId: number, groupId: number | undefined, since: number): { causes: number; entries: number };
  /**
   * Deletes what has been over, or was cleared, for longer; of a cause that is still open, what was met before and no record
   * waits for any more; and of the history the batches before, but for the last of each connection and those of which
   * something is left. @returns how many entries went
   */
  purge(before: number): number;
}

const VALUE_HASH_BYTES = 8;

const SHOWN: Readonly<Record<Show, string>> = {
  open: 'blocked > 0 AND ignored_at IS NULL AND fixed_at IS NULL',
  hidden: 'blocked > 0 AND (ignored_at IS NOT NULL OR fixed_at IS NOT NULL)',
  resolved: 'blocked = 0 AND cleared_at IS NULL',
  all: '(blocked > 0 OR cleared_at IS NULL)',
};

const NO_LIMIT = 1_000_000;

export function createProblems(db: Database, seal: Seal, newReference: () => string): Problems {
  const add = db.prepare(
    `INSERT INTO problem (batch_id, resource_id, group_id, code, path, subject, value_hash, status, file, row, source_hash,
       detail, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const owner = db.prepare('SELECT connection_id AS connectionId, name FROM resource WHERE id = ?');
  const findGroup = db.prepare('SELECT id FROM problem_group WHERE connection_id = ? AND fingerprint = ?').pluck();
  const addGroup = db
    .prepare(
      `INSERT INTO problem_group (connection_id, fingerprint, reference, resource_id, code, path, subject, value, first_at,
         last_at, first_batch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    )
    .pluck();
  const met = db.prepare(
    `UPDATE problem_group SET occurrences = occurrences + 1, last_at = max(last_at, ?), status = ?,
       file = coalesce(file, ?), row = coalesce(row, ?), cleared_at = NULL WHERE id = ?`,
  );
  const taken = db.prepare('SELECT 1 FROM problem_group WHERE reference = ?').pluck();
  const cause = db.prepare('SELECT code, path, subject, value_hash AS valueHash FROM problem WHERE id = ?');
  const hashOf = (value: string | undefined): Buffer | null =>
    value === undefined ? null : Buffer.from(seal.digest(`value\n${value}`).slice(0, VALUE_HASH_BYTES), 'latin1');

  const first = (column: string): string =>
    `coalesce((SELECT pending.${column} FROM pending WHERE group_id = g.id AND state = 2 ORDER BY resource_id, pending.id LIMIT 1),
      (SELECT pending.${column} FROM pending WHERE group_id = g.id AND state = 4 ORDER BY resource_id, pending.id LIMIT 1), g.${column})`;
  const columns = `g.id, reference, code, resource.name AS resource, path, subject, status, records, held, occurrences,
    first_at AS firstAt, last_at AS lastAt, ignored_at AS ignoredAt, fixed_at AS fixedAt, gone_at AS goneAt,
    returned_at AS returnedAt, value, ${first('file')} AS file, ${first('row')} AS row,
    first_batch = (SELECT max(id) FROM batch WHERE batch.connection_id = g.connection_id) AS isNew
    FROM problem_group AS g JOIN resource ON resource.id = g.resource_id`;
  const page = Object.fromEntries(
    (Object.keys(SHOWN) as Show[]).map((show) => [
      show,
      db.prepare(
        `SELECT ${columns} WHERE g.connection_id = @connectionId AND ${SHOWN[show]}
           AND (blocked < @blocked OR (blocked = @blocked AND g.id > @id)) ORDER BY blocked DESC, g.id LIMIT @limit`,
      ),
    ]),
  ) as Record<Show, ReturnType<typeof db.prepare>>;
  const byReference = db.prepare(`SELECT ${columns} WHERE g.connection_id = ? AND reference = ?`);
  const byId = db.prepare(`SELECT ${columns} WHERE g.id = ?`);
  const unmapped = db.prepare(
    `SELECT subject AS type, value, records, held FROM problem_group WHERE connection_id = ? AND blocked > 0
       AND code = 'descriptor-unmapped' AND subject IS NOT NULL AND value IS NOT NULL`,
  );
  const open = db.prepare(
    `SELECT count(*) AS causes, coalesce(sum(records), 0) AS records, coalesce(sum(held), 0) AS held
     FROM problem_group WHERE connection_id = ? AND ${SHOWN.open}`,
  );
  const hidden = db.prepare(`SELECT count(*) FROM problem_group WHERE connection_id = ? AND ${SHOWN.hidden}`).pluck();
  const resolved = db
    .prepare(`SELECT count(*) FROM problem_group WHERE connection_id = ? AND ${SHOWN.resolved}`)
    .pluck();
  const trend = db.prepare(
    `SELECT batch_id AS batch, coalesce(batch.ended_at, batch.started_at) AS at, records, held FROM problem_trend
     JOIN batch ON batch.id = batch_id WHERE group_id = ? ORDER BY batch_id`,
  );
  // Marked as fixed before this batch began, and still there; or gone, and there again.
  const back = db.prepare(
    `UPDATE problem_group SET returned_at = @at, fixed_at = NULL, gone_at = NULL WHERE connection_id = @connectionId
       AND blocked > 0 AND (gone_at IS NOT NULL OR fixed_at <= @startedAt OR fixed_at > @at)`,
  );
  const gone = db.prepare(
    `UPDATE problem_group SET gone_at = @at, returned_at = NULL, fixed_at = NULL WHERE connection_id = @connectionId
       AND blocked = 0 AND gone_at IS NULL`,
  );
  const still = db.prepare(
    'UPDATE problem_group SET last_at = max(first_at, @at) WHERE connection_id = @connectionId AND blocked > 0',
  );
  const measure = db.prepare(
    `INSERT OR REPLACE INTO problem_trend (group_id, batch_id, records, held)
     SELECT id, @batchId, records, held FROM problem_group WHERE connection_id = @connectionId AND (blocked > 0 OR gone_at = @at)`,
  );
  const ignore = db.prepare('UPDATE problem_group SET ignored_at = ? WHERE id = ?');
  const fix = db.prepare('UPDATE problem_group SET fixed_at = ?, returned_at = NULL WHERE id = ?');
  const clearGroups = db.prepare(
    `UPDATE problem_group SET cleared_at = @at WHERE connection_id = @connectionId AND blocked = 0 AND cleared_at IS NULL
       AND (@groupId IS NULL OR id = @groupId)`,
  );
  const clearEntries = db.prepare(
    `UPDATE problem SET cleared_at = @at WHERE cleared_at IS NULL
       AND group_id IN (SELECT id FROM problem_group WHERE connection_id = @connectionId AND (@groupId IS NULL OR id = @groupId))
       AND id NOT IN (SELECT problem_id FROM pending WHERE problem_id IS NOT NULL)
       AND id NOT IN (SELECT root_id FROM pending WHERE root_id IS NOT NULL)`,
  );
  const restoreGroups = db.prepare(
    `UPDATE problem_group SET cleared_at = NULL WHERE connection_id = @connectionId AND cleared_at >= @since
       AND (@groupId IS NULL OR id = @groupId)`,
  );
  const restoreEntries = db.prepare(
    `UPDATE problem SET cleared_at = NULL WHERE cleared_at >= @since
       AND group_id IN (SELECT id FROM problem_group WHERE connection_id = @connectionId AND (@groupId IS NULL OR id = @groupId))`,
  );
  const purgeEntries = db.prepare(
    `DELETE FROM problem WHERE at < @before
       AND (cleared_at < @before OR group_id IS NULL
         OR group_id IN (SELECT id FROM problem_group WHERE gone_at < @before OR blocked > 0))
       AND id NOT IN (SELECT problem_id FROM pending WHERE problem_id IS NOT NULL)
       AND id NOT IN (SELECT root_id FROM pending WHERE root_id IS NOT NULL)`,
  );
  const purgeGroups = db.prepare(
    `DELETE FROM problem_group WHERE blocked = 0 AND last_at < @before AND ignored_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM problem WHERE group_id = problem_group.id)`,
  );
  const purgeBatches = db.prepare(
    `DELETE FROM batch WHERE coalesce(ended_at, started_at) < @before
       AND id NOT IN (SELECT max(id) FROM batch GROUP BY connection_id)
       AND id NOT IN (SELECT batch_id FROM pending)
       AND NOT EXISTS (SELECT 1 FROM problem WHERE problem.batch_id = batch.id)`,
  );

  const unused = (): string => {
    for (;;) {
      const reference = newReference();
      if (taken.get(reference) === undefined) return reference;
    }
  };
  const groupOf = (problem: NewProblem, valueHash: Buffer | null, at: number): number => {
    const { connectionId, name } = owner.get(problem.resourceId) as { connectionId: number; name: string };
    const { code, path, subject } = problem;
    const fingerprint = fingerprintOf({ code, resource: name, path, subject, value: valueHash?.toString('hex') });
    const known = findGroup.get(connectionId, fingerprint) as number | undefined;
    if (known !== undefined) return known;
    const value = problem.value === undefined ? null : seal.seal('value', problem.value);
    return addGroup.get(
      connectionId,
      fingerprint,
      unused(),
      problem.resourceId,
      code,
      path ?? null,
      subject ?? null,
      value,
      at,
      at,
      problem.batchId,
    ) as number;
  };
  type Row = Omit<ProblemGroup, 'value' | 'isNew'> & { value: Buffer | null; isNew: number };
  const opened = (row: Row): ProblemGroup => ({
    ...row,
    isNew: row.isNew === 1,
    value: row.value === null ? undefined : seal.open('value', row.value),
  });
  return {
    add(problem, at) {
      const valueHash = hashOf(problem.value);
      const groupId = groupOf(problem, valueHash, at);
      met.run(at, problem.status ?? null, problem.file ?? null, problem.row ?? null, groupId);
      return Number(
        add.run(
          problem.batchId,
          problem.resourceId,
          groupId,
          problem.code,
          problem.path ?? null,
          problem.subject ?? null,
          valueHash,
          problem.status ?? null,
          problem.file ?? null,
          problem.row ?? null,
          problem.sourceHash ?? null,
          problem.detail === undefined ? null : seal.seal('detail', JSON.stringify(problem.detail)),
          at,
        ).lastInsertRowid,
      );
    },
    isSame(id, { code, path, subject, value }) {
      const found = cause.get(id) as
        | { code: string; path: string | null; subject: string | null; valueHash: Buffer | null }
        | undefined;
      if (found === undefined) return false;
      const hash = hashOf(value);
      return (
        found.code === code &&
        found.path === (path ?? null) &&
        found.subject === (subject ?? null) &&
        (hash === null ? found.valueHash === null : found.valueHash?.equals(hash) === true)
      );
    },
    groups(connectionId, { show = 'open', after, limit = NO_LIMIT } = {}) {
      const from = after ?? { blocked: Number.MAX_SAFE_INTEGER, id: 0 };
      return (page[show].all({ connectionId, ...from, limit }) as Row[]).map(opened);
    },
    group(connectionId, reference) {
      const row = byReference.get(connectionId, reference) as Row | undefined;
      return row && opened(row);
    },
    groupById(id) {
      const row = byId.get(id) as Row | undefined;
      return row && opened(row);
    },
    unmapped: (connectionId) =>
      (unmapped.all(connectionId) as { type: string; value: Buffer; records: number; held: number }[]).map(
        ({ value, ...group }) => ({ ...group, code: seal.open('value', value) }),
      ),
    counts: (connectionId) => ({
      open: open.get(connectionId) as { causes: number; records: number; held: number },
      hidden: hidden.get(connectionId) as number,
      resolved: resolved.get(connectionId) as number,
    }),
    trend: (groupId) => trend.all(groupId) as Trend[],
    endOfBatch(connectionId, batchId, startedAt, at) {
      back.run({ connectionId, startedAt, at });
      gone.run({ connectionId, at });
      still.run({ connectionId, at });
      measure.run({ connectionId, batchId, at });
    },
    ignore: (groupId, at) => void ignore.run(at ?? null, groupId),
    fix: (groupId, at) => void fix.run(at ?? null, groupId),
    clear: (connectionId, groupId, at) => ({
      entries: clearEntries.run({ connectionId, groupId: groupId ?? null, at }).changes,
      causes: clearGroups.run({ connectionId, groupId: groupId ?? null, at }).changes,
    }),
    restore: (connectionId, groupId, since) => ({
      entries: restoreEntries.run({ connectionId, groupId: groupId ?? null, since }).changes,
      causes: restoreGroups.run({ connectionId, groupId: groupId ?? null, since }).changes,
    }),
    purge(before) {
      const entries = purgeEntries.run({ before }).changes;
      purgeGroups.run({ before });
      purgeBatches.run({ before });
      return entries;
    },
  };
}
