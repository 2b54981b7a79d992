/** The pause that holds for all calls of a client, and what is still sent into a storm. */
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../core/edfi/client.ts';
import { createGate } from '../../core/edfi/gate.ts';
import { created, json, serveApi } from './server.ts';

/** A gate whose pauses end when the test says so, by a clock that the test sets. */
function stillGate() {
  let now = 1_000;
  let wake: () => void = () => undefined;
  const asked: number[] = [];
  const gate = createGate(
    {
      signal: undefined,
      sleep: (ms) => {
        asked.push(ms);
        return new Promise((resolve) => {
          wake = resolve;
        });
      },
    },
    () => now,
  );
  const goOn = async (ms: number): Promise<void> => {
    now += ms;
    wake();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const enter = (isSignIn = false) => {
    const state = { isIn: false, asks: false, waited: 0 };
    void gate.pass(isSignIn).then(({ asks, waited }) => Object.assign(state, { isIn: true, asks, waited }));
    return state;
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { gate, asked, goOn, enter, settle };
}

test('an open gate lets everyone pass', async () => {
  const { gate, enter, settle } = stillGate();
  const [one, other] = [enter(), enter()];
  await settle();
  expect([one, other]).toEqual([
    { isIn: true, asks: false, waited: 0 },
    { isIn: true, asks: false, waited: 0 },
  ]);
  expect(gate.remaining()).toBe(0);
});

test('after a pause one asks, and the others follow when it was not told to wait again', async () => {
  const { gate, goOn, enter, settle } = stillGate();
  gate.close(500);
  const [one, other, third] = [enter(), enter(), enter()];
  await settle();
  expect([one.isIn, gate.remaining()]).toEqual([false, 500]);
  // An answer to what was sent before the pause opens nothing.
  gate.open();
  await settle();
  expect(one.isIn).toBe(false);
  await goOn(500);
  expect([one, other.isIn, third.isIn]).toEqual([{ isIn: true, asks: true, waited: 500 }, false, false]);
  gate.close(800);
  expect(gate.inVain).toBe(1);
  await goOn(800);
  expect([other.isIn, other.asks, third.isIn]).toEqual([true, true, false]);
  gate.open();
  await settle();
  expect([third.isIn, third.asks, gate.inVain]).toEqual([true, false, 0]);
});

test('a pass that was given before the gate closed does not hold any more', async () => {
  const { gate, goOn } = stillGate();
  const before = await gate.pass(false);
  expect(gate.admits(before)).toBe(true);
  gate.close(100);
  expect(gate.admits(before)).toBe(false);
  await goOn(100);
  const asking = await gate.pass(false);
  expect([gate.admits(before), gate.admits(asking)]).toEqual([false, true]);
});

test('a sign-in waits for the pause and for nobody, since whoever asks may need a token', async () => {
  const { gate, goOn, enter, settle } = stillGate();
  gate.close(100);
  const signIn = enter(true);
  const one = enter();
  await settle();
  expect(signIn.isIn).toBe(false);
  await goOn(100);
  expect([signIn.isIn, signIn.asks, one.asks]).toEqual([true, false, true]);
});

test('a longer pause stays, and none is longer than a timer can hold', async () => {
  const { gate, asked } = stillGate();
  gate.close(60_000);
  gate.close(500);
  expect([gate.remaining(), asked]).toEqual([60_000, [60_000]]);
  gate.close(999_999_999_000);
  expect(asked.at(-1)).toBe(86_400_000);
});

test('a clock that jumps neither shortens a pause nor makes it longer', async () => {
  // The client's own clock is the wall's: a day forward and back again at each look.
  let looks = 0;
  const server = await serveApi({
    data: (_request, response) => {
      if (server.seen.filter(({ path }) => path.startsWith('/data')).length === 3) {
        json(response, 429, {}, { 'retry-after': '1' });
      } else created(response);
    },
  });
  const client = createClient({
    url: server.url,
    key: 'k',
    secret: () => 's',
    maxConnections: 1,
    now: () => Date.now() + (looks++ % 2) * 86_400_000,
  });
  onTestFinished(async () => {
    await client.close();
    await server.close();
  });
  const started = performance.now();
  const answers = await Promise.all(Array.from({ length: 6 }, () => client.post('ed-fi/students', '{}')));
  const took = performance.now() - started;
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
  expect(took).toBeGreaterThan(950);
  expect(took).toBeLessThan(60_000);
});

test.each(['told', 'untold'] as const)(
  'into a storm of 429 (%s) goes no more than was under way, and one at a time',
  async (how) => {
    const CONNECTIONS = 20;
    const LATENCY_MS = 60;
    let received = 0;
    let into = 0;
    let pauses = 0;
    let until: number | undefined;
    const server = await serveApi({
      data: (_request, response) => {
        received += 1;
        if (received === 300) until = performance.now() + 1_500;
        if (until !== undefined && performance.now() < until) {
          into += 1;
          json(response, 429, {}, how === 'told' ? { 'retry-after': '1' } : {});
          return;
        }
        setTimeout(() => created(response), LATENCY_MS);
      },
    });
    const client = createClient({
      url: server.url,
      key: 'k',
      secret: () => 's',
      maxConnections: CONNECTIONS,
      retry: { attempts: 12, baseMs: 200, capMs: 2_000 },
      random: () => 0.9,
      onEvent: ({ kind }) => {
        if (kind === 'wait') pauses += 1;
      },
    });
    onTestFinished(async () => {
      await client.close();
      await server.close();
    });
    const answers = await Promise.all(Array.from({ length: 600 }, () => client.post('ed-fi/students', '{}')));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(received).toBe(600 + into);
    // A tenth of a second's worth, from what so many connections carry at that latency: 33 requests. Of these at most one
    // for each connection was on its way when the first refusal came; the rest went one by one, after longer and longer pauses.
    expect(into).toBeGreaterThan(0);
    expect(into).toBeLessThanOrEqual((CONNECTIONS / LATENCY_MS) * 100);
    expect(into).toBeLessThanOrEqual(CONNECTIONS + 6);
    expect(pauses).toBe(into);
  },
);
