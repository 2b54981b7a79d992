/** The smaller parts by which the desktop meets its system. */
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MenuItemConstructorOptions, Rectangle } from 'electron';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { places, type UpdateState } from '../../core/contract/host.ts';
import { type CrashActions, watchPage } from '../../electron/main/crash.ts';
import { dialogHandlers } from '../../electron/main/dialogs.ts';
import { opensAtLogin, setOpenAtLogin, wasOpenedAtLogin } from '../../electron/main/login.ts';
import { menuTemplate } from '../../electron/main/menu.ts';
import { messageOf, notify } from '../../electron/main/notifications.ts';
import { openPreferences } from '../../electron/main/preferences.ts';
import { createIconProgress, fractionOf } from '../../electron/main/progress.ts';
import { statusLine, trayTemplate } from '../../electron/main/tray.ts';
import { createUpdates, type Updater } from '../../electron/main/updates.ts';
import { MINIMUM, placeWindow } from '../../electron/main/window-state.ts';
import { BrowserWindow, fake } from './fake-electron.ts';

vi.mock('electron', () => import('./fake-electron.ts'));

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-system-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('where the window opens', () => {
  const screenOf = (x: number, y: number, width = 1366, height = 728): Rectangle => ({ x, y, width, height });

  test('on the first screen, in its middle, at the first start', () => {
    expect(placeWindow(null, [screenOf(0, 0, 1920, 1040)])).toEqual({
      x: 320,
      y: 120,
      width: 1280,
      height: 800,
      maximized: false,
    });
  });

  test('where it was left', () => {
    const kept = { x: 1400, y: 40, width: 900, height: 600, maximized: true };
    expect(placeWindow(kept, [screenOf(0, 0), screenOf(1366, 0)])).toEqual(kept);
  });

  test('on a screen that is there, when the one it was on is gone', () => {
    const kept = { x: 3000, y: -900, width: 900, height: 600, maximized: false };
    expect(placeWindow(kept, [screenOf(0, 0)])).toMatchObject({ x: 466, y: 0, width: 900, height: 600 });
  });

  test('wholly on some screen, whatever was kept', () => {
    const number = fc.integer({ min: -10_000, max: 10_000 });
    const size = fc.integer({ min: 1, max: 10_000 });
    const rectangle = fc.record({ x: number, y: number, width: size, height: size });
    const areas = fc.array(
      fc.record({
        x: number,
        y: number,
        width: fc.integer({ min: 320, max: 4000 }),
        height: fc.integer({ min: 240, max: 3000 }),
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(rectangle, areas, (kept, screens) => {
        const { x, y, width, height } = placeWindow({ ...kept, maximized: false }, screens);
        const isOn = (area: Rectangle): boolean =>
          x >= area.x && y >= area.y && x + width <= area.x + area.width && y + height <= area.y + area.height;
        const on = screens.filter(isOn);
        expect(on.length).toBeGreaterThan(0);
        expect(on.some((area) => width >= Math.min(MINIMUM.width, area.width))).toBe(true);
      }),
    );
  });
});

describe('preferences', () => {
  test('are kept; a damaged file or value is as none', () => {
    const folder = newFolder();
    const first = openPreferences(path.join(folder, 'new'));
    expect(first.get()).toEqual({ window: null, theme: 'system', notifications: true });
    first.set({ theme: 'dark', notifications: false });
    expect(openPreferences(path.join(folder, 'new')).get()).toEqual({
      window: null,
      theme: 'dark',
      notifications: false,
    });
    for (const text of ['', '[', 'null', '7', '{"theme":"purple","window":{"x":"a"},"notifications":3}']) {
      writeFileSync(path.join(folder, 'preferences.json'), text);
      expect(openPreferences(folder).get()).toEqual({ window: null, theme: 'system', notifications: true });
    }
  });

  test('a folder that cannot be written to is no error', () => {
    const file = path.join(newFolder(), 'file');
    writeFileSync(file, '');
    const preferences = openPreferences(path.join(file, 'below'));
    preferences.set({ theme: 'light' });
    expect(preferences.get().theme).toBe('light');
  });
});

describe('notifications', () => {
  const account = {
    read: 9,
    created: 1,
    updated: 2,
    deleted: 3,
    unchanged: 0,
    rejected: 1,
    held: 1,
    failed: 1,
    skipped: 0,
  };
  const clean = { ...account, rejected: 0, held: 0, failed: 0 };
  const idle = { ...clean, created: 0, updated: 0, deleted: 0 };

  test('say how many, and bring to where it is looked at', () => {
    expect(messageOf({ state: 'done', account })).toEqual({
      title: 'A batch has ended and needs you',
      body: '6 records sent, 3 records were not.',
      place: 'problems',
    });
    expect(messageOf({ state: 'done', account: { ...clean, updated: 0, deleted: 0 } })?.body).toBe('1 record sent.');
    expect(messageOf({ state: 'stopped', account: clean })?.body).toBe(
      '6 records sent. The next one goes on from there.',
    );
    expect(messageOf({ state: 'waiting', account: idle })?.place).toBe('batches');
    expect(messageOf({ state: 'failed' })?.place).toBe('batches');
    expect(messageOf({ state: 'done', account: { ...clean, updated: 1234 } })?.body).toBe('1,238 records sent.');
  });

  test('say nothing where nothing was sent or to be done', () => {
    expect(messageOf({ state: 'done', account: idle })).toBeUndefined();
    expect(messageOf({ state: 'planned', account })).toBeUndefined();
  });

  test('hold no value of the batch, whatever is in it', () => {
    // The event with a name in each place that can hold one.
    const named = 'SENTINEL';
    for (const state of ['done', 'stopped', 'waiting', 'failed'] as const) {
      const event = { type: 'batch', what: 'ended', by: 'schedule', connection: named, state, account, value: named };
      const message = messageOf(event);
      expect(message).toBeDefined();
      expect(JSON.stringify(message)).not.toContain(named);
    }
  });

  test('a click goes there', () => {
    const went: string[] = [];
    notify({ title: 'A batch has ended', body: '1 record sent.', place: 'overview' }, (place) => void went.push(place));
    const shown = fake.notifications.at(-1);
    expect(shown).toMatchObject({ title: 'A batch has ended', body: '1 record sent.' });
    shown?.click();
    expect(went).toEqual(['overview']);
  });
});

test('progress on the icon is a part of the whole, or moves while the whole is not known', () => {
  const window = new BrowserWindow({});
  const icon = createIconProgress(() => window as never);
  const progress = { type: 'progress', phase: 'sending', perSecond: 1, connections: 1 } as const;
  icon.show({ ...progress, done: 5, total: 20 });
  expect(window.progress).toBe(0.25);
  icon.show({ ...progress, done: 5 });
  expect(window.progress).toBeGreaterThan(1);
  icon.clear();
  expect(window.progress).toBeLessThan(0);
  expect(fractionOf({ done: 30, total: 20 })).toBe(1);
});

describe('menus', () => {
  const went: string[] = [];
  const actions = {
    go: (place: string) => void went.push(place),
    saveLog: () => void went.push('log'),
    checkForUpdates: () => void went.push('updates'),
    openLink: (address: string) => void went.push(address),
    quit: () => void went.push('quit'),
  };
  const all = (items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
    items.flatMap((item) => [item, ...all((item.submenu as MenuItemConstructorOptions[] | undefined) ?? [])]);

  test.each(['win32', 'darwin', 'linux'] as const)(
    'on %s lead to every place and end the program, no shortcut twice',
    (platform) => {
      went.length = 0;
      const items = all(menuTemplate(platform, actions));
      for (const item of items) (item.click as (() => void) | undefined)?.();
      for (const wanted of [...places, 'log', 'updates', 'quit']) expect(went).toContain(wanted);
      const shortcuts = new Map<string, string>();
      for (const { accelerator, label } of items) {
        if (accelerator === undefined) continue;
        const before = shortcuts.get(String(accelerator));
        // The same place may be in two menus.
        if (before !== undefined) expect(label?.replace('…', '')).toBe(before);
        shortcuts.set(String(accelerator), label?.replace('…', '') ?? '');
      }
      // Nothing for developers.
      expect(items.map(({ role }) => role)).not.toContain('toggleDevTools');
      expect(items.map(({ role }) => role)).not.toContain('reload');
    },
  );

  test('the tray says how things stand, and sends, pauses or stops', () => {
    const state = { isSending: false, isPaused: false, isOnline: true, isEngineUp: true };
    expect(statusLine(state)).toBe('Nothing is being sent');
    expect(statusLine({ ...state, isSending: true })).toBe('Sending…');
    expect(statusLine({ ...state, isSending: true, isPaused: true })).toBe('Paused');
    expect(statusLine({ ...state, isSending: true, isOnline: false })).toBe('Waiting for the network…');
    expect(statusLine({ ...state, isOnline: false })).toBe('No network');
    expect(statusLine({ ...state, isEngineUp: false })).toBe('Starting the engine…');
    const done: string[] = [];
    const tray = {
      open: () => void done.push('open'),
      send: () => void done.push('send'),
      pause: () => void done.push('pause'),
      resume: () => void done.push('resume'),
      stop: () => void done.push('stop'),
      quit: () => void done.push('quit'),
    };
    for (const now of [state, { ...state, isSending: true }, { ...state, isSending: true, isPaused: true }]) {
      for (const { click } of trayTemplate(now, tray)) (click as (() => void) | undefined)?.();
    }
    expect(done).toEqual(['open', 'send', 'quit', 'open', 'pause', 'stop', 'quit', 'open', 'resume', 'stop', 'quit']);
  });
});

describe('starting at login', () => {
  test('is set where the system can, and not spoken of where it cannot', () => {
    for (const platform of ['win32', 'darwin'] as const) {
      setOpenAtLogin(true, platform);
      expect(opensAtLogin(platform)).toBe(true);
      setOpenAtLogin(false, platform);
      expect(opensAtLogin(platform)).toBe(false);
    }
    setOpenAtLogin(true, 'linux');
    expect(opensAtLogin('linux')).toBeNull();
    expect(fake.loginItem.openAtLogin).toBe(false);
  });

  test('shows no window', () => {
    expect(wasOpenedAtLogin(['rollbook', '--hidden'], 'win32')).toBe(true);
    expect(wasOpenedAtLogin(['rollbook'], 'win32')).toBe(false);
    fake.loginItem.wasOpenedAtLogin = true;
    expect(wasOpenedAtLogin(['rollbook'], 'darwin')).toBe(true);
    fake.loginItem.wasOpenedAtLogin = false;
  });
});

describe('files', () => {
  const handlers = dialogHandlers(() => undefined);

  test('are written and read where the steward says', async () => {
    const file = path.join(newFolder(), 'connection.json');
    fake.saveAnswers.push(file);
    expect(await handlers['files.saveText']({ purpose: 'connection', suggestedName: 'c.json', text: '{}' })).toEqual({
      path: file,
    });
    expect(readFileSync(file, 'utf8')).toBe('{}');
    fake.openAnswers.push([file]);
    expect(await handlers['files.openText']({ purpose: 'connection' })).toEqual({
      name: 'connection.json',
      text: '{}',
    });
  });

  test('a dialog that was left gives nothing', async () => {
    expect(await handlers['dialogs.chooseFile']({ purpose: 'source-zip' })).toEqual({ path: null });
    expect(await handlers['dialogs.saveFile']({ purpose: 'support', suggestedName: 'log.zip' })).toEqual({
      path: null,
    });
    expect(await handlers['files.openText']({ purpose: 'mapping' })).toBeNull();
    expect(await handlers['files.saveText']({ purpose: 'fix-list', suggestedName: 'f.csv', text: '' })).toEqual({
      path: null,
    });
  });

  test('what cannot be read or written is told in a sentence without its path', async () => {
    const folder = newFolder();
    const large = path.join(folder, 'large.json');
    writeFileSync(large, Buffer.alloc(5 * 1024 * 1024));
    for (const file of [large, path.join(folder, 'SENTINEL.json')]) {
      fake.openAnswers.push([file]);
      const failure = await handlers['files.openText']({ purpose: 'mapping' }).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code: 'usage' });
      expect((failure as Error).message).not.toContain('SENTINEL');
    }
    fake.saveAnswers.push(path.join(folder, 'no/such/folder.json'));
    await expect(
      handlers['files.saveText']({ purpose: 'connection', suggestedName: 'c.json', text: '' }),
    ).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a page that fails', () => {
  const done: string[] = [];
  const actions: CrashActions = {
    reload: () => void done.push('reload'),
    saveLog: async () => void done.push('log'),
    relaunch: () => void done.push('relaunch'),
    quit: () => void done.push('quit'),
  };
  let window: BrowserWindow;
  beforeEach(() => {
    done.length = 0;
    fake.boxes.length = 0;
    window = new BrowserWindow({});
    watchPage(window as never, actions);
  });

  test('is asked about once: the log can be saved, and then it is started again', async () => {
    fake.boxAnswers.push(1, 0);
    window.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    window.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    await expect.poll(() => done.length).toBe(2);
    expect(done).toEqual(['log', 'reload']);
    expect(fake.boxes[0]?.buttons).toEqual(['Restart the window', 'Save log for support…', 'Quit Rollbook']);
    expect(fake.boxes).toHaveLength(2);
  });

  test('that hangs may be waited for', async () => {
    window.emit('unresponsive');
    await expect.poll(() => fake.boxes.length).toBe(1);
    expect(fake.boxes[0]?.buttons).toEqual(['Restart the window', 'Save log for support…', 'Wait']);
    expect(done).toEqual([]);
  });

  test('that does not load is spoken of, unless another load took its place', async () => {
    window.webContents.emit('did-fail-load', {}, -3, '', 'app://rollbook/', true);
    window.webContents.emit('did-fail-load', {}, -6, '', 'app://rollbook/x.js', false);
    expect(fake.boxes).toEqual([]);
    fake.boxAnswers.push(0);
    window.webContents.emit('did-fail-load', {}, -6, '', 'app://rollbook/', true);
    await expect.poll(() => done.length).toBe(1);
    expect(done).toEqual(['reload']);
  });

  test('that ended as it should is not spoken of', () => {
    window.webContents.emit('render-process-gone', {}, { reason: 'clean-exit', exitCode: 0 });
    expect(fake.boxes).toEqual([]);
  });
});

describe('updates', () => {
  class FakeUpdater extends EventEmitter {
    autoDownload = false;
    autoInstallOnAppQuit = true;
    allowDowngrade = true;
    allowPrerelease = true;
    disableWebInstaller = false;
    logger: unknown = console;
    checks = 0;
    installs = 0;
    async checkForUpdates(): Promise<void> {
      this.checks += 1;
      this.emit('checking-for-update');
    }
    quitAndInstall(): void {
      this.installs += 1;
    }
  }
  let updater: FakeUpdater;
  let isBusy: boolean;
  let states: UpdateState[];
  const prepared = vi.fn(async () => undefined);
  const create = (): ReturnType<typeof createUpdates> => {
    const updates = createUpdates({
      updater: updater as Updater,
      isBusy: () => isBusy,
      onState: (state) => void states.push(state),
      prepare: prepared,
      now: () => 7,
    });
    onTestFinished(() => updates.close());
    return updates;
  };
  beforeEach(() => {
    updater = new FakeUpdater();
    isBusy = false;
    states = [];
    prepared.mockClear();
  });

  test('a build without a feed has none', async () => {
    const updates = createUpdates({
      updater: undefined,
      isBusy: () => false,
      onState: () => undefined,
      prepare: prepared,
    });
    expect(await updates.check()).toEqual({ state: 'unavailable' });
    await expect(updates.install()).rejects.toMatchObject({ code: 'usage' });
    updates.close();
  });

  test('neither older versions nor tests nor foreign installers are taken', () => {
    create();
    expect(updater).toMatchObject({
      autoDownload: true,
      autoInstallOnAppQuit: false,
      allowDowngrade: false,
      allowPrerelease: false,
      disableWebInstaller: true,
      logger: null,
    });
  });

  test('are looked for, fetched, and installed when everything is closed', async () => {
    const updates = create();
    await updates.check();
    updater.emit('update-available', { version: '1.2.3' });
    updater.emit('download-progress', { percent: 40 });
    await updates.check();
    expect(updater.checks).toBe(1);
    updater.emit('update-downloaded', { version: '1.2.3' });
    expect(states).toEqual([
      { state: 'checking' },
      { state: 'downloading', version: '1.2.3', percent: 0 },
      { state: 'downloading', version: '1.2.3', percent: 40 },
      { state: 'ready', version: '1.2.3' },
    ]);
    await updates.install();
    expect(prepared).toHaveBeenCalledOnce();
    expect(updater.installs).toBe(1);
  });

  test('never in the middle of a batch, nor when leaving cuts one short', async () => {
    const updates = create();
    updater.emit('update-downloaded', { version: '1.2.3' });
    isBusy = true;
    await expect(updates.install()).rejects.toThrow('A batch is running.');
    expect(updater.installs).toBe(0);
    updates.leaving(true);
    expect(updater.autoInstallOnAppQuit).toBe(false);
    updates.leaving(false);
    expect(updater.autoInstallOnAppQuit).toBe(true);
  });

  test("what goes wrong is told without the feed's words", () => {
    const updates = create();
    updater.emit('error', new Error('SENTINEL'));
    expect(updates.state()).toMatchObject({ state: 'failed', checkedAt: 7 });
    expect(JSON.stringify(updates.state())).not.toContain('SENTINEL');
    updater.emit('update-not-available');
    expect(updates.state()).toEqual({ state: 'idle', checkedAt: 7 });
  });
});
