/** A practice API in a thread, and connections to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import type { SandboxWorkerOptions } from '../../core/sandbox/options.ts';
import { startSandboxInWorker, type WorkerSandbox } from '../../core/sandbox/worker.ts';
import { newFolder, type Ran, rollbook } from './run.ts';

export interface Practice {
  readonly api: WorkerSandbox;
  /** Exports of a fictional district: two days without dirt, and one with it. */
  readonly day1: string;
  readonly day2: string;
  readonly dirty: string;
}

/** One practice API and its exports for all tests of a file. */
export function practice(options: SandboxWorkerOptions = {}): Practice {
  const made: { api?: WorkerSandbox; folder?: string } = {};
  beforeAll(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-cli-'));
    made.folder = folder;
    made.api = await startSandboxInWorker(options);
    const base = { students: 10, seed: 11 };
    await writeDistrict({ ...base, out: path.join(folder, 'day1'), clean: true });
    await writeDistrict({ ...base, out: path.join(folder, 'day2'), clean: true, day: 2 });
    // Large enough for a code that nobody has paired yet.
    await writeDistrict({ ...base, students: 20, out: path.join(folder, 'dirty') });
  });
  afterAll(async () => {
    await made.api?.close();
    if (made.folder !== undefined) rmSync(made.folder, { recursive: true, force: true });
  });
  return {
    get api() {
      return made.api as WorkerSandbox;
    },
    get day1() {
      return path.join(made.folder as string, 'day1');
    },
    get day2() {
      return path.join(made.folder as string, 'day2');
    },
    get dirty() {
      return path.join(made.folder as string, 'dirty');
    },
  };
}

interface Api {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
}

/** A data folder with a connection `here` to the API. */
export interface Station {
  readonly data: string;
  run(...args: readonly string[]): Promise<Ran>;
  sync(source: string, ...args: readonly string[]): Promise<Ran>;
}

/** @returns a data folder of its own, without any connection */
export function emptyStation(api: Api, data: string = newFolder()): Station {
  const run = (...args: readonly string[]): Promise<Ran> => rollbook(args, { data, secret: api.secret });
  return { data, run, sync: (source, ...args) => run('sync', '--connection', 'here', '--source', source, ...args) };
}

/** The arguments that add a connection. */
export const adding = (api: Pick<Api, 'url' | 'key'>, name = 'here'): string[] => [
  'connect',
  'add',
  name,
  '--url',
  api.url,
  '--key',
  api.key,
  '--student-id',
  'identifier',
];

/** @returns a data folder of its own with a connection `here` */
export async function station(api: Api, ...more: readonly string[]): Promise<Station> {
  const made = emptyStation(api);
  const ran = await made.run(...adding(api), '--no-test', ...more);
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
  return made;
}
