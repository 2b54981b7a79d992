/** `rollbook demo`: two days of a fictional district against the practice API, on a folder that is thrown away. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import type { SyncResult } from '../../contract/schemas.ts';
import { type EngineHost, startEngine } from '../../engine-host.ts';
import { writeDistrict } from '../../sandbox/district/generate.ts';
import { startSandboxInWorker } from '../../sandbox/worker.ts';
import { createEventPrinter } from '../progress.ts';
import { printResult, printSteps } from '../report.ts';
import { jsonLine, out } from '../terminal.ts';
import { runBatch } from './sync.ts';

export interface DemoOptions {
  readonly json: boolean;
  /** Another size than the district that ships. */
  readonly students: number | undefined;
}

const shipped = (day: 1 | 2): string => fileURLToPath(new URL(`../../../assets/district/day${day}`, import.meta.url));

/** @returns the results of both days */
export async function runDemo(options: DemoOptions): Promise<SyncResult[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rollbook-demo-'));
  const sandbox = await startSandboxInWorker({});
  const say = (text = ''): void => {
    if (!options.json) out(text);
  };
  // The folder holds a fictional district, but goes at Ctrl-C as a real one's would.
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clean);
  let engine: EngineHost | undefined;
  try {
    const sources = await Promise.all(([1, 2] as const).map((day) => sourceFor(options, folder, day)));
    const data = { folder: path.join(folder, 'data'), secrets: 'memory', secret: sandbox.secret } as const;
    say(pc.bold('A practice API and a fictional district'));
    const printer = createEventPrinter(options.json);
    engine = await startEngine(data, printer.print);
    const added = await engine.call('connections.add', {
      name: 'practice',
      url: sandbox.url,
      key: sandbox.key,
      studentId: 'identifier',
    });
    if (!options.json) printSteps(added.steps);
    const results: SyncResult[] = [];
    for (const [index, source] of sources.entries()) {
      const day = index + 1;
      say();
      say(pc.bold(pc.cyan(day === 1 ? 'Day 1: everything is new' : 'Day 2: the next export')));
      const result = await runBatch(engine, printer, { connection: 'practice', source });
      results.push(result);
      if (options.json) jsonLine({ type: 'result', day, ...result });
      else printResult(result, 'practice');
    }
    const second = results[1];
    if (second !== undefined) {
      const { POST, PUT, DELETE } = second.requests;
      say(
        `Day 2 sent ${POST + PUT + DELETE} records and left ${second.account.unchanged.toLocaleString('en-US')} alone. The practice API and its data are gone now.`,
      );
    }
    return results;
  } finally {
    await engine?.close();
    await sandbox.close();
    clean();
    process.off('exit', clean);
  }
}

async function sourceFor(options: DemoOptions, folder: string, day: 1 | 2): Promise<string> {
  if (options.students === undefined) return shipped(day);
  const to = path.join(folder, `day${day}`);
  await writeDistrict({ out: to, students: options.students, day });
  return to;
}
