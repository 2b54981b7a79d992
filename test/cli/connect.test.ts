/** `rollbook connect`: adding, listing, testing, removing; and a secret that is nowhere to be seen. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { testSteps } from '../../core/contract/schemas.ts';
import { adding, emptyStation, practice } from './practice.ts';
import { hasScript, startOnTerminal } from './pseudo-terminal.ts';
import { expectSentence, filesWith, jsonLines, newFolder, type Ran, resultOf, rollbook, start } from './run.ts';

const SECRET = 'a-Secret.Canary~93fe1b27c05d';
const at = practice({ secret: SECRET });

const expectNoSecret = (ran: Ran, data: string): void => {
  expect(ran.stdout).not.toContain(SECRET);
  expect(ran.stderr).not.toContain(SECRET);
  expect(filesWith(data, SECRET)).toEqual([]);
};

describe('connect', () => {
  test('adds a connection after testing it, lists, tests and removes it', async () => {
    const here = emptyStation(at.api);
    expect((await here.run('connect', 'list')).stdout).toContain('There is no connection yet');
    const added = await here.run(...adding(at.api), '--json');
    expect(added.code).toBe(0);
    const [line] = jsonLines(added);
    expect(line).toMatchObject({ type: 'connection', connection: { name: 'here', url: at.api.url, key: at.api.key } });
    const steps = line?.steps as { step: string; state: string }[];
    expect(steps.map(({ step }) => step)).toEqual(testSteps);
    expect(new Set(steps.map(({ state }) => state))).toEqual(new Set(['passed']));

    const listed = await here.run('connect', 'list', '--json');
    expect(jsonLines(listed)[0]).toMatchObject({ type: 'connections', connections: [{ name: 'here', records: 0 }] });
    expect((await here.run('connect', 'list')).stdout).toMatch(/^name +address.*\nhere +http.*identifier +0 +never\n$/);
    const tested = await here.run('connect', 'test', 'HERE');
    expect(tested.code).toBe(0);
    expect(tested.stdout).toMatch(/✓ credentials +Key and secret are accepted\./);
    for (const ran of [added, listed, tested]) expectNoSecret(ran, here.data);

    expectSentence(await here.run(...adding(at.api, 'Here')), 1, /There is a connection "Here" already/);
    const removed = await here.run('connect', 'remove', 'here');
    expect(removed.stdout).toContain('is gone');
    expect((await here.run('connect', 'list', '--json')).stdout).toContain('"connections":[]');
    expectSentence(await here.run('connect', 'remove', 'here'), 1, /none has been added yet/);
  });

  test('never shows or keeps a secret from the environment, nor passes it on', async () => {
    const here = emptyStation(at.api);
    const running = start([...adding(at.api)], { data: here.data, secret: SECRET });
    if (existsSync(`/proc/${running.child.pid}/cmdline`)) {
      expect(readFileSync(`/proc/${running.child.pid}/cmdline`, 'latin1')).not.toContain(SECRET);
    }
    expectNoSecret(await running.ended, here.data);
    const synced = await here.sync(at.dirty, '--json');
    expect(resultOf(synced).account.created).toBeGreaterThan(0);
    expectNoSecret(synced, here.data);
    // It was for that run alone: without a keychain it is kept nowhere.
    const without = await rollbook(['connect', 'test', 'here'], { data: here.data });
    expect(without.stdout + without.stderr).toMatch(/secret of "here" is not kept .* set ROLLBOOK_SECRET/is);
    expect(without.code).not.toBe(0);
  });

  test('reads the secret from a file, at each run again', async () => {
    const data = newFolder();
    const file = path.join(newFolder(), 'secret.txt');
    writeFileSync(file, `${SECRET}\n`);
    const added = await rollbook([...adding(at.api), '--secret-file', file], { data });
    expect(added.stderr).toBe('');
    expect(added.code).toBe(0);
    expectNoSecret(added, data);
    expect((await rollbook(['connect', 'test', 'here'], { data })).code).toBe(0);
    writeFileSync(file, 'another');
    const wrong = await rollbook(['connect', 'test', 'here'], { data });
    expect(wrong.stdout).toMatch(/✗ credentials .*does not accept this key and secret/);
    expect(wrong.code).toBe(4);
    writeFileSync(file, '');
    const empty = await rollbook(['sync', '--connection', 'here', '--source', at.day1], { data });
    expectSentence(empty, 1, /secret\.txt\) is empty/);
  });

  test('asks for the secret on a terminal without showing it', async (context) => {
    if (!hasScript()) return context.skip('The command script is not here.');
    const data = newFolder();
    const asking = startOnTerminal(adding(at.api), { env: { ROLLBOOK_DATA: data } });
    await asking.until('Secret: ');
    // Typed with a mistake that is taken back.
    asking.child.stdin?.write(`${SECRET}x\u007f\r`);
    const ran = await asking.ended;
    expect(ran.stdout).toContain('Key and secret are accepted.');
    expect(ran.stdout).not.toContain('*');
    expect(ran.code).toBe(0);
    expectNoSecret(ran, data);

    const stopped = startOnTerminal(adding(at.api, 'other'), { env: { ROLLBOOK_DATA: data } });
    await stopped.until('Secret: ');
    stopped.child.stdin?.write(`${SECRET}\u0003`);
    const after = await stopped.ended;
    expect(after.stdout).toContain('Stopped, as asked; nothing was saved.');
    expect(after.code).toBe(130);
    expectNoSecret(after, data);
  });

  test('takes no secret as an argument, and does not repeat one', async () => {
    const data = newFolder();
    for (const args of [['--secret', SECRET], [`--secret=${SECRET}`], [SECRET], [`--password=${SECRET}`]]) {
      const ran = await rollbook([...adding(at.api), ...args], { data });
      expect(ran.code).toBe(1);
      expect(ran.stdout).toBe('');
      expectSentence(ran, 1, /never given on the command line|more words than it takes/);
      expectNoSecret(ran, data);
    }
  });

  test('saves nothing where something is wrong', async () => {
    const here = emptyStation(at.api);
    const wrong: [string[], number, RegExp][] = [
      [['--student-id', 'foo'], 1, /--student-id <which> has to be sourcedId, identifier, or userIds:TYPE/],
      [['--vanished', 'sometimes'], 1, /--vanished <rule> has to be delete or keep\./],
      [['--set', 'colour'], 1, /--set <name=value> has to be NAME=VALUE\./],
      [['--set', 'colour=red'], 1, /has no setting "colour"/],
      [['--set', 'sendDrops=perhaps'], 1, /setting "sendDrops" .* has to be one of: endDate, delete/],
      [['--mapping', path.join(here.data, 'none.json')], 1, /mapping file none\.json cannot be read/],
      [['--secret-file', here.data], 1, /cannot be read/],
      [['--key', ''], 1, /value for key cannot be taken/],
      [['--key', 'wrong'], 4, /does not accept this key and secret/],
    ];
    for (const [args, code, says] of wrong) expectSentence(await here.run(...adding(at.api), ...args), code, says);
    expectSentence(await here.run(...adding(at.api, '')), 1, /value for name cannot be taken/);
    expectSentence(await rollbook(adding(at.api), { data: here.data }), 1, /needs its secret: set ROLLBOOK_SECRET/);
    expectSentence(await rollbook(adding(at.api), { data: here.data, secret: 'wrong' }), 4, /does not accept this key/);
    expect((await here.run('connect', 'list', '--json')).stdout).toContain('"connections":[]');
  });

  test('refuses a mapping file with an unknown property, by file, place and name', async () => {
    const here = emptyStation(at.api);
    const shipped = new URL('../../assets/mappings/oneroster-ds5.2.json', import.meta.url);
    const mapping = JSON.parse(readFileSync(shipped, 'utf8')) as { resources: { properties: object }[] };
    const file = path.join(newFolder(), 'own.json');
    const write = (change: (own: typeof mapping) => void): void => {
      const own = structuredClone(mapping);
      change(own);
      writeFileSync(file, JSON.stringify(own));
    };
    write(() => undefined);
    expect((await here.run(...adding(at.api), '--mapping', file)).code).toBe(0);
    write((own) => Object.assign(own.resources[0] as object, { colour: 'red' }));
    const add = await here.run(...adding(at.api, 'other'), '--mapping', file);
    expectSentence(add, 1, /In the mapping file own\.json, resources .*colour/);
    const sync = await here.sync(at.day1, '--json');
    expect(sync.code).toBe(1);
    expect(jsonLines(sync).at(-1)).toMatchObject({ type: 'error', code: 'mapping-invalid' });
  });
});
