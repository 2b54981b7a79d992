import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryStore } from '../../core/connections/secrets.ts';

test('a store in memory keeps, replaces and removes', async () => {
  const store = createMemoryStore();
  expect(await store.get('a')).toBeUndefined();
  await store.set('a', '1');
  await store.set('b', '2');
  await store.set('a', '3');
  expect([await store.get('a'), await store.get('b')]).toEqual(['3', '2']);
  await store.remove('a');
  await store.remove('never there');
  expect(await store.get('a')).toBeUndefined();
  expect(await createMemoryStore().get('b')).toBeUndefined();
});

const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const hasKeyring = has('dbus-run-session') && has('gnome-keyring-daemon');
const MODULE = JSON.stringify(new URL('../../core/connections/secrets.ts', import.meta.url).href);

/** The daemon takes its name on the bus a moment after it has gone into the background: longer on a busy machine. */
const UNTIL_THERE = `for i in $(seq 100); do dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
  org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q true && break; sleep 0.1; done`;

/** Runs a script in a session with a keyring of its own, in a home that is gone afterwards. */
function inKeyring(script: string, withKeyring = true): unknown {
  const home = mkdtempSync(path.join(tmpdir(), 'rollbook-keyring-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const file = path.join(home, 'script.mjs');
  writeFileSync(file, script);
  const unlock = withKeyring
    ? `printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; ${UNTIL_THERE}; `
    : '';
  const run = `${unlock}exec '${process.execPath}' --disable-warning=ExperimentalWarning '${file}'`;
  const { stdout, stderr, status } = spawnSync('dbus-run-session', ['--', 'sh', '-c', run], {
    env: { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: path.join(home, 'data') },
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (status !== 0) throw new Error(`the script ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

test.skipIf(!hasKeyring)(
  'the keyring of the system keeps a secret between two openings (skipped without gnome-keyring)',
  () => {
    const told = inKeyring(`
    import { openKeychain } from ${MODULE};
    const first = await openKeychain();
    const before = await first.get('connection 1 home');
    await first.set('connection 1 home', 'a secret: äöü');
    await first.set('connection 2 home', 'another');
    const second = await openKeychain();
    const after = await second.get('connection 1 home');
    await second.set('connection 1 home', 'changed');
    const changed = await first.get('connection 1 home');
    await first.remove('connection 1 home');
    await first.remove('never there');
    console.log(JSON.stringify({ before: before ?? null, after, changed, gone: (await second.get('connection 1 home')) ?? null,
      other: await second.get('connection 2 home') }));
  `);
    expect(told).toEqual({ before: null, after: 'a secret: äöü', changed: 'changed', gone: null, other: 'another' });
  },
);

test.skipIf(!hasKeyring)(
  'without a secret service there is no keychain, rather than one that forgets (skipped without dbus)',
  () => {
    expect(
      inKeyring(
        `
      process.env.DBUS_SESSION_BUS_ADDRESS = 'unix:path=/nowhere';
      const { openKeychain } = await import(${MODULE});
      console.log(JSON.stringify({ keychain: (await openKeychain()) === undefined ? 'none' : 'some' }));
    `,
        false,
      ),
    ).toEqual({ keychain: 'none' });
  },
);

test.skipIf(!hasKeyring)(
  'the engine keeps its secrets in the keyring of the system, and nowhere else (skipped without gnome-keyring)',
  () => {
    const at = (file: string): string => JSON.stringify(new URL(`../../core/${file}`, import.meta.url).href);
    const told = inKeyring(`
    import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
    import path from 'node:path';
    import { findCredentialsAsync } from ${JSON.stringify(import.meta.resolve('keytar'))};
    import { createEngine } from ${at('engine.ts')};
    import { openKeychain } from ${MODULE};
    import { startSandbox } from ${at('sandbox/server.ts')};

    const clients = [{ key: 'one', secret: 'canary-one' }, { key: 'two', secret: 'canary-two' }];
    const api = await startSandbox({ clients });
    const folder = path.join(process.env.HOME, 'rollbook');
    mkdirSync(folder);
    const said = [];
    const open = async () => createEngine({ folder, keychain: await openKeychain(), secret: undefined, now: Date.now,
      emit: (event) => said.push(event) });
    const kept = async () => (await findCredentialsAsync('Rollbook')).map(({ password }) => password)
      .filter((secret) => secret.startsWith('canary')).sort();
    const ask = async (engine, command, input) => {
      const answer = await engine.handle(command, input);
      said.push(answer);
      return answer;
    };
    const last = (answer) => answer.ok.at(-1).step;

    let engine = await open();
    const base = { name: 'here', url: api.url, studentId: 'identifier' };
    const added = await ask(engine, 'connections.add', { ...base, key: 'one', secret: 'canary-one' });
    const afterAdding = await kept();
    await engine.close();
    engine = await open();
    const tested = last(await ask(engine, 'connections.test', { name: 'here' }));
    await ask(engine, 'connections.rotate', { name: 'here', key: 'two', secret: 'canary-two' });
    const afterRotating = await kept();
    await engine.close();
    engine = await open();
    const testedAgain = last(await ask(engine, 'connections.test', { name: 'here' }));
    const onDisk = readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name))
      .filter((file) => statSync(file).isFile() && /canary/.test(readFileSync(file, 'latin1')));
    await ask(engine, 'connections.remove', { name: 'here' });
    const afterRemoving = await kept();
    await engine.close();
    await api.close();
    console.log(JSON.stringify({ secretKept: added.ok.secretKept, afterAdding, tested, afterRotating, testedAgain, afterRemoving,
      onDisk, said: JSON.stringify(said).includes('canary') }));
  `);
    expect(told).toEqual({
      secretKept: true,
      afterAdding: ['canary-one'],
      tested: 'round-trip',
      afterRotating: ['canary-two'],
      testedAgain: 'round-trip',
      afterRemoving: [],
      onDisk: [],
      said: false,
    });
  },
);
