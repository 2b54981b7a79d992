/** `node test/soak/soak.ts [--minutes 60] [--seed 1] [--students 20] [--from day]`: prints a line a day and what it came to; 1 at a violation. */
import { parseArgs } from 'node:util';
import { soak, Violation } from './live.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    students: { type: 'string', default: '20' },
    from: { type: 'string', default: '0' },
  },
});
const MB = 1024 * 1024;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const inMb = (bytes: number): string => `${(bytes / MB).toFixed(2)} MB`;

try {
  const report = await soak({
    forMs: Number(values.minutes) * 60_000,
    leastPeriods: 4,
    seed: Number(values.seed),
    from: Number(values.from),
    students: Number(values.students),
    period: 10,
    warmUp: 2,
    share: 0.01,
    bounds: { heap: 8 * MB, external: 8 * MB, rss: 64 * MB },
    say,
  });
  const rows: readonly (readonly [string, string])[] = [
    ['days', String(report.days)],
    ['requests', String(report.requests)],
    ['batches that a day needed beyond the first', String(report.rounds)],
    [
      'faults',
      Object.entries(report.struck)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', '),
    ],
    ['heap, rise and end', `${inMb(report.rise.heap)}, ${inMb(report.last.heap)}`],
    ['outside the heap, rise and end', `${inMb(report.rise.external)}, ${inMb(report.last.external)}`],
    ['resident, rise and end', `${inMb(report.rise.rss)}, ${inMb(report.last.rss)}`],
    ['ledger, after the warm-up and at the end', report.ledger.map(inMb).join(', ')],
    ['data folder, after the warm-up and at the end', report.folder.map(inMb).join(', ')],
    ['handles at the end', [...report.handles].map(([kind, count]) => `${kind} ${count}`).join(', ')],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  say('');
  for (const [name, value] of rows) say(`${name.padEnd(width)}  ${value}`);
} catch (thrown) {
  if (!(thrown instanceof Violation)) throw thrown;
  say(thrown.message);
  process.exitCode = 1;
}
