/** The history of batches has an end: otherwise a ledger would grow with every day, whatever it holds. */
import { expect, test } from 'vitest';
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
