/**
 * Every way in which an API refuses a record, by the practice API of each generation over HTTP: which code it lands in.
 * A code without a proof here fails the test, so the catalogue cannot grow by words alone.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { problemOf } from '../../core/edfi/answer.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { CATALOGUE, type ProblemCode } from '../../core/errors/catalogue.ts';
import { classifyAnswer } from '../../core/errors/classify.ts';
import { GENERATIONS, type Generation, type Traits } from '../../core/sandbox/generations.ts';
import { type Caller, callerAs, type Reply, send, started, urlsAt } from '../sandbox/practice.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { model as someModel } from './model.ts';
import {
  CLIENTS,
  type Key,
  SITUATIONS,
  type Situation,
  type SituationName,
  type Stage,
  setStage,
} from './situations.ts';

/** What becomes of it: a code, or that the API takes the record. */
type Landing = ProblemCode | 'taken';

/** Where one landing holds for all: the four generations of ODS/API, and the other implementation. */
const row = (ods: Landing, other: Landing = ods): Readonly<Record<Generation, Landing>> => ({
  '5.3': ods,
  '6.2': ods,
  '7.1': ods,
  '7.3': ods,
  other,
});

const LANDINGS: Readonly<Record<SituationName, Readonly<Record<Generation, Landing>>>> = {
  'a required value is missing': row('required-missing'),
  'a value is too long': row('too-long'),
  'a number is too large': row('out-of-range'),
  'a date is none': row('bad-date'),
  'a number is none': row('bad-number'),
  'a text is none': row('value-unreadable'),
  'a key ends with a space': row('stray-spaces'),
  'a name holds markup': row('unsafe-characters'),
  'a list is empty': row('items-missing'),
  'a list repeats an entry': row('items-repeated'),
  'references disagree': row('keys-disagree'),
  'a descriptor value is unknown': row('descriptor-unknown-to-api'),
  // Every ODS/API leaves unknown members out, in silence.
  'a member is unknown': row('taken', 'property-unknown-to-api'),
  'the body is no JSON': row('body-unreadable'),
  'the body is empty': row('body-unreadable'),
  'the body has an id': row('body-unreadable'),
  'the media type is not JSON': row('body-unreadable'),
  'the body is huge': row('record-too-large'),
  // 5.3 and 6.2 restore the stored key, in silence.
  'a fixed key changes': { ...row('key-change-refused'), '5.3': 'taken', '6.2': 'taken' },
  'a reference leads nowhere': row('reference-missing'),
  'what is referred to is deleted': row('dependent-item-exists'),
  'a key becomes that of another': row('key-taken'),
  'a unique value is taken': row('key-taken'),
  'another client was faster': row('changed-by-another'),
  // The other implementation has no ETags.
  'an ETag is old': row('changed-by-another', 'taken'),
  // The other implementation asks who made an item, and for no relationships.
  'a student is not enrolled': row('not-authorized-student', 'taken'),
  'a student is not there': row('not-authorized-student', 'reference-missing'),
  'an enrolment is of a student who is not there': row('reference-missing'),
  'a staff member is not employed': row('not-authorized-staff', 'taken'),
  'a contact has no student': row('not-authorized-contact', 'taken'),
  'a school is of another district': row('not-authorized-organization', 'reference-missing'),
  // It says nothing but 403: what it says so most often is that another client made the item.
  'the claim set lacks the resource': row('not-authorized-resource', 'owned-by-another'),
  'the claim set lacks the action': row('not-authorized-resource', 'owned-by-another'),
  'the namespace is of another': row('not-authorized-namespace', 'owned-by-another'),
  'several profiles and none is named': row('profile-mismatch', 'owned-by-another'),
  'another client made it': row('not-authorized-student', 'owned-by-another'),
  'a profile has no writing': row('profile-mismatch'),
  'a profile leaves out what is required': row('profile-mismatch'),
  'a profile is named wrongly': row('profile-mismatch'),
  'an item is gone': row('item-gone'),
  'a resource is not there': row('resource-unknown-to-api'),
  'a method is not offered': row('action-not-offered'),
  'the token is not one': row('token-refused'),
  'the token is missing': row('token-refused'),
  'too many requests (429)': row('rate-limited'),
  'too many requests (503)': row('rate-limited'),
  'a gateway fails': row('server-error'),
};

/** A practice API with all keys, and the model that its own specification gives. */
async function stageOf(generation: Generation, traits: Partial<Traits> = {}): Promise<Stage> {
  const sandbox = await started({ generation, traits, clients: CLIENTS });
  const callers: [Key, Caller][] = [];
  for (const { key, secret } of CLIENTS) callers.push([key, await callerAs(sandbox, { key, secret })]);
  const { openApiMetadata } = await urlsAt(sandbox.url);
  const listed = (await send(String(openApiMetadata), {})).list as { name: string; endpointUri: string }[];
  const document = async (name: string) => {
    const found = listed.find((one) => one.name.toLowerCase() === name);
    return (await send(String(found?.endpointUri), {})).json;
  };
  const model = parseSpecification(await document('resources'), await document('descriptors'));
  return setStage(Object.fromEntries(callers) as Record<Key, Caller>, model);
}

const landingOf = async ({ method, run }: Situation, stage: Stage): Promise<Landing> => {
  const { status, text } = await run(stage);
  return status < 300 ? 'taken' : classifyAnswer({ status, text, method, ...problemOf(text) }, stage.model).code;
};

describe('a refusal lands in its code', () => {
  test.each(GENERATIONS)('by %s', async (generation) => {
    const stage = await stageOf(generation);
    const found: Record<string, Landing> = {};
    const expected: Record<string, Landing> = {};
    for (const [name, situation] of Object.entries(SITUATIONS) as [SituationName, Situation][]) {
      // What one situation leaves behind is no business of the next.
      found[name] = await landingOf(situation, stage);
      expected[name] = LANDINGS[name][generation];
    }
    expect(found).toEqual(expected);
  });

  test.each<Generation>(['5.3', '6.2', '7.1', '7.3'])('where %s asks who made an item', async (generation) => {
    const stage = await stageOf(generation, { authorization: 'ownership' });
    expect(await landingOf(SITUATIONS['another client made it'], stage)).toBe('owned-by-another');
  });
});

/** Answers that no practice API gives: of gateways, of the Data Management Service, and of hosts that say too little. */
const SCRIPTED: readonly {
  readonly name: string;
  readonly era: 'older' | 'newer' | 'page';
  readonly status: number;
  readonly body: unknown;
  readonly code: ProblemCode;
}[] = [
  {
    name: 'no relationship is named',
    era: 'older',
    status: 403,
    body: { message: 'Authorization denied. The claim has no established relationships with the requested resource.' },
    code: 'not-authorized',
  },
  {
    name: 'no reason at all',
    era: 'newer',
    status: 403,
    body: { type: 'urn:ed-fi:api:security:authorization', detail: 'Access could not be authorized.' },
    code: 'not-authorized',
  },
  {
    name: 'an unknown member, as a strict reader of JSON says it',
    era: 'older',
    status: 400,
    body: { message: "Could not find member 'birthCity' on object of type 'Student'. Path 'birthCity', line 1." },
    code: 'property-unknown-to-api',
  },
  {
    name: 'an unknown member, as a JSON schema says it',
    era: 'newer',
    status: 400,
    body: {
      type: 'urn:ed-fi:api:bad-request:data-validation-failed',
      validationErrors: { '$.birthCity': ['The data contains additional properties.'] },
    },
    code: 'property-unknown-to-api',
  },
  { name: 'a firewall', era: 'page', status: 403, body: '<html>blocked</html>', code: 'blocked-by-gateway' },
  { name: 'a gateway that waited too long', era: 'page', status: 408, body: '', code: 'unreachable' },
  {
    name: 'a failure of its own',
    era: 'older',
    status: 500,
    body: { message: 'An unexpected error occurred on the server.' },
    code: 'server-error',
  },
  {
    name: 'a failure of its own',
    era: 'newer',
    status: 500,
    body: { type: 'urn:ed-fi:api:system', detail: 'An unexpected problem has occurred.' },
    code: 'server-error',
  },
  {
    name: 'what nobody has seen yet',
    era: 'older',
    status: 418,
    body: { message: 'The moon is full.' },
    code: 'unclassified',
  },
  {
    name: 'what nobody has seen yet',
    era: 'newer',
    status: 409,
    body: { type: 'urn:ed-fi:api:data-conflict:lunar', detail: 'The moon is full.' },
    code: 'unclassified',
  },
  {
    name: 'names without quotes, and by path',
    era: 'newer',
    status: 409,
    body: {
      type: 'urn:ed-fi:api:data-conflict:unresolved-reference',
      validationErrors: { '$.studentReference': ['The referenced Student item does not exist.'] },
    },
    code: 'reference-missing',
  },
  {
    name: 'a document that cannot be read, told as a failed validation',
    era: 'newer',
    status: 400,
    body: {
      type: 'urn:ed-fi:api:bad-request:data-validation-failed',
      validationErrors: { '$.': ["'.' is invalid after a value. LineNumber: 1 | BytePositionInLine: 9."] },
    },
    code: 'body-unreadable',
  },
  {
    name: 'no route leads to the school year',
    era: 'newer',
    status: 404,
    body: { type: 'urn:ed-fi:api:route-resolution-error', detail: 'No instance.' },
    code: 'resource-unknown-to-api',
  },
];

test.each(SCRIPTED)('$name ($era, $status) lands in $code', async ({ status, body, code }) => {
  if (code === 'unclassified') junkOnPurpose();
  const server = createServer((_, outgoing) => {
    outgoing.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const reply: Reply = await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { method: 'POST' });
  const found = classifyAnswer({ status: reply.status, text: reply.text, ...problemOf(reply.text) }, someModel);
  expect(found.code).toBe(code);
});

/** Found here, before anything is sent: tests of core/validation, core/mapping and core/sync prove these. */
const LOCAL_ONLY: readonly ProblemCode[] = [
  'row-missing',
  'descriptor-unmapped',
  'setting-missing',
  'duplicate-key',
  'organization-not-in-api',
];

/** Codes that need no wording: a status, or what stands between, tells. */
const WITHOUT_WORDING: readonly ProblemCode[] = ['blocked-by-gateway', 'unreachable'];

test('every code of the catalogue is reached by an older and by a newer answer, or arises here', () => {
  const older = new Set<string>();
  const newer = new Set<string>();
  for (const landings of Object.values(LANDINGS)) {
    for (const generation of ['5.3', '6.2', '7.1'] as const) older.add(landings[generation]);
    newer.add(landings['7.3']);
  }
  for (const both of [older, newer]) both.add('owned-by-another');
  for (const { era, code } of SCRIPTED) {
    if (era !== 'newer') older.add(code);
    if (era !== 'older') newer.add(code);
  }
  const caused = (Object.keys(CATALOGUE) as ProblemCode[]).filter((code) => !LOCAL_ONLY.includes(code));
  expect(caused.filter((code) => !older.has(code))).toEqual([]);
  expect(caused.filter((code) => !newer.has(code))).toEqual([]);
  const pages = SCRIPTED.filter(({ era }) => era === 'page').map(({ code }) => code);
  expect([...new Set(pages)].sort()).toEqual([...WITHOUT_WORDING].sort());
  expect(LOCAL_ONLY.filter((code) => older.has(code) || newer.has(code))).toEqual([]);
});
