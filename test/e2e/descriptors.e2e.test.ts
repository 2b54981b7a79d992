import path from 'node:path';
import { expect, test } from 'vitest';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { writeExport } from './exports.ts';
import type { StageApp } from './host.ts';
import { openStage, overflows, scrollAndPress, withBrowser } from './stage.ts';

withBrowser();

/** As a spreadsheet leaves grades that were opened and saved with it, and as people write them. */
const GRADES: Readonly<Record<string, string>> = {
  '01': '1',
  '02': '2',
  '03': '3',
  '04': '4',
  '05': '5',
  '06': 'Sixth',
  '07': 'Gr 7',
  '12': 'Senior',
  KG: 'Kinder garten',
};

async function spoiled(folder: string): Promise<string> {
  const plain = `${folder}-plain`;
  await writeDistrict({ out: plain, students: 150 });
  return writeExport(
    folder,
    { users: (rows) => rows.map(({ grades = '', ...row }) => ({ ...row, grades: GRADES[grades] ?? grades })) },
    plain,
  );
}

const unpaired = async (app: StageApp, connection = 'north') =>
  (await app.call('descriptors.codes', { connection, show: 'unpaired' })).codes.map(({ code }) => code).sort();

test('Codes are paired one by one, many at once, and sent; a pair is taken back', async () => {
  const { page, app, folder, expectAccessible, shoot, focused } = await openStage({ connection: 'north' });
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Descriptor map' }).click();
  await page.getByRole('heading', { name: 'No code has been met yet' }).waitFor();
  await expectAccessible();
  await shoot('descriptors-none');

  await app.call('sync.run', {
    connection: 'north',
    source: await spoiled(path.join(folder, 'export')),
    approve: true,
  });
  const before = await unpaired(app);
  const table = page.getByRole('grid', { name: 'Codes' });
  await table.getByRole('row', { name: /Senior/ }).waitFor();
  await expectAccessible();
  await shoot('descriptors');
  await shoot('descriptors-dark', 'dark');
  await shoot('descriptors-forced', 'forced');

  // One code, by what the API calls it.
  await table.getByRole('row', { name: /Senior/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('option', { name: /Adult Education/ }).waitFor();
  const pair = dialog.getByRole('button', { name: 'Pair', exact: true });
  await expect.poll(() => pair.isDisabled()).toBe(true);
  await dialog.getByRole('searchbox').fill('twel');
  await dialog.getByRole('option', { name: /Adult Education/ }).waitFor({ state: 'detached' });
  await dialog.getByRole('option', { name: /Twelfth grade/ }).click();
  await expectAccessible();
  await shoot('descriptors-pair');
  await shoot('descriptors-pair-dark', 'dark');
  await pair.click();
  await page.getByText('1 code is paired').waitFor();
  await shoot('descriptors-paired-one');

  // Many at once, and back again.
  await table
    .getByRole('row', { name: /Kinder garten/ })
    .getByRole('checkbox')
    .press('Space');
  await table.getByRole('row', { name: /Sixth/ }).locator('label').click();
  await page.getByText('2 codes chosen').waitFor();
  await expectAccessible();
  await shoot('descriptors-chosen');
  await page.getByRole('button', { name: 'Choose none' }).click();
  await page.getByRole('button', { name: /^Confirm all very likely/ }).click();
  const confirm = page.getByRole('dialog', { name: /as suggested\?$/ });
  await confirm.getByText(/That releases up to [\d,]+ records/).waitFor();
  await expectAccessible();
  await shoot('descriptors-confirm');
  await confirm.getByRole('button', { name: /^Pair \d+ codes$/ }).click();
  await page.getByText(/\d codes are paired/).waitFor();
  await expect.poll(async () => (await unpaired(app)).length).toBeLessThan(before.length - 3);
  await shoot('descriptors-paired');
  await page.getByRole('button', { name: /^Undo all/ }).click();
  await table.getByRole('row', { name: /Senior/ }).waitFor();
  await expect.poll(() => unpaired(app)).toEqual(before);

  // Again, and what waited is sent.
  await page.getByRole('button', { name: /^Confirm all very likely/ }).click();
  await page.getByRole('button', { name: /^Pair \d+ codes$/ }).click();
  await page.getByRole('button', { name: 'Send what waited' }).click();
  await page.getByText(/^Sent: [\d,]+ records created/).waitFor();
  await expectAccessible();
  await shoot('descriptors-sent');

  // Taken back, after what that means has been said.
  await page.getByRole('radio', { name: /^Paired/ }).click();
  await page.getByRole('searchbox').fill('third');
  const paired = table.getByRole('row', { name: '3', exact: true });
  await paired.waitFor();
  await table.getByRole('row').nth(2).waitFor();
  await expectAccessible();
  await shoot('descriptors-list-paired');
  await paired.click();
  await dialog.getByRole('button', { name: /^Take the pair back/ }).click();
  const alert = page.getByRole('alertdialog');
  await alert.getByText('Nothing changes at the API now.').waitFor();
  await expect.poll(focused).toBe('Cancel');
  await expectAccessible();
  await shoot('descriptors-take-back');
  await alert.getByRole('button', { name: 'Take the pair back' }).click();
  await paired.waitFor({ state: 'detached' });
  await expect.poll(() => unpaired(app)).toContain('3');
  await page.getByRole('button', { name: 'Undo' }).click();
  await paired.waitFor();
  await expect.poll(() => unpaired(app)).not.toContain('3');
});

test('By keyboard alone: pair, then the next', async () => {
  const { page, app, folder, tabTo, focused } = await openStage({ connection: 'north' });
  await app.call('sync.run', {
    connection: 'north',
    source: await spoiled(path.join(folder, 'export')),
    approve: true,
  });
  const { keyboard } = page;
  await tabTo('Descriptor map');
  await keyboard.press('Enter');
  await page.getByRole('grid', { name: 'Codes' }).getByRole('row').nth(1).waitFor();
  const before = (await unpaired(app)).length;
  await tabTo(/^Confirm all/);
  await keyboard.press('Tab');
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.getByRole('option').first().waitFor();
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await tabTo('Pair, then the next');
  await keyboard.press('Enter');
  await expect.poll(async () => (await unpaired(app)).length).toBe(before - 1);
  await page.getByRole('dialog').getByRole('option').first().waitFor();
  await keyboard.press('Escape');
  await page.getByText('1 code is paired').waitFor();
  await expect.poll(focused).not.toBe('');
});

test('Pairs are taken over from another connection, after their differences were seen', async () => {
  const { page, app, expectAccessible, shoot } = await openStage({
    connection: 'north',
    prepare: async (started, { url, key, secret }) => {
      await started.call('connections.add', { name: 'north 2025', url, key, secret, studentId: 'identifier' });
      const grade = (value: string) => `uri://ed-fi.org/GradeLevelDescriptor#${value}`;
      const type = 'GradeLevelDescriptor';
      for (const connection of ['north', 'north 2025']) {
        await started.call('sync.run', { connection, source: path.resolve('assets/district/day1'), planOnly: true });
      }
      await started.call('descriptors.mapMany', {
        connection: 'north 2025',
        pairs: [
          { type, code: 'Kinder', uri: grade('Kindergarten') },
          { type, code: 'PK3', uri: grade('Preschool/Prekindergarten') },
          { type, code: 'Sr', uri: grade('Twelfth grade') },
        ],
      });
      await started.call('descriptors.mapMany', {
        connection: 'north',
        pairs: [
          { type, code: 'Sr', uri: grade('Eleventh grade') },
          { type, code: 'Jr', uri: grade('Eleventh grade') },
        ],
      });
    },
  });
  await page.getByRole('link', { name: 'Descriptor map' }).click();
  await page.getByRole('main').getByRole('link', { name: 'north', exact: true }).waitFor();
  await expectAccessible();
  await shoot('descriptors-which');
  await page.getByRole('main').getByRole('link', { name: 'north', exact: true }).click();
  await page.getByRole('link', { name: 'Copy from another connection' }).click();
  const table = page.getByRole('grid', { name: 'Where the maps differ' });
  await table.getByRole('row', { name: /kinder/i }).waitFor();
  await expectAccessible();
  await shoot('descriptors-copy');
  await shoot('descriptors-copy-dark', 'dark');
  await table.getByRole('row', { name: 'sr' }).locator('label').click();
  await page.getByRole('button', { name: /^Take over 3 pairs/ }).click();
  await expectAccessible();
  await shoot('descriptors-copy-confirm');
  await page.getByRole('button', { name: 'Pair 3 codes' }).click();
  await page.getByText('3 pairs were taken over.').waitFor();
  const list = async () => (await app.call('descriptors.list', { connection: 'north' })).length;
  await expect.poll(list).toBe(4);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(list).toBe(2);
  const own = await app.call('descriptors.list', { connection: 'north' });
  expect(own.find(({ code }) => code === 'sr')?.uri).toMatch(/#Eleventh grade$/);
});

test('Ten thousand codes scroll to the last; at 200 % zoom nothing is lost', async () => {
  const { page, folder, app, shoot } = await openStage({ connection: 'north' });
  const code = (at: number): string => `L${String(at).padStart(5, '0')}`;
  const source = writeExport(path.join(folder, 'export'), {
    courses: ([first = {}]) =>
      Array.from({ length: 10_000 }, (_, at) => ({
        ...first,
        sourcedId: code(at),
        courseCode: code(at),
        subjects: code(at),
        subjectCodes: '',
      })),
  });
  // Codes are met while a batch is planned: what they belong to need not be sent.
  const batch = app.call('sync.run', { connection: 'north', source, approve: true });
  await expect
    .poll(async () => (await app.call('sync.state', {}))?.progress?.phase, { timeout: 20_000 })
    .toBe('sending');
  await app.call('sync.stop', {});
  await batch.catch(() => undefined);
  await page.getByRole('link', { name: 'Descriptor map' }).click();
  const table = page.getByRole('grid', { name: 'Codes' });
  await table.getByRole('row', { name: /^L00000/ }).waitFor();
  const last = table.getByRole('row', { name: /^L09999/ });
  // On to its end with each picture, until it is the end of all.
  await table.evaluate(async (one) => {
    const until = performance.now() + 120_000;
    while (!one.textContent.includes('L09999') && performance.now() < until) {
      one.scrollTo(0, one.scrollHeight);
      await new Promise((done) => requestAnimationFrame(done));
    }
  });
  await last.waitFor();
  await expect.poll(() => table.getByRole('row').count()).toBeLessThan(60);
  await shoot('descriptors-10000');
  // What the wheel has brought there is pressed before it has come to rest.
  await scrollAndPress(page, table.getByRole('row', { name: /^L0/ }).first());
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.setViewportSize({ width: 683, height: 384 });
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot('descriptors-zoom');
});
