/** Starts children that are to die, and waits for their end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { ChildPoint } from './points.ts';

export interface Task {
  readonly folder: string;
  /** The file that stands for the keychain; null for a machine without one, with the connection's secret given at each run. */
  readonly keychain: string | null;
  readonly secret?: string;
  readonly commands: readonly { readonly command: string; readonly input: unknown }[];
  readonly point?: ChildPoint | undefined;
}

export interface Ended {
  readonly killed: boolean;
  /** What the last command answered; undefined where it was killed. */
  readonly answer:
    | { readonly ok?: unknown; readonly error?: { readonly code: string; readonly sentence: string } }
    | undefined;
  /** Steps of each stage; undefined where it was killed. */
  readonly steps: Readonly<Record<string, number>> | undefined;
  readonly errors: string;
}

/** What node compiled is kept between children: half of a short child's time. */
const COMPILED = mkdtempSync(path.join(tmpdir(), 'rollbook-compiled-'));
afterAll(() => rmSync(COMPILED, { recursive: true, force: true }));

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const CLOCK = new URL('./clock.ts', import.meta.url).href;

/**
 * Runs a child to its end, or to its death.
 * @param onStart takes the process, for those who kill it from outside
 */
export async function runChild(
  task: Task,
  options: {
    readonly onStart?: (child: ChildProcess) => void;
    /** With a clock that can be put forward and back: `child.send({ shiftMs })`; and how far off it is from the start. */
    readonly clock?: { readonly shiftMs: number };
    /** In place of this account: the number of another. */
    readonly as?: number;
  } = {},
): Promise<Ended> {
  const clock = options.clock === undefined ? [] : ['--import', CLOCK];
  const flags = ['--disable-warning=ExperimentalWarning', ...clock];
  const child = spawn(process.execPath, [...flags, CHILD, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED, LOST_SHIFT_MS: String(options.clock?.shiftMs ?? 0) },
    ...(options.as === undefined ? {} : { uid: options.as, gid: options.as }),
  });
  options.onStart?.(child);
  let out = '';
  let errors = '';
  // Both are piped.
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_code, by) => resolve(by)));
  const last = out.trimEnd().split('\n').at(-1) ?? '';
  const told =
    signal === null && last.startsWith('{"answer"') ? (JSON.parse(last) as Pick<Ended, 'answer' | 'steps'>) : undefined;
  return { killed: signal === 'SIGKILL', answer: told?.answer, steps: told?.steps, errors };
}
