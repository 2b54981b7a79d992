/** `rollbook connect`: discovering, changing, cloning, rotating, exporting; and stopping a test that gets no answer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { practice, station } from './practice.ts';
import { expectSentence, filesWith, jsonLines, newFolder, rollbook, start } from './run.ts';

const SECRET = 'a-Secret.Canary~93fe1b27c05d';
const at = practice({
  clients: [
    { key: 'first-key', secret: SECRET },
    { key: 'second-key', secret: SECRET },
    { key: 'school-key', secret: SECRET, educationOrganizationIds: [255901001] },
  ],
});

describe('connect', () => {
  test('discover says what there is, without a key', async () => {
    const data = newFolder();
    const ran = await rollbook(['connect', 'discover', '--url', at.api.url], { data });
    expect(ran.stdout).toMatch(/^Ed-Fi 5\.2, API 7\.3, at 127\.0\.0\.1:\d+\.\nNot encrypted\.\n$/);
    const json = await rollbook(['connect', 'discover', '--url', at.api.url, '--json'], { data });
    expect(jsonLines(json)[0]).toMatchObject({ type: 'api', inWords: 'Ed-Fi 5.2', open: [] });
    const missing = await rollbook(['connect', 'discover', '--url', at.api.url, '--ca', 'none.pem'], { data });
    expectSentence(missing, 1, /file none\.pem cannot be read/);
  });

  test('show, permissions and resources; a resource is switched off and on', async () => {
    const here = await station(at.api);
    expect((await here.run('connect', 'permissions', 'here')).stdout).toMatch(/Test the connection first/);
    expectSentence(await here.run('connect', 'resources', 'here'), 1, /test the connection first/);
    expect((await here.run('connect', 'test', 'here')).code).toBe(0);
    expect((await here.run('connect', 'permissions', 'here')).stdout).toMatch(
      /organizations +255901.*claim set +SIS Vendor/s,
    );
    const off = await here.run('connect', 'change', 'here', '--off', 'ed-fi/locations', '--vanished', 'keep');
    expect(off.code).toBe(0);
    expect((await here.run('connect', 'show', 'here')).stdout).toMatch(
      /key +first-key, for 0 days\n.*vanished +keep\nswitched off +ed-fi\/locations\n/s,
    );
    const listed = (await here.run('connect', 'resources', 'here')).stdout;
    expect(listed).toMatch(/^Ed-Fi: \d+ resources\n/);
    expect(listed).toMatch(/ed-fi\/locations +switched off/);
    expect(listed).toMatch(/ed-fi\/sections +sent/);
    expect(listed).not.toMatch(/ed-fi\/grades/);
    expect((await here.run('connect', 'resources', 'here', '--all')).stdout).toMatch(/ed-fi\/grades +not mapped/);
    const synced = await here.sync(at.day1);
    expect(synced.stdout).toMatch(/Switched off .*locations/);
    expect((await here.run('connect', 'change', 'here', '--on', 'ED-FI/locations')).code).toBe(0);
    expect((await here.run('connect', 'show', 'here')).stdout).not.toContain('switched off');
    expectSentence(await here.run('connect', 'change', 'here', '--off', 'sections'), 1, /--off <resource> has to be/);
    expectSentence(
      await here.run('connect', 'change', 'here', '--off', 'ed-fi/sectoins'),
      1,
      /no resource ed-fi\/sectoins/,
    );
  });

  test('clone warns of a shared key, and its list is worked off', async () => {
    const here = await station(at.api, '--set', 'localEducationAgencyCategory=District of 2026');
    const cloned = await here.run('connect', 'clone', 'here', 'there', '--key', at.api.key);
    expect(cloned.stdout).toMatch(/starting point/);
    expect(cloned.stdout).toMatch(/"here" uses the same key/);
    expect(cloned.stdout).toMatch(/To be looked at again:\n.*\(year:setting:localEducationAgencyCategory\)/);
    const looked = await here.run('connect', 'looked', 'there', 'year:setting:localEducationAgencyCategory');
    expect(looked.stdout).toBe('Nothing is left to be looked at.\n');
    expectSentence(await here.run('connect', 'looked', 'there', 'nothing'), 1, /no such entry/);
    expectSentence(await here.run('connect', 'clone', 'here', 'There', '--key', 'second-key'), 1, /"There" already/);
  });

  test('rotate keeps the old key where the new one does not work, and tells of other organizations', async () => {
    const here = await station(at.api);
    await here.run('connect', 'test', 'here');
    expectSentence(await here.run('connect', 'rotate', 'here', '--key', 'no-such-key'), 4, /does not accept/);
    expect((await here.run('connect', 'show', 'here')).stdout).toContain('first-key');
    const second = await here.run('connect', 'rotate', 'here', '--key', 'second-key');
    expect(second.stdout).toMatch(/has its new key/);
    expect(second.stdout).not.toMatch(/organizations than/);
    const school = await here.run('connect', 'rotate', 'here', '--key', 'school-key');
    expect(school.stdout).toMatch(/other education organizations than the old one/);
    expect(filesWith(here.data, SECRET)).toEqual([]);
  });

  test('export and import', async () => {
    const here = await station(at.api, '--off', 'ed-fi/locations');
    const file = path.join(newFolder(), 'state.json');
    expect((await here.run('connect', 'export', 'here', '--out', file)).stdout).toMatch(/without key and secret/);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('first-key');
    expect(JSON.parse((await here.run('connect', 'export', 'here')).stdout)).toEqual(JSON.parse(text));
    const other = await here.run('connect', 'import', file, '--name', 'other', '--key', 'second-key');
    expect(other.code).toBe(0);
    expect((await here.run('connect', 'show', 'other')).stdout).toMatch(/switched off +ed-fi\/locations/);
    expectSentence(await here.run('connect', 'import', file), 1, /"here" already\. It has the same choices/);
    await here.run('connect', 'change', 'here', '--vanished', 'keep');
    const replaced = await here.run('connect', 'import', file, '--replace', '--no-test');
    expect(replaced.stdout).toMatch(/- Records that vanish were: keep\./);
    writeFileSync(file, '{"format":"CANARY"');
    const broken = await here.run('connect', 'import', file);
    expectSentence(broken, 1, /no exported connection/);
    expect(broken.stderr).not.toContain('CANARY');
  });

  test('a removal can be looked at first', async () => {
    const here = await station(at.api);
    const dry = await here.run('connect', 'remove', 'here', '--dry-run');
    expect(dry.stdout).toMatch(/would go: what the ledger knows of 0 records, 0 open problems/);
    expect(dry.stdout).toContain('Copies of the ledger go too');
    expect((await here.run('connect', 'list')).stdout).toContain('here');
  });

  test('a test that gets no answer is stopped by Ctrl-C', async () => {
    const silent = createServer(() => undefined);
    let asked: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      asked = resolve;
    });
    silent.on('request', () => asked());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const here = await station({ ...at.api, url });
    const running = start(['connect', 'test', 'here'], { data: here.data, secret: SECRET });
    await reached;
    running.child.kill('SIGINT');
    const ran = await running.ended;
    expect(ran.stdout).toMatch(/✗ api +The test was stopped\./);
    expect(ran.code).toBe(130);
  });

  test('add explains its options', async () => {
    const data = newFolder();
    const help = await rollbook(['connect', 'add', '--help'], { data });
    for (const option of ['--url', '--key', '--student-id', '--ca', '--off', '--route', '--no-test']) {
      expect(help.stdout).toContain(option);
    }
  });
});
