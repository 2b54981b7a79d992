import { beforeAll, expect, test, vi } from 'vitest';
import type { Bridge } from '../../core/contract/bridge.ts';
import { hostCommands, hostEventSchema } from '../../core/contract/host.ts';
import { commands, eventSchema } from '../../core/contract/schemas.ts';
import { channelOf, EVENTS_CHANNEL } from '../../electron/channels.ts';
import { fake, ipcMain, ipcRenderer } from './fake-electron.ts';

vi.mock('electron', () => import('./fake-electron.ts'));

let bridge: Bridge;
beforeAll(async () => {
  await import('../../electron/preload.ts');
  bridge = fake.exposed.get('rollbook') as Bridge;
});

const types = [...eventSchema.options, ...hostEventSchema.options].map((option) => option.shape.type.value);

test('the page gets one object, of functions alone: one a command, one an event, and the path of what was dropped', () => {
  expect([...fake.exposed.keys()]).toEqual(['rollbook']);
  expect(Object.keys(bridge).sort()).toEqual(['commands', 'getPathForFile', 'on']);
  expect(Object.keys(bridge.commands).sort()).toEqual([...Object.keys(commands), ...Object.keys(hostCommands)].sort());
  expect(Object.keys(bridge.on).sort()).toEqual([...types].sort());
  for (const value of [...Object.values(bridge.commands), ...Object.values(bridge.on), bridge.getPathForFile]) {
    expect(typeof value).toBe('function');
  }
});

test('each function calls its own command, with its input alone', async () => {
  const seen: string[] = [];
  const names = Object.keys(bridge.commands) as (keyof Bridge['commands'])[];
  for (const name of names) {
    ipcMain.handle(channelOf(name), (_event, ...args) => {
      seen.push(name);
      return { ok: args };
    });
  }
  fake.windows.length = 0;
  for (const name of names) {
    const call = bridge.commands[name] as (...args: unknown[]) => Promise<unknown>;
    expect(await call({ a: 1 }, 'more')).toEqual({ ok: [{ a: 1 }] });
  }
  expect(seen).toEqual(names);
});

test('a listener hears the events of its type, without the message they came in, until it is taken away', () => {
  const heard: unknown[] = [];
  const stop = bridge.on.notice((...args) => void heard.push(args));
  const notice = { type: 'notice', code: 'x', sentence: 'A sentence.' };
  ipcRenderer.emit(EVENTS_CHANNEL, { sender: 'secret' }, [notice, { type: 'go', place: 'find' }, { type: 'unknown' }]);
  stop();
  ipcRenderer.emit(EVENTS_CHANNEL, {}, [notice]);
  expect(heard).toEqual([[notice]]);
});

test('one listener twice is two, and each is taken away by itself', () => {
  const listener = vi.fn();
  const first = bridge.on.go(listener);
  const second = bridge.on.go(listener);
  first();
  first();
  ipcRenderer.emit(EVENTS_CHANNEL, {}, [{ type: 'go', place: 'find' }]);
  expect(listener).toHaveBeenCalledOnce();
  second();
});

test('the path of a dropped file is told', () => {
  expect(bridge.getPathForFile({ name: 'export.zip' })).toBe('/dropped/export.zip');
});
