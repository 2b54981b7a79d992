/** `rollbook district`: a fictional district's export. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectSentence, jsonLines, newFolder, rollbook } from './run.ts';

async function write(...args: string[]): Promise<{ files: Record<string, string>; out: string; line: unknown }> {
  const out = path.join(newFolder(), 'export');
  const ran = await rollbook(['district', '--out', out, '--students', '30', '--json', ...args]);
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
  const files = Object.fromEntries(
    readdirSync(out).map((name) => [name, readFileSync(path.join(out, name), 'latin1')]),
  );
  return { files, out, line: jsonLines(ran)[0] };
}

describe('district', () => {
  test('writes the same bytes for the same options, and others for another seed', async () => {
    const [one, same, other] = await Promise.all([write(), write(), write('--seed', '2')]);
    expect(same.files).toEqual(one.files);
    expect(other.files['users.csv']).not.toBe(one.files['users.csv']);
    expect(Object.keys(one.files)).toContain('manifest.csv');
  });

  test('has dirt unless it is told not to, and says where', async () => {
    const [dirty, clean] = await Promise.all([write(), write('--clean')]);
    const dirt = (written: { line: unknown }): unknown[] => (written.line as { dirt: unknown[] }).dirt;
    expect(dirt(dirty).length).toBeGreaterThan(0);
    expect(dirt(dirty)[0]).toEqual({
      kind: expect.any(String),
      file: expect.stringMatching(/\.csv$/),
      row: expect.any(Number),
    });
    expect(dirt(clean)).toEqual([]);
  });

  test('writes the next day, which differs by what it says', async () => {
    const [first, second] = await Promise.all([write('--clean'), write('--clean', '--day', '2')]);
    const changes = (second.line as { changes: Record<string, number> }).changes;
    expect(Object.values(changes).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    expect(second.files['users.csv']).not.toBe(first.files['users.csv']);
    expect(second.files['academicSessions.csv']).toBe(first.files['academicSessions.csv']);
  });

  test('counts its rows for a person', async () => {
    const out = path.join(newFolder(), 'export');
    const ran = await rollbook(['district', '--out', out, '--students', '30']);
    expect(ran.stdout).toMatch(/^file +rows\n/);
    expect(ran.stdout).toMatch(/demographics\.csv +30\n/);
    expect(ran.stdout).toMatch(/rows of dirt/);
  });

  test('writes over its own export, and over nothing else', async () => {
    const { out } = await write();
    expect((await rollbook(['district', '--out', out, '--students', '20'])).code).toBe(0);
    const folder = newFolder();
    writeFileSync(path.join(folder, 'users.csv'), 'mine');
    expectSentence(await rollbook(['district', '--out', folder]), 1, /is not empty/);
    expect(readFileSync(path.join(folder, 'users.csv'), 'utf8')).toBe('mine');
    expectSentence(await rollbook(['district', '--out', path.join(folder, 'users.csv', 'x')]), 1, /cannot be written/);
    expectSentence(await rollbook(['district', '--out', folder, '--day', '3']), 1, /--day <n> has to be/);
    expectSentence(await rollbook(['district', '--out', folder, '--oneroster', '2']), 1, /has to be 1\.1 or 1\.2/);
    expectSentence(await rollbook(['district']), 1, /needs --out <dir>/);
  });
});
