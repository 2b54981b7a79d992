/** A ledger as an older Rollbook left it, made of a present one. */
import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { migrate } from '../../core/ledger/migrations.ts';

/** @param version of the schema @param folder a data folder that nobody has open; its ledger becomes that version's */
export function makeOlder(folder: string, version: number): void {
  const [now, older] = [path.join(folder, 'ledger.db'), path.join(folder, 'older.db')];
  const db = new Database(older);
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  migrate(db, version);
  db.exec(`ATTACH '${now}' AS present`);
  db.pragma('foreign_keys = OFF');
  const columns = (schema: string, table: string): string[] =>
    (db.pragma(`${schema}.table_info(${table})`) as { name: string }[]).map(({ name }) => name);
  const tables = db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  // What triggers would count is copied as it is.
  const triggers = db.prepare("SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger'").all() as {
    name: string;
    sql: string;
  }[];
  for (const { name } of triggers) db.exec(`DROP TRIGGER main.${name}`);
  // What an API says of itself was kept otherwise; it is read again.
  for (const table of tables.filter((name) => name !== 'cache' && !name.startsWith('sqlite_'))) {
    const there = new Set(columns('present', table));
    const common = columns('main', table)
      .filter((name) => there.has(name))
      .join(', ');
    db.exec(`INSERT INTO main.${table} (${common}) SELECT ${common} FROM present.${table}`);
  }
  for (const { sql } of triggers) db.exec(sql);
  db.exec('DETACH present');
  db.close();
  for (const end of ['', '-wal', '-shm']) rmSync(`${now}${end}`, { force: true });
  renameSync(older, now);
}
