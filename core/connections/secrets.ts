/**
 * Where secrets are kept. The port is `SecretStore`; behind it is the operating system's keychain, by the maintained
 * successor of keytar (Keychain on macOS, Credential Manager on Windows, the Secret Service on Linux).
 */
import { AsyncEntry } from 'keytar';
import { Failure } from '../errors/failure.ts';

export interface SecretStore {
  /** @returns the secret, or undefined where there is none under this name */
  get(name: string): Promise<string | undefined>;
  set(name: string, secret: string): Promise<void>;
  remove(name: string): Promise<void>;
}

const SERVICE = 'Rollbook';

/**
 * keytar's own functions take no options, and on a Linux without a Secret Service they fall back on the kernel's
 * keyring, which forgets everything at the next restart: a ledger whose key is gone is lost. Hence `AsyncEntry`, with the
 * Secret Service required.
 */
const entry = (name: string): AsyncEntry => new AsyncEntry(SERVICE, name, { linux: { store: 'secret-service' } });

/**
 * @returns the OS keychain, or undefined where none can be reached (a server, a container, no session)
 */
export async function openKeychain(): Promise<SecretStore | undefined> {
  try {
    await entry('probe').getPassword();
  } catch {
    return undefined;
  }
  const unavailable = (): Failure =>
    new Failure(
      'secret-missing',
      "The keychain does not answer. Unlock it (sign in to your account's keychain) and try again.",
    );
  return {
    async get(name) {
      try {
        return (await entry(name).getPassword()) ?? undefined;
      } catch {
        throw unavailable();
      }
    },
    async set(name, secret) {
      try {
        await entry(name).setPassword(secret);
      } catch {
        throw unavailable();
      }
    },
    async remove(name) {
      try {
        await entry(name).deleteCredential();
      } catch {
        // Nothing stored under the name is what was asked for.
      }
    },
  };
}

/** A store that forgets at the end of the process: for the demo, and for tests. */
export function createMemoryStore(): SecretStore {
  const secrets = new Map<string, string>();
  return {
    get: async (name) => secrets.get(name),
    set: async (name, secret) => void secrets.set(name, secret),
    remove: async (name) => void secrets.delete(name),
  };
}
