/**
 * What the practice API remembers, and every SQL statement of it. An item is its body as JSON text beside its natural
 * key and the few values that authorization asks for; which item refers to which is kept by row number, so that a
 * changed key leaves it true.
 */
import Database from 'better-sqlite3';
import type { JsonObject } from '../edfi/model.ts';

export interface Item {
  readonly seq: number;
  readonly id: string;
  readonly resource: string;
  readonly key: string;
  readonly body: string;
  readonly etag: string;
  /** ISO 8601 */
  readonly modified: string;
  /** The key of the client that made it; null for what was there from the start. */
  readonly owner: string | null;
}

/** Whom an item is about, for authorization. */
export interface Subject {
  readonly org: number | null;
  readonly student: string | null;
  readonly staff: string | null;
  readonly contact: string | null;
}

export interface ItemValues extends Subject {
  readonly id: string;
  readonly resource: string;
  readonly key: string;
  readonly body: string;
  readonly etag: string;
  readonly modified: string;
  readonly owner: string | null;
}

/** What changes of an item that is there. */
type Changed = Omit<ItemValues, 'id' | 'resource' | 'owner'>;

/** What is left of an item that was deleted, or of the key it had before. */
export interface Trace {
  /** The change version. */
  readonly version: number;
  readonly id: string;
  /** Key values as JSON. */
  readonly before: string;
  /** Those after a change of the key; null where the item was deleted. */
  readonly after: string | null;
}

/** From the lowest to the highest, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** A condition on a page of items: SQL from this program alone, with its values apart. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS item (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    resource TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    etag TEXT NOT NULL,
    modified TEXT NOT NULL,
    org INTEGER,
    student TEXT,
    staff TEXT,
    contact TEXT,
    owner TEXT,
    changed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (resource, key)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS item_of_student ON item (student, resource) WHERE student IS NOT NULL;
  CREATE INDEX IF NOT EXISTS item_of_staff ON item (staff, resource) WHERE staff IS NOT NULL;
  CREATE INDEX IF NOT EXISTS item_of_contact ON item (contact, resource) WHERE contact IS NOT NULL;
  CREATE TABLE IF NOT EXISTS reference (
    target INTEGER NOT NULL,
    source INTEGER NOT NULL,
    PRIMARY KEY (target, source)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS reference_from ON reference (source, target);
  CREATE TABLE IF NOT EXISTS trace (
    version INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT,
    org INTEGER
  ) STRICT;
  CREATE TEMP TABLE claim (caller TEXT NOT NULL, org INTEGER NOT NULL, PRIMARY KEY (caller, org)) WITHOUT ROWID;
`;

/** What a file from before owners and change versions lacks. */
const LATER_COLUMNS = { owner: 'TEXT', changed: 'INTEGER NOT NULL DEFAULT 0' } as const;

/** Value of a natural key at a JSON path of a body, as a query of a page compares it. */
const compared = (value: string | number | boolean): string | number =>
  typeof value === 'boolean' ? Number(value) : value;

/** @returns the condition that at least one of `paths` (`['schoolReference','schoolId']`) has the value */
export const hasValue = (paths: readonly (readonly string[])[], value: string | number | boolean): Condition => ({
  sql: `(${paths.map(() => 'json_extract(body, ?) = ?').join(' OR ')})`,
  values: paths.flatMap((path) => [`$.${path.map((name) => `"${name}"`).join('.')}`, compared(value)]),
});
export const hasId = (id: string): Condition => ({ sql: 'id = ?', values: [id] });
/** Items, by their place in the order of creation. */
export const isWithin = ({ first, last }: Range): Condition => ({ sql: 'seq BETWEEN ? AND ?', values: [first, last] });
/** Items last changed in a window of change versions. */
export const changedWithin = ({ first, last }: Range): Condition => ({
  sql: 'changed BETWEEN ? AND ?',
  values: [first, last],
});
/** Items whose namespace begins with one of the prefixes. */
export const hasNamespace = (prefixes: readonly string[]): Condition => ({
  sql: `(${prefixes.map(() => "substr(json_extract(body, '$.namespace'), 1, length(?)) = ?").join(' OR ') || '0'})`,
  values: prefixes.flatMap((prefix) => [prefix, prefix]),
});
export const nothing: Condition = { sql: '0', values: [] };

/** Which people a caller may see: those the named resources tie to one of its education organizations. */
export interface Ties {
  readonly student: readonly string[];
  readonly staff: readonly string[];
  readonly contact: readonly string[];
}
const list = (names: readonly string[]): string => names.map((name) => `'${name.replaceAll("'", "''")}'`).join(', ');

/** A database that was written with a log beside it cannot be opened from memory unless its header says otherwise. */
function withoutLog(image: Buffer): Buffer {
  image[18] = 1;
  image[19] = 1;
  return image;
}

/**
 * Opens, and creates where needed, the store in a file, or in memory.
 * @param from the file's path, or the image of another store (`image()`)
 */
export function openStore(from: string | Buffer | undefined, ties: Ties) {
  const db = new Database(from ?? ':memory:');
  if (typeof from === 'string') {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
  }
  db.exec(SCHEMA);
  const columns = new Set(db.prepare<[], string>("SELECT name FROM pragma_table_info('item')").pluck().all());
  for (const [name, type] of Object.entries(LATER_COLUMNS)) {
    if (!columns.has(name)) db.exec(`ALTER TABLE item ADD COLUMN ${name} ${type}`);
  }
  /** Change version of the last change of any item. */
  let version =
    db
      .prepare<[], number>(
        'SELECT max((SELECT ifnull(max(changed), 0) FROM item), (SELECT ifnull(max(version), 0) FROM trace))',
      )
      .pluck()
      .get() ?? 0;

  const studentTied = `EXISTS (SELECT 1 FROM item tie WHERE tie.student = PERSON AND tie.resource IN (${list(ties.student)})
    AND tie.org IN (SELECT org FROM claim WHERE caller = :caller))`;
  const staffTied = `EXISTS (SELECT 1 FROM item tie WHERE tie.staff = PERSON AND tie.resource IN (${list(ties.staff)})
    AND tie.org IN (SELECT org FROM claim WHERE caller = :caller))`;
  const contactTied = `EXISTS (SELECT 1 FROM item via WHERE via.contact = PERSON AND via.resource IN (${list(ties.contact)})
    AND ${studentTied.replace('PERSON', 'via.student')})`;
  const inClaim = 'item.org IN (SELECT org FROM claim WHERE caller = :caller)';

  const find = db.prepare<[string, string], Item>('SELECT * FROM item WHERE resource = ? AND key = ?');
  const seqOf = db.prepare<[string, string], number>('SELECT seq FROM item WHERE resource = ? AND key = ?').pluck();
  const byId = db.prepare<[string], Item>('SELECT * FROM item WHERE id = ?');
  const bySeq = db.prepare<[number], Item>('SELECT * FROM item WHERE seq = ?');
  const insert = db.prepare<ItemValues & { changed: number }>(
    `INSERT INTO item (id, resource, key, body, etag, modified, org, student, staff, contact, owner, changed)
     VALUES (:id, :resource, :key, :body, :etag, :modified, :org, :student, :staff, :contact, :owner, :changed)`,
  );
  const update = db.prepare<Changed & { seq: number; changed: number }>(
    `UPDATE item SET key = :key, body = :body, etag = :etag, modified = :modified,
     org = :org, student = :student, staff = :staff, contact = :contact, changed = :changed WHERE seq = :seq`,
  );
  const leave = db.prepare<{
    version: number;
    resource: string;
    id: string;
    key: string;
    before: string;
    after: string | null;
    org: number | null;
  }>(
    `INSERT INTO trace (version, resource, id, key, before, after, org)
     VALUES (:version, :resource, :id, :key, :before, :after, :org)`,
  );
  const seen = '(trace.org IS NULL OR :all OR trace.org IN (SELECT org FROM claim WHERE caller = :caller))';
  type TraceWindow = Range & { resource: string; caller: string; all: number };
  // What was made again since is not gone.
  const gone = db.prepare<TraceWindow, Trace>(
    `SELECT version, id, before, after FROM trace
     WHERE resource = :resource AND after IS NULL AND version BETWEEN :first AND :last AND ${seen}
     AND NOT EXISTS (SELECT 1 FROM item WHERE item.resource = trace.resource AND item.key = trace.key)
     ORDER BY version`,
  );
  const rekeyed = db.prepare<TraceWindow, Trace>(
    `SELECT version, id, before, after FROM trace
     WHERE resource = :resource AND after IS NOT NULL AND version BETWEEN :first AND :last AND ${seen}
     ORDER BY version`,
  );
  const remove = db.prepare<[number]>('DELETE FROM item WHERE seq = ?');
  const refer = db.prepare<[number, number]>('INSERT OR IGNORE INTO reference (target, source) VALUES (?, ?)');
  const forget = db.prepare<[number]>('DELETE FROM reference WHERE source = ?');
  const dependants = db
    .prepare<[number], number>('SELECT source FROM reference WHERE target = ? AND source <> target ORDER BY source')
    .pluck();
  const firstDependant = db
    .prepare<[number], number>('SELECT source FROM reference WHERE target = ? AND source <> target LIMIT 1')
    .pluck();
  const mentions = db.prepare<[string], Item>('SELECT * FROM item WHERE instr(body, ?) > 0');
  const all = db.prepare<[string], { id: string; body: string }>(
    'SELECT id, body FROM item WHERE resource = ? ORDER BY seq',
  );
  const count = db.prepare<[string], number>('SELECT count(*) FROM item WHERE resource = ?').pluck();
  const dropClaims = db.prepare<[string]>('DELETE FROM claim WHERE caller = ?');
  const addClaim = db.prepare<[string, number]>('INSERT OR IGNORE INTO claim (caller, org) VALUES (?, ?)');
  const claimed = db.prepare<[string, number], number>('SELECT 1 FROM claim WHERE caller = ? AND org = ?').pluck();
  type Person = { caller: string; person: string };
  const person = (condition: string) =>
    db.prepare<Person, number>(`SELECT ${condition.replace('PERSON', ':person')}`).pluck();
  const tied = { student: person(studentTied), staff: person(staffTied), contact: person(contactTied) };
  /** What an item of a page needs to be seen, by subject: one that is about no one is no one's secret. */
  const visible = [
    `(item.org IS NULL OR ${inClaim})`,
    `(item.student IS NULL OR ${studentTied.replace('PERSON', 'item.student')})`,
    `(item.staff IS NULL OR ${staffTied.replace('PERSON', 'item.staff')})`,
    `(item.contact IS NULL OR ${contactTied.replace('PERSON', 'item.contact')})`,
  ];
  const pages = new Map<string, Database.Statement<unknown[], Item>>();
  const partitions = new Map<string, Database.Statement<unknown[], Range>>();
  const counts = new Map<string, Database.Statement<unknown[], number>>();
  const where = (conditions: readonly Condition[], subjects: readonly boolean[]): string =>
    ['item.resource = ?', ...conditions.map(({ sql }) => sql), ...visible.filter((_, index) => subjects[index])].join(
      ' AND ',
    );

  const inTransaction = db.transaction((work: () => void) => work());

  return {
    /** The item with this natural key. */
    find: (resource: string, key: string): Item | undefined => find.get(resource, key),
    seqOf: (resource: string, key: string): number | undefined => seqOf.get(resource, key),
    byId: (id: string): Item | undefined => byId.get(id),
    bySeq: (seq: number): Item | undefined => bySeq.get(seq),
    /** @returns the new row's number */
    insert: (values: ItemValues): number => {
      version += 1;
      return Number(insert.run({ ...values, changed: version }).lastInsertRowid);
    },
    update: (seq: number, { key, body, etag, modified, org, student, staff, contact }: Changed): void => {
      version += 1;
      update.run({ seq, key, body, etag, modified, org, student, staff, contact, changed: version });
    },
    /** Keeps what an item was called: `after` null for one that is deleted, its new key values for one renamed. */
    leaveTrace: (item: Item, org: number | null, before: JsonObject, after: JsonObject | null): void => {
      version += 1;
      const { resource, id, key } = item;
      leave.run({
        version,
        resource,
        id,
        key,
        before: JSON.stringify(before),
        after: after === null ? null : JSON.stringify(after),
        org,
      });
    },
    /** Change version of the last change; 0 where there was none. */
    version: (): number => version,
    /** Deleted items, oldest first. @param all whether every education organization's, or only the caller's */
    gone: (resource: string, caller: string, all: boolean, { first, last }: Range): Trace[] =>
      gone.all({ resource, caller, all: Number(all), first, last }),
    /** Changes of keys, oldest first. */
    rekeyed: (resource: string, caller: string, all: boolean, { first, last }: Range): Trace[] =>
      rekeyed.all({ resource, caller, all: Number(all), first, last }),
    /** All of it as bytes, from which another store can be opened. */
    image: (): Buffer => withoutLog(db.serialize()),
    /** Removes an item and what it refers to. */
    remove: (seq: number): void => {
      forget.run(seq);
      remove.run(seq);
    },
    /** Replaces what an item refers to. */
    refer: (source: number, targets: readonly number[], isNew: boolean): void => {
      if (!isNew) forget.run(source);
      for (const target of targets) refer.run(target, source);
    },
    /** The rows that refer to one, itself left out. */
    dependants: (target: number): number[] => dependants.all(target),
    /** The row of some item that refers to this one. */
    firstDependant: (target: number): number | undefined => firstDependant.get(target),
    /** Items whose body holds the text somewhere. */
    mentions: (text: string): IterableIterator<Item> => mentions.iterate(text),
    all: (resource: string): { id: string; body: string }[] => all.all(resource),
    count: (resource: string): number => count.get(resource) ?? 0,
    /** Replaces the education organizations a caller may act for. */
    setClaims: (caller: string, orgs: Iterable<number>): void => {
      dropClaims.run(caller);
      for (const org of orgs) addClaim.run(caller, org);
    },
    mayActFor: (caller: string, org: number): boolean => claimed.get(caller, org) === 1,
    /** Whether the named resources tie a person to one of the caller's education organizations. */
    isTied: (kind: keyof Ties, caller: string, id: string): boolean => tied[kind].get({ caller, person: id }) === 1,
    /**
     * A page of the items that a caller may see, in the order of creation.
     * @param subjects which of org, student, staff and contact the resource is authorized by
     */
    page: (
      resource: string,
      caller: string,
      subjects: readonly boolean[],
      conditions: readonly Condition[],
      limit: number,
      offset: number,
    ): Item[] => {
      const sql = `SELECT * FROM item WHERE ${where(conditions, subjects)} ORDER BY seq LIMIT ? OFFSET ?`;
      let statement = pages.get(sql);
      if (statement === undefined) {
        statement = db.prepare<unknown[], Item>(sql);
        pages.set(sql, statement);
      }
      const values = [resource, ...conditions.flatMap((condition) => condition.values), limit, offset];
      return subjects.some(Boolean) ? statement.all(...values, { caller }) : statement.all(...values);
    },
    /** How many items `page` would give without a limit. */
    total: (
      resource: string,
      caller: string,
      subjects: readonly boolean[],
      conditions: readonly Condition[],
    ): number => {
      const sql = `SELECT count(*) FROM item WHERE ${where(conditions, subjects)}`;
      let statement = counts.get(sql);
      if (statement === undefined) {
        statement = db.prepare<unknown[], number>(sql).pluck();
        counts.set(sql, statement);
      }
      const values = [resource, ...conditions.flatMap((condition) => condition.values)];
      return (subjects.some(Boolean) ? statement.get(...values, { caller }) : statement.get(...values)) ?? 0;
    },
    /** Splits what `page` would give without a limit into even parts, at most `number` of them. */
    partitions: (
      resource: string,
      caller: string,
      subjects: readonly boolean[],
      conditions: readonly Condition[],
      number: number,
    ): Range[] => {
      const sql = `SELECT min(seq) AS first, max(seq) AS last FROM
        (SELECT seq, ntile(?) OVER (ORDER BY seq) AS part FROM item WHERE ${where(conditions, subjects)})
        GROUP BY part ORDER BY part`;
      let statement = partitions.get(sql);
      if (statement === undefined) {
        statement = db.prepare<unknown[], Range>(sql);
        partitions.set(sql, statement);
      }
      const values = [number, resource, ...conditions.flatMap((condition) => condition.values)];
      return subjects.some(Boolean) ? statement.all(...values, { caller }) : statement.all(...values);
    },
    /** Runs `work` as one transaction: what it throws undoes it. */
    transaction: <T>(work: () => T): T => {
      let result: T | undefined;
      inTransaction.immediate(() => {
        result = work();
      });
      return result as T;
    },
    close: (): void => void db.close(),
  };
}

export type Store = ReturnType<typeof openStore>;

export const bodyOf = (item: { readonly body: string }): JsonObject => JSON.parse(item.body) as JsonObject;
