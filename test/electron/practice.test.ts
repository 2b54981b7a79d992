/** What goes wrong at the practice API, as it meets whoever calls it; and that it is calm again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { practiceWeathers } from '../../core/contract/host.ts';
import { type EngineHost, startEngine } from '../../core/engine-host.ts';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { createPractice, type Practice } from '../../electron/practice.ts';
import { planOf } from '../../electron/practice-weather.ts';

let folder: string;
let engine: EngineHost;
let practice: Practice;
let isBusy = false;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'rollbook-practice-'));
  engine = await startEngine({ folder, secrets: 'none', secret: undefined }, () => undefined);
  practice = createPractice({ folder, call: engine.call, isBusy: () => isBusy });
});
afterAll(async () => {
  await practice.close();
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Asks for the same thing many times over. @returns how often each came of it: a status, or that nobody answered */
async function askOften(times: number): Promise<{ readonly statuses: ReadonlySet<number>; readonly lost: number }> {
  const statuses = new Set<number>();
  let lost = 0;
  const address = `${practice.state().url}/data/v3/ed-fi/students`;
  for (let i = 0; i < times; i += 1) {
    try {
      const { status } = await fetch(address);
      statuses.add(status);
    } catch {
      lost += 1;
    }
  }
  return { statuses, lost };
}

test('nothing can go wrong at an API that does not run', async () => {
  expect(practice.state()).toMatchObject({ isRunning: false, weather: 'calm' });
  await expect(practice.faults({ weather: 'slow-down' })).rejects.toMatchObject({
    code: 'usage',
    message: 'The practice API does not run: start it, then choose what goes wrong there.',
  });
});

test('every weather can be had, and calm ends each', async () => {
  await practice.start();
  for (const weather of practiceWeathers) {
    expect(await practice.faults({ weather })).toMatchObject({ isRunning: true, weather });
    expect(practice.state().weather).toBe(weather);
  }
  await practice.faults({ weather: 'slow-down' });
  expect((await askOften(150)).statuses).toContain(429);
  await practice.faults({ weather: 'dropped-before' });
  expect((await askOften(150)).lost).toBeGreaterThan(0);
  await practice.faults({ weather: 'calm' });
  // Without a token: refused as on any day, and answered each time.
  expect(await askOften(60)).toEqual({ statuses: new Set([401]), lost: 0 });
  expect(planOf('calm')).toBeUndefined();
}, 120_000);

test.each([
  { weather: 'expired-tokens', met: 'token', least: 10, created: 6000, students: undefined },
  // Each that is lost waits a moment: a smaller district loses enough.
  { weather: 'dropped-before', met: 'retries', least: 20, created: 1200, students: 60 },
] as const)(
  'a batch comes through $weather',
  async ({ weather, met, least, created, students }) => {
    const { connection, exports } = await practice.start();
    const smaller = path.join(folder, 'smaller');
    if (students !== undefined) await writeDistrict({ out: smaller, students });
    await practice.faults({ weather });
    const { state, account, left, requests } = await engine.call('sync.run', {
      connection: connection ?? '',
      source: students === undefined ? (exports[0] ?? '') : smaller,
      approve: true,
    });
    expect({ state, left, failed: account.failed }).toEqual({ state: 'done', left: 0, failed: 0 });
    expect(account.created).toBeGreaterThan(created);
    expect(requests[met]).toBeGreaterThan(least);
    // A batch may be one to it.
    isBusy = true;
    await expect(practice.stop({ forget: true })).rejects.toThrow('A batch is running.');
    isBusy = false;
    // What was sent is forgotten, and so is the weather.
    expect(await practice.stop({ forget: true })).toMatchObject({
      isRunning: false,
      weather: 'calm',
      connection: null,
    });
  },
  180_000,
);
