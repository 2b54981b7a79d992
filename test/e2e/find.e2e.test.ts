/** Find: a record by an identifier or by its reference, what became of it, and to send it again. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openStage, overflows, withBrowser } from './stage.ts';

withBrowser();

const export1 = path.join(import.meta.dirname, '../../assets/district/day1');

/** The number of a student whose birth date the export lacks, and of one that is whole. */
function numbers(): { readonly lacking: string; readonly whole: string } {
  const lines = readFileSync(path.join(export1, 'users.csv'), 'utf8').split(/\r?\n/);
  const numberIn = (row: number): string => /\{stateId:(\d+)\}/.exec(lines[row - 1] ?? '')?.[1] ?? '';
  return { lacking: numberIn(107), whole: numberIn(152) };
}

test('A record is found, understood and sent again', async () => {
  const { page, app, holdBack, expectAccessible, shoot, tabTo } = await openStage({
    connection: 'north',
    prepare: async ({ call }) => {
      await call('sync.run', { connection: 'north', source: export1, approve: true });
    },
  });
  const { lacking, whole } = numbers();
  const main = page.getByRole('main');
  const row = (name: RegExp) => main.getByRole('row', { name });

  // By keyboard alone: a record that is in the API, and once more to it.
  await tabTo('Find');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Find' }).waitFor();
  await expectAccessible();
  await shoot('find-empty');
  await tabTo('Identifier or reference');
  await page.keyboard.type(whole);
  await page.keyboard.press('Enter');
  await row(/^Students/).waitFor();
  await expectAccessible();
  await shoot('find-results');
  await shoot('find-results-dark', 'dark');
  expect(page.url()).not.toContain(whole);
  await expect.poll(() => page.title()).toBe('Find · Rollbook');
  await tabTo(/^Students/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: /^Record R-/ }).waitFor();
  await main.getByRole('heading', { name: 'What the API has' }).waitFor();
  await main.getByText(whole).waitFor();
  await expectAccessible();
  await shoot('find-record');
  await shoot('find-record-dark', 'dark');
  await tabTo('Send 1 record again');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('The API confirmed 1 record').waitFor();
  await expectAccessible();
  await shoot('find-record-sent');

  // Back to what was found, and a record with a problem.
  await page.getByRole('link', { name: /Find$/ }).first().click();
  await row(/^Students/).waitFor();
  await page.getByLabel('Identifier or reference').fill(lacking);
  await main.getByRole('button', { name: 'Find' }).click();
  const rejected = main.getByRole('row').filter({ hasText: 'Rejected here' });
  await rejected.waitFor();
  await shoot('find-results-problem');
  await rejected.press('Enter');
  await main.getByRole('heading', { name: 'Its problem' }).waitFor();
  await main.getByRole('link', { name: 'Look at it side by side' }).waitFor();
  await expectAccessible();
  await shoot('find-record-problem');
  const reference = /R-[0-9A-Z]{4}-[0-9A-Z]{2}/.exec(page.url())?.[0] ?? '';
  await main.getByRole('link', { name: 'Look at it side by side' }).click();
  await page.getByRole('heading', { level: 1, name: 'A record of students' }).waitFor();
  await main.getByText('Look here: "birthDate" is missing').waitFor();

  // By its reference, in whatever writing; one that is not of here.
  await page.getByRole('link', { name: 'Find', exact: true }).click();
  await page.getByLabel('Identifier or reference').fill(` ${reference.toLowerCase()}`);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: `Record ${reference}` }).waitFor();
  await page.getByRole('link', { name: 'Find', exact: true }).click();
  await page.getByLabel('Identifier or reference').fill('R-2222-22');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('This ledger has no record with this reference', { exact: false }).waitFor();
  await shoot('find-unknown-reference');

  // Nothing there, and a search that is stopped: the answer is held back as a large export would.
  await page.getByRole('link', { name: 'Find', exact: true }).click();
  await page.getByLabel('Identifier or reference').fill('nobody-has-this');
  await page.keyboard.press('Enter');
  await main.getByText('Nothing was found').waitFor();
  await expectAccessible();
  await shoot('find-nothing');
  const letGo = await holdBack('records.search');
  await page.getByLabel('Identifier or reference').fill(whole);
  await page.keyboard.press('Enter');
  // What the ledger knows is there at once, and can be opened, while the search goes on.
  await row(/^Students/)
    .filter({ hasText: 'Being looked for' })
    .waitFor();
  await main.getByRole('button', { name: 'Stop' }).waitFor();
  await expectAccessible();
  await shoot('find-busy');
  await shoot('find-busy-dark', 'dark');
  await row(/^Students/).press('Enter');
  await main.getByText('Being looked for in the last one that was sent.').waitFor();
  await main.getByRole('heading', { name: 'What the API has' }).waitFor();
  await expectAccessible();
  await shoot('find-record-busy');
  await page.getByRole('link', { name: /Find$/ }).first().click();
  await main.getByRole('button', { name: 'Stop' }).click();
  await main.getByText('The search was stopped').waitFor();
  await letGo();
  await row(/^Students/)
    .filter({ hasText: 'Not looked for to the end' })
    .waitFor();
  await shoot('find-stopped');
  await expect.poll(() => main.getByRole('row').count()).toBe(2);

  await page.setViewportSize({ width: 683, height: 384 });
  await main.getByRole('button', { name: 'Find' }).click();
  await row(/^Students/).waitFor();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('find-zoom');
  expect((await app.call('problems.list', { connection: 'north' })).open.causes).toBeGreaterThan(0);
}, 240_000);
