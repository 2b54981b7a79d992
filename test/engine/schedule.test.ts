/** Schedules on a clock of the test's own, with a real ledger and real exports; at the end, with the whole engine. */
import { randomBytes } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { profileSchema, readProfile } from '../../core/connections/profile.ts';
import { createMemoryStore } from '../../core/connections/secrets.ts';
import type { CommandInput, CommandName, CommandOutput, EngineEvent, Schedule } from '../../core/contract/schemas.ts';
import { createEngine } from '../../core/engine.ts';
import { createScheduleRoom } from '../../core/engine-schedule.ts';
import { Failure } from '../../core/errors/failure.ts';
import { type ConnectionRow, openLedger } from '../../core/ledger/ledger.ts';
import { createSeal } from '../../core/ledger/seal.ts';
import type { SupportEvent } from '../../core/support/events.ts';
import { fakeTimers, untilWaiting } from '../sources/fake-timers.ts';
import { district, expectAccount, newFolder, practice } from '../sync/workbench.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOON = new Date(2026, 8, 16, 12).getTime();
const every = (minutes: number, rest: Partial<Schedule> = {}): Schedule => ({
  when: { kind: 'every', minutes },
  quiet: null,
  pausedUntil: null,
  ...rest,
});
const ON_EXPORT: Schedule = { when: { kind: 'export' }, quiet: null, pausedUntil: null };
const OFF: Schedule = { when: { kind: 'off' }, quiet: null, pausedUntil: null };

interface Run {
  readonly connection: string;
  readonly at: number;
  end(state?: 'done' | 'waiting' | 'stopped', code?: string): Promise<void>;
  fail(failure: Failure): Promise<void>;
}

/** A desk with a ledger and exports, where the test itself says how each batch ends. */
function desk() {
  const folder = newFolder();
  const ledger = openLedger(path.join(folder), createSeal(randomBytes(32)));
  onTestFinished(() => ledger.close());
  const clock = { now: NOON };
  const timers = fakeTimers((ms) => {
    clock.now += ms;
  });
  const runs: Run[] = [];
  const events: Extract<EngineEvent, { type: 'schedule' }>[] = [];
  const logged: SupportEvent[] = [];
  const failed: unknown[] = [];
  let running: string | undefined;
  let stop: (() => void) | undefined;
  const find = (name: string): ConnectionRow => {
    const found = ledger.connections().find((row) => row.name === name);
    if (found === undefined) throw new Failure('connection-unknown', 'There is no such connection.');
    return found;
  };
  const profileOf = (row: ConnectionRow) => readProfile(row.name, row.profile);

  const exportOf = (name: string): string => path.join(folder, name);
  const write = (name: string, text: string): void => writeFileSync(path.join(exportOf(name), 'users.csv'), text);

  const open = () => {
    const room = createScheduleRoom({
      ledger,
      find,
      profileOf,
      updateProfile: (row, profile) =>
        ledger.transaction(() => ledger.updateConnection(row.id, row.name, JSON.stringify(profile))),
      isRunning: () => running !== undefined,
      onFailed: (_row, thrown) => void failed.push(thrown),
      log: { label: () => 'C1', write: (event) => void logged.push(event) },
      now: () => clock.now,
      emit: (event) => {
        if (event.type === 'schedule') events.push(event);
      },
      timers,
      runBatch: (connection) => begin(connection, profileOf(find(connection)).source),
    });
    /** Runs a batch as the engine would: by hand, or because the schedule says so. */
    const begin = (connection: string, source: string | undefined) => {
      if (running !== undefined) throw new Error('Two batches at once.');
      const row = find(connection);
      running = connection;
      const batch = ledger.startBatch(row.id, clock.now);
      room.began(row, source);
      return new Promise<{ state: 'done' | 'waiting' | 'stopped'; stopped: { code: string; sentence: string } | null }>(
        (resolve, reject) => {
          stop = () => reject(new Failure('cancelled', 'Stopped.'));
          runs.push({
            connection,
            at: clock.now,
            async end(state = 'done', code = 'api-unreachable') {
              running = undefined;
              ledger.setBatch(batch, state, null, clock.now);
              room.ended(row, state);
              resolve({ state, stopped: state === 'stopped' ? { code, sentence: '' } : null });
              await idle();
            },
            async fail(failure) {
              running = undefined;
              ledger.setBatch(batch, 'stopped', null, clock.now);
              room.ended(row, 'failed');
              reject(failure);
              await idle();
            },
          });
        },
      );
    };
    onTestFinished(async () => {
      const closing = close();
      // As the engine does, which stops what runs.
      if (running !== undefined) stop?.();
      await closing;
    });
    let isOnline = true;
    /** Waits until all that was begun has been looked at. */
    const idle = async (): Promise<void> => {
      await untilWaiting(timers, expected());
      await room.handlers['schedule.network']({ online: isOnline });
      await untilWaiting(timers, expected());
    };
    let isStarted = false;
    const close = (): Promise<void> => {
      isStarted = false;
      return room.close();
    };
    /** One callback for each export that is watched, and one for the clock. */
    const expected = (): number => {
      const schedules = ledger
        .connections()
        .flatMap(({ profile }) => profileSchema.safeParse(JSON.parse(profile)).data ?? []);
      const watched = schedules.filter(
        ({ schedule, source }) => schedule.when.kind === 'export' && source !== undefined,
      );
      const isClockSeen = schedules.some(({ schedule }) => schedule.when.kind !== 'off');
      return isStarted ? watched.length + (isClockSeen ? 1 : 0) : 0;
    };
    return {
      room,
      close,
      idle,
      begin,
      async network(online: boolean): Promise<void> {
        isOnline = online;
        await room.handlers['schedule.network']({ online });
        await idle();
      },
      set: (connection: string, schedule: Schedule) => room.handlers['schedule.set']({ connection, schedule }),
      show: (connection: string) => room.handlers['schedule.show']({ connection }),
      async start(): Promise<void> {
        room.start();
        isStarted = true;
        await room.handlers['schedule.network']({ online: true });
        await idle();
      },
      async pass(ms: number): Promise<void> {
        await room.handlers['schedule.network']({ online: isOnline });
        await idle();
        await timers.advance(ms, idle);
      },
    };
  };
  return {
    ...open(),
    open,
    ledger,
    clock,
    timers,
    runs,
    events,
    logged,
    failed,
    find,
    exportOf,
    write,
    /** Something that no batch may run beside. */
    occupy: (name: string | undefined) => {
      running = name;
    },
    async add(name: string, schedule: Schedule = OFF, source: string | null = exportOf(name)): Promise<ConnectionRow> {
      await mkdir(exportOf(name), { recursive: true });
      write(name, 'one');
      const profile = profileSchema.parse({
        url: 'http://127.0.0.1',
        key: 'k',
        studentId: 'identifier',
        schedule,
        ...(source === null ? {} : { source }),
      });
      return ledger.addConnection(name, JSON.stringify(profile), clock.now);
    },
  };
}

const last = (runs: readonly Run[]): Run => {
  const run = runs.at(-1);
  if (run === undefined) throw new Error('Nothing ran.');
  return run;
};

test('every so many minutes, from when it was set, and never two at once', async () => {
  const { add, start, set, show, pass, runs, logged } = desk();
  await add('here');
  await start();
  expect(await show('here')).toEqual({ schedule: OFF, next: null, state: 'off', last: null });
  expect(await set('here', every(15))).toEqual({
    schedule: every(15),
    next: NOON + 15 * MINUTE,
    state: 'due',
    last: null,
  });
  await pass(15 * MINUTE - 1);
  expect(runs).toHaveLength(0);
  await pass(1);
  expect(runs.map(({ at }) => at)).toEqual([NOON + 15 * MINUTE]);
  expect(await show('here')).toMatchObject({ state: 'running', last: NOON + 15 * MINUTE });
  await pass(40 * MINUTE);
  expect(runs).toHaveLength(1);
  // It took longer than its interval: what came due meanwhile goes at once, and once.
  await last(runs).end();
  expect(runs.map(({ at }) => at - NOON)).toEqual([15 * MINUTE, 55 * MINUTE]);
  await last(runs).end();
  await pass(15 * MINUTE);
  expect(runs.map(({ at }) => at - NOON)).toEqual([15 * MINUTE, 55 * MINUTE, 70 * MINUTE]);
  expect(logged.filter(({ type }) => type === 'schedule.started')).toHaveLength(3);
  expect(logged.filter(({ type }) => type === 'schedule.missed')).toEqual([
    { type: 'schedule.missed', connection: 'C1', runs: 1, lateMs: 25 * MINUTE },
  ]);
});

test('a host that runs a single command begins nothing', async () => {
  const { add, set, pass, runs, timers } = desk();
  await add('here');
  await set('here', every(5));
  await pass(HOUR);
  expect(runs).toHaveLength(0);
  expect(timers.waiting).toBe(0);
});

test('one after the other, the longest due first; and after what was begun by hand', async () => {
  const { add, start, pass, runs, begin, occupy } = desk();
  await add('late', every(10));
  await add('early', every(5));
  await start();
  void begin('late', undefined);
  await pass(20 * MINUTE);
  expect(runs).toHaveLength(1);
  await last(runs).end();
  expect(runs.map(({ connection }) => connection)).toEqual(['late', 'early']);
  await last(runs).end();
  expect(runs.map(({ connection }) => connection)).toEqual(['late', 'early', 'late']);
  await last(runs).end();
  // Reading back tells of no end: it is asked for.
  occupy('an audit');
  await pass(5 * MINUTE);
  expect(runs).toHaveLength(3);
  occupy(undefined);
  await pass(15 * SECOND);
  expect(runs.map(({ connection }) => connection).slice(3)).toEqual(['early']);
});

test('nothing in the quiet hours; what they put off goes at their end', async () => {
  const { add, start, set, show, pass, runs, logged } = desk();
  await add('here');
  await start();
  await set('here', every(30, { quiet: { from: '12:20', to: '14:00' } }));
  await pass(25 * MINUTE);
  expect(await show('here')).toMatchObject({ state: 'quiet', next: NOON + 2 * HOUR });
  await pass(90 * MINUTE);
  expect(runs).toHaveLength(0);
  await pass(5 * MINUTE);
  expect(runs.map(({ at }) => at)).toEqual([NOON + 2 * HOUR]);
  const quiet = logged.filter(({ type }) => type === 'schedule.quiet');
  expect(quiet).toEqual([{ type: 'schedule.quiet', connection: 'C1', untilMs: 90 * MINUTE }]);
  expect(logged.map(({ type }) => type)).not.toContain('schedule.missed');
});

test('nothing before the end of a pause', async () => {
  const { add, start, set, show, pass, runs } = desk();
  await add('here');
  await start();
  await set('here', every(5, { pausedUntil: NOON + 3 * HOUR }));
  expect(await show('here')).toMatchObject({ state: 'paused', next: NOON + 3 * HOUR });
  await pass(3 * HOUR - 1);
  expect(runs).toHaveLength(0);
  await pass(1);
  expect(runs).toHaveLength(1);
});

test('a plan that waits for the steward is made once, until it is approved or the export changes', async () => {
  const { add, start, set, show, pass, runs, begin, exportOf, write } = desk();
  await add('here');
  await start();
  await set('here', every(5));
  await pass(5 * MINUTE);
  await last(runs).end('waiting');
  expect(await show('here')).toMatchObject({ state: 'waits-for-approval', next: null });
  await pass(HOUR);
  expect(runs).toHaveLength(1);

  write('here', 'another');
  await pass(5 * MINUTE);
  expect(runs).toHaveLength(2);
  await last(runs).end('waiting');
  await pass(HOUR);
  expect(runs).toHaveLength(2);

  void begin('here', exportOf('here'));
  await last(runs).end('done');
  expect(await show('here')).toMatchObject({ state: 'due' });
  await pass(5 * MINUTE);
  expect(runs).toHaveLength(4);
});

test('another rule for what vanished is another plan, and goes for approval by itself', async () => {
  const { add, start, set, pass, runs, room, find, show } = desk();
  const row = await add('here', ON_EXPORT);
  await start();
  await room.sourceChanged(row, { path: false });
  await pass(MINUTE);
  expect(runs).toHaveLength(0);
  await set('here', every(5));
  await pass(5 * MINUTE);
  await last(runs).end('waiting');
  await pass(HOUR);
  expect(runs).toHaveLength(1);
  await room.sourceChanged(find('here'), { path: false });
  expect((await show('here')).state).toBe('due');
  await pass(5 * MINUTE);
  expect(runs).toHaveLength(2);
  await last(runs).end('waiting');
  await set('here', ON_EXPORT);
  await pass(HOUR);
  expect(runs).toHaveLength(2);
  await room.sourceChanged(find('here'), { path: false });
  expect(runs).toHaveLength(3);
});

test('another export counts from when it was chosen', async () => {
  const { add, start, pass, runs, ledger, find, room, exportOf, write } = desk();
  const row = await add('here', ON_EXPORT);
  await add('other');
  await start();
  const profile = readProfile(row.name, row.profile);
  ledger.transaction(() =>
    ledger.updateConnection(row.id, 'here', JSON.stringify({ ...profile, source: exportOf('other') })),
  );
  await room.sourceChanged(find('here'), { path: true });
  write('here', 'what nobody looks at any more');
  await pass(HOUR);
  expect(runs).toHaveLength(0);
  write('other', 'two rows');
  await pass(MINUTE);
  expect(runs).toHaveLength(1);
});

test('a failure is tried again at the next due time and not before', async () => {
  const { add, start, set, pass, runs, failed } = desk();
  await add('here');
  await start();
  await set('here', every(30));
  await pass(30 * MINUTE);
  await last(runs).fail(new Failure('secret-missing', 'The secret is not there.'));
  expect(failed).toMatchObject([{ code: 'secret-missing' }]);
  await pass(30 * MINUTE - 1);
  expect(runs).toHaveLength(1);
  await pass(1);
  expect(runs).toHaveLength(2);
});

test('a changed export goes when it has settled; what could not be sent is tried again, ever more rarely', async () => {
  const { add, start, show, pass, runs, write, clock } = desk();
  await add('here', ON_EXPORT);
  await start();
  expect(await show('here')).toMatchObject({ state: 'watching', next: null });
  await pass(HOUR);
  expect(runs).toHaveLength(0);
  write('here', 'two rows');
  await pass(30 * SECOND);
  expect(runs).toHaveLength(0);
  await pass(30 * SECOND);
  expect(runs).toHaveLength(1);
  await pass(30 * SECOND);
  const away = new Failure('api-unreachable', 'The API does not answer.');
  await last(runs).fail(away);
  expect(await show('here')).toMatchObject({ state: 'due', next: clock.now + 15 * MINUTE });
  await pass(15 * MINUTE - 1);
  expect(runs).toHaveLength(1);
  await pass(1);
  expect(runs).toHaveLength(2);
  await last(runs).end('stopped');
  await pass(30 * MINUTE - 1);
  expect(runs).toHaveLength(2);
  await pass(1);
  expect(runs).toHaveLength(3);
  await last(runs).end('stopped', 'cancelled');
  expect(await show('here')).toMatchObject({ state: 'watching' });
  await pass(2 * HOUR);
  expect(runs).toHaveLength(3);
  write('here', 'three rows and more');
  await pass(MINUTE);
  expect(runs).toHaveLength(4);
  await last(runs).end('done');
  await pass(HOUR);
  expect(runs).toHaveLength(4);
});

test('what was sent by hand meanwhile is not sent again, and what is written again waits until it is whole', async () => {
  const { add, start, pass, runs, begin, exportOf, write, occupy } = desk();
  await add('here', ON_EXPORT);
  await start();
  write('here', 'two rows');
  void begin('here', exportOf('here'));
  await last(runs).end('done');
  await pass(HOUR);
  expect(runs).toHaveLength(1);
  // Sent again from the copy of the last export: that says nothing of the one that has changed.
  write('here', 'three rows and more');
  void begin('here', undefined);
  await last(runs).end('done');
  await pass(MINUTE);
  expect(runs).toHaveLength(2 + 1);
  await last(runs).end('done');

  occupy('an audit');
  write('here', 'four rows, of which');
  await pass(MINUTE);
  write('here', 'four rows, of which half');
  occupy(undefined);
  await pass(20 * SECOND);
  expect(runs).toHaveLength(3);
  await pass(MINUTE);
  expect(runs).toHaveLength(4);
});

test('without a network nothing begins; when it is back, what was due goes once', async () => {
  const { add, start, set, show, pass, runs, network, logged, clock } = desk();
  await add('here');
  await start();
  await set('here', every(15));
  await network(false);
  expect(await show('here')).toMatchObject({ state: 'offline', next: null });
  await pass(HOUR);
  expect(runs).toHaveLength(0);
  await network(true);
  expect(runs.map(({ at }) => at)).toEqual([clock.now]);
  await last(runs).end();
  await pass(15 * MINUTE - 1);
  expect(runs).toHaveLength(1);
  expect(logged.filter(({ type }) => type.startsWith('network.'))).toEqual([
    { type: 'network.offline' },
    { type: 'network.online', offlineMs: HOUR },
  ]);
});

test('a batch that the network left goes again when that is back, whatever the schedule', async () => {
  const { add, start, set, pass, runs, network } = desk();
  await add('here');
  await start();
  await set('here', every(1440));
  await pass(24 * HOUR);
  await network(false);
  await last(runs).end('stopped');
  await pass(HOUR);
  expect(runs).toHaveLength(1);
  await network(true);
  expect(runs).toHaveLength(2);
  await last(runs).end('stopped');
  await pass(HOUR);
  expect(runs).toHaveLength(2);
});

test('after a sleep what was due goes once, some seconds later', async () => {
  const { add, start, set, pass, runs, clock, room, idle, logged } = desk();
  await add('here');
  await start();
  await set('here', every(15));
  // While a machine sleeps its clock goes on, and its timers do not.
  clock.now += 10 * HOUR;
  await room.handlers['schedule.awake']({});
  expect(runs).toHaveLength(0);
  await pass(5 * SECOND);
  expect(runs).toHaveLength(1);
  await last(runs).end();
  await pass(15 * MINUTE - 1);
  expect(runs).toHaveLength(1);
  expect(logged.filter(({ type }) => type === 'schedule.missed')).toMatchObject([{ runs: 20 }]);
  await idle();
});

test('a clock that is put forward or back by a day begins one batch at most', async () => {
  const { add, start, set, pass, runs, clock } = desk();
  await add('here');
  await start();
  await set('here', every(15));
  clock.now += 24 * HOUR;
  await pass(MINUTE);
  expect(runs).toHaveLength(1);
  await last(runs).end();
  clock.now -= 24 * HOUR;
  await pass(MINUTE);
  expect(runs).toHaveLength(1);
  await pass(15 * MINUTE);
  expect(runs).toHaveLength(2);
});

test('a clock that is put back after a sleep, or before a changed export is tried again, holds up nothing for a day', async () => {
  const { add, start, set, pass, room, idle, runs, clock, write } = desk();
  await add('here');
  await start();
  await set('here', every(15));
  // Awake, and then the clock is put right: what it waits for is still some seconds.
  clock.now += HOUR;
  await room.handlers['schedule.awake']({});
  clock.now -= 24 * HOUR;
  await pass(MINUTE);
  await pass(15 * MINUTE);
  expect(runs).toHaveLength(1);
  await last(runs).end();

  await set('here', ON_EXPORT);
  write('here', 'two, and more');
  await pass(2 * MINUTE);
  expect(runs).toHaveLength(2);
  await last(runs).fail(new Failure('source-unusable', 'It cannot be read.'));
  await idle();
  clock.now -= 24 * HOUR;
  await pass(16 * MINUTE);
  expect(runs).toHaveLength(3);
  await last(runs).end();
});

test('what was missed while nothing ran at all is caught up once', async () => {
  const { add, open, ledger, clock, runs, write, logged } = desk();
  await add('timed');
  await add('watched');
  const first = open();
  await first.start();
  await first.set('timed', { ...every(5), when: { kind: 'times', times: ['18:00'], days: [0, 1, 2, 3, 4, 5, 6] } });
  await first.set('watched', ON_EXPORT);
  await first.close();
  write('watched', 'more rows');
  clock.now += 72 * HOUR;
  const second = open();
  await second.start();
  expect(runs.map(({ connection }) => connection)).toEqual(['timed']);
  await last(runs).end();
  await second.idle();
  await second.pass(MINUTE);
  expect(runs.map(({ connection }) => connection)).toEqual(['timed', 'watched']);
  await last(runs).end();
  await second.idle();
  await second.pass(MINUTE);
  expect(runs).toHaveLength(2);
  expect(logged.filter(({ type }) => type === 'schedule.missed')).toMatchObject([{ runs: 1, lateMs: 66 * HOUR }]);
  await second.close();

  const third = open();
  await third.start();
  expect(await third.show('timed')).toMatchObject({ state: 'due', last: NOON + 72 * HOUR });
  await third.pass(MINUTE);
  expect(runs).toHaveLength(2);
  expect(ledger.connections()).toHaveLength(2);
});

test('a batch that died with its process goes on at the next start, where batches begin by themselves', async () => {
  const { add, open, ledger, clock, runs } = desk();
  const rows = [await add('timed'), await add('by-hand')];
  const first = open();
  await first.start();
  await first.set('timed', every(60));
  await first.close();
  for (const { id } of rows) ledger.setBatch(ledger.startBatch(id, clock.now), 'sending', null, null);
  const second = open();
  await second.start();
  expect(runs.map(({ connection }) => connection)).toEqual(['timed']);
  await last(runs).end();
  await second.pass(30 * MINUTE);
  expect(runs).toHaveLength(1);
});

test('the view is told when it changes, and not for the passing of time', async () => {
  const { add, start, set, pass, events, runs, network } = desk();
  await add('here', every(60));
  await add('other', OFF, null);
  await start();
  expect(events).toEqual([]);
  await pass(30 * MINUTE);
  expect(events).toEqual([]);
  await pass(30 * MINUTE);
  expect(events.map(({ view }) => view.state)).toEqual(['running']);
  await last(runs).end();
  expect(events.map(({ view }) => view.state)).toEqual(['running', 'due']);
  await network(false);
  await network(true);
  expect(events.map(({ view }) => view.state)).toEqual(['running', 'due', 'offline', 'due']);
  expect((await set('other', every(5))).state).toBe('no-source');
  expect(events.at(-1)).toMatchObject({ connection: 'other', view: { state: 'no-source', next: null } });
  await pass(HOUR - MINUTE);
  expect(runs).toHaveLength(1);
});

test('a connection that is gone, or cannot be read, keeps no other from its batch', async () => {
  const { add, start, pass, runs, ledger } = desk();
  const gone = await add('gone', ON_EXPORT);
  ledger.addConnection('broken', '{}', NOON);
  await add('here', every(5));
  await start();
  ledger.transaction(() => ledger.removeConnection(gone.id));
  await pass(5 * MINUTE);
  expect(runs.map(({ connection }) => connection)).toEqual(['here']);
});

test('closed, it begins nothing, leaves no timer, and waits for what it began', async () => {
  const { add, start, pass, runs, close, timers } = desk();
  await add('here', every(5));
  await add('watched', ON_EXPORT);
  await start();
  await pass(5 * MINUTE);
  let isClosed = false;
  const closing = close().then(() => {
    isClosed = true;
  });
  await new Promise((done) => setImmediate(done));
  expect(isClosed).toBe(false);
  await last(runs).end();
  await closing;
  expect(timers.waiting).toBe(0);
  expect(runs).toHaveLength(1);
});

test('with the whole engine: an export that is written slowly into a watched folder is sent once, when it has settled', async () => {
  const api = await practice();
  const made = await district();
  const source = path.join(newFolder(), 'exports');
  await mkdir(source);
  const clock = { now: Date.now() };
  const timers = fakeTimers((ms) => {
    clock.now += ms;
  });
  const events: EngineEvent[] = [];
  const folder = newFolder();
  const engine = await createEngine({
    folder,
    keychain: createMemoryStore(),
    secret: api.secret,
    now: () => clock.now,
    timers,
    host: 'desktop',
    emit: (event) => void events.push(event),
  });
  onTestFinished(() => engine.close());
  const call = async <N extends CommandName>(command: N, input: CommandInput<N>): Promise<CommandOutput<N>> => {
    const answer = await engine.handle(command, input);
    if ('error' in answer) throw new Error(`${command}: ${answer.error.sentence}`);
    return answer.ok as never;
  };
  const ended = () => events.flatMap((event) => (event.type === 'batch' && event.what === 'ended' ? [event] : []));
  await call('connections.add', { name: 'here', url: api.url, key: api.key, studentId: 'identifier', test: false });
  await call('sources.set', { connection: 'here', path: source });
  await call('schedule.set', { connection: 'here', schedule: ON_EXPORT });

  // One callback is the clock's, one the watched export's, and one of what copies the ledger.
  const idle = async (): Promise<void> => {
    await untilWaiting(timers, 3);
    await call('schedule.network', { online: true });
    await untilWaiting(timers, 3);
  };
  const pass = (ms: number): Promise<void> => timers.advance(ms, idle);
  await idle();
  const begun = (): number => events.filter((event) => event.type === 'batch').length;
  for (const name of readdirSync(made)) {
    const content = readFileSync(path.join(made, name));
    writeFileSync(path.join(source, name), content.subarray(0, content.length / 2));
    await pass(20 * SECOND);
    writeFileSync(path.join(source, name), content);
    await pass(20 * SECOND);
    expect((await call('schedule.show', { connection: 'here' })).state, name).toBe('watching');
  }
  expect(begun()).toBe(0);
  await pass(MINUTE);
  await expect.poll(ended, { timeout: 30_000 }).toHaveLength(1);
  const [first] = ended();
  expect(first).toMatchObject({ connection: 'here', by: 'schedule', state: 'done' });
  expect(first?.account?.created).toBeGreaterThan(50);
  expect(first?.account?.failed).toBe(0);
  await call('schedule.network', { online: true });
  expect(await call('schedule.show', { connection: 'here' })).toMatchObject({ state: 'watching', next: null });
  await pass(HOUR);
  expect(ended()).toHaveLength(1);

  // In so small a district the next day's export changes too much: it waits, and is not planned again and again.
  cpSync(await district({ day: 2 }), source, { recursive: true });
  await pass(MINUTE);
  await expect.poll(ended, { timeout: 30_000 }).toHaveLength(2);
  expect(ended()[1]).toMatchObject({ state: 'waiting' });
  await call('schedule.network', { online: true });
  expect(await call('schedule.show', { connection: 'here' })).toMatchObject({
    state: 'waits-for-approval',
    next: null,
  });
  await pass(2 * HOUR);
  expect(ended()).toHaveLength(2);
  const approved = await call('sync.run', { connection: 'here', approve: true });
  expectAccount(approved);
  expect(approved.state).toBe('done');
  await call('schedule.network', { online: true });
  expect(await call('schedule.show', { connection: 'here' })).toMatchObject({ state: 'watching' });

  const log = readdirSync(path.join(folder, 'logs')).map((name) =>
    readFileSync(path.join(folder, 'logs', name), 'utf8'),
  );
  expect(log.join('').match(/"type":"schedule.started"/g)).toHaveLength(2);
  expect(log.join('')).not.toContain('log.dropped');
});
