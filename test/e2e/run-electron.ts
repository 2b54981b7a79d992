/** The built application in Electron itself, by Playwright. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { _electron } from 'playwright-core';
import { electronProgram, fetchElectron } from '../../electron/loopback/desktop.ts';
import { type HostOptions, LOOK, TIMEOUT_MS } from './host.ts';
import type { Desktop } from './host-desktop.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const HOOK = path.join(import.meta.dirname, 'electron-hook.cjs');
const CLOSE_MS = 20_000;

/** @throws Error with a sentence where Electron, or what it is to run, is not there: it is never passed by */
export async function findElectron(main = path.join(ROOT, 'dist/main.js')): Promise<void> {
  if (!existsSync(main)) throw new Error('The desktop application is not built: run npm run build first.');
  if (electronProgram() === undefined && !(await fetchElectron())) {
    throw new Error(
      "Electron's runtime is not on this machine, and could not be fetched: run the specs where it can be (node node_modules/electron/install.js fetches it), or without ROLLBOOK_E2E=electron in a browser.",
    );
  }
}

/** What main gets to see: the machine's own, but for what a spec decides. */
export function environmentFor({
  folder,
  isKillable,
}: Pick<HostOptions, 'folder' | 'isKillable'>): Record<string, string> {
  const { NODE_OPTIONS: _options, ROLLBOOK_SECRET: _secret, ELECTRON_RUN_AS_NODE: _node, ...rest } = process.env;
  const own = Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return {
    ...own,
    ROLLBOOK_DATA: path.join(folder, 'data'),
    // Without a keychain, secrets are in files: there an engine finds what the one before it had.
    ROLLBOOK_KEYCHAIN: isKillable ? 'off' : 'on',
    ROLLBOOK_E2E_SECRETS: 'memory',
  };
}

/** Starts it on a data folder of its own. */
export async function runElectron(options: HostOptions): Promise<Desktop> {
  const running = await _electron.launch({
    args: ['-r', HOOK, ROOT],
    cwd: ROOT,
    env: environmentFor(options),
    colorScheme: 'light',
    ...LOOK,
  });
  running.context().setDefaultTimeout(TIMEOUT_MS);
  const page = await running.firstWindow();
  await page.setViewportSize(options.viewport);
  return {
    form: 'electron',
    page,
    async show() {
      await page.reload();
    },
    // Playwright's own type lets a function be without arguments; ours is given both.
    evaluate: (work, argument) => running.evaluate(work as never, argument) as never,
    async close() {
      const end = setTimeout(() => running.process().kill('SIGKILL'), CLOSE_MS);
      await running.close().finally(() => clearTimeout(end));
    },
  };
}
