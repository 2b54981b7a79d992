/**
 * A day's planning over files of ten thousand to five million rows, each size in a process of its own so that its memory
 * can be told: the file read first, unchanged, and with one row in a hundred changed, against papaparse streaming the
 * same file; and what a ledger of that size answers at once.
 */
import { fork } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';
import type { Measured } from './scale-child.ts';

const CHILD = fileURLToPath(new URL('./scale-child.ts', import.meta.url));

const run = (folder: string, rows: number, step: 'prepare' | 'measure'): Promise<Measured | undefined> =>
  new Promise((resolve, reject) => {
    let told: Measured | undefined;
    const child = fork(CHILD, [folder, String(rows), step], {
      // Held to a heap of a quarter of a gigabyte: with more, V8 takes more before it collects.
      execArgv: step === 'measure' ? ['--max-semi-space-size=16', '--max-old-space-size=256'] : [],
      serialization: 'advanced',
    });
    child.on('message', (message) => {
      told = message as Measured;
    });
    child.on('exit', (code) => (code === 0 ? resolve(told) : reject(new Error(`${step} of ${rows} rows failed.`))));
  });

const spelt = (rows: number): string => (rows >= 1_000_000 ? `${rows / 1_000_000} M` : `${rows / 1_000}k`);

/** @param sizes rows of the large file */
export async function* scale(folder: string, sizes: readonly number[]): AsyncGenerator<Figure> {
  let before: { rows: number; perRow: number } | undefined;
  for (const rows of sizes) {
    const place = path.join(folder, `scale-${rows}`);
    await run(place, rows, 'prepare');
    const told = await run(place, rows, 'measure');
    if (told === undefined) throw new Error('Nothing was measured.');
    const size = spelt(rows);
    const { aloneMs } = told;
    const against = (what: string, value: number, aim: string): Figure => ({
      figure: `${size} rows: ${what}, against papaparse streaming the file alone`,
      value,
      unit: 'ms',
      limit: aloneMs,
      ratio: value / aloneMs,
      aim,
    });
    yield against(
      'read for the first time, mapped, checked and compared with the ledger',
      told.firstMs,
      'for comparison',
    );
    yield against(
      'planned with one row in a hundred changed',
      told.changedMs,
      rows >= 1_000_000 ? 'at most 1.5' : 'for comparison',
    );
    yield {
      figure: `${size} rows: told that no file changed`,
      value: told.unchangedMs,
      unit: 'ms',
      limit: 100,
      ratio: told.unchangedMs / 100,
      aim: 'at most 1',
    };
    const perRow = told.firstMs / told.rows;
    if (before !== undefined) {
      yield {
        figure: `${size} rows: microseconds a row, against ${spelt(before.rows)}`,
        value: perRow * 1000,
        unit: 'µs',
        limit: before.perRow * 1000,
        ratio: perRow / before.perRow,
        aim: 'about 1',
      };
    }
    before ??= { rows, perRow };
    const peak = told.peakBytes / 2 ** 20;
    yield {
      figure: `${size} rows: most memory resident while planning`,
      value: peak,
      unit: 'MB',
      limit: 512,
      ratio: peak / 512,
      aim: 'at most 1',
    };
    const bytes = told.ledgerBytes / told.records;
    yield {
      figure: `${size} rows: ledger on disk for each of ${told.records.toLocaleString('en-US')} confirmed records`,
      value: bytes,
      unit: 'bytes',
      limit: 120,
      ratio: bytes / 120,
      aim: 'at most 1',
    };
    yield {
      figure: `${size} rows: ledger opened`,
      value: told.openMs,
      unit: 'ms',
      limit: 1000,
      ratio: told.openMs / 1000,
      aim: 'at most 1',
    };
    const slowest = Math.max(...Object.values(told.questions));
    const [question = ''] = Object.entries(told.questions).find(([, ms]) => ms === slowest) ?? [];
    yield {
      figure: `${size} rows: the slowest of causes, batches, counts, and finding by identifier and by reference (${question})`,
      value: slowest,
      unit: 'ms',
      limit: 50,
      ratio: slowest / 50,
      aim: 'at most 1',
    };
  }
}
