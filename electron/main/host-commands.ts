/** The host's own commands on the desktop. */
import type { BrowserWindow } from 'electron';
import type { HostHandlers, HostState, Theme } from '../../core/contract/host.ts';
import { Failure } from '../../core/errors/failure.ts';
import { readLicenses } from '../licenses.ts';
import type { Practice } from '../practice.ts';
import { dialogHandlers } from './dialogs.ts';
import { setOpenAtLogin } from './login.ts';
import { paths } from './paths.ts';
import type { Preferences } from './preferences.ts';
import type { Updates } from './updates.ts';

export interface HostCommandsOptions {
  readonly window: () => BrowserWindow | undefined;
  readonly state: () => HostState;
  /** Tells the screens, and the system's own parts of the interface. */
  readonly changed: () => void;
  readonly preferences: Preferences;
  readonly practice: Practice;
  readonly updates: Updates;
  readonly setTheme: (theme: Theme) => void;
  readonly show: () => void;
  readonly quit: () => void;
}

export function createHostCommands(options: HostCommandsOptions): HostHandlers {
  const { state, changed, preferences, practice, updates } = options;
  const told = (): HostState => {
    changed();
    return state();
  };
  return {
    ...dialogHandlers(options.window),
    'host.state': async () => state(),
    'host.setTheme': async ({ theme }) => {
      preferences.set({ theme });
      options.setTheme(theme);
      return told();
    },
    'host.setOpenAtLogin': async ({ on }) => {
      if (state().openAtLogin === null) {
        throw new Failure(
          'usage',
          'This system gives no way to start Rollbook at login; add it to its autostart by hand.',
        );
      }
      setOpenAtLogin(on);
      return told();
    },
    'host.setNotifications': async ({ on }) => {
      preferences.set({ notifications: on });
      return told();
    },
    'host.licenses': async () => readLicenses(paths.licenses),
    'host.quit': async () => {
      // The answer goes out first.
      setImmediate(options.quit);
      return {};
    },
    'window.show': async () => {
      options.show();
      return {};
    },
    'updates.check': () => updates.check(),
    'updates.install': async () => {
      await updates.install();
      return {};
    },
    'practice.state': async () => practice.state(),
    'practice.start': () => practice.start(),
    'practice.stop': practice.stop,
    'practice.faults': practice.faults,
  };
}
