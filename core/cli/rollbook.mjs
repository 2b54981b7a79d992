#!/usr/bin/env node
// The first lines that run, on whatever Node is installed. Rollbook needs Node 24 (it runs its TypeScript as it is, and
// SQLite's binding needs 22); a clean install brings one along as the package `node`, which is used where this one is older.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const [major = 0] = process.versions.node.split('.').map(Number);

if (major >= 24) {
  const { keepCompiled } = await import('./compiled.mjs');
  keepCompiled();
  await import('./main.ts');
} else {
  const modules = path.join(here, '..', '..', 'node_modules', 'node', 'bin');
  const node = path.join(modules, process.platform === 'win32' ? 'node.exe' : 'node');
  const refuse = () => {
    process.stderr.write(
      `Rollbook needs Node 24 or newer, and this is ${process.versions.node}: run npm ci in its folder, or install Node 24.\n`,
    );
    process.exit(1);
  };
  if (!existsSync(node)) refuse();
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    // The channel tells the child when this process is gone, however it went.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  child.on('error', refuse);
  // A terminal sends Ctrl-C to both already; the child takes what comes twice in a moment as one wish.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
}
