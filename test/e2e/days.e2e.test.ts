/**
 * Whole days of a steward, from an empty Rollbook on: what the specs of the single screens show piece by piece, in one go.
 *
 * Its pictures, `guide-…`, are those of docs/guide.md: ROLLBOOK_SHOTS names a folder for them.
 *
 * Everything a day does goes through `page`, and what the screens cannot show through `app` and `api`.
 */
import { cpSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { copyExport, drop, get, readExport, set, table, where, writeExport } from '../sync/export.ts';
import { openStage, type Stage, withBrowser } from './stage.ts';

withBrowser();

const CONNECTION = 'State 2026-27';
const district = (day: 'day1' | 'day2'): string => path.join(import.meta.dirname, '../../assets/district', day);

/** Waits long enough for a whole batch. */
const heading = ({ page }: Stage, name: string | RegExp, level?: number): Promise<void> =>
  page
    .getByRole('heading', { name, exact: true, ...(level === undefined ? {} : { level }) })
    .waitFor({ timeout: 90_000 });

/** By the navigation, to a screen. */
async function open(stage: Stage, screen: string): Promise<void> {
  const { page } = stage;
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: screen, exact: true }).click();
  await heading(stage, new RegExp(`^${screen}\\b`), 1);
}

const newest = async ({ app }: Stage, connection = CONNECTION) => {
  const { batches } = await app.call('batches.list', { connection, limit: 1 });
  const [batch] = batches;
  if (batch === undefined) throw new Error('There is no batch.');
  return batch;
};

/** The newest batch's, which adds up. */
const accountOf = async (stage: Stage, connection = CONNECTION) => {
  const { account } = await newest(stage, connection);
  if (account === null) throw new Error('The batch has no account.');
  const { read, ...outcomes } = account;
  expect(Object.values(outcomes).reduce((sum, one) => sum + one, 0)).toBe(read);
  return account;
};

/** Requests that write, by what they do. */
const writesOf = async ({ api }: Stage): Promise<number> => {
  const { POST, PUT, DELETE } = await api.requests();
  return POST + PUT + DELETE;
};

const told = (count: number): string => count.toLocaleString('en-US');

test('The first day, the second, and the day on which half the export is missing', async () => {
  const stage = await openStage();
  const source = path.join(stage.folder, 'export');
  cpSync(district('day1'), source, { recursive: true });
  await connect(stage);
  await chooseExport(stage, source);
  await sendForTheFirstTime(stage);
  await mapAndSendWhatWaited(stage);
  await writeFixList(stage);
  await saveForSupport(stage);
  cpSync(district('day2'), source, { recursive: true });
  await sendChanges(stage);
  await putRightWhatIsLeft(stage, source);
  await declineHalf(stage, source);
}, 300_000);

async function connect(stage: Stage): Promise<void> {
  const { page, api, shoot } = stage;
  await heading(stage, 'Welcome to Rollbook', 1);
  await page.getByRole('link', { name: 'Connect' }).click();
  await page.getByLabel('Address of the API').fill(api.url);
  await page.getByRole('button', { name: 'Look there' }).click();
  await page.getByText('Ed-Fi 5.2', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByLabel('Key', { exact: true }).fill(api.key);
  await page.getByLabel('Secret', { exact: true }).fill(api.secret);
  await page.getByLabel('Name').fill(CONNECTION);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByText('Every step passed.').waitFor();
  await shoot('guide-test');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('radio', { name: /^identifier/ }).press('Space');
  await page.getByRole('button', { name: 'Save the connection' }).click();
  await page.getByRole('checkbox', { name: 'Sections', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await heading(stage, 'The connection is ready');
  await page.getByRole('link', { name: 'To the overview' }).click();
  await heading(stage, 'Overview', 1);
  expect((await api.requests()).POST).toBe(0);
}

async function chooseExport(stage: Stage, source: string): Promise<void> {
  const { page, app, choosePath } = stage;
  await page.getByRole('link', { name: 'Choose the folder or zip that your SIS exports to.' }).click();
  await heading(stage, 'Which export is sent?');
  await choosePath(() => page.getByRole('button', { name: /^Choose a folder/ }).click(), source);
  await heading(stage, 'Is this the right export?');
  await page
    .getByRole('grid', { name: 'Tables of the export' })
    .getByRole('row', { name: 'Enrollments' })
    .getByText('4,078')
    .waitFor();
  await page.getByRole('button', { name: 'Use this export' }).click();
  await page.getByText('Found', { exact: true }).waitFor();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Close' }).click();
  expect(await app.call('sources.show', { connection: CONNECTION })).toMatchObject({ path: source, lastSent: null });
}

async function sendForTheFirstTime(stage: Stage): Promise<void> {
  const { page, api, shoot } = stage;
  await page.getByRole('link', { name: 'See what would be sent' }).click();
  await heading(stage, 'The first batch');
  await page.getByRole('button', { name: 'Look first' }).click();
  await heading(stage, 'What would be sent');
  await page.getByRole('button', { name: 'Students', exact: true }).waitFor();
  await shoot('guide-plan');
  // To look is not to send.
  expect(await writesOf(stage)).toBe(0);
  await page.getByRole('button', { name: /^Send [\d,]+ changes …$/ }).click();
  await page
    .getByRole('alertdialog')
    .getByRole('button', { name: /^Send [\d,]+ changes$/ })
    .click();
  await heading(stage, 'The batch is done');
  await page.getByRole('link', { name: /^Look at (the|all \d+) problems$/ }).waitFor();
  await shoot('guide-done');
  const account = await accountOf(stage);
  expect(account).toMatchObject({ updated: 0, deleted: 0 });
  expect(account.rejected).toBeGreaterThan(0);
  await page.getByText(told(account.created), { exact: true }).first().waitFor();
  expect((await api.requests()).DELETE).toBe(0);
  await page.getByRole('link', { name: /^Look at (the|all \d+) problems$/ }).click();
  await heading(stage, 'Problems', 1);
  await page.getByRole('row', { name: /The code “EE”/ }).waitFor();
  await shoot('guide-problems');
}

async function mapAndSendWhatWaited(stage: Stage): Promise<void> {
  const { page, app, shoot } = stage;
  const before = await app.call('problems.list', { connection: CONNECTION });
  await open(stage, 'Descriptor map');
  await page.getByRole('grid', { name: 'Codes' }).getByRole('row', { name: /EE/ }).click();
  const dialog = page.getByRole('dialog');
  const value = dialog.getByRole('option', { name: /^Early Education/ });
  await value.waitFor();
  await value.click();
  await shoot('guide-pair');
  await dialog.getByRole('button', { name: 'Pair', exact: true }).click();
  await page.getByText('1 code is paired').waitFor();
  await page.getByRole('button', { name: 'Send what waited' }).click();
  await page.getByText(/^Sent: [\d,]+ records? created/).waitFor();
  const after = await app.call('problems.list', { connection: CONNECTION });
  expect(after.open.causes).toBe(before.open.causes - 1);
  const account = await accountOf(stage);
  expect(account.created).toBeGreaterThan(0);
  expect(account).toMatchObject({ updated: 0, deleted: 0 });
}

async function writeFixList(stage: Stage): Promise<void> {
  const { page, app, folder, choosePath } = stage;
  await open(stage, 'Problems');
  await page.getByRole('button', { name: 'Fix list …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Write a fix list' });
  await dialog.getByText('It holds personal data').waitFor();
  await dialog.getByRole('radio', { name: /^CSV/ }).press('Space');
  const file = path.join(folder, 'fix.csv');
  await choosePath(() => dialog.getByRole('button', { name: /^Choose where to save/ }).click(), file);
  const saved = page.getByRole('alert').getByText(/^The fix list was saved: [\d,]+ rows?$/);
  await saved.waitFor();
  const rows = readFileSync(file, 'utf8').trim().split(/\r?\n/).length - 1;
  expect(await saved.textContent()).toContain(told(rows));
  const { open: left } = await app.call('problems.list', { connection: CONNECTION });
  expect(left.causes).toBeGreaterThan(0);
  expect(rows).toBeGreaterThanOrEqual(left.causes);
}

async function saveForSupport(stage: Stage): Promise<void> {
  const { page, folder, choosePath, shoot } = stage;
  await open(stage, 'Support');
  await page.getByRole('button', { name: 'Save the bundle …' }).waitFor();
  await shoot('guide-support');
  const file = path.join(folder, 'for-support.zip');
  await choosePath(() => page.getByRole('button', { name: 'Save the bundle …' }).click(), file);
  await page.getByRole('alert').getByText('The bundle was saved. Nothing was sent.').waitFor();
  expect(statSync(file).size).toBeGreaterThan(1000);
}

/** From wherever one is: the next batch, of the connection's own export. */
async function sendNow(stage: Stage): Promise<void> {
  const { page } = stage;
  await open(stage, 'Batches');
  const next = page.getByRole('button', { name: 'Next batch' });
  const send = page.getByRole('button', { name: 'Send now' });
  // What came of the batch before is still shown where that was of this screen.
  await next.or(send).waitFor();
  if (await next.isVisible()) await next.click();
  await send.click();
}

async function sendChanges(stage: Stage): Promise<void> {
  const { page } = stage;
  const before = await writesOf(stage);
  await sendNow(stage);
  await heading(stage, 'The batch is done');
  const { created, updated, deleted, unchanged, failed } = await accountOf(stage);
  const changed = created + updated + deleted;
  expect(created).toBeGreaterThan(0);
  expect(updated).toBeGreaterThan(0);
  expect(deleted).toBeGreaterThan(0);
  expect(unchanged).toBeGreaterThan(changed * 10);
  // Only what changed went; a change may take the API two requests.
  const requests = (await writesOf(stage)) - before;
  expect(requests).toBeGreaterThanOrEqual(changed);
  expect(requests).toBeLessThanOrEqual(2 * (changed + failed));
  await page.getByText(told(unchanged), { exact: true }).first().waitFor();
}

/** The code that is left is paired, the SIS has corrected the rest, and all is green. */
async function putRightWhatIsLeft(stage: Stage, source: string): Promise<void> {
  const { page, app, shoot } = stage;
  await open(stage, 'Overview');
  await page.getByText('Needs you', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Pair 1 code of your SIS with what the state calls it.' }).click();
  await page.getByRole('grid', { name: 'Codes' }).getByRole('row', { name: '5', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('option', { name: /^Fifth grade/ }).click();
  await dialog.getByRole('button', { name: 'Pair', exact: true }).click();
  await page.getByText('1 code is paired').waitFor();
  // Enrollments of people whom the export does not have.
  const sis = readExport(source);
  const users = table(sis, 'users');
  const known = new Set(users.rows.map((row) => get(users, row, 'sourcedId')));
  const enrollments = table(sis, 'enrollments');
  drop(enrollments, (row) => !known.has(get(enrollments, row, 'userSourcedId')));
  writeExport(sis, source);
  await sendNow(stage);
  await heading(stage, 'The batch is done');
  expect(await accountOf(stage)).toMatchObject({ updated: 0, deleted: 0, rejected: 0, held: 0, failed: 0 });
  expect((await app.call('problems.list', { connection: CONNECTION })).open.causes).toBe(0);
  await open(stage, 'Overview');
  await page.getByText('Healthy', { exact: true }).waitFor();
  await page.getByText('There is nothing for you to do.').waitFor();
  await shoot('guide-overview');
}

/** The SIS wrote half of it, over the export that was there. */
async function declineHalf(stage: Stage, source: string): Promise<void> {
  const { page, api, app, shoot } = stage;
  const right = readExport(source);
  const half = copyExport(right);
  const users = table(half, 'users');
  const gone = new Set(users.rows.filter((_, i) => i % 2 === 0).map((row) => get(users, row, 'sourcedId')));
  for (const name of ['users', 'enrollments', 'roles', 'demographics']) {
    const of = table(half, name);
    const column = of.header.includes('userSourcedId') ? 'userSourcedId' : 'sourcedId';
    drop(of, (row) => gone.has(get(of, row, column)));
  }
  writeExport(half, source);
  const writes = await writesOf(stage);
  const students = (await api.read('ed-fi/students')).length;

  await sendNow(stage);
  await heading(stage, 'This batch waits for you');
  await page.getByText('Nothing of it has been sent.').waitFor();
  await page.getByText('Why Rollbook asks').waitFor();
  await shoot('guide-waits');
  await page.getByRole('button', { name: 'Leave it unsent' }).click();
  await page.getByText('A batch waits for your approval').waitFor();
  await open(stage, 'Overview');
  await page.getByText('Waiting for you', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Look at the plan that waits for your approval.' }).waitFor();
  expect(await writesOf(stage)).toBe(writes);
  expect((await newest(stage)).state).toBe('waiting');

  // The SIS writes it again, whole, and with a name corrected meanwhile: that alone goes, without a question.
  const demographics = table(right, 'demographics');
  const student = get(demographics, demographics.rows[1] ?? [], 'sourcedId');
  for (const row of where(table(right, 'users'), { sourcedId: student })) {
    set(table(right, 'users'), row, 'givenName', 'Robin');
  }
  writeExport(right, source);
  await page.getByRole('link', { name: 'Look at the plan that waits for your approval.' }).click();
  await page.getByRole('button', { name: 'Send now' }).click();
  await heading(stage, 'The batch is done');
  expect(await accountOf(stage)).toMatchObject({ created: 0, updated: 1, deleted: 0, failed: 0 });
  expect(await writesOf(stage)).toBe(writes + 1);
  expect((await api.read('ed-fi/students')).length).toBe(students);
  await open(stage, 'Overview');
  await page.getByText('Healthy', { exact: true }).waitFor();
  await expect.poll(() => app.call('sync.state', {})).toBeNull();
}

test('The engine dies, then the API and the network go: the batch goes on by itself, and nothing goes twice', async () => {
  const connection = CONNECTION;
  const stage = await openStage({ connection, isKillable: true });
  const { page, api, app, folder } = stage;
  const source = path.join(folder, 'export');
  await writeDistrict({ out: source, students: 60 });
  await app.call('sources.set', { connection, path: source });
  // So slow that there is time to do something in the middle.
  const slow = { seed: 1, rules: [{ fault: { kind: 'latency', ms: 60 } as const }] };
  await api.faults.set(slow);
  await app.call('settings.change', { concurrency: 6 });

  await open(stage, 'Batches');
  // Nothing was ever sent: there is no way around looking first.
  await page.getByRole('button', { name: 'Look first' }).click();
  await heading(stage, 'What would be sent');
  await page.getByRole('button', { name: /^Send .* changes …$/ }).click();
  await page
    .getByRole('alertdialog')
    .getByRole('button', { name: /^Send .* changes$/ })
    .click();
  await heading(stage, 'Sending');
  // The steward looks at something else: what is under way is seen from there too.
  await open(stage, 'Overview');
  const bar = page.getByRole('region', { name: 'What is under way' });
  await bar.getByRole('progressbar').waitFor();
  const sent = async (): Promise<number> => {
    const { progress } = (await app.call('sync.state', {})) ?? {};
    return progress?.phase === 'sending' ? progress.done : 0;
  };
  await expect.poll(sent, { timeout: 30_000 }).toBeGreaterThan(100);

  await app.killEngine();
  const away = page.getByRole('alert').getByText('The engine stopped and is being started again');
  await away.waitFor();
  await page.getByText('What the API confirmed is in the ledger. Nothing is sent twice.').waitFor();
  await away.waitFor({ state: 'detached' });
  await bar.getByRole('link', { name: 'Show' }).click();
  await heading(stage, 'Sending');
  await expect.poll(sent, { timeout: 30_000 }).toBeGreaterThan(50);

  await api.faults.set({ seed: 1, rules: [{ fault: { kind: 'drop', moment: 'before' } }] });
  await page.getByText('Waiting for the API').waitFor();
  await app.setOnline(false);
  await page.getByText('There is no network').waitFor();
  await api.faults.set(slow);
  await app.setOnline(true);
  await page.getByText('There is no network').waitFor({ state: 'detached' });
  await heading(stage, 'The batch is done');
  await accountOf(stage, connection);

  // The API has each record that the ledger knows, once, and none besides.
  const { resources } = await app.call('audit.run', { connection });
  const read = Object.values(resources);
  expect(read.reduce((sum, { api }) => sum + api, 0)).toBeGreaterThan(1000);
  expect(read.filter(({ missing, unknown, differing }) => missing + unknown + differing > 0)).toEqual([]);
  await page.getByRole('button', { name: 'Next batch' }).click();
  await page.getByRole('button', { name: 'Look first' }).click();
  await heading(stage, 'What would be sent');
  await page.getByText('There is nothing to send.').waitFor();
});
