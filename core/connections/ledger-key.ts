/** The key that seals a data folder's ledger: in the keychain, or, on machines without one, in a file beside it. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../errors/failure.ts';
import type { SecretStore } from './secrets.ts';

const KEY_BYTES = 32;

/**
 * @param folder the data folder
 * @param ledgerIsThere whether it has a ledger already, which must not get a new key
 * @param keychain undefined where the machine has none
 * @returns 32 bytes; made and kept on first use
 * @throws Failure `ledger-damaged` when a ledger is there and its key is not
 */
export async function ledgerKey(
  folder: string,
  ledgerIsThere: boolean,
  keychain: SecretStore | undefined,
): Promise<Buffer> {
  const keyFile = path.join(folder, 'ledger.key');
  const idFile = path.join(folder, 'ledger.id');
  if (existsSync(keyFile)) return parse(readFileSync(keyFile, 'utf8'));
  if (existsSync(idFile)) {
    const stored = await keychain?.get(`ledger ${readFileSync(idFile, 'utf8').trim()}`);
    if (stored !== undefined) return parse(stored);
    if (ledgerIsThere) throw lost(keychain === undefined);
  } else if (ledgerIsThere) throw lost(keychain === undefined);

  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = randomBytes(KEY_BYTES);
  if (keychain === undefined) {
    writeFileSync(keyFile, key.toString('base64'), { mode: 0o600 });
    chmodSync(keyFile, 0o600);
  } else {
    // The folder names its key by a random id, so that it can be moved or copied with its ledger.
    const id = randomBytes(8).toString('hex');
    await keychain.set(`ledger ${id}`, key.toString('base64'));
    writeFileSync(idFile, id, { mode: 0o600 });
  }
  return key;
}

function parse(text: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES) throw lost(false);
  return key;
}

const lost = (noKeychain: boolean): Failure =>
  new Failure(
    'ledger-damaged',
    noKeychain
      ? "This ledger's key is in the keychain of the account that made it, and no keychain can be reached here. Sign in as that account, or choose another data folder with --data."
      : "This ledger's key is not in this account's keychain, or is not whole. Sign in as the account that made it, or choose another data folder with --data.",
  );
