import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeExport } from './exports.ts';
import { openStage, overflows, type Stage, withBrowser } from './stage.ts';

withBrowser();

/** What the dialog of the system would give. */
const choose = ({ page, choosePath }: Stage, what: RegExp, target: string): Promise<unknown> =>
  choosePath(() => page.getByRole('button', { name: what }).click(), target);

/** A real file, so that the desktop can tell where it lies. */
async function drop({ page }: Stage, target: string): Promise<void> {
  await page.evaluate(() => {
    const input = document.createElement('input');
    input.type = 'file';
    input.id = 'dropped';
    document.body.append(input);
  });
  await page.locator('#dropped').setInputFiles(target);
  await page.locator('#dropped').evaluate((input: HTMLInputElement) => {
    const data = new DataTransfer();
    for (const file of input.files ?? []) data.items.add(file);
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    input.remove();
  });
}

test('An export is chosen, looked at, used, and sent on a schedule', async () => {
  const stage = await openStage({ connection: 'north' });
  const { page, app, folder, expectAccessible, shoot, focused } = stage;
  const source = writeExport(path.join(folder, 'sis-export'));
  const show = () => app.call('sources.show', { connection: 'north' });
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Sources' }).click();
  await page.getByRole('heading', { name: 'Which export is sent?' }).waitFor();
  await expectAccessible();
  await shoot('sources-first');

  await choose(stage, /^Choose a folder/, source);
  await page.getByRole('heading', { name: 'Is this the right export?' }).waitFor();
  const tables = page.getByRole('grid', { name: 'Tables of the export' });
  await tables.getByRole('row', { name: 'Enrollments' }).getByText('4,078').waitFor();
  expect((await show()).path).toBe(null);
  await expectAccessible();
  await shoot('sources-candidate');

  // The first rows, on demand.
  await tables.getByRole('row', { name: 'Users' }).click();
  const dialog = page.getByRole('dialog', { name: 'users.csv' });
  await expect.poll(() => dialog.getByRole('cell').count()).toBe(0);
  await shoot('sources-columns');
  await dialog.getByRole('button', { name: 'Show the first 5 rows' }).click();
  await dialog.getByRole('columnheader', { name: '5th row' }).waitFor();
  await shoot('sources-rows');
  await expectAccessible();
  await dialog.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Use this export' }).click();
  await page.getByText('Found', { exact: true }).waitFor();
  await tables.waitFor();
  expect(await show()).toMatchObject({ path: source, isThere: true, lastSent: null, vanished: 'delete' });
  // The first time, what would be sent is seen before it is.
  await expect.poll(() => page.getByRole('button', { name: 'Send now' }).count()).toBe(0);
  await expectAccessible();
  await shoot('sources');
  await shoot('sources-dark', 'dark');
  await shoot('sources-forced', 'forced');

  // Times of day, quiet hours, and a pause.
  const form = page.getByRole('form', { name: 'The schedule' });
  await form.getByRole('radio', { name: 'At times of day' }).press('Space');
  await form.getByLabel('Time 1', { exact: true }).fill('06:30');
  await form.getByRole('button', { name: 'Another time' }).click();
  const save = form.getByRole('button', { name: 'Save the schedule' });
  await expect.poll(() => save.isDisabled()).toBe(true);
  await form.getByText('Enter each time, or take it away.').waitFor();
  await form.getByLabel('Time 2', { exact: true }).fill('13:15');
  for (const day of ['Sat', 'Sun']) await form.getByRole('button', { name: day }).click();
  await form.getByText('Quiet hours').click();
  await form.getByText('Pause until a day').click();
  await form.getByLabel('Paused until').fill('2099-08-01');
  await form
    .getByText(
      /^Not saved yet\. At 6:30 AM and 1:15 PM, Monday to Friday, but not from 10:00 PM to 5:00 AM, and not before August 1, 2099\.$/,
    )
    .waitFor();
  await expectAccessible();
  await form.scrollIntoViewIfNeeded();
  await shoot('sources-schedule');
  await shoot('sources-schedule-dark', 'dark');
  await save.click();
  await page.getByText('The schedule was saved.').waitFor();
  expect(await app.call('schedule.show', { connection: 'north' })).toMatchObject({
    state: 'paused',
    schedule: {
      when: { kind: 'times', times: ['06:30', '13:15'], days: [1, 2, 3, 4, 5] },
      quiet: { from: '22:00', to: '05:00' },
    },
  });
  await page.getByText('Paused', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await app.call('schedule.show', { connection: 'north' })).state).toBe('off');

  // The rule for what vanished: keeping is done, deleting is asked.
  await page.getByRole('radio', { name: /^It stays at the API/ }).press('Space');
  await page.getByText('What is no longer in the export stays').waitFor();
  expect((await show()).vanished).toBe('keep');
  await page.getByRole('radio', { name: /^It is deleted at the API/ }).press('Space');
  const alert = page.getByRole('alertdialog');
  await alert.getByText('Nothing is deleted now.').waitFor();
  await expect.poll(focused).toBe('Cancel');
  await expectAccessible();
  await shoot('sources-vanished');
  await alert.getByRole('button', { name: 'Cancel' }).click();
  expect((await show()).vanished).toBe('keep');

  // Once it has been sent, it is sent by one press.
  await app.call('sync.run', { connection: 'north', approve: true });
  await page.getByRole('button', { name: 'Send now' }).click();
  await page.getByText(/^(Nothing had changed|Sent: )/).waitFor();
  await expectAccessible();
  await shoot('sources-sent');
});

test('What is wrong with an export is said before it is used, and an export that has gone is no disaster', async () => {
  const stage = await openStage({ connection: 'north' });
  const { page, app, folder, expectAccessible, shoot } = stage;
  const source = writeExport(path.join(folder, 'sis-export'));
  const half = writeExport(path.join(folder, 'half'), {
    enrollments: (rows) => rows.slice(0, 900),
    users: (rows) => rows.slice(0, 400),
  });
  const broken = writeExport(path.join(folder, 'broken'));
  writeFileSync(path.join(broken, 'users.csv'), 'sourcedId,status\r\n"1');
  const empty = path.join(folder, 'empty.zip');
  writeFileSync(empty, 'no zip');
  await app.call('sources.set', { connection: 'north', path: source });
  await page.goto(`${page.url().split('#')[0]}#/sources/north`);
  await page.getByText('Found', { exact: true }).waitFor();

  await choose(stage, /^Another folder/, broken);
  await page.getByText('It cannot be used as it is').waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'Use this export' }).count()).toBe(0);
  await expectAccessible();
  await shoot('sources-broken');

  await choose(stage, /^Another folder/, half);
  await page.getByText('It holds clearly less than the export that is used now').waitFor();
  await page.getByText('enrollments.csv has 900 rows; the one used now has 4,078 rows.').waitFor();
  await expectAccessible();
  await shoot('sources-less');
  await page.getByRole('button', { name: 'Keep the one used now' }).click();
  await page.getByText('Found', { exact: true }).waitFor();

  await choose(stage, /^Another zip/, empty);
  await page.getByText('It cannot be used as it is').waitFor();
  await page.getByRole('button', { name: 'Keep the one used now' }).click();

  await drop(stage, empty);
  if (stage.form === 'electron') {
    await page.getByText('It cannot be used as it is').waitFor();
    await page.getByRole('button', { name: 'Keep the one used now' }).click();
  } else await page.getByText('A browser does not tell where a dropped folder lies.').waitFor();

  renameSync(source, `${source}-away`);
  await page.reload();
  await page.getByText('There is nothing at this place').waitFor();
  await expectAccessible();
  await shoot('sources-gone');
  rmSync(`${source}-away`, { recursive: true });

  await page.getByRole('button', { name: 'Use no export' }).click();
  await page.getByRole('heading', { name: 'Which export is sent?' }).waitFor();
  expect((await app.call('sources.show', { connection: 'north' })).path).toBe(null);
});

test('By keyboard alone: choose, use, and send when it changes; at 200 % zoom nothing is lost', async () => {
  const { page, app, folder, form, choosePath, tabTo, shoot } = await openStage({
    connection: 'north',
    viewport: { width: 683, height: 384 },
  });
  const source = writeExport(path.join(folder, 'sis-export'));
  const { keyboard } = page;
  await page.goto(`${page.url().split('#')[0]}#/sources`);
  await page.getByRole('heading', { name: 'Which export is sent?' }).waitFor();
  await expect.poll(() => overflows(page)).toBe(false);
  await tabTo(/^Choose a folder/);
  if (form === 'browser') {
    await keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('option').first().waitFor();
    await tabTo('Folder');
    await keyboard.press('Control+a');
    await keyboard.type(source);
    await tabTo('Choose');
    await keyboard.press('Enter');
  } else await choosePath(() => keyboard.press('Enter'), source);
  await page.getByRole('grid').getByRole('row').nth(1).waitFor();
  await expect.poll(() => overflows(page)).toBe(false);
  await tabTo('Use this export');
  await keyboard.press('Enter');
  await page.getByText('Found', { exact: true }).waitFor();
  await tabTo(/^Only when you send/);
  for (let i = 0; i < 3; i += 1) await keyboard.press('ArrowDown');
  await tabTo('Save the schedule');
  await keyboard.press('Enter');
  await page.getByText('Watching', { exact: true }).waitFor();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('sources-zoom');
  expect(await app.call('schedule.show', { connection: 'north' })).toMatchObject({
    state: 'watching',
    schedule: { when: { kind: 'export' } },
  });
});
