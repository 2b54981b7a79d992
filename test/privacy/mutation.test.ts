/**
 * A leak planted at each place that writes to the log is caught: by the sink, which takes nothing that the catalogue does
 * not have; and, where the sink is passed by, by the search of these tests and on the way into the bundle.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { ApiModel } from '../../core/edfi/model.ts';
import { createEngine, type Engine } from '../../core/engine.ts';
import { openLedger } from '../../core/ledger/ledger.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import type { BundleFile } from '../../core/support/bundle/content.ts';
import { scanBundle } from '../../core/support/bundle/scan.ts';
import type { EventLog, EventType, SupportEvent } from '../../core/support/events.ts';
import { openEventLog } from '../../core/support/sink.ts';
import { createWords, type Words } from '../../core/support/words.ts';
import { newFolder, practice } from '../sync/workbench.ts';
import { junkOnPurpose } from '../unclassified/junk.ts';
import type { Canary } from './canaries.ts';
import { type Manner, startHostile } from './hostile.ts';
import { createSearch, textPlace } from './search.ts';
import { digits, rareDay, word } from './tokens.ts';
import { logPlaces, told, type Workplace, workplace } from './workplace.ts';

const canary = (value: string, form: Canary['form']): Canary => ({
  value,
  form,
  plane: 'value',
  table: 'planted',
  column: 'event',
  row: 0,
});
const NAME = canary(word(16_100), 'word');
const NUMBER = canary(digits(99_999), 'number');
const BORN = canary(rareDay(40_000), 'day');
const PLANTED = [NAME, NUMBER, BORN];

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Fields that are a time. */
const TIMES: ReadonlySet<string> = new Set(['firstSeen', 'lastSeen']);

/** The same event with a leak, once for each place in it: into a word, a number, a flag, a list, and beside them all. */
function* leaks(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    yield [...value, NAME.value];
    for (const [at, inner] of value.entries()) {
      for (const leak of leaks(inner)) yield value.map((one, nth) => (nth === at ? leak : one));
    }
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, value: NAME.value };
    yield { ...value, [NAME.value]: 1 };
    for (const [name, inner] of Object.entries(value)) {
      // Without its type it is no event of any kind.
      if (name === 'type') continue;
      for (const leak of leaks(inner)) {
        // A number of twelve digits may be a time: see below.
        if (typeof leak !== 'number' || !TIMES.has(name)) yield { ...value, [name]: leak };
      }
    }
  } else {
    yield NAME.value;
    yield BORN.value;
    yield NUMBER.value;
    if (typeof value === 'string') yield `${value}${NAME.value}`;
    else yield Number(NUMBER.value);
  }
}

/** A sink that keeps a copy of what it is given, and lets a test write on. */
interface Tapped {
  readonly log: EventLog;
  readonly events: SupportEvent[];
}

interface Scene {
  readonly at: Workplace;
  readonly engine: Engine;
  readonly tapped: Tapped;
  call<T = unknown>(command: string, input: Record<string, unknown>): Promise<T>;
}

/** Does everything once that an engine tells of. */
async function scene(): Promise<Scene> {
  const at = await workplace();
  const api = await practice({ key: at.key.value, secret: at.secret.value });
  const hostile = await startHostile(api);
  const events: SupportEvent[] = [];
  const sinks: EventLog[] = [];
  const open = (): Promise<Engine> =>
    createEngine({
      folder: at.data,
      keychain: undefined,
      secret: at.secret.value,
      now: Date.now,
      emit: () => undefined,
      openLog: (options) => {
        const log = openEventLog(options);
        sinks.push(log);
        return {
          ...log,
          write: (event) => {
            events.push(event);
            log.write(event);
          },
        };
      },
    });
  let engine = await open();
  const call = async <T>(command: string, input: Record<string, unknown>): Promise<T> => {
    const answer = await engine.handle(command, input);
    if ('error' in answer) throw new Error(`${command}: ${answer.error.code}: ${answer.error.sentence}`);
    return answer.ok as T;
  };
  const sync = { connection: 'here', source: at.source, approve: true, concurrency: 16 };
  const reach = { url: hostile.url, key: at.key.value, studentId: 'identifier' };
  let nth = 0;
  hostile.manner = ({ method, resource }): Manner | undefined => {
    if (method !== 'POST' || resource !== 'ed-fi/studentSectionAssociations') return undefined;
    nth += 1;
    return nth % 2 === 0 ? { kind: 'refuse', status: 409, style: 'conflict' } : undefined;
  };
  await call('connections.add', { name: 'here', ...reach });
  await call('connections.test', { name: 'here' });
  await call('sync.run', { ...sync, planOnly: true });
  await call('sync.run', sync);
  await call('audit.run', { connection: 'here' });
  await call('adopt.run', { connection: 'here' });
  const { groups } = await call<{ groups: { group: string }[] }>('problems.list', { connection: 'here' });
  const group = groups[0]?.group;
  await call('problems.ignore', { connection: 'here', group, ignore: true });
  await call('retry.run', { connection: 'here', what: { kind: 'failed' }, approve: true });
  await call('settings.change', { logDays: 20 });
  await call('connections.clone', { from: 'here', name: 'there', key: at.key.value, test: false });
  await call('connections.update', { name: 'there', vanished: 'keep', test: false });
  await call('connections.remove', { name: 'there' });
  // Wrong on purpose: what fails is told too.
  await engine.handle('sync.run', { ...sync, source: path.join(at.home, 'nowhere') });
  hostile.manner = ({ kind }) => (kind === 'token' ? { kind: 'refuse', status: 401, style: 'text' } : undefined);
  await engine.close();
  engine = await open();
  await engine.handle('sync.run', sync);
  hostile.manner = () => undefined;
  await call('support.save', { out: path.join(at.home, 'bundle.zip') });
  const log = sinks.at(-1) as EventLog;
  return { at, engine, tapped: { log, events }, call };
}

/** What each run of an engine with this scene has to have told of, or the test looks at too little. */
const TOLD: readonly EventType[] = [
  'app.started',
  'app.stopped',
  'ledger.opened',
  'ledger.copied',
  'connection.added',
  'connection.changed',
  'connection.cloned',
  'connection.removed',
  'connection.tested',
  'key.described',
  'source.opened',
  'source.notice',
  'batch.started',
  'batch.planned',
  'batch.ended',
  'audit.ended',
  'adopt.ended',
  'problem.group',
  'problem.action',
  'command.failed',
  'setting.changed',
  'support.bundle-made',
];

const logFile = (data: string): string => {
  const folder = path.join(data, 'logs');
  return path.join(folder, readdirSync(folder).sort().at(-1) as string);
};

test('at each logging site: dropped and counted by the sink; past it, found by the search and kept out of the bundle', async () => {
  junkOnPurpose();
  const { at, engine, tapped, call } = await scene();
  const { log, events } = tapped;
  const types = new Map<EventType, SupportEvent>();
  // The fullest of each type has the most places.
  for (const event of events) {
    const before = types.get(event.type);
    if (before === undefined || JSON.stringify(event).length > JSON.stringify(before).length)
      types.set(event.type, event);
  }
  expect([...types.keys()]).toEqual(expect.arrayContaining([...TOLD]));
  expect(log.dropped()).toBe(0);
  const search = createSearch(PLANTED);
  const leaking = [...types.values()].flatMap((event) =>
    [...leaks(event as unknown as Json)].map((leak) => ({ type: event.type, leak })),
  );
  expect(leaking.length).toBeGreaterThan(200);

  // By the sink: each is dropped, and it says how many.
  const taken: string[] = [];
  for (const { type, leak } of leaking) {
    const before = log.dropped();
    log.write(leak as unknown as SupportEvent);
    if (log.dropped() !== before + 1) taken.push(`${type}: ${JSON.stringify(leak)}`);
  }
  expect(taken).toEqual([]);
  expect(told(search(logPlaces(at.data)))).toEqual([]);

  // Past it: a line that nobody checked is found, whichever it is.
  const lines = leaking.map(({ leak }, nth) =>
    JSON.stringify({ v: 1, at: Date.now(), seq: 100_000 + nth, ...(leak as object) }),
  );
  const unseen = lines.filter((line) => search([textPlace('line', line)]).length === 0);
  expect(unseen).toEqual([]);
  appendFileSync(logFile(at.data), `${lines.join('\n')}\n`);
  expect(search(logPlaces(at.data)).length).toBeGreaterThan(0);
  // And each line is parsed again on its way out.
  const { files } = await call<{ files: BundleFile[] }>('support.preview', {});
  expect(told(search(files.map(({ name, text }) => textPlace(name, text))))).toEqual([]);
  await engine.close();
});

/** The names that a bundle of this ledger may say. */
function wordsOf(data: string): Words {
  const key = Buffer.from(readFileSync(path.join(data, 'ledger.key'), 'utf8'), 'base64');
  const ledger = openLedger(data, createSeal(key));
  try {
    const models = ledger.connections().flatMap(({ id }) => {
      const kept = ledger.cached(id, 'specification');
      return kept === undefined ? [] : [(JSON.parse(kept.text) as { model: ApiModel }).model];
    });
    return createWords(...models);
  } finally {
    ledger.close();
  }
}

interface Made {
  readonly files: readonly BundleFile[];
  readonly words: Words;
  readonly events: readonly SupportEvent[];
}
/** A scene takes seconds, and these tests change nothing of it. */
let known: Made | undefined;
async function made(): Promise<Made> {
  if (known !== undefined) return known;
  const { at, engine, tapped, call } = await scene();
  const { files } = await call<{ files: BundleFile[] }>('support.preview', {});
  await engine.close();
  known = { files, words: wordsOf(at.data), events: tapped.events };
  return known;
}

test('a number of a record in place of a time is dropped by the sink', async () => {
  junkOnPurpose();
  const { events, words } = await made();
  const group = events.find((event) => event.type === 'problem.group') as SupportEvent;
  const log = openEventLog({ folder: newFolder(), now: Date.now, words: () => words });
  log.write(group);
  if (log.dropped() !== 0) return;
  log.write({ ...group, firstSeen: Number(NUMBER.value) } as SupportEvent);
  expect(log.dropped()).toBe(1);
});

const inUrl = (text: string): string => [...text].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
const DISGUISES: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in capitals': (text) => text.toUpperCase(),
  'in base64': (text) => Buffer.from(text).toString('base64'),
  'in hex': (text) => Buffer.from(text).toString('hex'),
  'as an email address': (text) => `${text}@example.org`,
};

/** Leaks that the last look at a bundle passes over. */
async function missedIn(disguises: typeof DISGUISES, planted: readonly Canary[]): Promise<string[]> {
  const { files, words } = await made();
  const rules = { words, values: PLANTED.map(({ value }) => value) };
  // Without a leak there is nothing to find.
  expect(scanBundle(files, rules)).toEqual([]);
  const missed: string[] = [];
  for (const [nth, file] of files.entries()) {
    for (const [how, disguise] of Object.entries(disguises)) {
      for (const { value } of planted) {
        const spoilt = intoText(file, disguise(value));
        expect(spoilt, file.name).not.toBe(file.text);
        const all = files.map((one, place) => (place === nth ? { ...one, text: spoilt } : one));
        if (scanBundle(all, rules).length === 0) missed.push(`${file.name}: ${value} ${how}`);
      }
    }
  }
  return missed;
}

test('in a bundle that is made already: the last look blocks it, in each of its files and disguises', async () => {
  junkOnPurpose();
  expect(await missedIn(DISGUISES, PLANTED)).toEqual([]);
  expect(await missedIn({ 'in a URL': inUrl }, [NAME, BORN])).toEqual([]);
});

test('the digits of a record in a URL block a bundle', async () => {
  junkOnPurpose();
  expect(await missedIn({ 'in a URL': inUrl }, [NUMBER])).toEqual([]);
});

/** Puts a leak where a file has text of its own: into the page, or into the first string of a JSON file. */
function intoText({ name, text }: BundleFile, leak: string): string {
  if (name.endsWith('.html')) return text.replace('</body>', `<p>${leak}</p></body>`);
  return text.replace(/:\s*"([^"]*)"/, (whole) => `${whole.slice(0, -1)} ${leak}"`);
}

test('a program that crashes tells codes and places of its own, whatever was thrown', async () => {
  const at = await workplace();
  const engine = await createEngine({
    folder: at.data,
    keychain: undefined,
    secret: at.secret.value,
    now: Date.now,
    emit: () => undefined,
  });
  const error = new Error(`cannot read ${NAME.value}`, {
    cause: { studentUniqueId: NUMBER.value, birthDate: BORN.value },
  });
  const things: unknown[] = [
    error,
    NAME.value,
    { toString: () => NAME.value, toJSON: () => NUMBER.value },
    Object.assign(new Error(NAME.value), { code: NAME.value, name: NAME.value, path: at.source, sql: NAME.value }),
    Object.defineProperty(new Error('x'), 'stack', {
      value: `Error: ${NAME.value}\n at ${NAME.value} (core/${NAME.value}.ts:1:1)`,
    }),
    new AggregateError([error], NAME.value),
  ];
  for (const thing of things) {
    engine.crashed(thing, 'uncaught');
    engine.crashed(thing, 'rejection');
  }
  await engine.close();
  const text = readFileSync(logFile(at.data), 'utf8');
  expect(text.split('\n').filter((line) => line.includes('"type":"app.crashed"'))).toHaveLength(2 * things.length);
  expect(told(createSearch([...PLANTED, ...at.settings, at.secret])(logPlaces(at.data)))).toEqual([]);
  expect(existsSync(path.join(at.data, 'core'))).toBe(false);
});
