/** Server answers of every wrong kind, over real sockets through the real client: an answer, or a sentence. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Answer, problemOf } from '../../core/edfi/answer.ts';
import { createClient, type EdFiClient } from '../../core/edfi/client.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { sweep, sweepTraces } from '../../core/edfi/sweep.ts';
import { explain, isProblemCode } from '../../core/errors/catalogue.ts';
import { classifyAnswer } from '../../core/errors/classify.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { problem, type Scripted, type ScriptServer, scripted, startScript } from './answers.ts';
import { openApi } from './documents.ts';
import { changes, spoil } from './json-tree.ts';
import { CANARY, corpus, ends, expectFailure, LONG, looking, watchProcess } from './property.ts';

watchProcess();
beforeEach(junkOnPurpose);

const model = parseSpecification(openApi);

/** What an Ed-Fi API would say at each of its addresses. */
function own(base: string, path: string): string {
  const place = path.split('?')[0] ?? '';
  if (place === '/') {
    return JSON.stringify({
      version: '7.3',
      dataModels: [{ name: 'Ed-Fi', version: '5.2.0' }],
      urls: {
        dependencies: `${base}/metadata/dependencies`,
        openApiMetadata: `${base}/metadata/`,
        oauth: `${base}/oauth/token`,
        dataManagementApi: `${base}/data/v3/`,
        changeQueries: `${base}/changeQueries/v1/`,
      },
    });
  }
  if (place === '/oauth/token')
    return JSON.stringify({ access_token: 'token', expires_in: 1800, token_type: 'bearer' });
  if (place === '/oauth/token_info') return JSON.stringify({ active: true, education_organizations: [] });
  if (place === '/metadata/') {
    return JSON.stringify([{ name: 'Resources', endpointUri: `${base}/metadata/resources`, prefix: '' }]);
  }
  if (place === '/metadata/resources') return JSON.stringify(openApi);
  if (place === '/metadata/dependencies')
    return JSON.stringify([{ resource: '/ed-fi/schools', order: 1, operations: ['Create'] }]);
  if (place.endsWith('/availableChangeVersions'))
    return JSON.stringify({ oldestChangeVersion: 0, newestChangeVersion: 9 });
  if (place.endsWith('/partitions')) return JSON.stringify({ pageTokens: ['first'] });
  return JSON.stringify([{ id: 'a1', schoolId: 1, namespace: 'uri://x', codeValue: 'y' }]);
}

/** Where an answer is spoiled: the longest beginning first. */
const PLACES = [
  '/metadata/resources',
  '/metadata/dependencies',
  '/metadata/',
  '/oauth/token_info',
  '/oauth/token',
  '/changeQueries',
  '/data/v3/ed-fi/schools/partitions',
  '/data/v3/',
  '/',
] as const;

let server: ScriptServer;
beforeAll(async () => {
  server = await startScript(own);
});
afterAll(() => server.close());

function clientHere(): EdFiClient {
  // Pauses pass at once, and the clock with them.
  let skipped = 0;
  return createClient({
    url: server.url,
    key: 'the-key',
    secret: () => 'the-secret',
    random: () => 0.5,
    now: () => Date.now() + skipped,
    sleep: async (ms) => {
      skipped += ms;
    },
    maxConnections: 4,
    retry: { attempts: 3 },
    timeouts: { connectMs: 2_000, headersMs: 200, bodyMs: 200, totalMs: 1_500 },
  });
}

/** What stays of an answer outside the sealed plane. */
function expectTold(answer: Answer, method: 'POST' | 'PUT' | 'DELETE'): void {
  const { text: _, etag: _etag, ...told } = answer;
  if (told.id !== CANARY) expect(JSON.stringify(told)).not.toContain(CANARY);
  const found = classifyAnswer({ ...answer, method }, model);
  expect(isProblemCode(found.code)).toBe(true);
  expect(JSON.stringify(found)).not.toContain(CANARY);
  for (const sentence of [explain(found.code).title]) expect(sentence).not.toMatch(/[\r\n]/);
}

async function all<T>(reading: AsyncIterable<T>): Promise<number> {
  let count = 0;
  for await (const _ of reading) count += 1;
  return count;
}

/** Everything that is ever asked of an API, one after the other. */
async function askAll(client: EdFiClient): Promise<void> {
  const resource = 'ed-fi/schools';
  const asked: readonly (() => Promise<unknown>)[] = [
    () => client.discovery(),
    () => client.ping(),
    () => client.signIn(),
    () => client.fetchOpenApi('resources', '"1"'),
    async () => parseSpecification(await client.openApi('resources'), await client.openApi('descriptors')),
    () => client.dependencies(),
    () => client.tokenInfo(),
    () => client.descriptorValues('ed-fi/termDescriptors'),
    () => client.findByKey(resource, { schoolId: '1' }),
    () => client.item(resource, 'a1'),
    () => client.availableChangeVersions(),
    () => all(sweep(client, resource, { parallel: 2 })),
    async () => {
      const traces = await sweepTraces(client.deletes, resource, { since: 0 }, 2);
      if (traces !== undefined) await all(traces);
    },
    () => client.keyChanges(resource, { limit: 10, offset: 0 }),
    () => client.cursorPage(resource, { pageToken: 'x', pageSize: 5 }),
    async () => expectTold(await client.post(resource, '{}'), 'POST'),
    async () => expectTold(await client.put(resource, 'a1', '{}'), 'PUT'),
    async () => expectTold(await client.remove(resource, 'a1'), 'DELETE'),
  ];
  for (const ask of asked) {
    const ended = await ends(ask);
    if ('thrown' in ended) expectFailure(ended.thrown);
  }
}

async function meets(answers: Readonly<Record<string, Scripted>>): Promise<void> {
  server.script(answers);
  const client = clientHere();
  try {
    await askAll(client);
  } finally {
    const closed = await ends(() => client.close());
    expect(closed).toHaveProperty('ok');
  }
}

test('an API that answers as it should is understood', async () => {
  server.script({});
  const client = clientHere();
  await askAll(client);
  expect(await client.descriptorValues('ed-fi/termDescriptors')).toEqual(['uri://x#y']);
  expect((await client.post('ed-fi/schools', '{}')).status).toBe(200);
  await client.close();
});

test(
  'refusals of every shape are one of the catalogue, and nothing of their words is kept',
  async () => {
    await fc.assert(
      fc.asyncProperty(problem, fc.integer({ min: 0, max: 599 }), changes(3), async (body, status, all) => {
        for (const value of [body, spoil(body, all)]) {
          const text = JSON.stringify(value);
          const ended = await ends(() => classifyAnswer({ status, text, method: 'POST', ...problemOf(text) }, model));
          if ('thrown' in ended) throw ended.thrown;
          expect(isProblemCode(ended.ok.code)).toBe(true);
          expect(JSON.stringify(ended.ok)).not.toContain(CANARY);
        }
      }),
      looking(300),
    );
  },
  LONG,
);

test(
  'answers spoiled at one place, the rest as it should be',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PLACES, ...PLACES.slice(-3)), scripted, (place, answer) =>
        meets({ [place]: answer }),
      ),
      looking(60),
    );
  },
  LONG,
);

test(
  'answers spoiled at several places',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...PLACES), scripted), { minLength: 2, maxLength: 5 }),
        (several) => meets(Object.fromEntries(several.sort(([one], [other]) => other.length - one.length))),
      ),
      looking(25),
    );
  },
  LONG,
);

test.each(corpus('answers'))('kept: %s', async (_name, bytes) => {
  await meets(JSON.parse(bytes.toString('utf8')) as Record<string, Scripted>);
});
