/**
 * `npm start`: the desktop application where Electron's runtime is, or can be fetched; otherwise the same screens in this
 * machine's browser. `--demo` shows a fictional district, on a data folder that is removed at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { dataFolder } from '../../core/cli/folder.ts';
import { onInterrupt } from '../../core/cli/interrupt.ts';
import type { WorkerData } from '../../core/engine-host.ts';
import { isFailure } from '../../core/errors/failure.ts';
import { type LoopbackApp, startLoopbackApp } from './app.ts';
import { builtRenderer } from './build.ts';
import { prepareDemo } from './demo.ts';
import { electronProgram, fetchElectron, runDesktop } from './desktop.ts';
import { openInBrowser } from './system.ts';

const HELP = `npm start -- [options]

  --demo          a practice API, a fictional district and a first batch; nothing is left behind
  --data <dir>    data folder with the ledger (or ROLLBOOK_DATA; else this account's own)
  --browser       the screens in the browser, even where the desktop application could run
  --port <n>      the browser's port on 127.0.0.1; any that is free unless told
  --no-open       print the link and open nothing
  --help          this text`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Options {
  readonly demo: boolean;
  readonly data: string | undefined;
  readonly browser: boolean;
  readonly port: number;
  readonly open: boolean;
}

/** @returns undefined where help was asked for, or the options are none; what is to be said has been said */
function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        demo: { type: 'boolean', default: false },
        data: { type: 'string' },
        browser: { type: 'boolean', default: false },
        port: { type: 'string', default: '0' },
        open: { type: 'boolean', default: true },
        help: { type: 'boolean', default: false },
      },
      allowNegative: true,
    });
    const port = Number(values.port);
    if (!values.help && Number.isInteger(port) && port >= 0 && port <= 65_535) {
      return { demo: values.demo, data: values.data, browser: values.browser, port, open: values.open };
    }
    if (!values.help) process.exitCode = 2;
  } catch {
    process.exitCode = 2;
  }
  say(HELP);
  return undefined;
}

/** @returns the runtime; undefined where the screens have to be shown in the browser, which is then said */
async function desktop({ browser }: Options): Promise<string | undefined> {
  if (browser) return undefined;
  const program = electronProgram();
  if (program !== undefined) return program;
  say('Fetching Electron, which the desktop application needs …');
  if (await fetchElectron()) return electronProgram();
  say('Electron cannot be fetched on this machine, so Rollbook opens in the browser.');
  return undefined;
}

function engineData(options: Options, folder: string): WorkerData {
  const secret = process.env.ROLLBOOK_SECRET;
  delete process.env.ROLLBOOK_SECRET;
  // A keychain would be left with what belongs to a folder that is gone.
  const hasKeychain = !options.demo && process.env.ROLLBOOK_KEYCHAIN !== 'off';
  return { folder, secrets: hasKeychain ? 'keychain' : 'none', secret: secret === '' ? undefined : secret };
}

async function inBrowser(options: Options, engine: WorkerData): Promise<void> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  // From here on Ctrl-C ends what is open, in its order.
  onInterrupt(() => stop());
  const rendererDist = await builtRenderer();
  const app: LoopbackApp = await startLoopbackApp({ engine, rendererDist, port: options.port, onQuit: stop });
  try {
    if (options.demo) {
      say('Sending the first day of a fictional district to the practice API …');
      const ended = await Promise.race([prepareDemo(app), stopped]);
      if (ended === undefined) return;
    }
    await offerLinks(app, options, stopped);
  } finally {
    await app.close();
  }
}

async function offerLinks(app: LoopbackApp, options: Options, stopped: Promise<void>): Promise<void> {
  const print = (): string => {
    const link = app.link();
    say(`\nRollbook is at  ${link}\nThe link works once. Enter prints a new one, Ctrl-C ends Rollbook.`);
    return link;
  };
  const link = print();
  if (options.open && !(await openInBrowser(link))) say('No browser could be opened: open the link yourself.');
  const lines = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined;
  lines?.on('line', print);
  await stopped;
  lines?.close();
}

async function run(options: Options): Promise<void> {
  const folder = options.demo ? mkdtempSync(path.join(os.tmpdir(), 'rollbook-demo-')) : dataFolder(options.data);
  // However this ends, as a real district's would have to go.
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  if (options.demo) process.once('exit', clean);
  const engine = engineData(options, folder);
  const program = await desktop(options);
  if (program === undefined) return inBrowser(options, engine);
  if (options.demo) {
    // Prepared here, and taken over by the desktop application as it stands.
    const app = await startLoopbackApp({
      engine,
      rendererDist: await builtRenderer(),
      port: 0,
      onQuit: () => undefined,
    });
    await prepareDemo(app).finally(app.close);
    process.env.ROLLBOOK_KEYCHAIN = 'off';
  }
  process.exitCode = await runDesktop(program, folder);
}

const options = readOptions();
if (options !== undefined) {
  try {
    await run(options);
  } catch (thrown) {
    process.exitCode = 1;
    say(isFailure(thrown) ? thrown.message : 'Rollbook could not be started: run npm ci in its folder, and try again.');
  }
}
