/** The screens in a browser, by the loopback host. */
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { startLoopbackApp } from '../../electron/loopback/app.ts';
import { type HostOpener, LOOK, TIMEOUT_MS } from './host.ts';

/** @param renderer the folder of the built screens */
export const inBrowser =
  (browser: Browser, renderer: string): HostOpener =>
  async ({ folder, viewport, isKillable }) => {
    const app = await startLoopbackApp({
      // The steward enters each secret; none is in the environment, and the machine's keychain is left alone.
      engine: { folder: path.join(folder, 'data'), secrets: isKillable ? 'none' : 'memory', secret: undefined },
      rendererDist: renderer,
      port: 0,
      onQuit: () => undefined,
    });
    const context = await browser.newContext({ viewport, ...LOOK });
    context.setDefaultTimeout(TIMEOUT_MS);
    const page = await context.newPage();
    const { practice } = app;
    return {
      form: 'browser',
      page,
      app: {
        call: app.call,
        practice: {
          state: async () => practice.state(),
          start: practice.start,
          stop: practice.stop,
          faults: practice.faults,
        },
        killEngine: app.killEngine,
        setOnline: async (isOnline) => app.setOnline(isOnline),
      },
      async show() {
        await page.goto(app.link());
      },
      async choosePath(act, target) {
        await act();
        const dialog = page.getByRole('dialog', { name: /^Choose (a folder|a file|where to save)$/ });
        // Only when the folder has been read is what is suggested there, and what is typed stays.
        await dialog.getByRole('option').first().waitFor();
        const field = dialog.getByRole('textbox');
        const suggested = await field.inputValue();
        await field.fill(target);
        await dialog.getByRole('button', { name: 'Choose', exact: true }).click();
        await dialog.waitFor({ state: 'detached' });
        return suggested;
      },
      async chooseText(act, target) {
        const asked = page.waitForEvent('filechooser');
        await act();
        await (await asked).setFiles(target);
      },
      async saveText(act, target) {
        const download = page.waitForEvent('download');
        await act();
        await (await download).saveAs(target);
      },
      async holdBack(command) {
        const address = `**/call/${command}`;
        let letGo = (): void => undefined;
        const held = new Promise<void>((resolve) => {
          letGo = resolve;
        });
        const answers: Promise<unknown>[] = [];
        await page.route(address, async (route) => {
          // Null where the page went before, and nobody waits for it any more.
          answers.push(
            route
              .request()
              .response()
              .catch(() => undefined),
          );
          await held;
          await route.continue();
        });
        return async () => {
          letGo();
          await Promise.allSettled(answers);
          await page.unroute(address);
        };
      },
      async refuse(command, error) {
        await page.route(`**/call/${command}`, (route) => route.fulfill({ json: { error } }));
      },
      async close() {
        await context.close();
        await app.close();
      },
    };
  };
