/** The key that seals a data folder's ledger: in the keychain, or, on machines without one, in a file beside it. */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Failure, isFailure, OTHER_FOLDER } from '../errors/failure.ts';
import type { SecretStore } from './secrets.ts';

const KEY_BYTES = 32;

export interface LedgerKey {
  /** 32 bytes. */
  readonly key: Buffer;
  /** Takes back a key that was made just now, for a ledger that could then not be made; leaves an older one alone. */
  discard(): Promise<void>;
}

/**
 * @param folder the data folder; made on first use
 * @param ledgerIsThere whether it has a ledger already, which must not get a new key
 * @param keychain undefined where the machine has none
 * @returns the folder's key; made and kept on first use
 * @throws Failure `ledger-damaged` when a ledger is there and its key is not, or when the folder cannot be used;
 *   `disk-full`
 */
export async function ledgerKey(
  folder: string,
  ledgerIsThere: boolean,
  keychain: SecretStore | undefined,
): Promise<LedgerKey> {
  try {
    return await findOrMake(folder, ledgerIsThere, keychain);
  } catch (thrown) {
    throw isFailure(thrown) ? thrown : unusable(thrown);
  }
}

async function findOrMake(
  folder: string,
  ledgerIsThere: boolean,
  keychain: SecretStore | undefined,
): Promise<LedgerKey> {
  const keyFile = path.join(folder, 'ledger.key');
  const idFile = path.join(folder, 'ledger.id');
  const kept = (key: Buffer): LedgerKey => ({ key, discard: async () => undefined });
  for (;;) {
    if (existsSync(keyFile)) {
      const key = await whole(keyFile, parse);
      if (key !== undefined) return kept(key);
      if (ledgerIsThere) throw notWhole();
      rmSync(keyFile);
    }
    if (existsSync(idFile)) {
      const id = await whole(idFile, (text) => (text === '' ? undefined : text));
      const key = parse((id === undefined ? undefined : await keychain?.get(nameOf(id))) ?? '');
      if (key !== undefined) return kept(key);
      if (ledgerIsThere) throw notInKeychain(keychain === undefined);
      rmSync(idFile);
    }
    if (ledgerIsThere) throw noKey();

    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const key = randomBytes(KEY_BYTES);
    if (keychain === undefined) {
      if (!writeOnce(keyFile, key.toString('base64'))) continue;
      return { key, discard: async () => rmSync(keyFile, { force: true }) };
    }
    // The folder names its key by a random id, so that it can be moved or copied with its ledger.
    const id = randomBytes(8).toString('hex');
    await keychain.set(nameOf(id), key.toString('base64'));
    const discard = async (): Promise<void> => {
      rmSync(idFile, { force: true });
      await keychain.remove(nameOf(id));
    };
    let written = false;
    try {
      written = writeOnce(idFile, id);
    } finally {
      if (!written) await keychain.remove(nameOf(id));
    }
    if (written) return { key, discard };
  }
}

const nameOf = (id: string): string => `ledger ${id}`;

function parse(text: string): Buffer | undefined {
  const key = Buffer.from(text.trim(), 'base64');
  return key.length === KEY_BYTES ? key : undefined;
}

/** Reads a small file that another process may be writing at this moment. */
async function whole<T>(file: string, read: (text: string) => T | undefined): Promise<T | undefined> {
  for (let tries = 0; ; tries++) {
    const found = read(readFileSync(file, 'utf8').trim());
    if (found !== undefined || tries === 10) return found;
    await wait(20);
  }
}

/**
 * Writes a file that is not there yet, down to the disk: a ledger whose key is gone is lost.
 * @returns false where another process was first
 */
function writeOnce(file: string, text: string): boolean {
  let handle: number;
  try {
    handle = openSync(file, 'wx', 0o600);
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } catch (thrown) {
    rmSync(file, { force: true });
    throw thrown;
  } finally {
    closeSync(handle);
  }
  return true;
}

const codeOf = (thrown: unknown): string => (thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '');

function unusable(thrown: unknown): unknown {
  switch (codeOf(thrown)) {
    case '':
      return thrown;
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure('disk-full', 'The disk with the data folder is full. Make room and run this again.');
    default:
      return new Failure(
        'ledger-damaged',
        'The data folder cannot be made, read or written there. Give your account the right to, or choose another data folder.',
        OTHER_FOLDER,
      );
  }
}

const notWhole = (): Failure =>
  new Failure(
    'ledger-damaged',
    "This ledger's key (ledger.key in the data folder) is not whole. Put it back from a backup of the folder, or choose another data folder.",
    OTHER_FOLDER,
  );

const noKey = (): Failure =>
  new Failure(
    'ledger-damaged',
    "This ledger's key (ledger.key or ledger.id in the data folder) is missing. Put it back from a backup of the folder, or choose another data folder.",
    OTHER_FOLDER,
  );

const notInKeychain = (noKeychain: boolean): Failure =>
  new Failure(
    'ledger-damaged',
    noKeychain
      ? "This ledger's key is in the keychain of the account that made it, and no keychain can be reached here. Sign in as that account, or choose another data folder."
      : "This ledger's key is not in this account's keychain. Sign in as the account that made it, or choose another data folder.",
    OTHER_FOLDER,
  );
