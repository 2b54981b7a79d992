/** Connections through the contract: discovering, adding, changing, cloning, rotating, removing, exporting. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CommandInput } from '../../core/contract/schemas.ts';
import { bench, district, expectAccount, practice } from '../sync/workbench.ts';
import { desk, openStore } from './desk.ts';
import { front } from './front.ts';

const NOWHERE = { url: 'http://127.0.0.1:9', key: 'k', secret: 'unused' };
const SECRET = 'canary-secret-4711';

const values = (
  api: { url: string; key: string; secret: string },
  more: object = {},
): CommandInput<'connections.add'> => ({
  name: 'here',
  url: api.url,
  key: api.key,
  secret: api.secret,
  studentId: 'identifier',
  ...more,
});

describe('discover', () => {
  test('says in words what there is at an address, without a key', async () => {
    const { call } = await desk();
    const newest = await practice();
    expect(await call('connections.discover', { url: newest.url })).toMatchObject({
      version: '7.3',
      dataStandard: '5.2',
      inWords: 'Ed-Fi 5.2',
      encrypted: false,
      open: [],
    });
    const told = {
      version: '5.3',
      dataModels: [
        { name: 'Ed-Fi', version: '3.3.1-b' },
        { name: 'TX', version: '1.0.0' },
        { name: 'TPDM', version: '1.1.0' },
        { name: '<script>CANARY', version: '1' },
      ],
      urls: {
        oauth: 'http://127.0.0.1/{tenantIdentifier}/oauth/token',
        dataManagementApi: 'http://127.0.0.1/data/v3/{instance}/{schoolYearFromRoute:regex(^(2026|2027)$)}',
      },
    };
    const at = await front(undefined);
    at.instead = () => ({ body: JSON.stringify(told) });
    const found = await call('connections.discover', { url: at.url });
    expect(found.inWords).toBe('Ed-Fi 3.3b with Texas, TPDM and an extension');
    expect(JSON.stringify(found)).not.toContain('CANARY');
    expect(found.open.map(({ name, choices }) => ({ name, choices }))).toEqual([
      { name: 'tenantIdentifier', choices: [] },
      { name: 'instance', choices: [] },
      { name: 'schoolYearFromRoute', choices: ['2026', '2027'] },
    ]);
    expect(found.open.map(({ question }) => question)).toEqual([
      expect.stringMatching(/^Which tenant\?/),
      expect.stringMatching(/^Which instance/),
      expect.stringMatching(/^Which school year\?/),
    ]);
  });

  test('asks for the year of a year-specific API, offers what the host tells, and is content with one', async () => {
    const { call } = await desk();
    const api = await practice({ generation: '5.3', routes: { year: [2025, 2026, 2027] } });
    const open = await call('connections.discover', { url: api.url });
    expect(open.open).toMatchObject([{ name: 'schoolYearFromRoute', choices: ['2025', '2026', '2027'] }]);
    const routeValues = { schoolYearFromRoute: '2026' };
    expect((await call('connections.discover', { url: api.url, routeValues })).open).toEqual([]);
  });

  test('says what is wrong with an address', async () => {
    const { refused } = await desk();
    expect((await refused('connections.discover', { url: 'ftp://x' })).code).toBe('usage');
    expect((await refused('connections.discover', { url: NOWHERE.url })).code).toBe('api-unreachable');
  });
});

describe('add', () => {
  test('saves what passed the test, keeps what the API told, and warns of a key that is used twice', async () => {
    const api = await practice({ secret: SECRET });
    const keychain = openStore();
    const { call, folder, said } = await desk({ keychain });
    const first = await call('connections.add', values(api));
    expect(first).toMatchObject({
      notices: [],
      secretKept: true,
      connection: { secret: 'keychain', inWords: 'Ed-Fi 5.2' },
    });
    expect([...keychain.kept.values()].filter((secret) => secret === SECRET)).toHaveLength(1);
    const told = await call('connections.keyInfo', { name: 'here' });
    expect(told?.info).toMatchObject({
      active: true,
      claimSet: 'SIS Vendor',
      educationOrganizations: [{ id: '255901' }],
    });
    expect(told?.info.resources?.length).toBeGreaterThan(100);
    const second = await call('connections.add', values(api, { name: 'there', url: `${api.url}/` }));
    expect(second.notices).toMatchObject([{ code: 'key-shared', sentence: expect.stringContaining('"here"') }]);
    await call('connections.show', { name: 'here' });
    await call('connections.list', {});
    expect(said()).not.toContain(SECRET);
    expect(filesHolding(folder, SECRET)).toEqual([]);
  });

  test('without a keychain the secret is not kept, which is said; a file in its place is', async () => {
    const api = await practice({ secret: SECRET });
    const { call, refused, folder } = await desk({ keychain: undefined });
    const added = await call('connections.add', values(api));
    expect(added).toMatchObject({
      secretKept: false,
      connection: { secret: 'nowhere' },
      notices: [{ code: 'secret-not-kept', sentence: expect.stringMatching(/ROLLBOOK_SECRET.*--secret-file/) }],
    });
    expect(filesHolding(folder, SECRET)).toEqual([]);
    const [failed] = (await call('connections.test', { name: 'here' })).filter(({ state }) => state === 'failed');
    expect(failed).toMatchObject({ step: 'credentials', code: 'secret-missing' });
    expect((await refused('sync.run', { connection: 'here', source: await district() })).code).toBe('secret-missing');
  });
});

describe('clone', () => {
  test('takes over everything but key and secret, and lists what has to be looked at again', async () => {
    const lastYear = await practice({ generation: '5.3', secret: SECRET, routes: { year: [2026, 2027] } });
    const api = await practice({ key: 'new-key', secret: 'another-secret' });
    const { call, refused } = await desk();
    await call(
      'connections.add',
      values(lastYear, {
        routeValues: { schoolYearFromRoute: '2026' },
        settings: { localEducationAgencyCategory: 'District of 2026', staffId: 'sourcedId' },
        resources: { off: ['ed-fi/locations'] },
        vanished: 'keep',
      }),
    );
    const good = 'uri://ed-fi.org/GradeLevelDescriptor#Ninth grade';
    const local = 'uri://nowhere.example/GradeLevelDescriptor#Ninth';
    await call('descriptors.map', { connection: 'here', type: 'GradeLevelDescriptor', code: '09', uri: good });
    const old = await call('connections.export', { name: 'here' });
    const descriptors = [...old.descriptors, { type: 'GradeLevelDescriptor', code: '9x', uri: local }];
    await call('connections.import', { document: { ...old, descriptors }, replace: true, test: false });

    const { connection } = await call('connections.clone', {
      from: 'here',
      name: 'next year',
      url: api.url,
      key: api.key,
      secret: api.secret,
    });
    expect(connection).toMatchObject({
      clonedFrom: 'here',
      key: 'new-key',
      studentId: 'identifier',
      off: ['ed-fi/locations'],
    });
    expect(await call('connections.show', { name: 'next year' })).toMatchObject({
      vanished: 'keep',
      settings: { staffId: 'sourcedId' },
      descriptorMappings: 2,
    });
    const entries = connection.lookAgain.map(({ entry }) => entry);
    expect(entries.toSorted()).toEqual([
      'data-standard',
      'descriptor:GradeLevelDescriptor:9x',
      'year:route:schoolYearFromRoute',
      'year:setting:localEducationAgencyCategory',
    ]);
    expect(connection.lookAgain.find(({ kind }) => kind === 'data-standard')?.sentence).toMatch(/5\.2, and was 3\.3b/);
    let left = entries.length;
    for (const entry of entries) {
      left -= 1;
      expect(await call('connections.looked', { name: 'next year', entry })).toEqual({ left });
    }
    expect((await refused('connections.looked', { name: 'next year', entry: entries[0] })).code).toBe('usage');
    expect((await call('connections.show', { name: 'next year' })).lookAgain).toEqual([]);
    // The original is as it was.
    expect(await call('connections.show', { name: 'here' })).toMatchObject({
      clonedFrom: null,
      lookAgain: [],
      key: lastYear.key,
    });
  });

  test('an API that lacks a resource; not compared until it was tested', async () => {
    const full = await practice({ secret: SECRET });
    const lacking = await practice({ secret: SECRET });
    const at = await front(lacking);
    at.rewrite = ({ path: asked }, answer) => {
      if (!asked.endsWith('resources/swagger.json')) return answer;
      const document = JSON.parse(answer.body) as { paths: Record<string, unknown> };
      for (const name of Object.keys(document.paths))
        if (name.startsWith('/ed-fi/locations')) delete document.paths[name];
      return { ...answer, body: JSON.stringify(document) };
    };
    const { call } = await desk();
    await call('connections.add', values(full));
    const clone = { from: 'here', name: 'there', url: at.url, key: lacking.key, secret: SECRET, test: false };
    const { connection } = await call('connections.clone', clone);
    expect(connection.lookAgain.map(({ entry }) => entry)).toEqual(['not-compared']);
    await call('connections.test', { name: 'there' });
    const { lookAgain } = await call('connections.show', { name: 'there' });
    expect(lookAgain.map(({ entry }) => entry)).toEqual(['resource:ed-fi/locations']);
  });

  test('under the same key it is saved, and warned of', async () => {
    const api = await practice({ secret: SECRET });
    const { call } = await desk();
    await call('connections.add', values(api, { test: false }));
    const cloned = await call('connections.clone', {
      from: 'here',
      name: 'there',
      key: api.key,
      secret: SECRET,
      test: false,
    });
    expect(cloned.notices).toMatchObject([{ code: 'key-shared' }]);
  });
});

describe('resources', () => {
  test('core and extensions are chosen apart', async () => {
    const api = await practice({ secret: SECRET });
    const { call, refused } = await desk();
    await call('connections.add', values(api, { test: false }));
    expect((await refused('connections.resources', { name: 'here' })).code).toBe('usage');
    await call('connections.test', { name: 'here' });
    await call('connections.update', { name: 'here', resources: { off: ['ed-fi/classPeriods'] } });
    const [core, ...extensions] = await call('connections.resources', { name: 'here' });
    expect(core).toMatchObject({ prefix: 'ed-fi', inWords: 'Ed-Fi' });
    const of = (name: string) => core?.resources.find(({ resource }) => resource === `ed-fi/${name}`);
    expect([of('classPeriods'), of('sections'), of('grades')]).toEqual([
      { resource: 'ed-fi/classPeriods', mapped: true, on: false },
      { resource: 'ed-fi/sections', mapped: true, on: true },
      { resource: 'ed-fi/grades', mapped: false, on: true },
    ]);
    for (const { prefix, resources } of extensions)
      expect(resources.every(({ resource }) => resource.startsWith(`${prefix}/`))).toBe(true);
    const unknown = await refused('connections.update', { name: 'here', resources: { off: ['ed-fi/sectoins'] } });
    expect(unknown).toMatchObject({ code: 'usage', sentence: expect.stringContaining('ed-fi/sectoins') });
    expect((await refused('connections.update', { name: 'here', resources: { off: ['sections'] } })).code).toBe(
      'usage',
    );
  });

  test('what is switched off is neither sent nor deleted, and nothing waits for it', async () => {
    const api = await practice();
    const { call, sync } = await bench(api);
    const source = await district();
    const first = await sync(source);
    const sections = api.read('ed-fi/sections').length;
    expect(sections).toBeGreaterThan(0);

    await call('connections.update', { name: 'here', resources: { off: ['ed-fi/sections'] } });
    // The next day's export has other rows; the sections stay as the API has them.
    const next = await sync(await district({ day: 2 }));
    expectAccount(next);
    expect(next.resources.sections).toBeUndefined();
    expect(next.account).toMatchObject({ held: 0, rejected: first.account.rejected });
    expect(next.account.created).toBeGreaterThan(0);
    // What the API does not have cannot be referred to; everything else went as ever.
    expect(
      next.problems.filter(({ code }) => code !== 'reference-missing' && code !== 'dependent-item-exists'),
    ).toEqual([]);
    expect(next.notices).toContainEqual({ code: 'resource-off', sentence: expect.stringContaining('sections') });
    expect(api.read('ed-fi/sections')).toHaveLength(sections);
    expect((await call('connections.removal', { name: 'here' })).records).toBeGreaterThan(sections);

    await call('connections.update', { name: 'here', resources: { off: [] } });
    const again = await sync(source);
    expectAccount(again);
    expect(again.resources.sections?.unchanged).toBeGreaterThan(0);
    expect(again.account).toMatchObject({ held: 0, failed: 0 });
  });

  test('problems of what is switched off are no problems any more', async () => {
    const api = await practice();
    const { call, sync } = await bench(api);
    const source = await district({ clean: false, students: 60 });
    await sync(source);
    const before = await call('problems.list', { connection: 'here' });
    const troubled = before.groups[0]?.resource ?? '';
    expect(troubled).not.toBe('');
    await call('connections.update', { name: 'here', resources: { off: [`ed-fi/${troubled}`] } });
    await sync(source);
    const after = await call('problems.list', { connection: 'here' });
    expect(after.groups.map(({ resource }) => resource)).not.toContain(troubled);
  });
});

describe('rotate', () => {
  const clients = [
    { key: 'old', secret: 'old-secret' },
    { key: 'new', secret: 'new-secret' },
    { key: 'elsewhere', secret: 'else-secret', educationOrganizationIds: [255901001] },
  ];

  test('the old key stays until the new one works', async () => {
    const api = await practice({ clients });
    const keychain = openStore();
    const { call, refused } = await desk({ keychain });
    await call('connections.add', values({ ...api, key: 'old', secret: 'old-secret' }));
    const before = await call('connections.show', { name: 'here' });
    const wrong = await refused('connections.rotate', { name: 'here', key: 'new', secret: 'not-it' });
    expect(wrong.code).toBe('credentials-refused');
    expect(await call('connections.show', { name: 'here' })).toEqual(before);
    expect((await call('connections.test', { name: 'here' })).at(-1)?.step).toBe('round-trip');

    const rotated = await call('connections.rotate', { name: 'here', key: 'new', secret: 'new-secret' });
    expect(rotated).toMatchObject({ connection: { key: 'new' }, notices: [], secretKept: true });
    expect(rotated.connection.keySince).toBeGreaterThanOrEqual(before.keySince);
    expect(rotated.steps.at(-1)).toMatchObject({ step: 'key', state: 'passed' });
    expect([...keychain.kept.values()]).toContain('new-secret');
    expect([...keychain.kept.values()]).not.toContain('old-secret');
    expect((await call('connections.test', { name: 'here' })).filter(({ state }) => state === 'failed')).toEqual([]);
    // And after that under another name.
    await call('connections.update', { name: 'here', newName: 'home' });
    expect((await call('connections.test', { name: 'home' })).filter(({ state }) => state === 'failed')).toEqual([]);
    await call('connections.remove', { name: 'home' });
    expect([...keychain.kept.keys()].filter((name) => name.startsWith('connection'))).toEqual([]);
  });

  test('a file that still has the old secret is pointed out', async () => {
    const api = await practice({ clients });
    const { call, folder } = await desk();
    const secretFile = path.join(folder, 'secret.txt');
    writeFileSync(secretFile, 'old-secret');
    const { secret: _none, ...unset } = values({ ...api, key: 'old', secret: '' });
    await call('connections.add', { ...unset, secretFile });
    const fileAndOther = { name: 'here', key: 'new', secret: 'new-secret', secretFile };
    const differs = await call('connections.rotate', fileAndOther);
    expect(differs.notices).toMatchObject([
      { code: 'secret-file-differs', sentence: expect.stringContaining('secret.txt') },
    ]);
    writeFileSync(secretFile, 'new-secret');
    expect((await call('connections.rotate', { name: 'here', key: 'new' })).notices).toEqual([]);
    // Typed instead, it goes into the keychain, and the file is no longer read.
    writeFileSync(secretFile, 'neither');
    expect(await call('connections.rotate', { name: 'here', key: 'old', secret: 'old-secret' })).toMatchObject({
      secretKept: true,
      connection: { secret: 'keychain' },
    });
  });

  test('a key for other organizations is taken, and warned of', async () => {
    const api = await practice({ clients });
    const { call } = await desk();
    await call('connections.add', values({ ...api, key: 'old', secret: 'old-secret' }));
    const { notices } = await call('connections.rotate', { name: 'here', key: 'elsewhere', secret: 'else-secret' });
    expect(notices).toMatchObject([
      { code: 'key-organizations-differ', sentence: expect.stringContaining('no longer 255901') },
    ]);
  });
});

test('a removal says what goes, and all of it goes', async () => {
  const api = await practice({ secret: SECRET });
  const keychain = openStore();
  const { call, folder } = await desk({ keychain });
  await call('connections.add', values(api));
  const source = await district({ clean: false, students: 60 });
  const batch = await call('sync.run', { connection: 'here', source, approve: true, concurrency: 8 });
  const { rejected, held, failed, created } = batch.account;
  const going = await call('connections.removal', { name: 'here' });
  expect(going).toMatchObject({
    records: created,
    openProblems: rejected + held + failed,
    batches: 1,
    secret: 'keychain',
  });
  expect(going.openProblems).toBeGreaterThan(0);
  const copy = path.join(folder, 'sources', '1.rows');
  expect(going.copyBytes).toBe(statSync(copy).size);
  expect(await call('connections.list', {})).toHaveLength(1);
  expect(await call('connections.remove', { name: 'here' })).toEqual(going);
  expect(existsSync(copy)).toBe(false);
  expect([...keychain.kept.values()]).not.toContain(SECRET);
  expect(await call('connections.list', {})).toEqual([]);
  // One of the same name knows nothing of it.
  await call('connections.add', values(api, { test: false }));
  expect(await call('connections.removal', { name: 'here' })).toMatchObject({
    records: 0,
    openProblems: 0,
    batches: 0,
    copyBytes: 0,
  });
});

describe('export and import', () => {
  test('a connection goes from one folder to another, without key and secret', async () => {
    const api = await practice({ secret: SECRET, key: 'canary-key-0815' });
    const one = await desk();
    await one.call(
      'connections.add',
      values(api, { settings: { staffId: 'sourcedId' }, resources: { off: ['ed-fi/locations'] } }),
    );
    const uri = 'uri://ed-fi.org/GradeLevelDescriptor#Ninth grade';
    await one.call('descriptors.map', { connection: 'here', type: 'GradeLevelDescriptor', code: 'IX', uri });
    const document = await one.call('connections.export', { name: 'here' });
    const text = JSON.stringify(document);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('canary-key-0815');

    const other = await desk();
    expect((await other.refused('connections.import', { document })).code).toBe('usage');
    const read: unknown = JSON.parse(text);
    const imported = await other.call('connections.import', {
      document: read,
      name: 'again',
      key: api.key,
      secret: SECRET,
    });
    expect(imported).toMatchObject({
      replaced: [],
      connection: { name: 'again', off: ['ed-fi/locations'] },
      secretKept: true,
    });
    expect(imported.steps.at(-1)?.step).toBe('round-trip');
    expect(await other.call('descriptors.list', { connection: 'again' })).toEqual([
      { type: 'GradeLevelDescriptor', code: 'ix', uri },
    ]);
    expect(await other.call('connections.export', { name: 'again' })).toEqual({ ...document, name: 'again' });
  });

  test('what is there is only replaced when asked, after saying what', async () => {
    const api = await practice({ secret: SECRET });
    const { call, refused } = await desk();
    await call('connections.add', values(api));
    const document = {
      ...(await call('connections.export', { name: 'here' })),
      vanished: 'keep',
      settings: { staffId: 'sourcedId' },
    };
    const stopped = await refused('connections.import', { document });
    expect(stopped).toMatchObject({
      code: 'connection-exists',
      sentence: expect.stringMatching(/vanish were: delete.*staffId/),
    });
    // A file from somebody else must not lead the kept secret to an address of its own choosing.
    const elsewhere = { ...document, url: 'http://127.0.0.1:9/' };
    expect(await refused('connections.import', { document: elsewhere, replace: true, test: false })).toMatchObject({
      code: 'usage',
      sentence: expect.stringContaining('another address'),
    });
    const { replaced } = await call('connections.import', { document, replace: true });
    expect(replaced).toEqual(['Records that vanish were: delete.', 'Settings change: staffId.']);
    expect(await call('connections.show', { name: 'here' })).toMatchObject({
      vanished: 'keep',
      key: api.key,
      settings: { staffId: 'sourcedId' },
    });
    expect((await call('connections.test', { name: 'here' })).at(-1)?.step).toBe('round-trip');
  });

  test('what is no export, of another version, or changed, is refused without a word of it', async () => {
    const { call, refused } = await desk();
    await call('connections.add', { ...values(NOWHERE), test: false });
    const good = await call('connections.export', { name: 'here' });
    const bad: [unknown, RegExp][] = [
      [undefined, /no exported connection/],
      ['CANARY', /no exported connection/],
      [{ format: 'CANARY' }, /no exported connection/],
      [{ ...good, version: 2 }, /Update Rollbook/],
      [{ ...good, CANARY: 1 }, /changed/],
      [{ ...good, secret: 'CANARY' }, /changed/],
      [{ ...good, vanished: 'CANARY' }, /at "vanished"/],
      [{ ...good, ca: ['CANARY'] }, /PEM/],
      [{ ...good, off: ['CANARY CANARY'] }, /ed-fi\/sections/],
    ];
    for (const [document, sentence] of bad) {
      const refusal = await refused('connections.import', {
        document,
        name: 'other',
        key: 'k',
        secret: 's',
        test: false,
      });
      expect(refusal).toMatchObject({ code: 'usage', sentence: expect.stringMatching(sentence) });
      expect(refusal.sentence).not.toContain('CANARY');
    }
    expect(await call('connections.list', {})).toHaveLength(1);
  });
});

test('a new address is tested before it is saved; what the ledger has is pointed out', async () => {
  const api = await practice();
  const { call, refused, sync } = await bench(api);
  await sync(await district());
  const elsewhere = { name: 'here', url: NOWHERE.url };
  expect((await refused('connections.update', elsewhere)).code).toBe('api-unreachable');
  expect((await call('connections.show', { name: 'here' })).url).toBe(api.url);
  const saved = await call('connections.update', { ...elsewhere, test: false });
  expect(saved.notices).toMatchObject([{ code: 'address-changed' }]);
  expect((await refused('connections.update', { name: 'here', settings: { nonsense: 'x' } })).code).toBe('usage');
});

/** Files below a folder in which a text stands. */
function filesHolding(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const file = path.join(folder, name);
    return statSync(file).isFile() && readFileSync(file).includes(text);
  });
}
