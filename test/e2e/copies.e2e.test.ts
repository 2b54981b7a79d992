/** Copies of the ledger: made, one put in the ledger's place, and the connection brought up to date by one button. */
import { expect, test } from 'vitest';
import { openStage, overflows, withBrowser } from './stage.ts';

withBrowser();

test('A copy is made, restored after a question, and the ledger brought up to date', async () => {
  const stage = await openStage({ connection: 'north', isKillable: true });
  const { page, app, expectAccessible, shoot } = stage;
  const main = page.getByRole('main');
  await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
  const copies = main.getByRole('region', { name: 'Copies of the ledger' });
  await copies.getByText('There is none yet').waitFor();
  await copies.getByRole('button', { name: 'Make a copy now' }).click();
  await copies.getByText('The last was made').waitFor();
  expect((await app.call('backups.show', {})).copies).toHaveLength(1);

  await app.call('connections.update', { name: 'north', newName: 'south', test: false });
  await copies.getByText('Restore one of them').click();
  await copies.scrollIntoViewIfNeeded();
  await expectAccessible();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('settings-copies');
  await copies.getByRole('button', { name: /^Restore the copy of / }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByText('is set aside in the data folder, and not deleted').waitFor();
  // Enter alone destroys nothing.
  await expect.poll(stage.focused).toBe('Cancel');
  await expectAccessible();
  await shoot('settings-copies-restore');
  await dialog.getByRole('button', { name: 'Restore the copy' }).click();

  await main.getByText('The ledger was restored from a copy').waitFor();
  await expect.poll(async () => (await app.call('connections.list', {})).map(({ name }) => name)).toEqual(['north']);
  await main.getByRole('button', { name: 'Bring it up to date now' }).scrollIntoViewIfNeeded();
  await expectAccessible();
  await shoot('ledger-restored');
  await shoot('ledger-restored-dark', 'dark');
  await main.getByRole('button', { name: 'Bring it up to date now' }).click();
  await main.getByText('The ledger was restored from a copy').waitFor({ state: 'detached' });
  expect((await app.call('backups.show', {})).restored).toMatchObject({ why: 'asked', behind: [] });
  // Where it is looked for later.
  await copies.getByText('As asked, the ledger was set aside').waitFor();
});
