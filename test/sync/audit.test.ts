/** What an audit says of an API that agrees with the ledger, and of one that others have had their hands in. */
import { expect, test } from 'vitest';
import type { EdFiClient } from '../../core/edfi/client.ts';
import { keyReader } from '../../core/edfi/keys.ts';
import type { JsonObject } from '../../core/edfi/model.ts';
import type { SandboxOptions } from '../../core/sandbox/options.ts';
import type { AuditResult } from '../../core/sync/audit.ts';
import { createHashes } from '../../core/sync/hashes.ts';
import { direct } from './direct.ts';
import { apply } from './edits.ts';
import { copyExport, readExport, writeExport } from './export.ts';
import { type Heard, type Reply, startProxy } from './proxy.ts';
import { type ReadingBack, readingBack, sum } from './reading-back.ts';
import { district, newFolder, practice } from './workbench.ts';

const findings = ({ resources }: AuditResult): Record<string, string> =>
  Object.fromEntries(
    Object.entries(resources)
      .filter(([, { missing, unknown, differing }]) => missing + unknown + differing > 0)
      .map(([name, { missing, unknown, differing }]) => [
        name.replace('ed-fi/', ''),
        `${missing} missing, ${unknown} unknown, ${differing} differing`,
      ]),
  );
const readings = ({ resources }: AuditResult): string[] => [
  ...new Set(Object.values(resources).map(({ read }) => read)),
];

interface Synced extends ReturnType<typeof direct>, ReadingBack {
  readonly api: Awaited<ReturnType<typeof practice>>;
  readonly source: string;
  /** Every data and change-query path asked for since it was last emptied. */
  readonly asked: string[];
  /** Answers reads in place of the API where it gives a reply. */
  pretend: (heard: Heard) => Reply | undefined;
  /** Key hash, hexadecimal, of an item's body. */
  hashOf(resource: string, body: JsonObject): string;
}

/** A district that was synced through a listening proxy (without one for other generations). */
async function synced(options: SandboxOptions = {}, students = 25): Promise<Synced> {
  const source = await district({ students });
  const api = await practice(options);
  const asked: string[] = [];
  const listening = options.generation === undefined;
  const proxy = listening ? await startProxy(api) : api;
  const pretending: Pick<Synced, 'pretend'> = { pretend: () => undefined };
  if ('answer' in proxy) {
    proxy.answer = (heard) => {
      if (heard.method !== 'GET') return undefined;
      if (/\/data\/v3\/|changeQueries/.test(heard.path)) asked.push(heard.path);
      return pretending.pretend(heard);
    };
  }
  const bench = direct(proxy);
  expect((await bench.sync(source)).account).toMatchObject({ failed: 0, rejected: 0, held: 0 });
  const back = await readingBack(proxy, bench);
  asked.length = 0;
  const hashes = createHashes(bench.ledger.seal);
  return Object.assign(pretending, {
    api,
    source,
    asked,
    ...bench,
    ...back,
    hashOf(resource: string, body: JsonObject): string {
      const model = back.model.resources[resource];
      const key = model === undefined ? undefined : keyReader(model.identity)(body);
      return Buffer.from(hashes.key(resource, key ?? ''), 'latin1').toString('hex');
    },
  });
}

const ok = async (answer: ReturnType<EdFiClient['put']>): Promise<void> =>
  expect([200, 201, 204]).toContain((await answer).status);

/** Another system's work: one item deleted, one added, one changed. @returns what an audit has to say of it */
async function tamper({
  api,
  client,
  hashOf,
}: Synced): Promise<{ counts: Record<string, string>; samples: unknown[] }> {
  const places = 'ed-fi/studentSectionAssociations';
  const gone = api.read(places)[5];
  await ok(client.remove(places, gone?.id ?? ''));
  const locations = 'ed-fi/locations';
  const { classroomIdentificationCode: _code, ...room } = api.read(locations)[0]?.body ?? {};
  const added = { ...room, classroomIdentificationCode: 'Portable 9' };
  const made = await client.post(locations, JSON.stringify(added));
  expect(made.status).toBe(201);
  const students = 'ed-fi/students';
  const student = api.read(students)[8];
  const changed = { ...student?.body, firstName: 'Somebody else' };
  await ok(client.put(students, student?.id ?? '', JSON.stringify(changed)));
  return {
    counts: {
      studentSectionAssociations: '1 missing, 0 unknown, 0 differing',
      locations: '0 missing, 1 unknown, 0 differing',
      students: '0 missing, 0 unknown, 1 differing',
    },
    samples: [
      { resource: places, kind: 'missing', keyHash: hashOf(places, gone?.body ?? {}) },
      { resource: locations, kind: 'unknown', keyHash: hashOf(locations, added), apiId: made.id },
      { resource: students, kind: 'differing', keyHash: hashOf(students, changed), apiId: student?.id },
    ],
  };
}

test.each([undefined, '6.2', 'other'] as const)(
  'after a clean sync nothing differs, and tampering is named (%s)',
  async (generation) => {
    const bench = await synced(generation === undefined ? {} : { generation }, 60);
    const clean = await bench.audit();
    expect(findings(clean)).toEqual({});
    expect(clean.samples).toEqual([]);
    expect(readings(clean)).toEqual(['all']);
    expect(sum(clean.resources, 'api')).toBe(sum(clean.resources, 'ledger'));
    expect(clean.resources['ed-fi/students']).toEqual({
      ledger: 60,
      api: 60,
      missing: 0,
      unknown: 0,
      differing: 0,
      hidden: 0,
      rewritten: false,
      read: 'all',
    });
    const { counts, samples } = await tamper(bench);
    const found = await bench.audit();
    expect(findings(found)).toEqual(counts);
    expect([...found.samples]).toEqual(expect.arrayContaining(samples));
    expect(found.samples).toHaveLength(3);
    // A reading of everything says the same, and so does the one after it.
    expect(findings(await bench.audit({ full: true }))).toEqual(counts);
    const again = await bench.audit();
    expect(findings(again)).toEqual(counts);
    expect(again.samples).toHaveLength(3);
  },
);

test('the second audit reads only the window, and keeps what the first one found', async () => {
  const bench = await synced({}, 60);
  const { counts, samples } = await tamper(bench);
  const first = await bench.audit();
  expect(findings(first)).toEqual(counts);
  expect(first.window.since).toBeNull();
  expect(bench.asked.some((path) => path.includes('minChangeVersion'))).toBe(false);
  const resources = Object.keys(first.resources).length;

  bench.asked.length = 0;
  let items = 0;
  const second = await bench.audit({
    onProgress: (progress) => {
      items = progress.items;
    },
  });
  expect(readings(second)).toEqual(['window']);
  expect(findings(second)).toEqual(counts);
  expect([...second.samples]).toEqual(expect.arrayContaining(samples));
  const [versions, ...data] = bench.asked;
  expect(versions).toContain('availableChangeVersions');
  expect(data).toHaveLength(3 * resources);
  expect(data.filter((path) => !path.includes('minChangeVersion='))).toEqual([]);
  expect(second.window).toEqual({ since: (first.window.newest ?? 0) + 1 - 256, newest: first.window.newest });
  expect(items).toBeLessThanOrEqual(256);
  expect(items).toBeLessThan(sum(first.resources, 'api') / 4);
});

test('what was found is found no more once it is put right, by whichever side', async () => {
  const bench = await synced();
  await tamper(bench);
  await bench.audit();
  // The steward takes the added room over, and has the place forgotten that is gone; the student is changed once more.
  await bench.adopt();
  const student = bench.api.read('ed-fi/students')[8];
  await ok(
    bench.client.put(
      'ed-fi/students',
      student?.id ?? '',
      JSON.stringify({ ...student?.body, firstName: 'Somebody else again' }),
    ),
  );
  const second = await bench.audit();
  expect(findings(second)).toEqual({
    students: '0 missing, 0 unknown, 1 differing',
  });
  expect(readings(second)).toEqual(['window']);
  // And the room goes at the API.
  const room = bench.api.read('ed-fi/locations').find(({ body }) => body.classroomIdentificationCode === 'Portable 9');
  await ok(bench.client.remove('ed-fi/locations', room?.id ?? ''));
  const third = await bench.audit();
  expect(findings(third)).toEqual({
    locations: '1 missing, 0 unknown, 0 differing',
    students: '0 missing, 0 unknown, 1 differing',
  });
});

test('our own changes of a day are no findings', async () => {
  const bench = await synced();
  await bench.audit();
  const tables = copyExport(readExport(bench.source));
  apply(tables, [
    { kind: 'student-renamed', pick: 3 },
    { kind: 'student-left', pick: 5 },
    { kind: 'student-came', pick: 9 },
    { kind: 'entry-date-moved', pick: 4 },
    { kind: 'session-renamed', pick: 0 },
    { kind: 'teaching-date-moved', pick: 2 },
  ]);
  const next = await bench.sync(writeExport(tables, `${newFolder()}/export`));
  expect(next.account).toMatchObject({ failed: 0, held: 0 });
  const second = await bench.audit();
  expect(readings(second)).toEqual(['window']);
  expect(findings(second)).toEqual({});
  expect(sum(second.resources, 'api')).toBe(sum(second.resources, 'ledger'));
  // Contacts whose only child has left are there, but no longer this key's to see.
  const whole = await bench.audit({ full: true });
  expect(findings(whole)).toEqual({});
  expect(whole.resources['ed-fi/contacts']?.hidden).toBeGreaterThan(0);
  expect(sum(whole.resources, 'hidden')).toBe(whole.resources['ed-fi/contacts']?.hidden);
  expect((await bench.audit()).resources['ed-fi/contacts']).toMatchObject({ read: 'window', missing: 0 });
});

test.each([undefined, '6.2'] as const)(
  'an item that another system gave another key is both missing and unknown (%s)',
  async (generation) => {
    const bench = await synced(generation === undefined ? {} : { generation });
    await bench.audit();
    const name = 'ed-fi/studentSchoolAssociations';
    const enrolled = bench.api.read(name)[7];
    const body = { ...enrolled?.body, entryDate: '2026-08-03' };
    await ok(bench.client.put(name, enrolled?.id ?? '', JSON.stringify(body)));
    const found = await bench.audit();
    expect(findings(found)).toEqual({ studentSchoolAssociations: '1 missing, 1 unknown, 0 differing' });
    expect(found.samples).toEqual([
      { resource: name, kind: 'missing', keyHash: bench.hashOf(name, enrolled?.body ?? {}) },
      { resource: name, kind: 'unknown', keyHash: bench.hashOf(name, body), apiId: enrolled?.id },
    ]);
    // A host that does not tell key changes has this one resource read whole, and no other.
    expect(found.resources[name]?.read).toBe(generation === undefined ? 'window' : 'all');
    expect(found.resources['ed-fi/students']?.read).toBe('window');
  },
);

test('what an API adds of its own, and members that the mapping does not make, are not compared', async () => {
  const bench = await synced();
  const name = 'ed-fi/studentSectionAssociations';
  const made = new Set(bench.resources.find((resource) => resource.name === name)?.members);
  const member = bench.model.resources[name]?.properties.find(
    (property) => property.kind === 'scalar' && property.type === 'boolean' && !made.has(property.name),
  )?.name;
  const place = bench.api.read(name)[2];
  await ok(bench.client.put(name, place?.id ?? '', JSON.stringify({ ...place?.body, [member ?? '']: true })));
  expect(bench.api.read(name)[2]?.body).toHaveProperty(member ?? '', true);
  expect(findings(await bench.audit())).toEqual({});
});

test('an API that writes everything in its own way is said to be one', async () => {
  const bench = await synced();
  bench.pretend = ({ resource, id }) =>
    resource === 'ed-fi/students' && id === undefined
      ? {
          status: 200,
          headers: { 'total-count': '25' },
          body: bench.api
            .read('ed-fi/students')
            .map((item) => ({ ...item.body, id: item.id, firstName: `${item.body.firstName}.` })),
        }
      : undefined;
  const found = await bench.audit();
  expect(findings(found)).toEqual({ students: '0 missing, 0 unknown, 25 differing' });
  expect(found.resources['ed-fi/students']).toMatchObject({ ledger: 25, api: 25, rewritten: true });
  expect(found.resources['ed-fi/staffs']).toMatchObject({ rewritten: false });
});

test('an API that was restored to an earlier state is read whole', async () => {
  const bench = await synced();
  await bench.audit();
  bench.pretend = ({ path }) =>
    path.includes('availableChangeVersions')
      ? { status: 200, body: { oldestChangeVersion: 0, newestChangeVersion: 3 } }
      : undefined;
  expect(readings(await bench.audit())).toEqual(['all']);
});

test('deletes that are not told, or not by key, have the resource read whole', async () => {
  const bench = await synced();
  await bench.audit();
  const { counts } = await tamper(bench);
  bench.pretend = ({ id }) => (id?.startsWith('deletes') ? { status: 404, body: {} } : undefined);
  const first = await bench.audit();
  expect(readings(first)).toEqual(['all']);
  expect(findings(first)).toEqual(counts);
  const places = 'ed-fi/studentSectionAssociations';
  bench.pretend = ({ resource, id }) =>
    id?.startsWith('deletes') && resource === places
      ? { status: 200, body: [{ id: '0123456789abcdef0123456789abcdef', changeVersion: 9 }] }
      : undefined;
  const second = await bench.audit();
  expect(findings(second)).toEqual(counts);
  expect(second.resources[places]?.read).toBe('all');
  expect(second.resources['ed-fi/staffs']?.read).toBe('window');
});

test('an empty ledger: everything is unknown, and samples are few', async () => {
  const bench = await synced();
  const fresh = direct(bench.api);
  const { audit } = await readingBack(bench.api, fresh);
  const found = await audit();
  expect(sum(found.resources, 'unknown')).toBe(bench.ledger.confirmedCount(bench.connectionId));
  expect(found.resources['ed-fi/schools']).toMatchObject({ ledger: 0, api: 0, unknown: 0 });
  expect(found.samples.filter(({ resource }) => resource === 'ed-fi/students')).toHaveLength(10);
});

test('a stopped audit is a failure, and leaves the last state as it was', async () => {
  const bench = await synced();
  await bench.audit();
  const before = bench.ledger.cached(bench.connectionId, 'audit')?.text;
  const controller = new AbortController();
  await expect(
    bench.audit({ full: true, signal: controller.signal, onProgress: () => controller.abort() }),
  ).rejects.toMatchObject({ code: 'cancelled' });
  expect(bench.ledger.cached(bench.connectionId, 'audit')?.text).toBe(before);
  // What is kept names nobody.
  const [student] = bench.api.read('ed-fi/students');
  expect(before).not.toContain(String(student?.body.studentUniqueId));
});
