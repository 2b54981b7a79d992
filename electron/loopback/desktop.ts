/** Electron's runtime: found, or fetched, or not to be had on this machine. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const electron = path.join(root, 'node_modules', 'electron');
const FETCH_MS = 180_000;

/** @returns the program; undefined where it is not there */
export function electronProgram(): string | undefined {
  try {
    const name = readFileSync(path.join(electron, 'path.txt'), 'utf8').trim();
    const program = path.join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? path.join(electron, 'dist'), name);
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

/** Has Electron's package fetch its runtime, as it does when it is first run. @returns whether it is there now */
export function fetchElectron(): Promise<boolean> {
  const script = path.join(electron, 'install.js');
  if (!existsSync(script)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script], { stdio: 'ignore', timeout: FETCH_MS });
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(electronProgram() !== undefined));
  });
}

/** Builds the desktop application and runs it until it is closed. @returns its exit code */
export async function runDesktop(program: string, dataFolder: string): Promise<number> {
  const { bundle } = await import('../build/bundle.ts');
  const out = path.join(root, 'dist');
  await bundle(root, out, { screens: true });
  return new Promise((resolve) => {
    const env = { ...process.env, ROLLBOOK_DATA: dataFolder };
    const child = spawn(program, [path.join(out, 'main.js')], { stdio: 'inherit', env });
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
