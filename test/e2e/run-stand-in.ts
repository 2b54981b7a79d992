/**
 * The desktop application without Electron: main, preload and engine as they are, in a process of their own with a stand-in
 * for the module `electron` (test/electron/fake-electron.ts), and a browser's page for the window's. It shows that the specs
 * run on the desktop's way, its dialogs, its bridge and its scheme; what Electron does with them only Electron shows.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import type { Answer, AnyEvent } from '../../core/contract/bridge.ts';
import { type HostOptions, LOOK, TIMEOUT_MS } from './host.ts';
import type { Desktop } from './host-desktop.ts';
import { environmentFor } from './run-electron.ts';

const MAIN = path.join(import.meta.dirname, 'stand-in-main.ts');
const HOOK = path.join(import.meta.dirname, 'electron-hook.cjs');
/** A browser does not know `app:`; to main, the page is at its own address. */
const ADDRESS = 'https://rollbook.test';
const ENDED = { code: 'host-gone', sentence: 'The stand-in for Electron has ended.', details: {} };

export type Request =
  | { readonly kind: 'evaluate'; readonly work: string; readonly argument: unknown }
  | { readonly kind: 'command'; readonly command: string; readonly input: unknown }
  | { readonly kind: 'file'; readonly path: string };
export interface ServedFile {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly base64: string;
}
export type FromMain =
  | { readonly type: 'ready' }
  | { readonly type: 'event'; readonly event: AnyEvent }
  | { readonly type: 'answer'; readonly id: number; readonly value?: unknown; readonly error?: string };

function speakTo(main: ChildProcess, onEvent: (event: AnyEvent) => void) {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(reason: Error): void }>();
  let last = 0;
  main.on('message', (message: FromMain) => {
    switch (message.type) {
      case 'ready':
        return;
      case 'event':
        return onEvent(message.event);
      case 'answer': {
        const call = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.error === undefined) call?.resolve(message.value);
        else call?.reject(new Error(message.error));
      }
    }
  });
  main.once('exit', () => {
    for (const call of waiting.values()) call.reject(new Error(ENDED.sentence));
    waiting.clear();
  });
  return (request: Request): Promise<unknown> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      main.send({ id: last, ...request });
    });
}

/** Put into the page before anything of ours: what the preload would have put there. */
function exposeBridge(): void {
  type Listener = (event: AnyEvent) => void;
  const page = window as unknown as {
    rollbook: unknown;
    rollbookTell: Listener;
    rollbookAsk(name: string, input: unknown): Promise<Answer<unknown>>;
  };
  const listeners = new Map<string, Set<Listener>>();
  page.rollbookTell = (event) => {
    for (const listener of [...(listeners.get(event.type) ?? [])]) listener(event);
  };
  page.rollbook = {
    commands: new Proxy({}, { get: (_, name: string) => (input: unknown) => page.rollbookAsk(name, input) }),
    on: new Proxy(
      {},
      {
        get: (_, type: string) => (listener: Listener) => {
          const known = listeners.get(type) ?? new Set();
          listeners.set(type, known.add(listener));
          return () => void known.delete(listener);
        },
      },
    ),
    getPathForFile: () => '',
  };
}

/** @param renderer the folder of the built screens */
export async function runStandIn(browser: Browser, renderer: string, options: HostOptions): Promise<Desktop> {
  const main = fork(MAIN, [renderer], {
    env: environmentFor(options),
    execArgv: ['--disable-warning=ExperimentalWarning', '--require', HOOK],
    serialization: 'advanced',
  });
  const [first] = (await Promise.race([once(main, 'message'), once(main, 'exit')])) as [FromMain | number | null];
  if (typeof first !== 'object' || first?.type !== 'ready') throw new Error('The stand-in for Electron did not start.');
  const context = await browser.newContext({ viewport: options.viewport, ...LOOK });
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const ask = speakTo(main, (event) => {
    // While the page is loaded anew there is nobody to hear it.
    page
      .evaluate((told) => (window as unknown as { rollbookTell?(event: AnyEvent): void }).rollbookTell?.(told), event)
      .catch(() => undefined);
  });
  await page.exposeFunction('rollbookAsk', (command: string, input: unknown) =>
    // The page that asked goes with it.
    ask({ kind: 'command', command, input }).catch(() => ({ error: ENDED })),
  );
  await page.addInitScript(exposeBridge);
  await page.route(`${ADDRESS}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const { status, headers, base64 } = (await ask({ kind: 'file', path: pathname })) as ServedFile;
    await route.fulfill({ status, headers, body: Buffer.from(base64, 'base64') });
  });
  await page.goto(`${ADDRESS}/`);
  return {
    form: 'stand-in',
    page,
    async show() {
      await page.reload();
    },
    evaluate: (work, argument) => ask({ kind: 'evaluate', work: work.toString(), argument }) as never,
    async close() {
      await context.close();
      const ended = once(main, 'exit');
      main.disconnect();
      await ended;
    },
  };
}
