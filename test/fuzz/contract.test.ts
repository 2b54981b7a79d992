/** Every command of the contract with whatever a page, a program or a mistake may send: an answer, or a code and a sentence. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMemoryStore } from '../../core/connections/secrets.ts';
import { type CommandName, commands, type EngineAnswer, eventSchema } from '../../core/contract/schemas.ts';
import { createEngine, type Engine } from '../../core/engine.ts';
import { Failure, type FailureCode } from '../../core/errors/failure.ts';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import type { Sandbox } from '../../core/sandbox/options.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import { createCalls } from '../../electron/loopback/calls.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { type Asked, asked, type Known } from './contract-input.ts';
import { corpus, ends, expectSentence, LONG, looking, watchProcess } from './property.ts';

watchProcess();
beforeEach(junkOnPurpose);

const SECRET = 'Xw5-the-secret-of-this-test-Xw5';

const before = process.cwd();
let home: string;
let api: Sandbox;
let engine: Engine;
let groups: string[] = [];
let exported: unknown;
/** What was not refused: without it only the door was looked at. */
const done = new Map<string, number>();

const inside = (name: string): string => path.join(home, name);
const must = async (command: CommandName, input: unknown): Promise<unknown> => {
  const answer = await engine.handle(command, input);
  if ('error' in answer) throw new Error(`${command}: ${answer.error.sentence}`);
  return answer.ok;
};
const connect = (name: string): Promise<unknown> =>
  must('connections.add', {
    name,
    url: api.url,
    key: api.key,
    studentId: 'identifier',
    secret: api.secret,
    test: false,
  });

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'rollbook-fuzz-'));
  // A name without a folder is a file where the process is.
  mkdirSync(inside('here'));
  process.chdir(inside('here'));
  await writeDistrict({ out: inside('export'), students: 20, seed: 3 });
  mkdirSync(inside('empty'));
  writeFileSync(inside('mapping.json'), '{"rollbook":1}');
  writeFileSync(inside('secret.txt'), SECRET);
  api = await startSandbox({ secret: SECRET });
  engine = await createEngine({
    folder: inside('data'),
    keychain: createMemoryStore(),
    secret: undefined,
    now: Date.now,
    emit: (event) => void eventSchema.parse(event),
    host: 'loopback',
  });
  await connect('here');
  await must('sync.run', { connection: 'here', source: inside('export'), approve: true });
  const { groups: found } = (await must('problems.list', { connection: 'here' })) as { groups: { group: string }[] };
  groups = found.map(({ group }) => group);
  exported = await must('connections.export', { name: 'here' });
});
afterAll(async () => {
  process.chdir(before);
  await engine.close();
  await api.close();
  rmSync(home, { recursive: true, force: true });
});

/** The engine behind a host: what the page sends is checked there, too. */
const host = () =>
  createCalls(async (command, input) => {
    const answer = await engine.handle(command, input);
    if ('error' in answer)
      throw new Failure(answer.error.code as FailureCode, answer.error.sentence, answer.error.details);
    return answer.ok;
  }, {});

/** A batch that waits for an API that is away is stopped, and what a search or a test waits for with it. */
async function stopAll(): Promise<void> {
  for (const command of ['sync.resume', 'sync.stop', 'connections.stopTest', 'records.stopSearch'] as const) {
    await engine.handle(command, {});
  }
}

/** A secret that was given for something else is no secret any more. */
const isToldElsewhere = (input: unknown): boolean =>
  (JSON.stringify(input, (name, value: unknown) => (name === 'secret' ? '' : value)) ?? '').includes(SECRET);

function expectAnswer({ command, input }: Asked, answer: EngineAnswer): void {
  // What goes in as a secret comes out of no command.
  if (!isToldElsewhere(input)) expect(JSON.stringify(answer)).not.toContain(SECRET);
  if (!('error' in answer)) {
    done.set(command, (done.get(command) ?? 0) + 1);
    commands[command as CommandName].output.parse(answer.ok);
    return;
  }
  expect({ command, code: answer.error.code }).not.toMatchObject({ code: 'internal' });
  expectSentence(answer.error.sentence, true);
}

async function ask(
  { command, input }: Asked,
  way: (command: string, input: unknown) => Promise<EngineAnswer>,
): Promise<void> {
  const working = ends(() => way(command, input));
  const isDone = await Promise.race([working.then(() => true), wait(1_500).then(() => false)]);
  for (let tries = 0; !isDone && tries < 20; tries++) {
    await stopAll();
    if (await Promise.race([working.then(() => true), wait(300).then(() => false)])) break;
  }
  const ended = await working;
  if ('thrown' in ended) throw ended.thrown;
  expectAnswer({ command, input }, ended.ok);
}

const known = (): Known => {
  const paths = ['export', 'empty', 'none', 'mapping.json', 'secret.txt', 'a\u0000b', `${'x'.repeat(300)}`].map(inside);
  // A batch over the network is for other tests: these addresses are this computer's, or none.
  const urls = [
    api.url,
    'http://127.0.0.1:1',
    'http://127.0.0.1:1/{x}/',
    'nothing',
    '',
    'file:///etc/passwd',
    'http://a:b@127.0.0.1/',
    `${api.url}/%zz`,
  ];
  return {
    connection: ['here', 'here', 'here', 'there', '__proto__', ''],
    name: ['here', 'there', 'third', '__proto__', 'x'.repeat(101)],
    from: ['here', 'there'],
    with: ['here', 'there'],
    newName: ['here', 'third'],
    url: urls,
    proxy: ['', 'http://127.0.0.1:1', 'nothing', 'http://u:p@127.0.0.1:1', 'socks://x'],
    secret: [SECRET, 'another'],
    secretFile: paths,
    mapping: paths,
    path: paths,
    source: paths,
    out: ['list.csv', 'list.xlsx', 'bundle.zip', 'empty', 'none/deep/list.csv', 'export/users.csv'].map(inside),
    group: [...groups, 'G-0000-00'],
    type: ['GradeLevelDescriptor', 'SexDescriptor', '__proto__', 'nothing'],
    resource: ['students', 'ed-fi/students', '__proto__', 'x'],
    body: ['{}', '[]', '{', '{"studentUniqueId":"1"}', '{"schoolId":255901001}', '{"__proto__":1}'],
    ca: ['', 'no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
  };
};

test(
  'whatever is asked, the engine answers, and so does a host before it',
  async () => {
    const through = host();
    await fc.assert(
      fc.asyncProperty(asked(known(), exported), fc.boolean(), async ({ command, input }, isDirect) => {
        const before = ((await must('connections.list', {})) as { name: string }[]).map(({ name }) => name);
        if (!before.includes('here')) await connect('here');
        await ask({ command, input }, isDirect ? (name, given) => engine.handle(name, given) : through);
        // The proxy that was chosen must not keep the practice API away from what comes next.
        if (command === 'settings.change') await must('settings.change', { proxy: '', ca: [] });
      }),
      looking(400),
    );
    expect(done.size).toBeGreaterThan(20);
  },
  LONG,
);

test.each(corpus('commands'))('kept: %s', async (_name, bytes) => {
  const kept = JSON.parse(bytes.toString('utf8')) as Asked;
  await ask(kept, (name, given) => engine.handle(name, given));
  await ask(kept, host());
});
