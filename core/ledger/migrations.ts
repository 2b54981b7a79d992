/** The ledger's schema, one numbered step at a time. A step that has shipped never changes. */
import type { Database } from 'better-sqlite3';
import { Failure } from '../errors/failure.ts';

/** Says whose file this is: "Roll" in ASCII, kept in SQLite's application id. */
export const APPLICATION_ID = 0x526f6c6c;

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
    );
  }
  if (version > SCHEMA_VERSION) {
    throw new Failure(
      'ledger-from-future',
      `This ledger was written by a newer Rollbook (its format is ${version}, this one knows up to ${SCHEMA_VERSION}). Update Rollbook; nothing was changed.`,
    );
  }
}

/** Brings a ledger to this version's schema, all or nothing. */
export function migrate(db: Database): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version === SCHEMA_VERSION) return;
  db.transaction(() => {
    for (const step of STEPS.slice(version)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }).immediate();
}
