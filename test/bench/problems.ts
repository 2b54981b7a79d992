/** The list of causes over a hundred thousand problems, against the same over six: it should not matter how many there are. */
import path from 'node:path';
import { openLedger } from '../../core/ledger/ledger.ts';
import { Kind, PendingState } from '../../core/ledger/pending.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import type { Figure } from './figure.ts';

const CAUSES = ['required-missing', 'too-long', 'bad-date', 'key-taken', 'server-error', 'unclassified'];
const ROUNDS = 200;

/** A ledger file with so many problems of six causes, two thirds of them held for the other third. */
function filled(folder: string, problems: number) {
  const ledger = openLedger(path.join(folder, `problems-${problems}`), createSeal(Buffer.alloc(32, 1)));
  const connection = ledger.addConnection('bench', '{}', 0).id;
  const resourceId = ledger.resourceId(connection, 'ed-fi/students');
  const batchId = ledger.startBatch(connection, 0);
  ledger.transaction(() => {
    let root: number | undefined;
    for (let i = 0; i < problems; i++) {
      const own = i % 3 === 0 || i < CAUSES.length;
      const place = { resourceId, batchId, file: 'users.csv', row: i + 2 };
      const problemId = own
        ? ledger.problems.add(
            {
              ...place,
              code: CAUSES[i % CAUSES.length] as string,
              path: '$.birthDate',
              subject: undefined,
              value: undefined,
              status: undefined,
              sourceHash: Buffer.from(String(i).padStart(8, '0')),
              detail: { value: `value ${i}` },
            },
            1,
          )
        : undefined;
      root = problemId ?? root;
      ledger.pending.insert(batchId, {
        ...place,
        kind: Kind.create,
        state: own ? PendingState.rejected : PendingState.held,
        keyHash: Buffer.from(String(i).padStart(16, '0')),
        oldKeyHash: undefined,
        fullHash: undefined,
        sourceHash: Buffer.from(String(i).padStart(8, '0')),
        body: JSON.stringify({ studentUniqueId: String(i), firstName: 'Bench', lastSurname: 'Bench' }),
        frozen: undefined,
        mapping: 'bench',
        problemId,
        rootId: own ? undefined : root,
      });
    }
  });
  return { ledger, connection };
}

/** Milliseconds of one call, of many. */
function time(work: () => void): number {
  work();
  const begun = performance.now();
  for (let i = 0; i < ROUNDS; i++) work();
  return (performance.now() - begun) / ROUNDS;
}

export async function* problemLists(folder: string): AsyncGenerator<Figure> {
  const few = filled(folder, 1_000);
  const many = filled(folder, 100_000);
  const list = ({ ledger, connection }: typeof few) =>
    time(() => void ledger.problems.groups(connection, { limit: 100 }));
  const page = ({ ledger, connection }: typeof few) => {
    const [group] = ledger.problems.groups(connection);
    const rows = ledger.problemRecords.page(group?.id ?? 0, undefined, 100);
    const last = rows.at(-1);
    // The second page, by the key of the first one's end.
    const after = last && { state: last.state, resourceId: last.resourceId, id: last.id };
    return time(() => void ledger.problemRecords.page(group?.id ?? 0, after, 100));
  };
  const pairs = [
    { figure: 'causes of 100,000 problems listed, against those of 1,000', value: list(many), limit: list(few) },
    {
      figure: 'a page of 100 records of a cause, of 100,000 problems against 1,000',
      value: page(many),
      limit: page(few),
    },
  ];
  for (const { figure, value, limit } of pairs) {
    yield { figure, value, limit, unit: 'ms', ratio: value / limit, aim: 'about 1, and far below 50 ms' };
  }
  few.ledger.close();
  many.ledger.close();
}
