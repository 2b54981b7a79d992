import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import type { WorkerSandbox } from '../../core/sandbox/worker.ts';
import { openStage, overflows, withBrowser } from './stage.ts';

withBrowser();

/** Somebody else deletes one record at the API. */
async function deleteOne({ url, key, secret }: WorkerSandbox, resource: string): Promise<void> {
  const asked = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: key, client_secret: secret }),
  });
  const { access_token: token } = (await asked.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  const at = `${url}/data/v3/ed-fi/${resource}`;
  const [one] = (await (await fetch(`${at}?limit=1`, { headers })).json()) as { id: string }[];
  expect((await fetch(`${at}/${one?.id}`, { method: 'DELETE', headers })).status).toBe(204);
}

test('The wizard leads from an address to a connection by keyboard alone', async () => {
  const { page, api, app, tabTo } = await openStage();
  const { keyboard } = page;
  const press = async (name: string | RegExp): Promise<void> => {
    await tabTo(name);
    await keyboard.press('Enter');
  };
  const type = async (name: string | RegExp, text: string): Promise<void> => {
    await tabTo(name);
    await keyboard.type(text);
  };
  const stage = (name: string) => page.getByRole('heading', { name }).waitFor();
  await press('Connect');
  await stage('Where is the API?');
  // Enter in a field goes on as the button does.
  await type('Address of the API', api.url);
  await keyboard.press('Enter');
  await page.getByText('Ed-Fi 5.2', { exact: true }).waitFor();
  await press('Go on');
  await stage('What may you do there?');
  await type('Key', api.key);
  await type('Secret', api.secret);
  await type('Name', 'north');
  await keyboard.press('Enter');
  await stage('Does it work?');
  await page.getByRole('heading', { name: 'What the key is for' }).waitFor();
  await press('Go on');
  await stage('How are your students known?');
  await tabTo(/^identifier/);
  await keyboard.press('Space');
  await press('Save the connection');
  await stage('What is sent?');
  await page.getByRole('checkbox', { name: 'Sections', exact: true }).waitFor();
  await press('Go on');
  await stage('The connection is ready');
  await press('To the overview');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  expect(await app.call('connections.list', {})).toMatchObject([{ name: 'north', studentId: 'identifier', off: [] }]);
});

test('The wizard, stage by stage', async () => {
  const { page, api, app, expectAccessible, shoot } = await openStage();
  await page.getByRole('link', { name: 'Connect' }).click();
  await page.getByLabel('Address of the API').fill(api.url);
  await page.getByRole('button', { name: 'Look there' }).click();
  await page.getByText('Ed-Fi 5.2', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByLabel('Key', { exact: true }).fill(api.key);
  await page.getByLabel('Secret', { exact: true }).fill(api.secret);
  await page.getByLabel('Name').fill('State 2026-27');
  await expectAccessible();
  await shoot('wizard-2-key');
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByRole('heading', { name: 'What the key is for' }).waitFor();
  await expectAccessible();
  await shoot('wizard-3-test');
  await shoot('wizard-3-test-dark', 'dark');
  await page.getByRole('button', { name: 'Go on' }).click();
  const save = page.getByRole('button', { name: 'Save the connection' });
  await expect.poll(() => save.isDisabled()).toBe(true);
  await page.getByRole('radio', { name: /^identifier/ }).press('Space');
  await expectAccessible();
  await shoot('wizard-4-identifier');
  await save.click();
  await page.getByRole('heading', { name: 'What is sent?' }).waitFor();
  await page.getByRole('checkbox', { name: 'Sections', exact: true }).waitFor();
  await expectAccessible();
  await shoot('wizard-5-resources');
  await page.getByRole('checkbox', { name: 'Sections', exact: true }).press('Space');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('heading', { name: 'The connection is ready' }).waitFor();
  await expectAccessible();
  await shoot('wizard-6-done');
  const [made] = await app.call('connections.list', {});
  expect(made).toMatchObject({ name: 'State 2026-27', studentId: 'identifier', off: ['ed-fi/sections'] });
  await page.getByRole('link', { name: 'Look at the connection' }).click();
  await page.getByRole('heading', { level: 1, name: 'State 2026-27' }).waitFor();
  await page.getByRole('heading', { name: 'What the key is for' }).waitFor();
  await page.getByRole('button', { name: 'Test now' }).click();
  await page.getByRole('button', { name: 'Test now' }).waitFor();
  await expectAccessible();
  await shoot('connection-detail');
  await shoot('connection-detail-dark', 'dark');
});

test('An address without an API is refused in a sentence, and a wrong secret at its step', async () => {
  const { page, api, expectAccessible, shoot } = await openStage();
  await page.getByRole('link', { name: 'Connect' }).click();
  const address = page.getByLabel('Address of the API');
  await address.fill('http://127.0.0.1:9/nothing');
  await address.press('Enter');
  await page.getByRole('alert').waitFor();
  await expectAccessible();
  await address.fill(api.url);
  await address.press('Enter');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByLabel('Key', { exact: true }).fill(api.key);
  await page.getByLabel('Secret', { exact: true }).fill('wrong');
  await page.getByLabel('Name').fill('north');
  await page.getByLabel('Name').press('Enter');
  await page.getByText('The test ended at the step that failed.').waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'Go on' }).isDisabled()).toBe(true);
  await expectAccessible();
  await shoot('wizard-3-failed');
  // What was wrong is put right where it was entered; the rest is still there.
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByLabel('Secret', { exact: true }).fill(api.secret);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByText('Every step passed.').waitFor();
});

test('A school year that the addresses leave open is asked for', async () => {
  const { page, api, app, expectAccessible, shoot } = await openStage({ api: { routes: { year: [2026, 2027] } } });
  await page.getByRole('link', { name: 'Connect' }).click();
  await page.getByLabel('Address of the API').fill(api.url);
  await page.getByRole('button', { name: 'Look there' }).click();
  const year = page.getByLabel(/Which school year/);
  await year.waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'Go on' }).isDisabled()).toBe(true);
  await shoot('wizard-1-year');
  await expectAccessible();
  if ((await year.getAttribute('aria-haspopup')) === 'listbox') {
    await year.click();
    await page.getByRole('option', { name: '2027' }).click();
  } else await year.fill('2027');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByLabel('Key', { exact: true }).fill(api.key);
  await page.getByLabel('Secret', { exact: true }).fill(api.secret);
  await page.getByLabel('Name').fill('north');
  await page.getByLabel('Name').press('Enter');
  await page.getByText('Every step passed.').waitFor();
  expect(await app.call('connections.list', {})).toEqual([]);
});

test('The list leads to each connection', async () => {
  const { page, expectAccessible, shoot, tabTo } = await openStage({
    connection: 'State 2026-27',
    prepare: async (app, { url, key, secret }) => {
      await app.call('connections.clone', { from: 'State 2026-27', name: 'State 2027-28', url, key, secret });
    },
  });
  await page.getByRole('navigation').getByRole('link', { name: 'Connections' }).click();
  await page.getByRole('rowheader', { name: 'State 2027-28' }).waitFor();
  await expect.poll(() => page.title()).toBe('Connections · Rollbook');
  await expectAccessible();
  await shoot('connections');
  await tabTo(/State 2026-27/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'State 2027-28' }).waitFor();
  // A window's title may be seen by others: it names no connection.
  await expect.poll(() => page.title()).toBe('Connection · Rollbook');
});

test('A clone lists what should be looked at again, and each is ticked off', async () => {
  const { page, api, app, expectAccessible, shoot } = await openStage({
    api: { routes: { year: [2026, 2027] } },
    prepare: async ({ call }, { url, key, secret }) => {
      const { open } = await call('connections.discover', { url });
      const routeValues = Object.fromEntries(open.map(({ name }) => [name, '2027']));
      await call('connections.add', { name: 'State 2026-27', url, routeValues, key, secret, studentId: 'identifier' });
    },
  });
  await page.goto(`${page.url().split('#')[0]}#/connections/State%202026-27`);
  await page.getByRole('link', { name: 'Clone' }).click();
  await page.getByRole('heading', { level: 1, name: /^Clone/ }).waitFor();
  await page.getByLabel('Name').fill('State 2027-28');
  await page.getByLabel('Key', { exact: true }).fill(api.key);
  await page.getByLabel('Secret', { exact: true }).fill(api.secret);
  await expectAccessible();
  await shoot('clone');
  await page.getByRole('button', { name: 'Test and save the clone' }).click();
  await page.getByRole('heading', { level: 1, name: 'State 2027-28' }).waitFor();
  const [, clone] = await app.call('connections.list', {});
  await shoot('clone-done');
  await expectAccessible();
  expect(clone?.lookAgain).toMatchObject([{ kind: 'year' }]);
  for (const { sentence } of clone?.lookAgain ?? []) {
    await page.getByRole('button', { name: `It is right: ${sentence}` }).click();
    await page.getByText(sentence, { exact: true }).waitFor({ state: 'detached' });
  }
  expect((await app.call('connections.show', { name: 'State 2027-28' })).lookAgain).toEqual([]);
  await expect.poll(() => page.getByRole('heading', { name: 'Look at this again' }).count()).toBe(0);
});

test('A key is changed only for one that works', async () => {
  const { page, app, expectAccessible, shoot } = await openStage({
    api: {
      clients: [
        { key: 'old', secret: 'old-secret', educationOrganizationIds: [255901] },
        { key: 'new', secret: 'new-secret', educationOrganizationIds: [255901] },
      ],
    },
    prepare: async ({ call }, { url }) => {
      await call('connections.add', { name: 'north', url, key: 'old', secret: 'old-secret', studentId: 'identifier' });
    },
  });
  await page.goto(`${page.url().split('#')[0]}#/connections/north/rotate`);
  await page.getByRole('heading', { level: 1, name: 'Change the key' }).waitFor();
  await page.getByLabel('Key', { exact: true }).fill('new');
  await page.getByLabel('Secret', { exact: true }).fill('wrong');
  await page.getByRole('button', { name: 'Test and use the new key' }).click();
  await page.getByRole('alert').waitFor();
  await expectAccessible();
  await shoot('rotate-refused');
  expect((await app.call('connections.show', { name: 'north' })).key).toBe('old');
  await page.getByLabel('Secret', { exact: true }).fill('new-secret');
  await page.getByRole('button', { name: 'Test and use the new key' }).click();
  await page.getByText('The new key is in use.').first().waitFor();
  expect((await app.call('connections.show', { name: 'north' })).key).toBe('new');
});

test('Removing says what goes, with the counts, and Enter alone removes nothing', async () => {
  const { page, app, focused, expectAccessible, shoot } = await openStage({ connection: 'north' });
  await page.goto(`${page.url().split('#')[0]}#/connections/north`);
  const remove = page.getByRole('button', { name: 'Remove …' });
  await remove.click();
  const dialog = page.getByRole('alertdialog', { name: 'Remove “north”?' });
  await dialog.getByText('Nothing is deleted at the API.').waitFor();
  await dialog.getByText('Records known as sent').waitFor();
  await expectAccessible();
  await shoot('remove');
  await expect.poll(focused).toBe('Cancel');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  // Back where one was.
  await expect.poll(focused).toBe('Remove …');
  expect(await app.call('connections.list', {})).toHaveLength(1);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Remove the connection' }).click();
  await page.getByRole('heading', { level: 1, name: 'Welcome to Rollbook' }).waitFor();
  expect(await app.call('connections.list', {})).toEqual([]);
});

test('A connection goes out as a file and comes in again elsewhere', async () => {
  const stage = await openStage({ connection: 'north' });
  const { page, api, app, folder, chooseText, saveText, expectAccessible, shoot } = stage;
  await page.goto(`${page.url().split('#')[0]}#/connections/north`);
  const file = path.join(folder, 'north.json');
  await saveText(() => page.getByRole('button', { name: 'Export' }).click(), file);
  const written = readFileSync(file, 'utf8');
  expect(JSON.parse(written)).toMatchObject({ format: 'rollbook-connection', name: 'north' });
  expect(written).not.toContain(api.secret);
  await app.call('connections.remove', { name: 'north' });
  await page.reload();

  const choose = (at: string): Promise<void> =>
    chooseText(() => page.getByRole('button', { name: /^Choose/ }).click(), at);
  await page.getByRole('link', { name: 'Import' }).click();
  const other = path.join(folder, 'other.json');
  writeFileSync(other, '{"format":"something"}');
  await choose(other);
  await page.getByText('other.json is no connection file.').waitFor();
  await choose(file);
  await page.getByLabel('Key', { exact: true }).fill(api.key);
  await page.getByLabel('Secret', { exact: true }).fill(api.secret);
  await expectAccessible();
  await shoot('import');
  await page.getByRole('button', { name: 'Test and save' }).click();
  await page.getByText('was tested and saved').waitFor();
  expect(await app.call('connections.list', {})).toMatchObject([{ name: 'north', url: api.url }]);
});

test('The API is compared with the ledger, and taken over into a new one', async () => {
  const source = mkdtempSync(path.join(tmpdir(), 'rollbook-e2e-export-'));
  onTestFinished(() => rmSync(source, { recursive: true, force: true }));
  const { page, api, app, focused, expectAccessible, shoot } = await openStage({
    connection: 'north',
    prepare: async ({ call }) => {
      await writeDistrict({ out: source, students: 60 });
      await call('sync.run', { connection: 'north', source, approve: true });
    },
  });
  await page.goto(`${page.url().split('#')[0]}#/connections/north`);
  const compared = page.getByRole('region', { name: 'Compare with the API', exact: true });
  await compared.getByRole('button', { name: 'Compare now' }).click();
  await compared.getByText('The API and the ledger agree').waitFor();
  await expectAccessible();

  // One that somebody else deleted is found, and goes again once it was asked for.
  await deleteOne(api, 'staffSectionAssociations');
  await compared.getByRole('button', { name: 'Compare now' }).click();
  await compared.getByText('1 record is not the same').waitFor();
  await compared.getByRole('button', { name: 'Staff section associations', exact: true }).click();
  await expectAccessible();
  await compared.evaluate((element) => element.scrollIntoView());
  await shoot('connection-missing');
  await compared.getByRole('button', { name: 'Send staff section associations again …' }).click();
  const again = page.getByRole('alertdialog', { name: 'Send staff section associations again?' });
  await again.waitFor();
  await expectAccessible();
  await shoot('connection-send-again');
  await expect.poll(focused).toBe('Cancel');
  await again.getByRole('button', { name: /^Send up to [\d,]+ records$/ }).click();
  await compared.getByText(/^The API confirmed [\d,]+ records$/).waitFor({ timeout: 60_000 });
  await shoot('connection-sent-again');
  await compared.getByRole('button', { name: 'Compare now' }).click();
  await compared.getByText('The API and the ledger agree').waitFor();

  const { resources } = await app.call('audit.run', { connection: 'north' });
  const hidden = Object.values(resources).reduce((sum, one) => sum + one.hidden, 0);

  // The data folder was lost: the same API, and a ledger that knows nothing of it.
  await app.call('connections.remove', { name: 'north' });
  const { url, key, secret } = api;
  await app.call('connections.add', { name: 'anew', url, key, secret, studentId: 'identifier' });
  await page.goto(`${page.url().split('#')[0]}#/connections/anew`);
  // What was changed behind the page's back it need not know.
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'anew' }).waitFor();
  await compared.getByRole('button', { name: 'Compare now' }).click();
  await compared.getByText('Unknown here:').waitFor();
  await page.getByRole('region', { name: 'What is under way' }).waitFor({ state: 'detached' });
  await expectAccessible();
  await compared.scrollIntoViewIfNeeded();
  await shoot('connection-compared');
  const written = (await api.requests()).POST;
  const taken = page.getByRole('region', { name: 'Take over what the API has', exact: true });
  await taken.getByRole('button', { name: 'Take over …' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Take over what the API has?' });
  await dialog.waitFor();
  await expectAccessible();
  await shoot('connection-adopt-ask');
  await expect.poll(focused).toBe('Cancel');
  await dialog.getByRole('button', { name: 'Take it over' }).click();
  await taken.getByText(/[\d,]+ records were taken over/).waitFor();
  await expectAccessible();
  await taken.evaluate((element) => element.scrollIntoView());
  await shoot('connection-adopted');
  expect((await api.requests()).POST).toBe(written);
  await compared.getByRole('button', { name: 'Compare now' }).click();
  await compared.getByText('The API and the ledger agree').waitFor();
  const planned = await app.call('sync.run', { connection: 'anew', source, planOnly: true });
  // Only what the API does not list for this key goes once more.
  expect(planned).toMatchObject({ state: 'planned', left: hidden });
});

test('At 200 % zoom the wizard and a connection lose nothing', async () => {
  const { page, shoot } = await openStage({ connection: 'north', viewport: { width: 683, height: 384 } });
  for (const address of ['', '#/connections', '#/connections/north', '#/connections?add=connect']) {
    await page.goto(`${page.url().split('#')[0]}${address}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect({ address, wide: await overflows(page) }).toEqual({ address, wide: false });
  }
  await shoot('wizard-zoom');
});
