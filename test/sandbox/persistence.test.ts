import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { isFailure } from '../../core/errors/failure.ts';
import type { SandboxOptions } from '../../core/sandbox/options.ts';
import { startSandbox } from '../../core/sandbox/server.ts';
import { callerOf, classroom, enrolment, folder, session, student } from './practice.ts';

test('a file keeps items, ids, references and relationships', async () => {
  const file = join(folder(), 'practice.db');
  const first = await callerOf(await startSandbox({ file }));
  const ids = await classroom(first);
  const winter = { namespace: 'uri://x.org/TermDescriptor', codeValue: 'W', shortDescription: 'W' };
  await first.make('termDescriptors', winter);
  const resources = ['schools', 'sections', 'studentSectionAssociations', 'termDescriptors'];
  const kept = resources.map((name) => first.sandbox.read(`ed-fi/${name}`));
  const etag = (await first.get(`sessions/${ids.session}`)).json._etag;
  await first.sandbox.close();

  const second = await callerOf(await startSandbox({ file }));
  try {
    expect(resources.map((name) => second.sandbox.read(`ed-fi/${name}`))).toEqual(kept);
    expect((await second.get(`sessions/${ids.session}`)).json._etag).toBe(etag);
    expect((await second.post('students', { ...student('604'), firstName: 'Kim' })).status).toBe(200);
    expect(
      (await second.post('sessions', { ...session(), termDescriptor: 'uri://x.org/TermDescriptor#W' })).status,
    ).toBe(200);
    expect((await second.remove('sections', String(ids.section))).status).toBe(409);
    expect((await second.put('sessions', String(ids.session), session('Autumn'))).status).toBe(204);
    expect((await second.post('studentSchoolAssociations', enrolment('604', 255901400))).status).toBe(201);
  } finally {
    await second.sandbox.close();
  }
});

test('what cannot be started says why', async () => {
  const path = folder();
  mkdirSync(join(path, 'folder.db'));
  writeFileSync(join(path, 'text.db'), 'no database at all, but text that is long enough to be looked at');
  const running = await startSandbox();
  const cases: SandboxOptions[] = [
    { file: join(path, 'folder.db') },
    { file: join(path, 'text.db') },
    { file: join(path, 'none', 'practice.db') },
    { port: Number(new URL(running.url).port) },
    { dataStandard: '9.9' },
    { openapi: [{}] },
    { openapi: [{ paths: { '/ed-fi/termDescriptors': {} } }] },
  ];
  try {
    for (const options of cases) {
      const thrown: unknown = await startSandbox(options).then(
        (sandbox) => sandbox.close(),
        (reason: unknown) => reason,
      );
      expect(isFailure(thrown), JSON.stringify(options)).toBe(true);
    }
  } finally {
    await running.close();
  }
});

test('a file from before owners and change versions is taken on', async () => {
  const file = join(folder(), 'practice.db');
  const first = await callerOf(await startSandbox({ file, preload: false }));
  const id = await first.make('students', student('1'));
  await first.sandbox.close();
  const db = new Database(file);
  db.exec('ALTER TABLE item DROP COLUMN owner; ALTER TABLE item DROP COLUMN changed; DROP TABLE trace');
  db.close();

  const second = await callerOf(await startSandbox({ file, preload: false }));
  try {
    expect(second.sandbox.read('ed-fi/students')).toEqual([{ id, body: student('1') }]);
    await second.remove('students', id);
    expect((await second.get('students/deletes')).list).toMatchObject([{ id, changeVersion: 1 }]);
  } finally {
    await second.sandbox.close();
  }
});
