/** The append-only list of what went wrong, and the groups in which a steward sees it. */
import type { Database } from 'better-sqlite3';
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
  /** For the steward's eyes on this workstation: sealed. */
  readonly detail: Readonly<Record<string, unknown>> | undefined;
}

/** One root cause among what is not confirmed now. */
export interface ProblemGroup {
  readonly code: string;
  readonly resource: string;
  readonly path: string | null;
  readonly subject: string | null;
  readonly status: number | null;
  /** Records that fail for this cause themselves. */
  readonly records: number;
  /** Records that wait because of them. */
  readonly held: number;
  /** The first place in the source, for the steward to look. */
  readonly file: string | null;
  readonly row: number | null;
  /** The value itself where there is one (an unmapped code); from the sealed detail, for this workstation only. */
  readonly value: string | undefined;
}

/** What makes two problems one and the same. */
export type Cause = Pick<NewProblem, 'code' | 'path' | 'subject' | 'value'>;

export interface Problems {
  add(problem: NewProblem, at: number): number;
  /** @returns whether the problem with this number is of this cause */
  isSame(id: number, cause: Cause): boolean;
  /** Root causes of what is not confirmed at a connection, the one that blocks most first. */
  groups(connectionId: number): ProblemGroup[];
}

export function createProblems(db: Database, seal: Seal): Problems {
  const add = db.prepare(
    `INSERT INTO problem (batch_id, resource_id, code, path, subject, value_hash, status, file, row, detail, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const cause = db.prepare('SELECT code, path, subject, value_hash AS valueHash FROM problem WHERE id = ?');
  const hashOf = (value: string | undefined): Buffer | null =>
    value === undefined ? null : Buffer.from(seal.digest(`value\n${value}`).slice(0, 8), 'latin1');
  const groups = db.prepare(
    `WITH own AS (
       SELECT problem_id AS id, count(*) AS count, min(id), file, row FROM pending
       WHERE problem_id IS NOT NULL AND state IN (2, 4) GROUP BY problem_id
     ), waiting AS (
       SELECT root_id AS id, count(*) AS count FROM pending WHERE root_id IS NOT NULL AND state = 3 GROUP BY root_id
     )
     SELECT problem.code, resource.name AS resource, problem.path, problem.subject, problem.status,
       sum(coalesce(own.count, 0)) AS records, sum(coalesce(waiting.count, 0)) AS held,
       sum(coalesce(own.count, 0) + coalesce(waiting.count, 0)) AS blocked,
       min(problem.id) AS first, coalesce(own.file, problem.file) AS file, coalesce(own.row, problem.row) AS row,
       problem.value_hash IS NOT NULL AS oneValue, problem.detail
     FROM problem JOIN resource ON resource.id = problem.resource_id
       LEFT JOIN own ON own.id = problem.id LEFT JOIN waiting ON waiting.id = problem.id
     WHERE resource.connection_id = ? AND (own.id IS NOT NULL OR waiting.id IS NOT NULL)
     GROUP BY problem.code, CASE WHEN problem.value_hash IS NULL THEN problem.resource_id ELSE 0 END,
       CASE WHEN problem.value_hash IS NULL THEN problem.path END, problem.subject, problem.value_hash
     ORDER BY blocked DESC, first`,
  );
  return {
    add(problem, at) {
      return Number(
        add.run(
          problem.batchId,
          problem.resourceId,
          problem.code,
          problem.path ?? null,
          problem.subject ?? null,
          hashOf(problem.value),
          problem.status ?? null,
          problem.file ?? null,
          problem.row ?? null,
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
    groups(connectionId) {
      const rows = groups.all(connectionId) as (Omit<ProblemGroup, 'value'> & {
        first: number;
        blocked: number;
        oneValue: number;
        detail: Buffer | null;
      })[];
      return rows.map(({ first: _first, blocked: _blocked, oneValue, detail, ...group }) => {
        // Only where the whole group is of one value: of any other, the first record's would be taken for all.
        const opened =
          detail === null || oneValue === 0
            ? undefined
            : (JSON.parse(seal.open('detail', detail)) as { value?: unknown }).value;
        return { ...group, value: typeof opened === 'string' ? opened : undefined };
      });
    },
  };
}
