/** Settings of the whole of Rollbook: what they can be, and that they do what they say from then on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../core/connections/secrets.ts';
import { openEventLog } from '../../core/support/sink.ts';
import { front, hasOpenssl } from '../connections/front.ts';
import { bench, district, newFolder, practice } from '../sync/workbench.ts';
import { districtAuthority, httpProxy } from './http-proxy.ts';

const OURS = {
  problemDays: 365,
  logDays: 30,
  logMegabytes: 20,
  concurrency: 'auto',
  proxy: '',
  ca: [],
  systemCertificates: true,
};
const NOWHERE = { url: 'http://127.0.0.1:9', key: 'k', secret: 's' };
const DAY = 86_400_000;

describe('what settings can be', () => {
  test('ours until others are chosen; those stay, one by one', async () => {
    const keychain = createMemoryStore();
    const one = await bench(NOWHERE, { keychain });
    expect(await one.call('settings.show', {})).toEqual(OURS);
    const chosen = { problemDays: 90, concurrency: 12, proxy: 'http://proxy.district.test:8080' };
    expect(await one.call('settings.change', chosen)).toEqual({ ...OURS, ...chosen });
    await one.call('settings.change', { systemCertificates: false });
    await one.close();
    const again = await bench(NOWHERE, { keychain, folder: one.folder, connect: false });
    expect(await again.call('settings.show', {})).toEqual({ ...OURS, ...chosen, systemCertificates: false });
  });

  test.each([
    [{ problemDays: 0 }, '1 to 3650'],
    [{ logDays: 1.5 }, '1 to 3650'],
    [{ logMegabytes: 5000 }, '1 to 1000'],
    [{ concurrency: 'fast' }, 'auto'],
    [{ concurrency: 200 }, '64'],
    [{ proxy: 'socks5://proxy:1080' }, 'http://proxy.district.org:8080'],
    [{ proxy: 'http://proxy:8080/path' }, 'nothing behind the port'],
    [{ proxy: 'a proxy' }, 'http://proxy.district.org:8080'],
    [{ proxy: 'http://canary:canary@proxy:8080' }, 'password'],
    [{ ca: ['canary'] }, 'BEGIN CERTIFICATE'],
    [{ ca: 'canary' }, 'PEM'],
    [{ systemCertificates: 'yes' }, 'yes or no'],
  ])('%j is refused with a sentence of its own, and nothing is changed', async (given, said) => {
    const { call, refused } = await bench(NOWHERE);
    const failure = await refused('settings.change', { logDays: 7, ...given });
    expect(failure).toMatchObject({ code: 'usage', sentence: expect.stringContaining(said) });
    expect(failure.sentence).toMatch(/^[A-Z][^\n]+\.$/);
    expect(failure.sentence).not.toContain('canary');
    expect(await call('settings.show', {})).toEqual(OURS);
  });

  test('the address of a proxy is kept as a web address, however it was typed', async () => {
    const { call } = await bench(NOWHERE);
    for (const [typed, kept] of [
      [' proxy.district.test:8080 ', 'http://proxy.district.test:8080'],
      ['HTTPS://Proxy.District.Test/', 'https://proxy.district.test'],
      ['', ''],
    ] as const) {
      expect(await call('settings.change', { proxy: typed })).toMatchObject({ proxy: kept });
    }
  });
});

test('a batch that is not told how many connections to open takes the setting; one that is told does not', async () => {
  const { call, sync, events } = await bench(await practice({ latencyMs: 3 }));
  await call('settings.change', { concurrency: 2 });
  const most = (): number =>
    Math.max(...events.splice(0).map((event) => (event.type === 'progress' ? event.connections : 0)));
  await sync(await district({ students: 25 }), { concurrency: 'auto' });
  expect(most()).toBe(2);
  await sync(await district({ students: 40 }), { concurrency: 9 });
  expect(most()).toBeGreaterThan(2);
});

test('changes are told in the log, by name alone; a shorter log is shorter at once', async () => {
  const folder = newFolder();
  const before = openEventLog({ folder, now: () => Date.now() - 20 * DAY, words: () => undefined });
  before.write({ type: 'app.stopped', why: 'asked', ranMs: 1 });
  before.close();
  const { call } = await bench(NOWHERE, { folder, connect: false });
  const [old, ...files] = readdirSync(path.join(folder, 'logs')).sort();
  expect(files).toHaveLength(1);
  const oldFile = path.join(folder, 'logs', old ?? '');
  await call('settings.change', { logDays: 21, problemDays: 365 });
  expect(existsSync(oldFile)).toBe(true);
  await call('settings.change', { logDays: 10, proxy: 'http://canary:1', systemCertificates: false });
  expect(existsSync(oldFile)).toBe(false);
  const text = readFileSync(path.join(folder, 'logs', files[0] ?? ''), 'utf8');
  const told = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; setting?: string })
    .flatMap(({ type, setting }) => (type === 'setting.changed' ? [setting] : []));
  expect(told).toEqual(['retention-days', 'retention-days', 'proxy', 'certificates']);
  expect(text).not.toContain('canary');
});

describe("a district's own network", () => {
  test('an API is reached through the proxy that was set, and not without', async () => {
    const api = await practice();
    // A name that only the proxy knows: this computer itself is never reached by proxy.
    const at = await front(api);
    const url = 'http://api.district.test';
    at.rewrite = (_asked, answer) => ({
      ...answer,
      headers: Object.fromEntries(
        Object.entries(answer.headers).map(([name, text]) => [name, text.replaceAll(at.url, url)]),
      ),
      body: answer.body.replaceAll(at.url, url),
    });
    const proxy = await httpProxy((host) => (host === 'api.district.test' ? Number(new URL(at.url).port) : undefined));
    const { call, sync } = await bench({ ...api, url });
    const away = await call('connections.test', { name: 'here' });
    expect(away.at(-1)).toMatchObject({ step: 'address', state: 'failed' });
    await call('settings.change', { proxy: proxy.url });
    const steps = await call('connections.test', { name: 'here' });
    expect(steps.filter(({ state }) => state === 'failed')).toEqual([]);
    const { account } = await sync(await district());
    expect(account).toMatchObject({ rejected: 0, held: 0, failed: 0 });
    expect(api.requests().POST).toBe(account.created);
    expect(proxy.asked.length).toBeGreaterThan(account.created);
    expect(new Set(proxy.asked)).toEqual(new Set([`GET ${url}`, `POST ${url}`]));
  });

  test.skipIf(!hasOpenssl)('an encrypted one too, which the authority of the district vouches for', async () => {
    const api = await practice();
    const authority = districtAuthority();
    const other = districtAuthority();
    const at = await front(api, authority.certify('api.district.test'));
    const url = 'https://api.district.test';
    at.rewrite = (_asked, answer) => ({
      ...answer,
      headers: Object.fromEntries(
        Object.entries(answer.headers).map(([name, text]) => [name, text.replaceAll(at.url, url)]),
      ),
      body: answer.body.replaceAll(at.url, url),
    });
    const proxy = await httpProxy((host) => (host === 'api.district.test' ? Number(new URL(at.url).port) : undefined));
    const { call, sync } = await bench({ ...api, url });
    const lastStep = async () => (await call('connections.test', { name: 'here' })).at(-1);
    await call('settings.change', { proxy: proxy.url });
    expect(await lastStep()).toMatchObject({ step: 'encryption', state: 'failed' });
    await call('settings.change', { ca: [other.ca] });
    expect(await lastStep()).toMatchObject({ step: 'encryption', state: 'failed' });
    // What a connection trusts by itself does not take away what all of them do, nor the other way about.
    await call('settings.change', { ca: [`Of our district\n${authority.ca}`, authority.ca] });
    await call('connections.update', { name: 'here', ca: [other.ca], test: false });
    expect((await call('settings.show', {})).ca).toHaveLength(1);
    const { account } = await sync(await district());
    expect(account).toMatchObject({ rejected: 0, held: 0, failed: 0 });
    await call('settings.change', { ca: [other.ca] });
    await call('connections.update', { name: 'here', ca: [authority.ca], test: false });
    expect(await lastStep()).toMatchObject({ step: 'round-trip', state: 'passed' });
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT api.district.test:443']));
    // A proxy that is away is told as what it is.
    await call('settings.change', { proxy: 'http://127.0.0.1:1' });
    expect((await lastStep())?.sentence).toContain('proxy');
  });
});
