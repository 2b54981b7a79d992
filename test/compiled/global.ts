/** What Node compiles of the sources is kept for a test run: each command, engine and practice API is a process or a thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export default function setup(): () => void {
  const { NODE_COMPILE_CACHE: before } = process.env;
  // New each time: what a run is made of is this tree's alone.
  const folder = mkdtempSync(path.join(tmpdir(), 'rollbook-compiled-'));
  process.env.NODE_COMPILE_CACHE = folder;
  return () => {
    if (before === undefined) delete process.env.NODE_COMPILE_CACHE;
    else process.env.NODE_COMPILE_CACHE = before;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}
