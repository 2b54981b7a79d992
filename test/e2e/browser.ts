/** A browser of this machine for the screens: none is fetched, and where there is none the run fails and says so. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

function candidates(): readonly string[] {
  const { PATH = '', PROGRAMFILES = '', LOCALAPPDATA = '' } = process.env;
  const x86 = process.env['PROGRAMFILES(X86)'] ?? '';
  switch (process.platform) {
    case 'win32':
      return [
        'Google\\Chrome\\Application\\chrome.exe',
        'Microsoft\\Edge\\Application\\msedge.exe',
        'Chromium\\Application\\chrome.exe',
      ].flatMap((program) =>
        [PROGRAMFILES, x86, LOCALAPPDATA].filter((base) => base !== '').map((base) => path.join(base, program)),
      );
    case 'darwin':
      return ['Google Chrome', 'Microsoft Edge', 'Chromium'].map(
        (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
      );
    default:
      return [
        'google-chrome-stable',
        'google-chrome',
        'microsoft-edge-stable',
        'microsoft-edge',
        'chromium',
        'chromium-browser',
        // Chromium without windows of its own: Debian's package for it takes a fifth less of the machine.
        'chromium-headless-shell',
      ].flatMap((name) => PATH.split(path.delimiter).map((folder) => path.join(folder, name)));
  }
}

/**
 * @returns the browser: ROLLBOOK_BROWSER, else Chrome, Edge or Chromium where they are usually installed
 * @throws Error with a sentence where there is none
 */
export function findBrowser(): string {
  const told = process.env.ROLLBOOK_BROWSER;
  if (told !== undefined && told !== '') {
    if (existsSync(told)) return told;
    throw new Error('The browser that ROLLBOOK_BROWSER names is not there: give the path of its program.');
  }
  const found = candidates().find((program) => existsSync(program));
  if (found !== undefined) return found;
  throw new Error(
    'The browser tests need Chrome, Edge or Chromium: install one (on Debian: apt-get install chromium), or give its program in ROLLBOOK_BROWSER.',
  );
}

/** Starts it without a window. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findBrowser(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
