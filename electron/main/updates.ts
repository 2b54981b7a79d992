/** Updates from the feed that the build names; verified by their signature, and never in the middle of a batch. */
import type { UpdateState } from '../../core/contract/host.ts';
import { Failure } from '../../core/errors/failure.ts';

/** What is used of electron-updater. */
export interface Updater {
  autoDownload: boolean;
  autoInstallOnAppQuit: boolean;
  allowDowngrade: boolean;
  allowPrerelease: boolean;
  disableWebInstaller: boolean;
  logger: unknown;
  checkForUpdates(): Promise<unknown>;
  quitAndInstall(): void;
  on(event: 'checking-for-update' | 'update-not-available' | 'update-cancelled', listener: () => void): unknown;
  on(event: 'update-available' | 'update-downloaded', listener: (info: { readonly version: string }) => void): unknown;
  on(event: 'download-progress', listener: (info: { readonly percent: number }) => void): unknown;
  on(event: 'error', listener: () => void): unknown;
}

export interface Updates {
  state(): UpdateState;
  check(): Promise<UpdateState>;
  /** @throws Failure while a batch runs, or where nothing is ready */
  install(): Promise<void>;
  /** To be told when Rollbook is left: an update that is ready goes in then, unless a batch was cut short by it. */
  leaving(isBusy: boolean): void;
  close(): void;
}

export interface UpdatesOptions {
  /** Undefined for a build without a feed. */
  readonly updater: Updater | undefined;
  readonly isBusy: () => boolean;
  readonly onState: (state: UpdateState) => void;
  /** Closes all that is open: the systems' installers cannot wait for it. */
  readonly prepare: () => Promise<void>;
  readonly now?: () => number;
}

const CHECK_EVERY = 6 * 60 * 60 * 1000;

export function createUpdates({ updater, isBusy, onState, prepare, now = Date.now }: UpdatesOptions): Updates {
  let state: UpdateState = updater === undefined ? { state: 'unavailable' } : { state: 'idle', checkedAt: null };
  let version = '';
  const become = (next: UpdateState): void => {
    state = next;
    onState(next);
  };
  if (updater !== undefined) {
    updater.logger = null;
    updater.autoDownload = true;
    updater.autoInstallOnAppQuit = false;
    updater.allowDowngrade = false;
    updater.allowPrerelease = false;
    updater.disableWebInstaller = true;
    const rest = (): void => become({ state: 'idle', checkedAt: now() });
    updater.on('checking-for-update', () => become({ state: 'checking' }));
    updater.on('update-not-available', rest);
    updater.on('update-cancelled', rest);
    updater.on('update-available', (info) => {
      version = info.version;
      become({ state: 'downloading', version, percent: 0 });
    });
    updater.on('download-progress', ({ percent }) =>
      become({ state: 'downloading', version, percent: Math.max(0, Math.min(100, percent)) }),
    );
    updater.on('update-downloaded', (info) => become({ state: 'ready', version: info.version }));
    updater.on('error', () =>
      become({
        state: 'failed',
        sentence: 'The update could not be fetched or verified. Rollbook goes on as it is, and tries again later.',
        checkedAt: now(),
      }),
    );
  }

  const check = async (): Promise<UpdateState> => {
    const isUnderWay = state.state === 'checking' || state.state === 'downloading' || state.state === 'ready';
    // What went wrong comes as an event too.
    if (updater !== undefined && !isUnderWay) await updater.checkForUpdates().catch(() => undefined);
    return state;
  };
  const timer = setInterval(() => {
    if (!isBusy()) void check();
  }, CHECK_EVERY);
  timer.unref();

  return {
    state: () => state,
    check,
    async install() {
      if (updater === undefined || state.state !== 'ready')
        throw new Failure('usage', 'No update is ready to be installed.');
      if (isBusy()) {
        throw new Failure('usage', 'A batch is running. Install the update when it has ended, or stop it first.');
      }
      await prepare();
      updater.quitAndInstall();
    },
    leaving(wasBusy) {
      if (updater !== undefined) updater.autoInstallOnAppQuit = state.state === 'ready' && !wasBusy;
    },
    close: () => clearInterval(timer),
  };
}
