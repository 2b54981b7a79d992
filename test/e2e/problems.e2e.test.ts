/** Problems: from the list of causes to what the API answered of one record, and what a steward can do about each. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { FaultPlan } from '../../core/sandbox/faults/plan.ts';
import { openStage, overflows, withBrowser } from './stage.ts';

withBrowser();

const district = (day: 'day1' | 'day2'): string => path.join(import.meta.dirname, '../../assets/district', day);

/** The API refuses some contacts, in words that a retry changes. */
const REFUSALS: FaultPlan = {
  seed: 1,
  rules: [
    {
      when: { methods: ['POST'], resources: ['ed-fi/contacts'], every: 60 },
      fault: { kind: 'conflict', as: 'non-unique-values' },
    },
  ],
};

test('Causes are looked at, put right, sent again and hidden', async () => {
  const { page, app, folder, choosePath, expectAccessible, shoot, tabTo } = await openStage({
    connection: 'north',
    api: { faults: REFUSALS },
    prepare: async ({ call }) => {
      for (const day of ['day1', 'day1', 'day2'] as const) {
        await call('sync.run', { connection: 'north', source: district(day), approve: true });
      }
    },
  });
  const main = page.getByRole('main');
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
  const cause = (name: RegExp) => main.getByRole('row', { name });
  const button = (name: string | RegExp) => main.getByRole('button', { name });
  const open = () => app.call('problems.list', { connection: 'north' });

  // By keyboard alone: the first cause, its suggestion, and its records are in the API.
  await tabTo('Problems');
  await page.keyboard.press('Enter');
  await heading('Problems');
  await cause(/EE/).waitFor();
  await expectAccessible();
  await shoot('problems-open');
  await shoot('problems-open-dark', 'dark');
  await shoot('problems-open-forced', 'forced');
  const before = await open();
  await tabTo(/^The code “EE” has no grade level descriptor/);
  await page.keyboard.press('Enter');
  await heading('The code “EE” has no grade level descriptor');
  await main
    .getByRole('row', { name: /roles\.csv/ })
    .first()
    .waitFor();
  await expectAccessible();
  await shoot('problems-cause');
  await shoot('problems-cause-dark', 'dark');
  await expect.poll(() => page.title()).toBe('A cause of problems · Rollbook');
  await tabTo('Pair “EE” with Early Education');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('is now “Early Education”').waitFor();
  await expectAccessible();
  await shoot('problems-paired');
  await tabTo(/^Send \d+ records now$/);
  await page.keyboard.press('Enter');
  await page
    .getByRole('alert')
    .getByText(/^The API confirmed \d+ records$/)
    .waitFor();
  await main.getByText('Resolved', { exact: true }).waitFor();
  await expectAccessible();
  await shoot('problems-sent');
  const after = await open();
  expect(after.open.causes).toBe(before.open.causes - 1);
  expect(after.groups.some(({ value }) => value === 'EE')).toBe(false);

  // A record side by side.
  await page.getByRole('link', { name: /Problems of north/ }).click();
  await cause(/The key is already taken/).click();
  await heading('The key is already taken');
  await main
    .getByRole('row', { name: /users\.csv/ })
    .first()
    .waitFor();
  await main.getByRole('button', { name: 'Show as a table' }).click();
  await main.getByRole('region', { name: 'After each batch' }).getByRole('row').nth(3).waitFor();
  await main.getByRole('button', { name: 'Show as a chart' }).click();
  await shoot('problems-refused');
  await main
    .getByRole('row', { name: /users\.csv/ })
    .first()
    .press('Enter');
  await heading(/^A record of contacts$/);
  await main.getByRole('region', { name: /^What the API answered, word for word: 409/ }).waitFor();
  const words = await main.getByRole('region', { name: /^What the API answered/ }).textContent();
  expect(words).toContain('urn:ed-fi:api:data-conflict:non-unique-values');
  const given = await main
    .getByRole('row', { name: /^givenName/ })
    .getByRole('cell')
    .textContent();
  expect(given).not.toBe('');
  await expect
    .poll(() => main.getByRole('region', { name: 'As mapped' }).textContent())
    .toContain(`"firstName": "${given}"`);
  await main
    .getByText(/waits? for it\.$/)
    .first()
    .waitFor();
  await expectAccessible();
  await shoot('problems-record');
  await shoot('problems-record-dark', 'dark');
  await shoot('problems-record-forced', 'forced');
  // Nothing of a person where others look.
  await expect.poll(() => page.title()).toBe('A record · Rollbook');
  expect(page.url()).not.toContain(given);
  await button('Send it again').click();
  await page
    .getByRole('alert')
    .getByText(/^The API confirmed 2 records$/)
    .waitFor();
  await shoot('problems-record-sent');
  await main.getByRole('link', { name: 'Back to the cause' }).click();
  await heading('The key is already taken');

  // What is wrong before it goes: the member that is missing is marked.
  await page.getByRole('link', { name: /Problems of north/ }).click();
  await cause(/The code “5”/).click();
  await main
    .getByRole('row', { name: /roles\.csv/ })
    .first()
    .press('Enter');
  await heading('A record of student school associations');
  await main.getByText('Look here: "entryGradeLevelDescriptor" is missing').waitFor();
  await main.getByText('Nothing: it was found wrong here, before it went.').waitFor();
  await button(/^Show all \d+$/).click();
  await main.getByRole('grid', { name: 'Records' }).getByRole('row').nth(3).waitFor();
  await expectAccessible();
  await shoot('problems-rejected');
  await page.getByRole('link', { name: 'The cause', exact: false }).first().click();

  // Decisions, each of which can be walked back from.
  await heading('The code “5” has no grade level descriptor');
  await shoot('problems-no-suggestion');
  await button('Ignore').click();
  await main.getByText('Ignored', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Put back' }).last().waitFor();
  await page.getByRole('link', { name: /Problems of north/ }).click();
  await page.getByRole('tab', { name: /^Hidden 1$/ }).click();
  await cause(/The code “5”/).waitFor();
  await expectAccessible();
  await shoot('problems-hidden');
  await cause(/The code “5”/).click();
  await button('Put back').click();
  await button('Ignore').waitFor();
  await button('Mark as fixed').click();
  await main.getByText('Marked as fixed', { exact: true }).waitFor();
  await button('Not fixed after all').click();
  await button('Mark as fixed').waitFor();
  await page.getByRole('link', { name: /Problems of north/ }).click();

  // The fix list: by keyboard alone.
  await page.getByRole('tab', { name: /^Open/ }).click();
  await cause(/The code “5”/).waitFor();
  await tabTo('Fix list …');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('It holds personal data').waitFor();
  await expectAccessible();
  await shoot('problems-fix-list');
  await tabTo(/^Excel/);
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => dialog.getByRole('radio', { name: /^CSV/ }).isChecked()).toBe(true);
  const file = path.join(folder, 'list.csv');
  await tabTo(/^Choose where to save/);
  await choosePath(() => page.keyboard.press('Enter'), file);
  await page
    .getByRole('alert')
    .getByText(/^The fix list was saved: \d+ rows?$/)
    .waitFor();
  expect(existsSync(file)).toBe(true);
  await button('Show in its folder').waitFor();
  await expectAccessible();
  await shoot('problems-fix-list-saved');

  // What is over, cleared: the focus is on the way back.
  await page.getByRole('tab', { name: /^Resolved/ }).click();
  const clearing = page.getByRole('alertdialog', { name: /^Clear \d+ causes?\?$/ });
  await button('Clear what is over …').click();
  await clearing.waitFor();
  await expectAccessible();
  await shoot('problems-clear');
  await page.keyboard.press('Enter');
  const { resolved } = await app.call('problems.list', { connection: 'north' });
  expect(resolved).toBeGreaterThan(0);
  await button('Clear what is over …').click();
  await clearing.getByRole('button', { name: /^Clear (it|all)/ }).click();
  await main.getByText('Nothing is over').waitFor();
  expect((await app.call('problems.list', { connection: 'north' })).resolved).toBe(0);
  const told = page.getByRole('alertdialog').filter({ hasText: /^\d+ causes? cleared\./ });
  await told.getByRole('button', { name: 'Put back' }).click();
  await page
    .getByRole('alertdialog')
    .getByText(/^It is on the list of what is over again\.$/)
    .waitFor();
  await button('Clear what is over …').waitFor();
  expect((await app.call('problems.list', { connection: 'north' })).resolved).toBe(resolved);

  // Everything that failed, again.
  await page.getByRole('tab', { name: /^Open/ }).click();
  await button('Send everything again …').click();
  await expectAccessible();
  await shoot('problems-all-again');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Send \d+ records again$/ })
    .click();
  await page
    .getByRole('alert')
    .getByText(/^(The API confirmed|Nothing has changed)/)
    .waitFor();

  // At 200 % zoom nothing is lost.
  await page.setViewportSize({ width: 683, height: 384 });
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('problems-zoom');
  await cause(/The code “5”/).click();
  await heading('The code “5” has no grade level descriptor');
  await expect.poll(() => overflows(page)).toBe(false);
}, 300_000);
