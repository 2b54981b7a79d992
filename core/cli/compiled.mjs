// Keeps what Node makes of our sources (types stripped, code compiled) from one command to the next: half of a short command's
// time. Plain JavaScript, because to strip a first file is what costs most.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import os from 'node:os';
import path from 'node:path';

/** Where each system has what an application can make again. */
function place() {
  const home = os.homedir();
  switch (process.platform) {
    case 'win32':
      return path.join(process.env.LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'Rollbook', 'compiled');
    case 'darwin':
      return path.join(home, 'Library', 'Caches', 'Rollbook', 'compiled');
    default:
      return path.join(process.env.XDG_CACHE_HOME || path.join(home, '.cache'), 'rollbook', 'compiled');
  }
}

/**
 * What is in the folder will be run: nobody but this account and the system's may be able to write there, or to put another in
 * its place. On Windows a profile's folders are its account's by what they inherit.
 */
function isOwn(folder) {
  const user = process.getuid?.();
  if (user === undefined) return true;
  for (let at = folder; ; at = path.dirname(at)) {
    const { uid, mode } = lstatSync(at);
    const isShared = (mode & 0o022) !== 0;
    // In a shared folder with the sticky bit, as /tmp, what is ours stays ours.
    const isSticky = at !== folder && (mode & 0o1000) !== 0;
    if ((uid !== user && uid !== 0) || (isShared && !isSticky)) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** Begins to; where there is no such folder everything is compiled anew, as ever. NODE_COMPILE_CACHE names another. */
export function keepCompiled() {
  if (process.env.NODE_COMPILE_CACHE) return;
  try {
    const wanted = place();
    mkdirSync(wanted, { recursive: true, mode: 0o700 });
    const folder = realpathSync(wanted);
    if (!isOwn(folder)) return;
    enableCompileCache(folder);
    // For the engine's thread and the practice API's.
    process.env.NODE_COMPILE_CACHE = folder;
  } catch {
    // A home that cannot be written, or none at all.
  }
}
