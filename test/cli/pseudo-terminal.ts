/** A terminal as a person has it, made by util-linux' script; where that is not, the tests that need one are skipped. */
import { spawn, spawnSync } from 'node:child_process';
import { goneAfterTest, LAUNCHER, newFolder, type Running } from './run.ts';

let found: boolean | undefined;
/** @returns whether there is a script that takes a command and an exit code with it (Linux) */
export function hasScript(): boolean {
  found ??= process.platform === 'linux' && spawnSync('script', ['-qec', 'exit 7', '/dev/null']).status === 7;
  return found;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Starts the command on a pseudo terminal; what is written to its standard input is typed there. */
export function startOnTerminal(args: readonly string[], { columns = 80, env = {} }: TerminalOptions = {}): Running {
  const command = [process.execPath, LAUNCHER, ...args].map(quoted).join(' ');
  const clean: NodeJS.ProcessEnv = { ...process.env, TERM: 'xterm-256color', ROLLBOOK_KEYCHAIN: 'off', ...env };
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'CI', 'VITEST', 'COLUMNS']) if (!(name in env)) delete clean[name];
  if (!('ROLLBOOK_SECRET' in env)) delete clean.ROLLBOOK_SECRET;
  return goneAfterTest(
    spawn('script', ['-qec', `stty cols ${columns} rows 40; exec ${command}`, '/dev/null'], {
      env: clean,
      cwd: newFolder(),
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
}

export interface Shown {
  readonly code: number | null;
  readonly coloured: boolean;
  /** As written, without colours. */
  readonly text: string;
  /** What stood on the screen line by line, each frame of a line that was drawn over as one of its own. */
  readonly lines: readonly string[];
}

/** Runs the command to its end on a pseudo terminal. */
export async function onTerminal(args: readonly string[], options: TerminalOptions = {}): Promise<Shown> {
  const { code, stdout } = await startOnTerminal(args, options).ended;
  // biome-ignore-start lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  const text = stdout.replace(/\u001b\[\d*(;\d+)*[mK]/g, '');
  return { code, coloured: /\u001b\[\d+m/.test(stdout), text, lines: text.split(/[\r\n]+/) }; // biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above
}
