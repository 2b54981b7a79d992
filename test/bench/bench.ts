/**
 * `npm run bench`: each figure beside the limit it is held against, both measured in this one run. Ratios, not times:
 * a slow machine is slow for both. docs/performance.md says how to read it.
 * `--json` prints a line each: {"figure","value","unit","limit","ratio","aim"}. `--only rows` takes some of the parts below.
 * `--huge` adds the file of five million rows, some eight minutes more. `--desktop` measures the screens instead, in a
 * browser: some three minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { wholeDistrict } from './barrier.ts';
import { capacityFigures } from './capacity.ts';
import { dayTwoRequests } from './day-two.ts';
import { desktop } from './desktop.ts';
import { dispatchAgainstLatency } from './dispatch.ts';
import type { Figure } from './figure.ts';
import { problemLists } from './problems.ts';
import { scale } from './scale.ts';
import { bytesPerRecord, unchangedAgainstParsing } from './unchanged.ts';

const args = process.argv.slice(2);
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
const sizes = [10_000, 100_000, 1_000_000, ...(args.includes('--huge') ? [5_000_000] : [])];

const parts: Readonly<Record<string, (folder: string) => AsyncIterable<Figure>>> = {
  cost: dayTwoRequests,
  sending: async function* (folder) {
    for (const connections of [8, 32]) yield dispatchAgainstLatency(folder, connections);
    for (const connections of [8, 32]) yield wholeDistrict(folder, connections);
  },
  capacity: capacityFigures,
  mapping: async function* (folder) {
    yield* unchangedAgainstParsing(folder);
    yield await bytesPerRecord(folder);
  },
  rows: (folder) => scale(folder, sizes),
  problems: problemLists,
};

const write = (line: string): void => void process.stdout.write(`${line}\n`);
const round = (n: number): string =>
  Number.isInteger(n) ? n.toLocaleString('en-US') : n.toFixed(n < 1 ? 3 : n < 10 ? 2 : 0);
const row = (ratio: string, value: string, limit: string, aim: string, figure: string): void =>
  write(`${ratio.padStart(6)}  ${value.padEnd(18)}${limit.padEnd(18)}${aim.padEnd(30)}${figure}`);
const show = ({ figure, value, unit, limit, ratio, aim }: Figure): void =>
  args.includes('--json')
    ? write(JSON.stringify({ figure, value, unit, limit, ratio, aim }))
    : row(ratio.toFixed(2), `${round(value)} ${unit}`, `${round(limit)} ${unit}`, aim, figure);

const folder = mkdtempSync(path.join(os.tmpdir(), 'rollbook-bench-'));
try {
  if (!args.includes('--json')) row('ratio', 'measured', 'held against', 'aim', 'figure');
  const chosen = args.includes('--desktop') ? { desktop } : parts;
  for (const [name, part] of Object.entries(chosen)) {
    if (only !== undefined && only !== name) continue;
    for await (const figure of part(folder)) show(figure);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
