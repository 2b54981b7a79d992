/** The real command, in a process of its own, as a person or an orchestrator starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { AccountView, SyncResult } from '../../core/contract/schemas.ts';

export const LAUNCHER = fileURLToPath(new URL('../../core/cli/rollbook.mjs', import.meta.url));

export interface Ran {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** `--data`, in the environment. */
  readonly data?: string;
  readonly secret?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
  readonly cwd?: string;
  /** Given on standard input. */
  readonly input?: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  /** What came on stdout so far. */
  stdout(): string;
  /** Waits until stdout or stderr holds this. */
  until(text: string | RegExp): Promise<void>;
}

/** The environment of the tests without what would change the command's way. */
function environment(options: RunOptions): NodeJS.ProcessEnv {
  // The keychain of whoever runs the tests is left alone.
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', ROLLBOOK_KEYCHAIN: 'off' };
  for (const name of ['ROLLBOOK_SECRET', 'ROLLBOOK_DATA', 'FORCE_COLOR', 'VITEST']) delete env[name];
  if (options.data !== undefined) env.ROLLBOOK_DATA = options.data;
  if (options.secret !== undefined) env.ROLLBOOK_SECRET = options.secret;
  return { ...env, ...options.env };
}

function launch(args: readonly string[], options: RunOptions): ChildProcess {
  const child = spawn(options.node ?? process.execPath, [LAUNCHER, ...args], {
    env: environment(options),
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  child.stdin?.end(options.input);
  return child;
}

/** Starts the command; the process is gone after the test, whatever becomes of it. */
export const start = (args: readonly string[], options: RunOptions = {}): Running =>
  goneAfterTest(launch(args, options));

/** Watches a process that was started with pipes, and ends it after the test. */
export function goneAfterTest(child: ChildProcess): Running {
  const running = watch(child);
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await running.ended.catch(() => undefined);
  });
  return running;
}

function watch(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  const changed = new Set<() => void>();
  const tell = (): void => {
    for (const listener of changed) listener();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    tell();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    tell();
  });
  let over = false;
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      over = true;
      resolve({ code, signal, stdout, stderr });
      tell();
    });
  });
  return {
    child,
    ended,
    stdout: () => stdout,
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = typeof text === 'string' ? (stdout + stderr).includes(text) : text.test(stdout + stderr);
          if (!found && !over) return;
          changed.delete(look);
          if (found) resolve();
          else reject(new Error(`It ended without ${text}:\n${stdout}\n${stderr}`));
        };
        changed.add(look);
        look();
      }),
  };
}

/** Runs the command to its end. */
export const rollbook = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  watch(launch(args, options)).ended;

type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Each line of stdout, which has to be JSON. */
export const jsonLines = (ran: Ran): Line[] =>
  ran.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

export type ResultLine = SyncResult & { readonly type: string; readonly day?: number };

/** The last line, which has to be a result. */
export function resultOf(ran: Ran): ResultLine {
  const last = jsonLines(ran).at(-1);
  expect(last?.type, ran.stderr).toBe('result');
  return last as unknown as ResultLine;
}

/** One sentence (or two) for a person: on stderr alone, with nothing of a stack trace. */
export function expectSentence(ran: Ran, code: number, says: RegExp): void {
  expect(ran.stderr).toMatch(says);
  expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  expect(ran.stderr).not.toMatch(/\n\s+at |node:internal|\.ts:\d/);
  expect(ran.stderr).not.toContain('inside Rollbook');
  expect(ran.code).toBe(code);
}

/** The account is whole, in all and by resource. */
export function expectAccounts(result: Pick<SyncResult, 'account' | 'resources'>): void {
  const sum = ({ read: _, ...outcomes }: AccountView): number => Object.values(outcomes).reduce((a, b) => a + b, 0);
  for (const [name, account] of [['in all', result.account] as const, ...Object.entries(result.resources)]) {
    expect({ name, sum: sum(account) }).toEqual({ name, sum: account.read });
  }
  const read = Object.values(result.resources).reduce((total, account) => total + account.read, 0);
  expect(read).toBe(result.account.read);
}

/** A folder in the temporary directory, gone after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The files under a folder that hold these bytes. */
export function filesWith(folder: string, bytes: string): string[] {
  const needles = [
    Buffer.from(bytes),
    Buffer.from(bytes, 'utf16le'),
    Buffer.from(Buffer.from(bytes).toString('base64')),
  ];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => needles.some((needle) => readFileSync(file).includes(needle)));
}
