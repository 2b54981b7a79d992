import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../../core/connections/secrets.ts';
import { commands, eventSchema } from '../../core/contract/schemas.ts';
import { createEngine } from '../../core/engine.ts';
import { isFailure } from '../../core/errors/failure.ts';
import { bench, district, expectAccount, newFolder, practice } from '../sync/workbench.ts';

const NOWHERE = { url: 'http://127.0.0.1:9', key: 'key', secret: 'canary-secret' };
const add = { name: 'here', url: NOWHERE.url, key: 'key', studentId: 'identifier', test: false };

test('what no command takes is answered with a sentence that holds none of it', async () => {
  const { refused } = await bench(NOWHERE, { connect: false });
  expect((await refused('nonsense' as never, {})).code).toBe('usage');
  expect((await refused('toString' as never, {})).code).toBe('usage');
  for (const name of Object.keys(commands) as (keyof typeof commands)[]) {
    for (const input of [undefined, null, 'canary', 5, [], { name: 'canary'.repeat(40), connection: 5 }]) {
      if (commands[name].input.safeParse(input).success) continue;
      const { code, sentence } = await refused(name, input);
      expect(code).toBe('usage');
      expect(sentence).toMatch(/^[A-Z][^\n]+\.$/);
      expect(sentence).not.toContain('canary');
    }
  }
});

test('an unknown connection is answered with those that there are', async () => {
  const { call, refused } = await bench(NOWHERE, { connect: false });
  expect(await refused('connections.test', { name: 'nope' })).toMatchObject({
    code: 'connection-unknown',
    sentence: expect.stringContaining('none has been added'),
  });
  await call('connections.add', add);
  for (const [command, input] of [
    ['connections.test', { name: 'nope' }],
    ['connections.remove', { name: 'nope' }],
    ['sync.run', { connection: 'nope', source: '/nowhere' }],
    ['problems.list', { connection: 'nope' }],
    ['descriptors.list', { connection: 'nope' }],
  ] as const) {
    expect(await refused(command, input)).toMatchObject({
      code: 'connection-unknown',
      sentence: expect.stringContaining('"here"'),
    });
  }
});

test('connections: added once, listed without their secret, found whatever the case, removed', async () => {
  const keychain = createMemoryStore();
  const { call, refused } = await bench(NOWHERE, { connect: false, keychain });
  const added = await call('connections.add', { ...add, secret: 'canary-secret' });
  expect(added).toMatchObject({
    secretKept: true,
    steps: [],
    connection: { name: 'here', studentId: 'identifier', records: 0, lastBatch: null },
  });
  expect(JSON.stringify([added, await call('connections.list', {})])).not.toContain('canary-secret');
  expect((await refused('connections.add', { ...add, name: 'HERE' })).code).toBe('connection-exists');
  expect(await call('connections.remove', { name: 'Here' })).toMatchObject({ records: 0 });
  expect(await call('connections.list', {})).toEqual([]);
});

test('the choice of the student’s identifier has no default, and has to be one of three', async () => {
  const { refused, call } = await bench(NOWHERE, { connect: false });
  const { studentId: _none, ...without } = add;
  expect((await refused('connections.add', without)).code).toBe('usage');
  for (const studentId of ['', 'name', 'userIds:', 'userIds']) {
    expect({ studentId, code: (await refused('connections.add', { ...add, studentId })).code }).toEqual({
      studentId,
      code: 'usage',
    });
  }
  for (const studentId of ['sourcedId', 'identifier', 'userIds:stateId'])
    await call('connections.add', { ...add, name: studentId, studentId });
  expect(await call('connections.list', {})).toHaveLength(3);
});

test('a connection that fails its test is not added', async () => {
  const api = await practice();
  const { call, refused } = await bench({ ...api, secret: 'wrong' }, { connect: false });
  const known = { ...add, url: api.url, key: api.key, test: true };
  expect((await refused('connections.add', known)).code).toBe('credentials-refused');
  expect(await call('connections.list', {})).toEqual([]);
  const { steps } = await call('connections.add', { ...known, secret: api.secret });
  expect(steps.filter(({ state }) => state === 'failed')).toEqual([]);
  expect(steps.at(-1)).toMatchObject({ step: 'round-trip' });
});

test('without secret there is no connection, and a file with one is read each time', async () => {
  const folder = newFolder();
  const engine = await createEngine({
    folder,
    keychain: undefined,
    secret: undefined,
    now: Date.now,
    emit: () => undefined,
  });
  try {
    expect(await engine.handle('connections.add', add)).toMatchObject({ error: { code: 'secret-missing' } });
    const file = path.join(folder, 'secret.txt');
    expect(await engine.handle('connections.add', { ...add, secretFile: file })).toMatchObject({
      error: { code: 'secret-missing' },
    });
    writeFileSync(file, 'canary-secret\n');
    expect(await engine.handle('connections.add', { ...add, secretFile: file })).toMatchObject({
      ok: { secretKept: false },
    });
    writeFileSync(file, ' \n');
    expect(await engine.handle('sync.run', { connection: 'here', source: folder })).toMatchObject({ error: {} });
  } finally {
    await engine.close();
  }
});

test('a source that is none ends with a sentence and leaves no batch behind', async () => {
  const { call, refused } = await bench(await practice());
  const folder = newFolder();
  for (const source of [path.join(folder, 'nowhere'), folder]) {
    expect((await refused('sync.run', { connection: 'here', source })).code).toBe('source-unusable');
  }
  expect(await call('connections.list', {})).toMatchObject([{ lastBatch: null }]);
});

test('every event has the shape that the contract promises', async () => {
  const { sync, events } = await bench(await practice());
  await sync(await district({ clean: false, students: 20 }));
  for (const event of events) expect(event).toMatchObject(eventSchema.parse(event));
  const phases = events.flatMap((event) => (event.type === 'progress' ? [event.phase] : []));
  expect([...new Set(phases)]).toEqual(['connecting', 'reading', 'sending']);
  const last = events.findLast((event) => event.type === 'progress');
  expect(last).toMatchObject({ phase: 'sending', secondsLeft: 0 });
  expect(last?.type === 'progress' && last.done === last.total).toBe(true);
});

test('one batch at a time; nothing slips into a plan; stopped, the next one goes on', async () => {
  const api = await practice({ latencyMs: 5 });
  const { sync, call, refused, events } = await bench(api);
  const source = await district({ students: 25 });
  const first = sync(source);
  const seen = async (phase: string, done: number): Promise<void> => {
    while (!events.some((event) => event.type === 'progress' && event.phase === phase && event.done >= done)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await seen('reading', 1);
  expect((await refused('sync.run', { connection: 'here', source })).code).toBe('ledger-in-use');
  const mapped = { connection: 'here', type: 'SexDescriptor', code: 'x', uri: 'uri://ed-fi.org/SexDescriptor#Male' };
  expect(await refused('descriptors.map', mapped)).toMatchObject({
    code: 'ledger-in-use',
    sentence: expect.stringContaining('plan'),
  });
  await seen('sending', 20);
  expect((await refused('connections.remove', { name: 'here' })).code).toBe('ledger-in-use');
  // While sending, choices can be made for the next batch.
  await call('descriptors.map', mapped);
  await call('sync.stop', {});
  const stopped = await first;
  expectAccount(stopped);
  expect(stopped).toMatchObject({ state: 'stopped', stopped: { code: 'cancelled' } });
  expect(await call('connections.list', {})).toMatchObject([{ lastBatch: { state: 'stopped' } }]);
  expect(await call('descriptors.list', { connection: 'here' })).toHaveLength(1);
  const second = await sync(source);
  expect(second.account).toMatchObject({ unchanged: stopped.account.created, created: stopped.left, failed: 0 });
});

test('closed in the middle of a batch, what was confirmed is kept', async () => {
  const api = await practice({ latencyMs: 5 });
  const keychain = createMemoryStore();
  const one = await bench(api, { keychain });
  const source = await district({ students: 25 });
  const running = one.sync(source);
  while (api.requests().POST < 50) await new Promise((resolve) => setImmediate(resolve));
  await one.close();
  const stopped = await running;
  expectAccount(stopped);
  expect(stopped.state).toBe('stopped');
  const other = await bench(api, { keychain, folder: one.folder, connect: false });
  const second = await other.sync(source);
  expect(second.account).toMatchObject({ unchanged: stopped.account.created, created: stopped.left, failed: 0 });
  await other.close();
});

test('a second engine on the same folder is refused', async () => {
  const { folder } = await bench(NOWHERE);
  try {
    await createEngine({
      folder,
      keychain: createMemoryStore(),
      secret: undefined,
      now: Date.now,
      emit: () => undefined,
    });
  } catch (thrown) {
    if (!isFailure(thrown)) throw thrown;
    // Without the first one's keychain the key cannot be had; with it the ledger would be in use.
    expect(['ledger-damaged', 'ledger-in-use']).toContain(thrown.code);
    return;
  }
  throw new Error('It was not refused.');
});
