import { expect, test } from 'vitest';
import { openStage, overflows, withBrowser } from './stage.ts';

withBrowser();

test('First start offers three ways in, and nothing else', async () => {
  const { page, expectAccessible, shoot } = await openStage();
  await page.getByRole('heading', { name: 'Welcome to Rollbook' }).waitFor();
  const ways = page.getByRole('main').getByRole('region');
  expect(await ways.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))).toEqual([
    'Connect to an API',
    'Import a connection file',
    'Try the practice district',
  ]);
  await expect.poll(() => page.getByRole('navigation').count()).toBe(0);
  await expect.poll(() => page.title()).toBe('Welcome · Rollbook');
  await expectAccessible();
  await shoot('first-start');
  await shoot('first-start-dark', 'dark');
  await shoot('first-start-forced', 'forced');
});

test('The practice district is one press away', async () => {
  const { page, app } = await openStage();
  await page.getByRole('button', { name: 'Start practicing' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.getByRole('heading', { name: 'Practice district' }).waitFor();
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
  expect(await app.practice.state()).toMatchObject({ isRunning: true, connection: 'Practice district' });
  expect((await app.practice.state()).exports).toHaveLength(2);
});

test('At 200 % zoom nothing is lost', async () => {
  const { page, shoot } = await openStage({ viewport: { width: 683, height: 384 } });
  await page.getByRole('link', { name: 'Connect' }).waitFor();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('first-start-zoom');
});
