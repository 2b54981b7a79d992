/** The ledger's schema, one numbered step at a time. A step that has shipped never changes. */
import type { Database } from 'better-sqlite3';
import { Failure, OTHER_FOLDER } from '../errors/failure.ts';

/** Says whose file this is: "Roll" in ASCII, kept in SQLite's application id. */
export const APPLICATION_ID = 0x526f6c6c;

/** The first fingerprint, in SQL: what causes of an older ledger are known by. */
function oldFingerprint(table: string): string {
  const path = `replace(replace(CASE coalesce(${table}.path, '$') WHEN '$' THEN '' ELSE ${table}.path END, '$.', ''), '[]', '')`;
  const subject = `coalesce(${table}.subject, '')`;
  return `CASE WHEN ${table}.value_hash IS NULL
    THEN '1|' || ${table}.code || '|' || (SELECT name FROM resource WHERE id = ${table}.resource_id) || '|' || ${path} || '|' || ${subject} || '|'
    ELSE '1|' || ${table}.code || '|||' || ${subject} || '|' || lower(hex(${table}.value_hash)) END`;
}

/** So many random letters of those that references are made of. */
const letters = (count: number): string => {
  const hex = `substr(hex(randomblob(${count})), 1, ${count})`;
  return Object.entries({ 0: 'G', 1: 'H', A: 'J', E: 'K' }).reduce(
    (sql, [digit, letter]) => `replace(${sql}, '${digit}', '${letter}')`,
    hex,
  );
};

const STEPS: readonly string[] = [
  `
  CREATE TABLE connection (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    profile TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  -- A sealed word: opened with another key than the one that sealed it, a ledger would take every record for new.
  CREATE TABLE proof (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
  ) STRICT;

  -- What an API says of itself (specification, dependencies, descriptors), compressed; for checking offline.
  CREATE TABLE cache (
    connection_id INTEGER NOT NULL REFERENCES connection ON DELETE CASCADE,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (connection_id, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE descriptor_map (
    connection_id INTEGER NOT NULL REFERENCES connection ON DELETE CASCADE,
    type TEXT NOT NULL,
    code TEXT NOT NULL,
    uri TEXT NOT NULL,
    PRIMARY KEY (connection_id, type, code)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE resource (
    id INTEGER PRIMARY KEY,
    connection_id INTEGER NOT NULL REFERENCES connection ON DELETE CASCADE,
    name TEXT NOT NULL,
    UNIQUE (connection_id, name)
  ) STRICT;

  -- One row for each item the API has confirmed: hashes only. Clustered by key, so that it costs one b-tree.
  CREATE TABLE record (
    resource_id INTEGER NOT NULL REFERENCES resource ON DELETE CASCADE,
    key_hash BLOB NOT NULL,
    full_hash BLOB NOT NULL,
    source_hash BLOB NOT NULL,
    api_id BLOB,
    state INTEGER NOT NULL,
    confirmed_at INTEGER NOT NULL,
    PRIMARY KEY (resource_id, key_hash)
  ) STRICT, WITHOUT ROWID;

  -- A date that had to be made up for a key is kept from the first send on: a later export must not move it.
  CREATE TABLE frozen (
    resource_id INTEGER NOT NULL REFERENCES resource ON DELETE CASCADE,
    source_hash BLOB NOT NULL,
    path TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (resource_id, source_hash, path)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    connection_id INTEGER NOT NULL REFERENCES connection ON DELETE CASCADE,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    summary TEXT
  ) STRICT;
  CREATE INDEX batch_by_connection ON batch (connection_id, id);

  -- What happened to a record that is not as it should be. Append-only: clearing marks, and deletes nothing.
  CREATE TABLE problem (
    id INTEGER PRIMARY KEY,
    batch_id INTEGER NOT NULL REFERENCES batch ON DELETE CASCADE,
    resource_id INTEGER NOT NULL REFERENCES resource ON DELETE CASCADE,
    code TEXT NOT NULL,
    path TEXT,
    subject TEXT,
    value_hash BLOB,
    status INTEGER,
    file TEXT,
    row INTEGER,
    detail BLOB,
    at INTEGER NOT NULL,
    cleared_at INTEGER
  ) STRICT;
  CREATE INDEX problem_by_batch ON problem (batch_id);

  -- What the API has not confirmed yet: the only place where values are kept, sealed, until it has.
  CREATE TABLE pending (
    id INTEGER PRIMARY KEY,
    resource_id INTEGER NOT NULL REFERENCES resource ON DELETE CASCADE,
    batch_id INTEGER NOT NULL REFERENCES batch ON DELETE CASCADE,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    key_hash BLOB,
    old_key_hash BLOB,
    full_hash BLOB,
    source_hash BLOB,
    body BLOB,
    frozen BLOB,
    mapping TEXT,
    file TEXT,
    row INTEGER,
    problem_id INTEGER REFERENCES problem,
    root_id INTEGER REFERENCES problem
  ) STRICT;
  CREATE INDEX pending_by_resource ON pending (resource_id, state);
  CREATE INDEX pending_by_problem ON pending (problem_id) WHERE problem_id IS NOT NULL;
  CREATE INDEX pending_by_root ON pending (root_id) WHERE root_id IS NOT NULL;
  `,
  `
  -- One cause of problems, by fingerprint. Its counts are kept by the triggers below, with the rows they count, so that
  -- a hundred thousand problems list as fast as six, and a process that dies leaves them right.
  CREATE TABLE problem_group (
    id INTEGER PRIMARY KEY,
    connection_id INTEGER NOT NULL REFERENCES connection ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    reference TEXT NOT NULL UNIQUE,
    resource_id INTEGER NOT NULL REFERENCES resource ON DELETE CASCADE,
    code TEXT NOT NULL,
    path TEXT,
    subject TEXT,
    value BLOB,
    status INTEGER,
    file TEXT,
    row INTEGER,
    records INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER GENERATED ALWAYS AS (records + held) VIRTUAL,
    occurrences INTEGER NOT NULL DEFAULT 0,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    first_batch INTEGER NOT NULL,
    ignored_at INTEGER,
    fixed_at INTEGER,
    gone_at INTEGER,
    returned_at INTEGER,
    cleared_at INTEGER,
    UNIQUE (connection_id, fingerprint)
  ) STRICT;
  CREATE INDEX problem_group_by_rank ON problem_group (connection_id, blocked DESC, id);

  -- How many records a cause had at the end of each batch.
  CREATE TABLE problem_trend (
    group_id INTEGER NOT NULL REFERENCES problem_group ON DELETE CASCADE,
    batch_id INTEGER NOT NULL REFERENCES batch ON DELETE CASCADE,
    records INTEGER NOT NULL,
    held INTEGER NOT NULL,
    PRIMARY KEY (group_id, batch_id)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE problem ADD COLUMN group_id INTEGER REFERENCES problem_group ON DELETE CASCADE;
  ALTER TABLE problem ADD COLUMN source_hash BLOB;
  CREATE INDEX problem_by_group ON problem (group_id);
  CREATE INDEX problem_by_record ON problem (resource_id, source_hash);

  -- The cause a record leads to: its own, or that of the one it waits for.
  ALTER TABLE pending ADD COLUMN group_id INTEGER REFERENCES problem_group;
  -- To be sent again with the next batch although nothing changed.
  ALTER TABLE pending ADD COLUMN retry INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX pending_by_group ON pending (group_id, state, resource_id) WHERE group_id IS NOT NULL;
  CREATE INDEX pending_by_record ON pending (resource_id, source_hash) WHERE group_id IS NOT NULL;

  -- What an older Rollbook left: its causes by the first version of the fingerprint.
  INSERT INTO problem_group (connection_id, fingerprint, reference, resource_id, code, path, subject, status, file, row,
      occurrences, first_at, last_at, first_batch)
    SELECT resource.connection_id, old.fingerprint, 'G-' || ${letters(4)} || '-' || ${letters(2)},
      min(old.resource_id), old.code, old.path, old.subject, max(old.status), min(old.file), min(old.row), count(*), min(old.at), max(old.at),
      min(old.batch_id)
    FROM (SELECT *, ${oldFingerprint('problem')} AS fingerprint FROM problem) AS old JOIN resource ON resource.id = old.resource_id
    GROUP BY resource.connection_id, old.fingerprint;
  UPDATE problem SET group_id = (SELECT id FROM problem_group WHERE fingerprint = ${oldFingerprint('problem')}
    AND connection_id = (SELECT connection_id FROM resource WHERE id = problem.resource_id));
  UPDATE pending SET group_id = (SELECT group_id FROM problem WHERE id = coalesce(problem_id, root_id)) WHERE state > 1;
  UPDATE problem_group SET
    records = (SELECT count(*) FROM pending WHERE group_id = problem_group.id AND state <> 3),
    held = (SELECT count(*) FROM pending WHERE group_id = problem_group.id AND state = 3);

  CREATE TRIGGER pending_counted AFTER INSERT ON pending WHEN NEW.group_id IS NOT NULL BEGIN
    UPDATE problem_group SET records = records + (NEW.state <> 3), held = held + (NEW.state = 3) WHERE id = NEW.group_id;
  END;
  CREATE TRIGGER pending_uncounted AFTER DELETE ON pending WHEN OLD.group_id IS NOT NULL BEGIN
    UPDATE problem_group SET records = records - (OLD.state <> 3), held = held - (OLD.state = 3) WHERE id = OLD.group_id;
  END;
  CREATE TRIGGER pending_recounted AFTER UPDATE OF group_id, state ON pending
    WHEN OLD.group_id IS NOT NEW.group_id OR OLD.state <> NEW.state BEGIN
    UPDATE problem_group SET records = records - (OLD.state <> 3), held = held - (OLD.state = 3) WHERE id = OLD.group_id;
    UPDATE problem_group SET records = records + (NEW.state <> 3), held = held + (NEW.state = 3) WHERE id = NEW.group_id;
  END;

  -- How many records of a resource are at the API by us, kept with the rows it counts: a million count as fast as ten.
  ALTER TABLE resource ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
  UPDATE resource SET confirmed = (SELECT count(*) FROM record WHERE resource_id = resource.id AND state IN (1, 3));
  CREATE TRIGGER record_counted AFTER INSERT ON record WHEN NEW.state IN (1, 3) BEGIN
    UPDATE resource SET confirmed = confirmed + 1 WHERE id = NEW.resource_id;
  END;
  CREATE TRIGGER record_uncounted AFTER DELETE ON record WHEN OLD.state IN (1, 3) BEGIN
    UPDATE resource SET confirmed = confirmed - 1 WHERE id = OLD.resource_id;
  END;
  CREATE TRIGGER record_recounted AFTER UPDATE OF state ON record WHEN OLD.state IN (1, 3) <> NEW.state IN (1, 3) BEGIN
    UPDATE resource SET confirmed = confirmed + (NEW.state IN (1, 3)) - (OLD.state IN (1, 3)) WHERE id = NEW.resource_id;
  END;

  -- What an API says of itself is sealed from now on; it is read again.
  DELETE FROM cache;

  -- Under which the log names a batch.
  ALTER TABLE batch ADD COLUMN reference TEXT;

  -- Who began it; and, sealed, what one that waits for the steward would do.
  ALTER TABLE batch ADD COLUMN begun_by TEXT;
  ALTER TABLE batch ADD COLUMN plan BLOB;

  -- The random names under which support may hear of records; only this table resolves them. A record is known by its
  -- source identity, or, where it has none, by its key.
  CREATE TABLE reference (
    id TEXT PRIMARY KEY,
    resource_id INTEGER NOT NULL REFERENCES resource ON DELETE CASCADE,
    identity BLOB NOT NULL,
    made_at INTEGER NOT NULL,
    UNIQUE (resource_id, identity)
  ) STRICT, WITHOUT ROWID;

  -- The local codes that the last batch met on their way through the descriptor map, sealed.
  CREATE TABLE descriptor_code (
    connection_id INTEGER NOT NULL REFERENCES connection ON DELETE CASCADE,
    type TEXT NOT NULL,
    digest BLOB NOT NULL,
    code BLOB NOT NULL,
    records INTEGER NOT NULL,
    PRIMARY KEY (connection_id, type, digest)
  ) STRICT, WITHOUT ROWID;

  -- JSON, each.
  CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The book of rows (a sealed file beside the ledger) that agrees with the records of a resource, but for those whose
  -- keys are loose: whatever changes a record makes it so, in the same transaction. (OR IGNORE would not be heeded: in a
  -- trigger the conflict clause of the statement that set it off counts.)
  ALTER TABLE resource ADD COLUMN book TEXT;
  CREATE TABLE loose_key (
    resource_id INTEGER NOT NULL REFERENCES resource ON DELETE CASCADE,
    key_hash BLOB NOT NULL,
    PRIMARY KEY (resource_id, key_hash)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER record_loose_new AFTER INSERT ON record
    WHEN (SELECT book FROM resource WHERE id = NEW.resource_id) IS NOT NULL BEGIN
    INSERT INTO loose_key SELECT NEW.resource_id, NEW.key_hash WHERE NOT EXISTS
      (SELECT 1 FROM loose_key WHERE resource_id = NEW.resource_id AND key_hash = NEW.key_hash);
  END;
  CREATE TRIGGER record_loose_changed AFTER UPDATE OF full_hash, source_hash, state ON record
    WHEN (SELECT book FROM resource WHERE id = NEW.resource_id) IS NOT NULL BEGIN
    INSERT INTO loose_key SELECT NEW.resource_id, NEW.key_hash WHERE NOT EXISTS
      (SELECT 1 FROM loose_key WHERE resource_id = NEW.resource_id AND key_hash = NEW.key_hash);
  END;
  CREATE TRIGGER record_loose_gone AFTER DELETE ON record
    WHEN (SELECT book FROM resource WHERE id = OLD.resource_id) IS NOT NULL BEGIN
    INSERT INTO loose_key SELECT OLD.resource_id, OLD.key_hash WHERE NOT EXISTS
      (SELECT 1 FROM loose_key WHERE resource_id = OLD.resource_id AND key_hash = OLD.key_hash);
  END;
  `,
  `
  -- A record of the problems is found by its key, among a hundred thousand of them.
  CREATE INDEX pending_by_key ON pending (resource_id, key_hash) WHERE group_id IS NOT NULL;

  -- The key that the record had when its reference was last given: finds it without a look at each record's source.
  ALTER TABLE reference ADD COLUMN key_hash BLOB;
  `,
  `
  -- Of these a request was sent, and no answer says for certain what came of it: the API may have the item. Written before
  -- each request, so that it holds whatever becomes of the process, and gone with what is pending once that is confirmed.
  CREATE TABLE doubt (
    pending_id INTEGER PRIMARY KEY REFERENCES pending ON DELETE CASCADE
  ) STRICT;
  `,
];

export const SCHEMA_VERSION = STEPS.length;

/**
 * Looks at a file before anything in it is changed.
 * @throws Failure `ledger-from-future` when a newer Rollbook wrote it; `ledger-damaged` when it is another program's file
 */
export function refuseForeign(db: Database): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  const application = db.pragma('application_id', { simple: true }) as number;
  const empty = (db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number) === 0;
  if (!empty && application !== APPLICATION_ID) {
    throw new Failure(
      'ledger-damaged',
      'The file ledger.db in the data folder is not a Rollbook ledger. Move it away, or choose another data folder.',
      OTHER_FOLDER,
    );
  }
  if (version > SCHEMA_VERSION) {
    throw new Failure(
      'ledger-from-future',
      `This ledger was written by a newer Rollbook (its format is ${version}, this one knows up to ${SCHEMA_VERSION}). Update Rollbook; nothing was changed.`,
    );
  }
}

/**
 * Brings a ledger to this version's schema, all or nothing.
 * @param to an older version's schema, to make a ledger as that version left it
 */
export function migrate(db: Database, to: number = SCHEMA_VERSION): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version === to) return;
  db.transaction(() => {
    for (const step of STEPS.slice(version, to)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${to}`);
  }).immediate();
}
