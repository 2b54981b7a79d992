/** A keychain that outlives a process, as the operating system's does: a file beside the data folder. For tests only. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { SecretStore } from '../../core/connections/secrets.ts';

export function fileStore(file: string): SecretStore {
  const all = (): Record<string, string> =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {};
  const keep = (secrets: Record<string, string>): void => {
    writeFileSync(`${file}.new`, JSON.stringify(secrets));
    renameSync(`${file}.new`, file);
  };
  return {
    get: async (name) => all()[name],
    set: async (name, secret) => keep({ ...all(), [name]: secret }),
    remove: async (name) => {
      const { [name]: _gone, ...rest } = all();
      keep(rest);
    },
  };
}
