/**
 * `npm run check:package`: packs `dist` for every target against a stand-in for Electron, and checks what came into the
 * archive. With a folder's path, checks what electron-builder packed there: `check-package.ts release linux x64`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { archiveIn, problemsOf, readPacked, type Target } from './packed.ts';
import { packAgainstStandIn, stageProject } from './stage.ts';

const root = path.resolve(import.meta.dirname, '../..');
const targets: readonly Target[] = [
  { platform: 'linux', arch: 'x64' },
  { platform: 'win32', arch: 'x64' },
  { platform: 'win32', arch: 'arm64' },
  { platform: 'darwin', arch: 'x64' },
  { platform: 'darwin', arch: 'arm64' },
];

function tell(archive: string | undefined, target: Target): void {
  const name = `${target.platform}-${target.arch}`;
  if (archive === undefined) {
    process.stderr.write(`${name}: there is no package\n`);
    process.exitCode = 1;
    return;
  }
  const packed = readPacked(archive);
  const problems = problemsOf(packed, target, root);
  for (const problem of problems) process.stderr.write(`${name}: ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  else process.stdout.write(`${name}: ${packed.files.length} files, ${packed.unpacked.length} outside the archive\n`);
}

const [folder, platform, arch] = process.argv.slice(2);
if (folder !== undefined) {
  const target = targets.find((one) => one.platform === platform && one.arch === arch);
  if (target === undefined)
    throw new Error('Name a target: linux x64, win32 x64, win32 arm64, darwin x64 or darwin arm64.');
  tell(archiveIn(path.resolve(folder), target), target);
} else {
  const work = mkdtempSync(path.join(tmpdir(), 'rollbook-package-'));
  try {
    const project = path.join(work, 'project');
    stageProject(root, project, path.join(root, 'dist'));
    for (const target of targets) {
      const out = path.join(work, `${target.platform}-${target.arch}`);
      tell(await packAgainstStandIn({ root, project, out, target }), target);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
