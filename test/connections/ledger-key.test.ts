import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ledgerKey } from '../../core/connections/ledger-key.ts';
import { createMemoryStore, type SecretStore } from '../../core/connections/secrets.ts';

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'data');
}

describe.each<[string, () => SecretStore | undefined, string]>([
  ['in a keychain', createMemoryStore, 'ledger.id'],
  ['in a file where there is no keychain', () => undefined, 'ledger.key'],
])("a ledger's key %s", (_, open, file) => {
  test('is made once, and found again', async () => {
    const [folder, keychain] = [newFolder(), open()];
    const made = await ledgerKey(folder, false, keychain);
    expect(made.key).toHaveLength(32);
    expect((await ledgerKey(folder, true, keychain)).key).toEqual(made.key);
    expect(readdirSync(folder)).toEqual([file]);
    expect(readFileSync(path.join(folder, file), 'utf8').includes(made.key.toString('base64'))).toBe(
      keychain === undefined,
    );
    if (process.platform !== 'win32') expect(statSync(path.join(folder, file)).mode & 0o077).toBe(0);
  });

  test('is the same for all who begin at the same time', async () => {
    const [folder, keychain] = [newFolder(), open()];
    const made = await Promise.all([1, 2, 3, 4].map(() => ledgerKey(folder, false, keychain)));
    expect(new Set(made.map(({ key }) => key.toString('hex'))).size).toBe(1);
  });

  test('is taken back only by whom it was made for', async () => {
    const [folder, keychain] = [newFolder(), open()];
    const made = await ledgerKey(folder, false, keychain);
    await (await ledgerKey(folder, true, keychain)).discard();
    expect((await ledgerKey(folder, true, keychain)).key).toEqual(made.key);
    await made.discard();
    expect(readdirSync(folder)).toEqual([]);
    await expect(ledgerKey(folder, true, keychain)).rejects.toThrow(/key .* is missing/);
  });

  test('is never replaced where a ledger is sealed with it', async () => {
    const [folder, keychain] = [newFolder(), open()];
    await ledgerKey(folder, false, keychain);
    truncateSync(path.join(folder, file), 0);
    await expect(ledgerKey(folder, true, keychain)).rejects.toMatchObject({ code: 'ledger-damaged' });
    expect(existsSync(path.join(folder, file))).toBe(true);
    // Without a ledger, what a full disk left half-written is in nobody's way.
    expect((await ledgerKey(folder, false, keychain)).key).toHaveLength(32);
  });
});

test('a key in a keychain that is not reached is not made anew', async () => {
  const folder = newFolder();
  await ledgerKey(folder, false, createMemoryStore());
  await expect(ledgerKey(folder, true, undefined)).rejects.toThrow(/no keychain can be reached here/);
  await expect(ledgerKey(folder, true, createMemoryStore())).rejects.toThrow(/not in this account's keychain/);
});

test('a folder that cannot be made is said in a sentence', async () => {
  const folder = newFolder();
  const key = await ledgerKey(folder, false, undefined);
  expect(key.key).toHaveLength(32);
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  await expect(ledgerKey(path.join(file, 'data'), false, undefined)).rejects.toMatchObject({ code: 'ledger-damaged' });
});
