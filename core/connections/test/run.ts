/** The connection test: named steps in order, each with what was found and, where something is to be done, what. */
import type { ApiView, KeyInfoView, TestStep, TestStepName } from '../../contract/schemas.ts';
import { type ClientOptions, createClient, type EdFiClient } from '../../edfi/client.ts';
import { dependencyOrder } from '../../edfi/dependencies.ts';
import { type Description, type Documents, describe, etagsOf, tagged } from '../../edfi/description.ts';
import type { Discovery } from '../../edfi/discovery.ts';
import { hostOf } from '../../edfi/documents.ts';
import type { ApiModel } from '../../edfi/model.ts';
import { Failure } from '../../errors/failure.ts';
import { describeApi } from '../words.ts';
import { type Finding, failed, findingOf, passed, stepOf, warned } from './finding.ts';
import { judgeKey, judgePermissions, keyInfoOf, type NeededResource } from './key.ts';
import { reach } from './reach.ts';

/** What a connection wants of an API. */
export interface Needs {
  readonly resources: readonly NeededResource[];
  /** Descriptor types of which it needs the values. */
  readonly descriptorTypes: Iterable<string>;
}

export interface ConnectionTest {
  readonly client: ClientOptions;
  /** @throws Failure where the mapping cannot be used with this API */
  readonly needs: (discovery: Discovery, model: ApiModel) => Promise<Needs>;
  /** The last step; all unless told. */
  readonly upTo?: TestStepName;
  /** Called as each step ends. */
  readonly onStep: (step: TestStep) => void;
}

export interface TestResult {
  readonly steps: readonly TestStep[];
  readonly api: ApiView | undefined;
  /** Undefined where the API does not tell. */
  readonly key: KeyInfoView | undefined;
  /** What was read of the API, so that it does not have to be read again; undefined where the test did not come so far. */
  readonly learned: Learned | undefined;
}

export interface Learned {
  readonly discovery: Discovery;
  readonly description: Description;
  readonly descriptors: Readonly<Record<string, readonly string[]>>;
}

/** A test is watched by a person: seldom repeated, and given up sooner than a batch would. */
const PATIENCE = {
  timeouts: { connectMs: 5_000, headersMs: 20_000, bodyMs: 20_000, totalMs: 60_000 },
  retry: { attempts: 2, totalMs: 20_000 },
} as const;

/** Data standards that Rollbook's mappings are written for, or at least tried with. */
const OLDEST_STANDARD = 3;
const NEWEST_STANDARD = 6;

/** A clock further off than this makes tokens seem to last longer, or shorter, than they do. */
const CLOCK_MS = 60_000;
const SLOW_MS = 2_000;

/**
 * Tests a connection. Nothing is written at the API.
 * @returns the steps up to the first that failed; a step that only warns does not end the test
 * @throws Failure `usage` where the address is none
 */
export async function testConnection(test: ConnectionTest): Promise<TestResult> {
  const options: ClientOptions = {
    ...test.client,
    timeouts: { ...PATIENCE.timeouts, ...test.client.timeouts },
    retry: { ...PATIENCE.retry, ...test.client.retry },
  };
  const client = createClient(options);
  try {
    return await run(test, options, client);
  } finally {
    await client.close();
  }
}

async function run(test: ConnectionTest, options: ClientOptions, client: EdFiClient): Promise<TestResult> {
  const host = hostOf(options.url.trim());
  const now = options.now ?? Date.now;
  const steps: TestStep[] = [];
  const found: { key?: KeyInfoView; documents?: Documents; description?: Description; needs?: Needs } = {};
  const add = (step: TestStep): void => {
    steps.push(step);
    test.onStep(step);
  };

  const reached = await reach(client, options, host);
  for (const step of reached.steps) add(step);
  const { discovery } = reached;
  if (discovery === undefined) return { steps, api: undefined, key: undefined, learned: undefined };
  const api = describeApi(discovery, host);
  const descriptors: Record<string, readonly string[]> = {};

  const described = (): Description => {
    if (found.description === undefined) throw new Failure('internal', 'The test lost its specification.');
    return found.description;
  };
  const work: readonly [TestStepName, () => Finding | Promise<Finding>][] = [
    ['routes', () => judgeRoutes(api)],
    ['version', () => judgeVersion(api)],
    [
      'credentials',
      async () => {
        await client.signIn();
        return passed('Key and secret are accepted.');
      },
    ],
    [
      'key',
      async () => {
        const info = await client.tokenInfo();
        if (info !== undefined) found.key = keyInfoOf(info);
        return judgeKey(found.key);
      },
    ],
    [
      'specification',
      async () => {
        found.documents = {
          resources: tagged(await client.fetchOpenApi('resources')),
          descriptors: tagged(await client.fetchOpenApi('descriptors')),
          dependencies: { value: undefined },
        };
        found.description = describe(found.documents);
        const count = Object.keys(found.description.model.resources).length;
        return passed(`The specification has ${count} resources.`);
      },
    ],
    [
      'dependencies',
      async () => {
        const dependencies = tagged(await client.fetchDependencies());
        found.description = withOrder(found.documents, described(), dependencies);
        const { derived } = dependencyOrder(found.description.rows ?? undefined, found.description.model);
        return derived
          ? warned(
              'The API gives no order for its resources: it is worked out from their references.',
              "Nothing has to be done; the API's host could switch the dependency list on.",
            )
          : passed('The API gives the order for its resources.');
      },
    ],
    [
      'permissions',
      async () => {
        found.needs = await test.needs(discovery, described().model);
        return judgePermissions(found.key, found.needs.resources);
      },
    ],
    ['descriptors', () => readDescriptors(client, described().model, found.needs, descriptors)],
    ['clock', async () => judgeClock(await client.ping(), now)],
    [
      'round-trip',
      async () => {
        const { ms } = await client.ping();
        const sentence = `A request and its answer take ${ms} ms.`;
        return ms > SLOW_MS
          ? warned(
              sentence,
              "The first sync will take long: ask the API's host whether the API is busy, and your network administrator about the way to it.",
            )
          : passed(sentence);
      },
    ],
  ];
  for (const [name, find] of work) {
    if (steps.at(-1)?.step === test.upTo) break;
    let finding: Finding;
    try {
      finding = await find();
    } catch (thrown) {
      finding = findingOf(thrown);
    }
    add(stepOf(name, finding));
    if (finding.state === 'failed') break;
  }
  // Kept only with the order of its resources: half of it would be taken for the whole at the next sync.
  const isWhole = steps.some(({ step, state }) => step === 'dependencies' && state !== 'failed');
  const learned = isWhole ? { discovery, description: described(), descriptors } : undefined;
  return { steps, api, key: found.key, learned };
}

/** Without a document of descriptors, only the dependency list tells which there are: then all is read again. */
function withOrder(
  documents: Documents | undefined,
  description: Description,
  dependencies: Documents['dependencies'],
): Description {
  if (documents !== undefined && documents.descriptors.value === undefined) {
    return describe({ ...documents, dependencies });
  }
  return {
    model: description.model,
    rows: dependencies.value ?? null,
    etags: etagsOf({ ...description.etags, dependencies: dependencies.etag }),
  };
}

function judgeRoutes(api: ApiView): Finding {
  const [first] = api.open;
  if (first === undefined) return passed("The API's addresses are complete.");
  const names = api.open.map((part) => part.name).filter((name) => /^[A-Za-z][\w-]{0,40}$/.test(name));
  const choices = first.choices.length > 0 ? ` One of: ${first.choices.join(', ')}.` : '';
  return failed(
    'api-unusable',
    `The API's addresses leave open: ${names.length === 0 ? 'an unnamed part' : names.join(', ')}.`,
    `${first.question}${choices}`,
  );
}

function judgeVersion({ dataStandard, inWords }: ApiView): Finding {
  if (dataStandard === null) {
    return warned(
      'The API does not tell its data standard: its specification decides what is sent.',
      "Nothing has to be done; if much is left out later, ask the API's host for its data standard.",
    );
  }
  const major = Number.parseInt(dataStandard, 10);
  if (major < OLDEST_STANDARD) {
    return failed(
      'api-unusable',
      `The API speaks ${inWords}, which is older than what Rollbook can send (3.3).`,
      "Ask the API's host for the address of a newer API.",
    );
  }
  if (major > NEWEST_STANDARD) {
    return warned(
      `The API speaks ${inWords}, which is newer than this Rollbook.`,
      'Look for a newer Rollbook, and at what a first plan leaves out.',
    );
  }
  return passed(`${inWords}.`);
}

async function readDescriptors(
  client: EdFiClient,
  model: ApiModel,
  needs: Needs | undefined,
  into: Record<string, readonly string[]>,
): Promise<Finding> {
  const types = [...(needs?.descriptorTypes ?? [])].filter((type) => model.descriptors[type] !== undefined);
  await Promise.all(
    types.map(async (type) => {
      into[type] = await client.descriptorValues(model.descriptors[type] as string);
    }),
  );
  const count = Object.values(into).reduce((sum, values) => sum + values.length, 0);
  const empty = types.filter((type) => into[type]?.length === 0);
  if (empty.length > 0) {
    return warned(
      `The API has no values for: ${empty.sort().slice(0, 4).join(', ')}${empty.length > 4 ? `, and ${empty.length - 4} more` : ''}.`,
      "Ask the API's host to load its descriptors, or whether the key may read them.",
    );
  }
  return passed(`${count} values of ${types.length} descriptor types.`);
}

function judgeClock(ping: { readonly serverTime?: number }, now: () => number): Finding {
  if (ping.serverTime === undefined) return passed('The API does not tell its time.');
  const off = now() - ping.serverTime;
  if (Math.abs(off) <= CLOCK_MS) return passed("This computer's clock and the API's agree.");
  const minutes = Math.round(Math.abs(off) / 60_000);
  const far = minutes < 120 ? `${minutes} minute${minutes === 1 ? '' : 's'}` : `${Math.round(minutes / 60)} hours`;
  return warned(
    `This computer's clock is ${far} ${off > 0 ? 'ahead of' : 'behind'} the API's.`,
    "Let this computer set its clock by itself (date and time settings); if it is right, tell the API's host.",
  );
}
