/** The log and the bundle as the engine makes them: what is in them, and that nothing else is. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { bench, district, newFolder, practice } from '../sync/workbench.ts';

const logText = (folder: string): string =>
  readdirSync(path.join(folder, 'logs'))
    .sort()
    .map((name) => readFileSync(path.join(folder, 'logs', name), 'utf8'))
    .join('');

test('a day is told in events, and the bundle is what its preview showed', async () => {
  const api = await practice();
  const { sync, call, refused, folder } = await bench(api);
  await call('connections.test', { name: 'here' });
  await sync(await district({ clean: false, students: 40 }));
  await sync(await district({ clean: false, students: 40, day: 2 }));
  await refused('sync.run', { connection: 'here', source: path.join(folder, 'nowhere') });
  const { groups } = await call('problems.list', { connection: 'here' });
  await call('problems.ignore', { connection: 'here', group: groups[0]?.group ?? '', ignore: true });

  const events = logText(folder)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string } & Record<string, unknown>);
  const types = new Set(events.map(({ type }) => type));
  for (const type of [
    'app.started',
    'ledger.opened',
    'connection.added',
    'connection.tested',
    'key.described',
    'source.opened',
    'batch.started',
    'batch.planned',
    'batch.ended',
    'problem.group',
    'problem.action',
    'command.failed',
  ]) {
    expect(types, type).toContain(type);
  }
  expect(types).not.toContain('log.dropped');
  expect(events.filter(({ type }) => type === 'problem.group').length).toBeGreaterThan(2);
  expect(events.at(-1)).toMatchObject({ type: 'problem.action', action: 'ignore', scope: 'group', connection: 'C1' });
  expect(events.find(({ type }) => type === 'command.failed')).toMatchObject({
    command: 'sync.run',
    code: 'source-unusable',
    connection: 'C1',
  });

  await call('connections.update', { name: 'here', label: 'state-2' });
  expect(await call('connections.show', { name: 'here' })).toMatchObject({ label: 'state-2' });
  expect((await refused('connections.update', { name: 'here', label: 'Grand Bend' })).sentence).toContain(
    'one of these words',
  );

  const { files } = await call('support.preview', {});
  expect(files.map(({ name }) => name).sort()).toEqual([
    'batches.json',
    'connections.json',
    'environment.json',
    'events.jsonl',
    'groups.json',
    'index.html',
    'manifest.json',
  ]);
  const named = JSON.parse(files.find(({ name }) => name === 'connections.json')?.text ?? '') as {
    connections: unknown[];
  };
  expect(named.connections).toMatchObject([{ label: 'state-2', dataStandard: '5.2.0' }]);
  const out = path.join(newFolder(), 'bundle.zip');
  const saved = await call('support.save', { out });
  expect(saved.files.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
  expect(existsSync(out)).toBe(true);
  if (process.platform !== 'win32') expect(statSync(out).mode & 0o777).toBe(0o600);
});

test('two connections are not of one label: support could not tell them apart', async () => {
  const api = await practice();
  const { call, refused } = await bench(api);
  await call('connections.add', { name: 'there', url: api.url, key: api.key, studentId: 'identifier', test: false });
  await call('connections.update', { name: 'here', label: 'state' });
  const told = await refused('connections.update', { name: 'there', label: 'State' });
  expect(told.code).toBe('connection-exists');
  expect(told.sentence).toContain('"here" as state already');
  await call('connections.update', { name: 'there', label: 'state-2' });
  // Its own may be said again, and given up for another to have.
  await call('connections.update', { name: 'here', label: 'state' });
  await call('connections.update', { name: 'here', label: '' });
  await call('connections.update', { name: 'there', label: 'state' });
  expect(await call('connections.show', { name: 'there' })).toMatchObject({ label: 'state' });
});
