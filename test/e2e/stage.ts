/**
 * All of it, in a folder of its own: practice API over HTTP, engine in its worker, ledger file, loopback host, the production
 * build of the screens, a browser. Gone after the test.
 *
 *   const { page, expectAccessible, shoot } = await openStage({ connection: 'north' });
 *   await page.getByRole('link', { name: 'Problems' }).click();
 *   await expectAccessible();
 *   await shoot('problems');
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { SandboxWorkerOptions } from '../../core/sandbox/options.ts';
import { startSandboxInWorker, type WorkerSandbox } from '../../core/sandbox/worker.ts';
import { builtRenderer } from '../../electron/loopback/build.ts';
import { startBrowser } from './browser.ts';
import {
  type Answers,
  type Dialogs,
  type Form,
  formOf,
  type HostOptions,
  type OpenHost,
  type StageApp,
} from './host.ts';
import { inBrowser } from './host-browser.ts';
import { asHost } from './host-desktop.ts';
import { findElectron, runElectron } from './run-electron.ts';
import { runStandIn } from './run-stand-in.ts';

let form: Form | undefined;
let browser: Browser | undefined;
let renderer = '';

/**
 * Call once in a test file, at its top.
 * @param told how the screens are shown; as ROLLBOOK_E2E says unless told
 */
export function withBrowser(told?: Form): void {
  beforeAll(async () => {
    form = told ?? formOf(process.env.ROLLBOOK_E2E);
    if (form === 'electron') await findElectron();
    else [browser, renderer] = await Promise.all([startBrowser(), builtRenderer()]);
  });
  afterAll(async () => {
    await browser?.close();
  });
}

async function openHost(options: HostOptions): Promise<OpenHost> {
  if (form === 'electron') return asHost(await runElectron(options));
  if (form === undefined || browser === undefined) throw new Error('Call withBrowser() at the top of the test file.');
  if (form === 'browser') return inBrowser(browser, renderer)(options);
  return asHost(await runStandIn(browser, renderer, options));
}

export interface StageOptions {
  /** A practice API is started unless `api` is false. */
  readonly api?: SandboxWorkerOptions | false;
  /** The name of a connection to it that is there already. */
  readonly connection?: string;
  /** The engine can be killed: what is secret is in files, where the next one finds it. */
  readonly isKillable?: boolean;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** What is expected in the console: the browser's own words about a request that was to fail. */
  readonly allowedErrors?: readonly RegExp[];
  /** Before the page is opened. */
  readonly prepare?: (app: StageApp, api: WorkerSandbox) => Promise<void>;
}

export interface Stage extends Dialogs, Answers {
  readonly page: Page;
  /** What a browser cannot do is left out there, and what only it does on the desktop. */
  readonly form: Form;
  readonly app: StageApp;
  readonly api: WorkerSandbox;
  /** A folder for the test's own files. */
  readonly folder: string;
  /** axe in light, dark and forced colours; nothing is left out. */
  expectAccessible(): Promise<void>;
  /** Saves what is seen, where ROLLBOOK_SHOTS names a folder; `theme` light unless told. */
  shoot(name: string, theme?: 'light' | 'dark' | 'forced'): Promise<void>;
  /** The name of what has the focus. */
  focused(): Promise<string>;
  /** Presses Tab until what has the focus has this name (or, with a RegExp, fits it). */
  tabTo(name: string | RegExp): Promise<void>;
}

const THEMES = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'light', forcedColors: 'active' },
} as const;

/** Twice around the longest screen: what is looked for may come while one looks. */
const MOST_PRESSES = 150;
/** A violation that stays in so many looks is one. */
const STALE_LOOKS = 9;
const STALE_MS = 50;
const SHOTS = process.env.ROLLBOOK_SHOTS;

type Violations = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'];
type PageWithAxe = typeof globalThis & {
  readonly axe?: { run(context: Document, options: object): Promise<{ readonly violations: Violations }> };
};

/**
 * Asks axe, in the page, what is wrong with it. The builder reads axe into the page twice for each look and then asks six times:
 * here it does so once a page, in the mode that opens no second page, which Electron could not; there are no frames to look into.
 * @param rules all unless told
 */
async function lookWithAxe(page: Page, rules: readonly string[]): Promise<Violations> {
  if (!(await page.evaluate(() => 'axe' in window))) {
    await new AxeBuilder({ page }).setLegacyMode().withRules('document-title').analyze();
  }
  return page.evaluate(async (only) => {
    const { axe } = globalThis as PageWithAxe;
    if (axe === undefined) throw new Error('axe is not in the page.');
    const runOnly = only.length === 0 ? {} : { runOnly: { type: 'rule', values: only } };
    // What is right need not be told at length.
    return (await axe.run(document, { resultTypes: ['violations'], ...runOnly })).violations;
  }, rules);
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const api = await startSandboxInWorker(options.api === false ? {} : (options.api ?? {}));
  onTestFinished(() => api.close());
  const host = await openHost({
    folder,
    viewport: options.viewport ?? { width: 1366, height: 768 },
    isKillable: options.isKillable === true,
  });
  onTestFinished(() => host.close());
  const { page } = host;
  const app: StageApp = {
    ...host.app,
    async killEngine() {
      // One that forgot its secrets could not be told from one that does not come back.
      if (options.isKillable !== true) throw new Error('Open the stage with isKillable: true.');
      await host.app.killEngine();
    },
  };
  await page.emulateMedia({ reducedMotion: 'reduce', ...THEMES.light });
  if (options.connection !== undefined) {
    const { url, key, secret } = api;
    const secretFile = path.join(folder, 'secret.txt');
    if (options.isKillable === true) writeFileSync(secretFile, secret, { mode: 0o600 });
    const secretIn = options.isKillable === true ? { secretFile } : { secret };
    await app.call('connections.add', { name: options.connection, url, key, ...secretIn, studentId: 'identifier' });
  }
  await options.prepare?.(app, api);

  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(`${error.name} in the page`));
  page.on('console', (message) => {
    const text = message.text();
    if (['error', 'warning'].includes(message.type()) && !options.allowedErrors?.some((one) => one.test(text))) {
      wrong.push(text);
    }
  });
  // Includes whatever the policy refused: the browser says so in the console.
  onTestFinished(() => expect(wrong).toEqual([]));
  await host.show();
  await page.getByRole('heading', { level: 1 }).waitFor();

  const wear = async (theme: keyof typeof THEMES): Promise<void> => {
    // By way of light: from dark straight to forced colours, Chromium keeps inherited colours of before for a while.
    await page.emulateMedia(THEMES.light);
    if (theme !== 'light') await page.emulateMedia(THEMES[theme]);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  };
  const violationsIn = async (theme: keyof typeof THEMES) => {
    await wear(theme);
    // What is there, and how it is named, is the same in each: only the colours are other.
    const violations = await lookWithAxe(page, theme === 'light' ? [] : ['color-contrast', 'link-in-text-block']);
    return violations.map(({ id, nodes }) => ({
      theme,
      id,
      where: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary ?? ''}`),
    }));
  };
  const expectAccessible = async (): Promise<void> => {
    for (const theme of ['light', 'dark', 'forced'] as const) {
      let told = await violationsIn(theme);
      for (let again = 0; again < STALE_LOOKS && theme !== 'light' && told.length > 0; again += 1) {
        // Now and then Chromium paints a text in the colour it inherited before the switch, until styles are made anew.
        await page.evaluate(() => {
          const root = document.documentElement;
          root.style.display = 'none';
          root.getBoundingClientRect();
          root.style.display = '';
        });
        await page.waitForTimeout(STALE_MS);
        told = await violationsIn(theme);
      }
      expect(told).toEqual([]);
    }
    await page.emulateMedia(THEMES.light);
  };
  const shoot = async (name: string, theme: keyof typeof THEMES = 'light'): Promise<void> => {
    if (SHOTS === undefined || SHOTS === '') return;
    mkdirSync(SHOTS, { recursive: true });
    await wear(theme);
    await page.screenshot({ path: path.join(SHOTS, `${name}.png`), animations: 'disabled' });
    await page.emulateMedia(THEMES.light);
  };
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const at = document.activeElement;
      if (at === null || at === document.body) return '';
      const told = at.getAttribute('aria-label');
      const labels = (at as HTMLInputElement).labels;
      return (told ?? labels?.[0]?.textContent ?? at.textContent ?? '').trim();
    });
  const tabTo = async (name: string | RegExp): Promise<void> => {
    for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
      const at = await focused();
      if (typeof name === 'string' ? at === name : name.test(at)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not come to ${name}; it is at "${await focused()}".`);
  };
  const { choosePath, chooseText, saveText, holdBack, refuse } = host;
  return {
    ...{ page, form: host.form, app, api, folder, expectAccessible, shoot, focused, tabTo },
    ...{ choosePath, chooseText, saveText, holdBack, refuse },
  };
}

/** Whether the page is wider than the window: then something is lost, or has to be scrolled to in two directions. */
export const overflows = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

/** Scrolls to it and presses at once, as a hand does that stops the wheel where it wants to be; Playwright would press again. */
export async function scrollAndPress(page: Page, target: Locator): Promise<void> {
  const at = await target.evaluate(async (element) => {
    const from = element.getBoundingClientRect().top;
    element.scrollIntoView({ block: 'center' });
    const { top, left, height, width } = element.getBoundingClientRect();
    // The browser says that it has scrolled before it paints again.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return { x: left + width / 2, y: top + height / 2, hasScrolled: top !== from };
  });
  expect(at.hasScrolled).toBe(true);
  await page.mouse.click(at.x, at.y);
}
