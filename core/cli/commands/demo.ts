/** `rollbook demo`: two days of a fictional district against the practice API, on a folder that is thrown away. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import pc from 'picocolors';
import type { SyncResult } from '../../contract/schemas.ts';
import { type EngineHost, startEngine } from '../../engine-host.ts';
import { resultLine, runBatch, stopBatch } from '../batch.ts';
import { Exit, exitOfCode } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { type Shared, whole } from '../options.ts';
import { createEventPrinter } from '../progress.ts';
import { printResult, printSteps } from '../report.ts';
import { act, command } from '../run.ts';
import { number, out, plural, wrap } from '../terminal.ts';

interface Options extends Shared {
  /** Another size than the district that ships. */
  readonly students?: number;
}

const shipped = (day: 1 | 2): string => fileURLToPath(new URL(`../../../assets/district/day${day}`, import.meta.url));

const TITLES = { 1: 'Day 1: everything is new', 2: "Day 2: the next day's export" } as const;

async function sourceFor(students: number | undefined, folder: string, day: 1 | 2): Promise<string> {
  if (students === undefined) return shipped(day);
  const { writeDistrict } = await import('../../sandbox/district/generate.ts');
  const to = path.join(folder, `day${day}`);
  await writeDistrict({ out: to, students, day });
  return to;
}

async function demo({ json = false, students }: Options): Promise<number> {
  const { startSandboxInWorker } = await import('../../sandbox/worker.ts');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rollbook-demo-'));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  // The folder holds a fictional district, but goes however this ends, as a real one's would.
  process.once('exit', clean);
  let engine: EngineHost | undefined;
  let asked = false;
  onInterrupt(() => {
    asked = true;
    stopBatch(engine);
  });
  const say = (text = ''): void => {
    if (!json) out(text);
  };
  const sandbox = await startSandboxInWorker({});
  try {
    say(pc.bold('A practice API, and a fictional district'));
    const printer = createEventPrinter({ json, samples: false });
    engine = await startEngine(
      { folder: path.join(folder, 'data'), secrets: 'memory', secret: sandbox.secret },
      printer.print,
    );
    const added = await engine.call('connections.add', {
      name: 'practice',
      url: sandbox.url,
      key: sandbox.key,
      studentId: 'identifier',
    });
    if (!json) printSteps(added.steps);
    let last: SyncResult | undefined;
    for (const day of [1, 2] as const) {
      const source = await sourceFor(students, folder, day);
      if (asked) return Exit.interrupted;
      say();
      say(pc.bold(pc.cyan(TITLES[day])));
      const running = engine;
      last = await runBatch(printer, () => running.call('sync.run', { connection: 'practice', source }));
      if (json) resultLine(last, { day });
      else printResult(last, { connection: 'practice', data: undefined, stays: false });
      if (last.stopped !== null) return exitOfCode(last.stopped.code);
    }
    if (last !== undefined) {
      const { created, updated, deleted, failed, unchanged } = last.account;
      const sent = plural(created + updated + deleted + failed, 'record');
      say();
      say(wrap(`Day 2 sent ${sent} and left ${number(unchanged)} alone. The practice API and its data are gone now.`));
    }
    // What is rejected or held on these days is part of the show, not a failure of the demo.
    return Exit.ok;
  } finally {
    await engine?.close();
    await sandbox.close();
    clean();
    process.off('exit', clean);
  }
}

/** @returns `rollbook demo` */
export function demoCommand(): Command {
  const made = command(
    'demo',
    'Shows two days of a fictional district against the practice API, and leaves nothing behind.',
  ).option(
    '--students <n>',
    'a district of another size than the 300 students that ship, from 20 to 250,000',
    whole(20, 250_000),
  );
  return act<Options>(made, demo);
}
