/** A ledger that an older Rollbook left: its problems are causes afterwards, and nothing of it is lost. */
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrate, SCHEMA_VERSION } from '../../core/ledger/migrations.ts';
import { dataFolder, ledgerIn } from './folder.ts';

test('problems of the first format become causes with their counts', () => {
  const folder = dataFolder();
  const db = new Database(path.join(folder, 'ledger.db'));
  migrate(db, 1);
  expect(db.pragma('user_version', { simple: true })).toBe(1);
  db.exec(`
    INSERT INTO connection (id, name, profile, created_at) VALUES (1, 'here', '{}', 1), (2, 'there', '{}', 1);
    INSERT INTO resource (id, connection_id, name) VALUES (1, 1, 'ed-fi/students'), (2, 1, 'ed-fi/staffs'), (3, 2, 'ed-fi/students');
    INSERT INTO batch (id, connection_id, state, started_at, ended_at) VALUES (1, 1, 'done', 10, 20), (2, 2, 'done', 10, 20);
    INSERT INTO problem (id, batch_id, resource_id, code, path, subject, value_hash, status, file, row, at) VALUES
      (1, 1, 1, 'required-missing', '$.birthDate', NULL, NULL, NULL, 'users.csv', 7, 11),
      (2, 1, 1, 'required-missing', 'birthDate', NULL, NULL, NULL, 'users.csv', 9, 12),
      (3, 1, 1, 'descriptor-unmapped', '$.x', 'SexDescriptor', x'0102030405060708', NULL, 'users.csv', 9, 12),
      (4, 1, 2, 'descriptor-unmapped', '$.y', 'SexDescriptor', x'0102030405060708', NULL, 'users.csv', 10, 12),
      (5, 2, 3, 'required-missing', '$.birthDate', NULL, NULL, NULL, 'users.csv', 7, 11);
    INSERT INTO pending (id, resource_id, batch_id, kind, state, problem_id, root_id, file, row) VALUES
      (1, 1, 1, 1, 2, 1, NULL, 'users.csv', 7), (2, 1, 1, 1, 2, 2, NULL, 'users.csv', 9), (3, 2, 1, 1, 3, NULL, 1, 'users.csv', 12),
      (4, 1, 1, 1, 2, 3, NULL, 'users.csv', 9), (5, 2, 1, 1, 2, 4, NULL, 'users.csv', 10),
      (6, 3, 2, 1, 4, 5, NULL, 'users.csv', 7), (7, 1, 1, 1, 1, NULL, NULL, 'users.csv', 8);
    INSERT INTO record (resource_id, key_hash, full_hash, source_hash, state, confirmed_at) VALUES
      (1, x'01', x'01', x'01', 1, 1), (1, x'02', x'01', x'01', 2, 1), (2, x'01', x'01', x'01', 3, 1);
  `);
  db.close();

  const ledger = ledgerIn(folder);
  // Of its records, those that somebody else sent do not count.
  expect([ledger.confirmedCount(1), ledger.confirmedCount(2)]).toEqual([2, 0]);
  const [first, second, ...more] = ledger.problems.groups(1);
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    code: 'required-missing',
    records: 2,
    held: 1,
    occurrences: 2,
    firstAt: 11,
    lastAt: 12,
  });
  expect(second).toMatchObject({ code: 'descriptor-unmapped', subject: 'SexDescriptor', records: 2, held: 0 });
  expect(ledger.problems.groups(2)).toMatchObject([{ code: 'required-missing', records: 1 }]);
  for (const { reference } of ledger.problems.groups(1))
    expect(reference).toMatch(/^G-[2-9B-DF-HJKMNP-TV-Z]{4}-[2-9B-DF-HJKMNP-TV-Z]{2}$/);

  // The same cause, met by this version, is the one that was there.
  const again = {
    batchId: 1,
    resourceId: 1,
    status: undefined,
    file: 'users.csv',
    row: 3,
    sourceHash: undefined,
    detail: undefined,
  };
  ledger.problems.add(
    { ...again, code: 'required-missing', path: '$.birthDate', subject: undefined, value: undefined },
    30,
  );
  expect(ledger.problems.groups(1)).toHaveLength(2);
  expect(ledger.problems.group(1, first?.reference ?? '')).toMatchObject({ occurrences: 3, lastAt: 30 });
  // And what is confirmed leaves it.
  ledger.pending.remove(1);
  expect(ledger.problems.group(1, first?.reference ?? '')).toMatchObject({ records: 1, held: 1 });
  ledger.close();

  const db2 = new Database(path.join(folder, 'ledger.db'));
  expect(db2.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
  db2.close();
});

test('a reference of an older ledger leads to its record, and gets the key when it is given again', () => {
  const folder = dataFolder();
  const db = new Database(path.join(folder, 'ledger.db'));
  migrate(db, 2);
  const [source, key] = [Buffer.alloc(8, 5), Buffer.alloc(16, 6)];
  db.exec(`
    INSERT INTO connection (id, name, profile, created_at) VALUES (1, 'here', '{}', 1);
    INSERT INTO resource (id, connection_id, name) VALUES (1, 1, 'ed-fi/students');
  `);
  db.prepare('INSERT INTO record VALUES (1, ?, zeroblob(12), ?, NULL, 1, 77)').run(key, source);
  db.prepare("INSERT INTO reference (id, resource_id, identity, made_at) VALUES ('R-2222-22', 1, ?, 1)").run(source);
  db.close();

  const { problemRecords, close } = ledgerIn(folder);
  expect(problemRecords.resolve('R-2222-22')).toMatchObject({ identity: source, keyHash: null });
  expect(problemRecords.confirmed(1, source)).toEqual({ id: undefined, at: 77 });
  expect(problemRecords.refer(1, source, undefined, 2)).toBe('R-2222-22');
  expect(problemRecords.resolve('R-2222-22')).toMatchObject({ keyHash: null });
  expect(problemRecords.refer(1, source, key, 2)).toBe('R-2222-22');
  expect(problemRecords.resolve('R-2222-22')).toMatchObject({ keyHash: key });
  expect(problemRecords.confirmedAs(1, key)).toEqual({ id: undefined, at: 77 });
  expect(problemRecords.confirmedAs(1, source)).toBeUndefined();
  close();
});
