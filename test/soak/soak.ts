/**
 * `node test/soak/soak.ts [--minutes 60] [--seed 1] [--students 20] [--from day] [--share 0.01] [--lost 0.01]`: prints a
 * line a day and what it came to; 1 at a violation. `--share` is of the requests, for each kind of fault, and `--lost` the
 * same for those that take effect and are not answered.
 */
import { parseArgs } from 'node:util';
import { soak, Violation } from './live.ts';

class Misused extends Error {}

/** What each may be at least; whole numbers, but for the minutes and shares. */
const LEAST = { minutes: 0, seed: 0, students: 1, from: 0, share: 0, lost: 0 } as const;
const DEFAULTS = { minutes: '60', seed: '1', students: '20', from: '0', share: '0.01', lost: '0.01' } as const;
const FRACTIONS: readonly string[] = ['minutes', 'share', 'lost'];
type Name = keyof typeof LEAST;
const NAMES = Object.keys(LEAST) as Name[];

function numbersGiven(): Record<Name, number> {
  let given: { readonly [N in Name]?: string | undefined };
  try {
    given = parseArgs({ options: Object.fromEntries(NAMES.map((name) => [name, { type: 'string' }])) }).values;
  } catch {
    throw new Misused(`There is nothing but ${NAMES.map((name) => `--${name} <number>`).join(', ')}.`);
  }
  const entries = NAMES.map((name) => {
    const text = given[name] ?? DEFAULTS[name];
    const number = text.trim() === '' ? Number.NaN : Number(text);
    const isFraction = FRACTIONS.includes(name);
    if (number >= LEAST[name] && (isFraction ? Number.isFinite : Number.isSafeInteger)(number)) {
      return [name, number] as const;
    }
    throw new Misused(`--${name} has to be a ${isFraction ? '' : 'whole '}number from ${LEAST[name]} on.`);
  });
  return Object.fromEntries(entries) as Record<Name, number>;
}

const MB = 1024 * 1024;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const inMb = (bytes: number): string => `${(bytes / MB).toFixed(2)} MB`;

try {
  const { minutes, seed, from, students, share, lost } = numbersGiven();
  const report = await soak({
    forMs: minutes * 60_000,
    leastPeriods: 4,
    seed,
    from,
    students,
    period: 10,
    warmUp: 2,
    share,
    lost,
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
  if (!(thrown instanceof Violation || thrown instanceof Misused)) throw thrown;
  say(thrown.message);
  process.exitCode = 1;
}
