/**
 * The specs' way on the desktop: main, preload, bridge, scheme, the system's dialogs, a dead engine and a closed lid. Here
 * with a stand-in for Electron, and in the workflow of the three systems, where the same is asked of Electron itself.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeExport } from './exports.ts';
import { formOf } from './host.ts';
import { environmentFor, findElectron } from './run-electron.ts';
import { openStage, withBrowser } from './stage.ts';

const told = formOf(process.env.ROLLBOOK_E2E);
withBrowser(told === 'browser' ? 'stand-in' : told);

test('What shows the screens is chosen, and nothing else is taken for a choice', () => {
  expect(['', undefined, 'browser', 'electron', 'stand-in'].map(formOf)).toEqual([
    'browser',
    'browser',
    'browser',
    'electron',
    'stand-in',
  ]);
  expect(() => formOf('yes')).toThrow('ROLLBOOK_E2E is one of browser, electron, stand-in.');
});

test('Without what is to be run, the run fails with a sentence', async () => {
  await expect(findElectron('/nowhere/main.js')).rejects.toThrow('run npm run build first');
});

test('Main sees the data folder of its spec, and no option or secret of the run', () => {
  process.env.ROLLBOOK_SECRET = 'SENTINEL';
  try {
    const environment = environmentFor({ folder: '/somewhere', isKillable: true });
    expect(environment).toMatchObject({ ROLLBOOK_DATA: path.join('/somewhere', 'data'), ROLLBOOK_KEYCHAIN: 'off' });
    expect(Object.keys(environment)).not.toContain('NODE_OPTIONS');
    expect(Object.values(environment)).not.toContain('SENTINEL');
  } finally {
    delete process.env.ROLLBOOK_SECRET;
  }
});

test('An export chosen in the dialog of the system is sent, and the bundle goes where that says', async () => {
  const { page, app, api, folder, choosePath, expectAccessible } = await openStage({ connection: 'north' });
  expect(await page.evaluate(() => location.origin)).not.toContain('127.0.0.1');
  const source = writeExport(path.join(folder, 'export'));
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Sources' }).click();
  const open = (): Promise<void> => page.getByRole('button', { name: /^Choose a folder/ }).click();
  // A dialog that is left without a choice changes nothing.
  await open();
  // Asked after the dialog, this is answered after it: the dialog does not take what the next one is to answer.
  expect(await app.call('sources.show', { connection: 'north' })).toMatchObject({ path: null });
  await page.getByRole('heading', { name: 'Which export is sent?' }).waitFor();
  await choosePath(open, source);
  await page.getByRole('button', { name: 'Use this export' }).click();
  await page.getByText('Found', { exact: true }).waitFor();
  await expectAccessible();
  expect(await app.call('sources.show', { connection: 'north' })).toMatchObject({ path: source });
  await expect(app.call('sources.show', { connection: 'south' })).rejects.toThrow('south');
  const { account } = await app.call('sync.run', { connection: 'north', approve: true });
  expect((await api.requests()).POST).toBeGreaterThanOrEqual(account.created);

  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Support' }).click();
  const file = path.join(folder, 'for-support.zip');
  const save = (): Promise<void> => page.getByRole('button', { name: 'Save the bundle …' }).click();
  expect(path.basename(await choosePath(save, file))).toMatch(/^rollbook-support-.*\.zip$/);
  await page.getByRole('alert').getByText('The bundle was saved. Nothing was sent.').waitFor();
  expect(existsSync(file)).toBe(true);
});

test('An engine that dies comes back with what it knew, and a closed lid is seen', async () => {
  const { page, app } = await openStage({ connection: 'north', isKillable: true });
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await app.killEngine();
  const away = page.getByText('The engine stopped and is being started again');
  await away.waitFor();
  await away.waitFor({ state: 'detached' });
  expect(await app.call('connections.list', {})).toHaveLength(1);
  const steps = await app.call('connections.test', { name: 'north' });
  expect(JSON.stringify(steps)).not.toContain('"failed"');
  await app.setOnline(false);
  const online = (): Promise<boolean> =>
    page.evaluate(async () => {
      const answer = await window.rollbook?.commands['host.state']({});
      return answer !== undefined && 'ok' in answer && answer.ok.online;
    });
  await expect.poll(online).toBe(false);
  await app.setOnline(true);
  await expect.poll(online).toBe(true);
});
