import { expect, onTestFinished, test } from 'vitest';
import type { EngineEvent } from '../../core/contract/schemas.ts';
import { type EngineHost, startEngine } from '../../core/engine-host.ts';
import { isFailure } from '../../core/errors/failure.ts';
import { district, expectAccount, newFolder, practice } from '../sync/workbench.ts';

async function host(
  folder: string,
  secret: string | undefined,
  onEvent: (event: EngineEvent) => void = () => undefined,
): Promise<EngineHost> {
  const started = await startEngine({ folder, secrets: 'memory', secret }, onEvent);
  onTestFinished(() => started.close());
  return started;
}
const refusal = async (work: Promise<unknown>): Promise<{ code: string; sentence: string }> => {
  try {
    await work;
  } catch (thrown) {
    if (isFailure(thrown)) return { code: thrown.code, sentence: thrown.message };
    throw thrown;
  }
  throw new Error('It was not refused.');
};

test('a district is synced by the engine in its own thread', async () => {
  const api = await practice();
  const events: EngineEvent[] = [];
  const engine = await host(newFolder(), api.secret, (event) => void events.push(event));
  expect(engine.keychain).toBe(true);
  await engine.call('connections.add', { name: 'here', url: api.url, key: api.key, studentId: 'identifier' });
  const source = await district({ students: 20 });
  const result = await engine.call('sync.run', { connection: 'here', source });
  expectAccount(result);
  expect(result).toMatchObject({ state: 'done', account: { failed: 0, held: 0 } });
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['progress', 'plan']));
  expect(api.read('ed-fi/students')).toHaveLength(20);
});

test('failures come through with their code and sentence', async () => {
  const engine = await host(newFolder(), undefined);
  expect(await refusal(engine.call('connections.test', { name: 'nope' }))).toMatchObject({
    code: 'connection-unknown',
  });
  expect((await refusal(engine.call('sync.run', { connection: '', source: '' }))).code).toBe('usage');
});

test('a second engine on the folder is told that it is in use, and a call after the end that it is over', async () => {
  const folder = newFolder();
  const engine = await startEngine({ folder, secrets: 'memory', secret: undefined }, () => undefined);
  const second = await refusal(startEngine({ folder, secrets: 'memory', secret: undefined }, () => undefined));
  expect(['ledger-in-use', 'ledger-damaged']).toContain(second.code);
  await engine.close();
  expect((await refusal(engine.call('connections.list', {}))).code).toBe('internal');
});
