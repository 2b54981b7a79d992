/** Settings: each choice holds at once or is saved, survives a reload, and says what it cannot be. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { describeCertificate } from '../../core/connections/certificates.ts';
import type { HostState } from '../../core/contract/host.ts';
import { prepareDemo } from '../../electron/loopback/demo.ts';
import { openStage, overflows, type Stage, withBrowser } from './stage.ts';

withBrowser();

async function openSettings(options: Parameters<typeof openStage>[0] = { connection: 'north' }): Promise<Stage> {
  const stage = await openStage(options);
  await stage.page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
  await stage.page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  return stage;
}

test('What Rollbook looks like, how much it sends and by which way are chosen by keyboard', async () => {
  const { page, app, folder, form, chooseText, expectAccessible, shoot, tabTo, focused } = await openSettings();
  const main = page.getByRole('main');
  const region = (name: string) => main.getByRole('region', { name, exact: true });
  await main.getByText('None was added.').waitFor();
  // What a browser cannot do is not offered.
  await expect.poll(() => region('On this computer').count()).toBe(form === 'browser' ? 0 : 1);
  await expectAccessible();
  await shoot('settings');
  await shoot('settings-dark', 'dark');
  await shoot('settings-forced', 'forced');

  // The radio that is chosen is where Tab comes to.
  const root = page.locator('html');
  await tabTo('As the system has it');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => root.getAttribute('data-theme')).toBe('dark');
  await tabTo('Comfortable');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => root.getAttribute('data-density')).toBe('compact');
  await shoot('settings-dark-compact');
  await page.reload();
  await expect.poll(() => root.getAttribute('data-theme')).toBe('dark');
  await expect.poll(() => root.getAttribute('data-density')).toBe('compact');
  await region('Appearance').getByRole('radio', { name: 'As the system has it' }).press('Space');
  await region('Appearance').getByRole('radio', { name: 'Comfortable' }).press('Space');
  await expect.poll(() => root.getAttribute('data-theme')).toBe('system');

  const sending = region('Sending');
  await tabTo(/^As many as help/);
  await page.keyboard.press('ArrowDown');
  await tabTo('At most');
  await page.keyboard.type('500');
  await sending.getByText('Enter a whole number, from 1 to 256.').waitFor();
  await expect.poll(() => sending.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await sending.getByLabel('At most', { exact: true }).fill('100');
  await page.keyboard.press('Enter');
  await sending.getByText('Rollbook opens 64 connections to an API at once at most').waitFor();
  await expectAccessible();
  await shoot('settings-sending-refused');
  await sending.getByLabel('At most', { exact: true }).fill('4');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await app.call('settings.show', {})).concurrency).toBe(4);

  const proxy = region('Proxy');
  const address = proxy.getByLabel('Address of the proxy');
  await address.fill('http://user:pass@proxy.district.org');
  await address.press('Enter');
  await proxy.getByText('must not hold a name or a password').waitFor();
  await proxy.scrollIntoViewIfNeeded();
  await expectAccessible();
  await shoot('settings-proxy-refused');
  await address.fill('proxy.district.org:8080');
  await address.press('Enter');
  await expect.poll(() => address.inputValue()).toBe('http://proxy.district.org:8080');
  expect((await app.call('settings.show', {})).proxy).toBe('http://proxy.district.org:8080');

  const certificates = region('Certificates');
  await certificates.getByRole('checkbox', { name: /Trust what this computer trusts/ }).press('Space');
  await expect.poll(async () => (await app.call('settings.show', {})).systemCertificates).toBe(false);
  const add = async (name: string, text: string): Promise<void> => {
    writeFileSync(path.join(folder, name), text);
    const press = (): Promise<void> => certificates.getByRole('button', { name: 'Add a certificate …' }).click();
    await chooseText(press, path.join(folder, name));
  };
  await add('key.pem', '-----BEGIN SOMETHING-----');
  await certificates.getByRole('alert').getByText('The certificate cannot be read').waitFor();
  const [pem = ''] = rootCertificates.filter((one) => describeCertificate(one).until > Date.now() + 3e10);
  const { subject } = describeCertificate(pem);
  await add('ours.pem', `Ours\n${pem}\n`);
  await certificates.getByText(subject).first().waitFor();
  await certificates.scrollIntoViewIfNeeded();
  await expectAccessible();
  await shoot('settings-certificate');
  await certificates.getByRole('button', { name: `Remove ${subject} …` }).click();
  const remove = page.getByRole('alertdialog', { name: 'Remove the certificate?' });
  await expect.poll(focused).toBe('Cancel');
  await expectAccessible();
  await shoot('settings-certificate-remove');
  await remove.getByRole('button', { name: 'Remove the certificate' }).click();
  await certificates.getByText('None was added.').waitFor();
  // It can be walked back from.
  await page.getByRole('button', { name: 'Undo' }).click();
  await certificates.getByText(subject).first().waitFor();
  expect((await app.call('settings.show', {})).ca).toHaveLength(1);

  const about = region('About');
  await about.getByText('0.1.0').waitFor();
  await about.getByRole('button', { name: 'Show the licenses' }).click();
  const licenses = page.getByRole('dialog', { name: 'Licenses' });
  await licenses.getByText('Apache License').first().waitFor();
  await expectAccessible();
  await shoot('settings-licenses');
  await page.keyboard.press('Escape');
  await licenses.waitFor({ state: 'detached' });
  await region('Data folder').getByText(path.join(folder, 'data')).waitFor();
  await region('Data folder').getByText('How to move it').click();
  await region('Data folder').scrollIntoViewIfNeeded();
  await expectAccessible();
  await shoot('settings-data-folder');
});

test('The practice API is stopped, started, put into bad weather and forgotten', async () => {
  const { page, app, expectAccessible, shoot, focused } = await openSettings({
    api: false,
    prepare: async (loopback) => {
      await prepareDemo(loopback);
    },
  });
  const practice = page.getByRole('region', { name: 'Practice district', exact: true });
  await practice.getByText('Runs', { exact: true }).waitFor();
  await practice.getByRole('radio', { name: /^Nothing/ }).waitFor();
  await practice.scrollIntoViewIfNeeded();
  await expectAccessible();
  await shoot('settings-practice');
  await practice.getByRole('radio', { name: /^Connections break, and nothing was done/ }).press('Space');
  await page.getByRole('status').getByText('break on the way there now').waitFor({ state: 'attached' });
  expect((await app.practice.state()).weather).toBe('dropped-before');
  // A batch comes through it.
  const [, day2 = ''] = (await app.practice.state()).exports;
  const { state, account, left } = await app.call('sync.run', {
    connection: 'Practice district',
    source: day2,
    approve: true,
  });
  expect({ state, left, failed: account.failed }).toEqual({ state: 'done', left: 0, failed: 0 });
  expect(account.created).toBeGreaterThan(0);

  await practice.getByRole('button', { name: 'Stop the practice API' }).click();
  await practice.getByText('Off', { exact: true }).waitFor();
  await expect.poll(() => practice.getByRole('radio').count()).toBe(0);
  await expectAccessible();
  await shoot('settings-practice-off');
  await practice.getByRole('button', { name: 'Start the practice API' }).click();
  await practice.getByText('Runs', { exact: true }).waitFor();
  await expect.poll(() => practice.getByRole('radio', { name: /^Nothing/ }).isChecked()).toBe(true);
  await practice.getByRole('button', { name: 'Forget all of it …' }).click();
  const forget = page.getByRole('alertdialog', { name: 'Forget the practice district?' });
  await forget.getByText('Records known as sent').waitFor();
  await expect.poll(focused).toBe('Cancel');
  await expectAccessible();
  await shoot('settings-practice-forget');
  await forget.getByRole('button', { name: 'Forget the practice district' }).click();
  await expect.poll(async () => (await app.practice.state()).connection).toBe(null);
  expect(await app.call('connections.list', {})).toEqual([]);
  // Without a connection there is no navigation: a link leads back.
  await page.getByRole('link', { name: /Welcome/ }).click();
  await page.getByRole('heading', { name: 'Welcome to Rollbook' }).waitFor();
});

test('What the desktop offers is there where it is offered', async () => {
  const { page, form, expectAccessible, shoot } = await openStage({ connection: 'north' });
  if (form !== 'browser') {
    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
    const tell = page.getByRole('region', { name: 'On this computer' }).getByRole('checkbox', { name: /^Tell me/ });
    await expect.poll(() => tell.isChecked()).toBe(true);
    await tell.press('Space');
    await expect.poll(() => tell.isChecked()).toBe(false);
    await page.reload();
    await tell.waitFor({ state: 'attached' });
    await expect.poll(() => tell.isChecked()).toBe(false);
    await expectAccessible();
    return;
  }
  // A browser's host has none of it: its own answer, as the desktop's would be.
  let offered: Partial<HostState> = {
    openAtLogin: false,
    notifications: true,
    update: { state: 'ready', version: '0.2.0' },
  };
  await page.route('**/call/host.*', async (route) => {
    if (route.request().url().endsWith('host.setOpenAtLogin')) offered = { ...offered, openAtLogin: true };
    const { ok } = (await (await page.request.post(stateOf(page.url()), post(page.url()))).json()) as { ok: HostState };
    await route.fulfill({ json: { ok: { ...ok, ...offered } } });
  });
  await page.reload();
  await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
  const system = page.getByRole('region', { name: 'On this computer' });
  await system.getByText('Version 0.2.0 is ready.').waitFor();
  await system.getByRole('button', { name: 'Restart and install' }).waitFor();
  await expect.poll(() => system.getByRole('checkbox', { name: /^Tell me/ }).isChecked()).toBe(true);
  await expectAccessible();
  await shoot('settings-desktop');
});

const stateOf = (address: string): string => `${address.split('#')[0]}call/host.state`;
const post = (address: string) => ({ data: {}, headers: { origin: new URL(address).origin } });

test('At 200 % zoom the settings lose nothing', async () => {
  const { page, shoot } = await openStage({ connection: 'north', viewport: { width: 683, height: 384 } });
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('How to move it').click();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('settings-zoom');
});
