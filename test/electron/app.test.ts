/** The whole desktop but for Electron itself: real engine, real ledger, real practice API, the page's own bridge. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Answer, AnyEvent, Bridge } from '../../core/contract/bridge.ts';
import type { HostState } from '../../core/contract/host.ts';
import { commands } from '../../core/contract/schemas.ts';
import { channelOf } from '../../electron/channels.ts';
import { startDesktop } from '../../electron/main/app.ts';
import { app, fake, session } from './fake-electron.ts';

vi.mock('electron', () => import('./fake-electron.ts'));

const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-desktop-'));
const options = {
  preload: '/preload.cjs',
  renderer: folder,
  icon: '/icon.png',
  trayIcon: '/tray.png',
  loadUpdater: async () => undefined,
};
let bridge: Bridge;
const events: AnyEvent[] = [];

beforeAll(() => {
  vi.stubEnv('ROLLBOOK_DATA', path.join(folder, 'data'));
  vi.stubEnv('ROLLBOOK_KEYCHAIN', 'off');
  vi.stubEnv('ROLLBOOK_SECRET', 'SENTINEL');
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function ok<T>(answer: Promise<Answer<T>>): Promise<T> {
  const given = await answer;
  if ('error' in given) throw new Error(`${given.error.code}: ${given.error.sentence}`);
  return given.ok;
}

test('a second instance opens nothing, and ends', async () => {
  fake.hasLock = false;
  await startDesktop(options);
  expect(fake.quits).toBe(1);
  expect(fake.calls).toEqual(['setPath userData', 'lock']);
  expect(fake.windows).toEqual([]);
  expect(fake.handlers.size).toBe(0);
  expect(existsSync(path.join(folder, 'data', 'ledger.db'))).toBe(false);
});

test('the first has the lock before anything is opened, and the sandbox and the scheme before Electron is ready', async () => {
  fake.hasLock = true;
  fake.calls.length = 0;
  await startDesktop(options);
  expect(fake.calls).toEqual([
    'setPath userData',
    'lock',
    'enableSandbox',
    'registerScheme',
    'whenReady',
    'handle app',
  ]);
  expect(fake.paths.get('userData')).toBe(path.join(folder, 'data', 'desktop'));
  const [window] = fake.windows;
  expect(window?.webContents.url).toBe('app://rollbook/');
  expect(window?.options.webPreferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
  });
  expect(session.defaultSession.check?.()).toBe(false);
  expect(window?.webContents.openHandler?.({ url: 'app://rollbook/' })).toEqual({ action: 'deny' });
  expect(process.env.ROLLBOOK_SECRET).toBeUndefined();
  for (const name of Object.keys(commands)) expect(fake.handlers.has(channelOf(name))).toBe(true);
});

test('the page reaches the engine by its bridge', async () => {
  await import('../../electron/preload.ts');
  bridge = fake.exposed.get('rollbook') as Bridge;
  for (const listen of Object.values(bridge.on))
    (listen as (to: (event: AnyEvent) => void) => void)((event) => void events.push(event));
  expect(await ok(bridge.commands['connections.list']({}))).toEqual([]);
  expect(await ok(bridge.commands['host.state']({}))).toMatchObject({
    host: 'electron',
    engine: { state: 'running' },
    online: true,
    update: { state: 'unavailable' },
    dataFolder: path.join(folder, 'data'),
  });
});

test('the engine knows that it is the desktop’s: only where a person has a window do batches and copies begin by themselves', () => {
  const logs = path.join(folder, 'data', 'logs');
  const log = readdirSync(logs).map((name) => readFileSync(path.join(logs, name), 'utf8'));
  expect(log.join('')).toMatch(/"type":"app\.started".*"host":"desktop"/);
});

test('the practice district is started, sent, and told of when nobody looks', { timeout: 180_000 }, async () => {
  const window = fake.windows[0];
  if (window === undefined) throw new Error('There is no window.');
  const practice = await ok(bridge.commands['practice.start']({}));
  const [day1 = ''] = practice.exports;
  window.focused = false;
  const run = bridge.commands['sync.run']({ connection: practice.connection ?? '', source: day1, approve: true });
  await vi.waitUntil(() => fake.blockers.size === 1, { timeout: 30_000, interval: 5 });
  const result = await ok(run);
  expect(result.state).toBe('done');
  expect(result.account.created).toBeGreaterThan(6000);
  expect(fake.blockers.size).toBe(0);
  expect(window.progress).toBe(-1);
  expect(fake.notifications).toHaveLength(1);
  expect(fake.notifications[0]?.title).toBe('A batch has ended and needs you');
  await expect.poll(() => events.some((event) => event.type === 'progress' && event.phase === 'sending')).toBe(true);
  expect(events.some((event) => event.type === 'plan')).toBe(true);
  window.visible = false;
  fake.notifications[0]?.click();
  expect(window.visible).toBe(true);
  await expect.poll(() => events.some((event) => event.type === 'go')).toBe(true);
  expect(events.findLast((event) => event.type === 'go')).toEqual({ type: 'go', place: 'problems' });
});

test('the steward sets the theme and notifications; every screen hears of it', async () => {
  const state: HostState = await ok(bridge.commands['host.setTheme']({ theme: 'dark' }));
  expect(state.theme).toBe('dark');
  expect((await ok(bridge.commands['host.setNotifications']({ on: false }))).notifications).toBe(false);
  await expect
    .poll(() =>
      events.some(
        (event) => event.type === 'host-state' && event.state.theme === 'dark' && event.state.notifications === false,
      ),
    )
    .toBe(true);
});

test('closing the window leaves the tray, another start brings the window back', () => {
  const window = fake.windows[0];
  if (window === undefined) throw new Error('There is no window.');
  window.visible = true;
  const preventDefault = vi.fn();
  window.emit('close', { preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
  expect(window.visible).toBe(false);
  expect(fake.trays[0]?.tip).toBe('Rollbook: Nothing is being sent');
  app.emit('second-instance');
  expect(window.visible).toBe(true);
  expect(fake.windows).toHaveLength(1);
});

test('leaving closes the engine first, and then ends', async () => {
  const before = fake.quits;
  const preventDefault = vi.fn();
  app.emit('before-quit', { preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
  expect(fake.quits).toBe(before);
  await expect.poll(() => fake.quits).toBeGreaterThan(before);
  expect(await bridge.commands['connections.list']({})).toMatchObject({ error: { code: 'cancelled' } });
  // The ledger is free for the next: it could not be deleted on Windows otherwise.
  expect(existsSync(path.join(folder, 'data', 'ledger.db-wal'))).toBe(false);
});
