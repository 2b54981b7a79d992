/** The connection test: what is right passes, and each of the ways to be wrong fails its own step with its own fix. */
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { testConnection } from '../../core/connections/test/run.ts';
import { type CommandInput, type TestStep, type TestStepName, testSteps } from '../../core/contract/schemas.ts';
import type { ClientOptions } from '../../core/edfi/client.ts';
import type { ClaimSet } from '../../core/sandbox/claim-sets.ts';
import { bench, practice } from '../sync/workbench.ts';
import { type Front, front, hasOpenssl, html, selfSigned } from './front.ts';

const ALL = ['Create', 'Read', 'Update', 'Delete'] as const;
const EVERYTHING_BUT_SECTIONS = [
  'sessions',
  'schools',
  'students*',
  'studentS*',
  'studentE*',
  'studentC*',
  'staff*',
].concat([
  'localEducationAgencies',
  'gradingPeriods',
  'course*',
  'classPeriods',
  'locations',
  'contacts',
  '*Descriptors',
]);

interface Values {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
}
type More = Partial<CommandInput<'connections.tryOut'>>;

const SECRET = 'canary-secret-4711';

/** Tries values out through the engine, and checks what every answer has to keep. */
async function tryOut(values: Values, more: More = {}): Promise<TestStep[]> {
  const { call, events } = await bench(values, { connect: false });
  const { url, key, secret } = values;
  const answer = await call('connections.tryOut', { url, key, secret, ...more });
  const { steps } = answer;
  expect(JSON.stringify([answer, events])).not.toContain(secret);
  expect(JSON.stringify([steps, events])).not.toContain('CANARY');
  const told = events.flatMap((event) => (event.type === 'test-step' ? [event.step] : []));
  expect(told).toEqual(steps);
  for (const { state, sentence, fix } of steps) {
    expect(sentence).toMatch(/^\S.*\.$/);
    if (state === 'passed') expect(fix).toBeUndefined();
    else expect(fix).toMatch(/^[A-Z].*\.$/);
  }
  return steps;
}

/** The test ends with this step, failed; all before passed or warned, in their order. */
function expectFailed(steps: readonly TestStep[], step: TestStepName, code: string, fix: RegExp): void {
  expect(steps.map((one) => one.step)).toEqual(testSteps.slice(0, testSteps.indexOf(step) + 1));
  for (const one of steps.slice(0, -1)) expect(one.state).not.toBe('failed');
  const last = steps.at(-1);
  expect(last).toMatchObject({ step, state: 'failed', code });
  expect(last?.fix).toMatch(fix);
}

/** Every step was made; only this one warned. */
function expectWarned(steps: readonly TestStep[], step: TestStepName, sentence: RegExp): void {
  expect(steps.map((one) => one.step)).toEqual(testSteps);
  expect(steps.filter((one) => one.state !== 'passed').map((one) => one.step)).toEqual([step]);
  const warned = steps.find((one) => one.step === step);
  expect(warned?.state).toBe('warned');
  expect(warned?.sentence).toMatch(sentence);
}

async function fronted(options: Parameters<typeof practice>[0] = {}): Promise<{ at: Front; values: Values }> {
  const api = await practice({ secret: SECRET, ...options });
  const at = await front(api);
  return { at, values: { url: at.url, key: api.key, secret: SECRET } };
}

test('an API that is as it should be passes every step, in their order', async () => {
  const api = await practice({ secret: SECRET });
  const steps = await tryOut(api);
  expect(steps.map(({ step, state }) => `${step} ${state}`)).toEqual(testSteps.map((step) => `${step} passed`));
  expect(steps.find(({ step }) => step === 'version')?.sentence).toBe('Ed-Fi 5.2.');
  expect(steps.find(({ step }) => step === 'descriptors')?.sentence).toMatch(/^\d+ values of \d+ descriptor types\.$/);
});

test('the generations of practice APIs pass too, those without token_info or its claim set with a warning', async () => {
  for (const generation of ['5.3', '6.2', '7.1', 'other'] as const) {
    const api = await practice({ generation, secret: SECRET });
    const steps = await tryOut(api);
    expect({ generation, steps: steps.map(({ step }) => step) }).toEqual({ generation, steps: testSteps });
    expect(steps.filter(({ state }) => state === 'failed')).toEqual([]);
  }
});

describe('wrong, and found at the right step', () => {
  test('the host does not resolve', async () => {
    const steps = await tryOut({ url: 'https://no-such-host.invalid/v7', key: 'k', secret: SECRET });
    expectFailed(steps, 'address', 'api-unreachable', /spelling/);
  });

  test('nothing listens on the port', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const steps = await tryOut({ url: `https://127.0.0.1:${port}`, key: 'k', secret: SECRET });
    expectFailed(steps, 'connection', 'api-unreachable', /port/);
  });

  test.skipIf(!hasOpenssl)(
    'a certificate that nobody trusts, until its authority is added (skipped without openssl)',
    async () => {
      const api = await practice({ secret: SECRET });
      const tls = selfSigned();
      const at = await front(api, tls);
      const values = { url: at.url, key: api.key, secret: SECRET };
      const steps = await tryOut(values);
      expectFailed(steps, 'encryption', 'api-unreachable', /certificate authority/);
      expect(steps.at(-1)?.fix).toMatch(/never switched off/);
      const trusted = await tryOut(values, { ca: [tls.cert] });
      expect(trusted.map(({ step }) => step)).toEqual(testSteps);
      expect(trusted.filter(({ state }) => state !== 'passed')).toEqual([]);
      const { refused } = await bench(values, { connect: false });
      expect(await refused('connections.tryOut', { ...values, ca: ['no certificate'] })).toMatchObject({
        code: 'usage',
      });
    },
  );

  test.skipIf(!hasOpenssl)('http where https is wanted (skipped without openssl)', async () => {
    const api = await practice({ secret: SECRET });
    const at = await front(api, selfSigned());
    const steps = await tryOut({ url: at.url.replace('https:', 'http:'), key: api.key, secret: SECRET });
    expectFailed(steps, 'encryption', 'api-unusable', /https:\/\//);
    expect(at.asked).toEqual([]);
  });

  test("a proxy's web page", async () => {
    const at = await front(undefined);
    at.instead = () => html();
    const steps = await tryOut({ url: at.url, key: 'k', secret: SECRET });
    expectFailed(steps, 'api', 'api-not-edfi', /proxy/);
  });

  test('a JSON of something else', async () => {
    const at = await front(undefined);
    at.instead = () => ({ body: '{"name":"CANARY","status":"up"}' });
    const steps = await tryOut({ url: at.url, key: 'k', secret: SECRET });
    expectFailed(steps, 'api', 'api-not-edfi', /base address/);
  });

  test('a wrong key, and a wrong secret; which of them, where the host tells', async () => {
    const api = await practice({ secret: SECRET });
    expectFailed(await tryOut({ ...api, key: 'wrong' }), 'credentials', 'credentials-refused', /key|both/i);
    expectFailed(await tryOut({ ...api, secret: 'wrong-one' }), 'credentials', 'credentials-refused', /secret|both/i);
    const { at, values } = await fronted();
    const refusal = (description: string) => ({
      status: 401,
      body: JSON.stringify({ error: 'invalid_client', error_description: description }),
    });
    at.instead = ({ path }) => (path === '/oauth/token' ? refusal('Client id CANARY is unknown client') : undefined);
    const key = await tryOut(values);
    expectFailed(key, 'credentials', 'credentials-refused', /^Enter it again/);
    expect(key.at(-1)?.sentence).toMatch(/does not know this key/);
    at.instead = ({ path }) => (path === '/oauth/token' ? refusal('Invalid secret') : undefined);
    const secret = await tryOut(values);
    expectFailed(secret, 'credentials', 'credentials-refused', /secret/);
    expect(secret.at(-1)?.sentence).toMatch(/does not accept this secret/);
  });

  test('a school year that the addresses leave open', async () => {
    const api = await practice({ secret: SECRET, routes: { year: [2026, 2027] } });
    const steps = await tryOut(api);
    expectFailed(steps, 'routes', 'api-unusable', /school year.*2026, 2027/);
    const filled = await tryOut(api, { routeValues: { schoolYearFromRoute: '2027' } });
    expect(filled.at(-1)).toMatchObject({ step: 'round-trip', state: 'passed' });
  });

  test('a web page in place of the specification', async () => {
    const { at, values } = await fronted();
    at.instead = ({ path }) => (path.includes('swagger') ? html() : undefined);
    expectFailed(await tryOut(values), 'specification', 'specification-unusable', /proxy or portal/);
  });

  test('no dependency list: warned of', async () => {
    const api = await practice({ secret: SECRET, dependencies: 'none' });
    expectWarned(await tryOut(api), 'dependencies', /order/);
  });

  test('a claim set that lacks a resource, until it is switched off', async () => {
    const claimSet: ClaimSet = {
      name: 'Roster only',
      resources: [
        { resource: 'ed-fi/s*', operations: ['Read'] },
        ...EVERYTHING_BUT_SECTIONS.map((name) => ({ resource: `ed-fi/${name}`, operations: ALL })),
      ],
    };
    const api = await practice({ clients: [{ key: 'roster', secret: SECRET, claimSet }] });
    const values = { ...api, key: 'roster', secret: SECRET };
    const steps = await tryOut(values);
    expectFailed(steps, 'permissions', 'api-unusable', /claim set "Roster only".*switch/);
    expect(steps.at(-1)?.sentence).toMatch(/ed-fi\/sections \(create, update, delete\)/);
    const off = await tryOut(values, { resources: { off: ['ed-fi/sections'] } });
    expect(off.filter(({ state }) => state === 'failed')).toEqual([]);
  });

  test('token_info is missing: warned of, and so is what follows from it', async () => {
    const { at, values } = await fronted();
    at.instead = ({ path }) => (path === '/oauth/token_info' ? { status: 404, body: '{}' } : undefined);
    const steps = await tryOut(values);
    expect(steps.map(({ step }) => step)).toEqual(testSteps);
    const warned = steps.filter(({ state }) => state === 'warned').map(({ step }) => step);
    expect(warned).toEqual(['key', 'permissions']);
  });

  test('descriptors are refused', async () => {
    const { at, values } = await fronted();
    at.instead = ({ path }) =>
      path.includes('Descriptors?') ? { status: 403, body: '{"detail":"CANARY"}' } : undefined;
    expectFailed(await tryOut(values), 'descriptors', 'api-unusable', /claim set/);
  });

  test('a clock that is an hour off: warned of', async () => {
    const { at, values } = await fronted();
    at.rewrite = (_asked, answer) => ({
      ...answer,
      headers: { ...answer.headers, date: new Date(Date.now() - 3_600_000).toUTCString() },
    });
    expectWarned(await tryOut(values), 'clock', /60 minutes ahead of the API's/);
  });

  test('too many sign-ins', async () => {
    const { at, values } = await fronted();
    at.instead = ({ path }) => (path === '/oauth/token' ? { status: 429, body: '{}' } : undefined);
    expectFailed(await tryOut(values), 'credentials', 'api-unreachable', /other programs/);
  });

  test('a key that is for no education organization, or not active', async () => {
    const { at, values } = await fronted();
    const info = (body: object) => ({ body: JSON.stringify(body) });
    at.instead = ({ path }) => (path === '/oauth/token_info' ? info({ active: true }) : undefined);
    const none = await tryOut(values);
    expect(none.find(({ step }) => step === 'key')).toMatchObject({ state: 'warned', fix: /assign your district/ });
    at.instead = ({ path }) => (path === '/oauth/token_info' ? info({ active: false }) : undefined);
    expectFailed(await tryOut(values), 'key', 'credentials-refused', /activate/);
  });
});

describe('an API that never answers', () => {
  const silent = async (): Promise<Front> => {
    const at = await front(undefined);
    at.instead = () => 'hang';
    return at;
  };

  test('is given up', async () => {
    const at = await silent();
    const steps: TestStep[] = [];
    const client: ClientOptions = {
      url: at.url,
      key: 'k',
      secret: () => SECRET,
      timeouts: { connectMs: 500, headersMs: 200, bodyMs: 200, totalMs: 500 },
      retry: { attempts: 1 },
    };
    const result = await testConnection({
      client,
      needs: async () => ({ resources: [], descriptorTypes: [] }),
      onStep: (step) => steps.push(step),
    });
    expect(result.steps).toEqual(steps);
    expectFailed(steps, 'api', 'api-unreachable', /Try again later/);
    expect(steps.at(-1)?.sentence).toMatch(/did not answer in time/);
  });

  test('is given up when the steward says so', async () => {
    const at = await silent();
    const { call } = await bench({ url: at.url, key: 'k', secret: SECRET }, { connect: false });
    const trying = call('connections.tryOut', { url: at.url, key: 'k', secret: SECRET });
    while (at.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await call('connections.stopTest', {});
    const { steps } = await trying;
    expectFailed(steps, 'api', 'cancelled', /again/);
  });
});
