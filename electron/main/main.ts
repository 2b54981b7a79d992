/** Where Electron begins. */
import { existsSync } from 'node:fs';
import { app, dialog } from 'electron';
import { startDesktop } from './app.ts';
import { paths } from './paths.ts';
import type { Updater } from './updates.ts';

/** electron-updater reads the feed's address from the file that the build wrote. */
async function loadUpdater(): Promise<Updater | undefined> {
  if (!app.isPackaged || !existsSync(paths.updateFeed(process.resourcesPath))) return undefined;
  const { default: updater } = await import('electron-updater');
  return updater.autoUpdater;
}

// Not awaited: Electron is ready only after this module has been.
startDesktop({
  preload: paths.preload,
  renderer: paths.renderer,
  icon: paths.icon,
  trayIcon: paths.trayIcon,
  loadUpdater,
}).catch(() => {
  dialog.showErrorBox(
    'Rollbook cannot start',
    'Its data folder cannot be used, or the installation is damaged. Check that the disk has room, and install Rollbook again.',
  );
  app.exit(1);
});
