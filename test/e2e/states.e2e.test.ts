/**
 * The states of the screens that no day of the other specs comes through: nothing there yet, no such thing, still loading,
 * refused, several connections at once, an API that is away while it is read, an engine that cannot start. Each is looked at
 * in light, dark and forced colours, and nothing of it is wider than the window.
 */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeDistrict } from '../../core/sandbox/district/generate.ts';
import { writeExport } from './exports.ts';
import { openStage, overflows, type Stage, scrollAndPress, withBrowser } from './stage.ts';

withBrowser();

/** A folder for an export that is there before the screens are opened; gone after the test. */
function newExport(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-e2e-export-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function goTo({ page }: Stage, address: string): Promise<void> {
  const before = await page.getByRole('main').locator('h1').elementHandle();
  const isOther = await page.evaluate((to) => {
    const from = location.hash;
    location.hash = to;
    return location.hash !== from;
  }, address);
  // Another address is another screen: what is seen until then is the one before.
  if (isOther) await page.waitForFunction((heading) => heading?.isConnected !== true, before);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await expect
    .poll(
      () =>
        page
          .getByRole('main')
          .getByRole('status')
          .filter({ hasText: /^Loading/ })
          .count(),
      { timeout: 20_000 },
    )
    .toBe(0);
}

async function look({ page, expectAccessible, shoot }: Stage, name: string): Promise<void> {
  await expectAccessible();
  await expect.poll(() => overflows(page)).toBe(false);
  await shoot(`state-${name}`);
}

test('Several connections and nothing sent: each screen says what is there to do, and none is taken for another', async () => {
  const stage = await openStage({
    connection: 'State 2026-27',
    prepare: async ({ call }, { url, key, secret }) => {
      const name = 'A district with a long name and a second school year 2027-28';
      await call('connections.add', { name, url, key, secret, studentId: 'identifier' });
    },
  });
  const { page, app } = stage;
  for (const place of ['overview', 'connections', 'sources', 'find', 'support']) {
    await goTo(stage, `#/${place}`);
    await look(stage, `several-${place}`);
  }
  for (const place of ['batches', 'problems']) {
    await goTo(stage, `#/${place}/State%202026-27`);
    await look(stage, `empty-${place}`);
  }

  // Two of one label could not be told apart.
  await goTo(stage, '#/support');
  const labels = page.getByRole('region', { name: 'How support hears of your connections' });
  await app.call('connections.update', { name: 'State 2026-27', label: 'state' });
  await labels.getByRole('button', { name: /A district with a long name/ }).click();
  const change = page.getByRole('dialog', { name: 'How support hears of it' });
  await change.getByRole('button', { name: /is to support/ }).click();
  await page.getByRole('option', { name: 'state', exact: true }).click();
  await change.getByRole('button', { name: 'Save' }).click();
  await change.getByRole('alert').getByText('hears of the connection "State 2026-27" as state already').waitFor();
  await look(stage, 'label-taken');
  await change.getByLabel('A number behind it').fill('2');
  await change.getByRole('button', { name: 'Save' }).click();
  await labels.getByText('state-2').waitFor();
});

test('What is not there is said, and a way leads on', async () => {
  const stage = await openStage({ connection: 'north' });
  const { page, app } = stage;
  // By another way than the page: it has to read its connections anew.
  await app.call('connections.update', { name: 'north', newName: 'south' });
  await page.reload();
  for (const [name, address] of [
    ['screen', '#/nowhere'],
    ['connection', '#/connections/north'],
    ['source', '#/sources/north'],
    ['batch', '#/batches/south/99'],
    ['cause', '#/problems/south/G-2222-22'],
    ['record', '#/problems/south/G-2222-22/1'],
    ['reference', '#/find/R-2222-22'],
  ] as const) {
    await goTo(stage, address);
    await expect
      .poll(() => page.getByRole('main').getByRole('link').or(page.getByRole('main').getByRole('button')).count())
      .toBeGreaterThan(0);
    await look(stage, `no-${name}`);
  }
});

test('What takes its time says that it is on its way, and what is refused can be asked for again', async () => {
  const stage = await openStage({ connection: 'north' });
  const { page, holdBack, refuse } = stage;
  const slow = {
    overview: 'overview.show',
    descriptors: 'descriptors.codes',
    batches: 'batches.list',
    problems: 'problems.list',
    settings: 'settings.show',
  } as const;
  const open = (place: string): Promise<void> =>
    page.evaluate(
      (to) => {
        location.hash = to;
      },
      `#/${place}${place === 'overview' || place === 'settings' ? '' : '/north'}`,
    );
  for (const [place, command] of Object.entries(slow)) {
    const letGo = await holdBack(command);
    await open('support');
    // What was read before is shown at once: this is the first time, or the page is loaded anew.
    await page.reload();
    await open(place);
    const loading = page.getByRole('main').getByRole('status').filter({ hasText: /…$/ }).first();
    await loading.waitFor({ state: 'attached' });
    if (place === 'overview' || place === 'batches') {
      // Only what takes a while is shown.
      await loading.locator('div').first().waitFor();
      await look(stage, `loading-${place}`);
    }
    await letGo();
    await refuse(command, { code: 'internal', sentence: 'The engine does not answer; try again.', details: {} });
    await page.reload();
    await open(place);
    await page.getByRole('main').getByText('The engine does not answer; try again.').first().waitFor();
    await look(stage, `refused-${place}`);
  }
});

test('What waits, is paused, cut off or came back is seen from everywhere', async () => {
  const day1 = newExport();
  const stage = await openStage({
    connection: 'north',
    prepare: async ({ call }) => {
      await writeDistrict({ out: day1, students: 60 });
      await call('sync.run', { connection: 'north', source: day1, approve: true });
    },
  });
  const { page, app, api, folder } = stage;
  const main = page.getByRole('main');
  const grade = { connection: 'north', type: 'GradeLevelDescriptor', code: 'EE' };
  const send = (source: string) => app.call('sync.run', { connection: 'north', source });

  // Paired and gone; the pair is taken back, and it is there again.
  await app.call('descriptors.map', { ...grade, uri: 'uri://ed-fi.org/GradeLevelDescriptor#Early Education' });
  await send(day1);
  await app.call('descriptors.unmap', grade);
  await send(day1);
  await goTo(stage, '#/problems/north');
  await main.getByRole('row', { name: /EE/ }).getByText('Came back').waitFor();
  await look(stage, 'problems-came-back');
  // What the wheel has brought there is pressed before it has come to rest.
  await scrollAndPress(page, main.getByRole('row', { name: /EE/ }));
  await page.getByRole('heading', { level: 1, name: /EE/ }).waitFor();
  await main.getByText('Came back', { exact: true }).waitFor();
  await look(stage, 'cause-came-back');
  await main.getByRole('button', { name: 'Mark as fixed' }).click();
  await main.getByText('Marked as fixed', { exact: true }).waitFor();
  await look(stage, 'cause-fixed');
  await goTo(stage, '#/problems/north');
  await page.getByRole('tab', { name: /^Hidden/ }).click();
  await main.getByRole('row', { name: /EE/ }).waitFor();
  await look(stage, 'problems-fixed');
  await page.getByRole('tab', { name: /^Resolved/ }).click();
  await look(stage, 'problems-resolved');

  // Half an export waits: on the overview, and at its batches.
  const half = writeExport(
    path.join(folder, 'half'),
    {
      users: (rows) => rows.filter((_, at) => at % 2 === 0),
      enrollments: (rows) => rows.slice(0, rows.length / 3),
    },
    day1,
  );
  expect((await send(half)).state).toBe('waiting');
  await goTo(stage, '#/overview');
  await main.getByText('Waiting for you', { exact: true }).waitFor();
  await look(stage, 'overview-waiting');
  await goTo(stage, '#/problems/north');
  await look(stage, 'problems-waiting');

  // Held, cut off, and still being sent: wherever one is.
  const source = path.join(folder, 'more');
  await writeDistrict({ out: source, students: 120 });
  await api.faults.set({ seed: 1, rules: [{ fault: { kind: 'latency', ms: 300 } }] });
  const batch = app.call('sync.run', { connection: 'north', source, approve: true });
  const bar = page.getByRole('region', { name: 'What is under way' });
  await bar.getByRole('progressbar').waitFor();
  for (const place of [
    'overview',
    'connections/north',
    'sources/north',
    'descriptors/north',
    'problems/north',
    'find',
  ]) {
    await goTo(stage, `#/${place}`);
    await look(stage, `running-${place.split('/')[0]}`);
  }
  await expect.poll(async () => (await app.call('sync.state', {}))?.kind).toBe('send');
  await app.call('sync.pause', {});
  await bar.getByText('Paused', { exact: true }).waitFor();
  await look(stage, 'running-paused');
  await app.call('sync.stop', {});
  expect((await batch).stopped?.code).toBe('cancelled');
  await bar.waitFor({ state: 'detached' });
  await goTo(stage, '#/overview');
  await look(stage, 'overview-stopped');
  await goTo(stage, '#/batches/north');
  await look(stage, 'batches-stopped');
});

test('An API that is away while a batch still reads is waited for, and so is the network', async () => {
  const stage = await openStage({ connection: 'north' });
  const { page, app, api, folder } = stage;
  const source = path.join(folder, 'export');
  await writeDistrict({ out: source, students: 30 });
  await app.call('sources.set', { connection: 'north', path: source });
  await app.call('sync.run', { connection: 'north', approve: true });
  const away = async (): Promise<void> => {
    await goTo(stage, '#/batches/north');
    const next = page.getByRole('button', { name: 'Next batch' });
    const send = page.getByRole('button', { name: 'Send now' });
    await next.or(send).waitFor();
    if (await next.isVisible()) await next.click();
    await send.waitFor();
    await api.faults.set({
      seed: 1,
      rules: [
        {
          // Before it has answered once, it would not be waited for.
          when: { on: ['token', 'metadata', 'other', 'data'], after: 1 },
          fault: { kind: 'drop', moment: 'before' },
        },
      ],
    });
    await send.click();
    await page.getByText('Waiting for the API').waitFor();
    await page.getByText('This batch has sent nothing so far.').waitFor();
  };
  const ended = async (): Promise<void> => {
    await api.faults.clear();
    await expect.poll(() => app.call('sync.state', {}), { timeout: 60_000 }).toBeNull();
    await page.getByText('Waiting for the API').waitFor({ state: 'detached' });
  };
  await away();
  await look(stage, 'away-reading');
  await ended();
  await away();
  await app.setOnline(false);
  await page.getByText('There is no network').waitFor();
  await look(stage, 'offline-reading');
  await app.setOnline(true);
  await ended();
});

test('An engine that cannot start again says why, and the screens stay usable', async () => {
  const stage = await openStage({ connection: 'north', isKillable: true });
  const { page, app, folder } = stage;
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  const key = path.join(folder, 'data', 'ledger.key');
  renameSync(key, `${key}-away`);
  await app.killEngine();
  await page.getByText('The engine cannot be started').waitFor();
  await look(stage, 'engine-failed');
  await page.getByRole('link', { name: 'Settings' }).click();
  await look(stage, 'engine-failed-settings');
  renameSync(`${key}-away`, key);
  await page.getByText('The engine cannot be started').waitFor({ state: 'detached', timeout: 60_000 });
});
