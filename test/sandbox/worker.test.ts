import { expect, onTestFinished, test } from 'vitest';
import { isFailure } from '../../core/errors/failure.ts';
import { startSandboxInWorker } from '../../core/sandbox/worker.ts';
import { send, student, tokenOf } from './practice.ts';

test('a practice API in a worker answers like one beside', async () => {
  const sandbox = await startSandboxInWorker({ key: 'k', secret: 's', latencyMs: 1 });
  onTestFinished(() => sandbox.close());
  expect([sandbox.key, sandbox.secret]).toEqual(['k', 's']);
  const made = await send(`${sandbox.url}/data/v3/ed-fi/students`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await tokenOf(sandbox)}`, 'content-type': 'application/json' },
    body: JSON.stringify(student('1')),
  });
  expect(made.status).toBe(201);
  expect(await sandbox.requests()).toEqual({ POST: 1, PUT: 0, DELETE: 0, GET: 0, token: 1 });
  expect(await sandbox.read('ed-fi/students')).toEqual([{ id: made.id, body: student('1') }]);
});

test('places and snapshots can be told apart from outside', async () => {
  const sandbox = await startSandboxInWorker({ generation: '6.2', routes: { year: [2026, 2027] }, preload: false });
  onTestFinished(() => sandbox.close());
  expect(await sandbox.read('ed-fi/schoolYearTypes', { year: 2027 })).toHaveLength(60);
  expect(await sandbox.takeSnapshot({ year: 2027 })).toMatch(/^[0-9a-f]{32}$/);
});

test('after the end it says so instead of waiting', async () => {
  const sandbox = await startSandboxInWorker();
  await sandbox.close();
  await sandbox.close();
  await expect(sandbox.requests()).rejects.toThrow(/stopped/);
  await expect(fetch(sandbox.url)).rejects.toThrow();
});

test('what cannot be started is told in the same words', async () => {
  const thrown: unknown = await startSandboxInWorker({ dataStandard: '9.9' }).catch((reason: unknown) => reason);
  expect(isFailure(thrown) && thrown.code).toBe('usage');
});
