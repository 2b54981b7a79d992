/**
 * `npm run bench`: each figure beside the limit it is held against, both measured in this one run. Ratios, not times:
 * a slow machine is slow for both. `--json` prints a line each: {"figure","value","unit","limit","ratio"}.
 * `--desktop` measures the screens instead, in a browser: some three minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { dayTwoRequests } from './day-two.ts';
import { desktop } from './desktop.ts';
import { dispatchAgainstLatency } from './dispatch.ts';
import type { Figure } from './figure.ts';
import { problemLists } from './problems.ts';
import { bytesPerRecord, unchangedAgainstParsing } from './unchanged.ts';

const json = process.argv.includes('--json');
const folder = mkdtempSync(path.join(os.tmpdir(), 'rollbook-bench-'));
const write = (line: string): void => void process.stdout.write(`${line}\n`);
const show = (figure: Figure): void => {
  if (json) write(JSON.stringify(figure));
  else {
    const { value, limit, ratio, unit } = figure;
    const round = (n: number): string => (Number.isInteger(n) ? String(n) : n.toFixed(n < 1 ? 3 : n < 10 ? 2 : 0));
    write(
      `${figure.figure}\n    ${round(value)} ${unit} against ${round(limit)}: ${ratio.toFixed(2)} (aim: ${figure.aim})`,
    );
  }
};
try {
  if (process.argv.includes('--desktop')) {
    for await (const figure of desktop(folder)) show(figure);
  } else {
    for await (const figure of dayTwoRequests(folder)) show(figure);
    for (const connections of [8, 32]) show(await dispatchAgainstLatency(folder, connections));
    for await (const figure of unchangedAgainstParsing(folder)) show(figure);
    show(await bytesPerRecord(folder));
    for await (const figure of problemLists(folder)) show(figure);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
