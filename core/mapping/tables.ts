import { Failure } from '../errors/failure.ts';
import type { RowBatch, Source } from '../sources/types.ts';
import type { TablePlan } from './plan.ts';

/** Rows of one table kept in memory for its next reader; a larger table is read from disk again. */
const keptRows = 100_000;

export interface Tables {
  /** Streams a table with all the columns that the mapping needs of it. */
  read(table: TablePlan): AsyncIterable<RowBatch>;
  fileOf(table: TablePlan): string;
}

/**
 * The tables of a source for one run: a small table that several steps read is parsed once.
 * @param source the opened export
 * @param signal stops the reading
 */
export const openTables = (source: Source, signal: AbortSignal | undefined): Tables => {
  const kept = new Map<TablePlan, readonly RowBatch[]>();
  const reads = new Map<TablePlan, number>();

  const stop = (): void => {
    if (signal?.aborted === true) throw new Failure('cancelled', 'The run was stopped before it was done.');
  };

  const read = async function* (table: TablePlan): AsyncGenerator<RowBatch> {
    if (!source.tables.has(table.name)) return;
    const nth = (reads.get(table) ?? 0) + 1;
    reads.set(table, nth);
    const again = nth < table.scans;
    const ready = kept.get(table);
    if (ready !== undefined) {
      if (!again) kept.delete(table);
      for (const batch of ready) {
        stop();
        yield batch;
      }
      return;
    }
    let batches: RowBatch[] | undefined = again ? [] : undefined;
    let rows = 0;
    for await (const batch of source.read(table.name, table.columns, signal)) {
      stop();
      rows += batch.rows.length;
      if (rows > keptRows) batches = undefined;
      batches?.push(batch);
      yield batch;
    }
    if (batches !== undefined) kept.set(table, batches);
  };

  return {
    read,
    fileOf: (table) => source.tables.get(table.name)?.file ?? `${table.name}.csv`,
  };
};
