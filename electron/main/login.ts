/** Starting with the system, without a window: only the tray shows. */
import { app } from 'electron';

const HIDDEN = '--hidden';

/** @returns whether Rollbook starts at login; null where the system gives no way to say so (Linux) */
export function opensAtLogin(platform: NodeJS.Platform = process.platform): boolean | null {
  if (platform === 'linux') return null;
  return app.getLoginItemSettings(platform === 'win32' ? { args: [HIDDEN] } : {}).openAtLogin;
}

export function setOpenAtLogin(on: boolean, platform: NodeJS.Platform = process.platform): void {
  if (platform === 'linux') return;
  app.setLoginItemSettings(platform === 'win32' ? { openAtLogin: on, args: [HIDDEN] } : { openAtLogin: on });
}

/** @returns whether it was the system that started Rollbook */
export function wasOpenedAtLogin(argv: readonly string[], platform: NodeJS.Platform = process.platform): boolean {
  if (argv.includes(HIDDEN)) return true;
  return platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin;
}
