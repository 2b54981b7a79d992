/** When a page or the program itself fails: a dialog that offers a new start and the log for support; never a stack. */
import { app, type BrowserWindow, dialog } from 'electron';

export interface CrashActions {
  /** Loads the page anew. */
  reload(): void;
  saveLog(): Promise<void>;
  /** Ends this process and starts another. */
  relaunch(): void;
  quit(): void;
}

interface Question {
  readonly message: string;
  readonly detail: string;
  /** Each with what it does; the last is what closing the dialog means. `again` asks the same question once more. */
  readonly choices: readonly {
    readonly label: string;
    readonly act: () => Promise<'again' | 'done'> | 'again' | 'done';
  }[];
}

async function ask(window: BrowserWindow | undefined, { message, detail, choices }: Question): Promise<void> {
  const options = {
    type: 'warning' as const,
    title: 'Rollbook',
    message,
    detail,
    buttons: choices.map(({ label }) => label),
    defaultId: 0,
    cancelId: choices.length - 1,
    noLink: true,
  };
  for (;;) {
    const { response } =
      window === undefined || window.isDestroyed()
        ? await dialog.showMessageBox(options)
        : await dialog.showMessageBox(window, options);
    if ((await choices[response]?.act()) !== 'again') return;
  }
}

const SAFE = 'Nothing that the API confirmed is lost: it is in the ledger.';

/** Chromium's number for a load that another one took the place of. */
const ABORTED = -3;

/** Watches a window's page. */
export function watchPage(window: BrowserWindow, actions: CrashActions): void {
  let isAsking = false;
  const once = async (question: Question): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      await ask(window, question);
    } finally {
      isAsking = false;
    }
  };
  const quit = (): 'done' => {
    actions.quit();
    return 'done';
  };
  const restart = {
    label: 'Restart the window',
    act: () => {
      actions.reload();
      return 'done' as const;
    },
  };
  const saveLog = {
    label: 'Save log for support…',
    act: async () => {
      await actions.saveLog();
      return 'again' as const;
    },
  };
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return;
    void once({
      message: 'The window has stopped working',
      detail: `A batch that is under way goes on. ${SAFE}`,
      choices: [restart, saveLog, { label: 'Quit Rollbook', act: quit }],
    });
  });
  window.webContents.on('did-fail-load', (_event, code, _description, _url, isMainFrame) => {
    if (!isMainFrame || code === ABORTED) return;
    void once({
      message: 'The window could not be opened',
      detail: `If it cannot be opened again, install Rollbook anew. ${SAFE}`,
      choices: [restart, saveLog, { label: 'Quit Rollbook', act: quit }],
    });
  });
  window.on('unresponsive', () => {
    void once({
      message: 'The window does not answer',
      detail: `A batch that is under way goes on. ${SAFE}`,
      choices: [restart, saveLog, { label: 'Wait', act: () => 'done' }],
    });
  });
}

/** Watches the program itself: what nobody caught leaves it in a state that nobody knows. */
export function watchProcess(actions: CrashActions): void {
  let isAsking = false;
  const quit = (): 'done' => {
    actions.quit();
    return 'done';
  };
  const relaunch = (): 'done' => {
    actions.relaunch();
    return 'done';
  };
  const failed = (): void => {
    if (isAsking) return;
    isAsking = true;
    void app
      .whenReady()
      .then(() =>
        ask(undefined, {
          message: 'Rollbook has met an error it does not know',
          detail: `It is best started again. ${SAFE}`,
          choices: [
            { label: 'Restart Rollbook', act: relaunch },
            { label: 'Save log for support…', act: () => actions.saveLog().then(() => 'again' as const) },
            { label: 'Quit Rollbook', act: quit },
          ],
        }),
      )
      .finally(() => {
        isAsking = false;
      });
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
}
