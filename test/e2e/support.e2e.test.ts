/** Support: what would leave, read and saved; a reference looked up; labels; how long the past is kept. */
import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { describeFindings } from '../../core/support/bundle/scan.ts';
import { openStage, overflows, type Stage, withBrowser } from './stage.ts';

withBrowser();

const CONNECTION = 'Larkspur 2026-27';

/** A district in which things are wrong was sent, and then again with some of its causes gone. */
async function openSupport(): Promise<Stage & { readonly source: string }> {
  const stage = await openStage({ connection: CONNECTION });
  const { app, page, folder } = stage;
  const source = path.join(folder, 'export');
  await writeDistrict({ out: source, students: 60, seed: 7 });
  const send = () => app.call('sync.run', { connection: CONNECTION, source, approve: true });
  await send();
  const { groups } = await app.call('problems.list', { connection: CONNECTION });
  for (const { code, subject, value, suggestions } of groups) {
    const [best] = suggestions;
    if (code !== 'descriptor-unmapped' || subject === null || value === null || best === undefined) continue;
    await app.call('descriptors.map', { connection: CONNECTION, type: subject, code: value, uri: best.uri });
  }
  await send();
  await page.getByRole('navigation').getByRole('link', { name: 'Support' }).click();
  await page.getByRole('heading', { level: 1, name: 'Support' }).waitFor();
  return { ...stage, source };
}

test('What would leave is read to the last line, saved and found again', async () => {
  const { page, app, folder, source, choosePath, expectAccessible, shoot, tabTo, focused } = await openSupport();
  const main = page.getByRole('main');
  await main.getByRole('heading', { name: 'The bundle for support' }).waitFor();
  await expect.poll(() => page.title()).toBe('Support · Rollbook');
  await main.getByText(CONNECTION).first().waitFor();
  await expectAccessible();
  await shoot('support');
  await shoot('support-dark', 'dark');
  await shoot('support-forced', 'forced');

  // By keyboard alone: looked at, read file by file, saved.
  await tabTo('Show what would leave');
  await page.keyboard.press('Enter');
  const files = main.getByRole('tablist', { name: 'Files of the bundle' });
  await files.waitFor();
  await expect.poll(focused).toBe('What would leave');
  await shoot('support-looked');
  const shown = await app.call('support.preview', {});
  await expect.poll(() => files.getByRole('tab').count()).toBe(shown.files.length);
  await tabTo(/^groups\.json/);
  await page.keyboard.press('ArrowDown');
  const text = (name: string) => main.getByRole('tabpanel').getByRole('region', { name });
  await text('batches.json').waitFor();
  const batches = shown.files.find(({ name }) => name === 'batches.json')?.text ?? '';
  await expect
    .poll(() => text('batches.json').locator('code').allTextContents())
    .toEqual(batches.split('\n').slice(0, 400));
  await page.keyboard.press('ArrowDown');
  await text('connections.json').waitFor();
  // What has more lines than are shown at once goes on at a press.
  await main.getByText(/^Lines 1 to 400 of [\d,]+$/).waitFor();
  await main.getByRole('button', { name: 'Later lines' }).click();
  await main.getByText(/^Lines 401 to 800 of [\d,]+$/).waitFor();
  // The page for support is shown as the text it is.
  await files.getByRole('tab', { name: /^index\.html/ }).click();
  await text('index.html').getByText('<!doctype html>').waitFor();
  expect(await page.frames()).toHaveLength(1);
  await files.getByRole('tab', { name: /^groups\.json/ }).click();
  await expectAccessible();
  await shoot('support-preview');
  await text('groups.json').scrollIntoViewIfNeeded();
  await shoot('support-files');
  await shoot('support-files-dark', 'dark');
  await shoot('support-files-forced', 'forced');

  // No name of the export is in it; a word of the specification is.
  const users = Papa.parse<Record<string, string>>(readFileSync(path.join(source, 'users.csv'), 'utf8'), {
    header: true,
    skipEmptyLines: true,
  }).data;
  const seek = main.getByRole('searchbox', { name: 'Is a name or a number in it?' });
  for (const one of [users[0]?.familyName, users[0]?.identifier]) {
    await seek.fill(one ?? '');
    await main.getByText(`It is in none of the ${shown.files.length} files.`).waitFor();
  }
  await shoot('support-not-in-it');
  await seek.fill('birthDate');
  await main.getByRole('button', { name: /^groups\.json, line \d+/ }).click();
  await expect.poll(() => text('groups.json').locator('[class*=marked]').textContent()).toContain('birthDate');
  await shoot('support-in-it');
  await seek.fill('');

  await seek.focus();
  await tabTo('Save the bundle …');
  const out = path.join(folder, 'for-support.zip');
  const press = (): Promise<void> => page.keyboard.press('Enter');
  expect(await choosePath(press, path.join(folder, 'none', 'x.zip'))).toMatch(/rollbook-support-\d{4}-\d\d-\d\d\.zip$/);
  await main.getByRole('alert').getByText('the folder it was to go to is not there').waitFor();
  await expect.poll(focused).toBe('Save the bundle …');
  await choosePath(press, out);
  const saved = main.getByRole('alert').filter({ hasText: 'The bundle was saved.' });
  await saved.waitFor();
  expect(await saved.textContent()).toContain(out);
  expect(await saved.textContent()).toContain(hash('sha256', readFileSync(out)));
  await saved.getByRole('button', { name: 'Show in folder' }).waitFor();
  await saved.scrollIntoViewIfNeeded();
  await expectAccessible();
  await shoot('support-saved');
  expect(existsSync(out)).toBe(true);
});

test('A bundle that the last check stops is told of, with the places and no value', async () => {
  const { page, refuse, expectAccessible, shoot } = await openSupport();
  // Nothing that can be entered brings a bundle to be stopped: so the engine's answer is put in its place here.
  const sentence = describeFindings([
    { file: 'groups.json', line: 12, kind: 'unknown-word' },
    { file: 'events.jsonl', line: 3, kind: 'email' },
  ]);
  await refuse('support.preview', { code: 'internal', sentence, details: { findings: 2 } });
  await page.getByRole('button', { name: 'Show what would leave' }).click();
  const told = page.getByRole('alert').filter({ hasText: 'The last check stopped the bundle' });
  await told.getByText('groups.json, line 12').waitFor();
  await expect.poll(() => page.getByRole('tablist').count()).toBe(0);
  await expectAccessible();
  await shoot('support-stopped');
});

test('A reference leads to its record, a label to no name, and the past is kept as long as is said', async () => {
  const { page, app, expectAccessible, shoot, focused } = await openSupport();
  const main = page.getByRole('main');
  const region = (name: string) => main.getByRole('region', { name, exact: true });

  const reference = region('What a reference stands for');
  const field = reference.getByLabel('Reference', { exact: true });
  await field.fill('Mary');
  await field.press('Enter');
  await reference.getByRole('alert').waitFor();
  await shoot('support-no-reference');
  const { groups } = await app.call('problems.list', { connection: CONNECTION });
  const group = groups[0]?.group ?? '';
  const { records } = await app.call('problems.records', { connection: CONNECTION, group });
  const named = await app.call('records.reference', { connection: CONNECTION, id: records[0]?.id ?? 0 });
  await field.fill(named.reference.toLowerCase());
  await field.press('Enter');
  await reference.getByText(named.reference, { exact: true }).waitFor();
  await reference.getByRole('link', { name: CONNECTION }).waitFor();
  await reference.scrollIntoViewIfNeeded();
  await expectAccessible();
  await shoot('support-reference');
  expect(page.url()).not.toContain('R-');

  const labels = region('How support hears of your connections');
  await labels.getByText('C1').waitFor();
  await labels.getByRole('button', { name: `Change how support hears of ${CONNECTION}` }).click();
  const change = page.getByRole('dialog', { name: 'How support hears of it' });
  await change.getByRole('button', { name: /is to support/ }).click();
  await page.getByRole('option', { name: 'state', exact: true }).click();
  await change.getByLabel('A number behind it').fill('x');
  await change.getByText('Enter a number from 1 to 99').waitFor();
  await change.getByLabel('A number behind it').fill('2');
  await expectAccessible();
  await shoot('support-label');
  await change.getByRole('button', { name: 'Save' }).click();
  await labels.getByText('state-2').waitFor();
  expect(await app.call('connections.show', { name: CONNECTION })).toMatchObject({ label: 'state-2' });

  const past = region('How long the past is kept');
  const days = past.getByLabel('The log for support');
  await days.fill('0');
  await past.getByText('Enter a whole number of days, from 1 to 3,650 days.').waitFor();
  await expect.poll(() => past.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await days.fill('60');
  await days.press('Enter');
  await expect.poll(async () => (await app.call('settings.show', {})).logDays).toBe(60);
  // Less than before deletes: that is said first, and Enter alone changes nothing.
  await days.fill('7');
  await past.scrollIntoViewIfNeeded();
  await shoot('support-past');
  await days.press('Enter');
  const less = page.getByRole('alertdialog', { name: 'Keep less of the past?' });
  await less.getByText('The log for support of more than 7 days ago is deleted at once').waitFor();
  await expect.poll(focused).toBe('Cancel');
  await expectAccessible();
  await shoot('support-keep-less');
  await page.keyboard.press('Enter');
  await less.waitFor({ state: 'detached' });
  expect((await app.call('settings.show', {})).logDays).toBe(60);
  await past.getByRole('button', { name: 'Save' }).click();
  await less.getByRole('button', { name: 'Keep less' }).click();
  await expect.poll(async () => (await app.call('settings.show', {})).logDays).toBe(7);

  const { resolved } = await app.call('problems.list', { connection: CONNECTION });
  expect(resolved).toBeGreaterThan(0);
  await past.getByRole('button', { name: `Clear what is over at ${CONNECTION} …` }).click();
  const clear = page.getByRole('alertdialog');
  await clear.getByText('Nothing is deleted now.').waitFor();
  await expectAccessible();
  await shoot('support-clear');
  await clear.getByRole('button', { name: /^Clear \d+ cause/ }).click();
  await past.getByText(/^Nothing is over/).waitFor();
  expect(await app.call('problems.list', { connection: CONNECTION })).toMatchObject({ resolved: 0 });
  await shoot('support-cleared');
});

test('At 200 % zoom support loses nothing', async () => {
  const { page, shoot } = await openStage({ connection: CONNECTION, viewport: { width: 683, height: 384 } });
  await page.getByRole('link', { name: 'Support' }).click();
  await page.getByRole('button', { name: 'Show what would leave' }).click();
  const files = page.getByRole('tablist', { name: 'Files of the bundle' });
  await files.scrollIntoViewIfNeeded();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('support-zoom');
});
