/** The history has an end: otherwise a ledger would grow with every day, whatever it holds. */
import { expect, test } from 'vitest';
import { Kind, PendingState } from '../../core/ledger/pending.ts';
import { dataFolder, ledgerIn } from './folder.ts';

test('batches from before the retention go, but for the last of each connection and those of which something is left', () => {
  const ledger = ledgerIn(dataFolder());
  const [here, there] = ['here', 'there'].map((name) => ledger.addConnection(name, '{}', 1).id) as [number, number];
  const ended = (connection: number, at: number): number => {
    const id = ledger.startBatch(connection, at);
    ledger.setBatch(id, 'done', '{}', at + 5);
    return id;
  };
  const [first, second] = [ended(here, 100), ended(here, 200)];
  ledger.problems.add(
    {
      batchId: second,
      resourceId: ledger.resourceId(here, 'ed-fi/students'),
      code: 'required-missing',
      path: '$.birthDate',
      subject: undefined,
      value: undefined,
      status: undefined,
      file: 'users.csv',
      row: 2,
      sourceHash: undefined,
      detail: { value: 'x' },
    },
    205,
  );
  // Cut off before it ended.
  const third = ledger.startBatch(here, 300);
  const [fourth, fifth] = [ended(here, 1_000), ended(here, 1_100)];
  const only = ended(there, 50);
  const left = (connection: number): number[] => ledger.batches(connection, 1_000_000, 10).map(({ id }) => id);
  expect(left(here)).toEqual([fifth, fourth, third, second, first]);
  ledger.problems.purge(900);
  expect(left(here)).toEqual([fifth, fourth, second]);
  expect(left(there)).toEqual([only]);
  ledger.problems.purge(5_000);
  expect(left(here)).toEqual([fifth, second]);
});

test('of a cause that stays open, entries from before the retention go, but for those of records that are not in the API yet', () => {
  const ledger = ledgerIn(dataFolder());
  const connection = ledger.addConnection('here', '{}', 1).id;
  const resourceId = ledger.resourceId(connection, 'ed-fi/students');
  const source = (record: number): Buffer => Buffer.alloc(8, record);
  /** A record that fails @returns where it is kept until it is confirmed */
  const fails = (record: number, at: number): number => {
    const batchId = ledger.startBatch(connection, at);
    const problemId = ledger.problems.add(
      {
        batchId,
        resourceId,
        code: 'required-missing',
        path: '$.birthDate',
        subject: undefined,
        value: undefined,
        status: undefined,
        file: 'users.csv',
        row: record,
        sourceHash: source(record),
        detail: { value: 'x' },
      },
      at,
    );
    const pendingId = ledger.pending.insert(batchId, {
      resourceId,
      kind: Kind.create,
      state: PendingState.rejected,
      keyHash: undefined,
      oldKeyHash: undefined,
      fullHash: undefined,
      sourceHash: source(record),
      body: '{}',
      frozen: undefined,
      mapping: '',
      file: 'users.csv',
      row: record,
      problemId,
      rootId: undefined,
    });
    ledger.setBatch(batchId, 'done', '{}', at + 5);
    ledger.problems.endOfBatch(connection, batchId, at, at + 5);
    return pendingId;
  };
  const mended = fails(1, 100);
  fails(2, 200);
  const mendedLately = fails(3, 950);
  for (const id of [mended, mendedLately]) ledger.pending.remove(id);
  const entries = (record: number): number => ledger.problemRecords.history(resourceId, source(record)).length;
  const [cause] = ledger.problems.groups(connection);
  expect([1, 2, 3].map(entries)).toEqual([1, 1, 1]);

  expect(ledger.problems.purge(900)).toBe(1);
  expect([1, 2, 3].map(entries)).toEqual([0, 1, 1]);
  expect(ledger.problems.groups(connection)).toEqual([cause]);
  expect(cause).toMatchObject({ records: 1, occurrences: 3, firstAt: 100 });

  expect(ledger.problems.purge(5_000)).toBe(1);
  expect([1, 2, 3].map(entries)).toEqual([0, 1, 0]);
  expect(ledger.problems.groups(connection)).toEqual([cause]);
});
