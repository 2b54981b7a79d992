/** Sources as a host handles them: a look, a choice, and what is sent of it. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../../core/connections/secrets.ts';
import { bench, district, newFolder, practice } from '../sync/workbench.ts';

test('an export is looked at before it is chosen, and a connection without one says so', async () => {
  const { call, refused } = await bench(await practice());
  const source = await district();
  const look = await call('sources.inspect', { path: source });
  expect(look).toMatchObject({ kind: 'oneroster', version: '1.2' });
  const users = look.tables.find(({ name }) => name === 'users');
  expect(users?.rows).toBeGreaterThan(20);
  expect(users?.first).toHaveLength(5);
  const nothing = await refused('sources.inspect', { path: path.join(source, 'nowhere') });
  expect(nothing).toMatchObject({ code: 'source-unusable' });
  expect(nothing.sentence).toContain('There is no folder or zip file nowhere');

  expect(await call('sources.show', { connection: 'here' })).toEqual({
    path: null,
    isThere: false,
    vanished: 'delete',
    lastSent: null,
  });
  expect((await refused('sync.run', { connection: 'here' })).code).toBe('usage');
});

test('the chosen export is what a batch reads, and is shown with what became of it', async () => {
  const { call, refused } = await bench(await practice());
  const source = await district();
  const chosen = await call('sources.set', { connection: 'here', path: source, vanished: 'keep' });
  expect(chosen).toEqual({ path: source, isThere: true, vanished: 'keep', lastSent: null });
  const before = Date.now();
  expect((await call('sync.run', { connection: 'here', approve: true })).state).toBe('done');
  const sent = await call('sources.show', { connection: 'here' });
  expect(sent.lastSent).toBeGreaterThanOrEqual(before);
  expect(await call('connections.show', { name: 'here' })).toMatchObject({ vanished: 'keep' });

  rmSync(source, { recursive: true });
  expect(await call('sources.show', { connection: 'here' })).toEqual({ ...sent, isThere: false });
  expect((await refused('sources.set', { connection: 'here', path: source })).code).toBe('source-unusable');
  const text = path.join(newFolder(), 'users.csv');
  await writeFile(text, 'sourcedId\n');
  expect((await refused('sources.set', { connection: 'here', path: text })).sentence).toContain(
    'no zip file users.csv',
  );
  expect(await call('sources.set', { connection: 'here', path: null })).toMatchObject({ path: null, vanished: 'keep' });
  expect((await refused('sources.set', { connection: 'there', path: null })).code).toBe('connection-unknown');
});

test('a schedule is kept with its connection, and not taken over by a clone', async () => {
  const api = await practice();
  const { call, refused } = await bench(api);
  const schedule = {
    when: { kind: 'times' as const, times: ['06:30', '18:00'], days: [1, 2, 3, 4, 5] },
    quiet: { from: '21:00', to: '06:00' },
    pausedUntil: null,
  };
  await call('sources.set', { connection: 'here', path: await district() });
  const set = await call('schedule.set', { connection: 'here', schedule });
  expect(set).toMatchObject({ schedule, last: null });
  expect(set.next).toBeGreaterThan(Date.now());
  expect(await call('schedule.show', { connection: 'here' })).toEqual(set);
  const late = { ...schedule, quiet: { from: '25:00', to: '06:00' } };
  expect((await refused('schedule.set', { connection: 'here', schedule: late })).code).toBe('usage');

  await call('connections.clone', { from: 'here', name: 'there', key: 'another', secret: 'word', test: false });
  expect(await call('schedule.show', { connection: 'there' })).toMatchObject({ state: 'off', next: null });
  expect((await call('sources.show', { connection: 'there' })).path).not.toBeNull();
});

test('what a process that was killed left half-written of a sealed copy goes at the next start, and nothing else', async () => {
  const api = await practice();
  const [folder, keychain] = [newFolder(), createMemoryStore()];
  const first = await bench(api, { folder, keychain });
  const kept = path.join(folder, 'sources');
  await first.sync(await district());
  await first.close();
  const whole = readdirSync(kept);
  expect(whole.length).toBeGreaterThan(0);
  for (const name of whole) writeFileSync(path.join(kept, `${name}.0123456789ab.tmp`), 'x');
  await bench(api, { folder, keychain, connect: false });
  expect(readdirSync(kept)).toEqual(whole);
});
