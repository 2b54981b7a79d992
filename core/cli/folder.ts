/** Where a user's ledger is unless told otherwise. */
import os from 'node:os';
import path from 'node:path';

/** @param given `--data`; then ROLLBOOK_DATA, then the place each system has for an application's data */
export function dataFolder(given: string | undefined): string {
  const chosen = given ?? process.env.ROLLBOOK_DATA;
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen);
  const home = os.homedir();
  switch (process.platform) {
    case 'win32':
      return path.join(process.env.APPDATA ?? path.join(home, 'AppData', 'Roaming'), 'Rollbook');
    case 'darwin':
      return path.join(home, 'Library', 'Application Support', 'Rollbook');
    default:
      return path.join(process.env.XDG_DATA_HOME ?? path.join(home, '.local', 'share'), 'rollbook');
  }
}
