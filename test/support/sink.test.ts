import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SupportEvent } from '../../core/support/events.ts';
import { bucket, numberLabel } from '../../core/support/fields.ts';
import { words } from './catalogue.ts';
import { filesOf, newFolder, newLog, read, START } from './log.ts';

const DAY = 24 * 3_600_000;
const online = (offlineMs: number): SupportEvent => ({ type: 'network.online', offlineMs });
const isWindows = process.platform === 'win32';

describe('a line', () => {
  test('has version, time, number, and the event in the catalogue’s own order', () => {
    const { log, clock, text } = newLog();
    log.write({ records: bucket(4_112), type: 'connection.removed', batches: bucket(3), connection: numberLabel(2) });
    clock.at += 1_500;
    log.write({ type: 'network.offline' });
    expect(text()).toBe(
      `{"v":1,"at":${START},"seq":1,"type":"connection.removed","connection":"C2","records":2000,"batches":1}\n` +
        `{"v":1,"at":${START + 1_500},"seq":2,"type":"network.offline"}\n`,
    );
    expect(log.dropped()).toBe(0);
  });
  test('is in the file before write returns', () => {
    const { log, text } = newLog();
    for (let i = 0; i < 5; i++) {
      log.write(online(i));
      expect(text().split('\n')).toHaveLength(i + 2);
    }
  });
  test('leaves out members that are undefined', () => {
    const { log, text } = newLog();
    log.write({
      type: 'batch.started',
      connection: 'C1',
      batch: undefined,
      mode: 'plan',
      by: 'cli',
      retry: false,
      concurrency: 'auto',
    });
    expect(text()).not.toContain('"batch"');
    expect(log.dropped()).toBe(0);
  });
});

describe('the files', () => {
  test.skipIf(isWindows)('are their owner’s only, as is their folder', () => {
    const folder = newFolder();
    mkdirSync(path.join(folder, 'logs'), { mode: 0o755 });
    const { log, files } = newLog({ folder });
    log.write(online(1));
    expect(statSync(path.join(folder, 'logs')).mode & 0o777).toBe(0o700);
    expect(files()).toEqual(['events-000001.jsonl']);
    expect(statSync(path.join(folder, 'logs', 'events-000001.jsonl')).mode & 0o777).toBe(0o600);
  });
  test('are not there before the first event', () => {
    const { folder, log } = newLog();
    log.close();
    expect(statSync(path.join(folder, 'logs'), { throwIfNoEntry: false })).toBeUndefined();
  });
  test('are followed by the next when they are full, and no line is lost', () => {
    const { log, files, folder, read } = newLog({ fileBytes: 1_000 });
    for (let i = 0; i < 100; i++) log.write(online(i));
    expect(files().length).toBeGreaterThan(5);
    for (const name of files()) expect(statSync(path.join(folder, 'logs', name)).size).toBeLessThanOrEqual(1_000);
    const { events, refused } = read();
    expect(refused).toBe(0);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });
  test('take an event that is longer than a file may be', () => {
    const { log, read } = newLog({ fileBytes: 10 });
    log.write(online(1));
    log.write(online(2));
    expect(read().events).toHaveLength(2);
  });
  test('are followed by the next after a day', () => {
    const { log, files, clock } = newLog();
    log.write(online(1));
    clock.at += DAY - 1;
    log.write(online(2));
    expect(files()).toHaveLength(1);
    clock.at += 1;
    log.write(online(3));
    expect(files()).toHaveLength(2);
  });
  test('are gone on with by the next start, numbers and all', () => {
    const first = newLog();
    first.log.write(online(1));
    first.log.close();
    const second = newLog({ folder: first.folder });
    second.log.write(online(2));
    expect(second.files()).toHaveLength(1);
    expect(second.read().events.map(({ seq }) => seq)).toEqual([1, 2]);
  });
  test('that are older than the days kept go with the next file, and no others', () => {
    const { log, files, clock, read } = newLog({ retention: { days: 10, megabytes: 20 } });
    for (let day = 0; day < 30; day++) {
      log.write(online(day));
      clock.at += DAY;
    }
    expect(files()).toHaveLength(11);
    expect(read().events.map((event) => (event.type === 'network.online' ? event.offlineMs : -1))).toEqual([
      19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    ]);
  });
  test('do not take more room than they may', () => {
    const { log, files, folder } = newLog({ fileBytes: 100_000, retention: { days: 30, megabytes: 1 } });
    for (let i = 0; i < 30_000; i++) log.write(online(i));
    const bytes = files().reduce((sum, name) => sum + statSync(path.join(folder, 'logs', name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(bytes).toBeGreaterThan(800_000);
    expect(read(folder).events.at(-1)).toMatchObject({ offlineMs: 29_999 });
  });
  test('are written on after a clock that jumps', () => {
    const { log, clock, read } = newLog();
    for (const at of [START, START + 90 * 365 * DAY, 0, START - DAY, Number.NaN, START]) {
      clock.at = at;
      log.write(online(1));
    }
    expect(log.dropped()).toBe(0);
    expect(read().refused).toBe(0);
  });
});

describe('a line that was cut off', () => {
  test('at any place costs itself, and nothing before or after it', () => {
    const { folder, log } = newLog();
    log.write(online(1));
    log.write(online(2));
    log.close();
    const file = path.join(folder, 'logs', 'events-000001.jsonl');
    const whole = readFileSync(file, 'utf8');
    const firstLine = whole.indexOf('\n') + 1;
    for (let length = firstLine; length <= whole.length; length++) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      const next = newLog({ folder });
      next.log.write(online(3));
      next.log.close();
      const { events } = next.read();
      const told = events.map((event) => (event.type === 'network.online' ? event.offlineMs : -1));
      // Cut off right before its line break it is whole.
      expect(told).toEqual(length >= whole.length - 1 ? [1, 2, 3] : [1, 3]);
      expect(events.at(-1)?.seq).toBe(told.length === 3 ? 3 : 2);
    }
  });
  test.runIf(process.platform === 'linux')('by a disk that takes half of it, is told by the next that fits', () => {
    const folder = newFolder();
    // A file may have 2 KB there: the rest of a line is refused by the system itself, as on a full disk.
    const shell = `trap '' XFSZ; ulimit -f 2; exec "$0" "$@"`;
    const child = path.join(import.meta.dirname, 'limited-child.ts');
    const run = spawnSync('bash', ['-c', shell, process.execPath, child, folder], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const [size, before, after] = run.stdout.split(' ').map(Number);
    expect(size).toBe(2_048);
    expect(before).toBeGreaterThan(10);
    expect(after).toBe(before);
    const { events, refused } = read(folder);
    expect(refused).toBe(1);
    expect(events.slice(0, -2).map((event) => (event.type === 'network.online' ? event.offlineMs : -1))).toEqual(
      events.slice(0, -2).map((_, i) => i),
    );
    expect(events.slice(-2)).toMatchObject([
      { type: 'log.dropped', events: before, types: ['network.online'], why: ['disk'] },
      { type: 'network.offline' },
    ]);
  });
});

describe('a disk that fails', () => {
  test('stops nobody, and what was lost is counted by the next line that gets through', () => {
    const folder = newFolder();
    const place = path.join(folder, 'logs');
    writeFileSync(place, 'in the way');
    const { log, read } = newLog({ folder });
    log.write(online(1));
    log.write({ type: 'network.offline' });
    expect(log.dropped()).toBe(2);
    rmSync(place);
    log.write(online(3));
    expect(log.dropped()).toBe(2);
    expect(read().events).toMatchObject([
      { type: 'log.dropped', events: 2, types: ['network.offline', 'network.online'], why: ['disk'] },
      { type: 'network.online', offlineMs: 3 },
    ]);
    log.write(online(4));
    expect(read().events).toHaveLength(3);
  });
  test('costs no more than the file that cannot be written', () => {
    const folder = newFolder();
    mkdirSync(path.join(folder, 'logs', 'events-000001.jsonl'), { recursive: true });
    const { log, files } = newLog({ folder });
    log.write(online(1));
    expect(log.dropped()).toBe(0);
    expect(files()).toEqual(['events-000001.jsonl', 'events-000002.jsonl']);
  });
  test.skipIf(isWindows)('does not lead the log elsewhere', () => {
    const folder = newFolder();
    const elsewhere = newFolder();
    symlinkSync(elsewhere, path.join(folder, 'logs'));
    const linkedFolder = newLog({ folder });
    linkedFolder.log.write(online(1));
    expect(linkedFolder.log.dropped()).toBe(1);
    expect(statSync(elsewhere).nlink).toBe(2);

    const other = newFolder();
    const target = path.join(newFolder(), 'target.txt');
    writeFileSync(target, '');
    mkdirSync(path.join(other, 'logs'));
    symlinkSync(target, path.join(other, 'logs', 'events-000001.jsonl'));
    const linkedFile = newLog({ folder: other });
    linkedFile.log.write(online(1));
    expect(linkedFile.log.dropped()).toBe(0);
    expect(readFileSync(target, 'utf8')).toBe('');
    expect(filesOf(other)).toContain('events-000002.jsonl');
  });
});

describe('what does not fit', () => {
  const broken: readonly (readonly [string, unknown])[] = [
    ['a member too many', { type: 'network.offline', name: 'Maria' }],
    ['a string for a number', { type: 'network.online', offlineMs: 'Maria' }],
    ['a number out of bounds', { type: 'network.online', offlineMs: -1 }],
    ['no whole number', { type: 'network.online', offlineMs: 0.5 }],
    ['a count that is no bucket', { type: 'connection.removed', connection: 'C1', records: 4_112, batches: 0 }],
    ['a connection by its own name', { type: 'batch.approved', connection: 'Lakeview ISD' }],
    [
      'a name that no specification has',
      { type: 'descriptor.mapped', connection: 'C1', descriptor: 'MariaDescriptor' },
    ],
    ['a name in another spelling', { type: 'descriptor.mapped', connection: 'C1', descriptor: 'gradeleveldescriptor' }],
    ['a module that is not ours', crash({ module: '/home/maria/core/x.ts', line: 1, column: 1 })],
    ['a module that is not there', crash({ module: 'core/maria.ts', line: 1, column: 1 })],
    ['a message in a frame', crash({ module: 'core/engine.ts', line: 1, column: 1, message: 'Maria' })],
    ['a key named like the prototype', JSON.parse('{"type":"network.offline","__proto__":{"a":"Maria"}}')],
  ];
  test.each(broken)('is dropped: %s', (_, event) => {
    const { log, read, text } = newLog();
    log.write(event as SupportEvent);
    expect(log.dropped()).toBe(1);
    log.write(online(1));
    expect(read().events).toMatchObject([
      { type: 'log.dropped', events: 1, why: ['not-in-catalogue'] },
      { type: 'network.online' },
    ]);
    expect(text().toLowerCase()).not.toMatch(/maria|lakeview|4112/);
  });
  const noEvents: readonly (readonly [string, unknown])[] = [
    ['no event', 'Maria'],
    ['nothing', undefined],
    ['a list', [{ type: 'network.offline' }]],
    ['a type that is not there', { type: 'Maria' }],
  ];
  test.each(noEvents)('is dropped: %s', (_, event) => {
    const { log, read, text } = newLog();
    log.write(event as SupportEvent);
    log.write(online(1));
    expect(read().events[0]).toMatchObject({ type: 'log.dropped', events: 1, types: [] });
    expect(text()).not.toContain('Maria');
  });
  test('is dropped where its name was of a specification that is not loaded any more', () => {
    const { log } = newLog({ words: () => undefined });
    log.write({ type: 'descriptor.mapped', connection: 'C1', descriptor: words.descriptor('GradeLevelDescriptor')! });
    expect(log.dropped()).toBe(1);
    const throwing = newLog({
      words: () => {
        throw new Error('Maria');
      },
    });
    throwing.log.write({
      type: 'descriptor.mapped',
      connection: 'C1',
      descriptor: words.descriptor('GradeLevelDescriptor')!,
    });
    throwing.log.write(online(1));
    expect(throwing.log.dropped()).toBe(1);
    expect(throwing.text()).not.toContain('Maria');
  });
  test('is dropped after the log was closed, and closing twice is no harm', () => {
    const { log, folder } = newLog();
    log.write(online(1));
    log.close();
    log.close();
    log.write(online(2));
    expect(log.dropped()).toBe(1);
    expect(read(folder).events).toHaveLength(1);
  });
});

function crash(frame: object): object {
  return { type: 'app.crashed', where: 'engine', how: 'uncaught', code: 'type-error', frames: [frame] };
}

describe('reading', () => {
  test('passes no line that is not of the catalogue, whoever wrote it, and counts it', () => {
    const { log, folder } = newLog();
    log.write(online(1));
    const file = path.join(folder, 'logs', 'events-000001.jsonl');
    const head = `{"v":1,"at":${START},"seq":9,`;
    const lines = [
      'Maria',
      '{}',
      `${head}"type":"network.online","offlineMs":1,"name":"Maria"}`,
      `${head}"type":"network.online","offlineMs":1,"__proto__":{"name":"Maria"}}`,
      `${head}"type":"descriptor.mapped","connection":"C1","descriptor":"Maria"}`,
      `{"v":2,"at":${START},"seq":9,"type":"network.offline"}`,
      `{"v":1,"at":"Maria","seq":9,"type":"network.offline"}`,
      `{"at":${START},"seq":9,"type":"network.offline"}`,
      `"${'x'.repeat(3_000_000)}"`,
    ];
    appendFileSync(file, `${lines.join('\n')}\n\n`);
    log.write(online(2));
    const { events, refused } = read(folder);
    expect(refused).toBe(lines.length);
    expect(events.map(({ type }) => type)).toEqual(['network.online', 'network.online']);
  });
  test('begins where it is told, and goes through more than once', () => {
    const { log, clock, folder } = newLog();
    for (let i = 0; i < 5; i++) {
      log.write(online(i));
      clock.at += 1_000;
    }
    expect(read(folder, START + 3_000).events).toHaveLength(2);
    expect(read(folder).events).toHaveLength(5);
  });
  test('of a folder without a log gives nothing', () => {
    expect(read(newFolder())).toEqual({ events: [], refused: 0 });
  });
});
