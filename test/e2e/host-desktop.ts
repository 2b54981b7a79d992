/** The desktop application: its page by its own bridge, and the system's part in it by main. */
import { existsSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Answer, Bridge } from '../../core/contract/bridge.ts';
import type { HostCommandInput, HostCommandName, HostCommandOutput } from '../../core/contract/host.ts';
import type { CommandInput, CommandName, CommandOutput } from '../../core/contract/schemas.ts';
import { Failure, type FailureCode } from '../../core/errors/failure.ts';
import { channelOf } from '../../electron/channels.ts';
import type { Form, OpenHost } from './host.ts';

type ElectronModule = typeof import('electron');

/** A running desktop, whatever runs it. */
export interface Desktop {
  readonly form: Form;
  readonly page: Page;
  /** Has the page show the screens anew. */
  show(): Promise<void>;
  /** Runs a function in main: it is sent as text, and sees nothing of what is around it here. */
  evaluate<R, A>(work: (electron: ElectronModule, argument: A) => R | Promise<R>, argument: A): Promise<R>;
  close(): Promise<void>;
}

/** What the functions below leave in main for one another; the engines are put there by electron-hook.cjs. */
interface InMain {
  rollbookAnswers: string[];
  rollbookSuggested: string[];
  rollbookBoxes: string[];
  readonly rollbookEngines: { terminate(): Promise<number> }[];
  readonly rollbookGates: Map<string, () => Promise<unknown>>;
  /** Lets go what is held back, by channel. */
  rollbookLetGo: Map<string, () => void>;
}

/** The system's dialogs are answered by what was queued, and are cancelled where nothing was. */
const answerDialogs = ({ dialog }: ElectronModule): void => {
  const main = globalThis as unknown as InMain;
  main.rollbookAnswers = [];
  main.rollbookSuggested = [];
  main.rollbookBoxes = [];
  main.rollbookLetGo = new Map();
  type Options = { readonly defaultPath?: string; readonly message?: string; readonly cancelId?: number };
  // With a window before them, or without.
  const optionsOf = (given: unknown[]): Options => (given.at(-1) ?? {}) as Options;
  const answer = (given: unknown[]): string | undefined => {
    main.rollbookSuggested.push(optionsOf(given).defaultPath ?? '');
    return main.rollbookAnswers.shift();
  };
  dialog.showOpenDialog = async (...given: unknown[]) => {
    const target = answer(given);
    return { canceled: target === undefined, filePaths: target === undefined ? [] : [target] };
  };
  dialog.showSaveDialog = async (...given: unknown[]) => {
    const target = answer(given);
    return { canceled: target === undefined, filePath: target ?? '' };
  };
  dialog.showMessageBox = async (...given: unknown[]) => {
    const { message, cancelId } = optionsOf(given);
    main.rollbookBoxes.push(message ?? '');
    return { response: cancelId ?? 0, checkboxChecked: false };
  };
  dialog.showErrorBox = (title) => {
    main.rollbookBoxes.push(title);
  };
};

/** What a page can do with its bridge: one function for each of main's commands. */
type PageCommand = Readonly<Record<string, (input: unknown) => Promise<Answer<unknown>>>>;

/** @returns the desktop as a spec's host; its dialogs are answered from now on */
export async function asHost({ form, page, show, evaluate, close }: Desktop): Promise<OpenHost> {
  await evaluate(answerDialogs, undefined);
  const ask = async (command: string, input: unknown): Promise<unknown> => {
    const answer = await page.evaluate(
      ([name, given]) =>
        (window as unknown as { readonly rollbook: Bridge }).rollbook.commands[name as 'host.state'](given as never),
      [command, input] as const,
    );
    const given = answer as Awaited<ReturnType<PageCommand[string]>>;
    if ('ok' in given) return given.ok;
    const { code, sentence, details } = given.error;
    throw new Failure(code as FailureCode, sentence, details);
  };
  const call = <N extends CommandName>(command: N, input: CommandInput<N>) =>
    ask(command, input) as Promise<CommandOutput<N>>;
  const callHost = <N extends HostCommandName>(command: N, input: HostCommandInput<N>) =>
    ask(command, input) as Promise<HostCommandOutput<N>>;

  const answering = async (act: () => Promise<unknown>, target: string): Promise<string> => {
    await evaluate((_, answer) => {
      const main = globalThis as unknown as InMain;
      main.rollbookAnswers = [answer];
      main.rollbookSuggested = [];
    }, target);
    await act();
    const asked = (): Promise<string | undefined> =>
      evaluate(() => (globalThis as unknown as InMain).rollbookSuggested.shift(), undefined);
    let suggested: string | undefined;
    await expect.poll(async () => (suggested = await asked()), { timeout: 10_000 }).toBeDefined();
    return suggested ?? '';
  };

  return {
    form,
    page,
    show,
    app: {
      call,
      practice: {
        state: () => callHost('practice.state', {}),
        start: () => callHost('practice.start', {}),
        stop: (input) => callHost('practice.stop', input),
        faults: (input) => callHost('practice.faults', input),
      },
      killEngine: () =>
        evaluate(async () => {
          await (globalThis as unknown as InMain).rollbookEngines.at(-1)?.terminate();
        }, undefined),
      // A lid that is closed takes the network at once; of a cable, main hears only when it asks next.
      setOnline: (isOnline) =>
        evaluate(({ powerMonitor }, name) => void powerMonitor.emit(name), isOnline ? 'resume' : 'suspend'),
    },
    choosePath: answering,
    async chooseText(act, target) {
      await answering(act, target);
    },
    async saveText(act, target) {
      await answering(act, target);
      await expect.poll(() => existsSync(target), { timeout: 10_000 }).toBe(true);
    },
    async holdBack(command) {
      const channel = channelOf(command);
      await evaluate((_, at) => {
        const { rollbookGates, rollbookLetGo } = globalThis as unknown as InMain;
        const held = new Promise<void>((resolve) => rollbookLetGo.set(at, resolve));
        rollbookGates.set(at, () => held);
      }, channel);
      return () =>
        evaluate((_, at) => {
          const { rollbookGates, rollbookLetGo } = globalThis as unknown as InMain;
          rollbookGates.delete(at);
          rollbookLetGo.get(at)?.();
        }, channel);
    },
    refuse: (command, error) =>
      evaluate(
        (_, { at, answer }) => {
          (globalThis as unknown as InMain).rollbookGates.set(at, async () => answer);
        },
        { at: channelOf(command), answer: { error } },
      ),
    async close() {
      const boxes = await evaluate(() => (globalThis as unknown as InMain).rollbookBoxes, undefined);
      await close();
      // A window that crashed or an error that nobody caught would have asked.
      expect(boxes).toEqual([]);
    },
  };
}
