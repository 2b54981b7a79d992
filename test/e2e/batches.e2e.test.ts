import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { drop, get, readExport, table, writeExport } from '../sync/export.ts';
import { openStage, overflows, type Stage, withBrowser } from './stage.ts';

withBrowser();

/** So slow that there is time to do something in the middle. */
const slow = (ms: number) => ({ seed: 1, rules: [{ fault: { kind: 'latency', ms } as const }] });

/** A folder for exports. */
function newHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), 'rollbook-e2e-export-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

const openBatches = async ({ page }: Stage): Promise<void> => {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Batches' }).click();
  await page.getByRole('heading', { level: 1, name: 'Batches' }).waitFor();
};

const accountOf = async ({ app }: Stage) => {
  const { batches } = await app.call('batches.list', { connection: 'north' });
  const account = batches[0]?.account ?? undefined;
  if (account === undefined) throw new Error('There is no batch with an account.');
  const { read, ...outcomes } = account;
  expect(Object.values(outcomes).reduce((sum, one) => sum + one, 0)).toBe(read);
  return account;
};

/** The steward's words for a count: `4,012`. */
const told = (count: number): string => count.toLocaleString('en-US');

test('The first batch: looked at, approved by keyboard, paused, cut off, and gone on with', async () => {
  const source = path.join(newHome(), 'export');
  const stage = await openStage({
    // It notes what each write did.
    api: { control: true },
    connection: 'north',
    isKillable: true,
    prepare: async (app) => {
      await writeDistrict({ out: source, students: 60 });
      await app.call('sources.set', { connection: 'north', path: source });
      await app.call('settings.change', { concurrency: 6 });
    },
  });
  const { page, api, app, expectAccessible, shoot, tabTo, focused } = stage;
  await openBatches(stage);
  await page.getByRole('button', { name: 'Look first' }).waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'Send now' }).count()).toBe(0);
  await expectAccessible();
  await shoot('batches-start');

  // Look first: by keyboard alone, up to the sending.
  await tabTo('Look first');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'What would be sent', exact: true }).waitFor();
  await expectAccessible();
  await shoot('batches-plan');
  await shoot('batches-plan-dark', 'dark');
  await shoot('batches-plan-forced', 'forced');
  expect(await app.call('batches.list', { connection: 'north' })).toMatchObject({ batches: [] });
  await tabTo('Students');
  await page.keyboard.press('Enter');
  await page
    .getByRole('button', { name: /^(demographics|users)\.csv, row/ })
    .first()
    .waitFor();
  await tabTo(/^demographics.csv, row|^users.csv, row/);
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'The record that would be created' }).waitFor();
  await expect.poll(() => page.getByText('studentUniqueId').count()).toBe(1);
  await expectAccessible();
  await shoot('batches-sample');
  await page.keyboard.press('Escape');
  await expect.poll(focused).toMatch(/row/);
  await shoot('batches-plan-open');
  await tabTo(/^Send .* changes …$/);
  await page.keyboard.press('Enter');
  await page.getByRole('alertdialog').waitFor();
  // Enter alone sends nothing.
  await expect.poll(focused).toBe('Cancel');
  await expectAccessible();
  await shoot('batches-approve-first');
  await page.keyboard.press('Enter');
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  expect((await api.requests()).POST).toBe(0);

  await api.faults.set(slow(60));
  await tabTo(/^Send .* changes …$/);
  await page.keyboard.press('Enter');
  await tabTo(/^Send .* changes$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Sending', exact: true }).waitFor();
  await page.getByRole('figure', { name: 'How fast it goes' }).waitFor();
  await expect.poll(async () => (await api.requests()).POST, { timeout: 30_000 }).toBeGreaterThan(100);
  await shoot('batches-sending');
  await shoot('batches-sending-dark', 'dark');

  await tabTo('Pause');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Paused' }).waitFor();
  await page.getByText(/of [\d,]+ changes are done, and what the API took of them stays there\./).waitFor();
  await expectAccessible();
  await shoot('batches-paused');
  expect(await app.call('sync.state', {})).toMatchObject({ paused: true, kind: 'send' });
  // The page is loaded anew: it is as it was.
  await page.reload();
  await page.getByRole('heading', { name: 'Paused' }).waitFor();
  await page.getByText(/of [\d,]+ changes are done/).waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('heading', { name: 'Sending', exact: true }).waitFor();

  // The engine dies and is started again: the batch goes on.
  await api.faults.set(slow(250));
  await app.killEngine();
  await page.getByText('The engine stopped and is being started again').waitFor();
  await shoot('batches-killed');
  await page.getByText('The engine stopped and is being started again').waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Sending', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Stop …' }).click();
  await page.getByRole('alertdialog', { name: 'Stop the batch?' }).waitFor();
  await expect.poll(focused).toBe('Keep going');
  await expectAccessible();
  await shoot('batches-stop');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Stop …' }).click();
  await page.getByRole('button', { name: 'Stop the batch' }).click();
  await page.getByRole('heading', { name: 'The batch has ended early' }).waitFor();
  await expectAccessible();
  await shoot('batches-stopped');
  const cut = await accountOf(stage);
  expect(cut.skipped).toBeGreaterThan(0);
  await api.faults.clear();
  await page.getByRole('button', { name: 'Go on', exact: true }).click();
  await page.getByRole('heading', { name: 'The batch is done' }).waitFor();
  await page.getByRole('status').filter({ hasText: 'The batch is done.' }).waitFor({ state: 'attached' });
  // However often it was begun again, nothing was made twice.
  const writes = await api.writes();
  expect(writes.length).toBeGreaterThan(1000);
  expect(writes.filter(({ created }) => created !== 1)).toEqual([]);
  const account = await accountOf(stage);
  await page.getByRole('button', { name: /^read \(/ }).waitFor();
  for (const count of [account.read, account.created, account.unchanged]) {
    await page.getByText(told(count), { exact: true }).first().waitFor();
  }
  await expectAccessible();
  await shoot('batches-done');
  await shoot('batches-done-dark', 'dark');
  await shoot('batches-done-forced', 'forced');

  // The history has both, and opens.
  const rows = page.getByRole('grid', { name: 'Batches' }).getByRole('row');
  await rows.nth(2).waitFor();
  await page.getByRole('heading', { name: 'History' }).scrollIntoViewIfNeeded();
  await shoot('batches-history');
  await rows.nth(2).click();
  await page.getByText('Stopped by hand').waitFor();
  await expect.poll(() => page.title()).toBe('A batch · Rollbook');
  await expectAccessible();
  await shoot('batches-one');
});

test('The second day: the guard stops half an export, and a change is seen field by field', async () => {
  const home = newHome();
  const source = path.join(home, 'export');
  const stage = await openStage({
    connection: 'north',
    prepare: async (app) => {
      await writeDistrict({ out: source, students: 40 });
      await app.call('sources.set', { connection: 'north', path: source });
      await app.call('sync.run', { connection: 'north', approve: true });
    },
  });
  const { page, api, app, choosePath, expectAccessible, shoot, focused } = stage;
  const sent = readExport(source);
  const users = table(sent, 'users');
  const gone = new Set(users.rows.filter((_, i) => i % 2 === 0).map((row) => get(users, row, 'sourcedId')));
  for (const name of ['users', 'enrollments', 'roles', 'demographics']) {
    const of = table(sent, name);
    const column = of.header.includes('userSourcedId') ? 'userSourcedId' : 'sourcedId';
    drop(of, (row) => gone.has(get(of, row, column)));
  }
  const half = writeExport(sent, path.join(home, 'half'));
  const sectionsOf = async (): Promise<number> => (await api.read('ed-fi/studentSectionAssociations')).length;
  const before = await sectionsOf();

  await openBatches(stage);
  await page.getByText('Another one, for this time').click();
  await choosePath(() => page.getByRole('button', { name: 'Choose a folder' }).click(), half);
  await page.getByText(half).waitFor();
  await shoot('batches-start-other');
  await page.getByRole('button', { name: 'Send now' }).click();
  await page.getByRole('heading', { name: 'This batch waits for you' }).waitFor();
  await page.getByText('Why Rollbook asks').waitFor();
  await expectAccessible();
  await shoot('batches-guard');
  await page.getByRole('button', { name: 'Leave it unsent' }).click();
  await page.getByText('A batch waits for your approval').waitFor();
  await expectAccessible();
  await shoot('batches-waiting');
  expect((await api.requests()).DELETE).toBe(0);
  expect(await sectionsOf()).toBe(before);

  // The right export: nothing waits, and what has changed is seen before it goes.
  await writeDistrict({ out: source, students: 40, day: 2 });
  await page.getByRole('radio', { name: /^The connection’s own/ }).press('Space');
  await page.getByRole('button', { name: 'Look first' }).click();
  await page.getByRole('heading', { name: 'What would be sent', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Students', exact: true }).click();
  const changed = page.getByText('To be changed, for example').locator('..');
  await changed.getByRole('button').first().click();
  await page.getByRole('table').getByText('The API has now').waitFor();
  await expectAccessible();
  await shoot('batches-difference');
  await shoot('batches-difference-dark', 'dark');
  await page.getByRole('button', { name: 'Close' }).click();

  // Half of it after all: what is approved is typed.
  await page.getByRole('button', { name: 'Put aside' }).click();
  await page.getByText('Another one, for this time').click();
  await choosePath(() => page.getByRole('button', { name: 'Choose a folder' }).click(), half);
  await page.getByRole('button', { name: 'Look first' }).click();
  await page.getByRole('heading', { name: 'What would be sent', exact: true }).waitFor();
  await page.getByRole('button', { name: /^Send .* deletions …$/ }).click();
  const ask = page.getByRole('alertdialog');
  await ask.waitFor();
  await expect.poll(focused).toBe('Cancel');
  const approve = ask.getByRole('button', { name: /^Send, and delete/ });
  await expect.poll(() => approve.isDisabled()).toBe(true);
  const field = ask.getByLabel(/^Type [\d,]+ to say/);
  const count = /Type ([\d,]+)/.exec((await ask.textContent()) ?? '')?.[1] ?? '';
  await field.fill('1');
  await expect.poll(() => approve.isDisabled()).toBe(true);
  await field.fill(count);
  await expectAccessible();
  await shoot('batches-approve');
  await shoot('batches-approve-dark', 'dark');

  // The API goes away in the middle, and comes back.
  await api.faults.set({
    seed: 1,
    rules: [{ when: { after: 40 }, fault: { kind: 'maintenance', seconds: 8, how: 'closed' } }],
  });
  await approve.click();
  await page.getByText('Waiting for the API').waitFor();
  await shoot('batches-away');
  await app.setOnline(false);
  await page.getByText('There is no network').waitFor();
  await shoot('batches-offline');
  await app.setOnline(true);
  await page.getByRole('heading', { name: 'The batch is done' }).waitFor();
  await shoot('batches-deleted');
  const account = await accountOf(stage);
  // What others still refer to stays.
  expect(told(account.deleted + account.failed)).toBe(count);
  expect(account.deleted).toBeGreaterThan(account.failed);
  expect(await sectionsOf()).toBeLessThan(before);
  await expect.poll(() => app.call('sync.state', {})).toBeNull();
});

test('At 200 % zoom nothing is lost', async () => {
  const source = path.join(newHome(), 'export');
  const stage = await openStage({
    connection: 'north',
    viewport: { width: 683, height: 384 },
    prepare: async (app) => {
      await writeDistrict({ out: source, students: 5 });
      await app.call('sources.set', { connection: 'north', path: source });
      await app.call('sync.run', { connection: 'north' });
    },
  });
  const { page, choosePath, shoot } = stage;
  await openBatches(stage);
  // What is said in passing covers nothing that is acted on, and stays with its place.
  await page.getByText('Another one, for this time').click();
  await choosePath(() => page.getByRole('button', { name: 'Choose a folder' }).click(), source);
  await page.getByRole('button', { name: 'Use it for every batch from now on' }).click();
  const said = page.getByText('The next batches are made of this export.');
  await said.waitFor();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('toast-zoom');
  // It waits while it is pointed at.
  await said.hover();
  await page.getByRole('button', { name: 'Look first' }).click({ trial: true });
  await page.setViewportSize({ width: 1366, height: 768 });
  await shoot('toast');
  await page.getByRole('button', { name: 'Look first' }).click({ trial: true });
  await page.setViewportSize({ width: 683, height: 384 });
  await page.waitForTimeout(1000);
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Overview' }).click();
  // Sooner than by itself.
  await said.waitFor({ state: 'detached', timeout: 4000 });
  await openBatches(stage);

  await page.getByRole('button', { name: 'Look first' }).click();
  await page.getByRole('heading', { name: 'What would be sent', exact: true }).waitFor();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('batches-zoom');
  await page.getByRole('grid', { name: 'Batches' }).getByRole('row').nth(1).click();
  await page.getByText('Batch 1 of “north”').waitFor();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('batches-zoom-one');
});
