import { expect, test } from 'vitest';
import { prepareDemo } from '../../electron/loopback/demo.ts';
import { openStage, overflows, withBrowser } from './stage.ts';

withBrowser();

test('The overview says how a connection stands, and what to do next', async () => {
  const { page, app, expectAccessible, shoot, tabTo } = await openStage({
    api: false,
    prepare: async (loopback) => {
      await prepareDemo(loopback);
    },
  });
  await page.getByRole('heading', { name: 'Practice district' }).waitFor();
  await page.getByText('Needs you').waitFor();
  const [view] = await app.call('overview.show', {});
  const inTheApi = page.locator('dl > div').filter({ hasText: 'in the API' });
  await expect.poll(() => inTheApi.locator('dd').textContent()).toBe(view?.today.confirmed.toLocaleString('en-US'));
  await page.getByRole('img', { name: /^[\d,]+ records confirmed in 1 batch/ }).waitFor();
  await expectAccessible();
  await shoot('overview');
  await shoot('overview-dark', 'dark');
  await shoot('overview-forced', 'forced');

  // The chart is there as a table, by keyboard.
  await tabTo('Show as a table');
  await page.keyboard.press('Enter');
  const table = page.getByRole('region', { name: 'The last 14 days' });
  await expect.poll(() => table.getByRole('rowheader').count()).toBe(14);
  const today = table.getByRole('row').last();
  await expect
    .poll(() => today.getByRole('cell').first().textContent())
    .toBe(view?.today.changed.toLocaleString('en-US'));
  await expectAccessible();
  await shoot('overview-table');
});

test('Every screen and every connection is a few letters away', async () => {
  const { page, expectAccessible, shoot } = await openStage({ connection: 'State 2026-27' });
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Go to' }).waitFor();
  await page.keyboard.type('state');
  await page.getByRole('option', { name: /State 2026-27/ }).waitFor();
  await expectAccessible();
  await shoot('go-to');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'State 2026-27' }).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('Tab comes to the content at once, and the progress of a batch is said', async () => {
  const { page, app, api, folder } = await openStage({ connection: 'north', api: { latencyMs: 100 } });
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Skip to the content' }).press('Enter');
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main');

  const { writeDistrict } = await import('../../core/sandbox/district/generate.ts');
  const source = `${folder}/export`;
  await writeDistrict({ out: source, students: 60, seed: 7, clean: true });
  const batch = app.call('sync.run', { connection: 'north', source, approve: true, concurrency: 2 });
  await page.getByRole('region', { name: 'What is under way' }).getByRole('progressbar').waitFor();
  await page
    .getByRole('status')
    .filter({ hasText: /^Sending/ })
    .first()
    .waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Stop …' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Stop the batch' }).click();
  expect((await batch).stopped?.code).toBe('cancelled');
  await page.getByRole('region', { name: 'What is under way' }).waitFor({ state: 'detached' });
  expect((await api.requests()).POST).toBeGreaterThan(0);
});

test('At 200 % zoom the overview loses nothing', async () => {
  const { page, shoot } = await openStage({ connection: 'north', viewport: { width: 683, height: 384 } });
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('overview-zoom');
});

test('An engine that dies is started again, and the screens say so', async () => {
  const { page, app } = await openStage({ connection: 'north', isKillable: true });
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await app.killEngine();
  await page.getByText('The engine stopped and is being started again').waitFor();
  await page.getByText('The engine stopped and is being started again').waitFor({ state: 'detached' });
  expect(await app.call('connections.list', {})).toHaveLength(1);
  await page.getByRole('link', { name: 'north' }).waitFor();
});
