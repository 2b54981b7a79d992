/** Puts the desktop together: what is opened in which order, and closed again. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { app, type BrowserWindow, dialog, nativeTheme, session } from 'electron';
import { dataFolder } from '../../core/cli/folder.ts';
import type { AnyEvent } from '../../core/contract/bridge.ts';
import { externalLink, type HostState, type Place } from '../../core/contract/host.ts';
import type { EngineEvent } from '../../core/contract/schemas.ts';
import { startEngine, type WorkerData } from '../../core/engine-host.ts';
import { createEventSender, handleCommands } from '../ipc.ts';
import { createPractice } from '../practice.ts';
import { createBatches } from './batches.ts';
import { type CrashActions, watchPage, watchProcess } from './crash.ts';
import { superviseEngine } from './engine.ts';
import { createHostCommands } from './host-commands.ts';
import { opensAtLogin, wasOpenedAtLogin } from './login.ts';
import { setMenu } from './menu.ts';
import { messageOf, notify } from './notifications.ts';
import { createWakefulness, watchReach } from './power.ts';
import { openPreferences } from './preferences.ts';
import { createIconProgress } from './progress.ts';
import { handleScheme, registerScheme } from './scheme.ts';
import { createTray } from './tray.ts';
import { createUpdates, type Updater } from './updates.ts';
import { confine, denyPermissions, openWindow, showWindow } from './window.ts';

export interface DesktopOptions {
  readonly preload: string;
  /** The folder of the built screens. */
  readonly renderer: string;
  readonly icon: string;
  readonly trayIcon: string;
  /** Gives electron-updater where this build has a feed. */
  readonly loadUpdater: () => Promise<Updater | undefined>;
}

/**
 * Starts the desktop, or brings the one that runs already to the front and ends.
 * @returns resolves when the window is open; never for a second instance
 */
export async function startDesktop(options: DesktopOptions): Promise<void> {
  const folder = dataFolder(undefined);
  // The browser's own files stay with the ledger they belong to: another data folder is another Rollbook.
  const own = path.join(folder, 'desktop');
  mkdirSync(own, { recursive: true, mode: 0o700 });
  app.setPath('userData', own);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
  app.setAppUserModelId('org.rollbook.desktop');
  registerScheme();
  app.on('web-contents-created', (_event, contents) => confine(contents));
  await app.whenReady();
  await open(options, folder, own);
}

const platformOf = (platform: NodeJS.Platform): HostState['platform'] => {
  switch (platform) {
    case 'win32':
      return 'windows';
    case 'darwin':
      return 'macos';
    default:
      return 'linux';
  }
};

async function open(options: DesktopOptions, folder: string, own: string): Promise<void> {
  const updater = await options.loadUpdater();
  const preferences = openPreferences(own);
  nativeTheme.themeSource = preferences.get().theme;
  denyPermissions(session.defaultSession);
  handleScheme(session.defaultSession, options.renderer);

  let window: BrowserWindow | undefined;
  const current = (): BrowserWindow | undefined => (window?.isDestroyed() === false ? window : undefined);
  const sender = createEventSender(() => current()?.webContents);

  const reach = watchReach();
  reach.listen(() => changed());
  const stayAwake = createWakefulness();
  const iconProgress = createIconProgress(current);

  // One secret for every connection is for the command line, which has one at a time; no child is to inherit it either.
  delete process.env.ROLLBOOK_SECRET;
  const data: WorkerData = {
    folder,
    secrets: process.env.ROLLBOOK_KEYCHAIN === 'off' ? 'none' : 'keychain',
    secret: undefined,
    host: 'desktop',
  };
  const onEvent = (event: EngineEvent): void => {
    sender.push(event);
    batches.hear(event);
    if (event.type === 'progress' && batches.isBusy()) iconProgress.show(event);
    // Whoever compares or takes over waits for it at its own screen.
    if (event.type === 'batch' && event.what === 'ended' && event.kind !== 'read-back') tellOf(event);
  };
  const engine = superviseEngine({
    start: (emit) => startEngine(data, emit),
    onEvent,
    onState: ({ state: is }) => {
      if (is === 'running') batches.engineStarted();
      changed();
    },
  });
  const batches = createBatches({
    call: engine.call,
    reach,
    onChange: ({ isBusy }) => {
      stayAwake(isBusy);
      if (!isBusy) iconProgress.clear();
      changed();
    },
  });
  const practice = createPractice({ folder, call: batches.call, isBusy: batches.isBusy });
  const updates = createUpdates({
    updater,
    isBusy: batches.isBusy,
    onState: () => changed(),
    prepare: () => leave(),
  });

  const state = (): HostState => ({
    host: 'electron',
    version: app.getVersion(),
    platform: platformOf(process.platform),
    theme: preferences.get().theme,
    online: reach.isOnline(),
    engine: engine.state(),
    update: updates.state(),
    dataFolder: folder,
    openAtLogin: opensAtLogin(),
    notifications: preferences.get().notifications,
  });
  const tell = (event: AnyEvent): void => sender.push(event);
  const changed = (): void => {
    tell({ type: 'host-state', state: state() });
    const { isBusy, isPaused } = batches.state();
    tray?.update({
      isSending: isBusy,
      isPaused,
      isOnline: reach.isOnline(),
      isEngineUp: engine.state().state === 'running',
    });
  };

  const tellOf = (ending: Parameters<typeof messageOf>[0]): void => {
    const message = messageOf(ending);
    if (message === undefined || !preferences.get().notifications || current()?.isFocused() === true) return;
    notify(message, go);
  };
  const show = (): void => {
    const at = current();
    if (at === undefined) openAgain(false);
    else showWindow(at, preferences.get().window?.maximized ?? false);
  };
  const go = (place: Place): void => {
    show();
    tell({ type: 'go', place });
  };
  /** Of what comes of it, the events tell. */
  const inPassing = (command: 'sync.pause' | 'sync.resume' | 'sync.stop'): void => {
    void batches.call(command, {}).catch(() => undefined);
  };
  const saveLog = async (): Promise<void> => {
    const { path: out } = await handlers['dialogs.saveFile']({
      purpose: 'support',
      suggestedName: 'rollbook-support.zip',
    });
    if (out === null) return;
    const saved = await batches.call('support.save', { out }).catch(() => undefined);
    if (saved === undefined) {
      dialog.showErrorBox(
        'The log could not be saved',
        'Choose another place or make room on the disk, and try again. Where the engine cannot start, restart Rollbook first.',
      );
    } else await handlers['files.reveal']({ path: out });
  };

  let isLeaving = false;
  let left: Promise<void> | undefined;
  let hasLeft = false;
  /** Closes all that is open, once; what is on its way to an API is still written down when its answer comes. */
  const leave = (): Promise<void> => {
    isLeaving = true;
    left ??= (async () => {
      updates.leaving(batches.isBusy());
      if (batches.isBusy()) await batches.call('sync.stop', {}).catch(() => undefined);
      await engine.close();
      await practice.close();
      batches.close();
      reach.close();
      updates.close();
      sender.close();
      tray?.close();
      hasLeft = true;
    })();
    return left;
  };
  const quit = (): void => app.quit();
  app.on('before-quit', (event) => {
    if (hasLeft) return;
    event.preventDefault();
    void leave().finally(() => {
      hasLeft = true;
      app.quit();
    });
  });

  const crash: CrashActions = {
    reload: () => current()?.webContents.reload(),
    saveLog,
    relaunch: () => {
      app.relaunch();
      quit();
    },
    quit,
  };
  watchProcess(crash);

  const handlers = createHostCommands({
    window: current,
    state,
    changed,
    preferences,
    practice,
    updates,
    setTheme: (theme) => {
      nativeTheme.themeSource = theme;
    },
    show,
    quit,
  });
  handleCommands({ contents: () => current()?.webContents, callEngine: batches.call, host: handlers });

  const tray = createTray(options.trayIcon, {
    open: show,
    send: () => {
      const done = batches.sendAll().catch(() => undefined);
      void done.then((sources) => {
        if (sources === 0) go('sources');
      });
    },
    pause: () => inPassing('sync.pause'),
    resume: () => inPassing('sync.resume'),
    stop: () => inPassing('sync.stop'),
    quit,
  });
  setMenu({
    go,
    saveLog: () => void saveLog(),
    checkForUpdates: () => {
      go('settings');
      void updates.check();
    },
    openLink: (address) => {
      const url = externalLink(address);
      if (url !== undefined) void handlers['links.open']({ url: url.href });
    },
    quit,
  });

  const openAgain = (hidden: boolean): void => {
    const opened = openWindow({
      preload: options.preload,
      preferences,
      icon: process.platform === 'linux' ? options.icon : undefined,
      hidden,
      staysInTray: () => tray !== undefined && !isLeaving,
    });
    window = opened;
    watchPage(opened, crash);
  };
  app.on('second-instance', show);
  app.on('activate', show);
  app.on('window-all-closed', () => {
    if (tray === undefined) quit();
  });
  openAgain(wasOpenedAtLogin(process.argv));
  changed();
  // A practice API that cannot start is told of where it is asked for.
  void practice.resume().catch(() => undefined);
}
