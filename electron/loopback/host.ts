/** The commands that the loopback host answers itself. What needs a dialog is answered in the page. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  type EngineState,
  externalLink,
  type HostHandlers,
  type HostState,
  type Theme,
} from '../../core/contract/host.ts';
import { Failure } from '../../core/errors/failure.ts';
import { readLicenses } from '../licenses.ts';
import { openInBrowser, reveal } from './system.ts';

/** Of the sources that are being run; what npm installed has its terms in its own folders. */
const LICENSE = path.resolve(import.meta.dirname, '../../LICENSE');

export interface LoopbackHostInput {
  readonly version: string;
  readonly dataFolder: string;
  readonly engine: () => EngineState;
  readonly isOnline: () => boolean;
  readonly quit: () => void;
  readonly emit: (event: { readonly type: 'host-state'; readonly state: HostState }) => void;
}

/** What the page does by itself in a browser. */
type InPage =
  | 'dialogs.chooseFolder'
  | 'dialogs.chooseFile'
  | 'dialogs.saveFile'
  | 'files.openText'
  | 'files.saveText'
  | `practice.${string}`;
export type LoopbackHandlers = Omit<HostHandlers, InPage>;

const platformName = (): HostState['platform'] => {
  switch (process.platform) {
    case 'win32':
      return 'windows';
    case 'darwin':
      return 'macos';
    default:
      return 'linux';
  }
};

const onlyOnTheDesktop = async (): Promise<never> => {
  throw new Failure('usage', 'A browser cannot do this: it is there in the desktop application.');
};

export function createLoopbackHost(input: LoopbackHostInput): LoopbackHandlers {
  let theme: Theme = 'system';
  const state = (): HostState => ({
    host: 'loopback',
    version: input.version,
    platform: platformName(),
    theme,
    online: input.isOnline(),
    engine: input.engine(),
    update: { state: 'unavailable' },
    dataFolder: input.dataFolder,
    openAtLogin: null,
    notifications: null,
  });
  return {
    'host.state': async () => state(),
    'host.setTheme': async ({ theme: chosen }) => {
      theme = chosen;
      input.emit({ type: 'host-state', state: state() });
      return state();
    },
    'host.setOpenAtLogin': onlyOnTheDesktop,
    'host.setNotifications': onlyOnTheDesktop,
    'host.licenses': () => readLicenses([LICENSE]),
    'host.quit': async () => {
      // The answer goes out first.
      setTimeout(input.quit, 100);
      return {};
    },
    'window.show': async () => ({}),
    'files.reveal': async ({ path: file }) => {
      if (!path.isAbsolute(file) || !existsSync(file)) throw new Failure('usage', 'The file is not there any more.');
      if (!(await reveal(file))) throw new Failure('usage', 'This system has no file manager that can show the file.');
      return {};
    },
    'links.open': async ({ url }) => {
      const address = externalLink(url);
      if (address === undefined) throw new Failure('usage', 'Rollbook opens no such address.');
      if (!(await openInBrowser(address.href))) throw new Failure('usage', 'No browser could be opened.');
      return {};
    },
    'updates.check': async () => ({ state: 'unavailable' }),
    'updates.install': onlyOnTheDesktop,
  };
}
