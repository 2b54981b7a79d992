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

/** Runs a script in a session with a keyring of its own, in a home that is gone afterwards. */
function inKeyring(script: string, withKeyring = true): unknown {
  const home = mkdtempSync(path.join(tmpdir(), 'rollbook-keyring-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const file = path.join(home, 'script.mjs');
  writeFileSync(file, script);
  const unlock = withKeyring
    ? "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; "
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
