/**
 * A laptop that sleeps in mid-batch: the process stands still, its timers come late, its sockets die, its token ends.
 * (Here it is stopped by a signal, which Windows does not have.)
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { SyncResult } from '../../core/contract/schemas.ts';
import { startProxy } from './proxy.ts';
import { bench, district, newFolder, practice } from './workbench.ts';

const CHILD = fileURLToPath(new URL('./kill-child.ts', import.meta.url));
const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test.skipIf(process.platform === 'win32')('it wakes, signs in again, and sends what is left, each once', async () => {
  const api = await practice({ control: true });
  const proxy = await startProxy(api);
  const folder = newFolder();
  const source = await district({ students: 60 });
  await (await bench(proxy, { folder, keychain: undefined })).close();
  api.faults.set({ seed: 1, rules: [{ fault: { kind: 'latency', ms: 20 } }] });

  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, folder, source], {
    env: { ...process.env, ROLLBOOK_SECRET: api.secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => {
    told += chunk.toString('utf8');
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));

  await until(() => proxy.writes.length > 300);
  child.kill('SIGSTOP');
  // Three beats of its heart; meanwhile every connection is cut and every token revoked.
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  proxy.drop();
  api.faults.set({ seed: 1, rules: [{ fault: { kind: 'revoke' } }, { fault: { kind: 'latency', ms: 20 } }] });
  child.kill('SIGCONT');
  expect(await ended).toBe(0);

  const answer = JSON.parse(told.trim().split('\n').at(-1) ?? '') as { ok: SyncResult };
  expect(answer.ok).toMatchObject({ state: 'done', left: 0, stopped: null });
  expect(answer.ok.account).toMatchObject({ failed: 0, held: 0, rejected: 0 });
  expect(answer.ok.requests.token).toBeGreaterThanOrEqual(2);
  expect(api.writes().every(({ created }) => created === 1)).toBe(true);
  expect(proxy.sockets.most).toBeLessThanOrEqual(2 * 8);
});
