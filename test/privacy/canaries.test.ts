/**
 * A canary in every personal field, and servers that say it back: it reaches the API and the sealed plane, and is nowhere
 * else, whatever goes wrong.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../core/edfi/client.ts';
import { isFailure } from '../../core/errors/failure.ts';
import { type Bench, bench, newFolder, practice } from '../sync/workbench.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import { type Canary, PLAN } from './canaries.ts';
import { type Asked, type Manner, STATUSES, STYLE_NAMES, type Style, startHostile, type Told } from './hostile.ts';
import { createMatcher } from './needles.ts';
import { type Hit, type Place, placesIn, textPlace } from './search.ts';
import { logPlaces, opened, runAt, searchesOf, startAt, told, type Workplace, workplace } from './workplace.ts';

/** Fields of OneRoster that the mapping sends on: the server must have got canaries of each. */
const SENT = [
  ...['givenName', 'familyName', 'middleName', 'identifier', 'email', 'sms', 'phone'],
  ...['preferredGivenName', 'preferredFamilyName', 'birthDate', 'cityOfBirth', 'courseCode', 'title', 'location'],
  ...['periods', 'sourcedId', 'beginDate'],
];

const bodiesOf = (received: readonly string[]): string =>
  received.map((text) => text.slice(text.indexOf('\n', text.indexOf('\n') + 1) + 1)).join('\n');

/** All at once: there are thousands, and megabytes. */
function thoseIn(text: string, canaries: readonly Canary[]): Canary[] {
  const found = createMatcher(
    canaries.map((canary) => ({ bytes: Buffer.from(canary.value), form: 'whole', canary, alone: 'no' })),
  ).find(Buffer.from(text));
  return found.flatMap(({ needle }) => needle.canary ?? []);
}

/** The server got them, and so did what is sealed: a search that found nothing did not look for nothing. */
function expectArrived(at: Workplace, received: readonly string[]): void {
  const arrived = thoseIn(bodiesOf(received), at.canaries);
  expect(arrived.length).toBeGreaterThan(300);
  expect([...new Set(arrived.map(({ column }) => column))]).toEqual(expect.arrayContaining(SENT));
  expect(arrived.filter(({ form }) => form === 'number').length).toBeGreaterThan(20);
  expect(thoseIn(opened(at.data), at.canaries).length).toBeGreaterThan(50);
}

const expectClean = (what: string, hits: Parameters<typeof told>[0]): void =>
  expect({ what, leaks: told(hits) }).toEqual({ what, leaks: [] });

const added = (at: Workplace, url: string): string[] => [
  ...['connect', 'add', at.connection, '--url', url, '--key', at.key.value, '--student-id', 'identifier'],
];

test('every column of every table of OneRoster is planted, or says why not', async () => {
  const at = await workplace();
  const columns = Object.entries(PLAN).flatMap(([table, of]) =>
    Object.entries(of).map(([column, sort]) => ({ name: `${table}.${column}`, kept: sort.startsWith('kept') })),
  );
  const planted = new Set(at.canaries.map(({ table, column }) => `${table}.${column}`));
  const empty = columns.filter(({ name, kept }) => !kept && !planted.has(name)).map(({ name }) => name);
  expect(empty).toEqual([]);
  expect(new Set(at.canaries.map(({ value }) => value)).size).toBeGreaterThan(1_500);
});

test('the command line: what it says, what it leaves in its folder, its home, the temporary folder, its title', async () => {
  const at = await workplace();
  junkOnPurpose();
  const search = searchesOf(at);
  const api = await practice({ key: at.key.value, secret: at.secret.value });
  const hostile = await startHostile(api);
  const look = async (args: readonly string[], code: number, input?: string): Promise<string> => {
    const { ran, screen, others } = await runAt(at, args, input);
    expect({ args: args.slice(0, 2), stderr: ran.stderr, code: ran.code }).toMatchObject({ code });
    expectClean('screen', search.screen(screen));
    expectClean('others', search.closed(others));
    return ran.stdout;
  };
  const here = ['--connection', at.connection];
  await look(added(at, hostile.url), 0);
  // A few answers say back what they were told; the rest goes through.
  let nth = 0;
  hostile.manner = ({ method, resource }) => {
    if (method !== 'POST' || resource !== 'ed-fi/studentSectionAssociations') return undefined;
    nth += 1;
    const style = STYLE_NAMES[nth % STYLE_NAMES.length] as (typeof STYLE_NAMES)[number];
    return nth % 2 === 0 ? { kind: 'refuse', status: 400, style } : undefined;
  };
  const synced = await look(['sync', ...here, '--source', at.source, '--json'], 2);
  expect(synced).toContain('"type":"result"');
  expectArrived(at, hostile.received);
  // The code that has to be paired is what a steward must see.
  const problems = await look(['problems', ...here], 2);
  expect(problems).toContain(at.codes[0]?.value);
  const causes = await look(['problems', ...here, '--json'], 2);
  const group = /G-\w{4}-\w{2}/.exec(causes)?.[0] ?? '';
  const records = await look(['problems', ...here, '--group', group, '--json'], 2);
  const record = /"type":"record"[^\n]*?"id":(\d+)/.exec(records)?.[1] ?? /"id":(\d+)/.exec(records)?.[1] ?? '';
  await look(['problems', ...here, '--group', group], 2);
  // One record whole is for the steward's eyes; as lines for a program, its values are left out.
  await look(['problems', ...here, '--record', record, '--json'], 0);
  const reference = await look(['reference', ...here, record], 0);
  await look(['find', /R-\w{4}-\w{2}/.exec(reference)?.[0] ?? ''], 0);
  // An identifier is typed, and said nowhere again.
  const typed = at.canaries.filter(({ table, column }) => table === 'users' && column === 'identifier');
  const [word, number] = (['word', 'number'] as const).map((of) => typed.find(({ form }) => form === of)?.value ?? '');
  for (const identifier of [word, number]) {
    expect(await look(['find', ...here], 0, identifier)).toMatch(/^R-\w{4}-\w{2} /m);
  }
  await look(['ignore', ...here, group], 0);
  await look(['ignore', ...here, group, '--undo'], 0);
  await look(['retry', ...here, '--group', group, '--json'], 2);
  await look(['fixed', ...here, group], 0);
  await look(['clear', ...here], 0);
  await look(['batches', ...here], 0);
  const list = path.join(newFolder(), 'list.csv');
  await look(['fix-list', ...here, '--out', list], 0);
  expect(readFileSync(list, 'utf8')).toContain('users.csv');
  await look(['status', '--json'], 0);
  hostile.manner = () => undefined;
  await look(['audit', ...here, '--json'], 0);
  const bundle = path.join(newFolder(), 'bundle.zip');
  await look(['support-bundle', '--out', bundle], 0);
  expectClean('bundle', search.support([{ name: 'bundle', bytes: readFileSync(bundle) }]));
  expectClean('data folder', search.closed(placesIn(at.data, 'data')));
  expect(logPlaces(at.data).length).toBeGreaterThan(1);
  expectClean('log', search.support(logPlaces(at.data)));
});

/** Refused in each status and each style, each record once in every combination there is room for. */
function everyRefusal(statuses: readonly number[]): (asked: Asked) => Manner | undefined {
  const known = new Map<string, Manner>();
  // Each status in turn, in another style at each turn: whatever the number of records, each of both has its turn.
  const combination = (nth: number): { status: number; style: Style } => ({
    status: statuses[nth % statuses.length] as number,
    style: STYLE_NAMES[(nth + Math.floor(nth / statuses.length)) % STYLE_NAMES.length] as Style,
  });
  return ({ method, resource, text, kind }) => {
    if (kind !== 'data' || method === 'GET' || !LEAVES.has(resource ?? '')) return undefined;
    const manner = known.get(text);
    // A passing fault is said once, and then for good in another way: repeating takes its time.
    if (manner !== undefined) return isPassing(manner) ? { kind: 'refuse', status: 400, style: 'json' } : manner;
    const made: Manner = { kind: 'refuse', ...combination(known.size) };
    known.set(text, made);
    return made;
  };
}
/** Nothing refers to them, so that all of them are sent. */
const LEAVES = new Set([
  'ed-fi/studentSectionAssociations',
  'ed-fi/staffSectionAssociations',
  'ed-fi/studentContactAssociations',
  'ed-fi/studentEducationOrganizationAssociations',
  'ed-fi/staffSchoolAssociations',
]);
const isPassing = (manner: Manner): boolean =>
  manner.kind === 'refuse' && [408, 429, 500, 501, 502, 503, 504].includes(manner.status);

/** What an engine says and leaves, looked at after each of its commands. */
function watched(at: Workplace, here: Bench): (what: string, places?: readonly Place[]) => void {
  const search = searchesOf(at);
  let events = 0;
  return (what, places = []) => {
    const said = here.events.slice(events);
    events = here.events.length;
    expectClean(what, search.screen([textPlace('events', JSON.stringify(said)), ...places]));
    expectClean(what, search.closed(placesIn(at.data, 'data')));
    expectClean(what, search.support(logPlaces(at.data)));
  };
}

const SYNC = { approve: true, concurrency: 64, patienceSeconds: 0, retry: true } as const;

test('every refusal there is, from a server that says the record back in every way', async () => {
  junkOnPurpose();
  const at = await workplace(20);
  const api = await practice({ key: at.key.value, secret: at.secret.value });
  const hostile = await startHostile(api);
  const here = await bench(hostile, { folder: at.data, keychain: undefined });
  const look = watched(at, here);
  const command = async (name: string, input: Record<string, unknown>): Promise<Place> => {
    const answer = await here.call(name as 'sync.run', input as never);
    return textPlace(`answer of ${name}`, JSON.stringify(answer));
  };
  hostile.manner = everyRefusal(STATUSES.filter((status) => status !== 401 && status !== 503));
  const result = await here.sync(at.source, SYNC);
  expect(result.account.failed).toBeGreaterThan(100);
  look('refusals', [textPlace('result', JSON.stringify(result))]);
  expectArrived(at, hostile.received);
  // With its log beside it, and nobody else may read either.
  expect(readdirSync(at.data)).toContain('ledger.db-wal');
  for (const name of readdirSync(at.data, { recursive: true, encoding: 'utf8' })) {
    expect({ name, others: statSync(path.join(at.data, name)).mode & 0o077 }).toEqual({ name, others: 0 });
  }
  // What the server said is kept whole, sealed.
  expect(opened(at.data)).toContain('Cannot take');

  look('list', [await command('problems.list', { connection: 'here' })]);
  look('status', [await command('connections.list', {})]);
  await expectCleanBundle('refusals', here, searchesOf(at).support);
  await here.close();
  expectClean('closed', searchesOf(at).closed(placesIn(at.data, 'data')));
});

test('the rest of what a server can do: refuse the key, go away, break off, name the record in headers', async () => {
  junkOnPurpose();
  const at = await workplace();
  const api = await practice({ key: at.key.value, secret: at.secret.value });
  const hostile = await startHostile(api);
  const here = await bench(hostile, { folder: at.data, keychain: undefined });
  const look = watched(at, here);
  const sync = async (what: string, manner: typeof hostile.manner): Promise<void> => {
    hostile.manner = manner;
    const answer = await runSync(here, at.source);
    look(what, [textPlace(`answer: ${what}`, answer)]);
  };
  const onWrites =
    (manner: Manner) =>
    ({ kind, method }: Asked): Manner | undefined =>
      kind === 'data' && method !== 'GET' ? manner : undefined;
  /** Once for each record; then it is refused for good, since waiting takes its time. */
  const once = (manner: Manner): typeof hostile.manner => {
    const met = new Set<string>();
    return (asked) => {
      const later: Manner = { kind: 'refuse', status: 400, style: 'problem' };
      const now = onWrites(met.has(asked.text) ? later : manner)(asked);
      met.add(asked.text);
      return now;
    };
  };
  for (const kind of ['drop', 'half', 'babble'] as const) await sync(kind, once({ kind }));
  await sync('503', once({ kind: 'refuse', status: 503, style: 'headers' }));
  await sync('401', onWrites({ kind: 'refuse', status: 401, style: 'problem' }));
  expect(hostile.writes).toBeGreaterThan(10);
  // With its version unchanged nothing is read again, so these come before the rest.
  for (const status of [400, 401]) {
    await sync(`token ${status}`, ({ kind }) =>
      kind === 'token' ? { kind: 'refuse', status, style: status % 2 === 0 ? 'headers' : 'text' } : undefined,
    );
  }
  await sync('discovery as text', ({ kind }) =>
    kind === 'discovery' ? { kind: 'refuse', status: 200, style: 'text' } : undefined,
  );
  await sync('metadata refused', ({ kind }) =>
    kind === 'metadata' ? { kind: 'refuse', status: 404, style: 'headers' } : undefined,
  );
  await sync('after all', () => undefined);
  expectArrived(at, hostile.received);
});

/** Words of its own where a server has names and numbers of its own. */
const says =
  (kind: Asked['kind'], change: (text: string, told: Told) => string, headers = false) =>
  (asked: Asked): Manner | undefined =>
    asked.kind === kind && (kind !== 'data' || asked.method === 'GET')
      ? { kind: 'rewrite', change, headers }
      : undefined;
const takes =
  (style: 'location' | 'etag') =>
  ({ kind, method }: Asked): Manner | undefined =>
    kind === 'data' && method === 'POST' ? { kind: 'take', style } : undefined;

const PUBLISHED: Readonly<Record<string, (asked: Asked) => Manner | undefined>> = {
  'the ETag of a document': says('metadata', (text) => text, true),
  'a version': says('discovery', (text, { secret }) => text.replace(/"version":"[^"]*"/g, `"version":"${secret}"`)),
  'a data model': says('discovery', (text, { secret }) => text.replace(/"name":"Ed-Fi"/, `"name":"${secret}"`)),
  'a property that may be missing': says('metadata', (text, { secret }) =>
    text.replaceAll('"middleName"', `"${secret}"`),
  ),
  'a resource': says('metadata', (text, { secret }) => text.replaceAll('/locations', `/${secret}`)),
  'a descriptor': says('data', (text, { secret }) => text.replaceAll('#Male"', `#${secret}"`)),
};

/** A batch against a server of that manner, on a connection of its own. */
async function publishing(what: string, manner: (asked: Asked) => Manner | undefined): Promise<void> {
  const at = await workplace();
  const search = searchesOf(at);
  const api = await practice({ key: at.key.value, secret: at.secret.value });
  const hostile = await startHostile(api);
  hostile.manner = manner;
  const here = await bench(hostile, { folder: at.data, keychain: undefined });
  await runSync(here, at.source);
  expect(hostile.received.length).toBeGreaterThan(10);
  // What a server publishes of itself is no record's, and lies open in the ledger; it is not told to anybody.
  expectClean(what, search.support(logPlaces(at.data)));
  await expectCleanBundle(what, here, search.support);
  await here.close();
}

test.each(Object.entries(PUBLISHED))(
  'a server that publishes the secret as %s: none of it goes to support',
  publishing,
);

test('a server that publishes the secret as the name of a property that is then missing', () =>
  publishing(
    'a property',
    says('metadata', (text, { secret }) => text.replaceAll('"birthDate"', `"${secret}"`)),
  ));

/** A batch against a server that says the record back in the headers of each answer that takes it. */
async function naming(style: 'etag' | 'location'): Promise<void> {
  const at = await workplace();
  const api = await practice({ key: at.key.value, secret: at.secret.value });
  const hostile = await startHostile(api);
  const here = await bench(hostile, { folder: at.data, keychain: undefined });
  const look = watched(at, here);
  hostile.manner = takes(style);
  const answer = await runSync(here, at.source);
  look(style, [textPlace(`answer: ${style}`, answer)]);
  await here.close();
}

test('a server that takes a record and gives it an ETag of what is in it', () => naming('etag'));
test('a server that takes a record and gives it an id of what is in it', () => naming('location'));

/** What would go to support: exactly what it shows before it is written. */
async function expectCleanBundle(what: string, here: Bench, search: (places: Iterable<Place>) => Hit[]): Promise<void> {
  const { files } = await here.call('support.preview', {});
  expect(files.length).toBeGreaterThan(1);
  expectClean(`preview: ${what}`, search(files.map(({ name, text }) => textPlace(name, text))));
}

/** A batch, however it ends, as the text that a host would get. */
async function runSync(here: Bench, source: string): Promise<string> {
  try {
    return JSON.stringify(await here.sync(source, SYNC));
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

test('a process that is killed, and the next that goes on', async () => {
  const at = await workplace();
  const search = searchesOf(at);
  const api = await practice({ key: at.key.value, secret: at.secret.value, latencyMs: 2 });
  const hostile = await startHostile(api);
  const everything = (): void => {
    expectClean('data folder', search.closed(placesIn(at.data, 'data')));
    expectClean('others', search.closed([...placesIn(at.temp, 'temporary folder'), ...placesIn(at.home, 'home')]));
    expectClean('log', search.support(logPlaces(at.data)));
  };
  expect((await runAt(at, [...added(at, hostile.url), '--no-test'])).ran.code).toBe(0);
  for (const enough of [30, 200]) {
    const running = startAt(at, ['sync', '--connection', at.connection, '--source', at.source, '--json']);
    const watch = setInterval(() => {
      if (hostile.writes >= enough) running.child.kill('SIGKILL');
    }, 1);
    const ran = await running.ended;
    clearInterval(watch);
    expect(ran.signal).toBe('SIGKILL');
    expectClean('screen', search.screen([textPlace('stdout', ran.stdout), textPlace('stderr', ran.stderr)]));
    everything();
  }
  const { ran, screen } = await runAt(at, ['sync', '--connection', at.connection, '--source', at.source]);
  expect(ran.code).toBe(2);
  expectClean('screen', search.screen(screen));
  everything();
  expectArrived(at, hostile.received);
});

/** A disk of 64 MB, where the account may mount one. @returns undefined where it may not */
function smallDisk(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = newFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder]).status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return folder;
}

test('a disk that is full while it plans and while it sends, and one that can only be read', async (context) => {
  junkOnPurpose();
  const disk = smallDisk();
  if (disk === undefined) return context.skip('This account may not mount a disk.');
  const at = { ...(await workplace()), data: path.join(disk, 'data') };
  const api = await practice({ key: at.key.value, secret: at.secret.value });
  const hostile = await startHostile(api);
  hostile.manner = everyRefusal([400, 409]);
  const here = await bench(hostile, { folder: at.data, keychain: undefined });
  const look = watched(at, here);
  const filler = path.join(disk, 'filler');
  const said: string[] = [];
  for (const left of ['16', '700']) {
    spawnSync('sh', ['-c', `dd if=/dev/zero of=${filler} bs=16k; truncate -s -${left}k ${filler}`]);
    const answer = await runSync(here, at.source);
    said.push(answer);
    look(`${left} kB left`, [textPlace('answer', answer)]);
    rmSync(filler);
  }
  expect(said.join()).toMatch(/sync\.run: disk-full: /);
  await here.close();
  spawnSync('mount', ['-o', 'remount,ro', disk]);
  const { ran, screen, others } = await runAt(at, ['sync', '--connection', 'here', '--source', at.source]);
  expect(ran.code).toBe(5);
  expectClean('read only', searchesOf(at).screen(screen));
  expectClean('read only', searchesOf(at).closed(others));
});

test('exports that are no use: without a header, cut off, with a quote left open, in no encoding', async () => {
  const at = await workplace();
  const api = await practice({ key: at.key.value, secret: at.secret.value });
  const here = await bench(api, { folder: at.data, keychain: undefined });
  const look = watched(at, here);
  const spoil = async (what: string, file: string, change: (text: string) => string | Buffer): Promise<void> => {
    const name = path.join(at.source, file);
    const whole = readFileSync(name, 'utf8');
    writeFileSync(name, change(whole));
    const answer = await runSync(here, at.source);
    writeFileSync(name, whole);
    expect({ what, answer }).toMatchObject({ answer: expect.stringMatching(/^sync\.run: source-unusable: /) });
    look(what, [textPlace(`answer: ${what}`, answer)]);
  };
  const line = (text: string, nth: number): string => text.split('\n')[nth] ?? '';
  await spoil('no header', 'users.csv', (text) => text.slice(text.indexOf('\n') + 1));
  await spoil('two headers', 'users.csv', (text) => text.replace('\n', `,${line(text, 1)}\n`));
  await spoil('a row too long', 'users.csv', (text) =>
    text.replace(line(text, 3), `${line(text, 3)},${line(text, 4)}`),
  );
  await spoil('an open quote', 'users.csv', (text) => text.replace(line(text, 3), `"${line(text, 3)}`));
  await spoil('a row twice', 'users.csv', (text) => `${text}${line(text, 3)}\n`);
  await spoil('cut off', 'demographics.csv', (text) => text.slice(0, text.length - 60));
  await spoil('zero bytes', 'users.csv', (text) => text.replace(line(text, 3), `${line(text, 3)}\u0000`));
  await spoil('no encoding', 'enrollments.csv', (text) =>
    Buffer.concat([Buffer.from(text), Buffer.from([0x81, 0x8d])]),
  );
  await spoil('a status', 'users.csv', (text) =>
    text.replace(`${line(text, 3).split(',')[0]},,`, `${line(text, 3).split(',')[0]},${line(text, 4).split(',')[0]},`),
  );
  await spoil('a manifest', 'manifest.csv', (text) =>
    text.replace('bulk', line(readFileSync(path.join(at.source, 'users.csv'), 'utf8'), 3)),
  );
});

test('a server that says nothing in time', async () => {
  const at = await workplace();
  const api = await practice({ key: at.key.value, secret: at.secret.value });
  const hostile = await startHostile(api);
  const events: unknown[] = [];
  const client = createClient({
    url: hostile.url,
    key: at.key.value,
    secret: () => at.secret.value,
    // Long enough for the sign-in, on whatever machine.
    timeouts: { headersMs: 1_000, bodyMs: 1_000, totalMs: 2_000 },
    retry: { attempts: 2, baseMs: 1, capMs: 5, totalMs: 10_000 },
    onEvent: (event) => void events.push(event),
  });
  await client.signIn();
  const body = JSON.stringify({ studentUniqueId: at.canaries.find(({ column }) => column === 'identifier')?.value });
  const said: string[] = [];
  for (const kind of ['hang', 'drop', 'half', 'babble'] as const) {
    hostile.manner = ({ kind: asked }) => (asked === 'data' ? { kind } : undefined);
    const thrown: unknown = await client.post('ed-fi/students', body).catch((reason: unknown) => reason);
    if (!isFailure(thrown)) throw new Error(`${kind} did not fail`);
    said.push(`${thrown.message}\n${thrown.stack}\n${JSON.stringify(thrown.details)}\n${String(thrown.cause)}`);
  }
  await client.close();
  expect(said.join('\n')).toMatch(/did not answer in time/);
  const places = [textPlace('failures', said.join('\n')), textPlace('events', JSON.stringify(events))];
  expectClean('time-outs', searchesOf(at).support(places));
});
