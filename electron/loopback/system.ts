/** What is left to the system: opening a page in the browser, showing a file. */
import { spawn } from 'node:child_process';
import path from 'node:path';

/** @returns whether a program could be started for it */
function run(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

/** Opens an address in the browser. @returns false where the system has no way to do it */
export function openInBrowser(address: string): Promise<boolean> {
  switch (process.platform) {
    case 'win32':
      // `start` is the shell's own and would read & as the end of a command.
      return run('rundll32', ['url.dll,FileProtocolHandler', address]);
    case 'darwin':
      return run('open', [address]);
    default:
      return run('xdg-open', [address]);
  }
}

/** Shows a file or folder in the file manager. @returns false where the system has no way to do it */
export function reveal(file: string): Promise<boolean> {
  switch (process.platform) {
    case 'win32':
      return run('explorer.exe', [`/select,${file}`]);
    case 'darwin':
      return run('open', ['-R', file]);
    default:
      return run('xdg-open', [path.dirname(file)]);
  }
}
