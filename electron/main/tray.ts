/** The icon that stays while the window is closed. */
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from 'electron';

export interface TrayState {
  readonly isSending: boolean;
  readonly isPaused: boolean;
  readonly isOnline: boolean;
  readonly isEngineUp: boolean;
}

export interface TrayActions {
  open(): void;
  /** Sends every connection that has an export. */
  send(): void;
  pause(): void;
  resume(): void;
  stop(): void;
  quit(): void;
}

/** @returns one short line on how things stand; no counts, no names */
export function statusLine({ isSending, isPaused, isOnline, isEngineUp }: TrayState): string {
  if (!isEngineUp) return 'Starting the engine…';
  if (isSending && !isOnline) return 'Waiting for the network…';
  if (isSending) return isPaused ? 'Paused' : 'Sending…';
  return isOnline ? 'Nothing is being sent' : 'No network';
}

export function trayTemplate(state: TrayState, actions: TrayActions): MenuItemConstructorOptions[] {
  const sending: MenuItemConstructorOptions[] = [
    state.isPaused
      ? { label: 'Go on sending', click: () => actions.resume() }
      : { label: 'Pause sending', click: () => actions.pause() },
    { label: 'Stop the batch', click: () => actions.stop() },
  ];
  return [
    { label: statusLine(state), enabled: false },
    { type: 'separator' },
    { label: 'Open Rollbook', click: () => actions.open() },
    ...(state.isSending ? sending : [{ label: 'Send now', enabled: state.isEngineUp, click: () => actions.send() }]),
    { type: 'separator' },
    { label: 'Quit Rollbook', click: () => actions.quit() },
  ];
}

export interface TrayIcon {
  update(state: TrayState): void;
  close(): void;
}

/**
 * @param icon path of its picture
 * @returns the tray's icon; undefined on desktops that have no tray
 */
export function createTray(icon: string, actions: TrayActions): TrayIcon | undefined {
  let tray: Tray;
  try {
    const image = nativeImage.createFromPath(icon);
    if (process.platform === 'darwin') image.setTemplateImage(true);
    tray = new Tray(image);
  } catch {
    return undefined;
  }
  tray.on('click', () => actions.open());
  let last = '';
  return {
    update(state) {
      const text = statusLine(state);
      if (text === last) return;
      last = text;
      tray.setToolTip(`Rollbook: ${text}`);
      tray.setContextMenu(Menu.buildFromTemplate(trayTemplate(state, actions)));
    },
    close: () => tray.destroy(),
  };
}
