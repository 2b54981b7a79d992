import { beforeEach, expect, test, vi } from 'vitest';
import { type HostHandlers, hostCommands } from '../../core/contract/host.ts';
import { commands } from '../../core/contract/schemas.ts';
import { Failure } from '../../core/errors/failure.ts';
import { channelOf, isOwnPage } from '../../electron/channels.ts';
import { createEventSender, handleCommands } from '../../electron/ipc.ts';
import { type Frame, fake, invokeFrom, WebContents } from './fake-electron.ts';

vi.mock('electron', () => import('./fake-electron.ts'));

const names = [...Object.keys(commands), ...Object.keys(hostCommands)];
const page: Frame = { url: 'app://rollbook/', parent: null };
const ours = new WebContents();
/** What reached the engine or the host. */
let reached: { name: string; input: unknown }[];
let outcome: () => unknown;

const host = new Proxy(
  {},
  {
    get: (_, name) => async (input: unknown) => {
      reached.push({ name: String(name), input });
      return outcome();
    },
  },
) as HostHandlers;

beforeEach(() => {
  fake.handlers.clear();
  reached = [];
  outcome = () => ({});
  handleCommands({
    contents: () => ours as never,
    callEngine: async (name, input) => {
      reached.push({ name, input });
      return outcome() as never;
    },
    host,
  });
});

test('each command has one channel and one handler, and there are no others', () => {
  expect([...fake.handlers.keys()].sort()).toEqual(names.map(channelOf).sort());
  expect(new Set(names).size).toBe(names.length);
});

test('handlers can be taken away and registered again', () => {
  fake.handlers.clear();
  const options = { contents: () => ours as never, callEngine: async () => ({}) as never, host };
  handleCommands(options)();
  expect(fake.handlers.size).toBe(0);
  handleCommands(options);
  expect(() => handleCommands(options)).toThrow('second handler');
});

test.each<[string, unknown, Frame | null]>([
  ['other contents', new WebContents(), page],
  ['an iframe of our own page', ours, { url: 'app://rollbook/', parent: page }],
  ['another site', ours, { url: 'https://rollbook/', parent: null }],
  ['another host of our scheme', ours, { url: 'app://rollbook.example/', parent: null }],
  ['a host that begins as ours', ours, { url: 'app://rollbook@example/', parent: null }],
  ['a blank page', ours, { url: 'about:blank', parent: null }],
  ['no frame any more', ours, null],
])('%s is refused by every command, and nothing is done', async (_, sender, frame) => {
  for (const name of names) {
    const answer = await invokeFrom(sender, frame, channelOf(name), {});
    expect(answer).toMatchObject({ error: { code: 'usage' } });
  }
  expect(reached).toEqual([]);
});

test('without a window nobody is answered', async () => {
  fake.handlers.clear();
  handleCommands({ contents: () => undefined, callEngine: async () => ({}) as never, host });
  expect(await invokeFrom(undefined, page, channelOf('sync.stop'), {})).toMatchObject({ error: { code: 'usage' } });
});

test('a payload that the contract does not know is refused by every command before anyone sees it', async () => {
  for (const name of names) {
    for (const bad of [undefined, null, 7, 'x', []]) {
      expect(await invokeFrom(ours, page, channelOf(name), bad)).toMatchObject({ error: { code: 'usage' } });
    }
  }
  expect(reached).toEqual([]);
});

test('a value out of bounds is named by its place, not by what it was', async () => {
  const answer = await invokeFrom(ours, page, channelOf('sync.run'), {
    connection: 'SENTINEL'.repeat(50),
    source: '/exports',
  });
  expect(answer).toEqual({
    error: {
      code: 'usage',
      sentence: 'The value for connection cannot be taken: it is empty, too long, or none of the choices.',
      details: {},
    },
  });
});

test('what is let through is what the contract describes, with its defaults', async () => {
  outcome = () => [];
  await invokeFrom(ours, page, channelOf('connections.test'), { name: 'here', more: 'left out' });
  expect(reached).toEqual([{ name: 'connections.test', input: { name: 'here' } }]);
});

test('an answer that the contract does not describe does not go out', async () => {
  outcome = () => ({ anything: 'SENTINEL' });
  const answer = await invokeFrom(ours, page, channelOf('connections.list'), {});
  expect(answer).toMatchObject({ error: { code: 'internal' } });
  expect(JSON.stringify(answer)).not.toContain('SENTINEL');
});

test('a failure is answered with its code and sentence, anything else without what it said', async () => {
  outcome = () => {
    throw new Failure('connection-unknown', 'There is no such connection.', { left: 1 });
  };
  expect(await invokeFrom(ours, page, channelOf('connections.list'), {})).toEqual({
    error: { code: 'connection-unknown', sentence: 'There is no such connection.', details: { left: 1 } },
  });
  outcome = () => {
    throw new Error('SENTINEL');
  };
  const answer = await invokeFrom(ours, page, channelOf('connections.list'), {});
  expect(answer).toMatchObject({ error: { code: 'internal' } });
  expect(JSON.stringify(answer)).not.toMatch(/SENTINEL|at .*\.ts/);
});

test('events go to our own page only', () => {
  const contents = new WebContents();
  contents.url = 'https://example.org/';
  let there: WebContents | undefined = contents;
  const sender = createEventSender(() => there as never);
  sender.push({ type: 'go', place: 'overview' });
  expect(contents.sent).toEqual([]);
  there = undefined;
  sender.push({ type: 'go', place: 'support' });
  there = contents;
  contents.url = 'app://rollbook/';
  sender.push({ type: 'go', place: 'problems' });
  sender.close();
  expect(contents.sent.flat(2)).toContainEqual({ type: 'go', place: 'problems' });
  expect(contents.sent.flat(2)).not.toContainEqual({ type: 'go', place: 'overview' });
});

test('only the origin app://rollbook is our own page', () => {
  expect(isOwnPage('app://rollbook/index.html#/problems')).toBe(true);
  for (const other of ['app://rollbook:8080/', 'file:///index.html', 'app:rollbook', 'http://rollbook/', '']) {
    expect(isOwnPage(other)).toBe(false);
  }
});
