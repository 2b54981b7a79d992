/** The menus of each system, and their shortcuts. */
import { Menu, type MenuItemConstructorOptions } from 'electron';
import { type Place, places } from '../../core/contract/host.ts';

export interface MenuActions {
  go(place: Place): void;
  saveLog(): void;
  checkForUpdates(): void;
  openLink(address: string): void;
  quit(): void;
}

export const placeNames: Readonly<Record<Place, string>> = {
  overview: 'Overview',
  connections: 'Connections',
  sources: 'Sources',
  descriptors: 'Descriptors',
  batches: 'Batches',
  problems: 'Problems',
  find: 'Find a record',
  support: 'Support',
  settings: 'Settings',
};

/** Shortcuts beside the numbers, where systems have a usual one. */
const usual: Partial<Record<Place, string>> = { find: 'CommandOrControl+F', settings: 'CommandOrControl+,' };

/** @returns the menu bar for a system; roles bring their own words and shortcuts */
export function menuTemplate(platform: NodeJS.Platform, actions: MenuActions): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin';
  const to = (place: Place, accelerator: string | undefined): MenuItemConstructorOptions => ({
    label: placeNames[place],
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => actions.go(place),
  });
  const settings: MenuItemConstructorOptions = { ...to('settings', usual.settings), label: 'Settings…' };
  const updates: MenuItemConstructorOptions = { label: 'Look for updates…', click: () => actions.checkForUpdates() };
  const quit: MenuItemConstructorOptions = {
    label: isMac ? 'Quit Rollbook' : 'Exit',
    ...(platform === 'win32' ? {} : { accelerator: 'CommandOrControl+Q' }),
    click: () => actions.quit(),
  };
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const file: MenuItemConstructorOptions[] = [
    { label: 'Send now…', accelerator: 'CommandOrControl+Shift+S', click: () => actions.go('batches') },
    to('find', usual.find),
    line,
    ...(isMac ? [{ role: 'close' } as const] : [settings, line, quit]),
  ];
  const view: MenuItemConstructorOptions[] = [
    ...places.map((place, index) => to(place, usual[place] ?? `CommandOrControl+${index + 1}`)),
    line,
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    line,
    { role: 'togglefullscreen' },
  ];
  const help: MenuItemConstructorOptions[] = [
    { label: 'Ed-Fi documentation', click: () => actions.openLink('https://docs.ed-fi.org/') },
    line,
    { label: 'Save log for support…', click: () => actions.saveLog() },
    ...(isMac ? [] : [line, updates, { role: 'about' } as const]),
  ];
  const own: MenuItemConstructorOptions = {
    label: 'Rollbook',
    submenu: [
      { role: 'about' },
      updates,
      line,
      settings,
      line,
      { role: 'services' },
      line,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      line,
      quit,
    ],
  };
  return [
    ...(isMac ? [own] : []),
    { label: isMac ? 'File' : '&File', submenu: file },
    { role: 'editMenu' },
    { label: isMac ? 'View' : '&View', submenu: view },
    ...(isMac ? [{ role: 'windowMenu' } as const] : []),
    { role: 'help', submenu: help },
  ];
}

export function setMenu(actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, actions)));
}
