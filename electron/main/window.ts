/** The one window: a page in a sandbox that can go nowhere. */
import { app, BrowserWindow, type Session, screen, type WebContents, type WebPreferences } from 'electron';
import { isOwnPage, ORIGIN } from '../channels.ts';
import type { Preferences, WindowState } from './preferences.ts';
import { MINIMUM, placeWindow } from './window-state.ts';

/** @param preload the bundled preload's path */
export const webPreferences = (preload: string): WebPreferences => ({
  preload,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
  devTools: !app.isPackaged,
  spellcheck: false,
});

/** Denies every permission there is and will be: the screens need none. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, decide) => decide(null));
  session.on('will-download', (event) => event.preventDefault());
}

/** For all contents that are ever made: no way to another page, no other window, no webview. */
export function confine(contents: WebContents): void {
  const stay = (event: { preventDefault(): void; readonly url: string }): void => {
    if (!isOwnPage(event.url)) event.preventDefault();
  };
  contents.on('will-navigate', stay);
  contents.on('will-frame-navigate', stay);
  contents.on('will-redirect', stay);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

export interface WindowOptions {
  readonly preload: string;
  readonly preferences: Preferences;
  readonly icon: string | undefined;
  /** Started by the system at login: only the tray shows. */
  readonly hidden: boolean;
  /** Whether closing hides the window and the tray goes on. */
  readonly staysInTray: () => boolean;
}

const WRITE_AFTER = 400;

/** Opens the window on our own page, where it was left. */
export function openWindow({ preload, preferences, icon, hidden, staysInTray }: WindowOptions): BrowserWindow {
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  const place = placeWindow(
    preferences.get().window,
    [primary, ...others].map(({ workArea }) => workArea),
  );
  const { maximized, ...bounds } = place;
  const window = new BrowserWindow({
    ...bounds,
    minWidth: Math.min(MINIMUM.width, bounds.width),
    minHeight: Math.min(MINIMUM.height, bounds.height),
    show: false,
    title: 'Rollbook',
    autoHideMenuBar: false,
    ...(icon === undefined ? {} : { icon }),
    webPreferences: webPreferences(preload),
  });
  window.once('ready-to-show', () => {
    if (!hidden) showWindow(window, maximized);
  });

  let timer: ReturnType<typeof setTimeout> | undefined;
  const keep = (): void => {
    clearTimeout(timer);
    if (window.isDestroyed()) return;
    preferences.set({ window: stateOf(window) });
  };
  const keepSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(keep, WRITE_AFTER);
  };
  window.on('resize', keepSoon);
  window.on('move', keepSoon);
  window.on('close', (event) => {
    keep();
    if (!staysInTray()) return;
    event.preventDefault();
    window.hide();
  });
  window.on('closed', () => clearTimeout(timer));
  // That it did not load is an event too.
  window.loadURL(`${ORIGIN}/`).catch(() => undefined);
  return window;
}

/** Brings the window before the steward's eyes, from wherever it is. */
export function showWindow(window: BrowserWindow, maximized: boolean): void {
  if (window.isMinimized()) window.restore();
  if (maximized && !window.isVisible()) window.maximize();
  window.show();
  window.focus();
}

function stateOf(window: BrowserWindow): WindowState {
  const { x, y, width, height } = window.getNormalBounds();
  return { x, y, width, height, maximized: window.isMaximized() };
}
