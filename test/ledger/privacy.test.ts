/** What a stolen data folder tells: nothing of a person, and no secret. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { get, readExport, set, table, writeExport } from '../sync/export.ts';
import { problem, startProxy } from '../sync/proxy.ts';
import { bench, district, newFolder, practice } from '../sync/workbench.ts';

/** Every file below a folder, as it lies on the disk. */
function filesIn(folder: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(folder, name);
    if (statSync(file).isFile()) found.set(name, readFileSync(file));
  }
  return found;
}

test('no name, number, date or secret is readable in the data folder, with records rejected, held and refused', async () => {
  const tables = readExport(await district({ clean: false, students: 30 }));
  const users = table(tables, 'users');
  // Canaries: values that can stand in a file only if they came out of the export.
  for (const [nth, row] of users.rows.entries()) {
    set(users, row, 'givenName', `Canaryfirst${nth}`);
    set(users, row, 'familyName', `Canarylast${nth}`);
    if (get(users, row, 'email') !== '') set(users, row, 'email', `canarymail${nth}@example.org`);
  }
  // Rare days of birth, so that no other date is the same.
  const demographics = table(tables, 'demographics');
  for (const [nth, row] of demographics.rows.entries()) {
    if (get(demographics, row, 'birthDate') !== '')
      set(demographics, row, 'birthDate', `19${10 + nth}-11-${10 + (nth % 20)}`);
  }
  const source = writeExport(tables, path.join(newFolder(), 'export'));
  const api = await practice({ secret: 'canary-of-the-secret-5f1d' });
  const proxy = await startProxy(api);
  // The server's own words quote the record, as real ones do.
  proxy.answer = ({ method, resource, body }) =>
    method === 'POST' && resource === 'ed-fi/contacts'
      ? problem(400, 'bad-request', `canary-of-the-server: ${JSON.stringify(body)}`)
      : undefined;
  const { sync, call, folder, close } = await bench(proxy, { keychain: undefined });
  const result = await sync(source);
  expect(result.account.rejected * result.account.held * result.account.failed).toBeGreaterThan(0);

  const hidden = new Set<string>(['Canary', 'canary']);
  for (const row of users.rows) {
    for (const column of ['sourcedId', 'identifier', 'userIds', 'username', 'password']) {
      const value = get(users, row, column);
      if (value.length > 6) hidden.add(value);
    }
  }
  for (const row of demographics.rows) hidden.add(get(demographics, row, 'birthDate'));
  hidden.delete('');
  expect(hidden.size).toBeGreaterThan(200);

  const look = (when: string): void => {
    const files = filesIn(folder);
    expect([...files.keys()]).toEqual(expect.arrayContaining(['ledger.db', 'ledger.key']));
    for (const [name, content] of files) {
      for (const value of hidden) {
        for (const encoding of ['utf8', 'utf16le'] as const) {
          const at = content.indexOf(Buffer.from(value, encoding));
          expect({ when, name, readable: at === -1 ? null : value }).toEqual({ when, name, readable: null });
        }
      }
      expect({ when, name, others: statSync(path.join(folder, name)).mode & 0o077 }).toEqual({ when, name, others: 0 });
    }
  };
  // While it is open (with its -wal file), and after it was closed.
  look('open');
  expect(filesIn(folder).has('ledger.db-wal')).toBe(true);
  // The steward's own screen has the value all the same: the search above is not blind.
  const problems = await call('problems.list', { connection: 'here' });
  expect(problems.groups.some(({ value }) => value !== null)).toBe(true);
  await close();
  look('closed');
  // Positive control: the same search finds what lies open in the export itself.
  expect([...filesIn(source).values()].some((content) => content.includes('Canaryfirst1'))).toBe(true);
});
